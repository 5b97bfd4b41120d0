/* Addresses: what each is, and what is refused without being shown. */
#include <criterion/criterion.h>

#include "live/config/uri.h"

struct parsed {
    struct cm_arena arena;
    struct cm_diagnostics told;
    struct cm_uri uri;
    enum cm_status status;
};

static void parse(struct parsed *p, const char *text, bool sink)
{
    *p = (struct parsed){0};
    p->status = cm_uri_parse(text, sink, (struct cm_place){"c.yaml", 3, 9, 1}, &p->arena, &p->uri, &p->told);
}

static void finish(struct parsed *p)
{
    cm_arena_free(&p->arena);
    cm_diagnostics_free(&p->told);
}

static void assert_kafka(const char *text, const char *brokers, const char *topic)
{
    struct parsed p;
    for (int sink = 0; sink < 2; sink++) {
        parse(&p, text, sink);
        cr_assert_eq(p.status, CM_OK, "%s: %s", text, p.told.count ? p.told.items[0].message : "");
        cr_assert_eq(p.uri.kind, CM_PLACE_KAFKA);
        cr_assert_str_eq(p.uri.brokers, brokers);
        cr_assert_str_eq(p.uri.topic, topic);
        cr_assert_str_eq(p.uri.text, text);
        finish(&p);
    }
}

static void assert_kind(const char *text, bool sink, enum cm_place_kind kind)
{
    struct parsed p;
    parse(&p, text, sink);
    cr_assert_eq(p.status, CM_OK, "%s: %s", text, p.told.count ? p.told.items[0].message : "");
    cr_assert_eq(p.uri.kind, kind, "%s", text);
    cr_assert(kind == CM_PLACE_FILE || kind == CM_PLACE_SQLITE ? strcmp(p.uri.path, text) == 0 : !p.uri.path);
    finish(&p);
}

static void assert_refused(const char *text, bool sink, const char *id)
{
    struct parsed p;
    parse(&p, text, sink);
    cr_assert_eq(p.status, CM_EUSAGE, "%s", text);
    cr_assert_eq(p.told.count, 1);
    const struct cm_diagnostic *item = &p.told.items[0];
    cr_assert_str_eq(item->id, id, "%s: %s: %s", text, item->id, item->message);
    cr_assert(item->place.line == 3 && item->place.column == 9);
    cr_assert(!strstr(item->message, "hunter2") && !(item->help && strstr(item->help, "hunter2")), "%s", item->message);
    finish(&p);
}

Test(uri, kafka)
{
    assert_kafka("kafka://localhost:9092/events", "localhost:9092", "events");
    assert_kafka("kafka://localhost/events", "localhost:9092", "events");
    assert_kafka("kafka://a.example:1,b_c-d,10.0.0.1:65535/E.v_e-nts", "a.example:1,b_c-d:9092,10.0.0.1:65535", "E.v_e-nts");
    assert_kafka("kafka://[::1]:9093/t", "[::1]:9093", "t");
    assert_kafka("kafka://[2001:db8::7],[::ffff:10.0.0.1]:1/t", "[2001:db8::7]:9092,[::ffff:10.0.0.1]:1", "t");
}

Test(uri, other_places)
{
    assert_kind("-", false, CM_PLACE_STDIO);
    assert_kind("-", true, CM_PLACE_STDIO);
    assert_kind("null:", true, CM_PLACE_NULL);
    assert_kind("events.ndjson", false, CM_PLACE_FILE);
    assert_kind("a folder/any name", false, CM_PLACE_FILE);
    assert_kind("a@b?c.ndjson", true, CM_PLACE_FILE);
    assert_kind("scores.NDJSON", true, CM_PLACE_FILE);
    assert_kind("scores.jsonl", true, CM_PLACE_FILE);
    assert_kind("/dev/null", true, CM_PLACE_FILE);
    assert_kind("scores.db", true, CM_PLACE_SQLITE);
    assert_kind("scores.sqlite", true, CM_PLACE_SQLITE);
    assert_kind("scores.Sqlite3", true, CM_PLACE_SQLITE);
}

