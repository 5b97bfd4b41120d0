#include <criterion/criterion.h>

#include "base/buffer.h"
#include "match/scan.h"
#include "ruleset/draft.h"
#include "text/words.h"
#include "tiny.h"

static struct tiny tiny;
static struct cm_ruleset *ruleset;
static struct cm_matcher *matcher;
static struct cm_scanner *scanner;

static void init(void)
{
    cr_assert(tiny_open(&tiny, NULL));
}

static void fini(void)
{
    cm_scanner_free(scanner);
    cm_matcher_free(matcher);
    cm_ruleset_free(ruleset);
    tiny_close(&tiny);
}

TestSuite(scan, .init = init, .fini = fini);

/* Cues in YAML, each "{id: …, …}" without why and examples, which are added. */
static void load(const char *const *cues)
{
    struct cm_buffer pack = CM_BUFFER_EMPTY;
    cm_buffer_text(&pack, "pack: p\nversion: 1.0.0\ndimensions: {d: {weight: 1}}\ncues:\n");
    for (; *cues; cues++)
        cm_buffer_printf(&pack, "- {why: w, hit: [h], miss: [m], %s}\n", *cues);
    const struct cm_ruleset_file file = {"p/pack.yaml", cm_buffer_view(&pack)};
    enum cm_status status = cm_ruleset_load_files(&file, 1, tiny.lexicon, &tiny.diagnostics, &ruleset);
    if (status == CM_OK)
        status = cm_matcher_new(ruleset, tiny.lexicon, &tiny.diagnostics, &matcher);
    if (status != CM_OK)
        cm_diagnostics_print(&tiny.diagnostics, stderr, false);
    cm_buffer_free(&pack);
    cr_assert_eq(status, CM_OK);
    cr_assert_eq(cm_scanner_new(matcher, &scanner), CM_OK);
    cr_assert_eq(cm_matcher_ruleset(matcher), ruleset);
}

#define LOAD(...) load((const char *const[]){__VA_ARGS__, NULL})

/* Hits as "id:start-end", then faults as "!id". */
static void expect(const char *text, enum cm_speaker speaker, const char *expected)
{
    char out[600] = "";
    struct cm_scanned scanned;
    struct cm_folded turn = tiny_fold(&tiny, text);
    cr_assert_eq(cm_scan(scanner, &turn, speaker, &scanned), CM_OK);
    for (uint32_t i = 0; i < scanned.hit_count; i++) {
        const struct cm_hit *hit = &scanned.hits[i];
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s:%u-%u", i ? " " : "", ruleset->cues[hit->cue].id, hit->start,
                 hit->end);
    }
    for (uint32_t i = 0; i < scanned.fault_count; i++)
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "!%s", ruleset->cues[scanned.faults[i]].id);
    cr_assert_str_eq(out, expected, "\"%s\": \"%s\", not \"%s\"", text, out, expected);
}

Test(scan, phrases_and_regexes_of_a_cue_are_merged)
{
    LOAD("id: a, speaker: agent, phrases: [thank you, thank you so much], regex: ['so much for \\w+', 'order \\d+']");
    expect("Thank you so much for 5", CM_SPEAKER_AGENT, "a:0-17");
    expect("order 12, thank you", CM_SPEAKER_AGENT, "a:0-8 a:10-19");
    expect("nothing", CM_SPEAKER_AGENT, "");
    expect("", CM_SPEAKER_AGENT, "");
}

Test(scan, speakers_have_their_own_cues)
{
    LOAD("id: a, speaker: agent, phrases: [one]", "id: c, speaker: customer, phrases: [one], regex: ['t.o']",
         "id: b, speaker: [bot, customer], phrases: [two]");
    expect("one two", CM_SPEAKER_AGENT, "a:0-3");
    expect("one two", CM_SPEAKER_LEAD, "a:0-3");
    expect("one two", CM_SPEAKER_CUSTOMER, "c:0-3 c:4-7 b:4-7");
    expect("one two", CM_SPEAKER_BOT, "b:4-7");
    expect("one two", CM_SPEAKER_SYSTEM, "");
    expect("one two", CM_SPEAKER_NONE, "a:0-3 c:0-3 c:4-7 b:4-7");
}

