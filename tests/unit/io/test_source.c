/* Blocks of whole lines from files, pipes and memory, compressed or not, and what is said when they break off. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "io/source.h"
#include "scratch.h"

static struct cm_diagnostics diagnostics;

static struct cm_source *open_memory(const char *const *names, const struct cm_span *contents, size_t count)
{
    struct cm_source *source;
    static struct cm_source_request request;
    request = (struct cm_source_request){.names = names, .contents = contents, .count = count};
    cr_assert_eq(cm_source_open(&source, &cm_source_mem, &request, &diagnostics), CM_OK);
    return source;
}

static struct cm_source *open_one(struct cm_span contents)
{
    static const char *const names[] = {"m"};
    static struct cm_span kept;
    kept = contents;
    return open_memory(names, &kept, 1);
}

/* All lines of a source in block order, each with a newline; checks what every block promises. */
static enum cm_status drain(struct cm_source *source, struct cm_buffer *lines)
{
    struct cm_block block = CM_BLOCK_EMPTY;
    enum cm_status status;
    uint64_t ordinal = 0, offset = 0, line = 1;
    const char *name = NULL;
    while ((status = cm_source_next(source, &block)) == CM_OK) {
        cr_assert_eq(block.ordinal, ordinal++);
        cr_assert_gt(block.bytes.len, (size_t)0);
        cr_assert_eq(block.first_of_file, block.name != name);
        if (block.first_of_file)
            offset = 0, line = 1;
        name = block.name;
        cr_assert_eq(block.offset, offset);
        cr_assert_eq(block.line, line);
        struct cm_line at = {0};
        while (cm_block_next_line(&block, &at)) {
            cr_assert_eq(at.number, line++);
            cm_buffer_span(lines, at.bytes);
            cm_buffer_byte(lines, '\n');
        }
        offset += block.bytes.len;
    }
    cm_block_free(&block);
    cr_assert_eq(cm_buffer_status(lines), CM_OK);
    return status;
}

static struct cm_buffer numbered_lines(unsigned count, unsigned width)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < count; i++)
        cm_buffer_printf(&text, "{\"line\":%u,\"pad\":\"%*u\"}\n", i, (int)(i * 7919 % width + 1), i);
    cr_assert_eq(cm_buffer_status(&text), CM_OK);
    return text;
}

static struct cm_buffer gzip(struct cm_span text)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    z_stream stream = {0};
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert(cm_buffer_reserve(&out, deflateBound(&stream, text.len) + 64));
    stream.next_in = (Bytef *)(uintptr_t)text.ptr;
    stream.avail_in = (uInt)text.len;
    stream.next_out = (Bytef *)out.ptr;
    stream.avail_out = (uInt)out.cap;
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.len = stream.total_out;
    deflateEnd(&stream);
    return out;
}

static struct cm_buffer zstd(struct cm_span text)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cr_assert(cm_buffer_reserve(&out, ZSTD_compressBound(text.len)));
    out.len = ZSTD_compress(out.ptr, out.cap, text.ptr, text.len, 3);
    cr_assert_not(ZSTD_isError(out.len));
    return out;
}

static void assert_drains_to(struct cm_span contents, struct cm_span lines)
{
    struct cm_buffer got = CM_BUFFER_EMPTY;
    struct cm_source *source = open_one(contents);
    cr_assert_eq(drain(source, &got), CM_END);
    cr_assert(cm_span_equal(cm_buffer_view(&got), lines), "%zu bytes, not %zu", got.len, lines.len);
    cr_assert_eq(diagnostics.errors, 0, "%s", diagnostics.count ? diagnostics.items[0].message : "");
    cm_source_close(source);
    cm_buffer_free(&got);
}

Test(source, lines_of_many_blocks)
{
    struct cm_buffer text = numbered_lines(30000, 60);
    cr_assert_gt(text.len, 4 * CM_BLOCK_BYTES);
    assert_drains_to(cm_buffer_view(&text), cm_buffer_view(&text));
    cm_buffer_free(&text);
}

Test(source, small_contents)
{
    assert_drains_to(CM_SPAN(""), CM_SPAN(""));
    assert_drains_to(CM_SPAN("a"), CM_SPAN("a\n"));
    assert_drains_to(CM_SPAN("\n"), CM_SPAN("\n"));
    assert_drains_to(CM_SPAN("a\r\n\nb"), CM_SPAN("a\r\n\nb\n"));
    assert_drains_to(CM_SPAN("\x1F"), CM_SPAN("\x1F\n"));
}

