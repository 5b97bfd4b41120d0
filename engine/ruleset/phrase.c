#include "ruleset/phrase.h"

#include <stdlib.h>

#include "ruleset/phrase_parse.h"

/* ---- gaps ---- */

static bool read_number(struct cm_phrase_reader *reader, unsigned *value)
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

static bool read_gap_range(struct cm_phrase_reader *reader, unsigned *min, unsigned *max)
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

static uint32_t read_gap(struct cm_phrase_parse *parse)
{
    struct cm_phrase_reader *reader = parse->reader;
    size_t at = reader->at++;
    unsigned min, max;
    if (!read_gap_range(reader, &min, &max)) {
        while (reader->at < reader->source.len && !cm_phrase_is_space(reader->source.ptr[reader->at]) &&
               reader->source.ptr[reader->at - 1] != '>')
            reader->at++;
        cm_phrase_fault(parse, "phrase-gap", at, reader->at - at, "write a gap of none to three words as <0-3>", "a gap is not understood");
        return 0;
    }
    cm_phrase_count(parse, at, reader->at - at);
    if (max > CM_PHRASE_GAP_MAX) {
        cm_phrase_fault(parse, "phrase-gap-wide", at, reader->at - at,
                        "words further apart say different things: make two cues and join them with all:", "a gap spans at most %u words",
                        CM_PHRASE_GAP_MAX);
        return 0;
    }
    if (min > max || max == 0) {
        cm_phrase_fault(parse, "phrase-gap", at, reader->at - at, "the smaller number comes first, and the larger is at least 1",
                        "a gap spans nothing");
        return 0;
    }
    uint32_t term = cm_phrase_add_term(parse, CM_TERM_GAP, at, reader->at - at);
    if (term) {
        parse->terms[term].min = (uint8_t)min;
        parse->terms[term].max = (uint8_t)max;
        parse->notes[term].nullable = min == 0;
    }
    return term;
}

/* ---- terms, sequences, alternatives ---- */

static void skip_bracket(struct cm_phrase_parse *parse)
{
    unsigned open = 0;
    struct cm_phrase_reader *reader = parse->reader;
    do {
        char c = reader->source.ptr[reader->at++];
        open += c == '(';
        open -= c == ')';
    } while (open > 0 && reader->at < reader->source.len);
}

static uint32_t read_bracket(struct cm_phrase_parse *parse, unsigned depth)
{
    struct cm_phrase_reader *reader = parse->reader;
    size_t at = reader->at;
    if (depth >= CM_PHRASE_DEPTH_MAX) {
        cm_phrase_fault(parse, "phrase-depth", at, 1, "lists and macros count as brackets", "brackets stand more than %u deep",
                        CM_PHRASE_DEPTH_MAX);
        skip_bracket(parse);
        return 0;
    }
    cm_phrase_count(parse, at, 1);
    reader->at++;
    parse->brackets++;
    uint32_t term = cm_phrase_read_choice(parse, depth + 1);
    parse->brackets--;
    if (cm_phrase_peek(parse) == ')')
        reader->at++;
    else if (!parse->stopped)
        cm_phrase_fault(parse, "phrase-bracket", at, 1, NULL, "a bracket is not closed");
    return term;
}

static uint32_t read_optional(struct cm_phrase_parse *parse, uint32_t term, size_t at)
{
    struct cm_phrase_reader *reader = parse->reader;
    while (cm_phrase_peek(parse) == '?') /* a second mark says nothing new */
        reader->at++;
    uint32_t optional = term ? cm_phrase_add_term(parse, CM_TERM_OPTIONAL, at, reader->at - at) : 0;
    if (!optional)
        return term;
    parse->terms[optional].child = term;
    parse->notes[optional].nullable = true;
    return optional;
}

/* ^ and $: the first and last thing of the phrase itself, outside brackets. */
static void read_edge(struct cm_phrase_parse *parse, unsigned depth, bool first)
{
    struct cm_phrase_reader *reader = parse->reader;
    size_t at = reader->at;
    bool start = reader->source.ptr[reader->at++] == '^';
    bool last = true;
    for (size_t i = reader->at; i < reader->source.len; i++)
        last = last && cm_phrase_is_space(reader->source.ptr[i]);
    if (depth > 0 || reader->outer || (start ? !first : !last))
        cm_phrase_fault(parse, "phrase-edge", at, 1, start ? "^ says that the turn starts here" : "$ says that the turn ends here",
                        start ? "^ stands only at the start of a phrase" : "$ stands only at the end of a phrase");
    else if (start)
        parse->at_start = true;
    else
        parse->at_end = true;
}

