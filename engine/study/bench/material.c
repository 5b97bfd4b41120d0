#include "study/bench/material.h"

#include "event/decode.h"
#include "event/retime.h"

#define COPIES_MAX UINT32_C(1000000)

/* What is being taken in. */
struct taking {
    struct cm_material *material;
    const atomic_bool *stop;
    struct cm_arena arena;
    uint64_t size;
    bool keep; /* lines go to material->kept */
    bool full; /* size is reached */
};

/* Standard input is read once, whatever is behind it. */
static bool has_pipe(const struct cm_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (!inputs->items[i].sized || strcmp(inputs->items[i].path, "-") == 0)
            return true;
    return false;
}

/* One line that is not empty. */
static enum cm_status count_line(struct taking *taking, struct cm_span line, bool too_long)
{
    struct cm_material *material = taking->material;
    struct cm_decoded decoded = {.reject = CM_REJECT_LINE_TOO_LONG};
    struct cm_event event;
    cm_arena_reset(&taking->arena);
    enum cm_status status = too_long ? CM_OK : cm_decode(&taking->arena, line, &event, &decoded);
    if (status != CM_OK)
        return status;
    material->lines++;
    if (decoded.reject == CM_REJECT_NONE) {
        material->events++;
        material->turns += event.type == CM_EVENT_MESSAGE;
        return CM_OK;
    }
    cm_dead_letter_count(&material->dead_letters, decoded.reject);
    cm_dead_letter_look(&material->dead_letters, line);
    return CM_OK;
}

static enum cm_status take_block(struct taking *taking, const struct cm_block *block)
{
    struct cm_material *material = taking->material;
    struct cm_line line = {0};
    enum cm_status status = CM_OK;
    while (status == CM_OK && cm_block_next_line(block, &line)) {
        if (material->bytes + line.bytes.len + 1 > taking->size && material->events > 0) {
            taking->full = true;
            return CM_OK;
        }
        material->bytes += line.bytes.len + 1;
        struct cm_span bytes = cm_decode_trim(line.bytes, block->first_of_file && line.number == block->line);
        if (bytes.len == 0)
            continue;
        status = count_line(taking, bytes, block->line_too_long);
        if (taking->keep) {
            cm_buffer_span(&material->kept, bytes);
            cm_buffer_byte(&material->kept, '\n');
        }
    }
    return status == CM_OK ? cm_buffer_status(&material->kept) : status;
}

/* Whether the source ended: full is false then. */
static enum cm_status take(struct taking *taking, struct cm_source *source)
{
    struct cm_block block = CM_BLOCK_EMPTY;
    struct cm_material *material = taking->material;
    material->bytes = material->lines = material->events = material->turns = 0;
    material->dead_letters = (struct cm_dead_letter_counts){0};
    enum cm_status status = CM_OK;
    while (status == CM_OK && !taking->full) {
        status = cm_source_next(source, &block);
        if (status == CM_OK)
            status = take_block(taking, &block);
        if (status == CM_OK && atomic_load_explicit(taking->stop, memory_order_relaxed))
            status = CM_ESTOPPED;
    }
    cm_block_free(&block);
    return status == CM_END ? CM_OK : status;
}

/* Once more, and this time kept. */
static enum cm_status keep(struct taking *taking)
{
    struct cm_source_request request = {.inputs = taking->material->inputs};
    struct cm_diagnostics again = CM_DIAGNOSTICS_EMPTY; /* the same as the first time */
    struct cm_source *source = NULL;
    taking->keep = true;
    taking->full = false;
    enum cm_status status = cm_source_open(&source, &cm_source_file, &request, &again);
    if (status == CM_OK)
        status = take(taking, source);
    cm_source_close(source);
    cm_diagnostics_free(&again);
    return status;
}

/* One copy of all lines behind what is there, of other interactions. */
static enum cm_status copy_lines(struct taking *taking, struct cm_span lines, uint32_t number, struct cm_buffer *out)
{
    char text[16];
    struct cm_span suffix = {text, (size_t)snprintf(text, sizeof text, "~%u", number)};
    const char *end = lines.ptr + lines.len;
    enum cm_status status = CM_OK;
    for (const char *at = lines.ptr, *stop; at < end && status == CM_OK; at = stop + 1) {
        struct cm_event event;
        struct cm_decoded decoded;
        stop = memchr(at, '\n', (size_t)(end - at));
        struct cm_span line = {at, (size_t)(stop - at)};
        cm_arena_reset(&taking->arena);
        status = cm_decode(&taking->arena, line, &event, &decoded);
        if (status != CM_OK)
            break;
        if (decoded.reject != CM_REJECT_NONE)
            cm_buffer_span(out, line);
        else if (event.interaction_id.len + suffix.len > CM_INTERACTION_ID_MAX_BYTES ||
                 event.customer_id.len + suffix.len > CM_EVENT_FIELD_MAX_BYTES)
            status = CM_ELIMIT;
        else
            status = cm_event_again(out, line, CM_RETIME_KEEP, CM_RETIME_KEEP, suffix);
        cm_buffer_byte(out, '\n');
    }
    return status == CM_OK ? cm_buffer_status(out) : status;
}

static enum cm_status repeat(struct taking *taking)
{
    struct cm_material *material = taking->material;
    struct cm_buffer once = material->kept;
    material->kept = CM_BUFFER_EMPTY;
    material->kind = CM_MATERIAL_REPEATED;
    material->copies = 0;
    enum cm_status status = CM_OK;
    while (status == CM_OK && material->kept.len < taking->size / 2 && material->copies < COPIES_MAX) {
        status = copy_lines(taking, cm_buffer_view(&once), material->copies++, &material->kept);
        if (status == CM_OK && atomic_load_explicit(taking->stop, memory_order_relaxed))
            status = CM_ESTOPPED;
    }
    cm_buffer_free(&once);
    return status;
}

enum cm_status cm_material_make(struct cm_material *material, const struct cm_inputs *inputs, struct cm_source *source, uint64_t size,
                                const atomic_bool *stop)
{
    *material = (struct cm_material){.inputs = inputs, .copies = 1, .name = "memory"};
    struct taking taking = {.material = material, .stop = stop, .arena = CM_ARENA_EMPTY, .size = size, .keep = has_pipe(inputs)};
    enum cm_status status = take(&taking, source);
    bool small = !taking.full && material->bytes < size / 2 && material->events > 0;
    material->kind = taking.full ? CM_MATERIAL_PART : taking.keep ? CM_MATERIAL_MEMORY : CM_MATERIAL_FILES;
    if (status == CM_OK && !taking.keep && (taking.full || small))
        status = keep(&taking);
    if (status == CM_OK && small)
        status = repeat(&taking);
    cm_arena_free(&taking.arena);
    material->contents = cm_buffer_view(&material->kept);
    return status;
}

void cm_material_free(struct cm_material *material)
{
    cm_buffer_free(&material->kept);
    *material = (struct cm_material){0};
}

enum cm_status cm_material_open(const struct cm_material *material, struct cm_source **source, struct cm_diagnostics *diagnostics)
{
    struct cm_source_request request = {.inputs = material->inputs};
    if (material->kind == CM_MATERIAL_FILES)
        return cm_source_open(source, &cm_source_file, &request, diagnostics);
    request = (struct cm_source_request){.names = &material->name, .contents = &material->contents, .count = 1};
    return cm_source_open(source, &cm_source_mem, &request, diagnostics);
}
