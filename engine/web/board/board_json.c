/* Sections of docs/wallboard-api.md: how it is, who waits, figures, queues; the others are in board_json_told.c. */
#include <stdlib.h>

#include "board/put.h"

#define TREND_MS (5 * CM_BOARD_MINUTE_MS)
#define TREND_COUNT 12
#define NEAR_TARGET 500 /* hundredths below it */

static const char *const section_names[] = {"source", "concerns", "care", "queues", "moments", "promises", "letters"};

const char *cm_board_section_name(enum cm_board_section section)
{
    return section_names[section];
}

/* ------------------------------------------------------------------- figures */

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
    cm_put_key(out, text);
    if (value < 0)
        cm_buffer_text(out, "null");
    else
        cm_buffer_unsigned(out, (uint64_t)value);
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
    cm_put_number(out, "lost_cards", board->lost > board->source.found ? board->lost - board->source.found : 0);
    cm_buffer_text(out, ",\"interactions\":{\"open\":");
    cm_buffer_unsigned(out, board->all.open);
    cm_put_number(out, "final", board->finals);
    cm_put_key(out, "since");
    cm_board_put_time(out, board->since_ms);
    cm_buffer_text(out, "}}");
}

static void concern(const struct cm_board *board, const struct cm_board_concern *concern, struct cm_buffer *out)
{
    const struct cm_board_item *item = concern->item;
    cm_buffer_byte(out, '{');
    cm_board_put_where(out, board, item->id, item->channel, item->queue, concern->agent_id.ptr ? concern->agent_id : item->agent_id);
    cm_put_key(out, "since");
    cm_board_put_time(out, concern->since);
    cm_put_key(out, "late_at");
    cm_board_put_time(out, concern->late_at);
    cm_put_key(out, "state");
    cm_buffer_text(out, concern->half ? "\"half\"" : "\"unmet\"");
    cm_put_truth(out, "uncared", concern->uncared);
    cm_put_key(out, "words");
    cm_board_put_text(out, concern->words);
    cm_put_key(out, "behaviour");
    cm_board_put_name(out, concern->behaviour);
    cm_put_key(out, "title");
    cm_board_put_name(out, concern->title);
    cm_put_number(out, "more", concern->more);
    cm_buffer_byte(out, '}');
}

