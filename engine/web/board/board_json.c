/* Sections of docs/wallboard-api.md. */
#include <stdlib.h>

#include "base/moment.h"
#include "private.h"

#define TREND_MS (5 * CM_BOARD_MINUTE_MS)
#define TREND_COUNT 12
#define NEAR_TARGET 500 /* hundredths below it */

static const char *const section_names[] = {"source", "concerns", "care", "queues", "moments", "promises", "letters"};

const char *cm_board_section_name(enum cm_board_section section)
{
    return section_names[section];
}

/* ------------------------------------------------------------------- values */

void cm_board_put_text(struct cm_buffer *out, struct cm_span text)
{
    if (text.ptr)
        cm_buffer_json(out, text);
    else
        cm_buffer_text(out, "null");
}

void cm_board_put_time(struct cm_buffer *out, int64_t ms)
{
    char text[CM_MOMENT_BYTES];
    if (!cm_moment_write(text, ms)) {
        cm_buffer_text(out, "null");
        return;
    }
    cm_buffer_byte(out, '"');
    cm_buffer_append(out, text, sizeof text);
    cm_buffer_byte(out, '"');
}

void cm_board_put_clock(struct cm_buffer *out, const struct cm_board *board)
{
    cm_buffer_text(out, "{\"now\":");
    cm_board_put_time(out, board->now_ms);
    cm_buffer_printf(out, ",\"rate\":%u}", (unsigned)cm_clock_rate(&board->settings.clock));
}

static void name(struct cm_buffer *out, const char *name)
{
    cm_board_put_text(out, name ? cm_span_of(name) : (struct cm_span){NULL, 0});
}

static void key(struct cm_buffer *out, const char *text)
{
    cm_buffer_byte(out, ',');
    cm_buffer_byte(out, '"');
    cm_buffer_text(out, text);
    cm_buffer_text(out, "\":");
}

static void number(struct cm_buffer *out, const char *text, uint64_t value)
{
    key(out, text);
    cm_buffer_unsigned(out, value);
}

static void truth(struct cm_buffer *out, const char *text, bool value)
{
    key(out, text);
    cm_buffer_text(out, value ? "true" : "false");
}

static void between(struct cm_buffer *out, size_t index)
{
    if (index)
        cm_buffer_byte(out, ',');
}

/* Hundredths to whole, halves up; -1: none. */
static int64_t whole(int64_t hundredths)
{
    return hundredths < 0 ? -1 : (hundredths + 50) / 100;
}

static int64_t mean(const struct cm_board_figure *figure)
{
    return figure->n ? (figure->sum + 50 * (int64_t)figure->n) / (100 * (int64_t)figure->n) : -1;
}

static void score(struct cm_buffer *out, const char *text, int64_t value)
{
    key(out, text);
    if (value < 0)
        cm_buffer_text(out, "null");
    else
        cm_buffer_unsigned(out, (uint64_t)value);
}

static struct cm_span agent(const struct cm_board *board, struct cm_span agent_id)
{
    return board->settings.agents ? agent_id : (struct cm_span){NULL, 0};
}

/* What leads to an interaction: id, channel, queue, agent. */
static void where(struct cm_buffer *out, const struct cm_board *board, struct cm_span id, const char *channel,
                  const struct cm_board_group *queue, struct cm_span agent_id)
{
    cm_buffer_text(out, "\"interaction_id\":");
    cm_board_put_text(out, id);
    key(out, "channel");
    name(out, channel);
    key(out, "queue");
    cm_board_put_text(out, queue->name);
    key(out, "agent_id");
    cm_board_put_text(out, agent(board, agent_id));
}

/* ----------------------------------------------------------------- sections */

