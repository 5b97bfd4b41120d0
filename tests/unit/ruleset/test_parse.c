/* Every key of rules/REFERENCE.md, read into the image. */
#include "loading.h"

#include "ruleset/ruleset.h"

static const char head[] = "pack: all-keys\n"
                           "version: 1.2.3\n"
                           "channels: [chat, email]\n"
                           "languages: [en, de-AT]\n"
                           "dimensions: {communicate: {weight: 25}, respond: {weight: 0.5}}\n"
                           "gates: {min_coverage: 0.4, min_agent_runs: {chat: 2, default: 3}, min_confidence: 0.123456}\n"
                           "reply_target: {chat: 120, email: 86400, social: 0.5}\n"
                           "calendar: {channels: [email], offset: \"-05:30\", hours: {mon-wed: \"08:00-18:00\", sat: [\"09:00-12:00\", "
                           "\"13:00-24:00\"], sun: 00:00-01:30}}\n"
                           "hold: [a.word]\n"
                           "customer_outcome: {delight: [c.word], thanks: [c.word], resolved: [c.word], unresolved: [c.word]}\n"
                           "validity: {b.expected: {examples: 10, precision: 0.9, recall: 0.8, kappa: -0.1}, b.bonus: {examples: 9}}\n";

static const char cues[] =
    "lists: {very: [so, very, no, yes], nested: [\"@very much\"]}\n"
    "cues:\n"
    "  - {id: a.word, speaker: agent, why: A word, phrases: [\"@nested sorry\", no], hit: [so much sorry], miss: [glad]}\n"
    "  - {id: c.word, speaker: customer, why: A word, phrases: [upset], hit: [upset], miss: [glad]}\n"
    "  - {id: a.regex, speaker: [lead, bot], why: A pattern, regex: [\"a+\", {pattern: B, case: true}], hit: [a], miss: [c]}\n"
    "  - id: a.weights\n"
    "    speaker: agent\n"
    "    why: Weights\n"
    "    weights: [{phrase: one, weight: 1.5}, {phrase: two, weight: -0.5}]\n"
    "    threshold: 1\n"
    "    cap: 2\n"
    "    hit: [one]\n"
    "    miss: [two]\n"
    "  - {id: a.near, speaker: agent, why: Near, all: [a.later, c.word], any: [a.word], none: [a.regex], near: {turns: 3}}\n"
    "  - {id: a.later, speaker: agent, why: Named before it stands, any: [a.word]}\n"
    "  - {id: a.echo, speaker: agent, why: Echo, echo: {words: 2}}\n"
    "  - id: a.gates\n"
    "    speaker: agent\n"
    "    why: Gates\n"
    "    phrases: [\"hi %name\"]\n"
    "    name: customer\n"
    "    negated: accept\n"
    "    hypothetical: require\n"
    "    channels: [chat]\n"
    "    languages: [en]\n"
    "    position: {first: 2}\n"
    "    replies: true\n"
    "    min_count: 2\n"
    "    hit: [\"hi Ann\"]\n"
    "    miss: [\"hi\"]\n"
    "  - {id: a.last, speaker: agent, why: Last, phrases: [bye], position: {last: 1}, hit: [bye], miss: [hi]}\n";

static const char behaviours[] =
    "behaviours:\n"
    "  - {id: b.expected, dimension: communicate, kind: expected, title: T, weight: 2.5, met_by: [a.word], due: last_agent, window: "
    "{agent_runs: 2}, late_credit: 0.25, channels: [chat]}\n"
    "  - id: b.opportunity\n"
    "    dimension: respond\n"
    "    kind: opportunity\n"
    "    title: O\n"
    "    opportunity: [c.word]\n"
    "    met_by: [a.word, a.weights, a.near, a.echo, a.gates, a.last]\n"
    "    window: {agent_runs: 3}\n"
    "    prompt: {chat: 120, email: 86400, late_credit: 0.75}\n"
    "    then: {any: [a.later], within: {agent_runs: 0}, credit: 0.1}\n"
    "  - {id: b.plain, dimension: respond, kind: opportunity, title: P, opportunity: [c.word], met_by: [a.word]}\n"
    "  - {id: b.timed, dimension: respond, kind: timed, title: M, measures: {first_response: {chat: {target: 30, limit: 180}, default: "
    "{target: 0, limit: 1.5}}, talk_over: {call: {target: 0, limit: 5}}}}\n"
    "  - {id: b.bonus, dimension: respond, kind: bonus, title: B, met_by: [a.word], points: 2.5, cap: 10}\n"
    "  - {id: b.penalty, dimension: respond, kind: penalty, title: N, raised_by: [a.word], points: 5}\n";

