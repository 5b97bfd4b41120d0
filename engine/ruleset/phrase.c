#include "ruleset/phrase.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/utf8.h"

/*
 * Recursive descent, depth bounded by CM_PHRASE_DEPTH_MAX. Lists and macros are
 * read in place by a reader of their own; their faults are told at the
 * reference in the phrase, since that is what its author can see.
 */

/*
 * Appended to a prefix while it is folded, so that it passes through lower case
 * and quotes but is no key of the lexicon ("u*" must not become "you*").
 */
#define PREFIX_TAIL "qzq"
#define PREFIX_MAX_BYTES ((size_t)128)

struct reader {
    struct cm_span source;
    size_t at;
    const struct reader *outer; /* the reader that holds the reference; NULL: the phrase itself */
    size_t ref_at, ref_len;     /* the reference, in outer's source */
    char sigil;                 /* '@', '%', or 0 for the phrase itself */
    struct cm_span name;
};

/* What parsing knows of a term beside the term: where it was written, whether it can be passed without a token. */
struct note {
    uint32_t at, len; /* bytes of the phrase as written */
    bool nullable;
};

struct parse {
    struct cm_phrase_parser *parser;
    struct cm_place place;
    struct reader *reader;
    struct cm_term *terms;
    struct note *notes;
    size_t count, term_cap, note_cap;
    uint32_t written;  /* terms of the phrase itself */
    uint32_t brackets; /* open ones: what stands in them is no term of its own */
    bool at_start, at_end;
    bool failed;  /* a fault was told */
    bool stopped; /* reading further is of no use */
    enum cm_status status;
};

static uint32_t read_choice(struct parse *parse, unsigned depth);

/* ---- faults ---- */

static void outermost(const struct parse *parse, size_t *at, size_t *len)
{
    for (const struct reader *reader = parse->reader; reader->outer; reader = reader->outer) {
        *at = reader->ref_at;
        *len = reader->ref_len;
    }
}

static uint32_t characters(const char *p, size_t len)
{
    uint32_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)p[i] & 0xC0) != 0x80;
    return count;
}

static struct cm_span phrase_source(const struct parse *parse)
{
    const struct reader *reader = parse->reader;
    while (reader->outer)
        reader = reader->outer;
    return reader->source;
}

static void add_fault(struct parse *parse, const char *id, size_t at, size_t len, const char *help, const char *message)
{
    struct cm_span source = phrase_source(parse);
    struct cm_place place = parse->place;
    if (at > source.len)
        at = source.len;
    if (len > source.len - at)
        len = source.len - at;
    place.column += characters(source.ptr, at);
    place.width = characters(source.ptr + at, len);
    if (place.width == 0)
        place.width = 1;
    parse->failed = true;
    cm_diagnostics_add(parse->parser->diagnostics, CM_SEVERITY_ERROR, id, place, help, "%s", message);
}

/* at and len are bytes of what is being read now. */
static void CM_PRINTF(6, 7) fault(struct parse *parse, const char *id, size_t at, size_t len, const char *help, const char *format, ...)
{
    char message[400];
    size_t used = 0;
    if (parse->reader->outer)
        used = (size_t)snprintf(message, sizeof(message), "in %c%.*s: ", parse->reader->sigil,
                                (int)(parse->reader->name.len < 64 ? parse->reader->name.len : 64), parse->reader->name.ptr);
    va_list args;
    va_start(args, format);
    vsnprintf(message + used, sizeof(message) - used, format, args);
    va_end(args);
    outermost(parse, &at, &len);
    add_fault(parse, id, at, len, help, message);
}

static void stop(struct parse *parse, enum cm_status status)
{
    parse->stopped = true;
    if (status != CM_OK && parse->status == CM_OK)
        parse->status = status;
}

/* ---- the tree ---- */

