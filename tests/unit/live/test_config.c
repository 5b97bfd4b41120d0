/* The configuration of a live run: every key, every kind of fault with its place, and what overrides what. */
#include "configuring.h"

#include "live/config/config_keys.h"
#include "score/scorecard.h"

/* Every key, none at its default. */
static const char everything[] = "source: [\"kafka://a:9092,b:9093/events\", \"kafka://b:9093,a:9092/more\"]\n"
                                 "sinks: [\"kafka://a:9092,b:9093/cards\", scores.db, scores.ndjson, \"-\", \"null:\"]\n"
                                 "packs: [customer-care, ./ours]\n"
                                 "group: night\n"
                                 "delivery: transactional\n"
                                 "start: latest\n"
                                 "topics: {state_suffix: .s, scores_suffix: .c, dead_letter_suffix: .d, create: false, replication: 3}\n"
                                 "dead_letter:\n"
                                 "  file: bad.ndjson\n"
                                 "  payload: true\n"
                                 "tick: 250ms\n"
                                 "flush_events: 1000\n"
                                 "open_cards: false\n"
                                 "evidence: refs\n"
                                 "full: true\n"
                                 "idle: {chat: 1s, call: 2s, social: 3s, email: 4s, team: 5s, other: 6s}\n"
                                 "keep: {closed: 2d, marker: 60d}\n"
                                 "clock: {lateness: 20s, skew: 10m, quiet: 1m}\n"
                                 "limits: {turns: 500, state: 2M, memory: 1G, prefetch: 32M, spill_dir: /}\n"
                                 "threads: 7\n"
                                 "session: 20s\n"
                                 "poll_interval: 40s\n"
                                 "watch: false\n"
                                 "counters: counters.json\n"
                                 "listen: \"[::1]:80\"\n"
                                 "listen_token: token.txt\n"
                                 "listen_hosts: [board.example, wall]\n"
                                 "listen_clients: 70\n"
                                 "board: {window: 30m, history: 1d, late: {chat: 5m, call: 4m, social: 3m, email: 2m, team: 6m, other: "
                                 "7m}, least: 9, target: 70, targets: {respond: 65, enrich: 40}}\n"
                                 "board.agents: true\n"
                                 "board.texts: true\n"
                                 "board.memory: 16M\n"
                                 "board.inbox: 8M\n"
                                 "board.cues: 20\n"
                                 "webhook: {url: \"https://example.org/h?a=b\", after: 10m, token: hook.txt}\n"
                                 "kafka: {security.protocol: SSL, ssl: {ca: {location: /ca.pem}}}\n";