static uint32_t read_term(struct cm_phrase_parse *parse, unsigned depth, bool first)
{
    struct cm_phrase_reader *reader = parse->reader;
    size_t at = reader->at;
    uint32_t term = 0;
    switch (cm_phrase_peek(parse)) {
    case '(':
        term = read_bracket(parse, depth);
        break;
    case '<':
        term = read_gap(parse);
        break;
    case '@':
    case '%':
        term = cm_phrase_read_reference(parse, depth);
        break;
    case '^':
    case '$':
        read_edge(parse, depth, first);
        return 0;
    case '?':
        cm_phrase_fault(parse, "phrase-optional", at, 1, "a question mark makes the term directly before it optional",
                        "nothing stands before the question mark");
        reader->at++;
        return 0;
    default:
        term = cm_phrase_read_word(parse);
    }
    return cm_phrase_peek(parse) == '?' && !parse->stopped ? read_optional(parse, term, at) : term;
}

/* Terms into parent, to the end of the alternative; true when one was written there, right or wrong. */
static bool read_sequence(struct cm_phrase_parse *parse, uint32_t parent, unsigned depth)
{
    uint32_t last = 0;
    bool nullable = true, any = false;
    for (cm_phrase_skip_spaces(parse); !cm_phrase_at_end(parse) && cm_phrase_peek(parse) != '|' && cm_phrase_peek(parse) != ')';
         cm_phrase_skip_spaces(parse)) {
        bool edge = cm_phrase_peek(parse) == '^' || cm_phrase_peek(parse) == '$';
        uint32_t term = read_term(parse, depth, !any);
        any = any || !edge;
        nullable = nullable && (edge || (term && parse->notes[term].nullable));
        cm_phrase_append(parse, parent, &last, term);
    }
    parse->notes[parent].nullable = nullable;
    return any;
}

/* Alternatives up to a closing bracket or the end; lists and macros need no brackets around theirs. */
uint32_t cm_phrase_read_choice(struct cm_phrase_parse *parse, unsigned depth)
{
    struct cm_phrase_reader *reader = parse->reader;
    size_t at = reader->at;
    uint32_t choice = 0, last = 0, term;
    for (;;) {
        size_t from = reader->at;
        term = cm_phrase_add_term(parse, CM_TERM_SEQUENCE, from, 1);
        if (term == 0)
            return 0;
        if (!read_sequence(parse, term, depth) && !parse->stopped)
            cm_phrase_fault(parse, "phrase-alternative-empty", from < reader->source.len ? from : at, 1,
                            "mark what may be missing with ?, as in (a|b)?", "an alternative is empty");
        bool more = !parse->stopped && cm_phrase_peek(parse) == '|';
        if (more && !choice)
            choice = cm_phrase_add_term(parse, CM_TERM_CHOICE, at, reader->at - at);
        if (choice) {
            cm_phrase_append(parse, choice, &last, term);
            parse->notes[choice].nullable |= parse->notes[term].nullable;
        }
        if (!more)
            break;
        reader->at++;
    }
    return choice ? choice : term;
}

/* ---- the whole ---- */

static void read_root(struct cm_phrase_parse *parse)
{
    cm_phrase_add_term(parse, CM_TERM_SEQUENCE, 0,
                       parse->reader->source.len); /* index 0, which is also what "no room" gives: count tells */
    if (parse->count == 0)
        return;
    bool any = read_sequence(parse, 0, 0);
    while (!cm_phrase_at_end(parse)) {
        bool bar = cm_phrase_peek(parse) == '|';
        cm_phrase_fault(parse, "phrase-bracket", parse->reader->at, 1, bar ? "write (a|b), or two phrases" : NULL,
                        bar ? "alternatives stand in brackets" : "a bracket closes nothing");
        parse->reader->at++;
        any |= read_sequence(parse, 0, 0); /* for its faults */
    }
    if (!any && !parse->failed)
        cm_phrase_fault(parse, "phrase-empty", 0, parse->reader->source.len, NULL, "the phrase is empty");
}

/* Tell the gaps under term through which a match could begin (ends false) or end (ends true). Depth: CM_PHRASE_TREE_DEPTH_MAX. */
static void check_edges(struct cm_phrase_parse *parse, uint32_t index, bool ends)
{
    const struct cm_term *term = &parse->terms[index];
    if (term->kind == CM_TERM_GAP) {
        const struct cm_phrase_note *note = &parse->notes[index];
        cm_phrase_fault_at(parse, "phrase-gap-edge", note->at, note->len,
                           ends ? "end the phrase with a word" : "begin the phrase with a word",
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

static void check_whole(struct cm_phrase_parse *parse)
{
    size_t len = parse->reader->source.len;
    if (parse->notes[0].nullable) {
        cm_phrase_fault(parse, "phrase-matches-nothing", 0, len, "leave one term without a question mark",
                        "the phrase can match without a single word");
        return;
    }
    check_edges(parse, 0, false);
    check_edges(parse, 0, true);
    if (measure_term(parse->terms, 0, 0).positions > CM_PHRASE_POSITIONS_MAX)
        cm_phrase_fault(parse, "phrase-too-large", 0, len, "split the phrase, or shorten its lists",
                        "the phrase needs more than %u word positions", CM_PHRASE_POSITIONS_MAX);
}

static enum cm_status finish(struct cm_phrase_parse *parse, struct cm_phrase *out)
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
    struct cm_phrase_reader reader = {.source = source};
    struct cm_phrase_parse parse = {.parser = parser, .place = place, .reader = &reader};
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
