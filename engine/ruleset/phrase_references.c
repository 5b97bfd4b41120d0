#include "ruleset/phrase_parse.h"

static uint16_t class_bits(struct cm_span name)
{
    uint16_t bits = 0;
#define X(token, mark, term)                                                                                                               \
    if (sizeof(term) > 1 && cm_span_equal(name, CM_SPAN(term)))                                                                            \
        bits |= CM_TOKEN_CLASS_BIT(CM_TOKEN_##token);
    CM_TOKEN_CLASSES(X)
#undef X
    if (bits & CM_TOKEN_CLASS_BIT(CM_TOKEN_NAME))
        bits |= CM_TOKEN_CLASS_BIT(CM_TOKEN_NAME_MASK);
    return bits;
}

static bool is_being_read(const struct cm_phrase_parse *parse, char sigil, struct cm_span name)
{
    for (const struct cm_phrase_reader *reader = parse->reader; reader->outer; reader = reader->outer)
        if (reader->sigil == sigil && cm_span_equal(reader->name, name))
            return true;
    return false;
}

/* Read the entries in place; one choice over them all. */
static uint32_t expand(struct cm_phrase_parse *parse, struct cm_phrase_reader inner, const struct cm_span *entries, size_t count,
                       unsigned depth)
{
    uint32_t choice = count > 1 ? cm_phrase_add_term(parse, CM_TERM_CHOICE, inner.ref_at, inner.ref_len) : 0;
    uint32_t last = 0, term = 0;
    bool nullable = false;
    struct cm_phrase_reader *outer = parse->reader;
    parse->reader = &inner;
    for (size_t i = 0; i < count && !parse->stopped; i++) {
        inner.source = entries[i];
        inner.at = 0;
        term = cm_phrase_read_choice(parse, depth);
        if (!cm_phrase_at_end(parse))
            cm_phrase_fault(parse, "phrase-bracket", inner.at, 1, NULL, "a bracket closes nothing");
        nullable |= term && parse->notes[term].nullable;
        if (count > 1)
            cm_phrase_append(parse, choice, &last, term);
    }
    parse->reader = outer;
    if (count > 1 && choice)
        parse->notes[choice].nullable = nullable;
    return count > 1 ? choice : term;
}

static const struct cm_span *find_list(struct cm_phrase_parse *parse, struct cm_span name, size_t *count)
{
    const struct cm_phrase_lists *lists = &parse->parser->lists;
    const struct cm_span *entries = NULL;
    *count = 0;
    if (lists->find)
        entries = lists->find(lists->context, name, count);
    if (!entries)
        entries = cm_lexicon_list(parse->parser->lexicon, name, count);
    return entries;
}

static bool may_expand(struct cm_phrase_parse *parse, const struct cm_phrase_reader *inner, unsigned depth)
{
    if (is_being_read(parse, inner->sigil, inner->name)) {
        cm_phrase_fault(parse, "phrase-list-cycle", inner->ref_at, inner->ref_len, NULL, "%c%.*s stands for itself", inner->sigil,
                        (int)inner->name.len, inner->name.ptr);
        return false;
    }
    if (depth >= CM_PHRASE_DEPTH_MAX) {
        cm_phrase_fault(parse, "phrase-depth", inner->ref_at, inner->ref_len, "lists and macros count as brackets",
                        "brackets stand more than %u deep", CM_PHRASE_DEPTH_MAX);
        return false;
    }
    return true;
}

static uint32_t read_list(struct cm_phrase_parse *parse, const struct cm_phrase_reader *inner, unsigned depth)
{
    size_t count = 0;
    const struct cm_span *entries = find_list(parse, inner->name, &count);
    if (!entries || count == 0) {
        cm_phrase_fault(parse, entries ? "phrase-list-empty" : "phrase-list-unknown", inner->ref_at, inner->ref_len,
                        "lists are written under lists: in the pack", entries ? "the list @%.*s is empty" : "there is no list @%.*s",
                        (int)inner->name.len, inner->name.ptr);
        return 0;
    }
    return may_expand(parse, inner, depth) ? expand(parse, *inner, entries, count, depth + 1) : 0;
}

static uint32_t read_class(struct cm_phrase_parse *parse, const struct cm_phrase_reader *inner, unsigned depth)
{
    uint16_t bits = class_bits(inner->name);
    if (bits) {
        uint32_t term = cm_phrase_add_term(parse, CM_TERM_CLASS, inner->ref_at, inner->ref_len);
        if (term)
            parse->terms[term].classes = bits;
        return term;
    }
    struct cm_span macro = cm_lexicon_macro(parse->parser->lexicon, inner->name, NULL);
    if (!macro.ptr) {
        cm_phrase_fault(parse, "phrase-class-unknown", inner->ref_at, inner->ref_len,
                        "%number, %name, %url, %email, %emoji, %mention, %tag, %mask, or a macro", "there is no class or macro %%%.*s",
                        (int)inner->name.len, inner->name.ptr);
        return 0;
    }
    return may_expand(parse, inner, depth) ? expand(parse, *inner, &macro, 1, depth + 1) : 0;
}

uint32_t cm_phrase_read_reference(struct cm_phrase_parse *parse, unsigned depth)
{
    struct cm_phrase_reader *reader = parse->reader;
    size_t at = reader->at;
    char sigil = reader->source.ptr[reader->at++];
    while (reader->at < reader->source.len && cm_phrase_is_name_byte(reader->source.ptr[reader->at]))
        reader->at++;
    struct cm_phrase_reader inner = {.outer = reader, .ref_at = at, .ref_len = reader->at - at, .sigil = sigil};
    inner.name = (struct cm_span){reader->source.ptr + at + 1, inner.ref_len - 1};
    if (inner.name.len > 64)
        inner.name.len = 64; /* unknown either way, and bounded in the message */
    cm_phrase_count(parse, at, inner.ref_len);
    if (parse->stopped)
        return 0;
    return sigil == '@' ? read_list(parse, &inner, depth) : read_class(parse, &inner, depth);
}
