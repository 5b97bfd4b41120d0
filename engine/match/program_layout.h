/*
 * program_layout: how programs lie in their pool; shared by those who lay them
 * out (program_build.c) and run them (program.c), and by nobody else.
 */
#ifndef CM_MATCH_PROGRAM_LAYOUT_H
#define CM_MATCH_PROGRAM_LAYOUT_H

#include "match/program.h"

#define CM_PROGRAM_TINY_POSITIONS_MAX ((size_t)16)
/* Symbols are compared in groups of so many, each a register; more groups than this are searched faster as a table. */
#define CM_PROGRAM_TINY_GROUP ((size_t)8)
#define CM_PROGRAM_TINY_GROUPS_MAX ((size_t)6)
#define CM_PROGRAM_SMALL_POSITIONS_MAX ((size_t)64)
#define CM_PROGRAM_SMALL_GROUPED_SYMBOLS_MAX 64u
/* Symbol tables up to this size are searched from end to end. */
#define CM_PROGRAM_LINEAR_SEARCH_MAX 8u
#define CM_PROGRAM_CACHE_LINE_BYTES ((size_t)64)

struct cm_program_plain {
    struct cm_program head;
    uint32_t symbols[];
};

/*
 * Bit i of a mask is position i; a group's masks[i] are the positions that read
 * its symbols[i]; bit j of follow[i] says that position i + 1 + j may follow
 * position i. With one group, which is what most phrases need, one cache line.
 */
struct cm_program_tiny {
    struct cm_program head;
    uint16_t first, last, any;
    uint16_t inner; /* positions that may follow another */
    uint8_t follow[CM_PROGRAM_TINY_POSITIONS_MAX];
    struct cm_program_group {
        uint16_t symbols[CM_PROGRAM_TINY_GROUP]; /* unused ones are CM_SYMBOL_OTHER, with a mask of 0 */
        uint16_t masks[CM_PROGRAM_TINY_GROUP];
    } groups[];
};

_Static_assert(sizeof(struct cm_program_tiny) + sizeof(struct cm_program_group) == 64, "a cache line");

/*
 * masks: follow by position, then readers by symbol, then class_count pairs of
 * class set and readers, then what may precede, by position. Behind them stand
 * the symbols, ascending: in groups as in TINY programs where they are few and
 * small, else as 32-bit words.
 */
struct cm_program_small {
    struct cm_program head;
    uint32_t symbol_count;
    uint16_t class_count, groups;
    uint64_t first, last, any;
    uint64_t inner; /* positions that may follow another */
    uint64_t masks[];
};

/* A node of a LARGE program; offsets are in words from the first node. */
struct cm_program_node {
    uint32_t flags; /* classes, and FLAG_ */
    uint32_t set, set_count;
    uint32_t out, out_count;
};

enum {
    CM_PROGRAM_FLAG_ANY = 1u << 16,
    CM_PROGRAM_FLAG_JUNCTION = 1u << 17,
    CM_PROGRAM_FLAG_LAST = 1u << 18,
    CM_PROGRAM_FLAG_CLASSES = 0xFFFFu
};

/* words: the nodes, then the nodes that begin a match, sets and edges. */
struct cm_program_large {
    struct cm_program head;
    uint32_t begins, begin_count;
    uint32_t words[];
};

#define CM_PROGRAM_NODE_WORDS (sizeof(struct cm_program_node) / sizeof(uint32_t))

/* Where symbol stands in the ascending table; count where it does not. */
static inline uint32_t cm_program_find(const uint32_t *table, uint32_t count, uint32_t symbol)
{
    if (count <= CM_PROGRAM_LINEAR_SEARCH_MAX) {
        for (uint32_t i = 0; i < count; i++)
            if (table[i] == symbol)
                return i;
        return count;
    }
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table[middle] < symbol)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && table[low] == symbol ? low : count;
}

#endif
