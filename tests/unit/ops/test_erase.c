#include "topic.h"

#include <inttypes.h>

#include "live/owner/state.h"
#include "ops/erase.h"
#include "score/record.h"
#include "scratch.h"

static struct cluster cluster;
static struct cm_kafka_writer *writer;
static struct cm_config config;
static struct cm_erasure erasure;
static struct cm_erase_request request;

static void option(const char *path, const char *value)
{
    cr_assert_eq(cm_config_option(&config, "test", path, &value, 1, &cluster.diagnostics), CM_OK);
}

static void make(void)
{
    char uri[256];
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events-state", 2);
    cluster_topic(&cluster, "events-scores", 2);
    writer = cluster_writer(&cluster, NULL);
    cr_assert_eq(cm_config_init(&config), CM_OK);
    snprintf(uri, sizeof uri, "kafka://%s/events", cluster.options.brokers);
    option("source", uri);
    cr_assert_eq(cm_config_complete(&config), CM_OK);
    request = (struct cm_erase_request){
        .config = &config, .kafka = &cluster.options, .customer_id = CM_SPAN("cu-7"), .diagnostics = &cluster.diagnostics};
}

static void drop(void)
{
    cm_erasure_free(&erasure);
    cm_config_free(&config);
    cm_kafka_writer_close(writer);
    cluster_free(&cluster);
}

TestSuite(erase, .init = make, .fini = drop);

/* A record of the state topic as an owner writes it. */
static void put_state(int partition, struct cm_span key, struct cm_span value, uint64_t applied, uint64_t epoch, bool erased)
{
    char o[24], e[24];
    snprintf(o, sizeof o, "%" PRIu64, applied);
    snprintf(e, sizeof e, "%" PRIu64, epoch);
    struct cm_kafka_put put = {.topic = "events-state",
                               .partition = partition,
                               .key = key,
                               .value = value,
                               .headers = {{"o", cm_span_of(o)}, {"e", cm_span_of(e)}, {"x", CM_SPAN("1")}},
                               .header_count = erased ? 3 : 2};
    cr_assert_eq(cm_kafka_put(writer, &put), CM_OK);
}

static void put_item(int partition, const char *id, const char *customer, enum cm_phase phase, uint8_t flags, uint64_t applied,
                     uint64_t epoch)
{
    struct cm_event event = {.interaction_id = cm_span_of(id), .type = CM_EVENT_MESSAGE, .speaker = CM_SPEAKER_CUSTOMER};
    struct cm_buffer record = CM_BUFFER_EMPTY, scratch = CM_BUFFER_EMPTY, value = CM_BUFFER_EMPTY;
    struct cm_packed packed = {0};
    struct cm_edition edition = {.hash = {1, 2}};
    struct cm_item item = {.phase = (uint8_t)phase, .flags = flags, .applied = applied, .edition = &edition};
    if (customer)
        event.customer_id = cm_span_of(customer);
    cm_record_append(&record, &event, (struct cm_origin){(uint32_t)partition, applied}, NULL, NULL);
    cr_assert_eq(cm_packed_add(&packed, cm_buffer_view(&record), &scratch), CM_OK);
    cm_state_encode(&value, &item, (struct cm_span){packed.bytes, packed.len});
    put_state(partition, cm_span_of(id), cm_buffer_view(&value), applied, epoch, false);
    cm_packed_free(&packed);
    cm_buffer_free(&record);
    cm_buffer_free(&scratch);
    cm_buffer_free(&value);
}

static void put_card(int partition, const char *id, const char *card)
{
    struct cm_kafka_put put = {
        .topic = "events-scores", .partition = partition, .key = cm_span_of(id), .headers = {{"o", CM_SPAN("9")}}, .header_count = 1};
    if (card)
        put.value = cm_span_of(card);
    cr_assert_eq(cm_kafka_put(writer, &put), CM_OK);
}

static void find(void)
{
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cm_erasure_free(&erasure);
    cr_assert_eq(cm_erase_list(&request, &erasure), CM_OK);
    cr_assert_eq(cm_erase_find(&request, &erasure), CM_OK);
}

