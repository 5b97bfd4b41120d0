#include "study/sample/sampler.h"

enum cm_status cm_sampling_named(const struct cm_sampling *sampling, struct cm_sampling_part *part, struct cm_span name, uint32_t *out)
{
    for (uint32_t i = part->count; i-- > 0;)
        if (cm_span_equal(part->strata[i].told.name, name)) {
            *out = i;
            return CM_OK;
        }
    if (part->count == CM_SAMPLING_STRATA_MAX)
        return CM_ELIMIT;
    enum cm_status status = cm_grow(&part->strata, &part->cap, part->count + 1u, sizeof *part->strata);
    struct cm_span kept = cm_arena_copy(&part->names, name);
    if (status != CM_OK || !kept.ptr)
        return CM_ENOMEM;
    cm_stratum_init(&part->strata[part->count], kept, sampling->request.seed);
    *out = part->count++;
    return CM_OK;
}

/* Entries of the map by cue, those that count. */
static enum cm_status index_map(struct cm_sampling *sampling)
{
    const struct cm_sampling_request *request = &sampling->request;
    uint32_t cues = cm_sampling_ruleset(sampling)->cue_count, count = 0;
    for (uint32_t i = 0; i < request->map->count; i++)
        count += request->map->items[i].cue_count;
    sampling->entries = calloc(count + 1u, sizeof *sampling->entries);
    sampling->first_entry = calloc(cues + 2u, sizeof *sampling->first_entry);
    if (!sampling->entries || !sampling->first_entry)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < request->map->count; i++)
        for (uint32_t j = 0; j < request->map->items[i].cue_count && (!request->chosen || request->chosen[i]); j++)
            sampling->first_entry[request->map->items[i].cues[j] + 2]++;
    for (uint32_t i = 2; i < cues + 2; i++)
        sampling->first_entry[i] += sampling->first_entry[i - 1];
    /* Filling moves first_entry[c + 1] from the begin of c to its end, which is the begin of c + 1. */
    for (uint32_t i = 0; i < request->map->count; i++)
        for (uint32_t j = 0; j < request->map->items[i].cue_count && (!request->chosen || request->chosen[i]); j++)
            sampling->entries[sampling->first_entry[request->map->items[i].cues[j] + 1]++] = i;
    return CM_OK;
}

static struct cm_span fixed_name(struct cm_sampling *sampling, uint32_t stratum)
{
    const struct cm_sampling_request *request = &sampling->request;
    if (stratum < CM_STRATUM_FIRST)
        return stratum == CM_STRATUM_RANDOM ? CM_SPAN("random") : CM_SPAN("nothing");
    if (request->by == CM_SAMPLING_CUE)
        return cm_span_of(cm_sampling_ruleset(sampling)->cues[stratum - CM_STRATUM_FIRST].id);
    const struct cm_mapped *mapped = &request->map->items[stratum - CM_STRATUM_FIRST];
    char *name = cm_arena_printf(&sampling->arena, "%s.%.*s", cm_speaker_name(mapped->speaker), (int)mapped->label.len, mapped->label.ptr);
    return name ? cm_span_of(name) : (struct cm_span){NULL, 0};
}

static enum cm_status part_init(struct cm_sampling *sampling, struct cm_sampling_part *part)
{
    enum cm_sampling_by by = sampling->request.by;
    uint32_t count = by == CM_SAMPLING_NONE ? 1 : 0;
    if (by == CM_SAMPLING_CUE)
        count = CM_STRATUM_FIRST + cm_sampling_ruleset(sampling)->cue_count;
    else if (by == CM_SAMPLING_LABEL)
        count = CM_STRATUM_FIRST + sampling->request.map->count;
    part->of = calloc(count + 1u, sizeof *part->of);
    enum cm_status status = cm_grow(&part->strata, &part->cap, count + 1u, sizeof *part->strata);
    if (status != CM_OK || !part->of)
        return CM_ENOMEM;
    for (; part->count < count; part->count++) {
        struct cm_span name = fixed_name(sampling, part->count);
        if (!name.ptr)
            return CM_ENOMEM;
        cm_stratum_init(&part->strata[part->count], name, sampling->request.seed);
    }
    return CM_OK;
}

static void part_free(struct cm_sampling_part *part)
{
    for (uint32_t i = 0; i < part->count; i++)
        cm_stratum_free(&part->strata[i]);
    free(part->strata);
    free(part->said.items);
    free(part->are.items);
    free(part->of);
    cm_arena_free(&part->names);
}

