#include "base/failpoint.h"

#include <stddef.h>

#ifdef CM_WITH_FAILPOINTS

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define X(name, text) text,
static const char *const names[] = {CM_FAILPOINTS(X)};
#undef X

static pthread_once_t once = PTHREAD_ONCE_INIT;
static enum cm_failpoint armed = CM_FAILPOINT_COUNT;
static atomic_long passages; /* that are left; a count alone, it orders nothing */
static const char *sabotage;

static void look(void)
{
    const char *text = getenv("CAREMETER_FAILPOINT");
    const char *colon = text ? strrchr(text, ':') : NULL;
    size_t len = colon ? (size_t)(colon - text) : text ? strlen(text) : 0;
    for (unsigned i = 0; text && i < CM_FAILPOINT_COUNT; i++)
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
            armed = (enum cm_failpoint)i;
    atomic_store_explicit(&passages, colon ? strtol(colon + 1, NULL, 10) : 1, memory_order_relaxed);
    sabotage = getenv("CAREMETER_SABOTAGE");
}

void cm_failpoint(enum cm_failpoint point)
{
    pthread_once(&once, look);
    if (point == armed && atomic_fetch_sub_explicit(&passages, 1, memory_order_relaxed) == 1)
        raise(SIGKILL);
}

bool cm_sabotaged(const char *what)
{
    pthread_once(&once, look);
    return sabotage && strcmp(sabotage, what) == 0;
}

const char *cm_failpoint_name(enum cm_failpoint point)
{
    return point < CM_FAILPOINT_COUNT ? names[point] : NULL;
}

#else

const char *cm_failpoint_name(enum cm_failpoint point)
{
    (void)point;
    return NULL;
}

#endif
