/*
 * One process of live running for a test: events are message, time passes, what came out is looked at. One partition,
 * the small pack, a broker that fails only where a test says so.
 */
#ifndef LIVING_H
#define LIVING_H

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake_broker.h"
#include "live/owner/owner.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define NOON INT64_C(1700000000000)
#define UNIT CM_UNIT(0, 0)

struct life {
    struct fake_broker broker;
    struct fake_client client;
    struct cm_live_settings set;
    struct cm_live *live;
    struct cm_rules *rules[2];
    struct cm_live_worker *worker;
    struct cm_pool *pool;
    struct cm_render_options render;
    uint64_t started, position; /* as told; and what is read next */
    bool superseded;
    char told[4096]; /* all that was told, a line each */
    struct cm_buffer records, key;
};

static inline void life_started(void *context, uint32_t unit, uint64_t position)
{
    struct life *life = context;
    cr_assert_eq(unit, UNIT);
    life->started = position;
    life->position = position >= CM_POSITION_FIRST ? 0 : position;
}

static inline void life_superseded(void *context, uint32_t unit)
{
    struct life *life = context;
    cr_assert_eq(unit, UNIT);
    life->superseded = true;
}

static inline void life_tell(void *context, const char *text)
{
    struct life *life = context;
    size_t len = strlen(life->told);
    snprintf(life->told + len, sizeof life->told - len, "%s\n", text);
}

static inline enum cm_status life_worker_new(void *context, unsigned number, void **worker)
{
    struct life *life = context;
    (void)number;
    return cm_live_worker_new(&life->render, (struct cm_live_worker **)worker);
}

static inline void life_worker_free(void *context, void *worker)
{
    (void)context;
    cm_live_worker_free(worker);
}

/* The packs before and after a change, and what a test may still change of the settings. */
static inline void life_prepare(struct life *life)
{
    static const char *const names[] = {"events"};
    static const char *const packs[] = {CM_SOURCE_DIR "/tests/e2e/pack", CM_SOURCE_DIR "/tests/e2e/pack_next"};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    *life = (struct life){.render = {.evidence = CM_EVIDENCE_QUOTES}};
    for (unsigned i = 0; i < 2; i++)
        cr_assert_eq(cm_rules_load(&packs[i], 1, &diagnostics, &life->rules[i]), CM_OK);
    cm_diagnostics_free(&diagnostics);
    struct cm_pool_request request = {.worker_new = life_worker_new, .worker_free = life_worker_free, .context = life};
    cr_assert_eq(cm_pool_new(&request, &life->pool), CM_OK);
    cr_assert_eq(cm_live_worker_new(&life->render, &life->worker), CM_OK);
    fake_broker_init(&life->broker, 1, 1);
    life->broker.owner[0] = 1;
    life->broker.now = NOON;
    life->set = (struct cm_live_settings){.pool = life->pool,
                                          .worker = life->worker,
                                          .rules = life->rules[0],
                                          .keep_closed_ms = HOUR,
                                          .keep_marker_ms = 10 * HOUR,
                                          .skew_ms = 5 * MINUTE,
                                          .quiet_ms = 30 * SECOND,
                                          .max_turns = 100,
                                          .max_state_bytes = 900 * 1024,
                                          .max_memory_bytes = UINT64_MAX,
                                          .spill_folder = "/tmp",
                                          .open_cards = true,
                                          .source_names = names,
                                          .started = life_started,
                                          .superseded = life_superseded,
                                          .tell = life_tell,
                                          .context = life};
    for (unsigned i = 0; i < CM_CHANNEL_COUNT; i++)
        life->set.idle_ms[i] = MINUTE;
}

/* Entries of the state, until there are none for now; what the last of them gave. */
static inline enum cm_status life_restore(struct life *life)
{
    struct cm_entry entry;
    enum cm_status status = CM_OK;
    while (status == CM_OK && cm_live_restoring(life->live) && cm_journal_next(&life->client.journal, 0, &entry) == CM_OK)
        status = cm_live_entry(life->live, &entry);
    return status;
}

/* A process begins, with what is stored; its state is yet to be read. */
static inline void life_open(struct life *life, uint32_t number)
{
    fake_client_init(&life->client, &life->broker, number);
    life->set.journal = &life->client.journal;
    life->superseded = false;
    cr_assert_eq(cm_live_new(&life->set, &life->live), CM_OK);
    cm_live_clock(life->live, life->broker.now);
    cr_assert_eq(cm_live_assign(life->live, UNIT), CM_OK);
}

static inline void life_begin(struct life *life)
{
    life_open(life, 1);
    cr_assert_eq(life_restore(life), CM_OK);
    cr_assert(cm_live_runs(life->live, UNIT));
}

/* The process dies as it is. */
static inline void life_kill(struct life *life)
{
    fake_crash(&life->client);
    cm_live_free(life->live);
    fake_client_free(&life->client);
    life->live = NULL;
}

