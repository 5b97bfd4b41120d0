/* What no key alone can tell. */
#include "live/config/config.h"

#include <sys/stat.h>

#include "kafka/topics.h"
#include "web/listener.h"

/* Of each source itself, its state and its dead letters; and of sinks. */
#define TOPICS_MAX (4 * CM_CONFIG_LIST_MAX)
/* sources, sinks, dead letters, counters */
#define FILES_MAX (2 * CM_CONFIG_LIST_MAX + 2)

struct used {
    const char *name, *as; /* "events-scores", "a sink" */
};

struct checking {
    const struct cm_config *config;
    struct cm_diagnostics *diagnostics;
    struct cm_arena arena;
    struct used topics[TOPICS_MAX], files[FILES_MAX];
    size_t topic_count, file_count;
    enum cm_status status;
};

#define fault(checking, id, help, ...)                                                                                                     \
    cm_diagnostics_add((checking)->diagnostics, CM_SEVERITY_ERROR, (id), (struct cm_place){NULL, 0, 0, 0}, (help), __VA_ARGS__)

enum cm_status cm_config_complete(struct cm_config *config)
{
    struct cm_diagnostics ignored = CM_DIAGNOSTICS_EMPTY;
    const struct cm_uri *source = &config->sources[0];
    if (config->board.only) {
        config->board.listen = config->board.listen ? config->board.listen : CM_CONFIG_LISTEN_DEFAULT;
        return CM_OK;
    }
    if (config->sink_count > 0 || config->source_count == 0 || (config->source_count > 1 && source->kind == CM_PLACE_KAFKA))
        return CM_OK;
    struct cm_uri *sink = &config->sinks[0];
    if (source->kind != CM_PLACE_KAFKA) {
        enum cm_status status = cm_uri_parse("-", true, (struct cm_place){NULL, 0, 0, 0}, &config->arena, sink, &ignored);
        config->sink_count = status == CM_OK;
        return status;
    }
    /* The name may be too long for a topic: that is for the check to tell. */
    *sink = (struct cm_uri){.kind = CM_PLACE_KAFKA,
                            .brokers = source->brokers,
                            .topic = cm_arena_printf(&config->arena, "%s%s", source->topic, config->scores_suffix)};
    sink->text = sink->topic ? cm_arena_printf(&config->arena, "kafka://%s/%s", source->brokers, sink->topic) : NULL;
    config->sink_count = sink->text != NULL;
    return sink->text ? CM_OK : CM_ENOMEM;
}

/* One more use of a name; false, and told, where it has one already. */
static bool use(struct checking *checking, struct used *list, size_t *count, const char *what, const char *name, const char *as)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(list[i].name, name) != 0)
            continue;
        if (strcmp(list[i].as, as) == 0)
            fault(checking, "config-twice", NULL, "the %s %s is %s twice", what, name, as);
        else
            fault(checking, "config-use", "give one of them another name", "the %s %s is both %s and %s", what, name, list[i].as, as);
        return false;
    }
    list[(*count)++] = (struct used){name, as};
    return true;
}

static bool use_topic(struct checking *checking, const char *name, const char *suffix, const char *as)
{
    name = cm_arena_printf(&checking->arena, "%s%s", name, suffix);
    if (!name)
        checking->status = CM_ENOMEM;
    else if (!cm_kafka_topic_name_ok(cm_span_of(name)))
        fault(checking, "config-topic", "a topic has 249 characters at most", "%s can be no topic, but is %s", name, as);
    else
        return use(checking, checking->topics, &checking->topic_count, "topic", name, as);
    return false;
}

static void use_file(struct checking *checking, const char *path, const char *as)
{
    while (path && path[0] == '.' && path[1] == '/')
        path += 2 + (path[2] == '/');
    if (path)
        use(checking, checking->files, &checking->file_count, "file", path, as);
}

static void check_sources(struct checking *checking)
{
    const struct cm_config *config = checking->config;
    if (config->source_count == 0)
        fault(checking, "config-source", "source: kafka://HOST:PORT/TOPIC, a file, or -", "there is no source of events");
    if (config->pack_count == 0)
        fault(checking, "config-packs", "packs: customer-care", "there is no pack to judge by");
    for (size_t i = 1; i < config->source_count; i++)
        if (config->sources[i].kind != config->sources[0].kind) {
            fault(checking, "config-source", "run one process for each", "%s and %s are sources of different kinds",
                  config->sources[0].text, config->sources[i].text);
            return;
        }
}

/* All that is Kafka lies on one cluster: that of the first. */
static void check_cluster(struct checking *checking)
{
    const struct cm_config *config = checking->config;
    const struct cm_uri *first = NULL;
    for (size_t i = 0; i < config->source_count + config->sink_count; i++) {
        const struct cm_uri *uri = i < config->source_count ? &config->sources[i] : &config->sinks[i - config->source_count];
        if (uri->kind != CM_PLACE_KAFKA)
            continue;
        if (!first)
            first = uri;
        else if (!cm_uri_same_cluster(first, uri))
            fault(checking, "config-cluster", "name the same brokers in each", "%s and %s lie on different clusters", first->text,
                  uri->text);
    }
}

