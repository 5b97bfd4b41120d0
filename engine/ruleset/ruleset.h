/*
 * ruleset: a pack, compiled to an immutable image.
 *
 * parse (YAML with places) -> check (every fault, all of them) -> compile (ids
 * to indices, numbers to integers, phrases to trees). match/ builds its
 * automaton from this image, score/ judges by it. Once published it is never
 * written, and every thread may read it. All its memory is its own arena's.
 *
 * Numbers are integers: weights in thousandths, credits in ppm, points in
 * hundredths, times in milliseconds. rules/REFERENCE.md explains every key.
 */
#ifndef CM_RULESET_RULESET_H
#define CM_RULESET_RULESET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "event/event.h"
#include "ruleset/phrase.h"
#include "text/lexicon.h"

#define CM_PPM 1000000
#define CM_DIMENSIONS_MAX 8u
#define CM_CUES_MAX 65535u
#define CM_CUE_NONE UINT32_MAX

/* Sets of speakers and channels: bit 1 << enum value. */
#define CM_BIT(value) (1u << (value))
#define CM_SPEAKERS_AGENT (CM_BIT(CM_SPEAKER_AGENT) | CM_BIT(CM_SPEAKER_LEAD))

/* Indices of cues, in the order written. */
struct cm_cue_list {
    const uint32_t *items;
    uint32_t count;
};

enum cm_attribute_rule { CM_ATTRIBUTE_REJECT, CM_ATTRIBUTE_ACCEPT, CM_ATTRIBUTE_REQUIRE };

enum cm_cue_kind {
    CM_CUE_DIRECT,    /* phrases and regexes: any of them */
    CM_CUE_WEIGHTED,  /* the weights of its distinct phrases that hit reach threshold */
    CM_CUE_COMPOSITE, /* all, any, none of other cues, in a turn or in near_turns messages */
    CM_CUE_ECHO,      /* words of the customer run that is replied to */
    CM_CUE_SUMMED,    /* the weights of its distinct phrases that hit, and of other cues that fire in the turn, reach threshold */
};

struct cm_rule_phrase {
    struct cm_phrase phrase;
    int32_t weight; /* thousandths; WEIGHTED and SUMMED cues only */
    struct cm_place place;
};

/* What another cue adds to a sum where it fires in the same turn. */
struct cm_rule_weight {
    uint32_t cue;
    int32_t weight; /* thousandths */
    struct cm_place place;
};

struct cm_rule_regex {
    struct cm_span pattern;
    bool case_sensitive;
    struct cm_place place;
};

struct cm_example_turn {
    uint8_t speaker; /* enum cm_speaker */
    struct cm_span text;
};

struct cm_example {
    struct cm_span text;
    struct cm_place place;
    const struct cm_example_turn *before; /* what was said before it, in order */
    uint32_t before_count;                /* 0: the text is tried alone, gates aside */
};

struct cm_cue {
    const char *id; /* unique in the pack, stable over versions */
    const char *why;
    struct cm_place place;
    uint8_t kind;         /* enum cm_cue_kind */
    uint16_t speakers;    /* CM_BIT(enum cm_speaker) set */
    uint8_t negated;      /* enum cm_attribute_rule */
    uint8_t hypothetical; /* enum cm_attribute_rule */
    bool name_customer;   /* a hit stands only if its %name is the customer's name or a mask */

    const struct cm_rule_phrase *phrases;
    uint32_t phrase_count;
    const struct cm_rule_regex *regexes;
    uint32_t regex_count;
    int32_t threshold;                    /* WEIGHTED, SUMMED: thousandths */
    int32_t cap;                          /* likewise: no more than this is summed up per phrase or cue; thousandths */
    const struct cm_rule_weight *weights; /* SUMMED: of other cues */
    uint32_t weight_count;
    int64_t most_of_weights;           /* SUMMED: what weights can add at most; thousandths */
    struct cm_cue_list all, any, none; /* COMPOSITE */
    uint32_t near_turns;               /* COMPOSITE: 0 or 1: the same turn; else n consecutive messages of anyone */
    uint32_t echo_words;               /* ECHO: distinct words at least */