static inline void life_again(struct life *life)
{
    life_kill(life);
    life_begin(life);
}

static inline void life_end(struct life *life)
{
    if (life->live)
        life_kill(life);
    fake_broker_free(&life->broker);
    cm_pool_free(life->pool);
    cm_live_worker_free(life->worker);
    cm_rules_release(life->rules[0]);
    cm_rules_release(life->rules[1]);
    cm_buffer_free(&life->records);
    cm_buffer_free(&life->key);
}

/* Everything in the source that was not read yet is applied. */
static inline void life_read(struct life *life)
{
    const struct fake_log *input = &life->broker.input[0];
    cm_live_clock(life->live, life->broker.now);
    for (; life->position < input->count; life->position++) {
        const struct fake_record *source = &input->items[life->position];
        struct cm_message message = {
            .unit = UNIT, .offset = life->position, .log_ts = source->at, .key = source->key, .line = source->value, .keyed = true};
        struct cm_parsed parsed;
        cm_buffer_reset(&life->records);
        cr_assert_eq(cm_live_worker_parse(life->worker, cm_live_rules(life->live), &message, &life->records, &parsed), CM_OK);
        struct cm_span record = {life->records.ptr, parsed.record_len};
        cr_assert_eq(cm_live_apply(life->live, &message, &parsed, cm_live_rules(life->live), record), CM_OK);
    }
}

/* To be read later. */
static inline void life_send(struct life *life, const char *id, const char *fields)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    cm_buffer_printf(&line, "{\"interaction_id\":\"%s\",%s}", id, fields);
    fake_produce(&life->broker, 0, cm_span_of(id), cm_buffer_view(&line));
    cm_buffer_free(&line);
}

static inline void life_pass(struct life *life, int64_t ms)
{
    life->broker.now += ms;
}

/* A message, now: who says what, and what else the event has ("" or ,"key":value …). */
static inline void life_say(struct life *life, const char *id, const char *speaker, const char *text, const char *more)
{
    char fields[512];
    snprintf(fields, sizeof fields, "\"ts\":%" PRId64 ",\"speaker\":\"%s\",\"text\":\"%s\"%s", life->broker.now, speaker, text, more);
    life_send(life, id, fields);
    life_read(life);
}

static inline void life_flush(struct life *life)
{
    cm_live_clock(life->live, life->broker.now);
    cr_assert_eq(cm_live_timers(life->live), CM_OK);
    cr_assert_eq(cm_live_flush(life->live), CM_OK);
}

static inline const struct cm_item *life_item(struct life *life, const char *id)
{
    const struct cm_unit_state *unit = cm_live_unit_of(life->live, UNIT);
    return cm_table_find(&unit->table, cm_span_of(id), cm_hash64(cm_span_of(id)));
}

/* enum cm_phase, or -1: nothing is known of it. */
static inline int life_phase(struct life *life, const char *id)
{
    const struct cm_item *item = life_item(life, id);
    return item ? item->phase : -1;
}

static inline const struct fake_record *life_card(struct life *life, const char *id)
{
    fake_card_key(&life->key, "small", cm_span_of(id));
    return fake_last(&life->broker.topics[FAKE_SCORES][0], cm_buffer_view(&life->key));
}

static inline bool card_has(const struct fake_record *card, const char *text)
{
    return card && card->value.ptr && memmem(card->value.ptr, card->value.len, text, strlen(text));
}

/* Its last card is final (or open), and of this revision. */
static inline void expect_card(struct life *life, const char *id, const char *status, unsigned revision)
{
    char text[64];
    const struct fake_record *card = life_card(life, id);
    snprintf(text, sizeof text, "\"status\":\"%s\",\"revision\":%u", status, revision);
    cr_expect(card_has(card, text), "%s: not %s: %.*s", id, text, card ? (int)card->value.len : 0, card ? card->value.ptr : "");
}

static inline size_t life_cards(const struct life *life)
{
    return life->broker.topics[FAKE_SCORES][0].count;
}

/* Dead letters with this reason. */
static inline size_t life_dead(const struct life *life, const char *reason)
{
    const struct fake_log *log = &life->broker.topics[FAKE_DEAD][0];
    size_t count = 0;
    char text[64];
    snprintf(text, sizeof text, "\"reason\":\"%s\"", reason);
    for (size_t i = 0; i < log->count; i++)
        count += memmem(log->items[i].value.ptr, log->items[i].value.len, text, strlen(text)) != NULL;
    return count;
}

/* The last record of an interaction in the state log. */
static inline struct fake_record *life_state(struct life *life, const char *id)
{
    struct fake_log *log = &life->broker.topics[FAKE_STATE][0];
    for (size_t i = log->count; i-- > 0;)
        if (cm_span_equal(log->items[i].key, cm_span_of(id)))
            return &log->items[i];
    return NULL;
}

#endif
