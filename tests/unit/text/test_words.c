#include "text/words.h"

#include <criterion/criterion.h>

Test(words, reads_only_the_word)
{
    char text[64];
    for (size_t len = 0; len <= 40; len++) {
        memset(text, 'a', sizeof(text));
        uint64_t hash = cm_word_hash(text + 7, len);
        text[6] = 'x';
        text[7 + len] = 'y';
        cr_expect_eq(cm_word_hash(text + 7, len), hash, "%zu bytes", len);
    }
}

Test(words, every_byte_counts)
{
    char text[48];
    for (size_t len = 1; len <= sizeof(text); len++) {
        memset(text, 'a', sizeof(text));
        uint64_t hash = cm_word_hash(text, len);
        cr_expect_neq(hash, cm_word_hash(text, len - 1));
        for (size_t i = 0; i < len; i++) {
            text[i] = 'b';
            cr_expect_neq(cm_word_hash(text, len), hash, "byte %zu of %zu", i, len);
            text[i] = 'a';
        }
    }
}

Test(words, halves_are_the_bytes)
{
    static const char text[] = "abcdefghijklmnop";
    for (size_t len = 0; len <= 16; len++) {
        char out[16] = {0};
        struct cm_word_halves halves = cm_word_halves(text, len);
        memcpy(out, &halves.low, 8);
        memcpy(out + 8, &halves.high, 8);
        cr_expect_eq(memcmp(out, text, len), 0, "%zu", len);
        for (size_t i = len; i < 16; i++)
            cr_expect_eq(out[i], 0, "%zu", len);
        cr_expect_eq(cm_word_hash_halves(halves, len), cm_word_hash(text, len));
    }
}

/* Stored content words are compared across runs: the hash may not change by accident. */
Test(words, values_are_fixed)
{
    cr_expect_eq(cm_word_hash("refund", 6), cm_word_hash("refund now", 6));
    cr_expect_neq(cm_word_hash("", 0), 0);
    cr_expect_neq(cm_word_hash32(UINT64_C(0x8000000080000000)), 0);
    cr_expect_eq(cm_word_hash("sorry", 5), UINT64_C(0xD80866586F7B8971));
    cr_expect_eq(cm_word_hash("misunderstanding", 16), UINT64_C(0xC4394B964E225748));
    cr_expect_eq(cm_word_hash("unacceptable-behaviour-of-yours", 31), UINT64_C(0xE777FFAB16F93C97));
}
