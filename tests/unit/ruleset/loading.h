/* What the tests of packs share: a small lexicon, packs from text, diagnostics as lines. */
#ifndef CM_TEST_LOADING_H
#define CM_TEST_LOADING_H

#include <criterion/criterion.h>

#include "base/buffer.h"
#include "ruleset/draft.h"

#define CM_TEST_FILES_MAX 8

struct loading {
    struct cm_lexicon *lexicon;
    struct cm_diagnostics diagnostics;
    struct cm_ruleset *ruleset;
    enum cm_status status;
};

static inline struct cm_lexicon *test_lexicon(void)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_lexicon *lexicon = NULL;
    enum cm_status status = cm_lexicon_load(CM_SOURCE_DIR "/tests/unit/ruleset/lexicon", &diagnostics, &lexicon);
    cm_diagnostics_print(&diagnostics, stderr, false);
    cm_diagnostics_free(&diagnostics);
    cr_assert_eq(status, CM_OK, "the lexicon of the tests");
    return lexicon;
}

/* path, contents, path, contents, …, NULL */
static inline struct loading load_files(const char *const *files)
{
    struct loading loading = {.lexicon = test_lexicon()};
    struct cm_ruleset_file list[CM_TEST_FILES_MAX];
    size_t count = 0;
    for (; files[2 * count] && count < CM_TEST_FILES_MAX; count++)
        list[count] = (struct cm_ruleset_file){files[2 * count], cm_span_of(files[2 * count + 1])};
    loading.status = cm_ruleset_load_files(list, count, loading.lexicon, &loading.diagnostics, &loading.ruleset);
    return loading;
}

#define LOAD_FILES(...) load_files((const char *const[]){__VA_ARGS__, NULL})
#define LOAD(text) LOAD_FILES("pack.yaml", text)

static inline void unload(struct loading *loading)
{
    cm_ruleset_free(loading->ruleset);
    cm_lexicon_free(loading->lexicon);
    cm_diagnostics_free(&loading->diagnostics);
}

/* "line:column id" of every diagnostic, in order, separated by "; " */
static inline const char *said(const struct loading *loading)
{
    static char text[4096];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < loading->diagnostics.count && used < sizeof text - 128; i++) {
        const struct cm_diagnostic *item = &loading->diagnostics.items[i];
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%u:%u %s", i ? "; " : "", item->place.line, item->place.column, item->id);
    }
    return text;
}

#define assert_loads(loading)                                                                                                              \
    do {                                                                                                                                   \
        cr_assert_str_eq(said(&(loading)), "");                                                                                            \
        cr_assert_eq((loading).status, CM_OK);                                                                                             \
        cr_assert_not_null((loading).ruleset);                                                                                             \
    } while (0)

#endif
