#include "cli/term.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CM_WIDTH_DEFAULT 80u
#define CM_BAR_WIDTH 30u
#define CM_MIB ((double)(1 << 20))

bool cm_term_colour(FILE *stream)
{
    const char *refused = getenv("NO_COLOR"), *kind = getenv("TERM");
    return (!refused || !*refused) && isatty(fileno(stream)) && kind && strcmp(kind, "dumb") != 0;
}

unsigned cm_term_width(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    return CM_WIDTH_DEFAULT;
}

void cm_term_bar(double share)
{
    unsigned full = (unsigned)(share * CM_BAR_WIDTH + 0.5);
    fputc('[', stderr);
    for (unsigned i = 0; i < CM_BAR_WIDTH; i++)
        fputc(i < full ? '#' : '.', stderr);
    fprintf(stderr, "] %3.0f %%", share * 100);
}

void cm_term_progress(void *context, const struct cm_archive_progress *progress)
{
    (void)context;
    const struct cm_source_progress *source = &progress->source;
    fputs("\r\033[K", stderr);
    if (progress->partitions > 0) {
        fputs("judging ", stderr);
        cm_term_bar((double)progress->settled / progress->partitions);
    } else if (source->bytes_total > 0) {
        fputs("reading ", stderr);
        cm_term_bar((double)source->bytes_done / (double)source->bytes_total);
        fprintf(stderr, " of %.1f MiB", (double)source->bytes_total / CM_MIB);
    } else {
        fprintf(stderr, "reading %.1f MiB", (double)source->bytes_done / CM_MIB);
    }
    if (source->files > 1 && progress->partitions == 0)
        fprintf(stderr, ", file %" PRIu32 " of %" PRIu32, source->files_done + (source->files_done < source->files), source->files);
    fflush(stderr);
}

void cm_term_clear(void)
{
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
