#include <criterion/criterion.h>
#include <math.h>

#include "study/validity/agreement.h"

Test(agreement, figures_by_hand)
{
    struct cm_figures figures = cm_figures_of((struct cm_counts){.tp = 20, .fp = 5, .fn = 10, .tn = 15});
    cr_assert_float_eq(figures.precision, 0.8, 1e-12);
    cr_assert_float_eq(figures.recall, 2.0 / 3, 1e-12);
    cr_assert_float_eq(figures.f1, 40.0 / 55, 1e-12);
    cr_assert_float_eq(figures.kappa, 0.4, 1e-12, "Cohen's own example of 50: 0.7 seen, 0.5 by chance");
}

Test(agreement, what_is_not_defined)
{
    struct cm_figures silent = cm_figures_of((struct cm_counts){.fn = 3, .tn = 4});
    cr_assert(isnan(silent.precision), "nothing was heard");
    cr_assert(isnan(silent.precision_interval.low));
    cr_assert_eq(silent.recall, 0);
    cr_assert_eq(silent.f1, 0);
    cr_assert(isnan(cm_figures_of((struct cm_counts){.tn = 9}).f1), "nothing heard, nothing there");
    cr_assert(isnan(cm_kappa((struct cm_counts){.tn = 9})));
    cr_assert(isnan(cm_kappa((struct cm_counts){0})));
}

Test(agreement, wilson)
{
    struct cm_interval half = cm_wilson(5, 10), none = cm_wilson(0, 10), all = cm_wilson(10, 10);
    cr_assert_float_eq(half.low, 0.236593, 1e-6);
    cr_assert_float_eq(half.high, 0.763407, 1e-6);
    cr_assert_eq(none.low, 0);
    cr_assert_float_eq(none.high, 0.277533, 1e-6);
    cr_assert_float_eq(all.low, 1 - 0.277533, 1e-6);
    cr_assert_eq(all.high, 1);
}

Test(agreement, midranks_and_rho)
{
    const double values[] = {3, 1, 3, 2, 3}, x[] = {1, 2, 3, 4, 5}, y[] = {2, 1, 4, 3, 5}, flat[] = {7, 7, 7, 7, 7};
    double ranks[5], rho;
    cr_assert_eq(cm_midranks(values, 5, ranks), CM_OK);
    cr_assert_eq(ranks[0], 4);
    cr_assert_eq(ranks[1], 1);
    cr_assert_eq(ranks[2], 4);
    cr_assert_eq(ranks[3], 2);
    cr_assert_eq(ranks[4], 4);
    cr_assert_eq(cm_spearman(x, y, 5, &rho), CM_OK);
    cr_assert_float_eq(rho, 1 - 6.0 * 4 / (5 * 24), 1e-12);
    cr_assert_eq(cm_spearman(x, flat, 5, &rho), CM_OK);
    cr_assert(isnan(rho), "one side does not vary");
    double many[18], same[18];
    for (size_t i = 0; i < 18; i++) {
        many[i] = (double)(i % 7);
        same[i] = 50;
    }
    cr_assert_eq(cm_spearman(same, many, 18, &rho), CM_OK);
    cr_assert(isnan(rho), "nor do eighteen, whatever rounding makes of their mean: %g", rho);
    cr_assert_eq(cm_spearman(x, y, 1, &rho), CM_OK);
    cr_assert(isnan(rho));
    cr_assert(isnan(cm_spearman_interval(1, 10).low), "no interval around certainty");
    cr_assert(isnan(cm_spearman_interval(0.5, 3).low));
    struct cm_interval interval = cm_spearman_interval(0.5, 28);
    double error = sqrt(1.125 / 25) * 1.959963984540054;
    cr_assert_float_eq(interval.low, tanh(atanh(0.5) - error), 1e-12);
    cr_assert_float_eq(interval.high, tanh(atanh(0.5) + error), 1e-12);
}

Test(agreement, a_bootstrap_can_be_stopped)
{
    atomic_bool stop = true;
    struct cm_counts table[] = {{.tp = 1}, {.fn = 1}};
    struct cm_figures figures[1];
    struct cm_bootstrap bootstrap = {.table = table, .rows = 1, .units = 2, .resamples = 1000000, .seed = 1, .stop = &stop};
    cr_assert_eq(cm_bootstrap_run(&bootstrap, figures, NULL), CM_ESTOPPED);
}

static struct cm_interval mean_of(uint64_t seed, const struct cm_counts *table, size_t units, struct cm_figures *figures)
{
    static const uint8_t both[] = {1, 1};
    struct cm_interval means[1];
    struct cm_bootstrap bootstrap = {
        .table = table, .rows = 2, .units = units, .resamples = 400, .seed = seed, .sets = both, .set_count = 1};
    cr_assert_eq(cm_bootstrap_run(&bootstrap, figures, means), CM_OK);
    return means[0];
}

Test(agreement, bootstrap_draws_conversations)
{
    enum { UNITS = 30 };
    struct cm_counts table[2 * UNITS] = {0};
    struct cm_figures figures[2], again[2];
    for (size_t i = 0; i < UNITS; i++) {
        table[i] = (struct cm_counts){.tp = 3, .fp = 1, .fn = 1, .tn = 5};               /* every conversation alike */
        table[UNITS + i] = (struct cm_counts){.tp = i % 2 ? 6 : 0, .fn = i % 2 ? 0 : 6}; /* all or nothing */
    }
    struct cm_interval mean = mean_of(1, table, UNITS, figures), same = mean_of(1, table, UNITS, again);
    cr_assert_float_eq(figures[0].f1_interval.low, 0.75, 1e-12, "equal conversations leave nothing to chance");
    cr_assert_float_eq(figures[0].f1_interval.high, 0.75, 1e-12);
    cr_assert_lt(figures[1].f1_interval.low, 0.6, "180 turns are but 30 conversations");
    cr_assert_gt(figures[1].f1_interval.high, 0.72);
    cr_assert(isnan(figures[1].kappa_interval.low) || figures[1].kappa_interval.high <= 0.1);
    cr_assert_lt(mean.low, mean.high);
    cr_assert_eq(mean.low, same.low);
    cr_assert_eq(figures[1].f1_interval.high, again[1].f1_interval.high);
    mean = mean_of(2, table, UNITS, again);
    cr_assert(mean.low != same.low || mean.high != same.high || figures[1].f1_interval.low != again[1].f1_interval.low, "the seed counts");
}

Test(agreement, bootstrap_of_nothing)
{
    struct cm_interval mean;
    struct cm_figures figures[2] = {cm_figures_of((struct cm_counts){0}), cm_figures_of((struct cm_counts){0})};
    struct cm_bootstrap bootstrap = {.rows = 2, .resamples = 10, .sets = (const uint8_t[]){1, 1}, .set_count = 1};
    cr_assert_eq(cm_bootstrap_run(&bootstrap, figures, &mean), CM_OK);
    cr_assert(isnan(mean.low) && isnan(figures[0].f1_interval.low));
}
