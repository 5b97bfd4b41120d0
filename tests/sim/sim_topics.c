/* What must be true of the topics as such, whatever the scorecards are. */
#include <inttypes.h>
#include <stdlib.h>

#include "event/decode.h"
#include "sim.h"

const char *sim_reason(const struct fake_record *dead, char reason[32])
{
    const char *from = memmem(dead->value.ptr, dead->value.len, "\"reason\":\"", 10);
    size_t len = 0;
    reason[0] = '\0';
    if (!from)
        return reason;
    for (from += 10; from[len] != '"' && len < 31; len++)
        reason[len] = from[len];
    reason[len] = '\0';
    return reason;
}

/* A line that is no event has its dead letter, and what is none has none. */
static void check_dead(struct sim *sim, struct cm_arena *arena, uint32_t partition)
{
    const struct fake_log *input = &sim->broker.input[partition], *dead = &sim->broker.topics[FAKE_DEAD][partition];
    bool *told = calloc(input->count + 1, sizeof *told);
    char reason[32];
    for (size_t i = 0; told && i < dead->count && !sim->failed; i++) {
        struct cm_event event;
        struct cm_decoded decoded;
        uint64_t offset = dead->items[i].applied;
        if (offset >= input->count || !input->items[offset].value.ptr) {
            sim_fail(sim, "a dead letter of what is no line");
            break;
        }
        cm_arena_reset(arena);
        if (cm_decode(arena, cm_decode_trim(input->items[offset].value, true), &event, &decoded) != CM_OK)
            sim_fail(sim, "the oracle cannot decode");
        sim_reason(&dead->items[i], reason);
        bool ours = strcmp(reason, "too_late") == 0 || strcmp(reason, "interaction_full") == 0 || strcmp(reason, "erased") == 0;
        if (decoded.reject == CM_REJECT_NONE ? !ours : strcmp(reason, cm_reject_code(decoded.reject)) != 0)
            sim_fail(sim, "a dead letter says %s, and should say %s", reason, cm_reject_code(decoded.reject));
        told[offset] = true;
    }
    for (size_t i = 0; told && i < input->count && !sim->failed; i++) {
        struct cm_event event;
        struct cm_decoded decoded;
        struct cm_span line = input->items[i].value.ptr ? cm_decode_trim(input->items[i].value, true) : input->items[i].value;
        cm_arena_reset(arena);
        if (line.len && cm_decode(arena, line, &event, &decoded) == CM_OK && decoded.reject != CM_REJECT_NONE && !told[i])
            sim_fail(sim, "partition %u, offset %zu was rejected, and no dead letter tells of it", partition, i);
    }
    free(told);
}

/* Whoever reads the cards sees an interaction grow, never shrink. */
static void check_versions(struct sim *sim, uint32_t partition)
{
    const struct fake_log *scores = &sim->broker.topics[FAKE_SCORES][partition];
    for (size_t i = 0; i < sim->feed.interaction_count && !sim->failed; i++) {
        uint64_t last = 0;
        if (sim->feed.interactions[i].partition != partition)
            continue;
        fake_card_key(&sim->key, "small", sim->feed.interactions[i].id);
        for (size_t k = 0; k < scores->count; k++) {
            const struct fake_record *card = &scores->items[k];
            if (!card->value.ptr || !cm_span_equal(card->key, cm_buffer_view(&sim->key)))
                continue;
            if (card->applied < last)
                sim_fail(sim, "a card of offset %" PRIu64 " was followed by one of %" PRIu64, last, card->applied);
            last = card->applied;
        }
    }
}

void sim_topics_check(struct sim *sim)
{
    struct cm_arena arena = {0};
    for (uint32_t i = 0; i < sim->plan.partitions && !sim->failed; i++) {
        check_dead(sim, &arena, i);
        if (!sim->plan.zombies)
            check_versions(sim, i);
    }
    if (sim->broker.broken)
        sim_fail(sim, "%s", sim->broker.broken);
    cm_arena_free(&arena);
}
