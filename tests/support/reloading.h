/* Support for tests: a reloader over a pack in a folder of its own. What it tells is waited for, with a time-out. */
#ifndef TESTS_SUPPORT_RELOADING_H
#define TESTS_SUPPORT_RELOADING_H

#include <pthread.h>
#include <time.h>

#include "live/rules/reload.h"
#include "scratch.h"

/* Far more than a loading takes, under a sanitizer on a busy machine too. */
#define RELOADING_PATIENCE_S 60

struct reloading {
    struct scratch scratch;
    const char *name; /* of the pack */
    struct cm_rules *first;
    struct cm_reloader *reloader;

    pthread_mutex_t lock; /* over what was told */
    pthread_cond_t told;
    unsigned counts[CM_RELOAD_UNWATCHED + 1];
    char last[256]; /* the first message of the last that was told with one */
};

/* Write a file of the scratch folder; the greeting is what the pack is known by. */
static inline bool reloading_write(struct reloading *reloading, const char *file, const char *head, const char *greeting,
                                   const char *example)
{
    char text[512];
    int len =
        snprintf(text, sizeof text, "%scues:\n  - {id: hello, speaker: agent, why: greets, phrases: [%s], hit: [%s], miss: [nothing]}\n",
                 head, greeting, example);
    char *path = scratch_file(&reloading->scratch, file, text, (size_t)len);
    bool good = path != NULL;
    free(path);
    return good;
}

#define RELOADING_HEAD "pack: p\nversion: 1.0.0\n"

static inline void reloading_note(void *context, enum cm_reload_outcome outcome, const struct cm_rules *rules,
                                  const struct cm_diagnostics *diagnostics)
{
    struct reloading *reloading = context;
    (void)rules;
    pthread_mutex_lock(&reloading->lock);
    reloading->counts[outcome]++;
    if (diagnostics->count)
        snprintf(reloading->last, sizeof reloading->last, "%s", diagnostics->items[0].message);
    pthread_cond_broadcast(&reloading->told);
    pthread_mutex_unlock(&reloading->lock);
}

/* Wait until an outcome was told so often in all; false: it was not in time. */
static inline bool reloading_wait(struct reloading *reloading, enum cm_reload_outcome outcome, unsigned count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RELOADING_PATIENCE_S;
    pthread_mutex_lock(&reloading->lock);
    int late = 0;
    while (reloading->counts[outcome] < count && !late)
        late = pthread_cond_timedwait(&reloading->told, &reloading->lock, &until);
    bool there = reloading->counts[outcome] >= count;
    if (!there)
        fprintf(stderr, "told: %u published, %u unchanged, %u refused, %u unwatched; last: %s\n", reloading->counts[0],
                reloading->counts[1], reloading->counts[2], reloading->counts[3], reloading->last);
    pthread_mutex_unlock(&reloading->lock);
    return there;
}

static inline unsigned reloading_count(struct reloading *reloading, enum cm_reload_outcome outcome)
{
    pthread_mutex_lock(&reloading->lock);
    unsigned count = reloading->counts[outcome];
    pthread_mutex_unlock(&reloading->lock);
    return count;
}

/* name: the pack's folder, NULL: the scratch folder itself. Its files must be there. */
static inline bool reloading_start(struct reloading *reloading, const char *name, bool watch)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    reloading->name = name ? name : reloading->scratch.folder;
    pthread_mutex_init(&reloading->lock, NULL);
    pthread_cond_init(&reloading->told, NULL);
    bool good = cm_rules_load(&reloading->name, 1, &diagnostics, &reloading->first) == CM_OK;
    if (!good)
        cm_diagnostics_print(&diagnostics, stderr, false);
    cm_diagnostics_free(&diagnostics);
    const struct cm_reload_request request = {&reloading->name, 1, reloading->first, watch, reloading_note, reloading};
    return good && cm_reloader_new(&request, &reloading->reloader) == CM_OK;
}

static inline void reloading_stop(struct reloading *reloading)
{
    cm_reloader_free(reloading->reloader);
    cm_rules_release(reloading->first);
    pthread_cond_destroy(&reloading->told);
    pthread_mutex_destroy(&reloading->lock);
}

#endif
