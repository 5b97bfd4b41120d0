#include <stdlib.h>

#include "base/thread.h"
#include "match/matcher_image.h"
#include "match/matcher_parts.h"

static bool in_group(const struct cm_cue *cue, unsigned speaker)
{
    return speaker == CM_SPEAKER_NONE || (cue->speakers & CM_BIT(speaker)) != 0;
}

static enum cm_status number_rules(struct cm_matcher *matcher)
{
    const struct cm_ruleset *ruleset = matcher->ruleset;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        matcher->phrase_count += ruleset->cues[i].phrase_count;
        matcher->regex_count += ruleset->cues[i].regex_count;
    }
    matcher->phrase_cue = cm_arena_calloc(&matcher->arena, matcher->phrase_count + 1, sizeof(*matcher->phrase_cue));
    matcher->phrase_first = cm_arena_calloc(&matcher->arena, (size_t)ruleset->cue_count + 1, sizeof(*matcher->phrase_first));
    matcher->regex_cue = cm_arena_calloc(&matcher->arena, matcher->regex_count + 1, sizeof(*matcher->regex_cue));
    matcher->cue_group = cm_arena_calloc(&matcher->arena, (size_t)ruleset->cue_count + 1, sizeof(*matcher->cue_group));
    if (!matcher->phrase_cue || !matcher->phrase_first || !matcher->regex_cue || !matcher->cue_group)
        return CM_ENOMEM;
    size_t phrase = 0, regex = 0;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        matcher->phrase_first[i] = (uint32_t)phrase;
        for (uint32_t j = 0; j < ruleset->cues[i].phrase_count; j++)
            matcher->phrase_cue[phrase++] = i;
        for (uint32_t j = 0; j < ruleset->cues[i].regex_count; j++)
            matcher->regex_cue[regex++] = i;
    }
    return CM_OK;
}

static enum cm_status build_regexes(struct cm_matcher *matcher, struct cm_diagnostics *diagnostics)
{
    const struct cm_ruleset *ruleset = matcher->ruleset;
    const struct cm_rule_regex **rules = calloc(matcher->regex_count + 1, sizeof(*rules));
    size_t count = 0;
    if (!rules)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        for (uint32_t j = 0; j < ruleset->cues[i].regex_count; j++)
            rules[count++] = &ruleset->cues[i].regexes[j];
    enum cm_status status = cm_regexes_new(rules, count, diagnostics, &matcher->regexes);
    free(rules);
    return status;
}

/* A group, and what its automaton is built of: by a thread of its own, for the automata share nothing and are most of what loading costs.
 */
struct build {
    struct cm_group *group;
    const struct cm_phrase **phrases;
    uint32_t *ids;
    size_t count;
    pthread_t thread;
    bool started;
    enum cm_status status;
};

static enum cm_status fill_group(struct cm_matcher *matcher, unsigned speaker, struct build *build)
{
    const struct cm_ruleset *ruleset = matcher->ruleset;
    struct cm_group *group = build->group;
    size_t regex = 0;
    group->regexes = cm_arena_calloc(&matcher->arena, CM_REGEX_WORDS(matcher->regex_count) + 1, sizeof(*group->regexes));
    group->counted = cm_arena_calloc(&matcher->arena, matcher->regex_count + 1, sizeof(*group->counted));
    build->phrases = calloc(matcher->phrase_count + 1, sizeof(*build->phrases));
    build->ids = calloc(matcher->phrase_count + 1, sizeof(*build->ids));
    if (!group->regexes || !group->counted || !build->phrases || !build->ids)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        const struct cm_cue *cue = &ruleset->cues[i];
        bool wanted = in_group(cue, speaker);
        if (wanted && matcher->cue_group[i] == CM_GROUP_EVERYBODY)
            matcher->cue_group[i] = (uint8_t)(group - matcher->groups);
        for (uint32_t j = 0; j < cue->phrase_count && wanted; j++) {
            build->phrases[build->count] = &cue->phrases[j].phrase;
            build->ids[build->count++] = matcher->phrase_first[i] + j;
        }
        for (uint32_t j = 0; j < cue->regex_count; j++, regex++)
            if (wanted) {
                group->regexes[regex / 64] |= UINT64_C(1) << (regex % 64);
                if (cue->min_words || cue->max_words)
                    group->counted[group->counted_count++] = (uint32_t)regex;
            }
    }
    return CM_OK;
}

/* An earlier speaker with the same cues, or speaker itself. */
static unsigned same_cues(const struct cm_ruleset *ruleset, unsigned speaker)
{
    for (unsigned other = CM_SPEAKER_NONE + 1; other < speaker; other++) {
        bool same = true;
        for (uint32_t i = 0; i < ruleset->cue_count && same; i++)
            same = in_group(&ruleset->cues[i], speaker) == in_group(&ruleset->cues[i], other);
        if (same)
            return other;
    }
    return speaker;
}

