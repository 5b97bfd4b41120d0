#include "live/config/config_keys.h"

#include "base/quantity.h"
#include "run/archive.h"
#include "run/pack.h"
#include "score/interaction.h"
#include "score/scorecard.h"

#define MEBI ((uint64_t)1 << 20)
#define GIBI ((uint64_t)1 << 30)
#define SECOND ((uint64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Topics have at most 249 bytes; a suffix leaves room for the source's name. */
#define SUFFIX_MAX_BYTES 64u
#define GROUP_MAX_BYTES 249u
#define PATH_MAX_BYTES 4095u
/* Below, a pack and the queues of librdkafka alone are more. */
#define MEMORY_MIN_BYTES (16 * MEBI)
/* A record must fit into a message of 16 MiB at most, with its headers. */
#define STATE_MAX_BYTES (15 * MEBI)

static const char *const delivery_words[] = {
    [CM_DELIVERY_AT_LEAST_ONCE] = "at_least_once", [CM_DELIVERY_TRANSACTIONAL] = "transactional", NULL};
static const char *const start_words[] = {[CM_START_EARLIEST] = "earliest", [CM_START_LATEST] = "latest", NULL};
static const char *const evidence_words[] = {
    [CM_EVIDENCE_NONE] = "none", [CM_EVIDENCE_REFS] = "refs", [CM_EVIDENCE_QUOTES] = "quotes", NULL};

/* The offset of a member, which must be of this type: else the comparison is of unlike pointers, an error. */
#define AT(type, member) (offsetof(struct cm_config, member) + 0 * sizeof(&((struct cm_config *)0)->member == (type *)0))

#define TEXT(path, member, otherwise, max, meaning)                                                                                        \
    {                                                                                                                                      \
        path, CM_CONFIG_TEXT, AT(const char *, member), otherwise, 1, max, NULL, meaning                                                   \
    }
#define SUFFIX(path, member, otherwise, meaning)                                                                                           \
    {                                                                                                                                      \
        path, CM_CONFIG_SUFFIX, AT(const char *, member), otherwise, 1, SUFFIX_MAX_BYTES, NULL, meaning                                    \
    }
#define PATH(path, member, otherwise, meaning)                                                                                             \
    {                                                                                                                                      \
        path, CM_CONFIG_PATH, AT(const char *, member), otherwise, 1, PATH_MAX_BYTES, NULL, meaning                                        \
    }
#define BOOL(path, member, otherwise, meaning)                                                                                             \
    {                                                                                                                                      \
        path, CM_CONFIG_BOOL, AT(bool, member), otherwise, 0, 0, NULL, meaning                                                             \
    }
#define WORD(path, type, member, otherwise, words, meaning)                                                                                \
    {                                                                                                                                      \
        path, CM_CONFIG_WORD, AT(type, member), otherwise, 0, 0, words, meaning                                                            \
    }
#define NUMBER(path, member, otherwise, min, max, meaning)                                                                                 \
    {                                                                                                                                      \
        path, CM_CONFIG_NUMBER, AT(uint64_t, member), otherwise, min, max, NULL, meaning                                                   \
    }
#define DURATION(path, member, otherwise, min, max, meaning)                                                                               \
    {                                                                                                                                      \
        path, CM_CONFIG_DURATION, AT(int64_t, member), otherwise, min, max, NULL, meaning                                                  \
    }
#define SIZE(path, member, otherwise, min, max, meaning)                                                                                   \
    {                                                                                                                                      \
        path, CM_CONFIG_SIZE, AT(uint64_t, member), otherwise, min, max, NULL, meaning                                                     \
    }
#define OPTIONAL(path, kind, member, meaning)                                                                                              \
    {                                                                                                                                      \
        path, kind, AT(const char *, member), "(none)", 1, PATH_MAX_BYTES, NULL, meaning                                                   \
    }
#define IDLE(path, channel, otherwise, meaning) DURATION(path, idle_ms[channel], otherwise, 100, 90 * DAY, meaning)
#define LATE(path, channel, otherwise, meaning) DURATION(path, board.late_ms[channel], otherwise, SECOND, 30 * DAY, meaning)

