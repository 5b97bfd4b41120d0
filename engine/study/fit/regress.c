#include "study/fit/regress.h"

#include <math.h>
#include <stdlib.h>

/* A step below this changes no printed digit. */
#define STEP_LEAST 1e-4
/* Trust ends with the steps, but never so low that it alone keeps a step below the least. */
#define TRUST_LEAST (16 * STEP_LEAST)
/* Passes over what moves; far more than any run has needed. */
#define PASSES_MAX 2000u

struct cm_regress {
    const struct cm_features *features;
    uint32_t rows;
    const uint8_t *truth, *use;
    double *score, *chance; /* a row: log odds, and the probability that follows */
    double *weight, *trust; /* a feature; [count] is the bias */
};

enum cm_status cm_regress_new(const struct cm_features *features, uint32_t rows, const uint8_t *truth, const uint8_t *use,
                              struct cm_regress **out)
{
    *out = NULL;
    struct cm_regress *regress = calloc(1, sizeof *regress);
    if (!regress)
        return CM_ENOMEM;
    *regress = (struct cm_regress){.features = features, .rows = rows, .truth = truth, .use = use};
    regress->score = calloc((size_t)rows + 1, sizeof *regress->score);
    regress->chance = calloc((size_t)rows + 1, sizeof *regress->chance);
    regress->weight = calloc((size_t)features->count + 1, sizeof *regress->weight);
    regress->trust = calloc((size_t)features->count + 1, sizeof *regress->trust);
    if (!regress->score || !regress->chance || !regress->weight || !regress->trust) {
        cm_regress_free(regress);
        return CM_ENOMEM;
    }
    for (uint32_t row = 0; row < rows; row++)
        regress->chance[row] = 0.5;
    *out = regress;
    return CM_OK;
}

void cm_regress_free(struct cm_regress *regress)
{
    if (!regress)
        return;
    free(regress->score);
    free(regress->chance);
    free(regress->weight);
    free(regress->trust);
    free(regress);
}

/* No curvature of the loss is above this while the score moves by at most trust. */
static double curvature(double score, double trust)
{
    double away = fabs(score);
    if (away <= trust)
        return 0.25;
    return 1 / (2 + exp(away - trust) + exp(trust - away));
}

/* The step that the slope and the curvature ask for, the penalty's corner at 0 included. */
static double step_for(double weight, double slope, double bend, double penalty, double trust)
{
    double step;
    if (weight * bend - slope > penalty)
        step = (-slope - penalty) / bend;
    else if (weight * bend - slope < -penalty)
        step = (-slope + penalty) / bend;
    else
        step = -weight;
    return step > trust ? trust : step < -trust ? -trust : step;
}

static void move_row(struct cm_regress *regress, uint32_t row, double step)
{
    regress->score[row] += step;
    regress->chance[row] = 1 / (1 + exp(-regress->score[row]));
}

static void trust_next(double *trust, double step)
{
    double twice = 2 * fabs(step), half = *trust / 2;
    *trust = twice > half ? twice : half;
    *trust = *trust > TRUST_LEAST ? *trust : TRUST_LEAST;
}

static double move_bias(struct cm_regress *regress)
{
    double slope = 0, bend = 0, *trust = &regress->trust[regress->features->count];
    for (uint32_t row = 0; row < regress->rows; row++) {
        if (!regress->use[row])
            continue;
        slope += regress->chance[row] - regress->truth[row];
        bend += curvature(regress->score[row], *trust);
    }
    double step = bend > 0 ? step_for(0, slope, bend, 0, *trust) : 0;
    for (uint32_t row = 0; row < regress->rows; row++)
        move_row(regress, row, step);
    regress->weight[regress->features->count] += step;
    trust_next(trust, step);
    return fabs(step);
}

static double slope_of(const struct cm_regress *regress, const struct cm_feature *feature)
{
    double slope = 0;
    for (uint32_t i = 0; i < feature->count; i++) {
        uint32_t row = feature->rows[i];
        slope += regress->use[row] ? regress->chance[row] - regress->truth[row] : 0;
    }
    return slope;
}

static double move_weight(struct cm_regress *regress, uint32_t index, double penalty)
{
    const struct cm_feature *feature = &regress->features->items[index];
    double *weight = &regress->weight[index], *trust = &regress->trust[index], bend = 0;
    double slope = slope_of(regress, feature);
    if (*weight == 0 && fabs(slope) <= penalty)
        return 0; /* most features, most of the time */
    for (uint32_t i = 0; i < feature->count; i++)
        bend += regress->use[feature->rows[i]] ? curvature(regress->score[feature->rows[i]], *trust) : 0;
    double step = bend > 0 ? step_for(*weight, slope, bend, penalty, *trust) : 0;
    trust_next(trust, step);
    if (step == 0)
        return 0;
    *weight += step;
    if (fabs(*weight) < 1e-12)
        *weight = 0;
    for (uint32_t i = 0; i < feature->count; i++)
        move_row(regress, feature->rows[i], step);
    return fabs(step);
}

/* Until nothing moves: all features, then those with a weight as long as they move, then all again. */
void cm_regress_run(struct cm_regress *regress, double penalty)
{
    bool all = true;
    for (uint32_t i = 0; i <= regress->features->count; i++)
        regress->trust[i] = 1; /* what the last penalty has settled is to move again */
    for (unsigned pass = 0; pass < PASSES_MAX; pass++) {
        double most = move_bias(regress);
        for (uint32_t i = 0; i < regress->features->count; i++) {
            double step = all || regress->weight[i] != 0 ? move_weight(regress, i, penalty) : 0;
            most = step > most ? step : most;
        }
        if (most < STEP_LEAST && all)
            break;
        all = most < STEP_LEAST;
    }
}

const double *cm_regress_weights(const struct cm_regress *regress)
{
    return regress->weight;
}

double cm_regress_bias(const struct cm_regress *regress)
{
    return regress->weight[regress->features->count];
}

const double *cm_regress_scores(const struct cm_regress *regress)
{
    return regress->score;
}
