#include "study/fit/fit.h"

#include <math.h>
#include <stdlib.h>

#include "study/fit/regress.h"
#include "study/sample/draw.h"

/* Penalties that are tried, falling: from where nothing has a weight on such labels to where sums grow long, by the square root of two. */
#define PENALTIES 10u
#define PENALTY_FIRST 24.0
/* Folds inside of a fold. */
#define INNER_FOLDS 4u
/* A weight that would be printed as 0.0x with a small x says nothing. */
#define WEIGHT_LEAST 0.05
#define NO_FOLD UINT8_MAX

struct fitting {
    const struct cm_fit_request *request;
    struct cm_fit *fit;
    struct cm_features features;
    uint32_t *turns; /* of the labels; a row each */
    uint8_t *truth;
    uint64_t *hash; /* of the row's conversation */
    uint32_t rows;
    uint8_t *use;   /* rows to learn from, in one regression */
    uint8_t *fold;  /* of a row in the inner cross-validation; NO_FOLD: not in it */
    double *held;   /* [penalty * rows + row]: score of a row by what was learnt without its fold */
    double *sorted; /* scores of those that carry the label, and of the others */
    size_t done, total;
};

static double penalty_of(unsigned step)
{
    return PENALTY_FIRST * pow(2, -0.5 * step);
}

static uint8_t fold_of(const struct fitting *fitting, uint32_t row, unsigned level, unsigned folds)
{
    return (uint8_t)(cm_draw_mix(fitting->hash[row] + cm_draw_mix(fitting->request->seed + level)) % folds);
}

/* ----------------------------------------------------------------------- turns */

static bool lists(const uint32_t *items, uint32_t count, uint32_t name)
{
    return cm_heard_has(items, count, name);
}

