/*
 * program: a phrase in the form in which it is verified. A PLAIN run of symbols
 * is compared; up to 16 positions over up to 8 symbols are a TINY set of bits in
 * one cache line, which is what most phrases are; up to 64 positions are a SMALL
 * set of bits; LARGE ones are simulated as lists.
 *
 * Built at start-up, then immutable and shared. All programs lie in one pool, in
 * the order in which they were added; a program is named by its place there.
 * Running needs a worker's scratch for LARGE phrases only.
 */
#ifndef CM_MATCH_PROGRAM_H
#define CM_MATCH_PROGRAM_H

#include "match/graph.h"

enum cm_program_kind { CM_PROGRAM_PLAIN, CM_PROGRAM_TINY, CM_PROGRAM_SMALL, CM_PROGRAM_LARGE };

/* What every program begins with. */
struct cm_program {
    uint32_t id;                    /* what its hits carry */
    uint32_t kind : 2;              /* enum cm_program_kind */
    uint32_t at_start : 1, at_end : 1; /* ^ and $ */
    uint32_t count : 28;            /* PLAIN: symbols; else positions or nodes */
};

/* Places are counted in these many bytes. */
#define CM_PROGRAM_UNIT_BYTES ((size_t)32)

struct cm_programs {
    char *pool;
    size_t len, cap;
    size_t newest;    /* where the program begins that was added last */
    uint32_t largest; /* nodes of the largest LARGE program */
};

/* A token, or the break between two sentences, as the scan sees it. */
struct cm_program_slot {
    uint32_t value; /* CM_SYMBOL_NUMBER, and above it what cm_program_class reads; a break's number is CM_SYMBOL_BREAK */
    uint32_t token; /* its index in the turn; of a break, that of the token behind it */
};

/* The class of a token stands where its hash's tag stood, which has done its work. */
#define CM_PROGRAM_CLASS_SHIFT (CM_SYMBOL_BITS + CM_SYMBOL_MARK_BITS)

static inline uint32_t cm_program_value(uint32_t symbol_value, uint32_t class)
{
    return (symbol_value & ((1u << CM_PROGRAM_CLASS_SHIFT) - 1)) | class << CM_PROGRAM_CLASS_SHIFT;
}

static inline uint32_t cm_program_class(uint32_t value)
{
    return value >> CM_PROGRAM_CLASS_SHIFT & 15;
}

/* A turn; its first and its last slot are breaks. */
struct cm_program_input {
    const struct cm_program_slot *slots;
    uint32_t count;
};

struct cm_program_scratch {
    uint32_t *stamps, *now, *next; /* largest words each */
    uint32_t stamp;
};

void cm_programs_free(struct cm_programs *programs);

/* Append the program of a graph; *place names it. */
enum cm_status cm_programs_add(struct cm_programs *programs, const struct cm_graph *graph, const struct cm_phrase *phrase, uint32_t id, uint32_t *place)
    CM_MUST_CHECK;

/* All are added: move the pool to where cache lines begin. */
enum cm_status cm_programs_finish(struct cm_programs *programs) CM_MUST_CHECK;

static inline const struct cm_program *cm_program_at(const struct cm_programs *programs, uint32_t place)
{
    return (const struct cm_program *)(const void *)(programs->pool + place * CM_PROGRAM_UNIT_BYTES);
}

/* Where the longest match that starts at slot ends (exclusive), 0: no match. */
uint32_t cm_program_run(const struct cm_programs *programs, const struct cm_program *program, const struct cm_program_input *input, uint32_t slot,
                        struct cm_program_scratch *scratch);

#endif
