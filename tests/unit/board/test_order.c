#include "boarding.h"

#include "chance.h"

#define NODES 2000u

static struct cm_order_node nodes[NODES];
static bool in[NODES];

static bool is_before(struct cm_order_key a, struct cm_order_key b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.at != b.at ? a.at < b.at : a.serial < b.serial;
}

/* How many of those that are in are before it, by looking at each. */
static size_t count_before(struct cm_order_key key)
{
    size_t count = 0;
    for (size_t i = 0; i < NODES; i++)
        count += in[i] && is_before(nodes[i].key, key);
    return count;
}

Test(order, places_are_those_that_counting_gives)
{
    struct cm_chance chance = {11};
    struct cm_order order = {NULL};
    size_t count = 0;
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t i = cm_chance_below(&chance, NODES);
        if (in[i]) {
            cm_order_remove(&order, &nodes[i]);
        } else {
            nodes[i].key = (struct cm_order_key){cm_chance_below(&chance, 2), (int64_t)cm_chance_below(&chance, 50) - 25, i};
            cm_order_insert(&order, &nodes[i]);
        }
        in[i] = !in[i];
        count += in[i] ? 1 : (size_t)-1;
        cr_assert_eq(cm_order_count(&order), count);
        if (step % 50)
            continue;
        struct cm_order_key key = {cm_chance_below(&chance, 3), (int64_t)cm_chance_below(&chance, 60) - 30,
                                   cm_chance_below(&chance, NODES)};
        cr_assert_eq(cm_order_before(&order, key), count_before(key));
        size_t place = count ? cm_chance_below(&chance, (uint32_t)count) : 0;
        struct cm_order_node *node = cm_order_at(&order, place);
        cr_assert_eq(node != NULL, count > 0);
        cr_assert(!node || count_before(node->key) == place);
        cr_assert_null(cm_order_at(&order, count));
    }
}

static size_t depth_of(const struct cm_order_node *node)
{
    size_t left = node ? depth_of(node->left) : 0, right = node ? depth_of(node->right) : 0;
    return node ? 1 + (left > right ? left : right) : 0;
}

Test(order, it_stays_flat_whatever_the_order_of_arrival)
{
    struct cm_order order = {NULL};
    for (size_t i = 0; i < NODES; i++) {
        nodes[i].key = (struct cm_order_key){0, (int64_t)i, i};
        cm_order_insert(&order, &nodes[i]);
    }
    cr_expect_lt(depth_of(order.root), 50);
}