static void use_source(struct checking *checking, const struct cm_uri *source)
{
    const struct cm_config *config = checking->config;
    if (source->kind != CM_PLACE_KAFKA) {
        use_file(checking, source->kind == CM_PLACE_STDIO ? "(standard input)" : source->path, "a source");
        return;
    }
    if (!use_topic(checking, source->topic, "", "a source"))
        return;
    use_topic(checking, source->topic, config->state_suffix, "the topic of states");
    if (!config->dead_letter)
        use_topic(checking, source->topic, config->dead_letter_suffix, "the topic of dead letters");
}

/* Nothing is scored: there are topics of scorecards, and nothing is written. */
static void check_only(struct checking *checking)
{
    const struct cm_config *config = checking->config;
    for (size_t i = 0; i < config->source_count; i++)
        if (config->sources[i].kind != CM_PLACE_KAFKA)
            fault(checking, "config-source", "--source kafka://HOST:PORT/TOPIC-scores", "%s is no topic of scorecards",
                  config->sources[i].text);
        else
            use_topic(checking, config->sources[i].topic, "", "a source");
    if (config->sink_count > 0)
        fault(checking, "config-sinks", "leave out --board to score", "a wallboard alone scores nothing, and has no sinks");
}

/* The topics and files of a run: each has one use. */
static void check_uses(struct checking *checking)
{
    const struct cm_config *config = checking->config;
    for (size_t i = 0; i < config->source_count; i++)
        use_source(checking, &config->sources[i]);
    for (size_t i = 0; i < config->sink_count; i++)
        if (config->sinks[i].kind == CM_PLACE_KAFKA)
            use_topic(checking, config->sinks[i].topic, "", "a sink");
        else
            use_file(checking, config->sinks[i].text, "a sink");
    use_file(checking, config->dead_letter, "the file of dead letters");
    use_file(checking, config->counters_file, "the file of counters");
}

static void check_sinks(struct checking *checking)
{
    const struct cm_config *config = checking->config;
    bool kafka = config->source_count > 0 && config->sources[0].kind == CM_PLACE_KAFKA;
    if (config->sink_count == 0 && config->source_count > 1 && kafka)
        fault(checking, "config-sinks", "sinks: kafka://HOST:PORT/TOPIC", "with more than one source, sinks must be named");
    else if (config->sink_count == 0 && config->source_count > 0)
        fault(checking, "config-sinks", "null: is the sink that drops all", "there is no sink for scorecards");
    if (config->delivery == CM_DELIVERY_TRANSACTIONAL && config->source_count > 0 && !kafka)
        fault(checking, "config-delivery", "delivery: at_least_once", "only what comes from Kafka can be delivered in transactions, not %s",
              config->sources[0].text);
}

static void check_token(struct checking *checking, const char *option, const char *path)
{
    struct cm_buffer token = CM_BUFFER_EMPTY;
    if (path && cm_config_token(option, path, &token, checking->diagnostics) == CM_ENOMEM)
        checking->status = CM_ENOMEM;
    if (token.ptr)
        explicit_bzero(token.ptr, token.cap);
    cm_buffer_free(&token);
}

/* Whether the address is to be had is for whoever opens it to tell. */
static void check_board(struct checking *checking)
{
    const struct cm_config_board *board = &checking->config->board;
    if (!board->listen && board->token_file)
        fault(checking, "config-listen", "listen: 127.0.0.1:8737", "listen_token without listen: there is no wallboard");
    if (!board->listen && board->webhook_url)
        fault(checking, "config-listen", "listen: 127.0.0.1:8737", "webhook.url without listen: concerns are the wallboard's");
    if (board->webhook_url && strncmp(board->webhook_url, "http://", 7) != 0 && strncmp(board->webhook_url, "https://", 8) != 0)
        fault(checking, "config-webhook", "such as https://example.org/hook", "webhook.url is no http or https address");
    if (board->listen)
        cm_listener_check(board->listen, !board->token_file, checking->diagnostics);
    check_token(checking, "listen_token", board->token_file);
    check_token(checking, "webhook.token", board->webhook_token_file);
}

/* Where states go that memory does not hold: now, not when it runs short. */
static void check_spill_dir(struct checking *checking)
{
    const char *folder = checking->config->spill_dir;
    struct stat info;
    if (folder && (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode)))
        fault(checking, "config-spill", NULL, "limits.spill_dir: %s is no folder", folder);
}

static void check_limits(struct checking *checking)
{
    const struct cm_config *config = checking->config;
    if (config->poll_ms < config->session_ms)
        fault(checking, "config-limits", "poll_interval: 30s, session: 10s", "poll_interval is shorter than session");
    if (config->quiet_ms < config->lateness_ms)
        fault(checking, "config-limits", "events that come late would find their interactions closed by the wall clock",
              "clock.quiet is shorter than clock.lateness");
    if (config->max_state_bytes > config->max_memory_bytes / 4)
        fault(checking, "config-limits", NULL, "limits.state is more than a quarter of limits.memory");
}

enum cm_status cm_config_check(const struct cm_config *config, struct cm_diagnostics *diagnostics)
{
    struct checking checking = {.config = config, .diagnostics = diagnostics};
    size_t before = diagnostics->errors;
    check_sources(&checking);
    check_cluster(&checking);
    if (config->board.only) {
        check_only(&checking);
    } else {
        check_sinks(&checking);
        check_uses(&checking);
    }
    check_limits(&checking);
    check_spill_dir(&checking);
    check_board(&checking);
    cm_arena_free(&checking.arena);
    return checking.status != CM_OK ? checking.status : diagnostics->errors > before ? CM_EUSAGE : CM_OK;
}
