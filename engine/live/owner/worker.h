/*
 * worker: what one thread needs to scan and to judge, by whatever packs.
 *
 * Scratch for the few sets of packs that are in use at once is kept (one, and during a
 * reload two); the packs are held while they are. Each worker belongs to one thread.
 */
#ifndef CM_LIVE_WORKER_H
#define CM_LIVE_WORKER_H

#include "live/owner/message.h"
#include "live/rules/rules.h"
#include "score/scorecard.h"

/* Sets of packs whose scratch a worker keeps: the current one, the one before, and one that a straggler brings. */
#define CM_WORKER_SLOTS 3u

struct cm_live_worker;

/* render: how scorecards are written; its revision is not looked at. Copied. */
enum cm_status cm_live_worker_new(const struct cm_render_options *render, struct cm_live_worker **out) CM_MUST_CHECK;
void cm_live_worker_free(struct cm_live_worker *worker);

/* Decode and scan one message; what it becomes is appended to records. Never fails for what the message holds. CM_ENOMEM. */
enum cm_status cm_live_worker_parse(struct cm_live_worker *worker, struct cm_rules *rules, const struct cm_message *message,
                                    struct cm_buffer *records, struct cm_parsed *parsed) CM_MUST_CHECK;

/* One interaction to be judged. */
struct cm_plea {
    struct cm_rules *rules;
    struct cm_span packed;
    uint32_t flags; /* 1 << enum cm_flag, beyond what the records tell */
    uint32_t revision;
    bool final;
};

/* Its scorecards, a line a pack, behind what is in out; ends[i]: where that of pack i ends. CM_EINPUT: the records are damaged. CM_ENOMEM.
 */
enum cm_status cm_live_worker_judge(struct cm_live_worker *worker, const struct cm_plea *plea, struct cm_buffer *out,
                                    size_t *ends) CM_MUST_CHECK;

#endif
