/*
 * program: a phrase in the form in which it is verified. Three forms, all in
 * two flat pools: a PLAIN run of symbols is compared; up to 64 positions are
 * simulated as a SMALL set of bits; LARGE ones as lists.
 *
 * Built at start-up, then immutable and shared. Running needs a worker's stamps
 * for LARGE phrases only.
 */
#ifndef CM_MATCH_PROGRAM_H
#define CM_MATCH_PROGRAM_H

#include "match/graph.h"

enum cm_program_kind { CM_PROGRAM_PLAIN, CM_PROGRAM_SMALL, CM_PROGRAM_LARGE };

struct cm_program {
    uint32_t id;                /* what its hits carry */
    uint8_t kind;               /* enum cm_program_kind */
    bool at_start, at_end;      /* ^ and $ */
    uint8_t positions;          /* SMALL: at most 64 */
    uint32_t code;              /* its first word in the pool of codes */
    uint32_t code_count;        /* PLAIN: symbols; SMALL: symbols of the table; LARGE: nodes */
    uint32_t masks;             /* SMALL: its first word in the pool of masks */
    uint32_t class_count;       /* SMALL: pairs of class set and mask */
};

struct cm_programs {
    struct cm_program *items;
    size_t count, cap;
    uint32_t *codes;
    size_t code_len, code_cap;
    uint64_t *masks;
    size_t mask_len, mask_cap;
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

/* Append the program of a graph. */
enum cm_status cm_programs_add(struct cm_programs *programs, const struct cm_graph *graph, const struct cm_phrase *phrase, uint32_t id) CM_MUST_CHECK;

/* Where the longest match that starts at slot ends (exclusive), 0: no match. */
uint32_t cm_program_run(const struct cm_programs *programs, const struct cm_program *program, const struct cm_program_input *input, uint32_t slot,
                        struct cm_program_scratch *scratch);

#endif