/* A new term; 0 when there is no room, and then reading has stopped. */
static uint32_t add_term(struct parse *parse, enum cm_term_kind kind, size_t at, size_t len)
{
    if (parse->stopped)
        return 0;
    if (parse->count == CM_PHRASE_NODES_MAX) {
        fault(parse, "phrase-too-large", at, len, "split the phrase, or shorten its lists", "the phrase has more than %u parts once its lists are filled in",
              CM_PHRASE_NODES_MAX);
        stop(parse, CM_OK);
        return 0;
    }
    enum cm_status status = cm_grow(&parse->terms, &parse->term_cap, parse->count + 1, sizeof(*parse->terms));
    if (status == CM_OK)
        status = cm_grow(&parse->notes, &parse->note_cap, parse->count + 1, sizeof(*parse->notes));
    if (status != CM_OK) {
        stop(parse, status);
        return 0;
    }
    outermost(parse, &at, &len);
    parse->terms[parse->count] = (struct cm_term){.kind = (uint8_t)kind};
    parse->notes[parse->count] = (struct note){(uint32_t)at, (uint32_t)len, false};
    return (uint32_t)parse->count++;
}

/* Make term the next child of parent. *last is the newest child so far, 0: none. */
static void append_child(struct parse *parse, uint32_t parent, uint32_t *last, uint32_t term)
{
    if (term == 0)
        return;
    if (*last == 0)
        parse->terms[parent].child = term;
    else
        parse->terms[*last].next = term;
    *last = term;
}

static uint32_t add_word(struct parse *parse, struct cm_span bytes, size_t at, size_t len)
{
    uint32_t term = add_term(parse, CM_TERM_WORD, at, len);
    if (term == 0)
        return 0;
    struct cm_span copy = cm_arena_copy(parse->parser->arena, bytes);
    if (!copy.ptr) {
        stop(parse, CM_ENOMEM);
        return 0;
    }
    parse->terms[term].text = copy;
    return term;
}

/* ---- characters ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool ends_word(char c)
{
    return is_space(c) || strchr("()|<^$?", c) != NULL;
}

static char peek(const struct parse *parse)
{
    const struct reader *reader = parse->reader;
    return reader->at < reader->source.len ? reader->source.ptr[reader->at] : '\0';
}

static bool at_end(const struct parse *parse)
{
    return parse->stopped || parse->reader->at >= parse->reader->source.len;
}

static void skip_spaces(struct parse *parse)
{
    while (!at_end(parse) && is_space(peek(parse)))
        parse->reader->at++;
}

static void count_written(struct parse *parse, size_t at, size_t len)
{
    if (parse->reader->outer || parse->brackets > 0 || ++parse->written != CM_PHRASE_TERMS_MAX + 1)
        return;
    fault(parse, "phrase-terms", at, len, "split the phrase, or name its alternatives in a list", "a phrase has at most %u terms", CM_PHRASE_TERMS_MAX);
    stop(parse, CM_OK);
}

/* ---- words and prefixes ---- */

static enum cm_status fold(struct parse *parse, struct cm_span text, struct cm_folded *folded)
{
    enum cm_status status = cm_fold(parse->parser->folder, text, folded);
    if (status == CM_ELIMIT) {
        folded->count = 0;
        return CM_OK;
    }
    if (status != CM_OK)
        stop(parse, status);
    return status;
}

static uint32_t fold_word(struct parse *parse, struct cm_span word, size_t at)
{
    struct cm_folded folded;
    if (fold(parse, word, &folded) != CM_OK)
        return 0;
    if (folded.count == 0) {
        fault(parse, "phrase-word-empty", at, word.len, "leave punctuation out: phrases match words", "\"%.*s\" holds no word",
              (int)(word.len < 64 ? word.len : 64), word.ptr);
        return 0;
    }
    uint32_t sequence = folded.count > 1 ? add_term(parse, CM_TERM_SEQUENCE, at, word.len) : 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < folded.count && !parse->stopped; i++) {
        const struct cm_token *token = &folded.tokens[i];
        if (token->flags & CM_TOKEN_SENTENCE_END)
            fault(parse, "phrase-sentence-end", at, word.len, "write two phrases", "a phrase cannot cross a sentence end");
        uint32_t term = add_word(parse, (struct cm_span){folded.text.ptr + token->at, token->len}, at, word.len);
        if (folded.count == 1)
            return term;
        append_child(parse, sequence, &last, term);
    }
    return sequence;
}

