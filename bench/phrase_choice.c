#include "phrase_choice.h"

#include <stdlib.h>

/* The first phrase not taken that still fits; drawn: there is none. */
static size_t first_fit(const uint32_t *pairs, const bool *taken, size_t from, size_t drawn, uint64_t most)
{
    while (from < drawn && (taken[from] || pairs[from] > most))
        from++;
    return from;
}

bool bench_choose(const uint32_t *pairs, size_t drawn, uint64_t budget, size_t count, size_t *chosen)
{
    bool *taken = calloc(drawn + 1, sizeof(*taken));
    uint64_t sum = 0;
    size_t made = 0, free_from = 0;
    for (; taken && made < count; made++) {
        while (free_from < drawn && taken[free_from])
            free_from++;
        size_t at = first_fit(pairs, taken, free_from, drawn, budget * (made + 1) / count - sum);
        if (at == drawn)
            break;
        taken[at] = true;
        chosen[made] = at;
        sum += pairs[at];
    }
    free(taken);
    return made == count;
}