static void concerns(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    struct cm_board_waiting waiting = cm_board_waiting(board, group);
    cm_buffer_text(out, "{\"count\":");
    cm_buffer_unsigned(out, waiting.count);
    cm_put_number(out, "uncared", waiting.uncared);
    cm_put_number(out, "late", waiting.late);
    cm_put_key(out, "worst_since");
    cm_board_put_time(out, waiting.worst_since);
    cm_put_key(out, "list");
    cm_buffer_byte(out, '[');
    for (size_t i = 0; i < waiting.count && i < CM_BOARD_CONCERNS_LISTED_MAX; i++) {
        cm_put_between(out, i);
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
    cm_put_key(out, "zone_of_score");
    if (value < 0 || aim < 0)
        cm_buffer_text(out, "null");
    else
        cm_buffer_text(out, value >= aim ? "\"reached\"" : value * 100 >= (int64_t)target - NEAR_TARGET ? "\"near\"" : "\"below\"");
    cm_put_truth(out, "unvalidated", figure->unvalidated > 0);
}

static void trend(struct cm_board *board, const struct cm_board_group *group, struct cm_board_slot *sum, struct cm_buffer *out)
{
    int64_t first = board->now_ms / TREND_MS - (TREND_COUNT - 1);
    for (int64_t i = 0; i < TREND_COUNT; i++) {
        int64_t from = (first + i) * TREND_MS;
        cm_board_care_sum(board, group, (from + board->slot_ms - 1) / board->slot_ms, (from + TREND_MS - 1) / board->slot_ms, sum);
        cm_put_between(out, (size_t)i);
        cm_buffer_text(out, "{\"from\":");
        cm_board_put_time(out, from);
        cm_put_number(out, "n", sum->figures[0].n);
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
        cm_put_between(out, listed++);
        cm_buffer_text(out, "{\"reason\":");
        cm_board_put_name(out, cm_board_reason_id((enum cm_board_reason)i));
        cm_put_key(out, "title");
        cm_board_put_name(out, cm_board_reason_title((enum cm_board_reason)i));
        cm_put_number(out, "n", sum->unscored[i]);
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
    cm_put_key(out, "dimensions");
    cm_buffer_byte(out, '[');
    for (size_t i = 0; i < board->settings.dimension_count; i++) {
        const struct cm_board_dimension *dimension = &board->settings.dimensions[i];
        cm_put_between(out, i);
        cm_buffer_text(out, "{\"id\":");
        cm_board_put_name(out, dimension->id);
        cm_put_key(out, "title");
        cm_board_put_name(out, dimension->title);
        cm_buffer_byte(out, ',');
        figure(out, &sum->figures[1 + i], dimension->target);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_byte(out, ']');
    cm_put_key(out, "unscored");
    unscored(sum, out);
    cm_put_key(out, "trend");
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
    int64_t x_late = x->waiting.count ? x->waiting.worst_late_at : INT64_MAX,
            y_late = y->waiting.count ? y->waiting.worst_late_at : INT64_MAX;
    if (x_late != y_late)
        return x_late < y_late ? -1 : 1;
    return cm_span_compare(x->queue->name, y->queue->name);
}

static void queue_row(const struct cm_board *board, const struct row *row, struct cm_buffer *out)
{
    bool enough = row->figure.n >= board->settings.least;
    cm_buffer_text(out, "{\"queue\":");
    cm_board_put_text(out, row->queue->name);
    cm_put_number(out, "n", row->figure.n);
    score(out, "score", enough ? mean(&row->figure) : -1);
    cm_put_number(out, "open", row->queue->open);
    cm_put_number(out, "concerns", row->waiting.count);
    cm_put_key(out, "worst_since");
    cm_board_put_time(out, row->waiting.worst_since);
    cm_buffer_byte(out, '}');
}

static void queues(struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    size_t count = 0;
    cm_board_begin(board);
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
        cm_put_between(out, i);
        queue_row(board, &rows[i], out);
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
        cm_board_put_moments(board, group, out);
        break;
    case CM_BOARD_PROMISES:
        cm_board_put_promises(board, group, out);
        break;
    case CM_BOARD_LETTERS:
    case CM_BOARD_SECTION_COUNT:
        cm_board_put_letters(board, group, out);
        break;
    }
}

/* Milliseconds as seconds: whole ones without a point. */
static void put_seconds(struct cm_buffer *out, int64_t ms)
{
    if (ms % 1000 == 0)
        cm_buffer_unsigned(out, (uint64_t)(ms / 1000));
    else
        cm_buffer_decimal(out, ms, 3);
}

void cm_board_snapshot(struct cm_board *board, struct cm_span queue, struct cm_buffer *out)
{
    cm_buffer_text(out, "{\"version\":1,\"clock\":");
    cm_board_put_clock(out, board);
    cm_put_key(out, "queue");
    cm_board_put_text(out, queue);
    cm_buffer_text(out, ",\"settings\":{\"zone\":\"UTC\"");
    cm_put_key(out, "window_s");
    put_seconds(out, board->settings.window_ms);
    cm_buffer_text(out, ",\"late_s\":{\"other\":");
    put_seconds(out, board->settings.late_ms[CM_CHANNEL_NONE]);
    for (unsigned i = CM_CHANNEL_NONE + 1; i < CM_CHANNEL_COUNT; i++) {
        cm_put_key(out, cm_channel_name((enum cm_channel)i));
        put_seconds(out, board->settings.late_ms[i]);
    }
    cm_buffer_byte(out, '}');
    cm_put_truth(out, "agents", board->settings.agents);
    cm_buffer_byte(out, '}');
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++) {
        cm_put_key(out, section_names[i]);
        cm_board_section(board, (enum cm_board_section)i, queue, out);
    }
    cm_buffer_byte(out, '}');
}
