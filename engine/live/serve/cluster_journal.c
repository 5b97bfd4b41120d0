#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "live/serve/cluster_private.h"

/* A fault of the writer, in words, for whoever asks; what fences is one for good. */
static enum cm_status note(struct cm_cluster *cluster, enum cm_status status)
{
    if (status != CM_OK)
        snprintf(cluster->error, sizeof cluster->error, "%s", cm_kafka_writer_error(cluster->writer));
    return status;
}

/*
 * The process stood still for longer than the group waits: its units may be somebody else's by now. Nothing more is put; the group is
 * asked first.
 */
static enum cm_status stay_awake(struct cm_cluster *cluster)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, before = cluster->awake;
    cluster->awake = ms;
    if (!before || ms - before <= cluster->config->session_ms)
        return CM_OK;
    snprintf(cluster->error, sizeof cluster->error, "the process stood still for %" PRId64 " s", (ms - before) / 1000);
    return CM_EIO;
}

static enum cm_status journal_begin(struct cm_journal *journal)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    cluster->awake = 0;
    enum cm_status status = stay_awake(cluster);
    if (status != CM_OK || !cluster->transactional)
        return status;
    status = note(cluster, cm_kafka_begin(cluster->writer));
    cluster->in_transaction = status == CM_OK;
    return status;
}

static enum cm_status journal_card(struct cm_journal *journal, const struct cm_card *card)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    enum cm_status status = stay_awake(cluster);
    return status == CM_OK ? note(cluster, cm_outlets_card(cluster->outlets, card)) : status;
}

static enum cm_status journal_dead(struct cm_journal *journal, const struct cm_dead *dead)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    return note(cluster, cm_outlets_dead(cluster->outlets, dead));
}

static struct cm_span hex(char *text, struct cm_hash128 hash)
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++) {
        text[i] = digits[hash.high >> (60 - 4 * i) & 15];
        text[16 + i] = digits[hash.low >> (60 - 4 * i) & 15];
    }
    return (struct cm_span){text, 32};
}

static enum cm_status journal_state(struct cm_journal *journal, const struct cm_entry *entry)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    char applied[20], epoch[20], rules[32];
    struct cm_kafka_put put = {.topic = cluster->states[CM_UNIT_SOURCE(entry->unit)].ptr,
                               .partition = (int32_t)CM_UNIT_PARTITION(entry->unit),
                               .key = entry->key,
                               .value = entry->value,
                               .headers = {{"o", cm_outlets_decimal(applied + sizeof applied, entry->applied)},
                                           {"e", cm_outlets_decimal(epoch + sizeof epoch, entry->epoch)},
                                           {"r", hex(rules, entry->rules)},
                                           {"v", CM_SPAN(CM_STATE_VERSION)},
                                           {"x", CM_SPAN("1")}},
                               .header_count = entry->erased ? 5 : 4};
    enum cm_status status = stay_awake(cluster);
    return status == CM_OK ? note(cluster, cm_kafka_put(cluster->writer, &put)) : status;
}

static enum cm_status journal_settle(struct cm_journal *journal)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    enum cm_status status = note(cluster, cm_outlets_settle(cluster->outlets));
    return status == CM_OK ? stay_awake(cluster) : status;
}

/* The group's offsets mirror the manifests for tools that show lag: that they are behind for a while does no harm, but in a transaction. */
static enum cm_status journal_commit(struct cm_journal *journal, const struct cm_position *positions, size_t count)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    enum cm_status status = cm_grow(&cluster->places, &cluster->place_cap, count, sizeof *cluster->places);
    size_t places = 0;
    for (size_t i = 0; i < count && status == CM_OK; i++)
        if (positions[i].offset < INT64_MAX)
            cluster->places[places++] = (struct cm_kafka_place){CM_UNIT_SOURCE(positions[i].unit), CM_UNIT_PARTITION(positions[i].unit),
                                                                (int64_t)positions[i].offset};
    if (status != CM_OK)
        return status;
    if (cluster->transactional) {
        status = note(cluster, cm_kafka_commit(cluster->writer, cluster->member, cluster->places, places));
        cluster->in_transaction = false;
        return status;
    }
    if (places && cm_kafka_member_commit(cluster->member, cluster->places, places, CM_COMMIT_WAIT_MS) != CM_OK && cluster->log.log)
        cluster->log.log(cluster->log.context, 6, "commit", cm_kafka_member_error(cluster->member));
    return CM_OK;
}

static void journal_abort(struct cm_journal *journal)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    if (!cluster->in_transaction)
        return;
    cluster->in_transaction = false;
    if (cm_kafka_abort(cluster->writer) != CM_OK && cluster->log.log)
        cluster->log.log(cluster->log.context, 4, "abort", cm_kafka_writer_error(cluster->writer));
}

