/* What holds for every text: seeded random texts, and real ones where they are. */
#include "folding.h"

#include <stdlib.h>

#include "text/words.h"

#define TEXTS 20000
#define TEXT_MAX_BYTES 300

TestSuite(fold_property, .init = open_folder, .fini = close_folder);

static uint64_t random_state = 20240229;

static uint32_t next_random(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

/* Pieces that the folder treats in some way of its own, and single bytes of any value. */
static const char *const pieces[] = {
    "hello",
    "I'm",
    "can't",
    "soooo",
    "zzzap",
    "'s",
    "n't",
    "'d've",
    "e-mail",
    "-",
    " - ",
    "--",
    ". ",
    "! ",
    "? ",
    "...",
    ".",
    ",",
    ", ",
    ":)",
    ":-(",
    "<3",
    "$",
    "5",
    "4.50",
    "%",
    "30mins",
    "2day",
    "[name]",
    "#NUMBER-0#",
    "<ORG>",
    "@me",
    "#tag",
    "a@b.co",
    "http://x.y/z",
    "ex.com",
    "www.",
    "\n",
    "\r\n",
    "> ",
    "On 5 May 2024 Jo wrote:\n",
    "-----Original Message-----\n",
    " ",
    "  ",
    "\t",
    "Dr.",
    "e.g.",
    "U.S.",
    "R. ",
    "J.",
    "ca n't",
    " 's",
    "O'Brien",
    " wrote: ",
    "on 1 May 2024 ",
    "John",
    "JOHN",
    "\xC3\xA9",
    "\xC3\x89",
    "\xE2\x80\x99",
    "\xE2\x80\x9C",
    "\xE2\x80\x94",
    "\xE2\x80\xA6",
    "\xC2\xA0",
    "\xC2\xAD",
    "\xE2\x80\x8D",
    "\xF0\x9F\x98\x8A",
    "\xF0\x9F\x8F\xBD",
    "\xF0\x9F\x87\xAC",
    "\xEF\xB8\x8F",
    "\xFF",
    "\xC3",
    "\xE2\x80",
    "aaaaaaaaaaaaaaaaaaaaaaa",
    "abcdefghijklmnopqrstuvwxyz",
    "&",
    "&amp;",
    "colour",
    "u",
    "idk",
    "thx",
    "ok",
    "1",
    "x",
};

static size_t random_text(char *out)
{
    size_t len = 0, parts = next_random(24);
    while (parts-- > 0) {
        const char *piece = pieces[next_random(sizeof(pieces) / sizeof(pieces[0]))];
        size_t size = strlen(piece);
        if (next_random(8) == 0) {
            out[len++] = (char)next_random(256);
        } else if (len + size < TEXT_MAX_BYTES - 2) {
            memcpy(out + len, piece, size);
            len += size;
        }
        if (next_random(3) == 0 && len < TEXT_MAX_BYTES - 2)
            out[len++] = ' ';
        if (len >= TEXT_MAX_BYTES - 2)
            break;
    }
    return len;
}

/* Spans are inside, in order, and no token is empty; the folded text is the tokens, their marks and what joins them. */
static void check_folded(struct cm_span text, const struct cm_folded *folded)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < folded->count; i++) {
        const struct cm_token *token = &folded->tokens[i];
        cr_assert_lt(token->start, token->end);
        cr_assert_leq(token->end, text.len);
        if (i > 0) {
            const struct cm_token *before = &folded->tokens[i - 1];
            bool same = before->start == token->start && before->end == token->end;
            cr_assert(same || before->end <= token->start);
            cr_assert_eq(folded->text.ptr[at], before->flags & CM_TOKEN_SENTENCE_END ? '\n' : ' ');
            at++;
        }
        if (token->class != CM_TOKEN_WORD)
            cr_assert_eq(folded->text.ptr[at++], (char)token->class);
        cr_assert_eq(token->at, at);
        cr_assert_gt(token->len, 0);
        cr_assert_eq(token->hash, cm_word_hash(folded->text.ptr + at, token->len));
        for (uint32_t b = 0; b < token->len; b++)
            cr_assert_gt((unsigned char)folded->text.ptr[at + b], 0x20);
        cr_assert(!(token->flags & CM_TOKEN_SENTENCE_END) || token->flags & CM_TOKEN_CLAUSE_END);
        at += token->len;
    }
    cr_assert_eq(at, folded->text.len);
    if (folded->count > 0)
        cr_assert_eq(folded->tokens[folded->count - 1].flags & (CM_TOKEN_SENTENCE_END | CM_TOKEN_CLAUSE_END), 0);
}

static void check_equal(const struct cm_folded *a, const struct cm_folded *b, struct cm_span text)
{
    cr_assert_eq(a->count, b->count, "%.*s", (int)text.len, text.ptr);
    cr_assert(cm_span_equal(a->text, b->text), "%.*s", (int)text.len, text.ptr);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct cm_token *x = &a->tokens[i], *y = &b->tokens[i];
        cr_assert_eq(x->hash, y->hash);
        cr_assert_eq(x->start, y->start);
        cr_assert_eq(x->end, y->end);
        cr_assert_eq(x->at, y->at);
        cr_assert_eq(x->len, y->len);
        cr_assert_eq(x->class, y->class);
        cr_assert_eq(x->flags, y->flags);
        cr_assert_eq(x->lists, y->lists);
        cr_assert_eq(x->changed, y->changed);
    }
}

