#include "kafka/topics.h"

#include <stdlib.h>
#include <string.h>

#include "kafka/private.h"

#define TOPIC_NAME_MAX_BYTES 249u
/* Waits look up this often: for a refusal, or for a topic that was just made. */
#define STEP_MS 20

struct cm_kafka_topics {
    struct cm_kafka_client *client;
};

enum cm_status cm_kafka_topics_open(const struct cm_kafka_options *options, struct cm_diagnostics *diagnostics,
                                    struct cm_kafka_topics **out)
{
    struct cm_kafka_topics *topics = calloc(1, sizeof *topics);
    if (!topics)
        return CM_ENOMEM;
    struct cm_kafka_setup setup;
    cm_kafka_setup_begin(&setup, options, diagnostics);
    cm_kafka_setup_user(&setup);
    cm_kafka_setup_set(&setup, "allow.auto.create.topics", "false");
    /* a consumer: a producer that asks for a topic makes it, whatever it was told */
    enum cm_status status = cm_kafka_setup_open(&setup, RD_KAFKA_CONSUMER, &topics->client);
    if (status != CM_OK) {
        free(topics);
        return status;
    }
    topics->client->keeps_hints = true;
    *out = topics;
    return CM_OK;
}

void cm_kafka_topics_close(struct cm_kafka_topics *topics)
{
    if (!topics)
        return;
    cm_kafka_client_close(topics->client);
    free(topics);
}

const char *cm_kafka_topics_error(const struct cm_kafka_topics *topics)
{
    return topics->client->error;
}

/* What was wrong before may be right by now. */
static void forget(struct cm_kafka_topics *topics)
{
    rd_kafka_poll(topics->client->rk, 0);
    topics->client->refused = false;
    topics->client->error[0] = '\0';
}

bool cm_kafka_brokers_not_ready(rd_kafka_resp_err_t err, const char *text)
{
    return err == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR && text && strstr(text, "currently fenced");
}

static enum cm_status judge(struct cm_kafka_topics *topics, rd_kafka_resp_err_t err, const char *text)
{
    if (cm_kafka_brokers_not_ready(err, text)) {
        cm_kafka_client_fault(topics->client, err, text);
        return CM_EIO;
    }
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return CM_OK;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        return CM_END;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        cm_kafka_client_fault(topics->client, err, text);
        return CM_EUSAGE;
    default:
        return cm_kafka_client_fault(topics->client, err, text) ? CM_EUSAGE : CM_EIO;
    }
}

