#include <criterion/criterion.h>

#include "match/anchors.h"
#include "tiny.h"

static struct tiny tiny;
static struct cm_symbols symbols;
static struct cm_graph graph;
static struct cm_frequency frequency;
static struct cm_anchors anchors;

static void init(void)
{
    cr_assert(tiny_open(&tiny, NULL));
}

static void fini(void)
{
    cm_anchors_free(&anchors);
    cm_frequency_free(&frequency);
    cm_graph_free(&graph);
    cm_symbols_free(&symbols);
    tiny_close(&tiny);
}

TestSuite(anchors, .init = init, .fini = fini);

/* The anchors of a phrase as "left+right left ...", in the order in which they are found; a class is a number. */
static void expect(const char *text, const char *expected)
{
    const struct cm_phrase *phrase = tiny_phrase(&tiny, text);
    char out[400] = "";
    cr_assert_not_null(phrase, "%s", text);
    cm_symbols_free(&symbols);
    cm_frequency_free(&frequency);
    anchors.count = 0;
    for (uint32_t i = 0; i < phrase->count; i++)
        if (phrase->terms[i].kind <= CM_TERM_PREFIX)
            cr_assert_eq(cm_symbols_add(&symbols, phrase->terms[i].text, phrase->terms[i].kind == CM_TERM_PREFIX), CM_OK);
    cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
    cr_assert_eq(cm_frequency_init(&frequency, &symbols), CM_OK);
    cr_assert_eq(cm_graph_build(&graph, &symbols, phrase), CM_OK);
    cr_assert_eq(cm_anchors_add(&anchors, &graph, &frequency, 0), CM_OK);
    for (size_t i = 0; i < anchors.count; i++) {
        const struct cm_anchor *anchor = &anchors.items[i];
        const struct cm_symbol *left = &symbols.items[anchor->left], *right = &symbols.items[anchor->right];
        char *end = out + strlen(out);
        size_t room = sizeof(out) - strlen(out);
        if (anchor->kind == CM_ANCHOR_CLASS)
            snprintf(end, room, "%s%u", i ? " " : "", anchor->left);
        else
            snprintf(end, room, "%s%.*s%s%.*s", i ? " " : "", (int)left->len, symbols.pool + left->at,
                     anchor->kind == CM_ANCHOR_PAIR ? "+" : "", anchor->kind == CM_ANCHOR_PAIR ? (int)right->len : 0,
                     symbols.pool + right->at);
    }
    cr_assert_str_eq(out, expected, "\"%s\": %s, not %s", text, out, expected);
}

Test(anchors, the_rarest_pair_of_a_run)
{
    expect("thank you so much for your incredible patience", "incredible+patience");
    expect("i am to the zebra", "the+zebra");
}

Test(anchors, single_words)
{
    expect("zebra", "zebra");
    expect("(zebra|quagga|okapi)", "zebra quagga okapi");
}

Test(anchors, what_may_be_missing_is_no_anchor)
{
    expect("the zebra? to", "the+zebra the+to");
    expect("you zebra? <0-3> okapi", "okapi");
}

Test(anchors, every_alternative_has_one)
{
    expect("(thank you|zebra okapi)", "thank+you zebra+okapi");
}

Test(anchors, classes)
{
    expect("%url", "2");
    expect("to %number zebra", "zebra");
    expect("%name <0-3> the", "the");
}

Test(anchors, distances_hold_what_may_stand_before)
{
    expect("a b? <0-3> zebra okapi c", "zebra+okapi");
    cr_assert_eq(anchors.items[0].least_before, 1);
    cr_assert_eq(anchors.items[0].most_before, 5);
    cr_assert_eq(anchors.items[0].most_after, 2);
    cr_assert_eq(anchors.items[0].neighbour_at, 2);
}

/* Of every path through the graph, at least one node or edge is an anchor: the cut is one. */
Test(anchors, no_path_goes_around)
{
    static const char *const texts[] = {"a (b c?|d) e?",   "(a b|c) (d|e f)", "a? b? c",
                                        "a <0-2> (b|c d)", "(a|b) c? (d|e)",  "(i|you) (the|to)"};
    for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
        bool reached[64] = {0};
        const struct cm_phrase *phrase = tiny_phrase(&tiny, texts[t]);
        cm_symbols_free(&symbols);
        cm_frequency_free(&frequency);
        anchors.count = 0;
        for (uint32_t i = 0; i < phrase->count; i++)
            if (phrase->terms[i].kind == CM_TERM_WORD)
                cr_assert_eq(cm_symbols_add(&symbols, phrase->terms[i].text, false), CM_OK);
        cr_assert_eq(cm_symbols_finish(&symbols), CM_OK);
        cr_assert_eq(cm_frequency_init(&frequency, &symbols), CM_OK);
        cr_assert_eq(cm_graph_build(&graph, &symbols, phrase), CM_OK);
        cr_assert_eq(cm_anchors_add(&anchors, &graph, &frequency, 0), CM_OK);
        for (uint32_t o = 0; o < graph.count; o++) {
            uint32_t n = graph.order[o];
            const struct cm_graph_node *node = &graph.nodes[n];
            bool cut = false;
            for (size_t i = 0; i < anchors.count; i++)
                for (uint32_t j = 0; j < node->set_count; j++)
                    cut |= anchors.items[i].kind == CM_ANCHOR_SYMBOL && anchors.items[i].left == graph.sets[node->set + j];
            reached[n] = (reached[n] || node->first) && !cut;
            cr_assert(!(reached[n] && node->last), "\"%s\" can be matched around its anchors", texts[t]);
            for (uint32_t e = node->out; e < node->out + node->out_count; e++) {
                const struct cm_graph_node *next = &graph.nodes[graph.edges[e]];
                bool pair = false;
                for (size_t i = 0; i < anchors.count && node->set_count && next->set_count; i++)
                    pair |= anchors.items[i].kind == CM_ANCHOR_PAIR && anchors.items[i].left == graph.sets[node->set] &&
                            anchors.items[i].right == graph.sets[next->set];
                reached[graph.edges[e]] |= reached[n] && !pair;
            }
        }
    }
}
