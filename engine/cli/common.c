#include "cli/common.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/term.h"

#define CM_MEMORY_DEFAULT_MIN_BYTES ((uint64_t)64 << 20)
#define CM_SUBCOMMANDS_MAX 32u
#define CM_READ_BYTES ((size_t)64 * 1024)

int cm_exit_of(enum cm_status status)
{
    switch (status) {
    case CM_OK:
    case CM_END:
        return CM_EXIT_DONE;
    case CM_EUSAGE:
    case CM_ERULES:
        return CM_EXIT_USAGE;
    case CM_ESTOPPED:
        return CM_EXIT_STOPPED;
    default:
        return CM_EXIT_IO;
    }
}

void cm_tell(struct cm_diagnostics *diagnostics)
{
    cm_diagnostics_sort(diagnostics);
    cm_diagnostics_print(diagnostics, stderr, cm_term_colour(stderr));
    cm_diagnostics_free(diagnostics);
    *diagnostics = CM_DIAGNOSTICS_EMPTY;
}

void cm_tell_error(const char *format, ...)
{
    va_list args;
    fputs("caremeter: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int cm_load_packs(struct cm_packs *packs, const struct cm_opt_list *names)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_packs_load(packs, names->items, names->count, &diagnostics);
    if (status == CM_ENOMEM && diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    /* Warnings are for `rules check`: who scores can do nothing about them. */
    if (diagnostics.errors > 0)
        cm_tell(&diagnostics);
    cm_diagnostics_free(&diagnostics);
    if (status == CM_OK)
        return CM_EXIT_DONE;
    /* A pack that is not there is wrong configuration, as one that is wrong. */
    return status == CM_ENOMEM ? CM_EXIT_IO : CM_EXIT_USAGE;
}

int cm_load_inputs(struct cm_inputs *inputs, char **arguments, size_t count)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_inputs_expand(inputs, (const char *const *)arguments, count, &diagnostics);
    if (status != CM_OK && diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&diagnostics);
    return cm_exit_of(status);
}

enum cm_status cm_read_file(const char *path, struct cm_buffer *out)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!file)
        return CM_EIO;
    size_t len = 1;
    while (len > 0 && cm_buffer_reserve(out, CM_READ_BYTES)) {
        len = fread(out->ptr + out->len, 1, CM_READ_BYTES, file);
        out->len += len;
    }
    int error = ferror(file) ? errno : 0;
    if (file != stdin)
        fclose(file);
    errno = error;
    return error ? CM_EIO : cm_buffer_status(out);
}

int cm_flush_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CM_EXIT_DONE;
    cm_tell_error("standard output: %s", errno == EPIPE ? "closed by its reader" : strerror(errno));
    return CM_EXIT_IO;
}

unsigned cm_threads_default(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set) < CM_THREADS_MAX ? (unsigned)CPU_COUNT(&set) : CM_THREADS_MAX;
    return 1;
}

uint64_t cm_memory_default(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t half = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 2 : 0;
    return half > CM_MEMORY_DEFAULT_MIN_BYTES ? half : CM_MEMORY_DEFAULT_MIN_BYTES;
}

static void list(FILE *out, const char *name, const char *about, const struct cm_subcommand *table, size_t count)
{
    fprintf(out, "Usage: %s COMMAND [OPTION]...\n\n%s\n\nCommands:\n", name, about);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-10s %s\n", table[i].name, table[i].help);
    fprintf(out, "\n%s COMMAND --help tells more.\n", name);
}

int cm_dispatch(const char *name, const char *about, const struct cm_subcommand *table, size_t count, int argc, char **argv)
{
    const char *names[CM_SUBCOMMANDS_MAX + 1] = {NULL};
    if (argc < 2) {
        list(stderr, name, about, table, count);
        return CM_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        list(stdout, name, about, table, count);
        return cm_flush_stdout();
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = table[i].name;
        if (strcmp(argv[1], table[i].name) == 0)
            return table[i].run(argc - 1, argv + 1);
    }
    const char *nearest = cm_opts_nearest(argv[1], names);
    fprintf(stderr, "%s: there is no command \"%s\"", name, argv[1]);
    if (nearest)
        fprintf(stderr, "; did you mean \"%s %s\"?", name, nearest);
    fprintf(stderr, "\ntry: %s --help\n", name);
    return CM_EXIT_USAGE;
}
