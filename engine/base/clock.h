/*
 * clock: what time it is in a run. The machine's clock, or one that goes some
 * times as fast from a moment on, for a replay. Constant; any thread.
 */
#ifndef CM_BASE_CLOCK_H
#define CM_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* At wall_ms (epoch, by the machine) it is at_ms here, and from then on time goes rate times as fast. All zero: the machine's clock. */
struct cm_clock {
    int64_t wall_ms, at_ms;
    uint32_t rate;
};

static inline int64_t cm_clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For waits and time-outs: nobody sets it. */
static inline int64_t cm_clock_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline uint32_t cm_clock_rate(const struct cm_clock *clock)
{
    return clock->rate ? clock->rate : 1;
}

/* Epoch milliseconds. */
static inline int64_t cm_clock_now_ms(const struct cm_clock *clock)
{
    int64_t wall = cm_clock_wall_ms();
    return clock->rate ? clock->at_ms + (wall - clock->wall_ms) * (int64_t)clock->rate : wall;
}

#endif
