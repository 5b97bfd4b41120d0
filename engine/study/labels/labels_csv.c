/*
 * labels_csv: labelled turns as spreadsheets give them back: RFC 4180 (or ; or a
 * tab for the comma), a header that names the columns, in any order; those that
 * are not known are left alone.
 *
 *   id, speaker, text   as in NDJSON; speaker and text are needed
 *   before              earlier turns, a line each: "speaker: text"; a line without a speaker goes on with the turn above it
 *   labels              the truth, separated by ; or white space
 *   machine, human      as `caremeter sample` writes them: human, where it is not empty, stands for labels; "-" is no label at all.
 *                       machine is what the program said then, and never truth (overrides.h sets it beside the human)
 *   disputed, channel   as in NDJSON; disputed: labels, or "true"
 *
 * An apostrophe that guards a cell against being calculated is taken off (csv_cell.h).
 * One of labels and human is needed. A row in which both are empty has not been labelled, and is left out.
 */
#include "base/utf8.h"
#include "study/labels/csv_cell.h"
#include "study/labels/label_reader.h"
#include "text/fold.h"

/* A spreadsheet has more columns only by mistake. */
#define CM_CSV_COLUMNS_MAX 64u

enum column {
    COLUMN_ID,
    COLUMN_SPEAKER,
    COLUMN_BEFORE,
    COLUMN_TEXT,
    COLUMN_LABELS,
    COLUMN_HUMAN,
    COLUMN_DISPUTED,
    COLUMN_CHANNEL,
    COLUMN_MACHINE,
    COLUMN_COUNT
};
static const char *const column_names[] = {"id", "speaker", "before", "text", "labels", "human", "disputed", "channel", "machine"};

struct csv {
    struct cm_label_reader *reader;
    const char *at, *end;
    uint32_t line; /* of at */
    char comma;    /* what stands between fields */
    struct cm_span fields[CM_CSV_COLUMNS_MAX];
    size_t count;
    size_t columns[COLUMN_COUNT]; /* CM_CSV_COLUMNS_MAX: the file has none */
    size_t width;                 /* fields of the header */
    struct cm_arena scratch;      /* of one row */
};

static void newline(struct csv *csv)
{
    if (csv->at < csv->end && *csv->at == '\r')
        csv->at++;
    if (csv->at < csv->end && *csv->at == '\n')
        csv->at++;
    csv->line++;
}

/* Behind an opening quote, up to the closing one; two quotes are one. */
static bool quoted(struct csv *csv, struct cm_span *out)
{
    const char *start = csv->at, *scan = start;
    while (scan < csv->end && (*scan != '"' || (scan + 1 < csv->end && scan[1] == '"')))
        scan += *scan == '"' ? 2 : 1;
    if (scan >= csv->end) {
        cm_label_fault(csv->reader, "label-csv", 0, NULL, "a quote is opened in this row and not closed");
        csv->at = csv->end;
        return false;
    }
    char *bytes = cm_arena_alloc(&csv->scratch, (size_t)(scan - start)), *to = bytes;
    if (!bytes) {
        csv->reader->status = CM_ENOMEM;
        return false;
    }
    for (const char *p = start; p < scan; p++) {
        csv->line += *p == '\n';
        p += *p == '"';
        *to++ = *p;
    }
    csv->at = scan + 1;
    *out = (struct cm_span){bytes, (size_t)(to - bytes)};
    return true;
}

static bool ends_field(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == csv->comma || *csv->at == '\n' || *csv->at == '\r';
}

static bool field(struct csv *csv, struct cm_span *out)
{
    const char *start = csv->at;
    if (csv->at < csv->end && *csv->at == '"') {
        csv->at++;
        if (!quoted(csv, out))
            return false;
        if (ends_field(csv))
            return true;
        cm_label_fault(csv->reader, "label-csv", 0, "a quote inside of quotes is written twice", "text stands behind a closing quote");
    }
    while (!ends_field(csv))
        csv->at++;
    *out = (struct cm_span){start, (size_t)(csv->at - start)};
    return true;
}