struct reachable {
    struct parse *parse;
    uint32_t prefix, last;
};

/* A word that the lexicon folds something with this prefix to. */
static void add_reachable(void *context, struct cm_span folded)
{
    struct reachable *reachable = context;
    struct parse *parse = reachable->parse;
    if (parse->stopped || cm_span_starts_with(folded, parse->terms[reachable->prefix].text))
        return;
    for (uint32_t i = parse->terms[reachable->prefix].child; i != 0; i = parse->terms[i].next)
        if (cm_span_equal(parse->terms[i].text, folded))
            return;
    struct note note = parse->notes[reachable->prefix];
    uint32_t term = add_word(parse, folded, note.at, note.len);
    if (term)
        parse->notes[term] = note;
    append_child(parse, reachable->prefix, &reachable->last, term);
}

static bool fold_prefix(struct parse *parse, struct cm_span prefix, char *bytes, size_t *len)
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

static uint32_t read_prefix(struct parse *parse, struct cm_span prefix, size_t at)
{
    char bytes[PREFIX_MAX_BYTES];
    size_t len = 0;
    bool one = fold_prefix(parse, prefix, bytes, &len);
    if (parse->stopped)
        return 0;
    if (!one) {
        fault(parse, "phrase-prefix", at, prefix.len + 1, "write letters before the star, as in apolog*", "a prefix is the beginning of one word");
        return 0;
    }
    uint32_t term = add_term(parse, CM_TERM_PREFIX, at, prefix.len + 1);
    struct cm_span copy = cm_arena_copy(parse->parser->arena, (struct cm_span){bytes, len});
    if (!copy.ptr)
        stop(parse, CM_ENOMEM);
    if (parse->stopped)
        return 0;
    parse->terms[term].text = copy;
    struct reachable reachable = {parse, term, 0};
    cm_lexicon_each_prefixed(parse->parser->lexicon, copy, add_reachable, &reachable);
    return term;
}

static uint32_t read_word(struct parse *parse)
{
    struct reader *reader = parse->reader;
    size_t at = reader->at;
    while (reader->at < reader->source.len && !ends_word(reader->source.ptr[reader->at]))
        reader->at++;
    struct cm_span word = {reader->source.ptr + at, reader->at - at};
    count_written(parse, at, word.len);
    const char *star = memchr(word.ptr, '*', word.len);
    if (!star)
        return fold_word(parse, word, at);
    if (star == word.ptr + word.len - 1)
        return read_prefix(parse, (struct cm_span){word.ptr, word.len - 1}, at);
    fault(parse, "phrase-star", at + (size_t)(star - word.ptr), 1, "a star stands only at the end of a word, as in apolog*",
          "a star stands inside a word");
    return 0;
}

/* ---- gaps ---- */

static bool read_number(struct reader *reader, unsigned *value)
{
    size_t first = reader->at;
    *value = 0;
    while (reader->at < reader->source.len && reader->source.ptr[reader->at] >= '0' && reader->source.ptr[reader->at] <= '9') {
        if (*value < 100000)
            *value = *value * 10 + (unsigned)(reader->source.ptr[reader->at] - '0');
        reader->at++;
    }
    return reader->at > first;
}

static bool read_gap_range(struct reader *reader, unsigned *min, unsigned *max)
{
    if (!read_number(reader, min))
        return false;
    *max = *min;
    if (reader->at < reader->source.len && reader->source.ptr[reader->at] == '-') {
        reader->at++;
        if (!read_number(reader, max))
            return false;
    }
    if (reader->at == reader->source.len || reader->source.ptr[reader->at] != '>')
        return false;
    reader->at++;
    return true;
}

