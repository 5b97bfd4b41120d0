#include "fake_broker.h"

#include <stdlib.h>
#include <string.h>

static void no_memory(void)
{
    fputs("out of memory\n", stderr);
    exit(2);
}

static struct cm_span copy(struct cm_span from)
{
    if (!from.ptr)
        return from;
    char *bytes = malloc(from.len ? from.len : 1);
    if (!bytes)
        no_memory();
    memcpy(bytes, from.ptr, from.len);
    return (struct cm_span){bytes, from.len};
}

struct fake_record *fake_add(struct fake_log *log, const struct fake_record *record)
{
    if (cm_grow(&log->items, &log->cap, log->count + 1, sizeof *log->items) != CM_OK)
        no_memory();
    log->items[log->count] = *record;
    return &log->items[log->count++];
}

struct fake_record *fake_add_copy(struct fake_log *log, const struct fake_record *record)
{
    struct fake_record owned = *record;
    owned.key = copy(record->key);
    owned.value = copy(record->value);
    return fake_add(log, &owned);
}

void fake_free(struct fake_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        cm_span_free(&log->items[i].key);
        cm_span_free(&log->items[i].value);
    }
    free(log->items);
    *log = (struct fake_log){0};
}

void fake_broker_init(struct fake_broker *broker, uint32_t partitions, uint64_t seed)
{
    *broker = (struct fake_broker){.partitions = partitions, .chance = {seed}};
    for (uint32_t i = 0; i < FAKE_PARTITIONS_MAX; i++) {
        broker->owner[i] = FAKE_NOBODY;
        broker->committed[i] = CM_POSITION_FIRST;
    }
}

void fake_broker_free(struct fake_broker *broker)
{
    for (uint32_t i = 0; i < FAKE_PARTITIONS_MAX; i++) {
        fake_free(&broker->input[i]);
        for (unsigned topic = 0; topic < FAKE_TOPICS; topic++)
            fake_free(&broker->topics[topic][i]);
    }
}

void fake_produce(struct fake_broker *broker, uint32_t partition, struct cm_span key, struct cm_span line)
{
    fake_add_copy(
        &broker->input[partition],
        &(struct fake_record){.key = key, .value = line, .at = broker->now, .client = FAKE_NOBODY, .sequence = broker->sequence++});
}

void fake_erase(struct fake_broker *broker, uint32_t partition, struct cm_span id)
{
    struct cm_buffer key = CM_BUFFER_EMPTY;
    cm_state_key(&key, id);
    fake_add_copy(
        &broker->topics[FAKE_STATE][partition],
        &(struct fake_record){
            .key = cm_buffer_view(&key), .at = broker->now, .client = FAKE_NOBODY, .erased = true, .sequence = broker->sequence++});
    cm_buffer_free(&key);
}

const struct fake_record *fake_last(const struct fake_log *log, struct cm_span key)
{
    for (size_t i = log->count; i-- > 0;)
        if (cm_span_equal(log->items[i].key, key))
            return &log->items[i];
    return NULL;
}

void fake_card_key(struct cm_buffer *out, const char *pack, struct cm_span id)
{
    cm_buffer_reset(out);
    cm_buffer_append(out, pack, strlen(pack) + 1);
    cm_buffer_span(out, id);
}

/* Is it the first time that this key is seen? */
static bool is_new(uint64_t *seen, size_t size, struct cm_span key)
{
    uint64_t hash = cm_hash64(key) | 1;
    size_t at = (size_t)(hash >> 8) & (size - 1);
    for (; seen[at]; at = (at + 1) & (size - 1))
        if (seen[at] == hash)
            return false;
    seen[at] = hash;
    return true;
}

/* From behind: what was not seen yet is the last of its key. Tombstones go once a manifest behind them says that they were taken note of.
 */
void fake_compact(struct fake_broker *broker, uint32_t partition, size_t lag, bool tombstones)
{
    struct fake_log *log = &broker->topics[FAKE_STATE][partition];
    size_t end = log->count > lag ? log->count - lag : 0, size = 64;
    end = end ? cm_chance_below(&broker->chance, (uint32_t)end + 1) : 0;
    while (size < end * 2)
        size *= 2;
    uint64_t *seen = calloc(size, sizeof *seen), settled = 0;
    if (!seen)
        no_memory();
    for (size_t i = end; i-- > 0;) {
        struct fake_record *record = &log->items[i];
        bool tombstone = tombstones && !record->value.ptr && !record->erased;
        if (record->compacted)
            continue;
        record->compacted =
            !is_new(seen, size, record->key) || (tombstone && record->epoch <= settled && cm_chance_once_in(&broker->chance, 2));
        if (cm_span_equal(record->key, cm_state_manifest_key) && record->value.ptr && record->epoch > settled)
            settled = record->epoch;
    }
    free(seen);
}
