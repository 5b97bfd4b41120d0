/*
 * What the parts of the board share. Everything here belongs to one thread.
 *
 *   board.c            the facade               interactions.c what is known of each, and a ceiling over it
 *   pull.c sheet.c      a scorecard, read        store.c        scorecards as they came
 *   groups.c           all, and each queue      texts.c turns.c what was said, in the engine's order
 *   order.c concerns.c who waits                words.c        the words that stand behind something, masked
 *   care.c             figures of a window      moments.c      what is worth celebrating
 *   promises.c broken.c due.c                   letters.c      the same words to several
 *   board_json*.c      sections                 board_metrics.c
 */
#ifndef CM_WEB_BOARD_PRIVATE_H
#define CM_WEB_BOARD_PRIVATE_H

#include "base/arena.h"
#include "base/hash.h"
#include "board/board.h"
#include "board/order.h"
#include "board/sheet.h"
#include "event/event.h"

#define CM_BOARD_MINUTE_MS INT64_C(60000)
#define CM_BOARD_HOUR_MS (60 * CM_BOARD_MINUTE_MS)
#define CM_BOARD_DAY_MS (24 * CM_BOARD_HOUR_MS)
/* Queues are named by events, and anybody can write those: what is above is counted among all, and has no board of its own. */
#define CM_BOARD_QUEUES_MAX 1024u
#define CM_BOARD_PACKS_MAX 16u
#define CM_BOARD_MOMENTS_MAX 12u
#define CM_BOARD_MOMENTS_OF_KIND_MAX 6u
#define CM_BOARD_CONCERNS_LISTED_MAX 20u
#define CM_BOARD_PROMISES_LISTED_MAX 20u
#define CM_BOARD_LETTERS_LISTED_MAX 20u
#define CM_BOARD_PROMISES_MAX 4096u
#define CM_BOARD_LETTERS_MAX 4096u
#define CM_BOARD_NAMES_MAX 4096u
#define CM_BOARD_NAME_MAX_BYTES ((size_t)256)

/* Why an interaction has no CARE, in the order of precedence of rules/REFERENCE.md §6. */
#define CM_BOARD_REASONS(X)                                                                                                                \
    X(NO_AGENT, "no_agent", "without an agent")                                                                                            \
    X(TOO_SHORT, "too_short", "too short")                                                                                                 \
    X(LANGUAGE, "language", "in other languages")                                                                                          \
    X(NO_DIALOGUE, "no_dialogue", "without a dialogue")                                                                                    \
    X(CHANNEL, "channel", "in channels that the pack is not for")                                                                          \
    X(LOW_COVERAGE, "low_coverage", "with too little that could be judged")
enum cm_board_reason {
#define X(name, id, title) CM_BOARD_REASON_##name,
    CM_BOARD_REASONS(X)
#undef X
        CM_BOARD_REASON_COUNT
};

/* Scores of scored interactions: CARE at 0, dimensions behind it. */
#define CM_BOARD_FIGURES (1u + CM_BOARD_DIMENSIONS_MAX)

/* What a final interaction adds to the figures, so that it can be taken out again. */
struct cm_board_counted {
    int64_t slot;                     /* of the window; CM_SHEET_NO_TIME: in none */
    int16_t scores[CM_BOARD_FIGURES]; /* hundredths; -1: none */
    uint32_t unvalidated;             /* a bit a figure: something that counted was never measured */
    uint8_t reason;                   /* enum cm_board_reason, where scores[0] is -1 */
};

struct cm_board_figure {
    uint32_t n, unvalidated;
    int64_t sum; /* hundredths */
};

/* What ended in one slot of time. */
struct cm_board_slot {
    int64_t slot;
    uint32_t unscored[CM_BOARD_REASON_COUNT];
    struct cm_board_figure figures[]; /* 1 + dimension_count */
};

struct cm_board_moment {
    uint64_t key; /* of interaction, id and turn */
    uint64_t interaction;
    int64_t at;
    uint32_t turn;
    bool praise;
    const char *title, *channel;
    struct cm_board_group *queue;
    struct cm_span interaction_id, agent_id, words;
    char *block; /* what they are in */
};

/* The newest of one kind, newest first. */
struct cm_board_shelf {
    struct cm_board_moment moments[CM_BOARD_MOMENTS_OF_KIND_MAX];
    size_t count;
};

/* Interactions that are looked at together: all, one queue, or those without one. */
struct cm_board_group {
    struct cm_span name; /* ptr NULL: all, or the rest; NUL behind it */
    uint64_t hash;
    uint64_t open;
    struct cm_order concerns;
    char *slots;                      /* slot_count of slot_bytes each; NULL: nothing has ended */
    struct cm_board_shelf shelves[2]; /* care, praise; of the group of all none: it shows those of its queues */
    uint64_t scored, unscored;        /* ever */
};

