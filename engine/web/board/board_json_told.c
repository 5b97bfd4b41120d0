/* Sections of docs/wallboard-api.md, second half: moments, promises, letters. */
#include "board/put.h"

void cm_board_put_moments(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
{
    const struct cm_board_moment *list[CM_BOARD_MOMENTS_MAX];
    size_t count = group ? cm_board_moments_list(board, group, list) : 0;
    cm_buffer_text(out, "{\"list\":[");
    for (size_t i = 0; i < count; i++) {
        cm_put_between(out, i);
        cm_buffer_text(out, "{\"at\":");
        cm_board_put_time(out, list[i]->at);
        cm_put_key(out, "kind");
        cm_board_put_name(out, list[i]->praise ? "praise" : "care");
        cm_buffer_byte(out, ',');
        cm_board_put_where(out, board, list[i]->interaction_id, list[i]->channel, list[i]->queue, list[i]->agent_id);
        cm_put_key(out, "title");
        cm_board_put_name(out, list[i]->title);
        cm_put_key(out, "words");
        cm_board_put_text(out, list[i]->words);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "]}");
}

static void promise_value(const struct cm_board *board, const struct cm_board_promise *promise, struct cm_buffer *out)
{
    static const char *const states[] = {"broken", "due", "open"};
    cm_buffer_byte(out, '{');
    cm_board_put_where(out, board, promise->interaction_id, promise->channel, promise->queue, promise->agent_id);
    cm_put_key(out, "made_at");
    cm_board_put_time(out, promise->made_at);
    cm_put_key(out, "due_at");
    cm_board_put_time(out, promise->due_at);
    cm_put_key(out, "state");
    cm_board_put_name(out, states[cm_board_promise_state(board, promise)]);
    cm_put_key(out, "words");
    cm_board_put_text(out, promise->words);
    cm_put_key(out, "broken_by");
    if (promise->broken_interaction) {
        cm_buffer_text(out, "{\"interaction_id\":");
        cm_board_put_text(out, promise->broken_id);
        cm_put_key(out, "words");
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
    int64_t a_due = a->due_at == CM_SHEET_NO_TIME ? INT64_MAX : a->due_at, b_due = b->due_at == CM_SHEET_NO_TIME ? INT64_MAX : b->due_at;
    if (a_due != b_due)
        return a_due < b_due;
    if (a->made_at != b->made_at)
        return a->made_at < b->made_at;
    return a->interaction != b->interaction ? a->interaction < b->interaction : a->turn < b->turn;
}

void cm_board_put_promises(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
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
        cm_put_between(out, i);
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
        cm_put_between(out, queues++);
        cm_board_put_text(out, letter->queues[i]->name);
    }
    cm_buffer_text(out, "],\"first_at\":");
    cm_board_put_time(out, letter->first_at);
    cm_put_key(out, "last_at");
    cm_board_put_time(out, letter->last_at);
    cm_put_key(out, "words");
    cm_board_put_text(out, letter->words);
    cm_buffer_text(out, ",\"interaction_ids\":[");
    for (size_t i = 0; i < letter->id_count; i++) {
        cm_put_between(out, i);
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

void cm_board_put_letters(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out)
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
        cm_put_between(out, i);
        letter_value(list[i], out);
    }
    cm_buffer_text(out, "]}");
}
