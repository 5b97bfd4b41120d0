/* The samples with the smallest keys: the same ones, whoever meets them first. */
#include <stdlib.h>

#include "study/compare/comparing.h"

static void sample_free(struct cm_sample *sample)
{
    cm_span_free(&sample->interaction_id);
    cm_span_free(&sample->agent_id);
    cm_span_free(&sample->quote);
    cm_span_free(&sample->before);
    cm_span_free(&sample->after);
    cm_span_free(&sample->names);
}

/* Keys are hashes: what is equal in them is told apart by what it is. */
static int order(const struct cm_sample *a, const struct cm_sample *b)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    int by = cm_span_compare(a->interaction_id, b->interaction_id);
    if (by == 0 && a->turn != b->turn)
        by = a->turn < b->turn ? -1 : 1;
    return by ? by : cm_span_compare(a->agent_id, b->agent_id);
}

bool cm_samples_wants(const struct cm_samples *samples, uint32_t limit, uint64_t key)
{
    return samples->count < limit || (limit > 0 && key <= samples->items[limit - 1].key);
}

/* sample's spans are the samples' afterwards, or freed. */
static enum cm_status take(struct cm_samples *samples, uint32_t limit, struct cm_sample *sample)
{
    if (!samples->items)
        samples->items = calloc(limit, sizeof *samples->items);
    if (!samples->items || (samples->count == limit && order(sample, &samples->items[limit - 1]) >= 0)) {
        sample_free(sample);
        return samples->items ? CM_OK : CM_ENOMEM;
    }
    if (samples->count == limit)
        sample_free(&samples->items[--samples->count]);
    uint32_t at = samples->count++;
    for (; at > 0 && order(sample, &samples->items[at - 1]) < 0; at--)
        samples->items[at] = samples->items[at - 1];
    samples->items[at] = *sample;
    return CM_OK;
}

enum cm_status cm_samples_add(struct cm_samples *samples, uint32_t limit, const struct cm_sample *sample)
{
    if (!cm_samples_wants(samples, limit, sample->key))
        return CM_OK;
    struct cm_sample copy = *sample;
    copy.interaction_id = copy.agent_id = copy.quote = copy.names = (struct cm_span){NULL, 0};
    enum cm_status status = cm_span_own(&copy.interaction_id, sample->interaction_id);
    if (status == CM_OK)
        status = cm_span_own(&copy.agent_id, sample->agent_id);
    if (status == CM_OK)
        status = cm_span_own(&copy.quote, sample->quote);
    if (status == CM_OK)
        status = cm_span_own(&copy.names, sample->names);
    if (status == CM_OK)
        return take(samples, limit, &copy);
    sample_free(&copy);
    return status;
}

enum cm_status cm_samples_merge(struct cm_samples *into, struct cm_samples *from, uint32_t limit)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < from->count && status == CM_OK; i++) {
        struct cm_sample sample = from->items[i];
        from->items[i] = (struct cm_sample){0};
        status = take(into, limit, &sample);
    }
    return status;
}

void cm_samples_free(struct cm_samples *samples)
{
    for (uint32_t i = 0; i < samples->count; i++)
        sample_free(&samples->items[i]);
    free(samples->items);
    *samples = (struct cm_samples){0};
}
