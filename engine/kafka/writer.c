#include "kafka/writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "kafka/writer_state.h"

/* The broker's default is 1 MiB less overhead; whether one this large is taken is its own to say. */
#define MESSAGE_MAX_BYTES 16777216
#define MESSAGE_MIN_MS 100u
/* Unsent messages in memory: enough for a tenth of a second, then put waits. librdkafka's defaults are 1 GiB and 100,000, of 500 bytes each
 * beside what they hold. */
#define QUEUE_MAX_KBYTES 20480u
#define QUEUE_MAX_MESSAGES 20000u
/* What settle waits for beyond the message time-out: first for librdkafka's own clock (it looks once a second), then for the purge. */
#define SETTLE_GRACE_MS 700
#define POLL_EVERY 64u /* puts between two looks at the reports of delivery */
#define FULL_STEP_MS 20
/* How long put doubts that a partition is not there: the cluster may be slower than whoever made it. */
#define DOUBT_MS 2000
#define DOUBT_STEP_MS 50
#define FLUSH_STEP_MS 100 /* how soon a flush notices that the process is to end */

/* Out of the round of a message, as librdkafka carries it: a pointer. */
static void *round_mark(const struct cm_kafka_writer *writer)
{
    return (void *)(uintptr_t)writer->round;
}

static void fail(struct cm_kafka_writer *writer, const char *topic, int32_t partition, const char *text)
{
    if (!writer->failed)
        snprintf(writer->error, sizeof writer->error, "topic %s, partition %d: %.400s", topic, (int)partition, text);
    writer->failed = true;
}

static void fail_report(struct cm_kafka_writer *writer, const char *topic, const rd_kafka_message_t *message)
{
    char text[CM_KAFKA_TEXT_MAX_BYTES];
    const char *heard = writer->client->error;
    bool purged = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (purged && writer->begun)
        snprintf(text, sizeof text, "given up with its transaction");
    else if (purged || message->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || message->err == RD_KAFKA_RESP_ERR__TIMED_OUT)
        snprintf(text, sizeof text, "not acknowledged within %u ms%s%.400s", writer->message_ms, *heard ? ": " : "", heard);
    else
        snprintf(text, sizeof text, "%s", rd_kafka_err2str(message->err));
    fail(writer, topic, message->partition, text);
}

static void count_written(struct cm_kafka_writer *writer, struct cm_kafka_topic *topic, const rd_kafka_message_t *message)
{
    struct written *part = cm_kafka_registry_part(&writer->registry, topic, (uint32_t)message->partition);
    if (!part) {
        fail(writer, topic->name, message->partition, "out of memory");
        return;
    }
    part->count++;
    if (message->offset < 0)
        return; /* safe, but sent twice, and the broker did not say where the first one went */
    if (part->placed == 0 || message->offset < part->first)
        part->first = message->offset;
    if (part->placed == 0 || message->offset > part->last)
        part->last = message->offset;
    part->placed++;
}

static void take_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    struct cm_kafka_writer *writer = ((struct cm_kafka_client *)opaque)->owner;
    struct cm_kafka_topic *topic = rd_kafka_topic_opaque(message->rkt);
    bool current = message->_private == round_mark(writer);
    writer->under_way -= current;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        writer->moved_ms = cm_kafka_now_ms();
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        count_written(writer, topic, message);
    else if (current)
        fail_report(writer, topic->name, message);
}

