/* Appended lines: never half of one for good, durable batches, files that move away, crashes before. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "io/sink.h"
#include "scratch.h"

static struct scratch scratch;
static struct cm_diagnostics diagnostics;
static struct cm_sink *sink;
static char *path;

static void start(void)
{
    cr_assert(scratch_make(&scratch));
    path = scratch_path(&scratch, "scores.ndjson");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    umask(022);
}

static void stop(void)
{
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
    free(path);
}

TestSuite(sink_log, .init = start, .fini = stop);

static void open_sink(void)
{
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_log, path, &diagnostics), CM_OK);
}

static enum cm_status put(const char *line)
{
    return cm_sink_write(sink, cm_span_of(line));
}

static void holds(const char *name, const char *text)
{
    size_t len;
    char *bytes = scratch_read(name, &len);
    cr_assert_not_null(bytes, "%s is not there", name);
    cr_assert_eq(len, strlen(text), "%zu bytes: %s", len, bytes);
    cr_assert_str_eq(bytes, text);
    free(bytes);
}

Test(sink_log, lines_are_appended)
{
    struct stat about;
    open_sink();
    cr_assert_eq(cm_sink_format(sink), CM_SINK_NDJSON);
    cr_assert_eq(put("{\"a\":1}\n"), CM_OK);
    holds(path, "");
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    holds(path, "{\"a\":1}\n");
    cr_assert_eq(put("{\"a\":2}\n"), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    open_sink();
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_eq(put("{\"a\":3}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_eq(put("{\"a\":4}\n"), CM_OK);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    holds(path, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    cr_assert(stat(path, &about) == 0 && (about.st_mode & 07777) == 0600);
    cr_assert_eq(diagnostics.count, 0);
}

static char *big_lines(size_t len)
{
    char *lines = malloc(len + 1);
    cr_assert_not_null(lines);
    memset(lines, 'x', len);
    for (size_t i = 99; i < len; i += 100)
        lines[i] = '\n';
    lines[len - 1] = '\n';
    lines[len] = '\0';
    return lines;
}

Test(sink_log, a_batch_that_is_given_up_is_taken_back_whole)
{
    char *big = big_lines(3 << 20);
    struct stat about;
    open_sink();
    cr_assert_eq(put("{}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_eq(cm_sink_write(sink, cm_span_of(big)), CM_OK);
    cr_assert(stat(path, &about) == 0 && about.st_size > 3, "memory has its bounds");
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    holds(path, "{}\n");
    free(big);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(sink_log, a_full_disk_leaves_no_half_line)
{
    char *big = big_lines(100000);
    open_sink();
    cr_assert_eq(put("{\"a\":1}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    limit_files(50000);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(put("{\"a\":2}\n"), CM_OK);
        cr_assert_eq(cm_sink_write(sink, cm_span_of(big)), CM_OK);
        cr_assert_eq(cm_sink_flush(sink), CM_EIO);
        holds(path, "{\"a\":1}\n");
        cr_assert_eq(cm_sink_flush(sink), CM_EIO, "what was written is not there");
    }
    cr_assert_eq(diagnostics.errors, 3);
    cr_assert_str_eq(diagnostics.items[0].id, "sink-write");
    cr_assert_not_null(strstr(diagnostics.items[0].message, strerror(EFBIG)));
    cr_assert_eq(put("{\"a\":2}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK, "less fits");
    limit_files(RLIM_INFINITY);
    cr_assert_eq(put("{\"a\":3}\n"), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    holds(path, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    free(big);
}

/* What went out before the fault, of a batch larger than memory holds, goes as well. */
Test(sink_log, a_full_disk_in_the_middle_of_a_batch)
{
    char *big = big_lines(1 << 20);
    open_sink();
    cr_assert_eq(put("{}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    limit_files(5 << 19);
    enum cm_status status = CM_OK;
    for (int i = 0; i < 4 && status == CM_OK; i++)
        status = cm_sink_write(sink, cm_span_of(big));
    cr_assert_eq(status, CM_EIO);
    holds(path, "{}\n");
    limit_files(RLIM_INFINITY);
    cr_assert_eq(cm_sink_close(sink, true), CM_EIO, "not written again");
    holds(path, "{}\n");
    free(big);
}

Test(sink_log, a_device_without_room)
{
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_log, "/dev/full", &diagnostics), CM_OK);
    for (unsigned i = 1; i < 4; i++) {
        cr_assert_eq(put("{}\n"), CM_OK);
        cr_assert_eq(cm_sink_flush(sink), CM_EIO);
        cr_assert_eq(diagnostics.errors, i);
    }
    cr_assert_str_eq(diagnostics.items[0].message, "cannot write /dev/full: No space left on device");
    cr_assert_eq(put("{}\n"), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_EIO);
}

