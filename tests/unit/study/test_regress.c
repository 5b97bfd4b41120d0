/* The regression against what defines its result: the conditions of Karush, Kuhn and Tucker. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "study/fit/regress.h"

#define ROWS 240u
#define FEATURES 30u

struct made {
    struct cm_features features;
    struct cm_feature items[FEATURES];
    uint32_t rows[FEATURES][ROWS];
    uint8_t truth[ROWS], use[ROWS];
};

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % limit;
}

/* Feature 0 tells most, feature 1 takes away, feature 2 is feature 0 again, the others are noise. */
static void make(struct made *made, uint64_t seed)
{
    *made = (struct made){.features = {.items = made->items, .count = FEATURES}};
    state = seed;
    for (uint32_t row = 0; row < ROWS; row++) {
        made->truth[row] = below(4) == 0;
        made->use[row] = below(5) != 0;
        for (uint32_t i = 0; i < FEATURES; i++) {
            bool has = below(6) == 0;
            if (i == 0 || i == 2)
                has = made->truth[row] ? row % 5 != 0 : row % 11 == 0;
            if (i == 1)
                has = !made->truth[row] && row % 3 == 0;
            if (has)
                made->rows[i][made->items[i].count++] = row;
        }
    }
    for (uint32_t i = 0; i < FEATURES; i++)
        made->items[i].rows = made->rows[i];
}

static double slope(const struct made *made, const struct cm_regress *regress, uint32_t feature)
{
    double sum = 0;
    for (uint32_t i = 0; i < made->items[feature].count; i++) {
        uint32_t row = made->rows[feature][i];
        if (made->use[row])
            sum += 1 / (1 + exp(-cm_regress_scores(regress)[row])) - made->truth[row];
    }
    return sum;
}

static void expect_least(const struct made *made, const struct cm_regress *regress, double penalty)
{
    double bias = 0;
    for (uint32_t row = 0; row < ROWS; row++)
        if (made->use[row])
            bias += 1 / (1 + exp(-cm_regress_scores(regress)[row])) - made->truth[row];
    cr_expect_float_eq(bias, 0, 0.05, "the bias is free: %g", bias);
    for (uint32_t i = 0; i < FEATURES; i++) {
        double weight = cm_regress_weights(regress)[i], falls = slope(made, regress, i);
        if (weight == 0)
            cr_expect(fabs(falls) <= penalty + 0.05, "feature %u has no weight and a slope of %g", i, falls);
        else
            cr_expect_float_eq(falls, weight > 0 ? -penalty : penalty, 0.05, "feature %u: slope %g, penalty %g", i, falls, penalty);
    }
}

Test(regress, nothing_could_be_moved_for_the_better)
{
    static struct made made;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        make(&made, seed);
        struct cm_regress *regress;
        cr_assert_eq(cm_regress_new(&made.features, ROWS, made.truth, made.use, &regress), CM_OK);
        for (double penalty = 16; penalty >= 0.5; penalty /= 2) {
            cm_regress_run(regress, penalty);
            expect_least(&made, regress, penalty);
        }
        cm_regress_free(regress);
    }
}

Test(regress, scores_are_bias_and_weights)
{
    static struct made made;
    static double sum[ROWS];
    make(&made, 9);
    struct cm_regress *regress;
    cr_assert_eq(cm_regress_new(&made.features, ROWS, made.truth, made.use, &regress), CM_OK);
    cm_regress_run(regress, 2);
    for (uint32_t row = 0; row < ROWS; row++)
        sum[row] = cm_regress_bias(regress);
    for (uint32_t i = 0; i < FEATURES; i++)
        for (uint32_t j = 0; j < made.items[i].count; j++)
            sum[made.rows[i][j]] += cm_regress_weights(regress)[i];
    for (uint32_t row = 0; row < ROWS; row++)
        cr_expect_float_eq(cm_regress_scores(regress)[row], sum[row], 1e-9, "row %u, left out or not", row);
    cr_expect_gt(cm_regress_weights(regress)[0] + cm_regress_weights(regress)[2], 1);
    cr_expect_lt(cm_regress_weights(regress)[1], 0);
    cm_regress_free(regress);
}

Test(regress, a_path_ends_where_a_start_from_nothing_does)
{
    static struct made made;
    make(&made, 10);
    made.features.count = 2; /* without the copy, whose share is free */
    struct cm_regress *path, *straight;
    cr_assert_eq(cm_regress_new(&made.features, ROWS, made.truth, made.use, &path), CM_OK);
    cr_assert_eq(cm_regress_new(&made.features, ROWS, made.truth, made.use, &straight), CM_OK);
    for (double penalty = 20; penalty > 1.5; penalty /= 1.4)
        cm_regress_run(path, penalty);
    cm_regress_run(path, 1);
    cm_regress_run(straight, 1);
    for (uint32_t i = 0; i < 2; i++)
        cr_expect_float_eq(cm_regress_weights(path)[i], cm_regress_weights(straight)[i], 0.01);
    cm_regress_free(path);
    cm_regress_free(straight);
}
