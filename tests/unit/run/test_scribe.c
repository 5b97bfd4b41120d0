/* One event to one record: what was found is told, nothing of an event stays for the next, quotes only where they are asked for. */
#include <criterion/criterion.h>

#include "event/decode.h"
#include "run/scribe.h"

static struct cm_packs packs;
static struct cm_diagnostics diagnostics;
static struct cm_arena arena;
static struct cm_buffer records;

static void start(void)
{
    const char *names[] = {CM_SOURCE_DIR "/tests/e2e/pack", "customer-care"};
    cr_assert_eq(cm_packs_load(&packs, names, 2, &diagnostics), CM_OK);
}

static void stop(void)
{
    cm_buffer_free(&records);
    cm_arena_free(&arena);
    cm_packs_free(&packs);
    cm_diagnostics_free(&diagnostics);
}

TestSuite(scribe, .init = start, .fini = stop);

static struct cm_scribe *scribe_of(bool quotes, uint32_t profile_every)
{
    struct cm_scribe *scribe;
    cr_assert_eq(cm_scribe_new(&packs, quotes, profile_every, &scribe), CM_OK);
    return scribe;
}

static void write(struct cm_scribe *scribe, const char *line, struct cm_buffer *out)
{
    struct cm_event event;
    struct cm_decoded decoded;
    cr_assert_eq(cm_decode(&arena, cm_span_of(line), &event, &decoded), CM_OK);
    cr_assert_eq(decoded.reject, CM_REJECT_NONE, "%s", line);
    cr_assert_eq(cm_scribe_write(scribe, &event, (struct cm_origin){3, 77}, out), CM_OK);
}

static bool hit(const struct cm_scanned *found, const char *id)
{
    for (uint32_t i = 0; i < found->hit_count; i++)
        if (strcmp(packs.items[0].ruleset->cues[found->hits[i].cue].id, id) == 0)
            return true;
    return false;
}

#define HELLO                                                                                                                              \
    "{\"interaction_id\":\"a\",\"seq\":1,\"speaker\":\"agent\",\"customer_name\":\"Ann Other\",\"text\":\"Hello Ann, sorry to hear "       \
    "that\"}"
#define LATE "{\"interaction_id\":\"b\",\"seq\":2,\"speaker\":\"customer\",\"customer_name\":\"Zoe\",\"text\":\"it never arrived\"}"
#define END "{\"interaction_id\":\"a\",\"type\":\"end\"}"
#define EDIT "{\"interaction_id\":\"a\",\"type\":\"edit\",\"target_seq\":1,\"text\":\"Hello, it is broken\"}"

Test(scribe, tells_what_every_pack_found)
{
    struct cm_scribe *scribe = scribe_of(false, 0);
    cr_assert_null(cm_scribe_found(scribe));
    write(scribe, HELLO, &records);
    const struct cm_scanned *found = cm_scribe_found(scribe);
    cr_assert_not_null(found);
    cr_assert(hit(&found[0], "hello") && hit(&found[0], "sorry"));
    cr_assert_gt(found[1].hit_count, 0);
    write(scribe, END, &records);
    cr_assert_null(cm_scribe_found(scribe));
    cm_scribe_free(scribe);
}

Test(scribe, an_edit_may_be_anybodys)
{
    struct cm_scribe *scribe = scribe_of(false, 0);
    write(scribe, EDIT, &records);
    const struct cm_scanned *found = cm_scribe_found(scribe);
    cr_assert(hit(&found[0], "hello") && hit(&found[0], "trouble"));
    cm_scribe_free(scribe);
}

Test(scribe, an_event_leaves_nothing_for_the_next)
{
    static const char *const lines[] = {HELLO, LATE, END, EDIT, HELLO, HELLO};
    struct cm_scribe *scribe = scribe_of(true, 1);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct cm_scribe *fresh = scribe_of(true, 0);
        struct cm_buffer wanted = CM_BUFFER_EMPTY;
        size_t from = records.len;
        write(scribe, lines[i], &records);
        write(fresh, lines[i], &wanted);
        cr_assert(cm_span_equal((struct cm_span){records.ptr + from, records.len - from}, cm_buffer_view(&wanted)), "line %zu", i);
        cm_buffer_free(&wanted);
        cm_scribe_free(fresh);
    }
    cm_scribe_free(scribe);
}

