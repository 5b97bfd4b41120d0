/* Text to nodes: places, kinds, and what is refused. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "ruleset/yaml.h"

struct parsed {
    struct cm_arena arena;
    struct cm_diagnostics diagnostics;
    struct cm_node *root;
    enum cm_status status;
};

static struct parsed parse(const char *text)
{
    struct parsed parsed = {0};
    parsed.status = cm_yaml_parse(&parsed.arena, &parsed.diagnostics, "a.yaml", 3, cm_span_of(text), &parsed.root);
    return parsed;
}

static void release(struct parsed *parsed)
{
    cm_arena_free(&parsed->arena);
    cm_diagnostics_free(&parsed->diagnostics);
}

static void assert_text(const struct cm_node *node, const char *text)
{
    cr_assert_not_null(node);
    cr_assert_eq(node->kind, CM_NODE_SCALAR);
    cr_assert(cm_span_equal(node->text, cm_span_of(text)), "%s is not %s", node->text.ptr, text);
}

static void assert_says(const struct parsed *parsed, size_t index, const char *id, uint32_t line, uint32_t column)
{
    cr_assert_gt(parsed->diagnostics.count, index);
    const struct cm_diagnostic *item = &parsed->diagnostics.items[index];
    cr_assert_str_eq(item->id, id);
    cr_assert_eq(item->place.line, line, "%s: line %u", id, item->place.line);
    cr_assert_eq(item->place.column, column, "%s: column %u", id, item->place.column);
}

Test(yaml, words_that_other_readers_take_for_types_stay_text)
{
    struct parsed p = parse("[no, yes, on, off, null, ~, 1:30, 0x1F, 1_000, 2024-01-01, .5, true]");
    static const char *const words[] = {"no", "yes", "on", "off", "null", "~", "1:30", "0x1F", "1_000", "2024-01-01", ".5", "true"};
    size_t i = 0;
    cr_assert_eq(p.status, CM_OK);
    cr_assert_eq(p.root->count, sizeof words / sizeof *words);
    for (const struct cm_node *item = p.root->child; item; item = item->next)
        assert_text(item, words[i++]);
    release(&p);
}

Test(yaml, places_count_characters_and_quotes_lead)
{
    struct parsed p = parse("a: \"\xC3\xA9t\xC3\xA9\"\n\xC3\xBC: 'b'\nc:\n  - d\n");
    const struct cm_node *a = cm_node_get(p.root, "a"), *u = cm_node_get(p.root, "\xC3\xBC");
    cr_assert_eq(a->line, 1);
    cr_assert_eq(a->column, 4);
    cr_assert_eq(a->width, 5);
    cr_assert_eq(a->lead, 1);
    cr_assert_not(a->plain);
    cr_assert_eq(cm_node_text_place(a).column, 5);
    cr_assert_eq(cm_node_text_place(a).width, 3);
    cr_assert_eq(u->line, 2);
    cr_assert_eq(u->column, 4);
    const struct cm_node *d = cm_node_get(p.root, "c")->child;
    cr_assert_eq(d->line, 4);
    cr_assert_eq(d->column, 5);
    cr_assert_eq(cm_node_text_place(d).column, 5);
    cr_assert_eq(d->layer, 3);
    cr_assert_str_eq(cm_node_place(d).file, "a.yaml");
    release(&p);
}

Test(yaml, documents_are_chained_and_empty_ones_left_out)
{
    struct parsed p = parse("a: 1\n---\n# nothing\n---\nb: 2\n---\n");
    cr_assert_eq(p.status, CM_OK);
    assert_text(cm_node_get(p.root, "a"), "1");
    assert_text(cm_node_get(p.root->next, "b"), "2");
    cr_assert_null(p.root->next->next);
    release(&p);
}

Test(yaml, a_byte_order_mark_is_no_text)
{
    struct parsed p = parse("\xEF\xBB\xBF"
                            "a: 1\n");
    cr_assert_eq(p.status, CM_OK);
    assert_text(cm_node_get(p.root, "a"), "1");
    release(&p);
}

Test(yaml, nothing_at_all)
{
    struct parsed p = parse("");
    cr_assert_eq(p.status, CM_OK);
    cr_assert_null(p.root);
    release(&p);
}

Test(yaml, a_key_twice_is_told_at_the_second_and_the_first_stays)
{
    struct parsed p = parse("a: 1\nb: 2\na: 3\na: 4\n");
    cr_assert_eq(p.status, CM_OK);
    cr_assert_eq(p.diagnostics.errors, 2);
    assert_says(&p, 0, "yaml-duplicate-key", 3, 1);
    assert_says(&p, 1, "yaml-duplicate-key", 4, 1);
    assert_text(cm_node_get(p.root, "a"), "1");
    cr_assert_eq(p.root->count, 2);
    release(&p);
}

Test(yaml, anchors_aliases_and_tags_are_refused_once_each)
{
    struct parsed p = parse("a: &x [1]\nb: *x\nc: !!int 3\nd: *nobody\n");
    cr_assert_eq(p.diagnostics.errors, 4);
    assert_says(&p, 0, "yaml-anchor", 1, 4);
    assert_says(&p, 1, "yaml-anchor", 2, 4);
    assert_says(&p, 2, "yaml-tag", 3, 4);
    assert_says(&p, 3, "yaml-anchor", 4, 4);
    cr_assert(cm_node_get(p.root, "b")->bad);
    release(&p);
}

Test(yaml, keys_that_are_no_words)
{
    struct parsed p = parse("? [a, {b: c}]\n: d\n? {e: f}\n: g\nh: i\n");
    cr_assert_eq(p.diagnostics.errors, 2);
    assert_says(&p, 0, "yaml-key", 1, 3);
    assert_says(&p, 1, "yaml-key", 3, 3);
    assert_text(cm_node_get(p.root, "h"), "i");
    cr_assert_eq(p.root->count, 1);
    release(&p);
}

Test(yaml, depth_has_a_limit_and_what_follows_is_read)
{
    char text[400];
    size_t used = (size_t)snprintf(text, sizeof text, "a: ");
    for (int i = 0; i < 100; i++)
        text[used++] = '[';
    for (int i = 0; i < 100; i++)
        text[used++] = ']';
    snprintf(text + used, sizeof text - used, "\nb: 1\n");
    struct parsed p = parse(text);
    cr_assert_eq(p.status, CM_OK);
    cr_assert_eq(p.diagnostics.errors, 1);
    assert_says(&p, 0, "yaml-depth", 1, 4 + CM_YAML_DEPTH_MAX - 1);
    assert_text(cm_node_get(p.root, "b"), "1");
    release(&p);
}

Test(yaml, what_stands_before_a_syntax_error_is_kept_and_marked)
{
    struct parsed p = parse("a: [1, 2]\nb:\n  - c: 3\n    d: [4, \"5\"\ne: 6\n");
    cr_assert_eq(p.status, CM_ERULES);
    assert_says(&p, 0, "yaml-syntax", 5, 1);
    cr_assert(p.root->bad);
    cr_assert_eq(cm_node_get(p.root, "a")->count, 2);
    cr_assert_not(cm_node_get(p.root, "a")->bad);
    const struct cm_node *item = cm_node_get(p.root, "b")->child;
    cr_assert(item->bad);
    assert_text(cm_node_get(item, "c"), "3");
    release(&p);
}

Test(yaml, syntax_errors_say_where_and_what)
{
    static const struct {
        const char *text, *id;
        uint32_t line, column;
    } cases[] = {
        {"a: @b\n", "yaml-syntax", 1, 4},      {"a: b: c\n", "yaml-syntax", 1, 5},      {"a: \"b\n", "yaml-syntax", 2, 1},
        {"a: {b: c\n", "yaml-syntax", 2, 1},   {"a: b\n\tc: d\n", "yaml-syntax", 2, 1}, {"a: b\nc\n", "yaml-syntax", 3, 1},
        {"a: \"\\q\"\n", "yaml-syntax", 1, 5}, {"a: \xFF\n", "yaml-encoding", 1, 4},    {"a: b\n\xC3\xA9: \x01\n", "yaml-encoding", 2, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p = parse(cases[i].text);
        cr_assert_eq(p.status, CM_ERULES, "%s", cases[i].text);
        assert_says(&p, 0, cases[i].id, cases[i].line, cases[i].column);
        cr_assert_eq(p.diagnostics.count, 1);
        release(&p);
    }
}

Test(yaml, bytes_of_any_value)
{
    unsigned state = 1;
    for (int round = 0; round < 3000; round++) {
        static const char alphabet[] = "ab: -[]{},\"'\n\t#&*!|>?%@`~\\\xC3\xA9\0<=.1";
        char text[48];
        size_t len = 0;
        for (; len < sizeof text; len++) {
            state = state * 1103515245u + 12345u;
            text[len] = alphabet[(state >> 16) % (sizeof alphabet - 1)];
        }
        struct parsed p = {0};
        p.status = cm_yaml_parse(&p.arena, &p.diagnostics, "a.yaml", 0, (struct cm_span){text, len}, &p.root);
        cr_assert(p.status == CM_OK || (p.status == CM_ERULES && p.diagnostics.errors > 0));
        release(&p);
    }
}
