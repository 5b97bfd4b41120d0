/*
 * program: a phrase in the form in which it is verified. A PLAIN run of symbols
 * is compared; up to 16 positions over a few symbols are a TINY set of bits in a
 * cache line or two, which is what most phrases are; up to 64 positions are a
 * SMALL set of bits; LARGE ones are simulated as lists.
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
    uint32_t id;                       /* what its hits carry */
    uint32_t kind : 2;                 /* enum cm_program_kind */
    uint32_t at_start : 1, at_end : 1; /* ^ and $ */
    uint32_t around : 1;               /* TINY, and SMALL without junctions: cm_program_run_around */
    uint32_t count : 27;               /* PLAIN: symbols; TINY: groups of them; else positions or nodes */
};

/* Places are counted in these many bytes. */
#define CM_PROGRAM_UNIT_BYTES ((size_t)32)

struct cm_programs {
    char *pool;
    size_t len, cap;
    size_t newest;    /* where the program begins that was added last */
    uint32_t largest; /* nodes of the largest LARGE program */
};

/*
 * A token as programs see it: CM_SYMBOL_MARKED of its value, its class, and
 * whether a sentence begins or ends with it. The first token of a turn begins
 * one, the last ends one: no program looks beyond either.
 */
#define CM_PROGRAM_CLASS_SHIFT (CM_SYMBOL_BITS + CM_SYMBOL_MARK_BITS)
#define CM_PROGRAM_BEGINS (1u << (CM_PROGRAM_CLASS_SHIFT + 4))
#define CM_PROGRAM_ENDS (1u << 31)

static inline uint32_t cm_program_class(uint32_t token)
{
    return token >> CM_PROGRAM_CLASS_SHIFT & 15;
}

struct cm_program_input {
    const uint32_t *tokens;
    uint32_t count;
};

struct cm_program_scratch {
    uint32_t *stamps, *now, *next; /* largest words each */
    uint32_t stamp;
};

void cm_programs_free(struct cm_programs *programs);

/* Append the program of a graph; *place names it. */
enum cm_status cm_programs_add(struct cm_programs *programs, const struct cm_graph *graph, const struct cm_phrase *phrase, uint32_t id,
                               uint32_t *place) CM_MUST_CHECK;

/* All are added: move the pool to where cache lines begin. */
enum cm_status cm_programs_finish(struct cm_programs *programs) CM_MUST_CHECK;

static inline const struct cm_program *cm_program_at(const struct cm_programs *programs, uint32_t place)
{
    return (const struct cm_program *)(const void *)(programs->pool + place * CM_PROGRAM_UNIT_BYTES);
}

/* Where the longest match that starts at this token ends (exclusive), 0: no match. */
uint32_t cm_program_run(const struct cm_programs *programs, const struct cm_program *program, const struct cm_program_input *input,
                        uint32_t start, struct cm_program_scratch *scratch);

/* Matches around an anchor. */
struct cm_program_around {
    uint64_t starts; /* bit i: matches start i tokens before the anchor; 0: there are none */
    uint32_t end;    /* of the longest of each */
};

/*
 * For programs with around: all matches in which position left reads token at,
 * and position right (left again, or one that may follow it) the same or the
 * next. That they can read them is known.
 */
struct cm_program_around cm_program_run_around(const struct cm_program *program, const struct cm_program_input *input, uint32_t at,
                                               unsigned left, unsigned right);

#endif
