#include "kafka/member.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "kafka/private.h"

/* The group notices a death after session_ms; three heartbeats must fit in, and a rebalance is told by the next one. */
#define HEARTBEAT_MAX_MS 3000u
/* How long leaving may take before we go without. */
#define LEAVE_MAX_MS 2000
#define LEAVE_STEP_MS 50

/*
 * librdkafka reads whatever is assigned to it, so it is always assigned an empty list: as far as the group knows, this member has its
 * partitions; as far as librdkafka knows, there is nothing to fetch. Commits are of explicit offsets and do not ask for an assignment.
 */
struct cm_kafka_member {
    struct cm_kafka_client *client;
    rd_kafka_queue_t *queue; /* rebalances and errors */
    char **names;
    size_t name_count;

    bool handed;                   /* a change is being carried out */
    enum cm_kafka_change change;   /* which */
    bool owner;                    /* between ASSIGNED and the end of REVOKED or LOST: commits are ours to make */
    struct cm_kafka_place *places; /* of the change */
    size_t place_count, place_cap;
    rd_kafka_event_t *waiting; /* the next one, until this one is done */
    void *ticket;              /* what the group knew us by when it gave us these: id and generation, to be compared only */
    size_t ticket_size;
    int64_t polled_ms; /* when librdkafka was last asked for events */
    uint32_t session_ms;
    bool overslept;                  /* since the last assignment we were once away for a session: who knows what we still have */
    rd_kafka_queue_t *commit_answer; /* of a commit that was not answered in time; one is under way at most */
};

static bool copy_names(struct cm_kafka_member *member, const char *const *topics, size_t count)
{
    member->names = calloc(count, sizeof *member->names);
    for (size_t i = 0; member->names && i < count; i++) {
        member->names[i] = strdup(topics[i]);
        if (!member->names[i])
            return false;
        member->name_count++;
    }
    return member->names != NULL;
}

static void member_free(struct cm_kafka_member *member)
{
    rd_kafka_mem_free(NULL, member->ticket);
    for (size_t i = 0; i < member->name_count; i++)
        free(member->names[i]);
    free(member->names);
    free(member->places);
    free(member);
}

static enum cm_status open_client(struct cm_kafka_member *member, const struct cm_kafka_options *options, const char *group,
                                  struct cm_diagnostics *diagnostics)
{
    struct cm_kafka_setup setup;
    uint32_t heartbeat = options->session_ms / 3 < HEARTBEAT_MAX_MS ? options->session_ms / 3 : HEARTBEAT_MAX_MS;
    cm_kafka_setup_begin(&setup, options, diagnostics);
    cm_kafka_setup_user(&setup);
    cm_kafka_setup_set(&setup, "group.id", "%s", group);
    cm_kafka_setup_set(&setup, "partition.assignment.strategy", "range");
    cm_kafka_setup_set(&setup, "enable.auto.commit", "false");
    cm_kafka_setup_set(&setup, "enable.auto.offset.store", "false");
    cm_kafka_setup_set(&setup, "session.timeout.ms", "%u", options->session_ms);
    cm_kafka_setup_set(&setup, "heartbeat.interval.ms", "%u", heartbeat ? heartbeat : 1);
    cm_kafka_setup_set(&setup, "max.poll.interval.ms", "%u", options->poll_ms);
    cm_kafka_setup_try(&setup, "group.protocol", "classic");
    /* rebalances as events: a callback would have to be through with them before it returns */
    rd_kafka_conf_set_events(setup.conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR);
    return cm_kafka_setup_open(&setup, RD_KAFKA_CONSUMER, &member->client);
}