static uint32_t read_gap(struct parse *parse)
{
    struct reader *reader = parse->reader;
    size_t at = reader->at++;
    unsigned min, max;
    if (!read_gap_range(reader, &min, &max)) {
        while (reader->at < reader->source.len && !is_space(reader->source.ptr[reader->at]) && reader->source.ptr[reader->at - 1] != '>')
            reader->at++;
        fault(parse, "phrase-gap", at, reader->at - at, "write a gap of none to three words as <0-3>", "a gap is not understood");
        return 0;
    }
    count_written(parse, at, reader->at - at);
    if (max > CM_PHRASE_GAP_MAX) {
        fault(parse, "phrase-gap-wide", at, reader->at - at, "words further apart say different things: make two cues and join them with all:",
              "a gap spans at most %u words", CM_PHRASE_GAP_MAX);
        return 0;
    }
    if (min > max || max == 0) {
        fault(parse, "phrase-gap", at, reader->at - at, "the smaller number comes first, and the larger is at least 1", "a gap spans nothing");
        return 0;
    }
    uint32_t term = add_term(parse, CM_TERM_GAP, at, reader->at - at);
    if (term) {
        parse->terms[term].min = (uint8_t)min;
        parse->terms[term].max = (uint8_t)max;
        parse->notes[term].nullable = min == 0;
    }
    return term;
}

/* ---- lists, classes and macros ---- */

