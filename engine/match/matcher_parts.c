#include "match/matcher_parts.h"

#include "match/matcher_image.h"
#include "match/phrases_image.h"

/* What the scan reads begins where cache lines do, as it does where it is made. */
static const struct cm_image_type bytes = CM_IMAGE_FLAT_LINES(char);
static const struct cm_image_type numbers = CM_IMAGE_FLAT_LINES(uint32_t);
static const struct cm_image_type slot = CM_IMAGE_FLAT_LINES(struct cm_symbol_slot);
static const struct cm_image_type lens = CM_IMAGE_FLAT(uint16_t);
static const struct cm_image_type signatures = CM_IMAGE_FLAT_LINES(uint64_t);
static const struct cm_image_type symbol = CM_IMAGE_FLAT_LINES(struct cm_symbol);
static const struct cm_image_type entry = CM_IMAGE_FLAT_LINES(struct cm_phrase_entry);
static const struct cm_image_type pair = CM_IMAGE_FLAT_LINES(struct cm_phrase_pair);
static const struct cm_image_type range = CM_IMAGE_FLAT_LINES(struct cm_phrase_range);

static const struct cm_image_member symbols_members[] = {
    CM_IMAGE_MEMBER_ARRAY(struct cm_symbols, items, count, 0, &symbol),
    CM_IMAGE_MEMBER_ARRAY(struct cm_symbols, pool, pool_len, 0, &bytes),
    CM_IMAGE_MEMBER_ARRAY(struct cm_symbols, words, word_mask, 1, &slot),
    CM_IMAGE_MEMBER_ARRAY(struct cm_symbols, prefixes, prefix_mask, 1, &slot),
    CM_IMAGE_MEMBER_ARRAY(struct cm_symbols, sorted, count, 0, &numbers),
    CM_IMAGE_MEMBER_FIXED(struct cm_symbols, prefix_begins, CM_SYMBOL_BEGIN_BITS / 8, &bytes),
    CM_IMAGE_MEMBER_ARRAY(struct cm_symbols, prefix_lens, prefix_len_count, 0, &lens),
};
static const struct cm_image_type symbols = CM_IMAGE_TYPE(struct cm_symbols, symbols_members);

static const struct cm_image_member programs_members[] = {CM_IMAGE_MEMBER_ARRAY(struct cm_programs, pool, len, 0, &bytes)};
static const struct cm_image_type programs = CM_IMAGE_TYPE(struct cm_programs, programs_members);

static const struct cm_image_member phrases_members[] = {
    CM_IMAGE_MEMBER_PARTS(struct cm_phrases, symbols, 1, &symbols),
    CM_IMAGE_MEMBER_PARTS(struct cm_phrases, programs, 1, &programs),
    CM_IMAGE_MEMBER_ARRAY(struct cm_phrases, entries, entry_count, 0, &entry),
    CM_IMAGE_MEMBER_ARRAY(struct cm_phrases, needs, entry_count, 0, &signatures),
    CM_IMAGE_MEMBER_ARRAY(struct cm_phrases, pairs, pair_count, 0, &pair),
    CM_IMAGE_MEMBER_ARRAY(struct cm_phrases, filter, filter_words, 0, &signatures),
    CM_IMAGE_MEMBER_ARRAY(struct cm_phrases, singles, symbols.count, 0, &range),
};
static const struct cm_image_type phrases = CM_IMAGE_TYPE(struct cm_phrases, phrases_members);

static const struct cm_image_member group_members[] = {CM_IMAGE_MEMBER_FIXED(struct cm_matcher_parts, phrases[0], 1, &phrases)};
static const struct cm_image_type group = CM_IMAGE_TYPE(struct cm_phrases *, group_members);

static const struct cm_image_member parts_members[] = {
    CM_IMAGE_MEMBER_PARTS(struct cm_matcher_parts, phrases, CM_SPEAKER_COUNT, &group),
};
const struct cm_image_type cm_matcher_parts_type = CM_IMAGE_TYPE(struct cm_matcher_parts, parts_members);

struct cm_matcher_parts cm_matcher_parts(const struct cm_matcher *matcher)
{
    struct cm_matcher_parts parts = {{NULL}};
    for (size_t i = 0; i < matcher->group_count; i++)
        parts.phrases[i] = matcher->groups[i].phrases;
    return parts;
}
