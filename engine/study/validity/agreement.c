#include "study/validity/agreement.h"

#include <math.h>
#include <stdlib.h>

/* The normal quantile of 97.5 %. */
#define CM_Z 1.959963984540054

double cm_share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

double cm_f1(struct cm_counts counts)
{
    return cm_share(2 * (uint64_t)counts.tp, 2 * (uint64_t)counts.tp + counts.fp + counts.fn);
}

double cm_kappa(struct cm_counts counts)
{
    double tp = counts.tp, fp = counts.fp, fn = counts.fn, tn = counts.tn, n = tp + fp + fn + tn;
    if (n == 0)
        return (double)NAN;
    double observed = (tp + tn) / n;
    double chance = ((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)) / (n * n);
    return chance < 1 ? (observed - chance) / (1 - chance) : (double)NAN;
}

struct cm_interval cm_wilson(uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return (struct cm_interval){(double)NAN, (double)NAN};
    double n = (double)whole, p = (double)part / n, z2 = CM_Z * CM_Z;
    double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = CM_Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
    /* at the ends the formula is exact, rounding is not */
    return (struct cm_interval){part == 0 ? 0 : middle - half, part == whole ? 1 : middle + half};
}

struct cm_figures cm_figures_of(struct cm_counts counts)
{
    uint64_t heard = (uint64_t)counts.tp + counts.fp, is = (uint64_t)counts.tp + counts.fn;
    const struct cm_interval none = {(double)NAN, (double)NAN};
    return (struct cm_figures){
        .counts = counts,
        .precision = cm_share(counts.tp, heard),
        .recall = cm_share(counts.tp, is),
        .f1 = cm_f1(counts),
        .kappa = cm_kappa(counts),
        .precision_interval = cm_wilson(counts.tp, heard),
        .recall_interval = cm_wilson(counts.tp, is),
        .f1_interval = none,
        .kappa_interval = none,
    };
}

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* How often each unit is drawn when as many are drawn, with replacement, as there are. */
static void draw(uint64_t *state, size_t units, uint32_t *times)
{
    for (size_t i = 0; i < units; i++)
        times[i] = 0;
    for (size_t i = 0; i < units; i++)
        times[(size_t)(((__uint128_t)next_random(state) * units) >> 64)]++;
}

