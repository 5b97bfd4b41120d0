/* The table of items and their timers, held against a list that is looked through. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "live/owner/item.h"

#define IDS 400u

/* What the table should be. */
struct model {
    struct cm_item *items[IDS]; /* NULL: not there */
    size_t count;
    uint64_t mask; /* of hashes: few different ones, so that they collide */
};

static struct cm_span id_of(uint32_t number, char text[16])
{
    int len = snprintf(text, 16, "id-%u", number);
    return (struct cm_span){text, (size_t)len};
}

static uint64_t hash_of(const struct model *model, struct cm_span id)
{
    return cm_hash64(id) & model->mask;
}

static struct cm_item *find(const struct cm_table *table, const struct model *model, uint32_t number)
{
    char text[16];
    struct cm_span id = id_of(number, text);
    return cm_table_find(table, id, hash_of(model, id));
}

/* The one that is due first, by looking at all; of equals the one with the lesser hash. */
static const struct cm_item *first_due(const struct model *model, int64_t now)
{
    const struct cm_item *first = NULL;
    for (size_t i = 0; i < IDS; i++) {
        const struct cm_item *item = model->items[i];
        if (!item || item->due > now || item->due == INT64_MAX)
            continue;
        if (!first || item->due < first->due || (item->due == first->due && item->hash < first->hash))
            first = item;
    }
    return first;
}

static void compare(const struct cm_table *table, const struct model *model, int64_t now)
{
    size_t seen = 0, scheduled = 0, phases[CM_PHASE_COUNT] = {0};
    struct cm_item *item;
    for (size_t at = 0; (item = cm_table_next(table, &at)); seen++) {
        scheduled += item->due != INT64_MAX;
        phases[item->phase]++;
    }
    cr_assert_eq(seen, model->count);
    for (size_t i = 0; i < CM_PHASE_COUNT; i++)
        cr_assert_eq(table->phases[i], phases[i]);
    cr_assert_eq(table->count, model->count);
    cr_assert_eq(table->heap_count, scheduled);
    for (uint32_t i = 0; i < IDS; i++)
        cr_assert_eq(find(table, model, i), model->items[i]);
    const struct cm_item *due = cm_table_due(table, now), *expected = first_due(model, now);
    cr_assert_eq(due == NULL, expected == NULL);
    cr_assert(!due || (due->due == expected->due && due->hash == expected->hash));
}

static void step(struct cm_table *table, struct model *model, struct cm_chance *chance)
{
    uint32_t number = cm_chance_below(chance, IDS);
    char text[16];
    struct cm_span id = id_of(number, text);
    struct cm_item **slot = &model->items[number];
    if (!*slot) {
        *slot = cm_table_add(table, id, hash_of(model, id));
        cr_assert_not_null(*slot);
        cr_assert(cm_span_equal(cm_item_id(*slot), id));
        cr_assert_eq((*slot)->applied, CM_APPLIED_NONE);
        model->count++;
    } else if (cm_chance_once_in(chance, 3)) {
        cm_table_remove(table, *slot);
        *slot = NULL;
        model->count--;
    }
    if (!*slot)
        return;
    (*slot)->due = cm_chance_once_in(chance, 4) ? INT64_MAX : (int64_t)cm_chance_below(chance, 50) - 25;
    cr_assert_eq(cm_table_schedule(table, *slot), CM_OK);
}

static void run(uint64_t mask, uint64_t seed)
{
    struct cm_table table = {0};
    struct model model = {.mask = mask};
    struct cm_chance chance = {seed};
    for (unsigned i = 0; i < 4000; i++) {
        step(&table, &model, &chance);
        if (i % 16 == 0)
            compare(&table, &model, (int64_t)cm_chance_below(&chance, 60) - 30);
    }
    compare(&table, &model, INT64_MAX - 1);
    cm_table_free(&table);
}

Test(item, a_table_is_what_a_list_would_be)
{
    for (uint64_t seed = 1; seed < 5; seed++)
        run(UINT64_MAX, seed);
}

Test(item, also_where_hashes_collide)
{
    run(0x7FF, 1);
    run(0x380, 2); /* eight different ones */
    run(0, 3);
}

Test(item, timers_fire_in_order)
{
    struct cm_table table = {0};
    struct cm_chance chance = {7};
    char text[16];
    for (uint32_t i = 0; i < IDS; i++) {
        struct cm_span id = id_of(i, text);
        struct cm_item *item = cm_table_add(&table, id, cm_hash64(id));
        item->due = cm_chance_below(&chance, 100);
        cr_assert_eq(cm_table_schedule(&table, item), CM_OK);
    }
    int64_t last = -1;
    uint64_t last_hash = 0;
    size_t fired = 0;
    for (struct cm_item *item; (item = cm_table_due(&table, 99)); fired++) {
        cr_assert(item->due > last || (item->due == last && item->hash > last_hash));
        last = item->due;
        last_hash = item->hash;
        item->due = INT64_MAX;
        cr_assert_eq(cm_table_schedule(&table, item), CM_OK);
    }
    cr_expect_eq(fired, IDS);
    cr_expect_null(cm_table_due(&table, INT64_MAX - 1));
    cm_table_free(&table);
}

Test(item, what_rests_fires_when_it_is_scheduled_anew)
{
    struct cm_table table = {0};
    struct cm_item *item = cm_table_add(&table, CM_SPAN("a"), 1);
    item->due = 7;
    cr_assert_eq(cm_table_schedule(&table, item), CM_OK);
    cm_table_rest(&table, item);
    cm_table_rest(&table, item); /* it does already */
    cr_expect_null(cm_table_due(&table, 7));
    cr_expect_eq(item->due, 7);
    cr_assert_eq(cm_table_schedule(&table, item), CM_OK);
    cr_expect_eq(cm_table_due(&table, 7), item);
    cm_table_free(&table);
}

Test(item, an_empty_table_has_nothing)
{
    struct cm_table table = {0};
    size_t at = 0;
    cr_expect_null(cm_table_find(&table, CM_SPAN("a"), 1));
    cr_expect_null(cm_table_next(&table, &at));
    cr_expect_null(cm_table_due(&table, INT64_MAX));
    cm_table_free(&table);
}
