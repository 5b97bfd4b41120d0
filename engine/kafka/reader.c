#include "kafka/reader.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "kafka/private.h"

/* Metadata of a topic before it is first read, and watermarks of a partition whose offset is gone. */
#define ASK_MAX_MS 5000
#define ASK_BOUNDS_MAX_MS 1000
/* What librdkafka holds for a message beside its bytes. */
#define MESSAGE_OVERHEAD_BYTES 400u
#define QUEUED_MESSAGES_MAX 10000000u
#define QUEUED_KBYTES_MAX 2097151u
#define FETCH_MIN_BYTES 1048576u  /* one partition's share of a fetch, by librdkafka's default */
#define FETCH_MAX_BYTES 52428800u /* all partitions' */
/* A broker's end of a partition comes when it has waited for more in vain: this is how soon AT_END is told. */
#define FETCH_WAIT_MS "50"
/* How often sleeping fetchers are woken, see wake. */
#define WAKE_MS 20

/* What a reader keeps for a partition. */
struct part {
    struct cm_kafka_stream *stream; /* that it is read into; NULL: it is not read */
    uint32_t mark;                  /* what its messages are marked with */
    bool gone;                      /* librdkafka stopped: the offset was out of range */
    int64_t next;                   /* of the next message; or CM_KAFKA_FIRST, CM_KAFKA_LAST */
};

struct cm_kafka_reader {
    struct cm_kafka_client *client;
    struct cm_kafka_registry registry; /* of struct part */
    bool sleepy;                       /* this librdkafka's fetchers oversleep */
    int64_t woken_ms;
    char *user, *password; /* as configured, "" if not: see wake */
};

struct cm_kafka_stream {
    struct cm_kafka_reader *reader;
    rd_kafka_queue_t *queue;
    size_t gone; /* partitions to be started again */
};

/* Room for payloads and for librdkafka's own of each message, half of what we may have: the other half is being fetched or held in batches.
 */
static void set_prefetch(struct cm_kafka_setup *setup, uint64_t bytes)
{
    uint64_t half = bytes / 2, kbytes = half / 1024, messages = half / MESSAGE_OVERHEAD_BYTES, fetch = half / 4;
    kbytes = kbytes < 1 ? 1 : kbytes > QUEUED_KBYTES_MAX ? QUEUED_KBYTES_MAX : kbytes;
    messages = messages < 1 ? 1 : messages > QUEUED_MESSAGES_MAX ? QUEUED_MESSAGES_MAX : messages;
    fetch = fetch < FETCH_MIN_BYTES ? FETCH_MIN_BYTES : fetch > FETCH_MAX_BYTES ? FETCH_MAX_BYTES : fetch;
    cm_kafka_setup_set(setup, "queued.max.messages.kbytes", "%u", (unsigned)kbytes);
    cm_kafka_setup_set(setup, "queued.min.messages", "%u", (unsigned)messages);
    cm_kafka_setup_set(setup, "fetch.max.bytes", "%u", (unsigned)fetch);
    cm_kafka_setup_try(setup, "fetch.queue.backoff.ms", "5");
}

/* librdkafka before 2.2 has no fetch.queue.backoff.ms. */
static enum cm_status keep_credentials(struct cm_kafka_reader *reader, const struct cm_kafka_options *options)
{
    const char *user = "", *password = "";
    for (size_t i = 0; i < options->property_count; i++) {
        if (strcmp(options->properties[i].name, "sasl.username") == 0)
            user = options->properties[i].value;
        else if (strcmp(options->properties[i].name, "sasl.password") == 0)
            password = options->properties[i].value;
    }
    reader->sleepy = cm_kafka_version_number() < 0x02020000;
    reader->user = strdup(user);
    reader->password = strdup(password);
    return reader->user && reader->password ? CM_OK : CM_ENOMEM;
}

static void reader_free(struct cm_kafka_reader *reader)
{
    cm_kafka_registry_free(&reader->registry);
    if (reader->client)
        cm_kafka_client_close(reader->client);
    free(reader->user);
    free(reader->password);
    free(reader);
}

enum cm_status cm_kafka_reader_open(const struct cm_kafka_options *options, bool committed_only, struct cm_diagnostics *diagnostics,
                                    struct cm_kafka_reader **out)
{
    struct cm_kafka_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return CM_ENOMEM;
    struct cm_kafka_setup setup;
    cm_kafka_setup_begin(&setup, options, diagnostics);
    cm_kafka_setup_set(&setup, "fetch.wait.max.ms", FETCH_WAIT_MS);
    cm_kafka_setup_set(&setup, "fetch.error.backoff.ms", "100"); /* half a second by itself, for every hiccup of a broker */
    cm_kafka_setup_set(&setup, "check.crcs", "true");
    set_prefetch(&setup, options->prefetch_bytes);
    cm_kafka_setup_user(&setup);
    cm_kafka_setup_set(&setup, "isolation.level", "%s", committed_only ? "read_committed" : "read_uncommitted");
    cm_kafka_setup_set(&setup, "enable.partition.eof", "true");
    cm_kafka_setup_set(&setup, "enable.auto.commit", "false");
    cm_kafka_setup_set(&setup, "enable.auto.offset.store", "false");
    cm_kafka_setup_set(&setup, "auto.offset.reset", "error"); /* no jumps that nobody hears of */
    enum cm_status status = cm_kafka_setup_open(&setup, RD_KAFKA_CONSUMER, &reader->client);
    if (status == CM_OK)
        status = keep_credentials(reader, options);
    if (status != CM_OK) {
        reader_free(reader);
        return status;
    }
    reader->registry = (struct cm_kafka_registry){.client = reader->client, .part_size = sizeof(struct part)};
    *out = reader;
    return CM_OK;
}

