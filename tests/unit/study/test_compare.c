/* What a change of rules does: the small pack of tests/e2e against its next version. */
#include <criterion/criterion.h>

#include "study/compare/compare.h"

#define EVENT(id, seq, rest) "{\"interaction_id\":\"" id "\",\"seq\":" #seq ",\"channel\":\"chat\"," rest "}\n"
#define AGENT(id, seq, who, text) EVENT(id, seq, "\"queue\":\"q\",\"speaker\":\"agent\",\"agent_id\":\"" who "\",\"text\":\"" text "\"")
#define CUSTOMER(id, seq, text) EVENT(id, seq, "\"speaker\":\"customer\",\"text\":\"" text "\"")

/* a gains a greeting and empathy; b loses only thanks; c stays. */
static const char events[] = CUSTOMER("a", 1, "my parcel is lost") AGENT("a", 2, "amy", "Greetings, I regret that. I will check.")
    CUSTOMER("b", 1, "my parcel is lost") AGENT("b", 2, "ben", "Hello, I am so sorry about that. I will check.")
        CUSTOMER("b", 3, "thank you, thanks") CUSTOMER("c", 1, "my parcel is lost") AGENT("c", 2, "amy", "Hello. It will come.");

struct run {
    struct cm_packs packs;
    struct cm_diagnostics diagnostics;
    struct cm_archive_result result;
    struct cm_compare *compare;
    const struct cm_comparison *sum;
};

static struct run run;

static void compare(const char *old, const char *new, struct cm_span contents, unsigned threads, uint32_t samples)
{
    static const char *const names[] = {"a"};
    struct cm_source *source;
    struct cm_sink *sink;
    const struct cm_source_request from = {.names = names, .contents = &contents, .count = 1};
    const struct cm_compare_options options = {.workers = threads, .samples = samples, .seed = 1};
    run = (struct run){0};
    cr_assert_eq(cm_packs_add(&run.packs, old, &run.diagnostics), CM_OK);
    cr_assert_eq(cm_packs_add(&run.packs, new, &run.diagnostics), CM_OK);
    cr_assert_eq(cm_source_open(&source, &cm_source_mem, &from, &run.diagnostics), CM_OK);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_null, "", &run.diagnostics), CM_OK);
    cr_assert_eq(cm_compare_new(&run.packs, &options, &run.compare), CM_OK);
    const struct cm_archive_request request = {.packs = &run.packs,
                                               .source = source,
                                               .sink = sink,
                                               .render = {.evidence = CM_EVIDENCE_QUOTES},
                                               .threads = threads,
                                               .max_memory = (uint64_t)64 << 20,
                                               .spill_folder = "/tmp",
                                               .observer = cm_compare_observe,
                                               .observer_context = run.compare,
                                               .diagnostics = &run.diagnostics};
    cr_assert_eq(cm_archive_run(&request, &run.result), CM_OK);
    cr_assert_eq(cm_compare_finish(run.compare), CM_OK);
    run.sum = cm_compare_result(run.compare);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    cm_source_close(source);
}

static void compare_small(void)
{
    compare(CM_SOURCE_DIR "/tests/e2e/pack", CM_SOURCE_DIR "/tests/e2e/pack_next", (struct cm_span){events, sizeof events - 1}, 1, 3);
}

static void release(void)
{
    cm_compare_free(run.compare);
    cm_archive_result_free(&run.result);
    cm_packs_free(&run.packs);
    cm_diagnostics_free(&run.diagnostics);
}

TestSuite(compare, .fini = release, .timeout = 60);

static uint32_t part_of(const struct cm_compare_part *parts, uint32_t count, const char *id)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(parts[i].id, id) == 0)
            return i;
    cr_assert_fail("no %s", id);
    return 0;
}

static uint32_t cue(const char *id)
{
    return part_of(run.sum->cue_parts, run.sum->cue_count, id);
}

static const struct cm_behaviour_diff *behaviour(const char *id)
{
    return &run.sum->behaviours[part_of(run.sum->behaviour_parts, run.sum->behaviour_count, id)];
}

static void assert_cue(const char *id, enum cm_change change, uint64_t before, uint64_t after, uint64_t gained, uint64_t lost)
{
    const struct cm_cue_diff *diff = &run.sum->cues[cue(id)];
    cr_assert_eq(run.sum->cue_parts[cue(id)].change, change, "%s: change %u", id, run.sum->cue_parts[cue(id)].change);
    cr_assert_eq(diff->hits[CM_SIDE_OLD], before, "%s: %llu before", id, (unsigned long long)diff->hits[CM_SIDE_OLD]);
    cr_assert_eq(diff->hits[CM_SIDE_NEW], after, "%s: %llu after", id, (unsigned long long)diff->hits[CM_SIDE_NEW]);
    cr_assert_eq(diff->gained, gained, "%s: gained", id);
    cr_assert_eq(diff->lost, lost, "%s: lost", id);
}

