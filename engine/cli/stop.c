#include "cli/stop.h"

#include <signal.h>
#include <stddef.h>

static _Atomic(struct cm_source *) stoppable;
static atomic_bool stopped;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stopped, true);
    struct cm_source *source = atomic_load(&stoppable);
    if (source)
        cm_source_stop(source);
}

void cm_stop_on_signals(struct cm_source *source)
{
    atomic_store(&stoppable, source);
    /* The handler serves once: after it the signal has its default effect, for those who cannot wait. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* The terminal went away; under nohup that is nothing to stop for. */
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

void cm_stop_forget(void)
{
    atomic_store(&stoppable, NULL);
}

const atomic_bool *cm_stop_flag(void)
{
    return &stopped;
}
