/* Prometheus text of what only the board knows. */
#include <stdlib.h>

#include "base/metrics.h"
#include "board/private.h"

/* Labels come from events: who invents queues must not fill a database with series. */
#define QUEUES_LABELLED_MAX 100u
#define CUE_SLOTS (2 * (size_t)CM_BOARD_NAMES_MAX)

/* ------------------------------------------------------------------ counting */

static enum cm_status count_cue(struct cm_board *board, struct cm_span rule)
{
    const char *name = cm_board_name(board, rule);
    if (!name)
        return CM_OK;
    if (!board->cues && !(board->cues = calloc(CUE_SLOTS, sizeof *board->cues)))
        return CM_ENOMEM;
    size_t at = (size_t)cm_hash64(rule) & (CUE_SLOTS - 1);
    while (board->cues[at].rule && board->cues[at].rule != name)
        at = (at + 1) & (CUE_SLOTS - 1);
    board->cue_count += !board->cues[at].rule;
    board->cues[at].rule = name;
    board->cues[at].count++;
    return CM_OK;
}

enum cm_status cm_board_count_outcomes(struct cm_board *board, const struct cm_sheet *card)
{
    enum cm_status status = CM_OK;
    for (const struct cm_sheet_behaviour *one = card->behaviours; one && status == CM_OK; one = one->next) {
        const struct cm_board_behaviour *known = one->outcome != CM_SHEET_OTHER ? cm_board_behaviour(board, one->id) : NULL;
        if (known)
            board->outcomes[known - board->settings.behaviours].counts[one->outcome]++;
        for (const struct cm_sheet_evidence *evidence = one->evidence; evidence && status == CM_OK; evidence = evidence->next)
            status = count_cue(board, evidence->rule);
    }
    return status;
}

/* ------------------------------------------------------------------- writing */

/* What is said of a queue, or of all that have no label of their own. */
struct row {
    const char *queue;
    size_t concerns, late;
    int64_t worst_since, worst_late_at;
    uint64_t scored, unscored;
    struct cm_board_figure care;
};

static void add(struct cm_board *board, const struct cm_board_group *group, struct row *row)
{
    struct cm_board_waiting waiting = cm_board_waiting(board, group);
    int64_t now = cm_board_slot_now(board);
    cm_board_care_sum(board, group, now - board->slots_of_window + 1, now, board->sum);
    row->concerns += waiting.count;
    row->late += waiting.late;
    if (waiting.count && (row->worst_late_at == CM_SHEET_NO_TIME || waiting.worst_late_at < row->worst_late_at)) {
        row->worst_late_at = waiting.worst_late_at;
        row->worst_since = waiting.worst_since;
    }
    row->scored += group->scored;
    row->unscored += group->unscored;
    row->care.n += board->sum->figures[0].n;
    row->care.sum += board->sum->figures[0].sum;
}

#define OTHERS "other"

/* A queue may be called so, too, and no label may stand twice in a family. */
static size_t row_of_others(const struct cm_board *board, size_t labelled)
{
    size_t at = 0;
    while (at < labelled && strcmp(board->queues[at]->name.ptr, OTHERS) != 0)
        at++;
    return at < labelled ? at : labelled + 1;
}

static struct row *rows_of(struct cm_board *board, size_t *count)
{
    size_t labelled = board->queue_count < QUEUES_LABELLED_MAX ? board->queue_count : QUEUES_LABELLED_MAX;
    struct row *rows = cm_arena_calloc(&board->arena, labelled + 2, sizeof *rows);
    *count = labelled + 1;
    if (!rows)
        return NULL;
    for (size_t i = 0; i <= labelled + 1; i++)
        rows[i] = (struct row){.queue = i < labelled    ? board->queues[i]->name.ptr
                                        : i == labelled ? ""
                                                        : OTHERS,
                               .worst_since = CM_SHEET_NO_TIME,
                               .worst_late_at = CM_SHEET_NO_TIME};
    size_t others = row_of_others(board, labelled);
    for (size_t i = 0; i < board->queue_count; i++)
        add(board, board->queues[i], &rows[i < labelled ? i : others]);
    add(board, &board->rest, &rows[labelled]);
    *count += board->queue_count > labelled && others > labelled;
    return rows;
}

static void put_waiting(const struct cm_board *board, const struct row *rows, size_t count, struct cm_buffer *out)
{
    cm_metric_family(out, "caremeter_board_concerns", "gauge", "Customers whose concern is unanswered at this moment.");
    for (size_t i = 0; i < count; i++)
        cm_metric_unsigned(out, "caremeter_board_concerns", (const char *[]){"queue", rows[i].queue, NULL}, rows[i].concerns);
    cm_metric_family(out, "caremeter_board_concerns_late", "gauge", "Of these: who has waited for longer than his channel allows.");
    for (size_t i = 0; i < count; i++)
        cm_metric_unsigned(out, "caremeter_board_concerns_late", (const char *[]){"queue", rows[i].queue, NULL}, rows[i].late);
    cm_metric_family(out, "caremeter_board_concern_worst_seconds", "gauge",
                     "How long the customer has waited who is furthest beyond the time of his channel.");
    for (size_t i = 0; i < count; i++) {
        int64_t since = rows[i].worst_since, waits = since == CM_SHEET_NO_TIME || since > board->now_ms ? 0 : board->now_ms - since;
        cm_metric_milliseconds(out, "caremeter_board_concern_worst_seconds", (const char *[]){"queue", rows[i].queue, NULL}, waits);
    }
}

