#include <criterion/criterion.h>

#include "match/graph.h"
#include "tiny.h"

static struct tiny tiny;
static struct cm_symbols symbols;
static struct cm_graph graph;

static void init(void)
{
    cr_assert(tiny_open(&tiny, NULL));
    cm_symbols_init(&symbols);
}

static void fini(void)
{
    cm_graph_free(&graph);
    cm_symbols_free(&symbols);
    tiny_close(&tiny);
}

TestSuite(graph, .init = init, .fini = fini);

static void build(const char *text)
{
    const struct cm_phrase *phrase = tiny_phrase(&tiny, text);
    cr_assert_not_null(phrase, "%s", text);
    cm_symbols_free(&symbols);
    for (uint32_t i = 0; i < phrase->count; i++)
        if (phrase->terms[i].kind <= CM_TERM_PREFIX)
            cr_assert_eq(cm_symbols_add(&symbols, phrase->terms[i].text, phrase->terms[i].kind == CM_TERM_PREFIX), CM_OK);
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    cr_assert_eq(cm_graph_build(&graph, &symbols, phrase), CM_OK);
}

static size_t edges(uint32_t node)
{
    return graph.nodes[node].out_count;
}

Test(graph, a_run_of_words_is_a_chain)
{
    build("a b c");
    cr_assert_eq(graph.count, 3);
    cr_assert(graph.nodes[0].first && !graph.nodes[1].first);
    cr_assert(graph.nodes[2].last && !graph.nodes[1].last);
    cr_assert_eq(graph.edges[graph.nodes[0].out], 1);
    cr_assert_eq(graph.nodes[2].least_before, 2);
    cr_assert_eq(graph.nodes[0].most_after, 2);
}

Test(graph, alternatives_of_single_words_are_one_position)
{
    build("(a|b|(c|d)) %number");
    cr_assert_eq(graph.count, 2);
    cr_assert_eq(graph.nodes[0].set_count, 4);
    cr_assert_eq(graph.nodes[1].classes, CM_TOKEN_CLASS_BIT(CM_TOKEN_NUMBER));
    build("(a|b c|a|d*)");
    cr_assert_eq(graph.count, 3, "one for the single words, two for the others");
    cr_assert_eq(graph.nodes[0].set_count, 2, "each symbol once");
}

Test(graph, optional_words_and_gaps)
{
    build("a b? <1-3> c");
    cr_assert_eq(graph.count, 6);
    cr_assert_eq(edges(0), 2); /* b, the gap's first */
    cr_assert_eq(graph.nodes[5].least_before, 2);
    cr_assert_eq(graph.nodes[5].most_before, 5);
    cr_assert(graph.nodes[2].any && !graph.nodes[2].last);
}

Test(graph, mandatory_positions)
{
    uint8_t mandatory[16];
    int32_t cover[64];
    build("a b? (c|d e) f <0-2> g");
    cm_graph_mandatory(&graph, mandatory, cover);
    for (uint32_t i = 0; i < graph.count; i++) {
        uint32_t only = cm_graph_only_symbol(&graph, i);
        bool must = only != CM_SYMBOL_OTHER && strchr("afg", symbols.pool[symbols.items[only].at]) != NULL;
        cr_assert_eq(mandatory[i], must, "position %u", i);
    }
}

Test(graph, many_by_many_meet_in_a_junction)
{
    static char text[4000] = "(";
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < 10; i++)
            snprintf(text + strlen(text), 32, "%sw%d x", i ? "|" : "", i);
        snprintf(text + strlen(text), 8, side ? ")" : ") (");
    }
    build(text);
    size_t all = 0, junctions = 0;
    for (uint32_t i = 0; i < graph.count; i++) {
        all += edges(i);
        junctions += graph.nodes[i].junction;
    }
    cr_assert_eq(junctions, 1);
    cr_assert_eq(all, 10 + 10 + 10 + 10);
}
