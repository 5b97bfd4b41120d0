#include "match/attributes.h"

#include "text/words.h"

static bool is_word(const struct cm_folded *turn, uint32_t token, struct cm_span word)
{
    return cm_span_equal((struct cm_span){turn->text.ptr + turn->tokens[token].at, turn->tokens[token].len}, word);
}

/*
 * One token further back in the same clause; false: the clause begins at *at. A
 * clause ends by punctuation, and before but, though, because: such a word
 * stands with what follows it, so it is where walking back ends.
 */
static bool step_back(const struct cm_folded *turn, uint32_t *at)
{
    const uint8_t ends = CM_TOKEN_CLAUSE_END | CM_TOKEN_SENTENCE_END;
    if (*at == 0 || (turn->tokens[*at - 1].flags & ends) || (turn->tokens[*at].lists & CM_WORD_CLAUSE))
        return false;
    --*at;
    return (turn->tokens[*at].lists & CM_WORD_CLAUSE) == 0;
}

bool cm_attribute_negated(const struct cm_folded *turn, uint32_t first)
{
    uint32_t at = first;
    for (unsigned reach = 0; reach < CM_NEGATION_REACH_TOKENS && first < turn->count && step_back(turn, &at); reach++) {
        uint16_t lists = turn->tokens[at].lists;
        if (lists & CM_WORD_NEGATOR)
            return true;
        if (reach == 0 && (lists & CM_WORD_NO) && !(turn->tokens[first].lists & CM_WORD_NO_SHIELD))
            return true;
    }
    return false;
}

static bool is_soft(const struct cm_folded *turn, const struct cm_soft_conditionals *soft, uint32_t would)
{
    for (uint32_t i = 0; i < soft->count; i++) {
        const struct cm_soft_conditional *item = &soft->items[i];
        uint32_t same = 0;
        while (same < item->count && would + same < turn->count && turn->tokens[would + same].hash == item->words[same].hash &&
               is_word(turn, would + same, (struct cm_span){item->words[same].ptr, item->words[same].len}))
            same++;
        if (same == item->count)
            return true;
    }
    return false;
}

/* if and would suppose; could asks or offers, and only "could have" is about what did not happen. */
static bool supposes(const struct cm_folded *turn, const struct cm_soft_conditionals *soft, uint32_t at)
{
    if (!(turn->tokens[at].lists & CM_WORD_HYPOTHETICAL))
        return false;
    if (is_word(turn, at, CM_SPAN("could")))
        return at + 1 < turn->count && is_word(turn, at + 1, CM_SPAN("have"));
    return !is_soft(turn, soft, at);
}

bool cm_attribute_hypothetical(const struct cm_folded *turn, const struct cm_soft_conditionals *soft, uint32_t first)
{
    uint32_t at = first;
    while (first < turn->count && step_back(turn, &at))
        if (supposes(turn, soft, at))
            return true;
    return false;
}

bool cm_attribute_quoted(const struct cm_folded *turn, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        if (turn->tokens[i].flags & CM_TOKEN_QUOTED)
            return true;
    return false;
}

/* ---- soft conditionals ---- */

static uint32_t count_words(struct cm_span text)
{
    uint32_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == ' ';
    return count;
}

/* The words of an entry, which the lexicon has put one space apart. */
static enum cm_status split(struct cm_span text, struct cm_soft_conditional *item, struct cm_arena *arena)
{
    struct cm_lexicon_word *words = cm_arena_calloc(arena, count_words(text), sizeof(*words));
    struct cm_span copy = cm_arena_copy(arena, text);
    if (!words || !copy.ptr)
        return CM_ENOMEM;
    for (size_t at = 0; at < copy.len;) {
        const char *space = memchr(copy.ptr + at, ' ', copy.len - at);
        size_t len = space ? (size_t)(space - copy.ptr) - at : copy.len - at;
        if (len <= UINT16_MAX)
            words[item->count++] =
                (struct cm_lexicon_word){.ptr = copy.ptr + at, .len = (uint16_t)len, .hash = cm_word_hash(copy.ptr + at, len)};
        at += len + 1;
    }
    item->words = words;
    return CM_OK;
}

enum cm_status cm_soft_conditionals_init(struct cm_soft_conditionals *soft, const struct cm_lexicon *lexicon, struct cm_arena *arena)
{
    size_t count;
    const struct cm_span *entries = cm_lexicon_list(lexicon, CM_SPAN("soft_hypothetical"), &count);
    struct cm_soft_conditional *items = cm_arena_calloc(arena, count + 1, sizeof(*items));
    enum cm_status status = items ? CM_OK : CM_ENOMEM;
    for (size_t i = 0; entries && i < count && status == CM_OK; i++)
        status = split(entries[i], &items[i], arena);
    *soft = (struct cm_soft_conditionals){items, entries ? (uint32_t)count : 0};
    return status;
}
