/*
 * reload: new rules for a run that goes on. Prove, publish, wait, free.
 *
 * A thread of its own loads and proves the packs again when it is asked to, or
 * when their files changed and then were left alone for a moment. A set that
 * holds is published; whoever owns the run takes it when it suits. On any error
 * the old set stays, and somebody is told. The old set is freed by the last that
 * holds it (rules.h).
 */
#ifndef CM_LIVE_RELOAD_H
#define CM_LIVE_RELOAD_H

#include "live/rules/rules.h"

/* Files that changed are read once nothing happened for so long: what is half saved is not read. */
#define CM_RELOAD_QUIET_MS 300

enum cm_reload_outcome {
    CM_RELOAD_PUBLISHED, /* a new set can be taken */
    CM_RELOAD_UNCHANGED, /* what was loaded is what is there already */
    CM_RELOAD_REFUSED,   /* diagnostics say why; the old set stays */
    CM_RELOAD_UNWATCHED, /* changes of some files cannot be seen; diagnostics (a warning) say why */
};

/* Called by the reloader's thread, after the fact. rules: the newest set that holds. All of it is borrowed until the call returns. */
typedef void (*cm_reload_observer)(void *context, enum cm_reload_outcome outcome, const struct cm_rules *rules,
                                   const struct cm_diagnostics *diagnostics);

struct cm_reload_request {
    const char *const *names; /* as cm_rules_load; borrowed until the reloader is freed */
    size_t count;
    struct cm_rules *first; /* the set that is in use; held while it is the newest */
    bool watch;             /* look at the files too */
    cm_reload_observer observer;
    void *context;
};

struct cm_reloader;

/* CM_EIO, CM_ELIMIT or CM_ENOMEM. Files that cannot be watched are no error. */
enum cm_status cm_reloader_new(const struct cm_reload_request *request, struct cm_reloader **out) CM_MUST_CHECK;
/* Waits for a loading under way. What was published and not taken is released. NULL is nothing. */
void cm_reloader_free(struct cm_reloader *reloader);

/* Load again, now. Any thread, and any signal's handler. */
void cm_reloader_ask(struct cm_reloader *reloader);

/* The newest set that was published and not yet taken, held for the caller; NULL: there is none. Any thread; does not wait. */
struct cm_rules *cm_reloader_take(struct cm_reloader *reloader);

/* How often a set was refused, and somebody told. Any thread. */
uint64_t cm_reloader_refusals(const struct cm_reloader *reloader);

#endif
