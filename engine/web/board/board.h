/*
 * board: what a wallboard shows, made of scorecards as they come. A model without
 * threads, sockets or clocks: it is told scorecards, events and the time, and
 * renders sections of docs/wallboard-api.md. The same calls give the same bytes.
 *
 * It knows scorecards as JSON and no rules: what behaviours are called comes with
 * the settings. Memory has a ceiling: of what nobody needs for a figure any more
 * the oldest goes first. One thread.
 */
#ifndef CM_WEB_BOARD_H
#define CM_WEB_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "event/event.h"
#include "text/redact.h"

#define CM_BOARD_DIMENSIONS_MAX 16u

/* What a pack calls a behaviour; of all packs of the run. Borrowed from whoever made the settings, NUL-terminated. */
struct cm_board_behaviour {
    const char *id, *title, *dimension, *kind; /* kind: expected, opportunity, timed, bonus, penalty */
    bool unvalidated;                          /* nobody has measured how right it is */
};

struct cm_board_dimension {
    const char *id, *title;
    int32_t target; /* hundredths; -1: none */
};

struct cm_board_settings {
    const struct cm_board_behaviour *behaviours;
    size_t behaviour_count;
    const struct cm_board_dimension *dimensions; /* of the first pack, in its order */
    size_t dimension_count;
    const char *pack;                   /* name of the first pack: CARE and its dimensions are its; concerns, too */
    int32_t target;                     /* of CARE, hundredths; -1: none */
    int64_t window_ms;                  /* of final interactions that figures are of */
    int64_t late_ms[CM_CHANNEL_COUNT];  /* a concern that waits longer is late; NONE: of interactions without a channel */
    uint32_t least;                     /* below so many interactions a queue has no score */
    bool agents;                        /* agent_id is shown */
    bool texts;                         /* events are kept for drill-down */
    uint64_t memory_bytes;              /* scorecards and texts */
    const struct cm_redactor *redactor; /* borrowed; NULL only where texts is false */
    struct cm_clock clock;
};

enum cm_board_state { CM_BOARD_STARTING, CM_BOARD_LIVE, CM_BOARD_STALLED, CM_BOARD_ENDED };

/* How its source is. */
struct cm_board_source {
    enum cm_board_state state;
    uint32_t partitions_seen, partitions; /* 0 of 0: there are none */
    uint64_t found;                       /* of the scorecards that were not given to it, those that have been since */
};

enum cm_board_section {
    CM_BOARD_SOURCE,
    CM_BOARD_CONCERNS,
    CM_BOARD_CARE,
    CM_BOARD_QUEUES,
    CM_BOARD_MOMENTS,
    CM_BOARD_PROMISES,
    CM_BOARD_LETTERS,
    CM_BOARD_SECTION_COUNT
};

struct cm_board;

/* settings are copied, what they point to is borrowed. CM_ENOMEM. */
enum cm_status cm_board_new(const struct cm_board_settings *settings, struct cm_board **out) CM_MUST_CHECK;
/* NULL is nothing. */
void cm_board_free(struct cm_board *board);

/* One scorecard as JSON, with or without a newline; a newer one of the same interaction and pack takes the place of the older. CM_EINPUT:
 * it is none, counted and else ignored; CM_ENOMEM. */
enum cm_status cm_board_card(struct cm_board *board, struct cm_span line) CM_MUST_CHECK;
/* The interaction was erased: nothing of it stays, nor in figures. */
void cm_board_erase(struct cm_board *board, struct cm_span interaction_id);
/* One event as JSON, where texts are kept. Bad ones are ignored: the run has told of them. CM_ENOMEM. */
enum cm_status cm_board_event(struct cm_board *board, struct cm_span line) CM_MUST_CHECK;
/* So many scorecards were not given to it. */
void cm_board_lost(struct cm_board *board, uint64_t cards);
void cm_board_source_is(struct cm_board *board, const struct cm_board_source *source);

/* Epoch ms, never going back: windows move, promises fall due. To be told before the first scorecard. */
void cm_board_time(struct cm_board *board, int64_t now_ms);

/* Name of a section as it stands in JSON. */
const char *cm_board_section_name(enum cm_board_section section);
/* The value of a section, JSON without blanks; queue: of this one only, ptr NULL: of all. Equal bytes where nothing changed. Failure
 * shows in cm_buffer_status. */
void cm_board_section(struct cm_board *board, enum cm_board_section section, struct cm_span queue, struct cm_buffer *out);
/* All that /api/board answers. */
void cm_board_snapshot(struct cm_board *board, struct cm_span queue, struct cm_buffer *out);
/* What /api/interactions/ID answers; false: it is not known (any more). */
bool cm_board_interaction(struct cm_board *board, struct cm_span interaction_id, struct cm_buffer *out);

/* A concern that has been late for longer than told, once each. Spans are valid during the call. */
struct cm_board_overdue {
    struct cm_span interaction_id, channel, queue, agent_id, words; /* ptr NULL: not known; agent_id only where agents are shown */
    struct cm_span behaviour, title;
    int64_t since_ms, now_ms;
    bool uncared, half;
};
void cm_board_overdue(struct cm_board *board, int64_t after_ms, void (*tell)(void *context, const struct cm_board_overdue *overdue),
                      void *context);
/* Is a concern of this interaction that began then still unanswered? */
bool cm_board_waits(const struct cm_board *board, struct cm_span interaction_id, int64_t since_ms);

/* Prometheus text of what only the board knows: concerns, waits, scores and outcomes, dimensions as labels. cues: of so many that were
 * evidence most often; 0: none. */
void cm_board_metrics(struct cm_board *board, uint32_t cues, struct cm_buffer *out);

#endif
