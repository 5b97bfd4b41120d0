#include "text/redact_patterns.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/hash.h"

#define PATTERN_FILE_MAX_BYTES ((size_t)1024 * 1024)
#define PATTERN_NAME_MAX_BYTES ((size_t)32)

/* What the code knows about a name. Others are neither checked nor spared by their needs. */
static const struct {
    const char *name;
    enum cm_redact_check check;
    unsigned digits;
    bool at;
} known[] = {
    {"card", CM_REDACT_LUHN, 13, false}, /* 13 to 19 digits */
    {"iban", CM_REDACT_MOD97, 4, false}, /* two check digits and an account */
    {"email", CM_REDACT_UNCHECKED, 0, true}, {"phone", CM_REDACT_UNCHECKED, 7, false},
    {"id", CM_REDACT_UNCHECKED, 6, false},   {"ip", CM_REDACT_UNCHECKED, 4, false},
};

struct loader {
    struct cm_redactor *redactor;
    struct cm_diagnostics *diagnostics;
    const char *path;
    uint32_t line;
};

static void fault(const struct loader *loader, size_t column, const char *id, const char *message)
{
    struct cm_place place = {loader->path, loader->line, (uint32_t)column + 1, 1};
    cm_diagnostics_add(loader->diagnostics, CM_SEVERITY_ERROR, id, place, "a pattern is written: name: pattern", "%s", message);
}

static bool is_name(struct cm_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!((name.ptr[i] >= 'a' && name.ptr[i] <= 'z') || name.ptr[i] == '_'))
            return false;
    }
    return name.len > 0 && name.len <= PATTERN_NAME_MAX_BYTES;
}

static enum cm_status compile(const struct loader *loader, struct cm_span source, size_t column, struct cm_redact_pattern *pattern)
{
    int error;
    PCRE2_SIZE offset;
    pattern->code =
        pcre2_compile((PCRE2_SPTR)source.ptr, source.len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_CASELESS, &error, &offset, NULL);
    if (!pattern->code) {
        PCRE2_UCHAR message[128];
        pcre2_get_error_message(error, message, sizeof(message));
        fault(loader, column + offset, "redaction-pattern", (const char *)message);
        return CM_ERULES;
    }
    /* without JIT support it is slower and the same */
    (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    return CM_OK;
}

static enum cm_status add_pattern(const struct loader *loader, struct cm_span name, struct cm_span source, size_t column)
{
    struct cm_redactor *redactor = loader->redactor;
    if (cm_grow(&redactor->patterns, &redactor->cap, redactor->count + 1, sizeof(*redactor->patterns)) != CM_OK)
        return CM_ENOMEM;
    struct cm_redact_pattern *pattern = &redactor->patterns[redactor->count];
    *pattern = (struct cm_redact_pattern){.mask = cm_arena_printf(&redactor->arena, "[%.*s]", (int)name.len, name.ptr)};
    if (!pattern->mask)
        return CM_ENOMEM;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!cm_span_equal(name, cm_span_of(known[i].name)))
            continue;
        pattern->check = known[i].check;
        pattern->digits = known[i].digits;
        pattern->at = known[i].at;
    }
    /* faults are told and reading goes on, so that all are told */
    if (compile(loader, source, column, pattern) == CM_OK)
        redactor->count++;
    if (!pattern->at && pattern->digits < redactor->least_digits)
        redactor->least_digits = pattern->digits;
    return CM_OK;
}

