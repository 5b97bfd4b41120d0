/*
 * What must have come out, from the input alone: the events of an interaction that were not
 * dead letters, by the decoder, the scribe, the interaction and the judge of an archive.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/failpoint.h"
#include "run/scribe.h"
#include "score/interaction.h"
#include "score/judge.h"
#include "sim.h"

/* An event of the interaction that is being looked at. */
struct heard {
    uint64_t offset;
    struct cm_hash128 hash;
    size_t record_at, record_len; /* by the version at hand */
    bool identified, incomplete, future;
    bool full, late, erased; /* it has a dead letter that says so */
    bool stored;             /* the final state has it */
};

struct oracle {
    struct sim *sim;
    const struct sim_interaction *interaction;
    struct cm_arena arena;
    struct cm_interaction *order;
    struct cm_scribe *scribes[SIM_VERSIONS];
    struct cm_judge *judges[SIM_VERSIONS];
    struct heard *events;
    size_t count, cap;
    struct cm_buffer records, card, unpacked;
    /* of the final state */
    bool open, closed, marker;
    uint8_t flags;
};

/* ---------------------------------------------------------------- what is known */

static void mark_dead(struct oracle *oracle)
{
    const struct fake_log *log = &oracle->sim->broker.topics[FAKE_DEAD][oracle->interaction->partition];
    char reason[32];
    for (size_t i = 0; i < log->count; i++)
        for (size_t k = 0; k < oracle->count; k++)
            if (oracle->events[k].offset == log->items[i].applied) {
                sim_reason(&log->items[i], reason);
                oracle->events[k].full |= strcmp(reason, "interaction_full") == 0;
                oracle->events[k].late |= strcmp(reason, "too_late") == 0;
                oracle->events[k].erased |= strcmp(reason, "erased") == 0;
            }
}

/* One message of the source: an event of this interaction, a line that it lost, or none of its business. */
static void hear(struct oracle *oracle, unsigned version, const struct fake_record *message, uint64_t offset)
{
    struct cm_event event;
    struct cm_decoded decoded;
    struct cm_span line = message->value.ptr ? cm_decode_trim(message->value, true) : message->value;
    cm_arena_reset(&oracle->arena);
    if (!line.len)
        return;
    if (cm_decode(&oracle->arena, line, &event, &decoded) != CM_OK)
        sim_fail(oracle->sim, "the oracle cannot decode");
    struct cm_span id = decoded.reject == CM_REJECT_NONE ? event.interaction_id : decoded.incomplete_id;
    if (!cm_span_equal(id, oracle->interaction->id))
        return;
    if (cm_grow(&oracle->events, &oracle->cap, oracle->count + 1, sizeof *oracle->events) != CM_OK)
        sim_fail(oracle->sim, "no memory");
    struct heard *heard = &oracle->events[oracle->count++];
    struct cm_origin origin = {oracle->interaction->partition, offset};
    *heard = (struct heard){.offset = offset, .hash = event.hash, .record_at = oracle->records.len};
    heard->incomplete = decoded.reject != CM_REJECT_NONE;
    if (heard->incomplete) {
        cm_record_append_incomplete(&oracle->records, id, origin);
    } else {
        heard->identified = event.event_id.ptr || event.has & CM_HAS_SEQ;
        heard->future = event.has & CM_HAS_TS && event.ts > message->at + 300000;
        if (cm_scribe_write(oracle->scribes[version], &event, origin, &oracle->records) != CM_OK)
            sim_fail(oracle->sim, "the oracle cannot scan");
    }
    heard->record_len = oracle->records.len - heard->record_at;
}

static void hear_all(struct oracle *oracle, unsigned version)
{
    const struct fake_log *input = &oracle->sim->broker.input[oracle->interaction->partition];
    cm_buffer_reset(&oracle->records);
    oracle->count = 0;
    for (size_t i = 0; i < input->count; i++)
        if (cm_span_equal(input->items[i].key, oracle->interaction->id)) /* every message of the feed has its interaction's key */
            hear(oracle, version, &input->items[i], i);
    mark_dead(oracle);
}

