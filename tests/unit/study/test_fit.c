/* Weights from labels: what is told apart, what is refused, and that nothing depends on the order of turns. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "study/fit/fit.h"

static struct cm_packs packs;
static struct cm_labels labels;
static atomic_bool stop;

static void load_pack(void)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    const char *pack = CM_SOURCE_DIR "/tests/e2e/pack";
    cr_assert_eq(cm_packs_load(&packs, &pack, 1, &diagnostics), CM_OK);
    cm_diagnostics_free(&diagnostics);
}

static void forget(void)
{
    cm_labels_free(&labels);
    cm_packs_free(&packs);
}

TestSuite(fit, .init = load_pack, .fini = forget);

/* turns of as many conversations as there are tens of them; turn i says what say(i) says, and carries x where that has a '+'. */
static void label(unsigned turns, bool backwards, const char *(*say)(unsigned))
{
    struct cm_buffer lines = CM_BUFFER_EMPTY;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    cm_labels_free(&labels);
    labels = CM_LABELS_EMPTY;
    for (unsigned n = 0; n < turns; n++) {
        unsigned i = backwards ? turns - 1 - n : n;
        const char *text = say(i);
        bool is = *text == '+';
        cm_buffer_printf(&lines, "{\"id\":\"c%u:%u\",\"speaker\":\"agent\",\"text\":\"%s\",\"labels\":[%s]}\n", i / 10, i % 10, text + is,
                         is ? "\"x\"" : "");
    }
    cr_assert_eq(cm_labels_read(&labels, "made.ndjson", cm_buffer_view(&lines), &diagnostics), CM_OK);
    cm_diagnostics_free(&diagnostics);
    cm_buffer_free(&lines);
}

static enum cm_status fit(struct cm_fit *out)
{
    static uint8_t cues[256];
    const struct cm_fit_request request = {.packs = &packs,
                                           .labels = &labels,
                                           .label = CM_SPAN("x"),
                                           .speaker = CM_SPEAKER_AGENT,
                                           .cues = cues,
                                           .phrases_most = 5,
                                           .phrase_least = 5,
                                           .share_most = 0.9,
                                           .folds = 4,
                                           .seed = 7,
                                           .stop = &stop};
    return cm_fit_run(&request, out);
}

static const char *told_by_two_words(unsigned i)
{
    static const char *const texts[] = {"+I see, the red one", "The red one is here",   "You see a red one",
                                        "+I see that now",     "Where is the blue one", "Now that is the one"};
    return texts[(i * 7 + i / 10) % 6];
}

Test(fit, finds_the_phrase_that_tells)
{
    struct cm_fit learnt;
    label(300, false, told_by_two_words);
    cr_assert_eq(fit(&learnt), CM_OK);
    cr_expect_eq(learnt.turns, 300);
    cr_expect_eq(learnt.conversations, 30);
    cr_assert_gt(learnt.count, 0);
    cr_expect_leq(learnt.count, 5);
    bool found = false;
    for (uint32_t i = 0; i < learnt.count; i++)
        found |=
            learnt.weights[i].weight > 0 &&
            (cm_span_equal(learnt.weights[i].phrase, CM_SPAN("i see")) || cm_span_equal(learnt.weights[i].phrase, CM_SPAN("^ i see")) ||
             cm_span_equal(learnt.weights[i].phrase, CM_SPAN("i")) || cm_span_equal(learnt.weights[i].phrase, CM_SPAN("^ i")));
    cr_expect(found);
    cr_expect_float_eq(learnt.nested.f1, 1, 1e-9);
    cr_expect_float_eq(learnt.learnt.f1, 1, 1e-9);
    cr_expect_gt(learnt.threshold, 0);
    cm_fit_free(&learnt);
}

Test(fit, does_not_depend_on_the_order_of_turns)
{
    struct cm_fit forwards, backwards;
    label(200, false, told_by_two_words);
    cr_assert_eq(fit(&forwards), CM_OK);
    label(200, true, told_by_two_words);
    cr_assert_eq(fit(&backwards), CM_OK);
    cr_assert_eq(forwards.count, backwards.count);
    for (uint32_t i = 0; i < forwards.count; i++) {
        cr_expect(cm_span_equal(forwards.weights[i].phrase, backwards.weights[i].phrase));
        cr_expect_float_eq(forwards.weights[i].weight, backwards.weights[i].weight, 1e-9);
    }
    cr_expect_float_eq(forwards.threshold, backwards.threshold, 1e-9);
    cr_expect_eq(forwards.nested.counts.tp, backwards.nested.counts.tp);
    cm_fit_free(&forwards);
    cm_fit_free(&backwards);
}

