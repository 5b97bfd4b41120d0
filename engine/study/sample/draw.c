#include "study/sample/draw.h"

/* The finisher of splitmix64: neighbouring places get unrelated keys. */
uint64_t cm_draw_key(uint64_t interaction_hash, uint64_t place, uint64_t seed)
{
    uint64_t key = interaction_hash + (place + 1) * 0x9E3779B97F4A7C15u + seed * 0xD1B54A32D192ED03u;
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9u;
    key = (key ^ key >> 27) * 0x94D049BB133111EBu;
    return key ^ key >> 31;
}
