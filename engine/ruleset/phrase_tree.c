#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "ruleset/phrase_parse.h"

/* ---- faults ---- */

static void outermost(const struct cm_phrase_parse *parse, size_t *at, size_t *len)
{
    for (const struct cm_phrase_reader *reader = parse->reader; reader->outer; reader = reader->outer) {
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

static struct cm_span phrase_source(const struct cm_phrase_parse *parse)
{
    const struct cm_phrase_reader *reader = parse->reader;
    while (reader->outer)
        reader = reader->outer;
    return reader->source;
}

void cm_phrase_fault_at(struct cm_phrase_parse *parse, const char *id, size_t at, size_t len, const char *help, const char *message)
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

void cm_phrase_fault(struct cm_phrase_parse *parse, const char *id, size_t at, size_t len, const char *help, const char *format, ...)
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
    cm_phrase_fault_at(parse, id, at, len, help, message);
}

void cm_phrase_stop(struct cm_phrase_parse *parse, enum cm_status status)
{
    parse->stopped = true;
    if (status != CM_OK && parse->status == CM_OK)
        parse->status = status;
}

/* ---- the tree ---- */

uint32_t cm_phrase_add_term(struct cm_phrase_parse *parse, enum cm_term_kind kind, size_t at, size_t len)
{
    if (parse->stopped)
        return 0;
    if (parse->count == CM_PHRASE_NODES_MAX) {
        cm_phrase_fault(parse, "phrase-too-large", at, len, "split the phrase, or shorten its lists",
                        "the phrase has more than %u parts once its lists are filled in", CM_PHRASE_NODES_MAX);
        cm_phrase_stop(parse, CM_OK);
        return 0;
    }
    enum cm_status status = cm_grow(&parse->terms, &parse->term_cap, parse->count + 1, sizeof(*parse->terms));
    if (status == CM_OK)
        status = cm_grow(&parse->notes, &parse->note_cap, parse->count + 1, sizeof(*parse->notes));
    if (status != CM_OK) {
        cm_phrase_stop(parse, status);
        return 0;
    }
    outermost(parse, &at, &len);
    parse->terms[parse->count] = (struct cm_term){.kind = (uint8_t)kind};
    parse->notes[parse->count] = (struct cm_phrase_note){(uint32_t)at, (uint32_t)len, false};
    return (uint32_t)parse->count++;
}

void cm_phrase_append(struct cm_phrase_parse *parse, uint32_t parent, uint32_t *last, uint32_t term)
{
    if (term == 0)
        return;
    if (*last == 0)
        parse->terms[parent].child = term;
    else
        parse->terms[*last].next = term;
    *last = term;
}

uint32_t cm_phrase_add_word(struct cm_phrase_parse *parse, struct cm_span bytes, size_t at, size_t len)
{
    uint32_t term = cm_phrase_add_term(parse, CM_TERM_WORD, at, len);
    if (term == 0)
        return 0;
    struct cm_span copy = cm_arena_copy(parse->parser->arena, bytes);
    if (!copy.ptr) {
        cm_phrase_stop(parse, CM_ENOMEM);
        return 0;
    }
    parse->terms[term].text = copy;
    return term;
}

void cm_phrase_count(struct cm_phrase_parse *parse, size_t at, size_t len)
{
    if (parse->reader->outer || parse->brackets > 0 || ++parse->written != CM_PHRASE_TERMS_MAX + 1)
        return;
    cm_phrase_fault(parse, "phrase-terms", at, len, "split the phrase, or name its alternatives in a list", "a phrase has at most %u terms",
                    CM_PHRASE_TERMS_MAX);
    cm_phrase_stop(parse, CM_OK);
}
