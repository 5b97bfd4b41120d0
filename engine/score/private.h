/*
 * What the files of score/ share. Not for other folders.
 *
 * An interaction holds what no pack changes: turns in order, runs, agents,
 * marks. A judge holds what one pack makes of them, file by file:
 *
 *   cues.c           hits and faults -> firings: which cue fired in which turn
 *   claims.c         where credit and penalty lie on the same words, one falls
 *   windows.c        how far a behaviour is looked for, and who answers for it
 *   opportunities.c  expected.c  points.c  timed.c      behaviours -> verdicts
 *   tally.c          verdicts -> one entry a behaviour and agent
 *   evidence.c       firings -> what is shown of them: places and quotes
 *   open.c           what open cards say beside: what is due, moments
 *   timing.c         clocks: calendar, holds, gaps
 *   care.c           entries -> dimensions, CARE, coverage
 *   outcome.c        the customer's side
 *   judge.c          who calls whom
 *
 * All arrays here are one thread's scratch and are kept from run to run.
 */
#ifndef CM_SCORE_PRIVATE_H
#define CM_SCORE_PRIVATE_H

#include <stdlib.h>

#include "score/judge.h"

#define CM_NONE UINT32_MAX
#define CM_TIME_NONE INT64_MIN

/* ------------------------------------------------------------------ record.c */

#define CM_RECORD_HEAD_BYTES 56u
#define CM_RECORD_STRINGS(X)                                                                                                               \
    X(event_id)                                                                                                                            \
    X(agent_id)                                                                                                                            \
    X(to_agent_id)                                                                                                                         \
    X(customer_id)                                                                                                                         \
    X(queue)                                                                                                                               \
    X(team)                                                                                                                                \
    X(lang)                                                                                                                                \
    X(target_event_id)                                                                                                                     \
    X(customer_name)
#define CM_RECORD_BACKCHANNEL (1u << 24)
#define CM_RECORD_QUOTES (1u << 25)
#define CM_RECORD_STRING_BIT(index) (1u << (8 + (index)))
#define CM_RECORD_NAME CM_RECORD_STRING_BIT(8) /* customer_name, the last of them */
#define CM_RECORD_INCOMPLETE CM_EVENT_TYPE_COUNT

/* A record, taken apart; pointers into its bytes. Strings that are absent have ptr NULL. */
struct cm_record {
    uint8_t type, speaker, channel, ended_by;
    uint32_t has;
    uint32_t pack_count, content_count, name_count, text_len, words;
    uint64_t interaction_hash;
    uint64_t hash; /* H, by which events are told apart: the first 48 bits of cm_event's */
    struct cm_origin origin;
    uint64_t seq, target_seq;
    int64_t ts, end_ts, rating, scale;
    uint32_t confidence, open_chats;
    struct cm_span interaction_id;
#define X(name) struct cm_span name;
    CM_RECORD_STRINGS(X)
#undef X
    const uint32_t *content, *names;
    const char *packs, *quotes;
    uint32_t turn; /* of a message, once it is in order; CM_NONE */
};

/* CM_EINPUT: the bytes are no whole, sound record. */
enum cm_status cm_record_parse(struct cm_span bytes, struct cm_record *record) CM_MUST_CHECK;

/* What the scan found for one pack, in place. */
struct cm_record_found {
    const struct cm_hit *hits;
    const uint32_t *faults;
    const uint32_t *quote_lens; /* NULL: no quotes */
    const char *quotes;
    uint32_t hit_count, fault_count;
};

/* Nothing found where the record does not know the pack. */
struct cm_record_found cm_record_found(const struct cm_record *record, uint32_t pack);

/* ------------------------------------------------------------- interaction.c */

struct cm_turn {
    const struct cm_record *message;
    const struct cm_record *words; /* whose findings count: the message's, or those of its last edit; NULL: deleted */
    const struct cm_record *edit;  /* the edit or delete that stands so far */
    int64_t ts, end_ts;            /* CM_TIME_NONE: absent, or before ts */
    uint32_t agent;                /* index into agents, for agent and lead; else CM_NONE */
    uint32_t run;                  /* CM_NONE: bot, system, or a backchannel outside its speaker's run */
    uint8_t speaker;
    bool transparent; /* a backchannel on a call */
    bool answers;     /* such a one of an agent, the first that an agent says after the customer spoke: "Yes." */
};

