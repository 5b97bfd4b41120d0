/*
 * stream: partitions read into one queue, and what comes out of it.
 */
#include <stdlib.h>

#include "kafka/reader_state.h"

/* Metadata of a topic before it is first read, and watermarks of a partition whose offset is gone. */
#define ASK_MAX_MS 5000
#define ASK_BOUNDS_MAX_MS 1000

enum cm_status cm_kafka_stream_open(struct cm_kafka_reader *reader, struct cm_kafka_stream **out)
{
    struct cm_kafka_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return CM_ENOMEM;
    stream->reader = reader;
    stream->queue = rd_kafka_queue_new(reader->client->rk);
    *out = stream;
    return CM_OK;
}

/* Is there such a partition? Asked before a topic is first read: without, the first fetch waits for half a second. */
static enum cm_status ask_topic(struct cm_kafka_reader *reader, struct cm_kafka_topic *topic, uint32_t partition,
                                struct cm_diagnostics *diagnostics)
{
    const rd_kafka_metadata_t *metadata;
    if (partition < topic->known)
        return CM_OK;
    if (cm_kafka_client_metadata(reader->client, topic->rkt, ASK_MAX_MS, &metadata) != CM_OK) {
        cm_kafka_tell(diagnostics, "kafka-read", NULL, "topic %s cannot be read: %s", topic->name, reader->client->error);
        return CM_EIO;
    }
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (metadata->topic_cnt == 1) {
        err = metadata->topics[0].err;
        topic->known = (size_t)metadata->topics[0].partition_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    if (partition < topic->known)
        return CM_OK;
    if (topic->known)
        cm_kafka_tell(diagnostics, "kafka-read", NULL, "topic %s has no partition %u, only %zu", topic->name, partition, topic->known);
    else
        cm_kafka_tell(diagnostics, "kafka-read", NULL, "topic %s cannot be read: %s", topic->name, rd_kafka_err2str(err));
    return CM_EIO;
}

static bool consume(struct cm_kafka_stream *stream, struct cm_kafka_topic *topic, uint32_t partition, struct cm_kafka_part *part,
                    int64_t offset)
{
    if (rd_kafka_consume_start_queue(topic->rkt, (int32_t)partition, offset, stream->queue) != 0)
        return false;
    part->stream = stream;
    part->next = offset;
    return true;
}

static void stop(struct cm_kafka_topic *topic, uint32_t partition, struct cm_kafka_part *part)
{
    if (!part->stream)
        return;
    rd_kafka_consume_stop(topic->rkt, (int32_t)partition);
    part->stream->gone -= part->gone;
    part->gone = false;
    part->stream = NULL;
}

enum cm_status cm_kafka_stream_start(struct cm_kafka_stream *stream, const char *name, uint32_t topic, uint32_t partition, int64_t offset,
                                     struct cm_diagnostics *diagnostics)
{
    struct cm_kafka_registry *registry = &stream->reader->registry;
    struct cm_kafka_topic *known = cm_kafka_registry_topic(registry, name);
    if (!known)
        return CM_ENOMEM;
    enum cm_status status = ask_topic(stream->reader, known, partition, diagnostics);
    if (status != CM_OK)
        return status;
    struct cm_kafka_part *part = cm_kafka_registry_part(registry, known, partition);
    if (!part)
        return CM_ENOMEM;
    stop(known, partition, part);
    part->mark = topic;
    if (consume(stream, known, partition, part, offset))
        return CM_OK;
    cm_kafka_tell(diagnostics, "kafka-read", NULL, "partition %u of topic %s cannot be read: %s", partition, name,
                  rd_kafka_err2str(rd_kafka_last_error()));
    return CM_EIO;
}

enum cm_status cm_kafka_stream_stop(struct cm_kafka_stream *stream, uint32_t topic, uint32_t partition)
{
    struct cm_kafka_registry *registry = &stream->reader->registry;
    for (size_t i = 0; i < registry->count; i++) {
        struct cm_kafka_part *part = cm_kafka_part(registry, registry->topics[i], partition);
        if (part && part->stream == stream && part->mark == topic)
            stop(registry->topics[i], partition, part);
    }
    return CM_OK;
}

void cm_kafka_stream_close(struct cm_kafka_stream *stream)
{
    if (!stream)
        return;
    struct cm_kafka_registry *registry = &stream->reader->registry;
    for (size_t i = 0; i < registry->count; i++) {
        for (uint32_t p = 0; p < registry->topics[i]->part_count; p++) {
            struct cm_kafka_part *part = cm_kafka_part(registry, registry->topics[i], p);
            if (part->stream == stream)
                stop(registry->topics[i], p, part);
        }
    }
    rd_kafka_queue_destroy(stream->queue);
    free(stream);
}

static void note(struct cm_kafka_batch *batch, enum cm_kafka_note kind, const struct cm_kafka_part *part, uint32_t partition,
                 int64_t offset, const char *error)
{
    batch->items[batch->count++] = (struct cm_kafka_message){
        .note = (uint8_t)kind, .topic = part->mark, .partition = partition, .offset = offset, .ts = -1, .error = error};
}

static void break_off(struct cm_kafka_batch *batch, struct cm_kafka_topic *topic, uint32_t partition, struct cm_kafka_part *part,
                      rd_kafka_resp_err_t err)
{
    note(batch, CM_KAFKA_BROKEN, part, partition, part->next, rd_kafka_err2str(err));
    stop(topic, partition, part);
}

/* Faults of a partition that librdkafka tries again by itself, from the same offset. */
static bool passes(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR_UNKNOWN:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
        return true;
    default:
        return false;
    }
}

