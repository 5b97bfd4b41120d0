/* Lines as they come: whole, in order, each once, through slow writers, rotation, truncation and a restart at any line. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "io/follow.h"
#include "io/sink.h"
#include "scratch.h"

/* Long enough for any machine: who waits so long has hung. */
#define PATIENCE_MS 60000

static struct scratch scratch;
static struct cm_diagnostics diagnostics;
static struct cm_follow *follow;
static struct cm_block block;
static char *path;

static void start(void)
{
    cr_assert(scratch_make(&scratch));
    path = scratch_path(&scratch, "events.ndjson");
}

static void stop(void)
{
    cm_follow_close(follow);
    cm_block_free(&block);
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
    free(path);
}

TestSuite(follow, .init = start, .fini = stop);

static void append(const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void open_at(struct cm_follow_position position)
{
    cm_follow_close(follow);
    follow = NULL;
    cr_assert_eq(cm_follow_open(&follow, &(struct cm_follow_request){.path = path, .start = position}, &diagnostics), CM_OK);
}

static void open_file(void)
{
    open_at((struct cm_follow_position){0});
}

/* A pipe that is standard input; its other end. */
static int open_standard(void)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    cr_assert_eq(cm_follow_open(&follow, &(struct cm_follow_request){.path = "-"}, &diagnostics), CM_OK);
    return ends[1];
}

static void gives(const char *text)
{
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
    cr_assert(cm_span_equal(block.bytes, cm_span_of(text)), "\"%.*s\" instead of \"%s\"", (int)block.bytes.len, block.bytes.ptr, text);
}

static void gives_nothing(void)
{
    cr_assert_eq(cm_follow_next(follow, 0, &block), CM_OK);
    cr_assert_eq(block.bytes.len, 0, "\"%.*s\"", (int)block.bytes.len, block.bytes.ptr);
}

static void is_at(uint64_t generation, uint64_t offset, uint64_t line)
{
    struct cm_follow_position at = cm_follow_position(follow);
    cr_assert(at.generation == generation && at.offset == offset && at.line == line, "at %llu, %llu, %llu",
              (unsigned long long)at.generation, (unsigned long long)at.offset, (unsigned long long)at.line);
}

Test(follow, lines_when_they_are_whole)
{
    append("one\ntwo\nth");
    open_file();
    gives("one\ntwo\n");
    cr_assert(block.first_of_file && block.line == 1 && block.offset == 0 && block.ordinal == 0 && !block.line_too_long);
    cr_assert_str_eq(block.name, path);
    gives_nothing();
    append("ree");
    gives_nothing();
    is_at(0, 8, 2);
    append("\n\nfi");
    gives("three\n\n");
    cr_assert(!block.first_of_file && block.line == 3 && block.offset == 8 && block.ordinal == 1);
    is_at(0, 15, 4);
    append("ve\n");
    gives("five\n");
    cr_assert_eq(cm_follow_generation(follow), 0);
    cr_assert_eq(diagnostics.count, 0);
}

Test(follow, what_is_there_and_no_more)
{
    append("one\ntwo");
    cr_assert_eq(cm_follow_open(&follow, &(struct cm_follow_request){.path = path, .once = true}, &diagnostics), CM_OK);
    gives("one\n");
    gives("two");
    cr_assert_eq(block.line, 2);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_END);
    is_at(0, 7, 2);
}

Test(follow, a_restart_at_any_line_gives_the_rest)
{
    static const char text[] = "a\nbb\n\nccc\ndddd\n";
    append(text);
    for (uint64_t offset = 0, line = 0; offset < sizeof text - 1; offset++) {
        if (offset > 0 && text[offset - 1] != '\n')
            continue;
        struct stat about;
        cr_assert_eq(stat(path, &about), 0);
        open_at((struct cm_follow_position){.generation = 7, .offset = offset, .line = line, .inode = about.st_ino});
        gives(text + offset);
        cr_assert(block.offset == offset && block.line == ++line && cm_follow_generation(follow) == 7);
        is_at(7, sizeof text - 1, 5);
        gives_nothing();
    }
    open_at(cm_follow_position(follow));
    gives_nothing();
    append("e\n");
    gives("e\n");
    cr_assert_eq(diagnostics.count, 0);
}

