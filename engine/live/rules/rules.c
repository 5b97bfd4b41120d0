#include "live/rules/rules.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "run/prove.h"

struct cm_rules {
    struct cm_packs packs;
    struct cm_hash128 hash;
    uint32_t number;
    _Atomic uint32_t holders;
};

/* Bytes of one number in the hashed form; the engine is little-endian (score/record.c). */
static void put(struct cm_buffer *out, uint64_t value)
{
    cm_buffer_append(out, &value, sizeof value);
}

static void put_text(struct cm_buffer *out, const char *text)
{
    put(out, strlen(text));
    cm_buffer_text(out, text);
}

static enum cm_status hash_packs(const struct cm_packs *packs, struct cm_hash128 *hash)
{
    struct cm_buffer form = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < packs->count; i++) {
        const struct cm_ruleset *ruleset = packs->items[i].ruleset;
        put_text(&form, ruleset->name);
        put_text(&form, ruleset->version);
        put(&form, ruleset->hash.low);
        put(&form, ruleset->hash.high);
    }
    put(&form, cm_redactor_hash(packs->redactor));
    *hash = cm_hash128(cm_buffer_view(&form));
    enum cm_status status = cm_buffer_status(&form);
    cm_buffer_free(&form);
    return status;
}

enum cm_status cm_rules_load(const char *const *names, size_t count, struct cm_diagnostics *diagnostics, struct cm_rules **out)
{
    static _Atomic uint32_t numbers;
    *out = NULL;
    struct cm_rules *rules = calloc(1, sizeof *rules);
    if (!rules)
        return CM_ENOMEM;
    enum cm_status status = cm_packs_load(&rules->packs, names, count, diagnostics);
    if (status == CM_OK)
        status = cm_packs_prove(&rules->packs, diagnostics);
    if (status == CM_OK)
        status = hash_packs(&rules->packs, &rules->hash);
    /* Relaxed: nobody else sees the set yet. */
    atomic_store_explicit(&rules->holders, 1, memory_order_relaxed);
    if (status != CM_OK) {
        cm_rules_release(rules);
        return status;
    }
    rules->number = atomic_fetch_add_explicit(&numbers, 1, memory_order_relaxed) + 1;
    *out = rules;
    return CM_OK;
}

struct cm_rules *cm_rules_hold(struct cm_rules *rules)
{
    /* Relaxed: whoever holds has the set already, and by whatever gave it to him sees all of it. */
    atomic_fetch_add_explicit(&rules->holders, 1, memory_order_relaxed);
    return rules;
}

void cm_rules_release(struct cm_rules *rules)
{
    /* Release: what this thread read of the set comes before it is freed; acquire: and so does what all others read. */
    if (!rules || atomic_fetch_sub_explicit(&rules->holders, 1, memory_order_acq_rel) != 1)
        return;
    cm_packs_free(&rules->packs);
    free(rules);
}

const struct cm_packs *cm_rules_packs(const struct cm_rules *rules)
{
    return &rules->packs;
}

struct cm_hash128 cm_rules_hash(const struct cm_rules *rules)
{
    return rules->hash;
}

uint32_t cm_rules_number(const struct cm_rules *rules)
{
    return rules->number;
}
