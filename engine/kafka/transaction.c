/*
 * transaction: what a writer writes between begin and commit is seen as a whole,
 * offsets of a member included, or not at all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kafka/writer_state.h"

/* One step of a transaction; a broker that restarts is back by then. */
#define STEP_MAX_MS 10000
#define AGAIN_MS 50
#define SLICE_MS 500 /* how soon a step notices that the process is to end */
/* Closing tries to end an open transaction, so that readers need not wait until it expires. */
#define CLOSE_ABORT_MS 1000

typedef rd_kafka_error_t *step(rd_kafka_t *rk, int wait_ms);

/* Again and again while that may help, a step as far as it gets: what was begun goes on with the next one. NULL: done. */
static rd_kafka_error_t *insist(struct cm_kafka_writer *writer, step *take, int wait_ms)
{
    int64_t until = cm_kafka_now_ms() + wait_ms;
    for (;;) {
        int left = cm_kafka_left_ms(cm_kafka_client_until(writer->client, until, writer->moved_ms)) + 1;
        rd_kafka_error_t *error = take(writer->client->rk, left < SLICE_MS ? left : SLICE_MS);
        if (!error || !rd_kafka_error_is_retriable(error) || left <= 1)
            return error;
        rd_kafka_error_destroy(error);
        rd_kafka_poll(writer->client->rk, AGAIN_MS);
    }
}

/* Keep the text, free the error. */
static enum cm_status failed(struct cm_kafka_writer *writer, const char *what, rd_kafka_error_t *error)
{
    snprintf(writer->error, sizeof writer->error, "%s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return cm_kafka_writer_stopped(writer) ? CM_ESTOPPED : CM_EIO;
}

/* Nobody knows how it ended: only a new writer of the same id finds out. */
static enum cm_status lost_touch(struct cm_kafka_writer *writer)
{
    writer->client->fatal = true;
    writer->begun = false;
    return CM_ESTOPPED;
}

enum cm_status cm_kafka_begin(struct cm_kafka_writer *writer)
{
    if (cm_kafka_writer_stopped(writer))
        return CM_ESTOPPED;
    if (!writer->transactional || writer->begun)
        return CM_EUSAGE;
    if (!writer->ready) {
        rd_kafka_error_t *error = insist(writer, rd_kafka_init_transactions, STEP_MAX_MS);
        if (error)
            return failed(writer, "a transactional writer cannot be made ready", error);
        writer->ready = true;
    }
    rd_kafka_error_t *error = rd_kafka_begin_transaction(writer->client->rk);
    if (error)
        return failed(writer, "a transaction cannot begin", error);
    writer->begun = true;
    return CM_OK;
}

static enum cm_status abort_within(struct cm_kafka_writer *writer, int wait_ms)
{
    if (!writer->begun)
        return CM_OK;
    rd_kafka_error_t *error = insist(writer, rd_kafka_abort_transaction, wait_ms);
    cm_kafka_writer_give_up(writer, CM_KAFKA_PURGE_MS);
    writer->failed = false;
    writer->begun = false;
    if (!error)
        return CM_OK;
    enum cm_status status = failed(writer, "a transaction cannot be aborted", error);
    return status == CM_ESTOPPED ? status : lost_touch(writer);
}

enum cm_status cm_kafka_abort(struct cm_kafka_writer *writer)
{
    return abort_within(writer, STEP_MAX_MS);
}

/* Abort because of a fault that is already in error, and stays there. */
static enum cm_status abort_after_fault(struct cm_kafka_writer *writer)
{
    char error[CM_KAFKA_TEXT_MAX_BYTES];
    snprintf(error, sizeof error, "%s", writer->error);
    enum cm_status status = cm_kafka_writer_stopped(writer) ? CM_ESTOPPED : cm_kafka_abort(writer);
    if (status != CM_OK)
        return CM_ESTOPPED;
    snprintf(writer->error, sizeof writer->error, "%s", error);
    return CM_EIO;
}

static rd_kafka_error_t *send_offsets(struct cm_kafka_writer *writer, struct cm_kafka_member *member, const struct cm_kafka_place *places,
                                      size_t count)
{
    rd_kafka_topic_partition_list_t *list = cm_kafka_member_list(member, places, count);
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(cm_kafka_member_handle(member));
    int64_t until = cm_kafka_now_ms() + STEP_MAX_MS;
    rd_kafka_error_t *error;
    for (;;) {
        error = rd_kafka_send_offsets_to_transaction(writer->client->rk, list, group, cm_kafka_left_ms(until) + 1);
        if (!error || !rd_kafka_error_is_retriable(error) || cm_kafka_left_ms(until) == 0)
            break;
        rd_kafka_error_destroy(error);
        rd_kafka_poll(writer->client->rk, AGAIN_MS);
    }
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(list);
    return error;
}

enum cm_status cm_kafka_commit(struct cm_kafka_writer *writer, struct cm_kafka_member *member, const struct cm_kafka_place *places,
                               size_t count)
{
    if (!writer->begun)
        return CM_EUSAGE;
    if (!cm_kafka_writer_flush(writer))
        return abort_after_fault(writer);
    rd_kafka_error_t *error = count ? send_offsets(writer, member, places, count) : NULL;
    if (error) {
        failed(writer, "offsets are not taken into a transaction", error);
        return abort_after_fault(writer);
    }
    error = insist(writer, rd_kafka_commit_transaction, STEP_MAX_MS);
    if (!error) {
        writer->begun = false;
        return CM_OK;
    }
    bool abortable = rd_kafka_error_txn_requires_abort(error);
    enum cm_status status = failed(writer, "a transaction cannot be committed", error);
    if (status == CM_ESTOPPED)
        return status;
    return abortable ? abort_after_fault(writer) : lost_touch(writer);
}

void cm_kafka_writer_close(struct cm_kafka_writer *writer)
{
    if (!writer)
        return;
    if (!cm_kafka_writer_stopped(writer) && writer->begun && abort_within(writer, CLOSE_ABORT_MS) != CM_OK)
        cm_kafka_client_log(writer->client, 4, writer->error);
    cm_kafka_writer_give_up(writer, CM_KAFKA_PURGE_MS);
    cm_kafka_registry_free(&writer->registry);
    cm_kafka_client_close(writer->client);
    free(writer);
}
