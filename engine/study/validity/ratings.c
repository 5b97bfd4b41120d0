#include "study/validity/ratings.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "event/decode.h"
#include "study/labels/label_reader.h"

#define CM_RATING_MAX 100.0

const char *cm_scale_name(const struct cm_ruleset *ruleset, uint32_t scale)
{
    return scale == 0 ? "care" : ruleset->dimensions[scale - 1].id;
}

static uint32_t scale_count(const struct cm_ruleset *ruleset)
{
    return 1 + ruleset->dimension_count;
}

static int compare_ratings(const void *a, const void *b)
{
    return cm_span_compare(((const struct cm_rating *)a)->interaction_id, ((const struct cm_rating *)b)->interaction_id);
}

static const struct cm_json *twice(const struct cm_json *line, const char *key)
{
    const struct cm_json *first = cm_json_get(line, key);
    for (const struct cm_json *member = first ? line->child : NULL; member; member = member->next)
        if (member != first && cm_span_equal(member->key, cm_span_of(key)))
            return member;
    return NULL;
}

/* The faults of label files and of these are told alike; the reader's labels own nothing here. */
static void read_line(struct cm_ratings *ratings, struct cm_label_reader *reader, const struct cm_json *line)
{
    const struct cm_json *id = cm_json_get(line, "interaction_id");
    struct cm_rating rating = {.found = false};
    bool any = false;
    if (!id || id->kind != CM_JSON_STRING || id->text.len == 0) {
        cm_label_fault(reader, "rating-id", id ? id->at : line->at, NULL, "the line has no text \"interaction_id\"");
        return;
    }
    for (uint32_t i = 0; i < CM_SCALES_MAX; i++)
        rating.given[i] = rating.scored[i] = (double)NAN;
    for (uint32_t i = 0; i < scale_count(ratings->ruleset); i++) {
        const char *name = cm_scale_name(ratings->ruleset, i);
        const struct cm_json *value = cm_json_get(line, name);
        const struct cm_json *other = twice(line, name);
        double given;
        if (other) {
            cm_label_fault(reader, "rating-duplicate-key", other->at, NULL, "\"%s\" stands in the line twice", name);
            return;
        }
        if (!value)
            continue;
        if (!cm_json_double(value, &given) || !(given >= 0 && given <= CM_RATING_MAX)) {
            cm_label_fault(reader, "rating-value", value->at, NULL, "\"%s\" is no number from 0 to 100, nor null", name);
            return;
        }
        rating.given[i] = given;
        any = true;
    }
    if (!any) {
        cm_label_fault(reader, "rating-none", line->at, NULL, "the line rates neither care nor a dimension of %s", ratings->ruleset->name);
        return;
    }
    rating.interaction_id = cm_arena_copy(&ratings->arena, id->text);
    if (!rating.interaction_id.ptr || cm_grow(&ratings->items, &ratings->cap, ratings->count + 1, sizeof rating) != CM_OK)
        reader->status = CM_ENOMEM;
    else
        ratings->items[ratings->count++] = rating;
}

static void read_text(struct cm_ratings *ratings, struct cm_label_reader *reader, struct cm_arena *scratch)
{
    struct cm_json *json;
    size_t fault, valid = cm_utf8_valid_prefix(reader->line.ptr, reader->line.len);
    if (valid < reader->line.len) {
        cm_label_fault(reader, "rating-encoding", valid, "save the file as UTF-8", "this is no UTF-8 text");
        return;
    }
    enum cm_status status = cm_json_parse(scratch, reader->line, &json, &fault);
    if (status == CM_EINPUT)
        cm_label_fault(reader, "rating-json", fault, "ratings are NDJSON: one JSON object a line", "this is no JSON");
    else if (status == CM_OK)
        read_line(ratings, reader, json);
    else
        reader->status = status;
    cm_arena_reset(scratch);
}

