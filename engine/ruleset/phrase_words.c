#include "ruleset/phrase_parse.h"

/*
 * Appended to a prefix while it is folded, so that it passes through lower case
 * and quotes but is no key of the lexicon ("u*" must not become "you*").
 */
#define PREFIX_TAIL "qzq"
#define PREFIX_MAX_BYTES ((size_t)128)

static enum cm_status fold(struct cm_phrase_parse *parse, struct cm_span text, struct cm_folded *folded)
{
    enum cm_status status = cm_fold(parse->parser->folder, text, folded);
    if (status == CM_ELIMIT) {
        folded->count = 0;
        return CM_OK;
    }
    if (status != CM_OK)
        cm_phrase_stop(parse, status);
    return status;
}

static uint32_t fold_word(struct cm_phrase_parse *parse, struct cm_span word, size_t at)
{
    struct cm_folded folded;
    if (fold(parse, word, &folded) != CM_OK)
        return 0;
    if (folded.count == 0) {
        cm_phrase_fault(parse, "phrase-word-empty", at, word.len, "leave punctuation out: phrases match words", "\"%.*s\" holds no word",
                        (int)(word.len < 64 ? word.len : 64), word.ptr);
        return 0;
    }
    uint32_t sequence = folded.count > 1 ? cm_phrase_add_term(parse, CM_TERM_SEQUENCE, at, word.len) : 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < folded.count && !parse->stopped; i++) {
        const struct cm_token *token = &folded.tokens[i];
        if (token->flags & CM_TOKEN_SENTENCE_END)
            cm_phrase_fault(parse, "phrase-sentence-end", at, word.len, "write two phrases", "a phrase cannot cross a sentence end");
        uint32_t term = cm_phrase_add_word(parse, (struct cm_span){folded.text.ptr + token->at, token->len}, at, word.len);
        if (folded.count == 1)
            return term;
        cm_phrase_append(parse, sequence, &last, term);
    }
    return sequence;
}

struct reachable {
    struct cm_phrase_parse *parse;
    uint32_t prefix, last;
};

/* A word that the lexicon folds something with this prefix to. */
static void add_reachable(void *context, struct cm_span folded)
{
    struct reachable *reachable = context;
    struct cm_phrase_parse *parse = reachable->parse;
    if (parse->stopped || cm_span_starts_with(folded, parse->terms[reachable->prefix].text))
        return;
    for (uint32_t i = parse->terms[reachable->prefix].child; i != 0; i = parse->terms[i].next)
        if (cm_span_equal(parse->terms[i].text, folded))
            return;
    struct cm_phrase_note note = parse->notes[reachable->prefix];
    uint32_t term = cm_phrase_add_word(parse, folded, note.at, note.len);
    if (term)
        parse->notes[term] = note;
    cm_phrase_append(parse, reachable->prefix, &reachable->last, term);
}

static bool fold_prefix(struct cm_phrase_parse *parse, struct cm_span prefix, char *bytes, size_t *len)
{
    char padded[PREFIX_MAX_BYTES + sizeof(PREFIX_TAIL)];
    struct cm_folded folded;
    size_t tail = sizeof(PREFIX_TAIL) - 1;
    if (prefix.len == 0 || prefix.len > PREFIX_MAX_BYTES)
        return false;
    memcpy(padded, prefix.ptr, prefix.len);
    memcpy(padded + prefix.len, PREFIX_TAIL, tail);
    if (fold(parse, (struct cm_span){padded, prefix.len + tail}, &folded) != CM_OK || folded.count != 1)
        return false;
    const struct cm_token *token = &folded.tokens[0];
    const char *ptr = folded.text.ptr + token->at;
    if (token->len <= tail || token->len - tail > PREFIX_MAX_BYTES || memcmp(ptr + token->len - tail, PREFIX_TAIL, tail) != 0)
        return false;
    *len = token->len - tail;
    memcpy(bytes, ptr, *len);
    return true;
}

static uint32_t read_prefix(struct cm_phrase_parse *parse, struct cm_span prefix, size_t at)
{
    char bytes[PREFIX_MAX_BYTES];
    size_t len = 0;
    bool one = fold_prefix(parse, prefix, bytes, &len);
    if (parse->stopped)
        return 0;
    if (!one) {
        cm_phrase_fault(parse, "phrase-prefix", at, prefix.len + 1, "write letters before the star, as in apolog*",
                        "a prefix is the beginning of one word");
        return 0;
    }
    uint32_t term = cm_phrase_add_term(parse, CM_TERM_PREFIX, at, prefix.len + 1);
    struct cm_span copy = cm_arena_copy(parse->parser->arena, (struct cm_span){bytes, len});
    if (!copy.ptr)
        cm_phrase_stop(parse, CM_ENOMEM);
    if (parse->stopped)
        return 0;
    parse->terms[term].text = copy;
    struct reachable reachable = {parse, term, 0};
    cm_lexicon_each_prefixed(parse->parser->lexicon, copy, add_reachable, &reachable);
    return term;
}

/* Whether a sentence ends behind this word when another one follows: only the fold knows abbreviations. */
static bool ends_sentence(struct cm_phrase_parse *parse, struct cm_span word)
{
    static const char behind[] = " word";
    char padded[PREFIX_MAX_BYTES + sizeof(behind)];
    struct cm_folded folded;
    if (word.len > PREFIX_MAX_BYTES)
        return false;
    memcpy(padded, word.ptr, word.len);
    memcpy(padded + word.len, behind, sizeof(behind) - 1);
    if (fold(parse, (struct cm_span){padded, word.len + sizeof(behind) - 1}, &folded) != CM_OK || folded.count < 2)
        return false;
    return folded.tokens[folded.count - 2].flags & CM_TOKEN_SENTENCE_END;
}

/* Another term follows in this sequence. */
static bool goes_on(const struct cm_phrase_parse *parse)
{
    const struct cm_phrase_reader *reader = parse->reader;
    size_t at = reader->at;
    while (at < reader->source.len && cm_phrase_is_space(reader->source.ptr[at]))
        at++;
    return at < reader->source.len && !strchr("|)$", reader->source.ptr[at]);
}

uint32_t cm_phrase_read_word(struct cm_phrase_parse *parse)
{
    struct cm_phrase_reader *reader = parse->reader;
    size_t at = reader->at;
    while (reader->at < reader->source.len && !cm_phrase_ends_word(reader->source.ptr[reader->at]))
        reader->at++;
    struct cm_span word = {reader->source.ptr + at, reader->at - at};
    cm_phrase_count(parse, at, word.len);
    const char *star = memchr(word.ptr, '*', word.len);
    if (!star && goes_on(parse) && ends_sentence(parse, word))
        cm_phrase_fault(parse, "phrase-sentence-end", at, word.len, "write two phrases", "a phrase cannot cross a sentence end");
    if (!star)
        return fold_word(parse, word, at);
    if (star == word.ptr + word.len - 1)
        return read_prefix(parse, (struct cm_span){word.ptr, word.len - 1}, at);
    cm_phrase_fault(parse, "phrase-star", at + (size_t)(star - word.ptr), 1, "a star stands only at the end of a word, as in apolog*",
                    "a star stands inside a word");
    return 0;
}
