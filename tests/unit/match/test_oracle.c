#include <criterion/criterion.h>

#include "match/oracle.h"
#include "tiny.h"

static struct tiny tiny;

static void init(void)
{
    cr_assert(tiny_open(&tiny, NULL));
}

static void fini(void)
{
    tiny_close(&tiny);
}

TestSuite(oracle, .init = init, .fini = fini);

static void expect(const char *source, const char *text, const char *expected)
{
    char out[200] = "";
    struct cm_oracle *oracle;
    struct cm_phrase_hit *hits = NULL;
    size_t count = 0, cap = 0;
    struct cm_folded turn = {0};
    const struct cm_phrase *phrase = tiny_phrase(&tiny, source);
    cr_assert_not_null(phrase);
    turn = tiny_fold(&tiny, text);
    cr_assert_eq(cm_oracle_new(phrase, &oracle), CM_OK);
    cr_assert_eq(cm_oracle_find(oracle, &turn, 5, &hits, &count, &cap), CM_OK);
    for (size_t i = 0; i < count; i++)
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%u:%u-%u", i ? " " : "", hits[i].id, hits[i].first, hits[i].end);
    cr_assert_str_eq(out, expected, "\"%s\" in \"%s\": %s, not %s", source, text, out, expected);
    free(hits);
    cm_oracle_free(oracle);
}

Test(oracle, translation_is_for_reading)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_oracle_translate(tiny_phrase(&tiny, "^ so <1-2> good? x $"), &out);
    cm_buffer_byte(&out, '\0');
#define MARK "[\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x0e]?"
#define END "(?: |(?=\\n|\\z))"
    cr_assert_str_eq(out.ptr, "\\A" MARK "(?:so)" END "(?:[^ \\n]+" END "){1,2}(?:" MARK "(?:good)" END ")?" MARK "(?:x)" END "\\z", "%s",
                     out.ptr);
    cm_buffer_free(&out);
}

Test(oracle, hits)
{
    expect("thank you", "well thank you thank you", "5:1-3 5:3-5");
    expect("a <0-3> b", "a x b a b", "5:0-5");
    expect("a b", "a. b", "");
    expect("an", "ban an and", "5:1-2");
    expect("^ a", "a a", "5:0-1");
    expect("a $", "a a", "5:1-2");
    expect("%number", "20 of 30", "5:0-1 5:2-3");
    expect("(can|not)", "can't", "5:0-1");
    expect("20", "it is 20", "5:2-3");
    expect("apolog*", "apologies", "5:0-1");
}