const struct cm_config_key cm_config_keys[] = {
    {"source", CM_CONFIG_SOURCES, 0, "(none: one is needed)", 0, 0, NULL,
     "Where events come from: topics of one cluster (kafka://HOST:PORT/TOPIC), files that are followed as they grow, or - for standard "
     "input. One, or a list of one kind."},
    {"sinks", CM_CONFIG_SINKS, 0, "(of a Kafka source its scores topic, else -)", 0, 0, NULL,
     "Where scorecards go, to each of them: kafka://HOST:PORT/TOPIC, a database (.db), a file that is added to (.ndjson), - for standard "
     "output, or null: for nowhere."},
    {"packs", CM_CONFIG_PACKS, 0, CM_PACK_DEFAULT, 0, 0, NULL,
     "Rules to judge by, one scorecard each: names of packs that come with the program, or their folders."},
    TEXT("group", group, "caremeter", GROUP_MAX_BYTES,
         "Consumer group. Processes of one group share the partitions of a source among them."),
    WORD("delivery", enum cm_delivery, delivery, "at_least_once", delivery_words,
         "at_least_once: after a crash a scorecard may be written again, with the same contents. transactional: readers of committed "
         "messages see each exactly once; a flush costs some 10 ms more."),
    WORD("start", enum cm_start, start, "earliest", start_words, "Where to begin in a partition for which there is no state."),
    SUFFIX("topics.state_suffix", state_suffix, "-state", "The topic that holds the state of a source is the source's name and this."),
    SUFFIX("topics.scores_suffix", scores_suffix, "-scores",
           "The topic for scorecards, where no sink is named, is the source's name and this."),
    SUFFIX("topics.dead_letter_suffix", dead_letter_suffix, "-dead-letter",
           "The topic for messages that are no events is the source's name and this."),
    BOOL("topics.create", create_topics, "true",
         "Make topics that are missing, with as many partitions as the source. Where false, a missing topic ends the start."),
    {"topics.replication", CM_CONFIG_REPLICATION, AT(int64_t, replication), "-1", 1, 100, NULL,
     "How many brokers hold a topic that is made; -1 leaves it to the cluster."},
    PATH("dead_letter.file", dead_letter, "(a topic beside a Kafka source; else they are only counted)",
         "Write messages that are no events to this NDJSON file: place and reason."),
    BOOL("dead_letter.payload", dead_letter_payload, "false", "Dead letters with their text, which is customers' text."),
    DURATION("tick", tick_ms, "500ms", 10, HOUR, "How often scorecards that changed are written, and state is made safe."),
    NUMBER("flush_events", flush_events, "50000", 1, 1000000000,
           "After so many events, of all partitions together, there is a flush before the next tick."),
    BOOL("open_cards", open_cards, "true", "Also scorecards of interactions that still go on; where false, only those that are closed."),
    WORD("evidence", int, evidence, "quotes", evidence_words,
         "What stands behind an outcome: nothing, references to turns, or references and redacted quotes."),
    BOOL("full", full, "false", "Also behaviours for which there was no opportunity."),
    IDLE("idle.chat", CM_CHANNEL_CHAT, "30m", "A chat is closed after so long without an event."),
    IDLE("idle.call", CM_CHANNEL_CALL, "10m", "A call is closed after so long without an event."),
    IDLE("idle.social", CM_CHANNEL_SOCIAL, "3d", "A social thread is closed after so long without an event."),
    IDLE("idle.email", CM_CHANNEL_EMAIL, "7d", "An e-mail thread is closed after so long without an event."),
    IDLE("idle.team", CM_CHANNEL_TEAM, "30m", "A conversation within the team is closed after so long without an event."),
    IDLE("idle.other", CM_CHANNEL_NONE, "30m", "An interaction without a channel is closed after so long without an event."),
    DURATION("keep.closed", keep_closed_ms, "1d", 0, 90 * DAY,
             "How long the state of a closed interaction is kept, so that a straggler revises its scorecard."),
    DURATION("keep.marker", keep_marker_ms, "30d", 0, 3650 * DAY,
             "How long after keep.closed it is still known that an interaction was closed: turns that come then are dead letters "
             "(too_late) and begin no new interaction."),
    DURATION("clock.lateness", lateness_ms, "10s", 0, DAY,
             "The clock of a partition stays so far behind its newest event, so that events may come out of order."),
    DURATION("clock.skew", skew_ms, "5m", SECOND, 30 * DAY,
             "An event that is dated so far beyond the time at which it was logged is flagged and moves no clock."),
    DURATION("clock.quiet", quiet_ms, "30s", SECOND, DAY,
             "After so long without events the clock of a partition goes on by the wall clock."),
    NUMBER("limits.turns", max_turns, "10000", 1, CM_TURNS_MAX, "Turns of one interaction; more are dead letters."),
    SIZE("limits.state", max_state_bytes, "900K", 16 * 1024, STATE_MAX_BYTES,
         "State of one interaction. It is one message in the state topic, so the topic's max.message.bytes must be above it."),
    SIZE("limits.memory", max_memory_bytes, "(half of the memory of the machine)", MEMORY_MIN_BYTES, UINT64_MAX,
         "All states in memory; those that were not used for longest go to a temporary file when there are more."),
    SIZE("limits.prefetch", prefetch_bytes, "64M", MEBI, 16 * GIBI,
         "Messages that were fetched and not yet read, of all partitions together."),
    PATH("limits.spill_dir", spill_dir, "($TMPDIR, else /tmp)", "Folder of the temporary file for states that memory does not hold."),
    NUMBER("threads", threads, "(one a processor)", 1, CM_THREADS_MAX,
           "Workers that look for cues and judge; scorecards are the same for any number."),
    DURATION("session", session_ms, "10s", SECOND, 30 * MINUTE,
             "A process that was not heard of for so long loses its partitions to others of the group (session.timeout.ms)."),
    DURATION("poll_interval", poll_ms, "30s", SECOND, DAY,
             "A process that made no progress for so long loses them, too; a group waits so long for a member that hangs "
             "(max.poll.interval.ms)."),
    BOOL("watch", watch, "true", "Load packs again when their files change; rules that fail their own examples are not taken."),
    PATH("counters", counters_file, "(none)", "Write counters to this file at every tick, as JSON."),
    OPTIONAL("listen", CM_CONFIG_ADDRESS, board.listen,
             "Serve the wallboard, its stream and its metrics on this address: 127.0.0.1:8737, or [::1]:8737. Any address that is not "
             "this machine's alone needs listen_token."),
    OPTIONAL("listen_token", CM_CONFIG_PATH, board.token_file,
             "A file that holds the token which whoever asks must know: as the password in a browser, or as Authorization: Bearer."),
    {"listen_hosts", CM_CONFIG_HOSTS, 0, "(none)", 0, 0, NULL,
     "Names by which the wallboard may be called beside its own address, such as that of a proxy before it."},
    NUMBER("listen_clients", board.clients, "12000", 1, 1000000, "Connections to the wallboard at once; more are turned away."),
    DURATION("board.window", board.window_ms, "60m", MINUTE, DAY, "Figures are of the interactions that ended within this time."),
    DURATION("board.history", board.history_ms, "7d", 0, 90 * DAY,
             "How far back scorecards of a topic are read at the start, beyond board.window: mail that has waited for longer is seen "
             "again when something happens in it."),
    LATE("board.late.chat", CM_CHANNEL_CHAT, "2m", "A concern that a chat has not answered for longer is late."),
    LATE("board.late.call", CM_CHANNEL_CALL, "1m", "A concern that a call has not answered for longer is late."),
    LATE("board.late.social", CM_CHANNEL_SOCIAL, "1h", "A concern that a social thread has not answered for longer is late."),
    LATE("board.late.email", CM_CHANNEL_EMAIL, "1d", "A concern that an e-mail thread has not answered for longer is late."),
    LATE("board.late.team", CM_CHANNEL_TEAM, "1h", "A concern that the team has not answered for longer is late."),
    LATE("board.late.other", CM_CHANNEL_NONE, "2m", "A concern that waits for longer in an interaction without a channel is late."),
    NUMBER("board.least", board.least, "5", 1, 1000000, "A queue with fewer interactions in the window has no score."),
    {"board.target", CM_CONFIG_SCORE, AT(int64_t, board.target), "(none)", 0, 100, NULL, "The CARE that is aimed at, from 0 to 100."},
    {"board.targets", CM_CONFIG_TARGETS, 0, "(none)", 0, 100, NULL,
     "Targets of dimensions of the first pack, such as {respond: 70, enrich: 40}."},
    BOOL("board.agents", board.agents, "false", "Show agent_id beside concerns, moments and promises."),
    BOOL("board.texts", board.texts, "false",
         "Keep the texts of interactions in memory, so that a conversation can be opened from the board; shown redacted. Only those that "
         "this process reads."),
    SIZE("board.memory", board.memory_bytes, "64M", MEBI, 64 * GIBI,
         "What the board knows of interactions, texts included; what no figure needs goes first, the oldest before the others."),
    SIZE("board.inbox", board.inbox_bytes, "32M", MEBI, 4 * GIBI,
         "Scorecards on their way to the board; what does not fit is left out, counted, and said on the board."),
    NUMBER("board.cues", board.cues, "0", 0, 1000, "Metrics of so many cues, those that were evidence most often."),
    OPTIONAL("webhook.url", CM_CONFIG_URL, board.webhook_url, "Tell this address, by a POST of JSON, of concerns that wait too long."),
    DURATION("webhook.after", board.webhook_after_ms, "0s", 0, 30 * DAY, "That is: late (board.late) for longer than this."),
    OPTIONAL("webhook.token", CM_CONFIG_PATH, board.webhook_token_file, "A file that holds the token of its Authorization: Bearer header."),
    {"kafka", CM_CONFIG_PROPERTIES, 0, "(none)", 0, 0, NULL,
     "Properties of librdkafka, such as security.protocol: SSL. A value may be {file: PATH} or {env: NAME}, so that a secret need not "
     "stand in the configuration."},
};
const size_t cm_config_key_count = sizeof cm_config_keys / sizeof *cm_config_keys;
_Static_assert(sizeof cm_config_keys / sizeof *cm_config_keys <= CM_CONFIG_KEYS_MAX, "CM_CONFIG_KEYS_MAX rows at most");

