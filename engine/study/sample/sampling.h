/*
 * sampling: draws turns for people to label.
 *
 * A run over an archive, which the sampling looks on (it is the run's observer),
 * sorts every turn of the wanted speakers into strata: one a cue that fires in
 * it, or a label that the machine says, or its queue or channel; "nothing" for
 * turns without any cue or label; "random" for every turn. Of each stratum the
 * turns with the smallest keys (draw.h) are kept; the budget then goes round the
 * strata, a turn each, until it is spent, so that what a small stratum cannot
 * fill is given to the others. A turn that is drawn for two strata stands once.
 *
 *   cm_sampling_new(&request, &sampling);
 *   archive.observer = cm_sampling_observe;  archive.observer_context = sampling;
 *   cm_archive_run(&archive, &result);
 *   cm_sampling_finish(sampling);
 *   cm_sampling_texts(sampling, redactor, source);       the archive, opened anew
 *   cm_sampling_csv(sampling, &out);
 *
 * Weights: a stratum of N turns of which n were drawn takes each with n/N,
 * whatever the others do; a turn of the strata s is in the sample with 1 - prod
 * (1 - n_s/N_s), and its weight is one over that: N/n where it is of one stratum
 * (D. G. Horvitz and D. J. Thompson, JASA 47, 1952). So over all rows the sum of
 * weights of those with a label, over the sum of all, estimates its share in the
 * archive; among the rows drawn as "random" the plain share does.
 *
 * Equal archives, whatever the threads and the order of files, give equal
 * samples. Every worker has its own part.
 */
#ifndef CM_STUDY_SAMPLING_H
#define CM_STUDY_SAMPLING_H

#include "run/archive.h"
#include "study/labels/label_map.h"

/* More turns than that nobody reads: at a minute each it is a month's work. */
#define CM_SAMPLING_TURNS_MAX 10000u
#define CM_SAMPLING_BEFORE_MAX 20u
/* Queues; more are ids of something else in the wrong field. */
#define CM_SAMPLING_STRATA_MAX 4096u
/* Among many small strata "random" would be of a turn or two, and no rate could be had from it: one in so many of the budget is its own. */
#define CM_SAMPLING_RANDOM_PART 10u

enum cm_sampling_by { CM_SAMPLING_CUE, CM_SAMPLING_LABEL, CM_SAMPLING_QUEUE, CM_SAMPLING_CHANNEL, CM_SAMPLING_NONE };

struct cm_sampling_request {
    const struct cm_packs *packs;   /* packs[0] */
    const struct cm_label_map *map; /* NULL: what the machine says is told by cues */
    const uint8_t *chosen;          /* an entry of the map: 1 where it counts; NULL: all do */
    uint16_t speakers;              /* CM_BIT(enum cm_speaker) set */
    enum cm_sampling_by by;         /* LABEL: there is a map */
    uint32_t turns, before;         /* to draw; to show before each */
    uint64_t seed;
    unsigned workers;
};

/* A text to be shown. */
struct cm_sampled_line {
    struct cm_origin origin;
    struct cm_span text; /* ptr NULL: not looked up, not found again, or withheld because it could not be redacted */
    uint8_t speaker;
};

struct cm_sampled_turn {
    struct cm_span interaction_id, names; /* names: of the customer, for redaction */
    uint32_t turn;
    uint8_t speaker, channel;
    const uint32_t *machine; /* what it says: entries of the map, or cues, ascending */
    uint32_t machine_count;
    uint32_t *strata; /* that it is of, ascending */
    uint8_t *drawn;   /* for which of these */
    uint32_t stratum_count;
    struct cm_sampled_line *lines; /* what was said before, and the turn itself, last */
    uint32_t line_count;
    double weight;
    uint32_t held; /* by how many strata; sampling's own */
    bool stands;
};

struct cm_sampling_stratum {
    struct cm_span name;
    uint64_t population;
    uint32_t drawn;
};

/* A stratum as it draws; strata are told of by name, population and drawn. */
struct cm_lot;
struct cm_stratum {
    struct cm_sampling_stratum told; /* the name is borrowed */
    uint64_t seed;                   /* each draws by itself: what it draws says nothing of the others */
    struct cm_lot *lots;             /* a heap with the largest key on top; by key, rising, once drawn from */
    uint32_t count;
    size_t cap;
};

struct cm_sampling_result {
    struct cm_sampled_turn *const *turns; /* by interaction, then turn */
    uint32_t count;
    uint64_t population;             /* turns of these speakers */
    const struct cm_stratum *strata; /* those of queues and channels in no order */
    uint32_t stratum_count;          /* those without a turn included */
};

struct cm_sampling;

/* What the request names must outlive it. */
enum cm_status cm_sampling_new(const struct cm_sampling_request *request, struct cm_sampling **out) CM_MUST_CHECK;
void cm_sampling_free(struct cm_sampling *sampling);

/* A cm_judged_observer; context is the struct cm_sampling. CM_ELIMIT: too many strata. */
enum cm_status cm_sampling_observe(void *sampling, unsigned worker, const struct cm_judged *judged) CM_MUST_CHECK;

/* When the run has ended, once: draws. */
enum cm_status cm_sampling_finish(struct cm_sampling *sampling) CM_MUST_CHECK;
/* After finish. redactor NULL: verbatim. */
enum cm_status cm_sampling_texts(struct cm_sampling *sampling, const struct cm_redactor *redactor, struct cm_source *source) CM_MUST_CHECK;

/* After finish. */
struct cm_sampling_result cm_sampling_result(const struct cm_sampling *sampling);

/* The columns id, speaker, channel, before, text, machine, human, stratum, weight; turns without a text are left out. How many stand. */
uint32_t cm_sampling_csv(const struct cm_sampling *sampling, struct cm_buffer *out);

#endif
