#include "cli/rules/validate.h"

/* As `validity` of a pack.yaml: undefined figures are left out, since a pack has no word for them. */
static void put_figure(struct cm_buffer *out, const char *key, double value)
{
    if (value == value && value >= 0)
        cm_buffer_printf(out, ", %s: %.*f", key, CM_FIGURE_PLACES, value);
}

void cm_validate_yaml(const struct cm_validate_report *report, struct cm_buffer *out)
{
    const struct cm_validation *validation = report->validation;
    cm_buffer_printf(out, "# measured by `rules validate` on %zu turns of %zu conversations\nvalidity:\n", validation->turns,
                     validation->conversations);
    uint32_t shown = 0;
    for (uint32_t i = 0; i < validation->behaviour_count; i++) {
        const struct cm_behaviour_measured *measured = &validation->behaviours[i];
        const struct cm_figures *figures = &measured->measured.figures[CM_PART_ALL];
        if (!measured->validated)
            continue;
        shown++;
        cm_buffer_printf(out, "  %s: {examples: %u", measured->behaviour->id, cm_support(figures));
        put_figure(out, "precision", figures->precision);
        put_figure(out, "recall", figures->recall);
        put_figure(out, "kappa", figures->kappa);
        cm_buffer_text(out, "}\n");
    }
    if (!shown)
        cm_buffer_text(out, "  {}   # no behaviour has enough labelled turns\n");
}