static struct loading load_all(void)
{
    return LOAD_FILES("p/pack.yaml", head, "p/cues.yaml", cues, "p/sub/behaviours.yaml", behaviours);
}

static const struct cm_cue *cue_of(const struct loading *loading, const char *id)
{
    uint32_t index = cm_ruleset_cue(loading->ruleset, cm_span_of(id));
    cr_assert_neq(index, CM_CUE_NONE, "%s", id);
    cr_assert_str_eq(loading->ruleset->cues[index].id, id);
    return &loading->ruleset->cues[index];
}

static const struct cm_behaviour *behaviour_of(const struct loading *loading, const char *id)
{
    const struct cm_behaviour *behaviour = cm_ruleset_behaviour(loading->ruleset, cm_span_of(id));
    cr_assert_not_null(behaviour);
    cr_assert_str_eq(behaviour->id, id);
    return behaviour;
}

Test(parse, the_pack)
{
    struct loading loading = load_all();
    assert_loads(loading);
    const struct cm_ruleset *pack = loading.ruleset;
    cr_assert_str_eq(pack->name, "all-keys");
    cr_assert_str_eq(pack->version, "1.2.3");
    cr_assert_str_eq(pack->folder, "p");
    cr_assert_eq(pack->channels, CM_BIT(CM_CHANNEL_CHAT) | CM_BIT(CM_CHANNEL_EMAIL));
    cr_assert_eq(pack->language_count, 2);
    cr_assert(cm_span_equal(pack->languages[1], CM_SPAN("de-AT")));
    cr_assert_eq(pack->dimension_count, 2);
    cr_assert_str_eq(pack->dimensions[1].id, "respond");
    cr_assert_eq(pack->dimensions[0].weight, 25000);
    cr_assert_eq(pack->dimensions[1].weight, 500);
    cr_assert_eq(pack->min_coverage, 400000);
    cr_assert_eq(pack->min_confidence, 123456);
    cr_assert_eq(pack->min_agent_runs[CM_CHANNEL_CHAT], 2);
    cr_assert_eq(pack->min_agent_runs[CM_CHANNEL_CALL], 3);
    cr_assert_eq(pack->min_agent_runs[CM_CHANNEL_NONE], 3);
    cr_assert_eq(pack->reply_target_ms[CM_CHANNEL_CHAT], 120000);
    cr_assert_eq(pack->reply_target_ms[CM_CHANNEL_SOCIAL], 500);
    cr_assert_eq(pack->reply_target_ms[CM_CHANNEL_CALL], -1);
    cr_assert_eq(pack->hold.count, 1);
    cr_assert_eq(pack->delight.count + pack->thanks.count + pack->resolved.count + pack->unresolved.count, 4);
    unload(&loading);
}

Test(parse, working_hours_are_spans_of_the_week)
{
    struct loading loading = load_all();
    assert_loads(loading);
    const struct cm_calendar *calendar = &loading.ruleset->calendar;
    static const uint16_t spans[][2] = {{480, 1080}, {1920, 2520}, {3360, 3960}, {7740, 7920}, {7980, 8730}};
    cr_assert_eq(calendar->channels, CM_BIT(CM_CHANNEL_EMAIL));
    cr_assert_eq(calendar->offset_min, -330);
    cr_assert_eq(calendar->span_count, 5, "Saturday to midnight and Sunday from midnight are one span");
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(calendar->spans[i].from, spans[i][0]);
        cr_assert_eq(calendar->spans[i].to, spans[i][1]);
    }
    unload(&loading);
}

