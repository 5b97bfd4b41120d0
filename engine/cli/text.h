/*
 * text: customers' words on a terminal: no control characters, cut or wrapped
 * by characters, not bytes.
 */
#ifndef CM_CLI_TEXT_H
#define CM_CLI_TEXT_H

#include "base/buffer.h"

/*
 * Append text without what could steer a terminal: control characters (C0, DEL,
 * C1) become spaces or U+FFFD, bad UTF-8 U+FFFD.
 */
void cm_text_clean(struct cm_buffer *out, struct cm_span text);

/* Columns that clean text takes: one a code point, two for wide ones, none for combining ones. */
unsigned cm_text_columns(struct cm_span text);

/* Append text and spaces up to columns; what is wider is cut and ends in "…". */
void cm_text_pad(struct cm_buffer *out, struct cm_span text, unsigned columns);

/*
 * Append text, cleaned, its words broken at columns; column is where it begins, indent where further lines do. A word that is wider than
 * a line stands alone.
 */
void cm_text_wrap(struct cm_buffer *out, struct cm_span text, unsigned column, unsigned indent, unsigned columns);

/* Append text, cut where it is wider than columns, then it ends in "…"; no spaces behind it. */
void cm_text_cut(struct cm_buffer *out, struct cm_span text, unsigned columns);

/* A duration in the two largest of its units: "4 h 30 min", "12 s", "0.4 s". */
void cm_text_duration(struct cm_buffer *out, double seconds);

/* 1234567 as 1,234,567. */
void cm_text_number(struct cm_buffer *out, uint64_t number);

#endif