const struct cm_config_key *cm_config_key(struct cm_span path)
{
    for (size_t i = 0; i < cm_config_key_count; i++)
        if (cm_span_equal(cm_span_of(cm_config_keys[i].path), path))
            return &cm_config_keys[i];
    return NULL;
}

bool cm_config_section(struct cm_span path)
{
    for (size_t i = 0; i < cm_config_key_count; i++)
        if (cm_span_starts_with(cm_span_of(cm_config_keys[i].path), path) && cm_config_keys[i].path[path.len] == '.')
            return true;
    return false;
}

static void form_words(const struct cm_config_key *key, struct cm_buffer *out)
{
    for (const char *const *word = key->words; *word; word++)
        cm_buffer_printf(out, "%s%s", word == key->words ? "" : word[1] ? ", " : " or ", *word);
}

/* ", from MIN to MAX", written as values of its kind are. */
static void form_range(const struct cm_config_key *key, struct cm_buffer *out)
{
    void (*const write)(struct cm_buffer *, uint64_t) = key->kind == CM_CONFIG_SIZE ? cm_size_write : cm_buffer_unsigned;
    cm_buffer_text(out, key->max == UINT64_MAX ? ", at least " : ", from ");
    if (key->kind == CM_CONFIG_DURATION)
        cm_duration_write(out, (int64_t)key->min);
    else
        write(out, key->min);
    if (key->max == UINT64_MAX)
        return;
    cm_buffer_text(out, " to ");
    if (key->kind == CM_CONFIG_DURATION)
        cm_duration_write(out, (int64_t)key->max);
    else
        write(out, key->max);
}

