/*
 * anchors: what a text must contain before a phrase is looked at.
 *
 * A minimum cut through the phrase's graph: the cheapest set of symbols,
 * classes and adjacent pairs of symbols of which every match has at least one.
 * Optional words, alternatives, gaps and single words are all the same to it.
 * Start-up only.
 */
#ifndef CM_MATCH_ANCHORS_H
#define CM_MATCH_ANCHORS_H

#include "match/frequency.h"
#include "match/graph.h"

enum cm_anchor_kind { CM_ANCHOR_CLASS, CM_ANCHOR_SYMBOL, CM_ANCHOR_PAIR };

/* Distances of more tokens than this are as good as none. */
#define CM_ANCHOR_FAR 255u

/* A position that every match goes through: the symbols that it reads, one of which stands at a distance of least to least + width tokens. */
#define CM_WITNESS_SYMBOLS_MAX 3u
#define CM_WITNESS_WIDTH_MAX 63
struct cm_anchor_witness {
    uint16_t symbols[CM_WITNESS_SYMBOLS_MAX]; /* unused ones repeat the first; all CM_SYMBOL_OTHER: there is no such position */
    int8_t least;                             /* tokens from the anchor's left symbol */
    uint8_t width;                            /* WIDTH_MAX: or more */
};

struct cm_anchor {
    uint32_t kind;  /* enum cm_anchor_kind */
    uint32_t left;  /* class or symbol */
    uint32_t right; /* symbol of a PAIR, else 0 */
    uint32_t phrase;
    uint32_t neighbour;                /* the only symbol that can stand next to the anchor; CM_SYMBOL_OTHER: nothing is known */
    int8_t neighbour_at;               /* where, in tokens from left */
    struct cm_anchor_witness witness;  /* for whoever makes use of anchors (phrases_build.c) */
    bool alone;                        /* for the same: the anchor is the whole phrase */
    uint32_t left_node, right_node;    /* of the graph; the same unless it is a PAIR */
    uint8_t least_before, most_before; /* tokens from the match's start to left; most: FAR is any number */
    uint8_t most_after;                /* tokens behind left to the match's end; FAR likewise */
};

struct cm_anchor_arc;

struct cm_anchors {
    struct cm_anchor *items;
    size_t count, cap;
    /* the flow network, filled again for each phrase */
    struct cm_anchor_arc *arcs;
    size_t arc_count, arc_cap;
    uint32_t *heads, *queue, *came_by;
    size_t heads_cap, queue_cap, came_cap;
};

void cm_anchors_free(struct cm_anchors *anchors);

/* Append the anchors of the phrase whose graph this is. */
enum cm_status cm_anchors_add(struct cm_anchors *anchors, const struct cm_graph *graph, const struct cm_frequency *frequency,
                              uint32_t phrase) CM_MUST_CHECK;

#endif
