/* What stands in a topic of the simulated cluster, read whole. */
#ifndef CM_TEST_TOPIC_H
#define CM_TEST_TOPIC_H

#include "../kafka/cluster.h"

#define TOPIC_RECORDS_MAX 4096u

struct topic_record {
    uint32_t partition;
    int64_t offset, ts;
    char key[64], value[256];
    bool has_key, has_value;
    char o[24], e[24], x[8];
};

struct topic {
    struct topic_record records[TOPIC_RECORDS_MAX];
    size_t count;
};

static inline void topic_text(char *to, size_t size, struct cm_span from)
{
    snprintf(to, size, "%.*s", (int)from.len, from.ptr ? from.ptr : "");
}

static inline void topic_header(const struct cm_kafka_message *message, const char *name, char *to, size_t size)
{
    struct cm_span value;
    topic_text(to, size, cm_kafka_header(message, name, &value) ? value : CM_SPAN("-"));
}

static inline void topic_see(void *context, const struct cm_kafka_message *message)
{
    struct topic *topic = context;
    if (message->note != CM_KAFKA_MESSAGE)
        return;
    cr_assert_lt(topic->count, TOPIC_RECORDS_MAX);
    struct topic_record *record = &topic->records[topic->count++];
    *record = (struct topic_record){.partition = message->partition,
                                    .offset = message->offset,
                                    .ts = message->ts,
                                    .has_key = message->key.ptr != NULL,
                                    .has_value = message->value.ptr != NULL};
    topic_text(record->key, sizeof record->key, message->key);
    topic_text(record->value, sizeof record->value, message->value);
    topic_header(message, "o", record->o, sizeof record->o);
    topic_header(message, "e", record->e, sizeof record->e);
    topic_header(message, "x", record->x, sizeof record->x);
}

/* All partitions, one after the other; freed by the caller. */
static inline struct topic *topic_read(struct cluster *cluster, const char *name, uint32_t partitions)
{
    struct topic *topic = calloc(1, sizeof *topic);
    struct cm_kafka_reader *reader = cluster_reader(cluster);
    struct cm_kafka_stream *stream;
    cr_assert(topic);
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    for (uint32_t i = 0; i < partitions; i++) {
        cr_assert_eq(cm_kafka_stream_start(stream, name, 0, i, CM_KAFKA_FIRST, &cluster->diagnostics), CM_OK);
        cluster_read_to_end(stream, topic_see, topic);
        cr_assert_eq(cm_kafka_stream_stop(stream, 0, i), CM_OK);
    }
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    return topic;
}

#endif
