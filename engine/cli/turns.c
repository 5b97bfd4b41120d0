#include "cli/turns.h"

#include <stdlib.h>

#include "cli/term.h"
#include "cli/text.h"

/* Turns that are remembered in all, whatever -C is: about 64 MiB of ordinary ones. */
#define CM_REMEMBERED_TURNS 262144u
/* An interaction has this many places where it can be remembered; the one that was silent longest makes room. */
#define CM_WAYS 4u

/* Before every turn in a worker's buffer; id and text follow. */
struct head {
    const char *name; /* of the file: lives as long as the source */
    uint64_t line;
    uint32_t id_len, text_len;
    bool hit;
};

static const char *speaker_colour(enum cm_speaker speaker)
{
    switch (speaker) {
    case CM_SPEAKER_AGENT:
    case CM_SPEAKER_LEAD:
        return CM_COLOUR_GREEN;
    case CM_SPEAKER_CUSTOMER:
        return CM_COLOUR_YELLOW;
    default:
        return CM_COLOUR_DIM;
    }
}

static void highlight(struct cm_buffer *out, struct cm_span text, const struct cm_found *found, size_t count, bool colour)
{
    size_t at = 0;
    for (size_t i = 0; i < count && colour; i++) {
        size_t start = found[i].start > at ? found[i].start : at, end = found[i].end;
        if (end <= at)
            continue; /* inside of what is lit already */
        cm_text_clean(out, (struct cm_span){text.ptr + at, start - at});
        cm_buffer_text(out, CM_COLOUR_HIT);
        cm_text_clean(out, (struct cm_span){text.ptr + start, end - start});
        cm_buffer_text(out, CM_COLOUR_OFF);
        at = end;
    }
    cm_text_clean(out, (struct cm_span){text.ptr + at, text.len - at});
}

void cm_turn_append(struct cm_buffer *out, const struct cm_turn_style *style, const struct cm_block *block, const struct cm_line *line,
                    const struct cm_event *event, const struct cm_found *found, size_t found_count)
{
    struct head head = {.name = block->name, .line = line->number, .id_len = (uint32_t)event->interaction_id.len, .hit = found_count > 0};
    size_t at = out->len;
    cm_buffer_append(out, &head, sizeof head);
    cm_buffer_span(out, event->interaction_id);
    size_t text = out->len;
    cm_buffer_printf(out, "%s%-8s%s ", cm_paint(style->colour, speaker_colour((enum cm_speaker)event->speaker)),
                     cm_speaker_name((enum cm_speaker)event->speaker), cm_paint(style->colour, CM_COLOUR_OFF));
    highlight(out, event->text, found, found_count, style->colour);
    cm_buffer_byte(out, '\n');
    head.text_len = (uint32_t)(out->len - text);
    if (cm_buffer_status(out) == CM_OK)
        memcpy(out->ptr + at, &head, sizeof head);
}

/* One interaction, as far as it is remembered. */
struct memory {
    struct cm_hash128 id;
    uint64_t used;  /* when, in turns; 0: free */
    uint32_t after; /* turns that are still to be shown */
    uint32_t held;  /* turns in the ring, from first */
    uint32_t first;
    bool shown, gap;        /* something was printed; and turns were forgotten since */
    struct cm_buffer *ring; /* context many: head and text of each */
};

struct cm_turn_printer {
    FILE *out;
    struct cm_turn_style style;
    uint32_t context;
    uint64_t clock;
    const char *last_name; /* of what was printed last */
    struct cm_buffer last_id;
    struct cm_buffer clean;
    bool any;
    struct memory *memories; /* sets * CM_WAYS */
    uint32_t sets;           /* a power of two; 0: no context */
};

enum cm_status cm_turn_printer_new(FILE *out, const struct cm_turn_style *style, uint32_t context, struct cm_turn_printer **out_printer)
{
    struct cm_turn_printer *printer = calloc(1, sizeof *printer);
    *out_printer = printer;
    if (!printer)
        return CM_ENOMEM;
    printer->out = out;
    printer->style = *style;
    printer->context = context;
    if (context == 0)
        return CM_OK;
    printer->sets = 1;
    while (printer->sets * 2 * CM_WAYS * context <= CM_REMEMBERED_TURNS)
        printer->sets *= 2;
    printer->memories = calloc((size_t)printer->sets * CM_WAYS, sizeof *printer->memories);
    if (printer->memories)
        return CM_OK;
    free(printer);
    *out_printer = NULL;
    return CM_ENOMEM;
}

void cm_turn_printer_free(struct cm_turn_printer *printer)
{
    if (!printer)
        return;
    for (size_t i = 0; i < (size_t)printer->sets * CM_WAYS; i++) {
        struct memory *memory = &printer->memories[i];
        for (uint32_t j = 0; memory->ring && j < printer->context; j++)
            cm_buffer_free(&memory->ring[j]);
        free(memory->ring);
    }
    free(printer->memories);
    cm_buffer_free(&printer->last_id);
    cm_buffer_free(&printer->clean);
    free(printer);
}

static struct memory *recall(struct cm_turn_printer *printer, struct cm_span id)
{
    struct cm_hash128 hash = cm_hash128(id);
    struct memory *set = &printer->memories[(hash.low & (printer->sets - 1)) * CM_WAYS], *oldest = set;
    for (struct memory *memory = set; memory < set + CM_WAYS; memory++) {
        if (memory->used && cm_hash128_compare(memory->id, hash) == 0)
            return memory;
        if (memory->used < oldest->used)
            oldest = memory;
    }
    if (!oldest->ring)
        oldest->ring = calloc(printer->context, sizeof *oldest->ring);
    struct cm_buffer *ring = oldest->ring;
    *oldest = (struct memory){.id = hash, .ring = ring};
    return ring ? oldest : NULL;
}

