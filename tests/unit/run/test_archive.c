/* An archive run as the library offers it: the laws of equal bytes, counting, spilling, stopping, failing. */
#include <criterion/criterion.h>

#include "archived.h"

static struct archived archived;

static void start(void)
{
    cr_assert(archived_open(&archived));
}

static void stop(void)
{
    archived_close(&archived);
}

TestSuite(archive, .init = start, .fini = stop, .timeout = 120);

static size_t lines(const struct cm_buffer *buffer)
{
    size_t count = 0;
    for (size_t i = 0; i < buffer->len; i++)
        count += buffer->ptr[i] == '\n';
    return count;
}

/* A run of its own, whose bytes must be those of the first. */
static void assert_same(const struct archiving *how, struct cm_span wanted, const char *what)
{
    archived_run(&archived, how);
    cr_assert_eq(archived.status, CM_OK, "%s: %s", what, cm_status_text(archived.status));
    cr_assert(cm_span_equal(cm_buffer_view(&archived.cards), wanted), "%s: other bytes", what);
}

Test(archive, nothing)
{
    archived_run(&archived, &(struct archiving){0});
    cr_assert_eq(archived.status, CM_OK);
    cr_assert_eq(archived.cards.len, 0);
    cr_assert_eq(archived.result.interactions, 0);
    cr_assert_eq(archived.result.summary_count, 1);
}

Test(archive, one_conversation)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    archived_generate(&text, 1, false);
    struct cm_span contents = cm_buffer_view(&text);
    archived_run(&archived, &(struct archiving){.contents = &contents, .count = 1});
    cr_assert_eq(archived.status, CM_OK);
    cr_assert_eq(archived.result.events, 4);
    cr_assert_eq(archived.result.turns, 4);
    cr_assert_eq(archived.result.interactions, 1);
    cr_assert_eq(archived.result.cards, 1);
    cr_assert_eq(archived.result.card_bytes, archived.cards.len);
    cr_assert_eq(lines(&archived.cards), 1);
    cm_buffer_free(&text);
}

Test(archive, the_same_bytes_for_threads_order_and_memory)
{
    struct cm_buffer text = CM_BUFFER_EMPTY, mixed = CM_BUFFER_EMPTY, wanted = CM_BUFFER_EMPTY;
    archived_generate(&text, 4000, false);
    archived_generate(&mixed, 4000, true);
    struct cm_span straight = cm_buffer_view(&text), interleaved = cm_buffer_view(&mixed);
    archived_run(&archived, &(struct archiving){.contents = &straight, .count = 1});
    cr_assert_eq(archived.status, CM_OK);
    cr_assert_eq(lines(&archived.cards), 4000);
    cr_assert_eq(archived.result.spilled_bytes, 0);
    cm_buffer_span(&wanted, cm_buffer_view(&archived.cards));

    struct archiving how = {.contents = &straight, .count = 1};
    for (how.threads = 2; how.threads <= 5; how.threads++)
        assert_same(&how, cm_buffer_view(&wanted), "threads");
    how.max_memory = CM_MEMORY_MIN_BYTES;
    assert_same(&how, cm_buffer_view(&wanted), "little memory");
    cr_assert_gt(archived.result.spilled_bytes, 0);
    how.contents = &interleaved;
    assert_same(&how, cm_buffer_view(&wanted), "interleaved, little memory");
    how = (struct archiving){.contents = &interleaved, .count = 1};
    assert_same(&how, cm_buffer_view(&wanted), "interleaved");
    how.max_memory = 64 * 1024; /* below what the program allows: partitions are split again and again */
    assert_same(&how, cm_buffer_view(&wanted), "hardly any memory");
    cr_assert_gt(archived.result.runs, CM_PACKS_MAX, "partitions were split");
    cm_buffer_free(&text);
    cm_buffer_free(&mixed);
    cm_buffer_free(&wanted);
}

Test(archive, the_same_bytes_however_it_is_cut_into_files)
{
    struct cm_buffer text = CM_BUFFER_EMPTY, wanted = CM_BUFFER_EMPTY;
    archived_generate(&text, 300, true);
    struct cm_span whole = cm_buffer_view(&text);
    archived_run(&archived, &(struct archiving){.contents = &whole, .count = 1});
    cm_buffer_span(&wanted, cm_buffer_view(&archived.cards));
    for (size_t cut = 100; cut < whole.len; cut += whole.len / 7) {
        const char *line = memchr(whole.ptr + cut, '\n', whole.len - cut);
        size_t first = (size_t)(line + 1 - whole.ptr);
        struct cm_span parts[] = {{whole.ptr + first, whole.len - first}, {whole.ptr, first}};
        assert_same(&(struct archiving){.contents = parts, .count = 2, .threads = 2}, cm_buffer_view(&wanted), "two files");
    }
    cm_buffer_free(&text);
    cm_buffer_free(&wanted);
}

Test(archive, a_run_that_ends_before_a_phase_makes_no_cards)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    archived_generate(&text, 300, true);
    struct cm_span contents = cm_buffer_view(&text);
    struct archiving how = {.contents = &contents, .count = 1, .threads = 2, .until = CM_ARCHIVE_GATHERED};
    for (; how.until <= CM_ARCHIVE_GROUPED; how.until++) {
        archived_run(&archived, &how);
        cr_assert_eq(archived.status, CM_OK);
        cr_assert_eq(archived.result.events, 1200);
        cr_assert_eq(archived.result.interactions, how.until == CM_ARCHIVE_GROUPED ? 300 : 0);
        cr_assert(archived.result.cards == 0 && archived.cards.len == 0);
    }
    cm_buffer_free(&text);
}

