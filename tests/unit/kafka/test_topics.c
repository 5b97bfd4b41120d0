#include "cluster.h"

#include "kafka/private.h"
#include "kafka/topics.h"

static bool ok(const char *name)
{
    return cm_kafka_topic_name_ok(cm_span_of(name));
}

Test(kafka_topics, names)
{
    char longest[251];
    memset(longest, 'a', sizeof longest);
    longest[249] = '\0';
    cr_assert(ok("events") && ok("a.b_c-D9") && ok("...") && ok(longest));
    longest[249] = 'a';
    longest[250] = '\0';
    cr_assert_not(ok(longest));
    cr_assert_not(ok(""));
    cr_assert_not(ok("."));
    cr_assert_not(ok(".."));
    cr_assert_not(ok("a/b"));
    cr_assert_not(ok("^a"));
    cr_assert_not(ok("caf\xC3\xA9"));
    cr_assert_not(cm_kafka_topic_name_ok(CM_SPAN("a\0b")));
}

Test(kafka_topics, partitions_of_what_is_there_and_what_is_not)
{
    struct cluster cluster;
    cluster_make(&cluster, 2);
    cluster_topic(&cluster, "t", 5);
    struct cm_kafka_topics *topics;
    cr_assert_eq(cm_kafka_topics_open(&cluster.options, &cluster.diagnostics, &topics), CM_OK);
    uint32_t partitions = 0;
    cr_assert_eq(cm_kafka_topic_partitions(topics, "t", 3000, &partitions), CM_OK, "%s", cm_kafka_topics_error(topics));
    cr_assert_eq(partitions, 5);
    rd_kafka_mock_topic_set_error(cluster.mock, "gone", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    cr_assert_eq(cm_kafka_topic_partitions(topics, "gone", 3000, &partitions), CM_END);
    rd_kafka_mock_topic_set_error(cluster.mock, "secret", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    cr_assert_eq(cm_kafka_topic_partitions(topics, "secret", 3000, &partitions), CM_EUSAGE);
    cr_assert(strstr(cm_kafka_topics_error(topics), "uthoriz"), "%s", cm_kafka_topics_error(topics));
    cr_assert_eq(cm_kafka_topic_partitions(topics, "t", 3000, &partitions), CM_OK, "a refusal is of one topic");
    cr_assert_eq(cm_kafka_topic_partitions(topics, "t", 3000, &partitions), CM_OK);
    char *value;
    cr_assert_eq(cm_kafka_topic_setting(topics, "t", "cleanup.policy", 500, &value), CM_EIO, "the simulated cluster has no settings");
    cr_assert_null(value);
    cr_assert_neq(cm_kafka_topics_error(topics)[0], '\0');
    cm_kafka_topics_close(topics);
    cm_kafka_topics_close(NULL);
    cluster_free(&cluster);
}

/* Kafka says both with one code: that brokers are not ready passes, that there are too few of them does not. */
Test(kafka_topics, a_fenced_broker_is_waited_for)
{
    static const char fenced[] = "Unable to replicate the partition 1 time(s): All brokers are currently fenced.";
    static const char cordoned[] =
        "Unable to replicate the partition 1 time(s): All brokers are currently fenced, or have all their log directories cordoned.";
    static const char few[] = "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because "
                              "only 1 broker(s) are registered.";
    cr_assert(cm_kafka_brokers_not_ready(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, fenced));
    cr_assert(cm_kafka_brokers_not_ready(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, cordoned));
    cr_assert_not(cm_kafka_brokers_not_ready(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, few));
    cr_assert_not(cm_kafka_brokers_not_ready(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, NULL));
    cr_assert_not(cm_kafka_brokers_not_ready(RD_KAFKA_RESP_ERR_POLICY_VIOLATION, fenced));
}
