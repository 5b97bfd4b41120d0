#include "text/lexicon_image.h"

#include <stdlib.h>

#include "base/image.h"

static const struct cm_image_type slot = CM_IMAGE_FLAT_LINES(struct cm_lexicon_slot);
static const struct cm_image_type number = CM_IMAGE_FLAT(uint32_t);

static const struct cm_image_member span_members[] = {CM_IMAGE_MEMBER_BYTES(struct cm_span, ptr, len)};
static const struct cm_image_type span = CM_IMAGE_TYPE(struct cm_span, span_members);

static const struct cm_image_member word_members[] = {CM_IMAGE_MEMBER_BYTES(struct cm_lexicon_word, ptr, len)};
static const struct cm_image_type word = CM_IMAGE_TYPE(struct cm_lexicon_word, word_members);

static const struct cm_image_member entry_members[] = {CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon_entry, words, count, 0, &word)};
static const struct cm_image_type entry = CM_IMAGE_TYPE(struct cm_lexicon_entry, entry_members);

static const struct cm_image_member list_members[] = {
    CM_IMAGE_MEMBER_SPAN(struct cm_lexicon_list, name),
    CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon_list, entries, count, 0, &span),
};
static const struct cm_image_type list = CM_IMAGE_TYPE(struct cm_lexicon_list, list_members);

static const struct cm_image_member macro_members[] = {
    CM_IMAGE_MEMBER_SPAN(struct cm_lexicon_macro, name),
    CM_IMAGE_MEMBER_SPAN(struct cm_lexicon_macro, expression),
    CM_IMAGE_MEMBER_TEXT(struct cm_lexicon_macro, place.file),
};
static const struct cm_image_type macro = CM_IMAGE_TYPE(struct cm_lexicon_macro, macro_members);

static const struct cm_image_member lexicon_members[] = {
    CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon, table.slots, table.mask, 1, &slot),
    CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon, table.entries, table.entry_count, 0, &entry),
    CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon, table.keys, table.entry_count, 0, &span),
    CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon, lists, list_count, 0, &list),
    CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon, macros, macro_count, 0, &macro),
    CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon, backchannels, backchannel_count, 0, &entry),
    CM_IMAGE_MEMBER_ARRAY(struct cm_lexicon, prefixed, prefixed_count, 0, &number),
};
const struct cm_image_type cm_lexicon_type = CM_IMAGE_TYPE(struct cm_lexicon, lexicon_members);

enum cm_status cm_lexicon_adopt(const struct cm_lexicon *from, struct cm_lexicon **out)
{
    *out = malloc(sizeof(**out));
    if (!*out)
        return CM_ENOMEM;
    **out = *from;
    (*out)->arena = CM_ARENA_EMPTY; /* nothing is its own */
    (*out)->slots = NULL;
    return CM_OK;
}