static const struct topic_record *last(const struct topic *topic, const char *key)
{
    const struct topic_record *found = NULL;
    for (size_t i = 0; i < topic->count; i++)
        if (strcmp(topic->records[i].key, key) == 0)
            found = &topic->records[i];
    cr_assert_not_null(found, "%s", key);
    return found;
}

Test(erase, looks_where_a_run_writes)
{
    static const char *const packs[] = {"customer-care", "team-care"}, *const databases[] = {"x.db", "y.db", "x.db"};
    request.pack_names = packs;
    request.pack_count = 2;
    request.databases = databases;
    request.database_count = 3;
    cr_assert_eq(cm_erase_list(&request, &erasure), CM_OK);
    cr_assert_eq(erasure.count, 5);
    static const char *const names[] = {"events-state", "events-scores", "events-scores.team-care", "x.db", "y.db"};
    static const enum cm_erase_kind kinds[] = {CM_ERASE_STATES, CM_ERASE_SCORES, CM_ERASE_SCORES, CM_ERASE_DATABASE, CM_ERASE_DATABASE};
    for (size_t i = 0; i < 5; i++) {
        cr_expect_str_eq(erasure.places[i].name, names[i]);
        cr_expect_eq(erasure.places[i].kind, kinds[i]);
    }
}

Test(erase, what_is_the_customers_goes_and_nothing_else)
{
    put_item(0, "mine", "cu-7", CM_PHASE_OPEN, 0, 11, 3);
    put_item(0, "other", "cu-77", CM_PHASE_OPEN, 0, 12, 3);
    put_item(1, "nobody", NULL, CM_PHASE_CLOSED, 0, 13, 4);
    put_item(1, "closed", "cu-7", CM_PHASE_CLOSED, 0, 14, 4);
    put_state(0, cm_state_fence_key, CM_SPAN("fence"), 0, 5, false);
    put_state(1, cm_state_manifest_key, CM_SPAN("{}"), 0, 4, false);
    put_card(0, "mine", "{\"interaction_id\":\"mine\",\"customer_id\":\"cu-7\"}");
    put_card(0, "other", "{\"interaction_id\":\"other\",\"customer_id\":\"cu-77\",\"queue\":\"cu-7\"}");
    put_card(1, "closed", "{\"interaction_id\":\"closed\",\"customer_id\":null}");
    find();
    cr_expect_eq(erasure.places[0].found, 2);
    cr_expect_eq(erasure.places[1].found, 2, "a card of his interaction is his, whatever it says");
    cr_expect_eq(erasure.places[0].looked, 6);
    cr_expect_eq(cm_erasure_found(&erasure), 4);
    cr_assert_eq(cm_erase_do(&request, &erasure), CM_OK);
    cr_expect_eq(erasure.places[0].erased, 2);
    cr_expect_eq(erasure.places[1].erased, 2);

    struct topic *states = topic_read(&cluster, "events-state", 2), *cards = topic_read(&cluster, "events-scores", 2);
    cr_expect_not(last(states, "mine")->has_value);
    cr_expect_eq(last(states, "mine")->partition, 0);
    cr_expect_str_eq(last(states, "mine")->x, "1");
    cr_expect_str_eq(last(states, "mine")->o, "11");
    cr_expect_str_eq(last(states, "mine")->e, "5", "the highest epoch of its partition");
    cr_expect_not(last(states, "closed")->has_value);
    cr_expect_eq(last(states, "closed")->partition, 1);
    cr_expect_str_eq(last(states, "closed")->e, "4");
    cr_expect(last(states, "other")->has_value);
    cr_expect(last(states, "nobody")->has_value);
    cr_expect_not(last(cards, "mine")->has_value);
    cr_expect_not(last(cards, "closed")->has_value);
    cr_expect(last(cards, "other")->has_value);
    free(states);
    free(cards);

    find();
    cr_expect_eq(cm_erasure_found(&erasure), 0, "and nothing is left");
}