static void tell_doubles(struct cm_ratings *ratings, struct cm_label_reader *reader)
{
    if (ratings->count > 1)
        qsort(ratings->items, ratings->count, sizeof *ratings->items, compare_ratings);
    for (size_t i = 1; i < ratings->count; i++)
        if (compare_ratings(&ratings->items[i - 1], &ratings->items[i]) == 0) {
            reader->faults++;
            cm_diagnostics_add(reader->diagnostics, CM_SEVERITY_ERROR, "rating-twice", (struct cm_place){.file = reader->file},
                               "one line a conversation: join the readings of one before", "%.*s is rated twice",
                               (int)ratings->items[i].interaction_id.len, ratings->items[i].interaction_id.ptr);
        }
}

enum cm_status cm_ratings_read(struct cm_ratings *ratings, const char *file, struct cm_span bytes, const struct cm_ruleset *ruleset,
                               struct cm_diagnostics *diagnostics)
{
    struct cm_label_reader reader = {.diagnostics = diagnostics, .file = file};
    struct cm_arena scratch = CM_ARENA_EMPTY;
    const char *at = bytes.ptr, *end = at + bytes.len;
    size_t before = ratings->count;
    ratings->ruleset = ruleset;
    while (at < end && reader.status == CM_OK) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        reader.number++;
        reader.line = cm_decode_trim((struct cm_span){at, (size_t)((newline ? newline : end) - at)}, reader.number == 1);
        if (reader.line.len > 0)
            read_text(ratings, &reader, &scratch);
        at = newline ? newline + 1 : end;
    }
    cm_arena_free(&scratch);
    if (reader.status != CM_OK)
        return reader.status;
    if (reader.faults == 0 && ratings->count == before) {
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "rating-file-empty", (struct cm_place){.file = file}, NULL,
                           "the file holds no rating");
        return CM_EINPUT;
    }
    tell_doubles(ratings, &reader);
    return reader.faults ? CM_EINPUT : CM_OK;
}

void cm_ratings_free(struct cm_ratings *ratings)
{
    free(ratings->items);
    cm_arena_free(&ratings->arena);
    *ratings = CM_RATINGS_EMPTY;
}

static double hundredths(int32_t score)
{
    return score < 0 ? (double)NAN : score / 100.0;
}

enum cm_status cm_ratings_observe(void *context, unsigned worker, const struct cm_judged *judged)
{
    struct cm_ratings *ratings = context;
    const struct cm_scorecard *card = judged->cards[0];
    struct cm_rating wanted = {.interaction_id = card->interaction_id};
    struct cm_rating *rating =
        ratings->count ? bsearch(&wanted, ratings->items, ratings->count, sizeof *ratings->items, compare_ratings) : NULL;
    (void)worker;
    if (!rating)
        return CM_OK;
    rating->found = true;
    rating->scored[0] = hundredths(card->care.score);
    for (uint32_t i = 0; i < ratings->ruleset->dimension_count; i++)
        rating->scored[1 + i] = hundredths(card->care.dimensions[i]);
    return CM_OK;
}

/* Scratch for one scale: the conversations that have both numbers. */
struct pairs {
    uint32_t *at;
    double *given, *scored, *rank_given, *rank_scored;
    size_t count;
};

/* part ALL, or the conversations of one half. */
static void collect(const struct cm_ratings *ratings, uint32_t scale, enum cm_part part, struct pairs *pairs)
{
    pairs->count = 0;
    for (size_t i = 0; i < ratings->count; i++) {
        const struct cm_rating *rating = &ratings->items[i];
        bool in = part == CM_PART_ALL || cm_half_of(rating->interaction_id) == (enum cm_half)(part - CM_PART_WRITTEN);
        if (!in || isnan(rating->given[scale]) || isnan(rating->scored[scale]))
            continue;
        pairs->at[pairs->count] = (uint32_t)i;
        pairs->given[pairs->count] = rating->given[scale];
        pairs->scored[pairs->count++] = rating->scored[scale];
    }
}

static double distance(const struct cm_apart *apart)
{
    return fabs(apart->rank_given - apart->rank_scored);
}

