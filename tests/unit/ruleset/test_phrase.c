#include <criterion/criterion.h>

#include "base/buffer.h"
#include "tiny.h"

static struct tiny tiny;

static void open_tiny(void)
{
    cr_assert(tiny_open(&tiny, NULL));
}

static void close_tiny(void)
{
    tiny_close(&tiny);
}

TestSuite(phrase, .init = open_tiny, .fini = close_tiny);

/* The tree in one line: words as they are, pre*[reached by the lexicon], {classes}, <m-n>, (a b) sequence, [a|b] choice, x? optional. */
static void print_term(struct cm_buffer *out, const struct cm_term *terms, uint32_t index)
{
    const struct cm_term *term = &terms[index];
    bool list = term->kind == CM_TERM_SEQUENCE || term->kind == CM_TERM_CHOICE;
    if (term->kind == CM_TERM_WORD || term->kind == CM_TERM_PREFIX)
        cm_buffer_span(out, term->text);
    if (term->kind == CM_TERM_PREFIX)
        cm_buffer_text(out, term->child ? "*/" : "*");
    if (term->kind == CM_TERM_CLASS)
        cm_buffer_printf(out, "{%x}", term->classes);
    if (term->kind == CM_TERM_GAP)
        cm_buffer_printf(out, "<%u-%u>", term->min, term->max);
    cm_buffer_text(out, term->kind == CM_TERM_SEQUENCE ? "(" : term->kind == CM_TERM_CHOICE ? "[" : "");
    for (uint32_t i = term->child; i != 0; i = terms[i].next) {
        print_term(out, terms, i);
        if (terms[i].next != 0)
            cm_buffer_text(out, term->kind == CM_TERM_CHOICE ? "|" : " ");
    }
    cm_buffer_text(out, term->kind == CM_TERM_SEQUENCE ? ")" : list ? "]" : term->kind == CM_TERM_OPTIONAL ? "?" : "");
}

static void expect_tree(const char *text, const char *tree)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    struct cm_phrase *phrase = tiny_phrase(&tiny, text);
    cr_assert_not_null(phrase, "\"%s\" was refused", text);
    print_term(&out, phrase->terms, 0);
    cm_buffer_byte(&out, '\0');
    cr_assert_str_eq(out.ptr, tree, "\"%s\" is %s, not %s", text, out.ptr, tree);
    cm_buffer_free(&out);
}

static void expect_fault(const char *text, const char *id, uint32_t column, uint32_t width)
{
    cm_diagnostics_free(&tiny.diagnostics);
    tiny.diagnostics = CM_DIAGNOSTICS_EMPTY;
    cr_assert_null(tiny_phrase(&tiny, text), "\"%s\" was accepted", text);
    const struct cm_diagnostic *fault = cm_diagnostics_find(&tiny.diagnostics, id);
    cr_assert_not_null(fault, "\"%s\": no %s, but %s", text, id, tiny.diagnostics.count ? tiny.diagnostics.items[0].id : "nothing");
    cr_assert_eq(fault->place.column, column, "\"%s\": column %u, not %u", text, fault->place.column, column);
    cr_assert_eq(fault->place.width, width, "\"%s\": width %u, not %u", text, fault->place.width, width);
}

Test(phrase, words_become_a_sequence)
{
    expect_tree("thank you", "(thank you)");
    expect_tree("  thank\t you ", "(thank you)");
}

Test(phrase, words_are_folded_like_text)
{
    expect_tree("Thank YOU", "(thank you)");
    expect_tree("apologise", "(apologize)");
    expect_tree("i'm sorry", "((i am) sorry)");
    expect_tree("I\xE2\x80\x99m sorry", "((i am) sorry)");
    expect_tree("cant? wait", "(cant? wait)");
    expect_tree("can't? wait", "((can not)? wait)");
    expect_tree("sooo good", "(so good)");
}

Test(phrase, alternatives_and_optional_terms)
{
    expect_tree("(a|b c|d)", "([(a)|(b c)|(d)])");
    expect_tree("a (b|c)? d?? e", "(a [(b)|(c)]? d? e)");
    expect_tree("(a)", "((a))");
    expect_tree("((a|b) c|d)", "([([(a)|(b)] c)|(d)])");
    expect_tree("a(b)c", "(a (b) c)");
}

Test(phrase, gaps)
{
    expect_tree("a <0-3> b", "(a <0-3> b)");
    expect_tree("a <2> b <1-10> c", "(a <2-2> b <1-10> c)");
    expect_tree("a (b|<1-2>) c", "(a [(b)|(<1-2>)] c)");
    expect_tree("(a <0-1> b)? c", "((a <0-1> b)? c)");
    expect_tree("a <1-2>? b", "(a <1-2>? b)");
}