static void assert_everything(const struct cm_config *config)
{
    static const int64_t idle[] = {6000, 1000, 2000, 4000, 3000, 5000}; /* as the enum counts channels */
    static const int64_t late[] = {420000, 300000, 240000, 120000, 180000, 360000};
    cr_assert_eq(config->source_count, 2);
    cr_assert_str_eq(config->sources[0].brokers, "a:9092,b:9093");
    cr_assert_str_eq(config->sources[1].topic, "more");
    cr_assert_eq(config->sink_count, 5);
    cr_assert_eq(config->sinks[1].kind, CM_PLACE_SQLITE);
    cr_assert_eq(config->sinks[4].kind, CM_PLACE_NULL);
    cr_assert_eq(config->pack_count, 2);
    cr_assert_str_eq(config->packs[1], "./ours");
    cr_assert_str_eq(config->group, "night");
    cr_assert(config->delivery == CM_DELIVERY_TRANSACTIONAL && config->start == CM_START_LATEST);
    cr_assert_str_eq(config->state_suffix, ".s");
    cr_assert_str_eq(config->scores_suffix, ".c");
    cr_assert_str_eq(config->dead_letter_suffix, ".d");
    cr_assert(!config->create_topics && config->replication == 3);
    cr_assert_str_eq(config->dead_letter, "bad.ndjson");
    cr_assert(config->dead_letter_payload && config->tick_ms == 250 && config->flush_events == 1000);
    cr_assert(!config->open_cards && config->evidence == CM_EVIDENCE_REFS && config->full);
    for (size_t i = 0; i < CM_CHANNEL_COUNT; i++)
        cr_assert_eq(config->idle_ms[i], idle[i], "channel %zu", i);
    cr_assert(config->keep_closed_ms == 2 * 86400000LL && config->keep_marker_ms == 60 * 86400000LL);
    cr_assert(config->lateness_ms == 20000 && config->skew_ms == 600000 && config->quiet_ms == 60000);
    cr_assert(config->max_turns == 500 && config->max_state_bytes == 2u << 20 && config->max_memory_bytes == 1u << 30);
    cr_assert(config->prefetch_bytes == 32u << 20 && config->threads == 7);
    cr_assert_str_eq(config->spill_dir, "/");
    cr_assert(config->session_ms == 20000 && config->poll_ms == 40000 && !config->watch);
    cr_assert_str_eq(config->counters_file, "counters.json");
    const struct cm_config_board *board = &config->board;
    cr_assert_str_eq(board->listen, "[::1]:80");
    cr_assert_str_eq(board->token_file, "token.txt");
    cr_assert(board->host_count == 2 && strcmp(board->hosts[1], "wall") == 0 && board->clients == 70);
    cr_assert(board->window_ms == 1800000 && board->history_ms == 86400000 && board->least == 9);
    for (size_t i = 0; i < CM_CHANNEL_COUNT; i++)
        cr_assert_eq(board->late_ms[i], late[i], "channel %zu", i);
    cr_assert(board->target == 70 && board->target_count == 2 && board->targets[1].score == 40);
    cr_assert_str_eq(board->targets[0].dimension, "respond");
    cr_assert(board->agents && board->texts && board->memory_bytes == 16u << 20 && board->inbox_bytes == 8u << 20 && board->cues == 20);
    cr_assert_str_eq(board->webhook_url, "https://example.org/h?a=b");
    cr_assert_str_eq(board->webhook_token_file, "hook.txt");
    cr_assert_eq(board->webhook_after_ms, 600000);
    cr_assert_eq(config->kafka_count, 2);
    cr_assert_str_eq(config->kafka[1].name, "ssl.ca.location");
    cr_assert_str_eq(config->kafka[1].value, "/ca.pem");
}

Test(config, every_key_is_read)
{
    struct configured c;
    read_text(&c, everything);
    cr_assert_eq(c.status, CM_OK, "%s", c.told.count ? c.told.items[0].message : "");
    assert_everything(&c.config);
    write_file("token.txt", "correct-horse-battery\n");
    write_file("hook.txt", "staple-at-the-border\n");
    cr_assert_eq(cm_config_check(&c.config, &c.told), CM_OK, "%s", c.told.count ? c.told.items[0].message : "");
    unlink("token.txt");
    unlink("hook.txt");
    finish(&c);
}

Test(config, what_is_printed_is_read_as_the_same)
{
    struct configured c, again;
    read_text(&c, everything);
    char *text = printed(&c.config);
    read_text(&again, text);
    cr_assert_eq(again.status, CM_OK, "%s\n%s", again.told.count ? again.told.items[0].message : "", text);
    assert_everything(&again.config);
    char *second = printed(&again.config);
    cr_assert_str_eq(text, second);
    for (size_t i = 0; i < cm_config_key_count; i++) {
        const char *dot = strchr(cm_config_keys[i].path, '.');
        char line[64];
        snprintf(line, sizeof line, "\n%s%s:", dot ? "  " : "", dot ? dot + 1 : cm_config_keys[i].path);
        cr_assert(strstr(text, line), "%s is not printed", cm_config_keys[i].path);
    }
    free(text);
    free(second);
    finish(&c);
    finish(&again);
}