static void source(const struct cm_board *board, struct cm_buffer *out)
{
    static const char *const states[] = {"starting", "live", "stalled", "ended"};
    cm_buffer_printf(out, "{\"state\":\"%s\",\"partitions\":", states[board->source.state]);
    if (board->source.partitions)
        cm_buffer_printf(out, "{\"seen\":%u,\"of\":%u}", board->source.partitions_seen, board->source.partitions);
    else
        cm_buffer_text(out, "null");
    number(out, "lost_cards", board->lost);
    cm_buffer_text(out, ",\"interactions\":{\"open\":");
    cm_buffer_unsigned(out, board->all.open);
    number(out, "final", board->finals);
    key(out, "since");
    cm_board_put_time(out, board->since_ms);
    cm_buffer_text(out, "}}");
}

static void concern(const struct cm_board *board, const struct cm_board_concern *concern, struct cm_buffer *out)
{
    const struct cm_board_item *item = concern->item;
    cm_buffer_byte(out, '{');
    where(out, board, item->id, item->channel, item->queue, concern->agent_id.ptr ? concern->agent_id : item->agent_id);
    key(out, "since");
    cm_board_put_time(out, concern->since);
    key(out, "state");
    cm_buffer_text(out, concern->half ? "\"half\"" : "\"unmet\"");
    truth(out, "uncared", concern->uncared);
    key(out, "words");
    cm_board_put_text(out, concern->words);
    key(out, "behaviour");
    name(out, concern->behaviour);
    key(out, "title");
    name(out, concern->title);
    number(out, "more", concern->more);
    cm_buffer_byte(out, '}');
}

static void concerns(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    struct cm_board_waiting waiting = cm_board_waiting(board, group);
    cm_buffer_text(out, "{\"count\":");
    cm_buffer_unsigned(out, waiting.count);
    number(out, "uncared", waiting.uncared);
    number(out, "late", waiting.late);
    key(out, "oldest_since");
    cm_board_put_time(out, waiting.oldest);
    key(out, "list");
    cm_buffer_byte(out, '[');
    for (size_t i = 0; i < waiting.count && i < CM_BOARD_CONCERNS_LISTED_MAX; i++) {
        between(out, i);
        concern(board, cm_board_concern_at(board, group, i), out);
    }
    cm_buffer_text(out, "]}");
}

/* n, score, target, its zone and whether it is measured: the same of CARE and of a dimension. What is shown is what is compared. */
static void figure(struct cm_buffer *out, const struct cm_board_figure *figure, int32_t target)
{
    int64_t value = mean(figure), aim = whole(target);
    cm_buffer_text(out, "\"n\":");
    cm_buffer_unsigned(out, figure->n);
    score(out, "score", value);
    score(out, "target", aim);
    key(out, "zone_of_score");
    if (value < 0 || aim < 0)
        cm_buffer_text(out, "null");
    else
        cm_buffer_text(out, value >= aim ? "\"reached\"" : value * 100 >= (int64_t)target - NEAR_TARGET ? "\"near\"" : "\"below\"");
    truth(out, "unvalidated", figure->unvalidated > 0);
}

static void trend(struct cm_board *board, const struct cm_board_group *group, struct cm_board_slot *sum, struct cm_buffer *out)
{
    int64_t first = board->now_ms / TREND_MS - (TREND_COUNT - 1);
    for (int64_t i = 0; i < TREND_COUNT; i++) {
        int64_t from = (first + i) * TREND_MS;
        cm_board_care_sum(board, group, (from + board->slot_ms - 1) / board->slot_ms, (from + TREND_MS - 1) / board->slot_ms, sum);
        between(out, (size_t)i);
        cm_buffer_text(out, "{\"from\":");
        cm_board_put_time(out, from);
        number(out, "n", sum->figures[0].n);
        score(out, "score", mean(&sum->figures[0]));
        cm_buffer_byte(out, '}');
    }
}