enum cm_status cm_kafka_writer_open(const struct cm_kafka_options *options, const char *transactional_id,
                                    struct cm_diagnostics *diagnostics, struct cm_kafka_writer **out)
{
    struct cm_kafka_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return CM_ENOMEM;
    writer->transactional = transactional_id != NULL;
    for (size_t i = 0; i < options->property_count; i++)
        writer->compressed_by_user |= strncmp(options->properties[i].name, "compression.", strlen("compression.")) == 0;
    writer->message_ms = options->session_ms < MESSAGE_MIN_MS ? MESSAGE_MIN_MS : options->session_ms;
    if (writer->transactional && writer->message_ms > CM_KAFKA_TRANSACTION_MAX_MS)
        writer->message_ms = CM_KAFKA_TRANSACTION_MAX_MS;
    struct cm_kafka_setup setup;
    cm_kafka_setup_begin(&setup, options, diagnostics);
    cm_kafka_setup_set(&setup, "linger.ms", "5");
    cm_kafka_setup_set(&setup, "compression.type", "lz4");
    cm_kafka_setup_set(&setup, "queue.buffering.max.kbytes", "%u", QUEUE_MAX_KBYTES);
    cm_kafka_setup_set(&setup, "queue.buffering.max.messages", "%u", QUEUE_MAX_MESSAGES);
    cm_kafka_setup_set(&setup, "message.max.bytes", "%d", MESSAGE_MAX_BYTES);
    cm_kafka_setup_user(&setup);
    cm_kafka_setup_set(&setup, "enable.idempotence", "true");
    cm_kafka_setup_set(&setup, "acks", "all");
    cm_kafka_setup_set(&setup, "message.timeout.ms", "%u", writer->message_ms);
    cm_kafka_setup_set(&setup, "partitioner", "murmur2_random");
    if (transactional_id) {
        cm_kafka_setup_set(&setup, "transactional.id", "%s", transactional_id);
        cm_kafka_setup_set(&setup, "transaction.timeout.ms", "%u", CM_KAFKA_TRANSACTION_MAX_MS);
    }
    rd_kafka_conf_set_dr_msg_cb(setup.conf, take_report);
    enum cm_status status = cm_kafka_setup_open(&setup, RD_KAFKA_PRODUCER, &writer->client);
    if (status != CM_OK) {
        free(writer);
        return status;
    }
    writer->client->owner = writer;
    writer->registry = (struct cm_kafka_registry){.client = writer->client, .part_size = sizeof(struct written)};
    *out = writer;
    return CM_OK;
}

enum cm_status cm_kafka_writer_plain(struct cm_kafka_writer *writer, const char *topic)
{
    return writer->compressed_by_user || cm_kafka_registry_plain(&writer->registry, topic) ? CM_OK : CM_ENOMEM;
}

const char *cm_kafka_writer_error(const struct cm_kafka_writer *writer)
{
    return *writer->error ? writer->error : writer->client->error;
}

bool cm_kafka_writer_stopped(struct cm_kafka_writer *writer)
{
    if (writer->client->fatal ||
        rd_kafka_fatal_error(writer->client->rk, writer->error, sizeof writer->error) != RD_KAFKA_RESP_ERR_NO_ERROR)
        writer->client->fatal = true;
    return writer->client->fatal;
}

static size_t fill(rd_kafka_vu_t *parts, const struct cm_kafka_writer *writer, const struct cm_kafka_topic *topic,
                   const struct cm_kafka_put *put)
{
    size_t n = 0;
    parts[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic->rkt};
    parts[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = put->partition};
    parts[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY};
    parts[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)put->key.ptr, put->key.len}};
    parts[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)put->value.ptr, put->value.len}};
    parts[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = put->ts};
    parts[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = round_mark(writer)};
    for (size_t i = 0; i < put->header_count; i++) {
        const struct cm_kafka_header *header = &put->headers[i];
        parts[n++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {header->name, header->value.ptr, (ssize_t)header->value.len}};
    }
    return n;
}

/* Does the cluster itself say that there is no such topic or partition? */
static bool is_nowhere(struct cm_kafka_writer *writer, struct cm_kafka_topic *topic, int32_t partition, int wait_ms)
{
    const rd_kafka_metadata_t *metadata;
    if (cm_kafka_client_metadata(writer->client, topic->rkt, wait_ms, &metadata) != CM_OK)
        return false;
    bool nowhere = false;
    if (metadata->topic_cnt == 1) {
        const rd_kafka_metadata_topic_t *found = &metadata->topics[0];
        nowhere = found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                  (found->err == RD_KAFKA_RESP_ERR_NO_ERROR && found->partition_cnt > 0 && partition >= found->partition_cnt);
    }
    rd_kafka_metadata_destroy(metadata);
    return nowhere;
}

/* What to do about a message that was not taken: CM_OK is to try again. */
static enum cm_status after_refusal(struct cm_kafka_writer *writer, struct cm_kafka_topic *topic, int32_t partition,
                                    rd_kafka_resp_err_t err, int64_t doubt_until)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        rd_kafka_poll(writer->client->rk, FULL_STEP_MS);
        if (writer->failed) { /* this round cannot be saved: to fill the queue again and again would take a time-out each */
            cm_kafka_writer_give_up(writer, CM_KAFKA_PURGE_MS);
            writer->failed = false;
            return CM_EIO;
        }
        return cm_kafka_left_ms(cm_kafka_client_until(writer->client, INT64_MAX, writer->moved_ms)) ? CM_OK : CM_EIO;
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        if (cm_kafka_left_ms(doubt_until) == 0)
            return is_nowhere(writer, topic, partition, DOUBT_STEP_MS) ? CM_EUSAGE : CM_EIO;
        if (is_nowhere(writer, topic, partition, cm_kafka_left_ms(doubt_until)))
            return CM_EUSAGE;
        rd_kafka_poll(writer->client->rk, DOUBT_STEP_MS);
        return CM_OK;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        return CM_EUSAGE;
    case RD_KAFKA_RESP_ERR__STATE:
        return writer->begun ? CM_EIO : CM_EUSAGE; /* the transaction has failed, or was never begun */
    default:
        return CM_EIO;
    }
}