enum cm_status cm_sampling_new(const struct cm_sampling_request *request, struct cm_sampling **out)
{
    *out = NULL;
    struct cm_sampling *sampling = calloc(1, sizeof *sampling);
    if (!sampling)
        return CM_ENOMEM;
    sampling->request = *request;
    sampling->parts = calloc(request->workers, sizeof *sampling->parts);
    enum cm_status status = sampling->parts ? CM_OK : CM_ENOMEM;
    if (status == CM_OK && request->map)
        status = index_map(sampling);
    for (unsigned i = 0; i < request->workers && status == CM_OK; i++)
        status = part_init(sampling, &sampling->parts[i]);
    if (status != CM_OK)
        cm_sampling_free(sampling);
    else
        *out = sampling;
    return status;
}

void cm_sampling_free(struct cm_sampling *sampling)
{
    if (!sampling)
        return;
    for (unsigned i = 0; sampling->parts && i < sampling->request.workers; i++)
        part_free(&sampling->parts[i]);
    free(sampling->parts);
    free(sampling->entries);
    free(sampling->first_entry);
    free(sampling->turns);
    cm_arena_free(&sampling->arena);
    free(sampling);
}

static enum cm_status merge(struct cm_sampling *sampling, struct cm_sampling_part *into, struct cm_sampling_part *from)
{
    bool fixed = cm_sampling_is_fixed(sampling->request.by) || sampling->request.by == CM_SAMPLING_NONE;
    enum cm_status status = CM_OK;
    into->population += from->population;
    for (uint32_t i = 0; i < from->count && status == CM_OK; i++) {
        uint32_t at = i;
        if (!fixed)
            status = cm_sampling_named(sampling, into, from->strata[i].told.name, &at);
        /* a turn has one stratum then, which has another number here */
        for (uint32_t j = 0; j < from->strata[i].count && !fixed; j++)
            from->strata[i].lots[j].turn->strata[0] = at;
        if (status == CM_OK)
            status = cm_stratum_merge(&into->strata[at], &from->strata[i], sampling->request.turns);
    }
    return status;
}

static int by_turn(const void *left, const void *right)
{
    return cm_sampled_turn_compare(*(struct cm_sampled_turn *const *)left, *(struct cm_sampled_turn *const *)right);
}

/* Those that stand, each once: it is met once for every stratum that drew it. */
static enum cm_status collect(struct cm_sampling *sampling, const struct cm_sampling_part *sum, uint32_t stand)
{
    uint32_t met = 0;
    for (uint32_t i = 0; i < sum->count; i++)
        met += sum->strata[i].told.drawn;
    sampling->turns = calloc(met + 1u, sizeof *sampling->turns);
    if (!sampling->turns)
        return CM_ENOMEM;
    met = 0;
    for (uint32_t i = 0; i < sum->count; i++)
        for (uint32_t j = 0; j < sum->strata[i].told.drawn; j++)
            sampling->turns[met++] = sum->strata[i].lots[j].turn;
    if (met > 1)
        qsort(sampling->turns, met, sizeof *sampling->turns, by_turn);
    for (uint32_t i = 0; i < met; i++)
        if (sampling->count == 0 || sampling->turns[i] != sampling->turns[sampling->count - 1])
            sampling->turns[sampling->count++] = sampling->turns[i];
    return sampling->count == stand ? CM_OK : CM_EINPUT;
}

enum cm_status cm_sampling_finish(struct cm_sampling *sampling)
{
    struct cm_sampling_part *sum = &sampling->parts[0];
    enum cm_status status = CM_OK;
    uint32_t first = cm_sampling_is_fixed(sampling->request.by) ? CM_STRATUM_FIRST : 0, stand = 0;
    for (unsigned i = 1; i < sampling->request.workers && status == CM_OK; i++)
        status = merge(sampling, sum, &sampling->parts[i]);
    if (status == CM_OK)
        status = cm_strata_draw(sum->strata, sum->count, first, sampling->request.turns, &stand);
    return status == CM_OK ? collect(sampling, sum, stand) : status;
}

struct cm_sampling_result cm_sampling_result(const struct cm_sampling *sampling)
{
    const struct cm_sampling_part *sum = &sampling->parts[0];
    return (struct cm_sampling_result){.turns = sampling->turns,
                                       .count = sampling->count,
                                       .population = sum->population,
                                       .strata = sum->strata,
                                       .stratum_count = sum->count};
}
