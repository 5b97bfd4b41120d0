#include "text/backchannel.h"

#include "text/lexicon_image.h"

/* The words of a row are the tokens, in one sentence. */
static bool begins_with(const struct cm_token *tokens, uint32_t count, const char *folded, const struct cm_lexicon_entry *row)
{
    if (row->count > count)
        return false;
    for (uint16_t i = 0; i < row->count; i++) {
        const struct cm_lexicon_word *word = &row->words[i];
        if (tokens[i].hash != word->hash || tokens[i].len != word->len || memcmp(folded + tokens[i].at, word->ptr, word->len) != 0)
            return false;
        if (i + 1u < row->count && tokens[i].flags & CM_TOKEN_SENTENCE_END)
            return false;
    }
    return true;
}

/* How many tokens the longest row at the first of them takes; 0: none. */
static uint32_t row_length(const struct cm_folded *turn, uint32_t at)
{
    uint32_t longest = 0;
    for (size_t i = 0; turn->lexicon && i < turn->lexicon->backchannel_count; i++) {
        const struct cm_lexicon_entry *row = &turn->lexicon->backchannels[i];
        if (row->count > longest && begins_with(turn->tokens + at, turn->count - at, turn->text.ptr, row))
            longest = row->count;
    }
    return longest;
}

bool cm_is_backchannel(const struct cm_folded *turn)
{
    bool words = false;
    for (uint32_t i = 0; i < turn->count;) {
        const struct cm_token *token = &turn->tokens[i];
        uint32_t row = row_length(turn, i);
        if (row == 0 && token->lists & CM_WORD_BACKCHANNEL)
            row = 1;
        if (row == 0 && token->class != CM_TOKEN_EMOJI)
            return false;
        words = words || row > 0;
        i += row > 0 ? row : 1;
    }
    return words;
}
