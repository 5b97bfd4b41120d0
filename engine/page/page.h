/*
 * page: reports as one HTML file each: no script, nothing fetched, readable on
 * a phone, in the dark and on paper (page.css).
 *
 * A page is a straight line of calls into a buffer, whose status is asked once
 * at the end:
 *
 *   cm_page_begin(out, &head);
 *   cm_page_section(out, "Cues", "What each cue is worth.");
 *   cm_page_table(out, "Cues by id", columns, 3);
 *   cm_page_row(out, cm_span_of("agent.thanks"));      the row's head: the first column
 *   cm_page_cell_count(out, 1234);
 *   cm_page_cell_share(out, 0.83, 0.79, 0.87);
 *   cm_page_row_end(out);
 *   cm_page_table_end(out);
 *   cm_page_end(out, &foot);
 *
 * Every text is escaped here, bad UTF-8 and control characters become U+FFFD, so
 * that customers' words can be given as they are. The same calls give the same
 * bytes: no clock is read. Colour never speaks alone: a sign or a word stands
 * beside it. NaN is "no such figure"; an infinite interval leaves its room empty. Any thread, one buffer a thread.
 */
#ifndef CM_PAGE_PAGE_H
#define CM_PAGE_PAGE_H

#include "base/buffer.h"

/* A label and what stands for it. */
struct cm_page_fact {
    const char *label;
    struct cm_span value;
};

struct cm_page_head {
    const char *title;
    struct cm_span lead; /* the one sentence that says what came out; len 0: none */
    const struct cm_page_fact *facts;
    size_t fact_count;
};

/* What a page was made with. */
struct cm_page_pack {
    const char *role; /* "old", "new"; NULL: "pack" */
    const char *name, *version;
    uint64_t hash_high, hash_low;
};

struct cm_page_foot {
    const char *engine; /* the version of this program */
    const struct cm_page_pack *packs;
    size_t pack_count;
    const char *time; /* as it shall stand there; NULL: none, and the page is reproducible */
};

enum cm_page_kind {
    CM_PAGE_TEXT,   /* from the left */
    CM_PAGE_NUMBER, /* from the right, digits beneath digits; deltas and marks too */
    CM_PAGE_SHARE,  /* a number with its interval and a bar */
};

struct cm_page_column {
    const char *title;
    enum cm_page_kind kind;
};

/* What a figure means for the reader: shown as a shape or word and a colour. */
enum cm_page_tone { CM_PAGE_PLAIN, CM_PAGE_GOOD, CM_PAGE_BAD };

/* Escaped for text and for attributes alike. */
void cm_page_escape(struct cm_buffer *out, struct cm_span text);

void cm_page_begin(struct cm_buffer *out, const struct cm_page_head *head);
void cm_page_end(struct cm_buffer *out, const struct cm_page_foot *foot);

/* A heading, and a note beneath it (NULL: none). What follows belongs to it. A part stands within a section. */
void cm_page_section(struct cm_buffer *out, const char *title, const char *note);
void cm_page_part(struct cm_buffer *out, struct cm_span title, const char *note);
void cm_page_paragraph(struct cm_buffer *out, struct cm_span text);
/* A sentence that must not be missed, after a word in bold: "Unvalidated", "Note". */
void cm_page_notice(struct cm_buffer *out, const char *word, struct cm_span text);
/* Text as it stands, line by line: YAML, a command. */
void cm_page_code(struct cm_buffer *out, struct cm_span text);

/*
 * A table. Every row is cm_page_row (its first column), one cell for each further column, cm_page_row_end. Tables that are wider than the
 * page move in their own box.
 */
void cm_page_table(struct cm_buffer *out, const char *caption, const struct cm_page_column *columns, size_t count);
void cm_page_row(struct cm_buffer *out, struct cm_span head);
void cm_page_cell_text(struct cm_buffer *out, struct cm_span text);
/* The same in the type of ids and words that were said. */
void cm_page_cell_id(struct cm_buffer *out, struct cm_span text);
/* 12,345. */
void cm_page_cell_count(struct cm_buffer *out, uint64_t count);
void cm_page_cell_number(struct cm_buffer *out, double value, unsigned places);
/* A value and its interval, "71.20 (70.10 to 72.30)"; low NaN: without. */
void cm_page_cell_interval(struct cm_buffer *out, double value, double low, double high, unsigned places);
/* Share 0 to 1, as 0.83, its interval and a bar; low NaN: no interval. */
void cm_page_cell_share(struct cm_buffer *out, double share, double low, double high);
/* The same in hundredths: share 0.541 is 54.1, and a bar. The column's title says "%". */
void cm_page_cell_percent(struct cm_buffer *out, double share);
/* With its sign, and a shape for up and down; tone says whether that is good. low NaN: no interval. */
void cm_page_cell_delta(struct cm_buffer *out, double value, double low, double high, unsigned places, enum cm_page_tone tone);
/* A word with the tone's shape: "holds", "below target". */
void cm_page_cell_mark(struct cm_buffer *out, enum cm_page_tone tone, const char *word);
void cm_page_cell_none(struct cm_buffer *out);
void cm_page_row_end(struct cm_buffer *out);
void cm_page_table_end(struct cm_buffer *out);

/* Somebody's words; bytes from to to (from < to <= text.len, else nothing) are marked. where: "c-17, turn 4"; len 0: none. */
void cm_page_quote(struct cm_buffer *out, const char *who, struct cm_span text, size_t from, size_t to, struct cm_span where);

/* What only some readers want: closed until it is opened, open on paper. */
void cm_page_fold(struct cm_buffer *out, struct cm_span summary);
void cm_page_fold_end(struct cm_buffer *out);

#endif