/* The next row into fields; false at the end of the file, or where nothing can be made of the rest. */
static bool row(struct csv *csv)
{
    if (csv->at >= csv->end || csv->reader->status != CM_OK)
        return false;
    cm_arena_reset(&csv->scratch);
    csv->count = 0;
    csv->reader->number = csv->line;
    const char *stop = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));
    csv->reader->line = (struct cm_span){csv->at, (size_t)((stop ? stop : csv->end) - csv->at)};
    for (;;) {
        struct cm_span value;
        if (!field(csv, &value))
            return false;
        if (csv->count < CM_CSV_COLUMNS_MAX)
            csv->fields[csv->count++] = value;
        if (csv->at == csv->end || *csv->at != csv->comma)
            break;
        csv->at++;
    }
    newline(csv);
    return true;
}

static struct cm_span get(const struct csv *csv, enum column column)
{
    size_t at = csv->columns[column];
    return at < csv->count ? cm_csv_bare(csv->fields[at]) : (struct cm_span){"", 0};
}

static bool header(struct csv *csv)
{
    if (!row(csv))
        return false;
    csv->width = csv->count;
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        csv->columns[i] = CM_CSV_COLUMNS_MAX;
        for (size_t j = 0; j < csv->count; j++)
            if (cm_span_equal(csv->fields[j], cm_span_of(column_names[i])))
                csv->columns[i] = j;
    }
    bool truth = csv->columns[COLUMN_LABELS] < csv->count || csv->columns[COLUMN_HUMAN] < csv->count;
    for (unsigned i = COLUMN_SPEAKER; i <= COLUMN_TEXT; i += COLUMN_TEXT - COLUMN_SPEAKER)
        if (csv->columns[i] == CM_CSV_COLUMNS_MAX)
            cm_label_fault(csv->reader, "label-key-missing", 0, "the first row names the columns", "there is no column \"%s\"",
                           column_names[i]);
    if (!truth)
        cm_label_fault(csv->reader, "label-key-missing", 0, "the first row names the columns",
                       "there is no column \"labels\" or \"human\"");
    return csv->reader->faults == 0;
}