struct cm_board_concern {
    struct cm_order_node in_all, in_queue, untold;
    struct cm_board_item *item;
    struct cm_board_group *queue; /* whose list it is on */
    int64_t since, late_at;
    const char *behaviour, *title;
    struct cm_span words, agent_id; /* owned */
    uint32_t turn, start, end;      /* what words are of */
    uint32_t more;
    bool uncared, half, told;
};

/* A scorecard as it came. */
struct cm_board_stored {
    struct cm_board_stored *next;
    const char *pack; /* a name */
    uint32_t len, cap;
    bool final;
    char bytes[];
};

/* An event that was kept: a message, an edit or a deletion. */
struct cm_board_text {
    struct cm_board_text *next; /* in order of arrival */
    struct cm_hash128 hash;
    int64_t ts;
    uint64_t seq, target_seq, serial;
    struct cm_span event_id, target_event_id, agent_id, text; /* ptr NULL: none; in the same block */
    uint32_t has;                                             /* enum cm_event_has */
    uint8_t type, speaker;
    uint32_t bytes; /* of the block */
};

struct cm_board_link {
    struct cm_board_link *before, *behind;
};

/* SEEN: it was open, and counts nowhere while its next card is taken. */
enum cm_board_status { CM_BOARD_ITEM_NEW, CM_BOARD_ITEM_SEEN, CM_BOARD_ITEM_OPEN, CM_BOARD_ITEM_FINAL };

struct cm_board_item {
    struct cm_board_link by_use, by_payload; /* in board->used[final], board->paid */
    struct cm_board_item *next;              /* of the same bucket */
    uint64_t hash, serial;
    struct cm_span id; /* owned */
    struct cm_board_group *queue;
    const char *channel;     /* a name, or NULL */
    struct cm_span agent_id; /* owned */
    uint64_t customer;       /* hash of customer_id; 0: none */
    int64_t first_ms;        /* when it was first heard of */
    struct cm_board_stored *cards;
    struct cm_board_text *texts, **last_text;
    struct cm_span customer_names; /* owned: as any event tells them */
    struct cm_board_concern *concern;
    struct cm_board_counted counted; /* of a final one */
    uint8_t status;                  /* enum cm_board_status, by the first pack */
    uint64_t promise_turns;          /* that were looked at for promises: a bit each of the first 64 */
    bool promised;                   /* some of its promises were put on the board */
    bool reproached;                 /* the customer has said that a promise was broken */
    bool paid;                       /* has scorecards or texts */
    bool gone;                       /* had texts that were let go */
    bool edited;                     /* words may be others than they were */
    bool revised;                    /* it was final, and is again, and no texts tell what of it is other than it was */
    uint64_t revision;               /* of the card */
};

enum cm_board_promise_state { CM_BOARD_PROMISE_BROKEN, CM_BOARD_PROMISE_DUE, CM_BOARD_PROMISE_OPEN };

struct cm_board_promise {
    uint64_t interaction, customer;
    int64_t made_at, due_at; /* due_at CM_SHEET_NO_TIME: none that we can read */
    int64_t until;           /* it leaves the list */
    uint32_t turn;
    const char *channel;
    struct cm_board_group *queue;
    struct cm_span interaction_id, agent_id, words;
    char *block;                 /* what they are in */
    uint64_t broken_interaction; /* 0: it is not */
    struct cm_span broken_id, broken_words;
    char *broken_block;
};

/* A customer said that a promise was not kept. */
struct cm_board_reproach {
    uint64_t interaction, customer;
    int64_t started_at, until;
    uint32_t turn;
    struct cm_span interaction_id, words;
    char *block; /* what they are in */
};

struct cm_board_letter {
    uint64_t hash;
    int64_t first_at, last_at;
    uint64_t *interactions; /* hashes, distinct; by arrival */
    size_t count, cap;
    struct cm_span *ids; /* owned; the first of them */
    size_t id_count;
    struct cm_board_group **queues;
    size_t queue_count, queue_cap;
    struct cm_span words; /* owned; ptr NULL below the least, and where they were erased */
    uint64_t words_of;    /* the interaction that they are from */
};

struct cm_board_cue {
    const char *rule; /* a name */
    uint64_t count;
};

struct cm_board_outcomes {
    uint64_t counts[CM_SHEET_OTHER];
};

struct cm_board {
    struct cm_board_settings settings;
    struct cm_board_source source;
    int64_t now_ms;
    uint64_t lost, bad, finals, opens, serial;
    int64_t since_ms; /* the earliest end of a final one; CM_SHEET_NO_TIME */