Test(phrase, prefixes_reach_what_the_lexicon_folds)
{
    expect_tree("apolog*", "(apolog*)");
    expect_tree("apologis*", "(apologis*/apologize apologizing)");
    expect_tree("APOLOGIS*? x", "(apologis*/apologize apologizing? x)");
    expect_tree("u*", "(u*)"); /* not you*, and keys below four letters do not count */
}

Test(phrase, classes_and_macros)
{
    expect_tree("%number", "({2})");
    expect_tree("hi %name", "(hi {4100})"); /* a name and a name's mask */
    expect_tree("for %money?", "(for ({2} [(dollars)|(pounds)])?)");
}

Test(phrase, lists_of_the_lexicon)
{
    expect_tree("@very good", "([(so)|(very)|(really)|(so very)] good)");
    expect_tree("@very? good", "([(so)|(very)|(really)|(so very)]? good)");
}

static const struct cm_span *find_pack_list(void *context, struct cm_span name, size_t *count)
{
    static const struct cm_span own[] = {{"truly", 5}}, nested[] = {{"@very much", 10}, {"a|b", 3}}, none[1], bad[] = {{"a)", 2}};
    (void)context;
    *count = 1;
    if (cm_span_equal(name, CM_SPAN("very")))
        return own;
    if (cm_span_equal(name, CM_SPAN("bad")))
        return bad;
    *count = cm_span_equal(name, CM_SPAN("nested")) ? 2 : 0;
    return *count ? nested : cm_span_equal(name, CM_SPAN("none")) ? none : NULL;
}

Test(phrase, lists_of_the_pack_come_before_those_of_the_lexicon)
{
    tiny.parser.lists.find = find_pack_list;
    expect_tree("@very good", "((truly) good)");
    expect_tree("@nested x", "([((truly) much)|[(a)|(b)]] x)");
    expect_fault("x @none", "phrase-list-empty", 3, 5);
    expect_fault("x @bad y", "phrase-bracket", 3, 4);
}

Test(phrase, start_and_end_of_the_turn)
{
    struct cm_phrase *phrase = tiny_phrase(&tiny, "^ ok $");
    cr_assert_not_null(phrase);
    cr_assert(phrase->at_start && phrase->at_end);
    expect_tree("^ok$", "(ok)");
    phrase = tiny_phrase(&tiny, "ok");
    cr_assert(!phrase->at_start && !phrase->at_end);
    cr_assert(cm_span_equal(phrase->source, CM_SPAN("ok")));
}

Test(phrase, length)
{
    uint32_t least, most;
    cm_phrase_length(tiny_phrase(&tiny, "a b? (c|d e <1-3> f) <0-2> g"), &least, &most);
    cr_assert_eq(least, 3);
    cr_assert_eq(most, 11);
}

Test(phrase, faults_have_their_place)
{
    expect_fault("", "phrase-empty", 1, 1);
    expect_fault("   ", "phrase-empty", 1, 3);
    expect_fault("^ $", "phrase-empty", 1, 3);
    expect_fault("a? b?", "phrase-matches-nothing", 1, 5);
    expect_fault("(a|b?) c?", "phrase-matches-nothing", 1, 9);
    expect_fault("<0-3> a", "phrase-gap-edge", 1, 5);
    expect_fault("a b <1-3>", "phrase-gap-edge", 5, 5);
    expect_fault("a? <0-3> b", "phrase-gap-edge", 4, 5);
    expect_fault("a (b|c <1-2>) d?", "phrase-gap-edge", 8, 5);
    expect_fault("a <0-11> b", "phrase-gap-wide", 3, 6);
    expect_fault("a <3-1> b", "phrase-gap", 3, 5);
    expect_fault("a <0-0> b", "phrase-gap", 3, 5);
    expect_fault("a <x> b", "phrase-gap", 3, 3);
    expect_fault("a <2 b", "phrase-gap", 3, 2);
    expect_fault("a (b c", "phrase-bracket", 3, 1);
    expect_fault("a b) c", "phrase-bracket", 4, 1);
    expect_fault("a | b", "phrase-bracket", 3, 1);
    expect_fault("a (b|) c", "phrase-alternative-empty", 6, 1);
    expect_fault("a () c", "phrase-alternative-empty", 4, 1);
    expect_fault("a @nolist b", "phrase-list-unknown", 3, 7);
    expect_fault("a %noclass b", "phrase-class-unknown", 3, 8);
    expect_fault("a @loop_a b", "phrase-list-cycle", 3, 7);
    expect_fault("a %again b", "phrase-list-cycle", 3, 6);
    expect_fault("a %bad b", "phrase-bracket", 3, 4);
    expect_fault("a ^ b", "phrase-edge", 3, 1);
    expect_fault("a $ b", "phrase-edge", 3, 1);
    expect_fault("(a $)", "phrase-edge", 4, 1);
    expect_fault("$5 off", "phrase-edge", 1, 1);
    expect_fault("? a", "phrase-optional", 1, 1);
    expect_fault("a ? b", "phrase-optional", 3, 1);
    expect_fault("a - b", "phrase-word-empty", 3, 1);
    expect_fault("a *", "phrase-prefix", 3, 1);
    expect_fault("a b*c", "phrase-star", 4, 1);
}

