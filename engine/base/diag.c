#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/utf8.h"

struct cm_diagnostic_source {
    const char *file;
    struct cm_span contents;
    struct cm_diagnostic_source *next;
};

static const struct cm_diagnostic_source *find_source(const struct cm_diagnostics *list, const char *file)
{
    for (const struct cm_diagnostic_source *source = list->sources; source && file; source = source->next)
        if (strcmp(source->file, file) == 0)
            return source;
    return NULL;
}

void cm_diagnostics_source(struct cm_diagnostics *list, const char *file, struct cm_span contents)
{
    if (find_source(list, file))
        return;
    struct cm_diagnostic_source *source = cm_arena_calloc(&list->arena, 1, sizeof *source);
    struct cm_span name = cm_arena_copy(&list->arena, cm_span_of(file));
    struct cm_span copy = cm_arena_copy(&list->arena, contents);
    if (!source || !name.ptr || !copy.ptr) {
        list->status = CM_ENOMEM;
        return;
    }
    *source = (struct cm_diagnostic_source){name.ptr, copy, NULL};
    struct cm_diagnostic_source **tail = &list->sources;
    while (*tail)
        tail = &(*tail)->next;
    *tail = source;
}

const char *cm_diagnostics_source_file(const struct cm_diagnostics *list, size_t index)
{
    const struct cm_diagnostic_source *source = list->sources;
    while (source && index--)
        source = source->next;
    return source ? source->file : NULL;
}

void cm_diagnostics_add(struct cm_diagnostics *list, enum cm_severity severity, const char *id, struct cm_place place, const char *help,
                        const char *format, ...)
{
    if (severity == CM_SEVERITY_ERROR)
        list->errors++;
    else
        list->warnings++;
    if (list->count >= CM_DIAGNOSTICS_KEPT_MAX)
        return;
    if (cm_grow(&list->items, &list->cap, list->count + 1, sizeof *list->items) != CM_OK) {
        list->status = CM_ENOMEM;
        return;
    }
    va_list args;
    va_start(args, format);
    char line[1024]; /* a message is one line; the long tail of a quoted phrase may be cut */
    vsnprintf(line, sizeof line, format, args);
    va_end(args);

    struct cm_span message = cm_arena_copy(&list->arena, cm_span_of(line));
    struct cm_span file = place.file ? cm_arena_copy(&list->arena, cm_span_of(place.file)) : (struct cm_span){NULL, 0};
    struct cm_span hint = help ? cm_arena_copy(&list->arena, cm_span_of(help)) : (struct cm_span){NULL, 0};
    if (!message.ptr || (place.file && !file.ptr) || (help && !hint.ptr)) {
        list->status = CM_ENOMEM;
        return;
    }
    place.file = file.ptr;
    list->items[list->count++] = (struct cm_diagnostic){severity, id, place, message.ptr, hint.ptr};
}

static int compare_places(const void *a, const void *b)
{
    const struct cm_diagnostic *x = a, *y = b;
    int order = x->place.file && y->place.file ? strcmp(x->place.file, y->place.file) : !!x->place.file - !!y->place.file;
    if (order)
        return order;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    if (x->place.column != y->place.column)
        return x->place.column < y->place.column ? -1 : 1;
    return strcmp(x->message, y->message);
}

void cm_diagnostics_sort(struct cm_diagnostics *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare_places);
}

/* What is quoted is somebody's text: it must not steer the terminal, nor begin a line. Tabs stay tabs. */
static void print_text(FILE *out, struct cm_span text)
{
    const char *at = text.ptr, *end = at + text.len;
    while (at < end) {
        unsigned len;
        uint32_t code = cm_utf8_decode(at, end, &len);
        bool bidi = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
        if (code != '\t' && (code == CM_UTF8_INVALID || code < 0x20 || (code >= 0x7F && code < 0xA0) || bidi))
            fputs("\xEF\xBF\xBD", out);
        else
            fwrite(at, 1, len, out);
        at += len;
    }
}

static struct cm_span source_line(const struct cm_diagnostic_source *source, uint32_t line)
{
    const char *p = source->contents.ptr, *end = p + source->contents.len;
    while (--line && p) {
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : NULL;
    }
    if (!p || p > end)
        return (struct cm_span){NULL, 0};
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    if (!stop)
        stop = end;
    if (stop > p && stop[-1] == '\r')
        stop--;
    return (struct cm_span){p, (size_t)(stop - p)};
}

static void print_excerpt(const struct cm_diagnostics *list, const struct cm_diagnostic *item, FILE *out, const char *mark,
                          const char *plain)
{
    const struct cm_diagnostic_source *source = find_source(list, item->place.file);
    if (!source || item->place.line == 0)
        return;
    struct cm_span line = source_line(source, item->place.line);
    if (!line.ptr)
        return;
    fprintf(out, "%6u | ", item->place.line);
    print_text(out, line);
    fputs("\n       | ", out);
    /* tabs stay tabs, so that the caret stands under its column */
    uint32_t column = 1;
    for (size_t i = 0; i < line.len && column < item->place.column; i++)
        if (((unsigned char)line.ptr[i] & 0xC0) != 0x80) {
            fputc(line.ptr[i] == '\t' ? '\t' : ' ', out);
            column++;
        }
    fprintf(out, "%s^", mark);
    for (uint32_t i = 1; i < item->place.width && i < line.len; i++)
        fputc('~', out);
    fprintf(out, "%s\n", plain);
}

void cm_diagnostics_print(const struct cm_diagnostics *list, FILE *out, bool colour)
{
    const char *bold = colour ? "\033[1m" : "", *red = colour ? "\033[1;31m" : "", *yellow = colour ? "\033[1;35m" : "",
               *plain = colour ? "\033[0m" : "";
    for (size_t i = 0; i < list->count; i++) {
        const struct cm_diagnostic *item = &list->items[i];
        bool error = item->severity == CM_SEVERITY_ERROR;
        const char *mark = error ? red : yellow;
        if (item->place.file) {
            fputs(bold, out);
            print_text(out, cm_span_of(item->place.file));
            if (item->place.line)
                fprintf(out, ":%u:%u", item->place.line, item->place.column);
            fprintf(out, ":%s ", plain);
        }
        fprintf(out, "%s%s:%s ", mark, error ? "error" : "warning", plain);
        print_text(out, cm_span_of(item->message));
        fprintf(out, " [%s]\n", item->id);
        print_excerpt(list, item, out, mark, plain);
        if (item->help) {
            fputs("       help: ", out);
            print_text(out, cm_span_of(item->help));
            fputc('\n', out);
        }
    }
    size_t told = list->errors + list->warnings;
    if (told > list->count)
        fprintf(out, "and %zu more\n", told - list->count);
}

const struct cm_diagnostic *cm_diagnostics_find(const struct cm_diagnostics *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].id, id) == 0)
            return &list->items[i];
    return NULL;
}

void cm_diagnostics_free(struct cm_diagnostics *list)
{
    free(list->items);
    cm_arena_free(&list->arena);
    *list = CM_DIAGNOSTICS_EMPTY;
}
