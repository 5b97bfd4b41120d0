/* New rules for a run that goes on: asked for or seen in the files, proven, taken once; what does not hold changes nothing. */
#include <criterion/criterion.h>

#include "reloading.h"

static struct reloading reloading;

static void start(void)
{
    cr_assert(scratch_make(&reloading.scratch));
}

static void stop(void)
{
    reloading_stop(&reloading);
    scratch_remove(&reloading.scratch);
}

TestSuite(reload, .init = start, .fini = stop, .timeout = 180);

static void put(const char *file, const char *greeting)
{
    cr_assert(reloading_write(&reloading, file, RELOADING_HEAD, greeting, greeting));
}

static void make_folder(const char *name)
{
    char *path = scratch_path(&reloading.scratch, name);
    cr_assert_eq(mkdir(path, 0755), 0);
    free(path);
}

static void move(const char *from, const char *to)
{
    char *a = scratch_path(&reloading.scratch, from), *b = scratch_path(&reloading.scratch, to);
    cr_assert_eq(rename(a, b), 0);
    free(a);
    free(b);
}

/* The pack that can be taken has this greeting; then there is none to be taken. */
static void assert_taken(const char *greeting)
{
    struct cm_rules *rules = cm_reloader_take(reloading.reloader);
    cr_assert_not_null(rules);
    struct cm_span source = cm_rules_packs(rules)->items[0].ruleset->cues[0].phrases[0].phrase.source;
    cr_assert(cm_span_equal(source, cm_span_of(greeting)), "%.*s", (int)source.len, source.ptr);
    cm_rules_release(rules);
    cr_assert_null(cm_reloader_take(reloading.reloader));
}

static void await(enum cm_reload_outcome outcome, unsigned count)
{
    cr_assert(reloading_wait(&reloading, outcome, count));
}

Test(reload, on_request)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, false));
    cr_assert_null(cm_reloader_take(reloading.reloader));
    put("pack.yaml", "good day");
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_PUBLISHED, 1);
    assert_taken("good day");
}

Test(reload, what_is_the_same_is_told_and_not_published)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, false));
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_UNCHANGED, 1);
    cr_assert_null(cm_reloader_take(reloading.reloader));
    cr_assert_eq(reloading_count(&reloading, CM_RELOAD_PUBLISHED), 0);
}

Test(reload, the_old_set_stays_until_the_new_one_holds)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, false));
    cr_assert(reloading_write(&reloading, "pack.yaml", RELOADING_HEAD, "good day", "hi there"));
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_REFUSED, 1);
    cr_assert_null(cm_reloader_take(reloading.reloader));
    cr_assert_not_null(strstr(reloading.last, "should hit, does not"));
    cr_assert(reloading_write(&reloading, "pack.yaml", "][", "hello", "hello"));
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_REFUSED, 2);
    put("pack.yaml", "good day");
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_PUBLISHED, 1);
    assert_taken("good day");
}

Test(reload, only_the_newest_is_taken)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, false));
    put("pack.yaml", "good day");
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_PUBLISHED, 1);
    put("pack.yaml", "good evening");
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_PUBLISHED, 2);
    assert_taken("good evening");
}

Test(reload, what_nobody_takes_is_freed)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, false));
    put("pack.yaml", "good day");
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_PUBLISHED, 1);
}

Test(reload, a_file_that_is_written)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, true));
    put("pack.yaml", "good day");
    await(CM_RELOAD_PUBLISHED, 1);
    assert_taken("good day");
}

Test(reload, a_file_that_is_exchanged)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, true));
    for (unsigned i = 1; i <= 3; i++) {
        const char *greeting = i % 2 ? "good day" : "hello";
        put(".pack.yaml.new", greeting);
        move(".pack.yaml.new", "pack.yaml");
        await(CM_RELOAD_PUBLISHED, i);
        assert_taken(greeting);
    }
}

Test(reload, faults_are_told_once_and_mending_is_seen)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, true));
    cr_assert(reloading_write(&reloading, "pack.yaml", RELOADING_HEAD, "good day", "hi there"));
    await(CM_RELOAD_REFUSED, 1);
    put("pack.yaml", "good day");
    await(CM_RELOAD_PUBLISHED, 1);
    assert_taken("good day");
    cr_assert_eq(reloading_count(&reloading, CM_RELOAD_REFUSED), 1);
}

