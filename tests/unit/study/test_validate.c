#include <math.h>

/* before packing.h, whose names theirs would shadow */
#include "study/validity/ratings.h"
#include "study/validity/validate.h"

#include "packing.h"

static struct cm_labels labels;
static struct cm_label_map map;
static struct cm_validation found;

static void stop(void)
{
    cm_validation_free(&found);
    cm_label_map_free(&map);
    cm_labels_free(&labels);
    unpack();
}

TestSuite(validate, .fini = stop);

#define CUE(id, speaker, phrase)                                                                                                           \
    "  - {id: " id ", speaker: " speaker ", why: w, phrases: [\"" phrase "\"], hit: [\"" phrase "\"], miss: [\"no\"]}\n"
#define TURN(speaker, text, labels) "{\"id\":\"c\",\"speaker\":\"" speaker "\",\"text\":\"" text "\",\"labels\":[" labels "]}\n"

static const char rules[] =
    "pack: p\nversion: 1.0.0\ndimensions: {communicate: {weight: 1}, respond: {weight: 1}}\n"
    "cues:\n" CUE("hello", "agent", "hello") CUE("hi", "agent", "(hi|hello)") CUE("sorry", "agent", "sorry")
        CUE("broken", "customer", "broken")
            CUE("late", "customer",
                "late") "behaviours:\n"
                        "  - {id: greets, dimension: communicate, kind: expected, title: t, met_by: [hi]}\n"
                        "  - {id: feels, dimension: respond, kind: opportunity, title: t, opportunity: [broken, late], met_by: [sorry], "
                        "window: {agent_runs: 2}}\n";

static const char map_text[] = "greet: {speaker: agent, any: [hello, hi]}\nsorry: {speaker: agent, any: [sorry]}\n"
                               "trouble: {label: [broken, damaged], speaker: customer, any: [broken]}\n";

static enum cm_status read_map(const char *text)
{
    return cm_label_map_read(&map, "map.yaml", cm_span_of(text), packs.items[0].ruleset, &diagnostics);
}

static enum cm_status measure(const char *turns, uint32_t worst)
{
    cr_assert_eq(cm_labels_read(&labels, "turns", cm_span_of(turns), &diagnostics), CM_OK);
    const struct cm_validate_request request = {
        .packs = &packs, .labels = &labels, .map = &map, .worst = worst, .seed = CM_SEED_DEFAULT, .resamples = 50};
    return cm_validate(&request, &found);
}

static void expect_counts(const struct cm_measured *measured, uint32_t tp, uint32_t fp, uint32_t fn, uint32_t tn)
{
    struct cm_counts counts = measured->figures[CM_PART_ALL].counts;
    cr_expect(counts.tp == tp && counts.fp == fp && counts.fn == fn && counts.tn == tn, "%u %u %u %u", counts.tp, counts.fp, counts.fn,
              counts.tn);
}

