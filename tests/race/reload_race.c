/*
 * Rules are reloaded, by request and by changes of files, while readers hold, scan by and release whatever set is current. Built with
 * ThreadSanitizer it must stay silent; everywhere no set may be used after it was freed, and all must end.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "match/scan.h"
#include "reloading.h"
#include "text/fold.h"

#define READERS 3
#define RELOADS 12

static struct reloading reloading;

/* What an owner keeps: the set in use, which readers hold by turns. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cm_rules *current; /* held, under the lock */
static atomic_bool ends;
static atomic_uint failures;

static void fail(const char *what)
{
    fprintf(stderr, "FAIL: %s\n", what);
    atomic_fetch_add(&failures, 1);
}

static struct cm_rules *hold_current(void)
{
    pthread_mutex_lock(&lock);
    struct cm_rules *rules = cm_rules_hold(current);
    pthread_mutex_unlock(&lock);
    return rules;
}

/* Every set knows its own greeting. */
static bool scans(const struct cm_rules *rules)
{
    const struct cm_packs *packs = cm_rules_packs(rules);
    struct cm_span greeting = packs->items[0].ruleset->cues[0].phrases[0].phrase.source;
    struct cm_folder *folder = NULL;
    struct cm_scanner *scanner = NULL;
    struct cm_folded folded;
    struct cm_scanned scanned = {0};
    enum cm_status status = cm_folder_new(packs->lexicon, &folder);
    if (status == CM_OK)
        status = cm_scanner_new(packs->items[0].matcher, &scanner);
    if (status == CM_OK)
        status = cm_fold(folder, greeting, &folded);
    if (status == CM_OK)
        status = cm_scan(scanner, &folded, CM_SPEAKER_AGENT, &scanned);
    bool good = status == CM_OK && scanned.hit_count == 1;
    cm_scanner_free(scanner);
    cm_folder_free(folder);
    return good;
}

static void *read_rules(void *nothing)
{
    while (!atomic_load_explicit(&ends, memory_order_relaxed)) {
        struct cm_rules *rules = hold_current();
        struct cm_rules *again = cm_rules_hold(rules);
        cm_rules_release(rules);
        if (!scans(again))
            fail("a set that does not know its own greeting");
        cm_rules_release(again);
    }
    return nothing;
}

static void take(void)
{
    struct cm_rules *rules = cm_reloader_take(reloading.reloader);
    if (!rules) {
        fail("nothing to take");
        return;
    }
    pthread_mutex_lock(&lock);
    struct cm_rules *before = current;
    current = rules;
    pthread_mutex_unlock(&lock);
    cm_rules_release(before);
}

static void *ask(void *nothing)
{
    while (!atomic_load_explicit(&ends, memory_order_relaxed)) {
        unsigned unchanged = reloading_count(&reloading, CM_RELOAD_UNCHANGED);
        cm_reloader_ask(reloading.reloader);
        while (!atomic_load_explicit(&ends, memory_order_relaxed) && reloading_count(&reloading, CM_RELOAD_UNCHANGED) == unchanged)
            sched_yield();
    }
    return nothing;
}

static void reload_all(void)
{
    static const char *const greetings[] = {"hello", "good day", "good evening"};
    for (unsigned i = 1; i <= RELOADS; i++) {
        const char *greeting = greetings[i % 3];
        if (!reloading_write(&reloading, ".new", RELOADING_HEAD, greeting, greeting))
            fail("the pack cannot be written");
        char *from = scratch_path(&reloading.scratch, ".new"), *to = scratch_path(&reloading.scratch, "pack.yaml");
        if (!from || !to || rename(from, to) != 0)
            fail("the pack cannot be exchanged");
        free(from);
        free(to);
        if (!reloading_wait(&reloading, CM_RELOAD_PUBLISHED, i)) {
            fail("no set was published");
            return;
        }
        take();
    }
}

int main(void)
{
    pthread_t readers[READERS], asker;
    if (!scratch_make(&reloading.scratch) || !reloading_write(&reloading, "pack.yaml", RELOADING_HEAD, "hello", "hello") ||
        !reloading_start(&reloading, NULL, true))
        return 1;
    current = cm_rules_hold(reloading.first);
    for (unsigned i = 0; i < READERS; i++)
        if (pthread_create(&readers[i], NULL, read_rules, NULL) != 0)
            return 1;
    if (pthread_create(&asker, NULL, ask, NULL) != 0)
        return 1;
    reload_all();
    atomic_store(&ends, true);
    pthread_join(asker, NULL);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    cm_rules_release(current);
    reloading_stop(&reloading);
    scratch_remove(&reloading.scratch);
    if (failures == 0)
        puts("no race seen, every set was whole");
    return failures != 0;
}
