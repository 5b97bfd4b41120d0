/* Any bytes fold: spans in order and inside, both twins alike, plain words stable. */
#include <stdint.h>
#include <stdlib.h>

#include "base/diag.h"
#include "text/fold.h"
#include "text/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cm_folder *fast, *slow, *again;

static void require(int holds)
{
    if (!holds)
        abort();
}

static void open_once(void)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_lexicon *lexicon;
    const char *folder = getenv("CM_LEXICON");
    require(cm_lexicon_load(folder ? folder : CM_SOURCE_DIR "/rules/lexicon", &diagnostics, &lexicon) == CM_OK);
    require(cm_folder_new(lexicon, &fast) == CM_OK && cm_folder_new(lexicon, &slow) == CM_OK && cm_folder_new(lexicon, &again) == CM_OK);
    cm_folder_use_scalar(slow);
    cm_diagnostics_free(&diagnostics);
}

static void check_token(const struct cm_folded *folded, uint32_t i, size_t size)
{
    const struct cm_token *token = &folded->tokens[i];
    require(token->start < token->end && token->end <= size);
    require(token->len > 0 && token->at + token->len <= folded->text.len);
    require(token->hash == cm_word_hash(folded->text.ptr + token->at, token->len));
    if (i > 0) {
        const struct cm_token *before = token - 1;
        require((before->start == token->start && before->end == token->end) || before->end <= token->start);
    }
    if ((token->class != CM_TOKEN_WORD && token->class != CM_TOKEN_NAME) || token->len == 1)
        return; /* one letter may be an initial (R.), which is a chat form when it stands alone */
    struct cm_span word = {folded->text.ptr + token->at, token->len};
    struct cm_folded alone;
    require(cm_fold(again, word, &alone) == CM_OK);
    require(alone.count == 1 && cm_span_equal(alone.text, word));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_folded a, b;
    struct cm_span text = {(const char *)data, size};
    if (!fast)
        open_once();
    if (size > CM_TEXT_MAX_BYTES)
        return 0;
    require(cm_fold(fast, text, &a) == CM_OK);
    require(cm_fold(slow, text, &b) == CM_OK);
    require(a.count == b.count && cm_span_equal(a.text, b.text));
    for (uint32_t i = 0; i < a.count; i++) {
        const struct cm_token *x = &a.tokens[i], *y = &b.tokens[i];
        require(x->hash == y->hash && x->start == y->start && x->end == y->end && x->at == y->at && x->len == y->len);
        require(x->class == y->class && x->flags == y->flags && x->lists == y->lists && x->changed == y->changed);
        check_token(&a, i, size);
    }
    return 0;
}
