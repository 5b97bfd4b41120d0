#include "live/owner/item.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct cm_table *table, struct cm_span id, uint64_t hash)
{
    size_t mask = table->size - 1, at = (size_t)(hash >> 7) & mask;
    while (table->slots[at] && !(table->slots[at]->hash == hash && cm_span_equal(cm_item_id(table->slots[at]), id)))
        at = (at + 1) & mask;
    return at;
}

struct cm_item *cm_table_find(const struct cm_table *table, struct cm_span id, uint64_t hash)
{
    return table->size ? table->slots[slot_of(table, id, hash)] : NULL;
}

/* At most five of eight slots are taken, so that probes stay short. */
static bool make_room(struct cm_table *table)
{
    if (table->size && (table->count + 1) * 8 <= table->size * 5)
        return true;
    struct cm_table larger = {.size = table->size ? table->size * 2 : 64};
    larger.slots = calloc(larger.size, sizeof(struct cm_item *));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i])
            larger.slots[slot_of(&larger, cm_item_id(table->slots[i]), table->slots[i]->hash)] = table->slots[i];
    free(table->slots);
    table->slots = larger.slots;
    table->size = larger.size;
    return true;
}

struct cm_item *cm_table_add(struct cm_table *table, struct cm_span id, uint64_t hash)
{
    if (!make_room(table))
        return NULL;
    size_t bytes = offsetof(struct cm_item, id_bytes) + id.len;
    struct cm_item *item = calloc(1, bytes < sizeof *item ? sizeof *item : bytes);
    if (!item)
        return NULL;
    memcpy(item->id_bytes, id.ptr, id.len);
    item->id_len = (uint16_t)id.len;
    item->hash = hash;
    item->due = INT64_MAX;
    item->applied = CM_APPLIED_NONE;
    item->spilled = item->read_at = -1;
    item->heap_at = CM_HEAP_NONE;
    table->slots[slot_of(table, id, hash)] = item;
    table->count++;
    table->phases[item->phase]++;
    return item;
}

void cm_table_turn(struct cm_table *table, struct cm_item *item, enum cm_phase phase)
{
    table->phases[item->phase]--;
    item->phase = (uint8_t)phase;
    table->phases[item->phase]++;
}

/* ---------------------------------------------------------------------- heap */

static bool before(const struct cm_item *a, const struct cm_item *b)
{
    return a->due != b->due ? a->due < b->due : a->hash < b->hash;
}

static void place(struct cm_table *table, struct cm_item *item, size_t at)
{
    table->heap[at] = item;
    item->heap_at = (uint32_t)at;
}

static void sift(struct cm_table *table, struct cm_item *item, size_t at)
{
    while (at > 0 && before(item, table->heap[(at - 1) / 2])) {
        place(table, table->heap[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    for (size_t child; (child = 2 * at + 1) < table->heap_count; at = child) {
        child += child + 1 < table->heap_count && before(table->heap[child + 1], table->heap[child]);
        if (!before(table->heap[child], item))
            break;
        place(table, table->heap[child], at);
    }
    place(table, item, at);
}

void cm_table_rest(struct cm_table *table, struct cm_item *item)
{
    size_t at = item->heap_at;
    if (at == CM_HEAP_NONE)
        return;
    item->heap_at = CM_HEAP_NONE;
    struct cm_item *last = table->heap[--table->heap_count];
    if (last != item)
        sift(table, last, at);
}

enum cm_status cm_table_schedule(struct cm_table *table, struct cm_item *item)
{
    if (item->due == INT64_MAX) {
        cm_table_rest(table, item);
        return CM_OK;
    }
    if (item->heap_at == CM_HEAP_NONE) {
        enum cm_status status = cm_grow(&table->heap, &table->heap_cap, table->heap_count + 1, sizeof(struct cm_item *));
        if (status != CM_OK)
            return status;
        item->heap_at = (uint32_t)table->heap_count++;
    }
    sift(table, item, item->heap_at);
    return CM_OK;
}

struct cm_item *cm_table_due(const struct cm_table *table, int64_t now)
{
    return table->heap_count && table->heap[0]->due <= now ? table->heap[0] : NULL;
}

/* -------------------------------------------------------------------- ending */

static void free_item(struct cm_item *item)
{
    cm_packed_free(&item->packed);
    cm_edition_release(item->edition);
    free(item);
}

/* The hole is closed by moving back whatever would no longer be found behind it. */
void cm_table_remove(struct cm_table *table, struct cm_item *item)
{
    size_t mask = table->size - 1, hole = slot_of(table, cm_item_id(item), item->hash);
    cm_table_rest(table, item);
    for (size_t at = (hole + 1) & mask; table->slots[at]; at = (at + 1) & mask) {
        size_t home = (size_t)(table->slots[at]->hash >> 7) & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole] = NULL;
    table->count--;
    table->phases[item->phase]--;
    free_item(item);
}

void cm_table_free(struct cm_table *table)
{
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i])
            free_item(table->slots[i]);
    free(table->slots);
    free(table->heap);
    *table = (struct cm_table){0};
}

struct cm_item *cm_table_next(const struct cm_table *table, size_t *at)
{
    while (*at < table->size)
        if (table->slots[(*at)++])
            return table->slots[*at - 1];
    return NULL;
}