/* Labels that hang on nothing that is said. */
static const char *told_by_nothing(unsigned i)
{
    static const char *const texts[] = {"The red one is here",  "You see a red one",  "Where is the blue one",  "Now that is the one",
                                        "+The red one is here", "+You see a red one", "+Where is the blue one", "+Now that is the one"};
    uint64_t mixed = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    return texts[(mixed >> 32) % 8];
}

Test(fit, the_nested_figure_is_not_taken_in_by_chance)
{
    struct cm_fit learnt;
    label(400, false, told_by_nothing);
    enum cm_status status = fit(&learnt);
    cr_assert(status == CM_OK || status == CM_EINPUT);
    if (status == CM_OK)
        cr_expect_lt(learnt.nested.kappa, 0.15, "kappa %g", learnt.nested.kappa);
    cm_fit_free(&learnt);
}

/* Most turns carry the label, and only the others have words of their own. */
static const char *told_by_what_is_not(unsigned i)
{
    static const char *const said[] = {"+red",   "+green", "+blue",  "+white", "+black",         "+brown", "+pink",
                                       "+amber", "+grey",  "+lilac", "+olive", "no luck at all", "+teal",  "+gold"};
    return said[(i * 5 + i / 10) % (sizeof said / sizeof *said)];
}

Test(fit, the_nested_figure_is_that_of_what_is_printed)
{
    struct cm_fit learnt;
    label(400, false, told_by_what_is_not);
    enum cm_status status = fit(&learnt);
    cr_assert(status == CM_OK || status == CM_EINPUT);
    /* a cue that nothing adds to never fires, however likely the label is */
    if (status == CM_OK)
        cr_expect_leq(learnt.nested.recall, learnt.learnt.recall + 0.1, "%g of new turns, %g of those learnt from", learnt.nested.recall,
                      learnt.learnt.recall);
    cm_fit_free(&learnt);
}

Test(fit, can_be_stopped)
{
    struct cm_fit learnt;
    atomic_store(&stop, true);
    label(300, false, told_by_two_words);
    cr_expect_eq(fit(&learnt), CM_ESTOPPED);
    cm_fit_free(&learnt);
}

static const char *seldom(unsigned i)
{
    return i % 30 == 0 ? "+Yes" : "No";
}

Test(fit, too_few_are_refused)
{
    struct cm_fit learnt;
    label(200, false, seldom);
    cr_expect_eq(fit(&learnt), CM_EINPUT);
    cr_expect_eq(learnt.labelled, 7);
    cr_expect_eq(learnt.turns, 200);
    cm_fit_free(&learnt);
}

Test(fit, phrases_are_written_as_rules_read_them)
{
    static const char *const said[] = {"+Thanks Anna, 20 pounds by 3 May", "Thanks for the 20 pounds"};
    const uint32_t turns[] = {0, 1};
    static const uint8_t cues[256];
    struct cm_buffer lines = CM_BUFFER_EMPTY;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    for (unsigned i = 0; i < 2; i++)
        cm_buffer_printf(&lines, "{\"speaker\":\"agent\",\"text\":\"%s\",\"labels\":[\"x\"]}\n", said[i] + (*said[i] == '+'));
    cr_assert_eq(cm_labels_read(&labels, "made.ndjson", cm_buffer_view(&lines), &diagnostics), CM_OK);
    struct cm_features features;
    const struct cm_features_request request = {
        .packs = &packs, .labels = &labels, .turns = turns, .turn_count = 2, .cues = cues, .phrase_least = 1, .phrase_most = 9};
    cr_assert_eq(cm_features_find(&request, &features), CM_OK);
    const char *const wanted[] = {"^ thanks %name", "%number pounds by", "^ thanks for the", "pounds $", "%number pounds $", "thanks"};
    for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++) {
        bool found = false;
        for (uint32_t i = 0; i < features.count; i++)
            found |= cm_span_equal(features.items[i].phrase, cm_span_of(wanted[w])) && features.items[i].count == (w == 5 ? 2 : 1);
        cr_expect(found, "%s", wanted[w]);
    }
    for (uint32_t i = 0; i < features.count; i++)
        cr_expect_not(cm_span_equal(features.items[i].phrase, CM_SPAN("anna")), "a name is %%name");
    cm_features_free(&features);
    cm_diagnostics_free(&diagnostics);
    cm_buffer_free(&lines);
}