static struct cm_counts weighed(const struct cm_counts *row, const uint32_t *times, size_t units)
{
    struct cm_counts sum = {0};
    for (size_t i = 0; i < units; i++) {
        sum.tp += row[i].tp * times[i];
        sum.fp += row[i].fp * times[i];
        sum.fn += row[i].fn * times[i];
        sum.tn += row[i].tn * times[i];
    }
    return sum;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The 2.5 and 97.5 percentiles, nearest rank; the list is sorted by it. */
static struct cm_interval percentiles(double *values, size_t count)
{
    size_t good = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            values[good++] = values[i];
    if (good == 0 || good < (count + 1) / 2)
        return (struct cm_interval){(double)NAN, (double)NAN};
    qsort(values, good, sizeof *values, compare_doubles);
    size_t low = (good * 25 + 999) / 1000, high = (good * 975 + 999) / 1000;
    return (struct cm_interval){values[low - 1], values[high - 1]};
}

/* What came out of every resample; [row or set][resample]. */
struct spread {
    double *f1, *kappa, *means;
};

static void resample(const struct cm_bootstrap *bootstrap, const uint32_t *times, uint32_t r, struct spread *spread)
{
    size_t resamples = bootstrap->resamples, rows = bootstrap->rows;
    for (size_t row = 0; row < rows; row++) {
        struct cm_counts counts = weighed(bootstrap->table + row * bootstrap->units, times, bootstrap->units);
        spread->f1[row * resamples + r] = cm_f1(counts);
        spread->kappa[row * resamples + r] = cm_kappa(counts);
    }
    for (size_t set = 0; set < bootstrap->set_count; set++) {
        double sum = 0;
        uint32_t count = 0;
        for (size_t row = 0; row < rows; row++) {
            double value = spread->f1[row * resamples + r];
            if (bootstrap->sets[set * rows + row] && !isnan(value)) {
                sum += value;
                count++;
            }
        }
        spread->means[set * resamples + r] = count ? sum / count : (double)NAN;
    }
}

static enum cm_status spread_all(const struct cm_bootstrap *bootstrap, struct spread *spread)
{
    uint64_t state = bootstrap->seed;
    uint32_t *times = calloc(bootstrap->units, sizeof *times);
    enum cm_status status = times ? CM_OK : CM_ENOMEM;
    for (uint32_t r = 0; r < bootstrap->resamples && status == CM_OK; r++) {
        if (bootstrap->stop && atomic_load_explicit(bootstrap->stop, memory_order_relaxed)) { /* a flag alone */
            status = CM_ESTOPPED;
            break;
        }
        draw(&state, bootstrap->units, times);
        resample(bootstrap, times, r, spread);
    }
    free(times);
    return status;
}

enum cm_status cm_bootstrap_run(const struct cm_bootstrap *bootstrap, struct cm_figures *figures, struct cm_interval *means)
{
    size_t resamples = bootstrap->resamples;
    struct spread spread = {NULL, NULL, NULL};
    for (size_t set = 0; set < bootstrap->set_count; set++)
        means[set] = (struct cm_interval){(double)NAN, (double)NAN};
    if (bootstrap->units == 0 || resamples == 0)
        return CM_OK;
    spread.f1 = calloc(bootstrap->rows * resamples + 1, sizeof *spread.f1);
    spread.kappa = calloc(bootstrap->rows * resamples + 1, sizeof *spread.kappa);
    spread.means = calloc(bootstrap->set_count * resamples + 1, sizeof *spread.means);
    enum cm_status status = spread.f1 && spread.kappa && spread.means ? spread_all(bootstrap, &spread) : CM_ENOMEM;
    for (size_t row = 0; row < bootstrap->rows && status == CM_OK; row++) {
        figures[row].f1_interval = percentiles(spread.f1 + row * resamples, resamples);
        figures[row].kappa_interval = percentiles(spread.kappa + row * resamples, resamples);
    }
    for (size_t set = 0; set < bootstrap->set_count && status == CM_OK; set++)
        means[set] = percentiles(spread.means + set * resamples, resamples);
    free(spread.f1);
    free(spread.kappa);
    free(spread.means);
    return status;
}

struct ranked {
    double value;
    size_t at;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

enum cm_status cm_midranks(const double *values, size_t count, double *ranks)
{
    struct ranked *sorted = calloc(count + 1, sizeof *sorted);
    if (!sorted)
        return CM_ENOMEM;
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct ranked){values[i], i};
    qsort(sorted, count, sizeof *sorted, compare_ranked);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && sorted[next].value == sorted[i].value;)
            next++;
        for (size_t j = i; j < next; j++)
            ranks[sorted[j].at] = (double)(i + 1 + next) / 2;
    }
    free(sorted);
    return CM_OK;
}

/* Of midranks. Their mean is known: one that were added up would not be exact, and equal ranks not without spread. */
static double pearson(const double *x, const double *y, size_t count)
{
    double mean = ((double)count + 1) / 2, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
        xy += (x[i] - mean) * (y[i] - mean);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

enum cm_status cm_spearman(const double *x, const double *y, size_t count, double *rho)
{
    double *ranks = calloc(2 * count + 1, sizeof *ranks);
    enum cm_status status = ranks ? cm_midranks(x, count, ranks) : CM_ENOMEM;
    if (status == CM_OK)
        status = cm_midranks(y, count, ranks + count);
    if (status == CM_OK)
        *rho = count < 2 ? (double)NAN : pearson(ranks, ranks + count, count);
    free(ranks);
    return status;
}

struct cm_interval cm_spearman_interval(double rho, size_t count)
{
    if (count < 4 || isnan(rho) || fabs(rho) > 1 - 1e-12)
        return (struct cm_interval){(double)NAN, (double)NAN};
    double z = atanh(rho), error = sqrt((1 + rho * rho / 2) / ((double)count - 3));
    return (struct cm_interval){tanh(z - CM_Z * error), tanh(z + CM_Z * error)};
}