    struct cm_board_item **buckets;
    size_t bucket_count, item_count;
    struct cm_board_link used[2]; /* open, final: the least lately used first */
    struct cm_board_link paid;
    uint64_t bytes;

    struct cm_board_group all, rest, **queues;
    size_t queue_count, queue_cap;
    uint32_t *queue_slots; /* by hash of the name; 0: free */
    int64_t slot_ms, slots_of_window;
    size_t slot_count, slot_bytes;
    struct cm_board_slot *sum; /* of slots that are looked at together */
    struct cm_order untold;

    char **names; /* interned, by hash */
    size_t name_count;
    uint32_t *behaviour_slots; /* by hash of the id; 0: free */
    size_t behaviour_slot_count;
    struct cm_board_outcomes *outcomes; /* of each behaviour of the settings */
    struct cm_board_cue *cues;
    size_t cue_count;

    struct cm_board_promise *promises;
    uint64_t *promise_customers; /* of each, close together: they are looked through at every end */
    size_t promise_count, promise_cap, promise_customer_cap;
    struct cm_board_reproach *reproaches;
    size_t reproach_count, reproach_cap;
    struct cm_board_letter *letters;
    size_t letter_count, letter_cap;
    uint32_t *letter_slots; /* by hash; 0: free */

    struct cm_redaction *redaction; /* NULL: no texts are shown */
    struct cm_arena arena;          /* of one call */
    /* Turns that were put in order in this call, and whose; turned NULL: none. */
    const struct cm_board_item *turned;
    struct cm_board_turn *turns;
    size_t turn_count;
    struct cm_buffer scratch, words;
};

/* A call begins: what the one before has left in the arena is gone. */
void cm_board_begin(struct cm_board *board);

/* ------------------------------------------------------------------- names */

/* A name that lives as long as the board, NUL-terminated; NULL: none, or more than anybody honest has. */
const char *cm_board_name(struct cm_board *board, struct cm_span name);
/* Of the settings, or NULL. */
const struct cm_board_behaviour *cm_board_behaviour(const struct cm_board *board, struct cm_span id);

/* ------------------------------------------------------------------ groups */

enum cm_status cm_board_groups_new(struct cm_board *board) CM_MUST_CHECK;
void cm_board_groups_free(struct cm_board *board);
/* The group of a queue, made where need be; ptr NULL, or one too many: the rest. NULL: no memory. */
struct cm_board_group *cm_board_queue(struct cm_board *board, struct cm_span name);
/* The group to look at: all where ptr is NULL; NULL: nobody knows this queue. */
struct cm_board_group *cm_board_view(struct cm_board *board, struct cm_span name);

/* ------------------------------------------------------------ interactions */

enum cm_status cm_board_items_new(struct cm_board *board) CM_MUST_CHECK;
void cm_board_items_free(struct cm_board *board);
struct cm_board_item *cm_board_item_find(const struct cm_board *board, struct cm_span id);
/* Found or made; NULL: no memory. */
struct cm_board_item *cm_board_item_get(struct cm_board *board, struct cm_span id);
void cm_board_item_used(struct cm_board *board, struct cm_board_item *item);
/* It has something that can be let go when memory is short. */
void cm_board_item_paid(struct cm_board *board, struct cm_board_item *item);
/* Scorecards and texts. */
void cm_board_item_let_go(struct cm_board *board, struct cm_board_item *item);
/* Nothing of it stays, nor in figures; and what is not needed for figures any more goes without a trace in them. */
void cm_board_item_erase(struct cm_board *board, struct cm_board_item *item);
/* Below the ceiling again, if need be; not this one. */
void cm_board_make_room(struct cm_board *board, const struct cm_board_item *except);

/* Owned text: replaced where it is another one, absent where ptr is NULL. */
enum cm_status cm_board_own(struct cm_board *board, struct cm_span *owned, struct cm_span text) CM_MUST_CHECK;
void cm_board_disown(struct cm_board *board, struct cm_span *owned);
/* Copies of several texts, in one block; absent ones stay absent. NULL, and nothing changed: no memory. */
char *cm_board_block(struct cm_span *const *texts, size_t count);

/* A scorecard as it came, in place of an older one of its pack. */
enum cm_status cm_board_store(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card,
                              struct cm_span line) CM_MUST_CHECK;
void cm_board_store_free(struct cm_board *board, struct cm_board_item *item);

/* ------------------------------------------------------------------- parts */

