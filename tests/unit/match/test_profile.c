#include <criterion/criterion.h>
#include <math.h>

#include "base/buffer.h"
#include "match/scan.h"
#include "ruleset/draft.h"
#include "tiny.h"

static struct tiny tiny;
static struct cm_ruleset *ruleset;
static struct cm_matcher *matcher;
static struct cm_scanner *scanner;
static struct cm_profile *profile;
static struct cm_profile_report report;

static void init(void)
{
    cr_assert(tiny_open(&tiny, NULL));
}

static void fini(void)
{
    cm_profile_report_free(&report);
    cm_profile_free(profile);
    cm_scanner_free(scanner);
    cm_matcher_free(matcher);
    cm_ruleset_free(ruleset);
    tiny_close(&tiny);
}

TestSuite(profile, .init = init, .fini = fini);

static void load(uint32_t every, const char *const *cues)
{
    struct cm_buffer pack = CM_BUFFER_EMPTY;
    cm_buffer_text(&pack, "pack: p\nversion: 1.0.0\ndimensions: {d: {weight: 1}}\ncues:\n");
    for (; *cues; cues++)
        cm_buffer_printf(&pack, "- {why: w, hit: [h], miss: [m], %s%s}\n", strstr(*cues, "speaker:") ? "" : "speaker: agent, ", *cues);
    const struct cm_ruleset_file file = {"p/pack.yaml", cm_buffer_view(&pack)};
    enum cm_status status = cm_ruleset_load_files(&file, 1, tiny.lexicon, &tiny.diagnostics, &ruleset);
    if (status == CM_OK)
        status = cm_matcher_new(ruleset, tiny.lexicon, &tiny.diagnostics, &matcher);
    if (status != CM_OK)
        cm_diagnostics_print(&tiny.diagnostics, stderr, false);
    cm_buffer_free(&pack);
    cr_assert_eq(status, CM_OK);
    cr_assert_eq(cm_scanner_new(matcher, &scanner), CM_OK);
    cr_assert_eq(cm_profile_new(ruleset, every, &profile), CM_OK);
    cm_scanner_profile(scanner, profile);
}

#define LOAD(every, ...) load(every, (const char *const[]){__VA_ARGS__, NULL})

static struct cm_scanned scan_of(enum cm_speaker speaker, const char *text)
{
    struct cm_scanned scanned;
    struct cm_folded turn = tiny_fold(&tiny, text);
    (void)cm_profile_turn(profile);
    cr_assert_eq(cm_scan(scanner, &turn, speaker, &scanned), CM_OK);
    return scanned;
}

static struct cm_scanned scan(const char *text)
{
    return scan_of(CM_SPEAKER_AGENT, text);
}

static const struct cm_cue_cost *cost_of(const char *id)
{
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        if (strcmp(ruleset->cues[report.cues[i].cue].id, id) == 0)
            return &report.cues[i];
    cr_assert_fail("no cue %s", id);
    return NULL;
}

static void expect_cost(const char *id, double candidates, double checks, double hits, double turns)
{
    const struct cm_cue_cost *cost = cost_of(id);
    cr_expect(cost->candidates == candidates && cost->verifications == checks && cost->hits == hits && cost->turns == turns,
              "%s: %g candidates, %g checks, %g hits, %g turns", id, cost->candidates, cost->verifications, cost->hits, cost->turns);
    cr_expect_eq(isnan(cost->ns_hit) && isnan(cost->ns_miss), checks == 0, "%s: a mean of nothing, or none of something", id);
}

static void make_report(void)
{
    cm_profile_report_free(&report);
    cr_assert_eq(cm_profile_report(profile, &report), CM_OK);
}

/* Who speaks is not known of an edit: all automata look at it, so a phrase is looked at once in each that has it; a hit is one. */
Test(profile, a_hit_that_two_automata_have_is_one)
{
    LOAD(1, "id: both, speaker: [agent, customer], phrases: [parcel]", "id: one, phrases: [parcel, late]",
         "id: other, speaker: customer, phrases: ['my parcel']");
    cr_assert_eq(scan_of(CM_SPEAKER_NONE, "my parcel is late").hit_count, 4);
    make_report();
    expect_cost("both", 2, 0, 1, 1);
    expect_cost("one", 2, 0, 2, 1);
    expect_cost("other", 1, 0, 1, 1);
}