void cm_kafka_reader_close(struct cm_kafka_reader *reader)
{
    if (reader)
        reader_free(reader);
}

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

static bool consume(struct cm_kafka_stream *stream, struct cm_kafka_topic *topic, uint32_t partition, struct part *part, int64_t offset)
{
    if (rd_kafka_consume_start_queue(topic->rkt, (int32_t)partition, offset, stream->queue) != 0)
        return false;
    part->stream = stream;
    part->next = offset;
    return true;
}

static void stop(struct cm_kafka_topic *topic, uint32_t partition, struct part *part)
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
    struct part *part = cm_kafka_registry_part(registry, known, partition);
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
        struct part *part = cm_kafka_part(registry, registry->topics[i], partition);
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
            struct part *part = cm_kafka_part(registry, registry->topics[i], p);
            if (part->stream == stream)
                stop(registry->topics[i], p, part);
        }
    }
    rd_kafka_queue_destroy(stream->queue);
    free(stream);
}

static void note(struct cm_kafka_batch *batch, enum cm_kafka_note kind, const struct part *part, uint32_t partition, int64_t offset,
                 const char *error)
{
    batch->items[batch->count++] = (struct cm_kafka_message){
        .note = (uint8_t)kind, .topic = part->mark, .partition = partition, .offset = offset, .ts = -1, .error = error};
}

static void break_off(struct cm_kafka_batch *batch, struct cm_kafka_topic *topic, uint32_t partition, struct part *part,
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

static void take_fault(struct cm_kafka_stream *stream, struct cm_kafka_topic *topic, struct part *part, const rd_kafka_message_t *raw,
                       struct cm_kafka_batch *batch)
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

static void take_message(struct part *part, rd_kafka_message_t *raw, struct cm_kafka_batch *batch)
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
    struct part *part = topic ? cm_kafka_part(&stream->reader->registry, topic, (uint32_t)raw->partition) : NULL;
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
static void restart(struct cm_kafka_stream *stream, struct cm_kafka_topic *topic, uint32_t partition, struct part *part,
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
            struct part *part = cm_kafka_part(registry, registry->topics[i], p);
            if (part->stream == stream && part->gone)
                restart(stream, registry->topics[i], p, part, batch);
        }
    }
}

/*
 * Where the queue was full, librdkafka before 2.2 looks at it again only when its fetching thread wakes up: after a second, or by anything
 * that concerns its broker. Of what wakes all of them without asking a broker, this is the only one that there is; the credentials are
 * those that it has.
 */
static void wake(struct cm_kafka_reader *reader)
{
    int64_t now = cm_kafka_now_ms();
    if (!reader->sleepy || now - reader->woken_ms < WAKE_MS)
        return;
    reader->woken_ms = now;
    cm_kafka_client_take(reader->client, rd_kafka_sasl_set_credentials(reader->client->rk, reader->user, reader->password));
}

static void fetch(struct cm_kafka_stream *stream, int wait_ms, struct cm_kafka_batch *batch)
{
    rd_kafka_message_t *raw[CM_KAFKA_BATCH_MAX];
    size_t room = CM_KAFKA_BATCH_MAX - batch->count;
    /* with a time-out librdkafka would wait for room messages: so wait for one, and take what else is there */
    ssize_t count = rd_kafka_consume_batch_queue(stream->queue, 0, raw, room);
    if (count == 0 && wait_ms > 0 && room > 0) {
        count = rd_kafka_consume_batch_queue(stream->queue, wait_ms, raw, 1);
        if (count == 1 && room > 1) {
            ssize_t more = rd_kafka_consume_batch_queue(stream->queue, 0, raw + 1, room - 1);
            count += more > 0 ? more : 0;
        }
    }
    for (ssize_t i = 0; i < count; i++)
        take(stream, raw[i], batch);
    if (count == (ssize_t)room)
        wake(stream->reader);
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

enum cm_status cm_kafka_reader_bounds(struct cm_kafka_reader *reader, const char *topic, uint32_t partition, int wait_ms, int64_t *low,
                                      int64_t *high)
{
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(reader->client->rk, topic, (int32_t)partition, low, high, wait_ms);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return CM_OK;
    cm_kafka_client_fault(reader->client, err, NULL);
    return CM_EIO;
}

int64_t cm_kafka_reader_high(struct cm_kafka_reader *reader, const char *topic, uint32_t partition)
{
    int64_t low, high;
    if (rd_kafka_get_watermark_offsets(reader->client->rk, topic, (int32_t)partition, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high >= 0 ? high : -1;
}