Test(validate, labels_cues_and_behaviours)
{
    cr_assert_eq(pack(rules), CM_OK);
    cr_assert_eq(read_map(map_text), CM_OK);
    cr_assert_eq(measure(TURN("agent", "hello", "\"greet\"") TURN("agent", "hi", "\"greet\"") TURN("lead", "hi sorry", "\"sorry\"")
                             TURN("agent", "good day", "\"greet\"") TURN("agent", "no", "") TURN("customer", "hello, broken", "\"damaged\"")
                                 TURN("customer", "it is late", "\"broken\"") TURN("bot", "hello", "\"greet\""),
                         0),
                 CM_OK);
    expect_counts(&found.results[0].measured, 2, 1, 1, 1);
    expect_counts(&found.results[1].measured, 1, 0, 0, 4);
    expect_counts(&found.results[2].measured, 1, 0, 1, 0);
    cr_assert(cm_span_equal(found.results[2].mapped->label, CM_SPAN("trouble")), "a list of labels goes by its key");

    const struct cm_cue_result *hello = &found.cues[0], *hi = &found.cues[1];
    cr_assert_eq(hello->hits, 1);
    cr_assert_eq(hello->right_alone, 0, "hi hears it too");
    cr_assert_eq(hello->overlap_cue, hi->cue);
    cr_assert_float_eq(hello->overlap, 1, 1e-12);
    cr_assert_float_eq(hello->f1_without, found.results[0].measured.figures[CM_PART_ALL].f1, 1e-12);
    cr_assert_eq(hi->hits, 3);
    cr_assert_eq(hi->right, 2);
    cr_assert_eq(hi->right_alone, 1);
    cr_assert_eq(hi->wrong_alone, 1);
    cr_assert_float_eq(hi->f1_without, 0.5, 1e-12, "hello alone: one right, two missed");

    cr_assert_eq(found.behaviour_count, 2);
    expect_counts(&found.behaviours[0].measured, 2, 1, 1, 1);
    expect_counts(&found.behaviours[1].measured, 2, 0, 1, 4); /* agents' sorry and customers' broken together */
    cr_assert_eq(found.behaviours[1].label_count, 2);
    cr_assert_eq(found.behaviours[1].cue_count, 2);
    cr_assert_eq(found.behaviours[1].unmapped, 1, "late stands under no label");
    cr_assert_not(found.behaviours[1].validated);
    cr_assert_eq(found.macro_count, 2);
    cr_assert_eq(found.macros[0].frequent_count, 0);
    cr_assert(isnan(found.macros[0].frequent[CM_PART_ALL]));
}

Test(validate, disputed_turns_count_for_neither_side)
{
    cr_assert_eq(pack(rules), CM_OK);
    cr_assert_eq(read_map(map_text), CM_OK);
    cr_assert_eq(measure("{\"speaker\":\"agent\",\"text\":\"hello\",\"labels\":[],\"disputed\":[\"greet\"]}\n"
                         "{\"speaker\":\"agent\",\"text\":\"sorry\",\"labels\":[\"sorry\"],\"disputed\":true}\n"
                         "{\"speaker\":\"customer\",\"text\":\"x\",\"labels\":[\"broken\"],\"disputed\":[\"damaged\"]}\n"
                         "{\"speaker\":\"customer\",\"text\":\"x\",\"labels\":[\"broken\"],\"disputed\":[\"broken\"]}\n",
                         0),
                 CM_OK);
    expect_counts(&found.results[0].measured, 0, 0, 0, 0);
    cr_assert_eq(found.results[0].measured.disputed, 2);
    expect_counts(&found.results[2].measured, 0, 0, 1, 0); /* broken is sure, whatever damaged is */
    cr_assert_eq(found.results[2].measured.disputed, 1);
}

Test(validate, a_fault_is_no_miss)
{
    struct cm_buffer turns = CM_BUFFER_EMPTY;
    cr_assert_eq(pack(HEAD "  - {id: slow, speaker: agent, why: w, regex: [\"(?:(?:a|aa)+)+b\"], hit: [aab], miss: [c]}\n"
                           "  - {id: c, speaker: agent, why: w, phrases: [c], hit: [c], miss: [d]}\n"),
                 CM_OK);
    cr_assert_eq(read_map("label: {speaker: agent, any: [slow, c]}\n"), CM_OK);
    for (int i = 0; i < 3; i++) {
        cm_buffer_text(&turns, "{\"speaker\":\"agent\",\"labels\":[\"label\"],\"text\":\"");
        for (int j = 0; j < (i < 2 ? 60 : 0); j++)
            cm_buffer_byte(&turns, 'a');
        cm_buffer_text(&turns, i == 1 ? " c xb\"}\n" : " xb\"}\n");
    }
    cm_buffer_byte(&turns, '\0');
    cr_assert_eq(measure(turns.ptr, 3), CM_OK);
    cr_assert_eq(found.results[0].measured.faults, 1);
    expect_counts(&found.results[0].measured, 1, 0, 1, 0); /* what another cue hears is heard */
    cr_assert_eq(found.worst_count, 1);
    cr_assert_eq(found.worst[0].turn, 2, "nor is it shown as one");
    cm_buffer_free(&turns);
}