/* The offsets that the stored records come from. */
static void mark_stored(struct oracle *oracle, struct cm_span packed)
{
    cm_buffer_reset(&oracle->unpacked);
    if (cm_packed_unpack(packed, &oracle->unpacked) != CM_OK)
        sim_fail(oracle->sim, "a state that cannot be unpacked");
    struct cm_span stream = cm_buffer_view(&oracle->unpacked), record;
    while (cm_record_next(&stream, &record)) {
        uint64_t offset, found = 0;
        memcpy(&offset, record.ptr + 24, sizeof offset); /* score/record.h */
        for (size_t i = 0; i < oracle->count; i++)
            if (oracle->events[i].offset == offset) {
                if (oracle->events[i].stored)
                    sim_fail(oracle->sim, "offset %" PRIu64 " is stored twice", offset);
                oracle->events[i].stored = true;
                found++;
            }
        if (!found)
            sim_fail(oracle->sim, "offset %" PRIu64 " is stored where it does not belong", offset);
    }
}

static void read_state(struct oracle *oracle)
{
    struct sim *sim = oracle->sim;
    struct cm_state_view view;
    cm_buffer_reset(&sim->key);
    cm_state_key(&sim->key, oracle->interaction->id);
    const struct fake_record *state = fake_last(&sim->broker.topics[FAKE_STATE][oracle->interaction->partition], cm_buffer_view(&sim->key));
    oracle->open = oracle->closed = oracle->marker = false;
    oracle->flags = 0;
    if (!state || !state->value.ptr)
        return;
    if (cm_state_decode(state->value, &view) != CM_OK) {
        sim_fail(sim, "a state that cannot be read");
        return;
    }
    oracle->open = view.phase == CM_PHASE_OPEN;
    oracle->closed = view.phase == CM_PHASE_CLOSED;
    oracle->marker = view.phase == CM_PHASE_MARKER;
    oracle->flags = view.flags;
    if (!oracle->marker)
        mark_stored(oracle, view.packed);
}

/* ------------------------------------------------------------------------ card */

/* Which events count: those from an offset on, and of these perhaps not all. */
struct choice {
    uint64_t from, late; /* before late also those with a dead letter: it is one of a flush that did not end, and they were read again */
    bool without_lost;   /* no lines that were no events: of those that came too late nothing tells */
};

static bool counts(const struct oracle *oracle, const struct heard *event, const struct choice *choice)
{
    if (event->offset < choice->from)
        return false;
    if (event->incomplete)
        return !choice->without_lost;
    if (!event->full && !event->late && !event->erased)
        return true;
    return oracle->closed ? event->stored : !event->full && event->offset < choice->late;
}

static bool render(struct oracle *oracle, unsigned version, const struct choice *choice, struct cm_span actual)
{
    struct cm_render_options options = oracle->sim->world->render;
    const struct cm_scorecard *card;
    const char *revision = memmem(actual.ptr, actual.len, "\"revision\":", 11);
    uint32_t flags = 0;
    cm_interaction_begin(oracle->order);
    for (size_t i = 0; i < oracle->count; i++) {
        const struct heard *event = &oracle->events[i];
        if (!counts(oracle, event, choice)) {
            /* of a flush that did not end a dead letter may say so; where the state is known, that says whether it came to that */
            bool refused = event->full && event->offset >= choice->from &&
                           (oracle->closed || oracle->marker || event->late ? oracle->flags & CM_ITEM_FULL : true);
            flags |= refused ? 1u << CM_FLAG_TOO_MANY_TURNS | (uint32_t)event->future << CM_FLAG_FUTURE_TIME : 0;
            continue;
        }
        flags |= (uint32_t)event->future << CM_FLAG_FUTURE_TIME;
        if (cm_interaction_add(oracle->order, (struct cm_span){oracle->records.ptr + event->record_at, event->record_len}) != CM_OK)
            return false;
    }
    cm_interaction_flag(oracle->order, flags);
    options.revision = revision ? (uint32_t)strtoul(revision + 11, NULL, 10) : 0;
    if (cm_interaction_seal(oracle->order) != CM_OK || cm_judge_run(oracle->judges[version], oracle->order, 0, true, &card) != CM_OK)
        return false;
    cm_buffer_reset(&oracle->card);
    cm_scorecard_json(card, &options, &oracle->card);
    return true;
}