/* Anchors that are the whole phrase need no check; a gapped phrase is checked where its words stand; regexes where their literals do. */
Test(profile, every_turn_timed_is_exact)
{
    LOAD(1, "id: whole, phrases: [parcel]", "id: gapped, phrases: ['parcel <0-5> (arrived|came) (late|today)']",
         "id: number, regex: ['order \\d+']", "id: never, phrases: [giraffe]", "id: twice, phrases: [parcel], min_count: 2");
    scan("the parcel that I sent came late, parcel");
    scan("parcel, order 66 and order 67");
    scan("no such order there");
    scan("");
    make_report();
    expect_cost("whole", 3, 0, 3, 2);
    expect_cost("twice", 3, 0, 3, 1); /* the same phrase is charged to both; it stands only where it is often enough */
    expect_cost("number", 2, 2, 2, 1);
    expect_cost("never", 0, 0, 0, 0);
    cr_expect_eq(cost_of("gapped")->hits, 1);
    cr_expect_geq(cost_of("gapped")->verifications, 1);
    cr_expect(!isnan(cost_of("gapped")->ns_hit));
    cr_expect_eq(profile->timed_turns, 4);
}

Test(profile, faults_are_counted)
{
    LOAD(1, "id: bad, regex: ['((a+)*)*[bc]']", "id: fine, regex: ['a+']");
    scan("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    scan("nothing");
    make_report();
    cr_expect_eq(cost_of("bad")->faults, 1);
    cr_expect_eq(cost_of("bad")->turns, 0);
    cr_expect_eq(cost_of("fine")->faults, 0);
    cr_expect_eq(cost_of("fine")->turns, 1);
}

Test(profile, the_slowest_comes_first)
{
    LOAD(1, "id: quick, phrases: [parcel, 'parcel <0-3> late']", "id: slow, regex: ['(\\w+\\s?)+[,;.]']", "id: none, phrases: [giraffe]");
    for (int i = 0; i < 50; i++)
        scan("the parcel that I sent to you was so very late and nobody cared to tell me why it was");
    make_report();
    cm_profile_sort(&report, ruleset, CM_COST_BY_TIME);
    cr_expect_str_eq(ruleset->cues[report.cues[0].cue].id, "slow");
    cr_expect_str_eq(ruleset->cues[report.cues[2].cue].id, "none");
    cm_profile_sort(&report, ruleset, CM_COST_BY_HITS);
    cr_expect_str_eq(ruleset->cues[report.cues[0].cue].id, "quick");
    cm_profile_sort(&report, ruleset, CM_COST_BY_CUE);
    cr_expect_str_eq(ruleset->cues[report.cues[0].cue].id, "none");
}

Test(profile, shares_add_up_to_one)
{
    LOAD(1, "id: a, phrases: ['(so|very) sorry <0-3> wait', thanks]", "id: b, regex: ['\\?$', 'wait\\w*']");
    for (int i = 0; i < 50; i++)
        scan("so sorry for the wait. thanks?");
    make_report();
    double sum = 0, ns = 0;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        sum += report.cues[i].share;
        ns += report.cues[i].ns;
    }
    cr_expect_float_eq(ns, report.cue_ns, 1e-6 * ns);
    for (size_t i = 0; i < CM_STAGE_COSTS; i++) {
        cr_assert_not_null(report.stages[i].name);
        sum += report.stages[i].share;
    }
    cr_expect_float_eq(sum, 1, 1e-9);
    cr_expect_gt(report.ns_per_tick, 0);
}

/* A gap of always the same length would meet only one of two speakers who take turns. */
Test(profile, turns_that_alternate_are_met_alike)
{
    enum { TURNS = 64000 };
    uint64_t even = 0, odd = 0;
    LOAD(64, "id: a, phrases: [parcel]");
    for (int i = 0; i < TURNS; i++)
        if (cm_profile_turn(profile))
            ++*(i % 2 ? &odd : &even);
    cr_expect_eq(even + odd, profile->timed_turns);
    cr_expect(even > 400 && even < 600 && odd > 400 && odd < 600, "%llu even, %llu odd of 1000", (unsigned long long)even,
              (unsigned long long)odd);
}

