#include "ops/roll.h"

#include <stdlib.h>

#include "base/hash.h"

#define SLOTS_MIN ((size_t)64)

static uint64_t hash_of(struct cm_span id, uint32_t partition)
{
    return cm_hash64(id) + partition * UINT64_C(0x9E3779B97F4A7C15);
}

static uint32_t *slot_of(const struct cm_roll *roll, struct cm_span id, uint32_t partition, uint64_t hash)
{
    size_t at = (size_t)hash & (roll->slot_count - 1);
    for (; roll->slots[at]; at = (at + 1) & (roll->slot_count - 1)) {
        const struct cm_roll_entry *entry = &roll->items[roll->slots[at] - 1];
        if (entry->hash == hash && entry->partition == partition && cm_span_equal(entry->id, id))
            break;
    }
    return &roll->slots[at];
}

struct cm_roll_entry *cm_roll_find(const struct cm_roll *roll, struct cm_span id, uint32_t partition)
{
    if (roll->count == 0)
        return NULL;
    uint32_t slot = *slot_of(roll, id, partition, hash_of(id, partition));
    return slot ? &roll->items[slot - 1] : NULL;
}

static bool grow(struct cm_roll *roll)
{
    size_t count = roll->slot_count ? roll->slot_count * 2 : SLOTS_MIN;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    free(roll->slots);
    roll->slots = slots;
    roll->slot_count = count;
    for (size_t i = 0; i < roll->count; i++) {
        const struct cm_roll_entry *entry = &roll->items[i];
        *slot_of(roll, entry->id, entry->partition, entry->hash) = (uint32_t)i + 1;
    }
    return true;
}

struct cm_roll_entry *cm_roll_add(struct cm_roll *roll, struct cm_span id, uint32_t partition)
{
    struct cm_roll_entry entry = {.hash = hash_of(id, partition), .partition = partition};
    if (roll->count * 2 >= roll->slot_count && !grow(roll))
        return NULL;
    if (cm_grow(&roll->items, &roll->cap, roll->count + 1, sizeof entry) != CM_OK || cm_span_own(&entry.id, id) != CM_OK)
        return NULL;
    *slot_of(roll, id, partition, entry.hash) = (uint32_t)roll->count + 1;
    roll->items[roll->count++] = entry;
    return &roll->items[roll->count - 1];
}

void cm_roll_free(struct cm_roll *roll)
{
    for (size_t i = 0; i < roll->count; i++)
        cm_span_free(&roll->items[i].id);
    free(roll->items);
    free(roll->slots);
    *roll = (struct cm_roll){0};
}
