/* Lists of indices, sorted: by hand while they are short, as they nearly always are; never worse than n log n. */
#include "score/private.h"

enum { SHORT = 16 };

static void sort_short(const struct cm_judge *judge, uint32_t *items, size_t count, cm_before before)
{
    for (size_t i = 1; i < count; i++) {
        uint32_t item = items[i];
        size_t at = i;
        for (; at > 0 && before(judge, item, items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static void merge(const struct cm_judge *judge, const uint32_t *from, uint32_t *to, size_t low, size_t middle, size_t high,
                  cm_before before)
{
    size_t a = low, b = middle;
    for (size_t i = low; i < high; i++)
        to[i] = a < middle && (b >= high || !before(judge, from[b], from[a])) ? from[a++] : from[b++];
}

bool cm_judge_sort_list(struct cm_judge *judge, struct cm_list *list, cm_before before)
{
    size_t count = list->count;
    for (size_t low = 0; low < count; low += SHORT)
        sort_short(judge, list->items + low, low + SHORT < count ? SHORT : count - low, before);
    if (count <= SHORT)
        return true;
    if (cm_grow(&judge->spare.items, &judge->spare.cap, count, sizeof *judge->spare.items) != CM_OK)
        return false;
    uint32_t *from = list->items, *to = judge->spare.items;
    for (size_t width = SHORT; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            merge(judge, from, to, low, middle, middle + width < count ? middle + width : count, before);
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != list->items)
        memcpy(list->items, from, count * sizeof *from);
    return true;
}