/* Folded ahead, then written, an event is what it is when it comes alone: whatever is in the other slots, in whichever order. */
Test(scribe, slots_do_not_meet)
{
    static const char *const lines[] = {HELLO, LATE, END, EDIT};
    struct cm_scribe *scribe = scribe_of(true, 0), *alone = scribe_of(true, 0);
    struct cm_event events[CM_SCRIBE_SLOTS];
    struct cm_decoded decoded;
    cr_assert_eq(cm_scribe_slots(scribe), CM_OK);
    cr_assert_eq(cm_scribe_slots(scribe), CM_OK);
    for (size_t i = 0; i < CM_SCRIBE_SLOTS; i++) {
        cr_assert_eq(cm_decode(&arena, cm_span_of(lines[i % 4]), &events[i], &decoded), CM_OK);
        cr_assert_eq(cm_scribe_fold(scribe, i, &events[i]), CM_OK);
    }
    for (size_t i = CM_SCRIBE_SLOTS; i-- > 0;) {
        struct cm_buffer wanted = CM_BUFFER_EMPTY;
        cm_buffer_reset(&records);
        cr_assert_eq(cm_scribe_write_folded(scribe, i, &events[i], (struct cm_origin){3, 77}, &records), CM_OK);
        write(alone, lines[i % 4], &wanted);
        cr_assert(cm_span_equal(cm_buffer_view(&records), cm_buffer_view(&wanted)), "slot %zu", i);
        cr_assert_eq(cm_scribe_found(scribe) != NULL, i % 4 != 2);
        cm_buffer_free(&wanted);
    }
    cm_scribe_free(scribe);
    cm_scribe_free(alone);
}

Test(scribe, records_follow_each_other)
{
    struct cm_scribe *scribe = scribe_of(false, 0);
    write(scribe, HELLO, &records);
    write(scribe, LATE, &records);
    struct cm_span stream = cm_buffer_view(&records), record;
    cr_assert(cm_record_next(&stream, &record) && cm_span_equal(cm_record_interaction(record), CM_SPAN("a")));
    cr_assert(cm_record_next(&stream, &record) && cm_span_equal(cm_record_interaction(record), CM_SPAN("b")));
    cr_assert_eq(stream.len, 0);
    cm_scribe_free(scribe);
}

Test(scribe, words_are_kept_only_as_quotes)
{
    for (int quotes = 0; quotes <= 1; quotes++) {
        struct cm_scribe *scribe = scribe_of(quotes, 0);
        cm_buffer_reset(&records);
        write(scribe, HELLO, &records);
        bool there = memmem(records.ptr, records.len, "sorry to hear", 13) != NULL;
        cr_assert_eq(there, quotes);
        cr_assert_eq(cm_scribe_redaction(scribe) != NULL, quotes);
        cr_assert_null(memmem(records.ptr, records.len, "hear that", 9));
        cm_scribe_free(scribe);
    }
}

Test(scribe, what_is_retired_keeps_what_outlives_writing)
{
    struct cm_scribe *scribe = scribe_of(true, 1);
    write(scribe, HELLO, &records);
    cm_scribe_retire(scribe);
    cm_scribe_retire(scribe);
    cr_assert_null(cm_scribe_found(scribe));
    cr_assert_not_null(cm_scribe_redaction(scribe));
    cr_assert_eq(cm_scribe_profile(scribe, 0)->turns, 1);
    cr_assert_eq(cm_scribe_profile(scribe, 1)->timed_turns, 1);
    cm_scribe_free(scribe);
    cm_scribe_free(NULL);
    cm_scribe_retire(NULL);
}

Test(scribe, no_memory_for_a_record_is_told)
{
    struct cm_event event;
    struct cm_decoded decoded;
    struct cm_scribe *scribe = scribe_of(false, 0);
    cr_assert_eq(cm_decode(&arena, cm_span_of(LATE), &event, &decoded), CM_OK);
    records.failed = true;
    cr_assert_eq(cm_scribe_write(scribe, &event, (struct cm_origin){0, 0}, &records), CM_ENOMEM);
    cr_assert_eq(records.len, 0);
    cm_scribe_free(scribe);
}
