#include <stdlib.h>
#include <string.h>

#include "fake_broker.h"

/* ------------------------------------------------------------------- writing */

static void note_written(struct fake_written *written, int64_t offset)
{
    if (!written->count++)
        written->first = offset;
    written->last = offset;
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
        fake_add(log, &record);
        if (topic != FAKE_DEAD && counted)
            note_written(topic == FAKE_STATE ? &client->written[partition] : &client->cards[partition], (int64_t)log->count - 1);
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
    fake_add_copy(pending, record)->client = client->number;
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
            &(struct fake_record){
                .key = cm_buffer_view(&key), .value = card->line, .applied = card->applied, .epoch = card->epoch, .final = card->final});
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

/* A scorecard from where others have written; false: those were all, or nobody looks. */
static bool next_card(struct fake_client *client, uint32_t partition, struct cm_entry *entry)
{
    const struct fake_log *log = &client->broker->topics[FAKE_SCORES][partition];
    if (!client->looking[partition].active)
        return false;
    *entry = (struct cm_entry){.note = CM_ENTRY_LOOKED, .unit = CM_UNIT(0, partition)};
    client->looking[partition].active = client->looking[partition].next < log->count;
    if (!client->looking[partition].active)
        return true;
    const struct fake_record *record = &log->items[client->looking[partition].next++];
    size_t name = strlen(record->key.ptr) + 1; /* of the pack */
    entry->note = CM_ENTRY_CARD;
    entry->key = (struct cm_span){record->key.ptr + name, record->key.len - name};
    entry->value = record->value;
    entry->applied = record->applied;
    entry->epoch = record->epoch;
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
        if (next_card(client, partition, entry) || (client->reading[partition].active && next_of(client, partition, entry)))
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

/* From where on others may have written scorecards; -1: nobody has. */
static int64_t others_from(struct fake_client *client, uint32_t partition, bool ask)
{
    struct fake_written *own = &client->cards[partition];
    int64_t from = client->looking[partition].own_next, end = (int64_t)client->broker->topics[FAKE_SCORES][partition].count;
    bool contiguous = own->first == from && (uint64_t)(own->last - own->first) + 1 == own->count;
    if (own->count) {
        client->looking[partition].own_next = own->last + 1;
        own->count = 0;
        return from >= 0 && !contiguous ? from : -1;
    }
    if (!ask || from < 0 || end <= from)
        return -1;
    client->looking[partition].own_next = end;
    return from;
}

static bool fake_look(struct cm_journal *journal, uint32_t unit, bool ask)
{
    struct fake_client *client = client_of(journal);
    uint32_t partition = CM_UNIT_PARTITION(unit);
    int64_t from = client->tells && !client->crashed ? others_from(client, partition, ask) : -1;
    if (from >= 0) {
        client->looking[partition].active = true;
        client->looking[partition].next = (size_t)from;
    }
    return client->looking[partition].active;
}

static void fake_looked(struct cm_journal *journal, uint32_t unit)
{
    struct fake_client *client = client_of(journal);
    uint32_t partition = CM_UNIT_PARTITION(unit);
    client->looking[partition].active = false;
    client->looking[partition].own_next = -1;
    client->cards[partition].count = 0;
}

void fake_client_init(struct fake_client *client, struct fake_broker *broker, uint32_t number)
{
    static const struct cm_journal_ops ops = {fake_begin,    fake_card,  fake_dead,    fake_state,   fake_settle,
                                              fake_commit,   fake_abort, fake_written, fake_restore, fake_next,
                                              fake_restored, fake_look,  fake_looked,  NULL,         NULL};
    *client = (struct fake_client){.journal = {&ops}, .broker = broker, .number = number, .crash_in = FAKE_NEVER, .tells = true};
    for (uint32_t i = 0; i < FAKE_PARTITIONS_MAX; i++)
        client->looking[i].own_next = -1;
}

void fake_client_free(struct fake_client *client)
{
    for (unsigned topic = 0; topic < FAKE_TOPICS; topic++)
        for (uint32_t partition = 0; partition < FAKE_PARTITIONS_MAX; partition++)
            fake_free(&client->pending[topic][partition]);
}
