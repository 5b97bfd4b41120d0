#include "study/fit/features.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/hash.h"

/* A pair of a feature and a turn that has it; features are numbered as they are met. */
struct having {
    uint32_t feature, row;
};

struct finding {
    const struct cm_features_request *request;
    struct cm_features *features;
    struct cm_listener *listener;
    struct cm_feature *met; /* phrases as they are met; rows unset */
    uint32_t *last;         /* the last row that had it */
    size_t met_count, met_cap, last_cap;
    uint32_t *slots; /* index + 1 into met, by hash; a power of two */
    size_t slot_count;
    struct having *having;
    size_t having_count, having_cap;
    struct having *fired; /* cues */
    size_t fired_count, fired_cap;
    struct cm_buffer terms, phrase;
    struct cm_span *term; /* of the turn's tokens; len 0: no phrase can hold it */
    size_t term_cap;
};

/* ------------------------------------------------------------------- the table */

static size_t slot_of(const struct finding *finding, struct cm_span phrase)
{
    size_t slot = cm_hash64(phrase) & (finding->slot_count - 1);
    while (finding->slots[slot] && !cm_span_equal(finding->met[finding->slots[slot] - 1].phrase, phrase))
        slot = (slot + 1) & (finding->slot_count - 1);
    return slot;
}

static enum cm_status grow_table(struct finding *finding)
{
    size_t count = finding->slot_count ? finding->slot_count * 2 : 4096;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return CM_ENOMEM;
    free(finding->slots);
    finding->slots = slots;
    finding->slot_count = count;
    for (size_t i = 0; i < finding->met_count; i++)
        slots[slot_of(finding, finding->met[i].phrase)] = (uint32_t)i + 1;
    return CM_OK;
}

static enum cm_status meet(struct finding *finding, struct cm_span phrase, uint32_t row)
{
    enum cm_status status = finding->met_count * 2 >= finding->slot_count ? grow_table(finding) : CM_OK;
    if (status != CM_OK)
        return status;
    size_t slot = slot_of(finding, phrase), index = finding->slots[slot];
    if (!index) {
        struct cm_span kept = cm_arena_copy(&finding->features->arena, phrase);
        status = kept.ptr ? cm_grow(&finding->met, &finding->met_cap, finding->met_count + 1, sizeof *finding->met) : CM_ENOMEM;
        if (status == CM_OK)
            status = cm_grow(&finding->last, &finding->last_cap, finding->met_count + 1, sizeof *finding->last);
        if (status != CM_OK)
            return status;
        finding->met[finding->met_count] = (struct cm_feature){.cue = CM_CUE_NONE, .phrase = kept};
        finding->last[finding->met_count] = UINT32_MAX;
        index = finding->slots[slot] = (uint32_t)++finding->met_count;
    }
    if (finding->last[index - 1] == row)
        return CM_OK;
    finding->last[index - 1] = row;
    finding->met[index - 1].count++;
    status = cm_grow(&finding->having, &finding->having_cap, finding->having_count + 1, sizeof *finding->having);
    if (status == CM_OK)
        finding->having[finding->having_count++] = (struct having){(uint32_t)index - 1, row};
    return status;
}

/* --------------------------------------------------------------------- phrases */

