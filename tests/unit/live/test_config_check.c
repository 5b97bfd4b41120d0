/* What no key alone can tell, and what is filled in. */
#include "configuring.h"

static void check(struct configured *c, const char *text)
{
    read_text(c, text);
    cr_assert_eq(c->status, CM_OK, "%s", c->told.count ? c->told.items[0].message : text);
    cr_assert_eq(cm_config_complete(&c->config), CM_OK);
    c->status = cm_config_check(&c->config, &c->told);
}

static void assert_fault(const char *text, const char *id, const char *message)
{
    struct configured c;
    check(&c, text);
    cr_assert_eq(c.status, CM_EUSAGE, "%s", text);
    assert_told(&c, id, 0, 0, message, NULL);
    finish(&c);
}

static void assert_good(const char *text)
{
    struct configured c;
    check(&c, text);
    cr_assert_eq(c.status, CM_OK, "%s: %s", text, c.told.count ? c.told.items[0].message : "");
    finish(&c);
}

Test(config_check, what_can_be_run)
{
    assert_good("source: kafka://h/e\n");
    assert_good("source: [\"kafka://h:9092,i/e\", \"kafka://I,H/f\"]\nsinks: [\"kafka://i,h/s\", a.db, a.ndjson, \"-\"]\n");
    assert_good("source: events.ndjson\n");
    assert_good("source: \"-\"\nsinks: [\"-\", \"null:\"]\n");
    assert_good("source: [a, b]\nsinks: kafka://h/s\n");
    assert_good("source: kafka://h/e\ndelivery: transactional\n");
}

Test(config_check, sinks_that_are_not_named)
{
    struct configured c;
    check(&c, "source: kafka://h/events\ntopics: {scores_suffix: .cards}\n");
    cr_assert_eq(c.status, CM_OK);
    cr_assert_eq(c.config.sink_count, 1);
    cr_assert_str_eq(c.config.sinks[0].topic, "events.cards");
    cr_assert_str_eq(c.config.sinks[0].text, "kafka://h:9092/events.cards");
    finish(&c);
    check(&c, "source: events.ndjson\n");
    cr_assert(c.config.sink_count == 1 && c.config.sinks[0].kind == CM_PLACE_STDIO);
    finish(&c);
    check(&c, "source: a\nsinks: \"null:\"\n");
    cr_assert(c.config.sink_count == 1 && c.config.sinks[0].kind == CM_PLACE_NULL);
    finish(&c);
    assert_fault("source: [kafka://h/a, kafka://h/b]\n", "config-sinks", "sinks must be named");
}

Test(config_check, sources)
{
    assert_fault("", "config-source", "no source");
    assert_fault("source: a\npacks: []\n", "config-packs", "no pack");
    assert_fault("source: [kafka://h/a, b]\nsinks: a.db\n", "config-source", "kafka://h/a and b are sources of different kinds");
    assert_fault("source: [a, \"-\"]\n", "config-source", "different kinds");
    assert_fault("source: [kafka://h/a, kafka://i/b]\nsinks: a.db\n", "config-cluster",
                 "kafka://h/a and kafka://i/b lie on different clusters");
    assert_fault("source: [kafka://h/a, kafka://h/a]\nsinks: a.db\n", "config-twice", "the topic a is a source twice");
    assert_fault("source: [a, ./a]\n", "config-twice", "the file a is a source twice");
    assert_fault("source: [\"-\", \"-\"]\n", "config-twice", "source twice");
}

