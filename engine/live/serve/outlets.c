#include "live/serve/outlets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/failpoint.h"

struct cm_outlets {
    const struct cm_config *config;
    struct cm_kafka_writer *writer;
    bool partitioned;
    struct cm_sink *sinks[CM_CONFIG_LIST_MAX]; /* of those that are no topics */
    size_t sink_count;
    bool written, dead_written; /* since sinks, and the file of dead letters, were last settled or failed: a sink that failed stays so
                                 * until it is written to again */
    const char *topics[CM_CONFIG_LIST_MAX];
    size_t topic_count;
    struct cm_sink *dead;                             /* NULL: a topic, or nowhere */
    struct cm_buffer dead_topics[CM_CONFIG_LIST_MAX]; /* a source; NUL-terminated */
    struct cm_buffer name;
};

static const struct cm_sink_ops *ops_of(const struct cm_uri *uri)
{
    return uri->kind == CM_PLACE_NULL ? &cm_sink_null : uri->kind == CM_PLACE_SQLITE ? &cm_sink_sqlite : &cm_sink_log;
}

static enum cm_status open_sinks(struct cm_outlets *outlets, struct cm_diagnostics *diagnostics)
{
    const struct cm_config *config = outlets->config;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < config->sink_count && status == CM_OK; i++) {
        const struct cm_uri *uri = &config->sinks[i];
        if (uri->kind == CM_PLACE_KAFKA) {
            outlets->topics[outlets->topic_count++] = uri->topic;
            continue;
        }
        const char *target = uri->kind == CM_PLACE_STDIO ? "-" : uri->path;
        status = cm_sink_open(&outlets->sinks[outlets->sink_count], ops_of(uri), target, diagnostics);
        outlets->sink_count += status == CM_OK;
    }
    return status;
}

static enum cm_status open_dead(struct cm_outlets *outlets, struct cm_diagnostics *diagnostics)
{
    const struct cm_config *config = outlets->config;
    if (config->dead_letter)
        return cm_sink_open(&outlets->dead, &cm_sink_log, config->dead_letter, diagnostics);
    for (size_t i = 0; i < config->source_count; i++) {
        struct cm_buffer *name = &outlets->dead_topics[i];
        if (config->sources[i].kind != CM_PLACE_KAFKA)
            continue;
        cm_buffer_text(name, config->sources[i].topic);
        cm_buffer_text(name, config->dead_letter_suffix);
        cm_buffer_byte(name, '\0');
        if (cm_buffer_status(name) != CM_OK)
            return CM_ENOMEM;
    }
    return CM_OK;
}

enum cm_status cm_outlets_open(const struct cm_config *config, struct cm_kafka_writer *writer, bool partitioned,
                               struct cm_diagnostics *diagnostics, struct cm_outlets **out)
{
    struct cm_outlets *outlets = calloc(1, sizeof *outlets);
    *out = NULL;
    if (!outlets)
        return CM_ENOMEM;
    outlets->config = config;
    outlets->writer = writer;
    outlets->partitioned = partitioned;
    enum cm_status status = open_sinks(outlets, diagnostics);
    if (status == CM_OK)
        status = open_dead(outlets, diagnostics);
    if (status == CM_OK) {
        *out = outlets;
        return CM_OK;
    }
    enum cm_status closed = cm_outlets_close(outlets);
    return closed == CM_OK ? status : closed;
}

void cm_outlets_writer(struct cm_outlets *outlets, struct cm_kafka_writer *writer)
{
    outlets->writer = writer;
}

void cm_outlets_topic(struct cm_buffer *out, const char *topic, uint32_t pack, const char *pack_name)
{
    cm_buffer_text(out, topic);
    if (pack) {
        cm_buffer_byte(out, '.');
        cm_buffer_text(out, pack_name);
    }
}

struct cm_span cm_outlets_decimal(char *end, uint64_t value)
{
    char *at = end;
    do
        *--at = (char)('0' + value % 10);
    while (value /= 10);
    return (struct cm_span){at, (size_t)(end - at)};
}

