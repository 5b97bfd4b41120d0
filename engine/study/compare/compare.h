/*
 * compare: what a change of rules does to an archive.
 *
 * Both packs judge every interaction in one run; the comparison looks on (it is
 * the run's observer) and adds up what differs: hits gained and lost, outcomes,
 * scores, agents, with samples. Sums are integers, and samples are chosen by a
 * hash of where they stand, so that the result does not depend on threads. Every
 * worker has its own part; cm_compare_finish puts them together.
 *
 *   cm_compare_new(&packs, &options, &compare);      packs: the old one and the new one
 *   request.observer = cm_compare_observe;  request.observer_context = compare;
 *   cm_archive_run(&request, &result);
 *   cm_compare_finish(compare);
 *   cm_compare_context(compare, packs.redactor, source);      where the source can be read again
 *   const struct cm_comparison *sum = cm_compare_result(compare);
 *
 * The unit of hits is the distinct (turn, cue). That of outcomes is the entry of
 * a scorecard: (interaction, behaviour, agent); no entry is no opportunity, and a
 * behaviour that one of the packs does not have is absent there. Scores are
 * compared in pairs: of interactions that both packs give a score.
 */
#ifndef CM_STUDY_COMPARE_H
#define CM_STUDY_COMPARE_H

#include "run/archive.h"

enum cm_side { CM_SIDE_OLD, CM_SIDE_NEW, CM_SIDES };

enum cm_change { CM_CHANGE_NONE, CM_CHANGE_ADDED, CM_CHANGE_REMOVED, CM_CHANGE_CHANGED };

/* More samples a cue than a reader reads are for grep. */
#define CM_COMPARE_SAMPLES_MAX 50u
/* Interactions that moved most, each way. */
#define CM_COMPARE_EXTREMES 5u
#define CM_COMPARE_SCORES_MAX (2u * CM_DIMENSIONS_MAX + 1u)
/* The outcome of a behaviour that the pack does not have. */
#define CM_STATE_ABSENT CM_OUTCOME_COUNT
#define CM_STATES (CM_OUTCOME_COUNT + 1u)

/* A cue or a behaviour of either pack, by id. */
struct cm_compare_part {
    const char *id;
    uint32_t at[CM_SIDES]; /* its number there; UINT32_MAX: not there */
    uint8_t change;        /* enum cm_change, of its own definition: not of the cues that it names */
};

/* Where something differs; copies. */
struct cm_sample {
    uint64_t key; /* samples with the smallest are kept */
    struct cm_span interaction_id;
    struct cm_span agent_id;      /* of an outcome: whose; ptr NULL: nobody's or without an id */
    struct cm_span quote;         /* of a hit: the words, redacted; ptr NULL: withheld */
    struct cm_span before, after; /* what stands around them, redacted; ptr NULL: not looked up */
    struct cm_span names;         /* of the customer, for redaction */
    struct cm_origin origin;      /* of the event with the words */
    uint32_t start, end;          /* of the words in it */
    uint32_t turn;
    uint8_t speaker; /* of a hit */
    bool has_seq;
    uint64_t seq;
};

struct cm_samples {
    struct cm_sample *items; /* by key */
    uint32_t count;
};

struct cm_cue_diff {
    uint64_t hits[CM_SIDES], faults[CM_SIDES]; /* (turn, cue) */
    uint64_t gained, lost;
    struct cm_samples samples[CM_SIDES]; /* OLD: of those lost; NEW: of those gained */
};

struct cm_behaviour_diff {
    uint64_t moves[CM_STATES][CM_STATES];    /* old outcome, new outcome */
    uint64_t credit_moved;                   /* the same outcome with another credit */
    struct cm_samples (*samples)[CM_STATES]; /* of moves that are some; NULL: nothing moved */
};

struct cm_score_extreme {
    struct cm_span interaction_id;
    int32_t score[CM_SIDES]; /* hundredths */
};