void cm_config_form(const struct cm_config_key *key, struct cm_buffer *out)
{
    static const char *const forms[] = {
        [CM_CONFIG_SOURCES] = "an address, or a list of them",
        [CM_CONFIG_SINKS] = "an address, or a list of them",
        [CM_CONFIG_PACKS] = "a name or folder, or a list of them",
        [CM_CONFIG_HOSTS] = "a name, or a list of them",
        [CM_CONFIG_TEXT] = "a line of text",
        [CM_CONFIG_SUFFIX] = "letters, digits, '.', '_' and '-'",
        [CM_CONFIG_PATH] = "a path",
        [CM_CONFIG_ADDRESS] = "an address and port",
        [CM_CONFIG_URL] = "an http or https address",
        [CM_CONFIG_BOOL] = "true or false",
        [CM_CONFIG_NUMBER] = "a number",
        [CM_CONFIG_REPLICATION] = "-1, or a number",
        [CM_CONFIG_DURATION] = "a duration such as 250ms, 90s, 30m, 12h or 3d",
        [CM_CONFIG_SIZE] = "a size such as 900K, 64M or 4G",
        [CM_CONFIG_SCORE] = "a score",
        [CM_CONFIG_TARGETS] = "a mapping of dimensions to scores",
        [CM_CONFIG_PROPERTIES] = "a mapping of names to values",
    };
    if (key->kind == CM_CONFIG_WORD) {
        form_words(key, out);
        return;
    }
    cm_buffer_text(out, forms[key->kind]);
    if (key->kind == CM_CONFIG_NUMBER || key->kind == CM_CONFIG_REPLICATION || key->kind == CM_CONFIG_DURATION ||
        key->kind == CM_CONFIG_SIZE || key->kind == CM_CONFIG_SCORE || key->kind == CM_CONFIG_TARGETS)
        form_range(key, out);
}
