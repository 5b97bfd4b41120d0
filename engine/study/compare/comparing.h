/*
 * comparing: what the files of the comparison share. Inside study/ only.
 */
#ifndef CM_STUDY_COMPARING_H
#define CM_STUDY_COMPARING_H

#include "study/compare/compare.h"
#include "study/sample/draw.h"

#define CM_PART_NONE UINT32_MAX

/* What is the same for all workers: which part of the one pack is which of the other. */
struct cm_compare_plan {
    const struct cm_ruleset *rules[CM_SIDES];
    struct cm_compare_part *cues, *behaviours;
    uint32_t cue_count, behaviour_count;
    uint32_t *cue_of[CM_SIDES], *behaviour_of[CM_SIDES]; /* part by the pack's number */
    const char *score_names[CM_COMPARE_SCORES_MAX];
    uint32_t score_count;
    uint32_t dimension_of[CM_SIDES][CM_COMPARE_SCORES_MAX]; /* the pack's dimension by score; CM_PART_NONE: it has none, or CARE */
    uint32_t samples;
    uint64_t seed;
};

enum cm_status cm_compare_plan_init(struct cm_compare_plan *plan, const struct cm_packs *packs,
                                    const struct cm_compare_options *options) CM_MUST_CHECK;
void cm_compare_plan_free(struct cm_compare_plan *plan);

/* Would a sample with this key (cm_draw_key) be kept? */
bool cm_samples_wants(const struct cm_samples *samples, uint32_t limit, uint64_t key);
/* sample's spans are copied. */
enum cm_status cm_samples_add(struct cm_samples *samples, uint32_t limit, const struct cm_sample *sample) CM_MUST_CHECK;
/* from is used up. */
enum cm_status cm_samples_merge(struct cm_samples *into, struct cm_samples *from, uint32_t limit) CM_MUST_CHECK;
void cm_samples_free(struct cm_samples *samples);

/* cm_compare_context, on the sum of all workers. */
enum cm_status cm_compare_look(struct cm_comparison *sum, const struct cm_redactor *redactor, struct cm_source *source) CM_MUST_CHECK;

/* Scores in hundredths, -1: null. */
void cm_pairs_add(struct cm_pairs *pairs, int32_t before, int32_t after);
void cm_pairs_merge(struct cm_pairs *into, const struct cm_pairs *from);

enum cm_status cm_score_diff_init(struct cm_score_diff *diff) CM_MUST_CHECK;
void cm_score_diff_free(struct cm_score_diff *diff);
enum cm_status cm_score_diff_add(struct cm_score_diff *diff, struct cm_span interaction_id, int32_t before, int32_t after) CM_MUST_CHECK;
enum cm_status cm_score_diff_merge(struct cm_score_diff *into, const struct cm_score_diff *from) CM_MUST_CHECK;

/* The group with this id, made where there is none yet; NULL when memory is out. Valid until the next call. */
struct cm_group_diff *cm_group_diffs_get(struct cm_group_diffs *groups, struct cm_span id);
enum cm_status cm_group_diffs_merge(struct cm_group_diffs *into, const struct cm_group_diffs *from) CM_MUST_CHECK;
void cm_group_diffs_sort(struct cm_group_diffs *groups);
void cm_group_diffs_free(struct cm_group_diffs *groups);

#endif
