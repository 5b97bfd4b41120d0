/*
 * erase: all that a live run keeps of a customer, found and forgotten.
 *
 * Looked through are the states topic of every Kafka source, the scores topics
 * of every Kafka sink (one a pack), and databases. An interaction is the
 * customer's if a record of its state, or its scorecard, names them; all of it goes.
 *
 * A state is erased by a tombstone that says so (header x): its owner, running
 * or not, drops the interaction when it comes upon it, keeps that it was erased,
 * and refuses later turns. A scorecard is erased by a tombstone, a row of a
 * database is deleted. Brokers remove what was there when they next compact.
 *
 * What is not ours to reach: the source itself and dead letters, which go by
 * their retention, and files to which scorecards were appended.
 *
 * One thread.
 */
#ifndef CM_OPS_ERASE_H
#define CM_OPS_ERASE_H

#include <stdatomic.h>

#include "live/serve/cluster.h"
#include "ops/roll.h"

enum cm_erase_kind { CM_ERASE_STATES, CM_ERASE_SCORES, CM_ERASE_DATABASE };

struct cm_erase_place {
    enum cm_erase_kind kind;
    const char *name; /* topic or path; the erasure's */
    bool missing;     /* there is no such topic */
    uint64_t looked;  /* records that were read */
    uint64_t found;   /* interactions; of databases, scorecards */
    uint64_t erased;
    uint64_t damaged; /* records that could not be looked into */
    /* of topics */
    uint32_t partitions;
    uint64_t *epochs; /* of states: the highest of each partition */
    struct cm_roll roll;
    bool read;
    size_t known; /* interactions of the customer when it was read */
};

struct cm_erasure {
    struct cm_erase_place *places;
    size_t count, cap;
    struct cm_roll interactions; /* that are the customer's; partition 0 */
    struct cm_arena arena;
};

struct cm_erase_request {
    const struct cm_config *config;
    const struct cm_kafka_options *kafka; /* NULL: nothing lies on Kafka */
    const char *const *pack_names;        /* of the configuration's packs, in order */
    size_t pack_count;
    const char *const *databases; /* beside those of the configuration */
    size_t database_count;
    struct cm_span customer_id;
    const atomic_bool *stop;
    void (*progress)(void *context, const char *topic, uint64_t done, uint64_t total); /* a few times a second; NULL */
    void *progress_context;
    struct cm_diagnostics *diagnostics;
};

/* Where to look: erasure->places. CM_ENOMEM. */
enum cm_status cm_erase_list(const struct cm_erase_request *request, struct cm_erasure *erasure) CM_MUST_CHECK;

/* Look. Nothing is changed. CM_ESTOPPED; CM_EIO, CM_EUSAGE: told. */
enum cm_status cm_erase_find(const struct cm_erase_request *request, struct cm_erasure *erasure) CM_MUST_CHECK;

/* Erase what was found. CM_EIO: told; some of it may be erased, and the rest is found again. */
enum cm_status cm_erase_do(const struct cm_erase_request *request, struct cm_erasure *erasure) CM_MUST_CHECK;

/* Found in all places together; 0: there is nothing to erase. */
uint64_t cm_erasure_found(const struct cm_erasure *erasure);
/* Is the entry of a place to be erased? */
bool cm_erasure_takes(const struct cm_erasure *erasure, const struct cm_roll_entry *entry);
void cm_erasure_free(struct cm_erasure *erasure);

#endif