/* In a transaction the mark of its end takes an offset, too. */
static bool journal_written(struct cm_journal *journal, uint32_t unit, int64_t *first, int64_t *last, uint64_t *count)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    const char *topic = cluster->states[CM_UNIT_SOURCE(unit)].ptr;
    bool any = cm_kafka_written(cluster->writer, topic, CM_UNIT_PARTITION(unit), first, last, count);
    cm_kafka_written_forget(cluster->writer, topic, CM_UNIT_PARTITION(unit));
    if (any && cluster->transactional) {
        ++*last;
        ++*count;
    }
    return any;
}

static enum cm_status journal_restore(struct cm_journal *journal, uint32_t unit, int64_t from)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    uint32_t topic = CM_UNIT_SOURCE(unit);
    cm_kafka_written_forget(cluster->writer, cluster->states[topic].ptr, CM_UNIT_PARTITION(unit));
    enum cm_status status = cm_kafka_stream_start(cluster->restoring, cluster->states[topic].ptr, topic, CM_UNIT_PARTITION(unit),
                                                  from < 0 ? CM_KAFKA_FIRST : from, &diagnostics);
    if (status != CM_OK && diagnostics.count)
        snprintf(cluster->error, sizeof cluster->error, "%s", diagnostics.items[0].message);
    cm_diagnostics_free(&diagnostics);
    return status;
}

static uint64_t number_of(const struct cm_kafka_message *message, const char *name)
{
    struct cm_span text;
    uint64_t value = 0;
    if (!cm_kafka_header(message, name, &text))
        return 0;
    for (size_t i = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    return value;
}

static void entry_of(const struct cm_kafka_message *message, struct cm_entry *entry)
{
    struct cm_span erased;
    *entry = (struct cm_entry){.note = CM_ENTRY, .unit = CM_UNIT(message->topic, message->partition), .at = message->offset};
    if (message->note == CM_KAFKA_AT_END)
        entry->note = CM_ENTRY_AT_END;
    if (message->note == CM_KAFKA_BROKEN)
        entry->note = CM_ENTRY_BROKEN;
    if (message->note != CM_KAFKA_MESSAGE)
        return;
    entry->key = message->key;
    entry->value = message->value;
    entry->applied = number_of(message, "o");
    entry->epoch = number_of(message, "e");
    if (entry->epoch > CM_EPOCH_MAX) /* none of ours */
        entry->epoch = 0;
    entry->erased = cm_kafka_header(message, "x", &erased);
}

static enum cm_status journal_next(struct cm_journal *journal, int wait_ms, struct cm_entry *entry)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    for (;;) {
        for (; cluster->entry_at < cluster->entries.count; cluster->entry_at++) {
            const struct cm_kafka_message *message = &cluster->entries.items[cluster->entry_at];
            if (message->note == CM_KAFKA_GONE) /* what a compacted log has lost at its beginning was not needed */
                continue;
            bool told = true;
            entry_of(message, entry);
            if (cm_cluster_is_card(cluster, message, entry, &told) && !told)
                continue;
            cluster->entry_at++;
            return CM_OK;
        }
        cm_kafka_batch_free(&cluster->entries);
        cluster->entry_at = 0;
        enum cm_status status = cm_kafka_stream_read(cluster->restoring, wait_ms, &cluster->entries);
        if (status != CM_OK)
            return status;
    }
}

static enum cm_status journal_restored(struct cm_journal *journal, uint32_t unit)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    for (size_t i = cluster->entry_at; i < cluster->entries.count; i++) { /* nothing of it is left to be handed out */
        struct cm_kafka_message *message = &cluster->entries.items[i];
        if (message->topic < cluster->topic_count && CM_UNIT(message->topic, message->partition) == unit)
            message->note = CM_KAFKA_GONE;
    }
    return cm_kafka_stream_stop(cluster->restoring, CM_UNIT_SOURCE(unit), CM_UNIT_PARTITION(unit));
}

const struct cm_journal_ops cm_cluster_journal_ops = {
    .begin = journal_begin,
    .card = journal_card,
    .dead = journal_dead,
    .state = journal_state,
    .settle = journal_settle,
    .commit = journal_commit,
    .abort = journal_abort,
    .written = journal_written,
    .restore = journal_restore,
    .next = journal_next,
    .restored = journal_restored,
    .look = cm_cluster_look,
    .looked = cm_cluster_looked,
    .cards_end = cm_cluster_cards_end,
    .cards_from = cm_cluster_cards_from,
};
