/* extends, disable, set and add. */
#include "loading.h"

#include "ruleset/ruleset.h"

static const char base[] =
    "pack: base\nversion: 1.0.0\n"
    "dimensions: {one: {weight: 10}, two: {weight: 20}}\n"
    "gates: {min_coverage: 0.5, min_confidence: 0.5}\n"
    "channels: [chat]\n"
    "reply_target: {chat: 100, email: 200}\n"
    "hold: [a.hold]\n"
    "customer_outcome: {delight: [c.glad], thanks: [c.glad]}\n"
    "validity: {b.one: {examples: 20}}\n"
    "lists: {very: [so], other: [well]}\n"
    "cues:\n"
    "  - {id: a.hold, speaker: agent, why: Hold, phrases: [hold], hit: [hold], miss: [x]}\n"
    "  - {id: a.sorry, speaker: agent, why: Sorry, phrases: [\"@very sorry\"], hit: [so sorry], miss: [x]}\n"
    "  - {id: a.other, speaker: agent, why: Other, phrases: [\"@other\"], hit: [well], miss: [x]}\n"
    "  - {id: a.any, speaker: agent, why: Any, any: [a.sorry, a.other]}\n"
    "  - {id: a.all, speaker: agent, why: All, all: [a.sorry, a.other]}\n"
    "  - {id: c.glad, speaker: customer, why: Glad, phrases: [glad], hit: [glad], miss: [x]}\n"
    "behaviours:\n"
    "  - {id: b.one, dimension: one, kind: opportunity, title: One, opportunity: [c.glad], met_by: [a.any], then: {any: [a.hold]}, weight: "
    "2}\n"
    "  - {id: b.two, dimension: two, kind: expected, title: Two, met_by: [a.other, a.all], window: {agent_runs: 2}}\n";

#define MINE(keys) "mine/pack.yaml", "pack: mine\nversion: 2.0.0\nextends: base\n" keys, "base/pack.yaml", base

static const struct cm_cue *cue_of(const struct loading *loading, const char *id)
{
    uint32_t index = cm_ruleset_cue(loading->ruleset, cm_span_of(id));
    return index == CM_CUE_NONE ? NULL : &loading->ruleset->cues[index];
}

Test(merge, everything_is_inherited)
{
    struct loading loading = LOAD_FILES(MINE(""));
    assert_loads(loading);
    const struct cm_ruleset *pack = loading.ruleset;
    cr_assert_str_eq(pack->name, "mine");
    cr_assert_str_eq(pack->version, "2.0.0");
    cr_assert_str_eq(pack->folder, "mine");
    cr_assert_eq(pack->cue_count, 6);
    cr_assert_eq(pack->behaviour_count, 2);
    cr_assert_eq(pack->dimension_count, 2);
    cr_assert_eq(pack->hold.count, 1);
    cr_assert_eq(pack->channels, CM_BIT(CM_CHANNEL_CHAT));
    cr_assert(pack->behaviours[0].validated);
    cr_assert_str_eq(pack->cues[0].place.file, "base/pack.yaml");
    unload(&loading);
}

/* Whether b.one still counts as measured by its base. */
static bool measured(const char *keys)
{
    char text[256];
    snprintf(text, sizeof text, "pack: mine\nversion: 2.0.0\nextends: base\n%s", keys);
    struct loading loading = LOAD_FILES("mine/pack.yaml", text, "base/pack.yaml", base);
    cr_assert_eq(loading.status, CM_OK, "%s", said(&loading));
    bool validated = loading.ruleset->behaviours[0].validated;
    unload(&loading);
    return validated;
}

Test(merge, what_was_measured_is_so_no_more_once_it_is_changed)
{
    cr_expect(measured(""));
    cr_expect(measured("set: {b.two: {weight: 3}, a.all: {why: No part of b.one}}\n"));
    cr_expect_not(measured("set: {b.one: {weight: 3}}\n"));
    cr_expect_not(measured("add: {b.one: {met_by: [a.hold]}}\n"));
    cr_expect_not(measured("add: {c.glad: {phrases: [happy]}}\n"), "a cue that opens it");
    cr_expect_not(measured("add: {a.sorry: {phrases: [sorry]}}\n"), "a part of a combination that meets it");
    cr_expect(measured("set: {b.one: {weight: 3}}\nvalidity: {b.one: {examples: 12}}\n"), "measured anew");
}

