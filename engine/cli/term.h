/*
 * term: what a terminal shows and a file must not: colour, width, progress.
 */
#ifndef CM_CLI_TERM_H
#define CM_CLI_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "run/archive.h"

#define CM_COLOUR_OFF "\033[0m"
#define CM_COLOUR_BOLD "\033[1m"
#define CM_COLOUR_DIM "\033[2m"
#define CM_COLOUR_RED "\033[31m"
#define CM_COLOUR_GREEN "\033[32m"
#define CM_COLOUR_YELLOW "\033[33m"
#define CM_COLOUR_BLUE "\033[34m"
#define CM_COLOUR_MAGENTA "\033[35m"
#define CM_COLOUR_CYAN "\033[36m"
#define CM_COLOUR_HIT "\033[1;31m"

/* A terminal, NO_COLOR unset, TERM not dumb. */
bool cm_term_colour(FILE *stream);
/* Columns of the terminal, 80 where there is none. */
unsigned cm_term_width(FILE *stream);

/* code where colour is on, else nothing. */
static inline const char *cm_paint(bool colour, const char *code)
{
    return colour ? code : "";
}

/* A bar with its per cent, on stderr. */
void cm_term_bar(double share);
/* The progress bar of an archive run on stderr; clear removes it. */
void cm_term_progress(void *context, const struct cm_archive_progress *progress);
void cm_term_clear(void);

#endif
