/* Records of one interaction, packed: nothing is lost, nothing damaged is believed, and how much room it takes. */
#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "event/decode.h"
#include "run/scribe.h"
#include "score/packed.h"
#include "score/private.h"

static void pack(struct cm_packed *packed, struct cm_span stream)
{
    struct cm_buffer scratch = CM_BUFFER_EMPTY;
    struct cm_span record;
    while (cm_record_next(&stream, &record))
        cr_assert_eq(cm_packed_add(packed, record, &scratch), CM_OK);
    cr_assert_eq(stream.len, 0);
    cm_buffer_free(&scratch);
}

static void expect_back(const struct cm_packed *packed, struct cm_span stream)
{
    struct cm_buffer back = CM_BUFFER_EMPTY;
    cr_assert_eq(cm_packed_unpack((struct cm_span){packed->bytes, packed->len}, &back), CM_OK);
    cr_assert_eq(back.len, stream.len);
    cr_assert_arr_eq(back.ptr, stream.ptr, stream.len);
    cm_buffer_free(&back);
}

/* -------------------------------------------------------------------- generated */

/* Numbers at their limits, every string, hits and faults of several packs, quotes where wanted. */
static void append_odd(struct cm_buffer *out, struct cm_chance *chance, unsigned offset)
{
    static const uint64_t numbers[] = {0, 1, 127, 128, UINT32_MAX, INT64_MAX, UINT64_MAX};
#define ODD() numbers[cm_chance_below(chance, 7)]
    struct cm_span names[] = {CM_SPAN("anna"), CM_SPAN("bo"), CM_SPAN(""), {NULL, 0}};
#define NAME() names[cm_chance_below(chance, 4)]
    struct cm_event event = {.interaction_id = CM_SPAN("\0odd"),
                             .text = CM_SPAN("I am sorry, sorry that Ann lost 3 of 4 parcels"),
                             .event_id = NAME(),
                             .agent_id = NAME(),
                             .to_agent_id = NAME(),
                             .customer_id = NAME(),
                             .customer_name = NAME(),
                             .queue = NAME(),
                             .team = NAME(),
                             .lang = NAME(),
                             .target_event_id = NAME(),
                             .ts = (int64_t)ODD(),
                             .end_ts = (int64_t)ODD(),
                             .seq = ODD(),
                             .target_seq = ODD(),
                             .confidence = cm_chance_below(chance, 1000001),
                             .open_chats = (uint32_t)ODD(),
                             .rating = (int64_t)ODD(),
                             .scale = (int64_t)ODD(),
                             .type = (uint8_t)cm_chance_below(chance, CM_EVENT_TYPE_COUNT),
                             .speaker = (uint8_t)cm_chance_below(chance, CM_SPEAKER_COUNT),
                             .channel = (uint8_t)cm_chance_below(chance, CM_CHANNEL_COUNT),
                             .ended_by = (uint8_t)cm_chance_below(chance, CM_ENDED_BY_COUNT),
                             .has = cm_chance_below(chance, 256),
                             .hash = {cm_chance_next(chance), cm_chance_next(chance)}};
    struct cm_hit hits[] = {{70000, 0, 4, 0}, {1, 5, 10, CM_NAME_MASK}, {1, 12, 17, 3}, {200, 12, 17, 0}, {3, 23, 46, 0}};
    uint32_t faults[] = {4, 9}, content[] = {1, 200, UINT32_MAX}, words[] = {77, 78};
    struct cm_scanned packs[3] = {
        {hits, cm_chance_below(chance, 6), faults, cm_chance_below(chance, 3)}, {NULL, 0, NULL, 0}, {hits + 2, 2, NULL, 0}};
    struct cm_findings findings = {packs,
                                   cm_chance_below(chance, 4),
                                   content,
                                   cm_chance_below(chance, 4),
                                   cm_chance_below(chance, 70000),
                                   cm_chance_once_in(chance, 2),
                                   words,
                                   cm_chance_below(chance, 3)};
    cm_record_append(out, &event, (struct cm_origin){7, offset * 3000u}, cm_chance_once_in(chance, 4) ? NULL : &findings, NULL);
#undef ODD
#undef NAME
}

