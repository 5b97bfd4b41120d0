/*
 * A process that was stopped in the middle of a flush, lost its partitions and goes
 * on later still sends what it had under way: scorecards that may lie over newer ones.
 * Ours stand in their log one behind the other; where they do not, what lies there is
 * looked through, and the owner writes again what was written over.
 *
 * Not in transactions, which fence such a process; not where several sources share a topic
 * of scorecards, for there others do write, by right.
 */
#include <stdlib.h>

#include "live/serve/cluster_private.h"

/* How long the broker may take to say where a log ends. */
#define CM_LOOK_WAIT_MS 1000

enum cm_status cm_cluster_cards_open(struct cm_cluster *cluster)
{
    if (cluster->transactional || cluster->topic_count != 1)
        return CM_OK;
    cluster->looking = calloc(cluster->partitions[0], sizeof *cluster->looking);
    if (!cluster->looking)
        return CM_ENOMEM;
    for (size_t i = 0; i < cluster->config->sink_count; i++) {
        if (cluster->config->sinks[i].kind != CM_PLACE_KAFKA)
            continue;
        int64_t *next = calloc(cluster->partitions[0], sizeof *next);
        if (!next)
            return CM_ENOMEM;
        for (uint32_t partition = 0; partition < cluster->partitions[0]; partition++)
            next[partition] = -1;
        cluster->cards[cluster->card_count] = cluster->config->sinks[i].topic;
        cluster->card_next[cluster->card_count++] = next;
    }
    return CM_OK;
}

void cm_cluster_cards_close(struct cm_cluster *cluster)
{
    for (size_t i = 0; i < cluster->card_count; i++)
        free(cluster->card_next[i]);
    free(cluster->looking);
}

/* How a message of the topic of cards number i is marked: behind the sources. */
static uint32_t mark_of(const struct cm_cluster *cluster, size_t i)
{
    return (uint32_t)(cluster->topic_count + i);
}

/* From where on others may have written; -1: nobody has. */
static int64_t others_from(struct cm_cluster *cluster, size_t i, uint32_t partition, bool ask)
{
    int64_t *next = &cluster->card_next[i][partition], from = *next, first, last, low, high;
    uint64_t count;
    if (cm_kafka_written(cluster->writer, cluster->cards[i], partition, &first, &last, &count)) {
        cm_kafka_written_forget(cluster->writer, cluster->cards[i], partition);
        *next = last >= 0 ? last + 1 : from; /* where none of ours has a known place, the next look begins here again */
        return from >= 0 && (first != from || (uint64_t)(last - first) + 1 != count) ? from : -1;
    }
    if (!ask || from < 0 || cm_kafka_reader_bounds(cluster->reader, cluster->cards[i], partition, CM_LOOK_WAIT_MS, &low, &high) != CM_OK ||
        high <= from)
        return -1;
    *next = high;
    return from;
}

bool cm_cluster_look(struct cm_journal *journal, uint32_t unit, bool ask)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    uint32_t partition = CM_UNIT_PARTITION(unit);
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    for (size_t i = 0; i < cluster->card_count; i++) {
        int64_t from = others_from(cluster, i, partition, ask);
        if (from < 0)
            continue;
        if (cm_kafka_stream_start(cluster->restoring, cluster->cards[i], mark_of(cluster, i), partition, from, &diagnostics) == CM_OK)
            cluster->looking[partition]++;
        else
            cluster->card_next[i][partition] = from; /* not now: the next look finds the same */
    }
    cm_diagnostics_free(&diagnostics);
    return cluster->card_count && cluster->looking[partition];
}

void cm_cluster_looked(struct cm_journal *journal, uint32_t unit)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    uint32_t partition = CM_UNIT_PARTITION(unit);
    for (size_t i = 0; i < cluster->card_count; i++) {
        cluster->card_next[i][partition] = -1; /* whoever owns it next begins anew */
        cm_kafka_written_forget(cluster->writer, cluster->cards[i], partition);
        if (cluster->looking[partition] && cm_kafka_stream_stop(cluster->restoring, mark_of(cluster, i), partition) != CM_OK &&
            cluster->log.log)
            cluster->log.log(cluster->log.context, 4, "cards", "reading could not be stopped");
    }
    if (cluster->card_count)
        cluster->looking[partition] = 0;
}

int64_t cm_cluster_cards_end(struct cm_journal *journal, uint32_t unit)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    uint32_t partition = CM_UNIT_PARTITION(unit);
    int64_t first, last;
    uint64_t count;
    if (!cluster->card_count)
        return -1;
    bool any = cm_kafka_written(cluster->writer, cluster->cards[0], partition, &first, &last, &count);
    return any && last >= 0 ? last + 1 : cluster->card_next[0][partition];
}

void cm_cluster_cards_from(struct cm_journal *journal, uint32_t unit, int64_t from)
{
    struct cm_cluster *cluster = cm_cluster_of_journal(journal);
    if (cluster->card_count)
        cluster->card_next[0][CM_UNIT_PARTITION(unit)] = from;
}

/* The end of one topic, or what stops its reading: that much less is being looked through. */
static bool ends(struct cm_cluster *cluster, const struct cm_kafka_message *message)
{
    if (message->note == CM_KAFKA_AT_END && cm_kafka_stream_stop(cluster->restoring, message->topic, message->partition) != CM_OK &&
        cluster->log.log)
        cluster->log.log(cluster->log.context, 4, "cards", "reading could not be stopped");
    return cluster->looking[message->partition] > 0 && --cluster->looking[message->partition] == 0;
}

bool cm_cluster_is_card(struct cm_cluster *cluster, const struct cm_kafka_message *message, struct cm_entry *entry, bool *told)
{
    if (message->topic < cluster->topic_count)
        return false;
    entry->unit = CM_UNIT(0, message->partition);
    *told = message->note == CM_KAFKA_MESSAGE;
    if (message->note == CM_KAFKA_MESSAGE) {
        entry->note = CM_ENTRY_CARD;
    } else if (message->note != CM_KAFKA_GONE) {
        entry->note = CM_ENTRY_LOOKED;
        *told = ends(cluster, message);
    }
    return true;
}