static rd_kafka_resp_err_t subscribe(struct cm_kafka_member *member)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)member->name_count);
    for (size_t i = 0; i < member->name_count; i++)
        rd_kafka_topic_partition_list_add(list, member->names[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(member->client->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

enum cm_status cm_kafka_member_open(const struct cm_kafka_options *options, const char *group, const char *const *topics,
                                    size_t topic_count, struct cm_diagnostics *diagnostics, struct cm_kafka_member **out)
{
    struct cm_kafka_member *member = calloc(1, sizeof *member);
    if (!member)
        return CM_ENOMEM;
    enum cm_status status = copy_names(member, topics, topic_count) ? CM_OK : CM_ENOMEM;
    if (status == CM_OK)
        status = open_client(member, options, group, diagnostics);
    if (status != CM_OK) {
        member_free(member);
        return status;
    }
    member->session_ms = options->session_ms;
    member->polled_ms = cm_kafka_now_ms();
    /* errors, which go to the main queue, come by the one that is polled */
    rd_kafka_poll_set_consumer(member->client->rk);
    member->queue = rd_kafka_queue_get_consumer(member->client->rk);
    rd_kafka_resp_err_t err = subscribe(member);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        cm_kafka_tell(diagnostics, "kafka-group", NULL, "group %s cannot be joined: %s", group, rd_kafka_err2str(err));
        cm_kafka_member_close(member);
        return CM_EUSAGE;
    }
    *out = member;
    return CM_OK;
}

static bool find_name(const struct cm_kafka_member *member, const char *name, uint32_t *topic)
{
    for (size_t i = 0; i < member->name_count; i++) {
        if (strcmp(member->names[i], name) == 0) {
            *topic = (uint32_t)i;
            return true;
        }
    }
    return false;
}

static enum cm_status take_places(struct cm_kafka_member *member, const rd_kafka_topic_partition_list_t *list)
{
    size_t count = list ? (size_t)list->cnt : 0;
    if (cm_grow(&member->places, &member->place_cap, count, sizeof *member->places) != CM_OK)
        return CM_ENOMEM;
    member->place_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct cm_kafka_place *place = &member->places[member->place_count];
        if (find_name(member, list->elems[i].topic, &place->topic)) {
            place->partition = (uint32_t)list->elems[i].partition;
            place->offset = -1;
            member->place_count++;
        }
    }
    return CM_OK;
}

/* Tell librdkafka that a change is carried out: list empty, or NULL to give all up. */
static enum cm_status acknowledge(struct cm_kafka_member *member, bool assigned)
{
    rd_kafka_topic_partition_list_t *none = assigned ? rd_kafka_topic_partition_list_new(0) : NULL;
    rd_kafka_resp_err_t err = rd_kafka_assign(member->client->rk, none);
    if (none)
        rd_kafka_topic_partition_list_destroy(none);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return CM_OK;
    cm_kafka_client_fault(member->client, err, NULL);
    return CM_EIO;
}

/* NULL: librdkafka cannot say. */
static void *ticket_now(struct cm_kafka_member *member, size_t *size)
{
    void *ticket = NULL;
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(member->client->rk);
    if (!group)
        return NULL;
    cm_kafka_client_take(member->client, rd_kafka_consumer_group_metadata_write(group, &ticket, size));
    rd_kafka_consumer_group_metadata_destroy(group);
    return ticket;
}

/*
 * A revocation can lie here until the group has gone on without us: librdkafka, which waits for the answer, does not call it lost then,
 * but its id or generation has changed, or we know ourselves that we slept through a session.
 */
static bool is_lost(struct cm_kafka_member *member)
{
    size_t size = 0;
    void *ticket = ticket_now(member, &size);
    bool same = ticket && member->ticket && size == member->ticket_size && memcmp(ticket, member->ticket, size) == 0;
    rd_kafka_mem_free(NULL, ticket);
    return !same || member->overslept || rd_kafka_assignment_lost(member->client->rk);
}

static void take_ticket(struct cm_kafka_member *member)
{
    rd_kafka_mem_free(NULL, member->ticket);
    member->ticket = ticket_now(member, &member->ticket_size);
    member->overslept = false;
}

static enum cm_status hand_out(struct cm_kafka_member *member, struct cm_kafka_assignment *assignment)
{
    rd_kafka_event_t *event = member->waiting;
    enum cm_status status = take_places(member, rd_kafka_event_topic_partition_list(event));
    if (status != CM_OK)
        return status;
    bool assigned = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    member->change = assigned ? CM_KAFKA_ASSIGNED : is_lost(member) ? CM_KAFKA_LOST : CM_KAFKA_REVOKED;
    /* Nobody waits for us to take over, and librdkafka watches over the poll interval and the session only once it was answered. */
    if (assigned) {
        take_ticket(member);
        status = acknowledge(member, true);
    }
    member->owner = member->change != CM_KAFKA_LOST;
    member->handed = true;
    member->waiting = NULL;
    rd_kafka_event_destroy(event);
    *assignment = (struct cm_kafka_assignment){member->change, member->places, member->place_count};
    return status;
}

/* librdkafka has such a line in its own log. */
static bool is_logged(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED || err == RD_KAFKA_RESP_ERR__TRANSPORT ||
           err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || err == RD_KAFKA_RESP_ERR__RESOLVE || err == RD_KAFKA_RESP_ERR__SSL ||
           err == RD_KAFKA_RESP_ERR__AUTHENTICATION;
}

static void take_event(struct cm_kafka_member *member, rd_kafka_event_t *event)
{
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE && !member->waiting) {
        member->waiting = event;
        return;
    }
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
        rd_kafka_resp_err_t err = rd_kafka_event_error(event);
        const char *text = rd_kafka_event_error_string(event);
        cm_kafka_client_fault(member->client, err, text);
        if (!member->client->fatal && !is_logged(err)) /* whoever polls tells of a fatal one */
            cm_kafka_client_log(member->client, 4, text);
    }
    rd_kafka_event_destroy(event);
}