Test(config, defaults_are_printed_and_read_as_the_same)
{
    struct configured c, again;
    start(&c);
    char *text = printed(&c.config);
    read_text(&again, text);
    cr_assert_eq(again.status, CM_OK, "%s", again.told.count ? again.told.items[0].message : "");
    char *second = printed(&again.config);
    cr_assert_str_eq(text, second);
    cr_assert(strstr(text, "\n# A chat") == NULL &&
              strstr(text, "  # A chat is closed after so long without an event. Default: 30m.\n  chat: 30m\n"));
    cr_assert(strstr(text, "\n  # spill_dir:\n") && strstr(text, "\nsource: []\n") && strstr(text, "\nkafka: {}\n"));
    for (const char *line = text; line; line = strchr(line + 1, '\n'))
        cr_assert_leq(strcspn(line + 1, "\n"), 101, "%.110s", line);
    free(text);
    free(second);
    finish(&c);
    finish(&again);
}

Test(config, texts_of_all_kinds_come_back)
{
    static const char *const groups[] = {"null:", "-",   "a: b", "#x",       "\"",     "\\", "'",  "{a}", "true",
                                         "*x",    "a,b", " a ",  "\xC3\xA9", "tab\tx", "~",  "-x", ".",   "x:"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct configured c, again;
        start(&c);
        c.config.group = groups[i];
        char *text = printed(&c.config);
        read_text(&again, text);
        cr_assert_eq(again.status, CM_OK, "%s", groups[i]);
        cr_assert_str_eq(again.config.group, groups[i]);
        free(text);
        finish(&c);
        finish(&again);
    }
}

Test(config, dotted_and_nested_keys_are_the_same)
{
    struct configured c;
    read_text(&c, "idle.chat: 2s\nkafka.ssl.ca.location: /a\nkafka:\n  sasl.username: x\n");
    cr_assert_eq(c.status, CM_OK);
    cr_assert_eq(c.config.idle_ms[CM_CHANNEL_CHAT], 2000);
    cr_assert_eq(c.config.kafka_count, 2);
    finish(&c);
}

Test(config, nothing_at_all_leaves_the_defaults)
{
    static const char *const texts[] = {"", "# nothing\n", "idle:\nkafka:\ntopics: {}\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct configured c;
        read_text(&c, texts[i]);
        cr_assert_eq(c.status, CM_OK);
        cr_assert_eq(c.config.idle_ms[CM_CHANNEL_EMAIL], 7 * 86400000LL);
        cr_assert_str_eq(c.config.packs[0], "customer-care");
        finish(&c);
    }
}

Test(config, unknown_keys_name_the_nearest)
{
    assert_refused("tikc: 1s\n", "config-key", 1, 1, "no key tikc", "did you mean tick?");
    assert_refused("idle:\n  chta: 1s\n", "config-key", 2, 3, "no key idle.chta", "did you mean idle.chat?");
    assert_refused("idel: {chat: 1s}\n", "config-key", 1, 1, "no key idel", "did you mean idle?");
    assert_refused("lateness: 1s\n", "config-key", 1, 1, "no key lateness", "did you mean clock.lateness?");
    assert_refused("sources: a\n", "config-key", 1, 1, NULL, "did you mean source?");
    assert_refused("xyzzyx: 1\n", "config-key", 1, 1, NULL, "--print-config");
    assert_refused("tick.fast: 1s\n", "config-key", 1, 1, "no key tick.fast", NULL);
}