Test(archive, one_interaction_too_large_for_memory_is_judged_all_the_same)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < 9000; i++)
        cm_buffer_printf(&text, "{\"interaction_id\":\"one\",\"seq\":%u,\"speaker\":\"%s\",\"text\":\"turn %u of many\"}\n", i,
                         i % 2 ? "agent" : "customer", i);
    struct cm_span contents = cm_buffer_view(&text);
    archived_run(&archived, &(struct archiving){.contents = &contents, .count = 1, .max_memory = CM_MEMORY_MIN_BYTES / 4});
    cr_assert_eq(archived.status, CM_OK);
    cr_assert_eq(lines(&archived.cards), 1);
    cr_assert_eq(archived.result.interactions, 1);
    cr_assert_gt(archived.result.spilled_bytes, 0);
    cm_buffer_free(&text);
}

Test(archive, dead_letters_in_source_order_and_counted)
{
    struct cm_buffer text = CM_BUFFER_EMPTY, wanted = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < 30000; i++) {
        if (i % 3 == 0)
            cm_buffer_printf(&text, "bad %u\n", i);
        else
            cm_buffer_printf(&text, "{\"interaction_id\":\"i%u\",\"seq\":%u,\"speaker\":\"agent\",\"text\":\"hello %u\"}\n", i % 50, i, i);
    }
    struct cm_span contents = cm_buffer_view(&text);
    struct archiving how = {.contents = &contents, .count = 1, .dead_letters = true};
    archived_run(&archived, &how);
    cr_assert_eq(archived.status, CM_OK);
    cr_assert_eq(archived.result.dead_letters.by_reason[CM_REJECT_NOT_JSON], 10000);
    cr_assert_eq(archived.result.lines, 30000);
    cr_assert_eq(archived.result.events, 20000);
    cr_assert_eq(lines(&archived.dead_letters), 10000);
    unsigned long last = 0;
    for (const char *at = archived.dead_letters.ptr; (at = strstr(at, "\"line\":")); at += 7) {
        unsigned long line = strtoul(at + 7, NULL, 10);
        cr_assert_eq(line, last == 0 ? 1 : last + 3);
        last = line;
        if (line == 29998)
            break;
    }
    cr_assert_eq(last, 29998);
    cm_buffer_span(&wanted, cm_buffer_view(&archived.dead_letters));
    how.threads = 4;
    archived_run(&archived, &how);
    cr_assert(cm_span_equal(cm_buffer_view(&archived.dead_letters), cm_buffer_view(&wanted)));
    cm_buffer_free(&text);
    cm_buffer_free(&wanted);
}

Test(archive, the_null_sink_judges_and_renders_nothing)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    archived_generate(&text, 50, false);
    struct cm_span contents = cm_buffer_view(&text);
    archived_run(&archived, &(struct archiving){.contents = &contents, .count = 1, .sink = &cm_sink_null});
    cr_assert_eq(archived.status, CM_OK);
    cr_assert_eq(archived.result.card_bytes, 0);
    cr_assert_eq(archived.result.cards, 50);
    cr_assert_gt(archived.result.summaries[0].scored, 0);
    cm_buffer_free(&text);
}

Test(archive, stopped_before_it_begins)
{
    static const atomic_bool stopped = true;
    struct cm_buffer text = CM_BUFFER_EMPTY;
    archived_generate(&text, 50, false);
    struct cm_span contents = cm_buffer_view(&text);
    for (unsigned threads = 1; threads < 4; threads++) {
        archived_run(&archived, &(struct archiving){.contents = &contents, .count = 1, .stop = &stopped, .threads = threads});
        cr_assert_eq(archived.status, CM_ESTOPPED);
        cr_assert_eq(archived.cards.len, 0);
    }
    cm_buffer_free(&text);
}

Test(archive, a_spill_folder_that_is_not_there_is_told)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    archived_generate(&text, 4000, true);
    struct cm_span contents = cm_buffer_view(&text);
    archived_run(
        &archived,
        &(struct archiving){.contents = &contents, .count = 1, .threads = 2, .max_memory = 256 * 1024, .spill_folder = "/no/such/folder"});
    cr_assert_eq(archived.status, CM_EIO);
    cr_assert_not_null(cm_diagnostics_find(&archived.diagnostics, "spill"));
    cm_buffer_free(&text);
}

/* Exact where every turn is timed, whoever counts; and who is looked at does nothing else. */
Test(archive, profiled)
{
    struct cm_buffer text = CM_BUFFER_EMPTY, wanted = CM_BUFFER_EMPTY;
    archived_generate(&text, 300, false);
    struct cm_span contents = cm_buffer_view(&text);
    struct archiving how = {.contents = &contents, .count = 1};
    archived_run(&archived, &how);
    cr_assert_null(archived.result.profiles[0]);
    cm_buffer_span(&wanted, cm_buffer_view(&archived.cards));
    how.profile_every = 1;
    for (how.threads = 1; how.threads <= 3; how.threads++) {
        assert_same(&how, cm_buffer_view(&wanted), "profiled");
        const struct cm_profile *profile = archived.result.profiles[0];
        uint64_t turns = 0;
        for (uint32_t i = 0; i < archived.packs.items[0].ruleset->cue_count; i++)
            turns += profile->cue_turns[i];
        cr_expect_eq(profile->turns, 1200);
        cr_expect_eq(profile->timed_turns, 1200);
        cr_expect_eq(profile->interactions, 300);
        cr_expect_eq(turns, 960, "%llu", (unsigned long long)turns); /* four in each of four conversations of five, see archived_generate */
        cr_expect_geq(profile->readings[CM_STAGE_FOLD], 1200);
        cr_expect_geq(profile->readings[CM_STAGE_JUDGE], 300);
    }
    cm_buffer_free(&text);
    cm_buffer_free(&wanted);
}
