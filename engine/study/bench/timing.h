/*
 * timing: what a run took, and what many runs of the same took: the median and
 * how far they lie apart. Nanoseconds; pure functions, but for the clocks.
 */
#ifndef CM_STUDY_TIMING_H
#define CM_STUDY_TIMING_H

#include <stddef.h>
#include <stdint.h>

/* By the wall, and of the processors: all threads of this process added up. */
struct cm_times {
    double wall_ns, processor_ns;
};

struct cm_times cm_times_now(void);
static inline struct cm_times cm_times_since(struct cm_times from)
{
    struct cm_times now = cm_times_now();
    return (struct cm_times){now.wall_ns - from.wall_ns, now.processor_ns - from.processor_ns};
}

struct cm_spread {
    double median, least, most;
};

/* Of count figures (at least one); of an even number the mean of the two in the middle. The order of figures is changed. */
struct cm_spread cm_spread_of(double *figures, size_t count);

/*
 * The most memory that this process has held since it last forgot, in bytes; 0 where the system does not tell. Where it cannot forget,
 * it is the most since the start.
 */
void cm_peak_forget(void);
uint64_t cm_peak_bytes(void);

#endif