Test(scan, attributes_filter_hits)
{
    LOAD("id: plain, speaker: agent, phrases: [happy]", "id: any, speaker: agent, phrases: [happy], negated: accept, hypothetical: accept",
         "id: denied, speaker: agent, phrases: [happy], negated: require",
         "id: supposed, speaker: agent, phrases: [happy], hypothetical: require");
    expect("happy", CM_SPEAKER_AGENT, "plain:0-5 any:0-5");
    expect("not happy", CM_SPEAKER_AGENT, "any:4-9 denied:4-9");
    expect("if happy", CM_SPEAKER_AGENT, "any:3-8 supposed:3-8");
    expect("> happy", CM_SPEAKER_AGENT, "");
}

Test(scan, a_rejected_long_hit_leaves_the_shorter_one)
{
    LOAD("id: a, speaker: agent, phrases: [happy, not at all happy]",
         "id: b, speaker: agent, phrases: [all happy, at all happy now], negated: require");
    expect("not at all happy", CM_SPEAKER_AGENT, "a:0-16 b:7-16");
}

Test(scan, counts)
{
    LOAD("id: twice, speaker: agent, phrases: [sorry, very sorry], min_count: 2", "id: once, speaker: agent, phrases: [sorry]");
    expect("very sorry", CM_SPEAKER_AGENT, "once:5-10");
    expect("very sorry, sorry", CM_SPEAKER_AGENT, "twice:0-10 once:5-10 twice:12-17 once:12-17");
}

Test(scan, weights)
{
    LOAD("id: w, speaker: agent, weights: [{phrase: a, weight: 1}, {phrase: b, weight: 1.5}, {phrase: c, weight: 9}, {phrase: d, weight: "
         "-1}], "
         "threshold: 2.5, cap: 2");
    expect("a a a", CM_SPEAKER_AGENT, "");
    expect("a b", CM_SPEAKER_AGENT, "w:0-1 w:2-3");
    expect("c", CM_SPEAKER_AGENT, "");
    expect("c a", CM_SPEAKER_AGENT, "w:0-1 w:2-3");
    expect("c a d", CM_SPEAKER_AGENT, "");
    expect("not b, a", CM_SPEAKER_AGENT, "");
}

Test(scan, turns_of_so_many_words)
{
    LOAD("id: p, speaker: agent, phrases: [sorry], max_words: 3", "id: r, speaker: agent, regex: ['\\S'], min_words: 4, min_count: 4",
         "id: w, speaker: agent, weights: [{phrase: sorry, weight: 1}], threshold: 1, min_words: 2, max_words: 3");
    expect("sorry", CM_SPEAKER_AGENT, "p:0-5");
    expect("I'm sorry", CM_SPEAKER_AGENT, "p:4-9 w:4-9");
    expect("I'm so sorry", CM_SPEAKER_AGENT, "r:0-1 r:1-2 r:2-3 r:4-5 r:5-6 r:7-8 r:8-9 r:9-10 r:10-11 r:11-12");
}

Test(scan, regexes_have_no_attributes_but_quoted)
{
    LOAD("id: r, speaker: agent, regex: [hap+y]");
    expect("not happy", CM_SPEAKER_AGENT, "r:4-9");
    expect("if happy", CM_SPEAKER_AGENT, "r:3-8");
    expect("> happy", CM_SPEAKER_AGENT, "");
}

/* Hits as "id:start-end/name", with a word's hash looked up among names. */
static void expect_named(const char *text, const char *expected)
{
    static const char *const names[] = {"maria", "bob", "anna"};
    char out[400] = "";
    struct cm_scanned scanned;
    struct cm_folded turn = tiny_fold(&tiny, text);
    cr_assert_eq(cm_scan(scanner, &turn, CM_SPEAKER_AGENT, &scanned), CM_OK);
    for (uint32_t i = 0; i < scanned.hit_count; i++) {
        const struct cm_hit *hit = &scanned.hits[i];
        const char *name = hit->name == CM_NAME_NONE ? "none" : hit->name == CM_NAME_MASK ? "mask" : "?";
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            if (hit->name == cm_word_hash32(cm_word_hash(names[n], strlen(names[n]))))
                name = names[n];
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s:%u-%u/%s ", ruleset->cues[hit->cue].id, hit->start, hit->end, name);
    }
    cr_assert_str_eq(out, expected, "\"%s\": \"%s\", not \"%s\"", text, out, expected);
}

Test(scan, names_for_the_judge)
{
    LOAD("id: n, speaker: agent, phrases: [thank you %name, hello], name: customer", "id: m, speaker: agent, phrases: [thank you %name]");
    expect_named("hello, thank you Maria", "n:7-22/maria m:7-22/none "); /* a hit without a name cannot stand */
    expect_named("so thank you [name]", "n:3-19/mask m:3-19/none ");
}