Test(merge, a_pack_that_only_extends_has_the_hash_of_its_base)
{
    struct loading mine = LOAD_FILES(MINE("")), alone = LOAD_FILES("base/pack.yaml", base);
    assert_loads(mine);
    assert_loads(alone);
    cr_assert_eq(cm_hash128_compare(mine.ruleset->hash, alone.ruleset->hash), 0);
    unload(&mine);
    unload(&alone);
}

Test(merge, keys_of_the_pack_stand_in_for_inherited_ones_and_mappings_join)
{
    struct loading loading =
        LOAD_FILES(MINE("gates: {min_coverage: 0.25}\nchannels: [email]\ndimensions: {two: {weight: 5}, three: {weight: 1}}\n"
                        "reply_target: {email: 300, chat: }\ncustomer_outcome: {thanks: ~}\n"
                        "behaviours: [{id: b.three, dimension: three, kind: expected, title: T, met_by: [a.hold]}]\n"));
    assert_loads(loading);
    const struct cm_ruleset *pack = loading.ruleset;
    cr_assert_eq(pack->min_coverage, 250000);
    cr_assert_eq(pack->min_confidence, 500000);
    cr_assert_eq(pack->channels, CM_BIT(CM_CHANNEL_EMAIL));
    cr_assert_eq(pack->reply_target_ms[CM_CHANNEL_EMAIL], 300000);
    cr_assert_eq(pack->reply_target_ms[CM_CHANNEL_CHAT], -1, "an empty value takes the key away");
    cr_assert_eq(pack->dimension_count, 3);
    cr_assert_eq(pack->thanks.count, 0);
    cr_assert_eq(pack->delight.count, 1);
    for (uint32_t i = 0; i < 3; i++)
        if (strcmp(pack->dimensions[i].id, "two") == 0)
            cr_assert_eq(pack->dimensions[i].weight, 5000);
    unload(&loading);
}

Test(merge, a_list_of_the_same_name_hides_the_inherited_one)
{
    struct loading loading = LOAD_FILES(MINE("lists: {very: [very, ever so]}\n"));
    assert_loads(loading);
    struct loading plain = LOAD_FILES("base/pack.yaml", base);
    cr_assert_neq(cm_hash128_compare(loading.ruleset->hash, plain.ruleset->hash), 0, "phrases of the base use the list of the pack");
    unload(&plain);
    unload(&loading);
}

Test(merge, set_replaces_keys_and_takes_them_away)
{
    struct loading loading = LOAD_FILES(
        MINE("set:\n  b.one: {weight: 0.5, then: }\n  b.two: {window: {agent_runs: 7}}\n  a.hold: {phrases: [wait], hit: [wait]}\n"));
    assert_loads(loading);
    const struct cm_behaviour *one = cm_ruleset_behaviour(loading.ruleset, CM_SPAN("b.one"));
    cr_assert_eq(one->weight, 500);
    cr_assert_eq(one->then_any.count, 0);
    cr_assert_eq(cm_ruleset_behaviour(loading.ruleset, CM_SPAN("b.two"))->window_runs, 7);
    cr_assert_eq(cue_of(&loading, "a.hold")->phrase_count, 1);
    cr_assert(cm_span_equal(cue_of(&loading, "a.hold")->phrases[0].phrase.source, CM_SPAN("wait")));
    cr_assert_str_eq(cue_of(&loading, "a.hold")->phrases[0].place.file, "mine/pack.yaml");
    unload(&loading);
}

Test(merge, add_puts_items_behind_those_that_are_there)
{
    struct loading loading = LOAD_FILES(
        MINE("add:\n  a.hold: {phrases: [wait, bear with me], channels: [chat]}\n  b.one: {then: {any: [a.sorry]}, met_by: [a.mine]}\n"
             "cues: [{id: a.mine, speaker: agent, why: Mine, phrases: [mine], hit: [mine], miss: [x]}]\n"));
    assert_loads(loading);
    const struct cm_behaviour *one = cm_ruleset_behaviour(loading.ruleset, CM_SPAN("b.one"));
    cr_assert_eq(cue_of(&loading, "a.hold")->phrase_count, 3);
    cr_assert_eq(cue_of(&loading, "a.hold")->channels, CM_BIT(CM_CHANNEL_CHAT));
    cr_assert_eq(one->then_any.count, 2);
    cr_assert_eq(one->met_by.items[1], cm_ruleset_cue(loading.ruleset, CM_SPAN("a.mine")));
    unload(&loading);
}