/* Sums of pairs, hundredths. */
struct cm_pairs {
    uint64_t count, moved;
    uint64_t sum[CM_SIDES];
    uint64_t squares;        /* of the differences */
    uint64_t only[CM_SIDES]; /* scored by this pack alone */
};

struct cm_score_diff {
    struct cm_pairs pairs;
    uint64_t up, down;
    uint32_t *bins;                                                  /* one a difference of -100.00 to 100.00 */
    struct cm_score_extreme extremes[CM_SIDES][CM_COMPARE_EXTREMES]; /* NEW: upwards, OLD: downwards; the largest first */
    uint32_t extreme_count[CM_SIDES];
};

/* An agent or a queue, by CARE. */
struct cm_group_diff {
    struct cm_span id; /* ptr NULL: without one. A copy */
    uint64_t hash;
    struct cm_pairs pairs;
};

struct cm_group_diffs {
    struct cm_group_diff *items; /* by id, those without one last; never by score */
    size_t count, cap;
    uint32_t *table; /* index + 1 by hash; a power of two */
    size_t table_size;
};

struct cm_comparison {
    const struct cm_ruleset *rules[CM_SIDES];
    const struct cm_compare_part *cue_parts, *behaviour_parts; /* by id */
    uint32_t cue_count, behaviour_count;
    const char *score_names[CM_COMPARE_SCORES_MAX]; /* CARE, then the dimensions of either */
    uint32_t score_count;
    struct cm_cue_diff *cues;
    struct cm_behaviour_diff *behaviours;
    struct cm_score_diff scores[CM_COMPARE_SCORES_MAX];
    /* CARE that one pack gives: by why the other does not */
    uint64_t unscored[CM_SIDES][CM_REASON_COUNT];
    struct cm_group_diffs agents, queues;
    uint64_t interactions, moved_interactions, moved_outcomes; /* with an outcome that moved; outcomes that did */
    uint64_t moved_hits;                                       /* interactions in which a hit was gained or lost */
};

/* Points, 0 to 100. */
struct cm_change_figures {
    uint64_t count;       /* pairs */
    double before, after; /* means; count > 0 */
    double mean, median;  /* of the differences of all pairs */
    double median_moved;  /* of those that are not 0; 0 where there are none */
    double margin;        /* half of the 95 % interval of the mean difference (Student's t); < 0: fewer than two pairs */
    bool clear;           /* the mean difference is larger than that */
};

struct cm_compare_options {
    unsigned workers;
    uint32_t samples; /* a cue and direction, and an outcome's move; at most CM_COMPARE_SAMPLES_MAX */
    uint64_t seed;
};

struct cm_compare;

/* packs: two. They must outlive it. */
enum cm_status cm_compare_new(const struct cm_packs *packs, const struct cm_compare_options *options,
                              struct cm_compare **out) CM_MUST_CHECK;
void cm_compare_free(struct cm_compare *compare);

/* A cm_judged_observer; context is the struct cm_compare. */
enum cm_status cm_compare_observe(void *compare, unsigned worker, const struct cm_judged *judged) CM_MUST_CHECK;

/* When the run has ended, once. */
enum cm_status cm_compare_finish(struct cm_compare *compare) CM_MUST_CHECK;

/*
 * Look up what stands around the hits that were kept as samples: source is the same archive, opened anew. Only lines that hold a sample
 * are decoded. A sample whose line is no longer what it was stays without.
 */
enum cm_status cm_compare_context(struct cm_compare *compare, const struct cm_redactor *redactor, struct cm_source *source) CM_MUST_CHECK;
const struct cm_comparison *cm_compare_result(const struct cm_compare *compare);

/* Have these outcomes moved? Absent and no opportunity are both nothing. */
bool cm_outcome_moved(unsigned from, unsigned to);
/* "delivered" …, "absent". */
const char *cm_state_name(unsigned state);
uint64_t cm_behaviour_moved(const struct cm_behaviour_diff *diff);

void cm_pairs_figures(const struct cm_pairs *pairs, struct cm_change_figures *out);
/* With medians. */
void cm_change_figures(const struct cm_score_diff *diff, struct cm_change_figures *out);

#endif
