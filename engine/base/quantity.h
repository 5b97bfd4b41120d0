/*
 * quantity: numbers, sizes and durations as people write them in options and
 * configuration, and back. Exact: what does not fit is refused, never rounded.
 * Pure functions, safe from any thread.
 */
#ifndef CM_BASE_QUANTITY_H
#define CM_BASE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* "250": digits and nothing else; false where it is none or too large. */
bool cm_number_parse(const char *text, uint64_t *number);

/* "512M", "4G", "900K", "16777216", "1MiB": bytes, K, M, G and T being powers of 1024; false where it is no size. */
bool cm_size_parse(const char *text, uint64_t *bytes);

/* "250ms", "90s", "30m", "12h", "3d", or a number of milliseconds; false where it is none. */
bool cm_duration_parse(const char *text, int64_t *ms);

/* In the largest unit that says it exactly: 64M, 900K, 1000; 3d, 90s, 250ms, 0s. ms is not negative. */
void cm_size_write(struct cm_buffer *buffer, uint64_t bytes);
void cm_duration_write(struct cm_buffer *buffer, int64_t ms);

#endif