Test(follow, a_position_of_another_file)
{
    append("one\ntwo\n");
    const struct cm_follow_position wrong[] = {{.offset = 9}, {.offset = 5}, {.offset = 4, .inode = 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        open_at(wrong[i]);
        gives("one\ntwo\n");
        cr_assert_eq(cm_follow_generation(follow), 1);
        cr_assert_eq(diagnostics.warnings, i + 1);
        cr_assert_str_eq(diagnostics.items[i].id, "input-replaced");
    }
}

Test(follow, a_file_that_became_shorter)
{
    append("one\ntwo\nha");
    open_file();
    gives("one\ntwo\n");
    cr_assert_eq(truncate(path, 0), 0);
    gives_nothing();
    append("lf\n");
    gives("lf\n");
    cr_assert_eq(cm_follow_generation(follow), 1);
    cr_assert(block.offset == 0 && block.line == 1 && block.first_of_file);
    is_at(1, 3, 1);
}

Test(follow, a_file_that_was_replaced_is_read_to_its_end)
{
    char *old = scratch_path(&scratch, "events.1");
    append("one\n");
    open_file();
    gives("one\n");
    append("two\n");
    cr_assert_eq(rename(path, old), 0);
    gives("two\n");
    gives_nothing();
    append(""); /* the new file, in which nobody writes yet */
    gives_nothing();
    int fd = open(old, O_WRONLY | O_APPEND);
    cr_assert_eq(write(fd, "three\nfo", 8), 8);
    gives("three\n");
    append("five\n");
    cr_assert_eq(write(fd, "ur", 2), 2);
    gives("four");
    cr_assert(block.line == 4 && cm_follow_generation(follow) == 0, "the end of the old file ends its last line");
    is_at(0, 18, 4);
    gives("five\n");
    cr_assert(block.line == 1 && block.offset == 0 && cm_follow_generation(follow) == 1);
    is_at(1, 5, 1);
    open_at(cm_follow_position(follow));
    gives_nothing();
    close(fd);
    free(old);
}

Test(follow, a_file_that_is_not_there_yet)
{
    open_file();
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "input-missing"));
    gives_nothing();
    append("one\n");
    gives("one\n");
    cr_assert_eq(unlink(path), 0);
    gives_nothing();
    append("two\n");
    gives("two\n");
    cr_assert_eq(cm_follow_generation(follow), 1);
}

static void refused(const char *name, bool once, const char *id, const char *message)
{
    cr_assert_eq(cm_follow_open(&follow, &(struct cm_follow_request){.path = name, .once = once}, &diagnostics), CM_EIO);
    cr_assert_eq(diagnostics.errors, 1);
    cr_assert_str_eq(diagnostics.items[0].id, id);
    cr_assert_not_null(strstr(diagnostics.items[0].message, message), "%s", diagnostics.items[0].message);
    cm_diagnostics_free(&diagnostics);
    follow = NULL;
}

Test(follow, what_cannot_be_followed)
{
    char *no = scratch_path(&scratch, "no/events"), *gz = scratch_file(&scratch, "a.gz", "\x1f\x8b\x08", 3);
    char *zst = scratch_file(&scratch, "a.zst", "\x28\xb5\x2f\xfd\n", 5);
    refused(no, false, "input-open", "No such file or directory");
    refused(path, true, "input-open", "No such file or directory");
    refused(scratch.folder, false, "input-open", "Is a directory");
    refused(gz, false, "input-compressed", "it is compressed");
    refused(zst, false, "input-compressed", "it is compressed");
    free(no);
    free(gz);
    free(zst);
}

