/*
 * scorecard: what is emitted per interaction and pack (rules/REFERENCE.md §4), as a
 * structure for programs and as JSON and CSV for everybody else.
 *
 * Scores are hundredths (-1: null), credits ppm, times milliseconds (-1: null).
 * A card borrows from its judge and interaction.
 */
#ifndef CM_SCORE_SCORECARD_H
#define CM_SCORE_SCORECARD_H

#include "base/buffer.h"
#include "ruleset/ruleset.h"

#define CM_SCORECARD_SCHEMA_VERSION "1.0"
/* Quotes are shown for the first so many pieces of evidence of a behaviour. */
#define CM_QUOTES_PER_BEHAVIOUR 3u

#define CM_OUTCOMES(X)                                                                                                                     \
    X(DELIVERED, "delivered")                                                                                                              \
    X(PARTIAL, "partial")                                                                                                                  \
    X(MISSED, "missed")                                                                                                                    \
    X(PENDING, "pending")                                                                                                                  \
    X(NO_OPPORTUNITY, "no_opportunity")                                                                                                    \
    X(NOT_EVALUATED, "not_evaluated")
#define X(name, text) CM_OUTCOME_##name,
enum cm_outcome { CM_OUTCOMES(X) CM_OUTCOME_COUNT };
#undef X

/*
 * In order of precedence: of several reasons for not_evaluated the first here is told. no_reply is a reason for missed; channel (the pack
 * is for others) and low_coverage are only reasons why a card has no CARE.
 */
#define CM_REASONS(X)                                                                                                                      \
    X(NONE, "")                                                                                                                            \
    X(NO_CLOCK, "no_clock")                                                                                                                \
    X(NO_AGENT, "no_agent")                                                                                                                \
    X(CUSTOMER_LEFT, "customer_left")                                                                                                      \
    X(TOO_SHORT, "too_short")                                                                                                              \
    X(LOW_CONFIDENCE, "low_confidence")                                                                                                    \
    X(LANGUAGE, "language")                                                                                                                \
    X(FAULT, "fault")                                                                                                                      \
    X(NO_DIALOGUE, "no_dialogue")                                                                                                          \
    X(NO_REPLY, "no_reply")                                                                                                                \
    X(CHANNEL, "channel")                                                                                                                  \
    X(LOW_COVERAGE, "low_coverage")
#define X(name, text) CM_REASON_##name,
enum cm_reason { CM_REASONS(X) CM_REASON_COUNT };
#undef X

/* Flags, printed by name in bytewise order. */
#define CM_FLAGS(X)                                                                                                                        \
    X(CLOCK_BACKWARDS, "clock_backwards")                                                                                                  \
    X(CONFLICT, "conflict")                                                                                                                \
    X(FUTURE_TIME, "future_time")                                                                                                          \
    X(INCOMPLETE, "incomplete")                                                                                                            \
    X(ORPHAN_EDIT, "orphan_edit")                                                                                                          \
    X(PACK_MIXED, "pack_mixed")                                                                                                            \
    X(TOO_MANY_TURNS, "too_many_turns")                                                                                                    \
    X(UNORDERED, "unordered")                                                                                                              \
    X(UNPLACED, "unplaced")
#define X(name, text) CM_FLAG_##name,
enum cm_flag { CM_FLAGS(X) CM_FLAG_COUNT };
#undef X

#define CM_RESOLUTIONS(X)                                                                                                                  \
    X(UNKNOWN, "unknown")                                                                                                                  \
    X(OPEN, "open")                                                                                                                        \
    X(LIKELY, "likely")                                                                                                                    \
    X(CONFIRMED, "confirmed")
#define X(name, text) CM_RESOLUTION_##name,
enum cm_resolution { CM_RESOLUTIONS(X) CM_RESOLUTION_COUNT };
#undef X

/* How far an open card is with what it waits for. */
#define CM_PENDING_STATES(X)                                                                                                               \
    X(DUE, "due")     /* nobody had to ask for it, or it could not be decided whether anybody did */                                       \
    X(UNMET, "unmet") /* a customer did, and nothing that stands has met it */                                                             \
    X(HALF, "half")   /* it was met, and not in full: a deed is awaited, or the words came late */
#define X(name, text) CM_PENDING_##name,
enum cm_pending_state { CM_PENDING_STATES(X) CM_PENDING_STATE_COUNT };
#undef X

/* What is worth showing while a conversation goes on. */
#define CM_CARD_MOMENTS(X)                                                                                                                 \
    X(BONUS, "bonus")                                                                                                                      \
    X(PENALTY, "penalty")                                                                                                                  \
    X(DELIGHT, "delight")                                                                                                                  \
    X(THANKS, "thanks")
#define X(name, text) CM_CARD_MOMENT_##name,
enum cm_card_moment_kind { CM_CARD_MOMENTS(X) CM_CARD_MOMENT_COUNT };
#undef X