/* A line end at, before and behind the edge of a block. */
Test(source, lines_at_the_edge_of_a_block)
{
    for (size_t len = CM_BLOCK_BYTES - 3; len <= CM_BLOCK_BYTES + 3; len++) {
        struct cm_buffer text = CM_BUFFER_EMPTY;
        cr_assert(cm_buffer_reserve(&text, len + 16));
        memset(text.ptr, 'x', len);
        text.len = len;
        cm_buffer_text(&text, "\nnext\n");
        assert_drains_to(cm_buffer_view(&text), cm_buffer_view(&text));
        text.ptr[1] = '\n';
        assert_drains_to(cm_buffer_view(&text), cm_buffer_view(&text));
        cm_buffer_free(&text);
    }
}

Test(source, gzip_and_zstd_with_many_members)
{
    struct cm_buffer text = numbered_lines(20000, 50);
    size_t half = text.len / 2; /* in the midst of a line */
    struct cm_span first = {text.ptr, half}, second = {text.ptr + half, text.len - half};
    struct cm_buffer (*const compress[])(struct cm_span) = {gzip, zstd};
    for (unsigned i = 0; i < 2; i++) {
        struct cm_buffer one = compress[i](first), two = compress[i](second), none = compress[i](CM_SPAN(""));
        cm_buffer_span(&one, cm_buffer_view(&none));
        cm_buffer_span(&one, cm_buffer_view(&two));
        assert_drains_to(cm_buffer_view(&one), cm_buffer_view(&text));
        cm_buffer_append(&one, "\0\0\0\0\0\0\0\0", 8); /* padding, as tapes leave it */
        assert_drains_to(cm_buffer_view(&one), cm_buffer_view(&text));
        cm_buffer_free(&one);
        cm_buffer_free(&two);
        cm_buffer_free(&none);
    }
    struct cm_buffer skippable = CM_BUFFER_EMPTY, frame = zstd(cm_buffer_view(&text));
    cm_buffer_append(&skippable, "\x51\x2A\x4D\x18\x03\0\0\0abc", 11);
    cm_buffer_span(&skippable, cm_buffer_view(&frame));
    assert_drains_to(cm_buffer_view(&skippable), cm_buffer_view(&text));
    cm_buffer_free(&skippable);
    cm_buffer_free(&frame);
    cm_buffer_free(&text);
}

/* Cut anywhere: a prefix of the lines comes out, then one fault with the file's name; never silence. */
Test(source, truncated_archives)
{
    struct cm_buffer text = numbered_lines(3000, 50);
    struct cm_buffer (*const compress[])(struct cm_span) = {gzip, zstd};
    for (unsigned i = 0; i < 2; i++) {
        struct cm_buffer whole = compress[i](cm_buffer_view(&text));
        for (size_t len = 6; len < whole.len; len += whole.len / 97) {
            struct cm_buffer got = CM_BUFFER_EMPTY;
            struct cm_source *source = open_one((struct cm_span){whole.ptr, len});
            cr_assert_eq(drain(source, &got), CM_END);
            cr_assert_eq(diagnostics.errors, 1, "%zu of %zu bytes", len, whole.len);
            const struct cm_diagnostic *fault = cm_diagnostics_find(&diagnostics, "input-truncated");
            cr_assert(fault && strstr(fault->message, "cannot read all of m: the compressed data ends too early, at byte "));
            size_t lines = got.len && text.ptr[got.len - 1] != '\n' ? got.len - 1 : got.len; /* the cut line got a newline from drain */
            cr_assert(lines <= text.len && memcmp(got.ptr ? got.ptr : "", text.ptr, lines) == 0);
            cm_source_close(source);
            cm_buffer_free(&got);
            cm_diagnostics_free(&diagnostics);
        }
        cm_buffer_free(&whole);
    }
    cm_buffer_free(&text);
}

