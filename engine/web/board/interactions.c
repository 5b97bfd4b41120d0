/* What is known of each interaction, and the ceiling over all of it. */
#include <stdlib.h>

#include "board/private.h"

#define BUCKETS_FIRST ((size_t)1024)

static struct cm_board_item *by_use(struct cm_board_link *link)
{
    return (struct cm_board_item *)(void *)((char *)link - offsetof(struct cm_board_item, by_use));
}

static struct cm_board_item *by_payload(struct cm_board_link *link)
{
    return (struct cm_board_item *)(void *)((char *)link - offsetof(struct cm_board_item, by_payload));
}

static void link_empty(struct cm_board_link *list)
{
    list->before = list->behind = list;
}

static void link_out(struct cm_board_link *link)
{
    link->before->behind = link->behind;
    link->behind->before = link->before;
    link_empty(link);
}

static void link_last(struct cm_board_link *list, struct cm_board_link *link)
{
    link_out(link);
    link->before = list->before;
    link->behind = list;
    list->before->behind = link;
    list->before = link;
}

enum cm_status cm_board_items_new(struct cm_board *board)
{
    link_empty(&board->used[0]);
    link_empty(&board->used[1]);
    link_empty(&board->paid);
    board->bucket_count = BUCKETS_FIRST;
    board->buckets = calloc(board->bucket_count, sizeof(struct cm_board_item *));
    return board->buckets ? CM_OK : CM_ENOMEM;
}

/* ------------------------------------------------------------------- owning */

enum cm_status cm_board_own(struct cm_board *board, struct cm_span *owned, struct cm_span text)
{
    if (owned->ptr && text.ptr && cm_span_equal(*owned, text))
        return CM_OK;
    struct cm_span copy;
    enum cm_status status = cm_span_own(&copy, text);
    if (status != CM_OK)
        return status;
    cm_board_disown(board, owned);
    *owned = copy;
    board->bytes += copy.len;
    return CM_OK;
}

void cm_board_disown(struct cm_board *board, struct cm_span *owned)
{
    board->bytes -= owned->len;
    cm_span_free(owned);
}

char *cm_board_block(struct cm_span *const *texts, size_t count)
{
    size_t bytes = 1;
    for (size_t i = 0; i < count; i++)
        bytes += texts[i]->len;
    char *block = malloc(bytes), *to = block;
    for (size_t i = 0; block && i < count; i++) {
        if (!texts[i]->ptr)
            continue;
        memcpy(to, texts[i]->ptr, texts[i]->len);
        texts[i]->ptr = to;
        to += texts[i]->len;
    }
    return block;
}

/* -------------------------------------------------------------------- table */

static struct cm_board_item **bucket_of(const struct cm_board *board, uint64_t hash)
{
    return &board->buckets[hash & (board->bucket_count - 1)];
}

static struct cm_board_item *find(const struct cm_board *board, struct cm_span id, uint64_t hash)
{
    struct cm_board_item *item = *bucket_of(board, hash);
    while (item && (item->hash != hash || !cm_span_equal(item->id, id)))
        item = item->next;
    return item;
}

struct cm_board_item *cm_board_item_find(const struct cm_board *board, struct cm_span id)
{
    return find(board, id, cm_hash64(id));
}

/* Twice as many buckets; without memory the chains just grow longer. */
static void spread(struct cm_board *board)
{
    size_t old_count = board->bucket_count;
    struct cm_board_item **old = board->buckets, **more = calloc(2 * old_count, sizeof(struct cm_board_item *));
    if (!more)
        return;
    board->buckets = more;
    board->bucket_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++)
        for (struct cm_board_item *item = old[i], *next; item; item = next) {
            struct cm_board_item **bucket = bucket_of(board, item->hash);
            next = item->next;
            item->next = *bucket;
            *bucket = item;
        }
    board->bytes += old_count * sizeof(struct cm_board_item *);
    free(old);
}

