/*
 * sheet: what a wallboard wants to know of one scorecard (rules/scorecard.schema.json).
 * Borrows from the line and the arena. Pure; any thread.
 */
#ifndef CM_WEB_BOARD_SHEET_H
#define CM_WEB_BOARD_SHEET_H

#include "board/board.h"

#define CM_SHEET_NO_TIME INT64_MIN

struct cm_sheet_evidence {
    struct cm_span rule, quote; /* ptr NULL: none */
    uint64_t seq;
    uint32_t turn, start, end;
    bool has_seq;
    struct cm_sheet_evidence *next;
};

/* In the order of rules/REFERENCE.md §6. */
enum cm_sheet_outcome { CM_SHEET_DELIVERED, CM_SHEET_PARTIAL, CM_SHEET_MISSED, CM_SHEET_OTHER, CM_SHEET_OUTCOME_COUNT };

struct cm_sheet_behaviour {
    struct cm_span id, reason;
    enum cm_sheet_outcome outcome;
    struct cm_sheet_evidence *evidence;
    struct cm_sheet_behaviour *next;
};

struct cm_sheet_pending {
    struct cm_span id, dimension, agent_id;
    int64_t since;
    bool opportunity, half;
    struct cm_sheet_evidence *evidence;
    struct cm_sheet_pending *next;
};

enum cm_sheet_moment_kind { CM_SHEET_BONUS, CM_SHEET_PENALTY, CM_SHEET_DELIGHT, CM_SHEET_THANKS, CM_SHEET_MOMENT_OTHER };

struct cm_sheet_moment {
    struct cm_span id, dimension, agent_id;
    int64_t at;
    enum cm_sheet_moment_kind kind;
    struct cm_sheet_evidence evidence;
    struct cm_sheet_moment *next;
};

struct cm_sheet {
    struct cm_span interaction_id, pack, channel, queue, agent_id, customer_id; /* ptr NULL: none */
    int64_t started_at, ended_at;
    uint64_t revision;
    int32_t score, dimensions[CM_BOARD_DIMENSIONS_MAX]; /* hundredths; -1: null */
    bool final;
    struct cm_sheet_behaviour *behaviours; /* of a final one, or where all was asked for */
    struct cm_sheet_pending *pending;      /* of an open one */
    struct cm_sheet_moment *moments;
};

/* dimensions: where care.ID goes. all: behaviours of an open one, too. CM_EINPUT: it is none. CM_ENOMEM. */
enum cm_status cm_sheet_read(struct cm_arena *arena, struct cm_span line, const struct cm_board_dimension *dimensions,
                             size_t dimension_count, bool all, struct cm_sheet *card) CM_MUST_CHECK;

#endif
