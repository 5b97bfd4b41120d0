#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "event/decode.h"
#include "study/labels/label_reader.h"
#include "text/fold.h"

/* One event of the file: context for those after it, and a labelled turn where item is not SIZE_MAX. */
struct line_event {
    struct cm_span interaction;
    uint64_t seq;
    size_t order, item;
    struct cm_said said;
};

struct ndjson {
    struct cm_label_reader *reader;
    struct cm_arena scratch; /* of one line */
    struct line_event *events;
    size_t event_count, event_cap;
};

static void wrong(struct ndjson *file, const struct cm_json *at, const char *key, const char *wanted)
{
    cm_label_fault(file->reader, "label-type", at->at, NULL, "\"%s\" is not %s", key, wanted);
}

/* A string, copied; len 0 and true where it is absent and need not be there. */
static bool read_string(struct ndjson *file, const struct cm_json *line, const char *key, bool needed, struct cm_span *out)
{
    const struct cm_json *value = cm_json_get(line, key);
    *out = (struct cm_span){NULL, 0};
    if (!value && needed)
        cm_label_fault(file->reader, "label-key-missing", line->at, NULL, "the line has no \"%s\"", key);
    if (!value)
        return !needed;
    if (value->kind != CM_JSON_STRING) {
        wrong(file, value, key, "text");
        return false;
    }
    if (value->text.len > CM_TEXT_MAX_BYTES) {
        cm_label_fault(file->reader, "label-text-long", value->at, NULL, "\"%s\" is longer than %zu bytes", key, (size_t)CM_TEXT_MAX_BYTES);
        return false;
    }
    *out = cm_label_keep(file->reader, value->text);
    return out->ptr != NULL;
}

static bool read_speaker(struct ndjson *file, const struct cm_json *line, enum cm_speaker *out)
{
    const struct cm_json *value = cm_json_get(line, "speaker");
    if (!value) {
        cm_label_fault(file->reader, "label-key-missing", line->at, NULL, "the line has no \"speaker\"");
        return false;
    }
    *out = value->kind == CM_JSON_STRING ? cm_label_speaker(value->text) : CM_SPEAKER_NONE;
    if (*out == CM_SPEAKER_NONE)
        cm_label_fault(file->reader, "label-speaker", value->at, "one of agent, lead, customer, bot, system", "unknown speaker \"%.*s\"",
                       (int)(value->text.len < 40 ? value->text.len : 40), value->text.ptr ? value->text.ptr : "");
    return *out != CM_SPEAKER_NONE;
}

static bool read_channel(struct ndjson *file, const struct cm_json *line, enum cm_channel *out)
{
    const struct cm_json *value = cm_json_get(line, "channel");
    *out = CM_CHANNEL_NONE;
    if (!value)
        return true;
    for (int i = CM_CHANNEL_NONE + 1; i < CM_CHANNEL_COUNT && value->kind == CM_JSON_STRING; i++)
        if (cm_span_equal(value->text, cm_span_of(cm_channel_name((enum cm_channel)i))))
            *out = (enum cm_channel)i;
    if (*out == CM_CHANNEL_NONE)
        wrong(file, value, "channel", "one of chat, call, email, social, team");
    return *out != CM_CHANNEL_NONE;
}

static size_t items_of(const struct cm_json *array)
{
    size_t count = 0;
    for (const struct cm_json *item = array->child; item; item = item->next)
        count++;
    return count;
}

/* A list of labels, as a set of indices. */
static bool read_names(struct ndjson *file, const struct cm_json *value, const char *key, const uint32_t **out, uint32_t *count)
{
    if (value->kind != CM_JSON_ARRAY) {
        wrong(file, value, key, "a list of labels");
        return false;
    }
    uint32_t *names = cm_label_alloc(file->reader, items_of(value), sizeof *names);
    for (const struct cm_json *item = value->child; item && names; item = item->next) {
        if (item->kind != CM_JSON_STRING || item->text.len == 0) {
            cm_label_fault(file->reader, "label-type", item->at, NULL, "a label in \"%s\" is no text", key);
            return false;
        }
        names[*count] = cm_label_name(file->reader, item->text);
        if (names[(*count)++] == CM_CUE_NONE)
            return false;
    }
    *out = names;
    *count = names ? cm_label_set(names, *count) : 0;
    return names != NULL;
}