enum cm_status cm_kafka_put(struct cm_kafka_writer *writer, const struct cm_kafka_put *put)
{
    rd_kafka_vu_t parts[7 + CM_KAFKA_HEADERS_MAX];
    struct cm_kafka_topic *topic = cm_kafka_registry_topic(&writer->registry, put->topic);
    if (!topic)
        return CM_ENOMEM;
    size_t part_count = fill(parts, writer, topic, put);
    int64_t doubt_until = 0;
    enum cm_status status;
    if (++writer->puts >= POLL_EVERY) {
        writer->puts = 0;
        rd_kafka_poll(writer->client->rk, 0);
    }
    do {
        rd_kafka_error_t *error = rd_kafka_produceva(writer->client->rk, parts, part_count);
        if (!error) {
            writer->under_way++;
            return CM_OK;
        }
        snprintf(writer->error, sizeof writer->error, "topic %s: %s", put->topic, rd_kafka_error_string(error));
        rd_kafka_resp_err_t err = cm_kafka_client_take(writer->client, error);
        if (cm_kafka_writer_stopped(writer))
            return CM_ESTOPPED;
        if (!doubt_until)
            doubt_until = cm_kafka_now_ms() + DOUBT_MS;
        status = after_refusal(writer, topic, put->partition, err, doubt_until);
    } while (status == CM_OK);
    return status;
}

void cm_kafka_writer_give_up(struct cm_kafka_writer *writer, int wait_ms)
{
    int64_t until = cm_kafka_now_ms() + wait_ms;
    /* blocking: a purge that goes on would reach what is put next */
    rd_kafka_purge(writer->client->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (writer->under_way > 0 && cm_kafka_left_ms(until) > 0)
        rd_kafka_poll(writer->client->rk, cm_kafka_left_ms(until));
    writer->failed |= writer->under_way > 0;
    writer->under_way = 0;
    writer->round++;
}

bool cm_kafka_writer_flush(struct cm_kafka_writer *writer)
{
    int64_t until = cm_kafka_now_ms() + writer->message_ms + SETTLE_GRACE_MS;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int left = 1; err == RD_KAFKA_RESP_ERR__TIMED_OUT && left > 0;) {
        left = cm_kafka_left_ms(cm_kafka_client_until(writer->client, until, writer->moved_ms));
        err = rd_kafka_flush(writer->client->rk, left < FLUSH_STEP_MS ? left : FLUSH_STEP_MS); /* what is safe, the reports say better */
    }
    rd_kafka_poll(writer->client->rk, 0);
    if (writer->under_way > 0)
        cm_kafka_writer_give_up(writer, CM_KAFKA_PURGE_MS);
    bool safe = !writer->failed;
    writer->failed = false;
    if (safe)
        writer->client->error[0] = '\0'; /* whatever it was, it is over */
    return safe;
}

enum cm_status cm_kafka_settle(struct cm_kafka_writer *writer)
{
    bool safe = cm_kafka_writer_flush(writer);
    if (cm_kafka_writer_stopped(writer))
        return CM_ESTOPPED;
    return safe ? CM_OK : CM_EIO;
}

bool cm_kafka_written(const struct cm_kafka_writer *writer, const char *topic, uint32_t partition, int64_t *first, int64_t *last,
                      uint64_t *count)
{
    const struct cm_kafka_topic *known = cm_kafka_registry_find(&writer->registry, topic);
    const struct written *part = known ? cm_kafka_part(&writer->registry, known, partition) : NULL;
    if (!part || part->count == 0)
        return false;
    *first = part->placed ? part->first : -1;
    *last = part->placed ? part->last : -1;
    *count = part->count;
    return true;
}

void cm_kafka_written_forget(struct cm_kafka_writer *writer, const char *topic, uint32_t partition)
{
    struct cm_kafka_topic *known = cm_kafka_registry_find(&writer->registry, topic);
    struct written *part = known ? cm_kafka_part(&writer->registry, known, partition) : NULL;
    if (part)
        *part = (struct written){0};
}
