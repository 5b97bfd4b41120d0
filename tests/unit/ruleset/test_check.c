/* What is only wrong between entries: one fault a pack, and what is said of it. */
#include "loading.h"

#include <stdlib.h>

/* Lines 1 to 9; the cue or behaviour of a test comes in line 10 or under behaviours in line 10. */
#define PACK "pack: p\nversion: 1.0.0\nchannels: [chat]\ndimensions: {d: {weight: 1}}\nhold: [a]\ncustomer_outcome: {thanks: [c]}\n"
#define CUES                                                                                                                               \
    "cues:\n- {id: a, speaker: agent, why: w, phrases: [one], hit: [one], miss: [two]}\n"                                                  \
    "- {id: c, speaker: customer, why: w, phrases: [three], hit: [three], miss: [two]}\n"
#define CUE(keys)                                                                                                                          \
    PACK CUES "- {id: x, speaker: agent, why: w, " keys "}\n"                                                                              \
              "behaviours:\n- {id: b, dimension: d, kind: expected, title: t, met_by: [a, x]}\n"
#define BEHAVIOUR(keys) PACK CUES "behaviours: [{id: b, dimension: d, title: t, " keys "}]\n"
#define EXAMPLES ", hit: [one], miss: [two]"

static void assert_said(const char *text, const char *expected)
{
    struct loading loading = LOAD(text);
    cr_assert_str_eq(said(&loading), expected, "%s\nsaid %s", text, said(&loading));
    cr_assert_eq(loading.status, loading.diagnostics.errors ? CM_ERULES : CM_OK);
    unload(&loading);
}

Test(check, nothing_wrong)
{
    assert_said(CUE("phrases: [four]" EXAMPLES), "");
    assert_said(BEHAVIOUR("kind: opportunity, opportunity: [c], met_by: [a]"), "");
}

Test(check, circles_of_cues_are_told_once_each)
{
    assert_said(CUE("any: [x]"), "10:8 cue-cycle");
    assert_said(PACK CUES
                "- {id: x, speaker: agent, why: w, any: [y, a]}\n- {id: y, speaker: agent, why: w, none: [z], any: [a]}\n"
                "- {id: z, speaker: agent, why: w, all: [x]}\nbehaviours: [{id: b, dimension: d, kind: expected, title: t, met_by: [x]}]\n",
                "10:8 cue-cycle");
}

Test(check, circles_name_the_way_round)
{
    struct loading loading =
        LOAD(PACK CUES "- {id: x, speaker: agent, why: w, any: [y, a]}\n- {id: y, speaker: agent, why: w, all: [x]}\n");
    const struct cm_diagnostic *item = cm_diagnostics_find(&loading.diagnostics, "cue-cycle");
    cr_assert_not_null(item);
    cr_assert_not_null(strstr(item->message, "x -> y -> x"), "%s", item->message);
    unload(&loading);
}

Test(check, a_chain_of_composites_as_long_as_the_pack_needs_no_stack)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_text(&text, PACK CUES);
    for (int i = 0; i < 3000; i++) {
        cm_buffer_printf(&text, "- {id: x%d, speaker: agent, why: w, any: [", i);
        if (i == 2999)
            cm_buffer_text(&text, "a]}\n");
        else
            cm_buffer_printf(&text, "x%d]}\n", i + 1);
    }
    cm_buffer_text(&text, "behaviours: [{id: b, dimension: d, kind: expected, title: t, met_by: [x0]}]\n");
    cm_buffer_byte(&text, '\0');
    struct loading loading = LOAD(text.ptr);
    assert_loads(loading);
    cr_assert_eq(loading.ruleset->cue_order[loading.ruleset->cue_count - 1], cm_ruleset_cue(loading.ruleset, CM_SPAN("x0")));
    unload(&loading);
    cm_buffer_free(&text);
}

Test(check, speakers)
{
    assert_said(CUE("any: [c]"), "10:41 cue-speaker");
    assert_said(CUE("any: [c], near: {turns: 2}"), "10:8 cue-speaker");
    assert_said(CUE("all: [c, a], near: {turns: 2}"), "");
    assert_said(CUE("any: [a], none: [c]"), "");
    assert_said(BEHAVIOUR("kind: opportunity, opportunity: [a], met_by: [c]"), "10:79 cue-speaker; 10:92 cue-speaker");
    assert_said(BEHAVIOUR("kind: opportunity, opportunity: [c], met_by: [a], then: {any: [c]}"), "10:109 cue-speaker");
    assert_said(BEHAVIOUR("kind: penalty, raised_by: [c], points: 1"), "10:73 cue-speaker");
}

Test(check, names_that_nobody_has)
{
    assert_said(CUE("any: [a, nobody]"), "10:44 cue-unknown");
    assert_said(BEHAVIOUR("kind: expected, met_by: [b]"), "10:71 cue-unknown");
    assert_said(PACK CUES "behaviours: [{id: b, dimension: D, kind: expected, title: t, met_by: [a]}]\n",
                "4:14 dimension-empty; 10:33 dimension-unknown");
    assert_said("pack: p\nversion: 1.0.0\n" CUES "behaviours: [{id: b, dimension: d, kind: expected, title: t, met_by: [a]}]\n",
                "1:1 key-missing; 5:8 cue-unused");
}

Test(check, words_that_no_turn_has)
{
    assert_said(CUE("phrases: [four], min_words: 4, max_words: 3" EXAMPLES), "10:52 words-none");
    assert_said(CUE("phrases: [four], min_words: 4, max_words: 4" EXAMPLES), "");
    assert_said(CUE("phrases: [four], max_words: 0" EXAMPLES), "10:63 number-range");
}