static bool read_disputed(struct ndjson *file, const struct cm_json *line, struct cm_labelled *item)
{
    const struct cm_json *value = cm_json_get(line, "disputed");
    if (!value || value->kind == CM_JSON_FALSE)
        return true;
    item->all_disputed = value->kind == CM_JSON_TRUE;
    return item->all_disputed || read_names(file, value, "disputed", &item->disputed, &item->disputed_count);
}

/* What came before, as the line says it, and the turn itself behind it. */
static bool read_turns(struct ndjson *file, const struct cm_json *before, const struct cm_said *said, struct cm_labelled *item)
{
    if (before && before->kind != CM_JSON_ARRAY) {
        wrong(file, before, "before", "a list of texts \"speaker: text\"");
        return false;
    }
    struct cm_said *turns = cm_label_alloc(file->reader, before ? items_of(before) : 0, sizeof *turns);
    for (const struct cm_json *turn = before ? before->child : NULL; turn && turns; turn = turn->next) {
        struct cm_said *next = &turns[item->turn_count];
        if (turn->kind != CM_JSON_STRING || !cm_label_said(turn->text, next)) {
            cm_label_fault(file->reader, "label-before", turn->at, "earlier turns are texts such as \"customer: it is broken\"",
                           "an earlier turn does not begin with its speaker");
            return false;
        }
        if (next->text.len > CM_TEXT_MAX_BYTES) {
            cm_label_fault(file->reader, "label-text-long", turn->at, NULL, "an earlier turn is longer than %zu bytes",
                           (size_t)CM_TEXT_MAX_BYTES);
            return false;
        }
        next->text = cm_label_keep(file->reader, next->text);
        item->turn_count++;
    }
    if (!turns)
        return false;
    turns[item->turn_count++] = *said;
    item->turns = turns;
    return true;
}

/* interaction_id:seq, so that people find the turn. */
static struct cm_span event_id(struct ndjson *file, struct cm_span interaction, const struct cm_json *line)
{
    struct cm_span seq = cm_json_text(line, "seq");
    const char *id = cm_arena_printf(&file->reader->labels->arena, "%.*s%s%.*s", (int)interaction.len, interaction.ptr, seq.ptr ? ":" : "",
                                     (int)seq.len, seq.ptr ? seq.ptr : "");
    if (!id)
        file->reader->status = CM_ENOMEM;
    return id ? cm_span_of(id) : (struct cm_span){NULL, 0};
}

static void note_event(struct ndjson *file, struct cm_span interaction, const struct cm_json *line, const struct cm_said *said, size_t item)
{
    if (cm_grow(&file->events, &file->event_cap, file->event_count + 1, sizeof *file->events) != CM_OK) {
        file->reader->status = CM_ENOMEM;
        return;
    }
    size_t order = file->event_count++;
    file->events[order] = (struct line_event){interaction, cm_json_number(line, "seq", UINT64_MAX), order, item, *said};
}

/* Marks of an event stream say nothing. */
static bool is_message(const struct cm_json *line)
{
    struct cm_span type = cm_json_text(line, "type");
    return !type.ptr || cm_span_equal(type, CM_SPAN("message"));
}

static bool keys_once(struct ndjson *file, const struct cm_json *line)
{
    static const char *const keys[] = {"text", "speaker", "labels", "id", "before", "disputed", "channel", "interaction_id", "seq"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        unsigned seen = 0;
        for (const struct cm_json *member = line->child; member; member = member->next)
            if (cm_span_equal(member->key, cm_span_of(keys[i])) && seen++) {
                cm_label_fault(file->reader, "label-duplicate-key", member->at, NULL, "\"%s\" stands in the line twice", keys[i]);
                return false;
            }
    }
    return true;
}