static bool separates(char c)
{
    return c == ';' || c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

static uint32_t read_names(struct csv *csv, struct cm_span text, const uint32_t **out)
{
    uint32_t count = 0, *names = cm_label_alloc(csv->reader, text.len / 2 + 1, sizeof *names);
    size_t at = 0;
    *out = names;
    while (names && at < text.len) {
        size_t from = at;
        while (at < text.len && !separates(text.ptr[at]))
            at++;
        struct cm_span name = {text.ptr + from, at - from};
        if (name.len > 0 && !cm_span_equal(name, CM_SPAN("-"))) {
            names[count] = cm_label_name(csv->reader, name);
            count += names[count] != CM_CUE_NONE;
        }
        at++;
    }
    return names ? cm_label_set(names, count) : 0;
}

static size_t lines_of(struct cm_span text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    return count;
}

static bool read_turns(struct csv *csv, struct cm_labelled *item, struct cm_said said)
{
    struct cm_span before = cm_label_keep(csv->reader, get(csv, COLUMN_BEFORE));
    struct cm_said *turns = cm_label_alloc(csv->reader, lines_of(before), sizeof *turns);
    const char *at = before.ptr, *end = before.ptr + before.len;
    while (turns && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct cm_said next;
        stop = stop ? stop : end;
        if (cm_label_said((struct cm_span){at, (size_t)(stop - at)}, &next)) {
            turns[item->turn_count++] = next;
        } else if (item->turn_count > 0) {
            struct cm_span *last = &turns[item->turn_count - 1].text; /* the same bytes: they lie side by side */
            last->len = (size_t)(stop - last->ptr);
        } else {
            cm_label_fault(csv->reader, "label-before", 0, "earlier turns are lines such as customer: it is broken",
                           "what came before does not begin with its speaker");
            return false;
        }
        at = stop + 1;
    }
    if (!turns || csv->reader->status != CM_OK)
        return false;
    turns[item->turn_count++] = said;
    item->turns = turns;
    return true;
}

static bool read_channel(struct csv *csv, struct cm_labelled *item)
{
    struct cm_span name = get(csv, COLUMN_CHANNEL);
    for (int i = CM_CHANNEL_NONE; i < CM_CHANNEL_COUNT; i++)
        if (cm_span_equal(name, cm_span_of(cm_channel_name((enum cm_channel)i)))) {
            item->channel = (enum cm_channel)i;
            return true;
        }
    cm_label_fault(csv->reader, "label-type", 0, "one of chat, call, email, social, team", "unknown channel");
    return false;
}

static bool is_utf8(struct csv *csv)
{
    for (size_t i = 0; i < csv->count; i++)
        if (cm_utf8_valid_prefix(csv->fields[i].ptr, csv->fields[i].len) < csv->fields[i].len) {
            cm_label_fault(csv->reader, "label-encoding", 0, "save the file as UTF-8", "this row is no UTF-8 text");
            return false;
        }
    return true;
}

/* A space that was typed and cannot be seen is no label, and not "none" either. */
static struct cm_span trim(struct cm_span text)
{
    while (text.len > 0 && separates(text.ptr[0]))
        text = (struct cm_span){text.ptr + 1, text.len - 1};
    while (text.len > 0 && separates(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

static void read_row(struct csv *csv)
{
    struct cm_labelled item = {.line = csv->reader->number};
    struct cm_span human = trim(get(csv, COLUMN_HUMAN)), truth = human.len ? human : get(csv, COLUMN_LABELS);
    struct cm_span disputed = get(csv, COLUMN_DISPUTED), text = get(csv, COLUMN_TEXT);
    struct cm_said said = {.speaker = cm_label_speaker(get(csv, COLUMN_SPEAKER))};
    if (csv->count != csv->width) {
        if (csv->count > 1 || csv->fields[0].len > 0)
            cm_label_fault(csv->reader, "label-csv", 0, "text that holds a comma or a quote stands in quotes",
                           "this row has %zu fields, the header has %zu", csv->count, csv->width);
        return;
    }
    if (truth.len == 0 || !is_utf8(csv))
        return;
    if (said.speaker == CM_SPEAKER_NONE) {
        cm_label_fault(csv->reader, "label-speaker", 0, "one of agent, lead, customer, bot, system", "unknown speaker \"%.*s\"",
                       (int)(get(csv, COLUMN_SPEAKER).len < 40 ? get(csv, COLUMN_SPEAKER).len : 40), get(csv, COLUMN_SPEAKER).ptr);
        return;
    }
    if (text.len > CM_TEXT_MAX_BYTES) {
        cm_label_fault(csv->reader, "label-text-long", 0, NULL, "the text is longer than %zu bytes", (size_t)CM_TEXT_MAX_BYTES);
        return;
    }
    said.text = cm_label_keep(csv->reader, text);
    item.id = cm_label_keep(csv->reader, get(csv, COLUMN_ID));
    item.label_count = read_names(csv, truth, &item.labels);
    item.by_human = human.len > 0 && csv->columns[COLUMN_MACHINE] < CM_CSV_COLUMNS_MAX;
    item.machine = item.by_human ? cm_label_keep(csv->reader, get(csv, COLUMN_MACHINE)) : (struct cm_span){NULL, 0};
    item.all_disputed = cm_span_equal(disputed, CM_SPAN("true"));
    if (!item.all_disputed)
        item.disputed_count = read_names(csv, disputed, &item.disputed);
    if (read_channel(csv, &item) && read_turns(csv, &item, said) && csv->reader->status == CM_OK)
        cm_label_add(csv->reader, item);
}

/* Where the decimal sign is a comma, spreadsheets write ; between fields, and some a tab: the names of the columns have none of them. */
static char comma_of(struct cm_span bytes)
{
    for (size_t i = 0; i < bytes.len && bytes.ptr[i] != '\n'; i++)
        if (bytes.ptr[i] == ',' || bytes.ptr[i] == ';' || bytes.ptr[i] == '\t')
            return bytes.ptr[i];
    return ',';
}

void cm_labels_read_csv(struct cm_label_reader *reader, struct cm_span bytes)
{
    struct csv csv = {.reader = reader, .at = bytes.ptr, .end = bytes.ptr + bytes.len, .line = 1, .comma = comma_of(bytes)};
    if (header(&csv))
        while (row(&csv))
            read_row(&csv);
    cm_arena_free(&csv.scratch);
}