Test(config_check, every_topic_and_file_has_one_use)
{
    assert_fault("source: kafka://h/e\nsinks: [a.db, a.db]\n", "config-twice", "the file a.db is a sink twice");
    assert_fault("source: kafka://h/e\nsinks: [a.db, .//a.db]\n", "config-twice", "a sink twice");
    assert_fault("source: kafka://h/e\nsinks: [kafka://h/s, kafka://h/s]\n", "config-twice", "the topic s is a sink twice");
    assert_fault("source: kafka://h/e\nsinks: kafka://h/e\n", "config-use", "both a source and a sink");
    assert_fault("source: kafka://h/e\nsinks: kafka://h/e-state\n", "config-use", "both the topic of states and a sink");
    assert_fault("source: kafka://h/e\nsinks: kafka://h/e-dead-letter\n", "config-use", "both the topic of dead letters and a sink");
    assert_fault("source: [kafka://h/e, kafka://h/e-state]\nsinks: a.db\n", "config-use", "both the topic of states and a source");
    assert_fault("source: kafka://h/e\ntopics: {state_suffix: -scores}\n", "config-use", "both the topic of states and a sink");
    assert_fault("source: kafka://h/e\ntopics: {dead_letter_suffix: -state}\n", "config-use",
                 "the topic of states and the topic of dead letters");
    assert_good("source: kafka://h/e\ntopics: {dead_letter_suffix: -state}\ndead_letter: {file: bad.ndjson}\n");
    assert_fault("source: a.ndjson\nsinks: a.ndjson\n", "config-use", "the file a.ndjson is both a source and a sink");
    assert_fault("source: a\nsinks: a.ndjson\ndead_letter: {file: a.ndjson}\n", "config-use", "a sink and the file of dead letters");
    assert_fault("source: a\ncounters: c\ndead_letter: {file: c}\n", "config-use", "dead letters and the file of counters");
    assert_fault("source: kafka://h/e\nsinks: kafka://i/s\n", "config-cluster", "different clusters");
}

Test(config_check, topics_that_get_too_long)
{
    char text[400] = "source: kafka://h/";
    size_t len = strlen(text);
    memset(text + len, 'a', 249);
    snprintf(text + len + 249, sizeof text - len - 249, "\nsinks: a.db\ndead_letter: {file: d}\n");
    assert_fault(text, "config-topic", "the topic of states");
}

/* A check with a file that holds a token. */
static void assert_token(const char *text, const char *message)
{
    char path[64], config[256];
    temporary(path, text);
    snprintf(config, sizeof config, "source: a\nlisten: 127.0.0.1:1\nlisten_token: %s\n", path);
    if (message)
        assert_fault(config, "config-secret", message);
    else
        assert_good(config);
    unlink(path);
}

Test(config_check, the_wallboard)
{
    assert_good("source: a\nlisten: 127.0.0.1:8737\nwebhook.url: https://h/x\n");
    assert_fault("source: a\nlisten: 127.0.0.1:1\nlisten_token: /no/such/file\n", "config-secret", "No such file");
    assert_fault("source: a\nwebhook: {url: \"http://h/x\"}\n", "config-listen", "webhook.url without listen");
    assert_fault("source: a\nlisten: 127.0.0.1:1\nwebhook: {url: \"ftp://h/x\"}\n", "config-webhook", "no http");
    assert_token("correct-horse-battery\r\n", NULL);
    assert_token("short\n", "too little");
    assert_token("", "too little");
    assert_token("two lines of it\nare no token", "other characters");
}

static void only_board(struct configured *c, const char *text)
{
    read_text(c, text);
    c->config.board.only = true;
    cr_assert_eq(cm_config_complete(&c->config), CM_OK);
    c->status = cm_config_check(&c->config, &c->told);
}

Test(config_check, a_wallboard_alone)
{
    struct configured c;
    only_board(&c, "source: [kafka://h/a-scores, kafka://h/b-scores]\n");
    cr_assert(c.status == CM_OK && c.config.sink_count == 0);
    cr_assert_str_eq(c.config.board.listen, "127.0.0.1:8737");
    finish(&c);
    only_board(&c, "source: cards.ndjson\n");
    assert_told(&c, "config-source", 0, 0, "cards.ndjson is no topic of scorecards", NULL);
    finish(&c);
    only_board(&c, "source: kafka://h/a-scores\nsinks: a.db\n");
    assert_told(&c, "config-sinks", 0, 0, "scores nothing", NULL);
    finish(&c);
    only_board(&c, "source: [kafka://h/a, kafka://h/a]\n");
    assert_told(&c, "config-twice", 0, 0, "a source twice", NULL);
    finish(&c);
}

Test(config_check, delivery_and_limits)
{
    assert_fault("source: a\ndelivery: transactional\n", "config-delivery", "only what comes from Kafka");
    assert_fault("source: a\nsession: 40s\n", "config-limits", "poll_interval is shorter than session");
    assert_fault("source: a\nclock: {lateness: 40s}\n", "config-limits", "clock.quiet is shorter than clock.lateness");
    assert_fault("source: a\nlimits: {memory: 16M, state: 8M}\n", "config-limits", "limits.state");
    assert_fault("source: a\nlimits: {spill_dir: /no/such/folder}\n", "config-spill", "/no/such/folder is no folder");
    assert_fault("source: a\nsinks: []\npacks: [a]\ndelivery: transactional\n", "config-delivery", "not a");
}