static void read_line(struct ndjson *file, const struct cm_json *line)
{
    const struct cm_json *labels = cm_json_get(line, "labels"), *before = cm_json_get(line, "before");
    struct cm_labelled item = {.line = file->reader->number};
    struct cm_span interaction;
    struct cm_said said;
    if (!keys_once(file, line) || !is_message(line) || !read_string(file, line, "interaction_id", false, &interaction))
        return;
    if (!labels && !interaction.len) {
        cm_label_fault(file->reader, "label-key-missing", line->at, "a turn that does nothing of the codebook has \"labels\": []",
                       "the line has no \"labels\"");
        return;
    }
    /* all faults of a line are told at once */
    bool good = read_string(file, line, "text", true, &said.text);
    good &= read_speaker(file, line, &said.speaker);
    good &= read_channel(file, line, &item.channel);
    good &= read_string(file, line, "id", false, &item.id);
    good &= !labels || read_names(file, labels, "labels", &item.labels, &item.label_count);
    good &= read_disputed(file, line, &item);
    if (!good || !read_turns(file, before, &said, &item))
        return;
    if (!item.id.len && interaction.len) {
        item.id = event_id(file, interaction, line);
        item.conversation = interaction;
    }
    size_t index = labels && !before ? file->reader->labels->count : SIZE_MAX;
    if (labels)
        cm_label_add(file->reader, item);
    if (interaction.len && file->reader->status == CM_OK)
        note_event(file, interaction, line, &said, index);
}

static int compare_events(const void *a, const void *b)
{
    const struct line_event *x = a, *y = b;
    int order = cm_span_compare(x->interaction, y->interaction);
    if (order)
        return order;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Events without a `before` of their own hear what stands before them in their interaction. */
static void give_context(struct ndjson *file)
{
    if (file->event_count == 0 || file->reader->status != CM_OK)
        return;
    qsort(file->events, file->event_count, sizeof *file->events, compare_events);
    struct cm_said *turns = cm_label_alloc(file->reader, file->event_count, sizeof *turns);
    for (size_t i = 0, first = 0; i < file->event_count && turns; i++) {
        const struct line_event *event = &file->events[i];
        if (!cm_span_equal(event->interaction, file->events[first].interaction))
            first = i;
        turns[i] = event->said;
        if (event->item == SIZE_MAX)
            continue;
        struct cm_labelled *item = &file->reader->labels->items[event->item];
        size_t from = i - first > CM_LABEL_BEFORE_MAX ? i - CM_LABEL_BEFORE_MAX : first;
        item->turns = turns + from;
        item->turn_count = i - from + 1;
    }
}

static void read_text(struct ndjson *file, struct cm_span line)
{
    struct cm_label_reader *reader = file->reader;
    struct cm_json *json;
    size_t fault, valid = cm_utf8_valid_prefix(line.ptr, line.len);
    if (valid < line.len) {
        cm_label_fault(reader, "label-encoding", valid, "save the file as UTF-8", "this is no UTF-8 text");
        return;
    }
    enum cm_status status = cm_json_parse(&file->scratch, line, &json, &fault);
    if (status == CM_EINPUT)
        cm_label_fault(reader, "label-json", fault, "labels are NDJSON: one JSON object a line", "this is no JSON");
    else if (status == CM_OK && json->kind != CM_JSON_OBJECT)
        cm_label_fault(reader, "label-json", 0, "labels are NDJSON: one JSON object a line", "this is no JSON object");
    else if (status == CM_OK)
        read_line(file, json);
    else
        reader->status = status;
    cm_arena_reset(&file->scratch);
}

void cm_labels_read_ndjson(struct cm_label_reader *reader, struct cm_span bytes)
{
    struct ndjson file = {.reader = reader};
    const char *at = bytes.ptr, *end = at + bytes.len;
    while (at < end && reader->status == CM_OK) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        reader->number++;
        reader->line = (struct cm_span){at, (size_t)(stop - at)};
        if (reader->line.len > 0 && stop[-1] == '\r')
            reader->line.len--;
        if (cm_decode_trim(reader->line, 0).len > 0)
            read_text(&file, reader->line);
        at = newline ? newline + 1 : end;
    }
    give_context(&file);
    cm_arena_free(&file.scratch);
    free(file.events);
}
