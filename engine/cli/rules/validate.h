/*
 * validate: what `rules validate` found, for terminals, programs and browsers.
 * Main thread.
 */
#ifndef CM_CLI_VALIDATE_H
#define CM_CLI_VALIDATE_H

#include "base/buffer.h"
#include "run/pack.h"
#include "study/validity/overrides.h"
#include "study/validity/ratings.h"
#include "study/validity/validate.h"

/* Figures are printed so: more digits would promise what no sample gives. */
#define CM_FIGURE_PLACES 3

struct cm_validate_report {
    const struct cm_ruleset *ruleset;
    const struct cm_validation *validation; /* NULL: no labels were given */
    const struct cm_overrides *overrides;   /* NULL: no labels by people beside the machine's */
    const struct cm_ratings *ratings;       /* NULL: no ratings */
    const struct cm_ratings_result *compared;
    const char *label; /* only this one is shown, with its cues; NULL: all */
    bool cues;         /* the table of all cues */
    bool worst_asked;  /* of every label, not only of the weak ones */
};

/* Whether the result is shown: of every label, or of the one that was asked for. */
bool cm_validate_shows(const struct cm_validate_report *report, uint32_t result);

/* Of some labels only worst turns are shown, unless they were asked for: the weak ones, or where there are none the one of least F1. */
bool cm_validate_shows_worst(const struct cm_validate_report *report, uint32_t result);

/* "agent.greet": how people name a label. Appended. */
void cm_validate_label_name(const struct cm_label_result *result, struct cm_buffer *out);

void cm_validate_text(const struct cm_validate_report *report, bool colour, unsigned columns, struct cm_buffer *out);
void cm_validate_json(const struct cm_validate_report *report, struct cm_buffer *out);
/* The `validity:` of the pack's pack.yaml, of behaviours with enough labelled turns. Needs a validation. */
void cm_validate_yaml(const struct cm_validate_report *report, struct cm_buffer *out);
void cm_validate_page(const struct cm_validate_report *report, struct cm_buffer *out);

#endif