static uint16_t class_bits(struct cm_span name)
{
    uint16_t bits = 0;
#define X(token, mark, term) \
    if (sizeof(term) > 1 && cm_span_equal(name, CM_SPAN(term))) \
        bits |= CM_TOKEN_CLASS_BIT(CM_TOKEN_##token);
    CM_TOKEN_CLASSES(X)
#undef X
    if (bits & CM_TOKEN_CLASS_BIT(CM_TOKEN_NAME))
        bits |= CM_TOKEN_CLASS_BIT(CM_TOKEN_NAME_MASK);
    return bits;
}

static bool is_being_read(const struct parse *parse, char sigil, struct cm_span name)
{
    for (const struct reader *reader = parse->reader; reader->outer; reader = reader->outer)
        if (reader->sigil == sigil && cm_span_equal(reader->name, name))
            return true;
    return false;
}

/* Read the entries in place; one choice over them all. */
static uint32_t expand(struct parse *parse, struct reader inner, const struct cm_span *entries, size_t count, unsigned depth)
{
    uint32_t choice = count > 1 ? add_term(parse, CM_TERM_CHOICE, inner.ref_at, inner.ref_len) : 0;
    uint32_t last = 0, term = 0;
    bool nullable = false;
    struct reader *outer = parse->reader;
    parse->reader = &inner;
    for (size_t i = 0; i < count && !parse->stopped; i++) {
        inner.source = entries[i];
        inner.at = 0;
        term = read_choice(parse, depth);
        if (!at_end(parse))
            fault(parse, "phrase-bracket", inner.at, 1, NULL, "a bracket closes nothing");
        nullable |= term && parse->notes[term].nullable;
        if (count > 1)
            append_child(parse, choice, &last, term);
    }
    parse->reader = outer;
    if (count > 1 && choice)
        parse->notes[choice].nullable = nullable;
    return count > 1 ? choice : term;
}

static const struct cm_span *find_list(struct parse *parse, struct cm_span name, size_t *count)
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

static bool may_expand(struct parse *parse, const struct reader *inner, unsigned depth)
{
    if (is_being_read(parse, inner->sigil, inner->name)) {
        fault(parse, "phrase-list-cycle", inner->ref_at, inner->ref_len, NULL, "%c%.*s stands for itself", inner->sigil, (int)inner->name.len,
              inner->name.ptr);
        return false;
    }
    if (depth >= CM_PHRASE_DEPTH_MAX) {
        fault(parse, "phrase-depth", inner->ref_at, inner->ref_len, "lists and macros count as brackets", "brackets stand more than %u deep",
              CM_PHRASE_DEPTH_MAX);
        return false;
    }
    return true;
}

static uint32_t read_list(struct parse *parse, const struct reader *inner, unsigned depth)
{
    size_t count = 0;
    const struct cm_span *entries = find_list(parse, inner->name, &count);
    if (!entries || count == 0) {
        fault(parse, entries ? "phrase-list-empty" : "phrase-list-unknown", inner->ref_at, inner->ref_len, "lists are written under lists: in the pack",
              entries ? "the list @%.*s is empty" : "there is no list @%.*s", (int)inner->name.len, inner->name.ptr);
        return 0;
    }
    return may_expand(parse, inner, depth) ? expand(parse, *inner, entries, count, depth + 1) : 0;
}

static uint32_t read_class(struct parse *parse, const struct reader *inner, unsigned depth)
{
    uint16_t bits = class_bits(inner->name);
    if (bits) {
        uint32_t term = add_term(parse, CM_TERM_CLASS, inner->ref_at, inner->ref_len);
        if (term)
            parse->terms[term].classes = bits;
        return term;
    }
    struct cm_span macro = cm_lexicon_macro(parse->parser->lexicon, inner->name, NULL);
    if (!macro.ptr) {
        fault(parse, "phrase-class-unknown", inner->ref_at, inner->ref_len, "%number, %name, %url, %email, %emoji, %mention, %tag, %mask, or a macro",
              "there is no class or macro %%%.*s", (int)inner->name.len, inner->name.ptr);
        return 0;
    }
    return may_expand(parse, inner, depth) ? expand(parse, *inner, &macro, 1, depth + 1) : 0;
}

static uint32_t read_reference(struct parse *parse, unsigned depth)
{
    struct reader *reader = parse->reader;
    size_t at = reader->at;
    char sigil = reader->source.ptr[reader->at++];
    while (reader->at < reader->source.len && is_name_byte(reader->source.ptr[reader->at]))
        reader->at++;
    struct reader inner = {.outer = reader, .ref_at = at, .ref_len = reader->at - at, .sigil = sigil};
    inner.name = (struct cm_span){reader->source.ptr + at + 1, inner.ref_len - 1};
    if (inner.name.len > 64)
        inner.name.len = 64; /* unknown either way, and bounded in the message */
    count_written(parse, at, inner.ref_len);
    if (parse->stopped)
        return 0;
    return sigil == '@' ? read_list(parse, &inner, depth) : read_class(parse, &inner, depth);
}

/* ---- terms, sequences, alternatives ---- */

static void skip_bracket(struct parse *parse)
{
    unsigned open = 0;
    struct reader *reader = parse->reader;
    do {
        char c = reader->source.ptr[reader->at++];
        open += c == '(';
        open -= c == ')';
    } while (open > 0 && reader->at < reader->source.len);
}

static uint32_t read_bracket(struct parse *parse, unsigned depth)
{
    struct reader *reader = parse->reader;
    size_t at = reader->at;
    if (depth >= CM_PHRASE_DEPTH_MAX) {
        fault(parse, "phrase-depth", at, 1, "lists and macros count as brackets", "brackets stand more than %u deep", CM_PHRASE_DEPTH_MAX);
        skip_bracket(parse);
        return 0;
    }
    count_written(parse, at, 1);
    reader->at++;
    parse->brackets++;
    uint32_t term = read_choice(parse, depth + 1);
    parse->brackets--;
    if (peek(parse) == ')')
        reader->at++;
    else if (!parse->stopped)
        fault(parse, "phrase-bracket", at, 1, NULL, "a bracket is not closed");
    return term;
}

static uint32_t read_optional(struct parse *parse, uint32_t term, size_t at)
{
    struct reader *reader = parse->reader;
    while (peek(parse) == '?') /* a second mark says nothing new */
        reader->at++;
    uint32_t optional = term ? add_term(parse, CM_TERM_OPTIONAL, at, reader->at - at) : 0;
    if (!optional)
        return term;
    parse->terms[optional].child = term;
    parse->notes[optional].nullable = true;
    return optional;
}

/* ^ and $: the first and last thing of the phrase itself, outside brackets. */
static void read_edge(struct parse *parse, unsigned depth, bool first)
{
    struct reader *reader = parse->reader;
    size_t at = reader->at;
    bool start = reader->source.ptr[reader->at++] == '^';
    bool last = true;
    for (size_t i = reader->at; i < reader->source.len; i++)
        last = last && is_space(reader->source.ptr[i]);
    if (depth > 0 || reader->outer || (start ? !first : !last))
        fault(parse, "phrase-edge", at, 1, start ? "^ says that the turn starts here" : "$ says that the turn ends here",
              start ? "^ stands only at the start of a phrase" : "$ stands only at the end of a phrase");
    else if (start)
        parse->at_start = true;
    else
        parse->at_end = true;
}

static uint32_t read_term(struct parse *parse, unsigned depth, bool first)
{
    struct reader *reader = parse->reader;
    size_t at = reader->at;
    uint32_t term = 0;
    switch (peek(parse)) {
    case '(':
        term = read_bracket(parse, depth);
        break;
    case '<':
        term = read_gap(parse);
        break;
    case '@':
    case '%':
        term = read_reference(parse, depth);
        break;
    case '^':
    case '$':
        read_edge(parse, depth, first);
        return 0;
    case '?':
        fault(parse, "phrase-optional", at, 1, "a question mark makes the term directly before it optional", "nothing stands before the question mark");
        reader->at++;
        return 0;
    default:
        term = read_word(parse);
    }
    return peek(parse) == '?' && !parse->stopped ? read_optional(parse, term, at) : term;
}

/* Terms into parent, to the end of the alternative; true when one was written there, right or wrong. */
static bool read_sequence(struct parse *parse, uint32_t parent, unsigned depth)
{
    uint32_t last = 0;
    bool nullable = true, any = false;
    for (skip_spaces(parse); !at_end(parse) && peek(parse) != '|' && peek(parse) != ')'; skip_spaces(parse)) {
        bool edge = peek(parse) == '^' || peek(parse) == '$';
        uint32_t term = read_term(parse, depth, !any);
        any = any || !edge;
        nullable = nullable && (edge || (term && parse->notes[term].nullable));
        append_child(parse, parent, &last, term);
    }
    parse->notes[parent].nullable = nullable;
    return any;
}

/* Alternatives up to a closing bracket or the end; lists and macros need no brackets around theirs. */
static uint32_t read_choice(struct parse *parse, unsigned depth)
{
    struct reader *reader = parse->reader;
    size_t at = reader->at;
    uint32_t choice = 0, last = 0, term;
    for (;;) {
        size_t from = reader->at;
        term = add_term(parse, CM_TERM_SEQUENCE, from, 1);
        if (term == 0)
            return 0;
        if (!read_sequence(parse, term, depth) && !parse->stopped)
            fault(parse, "phrase-alternative-empty", from < reader->source.len ? from : at, 1, "mark what may be missing with ?, as in (a|b)?",
                  "an alternative is empty");
        bool more = !parse->stopped && peek(parse) == '|';
        if (more && !choice)
            choice = add_term(parse, CM_TERM_CHOICE, at, reader->at - at);
        if (choice) {
            append_child(parse, choice, &last, term);
            parse->notes[choice].nullable |= parse->notes[term].nullable;
        }
        if (!more)
            break;
        reader->at++;
    }
    return choice ? choice : term;
}

/* ---- the whole ---- */

static void read_root(struct parse *parse)
{
    add_term(parse, CM_TERM_SEQUENCE, 0, parse->reader->source.len); /* index 0, which is also what "no room" gives: count tells */
    if (parse->count == 0)
        return;
    bool any = read_sequence(parse, 0, 0);
    while (!at_end(parse)) {
        bool bar = peek(parse) == '|';
        fault(parse, "phrase-bracket", parse->reader->at, 1, bar ? "write (a|b), or two phrases" : NULL,
              bar ? "alternatives stand in brackets" : "a bracket closes nothing");
        parse->reader->at++;
        any |= read_sequence(parse, 0, 0); /* for its faults */
    }
    if (!any && !parse->failed)
        fault(parse, "phrase-empty", 0, parse->reader->source.len, NULL, "the phrase is empty");
}

/* Tell the gaps under term through which a match could begin (ends false) or end (ends true). Depth: CM_PHRASE_TREE_DEPTH_MAX. */
static void check_edges(struct parse *parse, uint32_t index, bool ends)
{
    const struct cm_term *term = &parse->terms[index];
    if (term->kind == CM_TERM_GAP) {
        const struct note *note = &parse->notes[index];
        add_fault(parse, "phrase-gap-edge", note->at, note->len, ends ? "end the phrase with a word" : "begin the phrase with a word",
                  ends ? "a gap stands at the end of the phrase" : "a gap stands at the start of the phrase");
        return;
    }
    bool sequence = term->kind == CM_TERM_SEQUENCE;
    for (uint32_t i = term->child; i != 0; i = parse->terms[i].next) {
        bool reaches = true; /* sequences: nothing between this child and the edge needs a token */
        for (uint32_t j = parse->terms[i].next; sequence && ends && j != 0; j = parse->terms[j].next)
            reaches = reaches && parse->notes[j].nullable;
        if (reaches)
            check_edges(parse, i, ends);
        if (sequence && !ends && !parse->notes[i].nullable)
            return;
    }
}

struct measure {
    uint32_t least, most, positions;
};

static struct measure measure_term(const struct cm_term *terms, uint32_t index, unsigned depth)
{
    const struct cm_term *term = &terms[index];
    if (depth > CM_PHRASE_TREE_DEPTH_MAX)
        return (struct measure){0, 0, 0}; /* cannot happen in a parsed tree */
    switch (term->kind) {
    case CM_TERM_WORD:
    case CM_TERM_PREFIX:
    case CM_TERM_CLASS:
        return (struct measure){1, 1, 1};
    case CM_TERM_GAP:
        return (struct measure){term->min, term->max, term->max};
    default:
        break;
    }
    struct measure all = {0, 0, 0};
    for (uint32_t i = term->child; i != 0; i = terms[i].next) {
        struct measure one = measure_term(terms, i, depth + 1);
        all.positions += one.positions;
        if (term->kind == CM_TERM_CHOICE) {
            all.least = i == term->child || one.least < all.least ? one.least : all.least;
            all.most = one.most > all.most ? one.most : all.most;
        } else {
            all.least += one.least;
            all.most += one.most;
        }
    }
    if (term->kind == CM_TERM_OPTIONAL)
        all.least = 0;
    return all;
}

static void check_whole(struct parse *parse)
{
    size_t len = parse->reader->source.len;
    if (parse->notes[0].nullable) {
        fault(parse, "phrase-matches-nothing", 0, len, "leave one term without a question mark", "the phrase can match without a single word");
        return;
    }
    check_edges(parse, 0, false);
    check_edges(parse, 0, true);
    if (measure_term(parse->terms, 0, 0).positions > CM_PHRASE_POSITIONS_MAX)
        fault(parse, "phrase-too-large", 0, len, "split the phrase, or shorten its lists", "the phrase needs more than %u word positions",
              CM_PHRASE_POSITIONS_MAX);
}

static enum cm_status finish(struct parse *parse, struct cm_phrase *out)
{
    struct cm_term *terms = cm_arena_alloc(parse->parser->arena, parse->count * sizeof(*terms));
    struct cm_span source = cm_arena_copy(parse->parser->arena, parse->reader->source);
    if (!terms || !source.ptr)
        return CM_ENOMEM;
    memcpy(terms, parse->terms, parse->count * sizeof(*terms));
    *out = (struct cm_phrase){terms, (uint32_t)parse->count, parse->at_start, parse->at_end, source};
    return CM_OK;
}

enum cm_status cm_phrase_parse(struct cm_phrase_parser *parser, struct cm_span source, struct cm_place place, struct cm_phrase *out)
{
    struct reader reader = {.source = source};
    struct parse parse = {.parser = parser, .place = place, .reader = &reader};
    *out = (struct cm_phrase){0};
    read_root(&parse);
    if (parse.status == CM_OK && !parse.failed)
        check_whole(&parse);
    if (parse.status == CM_OK && parse.failed)
        parse.status = CM_ERULES;
    if (parse.status == CM_OK)
        parse.status = finish(&parse, out);
    free(parse.terms);
    free(parse.notes);
    return parse.status;
}

void cm_phrase_length(const struct cm_phrase *phrase, uint32_t *least, uint32_t *most)
{
    struct measure all = measure_term(phrase->terms, 0, 0);
    *least = all.least;
    *most = all.most;
}
