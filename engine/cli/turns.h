/*
 * turns: the turns that grep shows, as workers hand them over and as they are
 * printed: grouped under file and interaction on a terminal, one line with
 * everything elsewhere, with the turns around a hit where asked for.
 */
#ifndef CM_CLI_TURNS_H
#define CM_CLI_TURNS_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/patterns.h"
#include "io/source.h"

/* Around a hit: more is reading the conversation, which show is for. */
#define CM_CONTEXT_MAX 100u

struct cm_turn_style {
    bool grouped; /* headings; else every line says where it is from */
    bool colour;
};

/*
 * Append one turn to a worker's buffer, rendered, with its spans highlighted
 * where colour is on (found: by start).
 */
void cm_turn_append(struct cm_buffer *out, const struct cm_turn_style *style, const struct cm_block *block, const struct cm_line *line,
                    const struct cm_event *event, const struct cm_found *found, size_t found_count);

struct cm_turn_printer;

/* context: turns before and after a hit, of the same interaction. */
enum cm_status cm_turn_printer_new(FILE *out, const struct cm_turn_style *style, uint32_t context,
                                   struct cm_turn_printer **out_printer) CM_MUST_CHECK;
void cm_turn_printer_free(struct cm_turn_printer *printer);

/* What cm_turn_append made, in order. CM_EIO: out does not take it. */
enum cm_status cm_turn_print(struct cm_turn_printer *printer, struct cm_span turns) CM_MUST_CHECK;

#endif