static enum cm_status put_card(struct cm_outlets *outlets, const char *topic, const struct cm_card *card)
{
    char applied[20], epoch[20];
    cm_buffer_reset(&outlets->name);
    cm_outlets_topic(&outlets->name, topic, card->pack, card->pack_name);
    cm_buffer_byte(&outlets->name, '\0');
    if (cm_buffer_status(&outlets->name) != CM_OK)
        return CM_ENOMEM;
    /* a message has no newline at its end */
    struct cm_span value = card->line.ptr ? (struct cm_span){card->line.ptr, card->line.len - 1} : card->line;
    struct cm_kafka_put put = {.topic = outlets->name.ptr,
                               .partition = outlets->partitioned ? (int32_t)CM_UNIT_PARTITION(card->unit) : CM_KAFKA_ANY_PARTITION,
                               .key = card->id,
                               .value = value,
                               .headers = {{"o", cm_outlets_decimal(applied + sizeof applied, card->applied)},
                                           {"e", cm_outlets_decimal(epoch + sizeof epoch, card->epoch)},
                                           {"status", cm_span_of(card->final ? "final" : "open")}},
                               .header_count = 3};
    return cm_kafka_put(outlets->writer, &put);
}

enum cm_status cm_outlets_card(struct cm_outlets *outlets, const struct cm_card *card)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < outlets->topic_count && status == CM_OK; i++)
        status = put_card(outlets, outlets->topics[i], card);
    for (size_t i = 0; i < outlets->sink_count && status == CM_OK && card->line.ptr; i++)
        status = cm_sink_write(outlets->sinks[i], card->line);
    outlets->written = status == CM_OK && (outlets->written || card->line.ptr);
    cm_failpoint(CM_FAILPOINT_SINK_WRITE);
    return status;
}

enum cm_status cm_outlets_dead(struct cm_outlets *outlets, const struct cm_dead *dead)
{
    const struct cm_buffer *topic = &outlets->dead_topics[CM_UNIT_SOURCE(dead->unit)];
    if (outlets->dead) {
        enum cm_status status = cm_sink_write(outlets->dead, dead->line);
        outlets->dead_written = status == CM_OK;
        return status;
    }
    if (!topic->len)
        return CM_OK;
    char key[48];
    int digits = snprintf(key, sizeof key, "%u-%" PRIu64, CM_UNIT_PARTITION(dead->unit), dead->offset);
    struct cm_kafka_put put = {.topic = topic->ptr,
                               .partition = (int32_t)CM_UNIT_PARTITION(dead->unit),
                               .key = {key, (size_t)digits},
                               .value = {dead->line.ptr, dead->line.len - 1}};
    return cm_kafka_put(outlets->writer, &put);
}

enum cm_status cm_outlets_settle(struct cm_outlets *outlets)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < outlets->sink_count && status == CM_OK && outlets->written; i++)
        status = cm_sink_flush(outlets->sinks[i]);
    if (status == CM_OK && outlets->dead_written)
        status = cm_sink_flush(outlets->dead);
    outlets->written = outlets->dead_written = false;
    cm_failpoint(CM_FAILPOINT_SINK_SYNCED);
    if (status == CM_OK && outlets->writer)
        status = cm_kafka_settle(outlets->writer);
    return status;
}

enum cm_status cm_outlets_close(struct cm_outlets *outlets)
{
    enum cm_status status = CM_OK, closed;
    if (!outlets)
        return CM_OK;
    for (size_t i = 0; i < outlets->sink_count; i++) {
        closed = cm_sink_close(outlets->sinks[i], true);
        status = status == CM_OK ? closed : status;
    }
    closed = cm_sink_close(outlets->dead, true);
    status = status == CM_OK ? closed : status;
    for (size_t i = 0; i < CM_CONFIG_LIST_MAX; i++)
        cm_buffer_free(&outlets->dead_topics[i]);
    cm_buffer_free(&outlets->name);
    free(outlets);
    return status;
}
