#include "study/bench/timing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1e9
/* What proc(5) takes for "the peak is what is held now". */
#define FORGET_PEAK "5"

static double clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * NS_PER_S + (double)now.tv_nsec;
}

struct cm_times cm_times_now(void)
{
    return (struct cm_times){clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

struct cm_spread cm_spread_of(double *figures, size_t count)
{
    qsort(figures, count, sizeof *figures, compare);
    double median = count % 2 ? figures[count / 2] : (figures[count / 2 - 1] + figures[count / 2]) / 2;
    return (struct cm_spread){median, figures[0], figures[count - 1]};
}

void cm_peak_forget(void)
{
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    /* Where it may not be written, the peak is that since the start, as the header says. */
    ssize_t written = write(file, FORGET_PEAK, sizeof FORGET_PEAK - 1);
    (void)written;
    close(file);
}

uint64_t cm_peak_bytes(void)
{
    unsigned long long kib = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file && kib == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoull(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return (uint64_t)kib * 1024;
}
