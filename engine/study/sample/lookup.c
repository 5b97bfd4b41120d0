#include "study/sample/lookup.h"

#include <stdlib.h>

#include "event/decode.h"

struct looking {
    const struct cm_wanted *wanted; /* by origin */
    size_t count;
    cm_lookup_found found;
    void *context;
    struct cm_arena arena;
};

static int compare_origins(struct cm_origin a, struct cm_origin b)
{
    if (a.path != b.path)
        return a.path < b.path ? -1 : 1;
    return (a.offset > b.offset) - (a.offset < b.offset);
}

static int by_origin(const void *left, const void *right)
{
    return compare_origins(((const struct cm_wanted *)left)->origin, ((const struct cm_wanted *)right)->origin);
}

/* The first that is not before origin. */
static size_t first_from(const struct looking *looking, struct cm_origin origin)
{
    size_t from = 0, to = looking->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_origins(looking->wanted[middle].origin, origin) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static enum cm_status look_at_line(struct looking *looking, struct cm_span line, size_t at, struct cm_origin origin)
{
    struct cm_event event;
    struct cm_decoded decoded;
    cm_arena_reset(&looking->arena);
    enum cm_status status = cm_decode(&looking->arena, line, &event, &decoded);
    if (status != CM_OK || decoded.reject != CM_REJECT_NONE || !event.text.ptr)
        return status;
    for (; at < looking->count && compare_origins(looking->wanted[at].origin, origin) == 0 && status == CM_OK; at++)
        if (cm_span_equal(looking->wanted[at].interaction_id, event.interaction_id))
            status = looking->found(looking->context, looking->wanted[at].owner, &event);
    return status;
}

static enum cm_status look_through(struct looking *looking, const struct cm_block *block)
{
    struct cm_line line = {0};
    enum cm_status status = CM_OK;
    struct cm_origin origin = {block->path, block->offset};
    size_t at = first_from(looking, origin);
    while (status == CM_OK && at < looking->count && looking->wanted[at].origin.path == block->path && cm_block_next_line(block, &line)) {
        origin.offset = line.offset;
        if (compare_origins(looking->wanted[at].origin, origin) > 0)
            continue;
        bool first = block->first_of_file && line.number == block->line;
        status = look_at_line(looking, cm_decode_trim(line.bytes, first), at, origin);
        while (at < looking->count && compare_origins(looking->wanted[at].origin, origin) <= 0)
            at++;
    }
    return status;
}

enum cm_status cm_lookup(struct cm_wanted *wanted, size_t count, struct cm_source *source, cm_lookup_found found, void *context)
{
    struct looking looking = {.wanted = wanted, .count = count, .found = found, .context = context};
    struct cm_block block = CM_BLOCK_EMPTY;
    enum cm_status status = CM_OK;
    if (count > 0)
        qsort(wanted, count, sizeof *wanted, by_origin);
    while (status == CM_OK && count > 0 && (status = cm_source_next(source, &block)) == CM_OK)
        status = block.line_too_long ? CM_OK : look_through(&looking, &block);
    cm_block_free(&block);
    cm_arena_free(&looking.arena);
    return status == CM_END ? CM_OK : status;
}
