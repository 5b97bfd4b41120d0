/*
 * demo: the conversations that come with the program. demo.c scores them, demo_play.c replays them onto the wallboard.
 */
#ifndef CM_CLI_DEMO_H
#define CM_CLI_DEMO_H

#include <stdint.h>

/* How many times faster than it happened. */
#define CM_DEMO_SPEED_DEFAULT 20u
#define CM_DEMO_SPEED_MAX 1000u

struct cm_demo_play {
    const char *folder; /* of the demo's data */
    const char *listen; /* NULL: the default address, or any port where that is taken */
    uint64_t speed;     /* 0: all at once, and then the board stays as it is */
};

/* Until a signal. The exit code. */
int cm_demo_play(const struct cm_demo_play *job);

#endif