/* The id of the interaction in clean form; borrowed until the next call. */
static struct cm_span clean_id(struct cm_turn_printer *printer, struct cm_span id)
{
    cm_buffer_reset(&printer->clean);
    cm_text_clean(&printer->clean, id);
    return cm_buffer_view(&printer->clean);
}

static void print_heading(struct cm_turn_printer *printer, const struct head *head, struct cm_span id)
{
    bool colour = printer->style.colour, other_file = printer->last_name != head->name;
    if (!other_file && printer->any && cm_span_equal(id, cm_buffer_view(&printer->last_id)))
        return;
    if (printer->any)
        fputc('\n', printer->out);
    if (other_file)
        fprintf(printer->out, "%s%s%s\n", cm_paint(colour, CM_COLOUR_MAGENTA), head->name, cm_paint(colour, CM_COLOUR_OFF));
    struct cm_span clean = clean_id(printer, id);
    fprintf(printer->out, "%s%.*s%s\n", cm_paint(colour, CM_COLOUR_CYAN), (int)clean.len, clean.ptr, cm_paint(colour, CM_COLOUR_OFF));
    printer->last_name = head->name;
    cm_buffer_reset(&printer->last_id);
    cm_buffer_span(&printer->last_id, id);
}

/* Between turns that do not follow each other in their interaction, as grep does. */
static void print_break(struct cm_turn_printer *printer, struct cm_span id)
{
    if (printer->context == 0)
        return;
    if (printer->any && !cm_span_equal(id, cm_buffer_view(&printer->last_id)))
        fputs("--\n", printer->out);
    cm_buffer_reset(&printer->last_id);
    cm_buffer_span(&printer->last_id, id);
}

/* ":" behind the place of a hit and "-" behind that of context, as grep does. */
static void print_turn(struct cm_turn_printer *printer, const struct head *head, struct cm_span id, struct cm_span text)
{
    char mark = head->hit ? ':' : '-';
    bool colour = printer->style.colour;
    if (printer->style.grouped) {
        print_heading(printer, head, id);
        fprintf(printer->out, "%s%6llu%c%s ", cm_paint(colour, CM_COLOUR_DIM), (unsigned long long)head->line, mark,
                cm_paint(colour, CM_COLOUR_OFF));
    } else {
        print_break(printer, id);
        struct cm_span clean = clean_id(printer, id);
        fprintf(printer->out, "%s%c%llu%c%.*s%c", head->name, mark, (unsigned long long)head->line, mark, (int)clean.len, clean.ptr, mark);
    }
    fwrite(text.ptr, 1, text.len, printer->out);
    printer->any = true;
}

/* The turns before a hit that were kept. */
static void print_before(struct cm_turn_printer *printer, struct memory *memory, struct cm_span id)
{
    if (memory->gap && memory->shown)
        fputs("--\n", printer->out);
    for (uint32_t i = 0; i < memory->held; i++) {
        struct cm_buffer *kept = &memory->ring[(memory->first + i) % printer->context];
        struct head head;
        memcpy(&head, kept->ptr, sizeof head);
        print_turn(printer, &head, id, (struct cm_span){kept->ptr + sizeof head, head.text_len});
    }
    memory->held = 0;
    memory->gap = false;
}

static enum cm_status keep(struct cm_turn_printer *printer, struct memory *memory, const struct head *head, struct cm_span text)
{
    if (memory->held == printer->context) {
        memory->first = (memory->first + 1) % printer->context;
        memory->held--;
        memory->gap = true;
    }
    struct cm_buffer *slot = &memory->ring[(memory->first + memory->held++) % printer->context];
    cm_buffer_reset(slot);
    cm_buffer_append(slot, head, sizeof *head);
    cm_buffer_span(slot, text);
    return cm_buffer_status(slot);
}

static enum cm_status take(struct cm_turn_printer *printer, const struct head *head, struct cm_span id, struct cm_span text)
{
    if (printer->context == 0) {
        print_turn(printer, head, id, text);
        return CM_OK;
    }
    struct memory *memory = recall(printer, id);
    if (!memory)
        return CM_ENOMEM;
    memory->used = ++printer->clock;
    if (!head->hit && memory->after == 0)
        return keep(printer, memory, head, text);
    if (head->hit)
        print_before(printer, memory, id);
    print_turn(printer, head, id, text);
    memory->after = head->hit ? printer->context : memory->after - 1;
    memory->shown = true;
    return CM_OK;
}

enum cm_status cm_turn_print(struct cm_turn_printer *printer, struct cm_span turns)
{
    enum cm_status status = CM_OK;
    while (turns.len > 0 && status == CM_OK) {
        struct head head;
        memcpy(&head, turns.ptr, sizeof head);
        struct cm_span id = {turns.ptr + sizeof head, head.id_len}, text = {id.ptr + id.len, head.text_len};
        status = take(printer, &head, id, text);
        size_t used = sizeof head + id.len + text.len;
        turns = (struct cm_span){turns.ptr + used, turns.len - used};
    }
    return status == CM_OK && ferror(printer->out) ? CM_EIO : status;
}