static bool takes(const struct fitting *fitting, const struct cm_labelled *item, uint32_t name)
{
    const struct cm_fit_request *request = fitting->request;
    enum cm_speaker speaker = cm_labelled_turn(item)->speaker;
    bool said = speaker == request->speaker || (request->speaker == CM_SPEAKER_AGENT && speaker == CM_SPEAKER_LEAD);
    bool half = !request->half_only || cm_half_of(item->conversation) == request->half;
    return said && half && !item->all_disputed && !lists(item->disputed, item->disputed_count, name);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint32_t distinct(uint64_t *hashes, uint32_t count)
{
    uint32_t found = 0;
    if (count)
        qsort(hashes, count, sizeof *hashes, compare_hashes);
    for (uint32_t i = 0; i < count; i++)
        found += i == 0 || hashes[i] != hashes[i - 1];
    return found;
}

/* The rows: turns of the speaker that are in dispute about nothing. */
static enum cm_status take_turns(struct fitting *fitting)
{
    const struct cm_labels *labels = fitting->request->labels;
    uint32_t name = cm_labels_find(labels, fitting->request->label);
    size_t count = labels->count + 1;
    struct cm_fit *fit = fitting->fit;
    fitting->turns = calloc(count, sizeof *fitting->turns);
    fitting->truth = calloc(count, 1);
    fitting->hash = calloc(count, sizeof *fitting->hash);
    if (!fitting->turns || !fitting->truth || !fitting->hash)
        return CM_ENOMEM;
    for (size_t i = 0; i < labels->count; i++) {
        const struct cm_labelled *item = &labels->items[i];
        if (!takes(fitting, item, name))
            continue;
        fitting->turns[fitting->rows] = (uint32_t)i;
        fitting->truth[fitting->rows] = lists(item->labels, item->label_count, name);
        fit->labelled += fitting->truth[fitting->rows];
        fitting->hash[fitting->rows++] = cm_hash64(item->conversation);
    }
    fit->turns = fitting->rows;
    uint64_t *hashes = calloc(count, sizeof *hashes);
    if (!hashes)
        return CM_ENOMEM;
    memcpy(hashes, fitting->hash, fitting->rows * sizeof *hashes);
    fit->conversations = distinct(hashes, fitting->rows);
    free(hashes);
    bool enough = fit->labelled >= CM_FIT_POSITIVES_MIN && fit->turns - fit->labelled >= CM_FIT_POSITIVES_MIN;
    return enough ? CM_OK : CM_EINPUT;
}

static enum cm_status prepare(struct fitting *fitting)
{
    const struct cm_fit_request *request = fitting->request;
    enum cm_status status = take_turns(fitting);
    if (status != CM_OK)
        return status;
    size_t rows = (size_t)fitting->rows + 1;
    fitting->use = calloc(rows, 1);
    fitting->fold = calloc(rows, 1);
    fitting->held = calloc(rows * PENALTIES, sizeof *fitting->held);
    fitting->sorted = calloc(rows, sizeof *fitting->sorted);
    if (!fitting->use || !fitting->fold || !fitting->held || !fitting->sorted)
        return CM_ENOMEM;
    const struct cm_features_request features = {.packs = request->packs,
                                                 .labels = request->labels,
                                                 .turns = fitting->turns,
                                                 .turn_count = fitting->rows,
                                                 .cues = request->cues,
                                                 .phrase_least = request->phrase_least,
                                                 .phrase_most = (uint32_t)(request->share_most * fitting->rows)};
    return cm_features_find(&features, &fitting->features);
}

/* ------------------------------------------------------------------- one choice */

struct choice {
    unsigned penalty; /* step of the path */
    double cut;       /* score from which on the label is said to hold */
    double f1;        /* by cross-validation */
};

static int compare_falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The cut that gives the best F1 over the rows in the cross-validation, half way between two scores. */
static void best_cut(struct fitting *fitting, unsigned penalty, struct choice *best)
{
    const double *held = fitting->held + (size_t)penalty * fitting->rows;
    double *yes = fitting->sorted;
    uint32_t positives = 0, negatives = 0;
    for (uint32_t row = 0; row < fitting->rows; row++)
        if (fitting->fold[row] != NO_FOLD && fitting->truth[row])
            yes[positives++] = held[row];
    double *no = yes + positives;
    for (uint32_t row = 0; row < fitting->rows; row++)
        if (fitting->fold[row] != NO_FOLD && !fitting->truth[row])
            no[negatives++] = held[row];
    if (positives)
        qsort(yes, positives, sizeof *yes, compare_falling);
    if (negatives)
        qsort(no, negatives, sizeof *no, compare_falling);
    for (uint32_t hit = 1, wrong = 0; hit <= positives; hit++) {
        while (wrong < negatives && no[wrong] >= yes[hit - 1])
            wrong++;
        if (hit < positives && yes[hit] == yes[hit - 1])
            continue;
        double f1 = cm_f1((struct cm_counts){.tp = hit, .fp = wrong, .fn = positives - hit});
        double next = hit < positives ? yes[hit] : yes[hit - 1] - 1;
        next = wrong < negatives && no[wrong] > next ? no[wrong] : next;
        if (f1 > best->f1 + 1e-9)
            *best = (struct choice){penalty, (yes[hit - 1] + next) / 2, f1};
    }
}

static enum cm_status stopped(const struct fitting *fitting)
{
    const atomic_bool *stop = fitting->request->stop;
    return stop && atomic_load_explicit(stop, memory_order_relaxed) ? CM_ESTOPPED : CM_OK; /* a flag alone */
}

/* Scores along the path for the rows of one fold, learnt from the others. */
static enum cm_status hold_out(struct fitting *fitting, uint8_t fold)
{
    struct cm_regress *regress;
    for (uint32_t row = 0; row < fitting->rows; row++)
        fitting->use[row] = fitting->fold[row] != NO_FOLD && fitting->fold[row] != fold;
    enum cm_status status = cm_regress_new(&fitting->features, fitting->rows, fitting->truth, fitting->use, &regress);
    for (unsigned step = 0; status == CM_OK && step < PENALTIES; step++) {
        cm_regress_run(regress, penalty_of(step));
        status = stopped(fitting);
        for (uint32_t row = 0; row < fitting->rows; row++)
            if (fitting->fold[row] == fold)
                fitting->held[(size_t)step * fitting->rows + row] = cm_regress_scores(regress)[row];
    }
    cm_regress_free(regress);
    return status;
}

static enum cm_status go_on(struct fitting *fitting)
{
    const struct cm_fit_request *request = fitting->request;
    if (request->progress)
        request->progress(request->progress_context, fitting->done, fitting->total);
    fitting->done++;
    return stopped(fitting);
}

static uint32_t phrases_in(const struct fitting *fitting, const struct cm_regress *regress)
{
    uint32_t count = 0;
    for (uint32_t i = fitting->features.cue_count; i < fitting->features.count; i++)
        count += fabs(cm_regress_weights(regress)[i]) >= WEIGHT_LEAST;
    return count;
}

/*
 * Learn from the rows that have a fold: penalty and cut by cross-validation over these folds, then weights from all of them. The penalty
 * is never so low that the result has more phrases than were asked for. *out is to be freed.
 */
static enum cm_status learn(struct fitting *fitting, unsigned folds, struct choice *choice, struct cm_regress **out)
{
    enum cm_status status = CM_OK;
    *choice = (struct choice){0};
    for (unsigned fold = 0; status == CM_OK && fold < folds; fold++) {
        status = go_on(fitting);
        if (status == CM_OK)
            status = hold_out(fitting, (uint8_t)fold);
    }
    for (uint32_t row = 0; row < fitting->rows; row++)
        fitting->use[row] = fitting->fold[row] != NO_FOLD;
    if (status == CM_OK)
        status = cm_regress_new(&fitting->features, fitting->rows, fitting->truth, fitting->use, out);
    if (status != CM_OK)
        return status;
    unsigned steps = 0;
    for (; steps < PENALTIES && status == CM_OK; steps++) {
        cm_regress_run(*out, penalty_of(steps));
        status = stopped(fitting);
        if (steps > 0 && phrases_in(fitting, *out) > fitting->request->phrases_most)
            break;
        best_cut(fitting, steps, choice);
    }
    cm_regress_free(*out);
    *out = NULL;
    if (status == CM_OK)
        status = cm_regress_new(&fitting->features, fitting->rows, fitting->truth, fitting->use, out);
    for (unsigned step = 0; status == CM_OK && step <= choice->penalty; step++) {
        cm_regress_run(*out, penalty_of(step));
        status = stopped(fitting);
    }
    return status;
}

/* ---------------------------------------------------------------------- results */

static double round2(double value)
{
    return floor(value * 100 + 0.5) / 100;
}

/* A weight as it will be printed; 0: too small to be. */
static double printed(double weight)
{
    return fabs(weight) < WEIGHT_LEAST ? 0 : round2(weight);
}

/* Likewise the threshold. A cue never fires on nothing. */
static double printed_threshold(const struct cm_regress *regress, double cut)
{
    double threshold = round2(cut - cm_regress_bias(regress));
    return threshold > 0.01 ? threshold : 0.01;
}

/* What the printed weights make of every row, in fitting->sorted. */
static const double *printed_scores(struct fitting *fitting, const struct cm_regress *regress)
{
    memset(fitting->sorted, 0, fitting->rows * sizeof *fitting->sorted);
    for (uint32_t i = 0; i < fitting->features.count; i++) {
        const struct cm_feature *feature = &fitting->features.items[i];
        double weight = printed(cm_regress_weights(regress)[i]);
        for (uint32_t row = 0; row < feature->count && weight != 0; row++)
            fitting->sorted[feature->rows[row]] += weight;
    }
    return fitting->sorted;
}

static bool fires(double score, double threshold)
{
    return score >= threshold - 1e-9;
}

/* Every outer fold by what the whole procedure, printing included, makes of the others. */
static enum cm_status measure(struct fitting *fitting)
{
    const struct cm_fit_request *request = fitting->request;
    struct cm_counts counts = {0};
    enum cm_status status = CM_OK;
    for (unsigned outer = 0; status == CM_OK && outer < request->folds; outer++) {
        struct choice choice;
        struct cm_regress *regress = NULL;
        for (uint32_t row = 0; row < fitting->rows; row++)
            fitting->fold[row] =
                fold_of(fitting, row, 0, request->folds) == outer ? NO_FOLD : fold_of(fitting, row, 1 + outer, INNER_FOLDS);
        status = learn(fitting, INNER_FOLDS, &choice, &regress);
        const double *score = status == CM_OK ? printed_scores(fitting, regress) : NULL;
        for (uint32_t row = 0; score && row < fitting->rows; row++)
            if (fitting->fold[row] == NO_FOLD)
                cm_counts_note(&counts, fires(score[row], printed_threshold(regress, choice.cut)), fitting->truth[row]);
        cm_regress_free(regress);
    }
    fitting->fit->nested = cm_figures_of(counts);
    return status;
}

static void describe(const struct fitting *fitting, const struct cm_feature *feature, double weight, struct cm_fit_weight *out)
{
    *out = (struct cm_fit_weight){.cue = feature->cue, .phrase = feature->phrase, .weight = weight, .turns = feature->count};
    for (uint32_t i = 0; i < feature->count; i++)
        out->labels += fitting->truth[feature->rows[i]];
}

static int compare_weights(const void *a, const void *b)
{
    const struct cm_fit_weight *x = a, *y = b;
    double left = fabs(x->weight), right = fabs(y->weight);
    if (left != right)
        return left < right ? 1 : -1;
    if (x->cue != y->cue)
        return x->cue < y->cue ? -1 : 1;
    return cm_span_compare(x->phrase, y->phrase);
}

/* As they will be printed: rounded, and what is too small left out; the cut is set anew for what is left. */
static enum cm_status keep(struct fitting *fitting, const struct cm_regress *regress, double cut)
{
    struct cm_fit *fit = fitting->fit;
    const struct cm_features *features = &fitting->features;
    fit->weights = cm_arena_calloc(&fit->arena, features->count, sizeof *fit->weights);
    if (!fit->weights)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < features->count; i++) {
        struct cm_fit_weight *kept = &fit->weights[fit->count];
        double weight = printed(cm_regress_weights(regress)[i]);
        if (weight == 0)
            continue;
        describe(fitting, &features->items[i], weight, kept);
        if (kept->cue == CM_CUE_NONE)
            kept->phrase = cm_arena_copy(&fit->arena, kept->phrase);
        if (kept->cue == CM_CUE_NONE && !kept->phrase.ptr)
            return CM_ENOMEM;
        fit->count++;
    }
    const double *score = printed_scores(fitting, regress);
    fit->threshold = printed_threshold(regress, cut);
    struct cm_counts counts = {0};
    for (uint32_t row = 0; row < fitting->rows; row++)
        cm_counts_note(&counts, fires(score[row], fit->threshold), fitting->truth[row]);
    fit->learnt = cm_figures_of(counts);
    if (fit->count)
        qsort(fit->weights, fit->count, sizeof *fit->weights, compare_weights);
    return fit->count ? CM_OK : CM_EINPUT;
}

