#include "kafka/reader.h"

#include <stdlib.h>

#include "kafka/reader_state.h"

/* What librdkafka holds for a message beside its bytes. */
#define MESSAGE_OVERHEAD_BYTES 600u
#define QUEUED_MESSAGES_MAX 10000000u
#define QUEUED_KBYTES_MAX 2097151u
#define FETCH_MIN_BYTES 1048576u  /* one partition's share of a fetch, by librdkafka's default */
#define FETCH_MAX_BYTES 52428800u /* all partitions' */
/* A broker's end of a partition comes when it has waited for more in vain: this is how soon AT_END is told. */
#define FETCH_WAIT_MS "50"
/* How often sleeping fetchers are woken, see cm_kafka_reader_wake. */
#define WAKE_MS 20

/* Room for payloads and for librdkafka's own of each message, half of what we may have: the other half is being fetched or held in batches.
 */
static void set_prefetch(struct cm_kafka_setup *setup, uint64_t bytes)
{
    uint64_t half = bytes / 2, kbytes = half / 1024, messages = half / MESSAGE_OVERHEAD_BYTES, fetch = half / 8;
    kbytes = kbytes < 1 ? 1 : kbytes > QUEUED_KBYTES_MAX ? QUEUED_KBYTES_MAX : kbytes;
    messages = messages < 1 ? 1 : messages > QUEUED_MESSAGES_MAX ? QUEUED_MESSAGES_MAX : messages;
    fetch = fetch < FETCH_MIN_BYTES ? FETCH_MIN_BYTES : fetch > FETCH_MAX_BYTES ? FETCH_MAX_BYTES : fetch;
    cm_kafka_setup_set(setup, "queued.max.messages.kbytes", "%u", (unsigned)kbytes);
    cm_kafka_setup_set(setup, "queued.min.messages", "%u", (unsigned)messages);
    cm_kafka_setup_set(setup, "fetch.max.bytes", "%u", (unsigned)fetch);
    cm_kafka_setup_try(setup, "fetch.queue.backoff.ms", "5");
}

/* librdkafka wants a fetch to hold the largest message, which the user may have said for the writers. */
static void fit_fetch(struct cm_kafka_setup *setup)
{
    char fetch[32], message[32];
    size_t fetch_size = sizeof fetch, message_size = sizeof message;
    if (rd_kafka_conf_get(setup->conf, "fetch.max.bytes", fetch, &fetch_size) == RD_KAFKA_CONF_OK &&
        rd_kafka_conf_get(setup->conf, "message.max.bytes", message, &message_size) == RD_KAFKA_CONF_OK &&
        strtol(fetch, NULL, 10) < strtol(message, NULL, 10))
        cm_kafka_setup_set(setup, "fetch.max.bytes", "%s", message);
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
    fit_fetch(&setup);
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
    reader->registry = (struct cm_kafka_registry){.client = reader->client, .part_size = sizeof(struct cm_kafka_part)};
    *out = reader;
    return CM_OK;
}

void cm_kafka_reader_close(struct cm_kafka_reader *reader)
{
    if (reader)
        reader_free(reader);
}

/*
 * Where the queue was full, librdkafka before 2.2 looks at it again only when its fetching thread wakes up: after a second, or by anything
 * that concerns its broker. Of what wakes all of them without asking a broker, this is the only one that there is; the credentials are
 * those that it has.
 */
void cm_kafka_reader_wake(struct cm_kafka_reader *reader, bool now)
{
    int64_t time = cm_kafka_now_ms();
    if (!reader->sleepy || (!now && time - reader->woken_ms < WAKE_MS))
        return;
    reader->woken_ms = time;
    cm_kafka_client_take(reader->client, rd_kafka_sasl_set_credentials(reader->client->rk, reader->user, reader->password));
}

enum cm_status cm_kafka_reader_bounds(struct cm_kafka_reader *reader, const char *topic, uint32_t partition, int wait_ms, int64_t *low,
                                      int64_t *high)
{
    /* first of all: librdkafka would make a topic of its own of the name, whose messages lead to no part */
    if (!cm_kafka_registry_topic(&reader->registry, topic))
        return CM_ENOMEM;
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(reader->client->rk, topic, (int32_t)partition, low, high, wait_ms);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return CM_OK;
    cm_kafka_client_fault(reader->client, err, NULL);
    return CM_EIO;
}

enum cm_status cm_kafka_reader_since(struct cm_kafka_reader *reader, const char *topic, uint32_t partition, int64_t since_ms, int wait_ms,
                                     int64_t *offset)
{
    if (!cm_kafka_registry_topic(&reader->registry, topic)) /* as in bounds */
        return CM_ENOMEM;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *asked = rd_kafka_topic_partition_list_add(list, topic, (int32_t)partition);
    asked->offset = since_ms;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(reader->client->rk, list, wait_ms);
    err = err == RD_KAFKA_RESP_ERR_NO_ERROR ? asked->err : err;
    *offset = asked->offset >= 0 ? asked->offset : CM_KAFKA_LAST;
    rd_kafka_topic_partition_list_destroy(list);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return CM_OK;
    cm_kafka_client_fault(reader->client, err, NULL);
    return CM_EIO;
}

int64_t cm_kafka_reader_high(struct cm_kafka_reader *reader, const char *topic, uint32_t partition)
{
    int64_t low, high;
    if (!cm_kafka_registry_find(&reader->registry, topic)) /* as in bounds */
        return -1;
    if (rd_kafka_get_watermark_offsets(reader->client->rk, topic, (int32_t)partition, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high >= 0 ? high : -1;
}
