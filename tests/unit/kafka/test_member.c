#include "cluster.h"

#include "kafka/member.h"

static const char *const topics[] = {"events"};

static struct cm_kafka_member *join(struct cluster *cluster, const char *group)
{
    struct cm_kafka_member *member;
    cr_assert_eq(cm_kafka_member_open(&cluster->options, group, topics, 1, &cluster->diagnostics, &member), CM_OK);
    return member;
}

/* Polls all members (count 1 or 2) until one gets a change; which. */
static size_t await(struct cm_kafka_member *const *members, size_t count, struct cm_kafka_assignment *assignment)
{
    int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS;
    for (;;) {
        cr_assert_lt(cluster_now_ms(), until, "no change came");
        for (size_t i = 0; i < count; i++) {
            enum cm_status status = cm_kafka_member_poll(members[i], 10, assignment);
            cr_assert_neq(status, CM_EIO, "%s", cm_kafka_member_error(members[i]));
            if (status == CM_OK)
                return i;
        }
    }
}

static void expect(struct cm_kafka_member *member, enum cm_kafka_change change, size_t count)
{
    struct cm_kafka_assignment assignment;
    await(&member, 1, &assignment);
    cr_assert_eq(assignment.change, change);
    cr_assert_eq(assignment.count, count);
}

/* Until each of two holds a half of four partitions. On a slow machine the group may think again in between. */
static void await_halves(struct cm_kafka_member *const *members)
{
    size_t held[2] = {0, 0};
    uint32_t of[2] = {0, 0}; /* a bit a partition */
    while (held[0] != 2 || held[1] != 2) {
        struct cm_kafka_assignment assignment;
        size_t who = await(members, 2, &assignment);
        held[who] = assignment.change == CM_KAFKA_ASSIGNED ? assignment.count : 0;
        of[who] = 0;
        for (size_t i = 0; i < held[who]; i++)
            of[who] |= 1u << assignment.places[i].partition;
        cr_assert_eq(cm_kafka_member_done(members[who]), CM_OK);
    }
    cr_assert_eq(of[0] | of[1], 15u);
}

Test(kafka_member, alone_it_gets_everything_and_commits)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events", 4);
    struct cm_kafka_member *member = join(&cluster, "g");
    struct cm_kafka_place places[4] = {{0, 0, 10}, {0, 1, 0}, {0, 2, 30}, {0, 3, 40}};
    cr_assert_eq(cm_kafka_member_commit(member, places, 1, 100), CM_ESTOPPED, "nothing is ours yet");
    cr_assert_eq(cm_kafka_member_done(member), CM_OK, "nothing to do is nothing");

    struct cm_kafka_assignment assignment;
    await(&member, 1, &assignment);
    cr_assert_eq(assignment.change, CM_KAFKA_ASSIGNED);
    cr_assert_eq(assignment.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(assignment.places[i].partition, i);
        cr_assert_eq(assignment.places[i].topic, 0);
    }
    cr_assert_eq(cm_kafka_member_done(member), CM_OK);

    struct cm_kafka_place asked[4] = {{0, 3, 0}, {0, 1, 0}, {0, 0, 0}, {0, 2, 0}};
    cr_assert_eq(cm_kafka_member_committed(member, asked, 4, 2000), CM_OK);
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(asked[i].offset, -1, "nothing was committed");
    cr_assert_eq(cm_kafka_member_commit(member, places, 3, 2000), CM_OK, "%s", cm_kafka_member_error(member));
    cr_assert_eq(cm_kafka_member_commit(member, places, 0, 2000), CM_OK);
    cr_assert_eq(cm_kafka_member_committed(member, asked, 4, 2000), CM_OK);
    cr_assert_eq(asked[0].offset, -1);
    cr_assert_eq(asked[1].offset, 0);
    cr_assert_eq(asked[2].offset, 10);
    cr_assert_eq(asked[3].offset, 30);
    cm_kafka_member_close(member);
    cm_kafka_member_close(NULL);
    cluster_free(&cluster);
}

Test(kafka_member, a_second_one_takes_half_and_gives_it_back)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events", 4);
    struct cm_kafka_member *members[2] = {join(&cluster, "g"), NULL};
    expect(members[0], CM_KAFKA_ASSIGNED, 4);
    cr_assert_eq(cm_kafka_member_done(members[0]), CM_OK);
    members[1] = join(&cluster, "g");

    struct cm_kafka_assignment assignment;
    cr_assert_eq(await(members, 2, &assignment), 0, "first the one that has them hands them over");
    cr_assert_eq(assignment.change, CM_KAFKA_REVOKED);
    cr_assert_eq(assignment.count, 4);
    /* the group waits: polled on, neither gets anything */
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(cm_kafka_member_poll(members[0], 10, &assignment), CM_END);
        cr_assert_eq(cm_kafka_member_poll(members[1], 10, &assignment), CM_END);
    }
    /* a real group takes what is being handed over; the simulated one wants to be asked again later, which is no fencing either */
    struct cm_kafka_place place = {0, 3, 77};
    cr_assert_neq(cm_kafka_member_commit(members[0], &place, 1, 2000), CM_ESTOPPED, "%s", cm_kafka_member_error(members[0]));
    cr_assert_eq(cm_kafka_member_done(members[0]), CM_OK);
    cr_assert_eq(cm_kafka_member_commit(members[0], &place, 1, 2000), CM_ESTOPPED, "handed over is handed over");

    await_halves(members);

    /* one leaves, and the other gets all */
    cm_kafka_member_close(members[1]);
    expect(members[0], CM_KAFKA_REVOKED, 2);
    cr_assert_eq(cm_kafka_member_done(members[0]), CM_OK);
    expect(members[0], CM_KAFKA_ASSIGNED, 4);
    cr_assert_eq(cm_kafka_member_done(members[0]), CM_OK);
    cr_assert_eq(cm_kafka_member_commit(members[0], &place, 1, 2000), CM_OK, "%s", cm_kafka_member_error(members[0]));
    cm_kafka_member_close(members[0]);
    cluster_free(&cluster);
}

