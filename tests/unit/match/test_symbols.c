#include <criterion/criterion.h>
#include <stdio.h>

#include "match/symbols.h"

static struct cm_symbols symbols;

static void init(void)
{
    cm_symbols_init(&symbols);
}

static void fini(void)
{
    cm_symbols_free(&symbols);
}

TestSuite(symbols, .init = init, .fini = fini);

static void add(const char *word, bool prefix)
{
    cr_assert_eq(cm_symbols_add(&symbols, cm_span_of(word), prefix), CM_OK);
}

static uint32_t value(const char *word)
{
    char padded[200] = {0};
    size_t len = strlen(word);
    memcpy(padded, word, len);
    memset(padded + len, 'x', 16); /* what stands behind a word is not the word */
    return cm_symbols_value(&symbols, padded, len, cm_word_hash(word, len));
}

static uint32_t number(const char *word)
{
    return CM_SYMBOL_NUMBER(value(word));
}

Test(symbols, words_have_numbers_and_others_have_none)
{
    static const char *const words[] = {
        "a", "an", "seventeen", "sixteen-letters!", "seventeen-letters", "a-word-of-more-than-thirty-two-letters"};
    for (size_t i = 0; i < 6; i++)
        add(words[i], false);
    add("an", false); /* again: nothing new */
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(number(words[i]), i + CM_SYMBOL_FIRST);
        cr_assert_eq(cm_symbols_find(&symbols, cm_span_of(words[i])), i + CM_SYMBOL_FIRST);
    }
    cr_assert_eq(value("b"), CM_SYMBOL_OTHER);
    cr_assert_eq(value("seventee"), CM_SYMBOL_OTHER);
    cr_assert_eq(value("seventeen-letterz"), CM_SYMBOL_OTHER);
    cr_assert_eq(value("a-word-of-more-than-thirty-two-letterz"), CM_SYMBOL_OTHER);
}

Test(symbols, no_words_at_all)
{
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    cr_assert_eq(value("a"), CM_SYMBOL_OTHER);
}

Test(symbols, a_word_of_equal_hash_is_another_word)
{
    add("word", false);
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    char other[16 + 5] = "ward";
    cr_assert_eq(cm_symbols_value(&symbols, other, 4, cm_word_hash("word", 4)), CM_SYMBOL_OTHER, "bytes decide, not hashes");
}

static uint32_t by_hash(const char *word)
{
    char padded[200] = {0};
    memcpy(padded, word, strlen(word));
    return CM_SYMBOL_NUMBER(
        cm_symbols_by_hash(&symbols, cm_symbols_view(&symbols), padded, (uint32_t)strlen(word), cm_word_hash(word, strlen(word))));
}

static bool confirmed(uint32_t symbol, const char *word)
{
    char padded[200] = {0};
    memcpy(padded, word, strlen(word));
    return cm_symbols_confirm(&symbols, symbol, padded, (uint32_t)strlen(word));
}

Test(symbols, by_hash_a_word_may_be_another_and_is_not_confirmed)
{
    add("lakaton", false);
    add("a-word-of-more-than-thirty-two-letters", false);
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    cr_assert_not(symbols.any_twins);
    cr_assert_eq(by_hash("lakaton"), CM_SYMBOL_FIRST);
    cr_assert_eq(by_hash("kuleruv"), CM_SYMBOL_FIRST, "these two have one tag and one slot");
    cr_assert_eq(by_hash("a-word-of-more-than-thirty-two-letters"), CM_SYMBOL_FIRST + 1);
    cr_assert_eq(by_hash("another"), CM_SYMBOL_OTHER);
    cr_assert_eq(number("kuleruv"), CM_SYMBOL_OTHER);
    cr_assert(confirmed(CM_SYMBOL_FIRST, "lakaton"));
    cr_assert_not(confirmed(CM_SYMBOL_FIRST, "kuleruv"));
    cr_assert_not(confirmed(CM_SYMBOL_FIRST, "lakato"));
    cr_assert(confirmed(CM_SYMBOL_FIRST + 1, "a-word-of-more-than-thirty-two-letters"));
    cr_assert_not(confirmed(CM_SYMBOL_FIRST + 1, "a-word-of-more-than-thirty-two-letterz"));
}

Test(symbols, twins_are_known)
{
    add("lakaton", false);
    add("kuleruv", false);
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    cr_assert(symbols.any_twins);
    cr_assert_eq(number("lakaton"), CM_SYMBOL_FIRST);
    cr_assert_eq(number("kuleruv"), CM_SYMBOL_FIRST + 1);
}

Test(symbols, the_longest_prefix_wins_and_words_come_before_prefixes)
{
    add("a", true);
    add("apo", true);
    add("apolog", true);
    add("apology", false);
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    cr_assert_eq(number("a"), CM_SYMBOL_FIRST);
    cr_assert_eq(number("able"), CM_SYMBOL_FIRST);
    cr_assert_eq(number("apo"), CM_SYMBOL_FIRST + 1);
    cr_assert_eq(number("apollo"), CM_SYMBOL_FIRST + 1);
    cr_assert_eq(number("apolog"), CM_SYMBOL_FIRST + 2);
    cr_assert_eq(number("apologies"), CM_SYMBOL_FIRST + 2);
    cr_assert_eq(number("apology"), CM_SYMBOL_FIRST + 3);
    cr_assert_eq(value("b"), CM_SYMBOL_OTHER);
}

Test(symbols, a_prefix_is_all_symbols_that_begin_with_it)
{
    add("apo", true);
    add("apolog", true);
    add("apology", false);
    add("ant", false);
    add("apologize", false);
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    size_t from, to;
    cm_symbols_prefixed(&symbols, CM_SPAN("apolog"), &from, &to);
    cr_assert_eq(to - from, 3);
    cm_symbols_prefixed(&symbols, CM_SPAN("a"), &from, &to);
    cr_assert_eq(to - from, 5);
    cm_symbols_prefixed(&symbols, CM_SPAN("b"), &from, &to);
    cr_assert_eq(to, from);
}

Test(symbols, marks_come_with_the_value)
{
    add("word", false);
    add("pre", true);
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    cm_symbols_mark(&symbols, CM_SYMBOL_FIRST, 1u << CM_SYMBOL_BITS);
    cm_symbols_mark(&symbols, CM_SYMBOL_FIRST + 1, 1u << (CM_SYMBOL_BITS + 1));
    cr_assert_eq(value("word") >> CM_SYMBOL_BITS & 7, 1);
    cr_assert_eq(value("prefix") >> CM_SYMBOL_BITS & 7, 2);
    cr_assert_eq(number("prefix"), CM_SYMBOL_FIRST + 1);
    cr_assert_eq(cm_symbols_marked(&symbols, CM_SYMBOL_FIRST), CM_SYMBOL_MARKED(value("word")));
}

Test(symbols, many_words)
{
    char word[32];
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(word, sizeof(word), "w%u", i);
        add(word, false);
    }
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    for (unsigned i = 0; i < 40000; i++) {
        snprintf(word, sizeof(word), "w%u", i);
        cr_assert_eq(number(word), i < 20000 ? i + CM_SYMBOL_FIRST : CM_SYMBOL_OTHER);
        cr_assert_eq(by_hash(word), number(word));
    }
}