Test(packed, whatever_a_record_can_be_comes_back)
{
    struct cm_chance chance = {3};
    for (unsigned round = 0; round < 300; round++) {
        struct cm_buffer records = CM_BUFFER_EMPTY;
        struct cm_packed packed = {0};
        for (unsigned i = 0; i < 1 + cm_chance_below(&chance, 12); i++) {
            if (cm_chance_once_in(&chance, 8))
                cm_record_append_incomplete(&records, CM_SPAN("\0odd"), (struct cm_origin){7, i});
            append_odd(&records, &chance, i);
        }
        pack(&packed, cm_buffer_view(&records));
        expect_back(&packed, cm_buffer_view(&records));
        cm_packed_free(&packed);
        cm_buffer_free(&records);
    }
}

Test(packed, generated_conversations_come_back)
{
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct cm_chance chance = {seed};
        struct cm_builder *b = cm_builder_new();
        struct cm_buffer lines = CM_BUFFER_EMPTY;
        struct cm_packed packed = {0};
        cm_chance_pack(b, &chance);
        cm_chance_lines(&chance, &lines);
        cm_build_say(b, lines.ptr);
        pack(&packed, cm_build_records(b));
        expect_back(&packed, cm_build_records(b));
        cm_packed_free(&packed);
        cm_buffer_free(&lines);
        cm_builder_free(b);
    }
}

Test(packed, messages_are_counted)
{
    struct cm_builder *b = cm_builder_new();
    struct cm_packed packed = {0};
    cm_build_say(b, "start\nC t=1 customer.upset\nA:anna t=2\ntransfer to=bo\nedit tseq=1\nend\n");
    pack(&packed, cm_build_records(b));
    struct cm_span bytes = {packed.bytes, packed.len};
    cr_expect_eq(cm_packed_messages(bytes), 2);
    cr_expect(cm_packed_valid(bytes));
    struct cm_span stream = cm_build_records(b), first;
    cr_assert(cm_record_next(&stream, &first));
    cr_expect(cm_span_equal(cm_packed_interaction(bytes), cm_record_interaction(first)));
    cm_packed_free(&packed);
    cm_builder_free(b);
}

/* More kinds of records than there are places for, by turns; and strings that are told first, last, and behind the first 64 KiB. */
Test(packed, what_is_told_once_for_many_may_change)
{
    struct cm_buffer records = CM_BUFFER_EMPTY;
    struct cm_packed packed = {0};
    char long_queue[3000];
    memset(long_queue, 'q', sizeof long_queue);
    for (unsigned i = 0; i < 120; i++) {
        struct cm_span agents[] = {CM_SPAN("anna"), CM_SPAN("bo"), CM_SPAN("cleo")};
        struct cm_event event = {.interaction_id = CM_SPAN("i"),
                                 .type = CM_EVENT_MESSAGE,
                                 .speaker = (uint8_t)(i % 4),
                                 .channel = (uint8_t)(i % 3),
                                 .has = i % 5 ? CM_HAS_SEQ | CM_HAS_TS : CM_HAS_TS,
                                 .seq = i,
                                 .ts = (int64_t)i * 1500,
                                 .agent_id = agents[i / 7 % 3],
                                 .queue = {long_queue, i % 9 ? 5 : 3000 - i}};
        cm_record_append(&records, &event, (struct cm_origin){7, i}, NULL, NULL);
    }
    for (unsigned i = 0; i < 60; i++) {
        struct cm_event event = {.interaction_id = CM_SPAN("i"), .queue = {long_queue, 2900 - i}, .team = CM_SPAN("late")};
        cm_record_append(&records, &event, (struct cm_origin){7, 200 + i}, NULL, NULL);
    }
    pack(&packed, cm_buffer_view(&records));
    cr_assert_gt(packed.len, 2 * 65536);
    cr_assert(cm_packed_valid((struct cm_span){packed.bytes, packed.len}));
    expect_back(&packed, cm_buffer_view(&records));
    cm_packed_free(&packed);
    cm_buffer_free(&records);
}

