#include "live/rules/reload.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "live/rules/watch.h"

struct cm_reloader {
    struct cm_reload_request request;
    pthread_t thread;
    int wake; /* an eventfd: asked, or to end */
    atomic_bool asked, ends;
    atomic_uint_fast64_t refusals;
    _Atomic(struct cm_rules *) published; /* held; NULL: taken */

    /* the thread's alone */
    struct cm_rules *newest; /* held */
    struct cm_watch *watch;  /* NULL: nothing is watched */
    bool lame;               /* it was told that something cannot be watched */
    bool waits;              /* files changed */
    bool quietly;            /* nobody knows of a change: that there was none is not told */
    bool refused;            /* the last loading was, and it was told why */
    int64_t until_ms;        /* of waiting */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_for_quiet(struct cm_reloader *reloader, bool quietly)
{
    reloader->quietly = quietly && (!reloader->waits || reloader->quietly);
    reloader->waits = true;
    reloader->until_ms = now_ms() + CM_RELOAD_QUIET_MS;
}

static void tell(struct cm_reloader *reloader, enum cm_reload_outcome outcome, const struct cm_diagnostics *diagnostics)
{
    reloader->request.observer(reloader->request.context, outcome, reloader->newest, diagnostics);
}

/* ---- watching ---- */

/* Once is enough: the reason is the system's, and mostly the same for all folders. */
static void tell_unwatched(struct cm_reloader *reloader, const char *folder, int error)
{
    if (reloader->lame)
        return;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    cm_diagnostics_add(&diagnostics, CM_SEVERITY_WARNING, "reload-watch", (struct cm_place){.file = folder},
                       "send SIGHUP after a change of the rules", "changes cannot be seen: %s", strerror(error));
    tell(reloader, CM_RELOAD_UNWATCHED, &diagnostics);
    cm_diagnostics_free(&diagnostics);
    reloader->lame = true;
}

static void watch_folder(struct cm_reloader *reloader, const char *folder, enum cm_watch_kind kind, bool *fresh)
{
    enum cm_status status = cm_watch_add(reloader->watch, folder, kind, fresh);
    if (status != CM_OK)
        tell_unwatched(reloader, folder, status == CM_ENOMEM ? ENOMEM : errno);
}

static void watch_data(struct cm_reloader *reloader, const char *rules, bool *fresh)
{
    static const char *const folders[] = {"lexicon", "lexicon/fold", "lexicon/lists", "redaction"};
    struct cm_buffer path = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        cm_buffer_reset(&path);
        cm_buffer_printf(&path, "%s/%s", rules, folders[i]);
        cm_buffer_byte(&path, '\0');
        if (cm_buffer_status(&path) == CM_OK)
            watch_folder(reloader, path.ptr, CM_WATCH_DATA, fresh);
        else
            tell_unwatched(reloader, rules, ENOMEM);
    }
    cm_buffer_free(&path);
}

/* The folder that a file lies in. */
static void watch_beside(struct cm_reloader *reloader, const char *file, bool *fresh)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    char folder[PATH_MAX];
    if (!slash || slash == file || (size_t)(slash - file) >= sizeof folder)
        return;
    memcpy(folder, file, (size_t)(slash - file));
    folder[slash - file] = '\0';
    watch_folder(reloader, folder, CM_WATCH_PACK, fresh);
}

/* All that a set was read from. */
static void watch_rules(struct cm_reloader *reloader, const struct cm_rules *rules, bool *fresh)
{
    const struct cm_packs *packs = cm_rules_packs(rules);
    for (size_t i = 0; i < packs->count; i++)
        for (uint32_t j = 0; j < packs->items[i].ruleset->folder_count; j++)
            watch_folder(reloader, packs->items[i].ruleset->folders[j], CM_WATCH_PACK, fresh);
    watch_data(reloader, packs->rules, fresh);
}

/* All that was read for a set that does not hold, and what could not be: there it will be mended. */
static void watch_refused(struct cm_reloader *reloader, const struct cm_diagnostics *diagnostics, bool *fresh)
{
    const char *file;
    for (size_t i = 0; (file = cm_diagnostics_source_file(diagnostics, i)); i++)
        watch_beside(reloader, file, fresh);
    for (size_t i = 0; i < diagnostics->count; i++)
        watch_beside(reloader, diagnostics->items[i].place.file, fresh);
}

/* rules NULL: there is no set, only what was told. What was not watched while it was read is read once more. */
static void watch(struct cm_reloader *reloader, const struct cm_rules *rules, const struct cm_diagnostics *diagnostics)
{
    bool fresh = false;
    if (!reloader->watch)
        return;
    if (rules)
        watch_rules(reloader, rules, &fresh);
    else
        watch_refused(reloader, diagnostics, &fresh);
    if (fresh)
        wait_for_quiet(reloader, true);
}

static void watch_begin(struct cm_reloader *reloader)
{
    if (!reloader->request.watch)
        return;
    enum cm_status status = cm_watch_new(&reloader->watch);
    if (status == CM_OK)
        watch(reloader, reloader->newest, NULL);
    else
        tell_unwatched(reloader, NULL, status == CM_ENOMEM ? ENOMEM : errno);
}

/* ---- loading ---- */

