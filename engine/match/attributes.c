#include "match/attributes.h"

#include "text/words.h"

static void add_soft(struct cm_attribute_words *words, struct cm_span entry)
{
    uint32_t count = 0;
    for (size_t at = 0; at < entry.len;) {
        size_t end = at;
        while (end < entry.len && entry.ptr[end] != ' ')
            end++;
        if (end > at) {
            if (count == CM_SOFT_WORDS_MAX)
                return;
            words->soft[words->soft_count].words[count++] = cm_word_hash(entry.ptr + at, end - at);
        }
        at = end + 1;
    }
    if (count == 0)
        return;
    words->soft[words->soft_count++].count = count;
}

void cm_attribute_words_load(struct cm_attribute_words *words, const struct cm_lexicon *lexicon)
{
    *words = (struct cm_attribute_words){.have = cm_word_hash("have", 4), .could = cm_word_hash("could", 5)};
    size_t count;
    const struct cm_span *soft = cm_lexicon_list(lexicon, CM_SPAN("soft_hypothetical"), &count);
    for (size_t i = 0; i < count && words->soft_count < CM_SOFT_PHRASES_MAX; i++)
        add_soft(words, soft[i]);
}

/* The first token of the clause that token stands in. */
static uint32_t clause_start(const struct cm_folded *turn, uint32_t token)
{
    while (token > 0) {
        const struct cm_token *before = &turn->tokens[token - 1];
        if (before->flags & (CM_TOKEN_CLAUSE_END | CM_TOKEN_SENTENCE_END) || before->lists & CM_WORD_CLAUSE)
            break;
        token--;
    }
    return token;
}

static bool is_negated(const struct cm_folded *turn, uint32_t clause, uint32_t first)
{
    const struct cm_token *tokens = turn->tokens;
    uint32_t from = first - clause > CM_NEGATION_REACH_TOKENS ? first - CM_NEGATION_REACH_TOKENS : clause;
    for (uint32_t i = from; i < first; i++)
        if (tokens[i].lists & CM_WORD_NEGATOR)
            return true;
    return first > clause && tokens[first - 1].lists & CM_WORD_NO && !(tokens[first].lists & CM_WORD_NO_SHIELD);
}

static bool is_courtesy(const struct cm_attribute_words *words, const struct cm_folded *turn, uint32_t at)
{
    for (uint32_t i = 0; i < words->soft_count; i++) {
        uint32_t count = words->soft[i].count, k = 0;
        if (count > turn->count - at)
            continue;
        while (k < count && turn->tokens[at + k].hash == words->soft[i].words[k])
            k++;
        if (k == count)
            return true;
    }
    return false;
}

/* "could" alone asks or offers; only "could have" is about what did not happen. */
static bool is_hypothetical(const struct cm_attribute_words *words, const struct cm_folded *turn, uint32_t clause, uint32_t first)
{
    for (uint32_t i = clause; i < first; i++) {
        const struct cm_token *token = &turn->tokens[i];
        if (!(token->lists & CM_WORD_HYPOTHETICAL))
            continue;
        if (token->hash == words->could && (i + 1 >= turn->count || turn->tokens[i + 1].hash != words->have))
            continue;
        if (!is_courtesy(words, turn, i))
            return true;
    }
    return false;
}

struct cm_attributes cm_attributes_of(const struct cm_attribute_words *words, const struct cm_folded *turn, uint32_t first, uint32_t end)
{
    struct cm_attributes result = {0};
    uint32_t clause = clause_start(turn, first);
    result.negated = is_negated(turn, clause, first);
    result.hypothetical = is_hypothetical(words, turn, clause, first);
    for (uint32_t i = first; i < end && !result.quoted; i++)
        result.quoted = turn->tokens[i].flags & CM_TOKEN_QUOTED;
    return result;
}
