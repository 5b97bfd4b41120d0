#include "base/thread.h"

#include <signal.h>

enum cm_status cm_thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    sigset_t all, before;
    sigfillset(&all);
    /* A new thread has the mask of the one that makes it. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? CM_ELIMIT : CM_OK;
}