static bool among(const char *text, const char *one)
{
    return strstr(text, one) != NULL;
}

Test(scan, every_name_of_every_hit_is_told_and_alone_they_are_merged_and_counted)
{
    struct cm_scanned scanned;
    char out[400] = "";
    LOAD("id: n, speaker: agent, phrases: ['thanks <0-2> %name', '%name'], name: customer, min_count: 2");
    struct cm_folded turn = tiny_fold(&tiny, "so thanks Bob and Anna");
    cr_assert_eq(cm_scan(scanner, &turn, CM_SPEAKER_AGENT, &scanned), CM_OK);
    for (uint32_t i = 0; i < scanned.hit_count; i++)
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "%u-%u/%s ", scanned.hits[i].start, scanned.hits[i].end,
                 scanned.hits[i].name == cm_word_hash32(cm_word_hash("bob", 3)) ? "bob" : "anna");
    cr_expect(among(out, "3-22/bob") && among(out, "3-22/anna") && among(out, "10-13/bob") && among(out, "18-22/anna"), "%s", out);
    cr_assert_eq(cm_scan_alone(scanner, &turn, CM_SPEAKER_AGENT, &scanned), CM_OK);
    cr_expect_eq(scanned.hit_count, 0, "one merged hit is not two");
    turn = tiny_fold(&tiny, "so thanks Bob. And thanks Anna");
    cr_assert_eq(cm_scan_alone(scanner, &turn, CM_SPEAKER_AGENT, &scanned), CM_OK);
    cr_assert_eq(scanned.hit_count, 2);
}

Test(scan, faults_are_neither_hits_nor_misses)
{
    LOAD("id: bad, speaker: agent, phrases: [good], regex: ['((a+)*)*[bc]']", "id: fine, speaker: agent, regex: ['a+']");
    expect("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", CM_SPEAKER_AGENT, "fine:0-40!bad");
    expect("good aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", CM_SPEAKER_AGENT, "bad:0-4 fine:5-45"); /* decided all the same */
}

Test(scan, a_regex_without_tokens_stands_for_itself)
{
    LOAD("id: q, speaker: agent, regex: ['\\?{2,}']");
    expect("what ??", CM_SPEAKER_AGENT, "q:5-7");
    expect("??", CM_SPEAKER_AGENT, "q:0-2");
}

Test(scan, bad_regexes_are_told)
{
    struct cm_rule_regex bad = {CM_SPAN("a("), false, {"f", 3, 4, 1}};
    struct cm_cue cue = {.id = "c", .speakers = CM_SPEAKERS_AGENT, .regexes = &bad, .regex_count = 1, .min_count = 1};
    struct cm_ruleset rules = {.cues = &cue, .cue_count = 1};
    struct cm_matcher *none;
    cr_assert_eq(cm_matcher_new(&rules, tiny.lexicon, &tiny.diagnostics, &none), CM_ERULES);
    cr_assert_null(none);
    cr_assert_eq(tiny.diagnostics.errors, 1);
}

static void expect_words(const char *text, const char *words, bool backchannel)
{
    uint32_t got[64], expected[64], count = 0;
    bool all;
    struct cm_folded turn = tiny_fold(&tiny, text);
    uint32_t got_count = cm_content_words(&turn, got, &all);
    cr_assert_eq(all, backchannel, "\"%s\"", text);
    for (const char *p = words; *p; p += *p == ' ') {
        size_t len = strcspn(p, " ");
        expected[count++] = cm_word_hash32(cm_word_hash(p, len));
        p += len;
    }
    cr_assert_eq(got_count, count, "\"%s\": %u words", text, got_count);
    for (uint32_t i = 0; i < count; i++) {
        bool found = false;
        for (uint32_t j = 0; j < got_count; j++)
            found |= got[j] == expected[i];
        cr_assert(found);
        cr_assert(i == 0 || got[i - 1] < got[i], "ascending");
    }
}

Test(scan, content_words)
{
    expect_words("the parcel of my parcel", "parcel", false);
    expect_words("", "", false);
    expect_words("yeah, right", "yeah right", true);
    expect_words("yeah \xF0\x9F\x99\x82", "yeah", true);
    expect_words("\xF0\x9F\x99\x82", "", false);
    expect_words("yeah parcel", "yeah parcel", false);
    expect_words("hello [name] parcel", "hello parcel", false);
    expect_words("> parcel", "", false);
}