Test(source, damaged_archives_and_the_files_behind_them)
{
    struct cm_buffer text = numbered_lines(30000, 50), archive = zstd(cm_buffer_view(&text)), zipped = gzip(cm_buffer_view(&text));
    memset(archive.ptr + archive.len / 2, 0x55, 64);
    memset(zipped.ptr + zipped.len / 2, 0x55, 64);
    const char *const names[] = {"a.zst", "b.gz", "c.xz", "d.ndjson"};
    const struct cm_span contents[] = {cm_buffer_view(&archive), cm_buffer_view(&zipped),
                                       CM_SPAN("\xFD"
                                               "7zXZ\0\0\0"),
                                       CM_SPAN("last\n")};
    struct cm_buffer got = CM_BUFFER_EMPTY;
    struct cm_source *source = open_memory(names, contents, 4);
    cr_assert_eq(drain(source, &got), CM_END);
    cr_assert_eq(diagnostics.errors, 3);
    cr_assert(strstr(diagnostics.items[0].message, "cannot read all of a.zst: "));
    cr_assert(strstr(diagnostics.items[1].message, "cannot read all of b.gz: "));
    cr_assert(strstr(diagnostics.items[2].message, "cannot read all of c.xz: it is compressed as xz"));
    cr_assert(got.len > 5 && memcmp(got.ptr + got.len - 5, "last\n", 5) == 0, "files behind a damaged one are read");
    struct cm_source_progress progress;
    cm_source_progress(source, &progress);
    cr_assert_eq(progress.files_done, 4);
    cm_source_close(source);
    cm_diagnostics_free(&diagnostics);
    cm_buffer_free(&got);
    cm_buffer_free(&text);
    cm_buffer_free(&archive);
    cm_buffer_free(&zipped);
}

static struct cm_buffer line_of(size_t len)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cr_assert(cm_buffer_reserve(&text, len + 64));
    memcpy(text.ptr, "before\n", 7);
    memset(text.ptr + 7, 'x', len);
    text.len = 7 + len;
    return text;
}

Test(source, the_longest_line)
{
    struct cm_buffer text = line_of(CM_LINE_MAX_BYTES);
    cm_buffer_text(&text, "\nafter\n");
    assert_drains_to(cm_buffer_view(&text), cm_buffer_view(&text));
    cm_buffer_free(&text);
}

Test(source, a_line_that_is_too_long_is_marked_and_its_place_kept)
{
    for (unsigned ended = 0; ended < 2; ended++) {
        size_t len = CM_LINE_MAX_BYTES + 1 + ended * 3 * CM_LINE_MAX_BYTES;
        struct cm_buffer text = line_of(len);
        if (ended)
            cm_buffer_text(&text, "\nafter\nmore\n");
        struct cm_source *source = open_one(cm_buffer_view(&text));
        struct cm_block block = CM_BLOCK_EMPTY;
        cr_assert_eq(cm_source_next(source, &block), CM_OK);
        cr_assert(cm_span_equal(block.bytes, CM_SPAN("before\n")));
        cr_assert_eq(cm_source_next(source, &block), CM_OK);
        cr_assert(block.line_too_long);
        cr_assert_eq(block.bytes.len, CM_LINE_HEAD_BYTES);
        cr_assert_eq(block.bytes.ptr[0], 'x');
        cr_assert_eq(block.offset, 7);
        cr_assert_eq(block.line, 2);
        if (ended) {
            cr_assert_eq(cm_source_next(source, &block), CM_OK);
            cr_assert_not(block.line_too_long);
            cr_assert(cm_span_equal(block.bytes, CM_SPAN("after\nmore\n")));
            cr_assert_eq(block.offset, 7 + len + 1);
            cr_assert_eq(block.line, 3);
            cr_assert_eq(block.ordinal, 2);
            cr_assert_leq(block.cap, CM_BLOCK_BYTES, "one huge line does not keep its memory");
        }
        cr_assert_eq(cm_source_next(source, &block), CM_END);
        cr_assert_eq(cm_source_next(source, &block), CM_END);
        cm_block_free(&block);
        cm_source_close(source);
        cm_buffer_free(&text);
    }
}

/* Files on disk */

static struct scratch scratch;
static struct cm_inputs inputs;

static struct cm_source *open_paths(size_t count, const char *const *paths)
{
    static struct cm_source_request request;
    struct cm_source *source;
    cr_assert_eq(cm_inputs_expand(&inputs, paths, count, &diagnostics), CM_OK);
    request = (struct cm_source_request){.inputs = &inputs};
    cr_assert_eq(cm_source_open(&source, &cm_source_file, &request, &diagnostics), CM_OK);
    return source;
}

static void make_scratch(void)
{
    cr_assert(scratch_make(&scratch));
}

static void drop_scratch(void)
{
    cm_inputs_free(&inputs);
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
}

TestSuite(files, .init = make_scratch, .fini = drop_scratch);

static void put(const char *name, struct cm_span bytes)
{
    char *path = scratch_file(&scratch, name, bytes.ptr, bytes.len);
    cr_assert_not_null(path);
    free(path);
}