const char *cm_outcome_name(enum cm_outcome outcome);
const char *cm_reason_name(enum cm_reason reason);
const char *cm_flag_name(enum cm_flag flag);
const char *cm_resolution_name(enum cm_resolution resolution);

struct cm_evidence {
    uint32_t turn; /* position after ordering */
    bool has_seq;
    uint64_t seq;
    const char *rule;     /* id of the cue */
    uint32_t start, end;  /* bytes of the turn's text */
    struct cm_span quote; /* redacted; ptr NULL: none was kept */
};

/* One thing that an open card waits for. */
struct cm_card_pending {
    const struct cm_behaviour *behaviour;
    struct cm_span agent_id;        /* ptr NULL: an agent without an id, or nobody's yet */
    int64_t since;                  /* when the customer said what opened it, epoch ms; INT64_MIN: null */
    uint8_t state;                  /* enum cm_pending_state */
    uint32_t evidence_count;        /* none where it is due */
    struct cm_evidence evidence[3]; /* what opened it, what met it so far, and a deed that came too late */
};

struct cm_card_moment {
    const struct cm_behaviour *behaviour; /* NULL: what the customer says of the outcome */
    struct cm_span agent_id;              /* his, or of who wrote last before it; ptr NULL: nobody's */
    int64_t at;                           /* epoch ms; INT64_MIN: null */
    uint8_t kind;                         /* enum cm_card_moment_kind */
    const struct cm_evidence *evidence;
};

/* One behaviour of one agent. */
struct cm_behaviour_result {
    const struct cm_behaviour *behaviour;
    struct cm_span agent_id; /* ptr NULL: an agent without an id, or nobody's */
    uint8_t outcome;         /* enum cm_outcome */
    uint8_t reason;          /* enum cm_reason */
    /*
     * Sum of the credits of what was seen. For bonus and penalty, whose outcome is delivered where they happened (seen times) and
     * no_opportunity where not: the points, capped, in hundredths * 10000, those of a penalty negative.
     */
    int64_t credit_ppm;
    uint32_t seen, met; /* opportunities; met counts those with any credit */
    const struct cm_evidence *evidence;
    uint32_t evidence_count;
    bool has_searched;
    uint32_t searched_from, searched_to; /* turns, inclusive */
};

struct cm_care_scores {
    int32_t score;                         /* CARE, hundredths; -1: null */
    int32_t dimensions[CM_DIMENSIONS_MAX]; /* hundredths; -1: null */
};

struct cm_agent_result {
    struct cm_span agent_id;
    uint32_t turns;
    struct cm_care_scores care;
};

struct cm_timing {
    int64_t first_response_ms, median_gap_ms, p90_gap_ms, dead_air_ms, talk_over_ms, customer_wait_ms; /* -1: null */
};

struct cm_scorecard {
    const struct cm_ruleset *ruleset;
    struct cm_span interaction_id, channel, lang, agent_id, customer_id, queue, team;
    int64_t started_at, ended_at; /* epoch ms; INT64_MIN: null */
    uint32_t agent_turns, customer_turns, bot_turns;
    const struct cm_agent_result *agents;
    uint32_t agent_count;
    struct cm_care_scores care;
    uint8_t null_reason;  /* enum cm_reason why care.score is null; NONE where it is not */
    int64_t coverage_ppm; /* -1: nothing was applicable */
    const struct cm_behaviour_result *behaviours;
    uint32_t behaviour_count;
    uint8_t resolution;       /* enum cm_resolution */
    uint32_t delight, thanks; /* turns */
    bool has_rating;
    int64_t rating, scale; /* thousandths; scale -1: null */
    struct cm_timing timing;
    uint32_t flags; /* 1 << enum cm_flag */
    bool final;
    const struct cm_card_pending *pending; /* of open cards only, who waits longest first */
    uint32_t pending_count;
    const struct cm_card_moment *moments; /* likewise, in order of time */
    uint32_t moment_count;
};

enum cm_evidence_mode { CM_EVIDENCE_NONE, CM_EVIDENCE_REFS, CM_EVIDENCE_QUOTES };

struct cm_render_options {
    enum cm_evidence_mode evidence;
    bool full; /* behaviours without opportunity too */
    uint32_t revision;
};

/* One JSON object and a newline, keys in the order of rules/REFERENCE.md §4. Failure shows in cm_buffer_status. */
void cm_scorecard_json(const struct cm_scorecard *card, const struct cm_render_options *options, struct cm_buffer *out);

/* CSV (RFC 4180): one row an interaction and pack; the header names the columns, dimensions of this ruleset included. */
void cm_scorecard_csv_header(const struct cm_ruleset *ruleset, struct cm_buffer *out);
void cm_scorecard_csv(const struct cm_scorecard *card, struct cm_buffer *out);

#endif