Test(parse, cues_and_their_bodies)
{
    struct loading loading = load_all();
    assert_loads(loading);
    const struct cm_cue *word = cue_of(&loading, "a.word"), *regex = cue_of(&loading, "a.regex"), *weights = cue_of(&loading, "a.weights");
    cr_assert_eq(word->kind, CM_CUE_DIRECT);
    cr_assert_eq(word->speakers, CM_SPEAKERS_AGENT, "agent brings lead");
    cr_assert_eq(word->phrase_count, 2);
    cr_assert(cm_span_equal(word->phrases[1].phrase.source, CM_SPAN("no")), "no is a word");
    cr_assert_eq(word->min_count, 1);
    cr_assert_eq(word->channels, UINT16_MAX);
    cr_assert_eq(word->negated, CM_ATTRIBUTE_REJECT);
    cr_assert_eq(word->hit_count, 1);
    cr_assert_str_eq(word->place.file, "p/cues.yaml");
    cr_assert_eq(word->place.line, 3);
    cr_assert_eq(regex->speakers, CM_BIT(CM_SPEAKER_LEAD) | CM_BIT(CM_SPEAKER_BOT));
    cr_assert_eq(regex->regex_count, 2);
    cr_assert_not(regex->regexes[0].case_sensitive);
    cr_assert(regex->regexes[1].case_sensitive);
    cr_assert(cm_span_equal(regex->regexes[1].pattern, CM_SPAN("B")));
    cr_assert_eq(weights->kind, CM_CUE_WEIGHTED);
    cr_assert_eq(weights->threshold, 1000);
    cr_assert_eq(weights->cap, 2000);
    cr_assert_eq(weights->phrases[0].weight, 1500);
    cr_assert_eq(weights->phrases[1].weight, -500);
    unload(&loading);
}

Test(parse, composites_echoes_and_gates)
{
    struct loading loading = load_all();
    assert_loads(loading);
    const struct cm_cue *near = cue_of(&loading, "a.near"), *gates = cue_of(&loading, "a.gates");
    cr_assert_eq(near->kind, CM_CUE_COMPOSITE);
    cr_assert_eq(near->near_turns, 3);
    cr_assert_eq(near->all.count, 2);
    cr_assert_eq(near->all.items[0], cm_ruleset_cue(loading.ruleset, CM_SPAN("a.later")));
    cr_assert_eq(near->any.count, 1);
    cr_assert_eq(near->none.count, 1);
    cr_assert_eq(cue_of(&loading, "a.echo")->kind, CM_CUE_ECHO);
    cr_assert_eq(cue_of(&loading, "a.echo")->echo_words, 2);
    cr_assert(gates->name_customer);
    cr_assert_eq(gates->negated, CM_ATTRIBUTE_ACCEPT);
    cr_assert_eq(gates->hypothetical, CM_ATTRIBUTE_REQUIRE);
    cr_assert_eq(gates->channels, CM_BIT(CM_CHANNEL_CHAT));
    cr_assert_eq(gates->language_count, 1);
    cr_assert_eq(gates->position_first, 2);
    cr_assert(gates->replies);
    cr_assert_eq(gates->min_count, 2);
    cr_assert_eq(cue_of(&loading, "a.last")->position_last, 1);
    unload(&loading);
}

Test(parse, cues_come_after_what_they_name)
{
    struct loading loading = load_all();
    assert_loads(loading);
    const struct cm_ruleset *pack = loading.ruleset;
    bool done[32] = {false};
    for (uint32_t i = 0; i < pack->cue_count; i++) {
        const struct cm_cue *cue = &pack->cues[pack->cue_order[i]];
        const struct cm_cue_list *lists[] = {&cue->all, &cue->any, &cue->none};
        for (size_t j = 0; j < 3; j++)
            for (uint32_t k = 0; k < lists[j]->count; k++)
                cr_assert(done[lists[j]->items[k]], "%s", cue->id);
        cr_assert_not(done[pack->cue_order[i]]);
        done[pack->cue_order[i]] = true;
    }
    unload(&loading);
}