static void take_fault(struct cm_kafka_stream *stream, struct cm_kafka_topic *topic, struct cm_kafka_part *part,
                       const rd_kafka_message_t *raw, struct cm_kafka_batch *batch)
{
    uint32_t partition = (uint32_t)raw->partition;
    switch (raw->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        part->next = raw->offset;
        note(batch, CM_KAFKA_AT_END, part, partition, raw->offset, NULL);
        break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        /* these outlive a stop: one from before it may be told afterwards, and restart finds out */
        stream->gone += !part->gone;
        part->gone = true;
        break;
    default:
        if (passes(raw->err))
            cm_kafka_client_log(stream->reader->client, 4, rd_kafka_message_errstr(raw));
        else
            break_off(batch, topic, partition, part, raw->err);
    }
}

static void take_message(struct cm_kafka_part *part, rd_kafka_message_t *raw, struct cm_kafka_batch *batch)
{
    rd_kafka_timestamp_type_t kind;
    int64_t ts = rd_kafka_message_timestamp(raw, &kind);
    part->next = raw->offset + 1;
    batch->raw[batch->raw_count++] = raw;
    batch->items[batch->count++] = (struct cm_kafka_message){
        .note = CM_KAFKA_MESSAGE,
        .topic = part->mark,
        .partition = (uint32_t)raw->partition,
        .offset = raw->offset,
        .ts = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : ts,
        .key = {raw->key, raw->key_len},
        .value = {raw->payload, raw->len},
        .internal = raw,
    };
}

