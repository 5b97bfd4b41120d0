/*
 * alike: what a phrase means, as a hash, and what one phrase of a cue says of
 * another without any text: that it is there twice, that it adds nothing.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "ruleset/draft.h"

/* Comparing phrases with each other takes the square of their number; cues as large as this are word lists. */
#define CM_LINT_PHRASES_MAX 2000u

/* What stands in a sequence, those inside it included: brackets that change nothing are left out. depth <= CM_PHRASE_TREE_DEPTH_MAX */
static void write_term(const struct cm_phrase *phrase, uint32_t index, bool in_sequence, unsigned depth, struct cm_buffer *out)
{
    const struct cm_term *term = &phrase->terms[index];
    bool sequence = term->kind == CM_TERM_SEQUENCE;
    bool brackets = !sequence || (!in_sequence && term->child && phrase->terms[term->child].next);
    const unsigned char head[] = {term->kind, term->min, term->max, (unsigned char)(term->classes & 0xFF),
                                  (unsigned char)(term->classes >> 8)};
    if (brackets) {
        cm_buffer_append(out, head, sizeof head);
        cm_buffer_span(out, term->text);
        cm_buffer_byte(out, '(');
    }
    if (depth < CM_PHRASE_TREE_DEPTH_MAX)
        for (uint32_t child = term->child; child; child = phrase->terms[child].next)
            write_term(phrase, child, sequence && (in_sequence || brackets), depth + 1, out);
    if (brackets)
        cm_buffer_byte(out, ')');
}

enum cm_status cm_phrase_hash(const struct cm_phrase *phrase, struct cm_hash128 *out)
{
    struct cm_buffer bytes = CM_BUFFER_EMPTY;
    cm_buffer_byte(&bytes, (char)(phrase->at_start | phrase->at_end << 1));
    write_term(phrase, 0, true, 0, &bytes);
    *out = cm_hash128(cm_buffer_view(&bytes));
    enum cm_status status = cm_buffer_status(&bytes);
    cm_buffer_free(&bytes);
    return status;
}

/* ---- what one phrase of a cue says of another ---- */

struct keyed_phrase {
    struct cm_hash128 hash;
    const struct cm_rule_phrase *phrase;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed_phrase *x = a, *y = b;
    int order = cm_hash128_compare(x->hash, y->hash);
    return order ? order : (x->phrase > y->phrase) - (x->phrase < y->phrase);
}

static void warn_phrase(struct cm_draft *draft, const char *id, const struct cm_rule_phrase *phrase, const struct cm_rule_phrase *other,
                        const char *what)
{
    cm_diagnostics_add(draft->diagnostics, CM_SEVERITY_WARNING, id, phrase->place, "take one of the two out", what,
                       (int)other->phrase.source.len, other->phrase.source.ptr, other->place.line);
}

static void tell_duplicates(struct cm_draft *draft, const struct cm_cue *cue)
{
    struct keyed_phrase *keyed = cm_draft_alloc(draft, cue->phrase_count, sizeof *keyed);
    for (uint32_t i = 0; keyed && i < cue->phrase_count; i++) {
        keyed[i].phrase = &cue->phrases[i];
        if (cm_phrase_hash(&cue->phrases[i].phrase, &keyed[i].hash) != CM_OK)
            draft->status = CM_ENOMEM;
    }
    if (!keyed || draft->status != CM_OK || cue->phrase_count < 2)
        return;
    qsort(keyed, cue->phrase_count, sizeof *keyed, compare_keyed);
    for (uint32_t i = 1, first = 0; i < cue->phrase_count; i++) {
        if (cm_hash128_compare(keyed[first].hash, keyed[i].hash) == 0)
            warn_phrase(draft, "phrase-duplicate", keyed[i].phrase, keyed[first].phrase,
                        "this phrase says the same as \"%.*s\" in line %u");
        else
            first = i;
    }
}

/* Words of one phrase, when it is nothing but words. */
struct flat {
    struct cm_span words[CM_PHRASE_TERMS_MAX];
    uint32_t count;
};

/* depth <= CM_PHRASE_TREE_DEPTH_MAX */
static bool add_flat(const struct cm_phrase *phrase, uint32_t index, unsigned depth, struct flat *flat)
{
    const struct cm_term *term = &phrase->terms[index];
    if (term->kind == CM_TERM_WORD && flat->count < CM_PHRASE_TERMS_MAX) {
        flat->words[flat->count++] = term->text;
        return true;
    }
    bool fine = term->kind == CM_TERM_SEQUENCE && depth < CM_PHRASE_TREE_DEPTH_MAX;
    for (uint32_t child = term->child; fine && child; child = phrase->terms[child].next)
        fine = add_flat(phrase, child, depth + 1, flat);
    return fine;
}

/* count 0: the phrase is more than words. */
static void read_flat(const struct cm_phrase *phrase, struct flat *flat)
{
    flat->count = 0;
    if (!add_flat(phrase, 0, 0, flat))
        flat->count = 0;
}

/* A word before the hit may negate it, unless it is part of the hit: then the longer phrase is no idle one. */
static bool shields(const struct cm_draft *draft, const struct flat *flat)
{
    for (uint32_t i = 0; i < flat->count; i++)
        if (cm_lexicon_lists(draft->lexicon, flat->words[i]) & (CM_WORD_NEGATOR | CM_WORD_NO | CM_WORD_HYPOTHETICAL))
            return true;
    return false;
}

static bool contains(const struct flat *longer, const struct flat *shorter)
{
    for (uint32_t from = 0; from + shorter->count <= longer->count; from++) {
        uint32_t same = 0;
        while (same < shorter->count && cm_span_equal(longer->words[from + same], shorter->words[same]))
            same++;
        if (same == shorter->count)
            return true;
    }
    return false;
}

static void tell_shadow(struct cm_draft *draft, const struct cm_cue *cue, uint32_t index)
{
    struct flat longer, shorter;
    read_flat(&cue->phrases[index].phrase, &longer);
    if (longer.count < 2 || shields(draft, &longer))
        return;
    for (uint32_t i = 0; i < cue->phrase_count; i++) {
        const struct cm_phrase *other = &cue->phrases[i].phrase;
        if (i == index || other->at_start || other->at_end)
            continue;
        read_flat(other, &shorter);
        if (shorter.count == 0 || shorter.count >= longer.count || !contains(&longer, &shorter))
            continue;
        warn_phrase(draft, "phrase-shadowed", &cue->phrases[index], &cue->phrases[i],
                    "this phrase adds nothing to \"%.*s\" in line %u, which is part of it");
        return;
    }
}

static void tell_shadowed(struct cm_draft *draft, const struct cm_cue *cue)
{
    bool alone = cue->kind == CM_CUE_DIRECT && cue->min_count == 1 && cue->phrase_count <= CM_LINT_PHRASES_MAX;
    for (uint32_t i = 0; alone && i < cue->phrase_count; i++)
        tell_shadow(draft, cue, i);
}

void cm_draft_compare_phrases(struct cm_draft *draft, const struct cm_cue *cue)
{
    tell_duplicates(draft, cue);
    tell_shadowed(draft, cue);
}