Test(config, wrong_values_are_told_with_place_and_form)
{
    assert_refused("tick: fast\n", "config-value", 1, 7, "tick cannot be \"fast\"",
                   "tick is a duration such as 250ms, 90s, 30m, 12h or 3d, from 10ms to 1h");
    assert_refused("tick: 1.5s\n", "config-value", 1, 7, NULL, "a duration");
    assert_refused("tick: 1ms\n", "config-range", 1, 7, "tick is too short: 1ms", "from 10ms to 1h");
    assert_refused("tick: 2h\n", "config-range", 1, 7, "tick is too long: 2h", NULL);
    assert_refused("limits: {memory: lots}\n", "config-value", 1, 18, "limits.memory cannot be \"lots\"",
                   "limits.memory is a size such as 900K, 64M or 4G, at least 16M");
    assert_refused("limits: {memory: 15M}\n", "config-range", 1, 18, "too small", NULL);
    assert_refused("limits: {state: 16M}\n", "config-range", 1, 17, "too large", "from 16K to 15M");
    assert_refused("threads: 0\n", "config-range", 1, 10, "too small", "a number, from 1 to 256");
    assert_refused("threads: -1\n", "config-value", 1, 10, NULL, "a number");
    assert_refused("limits.turns: 10001\n", "config-range", 1, 15, NULL, "from 1 to 10000");
    assert_refused("topics: {replication: 0}\n", "config-range", 1, 23, NULL, "-1, or a number, from 1 to 100");
    assert_refused("watch: yes\n", "config-value", 1, 8, "watch cannot be \"yes\"", "true or false");
    assert_refused("watch: \"true\"\n", "config-value", 1, 8, NULL, "true or false");
    assert_refused("delivery: exactly_once\n", "config-value", 1, 11, NULL, "at_least_once or transactional");
    assert_refused("delivery: transactionel\n", "config-value", 1, 11, NULL, "did you mean transactional?");
    assert_refused("group: [a]\n", "config-value", 1, 8, "group is a list", "a line of text");
    assert_refused("group: \"\"\n", "config-value", 1, 8, "group has no value", NULL);
    assert_refused("group:\n", "config-value", 1, 7, "group has no value", NULL);
    assert_refused("group: \"a\\0b\"\n", "config-value", 1, 8, "one line of text", NULL);
    assert_refused("group: \"a\\nb\"\n", "config-value", 1, 8, "one line of text", NULL);
    assert_refused("topics: {state_suffix: /x}\n", "config-value", 1, 24, "cannot be \"/x\"", "letters, digits");
    assert_refused("idle: 30m\n", "config-value", 1, 7, "idle is a word", "keys with values");
    assert_refused("kafka: SSL\n", "config-value", 1, 8, "kafka is a word", NULL);
    assert_refused("packs: {a: b}\n", "config-value", 1, 8, "packs is a mapping", NULL);
    assert_refused("packs: [[a]]\n", "config-value", 1, 9, "packs is a list", NULL);
    assert_refused("sinks:\n  - null:\n", "config-value", 2, 5, NULL, "\"null:\"");
    assert_refused("source: \"\"\n", "config-value", 1, 9, "source has no value", NULL);
    assert_refused("sinks:\n  - a.db\n  - kafka://h\n", "uri-topic", 3, 5, "the topic is missing", "kafka://HOST:PORT/TOPIC");
    assert_refused("sinks: [a.db, b.db, c.db, d.db, e.db, f.db, g.db, h.db, i.db, j.db, k.db, l.db, m.db, n.db, o.db, p.db, q.db]\n",
                   "config-range", 1, 105, "16 items at most", NULL);
    assert_refused("- a\n", "config-value", 1, 1, "not a list", "source: ");
    assert_refused("tick: 1s\n---\ntick: 2s\n", "config-value", 3, 1, "second document", "---");
}

Test(config, keys_stand_once)
{
    assert_refused("tick: 1s\ntick: 2s\n", "yaml-duplicate-key", 2, 1, NULL, NULL);
    assert_refused("idle: {chat: 1s}\nidle.chat: 2s\n", "config-twice", 2, 1, "idle.chat stands here for the second time, first in line 1",
                   NULL);
    assert_refused("kafka:\n  ssl.ca.location: /a\n  ssl: {ca: {location: /b}}\n", "config-twice", 3, 14,
                   "kafka.ssl.ca.location stands here", NULL);
}

Test(config, all_faults_are_told_and_the_rest_is_kept)
{
    struct configured c;
    read_text(&c, "tick: x\nidle: {chat: y, call: 5s}\nthreads: 3\nwatch: maybe\nfull: [\n");
    cr_assert_eq(c.status, CM_EUSAGE);
    cr_assert_eq(c.told.errors, 4, "%zu: %s", c.told.errors, c.told.items[c.told.count - 1].message);
    cr_assert_eq(c.config.threads, 3);
    cr_assert_eq(c.config.idle_ms[CM_CHANNEL_CALL], 5000);
    cr_assert_eq(c.config.idle_ms[CM_CHANNEL_CHAT], 1800000);
    finish(&c);
}