static void take(struct cm_kafka_stream *stream, rd_kafka_message_t *raw, struct cm_kafka_batch *batch)
{
    struct cm_kafka_topic *topic = raw->rkt ? rd_kafka_topic_opaque(raw->rkt) : NULL;
    struct cm_kafka_part *part = topic ? cm_kafka_part(&stream->reader->registry, topic, (uint32_t)raw->partition) : NULL;
    bool read = part && part->stream == stream;
    if (read && raw->err == RD_KAFKA_RESP_ERR_NO_ERROR && raw->offset >= part->next) {
        take_message(part, raw, batch);
        return;
    }
    if (read && raw->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        take_fault(stream, topic, part, raw, batch);
    rd_kafka_message_destroy(raw);
}

/* A partition whose offset was out of range: from the nearest one that is there. */
static void restart(struct cm_kafka_stream *stream, struct cm_kafka_topic *topic, uint32_t partition, struct cm_kafka_part *part,
                    struct cm_kafka_batch *batch)
{
    int64_t low, high, wanted = part->next;
    rd_kafka_resp_err_t err =
        rd_kafka_query_watermark_offsets(stream->reader->client->rk, topic->name, (int32_t)partition, &low, &high, ASK_BOUNDS_MAX_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (!passes(err))
            break_off(batch, topic, partition, part, err);
        return; /* at the next read, then */
    }
    int64_t offset = wanted == CM_KAFKA_FIRST || (wanted >= 0 && wanted < low) ? low : wanted < 0 || wanted > high ? high : wanted;
    stop(topic, partition, part);
    if (!consume(stream, topic, partition, part, offset))
        break_off(batch, topic, partition, part, rd_kafka_last_error());
    else if (wanted >= 0 && offset != wanted)
        note(batch, CM_KAFKA_GONE, part, partition, offset, NULL);
}

static void restart_all(struct cm_kafka_stream *stream, struct cm_kafka_batch *batch)
{
    struct cm_kafka_registry *registry = &stream->reader->registry;
    for (size_t i = 0; i < registry->count; i++) {
        for (uint32_t p = 0; p < registry->topics[i]->part_count && batch->count < CM_KAFKA_BATCH_MAX; p++) {
            struct cm_kafka_part *part = cm_kafka_part(registry, registry->topics[i], p);
            if (part->stream == stream && part->gone)
                restart(stream, registry->topics[i], p, part, batch);
        }
    }
}

static void fetch(struct cm_kafka_stream *stream, int wait_ms, struct cm_kafka_batch *batch)
{
    rd_kafka_message_t *raw[CM_KAFKA_BATCH_MAX];
    size_t room = CM_KAFKA_BATCH_MAX - batch->count;
    /* with a time-out librdkafka would wait for room messages: so wait for one, and take what else is there */
    ssize_t count = rd_kafka_consume_batch_queue(stream->queue, 0, raw, room);
    if (count == 0 && wait_ms > 0 && room > 0) {
        if (stream->flowing)
            cm_kafka_reader_wake(stream->reader, true); /* it was full, and is empty before anybody noticed */
        stream->flowing = false;
        count = rd_kafka_consume_batch_queue(stream->queue, wait_ms, raw, 1);
        if (count == 1 && room > 1) {
            ssize_t more = rd_kafka_consume_batch_queue(stream->queue, 0, raw + 1, room - 1);
            count += more > 0 ? more : 0;
        }
    }
    for (ssize_t i = 0; i < count; i++)
        take(stream, raw[i], batch);
    stream->flowing |= count > 0;
    if (count == (ssize_t)room)
        cm_kafka_reader_wake(stream->reader, false);
}

enum cm_status cm_kafka_stream_read(struct cm_kafka_stream *stream, int wait_ms, struct cm_kafka_batch *batch)
{
    struct cm_kafka_client *client = stream->reader->client;
    int64_t until = cm_kafka_now_ms() + wait_ms;
    batch->count = batch->raw_count = 0;
    do {
        rd_kafka_poll(client->rk, 0);
        if (client->refused || client->fatal)
            return CM_EIO;
        if (stream->gone)
            restart_all(stream, batch);
        fetch(stream, batch->count ? 0 : cm_kafka_left_ms(until), batch);
    } while (batch->count == 0 && cm_kafka_left_ms(until) > 0);
    return batch->count ? CM_OK : CM_END;
}

const char *cm_kafka_stream_error(const struct cm_kafka_stream *stream)
{
    return stream->reader->client->error;
}

void cm_kafka_batch_free(struct cm_kafka_batch *batch)
{
    for (size_t i = 0; i < batch->raw_count; i++)
        rd_kafka_message_destroy(batch->raw[i]);
    batch->count = batch->raw_count = 0;
}

bool cm_kafka_header(const struct cm_kafka_message *message, const char *name, struct cm_span *value)
{
    rd_kafka_headers_t *headers;
    const void *bytes;
    size_t len;
    if (!message->internal || rd_kafka_message_headers(message->internal, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &bytes, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    *value = (struct cm_span){bytes, len};
    return true;
}