static void put_care(const struct row *rows, size_t count, struct cm_buffer *out)
{
    cm_metric_family(out, "caremeter_care_score", "gauge", "CARE of final interactions of the window, 0 to 100.");
    for (size_t i = 0; i < count; i++) {
        const struct cm_board_figure *care = &rows[i].care;
        if (care->n) /* hundredths to thousandths */
            cm_metric_milliseconds(out, "caremeter_care_score", (const char *[]){"queue", rows[i].queue, NULL},
                                   (care->sum * 10 + care->n / 2) / care->n);
    }
    cm_metric_family(out, "caremeter_care_interactions", "gauge", "Final interactions of the window that have CARE.");
    for (size_t i = 0; i < count; i++)
        cm_metric_unsigned(out, "caremeter_care_interactions", (const char *[]){"queue", rows[i].queue, NULL}, rows[i].care.n);
    cm_metric_family(out, "caremeter_interactions_final_total", "counter", "Interactions that ended, with CARE or without.");
    for (size_t i = 0; i < count; i++) {
        const char *name = "caremeter_interactions_final_total";
        cm_metric_unsigned(out, name, (const char *[]){"queue", rows[i].queue, "scored", "true", NULL}, rows[i].scored);
        cm_metric_unsigned(out, name, (const char *[]){"queue", rows[i].queue, "scored", "false", NULL}, rows[i].unscored);
    }
}

static void put_dimensions(struct cm_board *board, struct cm_buffer *out)
{
    int64_t now = cm_board_slot_now(board);
    cm_board_care_sum(board, &board->all, now - board->slots_of_window + 1, now, board->sum);
    cm_metric_family(out, "caremeter_dimension_score", "gauge", "Dimensions of CARE of final interactions of the window, 0 to 100.");
    for (size_t i = 0; i < board->settings.dimension_count; i++) {
        const struct cm_board_figure *figure = &board->sum->figures[1 + i];
        if (figure->n)
            cm_metric_milliseconds(out, "caremeter_dimension_score", (const char *[]){"dimension", board->settings.dimensions[i].id, NULL},
                                   (figure->sum * 10 + figure->n / 2) / figure->n);
    }
}

static void put_outcomes(const struct cm_board *board, struct cm_buffer *out)
{
    static const char *const names[] = {"delivered", "partial", "missed"};
    cm_metric_family(out, "caremeter_outcomes_total", "counter", "Outcomes of behaviours in final interactions.");
    for (size_t i = 0; i < board->settings.behaviour_count; i++)
        for (unsigned k = 0; k < CM_SHEET_OTHER; k++) {
            uint64_t count = board->outcomes[i].counts[k];
            const char *labels[] = {"behaviour", board->settings.behaviours[i].id, "outcome", names[k], NULL};
            if (count)
                cm_metric_unsigned(out, "caremeter_outcomes_total", labels, count);
        }
}

static void put_rest(const struct cm_board *board, struct cm_buffer *out)
{
    size_t counts[3] = {0, 0, 0};
    static const char *const states[] = {"broken", "due", "open"};
    for (size_t i = 0; i < board->promise_count; i++)
        counts[cm_board_promise_state(board, &board->promises[i])]++;
    cm_metric_family(out, "caremeter_board_promises", "gauge", "Promises of agents that are on the board.");
    for (unsigned i = 0; i < 3; i++)
        cm_metric_unsigned(out, "caremeter_board_promises", (const char *[]){"state", states[i], NULL}, counts[i]);
    cm_metric_family(out, "caremeter_board_interactions_open", "gauge", "Interactions that go on.");
    cm_metric_unsigned(out, "caremeter_board_interactions_open", NULL, board->all.open);
    cm_metric_family(out, "caremeter_board_bytes", "gauge", "Memory of what the board knows.");
    cm_metric_unsigned(out, "caremeter_board_bytes", NULL, board->bytes);
    cm_metric_family(out, "caremeter_board_bad_cards_total", "counter", "Lines that were no scorecards.");
    cm_metric_unsigned(out, "caremeter_board_bad_cards_total", NULL, board->bad);
    cm_metric_family(out, "caremeter_board_lost_cards_total", "counter", "Scorecards that came faster than the board took them.");
    cm_metric_unsigned(out, "caremeter_board_lost_cards_total", NULL, board->lost);
}

/* The most frequent first, equals by name. */
static int compare_cues(const void *a, const void *b)
{
    const struct cm_board_cue *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->rule, y->rule);
}

static void put_cues(struct cm_board *board, uint32_t most, struct cm_buffer *out)
{
    struct cm_board_cue *list = cm_arena_calloc(&board->arena, board->cue_count + 1, sizeof *list);
    size_t count = 0;
    out->failed |= !list;
    for (size_t i = 0; list && board->cues && i < CUE_SLOTS; i++)
        if (board->cues[i].rule)
            list[count++] = board->cues[i];
    if (count)
        qsort(list, count, sizeof *list, compare_cues);
    cm_metric_family(out, "caremeter_evidence_total", "counter", "Evidence in final interactions, by cue: those that were seen most.");
    for (size_t i = 0; i < count && i < most; i++)
        cm_metric_unsigned(out, "caremeter_evidence_total", (const char *[]){"cue", list[i].rule, NULL}, list[i].count);
}

void cm_board_metrics(struct cm_board *board, uint32_t cues, struct cm_buffer *out)
{
    size_t count;
    cm_board_begin(board);
    struct row *rows = rows_of(board, &count);
    if (!rows) {
        out->failed = true;
        return;
    }
    put_waiting(board, rows, count, out);
    put_care(rows, count, out);
    put_dimensions(board, out);
    put_outcomes(board, out);
    put_rest(board, out);
    if (cues)
        put_cues(board, cues, out);
}
