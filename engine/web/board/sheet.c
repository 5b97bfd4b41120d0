#include "board/sheet.h"

#include "board/pull.h"
#include "event/event.h"

static bool is(struct cm_span text, const char *name)
{
    return cm_span_equal(text, cm_span_of(name));
}

/* An item of a list, zeroed, hung behind *last. */
#define APPEND(pull, last)                                                                                                                 \
    do {                                                                                                                                   \
        *(last) = cm_arena_calloc((pull)->arena, 1, sizeof **(last));                                                                      \
        if (!*(last)) {                                                                                                                    \
            (pull)->status = CM_ENOMEM;                                                                                                    \
            return;                                                                                                                        \
        }                                                                                                                                  \
    } while (0)

static uint32_t read_small(struct cm_pull *pull)
{
    uint64_t value = cm_pull_unsigned(pull, NULL);
    if (value > UINT32_MAX)
        pull->status = CM_EINPUT;
    return (uint32_t)value;
}

static void read_evidence(struct cm_pull *pull, struct cm_sheet_evidence *evidence)
{
    for (bool more = cm_pull_open(pull, '{'); more; more = cm_pull_more(pull, '}')) {
        struct cm_span key = cm_pull_key(pull);
        if (is(key, "turn"))
            evidence->turn = read_small(pull);
        else if (is(key, "seq"))
            evidence->seq = cm_pull_unsigned(pull, &evidence->has_seq);
        else if (is(key, "rule"))
            evidence->rule = cm_pull_text(pull);
        else if (is(key, "start"))
            evidence->start = read_small(pull);
        else if (is(key, "end"))
            evidence->end = read_small(pull);
        else if (is(key, "quote"))
            evidence->quote = cm_pull_text(pull);
        else
            cm_pull_skip(pull);
    }
    if (evidence->end < evidence->start)
        pull->status = CM_EINPUT;
}

static void read_evidences(struct cm_pull *pull, struct cm_sheet_evidence **last)
{
    for (bool more = cm_pull_open(pull, '['); more; more = cm_pull_more(pull, ']')) {
        APPEND(pull, last);
        read_evidence(pull, *last);
        last = &(*last)->next;
    }
}

static enum cm_sheet_outcome outcome_of(struct cm_span name)
{
    return is(name, "delivered") ? CM_SHEET_DELIVERED
           : is(name, "partial") ? CM_SHEET_PARTIAL
           : is(name, "missed")  ? CM_SHEET_MISSED
                                 : CM_SHEET_OTHER;
}

static void read_behaviour(struct cm_pull *pull, struct cm_sheet_behaviour *behaviour)
{
    behaviour->outcome = CM_SHEET_OTHER;
    for (bool more = cm_pull_open(pull, '{'); more; more = cm_pull_more(pull, '}')) {
        struct cm_span key = cm_pull_key(pull);
        if (is(key, "id"))
            behaviour->id = cm_pull_text(pull);
        else if (is(key, "outcome"))
            behaviour->outcome = outcome_of(cm_pull_text(pull));
        else if (is(key, "reason"))
            behaviour->reason = cm_pull_text(pull);
        else if (is(key, "evidence"))
            read_evidences(pull, &behaviour->evidence);
        else
            cm_pull_skip(pull);
    }
}

static void read_behaviours(struct cm_pull *pull, struct cm_sheet_behaviour **last)
{
    for (bool more = cm_pull_open(pull, '['); more; more = cm_pull_more(pull, ']')) {
        APPEND(pull, last);
        read_behaviour(pull, *last);
        last = &(*last)->next;
    }
}

static void read_pending_one(struct cm_pull *pull, struct cm_sheet_pending *pending)
{
    pending->since = CM_SHEET_NO_TIME;
    for (bool more = cm_pull_open(pull, '{'); more; more = cm_pull_more(pull, '}')) {
        struct cm_span key = cm_pull_key(pull);
        if (is(key, "id"))
            pending->id = cm_pull_text(pull);
        else if (is(key, "dimension"))
            pending->dimension = cm_pull_text(pull);
        else if (is(key, "kind"))
            pending->opportunity = is(cm_pull_text(pull), "opportunity");
        else if (is(key, "agent_id"))
            pending->agent_id = cm_pull_text(pull);
        else if (is(key, "since"))
            pending->since = cm_pull_time(pull);
        else if (is(key, "state"))
            pending->half = is(cm_pull_text(pull), "half");
        else if (is(key, "evidence"))
            read_evidences(pull, &pending->evidence);
        else
            cm_pull_skip(pull);
    }
}

static void read_pending(struct cm_pull *pull, struct cm_sheet_pending **last)
{
    for (bool more = cm_pull_open(pull, '['); more; more = cm_pull_more(pull, ']')) {
        APPEND(pull, last);
        read_pending_one(pull, *last);
        last = &(*last)->next;
    }
}

static enum cm_sheet_moment_kind moment_kind(struct cm_span name)
{
    static const char *const names[] = {"bonus", "penalty", "delight", "thanks"};
    unsigned kind = 0;
    while (kind < CM_SHEET_MOMENT_OTHER && !is(name, names[kind]))
        kind++;
    return (enum cm_sheet_moment_kind)kind;
}

