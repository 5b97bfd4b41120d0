#include <criterion/criterion.h>
#include <errno.h>

#include "ops/pace.h"
#include "scratch.h"

static struct scratch scratch;
static struct cm_pace *pace;

static void make(void)
{
    cr_assert(scratch_make(&scratch));
    cr_assert_eq(cm_pace_new(scratch.folder, &pace), CM_OK);
}

static void drop(void)
{
    cm_pace_free(pace);
    scratch_remove(&scratch);
}

TestSuite(pace, .init = make, .fini = drop);

static void add(const char *line, bool first, const char *id, int64_t ts)
{
    struct cm_span interaction = id ? cm_span_of(id) : (struct cm_span){NULL, 0};
    cr_assert_eq(cm_pace_add(pace, cm_span_of(line), first, interaction, ts), CM_OK);
}

static void expect(const char *order)
{
    char text[256] = "";
    size_t len = 0;
    cr_assert_eq(cm_pace_sort(pace), CM_OK);
    for (size_t i = 0; i < cm_pace_count(pace); i++) {
        struct cm_paced paced = cm_pace_at(pace, i);
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s ", (int)paced.line.len, paced.line.ptr);
    }
    cr_expect_str_eq(text, order);
}

Test(pace, events_of_all_files_come_by_their_time)
{
    add("a1", true, "a", 10);
    add("a2", false, "a", 30);
    add("b1", true, "b", 20);
    add("b2", false, "b", 30);
    expect("a1 b1 a2 b2 ");
    cr_expect_eq(cm_pace_first(pace), 10);
    cr_expect_eq(cm_pace_last(pace), 30);
    cr_expect(cm_pace_at(pace, 1).first_of_file);
    cr_expect_not(cm_pace_at(pace, 2).first_of_file);
}

/* It stays behind what was said before it, and before what was said after it. */
Test(pace, an_event_without_a_time_stays_in_its_interaction)
{
    add("a1", true, "a", 10);
    add("b1", false, "b", 100);
    add("a2", false, "a", CM_PACE_NONE_MS);
    add("a3", false, "a", 20);
    add("?", false, NULL, CM_PACE_NONE_MS);
    add("b2", false, "b", 90);
    expect("a1 a2 a3 ? b2 b1 ");
    cr_expect_eq(cm_pace_at(pace, 1).at, 10);
    cr_expect_eq(cm_pace_at(pace, 3).at, 20);
}

Test(pace, what_comes_before_all_times_is_first)
{
    add("a1", true, "a", 10);
    add("?", true, NULL, CM_PACE_NONE_MS);
    add("b1", false, "b", CM_PACE_NONE_MS);
    add("b2", false, "b", 5);
    expect("? b1 b2 a1 ");
    cr_expect_eq(cm_pace_at(pace, 1).at, CM_PACE_NONE_MS);
    cr_expect_eq(cm_pace_first(pace), 5);
}

Test(pace, of_nothing_is_nothing)
{
    expect("");
    cr_expect_eq(cm_pace_first(pace), CM_PACE_NONE_MS);
    cr_expect_eq(cm_pace_last(pace), CM_PACE_NONE_MS);
}

/* More than one write, and more than one size of the table of interactions. */
Test(pace, many_lines_come_out_as_they_went_in)
{
    char line[64], id[16];
    for (int i = 0; i < 100000; i++) {
        int len = snprintf(line, sizeof line, "line %d of the archive", i);
        snprintf(id, sizeof id, "i%d", i % 5000);
        cr_assert_eq(cm_pace_add(pace, (struct cm_span){line, (size_t)len}, i == 0, cm_span_of(id), i % 2 ? 100000 - i : CM_PACE_NONE_MS),
                     CM_OK);
    }
    cr_assert_eq(cm_pace_sort(pace), CM_OK);
    cr_assert_eq(cm_pace_count(pace), 100000);
    int64_t before = CM_PACE_NONE_MS;
    for (size_t i = 0; i < cm_pace_count(pace); i++) {
        struct cm_paced paced = cm_pace_at(pace, i);
        cr_assert_geq(paced.at, before);
        cr_assert(cm_span_starts_with(paced.line, CM_SPAN("line ")));
        before = paced.at;
    }
}

Test(pace, a_folder_that_is_not_there)
{
    struct cm_pace *none;
    cr_expect_eq(cm_pace_new("/does/not/exist", &none), CM_EIO);
    cr_expect_eq(errno, ENOENT);
    cr_expect_null(none);
}
