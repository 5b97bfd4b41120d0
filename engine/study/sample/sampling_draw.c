#include "base/hash.h"
#include "study/sample/sampler.h"

void cm_stratum_init(struct cm_stratum *stratum, struct cm_span name, uint64_t seed)
{
    *stratum = (struct cm_stratum){.told = {.name = name}, .seed = cm_draw_key(cm_hash64(name), 0, seed)};
}

void cm_stratum_free(struct cm_stratum *stratum)
{
    for (uint32_t i = 0; i < stratum->count; i++)
        cm_sampled_turn_drop(stratum->lots[i].turn);
    free(stratum->lots);
    stratum->lots = NULL;
    stratum->count = 0;
}

int cm_sampled_turn_compare(const struct cm_sampled_turn *a, const struct cm_sampled_turn *b)
{
    int by = cm_span_compare(a->interaction_id, b->interaction_id);
    return by ? by : (a->turn > b->turn) - (a->turn < b->turn);
}

/* Keys are hashes: what is equal in them is told apart by what it is. */
static int by_key(const void *left, const void *right)
{
    const struct cm_lot *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return cm_sampled_turn_compare(a->turn, b->turn);
}

bool cm_stratum_wants(const struct cm_stratum *stratum, uint32_t limit, uint64_t key)
{
    return stratum->count < limit || (limit > 0 && key <= stratum->lots[0].key);
}

static void swap(struct cm_lot *a, struct cm_lot *b)
{
    struct cm_lot c = *a;
    *a = *b;
    *b = c;
}

static void rise(struct cm_lot *lots, uint32_t at)
{
    for (uint32_t above = (at - 1) / 2; at > 0 && by_key(&lots[at], &lots[above]) > 0; at = above, above = (at - 1) / 2)
        swap(&lots[at], &lots[above]);
}

static void sink(struct cm_lot *lots, uint32_t count)
{
    for (uint32_t at = 0, below = 1; below < count; at = below, below = 2 * at + 1) {
        if (below + 1 < count && by_key(&lots[below + 1], &lots[below]) > 0)
            below++;
        if (by_key(&lots[below], &lots[at]) <= 0)
            return;
        swap(&lots[at], &lots[below]);
    }
}

enum cm_status cm_stratum_add(struct cm_stratum *stratum, uint32_t limit, uint64_t key, struct cm_sampled_turn *turn)
{
    struct cm_lot lot = {key, turn};
    if (stratum->count < limit) {
        enum cm_status status = cm_grow(&stratum->lots, &stratum->cap, stratum->count + 1u, sizeof *stratum->lots);
        if (status != CM_OK)
            return status;
        stratum->lots[stratum->count] = lot;
        rise(stratum->lots, stratum->count++);
    } else if (limit > 0 && by_key(&lot, &stratum->lots[0]) < 0) {
        cm_sampled_turn_drop(stratum->lots[0].turn);
        stratum->lots[0] = lot;
        sink(stratum->lots, stratum->count);
    } else {
        return CM_OK;
    }
    turn->held++;
    return CM_OK;
}

enum cm_status cm_stratum_merge(struct cm_stratum *into, struct cm_stratum *from, uint32_t limit)
{
    enum cm_status status = CM_OK;
    into->told.population += from->told.population;
    for (uint32_t i = 0; i < from->count && status == CM_OK; i++)
        status = cm_stratum_add(into, limit, from->lots[i].key, from->lots[i].turn);
    cm_stratum_free(from);
    return status;
}

static void mark_drawn(struct cm_sampled_turn *turn, uint32_t stratum)
{
    for (uint32_t i = 0; i < turn->stratum_count; i++)
        turn->drawn[i] |= turn->strata[i] == stratum;
}

/* The next turn of the stratum; true where it does not stand yet. */
static bool take_next(struct cm_stratum *stratum, uint32_t number)
{
    struct cm_sampled_turn *turn = stratum->lots[stratum->told.drawn++].turn;
    bool is_new = !turn->stands;
    turn->stands = true;
    mark_drawn(turn, number);
    return is_new;
}

/* Rounds: after round r every stratum that can has drawn r turns at least. */
static uint32_t go_round(struct cm_stratum *strata, const uint32_t *order, uint32_t count, uint32_t turns, uint32_t stand)
{
    bool more = true;
    for (uint32_t round = 1; more && stand < turns; round++) {
        more = false;
        for (uint32_t i = 0; i < count && stand < turns; i++) {
            struct cm_stratum *stratum = &strata[order[i]];
            if (stratum->told.drawn < round && stratum->told.drawn < stratum->count)
                stand += take_next(stratum, order[i]);
            more |= stratum->told.drawn < stratum->count;
        }
    }
    return stand;
}

struct place {
    uint64_t key;
    uint32_t number;
};

static int by_place(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* Who is served last gets nothing of the last round: that is a matter of chance, not of names. */
static enum cm_status serve_in_order(const struct cm_stratum *strata, uint32_t count, uint32_t first, uint32_t **out)
{
    struct place *places = calloc(count + 1u, sizeof *places);
    uint32_t *order = calloc(count + 1u, sizeof *order);
    for (uint32_t i = 0; places && order && i < count; i++)
        places[i] = (struct place){i < first ? 0 : strata[i].seed | 1, i};
    if (places && order && count > 0)
        qsort(places, count, sizeof *places, by_place);
    for (uint32_t i = 0; places && order && i < count; i++)
        order[i] = places[i].number;
    bool made = places && order;
    free(places);
    if (!made)
        free(order);
    *out = made ? order : NULL;
    return made ? CM_OK : CM_ENOMEM;
}

static void weigh(const struct cm_stratum *strata, struct cm_sampled_turn *turn)
{
    double out = 1;
    for (uint32_t i = 0; i < turn->stratum_count; i++) {
        const struct cm_sampling_stratum *stratum = &strata[turn->strata[i]].told;
        out *= 1 - (double)stratum->drawn / (double)stratum->population;
    }
    turn->weight = 1 / (1 - out);
}

enum cm_status cm_strata_draw(struct cm_stratum *strata, uint32_t count, uint32_t first, uint32_t turns, uint32_t *drawn)
{
    uint32_t *order, stand = 0;
    for (uint32_t i = 0; i < count; i++)
        if (strata[i].count > 0)
            qsort(strata[i].lots, strata[i].count, sizeof *strata[i].lots, by_key);
    *drawn = 0;
    enum cm_status status = serve_in_order(strata, count, first, &order);
    if (status != CM_OK)
        return status;
    uint32_t own = first > 0 ? (turns + CM_SAMPLING_RANDOM_PART - 1) / CM_SAMPLING_RANDOM_PART : 0;
    while (own-- > 0 && strata[0].told.drawn < strata[0].count)
        stand += take_next(&strata[0], 0);
    *drawn = go_round(strata, order, count, turns, stand);
    free(order);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < strata[i].told.drawn; j++)
            weigh(strata, strata[i].lots[j].turn);
    return CM_OK;
}
