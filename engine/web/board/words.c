/*
 * The words that stand behind something. A cue's own are often two or three ("can't"): where texts are kept, people get the sentence
 * that they are from. Nothing leaves unmasked; what cannot be masked does not leave.
 */
#include "base/utf8.h"
#include "board/private.h"

static bool ends_sentence(struct cm_span text, size_t at)
{
    char byte = text.ptr[at];
    if (byte == '\n')
        return true;
    if (byte != '.' && byte != '!' && byte != '?')
        return false;
    return at + 1 == text.len || text.ptr[at + 1] == ' ' || text.ptr[at + 1] == '\n' || text.ptr[at + 1] == '"';
}

void cm_board_sentence(struct cm_span text, size_t at, size_t *from, size_t *to)
{
    *from = at < text.len ? at : text.len;
    *to = *from;
    while (*from > 0 && !ends_sentence(text, *from - 1))
        (*from)--;
    while (*to < text.len && !ends_sentence(text, *to))
        (*to)++;
    *to += *to < text.len && text.ptr[*to] != '\n';
    while (*from < *to && (text.ptr[*from] == ' ' || text.ptr[*from] == '\n'))
        (*from)++;
    while (*to > *from && (text.ptr[*to - 1] == ' ' || text.ptr[*to - 1] == '\r'))
        (*to)--;
}

struct cm_span cm_board_masked(struct cm_board *board, const struct cm_board_item *item, struct cm_span text, size_t from, size_t to)
{
    struct cm_span none = {NULL, 0};
    cm_buffer_reset(&board->words);
    if (!board->redaction || cm_redact_text(board->redaction, text, item->customer_names) != CM_OK)
        return none;
    cm_redact_quote(board->redaction, from, to, CM_QUOTE_MAX_BYTES, &board->words);
    return board->words.failed || board->words.len == 0 ? none : cm_buffer_view(&board->words);
}

/* At the start of a word. */
static size_t word_at(struct cm_span text, size_t at)
{
    at = cm_utf8_floor(text.ptr, text.len, at);
    while (at > 0 && text.ptr[at - 1] != ' ')
        at--;
    return at;
}

/* A sentence that is longer than a quote is quoted from a little before the evidence on. */
static void around(struct cm_span text, const struct cm_sheet_evidence *evidence, size_t *from, size_t *to)
{
    size_t ends_from, start = evidence->start, end = evidence->end;
    cm_board_sentence(text, start, from, to);
    cm_board_sentence(text, end > start ? end - 1 : start, &ends_from, to);
    if (*to - *from <= CM_QUOTE_MAX_BYTES)
        return;
    if (end - *from > CM_QUOTE_MAX_BYTES) {
        size_t before = end - start < CM_QUOTE_MAX_BYTES / 2 ? CM_QUOTE_MAX_BYTES / 4 : 0;
        *from = word_at(text, start - *from > before ? start - before : *from);
    }
}

struct cm_span cm_board_words(struct cm_board *board, const struct cm_board_item *item, const struct cm_sheet_evidence *evidence)
{
    const struct cm_board_turn *turn = board->redaction ? cm_board_turn_of(board, item, evidence) : NULL;
    size_t from, to;
    if (!turn || !turn->words || evidence->end > turn->words->text.len)
        return evidence->quote.len ? evidence->quote : (struct cm_span){NULL, 0};
    around(turn->words->text, evidence, &from, &to);
    return cm_board_masked(board, item, turn->words->text, from, to);
}
