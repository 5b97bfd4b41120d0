/* The image: the hash of its meaning, and the packs that ship. */
#include "loading.h"

#include <sys/stat.h>

#include "ruleset/ruleset.h"

#define HEAD "pack: p\nversion: 1.0.0\ndimensions: {d: {weight: 1}, e: {weight: 2}}\n"
#define SORRY                                                                                                                              \
    "  - {id: a.sorry, speaker: agent, why: Sorry, phrases: [\"@very? sorry\", \"(apologies|regrets)\"], hit: [sorry], miss: [x]}\n"
#define UPSET "  - {id: c.upset, speaker: customer, why: Upset, phrases: [upset], regex: [\"a+\"], hit: [upset], miss: [x]}\n"
#define ANY "  - {id: a.any, speaker: agent, why: Any, any: [a.sorry]}\n"
#define LISTS "lists: {very: [so, very]}\n"
#define ONE                                                                                                                                \
    "  - {id: b.one, dimension: d, kind: opportunity, title: One, opportunity: [c.upset], met_by: [a.sorry, a.any], prompt: {chat: 60}}\n"
#define TWO "  - {id: b.two, dimension: e, kind: bonus, title: Two, met_by: [a.sorry], points: 1}\n"
#define WHOLE HEAD LISTS "cues:\n" SORRY UPSET ANY "behaviours:\n" ONE TWO

static struct cm_hash128 hash_of(const char *const *files)
{
    struct loading loading = load_files(files);
    cr_assert_str_eq(said(&loading), "");
    struct cm_hash128 hash = loading.ruleset->hash;
    unload(&loading);
    return hash;
}

#define HASH(...) hash_of((const char *const[]){__VA_ARGS__, NULL})

static void assert_same(struct cm_hash128 hash, const char *what)
{
    cr_assert_eq(cm_hash128_compare(hash, HASH("pack.yaml", WHOLE)), 0, "%s changes nothing", what);
}

static void assert_other(const char *text, const char *what)
{
    cr_assert_neq(cm_hash128_compare(HASH("pack.yaml", text), HASH("pack.yaml", WHOLE)), 0, "%s changes the meaning", what);
}

Test(compile, the_same_meaning_has_the_same_hash)
{
    assert_same(HASH("pack.yaml", "# a comment\n" HEAD "\n\n" LISTS "cues:\n" SORRY "  # another\n" UPSET ANY "behaviours:\n" ONE TWO),
                "a comment");
    assert_same(HASH("q/pack.yaml", HEAD, "q/a.yaml", "cues:\n" UPSET ANY, "q/z/b.yaml",
                     LISTS "---\ncues:\n" SORRY "---\nbehaviours:\n" ONE "---\nbehaviours:\n" TWO),
                "another split into files");
    assert_same(HASH("pack.yaml", HEAD LISTS "cues:\n" ANY UPSET SORRY "behaviours:\n" ONE TWO), "another order of cues");
    assert_same(HASH("pack.yaml", "pack: other\nversion: 9.0.0\ndimensions: {d: {weight: 1.000}, e: {weight: 2}}\n" LISTS
                                  "cues:\n" SORRY UPSET ANY "behaviours:\n" ONE TWO),
                "another name and version");
    assert_same(HASH("pack.yaml", HEAD "lists: {much: [so, very]}\ncues:\n"
                                       "  - {phrases: [(apologies|regrets), '@much? sorry'], id: a.sorry, why: Why, hit: [sorry], miss: "
                                       "[y], speaker: [lead, agent]}\n" UPSET ANY "behaviours:\n" ONE TWO),
                "another layout, order of keys and phrases, list name and text for people");
    assert_same(HASH("pack.yaml", HEAD "validity: {b.one: {examples: 40}}\n" LISTS "cues:\n" SORRY UPSET ANY "behaviours:\n" ONE TWO),
                "validity");
}