static bool matches(struct oracle *oracle, unsigned version, struct choice choice, struct cm_span actual)
{
    return render(oracle, version, &choice, actual) && cm_span_equal(cm_buffer_view(&oracle->card), actual);
}

/* Where the interaction may have begun that the final card is of: the first event, or, where markers go, any. */
static bool matches_any(struct oracle *oracle, unsigned version, struct cm_span actual)
{
    size_t starts = oracle->sim->plan.short_marker ? oracle->count : 1;
    uint64_t first = oracle->events[0].offset;
    for (size_t i = oracle->count; oracle->closed && i-- > 0;)
        first = oracle->events[i].stored ? oracle->events[i].offset : first;
    if (oracle->closed)
        return matches(oracle, version, (struct choice){.from = oracle->sim->plan.short_marker ? first : 0}, actual);
    /* with its state forgotten, nothing tells which of several beginnings a limit was reached from in a flush that did not end */
    for (size_t i = 0; i < oracle->count; i++)
        if (starts > 1 && oracle->events[i].full)
            return true;
    for (size_t i = 0; i < starts; i++)
        for (size_t late = 0; late <= oracle->count; late++)
            for (unsigned lost = 0; lost < 2; lost++) {
                struct choice choice = {oracle->events[i].offset, late < oracle->count ? oracle->events[late].offset : UINT64_MAX, lost};
                bool new = late == 0 || late == oracle->count || oracle->events[late].late || oracle->events[late].full;
                if (new &&matches(oracle, version, choice, actual))
                    return true;
            }
    return false;
}

static bool is_erased(const struct sim *sim, const struct sim_interaction *interaction)
{
    for (size_t i = 0; i < sim->erased_count; i++)
        if (cm_span_equal(sim->erased[i], interaction->id))
            return true;
    return false;
}

static void tell_events(const struct oracle *oracle)
{
    const struct sim *sim = oracle->sim;
    sim_say(sim, "open %d, closed %d, marker %d, flags %u", oracle->open, oracle->closed, oracle->marker, oracle->flags);
    for (size_t i = 0; i < oracle->count; i++) {
        const struct heard *event = &oracle->events[i];
        struct cm_span line = sim->broker.input[oracle->interaction->partition].items[event->offset].value;
        sim_say(sim, "%5" PRIu64 "%s%s%s%s%s %.*s", event->offset, event->stored ? " stored" : "", event->full ? " full" : "",
                event->late ? " late" : "", event->incomplete ? " incomplete" : "", event->identified ? " identified" : "", (int)line.len,
                line.ptr);
    }
}

/* Nothing is lost: what no dead letter tells of is stored, or repeats what is. */
static void check_stored(struct oracle *oracle)
{
    struct sim *sim = oracle->sim;
    bool begun = !sim->plan.short_marker; /* what was before it is forgotten */
    for (size_t i = 0; i < oracle->count && !sim->failed; i++) {
        const struct heard *event = &oracle->events[i];
        begun |= event->stored;
        bool told = event->stored || event->full || event->late || event->erased || event->incomplete || !begun;
        for (size_t k = 0; k < oracle->count && !told && event->identified; k++)
            told = oracle->events[k].stored && cm_hash128_compare(oracle->events[k].hash, event->hash) == 0;
        if (!told) {
            sim_fail(sim, "partition %u, offset %" PRIu64 ": nowhere", oracle->interaction->partition, event->offset);
            tell_events(oracle);
        }
    }
}