/* Folding a plain word that came out of a fold gives that word. */
static void check_refold(struct cm_folder *other, struct cm_span text, const struct cm_folded *folded)
{
    for (uint32_t i = 0; i < folded->count; i++) {
        const struct cm_token *token = &folded->tokens[i];
        if ((token->class != CM_TOKEN_WORD && token->class != CM_TOKEN_NAME) || token->len == 1)
            continue; /* one letter may be an initial (R.), which is a chat form when it stands alone */
        struct cm_span word = {folded->text.ptr + token->at, token->len};
        struct cm_folded again;
        cr_assert_eq(cm_fold(other, word, &again), CM_OK);
        cr_assert_eq(again.count, 1, "%.*s of %.*s", (int)word.len, word.ptr, (int)text.len, text.ptr);
        cr_assert(cm_span_equal(again.text, word), "%.*s of %.*s", (int)word.len, word.ptr, (int)text.len, text.ptr);
        cr_assert_eq(again.tokens[0].lists, token->lists, "%.*s", (int)word.len, word.ptr);
    }
}

static void check_text(struct cm_folder *scalar, struct cm_folder *other, struct cm_span text)
{
    struct cm_folded folded, twin;
    cr_assert_eq(cm_fold(test_folder, text, &folded), CM_OK);
    check_folded(text, &folded);
    cr_assert_eq(cm_fold(scalar, text, &twin), CM_OK);
    check_equal(&folded, &twin, text);
    check_refold(other, text, &folded);
}

Test(fold_property, random_texts)
{
    struct cm_folder *scalar, *other;
    cr_assert_eq(cm_folder_new(test_lexicon, &scalar), CM_OK);
    cr_assert_eq(cm_folder_new(test_lexicon, &other), CM_OK);
    cm_folder_use_scalar(scalar);
    for (int i = 0; i < TEXTS; i++) {
        /* a copy of its own size, so that a sanitizer sees every byte read beyond it */
        char text[TEXT_MAX_BYTES + 64];
        size_t len = random_text(text);
        char *copy = malloc(len + 1);
        cr_assert_not_null(copy);
        memcpy(copy, text, len);
        check_text(scalar, other, (struct cm_span){copy, len});
        free(copy);
    }
    cm_folder_free(scalar);
    cm_folder_free(other);
}

/* The same bytes at every position of a block, long words and long gaps among them. */
Test(fold_property, every_alignment)
{
    struct cm_folder *scalar, *other;
    cr_assert_eq(cm_folder_new(test_lexicon, &scalar), CM_OK);
    cr_assert_eq(cm_folder_new(test_lexicon, &other), CM_OK);
    cm_folder_use_scalar(scalar);
    char text[128];
    for (size_t pad = 0; pad < 20; pad++) {
        for (size_t word = 1; word < 40; word++) {
            memset(text, ' ', sizeof(text));
            for (size_t i = 0; i < word; i++)
                text[pad + i] = (char)('A' + (i * 7) % 26);
            memcpy(text + pad + word, ", Helllo Bob's. ok", 18);
            check_text(scalar, other, (struct cm_span){text, pad + word + 18});
            text[pad + word / 2] = '\xFF';
            check_text(scalar, other, (struct cm_span){text, pad + word + 18});
        }
    }
    cm_folder_free(scalar);
    cm_folder_free(other);
}

/* No state is left from one text to the next. */
Test(fold_property, order_of_texts_does_not_matter)
{
    struct cm_folded first, again;
    struct cm_span text = CM_SPAN("One\xFF two. Three's fine :)");
    cr_assert_eq(cm_fold(test_folder, text, &first), CM_OK);
    struct cm_buffer kept = CM_BUFFER_EMPTY;
    cm_buffer_span(&kept, first.text);
    uint32_t count = first.count;
    for (int i = 0; i < 200; i++) {
        char noise[TEXT_MAX_BYTES + 64];
        size_t len = random_text(noise);
        cr_assert_eq(cm_fold(test_folder, (struct cm_span){noise, len}, &again), CM_OK);
    }
    cr_assert_eq(cm_fold(test_folder, text, &again), CM_OK);
    cr_expect_eq(again.count, count);
    cr_expect(cm_span_equal(again.text, cm_buffer_view(&kept)));
    cm_buffer_free(&kept);
}

/* Real turns, as the lines they stand in: braces, quotes and escapes are text as good as any. */
Test(fold_property, real_lines)
{
    FILE *file = fopen(CM_SOURCE_DIR "/../shared/corpora/care_gold/dev3.ndjson", "re");
    if (!file) {
        fprintf(stderr, "skipped: ../shared/corpora/care_gold/dev3.ndjson is not here\n");
        return;
    }
    struct cm_folder *scalar, *other;
    cr_assert_eq(cm_folder_new(test_lexicon, &scalar), CM_OK);
    cr_assert_eq(cm_folder_new(test_lexicon, &other), CM_OK);
    cm_folder_use_scalar(scalar);
    char *line = NULL;
    size_t cap = 0, lines = 0;
    ssize_t len;
    while ((len = getline(&line, &cap, file)) > 0) {
        check_text(scalar, other, (struct cm_span){line, (size_t)len});
        lines++;
    }
    cr_expect_gt(lines, 100);
    free(line);
    fclose(file);
    cm_folder_free(scalar);
    cm_folder_free(other);
}