Test(uri, what_no_sink_can_be)
{
    assert_refused("scores.csv", true, "uri-sink");
    assert_refused("scores.xlsx", true, "uri-sink");
    assert_refused("scores", true, "uri-sink");
    assert_refused("/", true, "uri-sink");
    assert_refused("null:", false, "uri-source");
    assert_refused("", true, "uri-empty");
    assert_refused("", false, "uri-empty");
}

Test(uri, faults_of_kafka)
{
    static const struct {
        const char *text, *id;
    } wrong[] = {
        {"kafka://h", "uri-topic"},
        {"kafka://h/", "uri-topic"},
        {"kafka://h:9092", "uri-topic"},
        {"kafka://", "uri-topic"},
        {"kafka://h/a/b", "uri-topic"},
        {"kafka://h/a b", "uri-topic"},
        {"kafka://h/..", "uri-topic"},
        {"kafka://h/caf\xC3\xA9", "uri-topic"},
        {"kafka://h/a%20b", "uri-topic"},
        {"kafka:///t", "uri-host"},
        {"kafka://h,/t", "uri-host"},
        {"kafka://,h/t", "uri-host"},
        {"kafka://:9092/t", "uri-host"},
        {"kafka://h h/t", "uri-host"},
        {"kafka://::1:9092/t", "uri-host"},
        {"kafka://[::1/t", "uri-host"},
        {"kafka://[]/t", "uri-host"},
        {"kafka://[h]/t", "uri-host"},
        {"kafka://[1:2:3]/t", "uri-host"},
        {"kafka://h:/t", "uri-port"},
        {"kafka://h:0/t", "uri-port"},
        {"kafka://h:65536/t", "uri-port"},
        {"kafka://h:99999999999999999999/t", "uri-port"},
        {"kafka://h:x/t", "uri-port"},
        {"kafka://[::1]x/t", "uri-port"},
        {"kafka://[::1]:/t", "uri-port"},
        {"Kafka://h/t", "uri-scheme"},
        {"kafka:h/t", "uri-scheme"},
        {"http://h/t", "uri-scheme"},
        {"://h/t", "uri-scheme"},
        {"kafka://me:hunter2@h/t", "uri-user"},
        {"kafka://me:hunter2@h", "uri-user"},
        {"http://me:hunter2@h/t", "uri-user"},
        {"kafka:me:hunter2@h/t", "uri-user"},
        {"kafka://h/t?password=hunter2", "uri-query"},
        {"kafka://h/t#hunter2", "uri-query"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_refused(wrong[i].text, false, wrong[i].id);
        assert_refused(wrong[i].text, true, wrong[i].id);
    }
}

Test(uri, long_ones)
{
    static char text[6000];
    memset(text, 'a', sizeof text - 1);
    assert_refused(text, false, "uri-path");
    memcpy(text, "kafka://", 8);
    text[300] = '/';
    text[302] = '\0';
    assert_refused(text, false, "uri-host");
    memcpy(text, "kafka://h/", 10);
    text[300] = 'a';
    assert_refused(text, false, "uri-topic");
}

Test(uri, clusters)
{
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {{"kafka://h/a", "kafka://H:9092/b", true}, {"kafka://h,i/a", "kafka://i,h/a", true},
                 {"kafka://h,i/a", "kafka://h/a", false},   {"kafka://h/a", "kafka://h,i/a", false},
                 {"kafka://h:1/a", "kafka://h:2/a", false}, {"kafka://h/a", "kafka://hh/a", false}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct parsed a, b;
        parse(&a, pairs[i].a, false);
        parse(&b, pairs[i].b, false);
        cr_assert_eq(cm_uri_same_cluster(&a.uri, &b.uri), pairs[i].same, "%s %s", pairs[i].a, pairs[i].b);
        finish(&a);
        finish(&b);
    }
}