Test(sink_log, what_a_crash_has_left_is_removed)
{
    static const struct {
        const char *old, *kept;
        size_t len;
    } cases[] = {
        {"{\"a\":1}\n{\"a\":", "{\"a\":1}\n", 13}, {"{\"a\":1", "", 6}, {"{}\n\0\0\0\0", "{}\n", 7}, /* after power has failed */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[128];
        free(scratch_file(&scratch, "scores.ndjson", cases[i].old, cases[i].len));
        open_sink();
        cr_assert_eq(cm_sink_close(sink, true), CM_OK);
        holds(path, cases[i].kept);
        cr_assert_eq(diagnostics.warnings, i + 1);
        cr_assert_str_eq(diagnostics.items[i].id, "sink-cut");
        snprintf(message, sizeof message, "its last %zu bytes were removed", cases[i].len - strlen(cases[i].kept));
        cr_assert_not_null(strstr(diagnostics.items[i].message, message), "%s", diagnostics.items[i].message);
    }
    cr_assert_eq(diagnostics.errors, 0);
}

Test(sink_log, a_crash_in_a_long_line)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_text(&text, "{}\n{");
    for (int i = 0; i < 10000; i++)
        cm_buffer_byte(&text, 'x');
    free(scratch_file(&scratch, "scores.ndjson", text.ptr, text.len));
    open_sink();
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    holds(path, "{}\n");
    cm_buffer_free(&text);
}

Test(sink_log, a_file_of_something_else_is_not_cut)
{
    free(scratch_file(&scratch, "scores.ndjson", "dear diary", 10));
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_log, path, &diagnostics), CM_EIO);
    cr_assert_str_eq(diagnostics.items[0].id, "sink-open");
    holds(path, "dear diary");
}

Test(sink_log, places_that_are_not_there)
{
    char *no = scratch_path(&scratch, "no/scores.ndjson");
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_log, no, &diagnostics), CM_EIO);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_log, scratch.folder, &diagnostics), CM_EIO);
    cr_assert_eq(diagnostics.errors, 2);
    cr_assert_not_null(strstr(diagnostics.items[0].message, "No such file or directory"));
    cr_assert_not_null(strstr(diagnostics.items[1].message, "Is a directory"));
    free(no);
}

/* Two writers would take each other's unfinished lines for those of a crash. */
Test(sink_log, one_program_a_file)
{
    struct cm_sink *other;
    open_sink();
    cr_assert_eq(cm_sink_open(&other, &cm_sink_log, path, &diagnostics), CM_EIO);
    cr_assert_not_null(strstr(diagnostics.items[0].message, "another program does"));
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    open_sink();
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
}

