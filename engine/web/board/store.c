/* Scorecards as they came, for whoever looks closely: the newest of each pack. */
#include <stdlib.h>

#include "board/private.h"

/* Cards of an open interaction grow with every turn: room for some more. */
static size_t room_for(size_t len)
{
    return (len + len / 4 + 511) & ~(size_t)511;
}

static struct cm_board_stored *resize(struct cm_board *board, struct cm_board_stored *stored, size_t len)
{
    size_t cap = room_for(len), before = stored ? sizeof *stored + stored->cap : 0;
    if (stored && stored->cap >= len && stored->cap / 4 <= len)
        return stored;
    struct cm_board_stored *grown = realloc(stored, sizeof *stored + cap);
    if (!grown)
        return NULL;
    if (!stored)
        *grown = (struct cm_board_stored){.next = NULL};
    board->bytes = board->bytes - before + sizeof *grown + cap;
    grown->cap = (uint32_t)cap;
    return grown;
}

enum cm_status cm_board_store(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card, struct cm_span line)
{
    const char *pack = cm_board_name(board, card->pack);
    struct cm_board_stored **at = &item->cards;
    unsigned packs = 0;
    for (; *at && (*at)->pack != pack; at = &(*at)->next)
        packs++;
    if (!pack || packs == CM_BOARD_PACKS_MAX || line.len > UINT32_MAX / 2)
        return CM_OK;
    struct cm_board_stored *stored = resize(board, *at, line.len);
    if (!stored)
        return CM_ENOMEM;
    *at = stored;
    stored->pack = pack;
    stored->final = card->final;
    stored->len = (uint32_t)line.len;
    memcpy(stored->bytes, line.ptr, line.len);
    cm_board_item_paid(board, item);
    return CM_OK;
}

void cm_board_store_free(struct cm_board *board, struct cm_board_item *item)
{
    while (item->cards) {
        struct cm_board_stored *stored = item->cards;
        item->cards = stored->next;
        board->bytes -= sizeof *stored + stored->cap;
        free(stored);
    }
}
