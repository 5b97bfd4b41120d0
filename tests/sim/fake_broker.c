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

static struct fake_record *add(struct fake_log *log, const struct fake_record *record)
{
    if (cm_grow(&log->items, &log->cap, log->count + 1, sizeof *log->items) != CM_OK)
        no_memory();
    log->items[log->count] = *record;
    return &log->items[log->count++];
}

static struct fake_record *add_copy(struct fake_log *log, const struct fake_record *record)
{
    struct fake_record owned = *record;
    owned.key = copy(record->key);
    owned.value = copy(record->value);
    return add(log, &owned);
}

static void free_log(struct fake_log *log)
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
        free_log(&broker->input[i]);
        for (unsigned topic = 0; topic < FAKE_TOPICS; topic++)
            free_log(&broker->topics[topic][i]);
    }
}

void fake_produce(struct fake_broker *broker, uint32_t partition, struct cm_span key, struct cm_span line)
{
    add_copy(&broker->input[partition],
             &(struct fake_record){.key = key, .value = line, .at = broker->now, .client = FAKE_NOBODY, .sequence = broker->sequence++});
}

void fake_erase(struct fake_broker *broker, uint32_t partition, struct cm_span id)
{
    struct cm_buffer key = CM_BUFFER_EMPTY;
    cm_state_key(&key, id);
    add_copy(&broker->topics[FAKE_STATE][partition],
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

/* ------------------------------------------------------------------- writing */

static void note_written(struct fake_client *client, uint32_t partition, int64_t offset)
{
    if (!client->written[partition].count++)
        client->written[partition].first = offset;
    client->written[partition].last = offset;
}

/* How far the owner is, once that is safe. */
static void note_manifest(struct fake_broker *broker, uint32_t partition, const struct fake_record *record)
{
    struct cm_manifest manifest;
    if (record->zombie || !record->value.ptr || !cm_span_equal(record->key, cm_state_manifest_key))
        return;
    if (cm_manifest_decode(record->value, &manifest) != CM_OK)
        broker->broken = "a manifest that cannot be read";
    else
        broker->confirmed[partition] = manifest.position;
}

/* The first `count` of what waits arrive. counted: the client learns of it. */
static void arrive(struct fake_client *client, unsigned topic, uint32_t partition, size_t count, bool counted)
{
    struct fake_broker *broker = client->broker;
    struct fake_log *pending = &client->pending[topic][partition], *log = &broker->topics[topic][partition];
    for (size_t i = 0; i < count; i++) {
        struct fake_record record = pending->items[i];
        record.at = broker->now;
        record.sequence = broker->sequence++;
        record.zombie = broker->owner[partition] != client->number;
        add(log, &record);
        if (topic == FAKE_STATE && counted)
            note_written(client, partition, (int64_t)log->count - 1);
        if (topic == FAKE_STATE)
            note_manifest(broker, partition, &record);
    }
    pending->count -= count;
    if (pending->count)
        memmove(pending->items, pending->items + count, pending->count * sizeof *pending->items);
}

static void drop_pending(struct fake_log *pending)
{
    for (size_t i = 0; i < pending->count; i++) {
        cm_span_free(&pending->items[i].key);
        cm_span_free(&pending->items[i].value);
    }
    pending->count = 0;
}

/* Of every topic and partition some of what waits arrives, the rest is lost. */
static void lose_some(struct fake_client *client, bool counted)
{
    for (unsigned topic = 0; topic < FAKE_TOPICS; topic++)
        for (uint32_t partition = 0; partition < client->broker->partitions; partition++) {
            struct fake_log *pending = &client->pending[topic][partition];
            if (!pending->count)
                continue;
            arrive(client, topic, partition, cm_chance_below(&client->broker->chance, (uint32_t)pending->count + 1), counted);
            drop_pending(pending);
        }
}

void fake_crash(struct fake_client *client)
{
    if (!client->crashed)
        lose_some(client, false);
    client->crashed = true;
}

/* One journal call: false, the process does not live to see its end. */
static bool lives(struct fake_client *client)
{
    if (client->crash_in != FAKE_NEVER && client->crash_in-- == 0)
        fake_crash(client);
    return !client->crashed;
}

static struct fake_client *client_of(struct cm_journal *journal)
{
    return (struct fake_client *)journal;
}

static enum cm_status put(struct fake_client *client, unsigned topic, uint32_t unit, const struct fake_record *record)
{
    uint32_t partition = CM_UNIT_PARTITION(unit);
    if (!lives(client))
        return CM_ESTOPPED;
    struct fake_log *pending = &client->pending[topic][partition];
    add_copy(pending, record)->client = client->number;
    if (client->sends_early && cm_chance_once_in(&client->broker->chance, 4))
        arrive(client, topic, partition, cm_chance_below(&client->broker->chance, (uint32_t)pending->count + 1), true);
    return CM_OK;
}

static enum cm_status fake_begin(struct cm_journal *journal)
{
    return lives(client_of(journal)) ? CM_OK : CM_ESTOPPED;
}

static enum cm_status fake_card(struct cm_journal *journal, const struct cm_card *card)
{
    struct cm_buffer key = CM_BUFFER_EMPTY;
    fake_card_key(&key, card->pack_name, card->id);
    enum cm_status status =
        put(client_of(journal), FAKE_SCORES, card->unit,
            &(struct fake_record){.key = cm_buffer_view(&key), .value = card->line, .applied = card->applied, .final = card->final});
    cm_buffer_free(&key);
    return status;
}

static enum cm_status fake_dead(struct cm_journal *journal, const struct cm_dead *dead)
{
    return put(client_of(journal), FAKE_DEAD, dead->unit, &(struct fake_record){.value = dead->line, .applied = dead->offset});
}

/* A manifest must not overtake what it speaks of. */
static void check_manifest(struct fake_client *client, const struct cm_entry *entry)
{
    if (!entry->value.ptr || !cm_span_equal(entry->key, cm_state_manifest_key))
        return;
    for (unsigned topic = 0; topic < FAKE_TOPICS; topic++)
        if (client->pending[topic][CM_UNIT_PARTITION(entry->unit)].count)
            client->broker->broken = "a manifest was put before all else was settled";
}

static enum cm_status fake_state(struct cm_journal *journal, const struct cm_entry *entry)
{
    check_manifest(client_of(journal), entry);
    return put(client_of(journal), FAKE_STATE, entry->unit,
               &(struct fake_record){
                   .key = entry->key, .value = entry->value, .applied = entry->applied, .epoch = entry->epoch, .rules = entry->rules});
}

static enum cm_status fake_settle(struct cm_journal *journal)
{
    struct fake_client *client = client_of(journal);
    if (!lives(client))
        return CM_ESTOPPED;
    if (client->settle_fails && cm_chance_once_in(&client->broker->chance, client->settle_fails)) {
        lose_some(client, cm_chance_once_in(&client->broker->chance, 2));
        return CM_EIO;
    }
    for (unsigned topic = 0; topic < FAKE_TOPICS; topic++)
        for (uint32_t partition = 0; partition < client->broker->partitions; partition++)
            arrive(client, topic, partition, client->pending[topic][partition].count, true);
    return CM_OK;
}

static enum cm_status fake_commit(struct cm_journal *journal, const struct cm_position *positions, size_t count)
{
    struct fake_client *client = client_of(journal);
    if (!lives(client))
        return CM_ESTOPPED;
    for (size_t i = 0; i < count; i++) {
        uint32_t partition = CM_UNIT_PARTITION(positions[i].unit);
        if (client->broker->owner[partition] == client->number)
            client->broker->committed[partition] = positions[i].offset;
    }
    return CM_OK;
}

static void fake_abort(struct cm_journal *journal)
{
    struct fake_client *client = client_of(journal);
    for (unsigned topic = 0; topic < FAKE_TOPICS; topic++)
        for (uint32_t partition = 0; partition < client->broker->partitions; partition++)
            drop_pending(&client->pending[topic][partition]);
}

static bool fake_written(struct cm_journal *journal, uint32_t unit, int64_t *first, int64_t *last, uint64_t *count)
{
    struct fake_client *client = client_of(journal);
    uint32_t partition = CM_UNIT_PARTITION(unit);
    *first = client->written[partition].first;
    *last = client->written[partition].last;
    *count = client->written[partition].count;
    client->written[partition].count = 0;
    return client->tells && *count > 0 && !client->crashed;
}

/* ------------------------------------------------------------------- reading */

static enum cm_status fake_restore(struct cm_journal *journal, uint32_t unit, int64_t from)
{
    struct fake_client *client = client_of(journal);
    uint32_t partition = CM_UNIT_PARTITION(unit);
    if (!lives(client))
        return CM_ESTOPPED;
    client->reading[partition].active = true;
    client->reading[partition].at_end = false;
    client->reading[partition].next = from < 0 ? 0 : (size_t)from;
    return CM_OK;
}

/* The next of one partition; false: nothing new. */
static bool next_of(struct fake_client *client, uint32_t partition, struct cm_entry *entry)
{
    const struct fake_log *log = &client->broker->topics[FAKE_STATE][partition];
    size_t *next = &client->reading[partition].next;
    while (*next < log->count && log->items[*next].compacted)
        ++*next;
    *entry = (struct cm_entry){.note = CM_ENTRY_AT_END, .unit = CM_UNIT(0, partition)};
    if (*next >= log->count) {
        bool news = !client->reading[partition].at_end;
        client->reading[partition].at_end = true;
        return news;
    }
    const struct fake_record *record = &log->items[*next];
    client->reading[partition].at_end = false;
    *entry = (struct cm_entry){.note = CM_ENTRY,
                               .unit = CM_UNIT(0, partition),
                               .key = record->key,
                               .value = record->value,
                               .applied = record->applied,
                               .epoch = record->epoch,
                               .rules = record->rules,
                               .erased = record->erased,
                               .at = (int64_t)(*next)++};
    return true;
}

static enum cm_status fake_next(struct cm_journal *journal, int wait_ms, struct cm_entry *entry)
{
    struct fake_client *client = client_of(journal);
    uint32_t partitions = client->broker->partitions, from = cm_chance_below(&client->broker->chance, partitions);
    (void)wait_ms;
    if (!lives(client))
        return CM_ESTOPPED;
    for (uint32_t i = 0; i < partitions; i++) {
        uint32_t partition = (from + i) % partitions;
        if (client->reading[partition].active && next_of(client, partition, entry))
            return CM_OK;
    }
    return CM_END;
}

static enum cm_status fake_restored(struct cm_journal *journal, uint32_t unit)
{
    struct fake_client *client = client_of(journal);
    client->reading[CM_UNIT_PARTITION(unit)].active = false;
    return lives(client) ? CM_OK : CM_ESTOPPED;
}

void fake_client_init(struct fake_client *client, struct fake_broker *broker, uint32_t number)
{
    static const struct cm_journal_ops ops = {fake_begin,   fake_card,    fake_dead, fake_state,    fake_settle, fake_commit, fake_abort,
                                              fake_written, fake_restore, fake_next, fake_restored, NULL,        NULL};
    *client = (struct fake_client){.journal = {&ops}, .broker = broker, .number = number, .crash_in = FAKE_NEVER, .tells = true};
}

void fake_client_free(struct fake_client *client)
{
    for (unsigned topic = 0; topic < FAKE_TOPICS; topic++)
        for (uint32_t partition = 0; partition < FAKE_PARTITIONS_MAX; partition++)
            free_log(&client->pending[topic][partition]);
}
