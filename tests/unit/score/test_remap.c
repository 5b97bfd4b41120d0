/* Records of old packs in the numbers of new ones; records that repeat others. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "chance.h"
#include "score/private.h"
#include "score/remap.h"

#define GONE CM_REMAP_NONE

/* Two old packs, whose cues are numbered like this in the new ones. */
static const uint32_t first_cues[] = {2, GONE, 0, 5}, second_cues[] = {GONE, 1};
static const uint32_t *const cues[] = {first_cues, second_cues};
static const uint32_t cue_counts[] = {4, 2};

static struct cm_remap a_remap(const uint32_t *packs, uint32_t count)
{
    return (struct cm_remap){.packs = packs, .pack_count = count, .cues = cues, .cue_counts = cue_counts, .old_pack_count = 2};
}

static struct cm_hit hits[] = {{0, 10, 15, 0}, {1, 10, 15, 0}, {2, 10, 15, CM_NAME_MASK}, {3, 20, 21, 0}, {0, 30, 33, 4}};
static uint32_t faults[] = {0, 2, 3}, content[] = {4, 5, 6}, names[] = {9};

static void append(struct cm_buffer *out, uint32_t packs)
{
    struct cm_event event = {.interaction_id = CM_SPAN("a"),
                             .text = CM_SPAN("so sorry to hear that it never arrived"),
                             .agent_id = CM_SPAN("anna"),
                             .customer_name = CM_SPAN("Ann"),
                             .seq = 7,
                             .has = CM_HAS_SEQ,
                             .hash = {UINT64_C(1) << 16, 2}};
    struct cm_hit second[] = {{1, 3, 8, 0}, {0, 3, 8, 0}};
    struct cm_scanned found[2] = {{hits, 5, faults, 3}, {second, 2, NULL, 0}};
    struct cm_findings findings = {found, packs, content, 3, 9, false, names, 1};
    cm_record_append(out, &event, (struct cm_origin){1, 2}, &findings, NULL);
}

/* The record, remapped and taken apart; the bytes stay in out. */
static struct cm_record remapped(struct cm_buffer *out, const struct cm_remap *remap, uint32_t packs)
{
    struct cm_buffer in = CM_BUFFER_EMPTY;
    struct cm_record record;
    append(&in, packs);
    cr_assert_eq(cm_record_remap(cm_buffer_view(&in), remap, out), CM_OK);
    cr_assert_eq(out->len % 8, 0);
    cr_assert_eq(cm_record_parse(cm_buffer_view(out), &record), CM_OK);
    cm_buffer_free(&in);
    return record;
}

static void expect_hit(const struct cm_hit *hit, uint32_t cue, uint32_t start, uint32_t end, uint32_t name)
{
    cr_expect(hit->cue == cue && hit->start == start && hit->end == end && hit->name == name, "cue %u at %u to %u, name %u", hit->cue,
              hit->start, hit->end, hit->name);
}

Test(remap, hits_are_renumbered_dropped_and_sorted_anew)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    const uint32_t packs[] = {0, 1};
    struct cm_remap remap = a_remap(packs, 2);
    struct cm_record record = remapped(&out, &remap, 2);
    struct cm_record_found found = cm_record_found(&record, 0);
    cr_assert_eq(found.hit_count, 4);
    expect_hit(&found.hits[0], 0, 10, 15, CM_NAME_MASK);
    expect_hit(&found.hits[1], 2, 10, 15, 0);
    expect_hit(&found.hits[2], 5, 20, 21, 0);
    expect_hit(&found.hits[3], 2, 30, 33, 4);
    cr_assert_eq(found.fault_count, 3);
    cr_expect(found.faults[0] == 0 && found.faults[1] == 2 && found.faults[2] == 5);
    found = cm_record_found(&record, 1);
    cr_assert_eq(found.hit_count, 1);
    expect_hit(&found.hits[0], 1, 3, 8, 0);
    cm_buffer_free(&out);
}

