/*
 * thread: a thread that no signal lands on: signals are the main thread's, which
 * alone knows what they mean.
 */
#ifndef CM_BASE_THREAD_H
#define CM_BASE_THREAD_H

#include <pthread.h>

#include "base/status.h"

/* CM_ELIMIT: the system gives no more threads. To be joined by the caller. */
enum cm_status cm_thread_start(pthread_t *thread, void *(*run)(void *), void *argument) CM_MUST_CHECK;

#endif