Test(check, weights_of_other_cues)
{
#define SUM(weights, keys) CUE("weights: [" weights "], threshold: 2" keys ", hit: [one], miss: [two]")
    assert_said(SUM("{cue: a, weight: 1}, {phrase: one, weight: 1}", ""), "");
    assert_said(SUM("{cue: a, weight: 1}, {phrase: one, weight: 0.5}", ""), "10:106 threshold-unreachable");
    assert_said(SUM("{cue: a, phrase: one, weight: 2}", ""), "10:45 weight-item");
    assert_said(SUM("{weight: 2}", ""), "10:45 weight-item");
    assert_said(SUM("{cue: nobody, weight: 2}", ""), "10:51 cue-unknown");
    assert_said(SUM("{cue: c, weight: 2}", ""), "10:51 cue-speaker");
    assert_said(SUM("{cue: x, weight: 2}", ""), "10:8 cue-cycle");
    assert_said(SUM("{cue: a, weight: 1}, {cue: a, weight: 1}", ""), "10:72 cue-twice");
    assert_said(SUM("{cue: a, weight: 2}", ", min_count: 2"), "10:81 key-kind");
#undef SUM
}

Test(check, weights_that_never_reach_their_threshold)
{
    assert_said(CUE("weights: [{phrase: one, weight: 2}, {phrase: two, weight: -1}], threshold: 2.001" EXAMPLES),
                "10:110 threshold-unreachable");
    assert_said(CUE("weights: [{phrase: one, weight: 2}, {phrase: two, weight: -1}], threshold: 2" EXAMPLES), "");
    assert_said(CUE("weights: [{phrase: one, weight: 2}, {phrase: two, weight: 2}], cap: 1, threshold: 2.5" EXAMPLES),
                "10:117 threshold-unreachable");
}

Test(check, phrases_that_say_the_same_or_nothing_new)
{
    assert_said(CUE("phrases: [im sorry, I am sorry]" EXAMPLES), "10:55 phrase-duplicate");
    assert_said(CUE("phrases: [sorry, so sorry]" EXAMPLES), "10:52 phrase-shadowed");
    assert_said(CUE("phrases: [sorry, not sorry]" EXAMPLES), "");
    assert_said(CUE("phrases: [\"^ sorry\", so sorry]" EXAMPLES), "");
    assert_said(CUE("phrases: [sorry, so sorry], min_count: 2" EXAMPLES), "");
    assert_said(CUE("phrases: [sorry, \"so <0-1> sorry\"]" EXAMPLES), "");
}

Test(check, examples)
{
    assert_said(CUE("phrases: [four], hit: [one, two], miss: [two]"), "10:76 example-both");
    assert_said(CUE("phrases: [four], hit: ['']"), "10:8 key-missing; 10:58 example-empty");
    assert_said(CUE("echo: {words: 2}"), "");
    assert_said(CUE("any: [a], hit: [one]"), "");
}

Test(check, gates_of_agents_and_channels_of_nobody)
{
    assert_said(PACK CUES
                "- {id: x, speaker: customer, why: w, phrases: [four], position: {last: 1}, replies: true, hit: [four], miss: [a]}\n",
                "4:14 dimension-empty; 10:55 gate-speaker; 10:76 gate-speaker");
    assert_said(CUE("phrases: [four], channels: [call]" EXAMPLES), "10:52 channels-outside");
    assert_said(BEHAVIOUR("kind: expected, met_by: [a], channels: [email]"), "10:75 channels-outside");
}

Test(check, a_name_needs_its_class)
{
    assert_said(CUE("phrases: [hello], name: customer" EXAMPLES), "10:53 name-without-class");
    assert_said(CUE("phrases: [\"hello %name?\"], name: customer" EXAMPLES), "");
    assert_said(CUE("phrases: [\"hello %name\"], name: agent" EXAMPLES), "10:67 name-unknown");
}

Test(check, lists)
{
    assert_said("lists: {one: [a], two: [\"@one b\"]}\n" PACK CUES, "1:9 list-unused; 1:19 list-unused; 5:14 dimension-empty");
    assert_said("lists: {one: [a], two: [\"@one b\"]}\n" CUE("phrases: [\"@two c\"]" EXAMPLES), "");
    assert_said("lists: {one: [a, \"@one b\"]}\n" CUE("phrases: [\"@one c\"]" EXAMPLES), "1:9 list-cycle");
    assert_said("lists: {one: [a, \"b <0-2>\"]}\n" CUE("phrases: [\"@one c\", \"d @one\"]" EXAMPLES), "1:21 phrase-gap-edge");
    assert_said(CUE("phrases: [\"@nobody c\"]" EXAMPLES), "10:46 phrase-list-unknown");
    assert_said(CUE("phrases: [\"@stop c\"]" EXAMPLES), "");
}

Test(check, regexes)
{
    assert_said(CUE("regex: [a], negated: accept" EXAMPLES), "10:47 attribute-regex");
    assert_said(CUE("regex: [a], phrases: [b], negated: accept" EXAMPLES), "");
    assert_said(CUE("regex: ['']" EXAMPLES), "10:43 regex-empty");
}

Test(check, ids_are_one_name_space)
{
    assert_said(
        BEHAVIOUR("kind: expected, met_by: [a]") "---\nbehaviours: [{id: a, dimension: d, kind: expected, title: t, met_by: [a]}]\n",
        "12:19 id-duplicate");
}

Test(check, a_pack_of_cues_alone_is_for_searching)
{
    assert_said("pack: p\nversion: 1.0.0\n" CUES, "");
    assert_said("pack: p\nversion: 1.0.0\n", "1:1 pack-empty");
}
