/*
 * Memory made to fail on purpose: each allocation of a whole run (inputs,
 * source, decode, dead letters, sinks) in turn. Whatever fails, the run says so
 * or does its work; it never crashes, and leaves no half file behind.
 */
#include <criterion/criterion.h>

#include "event/decode.h"
#include "io/deadletter.h"
#include "io/follow.h"
#include "io/sink.h"
#include "io/source.h"
#include "scratch.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* Allocations until the one that fails; 0: none does. */
static unsigned until;
static bool failed;

static bool fails(void)
{
    if (until == 0 || --until > 0)
        return false;
    failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

struct run {
    struct cm_inputs inputs;
    struct cm_diagnostics diagnostics;
    struct cm_source *source;
    struct cm_sink *sink;
    struct cm_block block;
    struct cm_arena arena;
    struct cm_buffer dead;
    unsigned good, bad;
};

static enum cm_status take_line(struct run *run, const struct cm_line *line)
{
    struct cm_event event;
    struct cm_decoded decoded;
    enum cm_status status = cm_decode(&run->arena, line->bytes, &event, &decoded);
    if (status != CM_OK)
        return status;
    if (decoded.reject != CM_REJECT_NONE) {
        run->bad++;
        cm_dead_letter_append(&run->dead, &run->block, line, &decoded, true);
        return cm_buffer_status(&run->dead);
    }
    run->good++;
    return cm_sink_write(run->sink, line->bytes);
}

static enum cm_status take_blocks(struct run *run)
{
    enum cm_status status;
    while ((status = cm_source_next(run->source, &run->block)) == CM_OK) {
        struct cm_line line = {0};
        while (status == CM_OK && cm_block_next_line(&run->block, &line))
            status = take_line(run, &line);
        if (status != CM_OK)
            return status;
    }
    return status == CM_END ? CM_OK : status;
}

static enum cm_status go(struct run *run, const char *folder, const char *target)
{
    const char *const arguments[] = {folder};
    struct cm_source_request request = {.inputs = &run->inputs};
    enum cm_status status = cm_inputs_expand(&run->inputs, arguments, 1, &run->diagnostics);
    if (status == CM_OK)
        status = cm_source_open(&run->source, &cm_source_file, &request, &run->diagnostics);
    if (status == CM_OK)
        status = cm_sink_open(&run->sink, &cm_sink_ndjson, target, &run->diagnostics);
    if (status == CM_OK)
        status = take_blocks(run);
    enum cm_status closed = cm_sink_close(run->sink, status == CM_OK);
    cm_source_close(run->source);
    cm_block_free(&run->block);
    cm_inputs_free(&run->inputs);
    cm_arena_free(&run->arena);
    cm_buffer_free(&run->dead);
    return status != CM_OK ? status : closed;
}

/* A long event (its scratch is the arena's), an escaped one, a bad one, and one that crosses blocks. */
static char *write_input(const struct scratch *scratch)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < 2000; i++)
        cm_buffer_printf(&text, "{\"interaction_id\":\"i\\u0031\",\"seq\":%u,\"speaker\":\"agent\",\"text\":\"%*s\\n\"}\n", i,
                         (int)(i % 3000), "x");
    cm_buffer_text(&text, "{\"interaction_id\":\"i\"}\n");
    char *path = scratch_file(scratch, "in.ndjson", text.ptr, text.len);
    cm_buffer_free(&text);
    return path;
}

Test(io_memory, every_allocation_may_fail)
{
    struct scratch scratch;
    cr_assert(scratch_make(&scratch));
    char *input = write_input(&scratch), *target = scratch_path(&scratch, "out");
    cr_assert(input && target);
    unsigned at = 0;
    do {
        struct run run = {0};
        failed = false;
        until = ++at;
        enum cm_status status = go(&run, scratch.folder, target);
        until = 0;
        cr_assert(failed ? status == CM_OK || status == CM_ENOMEM : status == CM_OK, "allocation %u: %s", at, cm_status_text(status));
        cr_assert(status != CM_OK || (run.good == 2000 && run.bad == 1), "allocation %u: lines are lost", at);
        cr_assert_eq(access(target, F_OK) == 0, status == CM_OK, "allocation %u: a file only when all went well", at);
        unlink(target);
        cm_diagnostics_free(&run.diagnostics);
    } while (failed);
    cr_assert_gt(at, 20u, "%u allocations", at);
    cr_assert_neq(rmdir(scratch.folder), 0, "the input is still there");
    cr_assert_eq(unlink(input), 0);
    cr_assert_eq(rmdir(scratch.folder), 0, "and nothing else");
    free(input);
    free(target);
}

/* Lines that are followed, into a log and a database. */
static enum cm_status go_live(const char *input, const struct cm_sink_ops *ops, const char *target, struct cm_diagnostics *diagnostics)
{
    struct cm_follow *follow = NULL;
    struct cm_sink *sink = NULL;
    struct cm_block block = CM_BLOCK_EMPTY;
    enum cm_status status = cm_follow_open(&follow, &(struct cm_follow_request){.path = input, .once = true}, diagnostics);
    if (status == CM_OK)
        status = cm_sink_open(&sink, ops, target, diagnostics);
    while (status == CM_OK && (status = cm_follow_next(follow, 0, &block)) == CM_OK)
        status = cm_sink_write(sink, block.bytes);
    enum cm_status closed = cm_sink_close(sink, status == CM_END);
    cm_follow_close(follow);
    cm_block_free(&block);
    return status == CM_END ? closed : status;
}

Test(io_memory, every_allocation_of_live_running_may_fail)
{
    static const struct cm_sink_ops *const kinds[] = {&cm_sink_log, &cm_sink_sqlite};
    static const char card[] = "{\"interaction_id\":\"a\\u0000b\",\"pack\":{\"name\":\"p\"},\"status\":\"open\",\"revision\":0,\"care\":{},"
                               "\"behaviours\":[]}\n";
    struct scratch scratch;
    cr_assert(scratch_make(&scratch));
    char *input = scratch_file(&scratch, "in.ndjson", card, sizeof card - 1), *target = scratch_path(&scratch, "out");
    for (size_t i = 0; i < 2; i++) {
        unsigned at = 0;
        do {
            struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
            failed = false;
            until = ++at;
            enum cm_status status = go_live(input, kinds[i], target, &diagnostics);
            until = 0;
            cr_assert(status == CM_OK || (failed && status == CM_ENOMEM), "allocation %u: %s", at, cm_status_text(status));
            cr_assert(i == 0 || (access(target, F_OK) == 0) == (status == CM_OK), "allocation %u", at);
            unlink(target);
            cm_diagnostics_free(&diagnostics);
        } while (failed);
        cr_assert_gt(at, 5u, "%u allocations", at);
    }
    scratch_remove(&scratch);
    free(input);
    free(target);
}
