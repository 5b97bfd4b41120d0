#include "ops/erase.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/sqlite.h"
#include "kafka/writer.h"
#include "live/owner/state.h"

/* ------------------------------------------------------------- where to look */

static enum cm_status add(struct cm_erasure *erasure, enum cm_erase_kind kind, const char *name)
{
    enum cm_status status = cm_grow(&erasure->places, &erasure->cap, erasure->count + 1, sizeof *erasure->places);
    if (status != CM_OK || !name)
        return CM_ENOMEM;
    for (size_t i = 0; i < erasure->count; i++)
        if (erasure->places[i].kind == kind && strcmp(erasure->places[i].name, name) == 0)
            return CM_OK;
    erasure->places[erasure->count++] = (struct cm_erase_place){.kind = kind, .name = name};
    return CM_OK;
}

static enum cm_status add_scores(const struct cm_erase_request *request, struct cm_erasure *erasure, const char *topic)
{
    struct cm_buffer name = CM_BUFFER_EMPTY;
    enum cm_status status = CM_OK;
    for (uint32_t pack = 0; status == CM_OK && (pack == 0 || pack < request->pack_count); pack++) {
        cm_buffer_reset(&name);
        cm_outlets_topic(&name, topic, pack, pack ? request->pack_names[pack] : "");
        status = cm_buffer_status(&name);
        if (status == CM_OK)
            status = add(erasure, CM_ERASE_SCORES, cm_arena_copy(&erasure->arena, cm_buffer_view(&name)).ptr);
    }
    cm_buffer_free(&name);
    return status;
}

enum cm_status cm_erase_list(const struct cm_erase_request *request, struct cm_erasure *erasure)
{
    const struct cm_config *config = request->config;
    enum cm_status status = CM_OK;
    *erasure = (struct cm_erasure){0};
    for (size_t i = 0; i < config->source_count && status == CM_OK; i++)
        if (config->sources[i].kind == CM_PLACE_KAFKA)
            status =
                add(erasure, CM_ERASE_STATES, cm_arena_printf(&erasure->arena, "%s%s", config->sources[i].topic, config->state_suffix));
    for (size_t i = 0; i < config->sink_count && status == CM_OK; i++)
        if (config->sinks[i].kind == CM_PLACE_KAFKA)
            status = add_scores(request, erasure, config->sinks[i].topic);
    for (size_t i = 0; i < config->sink_count && status == CM_OK; i++)
        if (config->sinks[i].kind == CM_PLACE_SQLITE)
            status = add(erasure, CM_ERASE_DATABASE, config->sinks[i].path);
    for (size_t i = 0; i < request->database_count && status == CM_OK; i++)
        status = add(erasure, CM_ERASE_DATABASE, request->databases[i]);
    return status;
}

/* ---------------------------------------------------------------- what is found */

bool cm_erasure_takes(const struct cm_erasure *erasure, const struct cm_roll_entry *entry)
{
    return entry->live && (entry->named || cm_roll_find(&erasure->interactions, entry->id, 0));
}

uint64_t cm_erasure_found(const struct cm_erasure *erasure)
{
    uint64_t found = 0;
    for (size_t i = 0; i < erasure->count; i++)
        found += erasure->places[i].found;
    return found;
}

void cm_erasure_free(struct cm_erasure *erasure)
{
    for (size_t i = 0; i < erasure->count; i++) {
        cm_roll_free(&erasure->places[i].roll);
        free(erasure->places[i].epochs);
    }
    free(erasure->places);
    cm_roll_free(&erasure->interactions);
    cm_arena_free(&erasure->arena);
    *erasure = (struct cm_erasure){0};
}

/* -------------------------------------------------------------------- erasing */

static struct cm_span digits(char *text, size_t size, uint64_t number)
{
    int len = snprintf(text, size, "%" PRIu64, number);
    return (struct cm_span){text, (size_t)len};
}

/* As an owner writes it (live/serve/cluster_journal.c), under the epoch that is there: a higher one would drive the owner out. */
static enum cm_status put_state(struct cm_kafka_writer *writer, const struct cm_erase_place *place, const struct cm_roll_entry *entry)
{
    static const char no_rules[] = "00000000000000000000000000000000";
    char applied[24], epoch[24];
    struct cm_buffer key = CM_BUFFER_EMPTY;
    cm_state_key(&key, entry->id);
    struct cm_kafka_put put = {.topic = place->name,
                               .partition = (int32_t)entry->partition,
                               .key = cm_buffer_view(&key),
                               .headers = {{"o", digits(applied, sizeof applied, entry->applied)},
                                           {"e", digits(epoch, sizeof epoch, place->epochs[entry->partition])},
                                           {"r", cm_span_of(no_rules)},
                                           {"v", CM_SPAN(CM_STATE_VERSION)},
                                           {"x", CM_SPAN("1")}},
                               .header_count = 5};
    enum cm_status status = cm_buffer_status(&key);
    if (status == CM_OK)
        status = cm_kafka_put(writer, &put);
    cm_buffer_free(&key);
    return status;
}

static enum cm_status put_card(struct cm_kafka_writer *writer, const struct cm_erase_place *place, const struct cm_roll_entry *entry)
{
    char applied[24];
    struct cm_kafka_put put = {.topic = place->name,
                               .partition = (int32_t)entry->partition,
                               .key = entry->id,
                               .headers = {{"o", digits(applied, sizeof applied, entry->applied)}},
                               .header_count = 1};
    return cm_kafka_put(writer, &put);
}

static enum cm_status erase_topic(const struct cm_erase_request *request, struct cm_erasure *erasure, struct cm_erase_place *place,
                                  struct cm_kafka_writer *writer)
{
    uint64_t count = 0;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < place->roll.count && status == CM_OK; i++) {
        const struct cm_roll_entry *entry = &place->roll.items[i];
        if (!cm_erasure_takes(erasure, entry))
            continue;
        status = place->kind == CM_ERASE_STATES ? put_state(writer, place, entry) : put_card(writer, place, entry);
        count++;
    }
    if (status == CM_OK && count > 0)
        status = cm_kafka_settle(writer);
    if (status == CM_OK)
        place->erased = count;
    else if (status != CM_ENOMEM)
        cm_diagnostics_add(request->diagnostics, CM_SEVERITY_ERROR, "kafka-write", (struct cm_place){0},
                           "start again: what is left is found again", "topic %s: %s", place->name, cm_kafka_writer_error(writer));
    return status == CM_OK || status == CM_ENOMEM ? status : CM_EIO;
}

/* States first: from then on their owner writes nothing more of them. */
static enum cm_status erase_topics(const struct cm_erase_request *request, struct cm_erasure *erasure)
{
    struct cm_kafka_writer *writer = NULL;
    enum cm_status status = cm_kafka_writer_open(request->kafka, NULL, request->diagnostics, &writer);
    for (size_t i = 0; i < erasure->count && status == CM_OK; i++)
        if (erasure->places[i].kind != CM_ERASE_DATABASE)
            status = erase_topic(request, erasure, &erasure->places[i], writer);
    cm_kafka_writer_close(writer);
    return status;
}

enum cm_status cm_erase_do(const struct cm_erase_request *request, struct cm_erasure *erasure)
{
    enum cm_status status = request->kafka ? erase_topics(request, erasure) : CM_OK;
    for (size_t i = 0; i < erasure->count && status == CM_OK; i++) {
        struct cm_erase_place *place = &erasure->places[i];
        if (place->kind == CM_ERASE_DATABASE)
            status = cm_sqlite_erase(place->name, request->customer_id, &place->erased, request->diagnostics);
    }
    return status;
}