Test(validate, worst_turns_are_redacted)
{
    cr_assert_eq(pack(rules), CM_OK);
    cr_assert_eq(read_map(map_text), CM_OK);
    cr_assert_eq(measure("{\"speaker\":\"agent\",\"text\":\"my mail is a.b@example.org so hello there\",\"labels\":[\"sorry\"],"
                         "\"before\":[\"customer: 4111 1111 1111 1111\"]}\n" TURN("agent", "good morning to you", "\"greet\",\"sorry\"")
                             TURN("agent", "good morning", "\"greet\"") TURN("agent", "morning", "\"greet\",\"sorry\""),
                         2),
                 CM_OK);
    const struct cm_worst *worst = found.worst;
    cr_assert(worst[0].miss && worst[0].turn == 2, "a turn that does nothing else comes first");
    cr_assert(worst[1].miss && worst[1].turn == 3, "then the shorter");
    cr_assert(!worst[2].miss && worst[2].turn == 0);
    struct cm_span words = {worst[2].text.ptr + worst[2].from, worst[2].to - worst[2].from};
    cr_assert(cm_span_equal(words, CM_SPAN("hello")), "%.*s", (int)words.len, words.ptr);
    cr_assert(cm_span_equal(worst[2].text, CM_SPAN("my mail is [email] so hello there")), "%.*s", (int)worst[2].text.len,
              worst[2].text.ptr);
    cr_assert(cm_span_equal(worst[2].context, CM_SPAN("customer: [card]")), "%.*s", (int)worst[2].context.len, worst[2].context.ptr);
}

Test(validate, nothing_matches)
{
    cr_assert_eq(pack(rules), CM_OK);
    cr_assert_eq(read_map(map_text), CM_OK);
    cr_assert_eq(measure(TURN("agent", "hello", "\"other\"") TURN("customer", "hello", "\"greet\""), 1), CM_EINPUT);
    cm_validate_compare_names(&labels, &map, &diagnostics);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "label-unmapped"));
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "label-never"));
}

Test(validate, turns_that_count_twice_are_told)
{
    cr_assert_eq(pack(rules), CM_OK);
    cr_assert_eq(read_map(map_text), CM_OK);
    cr_assert_eq(measure(TURN("agent", "hello", "\"greet\"") TURN("agent", "hi", "\"greet\""), 1), CM_OK);
    cm_validate_compare_names(&labels, &map, &diagnostics);
    cr_assert_null(cm_diagnostics_find(&diagnostics, "label-turn-twice"), "two turns that only share an id");
    cm_validation_free(&found);
    cm_labels_free(&labels);
    cr_assert_eq(measure(TURN("agent", "hello", "\"greet\"") TURN("agent", "hi", "") TURN("agent", "hello", ""), 1), CM_OK);
    cm_validate_compare_names(&labels, &map, &diagnostics);
    const struct cm_diagnostic *told = cm_diagnostics_find(&diagnostics, "label-turn-twice");
    cr_assert(told && told->place.line == 3, "the same words under one id");
}