enum cm_status cm_kafka_member_poll(struct cm_kafka_member *member, int wait_ms, struct cm_kafka_assignment *assignment)
{
    int64_t until = cm_kafka_now_ms() + wait_ms;
    for (;;) {
        if (member->waiting && !member->handed)
            return hand_out(member, assignment);
        rd_kafka_event_t *event = rd_kafka_queue_poll(member->queue, cm_kafka_left_ms(until));
        int64_t now = cm_kafka_now_ms();
        member->overslept |= now - member->polled_ms > member->session_ms;
        member->polled_ms = now;
        if (event)
            take_event(member, event);
        if (member->client->refused || member->client->fatal)
            return CM_EIO;
        if (!event)
            return CM_END;
    }
}

enum cm_status cm_kafka_member_done(struct cm_kafka_member *member)
{
    if (!member->handed)
        return CM_OK;
    member->handed = false;
    if (member->change == CM_KAFKA_ASSIGNED)
        return CM_OK;
    member->owner = false;
    return acknowledge(member, false);
}

const char *cm_kafka_member_error(const struct cm_kafka_member *member)
{
    return member->client->error;
}

rd_kafka_t *cm_kafka_member_handle(const struct cm_kafka_member *member)
{
    return member->client->rk;
}

rd_kafka_topic_partition_list_t *cm_kafka_member_list(const struct cm_kafka_member *member, const struct cm_kafka_place *places,
                                                      size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; list && i < count; i++)
        rd_kafka_topic_partition_list_add(list, member->names[places[i].topic], (int32_t)places[i].partition)->offset = places[i].offset;
    return list;
}

/* The first error of an answer, its own or a partition's. */
static rd_kafka_resp_err_t first_error(rd_kafka_resp_err_t err, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; err == RD_KAFKA_RESP_ERR_NO_ERROR && list && i < list->cnt; i++)
        err = list->elems[i].err;
    return err;
}

static enum cm_status judge_commit(struct cm_kafka_member *member, rd_kafka_resp_err_t err)
{
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return CM_OK;
    cm_kafka_client_fault(member->client, err, NULL);
    switch (err) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
    case RD_KAFKA_RESP_ERR__FATAL:
        return CM_ESTOPPED;
    default:
        return CM_EIO;
    }
}