Test(compare, cues_by_id)
{
    compare_small();
    cr_assert_eq(run.sum->interactions, 3);
    cr_assert_eq(run.sum->moved_hits, 2);
    assert_cue("hello", CM_CHANGE_CHANGED, 2, 3, 1, 0);
    assert_cue("regret", CM_CHANGE_ADDED, 0, 1, 1, 0);
    assert_cue("customer.thanks", CM_CHANGE_REMOVED, 1, 0, 0, 1); /* twice in a turn is one hit */
    assert_cue("helps", CM_CHANGE_NONE, 2, 2, 0, 0);
    assert_cue("trouble", CM_CHANGE_NONE, 3, 3, 0, 0);
}

Test(compare, samples_say_where_and_what)
{
    compare_small();
    const struct cm_samples *gained = &run.sum->cues[cue("hello")].samples[CM_SIDE_NEW];
    cr_assert_eq(gained->count, 1);
    cr_assert(cm_span_equal(gained->items[0].interaction_id, CM_SPAN("a")));
    cr_assert_eq(gained->items[0].turn, 1);
    cr_assert(gained->items[0].has_seq && gained->items[0].seq == 2);
    cr_assert_eq(gained->items[0].speaker, CM_SPEAKER_AGENT);
    cr_assert(cm_span_equal(gained->items[0].quote, CM_SPAN("Greetings")));
    const struct cm_samples *lost = &run.sum->cues[cue("customer.thanks")].samples[CM_SIDE_OLD];
    cr_assert_eq(lost->count, 1);
    cr_assert(cm_span_equal(lost->items[0].quote, CM_SPAN("thank you")), "the words by the pack that hit");
    cr_assert_eq(run.sum->cues[cue("helps")].samples[CM_SIDE_NEW].count, 0);
}

Test(compare, outcomes_by_behaviour_and_agent)
{
    compare_small();
    const struct cm_behaviour_diff *greeting = behaviour("greeting"), *empathy = behaviour("empathy");
    cr_assert_eq(cm_behaviour_moved(greeting), 1);
    cr_assert_eq(greeting->moves[CM_OUTCOME_MISSED][CM_OUTCOME_DELIVERED], 1);
    cr_assert_eq(greeting->moves[CM_OUTCOME_DELIVERED][CM_OUTCOME_DELIVERED], 2);
    cr_assert_eq(empathy->moves[CM_OUTCOME_MISSED][CM_OUTCOME_DELIVERED], 1);
    cr_assert_eq(empathy->moves[CM_OUTCOME_MISSED][CM_OUTCOME_MISSED], 1);
    const struct cm_samples *samples = &greeting->samples[CM_OUTCOME_MISSED][CM_OUTCOME_DELIVERED];
    cr_assert_eq(samples->count, 1);
    cr_assert(cm_span_equal(samples->items[0].interaction_id, CM_SPAN("a")));
    cr_assert(cm_span_equal(samples->items[0].agent_id, CM_SPAN("amy")));
    cr_assert_eq(run.sum->moved_outcomes, 2);
    cr_assert_eq(run.sum->moved_interactions, 1);
}

/* a: 0 to 100; b: 100; c: 40 of 100 (greeting alone: 40 × 100 of 100). */
Test(compare, scores_in_pairs)
{
    compare_small();
    struct cm_change_figures figures;
    cm_change_figures(&run.sum->scores[0], &figures);
    cr_assert_str_eq(run.sum->score_names[0], "CARE");
    cr_assert_eq(figures.count, 3);
    cr_assert_float_eq(figures.before, 140.0 / 3, 1e-9);
    cr_assert_float_eq(figures.after, 240.0 / 3, 1e-9);
    cr_assert_float_eq(figures.mean, 100.0 / 3, 1e-9);
    cr_assert_float_eq(figures.median, 0, 1e-9);
    cr_assert_float_eq(figures.median_moved, 100, 1e-9);
    cr_assert_float_eq(figures.margin, 4.303 * 57.735026919 / 1.7320508076, 1e-3);
    cr_assert(!figures.clear, "one of three is no change of the mean");
    cr_assert_eq(run.sum->scores[0].up, 1);
    cr_assert_eq(run.sum->scores[0].extreme_count[CM_SIDE_NEW], 1);
    cr_assert_eq(run.sum->scores[0].extreme_count[CM_SIDE_OLD], 0);
    cr_assert(cm_span_equal(run.sum->scores[0].extremes[CM_SIDE_NEW][0].interaction_id, CM_SPAN("a")));
}

