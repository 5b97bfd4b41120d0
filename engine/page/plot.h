/*
 * plot: lines over even steps, drawn in the page itself: SVG without script,
 * coloured by the style sheet, readable in the dark, on a phone and on paper.
 * The figures belong in a table beside it: a plot is read aloud by its title
 * alone.
 */
#ifndef CM_PAGE_PLOT_H
#define CM_PAGE_PLOT_H

#include "base/buffer.h"

/* More lines cannot be told apart by their dashes. */
#define CM_PAGE_SERIES_MAX 2u

struct cm_page_series {
    const char *name;
    const double *values;     /* one a step, not negative; NaN: none there */
    const double *low, *high; /* how far it ranges; NULL: nothing of it is drawn */
};

struct cm_page_plot {
    const char *title;
    const char *across, *up;             /* what the axes are of */
    const char *const *steps;            /* labels, from left to right */
    size_t step_count;                   /* at least 1 */
    const struct cm_page_series *series; /* the first is drawn through, the second dashed */
    size_t series_count;                 /* 1 to CM_PAGE_SERIES_MAX */
};

void cm_page_plot(struct cm_buffer *out, const struct cm_page_plot *plot);

#endif