static void unscored(const struct cm_board_slot *sum, struct cm_buffer *out)
{
    uint64_t n = 0, listed = 0;
    for (unsigned i = 0; i < CM_BOARD_REASON_COUNT; i++)
        n += sum->unscored[i];
    cm_buffer_text(out, "{\"n\":");
    cm_buffer_unsigned(out, n);
    cm_buffer_text(out, ",\"reasons\":[");
    for (unsigned i = 0; i < CM_BOARD_REASON_COUNT; i++) {
        if (!sum->unscored[i])
            continue;
        between(out, listed++);
        cm_buffer_text(out, "{\"reason\":");
        name(out, cm_board_reason_id((enum cm_board_reason)i));
        key(out, "title");
        name(out, cm_board_reason_title((enum cm_board_reason)i));
        number(out, "n", sum->unscored[i]);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "]}");
}

static void window_of(const struct cm_board *board, const struct cm_board_group *group, struct cm_board_slot *sum)
{
    int64_t now = cm_board_slot_now(board);
    cm_board_care_sum(board, group, now - board->slots_of_window + 1, now, sum);
}

static void care(struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    struct cm_board_slot *sum = board->sum;
    window_of(board, group, sum);
    cm_buffer_byte(out, '{');
    figure(out, &sum->figures[0], board->settings.target);
    key(out, "dimensions");
    cm_buffer_byte(out, '[');
    for (size_t i = 0; i < board->settings.dimension_count; i++) {
        const struct cm_board_dimension *dimension = &board->settings.dimensions[i];
        between(out, i);
        cm_buffer_text(out, "{\"id\":");
        name(out, dimension->id);
        key(out, "title");
        name(out, dimension->title);
        cm_buffer_byte(out, ',');
        figure(out, &sum->figures[1 + i], dimension->target);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_byte(out, ']');
    key(out, "unscored");
    unscored(sum, out);
    key(out, "trend");
    cm_buffer_byte(out, '[');
    trend(board, group, sum, out);
    cm_buffer_text(out, "]}");
}

/* ------------------------------------------------------------------- queues */

/* What is shown of a queue, and what it is sorted by. */
struct row {
    const struct cm_board_group *queue;
    struct cm_board_waiting waiting;
    struct cm_board_figure figure;
};

/* Worst wait first; those in which nobody waits by name. */
static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int64_t x_since = x->waiting.count ? x->waiting.oldest : INT64_MAX, y_since = y->waiting.count ? y->waiting.oldest : INT64_MAX;
    if (x_since != y_since)
        return x_since < y_since ? -1 : 1;
    return cm_span_compare(x->queue->name, y->queue->name);
}

static void queue_row(const struct cm_board *board, const struct row *row, struct cm_buffer *out)
{
    bool enough = row->figure.n >= board->settings.least;
    cm_buffer_text(out, "{\"queue\":");
    cm_board_put_text(out, row->queue->name);
    number(out, "n", row->figure.n);
    score(out, "score", enough ? mean(&row->figure) : -1);
    number(out, "open", row->queue->open);
    number(out, "concerns", row->waiting.count);
    key(out, "oldest_since");
    cm_board_put_time(out, row->waiting.oldest);
    cm_buffer_byte(out, '}');
}

static void queues(struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    size_t count = 0;
    cm_arena_reset(&board->arena);
    struct row *rows = cm_arena_calloc(&board->arena, board->queue_count + 1, sizeof *rows);
    for (size_t i = 0; rows && group && i < board->queue_count; i++) {
        const struct cm_board_group *queue = board->queues[i];
        if (group != &board->all && group != queue)
            continue;
        window_of(board, queue, board->sum);
        rows[count] = (struct row){queue, cm_board_waiting(board, queue), board->sum->figures[0]};
        count += queue->open > 0 || rows[count].figure.n > 0;
    }
    out->failed |= !rows;
    if (count)
        qsort(rows, count, sizeof *rows, compare_rows);
    cm_buffer_printf(out, "{\"least\":%u,\"list\":[", (unsigned)board->settings.least);
    for (size_t i = 0; i < count; i++) {
        between(out, i);
        queue_row(board, &rows[i], out);
    }
    cm_buffer_text(out, "]}");
}

/* ------------------------------------------------------- moments, promises, letters */