/* rules, which were held for us, become the newest set. */
static void publish(struct cm_reloader *reloader, struct cm_rules *rules)
{
    cm_rules_release(reloader->newest);
    reloader->newest = rules;
    /* Release: the set is whole to whoever takes it; acquire: and the one that nobody took is, to us. */
    cm_rules_release(atomic_exchange_explicit(&reloader->published, cm_rules_hold(rules), memory_order_acq_rel));
}

static enum cm_reload_outcome load(struct cm_reloader *reloader, struct cm_diagnostics *diagnostics)
{
    struct cm_rules *rules;
    enum cm_status status = cm_rules_load(reloader->request.names, reloader->request.count, diagnostics, &rules);
    if (status != CM_OK && diagnostics->errors == 0)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "reload", (struct cm_place){0}, NULL, "%s", cm_status_text(status));
    watch(reloader, rules, diagnostics);
    if (status != CM_OK)
        return CM_RELOAD_REFUSED;
    if (cm_hash128_compare(cm_rules_hash(rules), cm_rules_hash(reloader->newest)) == 0) {
        cm_rules_release(rules);
        return CM_RELOAD_UNCHANGED;
    }
    publish(reloader, rules);
    return CM_RELOAD_PUBLISHED;
}

static void reload(struct cm_reloader *reloader, bool quietly)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    reloader->waits = false;
    enum cm_reload_outcome outcome = load(reloader, &diagnostics);
    if (!quietly || outcome == CM_RELOAD_PUBLISHED || (outcome == CM_RELOAD_REFUSED && !reloader->refused))
        tell(reloader, outcome, &diagnostics);
    if (outcome == CM_RELOAD_REFUSED && !(quietly && reloader->refused))
        atomic_fetch_add_explicit(&reloader->refusals, 1, memory_order_relaxed); /* a figure, by which nothing else is read */
    reloader->refused = outcome == CM_RELOAD_REFUSED;
    cm_diagnostics_free(&diagnostics);
}

/* ---- the thread ---- */

/* Until somebody asks, files change, or they were quiet for long enough. */
static void wait_for_cause(struct cm_reloader *reloader)
{
    struct pollfd wakers[] = {{.fd = reloader->wake, .events = POLLIN},
                              {.fd = reloader->watch ? cm_watch_fd(reloader->watch) : -1, .events = POLLIN}};
    int64_t left_ms = reloader->waits ? reloader->until_ms - now_ms() : -1;
    if (reloader->waits && left_ms <= 0)
        left_ms = 0;
    if (poll(wakers, 2, (int)left_ms) <= 0)
        return;
    if (wakers[0].revents) {
        uint64_t times; /* of no interest, and there is always one to read */
        ssize_t got = read(reloader->wake, &times, sizeof times);
        (void)got;
    }
    if (wakers[1].revents && cm_watch_changed(reloader->watch))
        wait_for_quiet(reloader, false);
}

static void *run(void *argument)
{
    struct cm_reloader *reloader = argument;
    watch_begin(reloader);
    /* Relaxed: flags that are set before the eventfd is written and read after it was read; the kernel's lock on it orders them. */
    while (!atomic_load_explicit(&reloader->ends, memory_order_relaxed)) {
        if (atomic_exchange_explicit(&reloader->asked, false, memory_order_relaxed))
            reload(reloader, false);
        else if (reloader->waits && now_ms() >= reloader->until_ms)
            reload(reloader, reloader->quietly);
        else
            wait_for_cause(reloader);
    }
    return NULL;
}

enum cm_status cm_reloader_new(const struct cm_reload_request *request, struct cm_reloader **out)
{
    *out = NULL;
    struct cm_reloader *reloader = calloc(1, sizeof *reloader);
    if (!reloader)
        return CM_ENOMEM;
    reloader->request = *request;
    reloader->newest = cm_rules_hold(request->first);
    reloader->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum cm_status status = reloader->wake < 0 ? CM_EIO : cm_thread_start(&reloader->thread, run, reloader);
    if (status == CM_OK) {
        *out = reloader;
        return CM_OK;
    }
    if (reloader->wake >= 0)
        close(reloader->wake);
    cm_rules_release(reloader->newest);
    free(reloader);
    return status;
}

/* An eventfd that is full is readable all the same: what write says does not matter. */
static void wake(struct cm_reloader *reloader)
{
    const uint64_t once = 1;
    int error = errno; /* a signal's handler must leave it as it was */
    ssize_t written = write(reloader->wake, &once, sizeof once);
    (void)written;
    errno = error;
}

void cm_reloader_free(struct cm_reloader *reloader)
{
    if (!reloader)
        return;
    atomic_store_explicit(&reloader->ends, true, memory_order_relaxed);
    wake(reloader);
    pthread_join(reloader->thread, NULL);
    cm_rules_release(cm_reloader_take(reloader));
    cm_rules_release(reloader->newest);
    cm_watch_free(reloader->watch);
    close(reloader->wake);
    free(reloader);
}

uint64_t cm_reloader_refusals(const struct cm_reloader *reloader)
{
    return atomic_load_explicit(&reloader->refusals, memory_order_relaxed);
}

void cm_reloader_ask(struct cm_reloader *reloader)
{
    atomic_store_explicit(&reloader->asked, true, memory_order_relaxed);
    wake(reloader);
}

struct cm_rules *cm_reloader_take(struct cm_reloader *reloader)
{
    /* Acquire: with the release of publish, the set is whole. */
    return atomic_exchange_explicit(&reloader->published, NULL, memory_order_acquire);
}