Test(sink_log, a_file_that_was_moved_away)
{
    char *old = scratch_path(&scratch, "scores.ndjson.1");
    open_sink();
    cr_assert_eq(put("{\"a\":1}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_eq(rename(path, old), 0);
    cr_assert_eq(put("{\"a\":2}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    holds(old, "{\"a\":1}\n");
    holds(path, "{\"a\":2}\n");
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(put("{\"a\":3}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    holds(path, "{\"a\":3}\n");
    cr_assert_eq(rename(path, old), 0);
    free(scratch_file(&scratch, "scores.ndjson", "{\"a\":0}\n", 8)); /* logrotate's "create" */
    cr_assert_eq(put("{\"a\":4}\n"), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    holds(path, "{\"a\":0}\n{\"a\":4}\n");
    holds(old, "{\"a\":3}\n");
    free(old);
}

Test(sink_log, a_folder_that_goes_and_comes_back)
{
    char *folder = scratch_path(&scratch, "logs"), *away = scratch_path(&scratch, "away");
    cr_assert_eq(mkdir(folder, 0700), 0);
    free(path);
    path = scratch_path(&scratch, "logs/scores.ndjson");
    open_sink();
    cr_assert_eq(rename(folder, away), 0);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(put("{}\n"), CM_OK);
        cr_assert_eq(cm_sink_flush(sink), CM_EIO);
    }
    cr_assert_eq(diagnostics.errors, 2);
    cr_assert_eq(mkdir(folder, 0700), 0);
    cr_assert_eq(put("{}\n"), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    holds(path, "{}\n");
    free(folder);
    free(away);
}

/* copytruncate of logrotate: the batch begins where the file now ends. */
Test(sink_log, a_file_that_was_emptied)
{
    open_sink();
    cr_assert_eq(put("{\"a\":1}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_eq(truncate(path, 0), 0);
    limit_files(4);
    cr_assert_eq(put("{\"a\":2}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_EIO);
    holds(path, "");
    limit_files(RLIM_INFINITY);
    cr_assert_eq(put("{\"a\":2}\n"), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    holds(path, "{\"a\":2}\n");
}

Test(sink_log, standard_output_may_be_a_file)
{
    free(scratch_file(&scratch, "scores.ndjson", "head", 4));
    int fd = open(path, O_WRONLY | O_APPEND);
    cr_assert(fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_log, "-", &diagnostics), CM_OK);
    cr_assert_eq(put("{}\n"), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_eq(write(STDOUT_FILENO, "x", 1), 1, "it stays open");
    holds(path, "head{}\nx");
}

Test(sink_log, a_closed_pipe)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_log, "-", &diagnostics), CM_OK);
    cr_assert_eq(put("{}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK, "a pipe has nothing to make durable");
    close(ends[0]);
    cr_assert_eq(put("{}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_EIO);
    cr_assert_str_eq(diagnostics.items[0].id, "sink-closed");
    cr_assert_eq(cm_sink_close(sink, true), CM_EIO);
}

static void *flush(void *nothing)
{
    return cm_sink_flush(sink) == CM_EIO ? &diagnostics : nothing;
}

/* Half a line went into a pipe before its reader left; the next reader sees it as a line of its own. */
Test(sink_log, half_a_line_in_a_pipe)
{
    char *fifo = scratch_path(&scratch, "fifo"), *big = big_lines(200000), *room = malloc(1 << 20);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    cr_assert_geq(reader, 0);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_log, fifo, &diagnostics), CM_OK);
    memset(big, 'x', 199999); /* one line, of which the pipe takes the beginning */
    cr_assert_eq(cm_sink_write(sink, cm_span_of(big)), CM_OK);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, flush, NULL), 0);
    struct pollfd wait = {.fd = reader, .events = POLLIN};
    cr_assert_eq(poll(&wait, 1, 60000), 1);
    cr_assert_eq(read(reader, room, 10), 10);
    close(reader);
    void *status;
    cr_assert_eq(pthread_join(thread, &status), 0);
    cr_assert_eq(status, &diagnostics, "it failed");
    reader = open(fifo, O_RDONLY | O_NONBLOCK);
    while (read(reader, room, 1 << 20) > 0)
        continue; /* the half that is in the pipe */
    cr_assert_eq(put("{}\n"), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    ssize_t got = read(reader, room, 1 << 20);
    cr_assert(got == 4 && memcmp(room, "\n{}\n", 4) == 0, "%zd bytes", got);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    close(reader);
    free(fifo);
    free(big);
    free(room);
}
