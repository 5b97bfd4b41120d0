#include "text/lexicon_read.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "text/chars.h"

/* A lexicon file is written by hand; more than this is a mistake, not a language. */
#define LEXICON_FILE_MAX_BYTES ((size_t)8 * 1024 * 1024)
#define LEXICON_FILES_MAX 256

/* One file while its lines are read. */
struct reader {
    struct cm_arena *arena;
    struct cm_diagnostics *diagnostics;
    struct cm_lexicon_lines *lines;
    enum cm_lexicon_line_kind kind;
    struct cm_span list; /* name of the list that the file is */
    const char *path;
    struct cm_span line;
    uint32_t number;
};

static struct cm_place place_of(const struct reader *reader, struct cm_span part)
{
    struct cm_place place = {reader->path, reader->number, 1, 1};
    const char *p = reader->line.ptr, *end = part.ptr + part.len;
    place.width = 0;
    while (p < end) {
        unsigned len;
        cm_utf8_decode(p, end, &len);
        if (p < part.ptr)
            place.column++;
        else
            place.width++;
        p += len;
    }
    place.width += place.width == 0;
    return place;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct cm_span trim(struct cm_span span)
{
    while (span.len > 0 && is_blank(span.ptr[0]))
        span = (struct cm_span){span.ptr + 1, span.len - 1};
    while (span.len > 0 && is_blank(span.ptr[span.len - 1]))
        span.len--;
    return span;
}

static struct cm_span without_comment(struct cm_span line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '#' && (i == 0 || is_blank(line.ptr[i - 1])))
            return (struct cm_span){line.ptr, i};
    }
    return line;
}

/* The next word of *rest, which is shortened; len 0: none. */
static struct cm_span next_word(struct cm_span *rest)
{
    *rest = trim(*rest);
    size_t len = 0;
    while (len < rest->len && !is_blank(rest->ptr[len]))
        len++;
    struct cm_span word = {rest->ptr, len};
    *rest = (struct cm_span){rest->ptr + len, rest->len - len};
    return word;
}

/* A copy of a word in simple lower case; ptr NULL when memory is out. */
static struct cm_span lowered(struct cm_arena *arena, struct cm_span word)
{
    char *copy = cm_arena_alloc(arena, word.len + 1);
    if (!copy)
        return (struct cm_span){NULL, 0};
    size_t len = cm_chars_lower(word, copy);
    copy[len] = '\0';
    return (struct cm_span){copy, len};
}

static bool check_word(struct reader *reader, struct cm_span word)
{
    if (word.len <= CM_LEXICON_WORD_MAX_BYTES)
        return true;
    cm_diagnostics_add(reader->diagnostics, CM_SEVERITY_ERROR, "lexicon-word-long", place_of(reader, word), NULL,
                       "a word of %zu bytes; the limit is %u", word.len, CM_LEXICON_WORD_MAX_BYTES);
    return false;
}

/* Room for one more line, its kind and place filled in; NULL when memory is out. */
static struct cm_lexicon_line *new_line(struct reader *reader, struct cm_span where)
{
    struct cm_lexicon_lines *lines = reader->lines;
    if (cm_grow(&lines->items, &lines->cap, lines->count + 1, sizeof(*lines->items)) != CM_OK)
        return NULL;
    struct cm_lexicon_line *line = &lines->items[lines->count++];
    *line = (struct cm_lexicon_line){.kind = reader->kind, .name = reader->list, .place = place_of(reader, where)};
    return line;
}

static enum cm_status malformed(struct reader *reader, struct cm_span where, const char *what, const char *help)
{
    cm_diagnostics_add(reader->diagnostics, CM_SEVERITY_ERROR, "lexicon-syntax", place_of(reader, where), help, "%s", what);
    return CM_OK;
}

static enum cm_status read_fold(struct reader *reader, struct cm_span text)
{
    static const char help[] = "an entry is written: key -> word [word...]";
    struct cm_span rest = text;
    struct cm_span key = next_word(&rest);
    struct cm_span arrow = next_word(&rest);
    if (!cm_span_equal(arrow, CM_SPAN("->")))
        return malformed(reader, arrow.len ? arrow : key, "-> is missing after the key", help);
    if (!check_word(reader, key))
        return CM_OK;
    struct cm_lexicon_line *line = new_line(reader, key);
    if (!line || !(line->key = lowered(reader->arena, key)).ptr)
        return CM_ENOMEM;
    for (struct cm_span word = next_word(&rest); word.len > 0; word = next_word(&rest)) {
        if (line->word_count == CM_LEXICON_EXPANSION_MAX_WORDS)
            return malformed(reader, word, "too many words", "one token folds to at most 8");
        if (!check_word(reader, word))
            return CM_OK;
        struct cm_span copy = lowered(reader->arena, word);
        if (!copy.ptr)
            return CM_ENOMEM;
        line->words[line->word_count++] = copy;
    }
    if (line->word_count > 0)
        return CM_OK;
    reader->lines->count--;
    return malformed(reader, arrow, "nothing stands after ->", help);
}