Test(validate, maps_that_are_wrong)
{
    static const struct {
        const char *text, *id;
        uint32_t line, column;
    } wrong[] = {
        {"", "map-shape", 0, 0},
        {"- a\n", "map-shape", 1, 1},
        {"a: {speaker: agent, any: [hello]}\n---\nb: {speaker: agent, any: [hi]}\n", "map-shape", 1, 1},
        {"a: b\n", "map-shape", 1, 4},
        {"a: {speaker: agent, any: [helo]}\n", "map-cue-unknown", 1, 27},
        {"a: {speaker: agent, any: []}\n", "map-any", 1, 26},
        {"a: {speaker: agent, any: hello}\n", "map-any", 1, 26},
        {"a: {speaker: agent}\n", "map-any", 1, 1},
        {"a: {any: [hello]}\n", "map-speaker", 1, 1},
        {"a: {speaker: customer, any: [hello]}\n", "map-speaker", 1, 30},
        {"a: {speaker: agent, any: [hello], all: [hi]}\n", "map-key-unknown", 1, 35},
        {"a: {speaker: agent, any: [hello, hello]}\n", "map-cue-twice", 1, 34},
        {"a: {speaker: agent, any: [hello], label: []}\n", "map-label", 1, 42},
        {"a: {speaker: agent, any: [hello], label: [[b]]}\n", "map-label", 1, 43},
        {"a: {speaker: agent, any: [hello]}\nb: {label: a, speaker: agent, any: [hi]}\n", "map-label-twice", 2, 1},
        {"a: {speaker: agent, any: [hello\n", "yaml-syntax", 2, 1},
    };
    cr_assert_eq(pack(rules), CM_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(read_map(wrong[i].text), CM_ERULES, "%s", wrong[i].text);
        const struct cm_diagnostic *told = cm_diagnostics_find(&diagnostics, wrong[i].id);
        cr_expect(told != NULL, "%s: no %s", wrong[i].text, wrong[i].id);
        if (told)
            cr_expect(told->place.line == wrong[i].line && told->place.column == wrong[i].column, "%s: %u:%u", wrong[i].text,
                      told->place.line, told->place.column);
        cm_label_map_free(&map);
        cm_diagnostics_free(&diagnostics);
    }
}

Test(validate, ratings)
{
    struct cm_ratings ratings = CM_RATINGS_EMPTY;
    struct cm_ratings_result result;
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cr_assert_eq(pack(rules), CM_OK);
    for (unsigned i = 0; i < 6; i++)
        cm_buffer_printf(&text, "{\"interaction_id\":\"c%u\",\"care\":%u,\"respond\":null,\"other\":\"x\"}\n", 5 - i, 10 * i);
    cr_assert_eq(cm_ratings_read(&ratings, "r", cm_buffer_view(&text), packs.items[0].ruleset, &diagnostics), CM_OK);
    cm_buffer_free(&text);
    for (size_t i = 0; i < 5; i++) { /* c0 is rated 50, c5 nothing; the events lack c5 */
        ratings.items[i].found = true;
        ratings.items[i].scored[0] = i == 4 ? (double)NAN : i == 0 ? 1 : 100 - 10.0 * (double)i;
    }
    cr_assert_eq(cm_ratings_compare(&ratings, 2, &result), CM_OK);
    cr_assert_eq(result.found, 5);
    cr_assert_eq(result.missing, 1);
    cr_assert_eq(result.scale_count, 3);
    cr_assert_eq(result.scales[0].parts[CM_PART_ALL].n, 4);
    cr_assert_eq(result.scales[0].unscored, 1);
    cr_assert_eq(result.scales[2].unrated, 5);
    cr_assert_float_eq(result.scales[0].parts[CM_PART_ALL].rho, 1 - 6.0 * (9 + 1 + 1 + 1) / (4 * 15), 1e-12);
    cr_assert_eq(result.scales[0].apart_count, 2);
    cr_assert_eq(result.scales[0].apart[0].rating, 0, "c0 is the readers' best and the score's last");
    cm_ratings_result_free(&result);
    cm_ratings_free(&ratings);
}

Test(validate, a_rating_that_stands_twice_in_a_line_is_a_fault)
{
    struct cm_ratings ratings = CM_RATINGS_EMPTY;
    cr_assert_eq(pack(rules), CM_OK);
    struct cm_span line = CM_SPAN("{\"interaction_id\":\"c\",\"care\":10,\"care\":90}\n");
    cr_assert_eq(cm_ratings_read(&ratings, "r", line, packs.items[0].ruleset, &diagnostics), CM_EINPUT);
    const struct cm_diagnostic *told = cm_diagnostics_find(&diagnostics, "rating-duplicate-key");
    cr_assert(told && told->place.line == 1 && told->place.column == 40, "%u", told ? told->place.column : 0);
    cm_ratings_free(&ratings);
}