struct cm_run {
    uint32_t first, last; /* turns */
    uint32_t agent;       /* CM_NONE: the customer's */
    uint32_t ordinal;     /* among the runs of this agent, or of the customer */
    uint32_t other;       /* of an agent's: the next run of another agent; CM_NONE: none */
};

struct cm_agent {
    struct cm_span id; /* ptr NULL: without an id */
    uint64_t hash;
    uint32_t turns, runs;
    uint32_t last_run; /* index; CM_NONE: never wrote, or backchannels only */
    bool lead;         /* an agent without an id is another one than a lead without */
};

/* A placed event that is no message. */
struct cm_mark {
    const struct cm_record *record;
    uint32_t at;     /* turns before it */
    uint32_t target; /* of a transfer: index into agents; CM_NONE: nobody was named */
};

struct cm_interaction {
    struct cm_record *records; /* as added */
    size_t record_count, record_cap;
    struct cm_record **kept; /* without duplicates; then, those that are placed, in order */
    size_t kept_count, kept_cap;
    struct cm_record **spare; /* for merging */
    size_t spare_cap;
    struct cm_record **edits;
    size_t edit_count, edit_cap;
    uint32_t *slots; /* identities of kept, open addressing, index + 1 */
    size_t slot_count, slot_cap;
    bool by_seq;

    struct cm_turn *turns;
    size_t turn_count, turn_cap;
    struct cm_run *runs;
    size_t run_count, run_cap;
    struct cm_agent *agents; /* by who wrote first; behind them those whom a transfer named and who never wrote, by who was named first */
    size_t agent_count;      /* who wrote */
    size_t known_count, agent_cap;
    struct cm_mark *marks;
    size_t mark_count, mark_cap;
    uint32_t *names; /* hashes of the words of the customer's names, ascending */
    size_t name_count, name_cap;
    struct cm_buffer full_names; /* the names themselves, one space between them; empty where no quotes are kept */

    uint32_t agent_runs, customer_runs;
    uint32_t flags;      /* 1 << enum cm_flag */
    uint32_t told_flags; /* of these, what the records alone do not tell */
    uint8_t channel;
    struct cm_span id, queue, team, lang, customer_id;
    int64_t started_at, ended_at;   /* CM_TIME_NONE: not known */
    const struct cm_record *end;    /* the last end mark */
    const struct cm_record *rating; /* the last feedback with a rating */
    enum cm_status status;          /* of adding */
    bool sealed;
};

/* order.c: which records stand, in which order; edits on their turns. */
enum cm_status cm_interaction_order(struct cm_interaction *interaction) CM_MUST_CHECK;
/* runs.c: agents and runs of the ordered turns. */
enum cm_status cm_interaction_runs(struct cm_interaction *interaction) CM_MUST_CHECK;

/* A turn of a person that counts as speech of its own. */
static inline bool cm_turn_speaks(const struct cm_turn *turn)
{
    return (turn->speaker == CM_SPEAKER_CUSTOMER || turn->agent != CM_NONE) && !turn->transparent;
}

/* ------------------------------------------------------------------- judge.c */

struct cm_sums;

enum cm_firing_flag {
    CM_FIRING_FAULT = 1u << 0,    /* undecided, not fired */
    CM_FIRING_WHOLE = 1u << 1,    /* the turn, not words of it: claims no span */
    CM_FIRING_LIVE = 1u << 2,     /* would earn something if nothing fell: makes penalties fall */
    CM_FIRING_UNEARNED = 1u << 3, /* lost its words to a penalty: gives no credit, no bonus */
    CM_FIRING_SPARED = 1u << 4,   /* lost its words to a credit: costs nothing */
};

/* A cue fired (or could not be decided) in a turn. Firings of one cue are chained in order of turns. */
struct cm_firing {
    uint32_t cue, turn;
    uint32_t start, end;
    uint32_t hit;  /* index among the turn's hits, for its quote; CM_NONE: none */
    uint32_t next; /* of the same cue */
    uint32_t flags;
};

/* A hit of a phrase of a SUMMED cue: no firing yet. Those of one cue are chained in order of turns. */
struct cm_part {
    uint32_t turn, start, end, hit;
    int32_t sum; /* of all phrases of the cue in the turn, thousandths */
    uint32_t next;
};

struct cm_list {
    uint32_t *items;
    size_t count, cap;
};

/* Firings by index, sorted by (turn, start, end, id of the cue), faults apart. */
struct cm_found {
    struct cm_list hits, faults;
};

