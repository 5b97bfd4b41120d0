/*
 * graph: a phrase as an acyclic position automaton (Glushkov's).
 *
 * A position reads one token: any of a set of symbols, of a set of classes, or
 * any token at all (gaps). Alternatives of single words, lists of words and
 * prefixes are one position. A junction reads nothing; it stands where every
 * one of many positions may be followed by every one of many others, so that
 * the graph stays linear in the phrase. There is no cycle: matches are bounded.
 *
 * Start-up only: one graph is filled again for each phrase.
 */
#ifndef CM_MATCH_GRAPH_H
#define CM_MATCH_GRAPH_H

#include "match/symbols.h"
#include "ruleset/phrase.h"

struct cm_graph_node {
    uint32_t set, set_count; /* sets[set ..]: symbols, ascending */
    uint16_t classes;        /* CM_TOKEN_CLASS_BIT set */
    bool any, junction;
    bool first, last;                   /* a match may begin, may end with it; positions only */
    uint32_t out, out_count;            /* edges[out ..]: nodes that may follow */
    uint32_t in_count, in_one;          /* how many nodes it may follow, and one of them */
    uint32_t least_before, most_before; /* tokens of a match before this one */
    uint32_t most_after;                /* likewise after it */
};

struct cm_graph_link;

struct cm_graph {
    struct cm_graph_node *nodes;
    size_t count, node_cap;
    uint32_t *sets;
    size_t set_len, set_cap;
    uint32_t *edges; /* targets, by source */
    size_t edge_count, edge_cap;
    uint32_t *order; /* nodes, every edge forward */
    size_t order_cap;

    /* while it is built */
    struct cm_graph_edge {
        uint32_t from, to;
    } * pairs;
    size_t pair_count, pair_cap;
    struct cm_graph_link *links;
    size_t link_count, link_cap;
    uint32_t *degree;
    size_t degree_cap;
    enum cm_status status;
};

void cm_graph_free(struct cm_graph *graph);

/* Fill from a phrase whose words are all in symbols (finished). */
enum cm_status cm_graph_build(struct cm_graph *graph, const struct cm_symbols *symbols, const struct cm_phrase *phrase) CM_MUST_CHECK;

/* The only symbol that a position can read, or CM_SYMBOL_OTHER where there is not exactly one. */
uint32_t cm_graph_only_symbol(const struct cm_graph *graph, uint32_t node);

/* Mark the positions that every match goes through; mandatory has room for count bytes. */
void cm_graph_mandatory(const struct cm_graph *graph, uint8_t *mandatory, int32_t *cover);

#endif