Test(files, are_read_in_order_whatever_their_compression)
{
    struct cm_buffer text = numbered_lines(9000, 40), gz = gzip(cm_buffer_view(&text)), zst = zstd(cm_buffer_view(&text)),
                     got = CM_BUFFER_EMPTY;
    put("c.ndjson", cm_buffer_view(&text));
    put("a.ndjson", cm_buffer_view(&gz)); /* known by its first bytes, not by its name */
    put("b.json", cm_buffer_view(&zst));
    put("empty.ndjson", CM_SPAN(""));
    struct cm_source *source = open_paths(1, (const char *[]){scratch.folder});
    struct cm_source_progress progress;
    cm_source_progress(source, &progress);
    cr_assert_eq(progress.bytes_total, text.len + gz.len + zst.len);
    cr_assert_eq(progress.bytes_done, 0);
    cr_assert_eq(progress.files, 4);
    cr_assert_eq(drain(source, &got), CM_END);
    cm_source_progress(source, &progress);
    cr_assert_eq(progress.bytes_done, progress.bytes_total);
    cr_assert_eq(progress.files_done, 4);
    cr_assert_eq(got.len, 3 * text.len);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(memcmp(got.ptr + i * text.len, text.ptr, text.len), 0);
    cm_source_close(source);
    cm_buffer_free(&text);
    cm_buffer_free(&gz);
    cm_buffer_free(&zst);
    cm_buffer_free(&got);
}

Test(files, a_file_that_shrinks_while_it_is_read_is_told)
{
    struct cm_buffer text = numbered_lines(30000, 60), got = CM_BUFFER_EMPTY;
    put("a.ndjson", cm_buffer_view(&text));
    char *path = scratch_path(&scratch, "a.ndjson");
    struct cm_source *source = open_paths(1, (const char *[]){path});
    struct cm_block block = CM_BLOCK_EMPTY;
    cr_assert_eq(cm_source_next(source, &block), CM_OK);
    cr_assert_eq(truncate(path, 1000), 0);
    cr_assert_eq(cm_source_next(source, &block), CM_OK, "the rest of what was read");
    cr_assert_eq(cm_source_next(source, &block), CM_END);
    cr_assert_eq(diagnostics.errors, 1);
    cr_assert(strstr(diagnostics.items[0].message, "became shorter"));
    cm_block_free(&block);
    cm_source_close(source);
    cm_buffer_free(&text);
    cm_buffer_free(&got);
    free(path);
}

Test(files, a_file_that_goes_away_is_told_and_the_next_one_read)
{
    put("a.ndjson", CM_SPAN("1\n"));
    put("b.ndjson", CM_SPAN("2\n"));
    struct cm_buffer got = CM_BUFFER_EMPTY;
    char *path = scratch_path(&scratch, "a.ndjson");
    struct cm_source *source = open_paths(1, (const char *[]){scratch.folder});
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(drain(source, &got), CM_END);
    cr_assert(cm_span_equal(cm_buffer_view(&got), CM_SPAN("2\n")));
    cr_assert_eq(diagnostics.errors, 1);
    cr_assert_str_eq(diagnostics.items[0].id, "input-open");
    cm_source_close(source);
    cm_buffer_free(&got);
    free(path);
}

struct writer {
    const char *path;
    struct cm_span bytes;
};

/* In small pieces, as programs write into pipes. */
static void *write_pipe(void *argument)
{
    const struct writer *writer = argument;
    int fd = open(writer->path, O_WRONLY);
    for (size_t at = 0; fd >= 0 && at < writer->bytes.len;) {
        size_t piece = writer->bytes.len - at < 1000 ? writer->bytes.len - at : 1000;
        ssize_t written = write(fd, writer->bytes.ptr + at, piece);
        if (written < 0)
            break;
        at += (size_t)written;
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void assert_pipe_gives(struct cm_span bytes, struct cm_span lines)
{
    char *path = scratch_path(&scratch, "pipe.ndjson");
    cr_assert_eq(mkfifo(path, 0666), 0);
    struct cm_source *source = open_paths(1, (const char *[]){path}); /* before there is a writer: must not wait */
    struct writer writer = {path, bytes};
    struct cm_buffer got = CM_BUFFER_EMPTY;
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, write_pipe, &writer), 0);
    cr_assert_eq(drain(source, &got), CM_END);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert(cm_span_equal(cm_buffer_view(&got), lines));
    cr_assert_eq(diagnostics.errors, 0);
    struct cm_source_progress progress;
    cm_source_progress(source, &progress);
    cr_assert_eq(progress.bytes_total, 0, "unknown");
    cr_assert_eq(progress.bytes_done, bytes.len);
    cm_source_close(source);
    cm_buffer_free(&got);
    cm_inputs_free(&inputs);
    unlink(path);
    free(path);
}

