/*
 * label_reader: what reading labels from NDJSON and from CSV have in common.
 * Inside study/ only.
 */
#ifndef CM_STUDY_LABEL_READER_H
#define CM_STUDY_LABEL_READER_H

#include "study/labels/labels.h"

struct cm_label_reader {
    struct cm_labels *labels;
    const char *file; /* in the labels' arena */
    struct cm_span line;
    uint32_t number; /* of the line */
    struct cm_diagnostics *diagnostics;
    uint32_t faults;       /* of the file, told or not */
    enum cm_status status; /* CM_ENOMEM for good */
};

/* A fault at byte `at` of the line. */
void cm_label_fault(struct cm_label_reader *reader, const char *id, size_t at, const char *help, const char *format, ...) CM_PRINTF(5, 6);

/* enum cm_speaker, CM_SPEAKER_NONE where it is none. */
enum cm_speaker cm_label_speaker(struct cm_span name);

/* "speaker: text"; false where no speaker stands before a colon. */
bool cm_label_said(struct cm_span text, struct cm_said *said);

/* The index of a name, added where it is new; CM_CUE_NONE and the status set where there is no room. */
uint32_t cm_label_name(struct cm_label_reader *reader, struct cm_span name);

/* Sort and take each once; the new count. */
uint32_t cm_label_set(uint32_t *items, uint32_t count);

/* A copy in the arena; the status says when memory is out. */
struct cm_span cm_label_keep(struct cm_label_reader *reader, struct cm_span text);
void *cm_label_alloc(struct cm_label_reader *reader, size_t count, size_t size);

/* file and line are the reader's; the conversation is set where it has none. */
void cm_label_add(struct cm_label_reader *reader, struct cm_labelled item);

/* labels_csv.c: the rows of a CSV file. */
void cm_labels_read_csv(struct cm_label_reader *reader, struct cm_span bytes);
/* labels_ndjson.c. */
void cm_labels_read_ndjson(struct cm_label_reader *reader, struct cm_span bytes);

#endif