Test(follow, what_becomes_compressed)
{
    append("");
    open_file();
    gives_nothing();
    append("\x28\xb5");
    gives_nothing();
    append("\x2f\xfd\n");
    for (int i = 0; i < 2; i++)
        cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_EIO);
    cr_assert_eq(diagnostics.errors, 1, "told once");
}

Test(follow, standard_input_to_its_end)
{
    int out = open_standard();
    gives_nothing();
    cr_assert_eq(write(out, "one\ntw", 6), 6);
    gives("one\n");
    gives_nothing();
    cr_assert_eq(write(out, "o\nthree", 7), 7);
    gives("two\n");
    close(out);
    gives("three");
    cr_assert(block.line == 3 && block.offset == 8 && strcmp(block.name, "-") == 0);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_END);
}

Test(follow, a_pipe_does_not_bring_back_what_it_gave)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    struct cm_follow_request request = {.path = "-", .start = {.generation = 2, .offset = 9, .line = 3}};
    cr_assert_eq(cm_follow_open(&follow, &request, &diagnostics), CM_OK);
    cr_assert_eq(write(ends[1], "one\n", 4), 4);
    gives("one\n");
    is_at(3, 4, 1);
    close(ends[0]);
    close(ends[1]);
}

Test(follow, a_descriptor_of_the_caller)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(cm_follow_open(&follow, &(struct cm_follow_request){.path = "-", .input = ends[0]}, &diagnostics), CM_OK);
    cr_assert_eq(write(ends[1], "one\ntwo", 7), 7);
    gives("one\n");
    close(ends[1]);
    gives("two");
    cr_expect_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_END);
    cm_follow_close(follow);
    follow = NULL;
    cr_expect_eq(close(ends[0]), 0, "it stays the caller's");
}

Test(follow, compressed_standard_input)
{
    int out = open_standard();
    cr_assert_eq(write(out, "\x1f\x8b\x08", 3), 3);
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_EIO);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "input-compressed"));
    close(out);
}

Test(follow, writers_of_a_named_pipe_come_and_go)
{
    cr_assert_eq(mkfifo(path, 0600), 0);
    open_file();
    gives_nothing();
    append("one\nt");
    gives("one\n");
    gives_nothing();
    append("wo\n");
    gives("two\n");
    gives_nothing();
}

/* ------------------------------------------------------------------ slow writers */

struct pieces {
    int fd;
    const char *text;
    sem_t next, done; /* the reader wants a piece; it is written */
};

static void *write_pieces(void *argument)
{
    struct pieces *pieces = argument;
    for (const char *p = pieces->text; *p; p++) {
        sem_wait(&pieces->next);
        if (write(pieces->fd, p, 1) != 1)
            return argument;
        sem_post(&pieces->done);
    }
    return NULL;
}

/* A byte at a time: a line is there with its newline, neither before nor after. */
static void read_pieces(int fd)
{
    struct pieces pieces = {.fd = fd, .text = "{\"a\":1}\n\n{\"bb\":22}\nx\n"};
    pthread_t thread;
    size_t from = 0;
    sem_init(&pieces.next, 0, 0);
    sem_init(&pieces.done, 0, 0);
    cr_assert_eq(pthread_create(&thread, NULL, write_pieces, &pieces), 0);
    for (size_t i = 0; pieces.text[i]; i++) {
        sem_post(&pieces.next);
        sem_wait(&pieces.done);
        cr_assert_eq(cm_follow_next(follow, 0, &block), CM_OK);
        size_t len = pieces.text[i] == '\n' ? i + 1 - from : 0;
        cr_assert(cm_span_equal(block.bytes, (struct cm_span){pieces.text + from, len}), "after byte %zu", i);
        from += len;
    }
    void *failed;
    cr_assert_eq(pthread_join(thread, &failed), 0);
    cr_assert_null(failed);
}

Test(follow, a_slow_writer_of_a_file)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    open_file();
    read_pieces(fd);
    close(fd);
}