/* What the third turn of each side takes that is like the ones before: a number of bytes that people count on when they size memory. */
Test(packed, an_ordinary_turn_is_small)
{
    struct cm_buffer records = CM_BUFFER_EMPTY;
    struct cm_packed packed = {0};
    uint32_t before = 0;
    struct cm_hit hits[] = {{500, 3, 12, 0}, {501, 3, 12, 0}};
    uint32_t content[] = {70000, 800000, UINT32_MAX};
    struct cm_scanned pack_of[] = {{hits, 2, NULL, 0}};
    struct cm_findings findings = {.packs = pack_of, .pack_count = 1, .content = content, .content_count = 3, .token_count = 12};
    for (unsigned i = 0; i < 6; i++) {
        struct cm_event event = {.interaction_id = CM_SPAN("0123456789"),
                                 .type = CM_EVENT_MESSAGE,
                                 .speaker = i % 2 ? CM_SPEAKER_AGENT : CM_SPEAKER_CUSTOMER,
                                 .has = CM_HAS_SEQ | CM_HAS_TS,
                                 .seq = i,
                                 .ts = INT64_C(1772438400000) + i * 30000,
                                 .text = CM_SPAN("so this is about as long as what people write"),
                                 .agent_id = i % 2 ? CM_SPAN("agent-17") : (struct cm_span){NULL, 0},
                                 .hash = {i, i}};
        cm_buffer_reset(&records);
        before = packed.len;
        cm_record_append(&records, &event, (struct cm_origin){7, i * 100000}, &findings, NULL);
        pack(&packed, cm_buffer_view(&records));
    }
    cr_expect_eq(packed.len - before, 1 + 3 + 1 + 2 + 1 + 6 + 3 + 6, "flags, offset, ts, text and tokens, counts, H, words, hits: %u",
                 packed.len - before);
    cm_packed_free(&packed);
    cm_buffer_free(&records);
}

/* ------------------------------------------------------------------------ words */

enum { WORDS_MAX = 600 };

/* Words of a vocabulary of so many, ascending: no more than wanted, for some come twice. */
static uint32_t draw_words(struct cm_chance *chance, uint32_t vocabulary, uint32_t wanted, uint32_t *words)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t word = UINT32_MAX - cm_chance_below(chance, vocabulary) * (UINT32_MAX / vocabulary), at = 0;
        while (at < count && words[at] < word)
            at++;
        if (at < count && words[at] == word)
            continue;
        memmove(words + at + 1, words + at, (count++ - at) * sizeof *words);
        words[at] = word;
    }
    return count;
}

static void append_words(struct cm_buffer *records, uint64_t offset, const uint32_t *words, uint32_t count)
{
    struct cm_event event = {.interaction_id = CM_SPAN("i"), .type = CM_EVENT_MESSAGE, .agent_id = CM_SPAN("anna")};
    struct cm_findings findings = {.content = words, .content_count = count};
    cm_record_append(records, &event, (struct cm_origin){7, offset}, &findings, NULL);
}

