/*
 * card: what a wallboard wants to know of one scorecard (rules/scorecard.schema.json).
 * Borrows from the line and the arena. Pure; any thread.
 */
#ifndef CM_WEB_BOARD_CARD_H
#define CM_WEB_BOARD_CARD_H

#include "board/board.h"

#define CM_CARD_NO_TIME INT64_MIN

struct cm_card_evidence {
    struct cm_span rule, quote; /* ptr NULL: none */
    uint64_t seq;
    uint32_t turn, start, end;
    bool has_seq;
    struct cm_card_evidence *next;
};

/* In the order of rules/REFERENCE.md §6. */
enum cm_card_outcome { CM_CARD_DELIVERED, CM_CARD_PARTIAL, CM_CARD_MISSED, CM_CARD_OTHER, CM_CARD_OUTCOME_COUNT };

struct cm_card_behaviour {
    struct cm_span id, reason;
    enum cm_card_outcome outcome;
    struct cm_card_evidence *evidence;
    struct cm_card_behaviour *next;
};

struct cm_card_pending {
    struct cm_span id, dimension, agent_id;
    int64_t since;
    bool opportunity, half;
    struct cm_card_evidence *evidence;
    struct cm_card_pending *next;
};

enum cm_card_moment_kind { CM_CARD_BONUS, CM_CARD_PENALTY, CM_CARD_DELIGHT, CM_CARD_THANKS, CM_CARD_MOMENT_OTHER };

struct cm_card_moment {
    struct cm_span id, dimension, agent_id;
    int64_t at;
    enum cm_card_moment_kind kind;
    struct cm_card_evidence evidence;
    struct cm_card_moment *next;
};

struct cm_card {
    struct cm_span interaction_id, pack, channel, queue, agent_id, customer_id; /* ptr NULL: none */
    int64_t started_at, ended_at;
    uint64_t revision;
    int32_t score, dimensions[CM_BOARD_DIMENSIONS_MAX]; /* hundredths; -1: null */
    bool final;
    struct cm_card_behaviour *behaviours; /* of a final one, or where all was asked for */
    struct cm_card_pending *pending;      /* of an open one */
    struct cm_card_moment *moments;
};

/* dimensions: where care.ID goes. all: behaviours of an open one, too. CM_EINPUT: it is none. CM_ENOMEM. */
enum cm_status cm_card_read(struct cm_arena *arena, struct cm_span line, const struct cm_board_dimension *dimensions,
                            size_t dimension_count, bool all, struct cm_card *card) CM_MUST_CHECK;

#endif
