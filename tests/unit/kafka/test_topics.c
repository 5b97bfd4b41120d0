#include "cluster.h"

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