/* Fewer distinct words than the dictionary has room for, about as many, far more; turns of none to more than it can hold. */
Test(packed, words_come_back_whether_they_are_told_again_or_not)
{
    static const uint32_t vocabularies[] = {1, 40, 120, 127, 128, 129, 140, 100000}, turns[] = {1, 8, 40, 300, WORDS_MAX};
    struct cm_chance chance = {11};
    for (unsigned round = 0; round < 160; round++) {
        struct cm_buffer records = CM_BUFFER_EMPTY;
        struct cm_packed packed = {0};
        uint32_t words[WORDS_MAX], most = turns[round / 8 % 5];
        for (unsigned i = 0; i < 40; i++) {
            uint32_t count = draw_words(&chance, vocabularies[round % 8], cm_chance_below(&chance, most + 1), words);
            append_words(&records, i, words, count);
        }
        pack(&packed, cm_buffer_view(&records));
        cr_assert(cm_packed_valid((struct cm_span){packed.bytes, packed.len}));
        expect_back(&packed, cm_buffer_view(&records));
        cm_packed_free(&packed);
        cm_buffer_free(&records);
    }
}

/* The bytes that the last turn takes more than one without words. */
static uint32_t cost_of_words(const uint32_t *earlier, uint32_t earlier_count, const uint32_t *words, uint32_t count)
{
    uint32_t lens[2];
    for (unsigned with = 0; with < 2; with++) {
        struct cm_buffer records = CM_BUFFER_EMPTY;
        struct cm_packed packed = {0};
        append_words(&records, 1, earlier, earlier_count);
        append_words(&records, 2, words, with ? count : 0);
        pack(&packed, cm_buffer_view(&records));
        lens[with] = packed.len;
        cm_packed_free(&packed);
        cm_buffer_free(&records);
    }
    return lens[1] - lens[0];
}

Test(packed, a_word_that_was_there_is_one_byte)
{
    uint32_t words[WORDS_MAX];
    for (uint32_t i = 0; i < WORDS_MAX; i++)
        words[i] = 1000000 * (i + 1);
    cr_expect_eq(cost_of_words(words, 8, words, 5), 5, "all known");
    cr_expect_eq(cost_of_words(words, 8, words + 6, 5), 2 + 3 * 4, "two known, three new");
    cr_expect_eq(cost_of_words(words, 8, words + 8, 5), 5 * 4, "all new");
    cr_expect_eq(cost_of_words(words, 300, words + 127, 2), 1 + 4, "the last that there was room for, the first that there was none for");
}

/* A dictionary has so many at most, however many bytes there are. */
Test(packed, a_dictionary_that_is_too_large_is_no_state)
{
    struct cm_buffer records = CM_BUFFER_EMPTY;
    struct cm_packed packed = {0};
    uint32_t words[WORDS_MAX];
    for (uint32_t i = 0; i < WORDS_MAX; i++)
        words[i] = i;
    append_words(&records, 1, words, WORDS_MAX);
    pack(&packed, cm_buffer_view(&records));
    cr_expect(cm_packed_valid((struct cm_span){packed.bytes, packed.len}));
    packed.bytes[75]++; /* packed_layout.h */
    cr_expect_not(cm_packed_valid((struct cm_span){packed.bytes, packed.len}));
    cm_packed_free(&packed);
    cm_buffer_free(&records);
}

/* Records have them so; what is read from a disk or a network may not. */
Test(packed, words_that_do_not_ascend_are_refused)
{
    static const uint32_t wrong[][3] = {{1, 1, 2}, {1, 3, 2}, {UINT32_MAX, 0, 1}};
    struct cm_buffer scratch = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < 3; i++) {
        struct cm_buffer records = CM_BUFFER_EMPTY;
        struct cm_packed packed = {0};
        append_words(&records, 1, wrong[i], 3);
        cr_expect_eq(cm_packed_add(&packed, cm_buffer_view(&records), &scratch), CM_EINPUT);
        cm_packed_free(&packed);
        cm_buffer_free(&records);
    }
    struct cm_buffer records = CM_BUFFER_EMPTY, back = CM_BUFFER_EMPTY;
    struct cm_packed packed = {0};
    append_words(&records, 1, (const uint32_t[]){1, 2, 3}, 3);
    pack(&packed, cm_buffer_view(&records));
    memset(packed.bytes + packed.len - 4, 0, 4); /* the dictionary's last */
    cr_expect_eq(cm_packed_unpack((struct cm_span){packed.bytes, packed.len}, &back), CM_EINPUT);
    cm_packed_free(&packed);
    cm_buffer_free(&records);
    cm_buffer_free(&back);
    cm_buffer_free(&scratch);
}

