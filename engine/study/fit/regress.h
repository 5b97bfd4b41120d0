/*
 * regress: logistic regression with an L1 penalty: few features, readable ones.
 *
 * Least sum of logistic losses plus penalty times the sum of absolute weights;
 * the bias is not penalised. Cyclic coordinate descent with a trust region a
 * weight (A. Genkin, D. Lewis, D. Madigan, Technometrics 49, 2007): the same
 * bytes on every run. One thread's scratch.
 */
#ifndef CM_STUDY_REGRESS_H
#define CM_STUDY_REGRESS_H

#include "study/fit/features.h"

struct cm_regress;

/* truth[row]: 0 or 1; use[row]: 0 leaves the row out. All borrowed. Weights begin at 0. */
enum cm_status cm_regress_new(const struct cm_features *features, uint32_t rows, const uint8_t *truth, const uint8_t *use,
                              struct cm_regress **out) CM_MUST_CHECK;
void cm_regress_free(struct cm_regress *regress);

/* From the weights that it has to those of this penalty: a path of penalties that falls costs little more than its end. */
void cm_regress_run(struct cm_regress *regress, double penalty);

/* One a feature, and what is added to every row. */
const double *cm_regress_weights(const struct cm_regress *regress);
double cm_regress_bias(const struct cm_regress *regress);
/* bias + sum of the weights of the row's features (log odds), for rows that were left out, too. */
const double *cm_regress_scores(const struct cm_regress *regress);

#endif