static void moments(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    const struct cm_board_moment *list[CM_BOARD_MOMENTS_MAX];
    size_t count = group ? cm_board_moments_list(board, group, list) : 0;
    cm_buffer_text(out, "{\"list\":[");
    for (size_t i = 0; i < count; i++) {
        between(out, i);
        cm_buffer_text(out, "{\"at\":");
        cm_board_put_time(out, list[i]->at);
        key(out, "kind");
        name(out, list[i]->praise ? "praise" : "care");
        cm_buffer_byte(out, ',');
        where(out, board, list[i]->interaction_id, list[i]->channel, list[i]->queue, list[i]->agent_id);
        key(out, "title");
        name(out, list[i]->title);
        key(out, "words");
        cm_board_put_text(out, list[i]->words);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "]}");
}

static void promise_value(const struct cm_board *board, const struct cm_board_promise *promise, struct cm_buffer *out)
{
    static const char *const states[] = {"broken", "due", "open"};
    cm_buffer_byte(out, '{');
    where(out, board, promise->interaction_id, promise->channel, promise->queue, promise->agent_id);
    key(out, "made_at");
    cm_board_put_time(out, promise->made_at);
    key(out, "due_at");
    cm_board_put_time(out, promise->due_at);
    key(out, "state");
    name(out, states[cm_board_promise_state(board, promise)]);
    key(out, "words");
    cm_board_put_text(out, promise->words);
    key(out, "broken_by");
    if (promise->broken_interaction) {
        cm_buffer_text(out, "{\"interaction_id\":");
        cm_board_put_text(out, promise->broken_id);
        key(out, "words");
        cm_board_put_text(out, promise->broken_words);
        cm_buffer_byte(out, '}');
    } else {
        cm_buffer_text(out, "null");
    }
    cm_buffer_byte(out, '}');
}

/* Broken, due, open; then by when it is due, those without a time last. */
static bool comes_first(const struct cm_board *board, const struct cm_board_promise *a, const struct cm_board_promise *b)
{
    enum cm_board_promise_state a_state = cm_board_promise_state(board, a), b_state = cm_board_promise_state(board, b);
    if (a_state != b_state)
        return a_state < b_state;
    int64_t a_due = a->due_at == CM_CARD_NO_TIME ? INT64_MAX : a->due_at, b_due = b->due_at == CM_CARD_NO_TIME ? INT64_MAX : b->due_at;
    if (a_due != b_due)
        return a_due < b_due;
    if (a->made_at != b->made_at)
        return a->made_at < b->made_at;
    return a->interaction != b->interaction ? a->interaction < b->interaction : a->turn < b->turn;
}