static void check_interaction(struct oracle *oracle)
{
    struct sim *sim = oracle->sim;
    const struct fake_log *scores = &sim->broker.topics[FAKE_SCORES][oracle->interaction->partition];
    hear_all(oracle, 0);
    read_state(oracle);
    if (oracle->open)
        sim_fail(sim, "an interaction is still open");
    fake_card_key(&sim->key, "small", oracle->interaction->id);
    const struct fake_record *card = fake_last(scores, cm_buffer_view(&sim->key));
    if (is_erased(sim, oracle->interaction)) {
        if (oracle->marker && oracle->flags & CM_ITEM_ERASED && card && card->value.ptr)
            sim_fail(sim, "the card of what was erased is still there");
        return;
    }
    if (oracle->closed)
        check_stored(oracle);
    if (!oracle->count || sim->failed)
        return;
    if (!card || !card->value.ptr || !card->final) {
        sim_fail(sim, "no final card of an interaction with %zu events", oracle->count);
        return;
    }
    if (memmem(card->value.ptr, card->value.len, "\"pack_mixed\"", 12)) {
        if (!sim->plan.reloads)
            sim_fail(sim, "a card is mixed, and there never were other packs");
        return;
    }
    unsigned version = memmem(card->value.ptr, card->value.len, "\"version\":\"1.1.0\"", 17) != NULL;
    hear_all(oracle, version);
    read_state(oracle);
    if (!matches_any(oracle, version, card->value)) {
        sim_fail(sim, "partition %u, offset %" PRIu64 "…: the card is not what it should be", oracle->interaction->partition,
                 oracle->events[0].offset);
        tell_events(oracle);
        sim_say(sim, "is:        %.*s", (int)card->value.len, card->value.ptr);
        sim_say(sim, "should be: %.*s", (int)oracle->card.len, oracle->card.ptr);
    }
}

static enum cm_status oracle_open(struct oracle *oracle)
{
    const struct sim_world *world = oracle->sim->world;
    enum cm_status status = cm_interaction_new(&oracle->order);
    for (unsigned i = 0; i < SIM_VERSIONS && status == CM_OK; i++) {
        const struct cm_packs *packs = cm_rules_packs(world->rules[i]);
        status = cm_scribe_new(packs, world->render.evidence == CM_EVIDENCE_QUOTES, 0, &oracle->scribes[i]);
        if (status == CM_OK)
            status = cm_judge_new(packs->items[0].ruleset, &oracle->judges[i]);
        if (status == CM_OK && cm_scribe_redaction(oracle->scribes[i]))
            cm_judge_redact(oracle->judges[i], cm_scribe_redaction(oracle->scribes[i]));
    }
    return status;
}

static void oracle_close(struct oracle *oracle)
{
    for (unsigned i = 0; i < SIM_VERSIONS; i++) {
        cm_scribe_free(oracle->scribes[i]);
        cm_judge_free(oracle->judges[i]);
    }
    cm_interaction_free(oracle->order);
    cm_arena_free(&oracle->arena);
    cm_buffer_free(&oracle->records);
    cm_buffer_free(&oracle->card);
    cm_buffer_free(&oracle->unpacked);
    free(oracle->events);
}

void sim_oracle_check(struct sim *sim)
{
    struct oracle oracle = {.sim = sim};
    if (oracle_open(&oracle) != CM_OK)
        sim_fail(sim, "the oracle cannot begin");
    for (size_t i = 0; i < sim->feed.interaction_count && !sim->failed; i++) {
        oracle.interaction = &sim->feed.interactions[i];
        check_interaction(&oracle);
    }
    oracle_close(&oracle);
}
