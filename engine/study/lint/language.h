/*
 * language: what one phrase says of another without any text, by their graphs;
 * and a term as a person would write it.
 *
 * Exact where it answers yes; it answers no, too, where a phrase is too large to
 * tell (see the limits). One thread's scratch, for lint.
 */
#ifndef CM_STUDY_LANGUAGE_H
#define CM_STUDY_LANGUAGE_H

#include "base/buffer.h"
#include "match/graph.h"

/* Nodes of the phrase that is asked about as the outer one: a set of them is a word. */
#define CM_LANGUAGE_NODES_MAX 64u
/* Pairs of a node and a set that are followed, and tokens that are tried: a phrase of people needs a few dozen. */
#define CM_LANGUAGE_STATES_MAX 1024u
#define CM_LANGUAGE_STEPS_MAX 20000u

struct cm_language {
    struct cm_symbols symbols; /* of all phrases */
    struct cm_graph *graphs;   /* by phrase */
    size_t count;
    /* of the pair that is looked at */
    uint64_t follow[CM_LANGUAGE_NODES_MAX], first, last;
    struct cm_language_state {
        uint32_t node;
        uint64_t set;
    } stack[CM_LANGUAGE_STATES_MAX], seen[2 * CM_LANGUAGE_STATES_MAX];
    uint32_t stamps[2 * CM_LANGUAGE_STATES_MAX], stamp;
    size_t depth, states, steps;
};

/* The phrases may be freed afterwards. */
enum cm_status cm_language_new(const struct cm_phrase *const *phrases, size_t count, struct cm_language **out) CM_MUST_CHECK;
void cm_language_free(struct cm_language *language);

/* whole: every match of phrase inner is one of phrase outer; else: every match of inner holds one of outer. ^ and $ are not looked at. */
bool cm_language_within(struct cm_language *language, size_t inner, size_t outer, bool whole);

/* A term, in short. */
void cm_term_write(const struct cm_phrase *phrase, uint32_t index, struct cm_buffer *out);

#endif
