/* Where a customer is, by reading everything that is kept. */
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "io/sqlite.h"
#include "kafka/reader.h"
#include "kafka/topics.h"
#include "live/owner/state.h"
#include "ops/erase.h"
#include "ops/target.h"
#include "score/customer.h"

#define WAIT_MS 100
#define PROGRESS_MS 100
/* After so long without a record a topic cannot be read. */
#define SILENCE_MAX_MS 60000

struct find {
    const struct cm_erase_request *request;
    struct cm_erasure *erasure;
    struct cm_kafka_reader *reader;
    struct cm_kafka_stream *stream;
    struct cm_kafka_batch batch;
    struct cm_buffer records, written; /* scratch; the customer's id as JSON */
    struct cm_arena json;
    bool plain; /* no writer of JSON has a reason to write the id in another way */
    int64_t told;
    struct cm_erase_place *place; /* that is being read */
    int64_t *ends;                /* of its partitions: where reading ends; 0: it has ended */
    uint64_t total;
    uint32_t open;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum cm_status fail(struct find *find, const char *why)
{
    cm_diagnostics_add(find->request->diagnostics, CM_SEVERITY_ERROR, "kafka-read", (struct cm_place){0}, NULL,
                       "topic %s cannot be read: %s", find->place->name, why);
    return CM_EIO;
}

/* ----------------------------------------------------------- one record of a topic */

static uint64_t number_of(const struct cm_kafka_message *message, const char *name)
{
    struct cm_span text;
    uint64_t value = 0;
    if (!cm_kafka_header(message, name, &text))
        return 0;
    for (size_t i = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    return value;
}

/* The entry of an interaction, a new one where it is the customer's; *entry NULL: it is nobody we look for. */
static enum cm_status entry_for(struct find *find, struct cm_span id, uint32_t partition, bool named, struct cm_roll_entry **entry)
{
    *entry = cm_roll_find(&find->place->roll, id, partition);
    if (*entry || (!named && !cm_roll_find(&find->erasure->interactions, id, 0)))
        return CM_OK;
    *entry = cm_roll_add(&find->place->roll, id, partition);
    return *entry ? CM_OK : CM_ENOMEM;
}

/* Whose is a state? live: there is something to erase. */
static enum cm_status look_into_state(struct find *find, const struct cm_kafka_message *message, bool *live, bool *named)
{
    struct cm_state_view view;
    *live = *named = false;
    if (!message->value.ptr)
        return CM_OK;
    if (cm_state_decode(message->value, &view) != CM_OK) {
        find->place->damaged++;
        return CM_OK;
    }
    *live = !(view.phase == CM_PHASE_MARKER && view.flags & CM_ITEM_ERASED);
    if (view.phase == CM_PHASE_MARKER)
        return CM_OK;
    enum cm_status status = cm_packed_names(view.packed, find->request->customer_id, &find->records, named);
    find->place->damaged += status == CM_EINPUT;
    return status == CM_EINPUT ? CM_OK : status;
}

/* Of several records of a key the owner goes by the highest epoch, then the highest offset (live/owner/restore.c). */
static bool stands(const struct cm_roll_entry *entry, uint64_t epoch, uint64_t applied)
{
    return epoch != entry->epoch ? epoch > entry->epoch : applied >= entry->applied;
}

static enum cm_status take_state(struct find *find, const struct cm_kafka_message *message)
{
    struct cm_span id;
    struct cm_hash128 rules;
    struct cm_roll_entry *entry;
    bool live, named;
    uint64_t epoch = number_of(message, "e"), applied = number_of(message, "o");
    uint64_t *highest = &find->place->epochs[message->partition];
    *highest = epoch > *highest ? epoch : *highest;
    if (cm_state_key_kind(message->key, &id, &rules) != CM_KEY_INTERACTION)
        return CM_OK;
    enum cm_status status = look_into_state(find, message, &live, &named);
    if (status == CM_OK)
        status = entry_for(find, id, message->partition, named, &entry);
    if (status != CM_OK || !entry || !stands(entry, epoch, applied))
        return status;
    entry->epoch = epoch;
    entry->applied = applied;
    entry->live = live;
    entry->named = named;
    return CM_OK;
}

static bool contains(struct cm_span bytes, struct cm_span wanted)
{
    return memmem(bytes.ptr, bytes.len, wanted.ptr, wanted.len) != NULL;
}

static enum cm_status look_into_card(struct find *find, struct cm_span card, bool *named)
{
    struct cm_json *json;
    *named = false;
    if (!card.ptr || (find->plain && !contains(card, cm_buffer_view(&find->written))))
        return CM_OK;
    cm_arena_reset(&find->json);
    enum cm_status status = cm_json_parse(&find->json, card, &json, NULL);
    if (status == CM_OK)
        *named = cm_span_equal(cm_json_text(json, "customer_id"), find->request->customer_id);
    find->place->damaged += status == CM_EINPUT;
    return status == CM_EINPUT ? CM_OK : status;
}

static enum cm_status take_card(struct find *find, const struct cm_kafka_message *message)
{
    struct cm_roll_entry *entry;
    bool named;
    if (!message->key.ptr)
        return CM_OK;
    enum cm_status status = look_into_card(find, message->value, &named);
    if (status == CM_OK)
        status = entry_for(find, message->key, message->partition, named, &entry);
    if (status != CM_OK || !entry)
        return status;
    entry->applied = number_of(message, "o");
    entry->live = message->value.ptr != NULL;
    entry->named = named;
    return CM_OK;
}

/* ------------------------------------------------------------------ one topic */

static enum cm_status end_partition(struct find *find, uint32_t partition)
{
    if (find->ends[partition] == 0)
        return CM_OK;
    find->ends[partition] = 0;
    find->open--;
    return cm_kafka_stream_stop(find->stream, 0, partition);
}

static enum cm_status take(struct find *find, const struct cm_kafka_message *message)
{
    enum cm_status status = CM_OK;
    if (message->note == CM_KAFKA_BROKEN)
        return fail(find, message->error);
    if (message->note == CM_KAFKA_AT_END)
        return end_partition(find, message->partition);
    if (message->note != CM_KAFKA_MESSAGE)
        return CM_OK;
    find->place->looked++;
    status = find->place->kind == CM_ERASE_STATES ? take_state(find, message) : take_card(find, message);
    if (status == CM_OK && message->offset + 1 >= find->ends[message->partition])
        status = end_partition(find, message->partition);
    return status;
}

static bool stopped(const struct find *find)
{
    /* Relaxed: a flag that is only polled. */
    return find->request->stop && atomic_load_explicit(find->request->stop, memory_order_relaxed);
}

static enum cm_status read_all(struct find *find)
{
    int64_t heard = now_ms();
    enum cm_status status = CM_OK;
    while (find->open > 0 && status == CM_OK) {
        status = cm_kafka_stream_read(find->stream, WAIT_MS, &find->batch);
        int64_t now = now_ms();
        if (status == CM_EIO)
            return fail(find, "the broker refuses us");
        heard = status == CM_OK ? now : heard;
        status = CM_OK;
        for (size_t i = 0; i < find->batch.count && status == CM_OK; i++)
            status = take(find, &find->batch.items[i]);
        cm_kafka_batch_free(&find->batch);
        if (find->request->progress && now - find->told >= PROGRESS_MS) {
            find->told = now;
            find->request->progress(find->request->progress_context, find->place->name, find->place->looked, find->total);
        }
        if (status == CM_OK && stopped(find))
            return CM_ESTOPPED;
        if (status == CM_OK && now - heard > SILENCE_MAX_MS)
            return fail(find, "nothing comes");
    }
    return status;
}

static enum cm_status start_partition(struct find *find, uint32_t partition)
{
    int64_t low, high;
    if (cm_kafka_reader_bounds(find->reader, find->place->name, partition, CM_TARGET_WAIT_MS, &low, &high) != CM_OK)
        return fail(find, "its ends are not told");
    if (low >= high)
        return CM_OK;
    find->ends[partition] = high;
    find->total += (uint64_t)(high - low);
    find->open++;
    return cm_kafka_stream_start(find->stream, find->place->name, 0, partition, CM_KAFKA_FIRST, find->request->diagnostics);
}

static enum cm_status read_place(struct find *find, struct cm_erase_place *place)
{
    enum cm_status status = CM_OK;
    find->place = place;
    find->total = 0;
    find->open = 0;
    place->looked = place->damaged = 0;
    cm_roll_free(&place->roll);
    free(place->epochs);
    place->epochs = calloc(place->partitions, sizeof *place->epochs);
    find->ends = calloc(place->partitions, sizeof *find->ends);
    if (!place->epochs || !find->ends)
        status = CM_ENOMEM;
    for (uint32_t i = 0; i < place->partitions && status == CM_OK; i++)
        status = start_partition(find, i);
    if (status == CM_OK)
        status = read_all(find);
    for (uint32_t i = 0; find->ends && i < place->partitions; i++) {
        enum cm_status ended = end_partition(find, i);
        status = status == CM_OK ? ended : status;
    }
    free(find->ends);
    find->ends = NULL;
    return status;
}

/* ------------------------------------------------------------------ all of them */

/* What the place has of the customer; their interactions are looked for in the others, too. */
static enum cm_status collect(struct find *find, const struct cm_erase_place *place)
{
    for (size_t i = 0; i < place->roll.count; i++) {
        const struct cm_roll_entry *entry = &place->roll.items[i];
        if (entry->live && entry->named && !cm_roll_find(&find->erasure->interactions, entry->id, 0) &&
            !cm_roll_add(&find->erasure->interactions, entry->id, 0))
            return CM_ENOMEM;
    }
    return CM_OK;
}

/*
 * States, then scorecards; a topic is read again where one behind it has told of further interactions: the state of one need not name
 * whom its scorecard is about, once it is but a marker.
 */
static enum cm_status read_topics(struct find *find)
{
    const struct cm_roll *known = &find->erasure->interactions;
    enum cm_status status = CM_OK;
    for (bool again = true; again && status == CM_OK;) {
        again = false;
        for (size_t i = 0; i < find->erasure->count && status == CM_OK; i++) {
            struct cm_erase_place *place = &find->erasure->places[i];
            if (place->kind == CM_ERASE_DATABASE || place->missing || (place->read && place->known == known->count))
                continue;
            status = read_place(find, place);
            if (status == CM_OK)
                status = collect(find, place);
            place->read = again = true;
            place->known = known->count;
        }
    }
    return status;
}

static enum cm_status find_partitions(const struct cm_erase_request *request, struct cm_erasure *erasure)
{
    struct cm_kafka_topics *topics = NULL;
    enum cm_status status = cm_kafka_topics_open(request->kafka, request->diagnostics, &topics);
    for (size_t i = 0; i < erasure->count && status == CM_OK; i++) {
        struct cm_erase_place *place = &erasure->places[i];
        if (place->kind == CM_ERASE_DATABASE)
            continue;
        status = cm_kafka_topic_partitions(topics, place->name, CM_TARGET_WAIT_MS, &place->partitions);
        place->missing = status == CM_END;
        if (status == CM_EIO || status == CM_EUSAGE)
            cm_diagnostics_add(request->diagnostics, CM_SEVERITY_ERROR, status == CM_EIO ? "kafka-away" : "kafka-refused",
                               (struct cm_place){0}, NULL, "topic %s: %s", place->name, cm_kafka_topics_error(topics));
        status = status == CM_END ? CM_OK : status;
    }
    cm_kafka_topics_close(topics);
    return status;
}

/* Bytes that JSON may escape, or must, make the search for the written form unsafe. */
static void write_id(struct find *find)
{
    struct cm_span id = find->request->customer_id;
    find->plain = true;
    for (size_t i = 0; i < id.len; i++)
        find->plain &= id.ptr[i] >= ' ' && id.ptr[i] <= '~' && !strchr("\"\\/<>&'", id.ptr[i]);
    cm_buffer_span(&find->written, id);
}

static enum cm_status find_on_kafka(const struct cm_erase_request *request, struct cm_erasure *erasure)
{
    struct find *find = calloc(1, sizeof *find);
    if (!find)
        return CM_ENOMEM;
    find->request = request;
    find->erasure = erasure;
    write_id(find);
    enum cm_status status = cm_buffer_status(&find->written);
    if (status == CM_OK)
        status = find_partitions(request, erasure);
    if (status == CM_OK)
        status = cm_kafka_reader_open(request->kafka, true, request->diagnostics, &find->reader);
    if (status == CM_OK)
        status = cm_kafka_stream_open(find->reader, &find->stream);
    if (status == CM_OK)
        status = read_topics(find);
    cm_kafka_batch_free(&find->batch);
    cm_kafka_stream_close(find->stream);
    cm_kafka_reader_close(find->reader);
    cm_buffer_free(&find->records);
    cm_buffer_free(&find->written);
    cm_arena_free(&find->json);
    free(find);
    return status;
}

enum cm_status cm_erase_find(const struct cm_erase_request *request, struct cm_erasure *erasure)
{
    enum cm_status status = request->kafka ? find_on_kafka(request, erasure) : CM_OK;
    for (size_t i = 0; i < erasure->count && status == CM_OK; i++) {
        struct cm_erase_place *place = &erasure->places[i];
        place->found = 0;
        if (place->kind == CM_ERASE_DATABASE)
            status = cm_sqlite_count(place->name, request->customer_id, &place->found, request->diagnostics);
        for (size_t k = 0; k < place->roll.count; k++)
            place->found += cm_erasure_takes(erasure, &place->roll.items[k]);
    }
    return status;
}
