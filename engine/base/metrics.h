/*
 * metrics: Prometheus text, version 0.0.4, into a buffer. A family is begun once, with its help and type; its samples follow. Pure;
 * failure shows in cm_buffer_status. Any thread.
 */
#ifndef CM_BASE_METRICS_H
#define CM_BASE_METRICS_H

#include <stdint.h>

#include "base/buffer.h"

/* type: "counter", "gauge", "histogram". */
void cm_metric_family(struct cm_buffer *out, const char *name, const char *type, const char *help);
/* labels: pairs of name and value, ended by a NULL name: (const char *[]){"queue", "cards", NULL}; or NULL. Values are
 * escaped, and what is no UTF-8 in them becomes U+FFFD. */
void cm_metric_unsigned(struct cm_buffer *out, const char *name, const char *const *labels, uint64_t value);
void cm_metric_milliseconds(struct cm_buffer *out, const char *name, const char *const *labels, int64_t milliseconds); /* as seconds */

/* Buckets of latencies: 5 ms to 10 s. Filled by one thread. */
#define CM_METRIC_BUCKETS 11u
struct cm_metric_histogram {
    uint64_t buckets[CM_METRIC_BUCKETS + 1]; /* not cumulative; the last: more */
    uint64_t count, sum_ms;
};
void cm_metric_observe(struct cm_metric_histogram *histogram, int64_t milliseconds);
void cm_metric_histogram(struct cm_buffer *out, const char *name, const char *const *labels, const struct cm_metric_histogram *histogram);

#endif