Test(follow, a_slow_writer_of_standard_input)
{
    int out = open_standard();
    read_pieces(out);
    close(out);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the reader's thread sleeps. */
static void await_sleep(pid_t reader)
{
    char name[64], state = 'R';
    snprintf(name, sizeof name, "/proc/self/task/%d/stat", reader);
    for (int64_t until = now_ms() + PATIENCE_MS; state != 'S' && now_ms() < until; sched_yield()) {
        FILE *file = fopen(name, "r");
        if (file && fscanf(file, "%*d %*[^)]) %c", &state) != 1)
            state = 'R';
        if (file)
            fclose(file);
    }
}

struct waker {
    pid_t reader;
    char *old; /* NULL: nothing is renamed */
    int rounds;
    sem_t next;
};

static void *wake(void *argument)
{
    struct waker *waker = argument;
    for (int i = 0; i < waker->rounds; i++) {
        sem_wait(&waker->next);
        await_sleep(waker->reader);
        if (waker->old)
            rename(path, waker->old);
        append("line\n");
    }
    return NULL;
}

/* A reader that waits is woken by the kernel, not by its look once a second. */
static void is_prompt(char *old)
{
    struct waker waker = {.reader = gettid(), .old = old, .rounds = 20};
    pthread_t thread;
    int64_t best = PATIENCE_MS;
    sem_init(&waker.next, 0, 0);
    append("");
    open_file();
    cr_assert_eq(pthread_create(&thread, NULL, wake, &waker), 0);
    for (int i = 0; i < waker.rounds; i++) {
        int64_t before = now_ms();
        sem_post(&waker.next);
        gives("line\n");
        int64_t took = now_ms() - before;
        best = took < best ? took : best;
    }
    pthread_join(thread, NULL);
    cr_assert_lt(best, 500, "%lld ms", (long long)best);
    cr_assert_eq(cm_follow_generation(follow), old ? 20 : 0);
}

Test(follow, a_waiting_reader_is_woken)
{
    is_prompt(NULL);
}

Test(follow, a_waiting_reader_is_woken_by_rotation)
{
    char *old = scratch_path(&scratch, "events.1");
    is_prompt(old);
    free(old);
}

static void on_alarm(int number)
{
    (void)number;
}

Test(follow, a_signal_ends_the_wait)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000};
    cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
    append("");
    open_file();
    int64_t before = now_ms();
    cr_assert_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
    cr_assert_eq(block.bytes.len, 0);
    cr_assert_lt(now_ms() - before, PATIENCE_MS / 2);
}

/* ----------------------------------------------------------------- many and long */

Test(follow, a_million_short_lines)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < 1000000; i++)
        cm_buffer_printf(&text, "%u\n", i);
    free(scratch_file(&scratch, "events.ndjson", text.ptr, text.len));
    open_file();
    uint64_t lines = 0, offset = 0;
    while (offset < text.len) {
        cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
        cr_assert(block.offset == offset && block.line == lines + 1 && block.bytes.len <= CM_BLOCK_BYTES && block.bytes.len > 0);
        cr_assert(memcmp(block.bytes.ptr, text.ptr + offset, block.bytes.len) == 0);
        struct cm_line line = {0};
        while (cm_block_next_line(&block, &line))
            cr_assert_eq(line.number, ++lines);
        offset += block.bytes.len;
    }
    cr_assert_eq(lines, 1000000);
    is_at(0, text.len, 1000000);
    gives_nothing();
    cm_buffer_free(&text);
}

static void append_run(char byte, size_t count)
{
    char *run = malloc(count + 1);
    cr_assert_not_null(run);
    memset(run, byte, count);
    run[count] = '\0';
    append(run);
    free(run);
}

Test(follow, lines_longer_than_a_block)
{
    append("short\n");
    append_run('x', 3 * CM_BLOCK_BYTES);
    append("\nshort\n");
    open_file();
    gives("short\n");
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
    cr_assert(block.bytes.len == 3 * CM_BLOCK_BYTES + 1 && !block.line_too_long && block.line == 2 && block.offset == 6);
    gives("short\n");
    cr_assert_eq(block.line, 3);
    append_run('y', CM_LINE_MAX_BYTES);
    gives_nothing();
    append("\n");
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
    cr_assert(block.bytes.len == CM_LINE_MAX_BYTES + 1 && !block.line_too_long && block.line == 4);
}