Test(merge, what_is_disabled_goes_and_is_no_longer_named)
{
    struct loading loading = LOAD_FILES(MINE("disable: [a.other, a.all, b.one]\n"));
    cr_assert_str_eq(said(&loading), "3:14 dimension-empty; 20:69 list-disabled");
    unload(&loading);
    loading = LOAD_FILES(MINE("disable: [a.all]\n"));
    assert_loads(loading);
    cr_assert_null(cue_of(&loading, "a.all"));
    cr_assert_eq(cm_ruleset_behaviour(loading.ruleset, CM_SPAN("b.two"))->met_by.count, 1);
    unload(&loading);
}

Test(merge, a_cue_that_needs_all_of_its_list_cannot_lose_one)
{
    struct loading loading = LOAD_FILES(MINE("disable: [a.other]\n"));
    cr_assert_str_eq(said(&loading), "16:58 cue-disabled");
    unload(&loading);
}

Test(merge, who_disables_a_cue_may_not_name_it)
{
    struct loading loading = LOAD_FILES(MINE("disable: [a.all]\nset: {b.two: {met_by: [a.other, a.all]}}\n"));
    cr_assert_str_eq(said(&loading), "5:33 cue-disabled");
    unload(&loading);
}

Test(merge, a_disabled_id_may_be_defined_anew)
{
    struct loading loading =
        LOAD_FILES(MINE("disable: [a.hold]\ncues: [{id: a.hold, speaker: agent, why: Mine, phrases: [wait], hit: [wait], miss: [x]}]\n"));
    assert_loads(loading);
    cr_assert_str_eq(cue_of(&loading, "a.hold")->why, "Mine");
    cr_assert_eq(loading.ruleset->hold.items[0], cm_ruleset_cue(loading.ruleset, CM_SPAN("a.hold")));
    unload(&loading);
}

Test(merge, a_chain_of_three)
{
    struct loading loading = LOAD_FILES(
        "top/pack.yaml", "pack: top\nversion: 3.0.0\nextends: mine\nset: {b.one: {weight: 9}}\nadd: {a.hold: {phrases: [stay]}}\n",
        MINE("set: {b.one: {weight: 8}, b.two: {weight: 7}}\nadd: {a.hold: {phrases: [wait]}}\n"));
    assert_loads(loading);
    cr_assert_eq(cm_ruleset_behaviour(loading.ruleset, CM_SPAN("b.one"))->weight, 9000);
    cr_assert_eq(cm_ruleset_behaviour(loading.ruleset, CM_SPAN("b.two"))->weight, 7000);
    cr_assert_eq(cue_of(&loading, "a.hold")->phrase_count, 3);
    cr_assert(cm_span_equal(cue_of(&loading, "a.hold")->phrases[2].phrase.source, CM_SPAN("stay")));
    unload(&loading);
}

Test(merge, a_chain_without_end)
{
    char names[12][32], texts[12][96];
    struct cm_ruleset_file files[12];
    struct loading loading = {.lexicon = test_lexicon()};
    for (int i = 0; i < 12; i++) {
        snprintf(names[i], sizeof names[i], "p%d/pack.yaml", i);
        snprintf(texts[i], sizeof texts[i], "pack: p%d\nversion: 1.0.0\nextends: p%d\n", i, i + 1);
        files[i] = (struct cm_ruleset_file){names[i], cm_span_of(texts[i])};
    }
    loading.status = cm_ruleset_load_files(files, 12, loading.lexicon, &loading.diagnostics, &loading.ruleset);
    cr_assert_eq(loading.status, CM_ERULES);
    cr_assert_str_eq(said(&loading), "3:10 extends-depth");
    unload(&loading);
}

Test(merge, pack_keys_belong_into_the_first_document)
{
    struct loading loading =
        LOAD_FILES("p/pack.yaml", "pack: p\nversion: 1.0.0\n---\nhold: [a]\n", "p/other.yaml", "gates: {}\nlist: {}\n");
    cr_assert_str_eq(said(&loading), "1:1 key-misplaced; 2:1 key-unknown; 1:1 pack-empty; 4:1 key-misplaced");
    unload(&loading);
}
