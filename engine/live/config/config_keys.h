/*
 * config_keys: the table of all keys of a live run's configuration.
 *
 * A row says where a value goes, what it may be, what it is where nothing is
 * said, and in one sentence what it does. Reading, printing and the page of
 * keys (docs/configuration.md) go by these rows and know no key by name.
 *
 * Constant; any thread.
 */
#ifndef CM_LIVE_CONFIG_KEYS_H
#define CM_LIVE_CONFIG_KEYS_H

#include "live/config/config.h"

/* Rows, kafka.* being one. */
#define CM_CONFIG_KEYS_MAX 64u

enum cm_config_kind {
    CM_CONFIG_SOURCES,     /* sources, source_count */
    CM_CONFIG_SINKS,       /* sinks, sink_count */
    CM_CONFIG_PACKS,       /* packs, pack_count */
    CM_CONFIG_HOSTS,       /* board.hosts, board.host_count; the last kind that is a list */
    CM_CONFIG_TEXT,        /* const char *: one line, not empty */
    CM_CONFIG_SUFFIX,      /* const char *: what may stand in the name of a topic */
    CM_CONFIG_PATH,        /* const char *: NULL where none is given */
    CM_CONFIG_ADDRESS,     /* const char *: likewise */
    CM_CONFIG_URL,         /* const char *: likewise */
    CM_CONFIG_BOOL,        /* bool */
    CM_CONFIG_WORD,        /* int: index into words */
    CM_CONFIG_NUMBER,      /* uint64_t */
    CM_CONFIG_REPLICATION, /* int64_t: -1 or a number */
    CM_CONFIG_DURATION,    /* int64_t: milliseconds */
    CM_CONFIG_SIZE,        /* uint64_t: bytes */
    CM_CONFIG_SCORE,       /* int64_t: a whole score; -1 where none is given */
    CM_CONFIG_TARGETS,     /* board.targets, board.target_count */
    CM_CONFIG_PROPERTIES,  /* kafka, kafka_count */
};

struct cm_config_key {
    const char *path; /* "idle.chat" */
    enum cm_config_kind kind;
    size_t offset;            /* in struct cm_config */
    const char *otherwise;    /* the default as it would be written; in round brackets where it depends, for people only */
    uint64_t min, max;        /* of numbers, durations (ms), sizes (bytes), and the length of texts */
    const char *const *words; /* WORD: ends with NULL */
    const char *meaning;      /* one sentence or two */
};

extern const struct cm_config_key cm_config_keys[];
extern const size_t cm_config_key_count;

/* The row of this path, or NULL. */
const struct cm_config_key *cm_config_key(struct cm_span path);
/* Does a path begin like this, with a dot behind it: "idle"? */
bool cm_config_section(struct cm_span path);

/* What a value may be, in words: "a duration such as 250ms, 90s, 30m, 12h or 3d, from 10ms to 1h". */
void cm_config_form(const struct cm_config_key *key, struct cm_buffer *out);

#endif