Test(packed, one_interaction_of_one_path_only)
{
    struct cm_buffer records = CM_BUFFER_EMPTY, scratch = CM_BUFFER_EMPTY;
    struct cm_packed packed = {0};
    cm_record_append_incomplete(&records, CM_SPAN("a"), (struct cm_origin){1, 1});
    cm_record_append_incomplete(&records, CM_SPAN("b"), (struct cm_origin){1, 2});
    cm_record_append_incomplete(&records, CM_SPAN("a"), (struct cm_origin){2, 3});
    struct cm_span stream = cm_buffer_view(&records), record;
    for (unsigned i = 0; cm_record_next(&stream, &record); i++)
        cr_expect_eq(cm_packed_add(&packed, record, &scratch), i == 0 ? CM_OK : CM_EINPUT);
    cm_packed_free(&packed);
    cm_buffer_free(&records);
    cm_buffer_free(&scratch);
}

/* ---------------------------------------------------------------------- damage */

/* Refused, or records that can be judged like any others. On a copy of just its size, so that a sanitizer sees a byte too far. */
static bool is_refused(const char *bytes, size_t len)
{
    static struct cm_buffer back;
    static struct cm_interaction *interaction;
    char *copy = malloc(len + 1);
    memcpy(copy, bytes, len);
    if (!interaction)
        cr_assert_eq(cm_interaction_new(&interaction), CM_OK);
    cm_buffer_reset(&back);
    cm_interaction_begin(interaction);
    enum cm_status status = cm_packed_unpack((struct cm_span){copy, len}, &back);
    struct cm_span stream = cm_buffer_view(&back), record;
    while (status == CM_OK && cm_record_next(&stream, &record))
        status = cm_interaction_add(interaction, record);
    if (status == CM_OK)
        status = cm_interaction_seal(interaction);
    cr_assert(status == CM_OK || status == CM_EINPUT, "%s", cm_status_text(status));
    free(copy);
    return status != CM_OK;
}

static void make_odd(struct cm_packed *packed, uint64_t seed)
{
    struct cm_chance chance = {seed};
    struct cm_buffer records = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < 6; i++)
        append_odd(&records, &chance, i);
    pack(packed, cm_buffer_view(&records));
    cm_buffer_free(&records);
}

Test(packed, every_cut_is_refused)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct cm_packed packed = {0};
        make_odd(&packed, seed);
        for (size_t len = 0; len < packed.len; len++)
            cr_assert(is_refused(packed.bytes, len), "%zu of %u bytes", len, packed.len);
        cr_assert_not(is_refused(packed.bytes, packed.len));
        cm_packed_free(&packed);
    }
}

Test(packed, mutations_are_refused_or_sound)
{
    struct cm_chance chance = {17};
    size_t refused = 0;
    for (unsigned i = 0; i < 10000; i++) {
        struct cm_packed packed = {0};
        make_odd(&packed, 1 + i % 7);
        for (unsigned n = 1 + cm_chance_below(&chance, 4); n; n--)
            packed.bytes[cm_chance_below(&chance, packed.len)] =
                (char)(cm_chance_once_in(&chance, 3) ? 0xFF : cm_chance_below(&chance, 256));
        refused += is_refused(packed.bytes, packed.len);
        cm_packed_free(&packed);
    }
    cr_expect_gt(refused, 5000);
}

/* ------------------------------------------------------------------------ size */

/* The demo's conversations, in memory, line by line. */
struct demo {
    struct cm_packs packs;
    struct cm_scribe *scribe;
    struct cm_arena arena;
    struct cm_buffer records;
    struct {
        struct cm_span id;
        struct cm_packed packed;
        struct cm_buffer records;
    } items[512];
    size_t count;
    uint64_t turns, packed_bytes, record_bytes, long_turns, long_bytes;
};