static enum cm_status read_words(struct reader *reader, struct cm_span rest)
{
    for (struct cm_span word = next_word(&rest); word.len > 0; word = next_word(&rest)) {
        if (!check_word(reader, word))
            continue;
        struct cm_lexicon_line *line = new_line(reader, word);
        if (!line || !(line->key = lowered(reader->arena, word)).ptr)
            return CM_ENOMEM;
    }
    return CM_OK;
}

static enum cm_status read_list(struct reader *reader, struct cm_span text)
{
    struct cm_lexicon_line *line = new_line(reader, text);
    struct cm_span copy = line ? lowered(reader->arena, text) : text;
    if (!line || !copy.ptr)
        return CM_ENOMEM;
    char *out = cm_arena_alloc(reader->arena, copy.len + 1);
    if (!out)
        return CM_ENOMEM;
    size_t len = 0;
    for (struct cm_span word = next_word(&copy); word.len > 0; word = next_word(&copy)) {
        if (len > 0)
            out[len++] = ' ';
        memcpy(out + len, word.ptr, word.len);
        len += word.len;
    }
    line->key = (struct cm_span){out, len};
    return CM_OK;
}

static enum cm_status read_macro(struct reader *reader, struct cm_span text)
{
    static const char help[] = "a macro is written: %name = phrase expression";
    struct cm_span rest = text;
    struct cm_span name = next_word(&rest);
    struct cm_span equals = next_word(&rest);
    struct cm_span expression = trim(rest);
    if (name.len < 2 || name.ptr[0] != '%')
        return malformed(reader, name, "a macro's name begins with %", help);
    if (!cm_span_equal(equals, CM_SPAN("=")) || expression.len == 0)
        return malformed(reader, equals.len ? equals : name, "an expression is missing", help);
    struct cm_lexicon_line *line = new_line(reader, expression);
    if (!line)
        return CM_ENOMEM;
    line->name = lowered(reader->arena, (struct cm_span){name.ptr + 1, name.len - 1});
    line->key = cm_arena_copy(reader->arena, expression);
    return line->name.ptr && line->key.ptr ? CM_OK : CM_ENOMEM;
}

static enum cm_status read_line(struct reader *reader)
{
    static enum cm_status (*const read_kind[])(struct reader *, struct cm_span) = {
        [CM_LEXICON_FOLD] = read_fold,
        [CM_LEXICON_LIST] = read_list,
        [CM_LEXICON_WORD] = read_words,
        [CM_LEXICON_MACRO] = read_macro,
    };
    struct cm_span text = trim(without_comment(reader->line));
    if (text.len == 0)
        return CM_OK;
    if (cm_utf8_valid_prefix(text.ptr, text.len) != text.len)
        return malformed(reader, text, "the line is not valid UTF-8", NULL);
    return read_kind[reader->kind](reader, text);
}

static enum cm_status cannot_read(struct cm_diagnostics *diagnostics, const char *path)
{
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "lexicon-unreadable", (struct cm_place){.file = path}, NULL,
                       "the lexicon cannot be read: %m");
    return CM_EIO;
}

static enum cm_status load_file(const char *path, struct cm_diagnostics *diagnostics, struct cm_buffer *contents)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return cannot_read(diagnostics, path);
    enum cm_status status = CM_OK;
    size_t got;
    do {
        if (!cm_buffer_reserve(contents, 64 * 1024)) {
            status = CM_ENOMEM;
            break;
        }
        got = fread(contents->ptr + contents->len, 1, 64 * 1024, file);
        contents->len += got;
    } while (got > 0 && contents->len <= LEXICON_FILE_MAX_BYTES);
    if (status == CM_OK && ferror(file))
        status = cannot_read(diagnostics, path);
    fclose(file);
    if (status == CM_OK && contents->len > LEXICON_FILE_MAX_BYTES) {
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "lexicon-too-large", (struct cm_place){.file = path}, NULL,
                           "the file is larger than %zu bytes", LEXICON_FILE_MAX_BYTES);
        status = CM_ERULES;
    }
    return status;
}

