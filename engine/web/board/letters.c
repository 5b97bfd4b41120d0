/*
 * The same words of agents to several customers. A letter is told by its sentences of four words and more, without greeting, name and
 * regards; by their words without digits and without names in the midst of a sentence: what is filled in makes no other letter of it.
 */
#include <stdlib.h>

#include "board/private.h"

#define WORDS_MIN 25u
#define SENTENCE_WORDS_MIN 4u
#define INTERACTIONS_MIN 3u
#define INTERACTIONS_MAX 1000u
#define IDS_MAX 8u
#define QUEUES_MAX 16u
#define SHOWN_WORDS 8u
#define KEPT_MS CM_BOARD_DAY_MS

/* ---------------------------------------------------------------- its words */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* Behind the word at *at, which moves to its first byte; false: there is none. */
static bool next_word(struct cm_span text, size_t *at, size_t *behind)
{
    while (*at < text.len && is_blank(text.ptr[*at]))
        (*at)++;
    *behind = *at;
    while (*behind < text.len && !is_blank(text.ptr[*behind]))
        (*behind)++;
    return *behind > *at;
}

static bool is_filled_in(struct cm_span word, bool first)
{
    bool capital = word.ptr[0] >= 'A' && word.ptr[0] <= 'Z';
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] >= '0' && word.ptr[i] <= '9')
            return true;
    return capital && !first && !(word.len == 1 && word.ptr[0] == 'I');
}

static void put_folded(struct cm_buffer *out, struct cm_span word)
{
    for (size_t i = 0; i < word.len; i++) {
        char byte = word.ptr[i], lower = (char)(byte | 0x20);
        if (lower >= 'a' && lower <= 'z')
            cm_buffer_byte(out, lower);
        else if ((unsigned char)byte >= 0x80)
            cm_buffer_byte(out, byte);
    }
    cm_buffer_byte(out, ' ');
}

static unsigned count_words(struct cm_span sentence)
{
    unsigned count = 0;
    for (size_t at = 0, behind; next_word(sentence, &at, &behind); at = behind)
        count++;
    return count;
}

/* Words of a letter into out; *first: where its first sentence begins. */
static unsigned fold(struct cm_span text, struct cm_buffer *out, size_t *first)
{
    unsigned words = 0;
    for (size_t at = 0, from, to; at<text.len; at = to> at ? to : at + 1) {
        cm_board_sentence(text, at, &from, &to);
        struct cm_span sentence = {text.ptr + from, to - from};
        if (from < at || count_words(sentence) < SENTENCE_WORDS_MIN)
            continue;
        *first = words ? *first : from;
        for (size_t word = 0, behind; next_word(sentence, &word, &behind); word = behind) {
            struct cm_span one = {sentence.ptr + word, behind - word};
            if (is_filled_in(one, word == 0))
                continue;
            put_folded(out, one);
            words++;
        }
    }
    return words;
}

static struct cm_span first_words(struct cm_board *board, const struct cm_board_item *item, struct cm_span text, size_t from)
{
    size_t at = from, behind = from;
    for (unsigned i = 0; i < SHOWN_WORDS && next_word(text, &at, &behind); i++)
        at = behind;
    return cm_board_masked(board, item, text, from, behind);
}

/* ------------------------------------------------------------------- letters */

static void letter_free(struct cm_board *board, struct cm_board_letter *letter)
{
    for (size_t i = 0; i < letter->id_count; i++)
        cm_board_disown(board, &letter->ids[i]);
    cm_board_disown(board, &letter->words);
    board->bytes -= letter->cap * sizeof *letter->interactions;
    free(letter->ids);
    free(letter->interactions);
    free(letter->queues);
}

static void drop(struct cm_board *board, size_t index)
{
    letter_free(board, &board->letters[index]);
    board->letters[index] = board->letters[--board->letter_count];
}

#define LETTER_SLOTS (2 * (size_t)CM_BOARD_LETTERS_MAX)

static uint32_t *slot_of(struct cm_board *board, uint64_t hash)
{
    size_t at = (size_t)hash & (LETTER_SLOTS - 1);
    while (board->letter_slots[at] && board->letters[board->letter_slots[at] - 1].hash != hash)
        at = (at + 1) & (LETTER_SLOTS - 1);
    return &board->letter_slots[at];
}

static void index_again(struct cm_board *board)
{
    if (!board->letter_slots)
        return;
    memset(board->letter_slots, 0, LETTER_SLOTS * sizeof *board->letter_slots);
    for (size_t i = 0; i < board->letter_count; i++)
        *slot_of(board, board->letters[i].hash) = (uint32_t)i + 1;
}

/* Below average age, and not yet a letter to several; if that is nothing, whatever is below average. */
static void make_room(struct cm_board *board)
{
    int64_t average = 0;
    for (size_t i = 0; i < board->letter_count; i++)
        average += (board->letters[i].last_at - board->letters[0].last_at) / (int64_t)board->letter_count;
    average += board->letters[0].last_at;
    for (size_t pass = 0; pass < 3 && board->letter_count == CM_BOARD_LETTERS_MAX; pass++)
        for (size_t i = board->letter_count; i-- > 0;)
            if ((board->letters[i].last_at <= average || pass == 2) && (pass || board->letters[i].count < INTERACTIONS_MIN))
                drop(board, i);
    index_again(board);
}