Test(config, a_list_with_a_fault_changes_nothing)
{
    struct configured c;
    read_text(&c, "sinks: [a.db, b.xlsx]\n");
    cr_assert_eq(c.config.sink_count, 0);
    finish(&c);
}

Test(config, files_that_cannot_be_read)
{
    struct configured c;
    start(&c);
    cr_assert_eq(cm_config_read(&c.config, "no-such-file.yaml", &c.told), CM_EIO);
    assert_told(&c, "config-file", 0, 0, "cannot read no-such-file.yaml: No such file", NULL);
    cr_assert_eq(cm_config_read(&c.config, "/", &c.told), CM_EIO);
    finish(&c);
}

static enum cm_status set(struct configured *c, const char *assignment)
{
    return c->status = cm_config_set(&c->config, assignment, &c->told);
}

Test(config, settings_override_what_was_read)
{
    struct configured c;
    read_text(&c, everything);
    cr_assert_eq(set(&c, "idle.chat=2s"), CM_OK);
    cr_assert_eq(set(&c, "idle.chat=3s"), CM_OK);
    cr_assert_eq(set(&c, "sinks=a.ndjson,kafka://h:1,i:2/t,b.db"), CM_OK);
    cr_assert_eq(set(&c, "packs=[x, \"y, z\"]"), CM_OK);
    cr_assert_eq(set(&c, "kafka.security.protocol=PLAINTEXT"), CM_OK);
    cr_assert_eq(set(&c, "kafka={sasl.username: me}"), CM_OK);
    cr_assert_eq(set(&c, "idle={call: 8s, email: 9s}"), CM_OK);
    cr_assert_eq(set(&c, "group=a=b"), CM_OK);
    cr_assert_eq(c.config.idle_ms[CM_CHANNEL_CHAT], 3000);
    cr_assert_eq(c.config.idle_ms[CM_CHANNEL_EMAIL], 9000);
    cr_assert_eq(c.config.sink_count, 3);
    cr_assert_str_eq(c.config.sinks[1].brokers, "h:1,i:2");
    cr_assert_str_eq(c.config.sinks[2].path, "b.db");
    cr_assert_str_eq(c.config.packs[1], "y, z");
    cr_assert_str_eq(c.config.kafka[0].value, "PLAINTEXT");
    cr_assert_str_eq(c.config.kafka[2].value, "me");
    cr_assert_str_eq(c.config.group, "a=b");
    finish(&c);
}

