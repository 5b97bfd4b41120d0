/* Agents and queues, found by hash while they are added to, by name when they are shown. */
#include <stdlib.h>

#include "base/hash.h"
#include "study/compare/comparing.h"

#define CM_GROUPS_FIRST ((size_t)64)

static enum cm_status table_grow(struct cm_group_diffs *groups)
{
    size_t size = groups->table_size ? groups->table_size * 2 : CM_GROUPS_FIRST;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return CM_ENOMEM;
    for (size_t i = 0; i < groups->count; i++) {
        size_t at = groups->items[i].hash & (size - 1);
        while (table[at])
            at = (at + 1) & (size - 1);
        table[at] = (uint32_t)i + 1;
    }
    free(groups->table);
    groups->table = table;
    groups->table_size = size;
    return CM_OK;
}

static struct cm_group_diff *group_new(struct cm_group_diffs *groups, struct cm_span id, uint64_t hash)
{
    if (groups->count >= UINT32_MAX - 1 || cm_grow(&groups->items, &groups->cap, groups->count + 1, sizeof *groups->items) != CM_OK)
        return NULL;
    struct cm_group_diff *group = &groups->items[groups->count];
    *group = (struct cm_group_diff){.hash = hash};
    if (cm_span_own(&group->id, id) != CM_OK)
        return NULL;
    groups->count++;
    return group;
}

struct cm_group_diff *cm_group_diffs_get(struct cm_group_diffs *groups, struct cm_span id)
{
    if ((groups->count + 1) * 2 > groups->table_size && table_grow(groups) != CM_OK)
        return NULL;
    uint64_t hash = id.ptr ? cm_hash64(id) : 0;
    size_t at = hash & (groups->table_size - 1);
    for (; groups->table[at]; at = (at + 1) & (groups->table_size - 1)) {
        struct cm_group_diff *group = &groups->items[groups->table[at] - 1];
        if (group->hash == hash && !group->id.ptr == !id.ptr && cm_span_equal(group->id, id))
            return group;
    }
    struct cm_group_diff *made = group_new(groups, id, hash);
    if (made)
        groups->table[at] = (uint32_t)groups->count;
    return made;
}

enum cm_status cm_group_diffs_merge(struct cm_group_diffs *into, const struct cm_group_diffs *from)
{
    for (size_t i = 0; i < from->count; i++) {
        struct cm_group_diff *group = cm_group_diffs_get(into, from->items[i].id);
        if (!group)
            return CM_ENOMEM;
        cm_pairs_merge(&group->pairs, &from->items[i].pairs);
    }
    return CM_OK;
}

static int by_id(const void *left, const void *right)
{
    const struct cm_group_diff *a = left, *b = right;
    if (!a->id.ptr || !b->id.ptr)
        return (b->id.ptr != NULL) - (a->id.ptr != NULL);
    return cm_span_compare(a->id, b->id);
}

void cm_group_diffs_sort(struct cm_group_diffs *groups)
{
    if (groups->count > 0)
        qsort(groups->items, groups->count, sizeof *groups->items, by_id);
    free(groups->table); /* its places are no more theirs */
    groups->table = NULL;
    groups->table_size = 0;
}

void cm_group_diffs_free(struct cm_group_diffs *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        cm_span_free(&groups->items[i].id);
    free(groups->items);
    free(groups->table);
    *groups = (struct cm_group_diffs){0};
}
