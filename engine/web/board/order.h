/*
 * order: who comes first. A set that is always in order and knows how many stand
 * before a key, so that the first twenty of 200,000 and the number of those who
 * wait too long cost a few dozen comparisons. A treap; nodes are the caller's.
 */
#ifndef CM_WEB_BOARD_ORDER_H
#define CM_WEB_BOARD_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct cm_order_key {
    uint32_t rank;   /* the lower first */
    int64_t at;      /* then the earlier */
    uint64_t serial; /* then this: no two are equal */
};

struct cm_order_node {
    struct cm_order_key key;
    struct cm_order_node *left, *right;
    size_t count;      /* of it and all below */
    uint64_t priority; /* those below have none that is higher */
};

struct cm_order {
    struct cm_order_node *root; /* NULL: nobody */
};

/* node->key is set, and does not change while the node is in. */
void cm_order_insert(struct cm_order *order, struct cm_order_node *node);
void cm_order_remove(struct cm_order *order, struct cm_order_node *node);

static inline size_t cm_order_count(const struct cm_order *order)
{
    return order->root ? order->root->count : 0;
}

/* How many have a lesser key. */
size_t cm_order_before(const struct cm_order *order, struct cm_order_key key);
/* The one with so many before it; NULL: there are not so many. */
struct cm_order_node *cm_order_at(const struct cm_order *order, size_t index);

#endif