/* A full stop between two words could never be matched: the text has a sentence end there. */
Test(phrase, no_phrase_goes_on_behind_a_sentence_end)
{
    expect_fault("good. bad", "phrase-sentence-end", 1, 5);
    expect_fault("so good! (bad|worse)", "phrase-sentence-end", 4, 5);
}

Test(phrase, columns_count_characters)
{
    expect_fault("caf\xC3\xA9 @nolist", "phrase-list-unknown", 6, 7);
}

Test(phrase, the_place_of_the_phrase_is_added)
{
    struct cm_phrase phrase;
    struct cm_place place = {"file.yaml", 7, 20, 1};
    cr_assert_eq(cm_phrase_parse(&tiny.parser, CM_SPAN("a @no"), place, &phrase), CM_ERULES);
    cr_assert_eq(tiny.diagnostics.items[0].place.line, 7);
    cr_assert_eq(tiny.diagnostics.items[0].place.column, 22);
    cr_assert_str_eq(tiny.diagnostics.items[0].place.file, "file.yaml");
}

Test(phrase, all_faults_are_told)
{
    cr_assert_null(tiny_phrase(&tiny, "@no1 (a|) %no2 b*b"));
    cr_assert_eq(tiny.diagnostics.errors, 4);
}

static struct cm_buffer many(const char *what, unsigned count)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < count; i++)
        cm_buffer_text(&out, what);
    cm_buffer_byte(&out, '\0');
    return out;
}

Test(phrase, terms_are_limited)
{
    struct cm_buffer text = many("a ", CM_PHRASE_TERMS_MAX);
    cr_assert_not_null(tiny_phrase(&tiny, text.ptr));
    cm_buffer_free(&text);
    text = many("a ", 200);
    expect_fault(text.ptr, "phrase-terms", 2 * CM_PHRASE_TERMS_MAX + 1, 1);
    cr_assert_eq(tiny.diagnostics.count, 1, "one fault, not one a word");
    cm_buffer_free(&text);
}

Test(phrase, depth_is_limited)
{
    expect_tree("((((a))))", "(((((a)))))");
    expect_fault("(((((a)))))", "phrase-depth", 5, 1);
    expect_fault("((((@very))))", "phrase-depth", 5, 5);
    struct cm_buffer text = many("(", 100000);
    expect_fault(text.ptr, "phrase-depth", 5, 1);
    cm_buffer_free(&text);
}

static const struct cm_span *find_explosive(void *context, struct cm_span name, size_t *count)
{
    static struct cm_span entries[2][200];
    size_t big = cm_span_equal(name, CM_SPAN("big"));
    (void)context;
    for (size_t i = 0; i < 200; i++)
        entries[big][i] = big ? CM_SPAN("@words @words") : CM_SPAN("a b");
    *count = 200;
    return entries[big];
}

Test(phrase, expansion_is_limited)
{
    tiny.parser.lists.find = find_explosive;
    expect_fault("x @big", "phrase-too-large", 3, 4);
}

/* Whatever is written, the parser says yes or no in bounded time; sanitizers watch. */
Test(phrase, random_bytes)
{
    static const char alphabet[] = "ab '(|)?*<>0-39@%^$very\xC3\xA9 money\x01";
    uint64_t state = 42;
    for (unsigned round = 0; round < 20000; round++) {
        char text[40];
        unsigned len = tiny_below(&state, sizeof(text) - 1);
        for (unsigned i = 0; i < len; i++)
            text[i] = alphabet[tiny_below(&state, sizeof(alphabet) - 1)];
        text[len] = '\0';
        bool good = tiny_phrase(&tiny, text) != NULL;
        cr_assert_eq(good, tiny.diagnostics.errors == 0, "\"%s\"", text);
        cm_diagnostics_free(&tiny.diagnostics);
        tiny.diagnostics = CM_DIAGNOSTICS_EMPTY;
        cm_arena_reset(&tiny.arena);
    }
}