static int compare_apart(const void *a, const void *b)
{
    const struct cm_apart *x = a, *y = b;
    if (distance(x) != distance(y))
        return distance(x) > distance(y) ? -1 : 1;
    return (x->rating > y->rating) - (x->rating < y->rating);
}

static enum cm_status find_apart(struct pairs *pairs, uint32_t most, struct cm_scale_result *scale, struct cm_arena *arena)
{
    enum cm_status status = cm_midranks(pairs->given, pairs->count, pairs->rank_given);
    if (status == CM_OK)
        status = cm_midranks(pairs->scored, pairs->count, pairs->rank_scored);
    if (status != CM_OK)
        return status;
    scale->apart = cm_arena_calloc(arena, pairs->count + 1, sizeof *scale->apart);
    if (!scale->apart)
        return CM_ENOMEM;
    for (size_t i = 0; i < pairs->count; i++)
        scale->apart[i] = (struct cm_apart){pairs->at[i], pairs->rank_given[i], pairs->rank_scored[i]};
    qsort(scale->apart, pairs->count, sizeof *scale->apart, compare_apart);
    scale->apart_count = pairs->count < most ? (uint32_t)pairs->count : most;
    return CM_OK;
}

static enum cm_status compare_scale(const struct cm_ratings *ratings, uint32_t index, uint32_t most, struct pairs *pairs,
                                    struct cm_ratings_result *out)
{
    struct cm_scale_result *scale = &out->scales[index];
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < ratings->count; i++) {
        const struct cm_rating *rating = &ratings->items[i];
        scale->unrated += rating->found && isnan(rating->given[index]);
        scale->unscored += rating->found && !isnan(rating->given[index]) && isnan(rating->scored[index]);
    }
    for (int part = CM_PART_COUNT - 1; part >= CM_PART_ALL && status == CM_OK; part--) {
        struct cm_rank_agreement *agreement = &scale->parts[part];
        collect(ratings, index, (enum cm_part)part, pairs);
        agreement->n = (uint32_t)pairs->count;
        status = cm_spearman(pairs->given, pairs->scored, pairs->count, &agreement->rho);
        if (status == CM_OK)
            agreement->interval = cm_spearman_interval(agreement->rho, pairs->count);
    }
    /* the last part was ALL */
    return status == CM_OK ? find_apart(pairs, most, scale, &out->arena) : status;
}

enum cm_status cm_ratings_compare(const struct cm_ratings *ratings, uint32_t apart, struct cm_ratings_result *out)
{
    struct pairs pairs = {0};
    struct cm_arena scratch = CM_ARENA_EMPTY;
    enum cm_status status = CM_OK;
    *out = (struct cm_ratings_result){.scale_count = scale_count(ratings->ruleset)};
    pairs.at = cm_arena_calloc(&scratch, ratings->count + 1, sizeof *pairs.at);
    pairs.given = cm_arena_calloc(&scratch, ratings->count + 1, sizeof(double));
    pairs.scored = cm_arena_calloc(&scratch, ratings->count + 1, sizeof(double));
    pairs.rank_given = cm_arena_calloc(&scratch, ratings->count + 1, sizeof(double));
    pairs.rank_scored = cm_arena_calloc(&scratch, ratings->count + 1, sizeof(double));
    if (!pairs.at || !pairs.given || !pairs.scored || !pairs.rank_given || !pairs.rank_scored)
        status = CM_ENOMEM;
    for (size_t i = 0; i < ratings->count; i++)
        out->found += ratings->items[i].found;
    out->missing = (uint32_t)ratings->count - out->found;
    for (uint32_t i = 0; i < out->scale_count && status == CM_OK; i++)
        status = compare_scale(ratings, i, apart, &pairs, out);
    cm_arena_free(&scratch);
    return status;
}

void cm_ratings_result_free(struct cm_ratings_result *result)
{
    cm_arena_free(&result->arena);
    *result = (struct cm_ratings_result){0};
}
