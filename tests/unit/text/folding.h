/* The shipped lexicon and a folder of it, and folded text as a line that people can read. */
#ifndef CM_TEST_FOLDING_H
#define CM_TEST_FOLDING_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "text/fold.h"

static struct cm_lexicon *test_lexicon;
static struct cm_folder *test_folder;
static struct cm_buffer test_line;

static inline void open_folder(void)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_lexicon_load(CM_SOURCE_DIR "/rules/lexicon", &diagnostics, &test_lexicon);
    if (status != CM_OK || diagnostics.warnings > 0)
        cm_diagnostics_print(&diagnostics, stderr, false);
    cr_assert_eq(status, CM_OK);
    cr_assert_eq(diagnostics.warnings, 0);
    cr_assert_eq(cm_folder_new(test_lexicon, &test_folder), CM_OK);
    cm_diagnostics_free(&diagnostics);
}

static inline void close_folder(void)
{
    cm_folder_free(test_folder);
    cm_lexicon_free(test_lexicon);
    cm_buffer_free(&test_line);
}

static inline const char *class_name(uint8_t class)
{
    switch (class) {
#define X(name, mark, term)                                                                                                                \
    case mark:                                                                                                                             \
        return mark ? #name ":" : "";
        CM_TOKEN_CLASSES(X)
#undef X
    }
    return "?:";
}

/*
 * Tokens joined by spaces: CLASS:bytes, then ? for a question, . for a sentence
 * end or , for a clause end; > before a quoted one. "(none)" for no token.
 */
static inline const char *fold_line(struct cm_span text, struct cm_folded *folded)
{
    cr_assert_eq(cm_fold(test_folder, text, folded), CM_OK);
    cm_buffer_reset(&test_line);
    for (uint32_t i = 0; i < folded->count; i++) {
        const struct cm_token *token = &folded->tokens[i];
        if (i > 0)
            cm_buffer_byte(&test_line, ' ');
        cm_buffer_text(&test_line, token->flags & CM_TOKEN_QUOTED ? ">" : "");
        cm_buffer_text(&test_line, class_name(token->class));
        cm_buffer_append(&test_line, folded->text.ptr + token->at, token->len);
        cm_buffer_text(&test_line, token->flags & CM_TOKEN_QUESTION ? "?" : "");
        cm_buffer_text(&test_line, token->flags & CM_TOKEN_SENTENCE_END ? "." : token->flags & CM_TOKEN_CLAUSE_END ? "," : "");
    }
    if (folded->count == 0)
        cm_buffer_text(&test_line, "(none)");
    cm_buffer_byte(&test_line, '\0');
    cr_assert_eq(cm_buffer_status(&test_line), CM_OK);
    return test_line.ptr;
}

static inline void expect_at(int line, struct cm_span text, const char *expected)
{
    struct cm_folded folded;
    const char *got = fold_line(text, &folded);
    cr_expect_str_eq(got, expected, "line %d: \"%.*s\" folds to \"%s\", not \"%s\"", line, (int)text.len, text.ptr, got, expected);
}

#define EXPECT(text, expected) expect_at(__LINE__, CM_SPAN(text), expected)

/* The source bytes of one token, by its number. */
static inline void expect_source_at(int line, struct cm_span text, uint32_t number, uint32_t start, uint32_t end)
{
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, text, &folded), CM_OK);
    cr_assert_lt(number, folded.count, "line %d: %u tokens", line, folded.count);
    cr_expect_eq(folded.tokens[number].start, start, "line %d: start %u, not %u", line, folded.tokens[number].start, start);
    cr_expect_eq(folded.tokens[number].end, end, "line %d: end %u, not %u", line, folded.tokens[number].end, end);
}

#define EXPECT_SOURCE(text, number, start, end) expect_source_at(__LINE__, CM_SPAN(text), number, start, end)

#endif