static void promises(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    const struct cm_board_promise *list[CM_BOARD_PROMISES_LISTED_MAX];
    size_t count = 0, counts[3] = {0, 0, 0};
    for (size_t i = 0; i < board->promise_count; i++) {
        const struct cm_board_promise *promise = &board->promises[i];
        if (group != &board->all && promise->queue != group)
            continue;
        counts[cm_board_promise_state(board, promise)]++;
        size_t at = count < CM_BOARD_PROMISES_LISTED_MAX ? count++ : comes_first(board, promise, list[count - 1]) ? count - 1 : count;
        if (at == count)
            continue;
        for (; at > 0 && comes_first(board, promise, list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = promise;
    }
    cm_buffer_printf(out, "{\"open\":%zu,\"due\":%zu,\"broken\":%zu,\"list\":[", counts[CM_BOARD_PROMISE_OPEN],
                     counts[CM_BOARD_PROMISE_DUE], counts[CM_BOARD_PROMISE_BROKEN]);
    for (size_t i = 0; i < count; i++) {
        between(out, i);
        promise_value(board, list[i], out);
    }
    cm_buffer_text(out, "]}");
}

static void letter_value(const struct cm_board_letter *letter, struct cm_buffer *out)
{
    cm_buffer_text(out, "{\"n\":");
    cm_buffer_unsigned(out, letter->count);
    cm_buffer_text(out, ",\"queues\":[");
    size_t queues = 0;
    for (size_t i = 0; i < letter->queue_count; i++) {
        if (!letter->queues[i]->name.ptr)
            continue;
        between(out, queues++);
        cm_board_put_text(out, letter->queues[i]->name);
    }
    cm_buffer_text(out, "],\"first_at\":");
    cm_board_put_time(out, letter->first_at);
    key(out, "last_at");
    cm_board_put_time(out, letter->last_at);
    key(out, "words");
    cm_board_put_text(out, letter->words);
    cm_buffer_text(out, ",\"interaction_ids\":[");
    for (size_t i = 0; i < letter->id_count; i++) {
        between(out, i);
        cm_board_put_text(out, letter->ids[i]);
    }
    cm_buffer_text(out, "]}");
}

static bool is_of(const struct cm_board *board, const struct cm_board_letter *letter, const struct cm_board_group *group)
{
    if (!cm_board_letter_shows(letter))
        return false;
    for (size_t i = 0; group != &board->all && i < letter->queue_count; i++)
        if (letter->queues[i] == group)
            return true;
    return group == &board->all;
}

/* To the most first. */
static bool weighs_more(const struct cm_board_letter *a, const struct cm_board_letter *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    return a->last_at != b->last_at ? a->last_at > b->last_at : a->hash < b->hash;
}

static void letters(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    const struct cm_board_letter *list[CM_BOARD_LETTERS_LISTED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < board->letter_count; i++) {
        const struct cm_board_letter *letter = &board->letters[i];
        bool full = count == CM_BOARD_LETTERS_LISTED_MAX;
        if (!is_of(board, letter, group) || (full && !weighs_more(letter, list[count - 1])))
            continue;
        size_t at = full ? count - 1 : count++;
        for (; at > 0 && weighs_more(letter, list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = letter;
    }
    cm_buffer_text(out, "{\"list\":[");
    for (size_t i = 0; i < count; i++) {
        between(out, i);
        letter_value(list[i], out);
    }
    cm_buffer_text(out, "]}");
}

/* ------------------------------------------------------------------ together */

void cm_board_section(struct cm_board *board, enum cm_board_section section, struct cm_span queue, struct cm_buffer *out)
{
    const struct cm_board_group *group = cm_board_view(board, queue);
    switch (section) {
    case CM_BOARD_SOURCE:
        source(board, out);
        break;
    case CM_BOARD_CONCERNS:
        concerns(board, group, out);
        break;
    case CM_BOARD_CARE:
        care(board, group, out);
        break;
    case CM_BOARD_QUEUES:
        queues(board, group, out);
        break;
    case CM_BOARD_MOMENTS:
        moments(board, group, out);
        break;
    case CM_BOARD_PROMISES:
        promises(board, group, out);
        break;
    case CM_BOARD_LETTERS:
    case CM_BOARD_SECTION_COUNT:
        letters(board, group, out);
        break;
    }
}

/* Milliseconds as seconds: whole ones without a point. */
static void seconds(struct cm_buffer *out, const char *text, int64_t ms)
{
    key(out, text);
    if (ms % 1000 == 0)
        cm_buffer_unsigned(out, (uint64_t)(ms / 1000));
    else
        cm_buffer_decimal(out, ms, 3);
}

void cm_board_snapshot(struct cm_board *board, struct cm_span queue, struct cm_buffer *out)
{
    cm_buffer_text(out, "{\"version\":1,\"clock\":");
    cm_board_put_clock(out, board);
    key(out, "queue");
    cm_board_put_text(out, queue);
    cm_buffer_text(out, ",\"settings\":{\"zone\":\"UTC\"");
    seconds(out, "window_s", board->settings.window_ms);
    seconds(out, "late_s", board->settings.late_ms);
    truth(out, "agents", board->settings.agents);
    cm_buffer_byte(out, '}');
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++) {
        key(out, section_names[i]);
        cm_board_section(board, (enum cm_board_section)i, queue, out);
    }
    cm_buffer_byte(out, '}');
}