Test(compile, another_meaning_has_another_hash)
{
    assert_other(HEAD "lists: {very: [so]}\ncues:\n" SORRY UPSET ANY "behaviours:\n" ONE TWO, "a list");
    assert_other(HEAD "gates: {min_coverage: 0.000001}\n" LISTS "cues:\n" SORRY UPSET ANY "behaviours:\n" ONE TWO, "a gate");
    assert_other(HEAD LISTS "cues:\n" SORRY UPSET ANY "behaviours:\n" TWO ONE, "the order of behaviours, which is that of the scorecard");
    assert_other(HEAD LISTS "cues:\n" SORRY "  - {id: c.upset, speaker: customer, why: Upset, phrases: [upset], regex: [{pattern: \"a+\", "
                            "case: true}], hit: [upset], miss: [x]}\n" ANY "behaviours:\n" ONE TWO,
                 "the case of a regex");
    assert_other(HEAD LISTS "cues:\n" SORRY UPSET "  - {id: a.any, speaker: agent, why: Any, all: [a.sorry]}\nbehaviours:\n" ONE TWO,
                 "all instead of any");
    assert_other(HEAD LISTS "cues:\n" SORRY UPSET ANY "behaviours:\n"
                            "  - {id: b.one, dimension: d, kind: opportunity, title: One, opportunity: [c.upset], met_by: [a.sorry, "
                            "a.any], prompt: {chat: 60.001}}\n" TWO,
                 "a time");
    assert_other(HEAD LISTS "cues:\n" SORRY UPSET ANY "behaviours:\n" ONE
                            "  - {id: b.two, dimension: d, kind: bonus, title: Two, met_by: [a.sorry], points: 1}\n"
                            "  - {id: b.e, dimension: e, kind: bonus, title: Two, met_by: [a.sorry], points: 1}\n",
                 "a dimension");
}

Test(compile, the_image_keeps_nothing_of_the_files)
{
    char text[sizeof WHOLE];
    memcpy(text, WHOLE, sizeof text);
    struct loading loading = LOAD(text);
    assert_loads(loading);
    memset(text, '#', sizeof text - 1);
    cm_diagnostics_free(&loading.diagnostics);
    const struct cm_cue *cue = &loading.ruleset->cues[0];
    cr_assert_str_eq(cue->id, "a.sorry");
    cr_assert_str_eq(cue->place.file, "pack.yaml");
    cr_assert(cm_span_equal(cue->phrases[0].phrase.source, CM_SPAN("@very? sorry")));
    cr_assert(cm_span_equal(loading.ruleset->cues[1].regexes[0].pattern, CM_SPAN("a+")));
    unload(&loading);
}

Test(compile, no_files_at_all)
{
    struct loading loading = {.lexicon = test_lexicon()};
    loading.status = cm_ruleset_load_files(NULL, 0, loading.lexicon, &loading.diagnostics, &loading.ruleset);
    cr_assert_eq(loading.status, CM_EUSAGE);
    cr_assert_null(loading.ruleset);
    unload(&loading);
}

static void assert_ships(const char *folder)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_lexicon *lexicon = NULL;
    struct cm_ruleset *pack = NULL;
    cr_assert_eq(cm_lexicon_load(CM_SOURCE_DIR "/rules/lexicon", &diagnostics, &lexicon), CM_OK);
    enum cm_status status = cm_ruleset_load(folder, NULL, 0, lexicon, &diagnostics, &pack);
    if (diagnostics.errors)
        cm_diagnostics_print(&diagnostics, stderr, false);
    cr_assert_eq(status, CM_OK, "%s has %zu errors", folder, diagnostics.errors);
    cr_assert_gt(pack->behaviour_count, 0);
    cm_ruleset_free(pack);
    cm_lexicon_free(lexicon);
    cm_diagnostics_free(&diagnostics);
}

Test(compile, the_packs_that_ship)
{
    assert_ships(CM_SOURCE_DIR "/rules/customer-care");
    assert_ships(CM_SOURCE_DIR "/rules/team-care");
}