static enum cm_status fit_all(struct fitting *fitting)
{
    struct choice choice;
    struct cm_regress *regress = NULL;
    for (uint32_t row = 0; row < fitting->rows; row++)
        fitting->fold[row] = fold_of(fitting, row, 0, fitting->request->folds);
    enum cm_status status = learn(fitting, fitting->request->folds, &choice, &regress);
    if (status == CM_OK) {
        fitting->fit->penalty = penalty_of(choice.penalty);
        status = keep(fitting, regress, choice.cut);
    }
    cm_regress_free(regress);
    return status;
}

enum cm_status cm_fit_run(const struct cm_fit_request *request, struct cm_fit *fit)
{
    *fit = (struct cm_fit){0};
    struct fitting fitting = {.request = request, .fit = fit, .total = (size_t)request->folds * (INNER_FOLDS + 1)};
    enum cm_status status = prepare(&fitting);
    if (status == CM_OK)
        status = measure(&fitting);
    if (status == CM_OK)
        status = fit_all(&fitting);
    cm_features_free(&fitting.features);
    free(fitting.turns);
    free(fitting.truth);
    free(fitting.hash);
    free(fitting.use);
    free(fitting.fold);
    free(fitting.held);
    free(fitting.sorted);
    return status;
}

void cm_fit_free(struct cm_fit *fit)
{
    cm_arena_free(&fit->arena);
    *fit = (struct cm_fit){0};
}