enum cm_verdict_kind {
    CM_VERDICT_SEEN,
    CM_VERDICT_PENDING,
    CM_VERDICT_NOT_EVALUATED,
    CM_VERDICT_MORE, /* no verdict of its own: more evidence for one that was given */
};

/* What one due thing came to. */
struct cm_verdict {
    uint8_t kind;
    uint8_t reason;
    uint32_t agent; /* CM_NONE: nobody's */
    int64_t credit; /* ppm */
    uint32_t searched_from, searched_to;
    uint32_t evidence[3]; /* firings, CM_NONE: none */
    bool has_window;      /* searched_from and searched_to mean something */
    bool own;             /* counts in the agent's own score alone */
};

/* One entry while it is being added up. */
struct cm_entry {
    struct cm_behaviour_result result;
    uint32_t agent;
    uint32_t reasons;    /* bits of enum cm_reason, of what was not evaluated */
    uint32_t unanswered; /* of what was seen: missed since nobody replied */
    uint32_t evidence_at;
    bool pending, own;
};

/* A pending verdict of an open card. */
struct cm_awaited {
    const struct cm_behaviour *behaviour;
    uint32_t agent;
    uint32_t evidence[3]; /* firings: of an opportunity only */
};

/* A moment: evidence among what is shown, of an agent. */
struct cm_sight {
    const struct cm_behaviour *behaviour; /* NULL: the customer's */
    uint32_t agent, shown;
    uint8_t kind;
};

struct cm_hold {
    int64_t from, to;
};

struct cm_judge {
    const struct cm_ruleset *ruleset;
    uint16_t *credit_channels, *penalty_channels; /* a cue: channels on which a behaviour credits or punishes it */
    uint8_t *cue_gated;                           /* 1: has gates that the judge must look at */
    uint32_t *composed;                           /* composites and echoes, in order of evaluation */
    uint32_t composed_count;

    const struct cm_interaction *in;
    uint32_t pack;
    bool final;
    uint32_t reasons; /* bits: why nothing of the whole interaction can be evaluated */

    uint32_t *head, *tail, *stamp; /* a cue: its chain; stale where stamp is not the judge's */
    uint8_t *gate;                 /* a cue: 0 unknown, 1 open, 2 closed; by the same stamp */
    uint32_t stamp_now;
    struct cm_firing *firings;
    size_t firing_count, firing_cap;
    uint32_t *part_head, *part_tail; /* a cue: its chain of parts; by the same stamp */
    struct cm_part *parts;
    size_t part_count, part_cap;
    bool has_penalty;
    bool marking;     /* behaviours are only looked through for what is live: no verdicts */
    bool fell;        /* claims made something fall */
    uint32_t *cursor; /* a cue: where the combination that is being tried has come to in its chain */
    struct cm_list sites, claims, spare;
    struct cm_list echo; /* content words of customer run echo_run, ascending */
    uint32_t echo_run;

    struct cm_found opened, met, deeds;
    struct cm_entry *entries;
    size_t entry_count, entry_cap;
    size_t entry_from;       /* first entry of the behaviour that is being judged */
    struct cm_list evidence; /* firings, entry of the behaviour beside them */
    struct cm_list evidence_of;
    struct cm_redaction *redaction; /* NULL: quotes as the records have them */
    struct cm_buffer quote;         /* the one that is looked through */
    struct cm_arena quotes;         /* those that were */
    struct cm_evidence *shown;
    size_t shown_count, shown_cap;
    struct cm_awaited *awaited; /* these four: of open cards */
    size_t awaited_count, awaited_cap;
    struct cm_sight *sights;
    size_t sight_count, sight_cap;
    struct cm_card_pending *pending;
    size_t pending_cap;
    struct cm_card_moment *moments;
    size_t moment_cap;
    struct cm_behaviour_result *results;
    size_t result_cap;
    struct cm_agent_result *agents;
    size_t agent_cap;
    struct cm_sums *sums;
    size_t sum_cap;

    struct cm_hold *holds;
    size_t hold_count, hold_cap;
    int64_t *gaps;
    size_t gap_cap;
    uint32_t clockless; /* bits of enum cm_measure that happened, but not by a clock */

    struct cm_profile *profile; /* NULL: none */
    struct cm_profile *timing;  /* the same, while an interaction is timed */

    struct cm_scorecard card;
};