Test(reload, a_new_folder_and_a_file_in_it)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, true));
    cm_reloader_ask(reloading.reloader);
    await(CM_RELOAD_UNCHANGED, 1); /* so that it watches by now: what came before is not told */
    make_folder("more");
    await(CM_RELOAD_UNCHANGED, 2);
    cr_assert(reloading_write(&reloading, "more/a.yaml", "behaviours: []\n", "x", "x"));
    await(CM_RELOAD_REFUSED, 1); /* the same id twice */
    char *path = scratch_path(&reloading.scratch, "more/a.yaml");
    cr_assert_eq(unlink(path), 0);
    free(path);
    await(CM_RELOAD_UNCHANGED, 3);
}

Test(reload, the_pack_that_is_extended)
{
    make_folder("base");
    make_folder("own");
    put("base/pack.yaml", "hello");
    const char text[] = "pack: own\nversion: 1.0.0\nextends: base\n";
    char *own = scratch_file(&reloading.scratch, "own/pack.yaml", text, sizeof text - 1);
    free(own);
    own = scratch_path(&reloading.scratch, "own");
    cr_assert(reloading_start(&reloading, own, true));
    put("base/pack.yaml", "good day");
    await(CM_RELOAD_PUBLISHED, 1);
    assert_taken("good day");
    reloading.name = NULL;
    cm_reloader_free(reloading.reloader);
    reloading.reloader = NULL;
    free(own);
}

Test(reload, a_link_to_the_folder_is_turned)
{
    make_folder("v1");
    make_folder("v2");
    put("v1/pack.yaml", "hello");
    put("v2/pack.yaml", "good day");
    char *link = scratch_path(&reloading.scratch, "current"), *next = scratch_path(&reloading.scratch, "next");
    cr_assert_eq(symlink("v1", link), 0);
    cr_assert(reloading_start(&reloading, link, true));
    cr_assert_eq(symlink("v2", next), 0);
    move("next", "current");
    await(CM_RELOAD_PUBLISHED, 1);
    assert_taken("good day");
    put("v2/pack.yaml", "good evening");
    await(CM_RELOAD_PUBLISHED, 2);
    assert_taken("good evening");
    cm_reloader_free(reloading.reloader);
    reloading.reloader = NULL;
    free(link);
    free(next);
}

Test(reload, a_folder_that_goes_and_comes_again)
{
    make_folder("p");
    put("p/pack.yaml", "hello");
    char *path = scratch_path(&reloading.scratch, "p");
    cr_assert(reloading_start(&reloading, path, true));
    move("p", "away");
    await(CM_RELOAD_REFUSED, 1);
    make_folder("p");
    put("p/pack.yaml", "good day");
    await(CM_RELOAD_PUBLISHED, 1);
    assert_taken("good day");
    put("p/pack.yaml", "good evening");
    await(CM_RELOAD_PUBLISHED, 2);
    cm_reloader_free(reloading.reloader);
    reloading.reloader = NULL;
    free(path);
}

Test(reload, files_that_are_no_rules_do_not_matter)
{
    put("pack.yaml", "hello");
    cr_assert(reloading_start(&reloading, NULL, true));
    free(scratch_file(&reloading.scratch, "notes.txt", "x", 1));
    free(scratch_file(&reloading.scratch, ".pack.yaml.swp", "x", 1));
    put("pack.yaml", "good day");
    await(CM_RELOAD_PUBLISHED, 1);
    cr_assert_eq(reloading_count(&reloading, CM_RELOAD_UNCHANGED), 0);
}

Test(reload, what_cannot_be_watched_is_told)
{
    put("pack.yaml", "hello");
    struct cm_reload_request request = {0};
    cr_assert(reloading_start(&reloading, NULL, false));
    /* no file descriptors are left for inotify: another reloader, told to the same */
    int taken[4096];
    int fds = 0;
    request = (struct cm_reload_request){&reloading.name, 1, reloading.first, true, reloading_note, &reloading};
    struct cm_reloader *other;
    while (fds < 4096 && (taken[fds] = dup(0)) >= 0)
        fds++;
    if (fds == 4096)
        cr_skip_test("there are too many descriptors to use up");
    close(taken[--fds]); /* for its eventfd */
    cr_assert_eq(cm_reloader_new(&request, &other), CM_OK);
    await(CM_RELOAD_UNWATCHED, 1);
    while (fds > 0)
        close(taken[--fds]);
    cr_assert_not_null(strstr(reloading.last, "changes cannot be seen"));
    cm_reloader_ask(other);
    await(CM_RELOAD_UNCHANGED, 1);
    cm_reloader_free(other);
}