Test(kafka_member, who_does_not_poll_loses_everything)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events", 2);
    cluster.options.poll_ms = 4000;
    struct cm_kafka_member *member = join(&cluster, "g");
    expect(member, CM_KAFKA_ASSIGNED, 2);
    /* not even done is called, and another takes over meanwhile */
    cluster.options.poll_ms = 30000;
    struct cm_kafka_member *other = join(&cluster, "g");
    expect(other, CM_KAFKA_ASSIGNED, 2);
    cr_assert_eq(cm_kafka_member_done(other), CM_OK);
    struct cm_kafka_place place = {0, 0, 5};
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 2000), CM_ESTOPPED);
    struct cm_kafka_assignment assignment;
    cr_assert_eq(cm_kafka_member_poll(member, 0, &assignment), CM_END, "one change at a time");
    cr_assert_eq(cm_kafka_member_done(member), CM_OK);
    expect(member, CM_KAFKA_LOST, 2);
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 2000), CM_ESTOPPED);
    cr_assert_eq(cm_kafka_member_done(member), CM_OK);
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 2000), CM_ESTOPPED);
    cm_kafka_member_close(member);
    cm_kafka_member_close(other);
    cluster_free(&cluster);
}

Test(kafka_member, a_broker_that_forgot_us_takes_no_commit)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events", 2);
    struct cm_kafka_member *member = join(&cluster, "g");
    expect(member, CM_KAFKA_ASSIGNED, 2);
    cr_assert_eq(cm_kafka_member_done(member), CM_OK);
    struct cm_kafka_place place = {0, 0, 5};
    rd_kafka_mock_push_request_errors(cluster.mock, 8 /* OffsetCommit */, 1, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 2000), CM_EIO, "later perhaps");
    rd_kafka_mock_push_request_errors(cluster.mock, 8 /* OffsetCommit */, 1, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 2000), CM_ESTOPPED);
    expect(member, CM_KAFKA_LOST, 2);
    cr_assert_eq(cm_kafka_member_done(member), CM_OK);
    expect(member, CM_KAFKA_ASSIGNED, 2);
    cr_assert_eq(cm_kafka_member_done(member), CM_OK);
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 2000), CM_OK);
    cm_kafka_member_close(member);
    cluster_free(&cluster);
}

Test(kafka_member, who_is_fenced_is_of_no_further_use)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events", 2);
    struct cm_kafka_property id = {"group.instance.id", "one"};
    cluster.options.properties = &id;
    cluster.options.property_count = 1;
    struct cm_kafka_member *member = join(&cluster, "g");
    expect(member, CM_KAFKA_ASSIGNED, 2);
    cr_assert_eq(cm_kafka_member_done(member), CM_OK);
    rd_kafka_mock_push_request_errors(cluster.mock, 12 /* Heartbeat */, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
    struct cm_kafka_assignment assignment;
    int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS;
    while (cm_kafka_member_poll(member, 20, &assignment) != CM_EIO)
        cr_assert_lt(cluster_now_ms(), until);
    cr_assert(strstr(cm_kafka_member_error(member), "static") || strstr(cm_kafka_member_error(member), "instance"), "%s",
              cm_kafka_member_error(member));
    struct cm_kafka_place place = {0, 0, 5};
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 1000), CM_ESTOPPED);
    cm_kafka_member_close(member);
    cluster_free(&cluster);
}

Test(kafka_member, a_broker_that_is_away_holds_nobody_up)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events", 2);
    struct cm_kafka_member *member = join(&cluster, "g");
    expect(member, CM_KAFKA_ASSIGNED, 2);
    cr_assert_eq(cm_kafka_member_done(member), CM_OK);
    rd_kafka_mock_broker_set_down(cluster.mock, 1);
    struct cm_kafka_place place = {0, 0, 5};
    int64_t before = cluster_now_ms();
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 300), CM_EIO);
    cr_assert_eq(cm_kafka_member_commit(member, &place, 1, 300), CM_EIO);
    cr_assert_eq(cm_kafka_member_committed(member, &place, 1, 300), CM_EIO);
    struct cm_kafka_assignment assignment;
    cr_assert_eq(cm_kafka_member_poll(member, 20, &assignment), CM_END, "it may come back");
    cr_assert_lt(cluster_now_ms() - before, 2500);
    before = cluster_now_ms();
    cm_kafka_member_close(member);
    cr_assert_lt(cluster_now_ms() - before, 4500);
    cluster_free(&cluster);
}

Test(kafka_member, a_change_that_nobody_carried_out_does_not_keep_it)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events", 4);
    struct cm_kafka_member *first = join(&cluster, "g");
    expect(first, CM_KAFKA_ASSIGNED, 4);
    cr_assert_eq(cm_kafka_member_done(first), CM_OK);
    struct cm_kafka_member *second = join(&cluster, "g");
    expect(first, CM_KAFKA_REVOKED, 4);
    int64_t before = cluster_now_ms();
    cm_kafka_member_close(first);
    cr_assert_lt(cluster_now_ms() - before, 2500);
    expect(second, CM_KAFKA_ASSIGNED, 4);
    cm_kafka_member_close(second);
    cluster_free(&cluster);
}