Test(profile, samples_are_scaled)
{
    LOAD(4, "id: a, phrases: [parcel]", "id: b, regex: [parcel]");
    for (int i = 0; i < 4000; i++)
        scan("the parcel");
    make_report();
    cr_expect(profile->timed_turns > 800 && profile->timed_turns < 1200);
    cr_expect_float_eq(cost_of("a")->hits, 4000, 1e-6);
    cr_expect_float_eq(cost_of("b")->turns, 4000, 1e-6);
    cr_expect_eq(cost_of("a")->measured, profile->timed_turns);
}

Test(profile, nothing_was_timed)
{
    LOAD(64, "id: a, phrases: [parcel]");
    make_report();
    expect_cost("a", 0, 0, 0, 0);
    cr_expect_eq(report.ns, 0);
    cr_expect_eq(cost_of("a")->share, 0);
}

Test(profile, threads_add_up)
{
    struct cm_profile *other;
    LOAD(1, "id: a, phrases: [parcel, 'parcel <0-3> late']", "id: b, regex: ['par\\w+']");
    cr_assert_eq(cm_profile_new(ruleset, 1, &other), CM_OK);
    scan("the parcel is late");
    struct cm_profile *first = profile;
    profile = other;
    cm_scanner_profile(scanner, other);
    scan("the parcel, parcel");
    cm_profile_add(first, other);
    profile = first;
    cm_scanner_profile(scanner, NULL);
    cm_profile_free(other);
    make_report();
    cr_expect_eq(profile->turns, 2);
    cr_expect_eq(cost_of("a")->turns, 2);
    cr_expect_eq(cost_of("b")->hits, 3);
}

static const char *const words[] = {"so",    "sorry", "for", "the", "long", "wait",   "parcel", "late",
                                    "order", "12",    ",",   "not", "if",   "thanks", "?"};

/* The timed path and the other tell the same. */
Test(profile, a_timed_turn_is_read_as_any_other)
{
    struct cm_scanner *plain;
    uint64_t random = 7;
    LOAD(1, "id: a, phrases: ['(so|very) sorry <0-3> wait', 'sorry? for the (long|late)', 'parcel late', thanks, 'not <0-9> late$']",
         "id: b, phrases: [late, parcel, 'the <0-1> wait'], negated: require",
         "id: c, regex: ['order \\d+', '\\?', 'w?ait|late'], phrases: [order]",
         "id: d, weights: [{phrase: sorry, weight: 2}, {phrase: wait, weight: 1}, {phrase: 'long <0-4> parcel', weight: 1}], threshold: 3",
         "id: e, phrases: [^so, 'if <0-2> order'], min_count: 2");
    cr_assert_eq(cm_scanner_new(matcher, &plain), CM_OK);
    for (int round = 0; round < 3000; round++) {
        struct cm_buffer text = CM_BUFFER_EMPTY;
        struct cm_scanned other;
        size_t count = tiny_below(&random, round % 50 ? 20 : 120);
        for (size_t i = 0; i <= count; i++)
            cm_buffer_printf(&text, "%s ", words[tiny_below(&random, sizeof words / sizeof *words)]);
        cm_buffer_byte(&text, '\0');
        struct cm_scanned timed = scan(text.ptr);
        struct cm_folded turn = tiny_fold(&tiny, text.ptr);
        cr_assert_eq(cm_scan(plain, &turn, CM_SPEAKER_AGENT, &other), CM_OK);
        cr_assert_eq(timed.hit_count, other.hit_count, "\"%s\"", text.ptr);
        if (timed.hit_count)
            cr_assert_eq(memcmp(timed.hits, other.hits, timed.hit_count * sizeof *timed.hits), 0, "\"%s\"", text.ptr);
        cm_buffer_free(&text);
    }
    cm_scanner_free(plain);
}
