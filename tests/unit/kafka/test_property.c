#include "cluster.h"

struct answer {
    enum cm_status status;
    const char *nearest, *why;
    char error[256];
};

static struct answer check(const char *name, const char *value)
{
    static struct answer answer;
    struct cm_kafka_property property = {name, value};
    answer.status = cm_kafka_property_check(&property, &answer.nearest, &answer.why, answer.error, sizeof answer.error);
    return answer;
}

Test(kafka_property, what_librdkafka_knows_is_taken)
{
    static const char *const good[][2] = {
        {"security.protocol", "SASL_SSL"},
        {"sasl.mechanisms", "SCRAM-SHA-512"},
        {"sasl.username", "u"},
        {"sasl.password", "p"},
        {"ssl.ca.location", "/x"},
        {"linger.ms", "20"},
        {"debug", "cgrp"},
        {"compression.type", "zstd"},
        {"group.instance.id", "one"},
        {"client.id", "a"},
        {"socket.timeout.ms", "5000"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct answer answer = check(good[i][0], good[i][1]);
        cr_assert_eq(answer.status, CM_OK, "%s: %s", good[i][0], answer.error);
        cr_assert_null(answer.why);
        cr_assert_null(answer.nearest);
    }
}

Test(kafka_property, a_slip_is_told_with_what_was_meant)
{
    static const char *const slips[][2] = {
        {"security.protcol", "security.protocol"}, {"sasl.mechansms", "sasl.mechanisms"},        {"lingerms", "linger.ms"},
        {"ssl.ca.locaton", "ssl.ca.location"},     {"message.timeout.sm", "message.timeout.ms"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        struct answer answer = check(slips[i][0], "x");
        cr_assert_eq(answer.status, CM_EUSAGE);
        cr_assert_not_null(answer.nearest, "%s", slips[i][0]);
        cr_assert_str_eq(answer.nearest, slips[i][1]);
        cr_assert_null(answer.why);
    }
    cr_assert_eq(check("wholly.unlike.any.of.them", "x").status, CM_EUSAGE);
    cr_assert_null(check("wholly.unlike.any.of.them", "x").nearest);
    cr_assert_eq(check("", "x").status, CM_EUSAGE);
}

Test(kafka_property, a_value_that_does_not_fit_is_told_with_why)
{
    struct answer answer = check("socket.timeout.ms", "soon");
    cr_assert_eq(answer.status, CM_EUSAGE);
    cr_assert(strstr(answer.error, "socket.timeout.ms"), "%s", answer.error);
    cr_assert_not_null(answer.why);
    cr_assert_eq(check("compression.type", "rar").status, CM_EUSAGE);
    cr_assert_eq(check("security.protocol", "").status, CM_EUSAGE);
}

Test(kafka_property, what_we_rely_on_is_not_theirs)
{
    static const char *const ours[] = {
        "bootstrap.servers",
        "metadata.broker.list",
        "group.id",
        "enable.auto.commit",
        "enable.idempotence",
        "enable.auto.offset.store",
        "acks",
        "request.required.acks",
        "isolation.level",
        "transactional.id",
        "retries",
        "message.timeout.ms",
        "delivery.timeout.ms",
        "auto.offset.reset",
        "partition.assignment.strategy",
        "plugin.library.paths",
        "session.timeout.ms",
        "max.poll.interval.ms",
        "test.mock.num.brokers",
        "log_cb",
        "opaque",
        "delivery.report.only.error",
    };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        struct answer answer = check(ours[i], "1");
        cr_assert_eq(answer.status, CM_EUSAGE, "%s", ours[i]);
        cr_assert_not_null(answer.why, "%s", ours[i]);
        cr_assert_null(answer.nearest);
    }
}

Test(kafka_property, secrets_are_known)
{
    static const char *const secret[] = {
        "sasl.password",          "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.config"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        cr_assert(cm_kafka_property_is_secret(secret[i]), "%s", secret[i]);
    static const char *const open[] = {"sasl.username", "ssl.ca.location", "security.protocol", "ssl.certificate.pem", "linger.ms"};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        cr_assert_not(cm_kafka_property_is_secret(open[i]), "%s", open[i]);
}

Test(kafka_property, no_handle_is_opened_with_one_that_is_refused)
{
    struct cm_kafka_property wrong[] = {{"enable.idempotence", "false"}, {"linger.sm", "1"}, {"socket.timeout.ms", "x"}};
    struct cm_kafka_options options = {
        .brokers = "127.0.0.1:1", .properties = wrong, .property_count = 3, .session_ms = 1000, .poll_ms = 1000};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_kafka_writer *writer;
    cr_assert_eq(cm_kafka_writer_open(&options, NULL, &diagnostics, &writer), CM_EUSAGE);
    cr_assert_eq(diagnostics.count, 3, "all of them at once");
    cr_assert(strstr(diagnostics.items[0].message, "enable.idempotence"));
    cr_assert_str_eq(diagnostics.items[1].help, "did you mean linger.ms?");
    cm_diagnostics_free(&diagnostics);
}