Test(compare, agents_by_name)
{
    compare_small();
    cr_assert_eq(run.sum->agents.count, 2);
    cr_assert(cm_span_equal(run.sum->agents.items[0].id, CM_SPAN("amy")));
    cr_assert_eq(run.sum->agents.items[0].pairs.count, 2);
    cr_assert_eq(run.sum->agents.items[0].pairs.moved, 1);
    cr_assert(cm_span_equal(run.sum->agents.items[1].id, CM_SPAN("ben")));
    cr_assert_eq(run.sum->agents.items[1].pairs.moved, 0);
    cr_assert_eq(run.sum->queues.count, 1);
}

Test(compare, the_other_way_round_is_the_mirror)
{
    compare(CM_SOURCE_DIR "/tests/e2e/pack_next", CM_SOURCE_DIR "/tests/e2e/pack", (struct cm_span){events, sizeof events - 1}, 1, 3);
    assert_cue("hello", CM_CHANGE_CHANGED, 3, 2, 0, 1);
    assert_cue("regret", CM_CHANGE_REMOVED, 1, 0, 0, 1);
    assert_cue("customer.thanks", CM_CHANGE_ADDED, 0, 1, 1, 0);
    cr_assert_eq(behaviour("greeting")->moves[CM_OUTCOME_DELIVERED][CM_OUTCOME_MISSED], 1);
    cr_assert_eq(run.sum->scores[0].down, 1);
}

Test(compare, a_pack_against_itself)
{
    compare(CM_SOURCE_DIR "/tests/e2e/pack", CM_SOURCE_DIR "/tests/e2e/pack", (struct cm_span){events, sizeof events - 1}, 1, 3);
    cr_assert_eq(run.sum->moved_hits, 0);
    cr_assert_eq(run.sum->moved_outcomes, 0);
    for (uint32_t i = 0; i < run.sum->cue_count; i++)
        cr_assert_eq(run.sum->cue_parts[i].change, CM_CHANGE_NONE);
    for (uint32_t i = 0; i < run.sum->score_count; i++)
        cr_assert_eq(run.sum->scores[i].pairs.moved, 0);
}

/* More interactions than samples: the same ones are chosen, whoever meets them. */
Test(compare, samples_do_not_depend_on_threads)
{
    struct cm_buffer text = CM_BUFFER_EMPTY, ids = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < 3000; i++)
        cm_buffer_printf(&text,
                         "{\"interaction_id\":\"%u\",\"seq\":1,\"speaker\":\"customer\",\"text\":\"it is broken\"}\n"
                         "{\"interaction_id\":\"%u\",\"seq\":2,\"speaker\":\"agent\",\"agent_id\":\"%u\",\"text\":\"Greetings\"}\n",
                         i, i, i % 7);
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct cm_buffer now = CM_BUFFER_EMPTY;
        compare(CM_SOURCE_DIR "/tests/e2e/pack", CM_SOURCE_DIR "/tests/e2e/pack_next", cm_buffer_view(&text), threads, 5);
        const struct cm_samples *gained = &run.sum->cues[cue("hello")].samples[CM_SIDE_NEW];
        cr_assert_eq(gained->count, 5);
        for (uint32_t i = 0; i < gained->count; i++) {
            cm_buffer_span(&now, gained->items[i].interaction_id);
            cm_buffer_byte(&now, ' ');
        }
        cr_assert_eq(run.sum->cues[cue("hello")].gained, 3000);
        cr_assert_eq(run.sum->agents.count, 7);
        cr_assert_eq(run.sum->agents.items[0].pairs.count, 429);
        if (threads == 1)
            cm_buffer_span(&ids, cm_buffer_view(&now));
        cr_assert(cm_span_equal(cm_buffer_view(&ids), cm_buffer_view(&now)), "%u threads chose others", threads);
        cm_buffer_free(&now);
        if (threads < 4)
            release();
    }
    cm_buffer_free(&text);
    cm_buffer_free(&ids);
}

Test(compare, what_counts_as_moved)
{
    cr_assert(cm_outcome_moved(CM_OUTCOME_MISSED, CM_OUTCOME_DELIVERED));
    cr_assert(cm_outcome_moved(CM_STATE_ABSENT, CM_OUTCOME_MISSED));
    cr_assert(!cm_outcome_moved(CM_STATE_ABSENT, CM_OUTCOME_NO_OPPORTUNITY));
    cr_assert(!cm_outcome_moved(CM_OUTCOME_NO_OPPORTUNITY, CM_STATE_ABSENT));
    cr_assert(!cm_outcome_moved(CM_OUTCOME_PARTIAL, CM_OUTCOME_PARTIAL));
    cr_assert_str_eq(cm_state_name(CM_STATE_ABSENT), "absent");
    run = (struct run){0};
}
