/* Names that live as long as the board, and the groups that interactions are looked at in. */
#include <stdlib.h>

#include "board/private.h"

static size_t power_of_two(size_t least)
{
    size_t size = 16;
    while (size < least)
        size *= 2;
    return size;
}

/* ------------------------------------------------------------------- names */

#define NAME_SLOTS (2 * (size_t)CM_BOARD_NAMES_MAX)

const char *cm_board_name(struct cm_board *board, struct cm_span name)
{
    if (!name.ptr || name.len == 0 || name.len > CM_BOARD_NAME_MAX_BYTES || memchr(name.ptr, '\0', name.len))
        return NULL;
    if (!board->names && !(board->names = calloc(NAME_SLOTS, sizeof *board->names)))
        return NULL;
    size_t at = (size_t)cm_hash64(name) & (NAME_SLOTS - 1);
    while (board->names[at] && !cm_span_equal(cm_span_of(board->names[at]), name))
        at = (at + 1) & (NAME_SLOTS - 1);
    if (board->names[at] || board->name_count == CM_BOARD_NAMES_MAX)
        return board->names[at];
    board->names[at] = strndup(name.ptr, name.len);
    board->name_count += board->names[at] != NULL;
    return board->names[at];
}

static enum cm_status index_behaviours(struct cm_board *board)
{
    size_t count = board->settings.behaviour_count;
    board->behaviour_slot_count = power_of_two(2 * count);
    board->behaviour_slots = calloc(board->behaviour_slot_count, sizeof *board->behaviour_slots);
    board->outcomes = calloc(count + 1, sizeof *board->outcomes);
    if (!board->behaviour_slots || !board->outcomes)
        return CM_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct cm_span id = cm_span_of(board->settings.behaviours[i].id);
        if (cm_board_behaviour(board, id)) /* two packs may share one: the first pack's stands */
            continue;
        size_t at = (size_t)cm_hash64(id) & (board->behaviour_slot_count - 1);
        while (board->behaviour_slots[at])
            at = (at + 1) & (board->behaviour_slot_count - 1);
        board->behaviour_slots[at] = (uint32_t)i + 1;
    }
    return CM_OK;
}

const struct cm_board_behaviour *cm_board_behaviour(const struct cm_board *board, struct cm_span id)
{
    size_t mask = board->behaviour_slot_count - 1, at = (size_t)cm_hash64(id) & mask;
    for (; id.ptr && board->behaviour_slots[at]; at = (at + 1) & mask) {
        const struct cm_board_behaviour *behaviour = &board->settings.behaviours[board->behaviour_slots[at] - 1];
        if (cm_span_equal(cm_span_of(behaviour->id), id))
            return behaviour;
    }
    return NULL;
}

/* ------------------------------------------------------------------ groups */

#define QUEUE_SLOTS (2 * (size_t)CM_BOARD_QUEUES_MAX)

enum cm_status cm_board_groups_new(struct cm_board *board)
{
    board->queue_slots = calloc(QUEUE_SLOTS, sizeof *board->queue_slots);
    return board->queue_slots ? index_behaviours(board) : CM_ENOMEM;
}

static void group_free(struct cm_board_group *group)
{
    for (size_t kind = 0; kind < 2; kind++)
        for (size_t i = 0; i < group->shelves[kind].count; i++)
            free(group->shelves[kind].moments[i].block);
    free(group->slots);
    cm_span_free(&group->name);
}

void cm_board_groups_free(struct cm_board *board)
{
    for (size_t i = 0; i < board->queue_count; i++) {
        group_free(board->queues[i]);
        free(board->queues[i]);
    }
    group_free(&board->all);
    group_free(&board->rest);
    for (size_t i = 0; board->names && i < NAME_SLOTS; i++)
        free(board->names[i]);
    free(board->names);
    free(board->queues);
    free(board->queue_slots);
    free(board->behaviour_slots);
    free(board->outcomes);
}

/* The slot of this name: that of a queue, or a free one. */
static uint32_t *find_queue(const struct cm_board *board, struct cm_span name, uint64_t hash)
{
    size_t at = (size_t)hash & (QUEUE_SLOTS - 1);
    while (board->queue_slots[at] && !cm_span_equal(board->queues[board->queue_slots[at] - 1]->name, name))
        at = (at + 1) & (QUEUE_SLOTS - 1);
    return &board->queue_slots[at];
}

static struct cm_board_group *add_queue(struct cm_board *board, struct cm_span name, uint64_t hash)
{
    struct cm_board_group *group = calloc(1, sizeof *group);
    if (group)
        group->name = (struct cm_span){strndup(name.ptr, name.len), name.len};
    if (!group || !group->name.ptr ||
        cm_grow(&board->queues, &board->queue_cap, board->queue_count + 1, sizeof(struct cm_board_group *)) != CM_OK) {
        if (group)
            group_free(group);
        free(group);
        return NULL;
    }
    group->hash = hash;
    board->queues[board->queue_count++] = group;
    board->bytes += sizeof *group + name.len;
    return group;
}

struct cm_board_group *cm_board_queue(struct cm_board *board, struct cm_span name)
{
    if (name.len == 0 || name.len > CM_BOARD_NAME_MAX_BYTES || memchr(name.ptr, '\0', name.len))
        return &board->rest;
    uint64_t hash = cm_hash64(name);
    uint32_t *slot = find_queue(board, name, hash);
    if (*slot)
        return board->queues[*slot - 1];
    if (board->queue_count == CM_BOARD_QUEUES_MAX)
        return &board->rest;
    struct cm_board_group *group = add_queue(board, name, hash);
    if (group)
        *slot = (uint32_t)board->queue_count;
    return group;
}

struct cm_board_group *cm_board_view(struct cm_board *board, struct cm_span name)
{
    if (!name.ptr)
        return &board->all;
    uint32_t *slot = find_queue(board, name, cm_hash64(name));
    return *slot ? board->queues[*slot - 1] : NULL;
}
