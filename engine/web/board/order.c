#include "board/order.h"

#include "text/words.h"

static int compare(struct cm_order_key a, struct cm_order_key b)
{
    if (a.rank != b.rank)
        return a.rank < b.rank ? -1 : 1;
    if (a.at != b.at)
        return a.at < b.at ? -1 : 1;
    return (a.serial > b.serial) - (a.serial < b.serial);
}

static size_t count_of(const struct cm_order_node *node)
{
    return node ? node->count : 0;
}

static void recount(struct cm_order_node *node)
{
    node->count = 1 + count_of(node->left) + count_of(node->right);
}

/* Those before key, and the others. */
static void split(struct cm_order_node *node, struct cm_order_key key, struct cm_order_node **before, struct cm_order_node **rest)
{
    if (!node) {
        *before = *rest = NULL;
    } else if (compare(node->key, key) < 0) {
        split(node->right, key, &node->right, rest);
        *before = node;
        recount(node);
    } else {
        split(node->left, key, before, &node->left);
        *rest = node;
        recount(node);
    }
}

/* Every key of a is before every key of b. */
static struct cm_order_node *join(struct cm_order_node *a, struct cm_order_node *b)
{
    if (!a || !b)
        return a ? a : b;
    if (a->priority >= b->priority) {
        a->right = join(a->right, b);
        recount(a);
        return a;
    }
    b->left = join(a, b->left);
    recount(b);
    return b;
}

void cm_order_insert(struct cm_order *order, struct cm_order_node *node)
{
    struct cm_order_node **at = &order->root;
    node->priority = cm_word_mix(node->key.serial ^ UINT64_C(0x9E3779B97F4A7C15), UINT64_C(0xD6E8FEB86659FD93) ^ (uint64_t)node->key.at);
    while (*at && (*at)->priority >= node->priority) {
        (*at)->count++;
        at = compare(node->key, (*at)->key) < 0 ? &(*at)->left : &(*at)->right;
    }
    split(*at, node->key, &node->left, &node->right);
    recount(node);
    *at = node;
}

void cm_order_remove(struct cm_order *order, struct cm_order_node *node)
{
    struct cm_order_node **at = &order->root;
    while (*at != node) {
        (*at)->count--;
        at = compare(node->key, (*at)->key) < 0 ? &(*at)->left : &(*at)->right;
    }
    *at = join(node->left, node->right);
}

size_t cm_order_before(const struct cm_order *order, struct cm_order_key key)
{
    size_t before = 0;
    for (const struct cm_order_node *node = order->root; node;) {
        if (compare(node->key, key) < 0) {
            before += count_of(node->left) + 1;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return before;
}

struct cm_order_node *cm_order_at(const struct cm_order *order, size_t index)
{
    struct cm_order_node *node = order->root;
    while (node) {
        size_t left = count_of(node->left);
        if (index == left)
            return node;
        if (index > left) {
            index -= left + 1;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return NULL;
}
