#include "study/sample/draw.h"

uint64_t cm_draw_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

uint64_t cm_draw_key(uint64_t interaction_hash, uint64_t place, uint64_t seed)
{
    return cm_draw_mix(interaction_hash + (place + 1) * 0x9E3779B97F4A7C15u + seed * 0xD1B54A32D192ED03u);
}
