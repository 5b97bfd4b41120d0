#include "io/cutter.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/simd.h"

/* A line of the greatest length and its newline. */
#define LINE_ROOM_BYTES (CM_LINE_MAX_BYTES + 1)

enum cm_status cm_cutter_new(struct cm_cutter **out, const struct cm_source_ops *ops, const struct cm_source_request *request, size_t files,
                             struct cm_diagnostics *diagnostics)
{
    struct cm_cutter *cutter = calloc(1, sizeof *cutter);
    if (!cutter)
        return CM_ENOMEM;
    if (pthread_mutex_init(&cutter->lock, NULL) != 0) {
        free(cutter);
        return CM_ENOMEM;
    }
    cutter->source.ops = ops;
    cutter->request = *request;
    cutter->files = files;
    cutter->diagnostics = diagnostics;
    *out = cutter;
    return CM_OK;
}

void cm_cutter_close(struct cm_source *source)
{
    struct cm_cutter *cutter = (struct cm_cutter *)source;
    if (cutter->reading)
        cm_reader_close(&cutter->reader);
    cm_buffer_free(&cutter->carry);
    pthread_mutex_destroy(&cutter->lock);
    free(cutter);
}

const char *cm_cutter_name(const struct cm_cutter *cutter, size_t index)
{
    return cutter->request.inputs ? cutter->request.inputs->items[index].path : cutter->request.names[index];
}

void cm_cutter_progress(struct cm_source *source, struct cm_source_progress *progress)
{
    struct cm_cutter *cutter = (struct cm_cutter *)source;
    /* relaxed: a display of counts, which need not agree with each other */
    progress->bytes_done = atomic_load_explicit(&cutter->bytes_done, memory_order_relaxed);
    progress->files_done = atomic_load_explicit(&cutter->files_done, memory_order_relaxed);
    progress->bytes_total = cutter->bytes_total;
    progress->files = (uint32_t)cutter->files;
}

void cm_cutter_stop(struct cm_source *source)
{
    /* relaxed: the flag alone matters, no other memory is handed over with it */
    atomic_store_explicit(&((struct cm_cutter *)source)->stopped, true, memory_order_relaxed);
}

/* Said once a fault, in the words of a person who has the file before him. */
static void tell_fault(struct cm_cutter *cutter)
{
    const struct cm_reader *reader = &cutter->reader;
    const char *name = cm_cutter_name(cutter, cutter->index);
    const char *shown = strcmp(name, "-") == 0 ? "standard input" : name;
    struct cm_place nowhere = {NULL, 0, 0, 0};
    switch (reader->fault) {
    case CM_READER_FAULT_OPEN:
        cm_diagnostics_add(cutter->diagnostics, CM_SEVERITY_ERROR, "input-open", nowhere, NULL, "cannot open %s: %s", shown,
                           strerror(reader->error));
        break;
    case CM_READER_FAULT_READ:
        cm_diagnostics_add(cutter->diagnostics, CM_SEVERITY_ERROR, "input-read", nowhere, NULL, "cannot read %s after byte %" PRIu64 ": %s",
                           shown, reader->raw_read, strerror(reader->error));
        break;
    default:
        cm_diagnostics_add(cutter->diagnostics, CM_SEVERITY_ERROR,
                           reader->fault == CM_READER_FAULT_TRUNCATED ? "input-truncated" : "input-corrupt", nowhere,
                           "what stands before it has been read",
                           "cannot read all of %s: %s, at byte %" PRIu64 " of the file (%" PRIu64 " bytes of text before it)", shown,
                           reader->detail, reader->raw_read, reader->given);
    }
}

static void count_progress(struct cm_cutter *cutter)
{
    atomic_store_explicit(&cutter->bytes_done, cutter->bytes_before + cutter->reader.raw_read, memory_order_relaxed);
}

/* The file is done: on to the next. */
static void end_file(struct cm_cutter *cutter)
{
    count_progress(cutter);
    cutter->bytes_before += cutter->reader.raw_read;
    cm_reader_close(&cutter->reader);
    cutter->reading = false;
    cutter->index++;
    atomic_fetch_add_explicit(&cutter->files_done, 1, memory_order_relaxed);
}

static enum cm_status begin_file(struct cm_cutter *cutter)
{
    const struct cm_source_request *request = &cutter->request;
    cutter->offset = 0;
    cutter->line = 1;
    cutter->first_of_file = true;
    cm_buffer_reset(&cutter->carry);
    if (request->inputs)
        return cm_reader_open(&cutter->reader, request->inputs->items[cutter->index].path, &cutter->stopped);
    return cm_reader_open_memory(&cutter->reader, request->contents[cutter->index]);
}

static enum cm_status resize(struct cm_block *block, size_t cap)
{
    char *memory = realloc(block->memory, cap);
    if (!memory)
        return CM_ENOMEM;
    block->memory = memory;
    block->cap = cap;
    return CM_OK;
}

