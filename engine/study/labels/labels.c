#include "study/labels/labels.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "study/labels/half.h"
#include "study/labels/label_reader.h"

/* A message is a line. */
#define CM_LABEL_MESSAGE_MAX_BYTES 512u

static uint32_t column_of(struct cm_span line, size_t at)
{
    uint32_t column = 1;
    for (size_t i = 0; i < at && i < line.len; i++)
        column += ((unsigned char)line.ptr[i] & 0xC0) != 0x80;
    return column;
}

void cm_label_fault(struct cm_label_reader *reader, const char *id, size_t at, const char *help, const char *format, ...)
{
    char message[CM_LABEL_MESSAGE_MAX_BYTES];
    va_list args;
    if (++reader->faults > CM_LABEL_FAULTS_TOLD_MAX)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct cm_place place = {reader->file, reader->number, column_of(reader->line, at), 1};
    cm_diagnostics_add(reader->diagnostics, CM_SEVERITY_ERROR, id, place, help, "%s", message);
}

enum cm_speaker cm_label_speaker(struct cm_span name)
{
    for (int i = CM_SPEAKER_NONE + 1; i < CM_SPEAKER_COUNT; i++)
        if (cm_span_equal(name, cm_span_of(cm_speaker_name((enum cm_speaker)i))))
            return (enum cm_speaker)i;
    return CM_SPEAKER_NONE;
}

bool cm_label_said(struct cm_span text, struct cm_said *said)
{
    const char *colon = text.len ? memchr(text.ptr, ':', text.len) : NULL;
    if (!colon)
        return false;
    said->speaker = cm_label_speaker((struct cm_span){text.ptr, (size_t)(colon - text.ptr)});
    said->text = (struct cm_span){colon + 1, (size_t)(text.ptr + text.len - colon) - 1};
    if (said->text.len > 0 && said->text.ptr[0] == ' ')
        said->text = (struct cm_span){said->text.ptr + 1, said->text.len - 1};
    return said->speaker != CM_SPEAKER_NONE;
}

uint32_t cm_labels_find(const struct cm_labels *labels, struct cm_span name)
{
    for (uint32_t i = 0; i < labels->name_count; i++)
        if (cm_span_equal(labels->names[i].text, name))
            return i;
    return CM_CUE_NONE;
}

uint32_t cm_label_name(struct cm_label_reader *reader, struct cm_span name)
{
    struct cm_labels *labels = reader->labels;
    uint32_t found = cm_labels_find(labels, name);
    if (found != CM_CUE_NONE)
        return found;
    if (labels->name_count == CM_LABEL_NAMES_MAX) {
        cm_label_fault(reader, "label-names", 0, "labels are a codebook's words, not texts", "more than %u different labels",
                       CM_LABEL_NAMES_MAX);
        return CM_CUE_NONE;
    }
    enum cm_status status = cm_grow(&labels->names, &labels->name_cap, labels->name_count + 1, sizeof *labels->names);
    struct cm_span kept = status == CM_OK ? cm_label_keep(reader, name) : (struct cm_span){NULL, 0};
    if (!kept.ptr) {
        reader->status = CM_ENOMEM;
        return CM_CUE_NONE;
    }
    labels->names[labels->name_count] = (struct cm_label_name){kept, reader->file, reader->number};
    return labels->name_count++;
}

static int compare_indices(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

uint32_t cm_label_set(uint32_t *items, uint32_t count)
{
    uint32_t kept = 0;
    if (count > 1)
        qsort(items, count, sizeof *items, compare_indices);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || items[i] != items[kept - 1])
            items[kept++] = items[i];
    return kept;
}

struct cm_span cm_label_keep(struct cm_label_reader *reader, struct cm_span text)
{
    struct cm_span kept = cm_arena_copy(&reader->labels->arena, text);
    if (!kept.ptr)
        reader->status = CM_ENOMEM;
    return kept;
}

void *cm_label_alloc(struct cm_label_reader *reader, size_t count, size_t size)
{
    void *memory = cm_arena_calloc(&reader->labels->arena, count + 1, size); /* an empty list is a list */
    if (!memory)
        reader->status = CM_ENOMEM;
    return memory;
}

void cm_label_add(struct cm_label_reader *reader, struct cm_labelled item)
{
    struct cm_labels *labels = reader->labels;
    if (cm_grow(&labels->items, &labels->cap, labels->count + 1, sizeof *labels->items) != CM_OK) {
        reader->status = CM_ENOMEM;
        return;
    }
    if (item.conversation.len == 0)
        item.conversation = item.id.len ? cm_half_conversation(item.id) : cm_labelled_turn(&item)->text;
    item.file = reader->file;
    if (item.line == 0)
        item.line = reader->number;
    labels->items[labels->count++] = item;
}

static bool ends_in_csv(const char *file)
{
    size_t len = strlen(file);
    return len >= 4 && memcmp(file + len - 4, ".csv", 4) == 0;
}

static struct cm_span without_mark(struct cm_span bytes)
{
    struct cm_span mark = CM_SPAN("\xEF\xBB\xBF");
    return cm_span_starts_with(bytes, mark) ? (struct cm_span){bytes.ptr + mark.len, bytes.len - mark.len} : bytes;
}

static void tell_empty(struct cm_label_reader *reader, bool blank, bool csv)
{
    struct cm_place place = {.file = reader->file};
    if (blank)
        cm_diagnostics_add(reader->diagnostics, CM_SEVERITY_ERROR, "label-file-empty", place, NULL, "the file is empty");
    else
        cm_diagnostics_add(reader->diagnostics, CM_SEVERITY_ERROR, "label-none", place,
                           csv ? "write labels into the column human (or labels) of some rows; \"-\" means none of them"
                               : "a labelled turn has \"text\", \"speaker\" and \"labels\"",
                           csv ? "no row of the file is labelled" : "no line of the file carries labels");
}

enum cm_status cm_labels_read(struct cm_labels *labels, const char *file, struct cm_span bytes, struct cm_diagnostics *diagnostics)
{
    struct cm_label_reader reader = {.labels = labels, .diagnostics = diagnostics};
    size_t before = labels->count;
    reader.file = cm_label_keep(&reader, cm_span_of(file)).ptr;
    if (!reader.file)
        return CM_ENOMEM;
    bytes = without_mark(bytes);
    if (ends_in_csv(file))
        cm_labels_read_csv(&reader, bytes);
    else
        cm_labels_read_ndjson(&reader, bytes);
    if (reader.status != CM_OK)
        return reader.status;
    if (reader.faults > CM_LABEL_FAULTS_TOLD_MAX)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "label-faults", (struct cm_place){.file = reader.file}, NULL,
                           "and %u more faults in this file", reader.faults - CM_LABEL_FAULTS_TOLD_MAX);
    if (reader.faults == 0 && labels->count == before) {
        tell_empty(&reader, bytes.len == 0, ends_in_csv(file));
        return CM_EINPUT;
    }
    return reader.faults ? CM_EINPUT : CM_OK;
}

void cm_labels_free(struct cm_labels *labels)
{
    free(labels->items);
    free(labels->names);
    cm_arena_free(&labels->arena);
    *labels = CM_LABELS_EMPTY;
}