Test(remap, all_else_stays)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    const uint32_t packs[] = {0, 1};
    struct cm_remap remap = a_remap(packs, 2);
    struct cm_record record = remapped(&out, &remap, 2);
    cr_expect(cm_span_equal(record.interaction_id, CM_SPAN("a")));
    cr_expect(cm_span_equal(record.agent_id, CM_SPAN("anna")));
    cr_expect_eq(record.seq, 7);
    cr_expect_eq(record.hash, 1);
    cr_expect_eq(record.origin.offset, 2);
    cr_expect_eq(record.content_count, 3);
    cr_expect_eq(record.content[2], 6);
    cr_expect_eq(record.name_count, 1);
    cr_expect_eq(record.names[0], 9);
    cm_buffer_free(&out);
}

Test(remap, packs_change_places_come_and_go)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    const uint32_t packs[] = {GONE, 1, 0};
    struct cm_remap remap = a_remap(packs, 3);
    struct cm_record record = remapped(&out, &remap, 2);
    cr_assert_eq(record.pack_count, 3);
    cr_expect_eq(cm_record_found(&record, 0).hit_count, 0);
    cr_expect_eq(cm_record_found(&record, 1).hit_count, 1);
    cr_expect_eq(cm_record_found(&record, 2).hit_count, 4);
    cm_buffer_reset(&out);
    const uint32_t none[] = {GONE};
    remap = a_remap(none, 1);
    record = remapped(&out, &remap, 2);
    cr_expect_eq(record.pack_count, 1);
    cr_expect_eq(cm_record_found(&record, 0).hit_count, 0);
    cm_buffer_free(&out);
}

Test(remap, what_was_found_by_nobody_stays_so)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    const uint32_t packs[] = {0, 1};
    struct cm_remap remap = a_remap(packs, 2);
    struct cm_record record = remapped(&out, &remap, 0);
    cr_expect_eq(record.pack_count, 0);
    cm_buffer_free(&out);
}

Test(remap, more_packs_than_are_known_are_refused)
{
    struct cm_buffer in = CM_BUFFER_EMPTY, out = CM_BUFFER_EMPTY;
    const uint32_t packs[] = {0};
    struct cm_remap remap = a_remap(packs, 1);
    remap.old_pack_count = 1;
    append(&in, 2);
    cr_expect_eq(cm_record_remap(cm_buffer_view(&in), &remap, &out), CM_EINPUT);
    in.len -= 8;
    cr_expect_eq(cm_record_remap(cm_buffer_view(&in), &remap, &out), CM_EINPUT);
    cr_expect_eq(out.len, 0);
    cm_buffer_free(&in);
    cm_buffer_free(&out);
}

/* Quotes go with their hits. */
Test(remap, quotes_follow_their_hits)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_redactor *redactor;
    struct cm_redaction *redaction;
    struct cm_buffer in = CM_BUFFER_EMPTY, out = CM_BUFFER_EMPTY;
    struct cm_event event = {.interaction_id = CM_SPAN("a"), .text = CM_SPAN("one two three"), .queue = CM_SPAN("q")};
    struct cm_hit three[] = {{0, 0, 3, 0}, {1, 4, 7, 0}, {2, 8, 13, 0}};
    struct cm_scanned found = {three, 3, NULL, 0};
    struct cm_findings findings = {&found, 1, NULL, 0, 3, false, NULL, 0};
    const uint32_t packs[] = {0};
    struct cm_remap remap = a_remap(packs, 1);
    cr_assert_eq(cm_redactor_load(CM_SOURCE_DIR "/rules/redaction", &diagnostics, &redactor), CM_OK);
    cr_assert_eq(cm_redaction_new(redactor, &redaction), CM_OK);
    cm_record_append(&in, &event, (struct cm_origin){1, 2}, &findings, redaction);
    cr_assert_eq(cm_record_remap(cm_buffer_view(&in), &remap, &out), CM_OK);
    struct cm_record record;
    cr_assert_eq(cm_record_parse(cm_buffer_view(&out), &record), CM_OK);
    struct cm_record_found left = cm_record_found(&record, 0);
    cr_assert_eq(left.hit_count, 2);
    cr_assert_not_null(left.quote_lens);
    cr_expect(cm_span_equal((struct cm_span){left.quotes, left.quote_lens[0]}, CM_SPAN("one")));
    cr_expect(cm_span_equal((struct cm_span){left.quotes + left.quote_lens[0], left.quote_lens[1]}, CM_SPAN("three")));
    cr_expect(cm_span_equal(record.queue, CM_SPAN("q")));
    cm_redaction_free(redaction);
    cm_redactor_free(redactor);
    cm_diagnostics_free(&diagnostics);
    cm_buffer_free(&in);
    cm_buffer_free(&out);
}