static inline bool cm_list_add(struct cm_list *list, uint32_t item)
{
    if (list->count == list->cap && cm_grow(&list->items, &list->cap, list->count + 1, sizeof *list->items) != CM_OK)
        return false;
    list->items[list->count++] = item;
    return true;
}

static inline struct cm_span cm_agent_id(const struct cm_judge *judge, uint32_t agent)
{
    return agent == CM_NONE ? (struct cm_span){NULL, 0} : judge->in->agents[agent].id;
}

static inline const struct cm_cue *cm_firing_cue(const struct cm_judge *judge, uint32_t firing)
{
    return &judge->ruleset->cues[judge->firings[firing].cue];
}

/* Round a / b half up, also below zero; b > 0. What fits 64 bits, as nearly all does, is divided by the processor. */
static inline int64_t cm_round(__int128 a, __int128 b)
{
    __int128 twice = 2 * a + b, unit = 2 * b;
    int64_t small_twice = (int64_t)twice, small_unit = (int64_t)unit;
    if (twice == small_twice && unit == small_unit)
        return small_twice / small_unit - (small_twice % small_unit < 0);
    __int128 floor = twice / unit - (twice % unit < 0);
    return (int64_t)floor;
}

/* sort.c */
typedef bool (*cm_before)(const struct cm_judge *judge, uint32_t a, uint32_t b);
bool cm_judge_sort_list(struct cm_judge *judge, struct cm_list *list, cm_before before) CM_MUST_CHECK;

/* Most lists are empty. */
static inline bool cm_judge_sort(struct cm_judge *judge, struct cm_list *list, cm_before before)
{
    return list->count < 2 || cm_judge_sort_list(judge, list, before);
}

/* ------------------------------------------------------------- cues, claims */

enum cm_status cm_judge_cues(struct cm_judge *judge) CM_MUST_CHECK;
/* Which words earn and which cost; after the holds are known. */
enum cm_status cm_judge_claims(struct cm_judge *judge) CM_MUST_CHECK;

/* By turn, start, end, id of the cue. */
bool cm_firing_before(const struct cm_judge *judge, uint32_t a, uint32_t b);
/*
 * Can meet what is asked for: an agent's turn in a run of his, or a backchannel that answers the customer, though it neither ends a run
 * nor counts as one (nobody else's window moves for a "Yes.").
 */
static inline bool cm_turn_meets(const struct cm_turn *turn)
{
    return turn->agent != CM_NONE && (turn->run != CM_NONE || turn->answers);
}

/* Firings of any cue of the list, fallen or not, and faults, into found. */
enum cm_status cm_judge_find(struct cm_judge *judge, struct cm_cue_list cues, struct cm_found *found) CM_MUST_CHECK;

/* Language of the interaction against a list of them ("en" also takes "en-GB"); an interaction without one is taken. */
bool cm_language_in(struct cm_span lang, const struct cm_span *languages, uint32_t count);

/* ------------------------------------------------------------------- windows */

struct cm_window {
    uint32_t from, to; /* turns searched, inclusive; to < from: none */
    uint32_t owner;    /* agent who answers for what is not met */
    bool answered;     /* an agent wrote in it */
    bool closed;       /* nothing that is still to come can fall into it */
};

/* Of an opportunity that the customer opened in this turn of a run of his. */
void cm_window_after(const struct cm_judge *judge, uint32_t turn, uint32_t agent_runs, struct cm_window *window);
/* Last turn of a window whose n-th agent run is run: before the next customer run. */
uint32_t cm_window_last_turn(const struct cm_interaction *in, uint32_t run);
/* The first run that begins at or after this turn; run_count: none. */
uint32_t cm_run_from(const struct cm_interaction *in, uint32_t turn);
/* The next run of an agent from index run on, or CM_NONE. */
uint32_t cm_next_agent_run(const struct cm_interaction *in, uint32_t run);
/* The last run of an agent before index run, or CM_NONE. */
uint32_t cm_previous_agent_run(const struct cm_interaction *in, uint32_t run);

/* Index in the list of the first firing that is in turn from or later. */
size_t cm_list_from(const struct cm_judge *judge, const struct cm_list *list, uint32_t from);
/* First firing of the list in [from, to] that can meet something, of agent (CM_NONE: of any) and without any of those flags; CM_NONE: none.
 */
uint32_t cm_first_in(const struct cm_judge *judge, const struct cm_list *list, uint32_t from, uint32_t to, uint32_t agent,
                     uint32_t without);
