#include "live/serve/lines.h"

#include <stdlib.h>

#include "io/follow.h"

/* Of an offset: bits that count bytes; above them, how often the file was replaced. */
#define CM_LINES_OFFSET_BITS 44u

struct cm_lines {
    struct cm_feed feed; /* first */
    struct cm_journal journal;
    struct cm_follow *follow;
    struct cm_outlets *outlets;
    struct cm_diagnostics *diagnostics;
    struct cm_block block; /* whose lines are given out, batch after batch */
    struct cm_line line;   /* the last one that was given */
    bool in_block, ended, caught_up;
    bool restoring; /* AT_END is due, then the fence that was put */
    struct cm_buffer fence;
};

static struct cm_lines *lines_of_feed(struct cm_feed *feed)
{
    return (struct cm_lines *)feed;
}

static struct cm_lines *lines_of(struct cm_journal *journal)
{
    return (struct cm_lines *)(void *)((char *)journal - offsetof(struct cm_lines, journal));
}

/* ---------------------------------------------------------------------- feed */

static enum cm_status feed_start(struct cm_feed *feed, uint32_t unit, uint64_t position, struct cm_diagnostics *diagnostics)
{
    (void)feed, (void)unit, (void)position, (void)diagnostics; /* it was opened at its beginning */
    return CM_OK;
}

static enum cm_status feed_stop(struct cm_feed *feed, uint32_t unit)
{
    (void)feed, (void)unit;
    return CM_OK;
}

/* The batch keeps a copy of its lines: the block goes on to the next batch. */
static enum cm_status take_lines(struct cm_lines *lines, struct cm_batch *batch)
{
    uint64_t generation = cm_follow_generation(lines->follow) << CM_LINES_OFFSET_BITS;
    size_t offsets[CM_BATCH_MAX];
    cm_buffer_reset(&batch->copied);
    while (batch->count < CM_BATCH_MAX) {
        if (!cm_block_next_line(&lines->block, &lines->line)) {
            lines->in_block = false;
            break;
        }
        struct cm_message *message = &batch->messages[batch->count];
        *message = (struct cm_message){.offset = generation | lines->line.offset, .log_ts = -1, .line = lines->line.bytes};
        offsets[batch->count++] = batch->copied.len;
        cm_buffer_span(&batch->copied, lines->line.bytes);
        if (lines->block.line_too_long) {
            message->cut = true;
            lines->in_block = false;
            break;
        }
    }
    if (cm_buffer_status(&batch->copied) != CM_OK)
        return CM_ENOMEM;
    for (size_t i = 0; i < batch->count; i++)
        batch->messages[i].line.ptr = batch->copied.len ? batch->copied.ptr + offsets[i] : "";
    return CM_OK;
}

static enum cm_status feed_next(struct cm_feed *feed, int wait_ms, struct cm_batch *batch)
{
    struct cm_lines *lines = lines_of_feed(feed);
    if (!lines->in_block && lines->ended)
        return CM_END;
    if (!lines->in_block) {
        enum cm_status status = cm_follow_next(lines->follow, lines->caught_up ? wait_ms : 0, &lines->block);
        lines->ended = status == CM_END;
        if (status != CM_OK && status != CM_END)
            return status;
        lines->in_block = status == CM_OK && lines->block.bytes.len > 0;
        lines->line = (struct cm_line){0};
    }
    if (lines->in_block) {
        lines->caught_up = false;
        return take_lines(lines, batch);
    }
    if (lines->caught_up)
        return lines->ended ? CM_END : CM_ELIMIT;
    lines->caught_up = true;
    batch->marks[batch->mark_count++] = (struct cm_feed_mark){.note = CM_FEED_AT_END, .unit = CM_UNIT(0, 0)};
    return CM_OK;
}

static void feed_clear(struct cm_feed *feed, struct cm_batch *batch)
{
    (void)feed, (void)batch;
}

static const struct cm_feed_ops feed_ops = {feed_start, feed_stop, feed_next, feed_clear};

/* ------------------------------------------------------------------- journal */

static enum cm_status journal_begin(struct cm_journal *journal)
{
    (void)journal;
    return CM_OK;
}

static enum cm_status journal_card(struct cm_journal *journal, const struct cm_card *card)
{
    return cm_outlets_card(lines_of(journal)->outlets, card);
}

