/* The simulated cluster acknowledges transactions but does not do them: these are the calls and their faults. */
#include "cluster.h"

#define END_TXN 26 /* ApiKeys */
#define PRODUCE 0
#define TXN_OFFSET_COMMIT 28

struct with_member {
    struct cluster cluster;
    struct cm_kafka_member *member;
    struct cm_kafka_writer *writer;
};

static void make(struct with_member *with, bool member)
{
    cluster_make(&with->cluster, 1);
    cluster_topic(&with->cluster, "events", 2);
    cluster_topic(&with->cluster, "out", 2);
    with->member = NULL;
    with->writer = cluster_writer(&with->cluster, "w");
    if (!member)
        return;
    const char *topics[] = {"events"};
    struct cm_kafka_assignment assignment;
    cr_assert_eq(cm_kafka_member_open(&with->cluster.options, "g", topics, 1, &with->cluster.diagnostics, &with->member), CM_OK);
    int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS;
    while (cm_kafka_member_poll(with->member, 20, &assignment) != CM_OK)
        cr_assert_lt(cluster_now_ms(), until);
    cr_assert_eq(cm_kafka_member_done(with->member), CM_OK);
}

static void end(struct with_member *with)
{
    cm_kafka_writer_close(with->writer);
    cm_kafka_member_close(with->member);
    cluster_free(&with->cluster);
}

Test(kafka_transaction, offsets_go_with_it)
{
    struct with_member with;
    make(&with, true);
    struct cm_kafka_place places[2] = {{0, 0, 11}, {0, 1, 22}};
    cr_assert_eq(cm_kafka_commit(with.writer, with.member, places, 2), CM_EUSAGE, "not begun");
    cr_assert_eq(cm_kafka_abort(with.writer), CM_OK, "nothing to abort");
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(cm_kafka_begin(with.writer), CM_OK, "%s", cm_kafka_writer_error(with.writer));
        cr_assert_eq(cm_kafka_begin(with.writer), CM_EUSAGE, "begun already");
        cluster_put(with.writer, "out", 0, 0, 10);
        cr_assert_eq(cm_kafka_commit(with.writer, with.member, places, i == 2 ? 0 : 2), CM_OK, "%s", cm_kafka_writer_error(with.writer));
    }
    /* a fault that passes does */
    rd_kafka_mock_push_request_errors(with.cluster.mock, TXN_OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    rd_kafka_mock_push_request_errors(with.cluster.mock, END_TXN, 1, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    cr_assert_eq(cm_kafka_begin(with.writer), CM_OK);
    cluster_put(with.writer, "out", 0, 0, 10);
    cr_assert_eq(cm_kafka_commit(with.writer, with.member, places, 2), CM_OK, "%s", cm_kafka_writer_error(with.writer));
    /* a member that was left behind: aborted, and the next one goes */
    rd_kafka_mock_push_request_errors(with.cluster.mock, TXN_OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
    cr_assert_eq(cm_kafka_begin(with.writer), CM_OK);
    cluster_put(with.writer, "out", 0, 0, 10);
    cr_assert_eq(cm_kafka_commit(with.writer, with.member, places, 2), CM_EIO);
    cr_assert(strstr(cm_kafka_writer_error(with.writer), "offsets"), "%s", cm_kafka_writer_error(with.writer));
    cr_assert_eq(cm_kafka_begin(with.writer), CM_OK, "%s", cm_kafka_writer_error(with.writer));
    cr_assert_eq(cm_kafka_commit(with.writer, with.member, places, 2), CM_OK);
    end(&with);
}

Test(kafka_transaction, an_abort_leaves_nothing_for_the_next)
{
    struct with_member with;
    make(&with, false);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(cm_kafka_begin(with.writer), CM_OK, "%s", cm_kafka_writer_error(with.writer));
        cluster_put(with.writer, "out", i % 2, 0, 500);
        cr_assert_eq(cm_kafka_abort(with.writer), CM_OK, "%s", cm_kafka_writer_error(with.writer));
        cr_assert_eq(cm_kafka_begin(with.writer), CM_OK);
        cluster_put(with.writer, "out", i % 2, 0, 3);
        cr_assert_eq(cm_kafka_commit(with.writer, NULL, NULL, 0), CM_OK, "%s", cm_kafka_writer_error(with.writer));
    }
    end(&with);
}

Test(kafka_transaction, outside_of_one_nothing_is_put)
{
    struct with_member with;
    make(&with, false);
    struct cm_kafka_put put = {.topic = "out", .value = CM_SPAN("x")};
    cr_assert_eq(cm_kafka_put(with.writer, &put), CM_EUSAGE);
    struct cm_kafka_writer *plain = cluster_writer(&with.cluster, NULL);
    cr_assert_eq(cm_kafka_begin(plain), CM_EUSAGE, "no id, no transactions");
    cm_kafka_writer_close(plain);
    end(&with);
}

Test(kafka_transaction, what_was_not_taken_is_aborted_and_begun_anew)
{
    struct with_member with;
    make(&with, false);
    cr_assert_eq(cm_kafka_begin(with.writer), CM_OK);
    rd_kafka_mock_push_request_errors(with.cluster.mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    cluster_put(with.writer, "out", 0, 0, 1);
    cr_assert_eq(cm_kafka_commit(with.writer, NULL, NULL, 0), CM_EIO);
    cr_assert(strstr(cm_kafka_writer_error(with.writer), "topic out, partition 0"), "%s", cm_kafka_writer_error(with.writer));
    /* librdkafka may need a second one to find its numbers again */
    enum cm_status status = CM_EIO;
    for (int i = 0; i < 2 && status == CM_EIO; i++) {
        cr_assert_eq(cm_kafka_begin(with.writer), CM_OK, "%s", cm_kafka_writer_error(with.writer));
        cluster_put(with.writer, "out", 0, 0, 1);
        status = cm_kafka_commit(with.writer, NULL, NULL, 0);
    }
    cr_assert_eq(status, CM_OK, "%s", cm_kafka_writer_error(with.writer));
    end(&with);
}

Test(kafka_transaction, who_is_fenced_stops)
{
    struct with_member with;
    make(&with, false);
    cr_assert_eq(cm_kafka_begin(with.writer), CM_OK);
    cluster_put(with.writer, "out", 0, 0, 1);
    rd_kafka_mock_push_request_errors(with.cluster.mock, END_TXN, 1, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
    cr_assert_eq(cm_kafka_commit(with.writer, NULL, NULL, 0), CM_ESTOPPED);
    cr_assert_eq(cm_kafka_begin(with.writer), CM_ESTOPPED);
    struct cm_kafka_put put = {.topic = "out", .value = CM_SPAN("x")};
    cr_assert_eq(cm_kafka_put(with.writer, &put), CM_ESTOPPED);
    cr_assert_eq(cm_kafka_settle(with.writer), CM_ESTOPPED);
    end(&with);
}