/* What is being read, file by file. */
struct opener {
    struct cm_arena *arena;
    struct cm_diagnostics *diagnostics;
    struct cm_lexicon_files *files;
    enum cm_lexicon_line_kind kind;
};

static enum cm_status open_file(struct opener *opener, const char *path, struct cm_span name)
{
    struct cm_buffer contents = CM_BUFFER_EMPTY;
    struct cm_lexicon_files *files = opener->files;
    enum cm_status status = load_file(path, opener->diagnostics, &contents);
    if (status == CM_OK)
        status = cm_grow(&files->items, &files->cap, files->count + 1, sizeof(*files->items));
    if (status == CM_OK) {
        struct cm_span bytes = cm_arena_copy(opener->arena, cm_buffer_view(&contents));
        files->items[files->count++] = (struct cm_lexicon_file){path, name, opener->kind, bytes};
        status = bytes.ptr ? CM_OK : CM_ENOMEM;
        cm_diagnostics_source(opener->diagnostics, path, bytes);
    }
    cm_buffer_free(&contents);
    return status;
}

static int is_data_file(const struct dirent *item)
{
    size_t len = strlen(item->d_name);
    return item->d_name[0] != '.' && len > 0 && item->d_name[len - 1] != '~';
}

/* Every file of a sub-folder, in the order of their names. */
static enum cm_status open_folder(struct opener *opener, const char *folder, const char *name)
{
    enum cm_status status = CM_OK;
    struct dirent **files = NULL;
    const char *path = cm_arena_printf(opener->arena, "%s/%s", folder, name);
    if (!path)
        return CM_ENOMEM;
    int count = scandir(path, &files, is_data_file, alphasort);
    if (count < 0)
        return cannot_read(opener->diagnostics, path);
    for (int i = 0; i < count && i < LEXICON_FILES_MAX && status == CM_OK; i++) {
        const char *file = cm_arena_printf(opener->arena, "%s/%s", path, files[i]->d_name);
        struct cm_span list = cm_arena_copy(opener->arena, cm_span_of(files[i]->d_name));
        status = file && list.ptr ? open_file(opener, file, list) : CM_ENOMEM;
    }
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
    return status;
}

static enum cm_status open_one(struct opener *opener, const char *folder, const char *name)
{
    const char *path = cm_arena_printf(opener->arena, "%s/%s", folder, name);
    if (!path)
        return CM_ENOMEM;
    return access(path, F_OK) == 0 ? open_file(opener, path, (struct cm_span){"", 0}) : CM_OK;
}

enum cm_status cm_lexicon_open_files(const char *folder, struct cm_arena *arena, struct cm_diagnostics *diagnostics,
                                     struct cm_lexicon_files *files)
{
    struct opener opener = {.arena = arena, .diagnostics = diagnostics, .files = files};
    opener.kind = CM_LEXICON_FOLD;
    enum cm_status status = open_folder(&opener, folder, "fold");
    opener.kind = CM_LEXICON_LIST;
    if (status == CM_OK)
        status = open_folder(&opener, folder, "lists");
    opener.kind = CM_LEXICON_WORD;
    if (status == CM_OK)
        status = open_one(&opener, folder, "words");
    opener.kind = CM_LEXICON_MACRO;
    if (status == CM_OK)
        status = open_one(&opener, folder, "macros");
    return status;
}

static enum cm_status read_file(struct reader *reader, struct cm_span text)
{
    enum cm_status status = CM_OK;
    if (cm_span_starts_with(text, CM_SPAN("\xEF\xBB\xBF")))
        text = (struct cm_span){text.ptr + 3, text.len - 3};
    reader->number = 0;
    while (text.len > 0 && status == CM_OK) {
        const char *end = memchr(text.ptr, '\n', text.len);
        reader->line = (struct cm_span){text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        reader->number++;
        status = read_line(reader);
        size_t taken = reader->line.len + (end ? 1 : 0);
        text = (struct cm_span){text.ptr + taken, text.len - taken};
    }
    return status;
}

enum cm_status cm_lexicon_read(const struct cm_lexicon_files *files, struct cm_arena *arena, struct cm_diagnostics *diagnostics,
                               struct cm_lexicon_lines *lines)
{
    struct reader reader = {.arena = arena, .diagnostics = diagnostics, .lines = lines};
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < files->count && status == CM_OK; i++) {
        const struct cm_lexicon_file *file = &files->items[i];
        reader.kind = file->kind;
        reader.list = file->name;
        reader.path = file->path;
        status = read_file(&reader, file->bytes);
    }
    return status;
}
