#include <stdlib.h>

#include "base/buffer.h"
#include "event/decode.h"
#include "study/bench/grown.h"

/* Enough that rare words are among them; fewer than a megabyte. */
#define WORDS_MAX ((size_t)65536)

static enum cm_status add_words(struct cm_grown_words *words, const struct cm_folded *folded)
{
    for (uint32_t i = 0; i < folded->count && words->said_count < WORDS_MAX; i++) {
        const struct cm_token *token = &folded->tokens[i];
        if (token->class != CM_TOKEN_WORD)
            continue;
        enum cm_status status = cm_grow(&words->said, &words->said_cap, words->said_count + 1, sizeof *words->said);
        if (status != CM_OK)
            return status;
        struct cm_span copy = cm_arena_copy(&words->arena, (struct cm_span){folded->text.ptr + token->at, token->len});
        if (!copy.ptr)
            return CM_ENOMEM;
        words->said[words->said_count++] = copy;
    }
    return CM_OK;
}

static enum cm_status read_block(struct cm_grown_words *words, struct cm_folder *folder, const struct cm_block *block,
                                 struct cm_arena *arena)
{
    struct cm_line line = {0};
    enum cm_status status = CM_OK;
    while (status == CM_OK && words->said_count < WORDS_MAX && !block->line_too_long && cm_block_next_line(block, &line)) {
        struct cm_span bytes = cm_decode_trim(line.bytes, block->first_of_file && line.number == block->line);
        struct cm_decoded decoded;
        struct cm_event event;
        struct cm_folded folded;
        if (bytes.len == 0)
            continue;
        cm_arena_reset(arena);
        status = cm_decode(arena, bytes, &event, &decoded);
        if (status != CM_OK || decoded.reject != CM_REJECT_NONE || event.type != CM_EVENT_MESSAGE || !event.text.ptr)
            continue;
        status = cm_fold(folder, event.text, &folded);
        if (status == CM_OK)
            status = add_words(words, &folded);
    }
    return status;
}

static int compare(const void *left, const void *right)
{
    return cm_span_compare(*(const struct cm_span *)left, *(const struct cm_span *)right);
}

static enum cm_status find_distinct(struct cm_grown_words *words)
{
    words->distinct = malloc((words->said_count + 1) * sizeof *words->distinct);
    if (!words->distinct)
        return CM_ENOMEM;
    for (size_t i = 0; i < words->said_count; i++)
        words->distinct[i] = words->said[i];
    if (words->said_count > 0)
        qsort(words->distinct, words->said_count, sizeof *words->distinct, compare);
    for (size_t i = 0; i < words->said_count; i++)
        if (words->distinct_count == 0 || !cm_span_equal(words->distinct[words->distinct_count - 1], words->distinct[i]))
            words->distinct[words->distinct_count++] = words->distinct[i];
    return CM_OK;
}

enum cm_status cm_grown_words_read(struct cm_grown_words *words, const struct cm_lexicon *lexicon, struct cm_source *source)
{
    *words = (struct cm_grown_words){.arena = CM_ARENA_EMPTY};
    struct cm_block block = CM_BLOCK_EMPTY;
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_folder *folder = NULL;
    enum cm_status status = cm_folder_new(lexicon, &folder);
    while (status == CM_OK && words->said_count < WORDS_MAX) {
        status = cm_source_next(source, &block);
        if (status == CM_OK)
            status = read_block(words, folder, &block, &arena);
    }
    if (status == CM_OK || status == CM_END)
        status = find_distinct(words);
    cm_folder_free(folder);
    cm_block_free(&block);
    cm_arena_free(&arena);
    return status;
}

void cm_grown_words_free(struct cm_grown_words *words)
{
    free(words->said);
    free(words->distinct);
    cm_arena_free(&words->arena);
    *words = (struct cm_grown_words){.arena = CM_ARENA_EMPTY};
}