static enum cm_status journal_dead(struct cm_journal *journal, const struct cm_dead *dead)
{
    return cm_outlets_dead(lines_of(journal)->outlets, dead);
}

/* Nothing is kept but what says that the owner may begin. */
static enum cm_status journal_state(struct cm_journal *journal, const struct cm_entry *entry)
{
    struct cm_lines *lines = lines_of(journal);
    if (!lines->restoring)
        return CM_OK;
    cm_buffer_reset(&lines->fence);
    cm_buffer_span(&lines->fence, entry->value);
    return cm_buffer_status(&lines->fence);
}

static enum cm_status journal_settle(struct cm_journal *journal)
{
    return cm_outlets_settle(lines_of(journal)->outlets);
}

static enum cm_status journal_commit(struct cm_journal *journal, const struct cm_position *positions, size_t count)
{
    (void)journal, (void)positions, (void)count;
    return CM_OK;
}

static void journal_abort(struct cm_journal *journal)
{
    (void)journal;
}

static bool journal_written(struct cm_journal *journal, uint32_t unit, int64_t *first, int64_t *last, uint64_t *count)
{
    (void)journal, (void)unit, (void)first, (void)last, (void)count;
    return false;
}

static enum cm_status journal_restore(struct cm_journal *journal, uint32_t unit, int64_t from)
{
    (void)unit, (void)from;
    lines_of(journal)->restoring = true;
    return CM_OK;
}

/* An empty log: its end, and the fence as soon as it was put. */
static enum cm_status journal_next(struct cm_journal *journal, int wait_ms, struct cm_entry *entry)
{
    struct cm_lines *lines = lines_of(journal);
    (void)wait_ms;
    if (!lines->restoring)
        return CM_END;
    *entry = (struct cm_entry){.note = lines->fence.len ? CM_ENTRY : CM_ENTRY_AT_END,
                               .unit = CM_UNIT(0, 0),
                               .key = {"\0fence", 6},
                               .value = cm_buffer_view(&lines->fence)};
    return CM_OK;
}

static enum cm_status journal_restored(struct cm_journal *journal, uint32_t unit)
{
    (void)unit;
    lines_of(journal)->restoring = false;
    return CM_OK;
}

static const struct cm_journal_ops journal_ops = {
    .begin = journal_begin,
    .card = journal_card,
    .dead = journal_dead,
    .state = journal_state,
    .settle = journal_settle,
    .commit = journal_commit,
    .abort = journal_abort,
    .written = journal_written,
    .restore = journal_restore,
    .next = journal_next,
    .restored = journal_restored,
};

/* ------------------------------------------------------------------ the pair */

enum cm_status cm_lines_open(const struct cm_config *config, int input, struct cm_kafka_writer *writer, struct cm_diagnostics *diagnostics,
                             struct cm_lines **out)
{
    struct cm_lines *lines = calloc(1, sizeof *lines);
    *out = NULL;
    if (!lines)
        return CM_ENOMEM;
    lines->feed.ops = &feed_ops;
    lines->journal.ops = &journal_ops;
    lines->diagnostics = diagnostics;
    const struct cm_uri *source = &config->sources[0];
    struct cm_follow_request request = {.path = source->kind == CM_PLACE_STDIO ? "-" : source->path, .input = input};
    enum cm_status status = cm_outlets_open(config, writer, false, diagnostics, &lines->outlets);
    if (status == CM_OK)
        status = cm_follow_open(&lines->follow, &request, diagnostics);
    if (status == CM_OK) {
        *out = lines;
        return CM_OK;
    }
    enum cm_status closed = cm_lines_close(lines);
    return closed == CM_OK ? status : closed;
}

struct cm_journal *cm_lines_journal(struct cm_lines *lines)
{
    return &lines->journal;
}

struct cm_feed *cm_lines_feed(struct cm_lines *lines)
{
    return &lines->feed;
}

enum cm_status cm_lines_close(struct cm_lines *lines)
{
    if (!lines)
        return CM_OK;
    cm_follow_close(lines->follow);
    cm_block_free(&lines->block);
    cm_buffer_free(&lines->fence);
    enum cm_status status = cm_outlets_close(lines->outlets);
    free(lines);
    return status;
}
