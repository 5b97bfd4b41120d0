#include "base/buffer.h"
#include "study/validate.h"

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

void cm_validate_compare_names(const struct cm_labels *labels, const struct cm_label_map *map, struct cm_diagnostics *diagnostics)
{
    tell_unmapped(labels, map, diagnostics);
    for (uint32_t j = 0; j < map->count; j++)
        for (uint32_t k = 0; k < map->items[j].name_count; k++) {
            struct cm_span name = map->items[j].names[k];
            if (!carried(labels, name))
                cm_diagnostics_add(diagnostics, CM_SEVERITY_WARNING, "label-never", map->items[j].place, NULL,
                                   "no labelled turn carries %.*s: it has no recall", (int)name.len, name.ptr);
        }
}