Test(parse, behaviours_and_their_defaults)
{
    struct loading loading = load_all();
    assert_loads(loading);
    const struct cm_behaviour *expected = behaviour_of(&loading, "b.expected"), *opportunity = behaviour_of(&loading, "b.opportunity");
    const struct cm_behaviour *plain = behaviour_of(&loading, "b.plain");
    cr_assert_eq(expected->weight, 2500);
    cr_assert_eq(expected->due, CM_DUE_LAST_AGENT);
    cr_assert_eq(expected->window_runs, 2);
    cr_assert_eq(expected->late_credit, 250000);
    cr_assert_eq(expected->dimension, 0);
    cr_assert_eq(expected->channels, CM_BIT(CM_CHANNEL_CHAT));
    cr_assert_eq(opportunity->window_runs, 3);
    cr_assert_eq(opportunity->prompt_ms[CM_CHANNEL_EMAIL], 86400000);
    cr_assert_eq(opportunity->prompt_ms[CM_CHANNEL_CALL], -1);
    cr_assert_eq(opportunity->prompt_late_credit, 750000);
    cr_assert_eq(opportunity->then_any.count, 1);
    cr_assert_eq(opportunity->then_runs, 0);
    cr_assert_eq(opportunity->then_credit, 100000);
    cr_assert_eq(opportunity->met_by.count, 6);
    cr_assert_eq(plain->weight, 1000);
    cr_assert_eq(plain->window_runs, 2);
    cr_assert_eq(plain->prompt_ms[CM_CHANNEL_CHAT], -1);
    cr_assert_eq(plain->then_any.count, 0);
    cr_assert_eq(plain->dimension, 1);
    cr_assert_eq(plain->channels, UINT16_MAX);
    unload(&loading);
}

Test(parse, times_points_and_validity)
{
    struct loading loading = load_all();
    assert_loads(loading);
    const struct cm_behaviour *timed = behaviour_of(&loading, "b.timed"), *bonus = behaviour_of(&loading, "b.bonus");
    const struct cm_behaviour *penalty = behaviour_of(&loading, "b.penalty");
    cr_assert_eq(timed->targets[CM_MEASURE_FIRST_RESPONSE][CM_CHANNEL_CHAT].limit, 180000);
    cr_assert_eq(timed->targets[CM_MEASURE_FIRST_RESPONSE][CM_CHANNEL_CALL].limit, 1500);
    cr_assert_eq(timed->targets[CM_MEASURE_FIRST_RESPONSE][CM_CHANNEL_NONE].target, 0);
    cr_assert_eq(timed->targets[CM_MEASURE_TALK_OVER][CM_CHANNEL_CALL].target, 0);
    cr_assert_eq(timed->targets[CM_MEASURE_TALK_OVER][CM_CHANNEL_CHAT].target, -1);
    cr_assert_eq(timed->targets[CM_MEASURE_P90_GAP][CM_CHANNEL_CHAT].target, -1);
    cr_assert_eq(bonus->points, 250);
    cr_assert_eq(bonus->points_cap, 1000);
    cr_assert_eq(penalty->points_cap, 500, "without a cap it counts once");
    cr_assert_eq(penalty->met_by.count, 1);
    cr_assert(behaviour_of(&loading, "b.expected")->validated);
    cr_assert_not(bonus->validated, "nine examples are too few");
    unload(&loading);
}

Test(parse, unknown_ids_are_not_found)
{
    struct loading loading = load_all();
    assert_loads(loading);
    cr_assert_eq(cm_ruleset_cue(loading.ruleset, CM_SPAN("a.wor")), CM_CUE_NONE);
    cr_assert_eq(cm_ruleset_cue(loading.ruleset, CM_SPAN("b.bonus")), CM_CUE_NONE);
    cr_assert_null(cm_ruleset_behaviour(loading.ruleset, CM_SPAN("a.word")));
    cr_assert_null(cm_ruleset_behaviour(loading.ruleset, CM_SPAN("")));
    unload(&loading);
}
