/* Any bytes as the ids of cues that a state log may hold: refused, or a map that leads nowhere but to cues, and no two to one. */
#include <stdint.h>
#include <stdlib.h>

#include "live/rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static const struct cm_rules *rules(void)
{
    static struct cm_rules *loaded;
    const char *name = CM_SOURCE_DIR "/tests/e2e/pack";
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    if (!loaded)
        check(cm_rules_load(&name, 1, &diagnostics, &loaded) == CM_OK);
    cm_diagnostics_free(&diagnostics);
    return loaded;
}

static void check_map(const struct cm_remap *remap)
{
    const struct cm_packs *packs = cm_rules_packs(rules());
    check(remap->pack_count == packs->count && remap->old_pack_count > 0 && remap->old_pack_count <= CM_PACKS_MAX);
    for (uint32_t old = 0; old < remap->old_pack_count; old++) {
        bool kept = remap->packs[0] == old;
        uint32_t seen = 0; /* the pack has fewer cues than this has bits */
        for (uint32_t i = 0; i < remap->cue_counts[old]; i++) {
            uint32_t cue = remap->cues[old][i];
            check(cue == CM_REMAP_NONE || (kept && cue < packs->items[0].ruleset->cue_count && !(seen & 1u << cue)));
            seen |= cue == CM_REMAP_NONE ? 0 : 1u << cue;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_cue_map map;
    enum cm_status status = cm_cue_map_new((struct cm_span){(const char *)data, size}, rules(), &map);
    check(status == CM_OK || status == CM_EINPUT);
    if (status == CM_OK) {
        struct cm_remap remap = cm_cue_map_remap(&map);
        check_map(&remap);
    }
    cm_cue_map_free(&map);
    return 0;
}