static enum cm_status fill_groups(struct cm_matcher *matcher, struct build *builds)
{
    enum cm_status status = CM_OK;
    for (unsigned speaker = 0; speaker < CM_SPEAKER_COUNT && status == CM_OK; speaker++) {
        unsigned same = same_cues(matcher->ruleset, speaker);
        matcher->group_of[speaker] = same < speaker ? matcher->group_of[same] : (uint8_t)matcher->group_count;
        if (same < speaker)
            continue;
        struct build *build = &builds[matcher->group_count];
        build->group = &matcher->groups[matcher->group_count++];
        status = fill_group(matcher, speaker, build);
    }
    return status;
}

static void *build_phrases(void *argument)
{
    struct build *build = argument;
    build->status = cm_phrases_new(build->phrases, build->ids, build->count, &build->group->phrases);
    return NULL;
}

/* The automata and the expressions, beside each other. The expressions' fault is told first: it is one of the pack. */
static enum cm_status build_beside(struct cm_matcher *matcher, struct build *builds, struct cm_diagnostics *diagnostics)
{
    for (size_t i = CM_GROUP_EVERYBODY + 1; i < matcher->group_count; i++)
        builds[i].started = cm_thread_start(&builds[i].thread, build_phrases, &builds[i]) == CM_OK;
    enum cm_status status = build_regexes(matcher, diagnostics);
    for (size_t i = CM_GROUP_EVERYBODY + 1; i < matcher->group_count; i++) {
        if (builds[i].started)
            pthread_join(builds[i].thread, NULL);
        else if (status == CM_OK) /* no thread to be had */
            build_phrases(&builds[i]);
        status = status == CM_OK ? builds[i].status : status;
    }
    return status;
}

/* The automata are there; every group that has one of its own must have got it. */
static enum cm_status adopt(struct cm_matcher *matcher, const struct cm_matcher_parts *parts, struct cm_diagnostics *diagnostics)
{
    matcher->adopted = true;
    for (size_t i = 0; i < CM_SPEAKER_COUNT; i++) {
        bool own = i > CM_GROUP_EVERYBODY && i < matcher->group_count;
        if (own != (parts->phrases[i] != NULL))
            return CM_EINPUT;
        matcher->groups[i].phrases = parts->phrases[i];
    }
    return build_regexes(matcher, diagnostics);
}

/* parts NULL: to be built. */
static enum cm_status make_all(struct cm_matcher *matcher, const struct cm_matcher_parts *parts, struct cm_diagnostics *diagnostics)
{
    struct build builds[CM_SPEAKER_COUNT] = {{0}};
    enum cm_status status = fill_groups(matcher, builds);
    if (status == CM_OK)
        status = parts ? adopt(matcher, parts, diagnostics) : build_beside(matcher, builds, diagnostics);
    for (size_t i = 0; i < matcher->group_count; i++) {
        free(builds[i].phrases);
        free(builds[i].ids);
    }
    return status;
}

static enum cm_status make(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, const struct cm_matcher_parts *parts,
                           struct cm_diagnostics *diagnostics, struct cm_matcher **out)
{
    *out = NULL;
    struct cm_matcher *matcher = calloc(1, sizeof(*matcher));
    if (!matcher)
        return CM_ENOMEM;
    matcher->ruleset = ruleset;
    enum cm_status status = number_rules(matcher);
    if (status == CM_OK)
        status = cm_soft_conditionals_init(&matcher->soft, lexicon, &matcher->arena);
    if (status == CM_OK)
        status = make_all(matcher, parts, diagnostics);
    if (status != CM_OK) {
        cm_matcher_free(matcher);
        return status;
    }
    *out = matcher;
    return CM_OK;
}

enum cm_status cm_matcher_new(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, struct cm_diagnostics *diagnostics,
                              struct cm_matcher **out)
{
    return make(ruleset, lexicon, NULL, diagnostics, out);
}

enum cm_status cm_matcher_adopt(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, const struct cm_matcher_parts *parts,
                                struct cm_diagnostics *diagnostics, struct cm_matcher **out)
{
    return make(ruleset, lexicon, parts, diagnostics, out);
}

void cm_matcher_free(struct cm_matcher *matcher)
{
    if (!matcher)
        return;
    for (size_t i = 0; i < matcher->group_count && !matcher->adopted; i++)
        cm_phrases_free(matcher->groups[i].phrases);
    cm_regexes_free(matcher->regexes);
    cm_arena_free(&matcher->arena);
    free(matcher);
}

const struct cm_ruleset *cm_matcher_ruleset(const struct cm_matcher *matcher)
{
    return matcher->ruleset;
}