Test(files, pipes_plain_and_compressed)
{
    struct cm_buffer text = numbered_lines(5000, 60), zst = zstd(cm_buffer_view(&text)), gz = gzip(cm_buffer_view(&text));
    assert_pipe_gives(cm_buffer_view(&text), cm_buffer_view(&text));
    assert_pipe_gives(cm_buffer_view(&zst), cm_buffer_view(&text));
    assert_pipe_gives(cm_buffer_view(&gz), cm_buffer_view(&text));
    cm_buffer_free(&text);
    cm_buffer_free(&zst);
    cm_buffer_free(&gz);
}

static void *drain_stopped(void *argument)
{
    struct cm_block block = CM_BLOCK_EMPTY;
    enum cm_status status = cm_source_next(argument, &block);
    cm_block_free(&block);
    return (void *)(intptr_t)status;
}

Test(files, a_worker_that_waits_at_a_pipe_can_be_stopped)
{
    char *path = scratch_path(&scratch, "pipe.ndjson");
    cr_assert_eq(mkfifo(path, 0666), 0);
    struct cm_source *source = open_paths(1, (const char *[]){path});
    pthread_t thread;
    void *status;
    cr_assert_eq(pthread_create(&thread, NULL, drain_stopped, source), 0);
    cm_source_stop(source);
    cr_assert_eq(pthread_join(thread, &status), 0);
    cr_assert_eq((enum cm_status)(intptr_t)status, CM_ESTOPPED);
    cm_source_close(source);
    free(path);
}

Test(files, standard_input)
{
    put("in", CM_SPAN("one\ntwo"));
    char *path = scratch_path(&scratch, "in");
    int fd = open(path, O_RDONLY);
    cr_assert(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    close(fd);
    struct cm_buffer got = CM_BUFFER_EMPTY;
    struct cm_source *source = open_paths(1, (const char *[]){"-"});
    cr_assert_eq(drain(source, &got), CM_END);
    cr_assert(cm_span_equal(cm_buffer_view(&got), CM_SPAN("one\ntwo\n")));
    cm_source_close(source);
    cm_buffer_free(&got);
    free(path);
}

Test(files, standard_input_that_is_a_folder)
{
    int fd = open(scratch.folder, O_RDONLY);
    cr_assert(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    close(fd);
    struct cm_buffer got = CM_BUFFER_EMPTY;
    struct cm_source *source = open_paths(1, (const char *[]){"-"});
    cr_assert_eq(drain(source, &got), CM_END);
    cr_assert_eq(got.len, 0);
    cr_assert_eq(diagnostics.errors, 1);
    cr_assert_str_eq(diagnostics.items[0].message, "cannot read standard input after byte 0: Is a directory");
    cm_source_close(source);
}

/* Many workers: every block once, ordinals without holes, together all bytes. */
struct worker {
    struct cm_source *source;
    _Atomic uint64_t *bytes;
    atomic_uchar *seen;
};

static void *pull(void *argument)
{
    struct worker *worker = argument;
    struct cm_block block = CM_BLOCK_EMPTY;
    while (cm_source_next(worker->source, &block) == CM_OK) {
        atomic_fetch_add(&worker->seen[block.ordinal], 1);
        atomic_fetch_add(worker->bytes, block.bytes.len);
    }
    cm_block_free(&block);
    return NULL;
}

Test(source, many_workers_share_it)
{
    struct cm_buffer text = numbered_lines(60000, 60);
    static atomic_uchar seen[4096];
    _Atomic uint64_t bytes = 0;
    struct cm_source *source = open_one(cm_buffer_view(&text));
    struct worker worker = {source, &bytes, seen};
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, pull, &worker), 0);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    cr_assert_eq(bytes, text.len);
    unsigned blocks = 0;
    while (seen[blocks] == 1)
        blocks++;
    for (unsigned i = blocks; i < 4096; i++)
        cr_assert_eq(seen[i], 0);
    cr_assert_gt(blocks, 8u);
    cm_source_close(source);
    cm_buffer_free(&text);
}

Test(source, stopped)
{
    struct cm_source *source = open_one(CM_SPAN("a\n"));
    struct cm_block block = CM_BLOCK_EMPTY;
    cm_source_stop(source);
    cr_assert_eq(cm_source_next(source, &block), CM_ESTOPPED);
    cm_block_free(&block);
    cm_source_close(source);
    cm_source_close(NULL);
}
