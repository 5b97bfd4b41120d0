/*
 * patterns: what grep looks for: phrases, regular expressions, and cues of
 * packs, side by side.
 *
 * struct cm_patterns is an image: made by one thread, then shared. A finder is
 * one thread's scratch.
 */
#ifndef CM_CLI_PATTERNS_H
#define CM_CLI_PATTERNS_H

#include "cli/opts.h"
#include "event/event.h"
#include "match/oracle.h"
#include "match/phrases.h"
#include "match/regexes.h"
#include "match/scan.h"
#include "run/pack.h"

struct cm_patterns_request {
    const char *const *phrases; /* given on the command line */
    size_t phrase_count;
    const struct cm_opt_list *files; /* of phrases, one a line */
    const struct cm_opt_list *regexes;
    const struct cm_opt_list *packs; /* names or folders; needed where cues are */
    const struct cm_opt_list *cues;  /* ids; with packs and none here: all cues */
    bool oracle;                     /* phrases by PCRE2, one by one */
};

/* A span of a turn, in bytes of its text. */
struct cm_found {
    uint32_t pattern;
    uint32_t start, end;
};

struct cm_patterns {
    const char **names; /* the pattern's text, or the cue's id */
    size_t count, name_cap;
    struct cm_arena arena;
    struct cm_packs packs; /* lexicon and redactor always; packs where cues are looked for */

    struct cm_phrase *phrases;
    uint32_t *phrase_ids;
    size_t phrase_count, phrase_cap, phrase_id_cap;
    struct cm_phrases *automaton; /* NULL: no phrases, or by oracle */
    struct cm_oracle **oracles;   /* phrase_count, or NULL */

    struct cm_regexes *regexes; /* NULL: none */
    uint64_t *regex_wanted;     /* a bit each: all of them */
    uint32_t regex_first;       /* pattern of the first of them */

    uint32_t *of_cue[CM_PACKS_MAX]; /* pattern by cue number, UINT32_MAX: not looked for */
};

#define CM_PATTERNS_EMPTY ((struct cm_patterns){0})

/* Faults go to diagnostics: CM_ERULES, CM_EUSAGE, CM_EIO. To be freed in every case. */
enum cm_status cm_patterns_load(struct cm_patterns *patterns, const struct cm_patterns_request *request,
                                struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
void cm_patterns_free(struct cm_patterns *patterns);

struct cm_finder {
    const struct cm_patterns *patterns;
    struct cm_folder *folder;
    struct cm_phrase_scratch *scratch;
    struct cm_regex_scratch *regexes;
    struct cm_scanner *scanners[CM_PACKS_MAX];
    struct cm_phrase_hit *slow; /* of the oracles */
    size_t slow_count, slow_cap;
    struct cm_found *found;
    size_t found_count, found_cap;
    uint64_t *faults; /* turns that could not be decided, a pattern */
};

enum cm_status cm_finder_init(struct cm_finder *finder, const struct cm_patterns *patterns) CM_MUST_CHECK;
void cm_finder_free(struct cm_finder *finder);

/* All spans of the patterns in text, in finder->found by start, end, pattern. speaker counts for cues. */
enum cm_status cm_find(struct cm_finder *finder, struct cm_span text, enum cm_speaker speaker) CM_MUST_CHECK;

/* The cue of rules whose id is nearest to what was typed, NULL where none is near. */
const char *cm_nearest_cue(const struct cm_ruleset *rules, const char *id);

#endif