Test(config, settings_with_faults_name_their_option)
{
    static const struct {
        const char *text, *file, *id;
    } wrong[] = {{"tick", "--set", "config-set"},
                 {"=5", "--set", "config-set"},
                 {"tick=", "--set tick", "config-value"},
                 {"tick=x", "--set tick", "config-value"},
                 {"tikc=1s", "--set tikc", "config-key"},
                 {"idle=1s", "--set idle", "config-value"},
                 {"packs=[a", "--set packs", "yaml-syntax"},
                 {"sinks=a.db,", "--set sinks", "config-value"},
                 {"sinks=kafka://h,i", "--set sinks", "uri-topic"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct configured c;
        start(&c);
        cr_assert_eq(set(&c, wrong[i].text), CM_EUSAGE, "%s", wrong[i].text);
        cr_assert_str_eq(c.told.items[0].id, wrong[i].id, "%s: %s", wrong[i].text, c.told.items[0].id);
        cr_assert_str_eq(c.told.items[0].place.file, wrong[i].file);
        finish(&c);
    }
}

Test(config, options_take_the_place_of_what_was_read)
{
    struct configured c;
    const char *const values[] = {"a.db", "kafka://h,i/t"}, *const wrong[] = {"a.db", "b.xlsx"}, *const group[] = {"day"},
                      *const empty[] = {""};
    read_text(&c, everything);
    cr_assert_eq(cm_config_option(&c.config, "--sink", "sinks", values, 2, &c.told), CM_OK);
    cr_assert_eq(cm_config_option(&c.config, "--group", "group", group, 1, &c.told), CM_OK);
    cr_assert_eq(cm_config_option(&c.config, "--pack", "packs", values, 1, &c.told), CM_OK);
    cr_assert(c.config.sink_count == 2 && c.config.pack_count == 1);
    cr_assert_str_eq(c.config.sinks[1].brokers, "h:9092,i:9092");
    cr_assert_str_eq(c.config.group, "day");
    cr_assert_eq(cm_config_option(&c.config, "--sink", "sinks", wrong, 2, &c.told), CM_EUSAGE);
    cr_assert_str_eq(c.told.items[0].place.file, "--sink");
    cr_assert_eq(c.config.sink_count, 2);
    cr_assert_eq(cm_config_option(&c.config, "--group", "group", empty, 1, &c.told), CM_EUSAGE);
    cr_assert_eq(cm_config_option(&c.config, "--x", "no.such", group, 1, &c.told), CM_EUSAGE);
    finish(&c);
}

Test(config, targets)
{
    struct configured c;
    assert_refused("board: {targets: 70}\n", "config-value", 1, 18, "board.targets is a word", "from 0 to 100");
    assert_refused("board: {targets: {respond: 101}}\n", "config-range", 1, 28, "too large: 101", NULL);
    assert_refused("board: {targets: {respond: high}}\n", "config-value", 1, 28, "cannot be \"high\"", NULL);
    assert_refused("board: {target: -1}\n", "config-value", 1, 17, "board.target cannot be \"-1\"", "a score, from 0 to 100");
    read_text(&c, "board: {target: 50, targets: {a: 1, b: 2}}\n");
    cr_assert_eq(cm_config_set(&c.config, "board.targets={c: 100}", &c.told), CM_OK);
    cr_assert(c.config.board.target_count == 1 && c.config.board.targets[0].score == 100 && c.config.board.target == 50);
    cr_assert_eq(cm_config_set(&c.config, "listen_hosts=a.example,b.example", &c.told), CM_OK);
    cr_assert(c.config.board.host_count == 2);
    cr_assert_str_eq(c.config.board.hosts[1], "b.example");
    finish(&c);
}

/* The page of keys has a row of each, as the table says. */
Test(config, every_key_is_documented)
{
    struct cm_buffer page = CM_BUFFER_EMPTY, row = CM_BUFFER_EMPTY, missing = CM_BUFFER_EMPTY;
    FILE *file = fopen(CM_SOURCE_DIR "/docs/configuration.md", "re");
    cr_assert_not_null(file);
    while (cm_buffer_reserve(&page, 4096) && !feof(file))
        page.len += fread(page.ptr + page.len, 1, 4096, file);
    fclose(file);
    cm_buffer_byte(&page, '\0');
    for (size_t i = 0; i < cm_config_key_count; i++) {
        const struct cm_config_key *key = &cm_config_keys[i];
        bool words = key->otherwise[0] == '(';
        cm_buffer_reset(&row);
        cm_buffer_printf(&row, "| `%s` | ", key->path);
        cm_config_form(key, &row);
        cm_buffer_printf(&row, words ? " | %.*s | " : " | `%.*s` | ", (int)strlen(key->otherwise) - 2 * words, key->otherwise + words);
        cm_buffer_printf(&row, "%s |\n", key->meaning);
        cm_buffer_byte(&row, '\0');
        if (!strstr(page.ptr, row.ptr))
            cm_buffer_text(&missing, row.ptr);
    }
    cm_buffer_byte(&missing, '\0');
    cr_assert_eq(missing.len, 1, "docs/configuration.md lacks these rows:\n%s", missing.ptr);
    cm_buffer_free(&page);
    cm_buffer_free(&row);
    cm_buffer_free(&missing);
}