static void read_moment(struct cm_pull *pull, struct cm_sheet_moment *moment)
{
    moment->at = CM_SHEET_NO_TIME;
    moment->kind = CM_SHEET_MOMENT_OTHER;
    for (bool more = cm_pull_open(pull, '{'); more; more = cm_pull_more(pull, '}')) {
        struct cm_span key = cm_pull_key(pull);
        if (is(key, "id"))
            moment->id = cm_pull_text(pull);
        else if (is(key, "kind"))
            moment->kind = moment_kind(cm_pull_text(pull));
        else if (is(key, "dimension"))
            moment->dimension = cm_pull_text(pull);
        else if (is(key, "agent_id"))
            moment->agent_id = cm_pull_text(pull);
        else if (is(key, "at"))
            moment->at = cm_pull_time(pull);
        else if (is(key, "evidence"))
            read_evidence(pull, &moment->evidence);
        else
            cm_pull_skip(pull);
    }
}

static void read_moments(struct cm_pull *pull, struct cm_sheet_moment **last)
{
    for (bool more = cm_pull_open(pull, '['); more; more = cm_pull_more(pull, ']')) {
        APPEND(pull, last);
        read_moment(pull, *last);
        last = &(*last)->next;
    }
}

static void read_pack(struct cm_pull *pull, struct cm_sheet *card)
{
    for (bool more = cm_pull_open(pull, '{'); more; more = cm_pull_more(pull, '}')) {
        if (is(cm_pull_key(pull), "name"))
            card->pack = cm_pull_text(pull);
        else
            cm_pull_skip(pull);
    }
}

struct reading {
    struct cm_pull pull;
    const struct cm_board_dimension *dimensions;
    size_t dimension_count;
    struct cm_span behaviours; /* read when it is known whether they are wanted: status stands behind them */
    struct cm_sheet *card;
};

static void read_care(struct reading *reading)
{
    struct cm_pull *pull = &reading->pull;
    struct cm_sheet *card = reading->card;
    for (bool more = cm_pull_open(pull, '{'); more; more = cm_pull_more(pull, '}')) {
        struct cm_span key = cm_pull_key(pull);
        size_t at = 0;
        while (at < reading->dimension_count && !is(key, reading->dimensions[at].id))
            at++;
        int32_t score = cm_pull_hundredths(pull);
        if (score > 10000)
            pull->status = CM_EINPUT;
        if (at < reading->dimension_count)
            card->dimensions[at] = score;
        else if (is(key, "score"))
            card->score = score;
    }
}

static bool read_head(struct reading *reading, struct cm_span key)
{
    struct cm_sheet *card = reading->card;
    struct cm_pull *pull = &reading->pull;
    const struct {
        const char *key;
        struct cm_span *text;
    } texts[] = {{"interaction_id", &card->interaction_id},
                 {"channel", &card->channel},
                 {"queue", &card->queue},
                 {"customer_id", &card->customer_id},
                 {"agent_id", &card->agent_id}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is(key, texts[i].key)) {
            *texts[i].text = cm_pull_text(pull);
            return true;
        }
    if (is(key, "started_at"))
        card->started_at = cm_pull_time(pull);
    else if (is(key, "ended_at"))
        card->ended_at = cm_pull_time(pull);
    else if (is(key, "pack"))
        read_pack(pull, card);
    else
        return false;
    return true;
}

static void read_status(struct cm_pull *pull, struct cm_sheet *card)
{
    struct cm_span status = cm_pull_text(pull);
    card->final = is(status, "final");
    if (!card->final && !is(status, "open"))
        pull->status = CM_EINPUT;
}

static void read_member(struct reading *reading, struct cm_span key)
{
    struct cm_sheet *card = reading->card;
    struct cm_pull *pull = &reading->pull;
    if (read_head(reading, key))
        return;
    if (is(key, "care"))
        read_care(reading);
    else if (is(key, "behaviours"))
        reading->behaviours = cm_pull_skip(pull);
    else if (is(key, "status"))
        read_status(pull, card);
    else if (is(key, "revision"))
        card->revision = cm_pull_unsigned(pull, NULL);
    else if (is(key, "pending"))
        read_pending(pull, &card->pending);
    else if (is(key, "moments"))
        read_moments(pull, &card->moments);
    else
        cm_pull_skip(pull);
}

static bool is_whole(const struct reading *reading)
{
    const struct cm_sheet *card = reading->card;
    return card->interaction_id.len >= 1 && card->interaction_id.len <= CM_INTERACTION_ID_MAX_BYTES && card->pack.len >= 1;
}

enum cm_status cm_sheet_read(struct cm_arena *arena, struct cm_span line, const struct cm_board_dimension *dimensions,
                             size_t dimension_count, bool all, struct cm_sheet *card)
{
    struct reading reading = {.dimensions = dimensions, .dimension_count = dimension_count, .card = card};
    *card = (struct cm_sheet){.started_at = CM_SHEET_NO_TIME, .ended_at = CM_SHEET_NO_TIME, .score = -1};
    for (size_t i = 0; i < CM_BOARD_DIMENSIONS_MAX; i++)
        card->dimensions[i] = -1;
    bool has_status = false;
    cm_pull_begin(&reading.pull, arena, line);
    for (bool more = cm_pull_open(&reading.pull, '{'); more; more = cm_pull_more(&reading.pull, '}')) {
        struct cm_span key = cm_pull_key(&reading.pull);
        has_status |= is(key, "status");
        read_member(&reading, key);
    }
    enum cm_status status = cm_pull_end(&reading.pull);
    if (status == CM_OK && (!has_status || !is_whole(&reading)))
        status = CM_EINPUT;
    if (status == CM_OK && reading.behaviours.ptr && (card->final || all)) {
        cm_pull_begin(&reading.pull, arena, reading.behaviours);
        read_behaviours(&reading.pull, &card->behaviours);
        status = cm_pull_end(&reading.pull);
    }
    return status;
}
