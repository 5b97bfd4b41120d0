/*
 * clock: what the programs of this folder measure by, and work that takes a known time.
 * Header only.
 */
#ifndef CM_BENCH_CLOCK_H
#define CM_BENCH_CLOCK_H

#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

static inline int64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Of all threads of this process, user and system. */
static inline double bench_cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* As if a message cost so much: a reader that is slower than its fetcher fills its queue. */
static inline void bench_work(int64_t ns)
{
    for (int64_t until = ns > 0 ? bench_now_ns() + ns : 0; until && bench_now_ns() < until;)
        ;
}

#endif
