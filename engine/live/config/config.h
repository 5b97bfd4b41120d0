/*
 * config: how a live run is to go, from a YAML file, from --set and from options.
 *
 * Every key is one row of a table (config_keys.h): its path, kind, default,
 * limits and the sentence that documents it; parsing, printing, checking and
 * the page of keys all come from there. Unknown keys are errors that name
 * the nearest known one. kafka.* is handed to librdkafka after it was asked
 * whether it knows the property. Nothing is opened but the file that is read and
 * those that hold secrets. No line of the file is shown in a diagnostic: it may
 * hold a password.
 *
 * One thread; written once, then only read.
 */
#ifndef CM_LIVE_CONFIG_H
#define CM_LIVE_CONFIG_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/diag.h"
#include "event/event.h"
#include "kafka/client.h"
#include "live/config/uri.h"

#define CM_CONFIG_LIST_MAX 16u
#define CM_CONFIG_PROPERTIES_MAX 128u
/* Where a wallboard is, if it was not said where. */
#define CM_CONFIG_LISTEN_DEFAULT "127.0.0.1:8737"

enum cm_delivery { CM_DELIVERY_AT_LEAST_ONCE, CM_DELIVERY_TRANSACTIONAL };
enum cm_start { CM_START_EARLIEST, CM_START_LATEST };

/* A dimension and the score that it should reach. */
struct cm_config_target {
    const char *dimension;
    int64_t score;
};

/* The wallboard, and who else is told what it shows. */
struct cm_config_board {
    bool only;                             /* no key: nothing is scored, the sources are topics of scorecards (serve --board) */
    const char *listen;                    /* address and port; NULL: there is no wallboard */
    const char *token_file;                /* holds what whoever asks must know; NULL: nobody is asked */
    const char *hosts[CM_CONFIG_LIST_MAX]; /* names by which it may be called */
    size_t host_count;
    uint64_t clients;                  /* connected at once */
    int64_t window_ms;                 /* of final interactions that figures are of */
    int64_t history_ms;                /* how far back a topic of scorecards is read, before that */
    int64_t late_ms[CM_CHANNEL_COUNT]; /* a concern that waits longer is late; NONE: of interactions without a channel */
    uint64_t least;                    /* below so many interactions a queue has no score */
    int64_t target;                    /* of CARE; -1: none */
    struct cm_config_target targets[CM_CONFIG_LIST_MAX];
    size_t target_count;
    bool agents, texts; /* are shown; are kept */
    uint64_t memory_bytes, inbox_bytes;
    uint64_t cues;            /* as labels of metrics, those that were evidence most often */
    const char *webhook_url;  /* NULL: nobody is told */
    int64_t webhook_after_ms; /* that a concern has been late for so long */
    const char *webhook_token_file;
};

/* Where a value of kafka.* stands that is not in the configuration itself; both NULL: it is. */
struct cm_config_origin {
    const char *file, *env;
};

struct cm_config {
    struct cm_uri sources[CM_CONFIG_LIST_MAX]; /* all of one kind; KAFKA: all of one cluster, a topic each */
    size_t source_count;
    struct cm_uri sinks[CM_CONFIG_LIST_MAX];
    size_t sink_count;
    const char *packs[CM_CONFIG_LIST_MAX];
    size_t pack_count;

    const char *group; /* consumer group */
    enum cm_delivery delivery;
    enum cm_start start;            /* of a partition for which there is no state */
    const char *state_suffix;       /* topic of states is the source's name and this: "-state" */
    const char *scores_suffix;      /* topic of scorecards where no kafka sink is named: "-scores" */
    const char *dead_letter;        /* a file (NDJSON), or NULL: the topic below for Kafka sources, counted only for others */
    const char *dead_letter_suffix; /* "-dead-letter" */
    bool dead_letter_payload;
    bool create_topics;
    int64_t replication; /* of topics that are made; -1: the broker's default */

    int64_t tick_ms;       /* open scorecards, and flushes */
    uint64_t flush_events; /* a partition is flushed earlier after so many events */
    bool open_cards;       /* scorecards of interactions that go on */
    int evidence;          /* enum cm_evidence_mode */
    bool full;
    int64_t idle_ms[CM_CHANNEL_COUNT]; /* closed after so long without an event; NONE: events without a channel */
    int64_t keep_closed_ms;            /* states of closed interactions, so that a straggler revises */
    int64_t keep_marker_ms;            /* then only that it was closed: later turns are too_late */
    int64_t lateness_ms;               /* the clock of a partition stays so far behind its newest event */
    int64_t skew_ms;                   /* a ts so far beyond the log's own time is flagged and moves no clock */
    int64_t quiet_ms;                  /* after so long without events the clock of a partition goes on by the wall */
    uint64_t max_turns;                /* of one interaction, at most CM_TURNS_MAX */
    uint64_t max_state_bytes;          /* of one interaction's state */
    uint64_t max_memory_bytes;         /* of all states in memory; colder ones go to a temporary file */
    uint64_t prefetch_bytes;           /* of unread messages in memory */
    const char *spill_dir;
    uint64_t threads;            /* that scan and judge */
    int64_t session_ms, poll_ms; /* of the group */
    bool watch;                  /* reload packs when their files change */
    const char *counters_file;   /* NULL, or written at every tick, JSON */
    struct cm_config_board board;

    struct cm_kafka_property kafka[CM_CONFIG_PROPERTIES_MAX];
    struct cm_config_origin kafka_origin[CM_CONFIG_PROPERTIES_MAX];
    size_t kafka_count;
    struct cm_arena arena; /* owns all texts */
};

/* Defaults. threads and memory by this machine. CM_ENOMEM. To be freed in every case. */
enum cm_status cm_config_init(struct cm_config *config) CM_MUST_CHECK;
void cm_config_free(struct cm_config *config);

/* Faults go to diagnostics, with place, all of them. CM_EUSAGE if there are any; CM_EIO: the file cannot be read. */
enum cm_status cm_config_read(struct cm_config *config, const char *path, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
/* "idle.chat=2s", "kafka.security.protocol=SSL", "sinks=a.ndjson,kafka://h/t": overrides what was read. */
enum cm_status cm_config_set(struct cm_config *config, const char *assignment, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
/* The key of this path gets these values, of an option of its own (for diagnostics: "--pack"); more than one for keys that are lists. */
enum cm_status cm_config_option(struct cm_config *config, const char *option, const char *path, const char *const *values, size_t count,
                                struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* Sinks, where none was named: the scores topic of the one Kafka source, else "-"; of board.only the address. After all is set, before it
 * is checked. CM_ENOMEM. */
enum cm_status cm_config_complete(struct cm_config *config) CM_MUST_CHECK;

/*
 * What no key alone can tell: sources of one kind and cluster, a topic or file that is used twice, limits that contradict each other.
 * CM_EUSAGE with diagnostics without place.
 */
enum cm_status cm_config_check(const struct cm_config *config, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* The first line of a file that holds a token, NUL-terminated, behind what is in out, which is to be cleared after use. CM_EUSAGE, told: it
 * cannot be read, or holds none. option: for the diagnostic. CM_ENOMEM. */
enum cm_status cm_config_token(const char *option, const char *path, struct cm_buffer *out,
                               struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/*
 * All of it as YAML that cm_config_read takes again, with the sentence of every key as a comment. Values of secrets are ******, those of
 * files and of the environment stay {file: …} and {env: …}.
 */
void cm_config_print(const struct cm_config *config, struct cm_buffer *out);

#endif