enum cm_status cm_board_concern_take(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card) CM_MUST_CHECK;
void cm_board_concern_drop(struct cm_board *board, struct cm_board_item *item);
/* Of those who wait in a group (NULL: in none). */
struct cm_board_waiting {
    size_t count, uncared, late;
    /* Of who is furthest beyond the time of his channel; CM_SHEET_NO_TIME: nobody waits. */
    int64_t worst_since, worst_late_at;
};
struct cm_board_waiting cm_board_waiting(const struct cm_board *board, const struct cm_board_group *group);
/* In the order in which they are shown; NULL: there are not so many. */
const struct cm_board_concern *cm_board_concern_at(const struct cm_board *board, const struct cm_board_group *group, size_t index);

/* How long a slot is, and how many there are. */
enum cm_status cm_board_care_new(struct cm_board *board) CM_MUST_CHECK;
void cm_board_care_take(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card);
/* Out of the figures again. */
void cm_board_care_drop(struct cm_board *board, struct cm_board_item *item);
enum cm_status cm_board_care_room(struct cm_board *board, struct cm_board_group *group) CM_MUST_CHECK;
/* Of all slots from..to, both included. */
void cm_board_care_sum(const struct cm_board *board, const struct cm_board_group *group, int64_t from, int64_t to,
                       struct cm_board_slot *sum);
int64_t cm_board_slot_now(const struct cm_board *board);
const char *cm_board_reason_id(enum cm_board_reason reason);
const char *cm_board_reason_title(enum cm_board_reason reason);

enum cm_status cm_board_moments_take(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card) CM_MUST_CHECK;
void cm_board_moments_erase(struct cm_board *board, uint64_t interaction);
/* What there is of an interaction that turns out to be of another queue. */
void cm_board_moments_move(struct cm_board_item *item, struct cm_board_group *queue);
/* The newest of a group, as they are to be shown; returns how many. */
size_t cm_board_moments_list(const struct cm_board *board, const struct cm_board_group *group,
                             const struct cm_board_moment *list[CM_BOARD_MOMENTS_MAX]);

enum cm_status cm_board_promises_take(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card) CM_MUST_CHECK;
void cm_board_promises_erase(struct cm_board *board, uint64_t interaction);
void cm_board_promises_time(struct cm_board *board);
void cm_board_promises_free(struct cm_board *board);
enum cm_board_promise_state cm_board_promise_state(const struct cm_board *board, const struct cm_board_promise *promise);

/* Does a customer say in these words that something promised did not come? */
bool cm_board_says_broken(struct cm_span words);

/* --------------------------------------------------------------- what was said */

/* The customer goes by this name, too: it is masked in all that was said. */
enum cm_status cm_board_text_name(struct cm_board *board, struct cm_board_item *item, struct cm_span name) CM_MUST_CHECK;
enum cm_status cm_board_text_keep(struct cm_board *board, struct cm_board_item *item, const struct cm_event *event) CM_MUST_CHECK;
void cm_board_texts_free(struct cm_board *board, struct cm_board_item *item);

struct cm_board_turn {
    const struct cm_board_text *message, *words; /* words: NULL where it was deleted */
};
/* The turns of an interaction, in the engine's order: board->turns, until the call is over. CM_ENOMEM. */
enum cm_status cm_board_turns(struct cm_board *board, const struct cm_board_item *item) CM_MUST_CHECK;

/* What was said where evidence points to, or NULL. */
const struct cm_board_turn *cm_board_turn_of(struct cm_board *board, const struct cm_board_item *item,
                                             const struct cm_sheet_evidence *evidence);

/*
 * The words that stand behind evidence, in board->words until the next call: its sentence where texts are kept, else its quote. ptr NULL:
 * none are kept.
 */
struct cm_span cm_board_words(struct cm_board *board, const struct cm_board_item *item, const struct cm_sheet_evidence *evidence);
/* Bytes from..to of what was said, masked, at most a quote long. */
struct cm_span cm_board_masked(struct cm_board *board, const struct cm_board_item *item, struct cm_span text, size_t from, size_t to);
/* The sentence of text that holds this byte. */
void cm_board_sentence(struct cm_span text, size_t at, size_t *from, size_t *to);

enum cm_status cm_board_letter_take(struct cm_board *board, struct cm_board_item *item, const struct cm_event *event) CM_MUST_CHECK;
/* To so many that it is worth telling. */
bool cm_board_letter_shows(const struct cm_board_letter *letter);
void cm_board_letters_erase(struct cm_board *board, uint64_t interaction);
void cm_board_letters_time(struct cm_board *board);
void cm_board_letters_free(struct cm_board *board);

enum cm_status cm_board_count_outcomes(struct cm_board *board, const struct cm_sheet *card) CM_MUST_CHECK;

#endif
