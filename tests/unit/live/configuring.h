/* A configuration from texts, and what was told of it; shared by test_config*.c. */
#ifndef CONFIGURING_H
#define CONFIGURING_H

#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "live/config/config.h"

struct configured {
    struct cm_config config;
    struct cm_diagnostics told;
    enum cm_status status;
    char path[64]; /* of the file that was read; its name is in the diagnostics */
};

static inline void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static inline void temporary(char path[64], const char *text)
{
    snprintf(path, 64, "config-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    write_file(path, text);
}

static inline void start(struct configured *c)
{
    *c = (struct configured){0};
    c->status = cm_config_init(&c->config);
    cr_assert_eq(c->status, CM_OK);
}

static inline void read_text(struct configured *c, const char *text)
{
    start(c);
    temporary(c->path, text);
    c->status = cm_config_read(&c->config, c->path, &c->told);
    unlink(c->path);
}

static inline void finish(struct configured *c)
{
    cm_config_free(&c->config);
    cm_diagnostics_free(&c->told);
}

/* The only thing told has this id and place, and its message and help hold these words (NULL: whatever). */
static inline void assert_told(const struct configured *c, const char *id, uint32_t line, uint32_t column, const char *message,
                               const char *help)
{
    cr_assert_eq(c->told.count, 1, "%s: %zu faults", id, c->told.count);
    const struct cm_diagnostic *item = &c->told.items[0];
    cr_assert_str_eq(item->id, id, "%s: %s", item->id, item->message);
    cr_assert_eq(item->place.line, line, "%s: line %u", item->message, item->place.line);
    cr_assert_eq(item->place.column, column, "%s: column %u", item->message, item->place.column);
    cr_assert(!message || strstr(item->message, message), "not the message: %s", item->message);
    cr_assert(!help || (item->help && strstr(item->help, help)), "not the help: %s", item->help ? item->help : "(none)");
}

/* A text with one fault is refused, and the fault is told there. */
static inline void assert_refused(const char *text, const char *id, uint32_t line, uint32_t column, const char *message, const char *help)
{
    struct configured c;
    read_text(&c, text);
    cr_assert_eq(c.status, CM_EUSAGE, "%s", text);
    assert_told(&c, id, line, column, message, help);
    cr_assert(line == 0 || strcmp(c.told.items[0].place.file, c.path) == 0);
    finish(&c);
}

/* NUL-terminated; to be freed. */
static inline char *printed(const struct cm_config *config)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_config_print(config, &out);
    cm_buffer_byte(&out, '\0');
    cr_assert_eq(cm_buffer_status(&out), CM_OK);
    return out.ptr;
}

#endif