static struct cm_board_letter *letter_of(struct cm_board *board, uint64_t hash, int64_t at)
{
    if (!board->letter_slots && !(board->letter_slots = calloc(LETTER_SLOTS, sizeof *board->letter_slots)))
        return NULL;
    uint32_t *slot = slot_of(board, hash);
    if (*slot)
        return &board->letters[*slot - 1];
    if (cm_grow(&board->letters, &board->letter_cap, board->letter_count + 1, sizeof *board->letters) != CM_OK)
        return NULL;
    if (board->letter_count == CM_BOARD_LETTERS_MAX) {
        make_room(board);
        slot = slot_of(board, hash);
    }
    board->letters[board->letter_count] = (struct cm_board_letter){.hash = hash, .first_at = at, .last_at = at};
    *slot = (uint32_t)++board->letter_count;
    return &board->letters[board->letter_count - 1];
}

static enum cm_status add_queue(struct cm_board_letter *letter, struct cm_board_group *queue)
{
    for (size_t i = 0; i < letter->queue_count; i++)
        if (letter->queues[i] == queue)
            return CM_OK;
    if (letter->queue_count == QUEUES_MAX)
        return CM_OK;
    enum cm_status status = cm_grow(&letter->queues, &letter->queue_cap, letter->queue_count + 1, sizeof(struct cm_board_group *));
    if (status == CM_OK)
        letter->queues[letter->queue_count++] = queue;
    return status;
}

static enum cm_status add_id(struct cm_board *board, struct cm_board_letter *letter, struct cm_span id)
{
    if (letter->id_count == IDS_MAX)
        return CM_OK;
    if (!letter->ids && !(letter->ids = calloc(IDS_MAX, sizeof *letter->ids)))
        return CM_ENOMEM;
    enum cm_status status = cm_board_own(board, &letter->ids[letter->id_count], id);
    letter->id_count += status == CM_OK;
    return status;
}

static enum cm_status add_interaction(struct cm_board *board, struct cm_board_letter *letter, const struct cm_board_item *item)
{
    for (size_t i = 0; i < letter->count; i++)
        if (letter->interactions[i] == item->hash)
            return CM_OK;
    if (letter->count == INTERACTIONS_MAX)
        return CM_OK;
    size_t cap = letter->cap;
    enum cm_status status = cm_grow(&letter->interactions, &letter->cap, letter->count + 1, sizeof *letter->interactions);
    board->bytes += (letter->cap - cap) * sizeof *letter->interactions;
    if (status == CM_OK)
        letter->interactions[letter->count++] = item->hash;
    return status == CM_OK ? add_id(board, letter, item->id) : status;
}

enum cm_status cm_board_letter_take(struct cm_board *board, struct cm_board_item *item, const struct cm_event *event)
{
    size_t first = 0;
    bool agents = event->type == CM_EVENT_MESSAGE && event->speaker == CM_SPEAKER_AGENT && event->channel != CM_CHANNEL_CALL;
    if (!agents || event->text.len < 3 * WORDS_MIN)
        return CM_OK;
    cm_buffer_reset(&board->scratch);
    if (fold(event->text, &board->scratch, &first) < WORDS_MIN)
        return cm_buffer_status(&board->scratch);
    int64_t at = event->has & CM_HAS_TS ? event->ts : board->now_ms;
    struct cm_board_group *queue = event->queue.ptr ? cm_board_queue(board, event->queue) : item->queue;
    struct cm_board_letter *letter = queue ? letter_of(board, cm_hash64(cm_buffer_view(&board->scratch)), at) : NULL;
    if (!letter)
        return CM_ENOMEM;
    letter->first_at = at < letter->first_at ? at : letter->first_at;
    letter->last_at = at > letter->last_at ? at : letter->last_at;
    enum cm_status status = add_interaction(board, letter, item);
    if (status == CM_OK)
        status = add_queue(letter, queue);
    if (status != CM_OK || letter->count < INTERACTIONS_MIN || letter->words.ptr)
        return status;
    letter->words_of = item->hash;
    return cm_board_own(board, &letter->words, first_words(board, item, event->text, first));
}

bool cm_board_letter_shows(const struct cm_board_letter *letter)
{
    return letter->count >= INTERACTIONS_MIN && letter->words.ptr;
}

/* ------------------------------------------------------------------- leaving */

static void forget(struct cm_board *board, struct cm_board_letter *letter, uint64_t interaction)
{
    if (letter->words_of == interaction)
        cm_board_disown(board, &letter->words); /* the next one brings its own */
    for (size_t i = 0; i < letter->count; i++) {
        if (letter->interactions[i] != interaction)
            continue;
        letter->count--;
        memmove(&letter->interactions[i], &letter->interactions[i + 1], (letter->count - i) * sizeof *letter->interactions);
        break;
    }
    for (size_t i = 0; i < letter->id_count; i++) {
        if (cm_hash64(letter->ids[i]) != interaction)
            continue;
        cm_board_disown(board, &letter->ids[i]);
        letter->id_count--;
        memmove(&letter->ids[i], &letter->ids[i + 1], (letter->id_count - i) * sizeof *letter->ids);
        letter->ids[letter->id_count] = (struct cm_span){NULL, 0}; /* its text has moved */
        break;
    }
}

void cm_board_letters_erase(struct cm_board *board, uint64_t interaction)
{
    size_t before = board->letter_count;
    for (size_t i = board->letter_count; i-- > 0;) {
        forget(board, &board->letters[i], interaction);
        if (board->letters[i].count == 0)
            drop(board, i);
    }
    if (board->letter_count != before)
        index_again(board);
}

void cm_board_letters_time(struct cm_board *board)
{
    size_t before = board->letter_count;
    for (size_t i = board->letter_count; i-- > 0;)
        if (board->letters[i].last_at + KEPT_MS <= board->now_ms)
            drop(board, i);
    if (board->letter_count != before)
        index_again(board);
}

void cm_board_letters_free(struct cm_board *board)
{
    while (board->letter_count > 0)
        drop(board, board->letter_count - 1);
    free(board->letters);
    free(board->letter_slots);
}