static enum cm_status read_line(const struct loader *loader, struct cm_span line)
{
    while (line.len > 0 && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    if (line.len == 0 || line.ptr[0] == '#')
        return CM_OK;
    const char *colon = memchr(line.ptr, ':', line.len);
    struct cm_span name = {line.ptr, colon ? (size_t)(colon - line.ptr) : 0};
    if (!is_name(name)) {
        fault(loader, 0, "redaction-syntax", "a name in small letters and a colon are missing");
        return CM_OK;
    }
    size_t column = name.len + 1;
    while (column < line.len && line.ptr[column] == ' ')
        column++;
    if (column == line.len) {
        fault(loader, name.len, "redaction-syntax", "the pattern is missing");
        return CM_OK;
    }
    uint64_t chain[] = {loader->redactor->hash, cm_hash64(line)};
    loader->redactor->hash = cm_hash64((struct cm_span){(const char *)chain, sizeof(chain)});
    return add_pattern(loader, name, (struct cm_span){line.ptr + column, line.len - column}, column);
}

static enum cm_status cannot_read(struct loader *loader, const char *path)
{
    cm_diagnostics_add(loader->diagnostics, CM_SEVERITY_ERROR, "redaction-unreadable", (struct cm_place){.file = path}, NULL,
                       "the redaction patterns cannot be read: %m");
    return CM_EIO;
}

static enum cm_status read_file(struct loader *loader, const char *path)
{
    enum cm_status status = CM_ENOMEM;
    struct cm_buffer contents = CM_BUFFER_EMPTY;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return cannot_read(loader, path);
    if (!cm_buffer_reserve(&contents, PATTERN_FILE_MAX_BYTES))
        goto out;
    contents.len = fread(contents.ptr, 1, PATTERN_FILE_MAX_BYTES, file);
    status = ferror(file) ? cannot_read(loader, path) : CM_OK;
    struct cm_span text = cm_buffer_view(&contents);
    cm_diagnostics_source(loader->diagnostics, path, text);
    loader->path = path;
    for (loader->line = 1; text.len > 0 && status == CM_OK; loader->line++) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct cm_span line = {text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        status = read_line(loader, line);
        size_t taken = line.len + (end ? 1 : 0);
        text = (struct cm_span){text.ptr + taken, text.len - taken};
    }
out:
    fclose(file);
    cm_buffer_free(&contents);
    return status;
}

static int is_data_file(const struct dirent *item)
{
    size_t len = strlen(item->d_name);
    return item->d_name[0] != '.' && item->d_name[len - 1] != '~';
}

static enum cm_status read_folder(struct loader *loader, const char *folder)
{
    struct dirent **files = NULL;
    enum cm_status status = CM_OK;
    int count = scandir(folder, &files, is_data_file, alphasort);
    if (count < 0)
        return cannot_read(loader, folder);
    for (int i = 0; i < count && status == CM_OK; i++) {
        const char *path = cm_arena_printf(&loader->redactor->arena, "%s/%s", folder, files[i]->d_name);
        status = path ? read_file(loader, path) : CM_ENOMEM;
    }
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
    return status;
}

enum cm_status cm_redactor_load(const char *folder, struct cm_diagnostics *diagnostics, struct cm_redactor **out)
{
    *out = NULL;
    struct cm_redactor *redactor = calloc(1, sizeof(*redactor));
    if (!redactor)
        return CM_ENOMEM;
    redactor->least_digits = UINT_MAX;
    struct loader loader = {.redactor = redactor, .diagnostics = diagnostics};
    size_t errors = diagnostics->errors;
    enum cm_status status = read_folder(&loader, folder);
    if (status == CM_OK && diagnostics->errors == errors && redactor->count == 0) {
        /* a redactor that hides nothing is a mistake, not a choice */
        loader.path = folder;
        fault(&loader, 0, "redaction-empty", "the folder holds no patterns");
    }
    if (status == CM_OK && diagnostics->errors > errors)
        status = CM_ERULES;
    if (status == CM_OK)
        *out = redactor;
    else
        cm_redactor_free(redactor);
    return status;
}

uint64_t cm_redactor_hash(const struct cm_redactor *redactor)
{
    return redactor->hash;
}

void cm_redactor_free(struct cm_redactor *redactor)
{
    if (!redactor)
        return;
    for (size_t i = 0; i < redactor->count; i++)
        pcre2_code_free(redactor->patterns[i].code);
    free(redactor->patterns);
    cm_arena_free(&redactor->arena);
    free(redactor);
}