/* The answer of the commit under way: CM_END while there is none. */
static enum cm_status await_answer(struct cm_kafka_member *member, int64_t until)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(member->commit_answer, cm_kafka_left_ms(until));
    if (!event)
        return CM_END;
    enum cm_status status = judge_commit(member, first_error(rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event)));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(member->commit_answer);
    member->commit_answer = NULL;
    return status;
}

enum cm_status cm_kafka_member_commit(struct cm_kafka_member *member, const struct cm_kafka_place *places, size_t count, int wait_ms)
{
    int64_t until = cm_kafka_now_ms() + wait_ms;
    /* Without a generation of its own a commit would be taken of anybody, if the group is empty just then. */
    if (!member->owner || rd_kafka_assignment_lost(member->client->rk))
        return CM_ESTOPPED;
    if (member->commit_answer && await_answer(member, until) == CM_END)
        return CM_EIO;
    if (count == 0)
        return CM_OK;
    rd_kafka_topic_partition_list_t *list = cm_kafka_member_list(member, places, count);
    if (!list)
        return CM_ENOMEM;
    member->commit_answer = rd_kafka_queue_new(member->client->rk);
    rd_kafka_resp_err_t err = rd_kafka_commit_queue(member->client->rk, list, member->commit_answer, NULL, NULL);
    rd_kafka_topic_partition_list_destroy(list);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        enum cm_status status = await_answer(member, until);
        return status == CM_END ? CM_EIO : status;
    }
    rd_kafka_queue_destroy(member->commit_answer);
    member->commit_answer = NULL;
    return judge_commit(member, err);
}

enum cm_status cm_kafka_member_committed(struct cm_kafka_member *member, struct cm_kafka_place *places, size_t count, int wait_ms)
{
    rd_kafka_topic_partition_list_t *list = cm_kafka_member_list(member, places, count);
    if (!list)
        return CM_ENOMEM;
    rd_kafka_resp_err_t err = first_error(rd_kafka_committed(member->client->rk, list, wait_ms), list);
    /* the list keeps its order */
    for (size_t i = 0; err == RD_KAFKA_RESP_ERR_NO_ERROR && i < count; i++)
        places[i].offset = list->elems[i].offset >= 0 ? list->elems[i].offset : -1;
    rd_kafka_topic_partition_list_destroy(list);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return CM_OK;
    cm_kafka_client_fault(member->client, err, NULL);
    return CM_EIO;
}

/* Rebalances that nobody carries out any more are agreed to, until the group has let us go. */
static void leave(struct cm_kafka_member *member)
{
    rd_kafka_t *rk = member->client->rk;
    int64_t until = cm_kafka_now_ms() + LEAVE_MAX_MS;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk); /* takes over from the member's, which may not be forwarded to itself */
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    if (!error && (member->waiting || (member->handed && member->change != CM_KAFKA_ASSIGNED)))
        rd_kafka_assign(rk, NULL);
    /* an error is a fatal one: there is nothing to leave */
    while (!error && !rd_kafka_consumer_closed(rk) && cm_kafka_left_ms(until) > 0) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, LEAVE_STEP_MS);
        if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
            rd_kafka_assign(rk, NULL);
        if (event)
            rd_kafka_event_destroy(event);
    }
    if (error)
        rd_kafka_error_destroy(error);
    rd_kafka_queue_destroy(queue);
}

void cm_kafka_member_close(struct cm_kafka_member *member)
{
    if (!member)
        return;
    leave(member);
    if (member->waiting)
        rd_kafka_event_destroy(member->waiting);
    if (member->commit_answer)
        rd_kafka_queue_destroy(member->commit_answer);
    rd_kafka_queue_destroy(member->queue);
    cm_kafka_client_close(member->client);
    member_free(member);
}