/* Every agent turn in the range (of agent, or CM_NONE: of any) fell to the confidence gate, and there is one. */
bool cm_all_unsure(const struct cm_judge *judge, uint32_t from, uint32_t to, uint32_t agent);
bool cm_turn_unsure(const struct cm_judge *judge, const struct cm_turn *turn);
/* The customer went before an answer to what ended at `since` could be expected. */
bool cm_customer_left(const struct cm_judge *judge, int64_t since);

/* ---------------------------------------------------------------- behaviours */

/* The verdict joins the entry of its agent, for the behaviour that is being judged. */
enum cm_status cm_tally(struct cm_judge *judge, const struct cm_behaviour *behaviour, const struct cm_verdict *verdict) CM_MUST_CHECK;
/* Nothing of the interaction can be evaluated (judge->reasons, and more): not evaluated, or pending where that may change. */
enum cm_status cm_tally_whole(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t more_reasons) CM_MUST_CHECK;
/* The behaviour has been judged: its entries are finished and put in order; one of no_opportunity where there is none. */
enum cm_status cm_tally_close(struct cm_judge *judge, const struct cm_behaviour *behaviour) CM_MUST_CHECK;

/* Any kind, by its own file. */
enum cm_status cm_judge_behaviours(struct cm_judge *judge) CM_MUST_CHECK;
enum cm_status cm_judge_opportunity(struct cm_judge *judge, const struct cm_behaviour *behaviour) CM_MUST_CHECK;
enum cm_status cm_judge_expected(struct cm_judge *judge, const struct cm_behaviour *behaviour) CM_MUST_CHECK;
enum cm_status cm_judge_points(struct cm_judge *judge, const struct cm_behaviour *behaviour) CM_MUST_CHECK;
enum cm_status cm_judge_timed(struct cm_judge *judge, const struct cm_behaviour *behaviour) CM_MUST_CHECK;

/* ------------------------------------------------------- evidence, open cards */

/* A cue that adds up what several of its phrases or cues fired for. */
bool cm_firing_weighted(const struct cm_judge *judge, uint32_t firing);
/* One more of what is shown, with or without its words. */
enum cm_status cm_show(struct cm_judge *judge, uint32_t firing, bool quoted) CM_MUST_CHECK;

/* He who wrote the turn; where the customer or a bot did, the agent who wrote last before it. */
uint32_t cm_agent_at(const struct cm_interaction *in, uint32_t turn);

/* The card waits for this. */
enum cm_status cm_open_await(struct cm_judge *judge, const struct cm_behaviour *behaviour, const struct cm_verdict *verdict) CM_MUST_CHECK;
/* The customer is delighted or thanks; number: how many of the kind came before. */
enum cm_status cm_open_note(struct cm_judge *judge, enum cm_card_moment_kind kind, uint32_t firing, uint32_t number) CM_MUST_CHECK;
/* When all is judged: what was awaited and noted, and points, in order. Nothing is shown after it. */
enum cm_status cm_open_publish(struct cm_judge *judge) CM_MUST_CHECK;

/* -------------------------------------------------------------------- timing */

/* Holds of the interaction, and whether its clock runs backwards. */
enum cm_status cm_timing_prepare(struct cm_judge *judge) CM_MUST_CHECK;
/* Milliseconds of the channel's clock between two moments; holds stand still where paused. from <= to. */
int64_t cm_timing_between(const struct cm_judge *judge, int64_t from, int64_t to, bool paused);
/* End of the run's last message on its channel's clock; CM_TIME_NONE: not known. */
int64_t cm_timing_run_end(const struct cm_interaction *in, const struct cm_run *run);
/* End of the last word that a person said; CM_TIME_NONE: not known. */
int64_t cm_timing_last_word(const struct cm_interaction *in);
/* agent CM_NONE: of the interaction; else of the agent's own messages that say open_chats 1. *clockless: measures (bits) that lack a clock.
 */
enum cm_status cm_timing_measure(struct cm_judge *judge, uint32_t agent, struct cm_timing *timing, uint32_t *clockless) CM_MUST_CHECK;
/* Milliseconds; -1: null. */
int64_t cm_timing_value(const struct cm_timing *timing, enum cm_measure measure);

/* --------------------------------------------------------- care and customer */

enum cm_status cm_judge_care(struct cm_judge *judge) CM_MUST_CHECK;
enum cm_status cm_judge_customer(struct cm_judge *judge) CM_MUST_CHECK;

#endif
