#include "ruleset/ruleset_image.h"

static const struct cm_image_type numbers = CM_IMAGE_FLAT(uint32_t);

static const struct cm_image_member text_members[] = {{.kind = CM_IMAGE_TEXT}};
static const struct cm_image_type text = CM_IMAGE_TYPE(const char *, text_members);

static const struct cm_image_member span_members[] = {CM_IMAGE_MEMBER_BYTES(struct cm_span, ptr, len)};
static const struct cm_image_type span = CM_IMAGE_TYPE(struct cm_span, span_members);

static const struct cm_image_member list_members[] = {CM_IMAGE_MEMBER_ARRAY(struct cm_cue_list, items, count, 0, &numbers)};
static const struct cm_image_type list = CM_IMAGE_TYPE(struct cm_cue_list, list_members);

static const struct cm_image_member term_members[] = {CM_IMAGE_MEMBER_SPAN(struct cm_term, text)};
static const struct cm_image_type term = CM_IMAGE_TYPE(struct cm_term, term_members);

static const struct cm_image_member phrase_members[] = {
    CM_IMAGE_MEMBER_ARRAY(struct cm_rule_phrase, phrase.terms, phrase.count, 0, &term),
    CM_IMAGE_MEMBER_SPAN(struct cm_rule_phrase, phrase.source),
    CM_IMAGE_MEMBER_TEXT(struct cm_rule_phrase, place.file),
};
static const struct cm_image_type phrase = CM_IMAGE_TYPE(struct cm_rule_phrase, phrase_members);

static const struct cm_image_member weight_members[] = {CM_IMAGE_MEMBER_TEXT(struct cm_rule_weight, place.file)};
static const struct cm_image_type weight = CM_IMAGE_TYPE(struct cm_rule_weight, weight_members);

static const struct cm_image_member regex_members[] = {
    CM_IMAGE_MEMBER_SPAN(struct cm_rule_regex, pattern),
    CM_IMAGE_MEMBER_TEXT(struct cm_rule_regex, place.file),
};
static const struct cm_image_type regex = CM_IMAGE_TYPE(struct cm_rule_regex, regex_members);

static const struct cm_image_member turn_members[] = {CM_IMAGE_MEMBER_SPAN(struct cm_example_turn, text)};
static const struct cm_image_type turn = CM_IMAGE_TYPE(struct cm_example_turn, turn_members);

static const struct cm_image_member example_members[] = {
    CM_IMAGE_MEMBER_SPAN(struct cm_example, text),
    CM_IMAGE_MEMBER_TEXT(struct cm_example, place.file),
    CM_IMAGE_MEMBER_ARRAY(struct cm_example, before, before_count, 0, &turn),
};
static const struct cm_image_type example = CM_IMAGE_TYPE(struct cm_example, example_members);

static const struct cm_image_member cue_members[] = {
    CM_IMAGE_MEMBER_TEXT(struct cm_cue, id),
    CM_IMAGE_MEMBER_TEXT(struct cm_cue, why),
    CM_IMAGE_MEMBER_TEXT(struct cm_cue, place.file),
    CM_IMAGE_MEMBER_ARRAY(struct cm_cue, phrases, phrase_count, 0, &phrase),
    CM_IMAGE_MEMBER_ARRAY(struct cm_cue, regexes, regex_count, 0, &regex),
    CM_IMAGE_MEMBER_ARRAY(struct cm_cue, weights, weight_count, 0, &weight),
    CM_IMAGE_MEMBER_PARTS(struct cm_cue, all, 1, &list),
    CM_IMAGE_MEMBER_PARTS(struct cm_cue, any, 1, &list),
    CM_IMAGE_MEMBER_PARTS(struct cm_cue, none, 1, &list),
    CM_IMAGE_MEMBER_ARRAY(struct cm_cue, languages, language_count, 0, &span),
    CM_IMAGE_MEMBER_ARRAY(struct cm_cue, hits, hit_count, 0, &example),
    CM_IMAGE_MEMBER_ARRAY(struct cm_cue, misses, miss_count, 0, &example),
};
static const struct cm_image_type cue = CM_IMAGE_TYPE(struct cm_cue, cue_members);

static const struct cm_image_member behaviour_members[] = {
    CM_IMAGE_MEMBER_TEXT(struct cm_behaviour, id),
    CM_IMAGE_MEMBER_TEXT(struct cm_behaviour, title),
    CM_IMAGE_MEMBER_TEXT(struct cm_behaviour, place.file),
    CM_IMAGE_MEMBER_PARTS(struct cm_behaviour, met_by, 1, &list),
    CM_IMAGE_MEMBER_PARTS(struct cm_behaviour, opportunity, 1, &list),
    CM_IMAGE_MEMBER_PARTS(struct cm_behaviour, then_any, 1, &list),
};
static const struct cm_image_type behaviour = CM_IMAGE_TYPE(struct cm_behaviour, behaviour_members);

static const struct cm_image_member dimension_members[] = {CM_IMAGE_MEMBER_TEXT(struct cm_dimension, id)};
static const struct cm_image_type dimension = CM_IMAGE_TYPE(struct cm_dimension, dimension_members);

static const struct cm_image_member ruleset_members[] = {
    CM_IMAGE_MEMBER_TEXT(struct cm_ruleset, name),
    CM_IMAGE_MEMBER_TEXT(struct cm_ruleset, version),
    CM_IMAGE_MEMBER_TEXT(struct cm_ruleset, folder),
    CM_IMAGE_MEMBER_ARRAY(struct cm_ruleset, folders, folder_count, 0, &text),
    CM_IMAGE_MEMBER_ARRAY(struct cm_ruleset, languages, language_count, 0, &span),
    CM_IMAGE_MEMBER_PARTS(struct cm_ruleset, dimensions, CM_DIMENSIONS_MAX, &dimension),
    CM_IMAGE_MEMBER_ARRAY(struct cm_ruleset, cues, cue_count, 0, &cue),
    CM_IMAGE_MEMBER_ARRAY(struct cm_ruleset, cue_order, cue_count, 0, &numbers),
    CM_IMAGE_MEMBER_ARRAY(struct cm_ruleset, behaviours, behaviour_count, 0, &behaviour),
    CM_IMAGE_MEMBER_PARTS(struct cm_ruleset, hold, 1, &list),
    CM_IMAGE_MEMBER_PARTS(struct cm_ruleset, delight, 1, &list),
    CM_IMAGE_MEMBER_PARTS(struct cm_ruleset, thanks, 1, &list),
    CM_IMAGE_MEMBER_PARTS(struct cm_ruleset, resolved, 1, &list),
    CM_IMAGE_MEMBER_PARTS(struct cm_ruleset, unresolved, 1, &list),
};
const struct cm_image_type cm_ruleset_type = CM_IMAGE_TYPE(struct cm_ruleset, ruleset_members);