Test(follow, lines_that_are_too_long)
{
    append("one\n");
    append_run('x', CM_LINE_MAX_BYTES + 1);
    open_file();
    gives("one\n");
    gives_nothing();
    is_at(0, 4, 1);
    append_run('x', CM_BLOCK_BYTES * 2);
    gives_nothing();
    is_at(0, 4, 1); /* a restart finds the line from its beginning */
    append("\ntwo\nthree\n");
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
    cr_assert(block.line_too_long && block.bytes.len == CM_LINE_HEAD_BYTES && block.offset == 4 && block.line == 2);
    cr_assert(block.bytes.ptr[0] == 'x' && block.bytes.ptr[CM_LINE_HEAD_BYTES - 1] == 'x');
    gives("two\nthree\n");
    cr_assert(block.offset == 4 + CM_LINE_MAX_BYTES + 1 + 2 * CM_BLOCK_BYTES + 1 && block.line == 3);
    append_run('z', CM_LINE_MAX_BYTES + 7);
    append("\nfour\n");
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
    cr_assert(block.line_too_long && block.line == 5);
    gives("four\n");
    cr_assert_eq(block.line, 6);
    struct stat about;
    cr_assert_eq(stat(path, &about), 0);
    is_at(0, (uint64_t)about.st_size, 6);
}

Test(follow, a_line_that_is_too_long_at_the_end)
{
    append_run('x', CM_LINE_MAX_BYTES + 1);
    cr_assert_eq(cm_follow_open(&follow, &(struct cm_follow_request){.path = path, .once = true}, &diagnostics), CM_OK);
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
    cr_assert(block.line_too_long && block.bytes.len == CM_LINE_HEAD_BYTES);
    cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_END);
    is_at(0, CM_LINE_MAX_BYTES + 1, 1);
}

/* ---------------------------------------------------------------------- with a log */

#define LOGGED_LINES 20000

static void *write_log(void *failed)
{
    struct cm_sink *sink;
    struct cm_diagnostics told = CM_DIAGNOSTICS_EMPTY;
    bool good = cm_sink_open(&sink, &cm_sink_log, path, &told) == CM_OK;
    for (int i = 0; i < LOGGED_LINES && good; i++) {
        char line[32], old[128];
        snprintf(line, sizeof line, "{\"n\":%d}\n", i);
        snprintf(old, sizeof old, "%s.%d", path, i);
        good = cm_sink_write(sink, cm_span_of(line)) == CM_OK;
        if (good && i % 7 == 0)
            good = cm_sink_flush(sink) == CM_OK;
        if (good && i == LOGGED_LINES / 2)
            good = rename(path, old) == 0;
    }
    good = good && cm_sink_close(sink, true) == CM_OK;
    cm_diagnostics_free(&told);
    return good ? NULL : failed;
}

Test(follow, a_log_while_it_is_written_and_moved_away)
{
    pthread_t thread;
    int next = 0;
    append("");
    open_file();
    cr_assert_eq(pthread_create(&thread, NULL, write_log, &scratch), 0);
    while (next < LOGGED_LINES) {
        cr_assert_eq(cm_follow_next(follow, PATIENCE_MS, &block), CM_OK);
        cr_assert_gt(block.bytes.len, 0);
        struct cm_line line = {0};
        while (cm_block_next_line(&block, &line)) {
            char wanted[32];
            snprintf(wanted, sizeof wanted, "{\"n\":%d}", next++);
            cr_assert(cm_span_equal(line.bytes, cm_span_of(wanted)), "%.*s instead of %s", (int)line.bytes.len, line.bytes.ptr, wanted);
        }
    }
    void *failed;
    cr_assert_eq(pthread_join(thread, &failed), 0);
    cr_assert_null(failed);
    cr_assert_eq(cm_follow_generation(follow), 1);
}
