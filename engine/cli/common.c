#include "cli/common.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
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

void cm_tell_use(struct cm_diagnostics *diagnostics)
{
    size_t kept = 0, warnings = 0;
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct cm_diagnostic *item = &diagnostics->items[i];
        bool error = item->severity == CM_SEVERITY_ERROR;
        if (!error && strcmp(item->id, "regex-no-jit") != 0)
            continue;
        warnings += !error;
        diagnostics->items[kept++] = *item;
    }
    diagnostics->count = kept;
    diagnostics->warnings = warnings; /* or it would speak of "1 more" */
    cm_tell(diagnostics);
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
    cm_tell_use(&diagnostics);
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

/* errno of the first write that failed, whichever thread's. */
static atomic_int write_error;

void cm_write_failed(void)
{
    int none = 0;
    atomic_compare_exchange_strong(&write_error, &none, errno);
}

void cm_put(struct cm_buffer *buffer)
{
    if (buffer->len > 0 && fwrite(buffer->ptr, 1, buffer->len, stdout) != buffer->len)
        cm_write_failed();
    cm_buffer_reset(buffer);
}

int cm_flush_stdout(void)
{
    errno = 0;
    if (fflush(stdout) != 0 && errno != 0)
        cm_write_failed();
    if (!ferror(stdout))
        return CM_EXIT_DONE;
    int error = atomic_load(&write_error);
    if (error == EPIPE)
        return CM_EXIT_DONE;
    cm_tell_error("standard output: %s", error ? strerror(error) : "it could not be written");
    return CM_EXIT_IO;
}

const char *cm_plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

void cm_tell_dead_letters(const struct cm_dead_letter_counts *counts, uint64_t lines)
{
    uint64_t dead = cm_dead_letter_counts_total(counts);
    const char *between = " (";
    if (dead == 0)
        return;
    fprintf(stderr, "caremeter: %llu of %llu %s", (unsigned long long)dead, (unsigned long long)lines,
            cm_plural(lines, "line is no event", "lines are no events"));
    for (unsigned i = 0; i < CM_REJECT_COUNT; i++)
        if (counts->by_reason[i] > 0) {
            fprintf(stderr, "%s%s %llu", between, cm_reject_code((enum cm_reject)i), (unsigned long long)counts->by_reason[i]);
            between = ", ";
        }
    fputs(")\n", stderr);
}

void cm_tell_no_events(const struct cm_dead_letter_counts *counts, uint64_t lines, uint64_t events)
{
    if (events > 0)
        return;
    if (lines == 0)
        cm_tell_error("no events: the input is empty");
    else if (counts->shapes & CM_DEAD_UTF16)
        cm_tell_error("no line is an event: this is UTF-16; try: iconv -f UTF-16 -t UTF-8 FILE | caremeter ... -");
    else if (counts->shapes & CM_DEAD_ARRAY)
        cm_tell_error("no line is an event: this is a JSON array, not an object a line; try: jq -c '.[]' FILE | caremeter ... -");
    else if (counts->shapes & CM_DEAD_SPREAD)
        cm_tell_error("no line is an event: objects are spread over lines; try: jq -c . FILE | caremeter ... -");
    else
        cm_tell_error("no line is an event; --dead-letter of caremeter score says for each why");
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

bool cm_names_page(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcasecmp(dot, ".html") == 0 || strcasecmp(dot, ".htm") == 0);
}

int cm_check_target(const struct cm_inputs *inputs, const char *option, const char *target)
{
    struct stat info, standard;
    if (!target || stat(target, &info) != 0 || !S_ISREG(info.st_mode))
        return CM_EXIT_DONE;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct cm_input *input = &inputs->items[i];
        bool same = input->sized && input->device == info.st_dev && input->inode == info.st_ino;
        if (strcmp(input->path, "-") == 0)
            same = fstat(STDIN_FILENO, &standard) == 0 && standard.st_dev == info.st_dev && standard.st_ino == info.st_ino;
        if (same) {
            cm_tell_error("%s %s is one of the inputs (%s): it would be written over", option, target, input->path);
            return CM_EXIT_USAGE;
        }
    }
    return CM_EXIT_DONE;
}