    /* gates */
    uint16_t channels; /* CM_BIT(enum cm_channel) set; all ones: any */
    const struct cm_span *languages;
    uint32_t language_count; /* 0: any */
    uint32_t position_first; /* agent runs of the segment, from its start; 0: no gate */
    uint32_t position_last;  /* likewise from its end */
    bool replies;            /* only the first message of a run that follows the customer */
    uint32_t min_words;      /* folded words of the turn, at least */
    uint32_t max_words;      /* and at most; 0: any number */
    uint32_t min_count;      /* merged hits in the turn, at least 1 */

    const struct cm_example *hits, *misses;
    uint32_t hit_count, miss_count;
};

#define CM_BEHAVIOUR_KINDS(X)                                                                                                              \
    X(EXPECTED, "expected")                                                                                                                \
    X(OPPORTUNITY, "opportunity")                                                                                                          \
    X(TIMED, "timed")                                                                                                                      \
    X(BONUS, "bonus")                                                                                                                      \
    X(PENALTY, "penalty")
#define X(name, text) CM_BEHAVIOUR_##name,
enum cm_behaviour_kind { CM_BEHAVIOUR_KINDS(X) CM_BEHAVIOUR_KIND_COUNT };
#undef X
enum cm_due { CM_DUE_ONCE, CM_DUE_EACH_AGENT, CM_DUE_LAST_AGENT };

/* The clocks of rules/REFERENCE.md §7 that a timed behaviour may name, as in the scorecard's timing without "_s". */
#define CM_MEASURES(X)                                                                                                                     \
    X(FIRST_RESPONSE, "first_response")                                                                                                    \
    X(MEDIAN_GAP, "median_gap")                                                                                                            \
    X(P90_GAP, "p90_gap")                                                                                                                  \
    X(DEAD_AIR, "dead_air")                                                                                                                \
    X(TALK_OVER, "talk_over")                                                                                                              \
    X(CUSTOMER_WAIT, "customer_wait")
#define X(name, text) CM_MEASURE_##name,
enum cm_measure { CM_MEASURES(X) CM_MEASURE_COUNT };
#undef X

/* Milliseconds; target < limit. target -1: the measure is not judged on this channel. */
struct cm_time_target {
    int64_t target, limit;
};

struct cm_behaviour {
    const char *id;
    const char *title;
    struct cm_place place;
    uint8_t kind;      /* enum cm_behaviour_kind */
    uint8_t dimension; /* index into the pack's dimensions */
    uint8_t due;       /* EXPECTED: enum cm_due */
    uint16_t channels; /* CM_BIT set; all ones: any */
    uint32_t weight;   /* thousandths; base behaviours (EXPECTED, OPPORTUNITY, TIMED) */
    bool validated;    /* measured on at least ten labelled examples (pack key validity); else reports say "unvalidated" */

    struct cm_cue_list met_by;           /* EXPECTED, OPPORTUNITY, BONUS; PENALTY: raised_by */
    struct cm_cue_list opportunity;      /* OPPORTUNITY: customer cues */
    uint32_t window_runs;                /* agent runs; EXPECTED last_agent: counted from the end; 0: the whole segment */
    uint32_t late_credit;                /* ppm; EXPECTED met outside its window */
    int64_t prompt_ms[CM_CHANNEL_COUNT]; /* OPPORTUNITY: -1: promptness not judged */
    uint32_t prompt_late_credit;         /* ppm */
    struct cm_cue_list then_any;         /* deeds; count 0: none asked for */
    uint32_t then_runs;                  /* next agent runs in which a deed may come */
    uint32_t then_credit;                /* ppm without a deed */

    struct cm_time_target targets[CM_MEASURE_COUNT][CM_CHANNEL_COUNT]; /* TIMED */
    uint32_t points;                                                   /* BONUS, PENALTY: hundredths of a score point, each time */
    uint32_t points_cap;                                               /* hundredths, at most */
};

struct cm_dimension {
    const char *id;
    uint32_t weight; /* thousandths */
};