/* Its state is but a marker by now, which names nobody: the scorecard tells whose it was. */
Test(erase, what_the_scorecards_tell_is_looked_for_in_the_states)
{
    put_item(0, "old", NULL, CM_PHASE_MARKER, 0, 21, 3);
    put_item(0, "erased", NULL, CM_PHASE_MARKER, CM_ITEM_ERASED, 22, 3);
    put_item(1, "forgotten", "cu-7", CM_PHASE_CLOSED, 0, 23, 3);
    put_state(1, CM_SPAN("forgotten"), (struct cm_span){NULL, 0}, 23, 3, false);
    put_card(0, "old", "{\"interaction_id\":\"old\",\"customer_id\":\"cu-7\"}");
    put_card(0, "erased", "{\"interaction_id\":\"erased\",\"customer_id\":\"cu-7\"}");
    put_card(1, "forgotten", "{\"interaction_id\":\"forgotten\",\"customer_id\":\"cu-7\"}");
    put_card(1, "forgotten", NULL);
    find();
    cr_expect_eq(erasure.places[0].found, 1, "only the marker that does not say so yet");
    cr_expect_eq(erasure.places[1].found, 2);
    cr_assert_eq(cm_erase_do(&request, &erasure), CM_OK);
    struct topic *states = topic_read(&cluster, "events-state", 2);
    cr_expect_str_eq(last(states, "old")->x, "1");
    cr_expect_str_eq(last(states, "erased")->x, "-");
    cr_expect_str_eq(last(states, "forgotten")->x, "-");
    free(states);
}

Test(erase, an_older_owners_record_does_not_stand)
{
    put_item(0, "mine", "cu-7", CM_PHASE_OPEN, 0, 11, 5);
    put_state(0, CM_SPAN("mine"), (struct cm_span){NULL, 0}, 11, 4, false);
    find();
    cr_expect_eq(erasure.places[0].found, 1);
}

Test(erase, ids_with_a_nul_in_front_and_names_in_other_letters)
{
    struct cm_event event = {.interaction_id = {"\0x", 2}, .customer_id = CM_SPAN("a\"b/c"), .type = CM_EVENT_MESSAGE};
    struct cm_buffer record = CM_BUFFER_EMPTY, scratch = CM_BUFFER_EMPTY, value = CM_BUFFER_EMPTY;
    struct cm_packed packed = {0};
    struct cm_edition edition = {.hash = {1, 2}};
    struct cm_item item = {.phase = CM_PHASE_OPEN, .edition = &edition};
    cm_record_append(&record, &event, (struct cm_origin){0, 1}, NULL, NULL);
    cr_assert_eq(cm_packed_add(&packed, cm_buffer_view(&record), &scratch), CM_OK);
    cm_state_encode(&value, &item, (struct cm_span){packed.bytes, packed.len});
    put_state(0, (struct cm_span){"\0\0\0x", 4}, cm_buffer_view(&value), 1, 1, false);
    put_card(0, "y", "{\"customer_id\":\"a\\u0022b\\/c\"}");
    request.customer_id = CM_SPAN("a\"b/c");
    find();
    cr_expect_eq(erasure.places[0].found, 1);
    cr_expect_eq(erasure.places[1].found, 1);
    cr_expect(cm_span_equal(erasure.places[0].roll.items[0].id, (struct cm_span){"\0x", 2}));
    cm_packed_free(&packed);
    cm_buffer_free(&record);
    cm_buffer_free(&scratch);
    cm_buffer_free(&value);
}

Test(erase, what_cannot_be_read_is_counted)
{
    put_state(0, CM_SPAN("odd"), CM_SPAN("from another version, or broken"), 1, 1, false);
    put_card(0, "odd", "no JSON, but cu-7 stands in it");
    find();
    cr_expect_eq(erasure.places[0].damaged, 1);
    cr_expect_eq(erasure.places[1].damaged, 1);
    cr_expect_eq(cm_erasure_found(&erasure), 0);
}

Test(erase, topics_that_are_not_there_hold_nothing)
{
    rd_kafka_mock_topic_set_error(cluster.mock, "events-scores", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    find();
    cr_expect(erasure.places[1].missing);
    cr_expect_eq(cm_erasure_found(&erasure), 0);
    cr_assert_eq(cm_erase_do(&request, &erasure), CM_OK);
}