struct cm_board_item *cm_board_item_get(struct cm_board *board, struct cm_span id)
{
    uint64_t hash = cm_hash64(id);
    struct cm_board_item *item = find(board, id, hash);
    if (item)
        return item;
    item = calloc(1, sizeof *item);
    if (!item || cm_board_own(board, &item->id, id) != CM_OK) {
        free(item);
        return NULL;
    }
    if (board->item_count >= board->bucket_count)
        spread(board);
    struct cm_board_item **bucket = bucket_of(board, hash);
    item->hash = hash;
    item->serial = ++board->serial;
    item->next = *bucket;
    item->queue = &board->rest;
    item->first_ms = board->now_ms;
    item->last_text = &item->texts;
    item->counted.slot = CM_SHEET_NO_TIME;
    link_empty(&item->by_use);
    link_empty(&item->by_payload);
    *bucket = item;
    board->item_count++;
    board->bytes += sizeof *item;
    return item;
}

void cm_board_item_used(struct cm_board *board, struct cm_board_item *item)
{
    link_last(&board->used[item->status == CM_BOARD_ITEM_FINAL], &item->by_use);
    if (item->paid)
        link_last(&board->paid, &item->by_payload);
}

void cm_board_item_paid(struct cm_board *board, struct cm_board_item *item)
{
    item->paid = true;
    link_last(&board->paid, &item->by_payload);
}

void cm_board_item_let_go(struct cm_board *board, struct cm_board_item *item)
{
    item->gone |= item->texts != NULL;
    cm_board_store_free(board, item);
    cm_board_texts_free(board, item);
    link_out(&item->by_payload);
    item->paid = false;
}

/* Out of the table, and free. What it added to figures of ended interactions stays there. */
static void forget(struct cm_board *board, struct cm_board_item *item)
{
    struct cm_board_item **at = bucket_of(board, item->hash);
    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    if (item->status == CM_BOARD_ITEM_OPEN) {
        item->queue->open--;
        board->all.open--;
    }
    cm_board_concern_drop(board, item);
    cm_board_item_let_go(board, item);
    link_out(&item->by_use);
    cm_board_disown(board, &item->id);
    cm_board_disown(board, &item->agent_id);
    cm_board_disown(board, &item->customer_names);
    board->bytes -= sizeof *item;
    board->item_count--;
    free(item);
}

void cm_board_item_erase(struct cm_board *board, struct cm_board_item *item)
{
    if (item->status == CM_BOARD_ITEM_FINAL) {
        cm_board_care_drop(board, item);
        board->finals--;
    }
    forget(board, item);
}

void cm_board_items_free(struct cm_board *board)
{
    for (size_t i = 0; board->buckets && i < board->bucket_count; i++)
        while (board->buckets[i])
            forget(board, board->buckets[i]);
    free(board->buckets);
}

/* ------------------------------------------------------------------ ceiling */

static struct cm_board_item *oldest(struct cm_board *board, unsigned final, const struct cm_board_item *except)
{
    struct cm_board_link *list = &board->used[final], *link = list->behind;
    if (link != list && by_use(link) == except)
        link = link->behind;
    return link != list ? by_use(link) : NULL;
}

static struct cm_board_item *oldest_paid(struct cm_board *board, const struct cm_board_item *except)
{
    struct cm_board_link *link = board->paid.behind;
    if (link != &board->paid && by_payload(link) == except)
        link = link->behind;
    return link != &board->paid ? by_payload(link) : NULL;
}

/* Scorecards and texts first: no figure is made of them. Then final ones, then what nobody has heard of for longest. */
void cm_board_make_room(struct cm_board *board, const struct cm_board_item *except)
{
    while (board->bytes > board->settings.memory_bytes) {
        struct cm_board_item *item = oldest_paid(board, except);
        if (item) {
            cm_board_item_let_go(board, item);
            continue;
        }
        item = oldest(board, 1, except);
        if (!item)
            item = oldest(board, 0, except);
        if (!item)
            return;
        forget(board, item);
    }
}
