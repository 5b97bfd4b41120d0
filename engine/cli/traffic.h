/*
 * traffic: what commands that send messages tell while they do, and at their end.
 */
#ifndef CM_CLI_TRAFFIC_H
#define CM_CLI_TRAFFIC_H

#include "base/buffer.h"
#include "io/deadletter.h"

/* "1,000 messages, 0.3 MB, in 12 ms: 83,333 messages/s, 20.9 MB/s". */
void cm_traffic_text(struct cm_buffer *out, uint64_t messages, uint64_t bytes, double seconds);

/* A line on stderr, over the one before: how far (share below 0: not known), how many, how fast. */
void cm_traffic_progress(const char *what, double share, uint64_t messages, double seconds);

/* ,"rejected":{"not_json":3} */
void cm_traffic_rejected_json(struct cm_buffer *out, const struct cm_dead_letter_counts *counts);

#endif