/* Letters and digits of any script: nothing that means something in the phrase language. */
static bool is_plain(struct cm_span word)
{
    for (size_t i = 0; i < word.len; i++) {
        unsigned char byte = (unsigned char)word.ptr[i];
        if (!(byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')))
            return false;
    }
    return word.len > 0;
}

/* How a token is written in a phrase, appended to terms; nothing where it cannot be. */
static void write_term(struct finding *finding, const struct cm_folded *turn, const struct cm_token *token)
{
    const char *class = token->class == CM_TOKEN_NAME_MASK ? "name" : cm_token_class_term(token->class);
    struct cm_span word = {turn->text.ptr + token->at, token->len};
    if (token->flags & CM_TOKEN_QUOTED)
        return;
    if (*class)
        cm_buffer_printf(&finding->terms, "%%%s", class);
    else if (token->class == CM_TOKEN_WORD && is_plain(word))
        cm_buffer_span(&finding->terms, word);
}

static enum cm_status write_terms(struct finding *finding, const struct cm_folded *turn)
{
    enum cm_status status = cm_grow(&finding->term, &finding->term_cap, turn->count, sizeof *finding->term);
    cm_buffer_reset(&finding->terms);
    for (uint32_t i = 0; status == CM_OK && i < turn->count; i++) {
        size_t at = finding->terms.len;
        write_term(finding, turn, &turn->tokens[i]);
        finding->term[i].len = finding->terms.len - at;
    }
    if (status == CM_OK)
        status = cm_buffer_status(&finding->terms);
    for (size_t i = 0, at = 0; status == CM_OK && i < turn->count; at += finding->term[i++].len)
        finding->term[i].ptr = finding->terms.ptr + at; /* only now it no longer moves */
    return status;
}

/* Terms [from, to) with anchors where they are asked for. */
static enum cm_status meet_run(struct finding *finding, uint32_t row, uint32_t from, uint32_t to, bool first, bool last)
{
    struct cm_buffer *phrase = &finding->phrase;
    cm_buffer_reset(phrase);
    if (first)
        cm_buffer_text(phrase, "^ ");
    for (uint32_t i = from; i < to; i++) {
        cm_buffer_text(phrase, i > from ? " " : "");
        cm_buffer_span(phrase, finding->term[i]);
    }
    if (last)
        cm_buffer_text(phrase, " $");
    enum cm_status status = cm_buffer_status(phrase);
    return status == CM_OK ? meet(finding, cm_buffer_view(phrase), row) : status;
}

static enum cm_status meet_runs_from(struct finding *finding, const struct cm_folded *turn, uint32_t row, uint32_t from)
{
    enum cm_status status = CM_OK;
    for (uint32_t to = from + 1; status == CM_OK && to <= turn->count && to - from <= CM_FEATURE_WORDS_MAX; to++) {
        bool first = from == 0, last = to == turn->count;
        if (finding->term[to - 1].len == 0)
            break;
        status = meet_run(finding, row, from, to, false, false);
        if (status == CM_OK && first)
            status = meet_run(finding, row, from, to, true, false);
        if (status == CM_OK && last)
            status = meet_run(finding, row, from, to, false, true);
        if (status == CM_OK && first && last)
            status = meet_run(finding, row, from, to, true, true);
        if (turn->tokens[to - 1].flags & CM_TOKEN_SENTENCE_END)
            break;
    }
    return status;
}

static enum cm_status look_at(struct finding *finding, uint32_t row)
{
    const struct cm_labelled *item = &finding->request->labels->items[finding->request->turns[row]];
    struct cm_heard heard;
    enum cm_status status = cm_listen(finding->listener, item->channel, item->turns, item->turn_count, &heard);
    if (status == CM_OK)
        status = write_terms(finding, heard.folded);
    for (uint32_t i = 0; status == CM_OK && i < heard.folded->count; i++)
        status = meet_runs_from(finding, heard.folded, row, i);
    for (uint32_t i = 0; status == CM_OK && i < heard.cue_count; i++) {
        if (!finding->request->cues[heard.cues[i]])
            continue;
        status = cm_grow(&finding->fired, &finding->fired_cap, finding->fired_count + 1, sizeof *finding->fired);
        if (status == CM_OK)
            finding->fired[finding->fired_count++] = (struct having){heard.cues[i], row};
    }
    return status;
}

/* --------------------------------------------------------------------- columns */

static int compare_features(const void *a, const void *b)
{
    const struct cm_feature *x = *(const struct cm_feature *const *)a, *y = *(const struct cm_feature *const *)b;
    return cm_span_compare(x->phrase, y->phrase);
}

/* Rows of the features, from pairs that come in order of rows. place: a feature of the pairs to its place in items, UINT32_MAX: left out.
 */
static enum cm_status fill_rows(struct cm_features *features, const struct having *pairs, size_t count, const uint32_t *place)
{
    uint32_t **rows = calloc((size_t)features->count + 1, sizeof *rows);
    if (!rows)
        return CM_ENOMEM;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        uint32_t at = place[pairs[i].feature];
        if (at == UINT32_MAX)
            continue;
        struct cm_feature *feature = &features->items[at];
        if (!rows[at]) {
            rows[at] = cm_arena_calloc(&features->arena, feature->count, sizeof **rows);
            feature->rows = rows[at];
            feature->count = 0;
        }
        if (rows[at])
            rows[at][feature->count++] = pairs[i].row;
        else
            status = CM_ENOMEM;
    }
    free(rows);
    return status;
}

/* Cues that fired at all become the first features. */
static enum cm_status place_cues(struct finding *finding, uint32_t *place, uint32_t cue_count)
{
    struct cm_features *features = finding->features;
    uint32_t *times = calloc((size_t)cue_count + 1, sizeof *times);
    if (!times)
        return CM_ENOMEM;
    for (size_t i = 0; i < finding->fired_count; i++)
        times[finding->fired[i].feature]++;
    for (uint32_t cue = 0; cue < cue_count; cue++) {
        place[cue] = times[cue] ? features->cue_count : UINT32_MAX;
        if (times[cue])
            features->items[features->cue_count++] = (struct cm_feature){.cue = cue, .count = times[cue]};
    }
    features->count = features->cue_count;
    free(times);
    return fill_rows(features, finding->fired, finding->fired_count, place);
}

static enum cm_status place_phrases(struct finding *finding, uint32_t *place)
{
    const struct cm_features_request *request = finding->request;
    struct cm_features *features = finding->features;
    struct cm_feature **sorted = calloc(finding->met_count + 1, sizeof *sorted);
    size_t kept = 0;
    if (!sorted)
        return CM_ENOMEM;
    for (size_t i = 0; i < finding->met_count; i++) {
        place[i] = UINT32_MAX;
        if (finding->met[i].count >= request->phrase_least && finding->met[i].count <= request->phrase_most)
            sorted[kept++] = &finding->met[i];
    }
    if (kept)
        qsort(sorted, kept, sizeof *sorted, compare_features);
    for (size_t i = 0; i < kept; i++) {
        place[sorted[i] - finding->met] = features->count;
        features->items[features->count++] = *sorted[i];
    }
    free(sorted);
    return fill_rows(features, finding->having, finding->having_count, place);
}

static enum cm_status make_columns(struct finding *finding)
{
    uint32_t cue_count = finding->request->packs->items[finding->request->pack].ruleset->cue_count;
    size_t most = finding->met_count + cue_count + 1;
    uint32_t *place = calloc(most, sizeof *place);
    finding->features->items = cm_arena_calloc(&finding->features->arena, most, sizeof *finding->features->items);
    enum cm_status status = place && finding->features->items ? place_cues(finding, place, cue_count) : CM_ENOMEM;
    if (status == CM_OK)
        status = place_phrases(finding, place);
    free(place);
    return status;
}

enum cm_status cm_features_find(const struct cm_features_request *request, struct cm_features *features)
{
    struct finding finding = {.request = request, .features = features};
    *features = (struct cm_features){0};
    enum cm_status status = cm_listener_new(request->packs, request->pack, &finding.listener);
    for (uint32_t row = 0; row < request->turn_count && status == CM_OK; row++)
        status = look_at(&finding, row);
    if (status == CM_OK)
        status = make_columns(&finding);
    cm_listener_free(finding.listener);
    free(finding.met);
    free(finding.last);
    free(finding.slots);
    free(finding.having);
    free(finding.fired);
    free(finding.term);
    cm_buffer_free(&finding.terms);
    cm_buffer_free(&finding.phrase);
    return status;
}

void cm_features_free(struct cm_features *features)
{
    cm_arena_free(&features->arena);
    *features = (struct cm_features){0};
}
