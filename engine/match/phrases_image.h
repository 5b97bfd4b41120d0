/*
 * phrases_image: what a set of phrases is compiled to; shared by those who make
 * it (phrases_build.c) and read it (phrases.c), and by nobody else. Flat arrays
 * and 32-bit indices; immutable once made.
 */
#ifndef CM_MATCH_PHRASES_IMAGE_H
#define CM_MATCH_PHRASES_IMAGE_H

#include "match/anchors.h"
#include "match/phrases.h"
#include "match/program.h"
#include "text/fold.h"

/* Bits of a symbol's value, above its number. */
#define CM_MARK_LEFT CM_SYMBOL_BITS         /* left of some pair */
#define CM_MARK_RIGHT (CM_SYMBOL_BITS + 1)  /* right of some pair */
#define CM_MARK_SINGLE (CM_SYMBOL_BITS + 2) /* an anchor by itself */

/* A phrase that may match around an anchor. Distances are in tokens from the anchor's left symbol, as in struct cm_anchor. */
struct cm_phrase_entry {
    uint32_t program;
    uint32_t neighbour, neighbour_mask; /* what the token at neighbour_at must be, of the bits of the mask; none: nothing is known */
    struct cm_anchor_witness witness;
    int8_t neighbour_at;
    uint8_t least_before, most_before, most_after;
    uint8_t whole;       /* tokens of the match where anchor and neighbour are all of it, else 0 */
    uint8_t left, right; /* the anchor's positions, where the program has around */
};

/* entries[at .. at + count); of the first alone ones the anchor is the whole phrase. */
#define CM_PHRASE_ENTRIES_MAX 0xFFFFFFu
#define CM_PHRASE_ALONE_MAX 0xFFu
struct cm_phrase_range {
    uint32_t at;
    uint32_t count : 24, alone : 8;
    uint32_t program; /* of the first entry */
};

struct cm_phrase_pair {
    uint32_t left, right; /* symbols with their marks; left 0: empty */
    struct cm_phrase_range entries;
};

struct cm_phrases {
    struct cm_symbols symbols;
    struct cm_programs programs; /* in the order of their ids */
    struct cm_phrase_entry *entries;
    uint32_t entry_count;
    uint64_t *needs; /* by entry: signature of what every match has */
    bool any_witness;
    bool often_alone;             /* of many anchors a phrase is nothing else */
    bool many_pairs;              /* most pairs of a text have the bits of pairs */
    struct cm_phrase_pair *pairs; /* by hash */
    uint32_t pair_count;          /* slots, a power of two */
    unsigned pair_shift;          /* a hash shifted by this is a slot */
    uint32_t filter_mask;         /* bits of the filter - 1 */
    uint64_t *filter;             /* fits the first-level cache */
    uint32_t filter_words;
    struct cm_phrase_range *singles;    /* by symbol */
    struct cm_phrase_range classes[16]; /* by class */
    uint16_t anchor_classes;            /* classes that are anchors */
    uint64_t class_signature[16];
};

/* Its upper bits are the good ones. */
static inline uint32_t cm_phrase_pair_hash(uint32_t left, uint32_t right)
{
    return (left * 0x9E3779B1u ^ right) * 0x85EBCA77u;
}

/* Its place in the largest filter; smaller ones take as many of the lower bits. */
#define CM_PHRASE_FILTER_BITS 18u /* 32 KiB: more would leave the first-level cache */

static inline uint32_t cm_phrase_filter_bit(uint32_t hash)
{
    return hash >> (32 - CM_PHRASE_FILTER_BITS);
}

/* The bit of a token in the signature of what stands around it. */
static inline uint64_t cm_phrase_signature(uint32_t token)
{
    return UINT64_C(1) << (CM_SYMBOL_NUMBER(token) * 0x9E3779B1u >> 26);
}

#endif
