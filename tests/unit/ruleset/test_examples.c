/* Examples, alone and with what was said before them. */
#include "loading.h"

#define PACK(hit)                                                                                                                          \
    "pack: p\nversion: 1.0.0\ncues:\n  - id: a\n    speaker: agent\n    why: w\n    phrases: [one]\n    miss: [two]\n    hit:\n" hit

Test(examples, with_what_was_said_before)
{
    struct loading loading = LOAD(PACK("      - one\n"
                                       "      - {before: [\"customer: where is it?\", \"agent:so\", \"bot: \"], text: one}\n"));
    cr_assert_eq(loading.status, CM_OK, "%s", said(&loading));
    const struct cm_cue *cue = &loading.ruleset->cues[0];
    cr_assert_eq(cue->hit_count, 2);
    cr_assert_eq(cue->hits[0].before_count, 0);
    cr_assert_eq(cue->hits[1].before_count, 3);
    cr_assert(cm_span_equal(cue->hits[1].text, CM_SPAN("one")));
    cr_assert_eq(cue->hits[1].place.line, 11);
    cr_assert_eq(cue->hits[1].before[0].speaker, CM_SPEAKER_CUSTOMER);
    cr_assert(cm_span_equal(cue->hits[1].before[0].text, CM_SPAN("where is it?")));
    cr_assert_eq(cue->hits[1].before[1].speaker, CM_SPEAKER_AGENT);
    cr_assert(cm_span_equal(cue->hits[1].before[1].text, CM_SPAN("so")));
    cr_assert_eq(cue->hits[1].before[2].text.len, 0);
    unload(&loading);
}

static void fails(const char *pack, const char *id)
{
    struct loading loading = LOAD(pack);
    cr_expect_eq(loading.status, CM_ERULES, "%s", id);
    cr_expect_not_null(cm_diagnostics_find(&loading.diagnostics, id), "%s, not %s", id, said(&loading));
    unload(&loading);
}

Test(examples, what_is_wrong_is_told)
{
    fails(PACK("      - {before: [\"where is it?\"], text: one}\n"), "example-before");
    fails(PACK("      - {before: [\"nobody: hi\"], text: one}\n"), "example-before");
    fails(PACK("      - {before: [\"agentic: hi\"], text: one}\n"), "example-before");
    fails(PACK("      - {before: [\"agent: hi\"]}\n"), "key-missing");
    fails(PACK("      - {before: [\"agent: hi\"], text: \"\"}\n"), "example-empty");
    fails(PACK("      - {before: [[x]], text: one}\n"), "value-type");
    fails(PACK("      - {text: one, after: two}\n"), "key-unknown");
    fails(PACK("      - [one]\n"), "value-type");
    fails(PACK("      - two\n"), "example-both");
}

Test(examples, a_text_may_hit_alone_and_miss_in_its_context)
{
    struct loading loading = LOAD("pack: p\nversion: 1.0.0\ncues:\n  - {id: a, speaker: agent, why: w, phrases: [one], hit: [one],"
                                  " miss: [{before: [\"agent: one\"], text: one}]}\n");
    cr_assert_eq(loading.status, CM_OK, "%s", said(&loading));
    unload(&loading);
}