/* Working hours in which the clocks of some channels run; week from Monday 00:00 at offset_min, in minutes. */
#define CM_CALENDAR_SPANS_MAX 21u
struct cm_calendar {
    uint16_t channels; /* CM_BIT set whose clocks count working time only; 0: no calendar */
    int32_t offset_min;
    uint32_t span_count;
    struct {
        uint16_t from, to; /* minutes of the week, from < to, ascending, disjoint */
    } spans[CM_CALENDAR_SPANS_MAX];
};

struct cm_ruleset {
    const char *name, *version;
    const char *folder;         /* as it was given */
    struct cm_hash128 hash;     /* of the contents (cues, behaviours, lists, numbers, lexicon), not of the layout or comments */
    const char *const *folders; /* all that were read, in those of the packs that it extends too; none where it came from memory */
    uint32_t folder_count;
    uint16_t channels; /* CM_BIT set that the pack is for; all ones: any */
    const struct cm_span *languages;
    uint32_t language_count;

    struct cm_dimension dimensions[CM_DIMENSIONS_MAX];
    uint32_t dimension_count;

    uint32_t min_coverage;                     /* ppm */
    uint32_t min_agent_runs[CM_CHANNEL_COUNT]; /* NONE: for interactions without a channel */
    uint32_t min_confidence;                   /* ppm; a turn below it is not credited */
    int64_t reply_target_ms[CM_CHANNEL_COUNT]; /* how soon an answer may be expected; customer_left goes by it; -1: none */
    struct cm_calendar calendar;

    const struct cm_cue *cues; /* in pack order; index is the cue's number everywhere */
    uint32_t cue_count;
    const uint32_t *cue_order;             /* composites after what they name: evaluate in this order */
    const struct cm_behaviour *behaviours; /* in pack order */
    uint32_t behaviour_count;

    struct cm_cue_list hold;                                  /* cues that announce a hold with its reason */
    struct cm_cue_list delight, thanks, resolved, unresolved; /* customer outcome */
};

/*
 * Load, check and compile the pack in folder. name_roots: where `extends:
 * NAME` is looked up (count folders), beside the pack's own parent folder.
 * Faults go to diagnostics, all of them; any error gives CM_ERULES and *out NULL.
 */
enum cm_status cm_ruleset_load(const char *folder, const char *const *name_roots, size_t root_count, const struct cm_lexicon *lexicon,
                               struct cm_diagnostics *diagnostics, struct cm_ruleset **out) CM_MUST_CHECK;
void cm_ruleset_free(struct cm_ruleset *ruleset);

/*
 * The same in two steps, for who may know the pack already: its files and those
 * of all that it extends are read, and known by the hash of their names (as they
 * are shown) and bytes; then they are compiled, once. diagnostics and what they
 * were given are borrowed until the source is freed.
 */
struct cm_ruleset_source;
enum cm_status cm_ruleset_open(const char *folder, const char *const *name_roots, size_t root_count, struct cm_diagnostics *diagnostics,
                               struct cm_ruleset_source **out) CM_MUST_CHECK;
enum cm_status cm_ruleset_source_hash(const struct cm_ruleset_source *source, struct cm_hash128 *out) CM_MUST_CHECK;
enum cm_status cm_ruleset_compile(struct cm_ruleset_source *source, const struct cm_lexicon *lexicon,
                                  struct cm_ruleset **out) CM_MUST_CHECK;
void cm_ruleset_source_free(struct cm_ruleset_source *source);

/*
 * A hash for each cue and each behaviour, of what scoring depends on in it: equal ones of two packs (by the same lexicon) mean the same,
 * but for the cues that they name. The caller has room for cue_count and behaviour_count of them.
 */
enum cm_status cm_ruleset_part_hashes(const struct cm_ruleset *ruleset, struct cm_hash128 *cues,
                                      struct cm_hash128 *behaviours) CM_MUST_CHECK;

/* The cue or behaviour with this id, or NULL / CM_CUE_NONE. */
uint32_t cm_ruleset_cue(const struct cm_ruleset *ruleset, struct cm_span id);
const struct cm_behaviour *cm_ruleset_behaviour(const struct cm_ruleset *ruleset, struct cm_span id);

#endif