/* A map that changes nothing changes no byte, on whatever can be said. */
Test(remap, the_same_numbers_are_the_same_bytes)
{
    uint32_t same[64];
    const uint32_t *const one[] = {same};
    const uint32_t packs[] = {0}, counts[] = {64};
    struct cm_remap remap = {.packs = packs, .pack_count = 1, .cues = one, .cue_counts = counts, .old_pack_count = 1};
    for (uint32_t i = 0; i < 64; i++)
        same[i] = i;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct cm_chance chance = {seed};
        struct cm_builder *b = cm_builder_new();
        struct cm_buffer lines = CM_BUFFER_EMPTY, out = CM_BUFFER_EMPTY;
        cm_chance_pack(b, &chance);
        cm_chance_lines(&chance, &lines);
        cm_build_say(b, lines.ptr);
        struct cm_span stream = cm_build_records(b), record;
        while (cm_record_next(&stream, &record)) {
            cm_buffer_reset(&out);
            cr_assert_eq(cm_record_remap(record, &remap, &out), CM_OK);
            cr_assert(cm_span_equal(cm_buffer_view(&out), record));
        }
        cm_buffer_free(&lines);
        cm_buffer_free(&out);
        cm_builder_free(b);
    }
}

/* -------------------------------------------------------------------- distinct */

static void say(struct cm_buffer *out, uint64_t hash, struct cm_span event_id, uint32_t has, uint64_t seq, uint64_t offset)
{
    struct cm_event event = {.interaction_id = CM_SPAN("a"), .event_id = event_id, .seq = seq, .has = has, .hash = {hash << 16, 0}};
    cm_record_append(out, &event, (struct cm_origin){1, offset}, NULL, NULL);
}

Test(remap, repeats_are_dropped_and_nothing_else)
{
    struct cm_buffer stream = CM_BUFFER_EMPTY;
    const struct cm_span none = {NULL, 0};
    const uint64_t kept[] = {1, 2, 3, 5, 6, 8, 9};
    uint32_t dropped;
    say(&stream, 100, none, CM_HAS_SEQ, 1, 1);
    say(&stream, 101, none, CM_HAS_SEQ, 1, 2); /* another text under the same seq */
    say(&stream, 102, CM_SPAN("e"), 0, 0, 3);
    say(&stream, 100, none, CM_HAS_SEQ, 1, 4); /* a repeat */
    say(&stream, 103, none, 0, 0, 5);          /* without an identity … */
    say(&stream, 103, none, 0, 0, 6);          /* … nobody knows */
    say(&stream, 102, CM_SPAN("e"), 0, 0, 7);  /* a repeat */
    cm_record_append_incomplete(&stream, CM_SPAN("a"), (struct cm_origin){1, 8});
    cm_record_append_incomplete(&stream, CM_SPAN("a"), (struct cm_origin){1, 9});
    cr_assert_eq(cm_records_distinct(&stream, &dropped), CM_OK);
    cr_expect_eq(dropped, 2);
    struct cm_span rest = cm_buffer_view(&stream), bytes;
    size_t count = 0;
    for (struct cm_record record; cm_record_next(&rest, &bytes); count++) {
        cr_assert_eq(cm_record_parse(bytes, &record), CM_OK);
        cr_assert_lt(count, 7);
        cr_expect_eq(record.origin.offset, kept[count]);
    }
    cr_expect_eq(count, 7);
    cm_buffer_free(&stream);
}

Test(remap, an_empty_stream_has_no_repeats)
{
    struct cm_buffer stream = CM_BUFFER_EMPTY;
    uint32_t dropped = 5;
    cr_assert_eq(cm_records_distinct(&stream, &dropped), CM_OK);
    cr_expect_eq(dropped, 0);
    cm_buffer_free(&stream);
}

Test(remap, a_damaged_stream_is_refused)
{
    struct cm_buffer stream = CM_BUFFER_EMPTY;
    uint32_t dropped;
    say(&stream, 100, CM_SPAN("e"), 0, 0, 1);
    say(&stream, 100, CM_SPAN("f"), 0, 0, 1);
    stream.len -= 8;
    cr_expect_eq(cm_records_distinct(&stream, &dropped), CM_EINPUT);
    cm_buffer_free(&stream);
}
