/*
 * explain: why cues do, and do not, hit a text.
 */
#ifndef CM_CLI_EXPLAIN_H
#define CM_CLI_EXPLAIN_H

#include "run/trial.h"

enum cm_explain_why {
    CM_WHY_HIT,
    CM_WHY_NEGATED,
    CM_WHY_HYPOTHETICAL,
    CM_WHY_BOTH, /* negated and hypothetical */
    CM_WHY_QUOTED,
    CM_WHY_WEIGHTS, /* a phrase of it matches, its threshold is not reached */
    CM_WHY_OTHER,   /* a count, an attribute that the cue requires */
};

/* A place where a cue hits, or would but for its rules. */
struct cm_explained {
    uint32_t cue;
    uint32_t start, end; /* bytes of the text */
    enum cm_explain_why why;
};

struct cm_explanation {
    struct cm_explained *items; /* by start, end, cue */
    size_t count, cap;
};

/* Of the text that trial was last run with. packs->items[pack] is the trial's pack. CM_ENOMEM and what loading variants gives. */
enum cm_status cm_explain(const struct cm_trial *trial, const struct cm_packs *packs, size_t pack, enum cm_speaker speaker,
                          struct cm_explanation *out) CM_MUST_CHECK;
void cm_explanation_free(struct cm_explanation *explanation);

const char *cm_explain_text(enum cm_explain_why why);

/*
 * explain_miss.c: why a cue does not hit the text that trial was last run with: the nearest phrase, how far it got and the word that
 * broke it; the sum of a cue of weights; the members of a combination. Lines of four blanks and more, and the items of a JSON object.
 */
enum cm_status cm_miss_print(const struct cm_trial *trial, uint32_t cue, struct cm_span text, struct cm_buffer *out) CM_MUST_CHECK;
enum cm_status cm_miss_json(const struct cm_trial *trial, uint32_t cue, struct cm_buffer *out) CM_MUST_CHECK;

/* The cues that come nearest to the text, at most this many; cues gets their numbers, *count how many. */
#define CM_MISS_NEAREST 3u
enum cm_status cm_miss_nearest(const struct cm_trial *trial, enum cm_speaker speaker, uint32_t cues[CM_MISS_NEAREST],
                               uint32_t *count) CM_MUST_CHECK;

/* The text around bytes [start, end), with carets under them: two lines. */
void cm_explain_snippet(struct cm_span text, uint32_t start, uint32_t end, struct cm_buffer *out);

/* What the conversation must be like besides for this cue, ", " between; nothing where it asks for nothing. */
void cm_explain_gates(const struct cm_cue *cue, struct cm_buffer *out);

/* explain_file.c: one conversation of a file, turn by turn: what fired, and what it gave. id NULL: the only one. The exit code. */
struct cm_explain_file {
    const char *path, *id;
    const char *cue; /* also why this one does not fire; NULL: none */
    bool json;
};
int cm_explain_file(const struct cm_packs *packs, const struct cm_explain_file *job);

#endif
