/*
 * chance: packs and conversations at random, small enough that every corner of
 * the judge is met within some thousand cases. The same seed gives the same
 * case; a conversation is the builder's lines, so that a failure can be read
 * and said again.
 */
#ifndef CM_SUPPORT_CHANCE_H
#define CM_SUPPORT_CHANCE_H

#include "builder.h"

struct cm_chance {
    uint64_t state;
};

/* Steele, Lea, Flood: SplitMix64. */
static inline uint64_t cm_chance_next(struct cm_chance *chance)
{
    uint64_t z = (chance->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline uint32_t cm_chance_below(struct cm_chance *chance, uint32_t limit)
{
    return (uint32_t)(cm_chance_next(chance) % limit);
}

/* True once in `of` times. */
static inline bool cm_chance_once_in(struct cm_chance *chance, uint32_t of)
{
    return cm_chance_below(chance, of) == 0;
}

/* Fill a fresh builder's pack. */
void cm_chance_pack(struct cm_builder *b, struct cm_chance *chance);
/* Lines of one conversation; every line says its seq ("-" for none). Terminated by NUL. */
void cm_chance_lines(struct cm_chance *chance, struct cm_buffer *lines);

#endif
