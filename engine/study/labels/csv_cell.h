/*
 * csv_cell: one field of a CSV file that goes to a spreadsheet and comes back.
 *
 * RFC 4180 quoting. A cell that begins with = + - @, a tab or a line's end is a
 * formula to many spreadsheets, and what a customer writes must not be one: such
 * a cell is written with an apostrophe before it, and so is one that already
 * begins with an apostrophe before any of them or before another apostrophe.
 * cm_csv_bare takes exactly that one apostrophe off again, so that every text
 * comes back as it was. Any thread.
 */
#ifndef CM_STUDY_CSV_CELL_H
#define CM_STUDY_CSV_CELL_H

#include "base/buffer.h"

/* Append text as a field, without commas around it. */
void cm_csv_cell(struct cm_buffer *out, struct cm_span text);

/* What the unquoted value of a cell stood for. Borrowed from it. */
struct cm_span cm_csv_bare(struct cm_span cell);

#endif
