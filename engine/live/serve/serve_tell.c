#include <stdarg.h>
#include <stdio.h>

#include "live/serve/serving.h"

void cm_serving_tell(struct cm_serving *serving, enum cm_serve_level level, const char *format, ...)
{
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    serving->request->tell(serving->request->context, level, text);
}

bool cm_serving_troubled(struct cm_trouble *trouble)
{
    int64_t now = cm_serving_monotonic_ms();
    if (trouble->on && now - trouble->told < CM_SERVE_REMIND_MS)
        return false;
    *trouble = (struct cm_trouble){true, now};
    return true;
}

bool cm_serving_relieved(struct cm_trouble *trouble)
{
    bool was = trouble->on;
    trouble->on = false;
    return was;
}

void cm_serving_tell_warnings(struct cm_serving *serving)
{
    struct cm_diagnostics *diagnostics = serving->diagnostics;
    if (!diagnostics->count || diagnostics->errors)
        return;
    for (size_t i = 0; i < diagnostics->count; i++)
        cm_serving_tell(serving, CM_SERVE_WARNING, "%s", diagnostics->items[i].message);
    cm_diagnostics_free(diagnostics);
    *diagnostics = CM_DIAGNOSTICS_EMPTY;
}

/* All that the owner has to say is out of the ordinary. */
void cm_serving_tell_live(void *context, const char *text)
{
    cm_serving_tell(context, CM_SERVE_WARNING, "%s", text);
}

/* Each of our handles has connections of its own, and all of them say the same. */
static bool was_said(struct cm_serving *serving, const char *text)
{
    uint64_t hash = cm_hash64(cm_span_of(text));
    int64_t now = cm_serving_monotonic_ms();
    bool found = false;
    pthread_mutex_lock(&serving->lines_lock);
    for (size_t i = 0; i < CM_SERVE_LINES; i++)
        found |= serving->said[i].hash == hash && now - serving->said[i].told < CM_SERVE_REMIND_MS;
    if (!found) {
        serving->said[serving->said_at].hash = hash;
        serving->said[serving->said_at].told = now;
        serving->said_at = (serving->said_at + 1) % CM_SERVE_LINES;
    }
    pthread_mutex_unlock(&serving->lines_lock);
    return found;
}

/* What we tell of in our own words: that partitions are lost, that a handle has died. */
static bool is_ours(const char *facility)
{
    return strcmp(facility, "SESSTMOUT") == 0 || strcmp(facility, "MAXPOLL") == 0 || strcmp(facility, "FATAL") == 0;
}

void cm_serving_tell_kafka(void *context, int level, const char *facility, const char *text)
{
    if (level <= 4 && !is_ours(facility) && !was_said(context, text))
        cm_serving_tell(context, CM_SERVE_WARNING, "kafka: %s", text);
}