static void demo_line(struct demo *demo, struct cm_span line, uint64_t offset)
{
    struct cm_event event;
    struct cm_decoded decoded;
    size_t at = 0;
    cm_arena_reset(&demo->arena);
    cr_assert_eq(cm_decode(&demo->arena, line, &event, &decoded), CM_OK);
    cr_assert_eq(decoded.reject, CM_REJECT_NONE);
    while (at < demo->count && !cm_span_equal(demo->items[at].id, event.interaction_id))
        at++;
    if (at == demo->count) {
        cr_assert_lt(demo->count, 512);
        cr_assert_eq(cm_span_own(&demo->items[demo->count++].id, event.interaction_id), CM_OK);
    }
    cm_buffer_reset(&demo->records);
    cr_assert_eq(cm_scribe_write(demo->scribe, &event, (struct cm_origin){0, offset}, &demo->records), CM_OK);
    pack(&demo->items[at].packed, cm_buffer_view(&demo->records));
    cm_buffer_span(&demo->items[at].records, cm_buffer_view(&demo->records));
}

static void demo_file(struct demo *demo, const char *name, uint64_t *offset)
{
    char path[4096], *line = NULL;
    size_t cap = 0;
    ssize_t len;
    snprintf(path, sizeof path, "%s/demo/conversations/%s", CM_SOURCE_DIR, name);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    while ((len = getline(&line, &cap, file)) > 1)
        demo_line(demo, (struct cm_span){line, (size_t)len - 1}, (*offset)++);
    free(line);
    fclose(file);
}

static void measure(bool quotes)
{
    static struct demo demo;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    uint64_t offset = 0;
    demo = (struct demo){0};
    cr_assert_eq(cm_packs_load(&demo.packs, NULL, 0, &diagnostics), CM_OK);
    cr_assert_eq(cm_scribe_new(&demo.packs, quotes, 0, &demo.scribe), CM_OK);
    DIR *folder = opendir(CM_SOURCE_DIR "/demo/conversations");
    cr_assert_not_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            demo_file(&demo, entry->d_name, &offset);
    closedir(folder);
    for (size_t i = 0; i < demo.count; i++) {
        struct cm_packed *packed = &demo.items[i].packed;
        uint32_t turns = cm_packed_messages((struct cm_span){packed->bytes, packed->len});
        expect_back(packed, cm_buffer_view(&demo.items[i].records));
        demo.turns += turns;
        demo.packed_bytes += packed->len;
        demo.record_bytes += demo.items[i].records.len;
        demo.long_turns += turns >= 20 ? turns : 0;
        demo.long_bytes += turns >= 20 ? packed->len : 0;
        cm_packed_free(packed);
        cm_buffer_free(&demo.items[i].records);
        cm_span_free(&demo.items[i].id);
    }
    printf("%s: %zu interactions, %llu turns: %.1f bytes a turn packed, %.1f as records; of those with 20 turns and more %.1f\n",
           quotes ? "with quotes" : "without", demo.count, (unsigned long long)demo.turns, (double)demo.packed_bytes / (double)demo.turns,
           (double)demo.record_bytes / (double)demo.turns, demo.long_turns ? (double)demo.long_bytes / (double)demo.long_turns : 0.0);
    cr_expect_lt(demo.packed_bytes * 5, demo.record_bytes * 2, "well under what records take");
    cm_scribe_free(demo.scribe);
    cm_packs_free(&demo.packs);
    cm_arena_free(&demo.arena);
    cm_buffer_free(&demo.records);
    cm_diagnostics_free(&diagnostics);
}

Test(packed, conversations_of_the_demo_come_back_without_quotes)
{
    measure(false);
}

Test(packed, and_with_quotes)
{
    measure(true);
}