enum cm_status cm_kafka_topic_partitions(struct cm_kafka_topics *topics, const char *name, int wait_ms, uint32_t *partitions)
{
    forget(topics);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(topics->client->rk, name, NULL);
    if (!topic)
        return CM_EUSAGE;
    const rd_kafka_metadata_t *metadata;
    enum cm_status status = cm_kafka_client_metadata(topics->client, topic, wait_ms, &metadata);
    rd_kafka_topic_destroy(topic);
    if (status != CM_OK)
        return status;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (metadata->topic_cnt == 1) {
        err = metadata->topics[0].err;
        *partitions = (uint32_t)metadata->topics[0].partition_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    return judge(topics, err, NULL);
}

/* An admin request on its way. */
struct request {
    rd_kafka_AdminOptions_t *options;
    rd_kafka_queue_t *queue;
    int64_t until;
};

static struct request request_begin(struct cm_kafka_topics *topics, rd_kafka_admin_op_t kind, int wait_ms)
{
    forget(topics);
    rd_kafka_t *rk = topics->client->rk;
    struct request request = {rd_kafka_AdminOptions_new(rk, kind), rd_kafka_queue_new(rk), cm_kafka_now_ms() + wait_ms};
    rd_kafka_AdminOptions_set_request_timeout(request.options, wait_ms > 0 ? wait_ms : 1, NULL, 0);
    return request;
}

/* NULL, with *status, where there is none or it is an error. */
static rd_kafka_event_t *request_answer(struct cm_kafka_topics *topics, const struct request *request, enum cm_status *status)
{
    rd_kafka_event_t *event;
    do {
        event = rd_kafka_queue_poll(request->queue, STEP_MS);
        rd_kafka_poll(topics->client->rk, 0); /* what kept it from coming */
        if (!event && topics->client->refused) {
            *status = CM_EUSAGE;
            return NULL;
        }
    } while (!event && cm_kafka_left_ms(cm_kafka_client_until(topics->client, request->until, 0)) > 0);
    rd_kafka_resp_err_t err = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (err == RD_KAFKA_RESP_ERR__TIMED_OUT && *topics->client->error)
        *status = CM_EIO; /* the connection's complaint says more than that time is up */
    else
        *status = judge(topics, err, event ? rd_kafka_event_error_string(event) : NULL);
    if (event && err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_event_destroy(event);
        event = NULL;
    }
    return event;
}

static void request_end(struct request *request)
{
    rd_kafka_queue_destroy(request->queue);
    rd_kafka_AdminOptions_destroy(request->options);
}

static rd_kafka_NewTopic_t *new_topic(struct cm_kafka_topics *topics, const char *name, uint32_t partitions, int replication,
                                      const struct cm_kafka_property *settings, size_t count)
{
    char why[CM_KAFKA_TEXT_MAX_BYTES];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, (int)partitions, replication, why, sizeof why);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; topic && i < count && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        err = rd_kafka_NewTopic_set_config(topic, settings[i].name, settings[i].value);
    if (topic && err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return topic;
    cm_kafka_client_fault(topics->client, RD_KAFKA_RESP_ERR__INVALID_ARG, topic ? rd_kafka_err2str(err) : why);
    if (topic)
        rd_kafka_NewTopic_destroy(topic);
    return NULL;
}

static enum cm_status judge_created(struct cm_kafka_topics *topics, rd_kafka_event_t *event)
{
    size_t count;
    const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    rd_kafka_resp_err_t err = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
    if (err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return CM_OK;
    return judge(topics, err, count == 1 ? rd_kafka_topic_result_error_string(results[0]) : NULL);
}

/* The broker that made it knows it; whom we ask next may not yet. */
static enum cm_status await_topic(struct cm_kafka_topics *topics, const char *name, int64_t until)
{
    uint32_t partitions = 0;
    for (;;) {
        enum cm_status status = cm_kafka_topic_partitions(topics, name, cm_kafka_left_ms(until), &partitions);
        if (status == CM_OK && partitions > 0)
            return CM_OK;
        if ((status != CM_OK && status != CM_END) || cm_kafka_left_ms(cm_kafka_client_until(topics->client, until, 0)) == 0)
            return status == CM_EUSAGE ? CM_EUSAGE : CM_EIO;
        rd_kafka_poll(topics->client->rk, STEP_MS);
    }
}

enum cm_status cm_kafka_topic_create(struct cm_kafka_topics *topics, const char *name, uint32_t partitions, int replication,
                                     const struct cm_kafka_property *settings, size_t setting_count, int wait_ms)
{
    rd_kafka_NewTopic_t *topic = new_topic(topics, name, partitions, replication, settings, setting_count);
    if (!topic)
        return CM_EUSAGE;
    struct request request = request_begin(topics, RD_KAFKA_ADMIN_OP_CREATETOPICS, wait_ms);
    rd_kafka_AdminOptions_set_operation_timeout(request.options, wait_ms > 0 ? wait_ms : 1, NULL, 0);
    rd_kafka_CreateTopics(topics->client->rk, &topic, 1, request.options, request.queue);
    enum cm_status status;
    rd_kafka_event_t *event = request_answer(topics, &request, &status);
    if (event) {
        status = judge_created(topics, event);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_NewTopic_destroy(topic);
    request_end(&request);
    return status == CM_OK ? await_topic(topics, name, request.until) : status;
}

/* The value of a setting in the answer, malloc'd. */
static enum cm_status find_setting(struct cm_kafka_topics *topics, rd_kafka_event_t *event, const char *setting, char **value)
{
    size_t count;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
    if (count != 1)
        return CM_END;
    rd_kafka_resp_err_t err = rd_kafka_ConfigResource_error(resources[0]);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return judge(topics, err, rd_kafka_ConfigResource_error_string(resources[0]));
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (size_t i = 0; i < count; i++) {
        const char *found = rd_kafka_ConfigEntry_value(entries[i]);
        if (found && strcmp(rd_kafka_ConfigEntry_name(entries[i]), setting) == 0) {
            *value = strdup(found);
            return *value ? CM_OK : CM_ENOMEM;
        }
    }
    return CM_END;
}

enum cm_status cm_kafka_topic_setting(struct cm_kafka_topics *topics, const char *name, const char *setting, int wait_ms, char **value)
{
    *value = NULL;
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    if (!resource)
        return CM_EUSAGE;
    struct request request = request_begin(topics, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, wait_ms);
    rd_kafka_DescribeConfigs(topics->client->rk, &resource, 1, request.options, request.queue);
    enum cm_status status;
    rd_kafka_event_t *event = request_answer(topics, &request, &status);
    if (event) {
        status = find_setting(topics, event, setting, value);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy(resource);
    request_end(&request);
    return status;
}

bool cm_kafka_topic_name_ok(struct cm_span name)
{
    if (name.len == 0 || name.len > TOPIC_NAME_MAX_BYTES || cm_span_equal(name, CM_SPAN(".")) || cm_span_equal(name, CM_SPAN("..")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}
