#include <stdlib.h>

#include "base/buffer.h"
#include "study/validity/validate.h"

/* Names in one note. */
#define CM_UNMAPPED_TOLD 12u

static bool carried(const struct cm_labels *labels, struct cm_span label)
{
    uint32_t name = cm_labels_find(labels, label);
    for (size_t i = 0; i < labels->count && name != CM_CUE_NONE; i++)
        if (cm_heard_has(labels->items[i].labels, labels->items[i].label_count, name))
            return true;
    return false;
}

static bool maps(const struct cm_label_map *map, struct cm_span label)
{
    for (uint32_t i = 0; i < map->count; i++)
        for (uint32_t j = 0; j < map->items[i].name_count; j++)
            if (cm_span_equal(label, map->items[i].names[j]))
                return true;
    return false;
}

/* One note for all of them: corpora have dozens of labels of which a map wants three. */
static void tell_unmapped(const struct cm_labels *labels, const struct cm_label_map *map, struct cm_diagnostics *diagnostics)
{
    struct cm_buffer names = CM_BUFFER_EMPTY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < labels->name_count; i++) {
        const struct cm_label_name *name = &labels->names[i];
        if (maps(map, name->text))
            continue;
        if (count++ < CM_UNMAPPED_TOLD)
            cm_buffer_printf(&names, "%s%.*s", count > 1 ? ", " : "", (int)name->text.len, name->text.ptr);
    }
    if (count > CM_UNMAPPED_TOLD)
        cm_buffer_printf(&names, " and %u more", count - CM_UNMAPPED_TOLD);
    if (count > 0)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_WARNING, "label-unmapped", (struct cm_place){.file = labels->names[0].file}, NULL,
                           "labels that the map does not know are not measured: %.*s", (int)names.len, names.ptr ? names.ptr : "");
    cm_buffer_free(&names);
}

/* By id, then by what is said; then as they were read. */
static int compare_turns(const void *a, const void *b)
{
    const struct cm_labelled *x = *(const struct cm_labelled *const *)a, *y = *(const struct cm_labelled *const *)b;
    int order = cm_span_compare(x->id, y->id);
    if (order == 0)
        order = cm_span_compare(cm_labelled_turn(x)->text, cm_labelled_turn(y)->text);
    return order ? order : (x > y) - (x < y);
}

static bool same_turn(const struct cm_labelled *x, const struct cm_labelled *y)
{
    return cm_span_equal(x->id, y->id) && cm_span_equal(cm_labelled_turn(x)->text, cm_labelled_turn(y)->text);
}

/* A file given twice, or two readings of one sample: every turn would count twice, and the intervals be too narrow. One note. */
static void tell_twice(const struct cm_labels *labels, struct cm_diagnostics *diagnostics)
{
    const struct cm_labelled **turns = calloc(labels->count + 1, sizeof *turns), *first = NULL;
    size_t count = 0, again = 0;
    if (!turns) {
        diagnostics->status = CM_ENOMEM;
        return;
    }
    for (size_t i = 0; i < labels->count; i++)
        if (labels->items[i].id.len > 0)
            turns[count++] = &labels->items[i];
    if (count > 0)
        qsort(turns, count, sizeof *turns, compare_turns);
    for (size_t i = 1; i < count; i++)
        if (same_turn(turns[i - 1], turns[i])) {
            again++;
            first = !first || turns[i] < first ? turns[i] : first;
        }
    if (first)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_WARNING, "label-turn-twice", (struct cm_place){first->file, first->line, 1, 1},
                           "give each file once, and join two readings into one line: what they differ in is \"disputed\"",
                           "%zu turns stand in the labels again, %.*s here: they count twice", again, (int)first->id.len, first->id.ptr);
    free(turns);
}

void cm_validate_compare_names(const struct cm_labels *labels, const struct cm_label_map *map, struct cm_diagnostics *diagnostics)
{
    tell_twice(labels, diagnostics);
    tell_unmapped(labels, map, diagnostics);
    for (uint32_t j = 0; j < map->count; j++)
        for (uint32_t k = 0; k < map->items[j].name_count; k++) {
            struct cm_span name = map->items[j].names[k];
            if (!carried(labels, name))
                cm_diagnostics_add(diagnostics, CM_SEVERITY_WARNING, "label-never", map->items[j].place, NULL,
                                   "no labelled turn carries %.*s: it has no recall", (int)name.len, name.ptr);
        }
}