/* The block's memory begins with what the last block left over. One huge line does not keep its memory for ever. */
static enum cm_status start_block(struct cm_cutter *cutter, struct cm_block *block, size_t *len)
{
    size_t cap = CM_BLOCK_BYTES;
    while (cap <= cutter->carry.len)
        cap = cap * 2 < LINE_ROOM_BYTES ? cap * 2 : LINE_ROOM_BYTES;
    if (block->cap != cap && resize(block, cap) != CM_OK)
        return CM_ENOMEM;
    *len = cutter->carry.len;
    if (*len)
        memcpy(block->memory, cutter->carry.ptr, *len);
    cm_buffer_reset(&cutter->carry);
    return CM_OK;
}

/* Bytes up to and with the last newline of from..len; whole where there is none: the bytes known before. */
static size_t whole_lines(const char *memory, size_t from, size_t len, size_t whole)
{
    const char *newline = memrchr(memory + from, '\n', len - from);
    return newline ? (size_t)(newline - memory) + 1 : whole;
}

/* Read until the block is full of whole lines or the file ends (*status CM_END or worse); gives the bytes of whole lines. */
static size_t fill(struct cm_cutter *cutter, struct cm_block *block, size_t *len, enum cm_status *status)
{
    size_t whole = whole_lines(block->memory, 0, *len, 0);
    for (;;) {
        if (*len == block->cap) {
            if (whole || *len >= LINE_ROOM_BYTES)
                return whole;
            size_t cap = block->cap * 2 < LINE_ROOM_BYTES ? block->cap * 2 : LINE_ROOM_BYTES;
            *status = resize(block, cap);
            if (*status != CM_OK)
                return 0;
        }
        size_t got, from = *len;
        *status = cm_reader_read(&cutter->reader, block->memory + from, block->cap - from, &got);
        if (*status != CM_OK)
            return whole;
        *len += got;
        whole = whole_lines(block->memory, from, *len, whole);
        if (whole && cutter->reader.pipe) /* whoever writes may be waiting for an answer */
            return whole;
    }
}

/* Take a block's worth of bytes from the file's account. */
static void give(struct cm_cutter *cutter, struct cm_block *block, size_t len)
{
    block->bytes = (struct cm_span){block->memory, len};
    block->name = cm_cutter_name(cutter, cutter->index);
    block->path = (uint32_t)cutter->index;
    block->offset = cutter->offset;
    block->line = cutter->line;
    block->ordinal = cutter->ordinal++;
    block->first_of_file = cutter->first_of_file;
    block->line_too_long = false;
    cutter->first_of_file = false;
    cutter->offset += len;
    cutter->line += cm_simd->count_newlines(block->memory, block->memory + len);
    count_progress(cutter);
}

/* The memory is full of one line: give its head, and skip what is left of it. */
static enum cm_status give_long_line(struct cm_cutter *cutter, struct cm_block *block, size_t len)
{
    give(cutter, block, len);
    block->bytes.len = CM_LINE_HEAD_BYTES;
    block->line_too_long = true;
    char *scratch = block->memory + CM_LINE_HEAD_BYTES;
    for (;;) {
        size_t got;
        enum cm_status status = cm_reader_read(&cutter->reader, scratch, CM_BLOCK_BYTES, &got);
        if (status == CM_ENOMEM || status == CM_ESTOPPED)
            return status;
        if (status != CM_OK) /* the end, or a fault: the next call meets it again */
            return CM_OK;
        const char *newline = memchr(scratch, '\n', got);
        cutter->offset += newline ? (size_t)(newline - scratch) + 1 : got;
        if (!newline)
            continue;
        cutter->line++;
        cm_buffer_append(&cutter->carry, newline + 1, got - (size_t)(newline + 1 - scratch));
        return cm_buffer_status(&cutter->carry);
    }
}

/* CM_OK: a block. CM_END: the file holds no more. CM_EIO: nor can more be read. */
static enum cm_status cut(struct cm_cutter *cutter, struct cm_block *block)
{
    size_t len;
    enum cm_status status = start_block(cutter, block, &len);
    if (status != CM_OK)
        return status;
    size_t whole = fill(cutter, block, &len, &status);
    if (status == CM_ENOMEM || status == CM_ESTOPPED)
        return status;
    if (status != CM_OK) { /* the end of the file ends its last line */
        if (len == 0)
            return status;
        give(cutter, block, len);
        return CM_OK;
    }
    if (whole == 0)
        return give_long_line(cutter, block, len);
    give(cutter, block, whole);
    cm_buffer_append(&cutter->carry, block->memory + whole, len - whole);
    return cm_buffer_status(&cutter->carry);
}

static enum cm_status next_block(struct cm_cutter *cutter, struct cm_block *block)
{
    while (cutter->index < cutter->files) {
        if (atomic_load_explicit(&cutter->stopped, memory_order_relaxed))
            return CM_ESTOPPED;
        enum cm_status status = CM_OK;
        if (!cutter->reading) {
            status = begin_file(cutter);
            cutter->reading = true;
        }
        if (status == CM_OK)
            status = cut(cutter, block);
        if (status == CM_EIO)
            tell_fault(cutter);
        else if (status != CM_END)
            return status;
        end_file(cutter);
    }
    return CM_END;
}

enum cm_status cm_cutter_next(struct cm_source *source, struct cm_block *block)
{
    struct cm_cutter *cutter = (struct cm_cutter *)source;
    pthread_mutex_lock(&cutter->lock);
    enum cm_status status = next_block(cutter, block);
    pthread_mutex_unlock(&cutter->lock);
    return status;
}
