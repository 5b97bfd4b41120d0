/*
 * labels: turns with what people (or a reading) say that they do, the truth
 * that rules are measured against.
 *
 * NDJSON (labels.c), a turn a line:
 *   text, speaker, labels [strings]; id, channel, before ["speaker: text"…], disputed [labels] or true
 * or an event per line plus labels: what came before is then what stands before it in the same file with the same interaction_id, in the
 * order of seq, and an event without labels is heard only as what came before. CSV (labels_csv.c) as `caremeter sample` writes it.
 *
 * The conversation of a turn is cm_half_conversation of its id, else its interaction_id, else its text (so that the same turn always is
 * in the same half). Everything lives in the list's arena. One thread at a time.
 */
#ifndef CM_STUDY_LABELS_H
#define CM_STUDY_LABELS_H

#include "base/arena.h"
#include "base/diag.h"
#include "run/listen.h"

/* A line that does not fit is told up to so many times a file; the rest is counted. */
#define CM_LABEL_FAULTS_TOLD_MAX 50u
/* An event hears at most so many lines before it: no rule looks further back, and reading stays linear. */
#define CM_LABEL_BEFORE_MAX 200u
/* Different labels of one study; a codebook has dozens. */
#define CM_LABEL_NAMES_MAX 4096u

struct cm_labelled {
    struct cm_span id; /* as given; an event's is interaction_id:seq; len 0: none */
    struct cm_span conversation;
    enum cm_channel channel;
    const struct cm_said *turns; /* what came before, and the turn itself, last */
    size_t turn_count;           /* at least 1 */
    const uint32_t *labels;      /* indices of names, ascending, each once */
    uint32_t label_count;
    const uint32_t *disputed; /* likewise: labels for which this turn does not count */
    uint32_t disputed_count;
    bool all_disputed;
    bool by_human;          /* of a CSV: the labels are those of the column human, beside the machine's */
    struct cm_span machine; /* then: what that column says */
    const char *file;
    uint32_t line;
};

struct cm_label_name {
    struct cm_span text;
    const char *file; /* where it was met first */
    uint32_t line;
};

struct cm_labels {
    struct cm_labelled *items;
    size_t count, cap;
    struct cm_label_name *names; /* of labels, as they were met */
    uint32_t name_count;
    size_t name_cap;
    struct cm_arena arena;
};

#define CM_LABELS_EMPTY ((struct cm_labels){0})

/*
 * Add the turns of one file. bytes: its contents, decompressed; CSV where file ends in .csv, else NDJSON. Lines that do not fit are told
 * with their place and reason, all of them up to CM_LABEL_FAULTS_TOLD_MAX, and give CM_EINPUT; so does a file without a labelled turn.
 */
enum cm_status cm_labels_read(struct cm_labels *labels, const char *file, struct cm_span bytes,
                              struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
void cm_labels_free(struct cm_labels *labels);

/* The index of a name, or CM_CUE_NONE. */
uint32_t cm_labels_find(const struct cm_labels *labels, struct cm_span name);

/* The text that was labelled, and who said it. */
static inline const struct cm_said *cm_labelled_turn(const struct cm_labelled *item)
{
    return &item->turns[item->turn_count - 1];
}

#endif
