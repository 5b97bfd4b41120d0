/*
 * agreement: how far what was heard and what is true agree, in figures.
 *
 * A figure that is not defined (no hits, so no precision) is NaN. Intervals are
 * 95 %: Wilson's score interval for shares (E. B. Wilson, JASA 22, 1927), the
 * percentiles of a bootstrap over conversations for F1 and kappa, because turns
 * of one conversation are not independent. Pure functions, any thread.
 */
#ifndef CM_STUDY_AGREEMENT_H
#define CM_STUDY_AGREEMENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Enough for the second decimal of a 95 % interval. */
#define CM_RESAMPLES_DEFAULT 1000u
/* Any constant will do, so long as it is one. */
#define CM_SEED_DEFAULT UINT64_C(20260101)

struct cm_counts {
    uint32_t tp, fp, fn, tn;
};

struct cm_interval {
    double low, high; /* NaN: none */
};

struct cm_figures {
    struct cm_counts counts;
    double precision, recall, f1, kappa;
    struct cm_interval precision_interval, recall_interval, f1_interval, kappa_interval;
};

static inline void cm_counts_add(struct cm_counts *sum, struct cm_counts one)
{
    sum->tp += one.tp;
    sum->fp += one.fp;
    sum->fn += one.fn;
    sum->tn += one.tn;
}

/* One turn: was it heard, and is it so? */
static inline void cm_counts_note(struct cm_counts *counts, int heard, int is)
{
    counts->tp += heard && is;
    counts->fp += heard && !is;
    counts->fn += !heard && is;
    counts->tn += !heard && !is;
}

/* 2 tp / (2 tp + fp + fn); NaN where nothing was heard and nothing is. */
double cm_f1(struct cm_counts counts);
/* Cohen's kappa (Educational and Psychological Measurement 20, 1960); NaN where chance alone explains all. */
double cm_kappa(struct cm_counts counts);
double cm_share(uint64_t part, uint64_t whole);
struct cm_interval cm_wilson(uint64_t part, uint64_t whole);

/* All that needs no bootstrap; the intervals of F1 and kappa are NaN. */
struct cm_figures cm_figures_of(struct cm_counts counts);

/*
 * A bootstrap: table[row * units + unit] are the counts of every row (a label) in every unit (a conversation). Fills f1_interval and
 * kappa_interval of figures[row]; means[set] is the interval of the mean F1 over the rows with sets[set * rows + row]. Resamples in which a
 * figure is not defined are left out; below half of them there is no interval.
 */
struct cm_bootstrap {
    const struct cm_counts *table;
    size_t rows, units;
    uint32_t resamples;
    uint64_t seed;
    const uint8_t *sets;
    size_t set_count;
    const atomic_bool *stop; /* NULL, or looked at before every resample: CM_ESTOPPED */
};
enum cm_status cm_bootstrap_run(const struct cm_bootstrap *bootstrap, struct cm_figures *figures, struct cm_interval *means) CM_MUST_CHECK;

/* Spearman's rho with midranks: the Pearson correlation of the ranks; NaN where one side does not vary or count < 2. */
enum cm_status cm_spearman(const double *x, const double *y, size_t count, double *rho) CM_MUST_CHECK;
/* The ranks of values, 1 to count, equal ones sharing their mean. */
enum cm_status cm_midranks(const double *values, size_t count, double *ranks) CM_MUST_CHECK;
/* By Fisher's z with the standard error of Bonett and Wright (Psychometrika 65, 2000), sqrt((1 + rho^2 / 2) / (n - 3)); NaN for n < 4 or
 * |rho| = 1. */
struct cm_interval cm_spearman_interval(double rho, size_t count);

#endif
