/* Any bytes as a file, compressed or not: it ends, blocks follow each other without holes, and nothing is lost in silence. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                                                                   \
    do {                                                                                                                                   \
        if (!(condition)) {                                                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                                \
            abort();                                                                                                                       \
        }                                                                                                                                  \
    } while (0)

/* A few kilobytes can inflate to a terabyte: that is looked at elsewhere. */
#define BYTES_MAX (UINT64_C(32) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"fuzz"};
    const struct cm_span contents[] = {{(const char *)data, size}};
    struct cm_source_request request = {.names = names, .contents = contents, .count = 1};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_block block = CM_BLOCK_EMPTY;
    struct cm_source *source;
    CHECK(cm_source_open(&source, &cm_source_mem, &request, &diagnostics) == CM_OK);
    uint64_t offset = 0, ordinal = 0, line = 1;
    enum cm_status status;
    while ((status = cm_source_next(source, &block)) == CM_OK && offset < BYTES_MAX) {
        CHECK(block.bytes.len > 0 && block.ordinal == ordinal++ && block.line == line && block.offset == offset);
        struct cm_line at = {0};
        while (cm_block_next_line(&block, &at))
            CHECK(at.number == line++);
        offset = block.line_too_long ? BYTES_MAX : offset + block.bytes.len;
    }
    CHECK(status == CM_END || offset >= BYTES_MAX);
    struct cm_source_progress progress;
    cm_source_progress(source, &progress);
    CHECK(progress.bytes_done <= size);
    CHECK(status != CM_END || diagnostics.errors || progress.bytes_done == size);
    cm_source_close(source);
    cm_block_free(&block);
    cm_diagnostics_free(&diagnostics);
    return 0;
}
