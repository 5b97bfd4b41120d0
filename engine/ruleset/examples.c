/*
 * examples: the texts under `hit` and `miss`, alone or with what was said before them.
 */
#include "ruleset/fields.h"

/* More than this before an example is a conversation: score it, and look at it with show. */
#define CM_EXAMPLE_TURNS_MAX 64u

struct example_item {
    const struct cm_node *before, *text;
};

/* "customer: where is my parcel?" */
static bool read_said(struct cm_draft *draft, const struct cm_node *item, struct cm_example_turn *out)
{
    static const enum cm_speaker speakers[] = {CM_SPEAKER_AGENT, CM_SPEAKER_LEAD, CM_SPEAKER_CUSTOMER, CM_SPEAKER_BOT, CM_SPEAKER_SYSTEM};
    if (!cm_expect(draft, item, CM_NODE_SCALAR, "before", "turns such as \"customer: where is it?\""))
        return false;
    for (size_t i = 0; i < sizeof speakers / sizeof *speakers; i++) {
        struct cm_span name = cm_span_of(cm_speaker_name(speakers[i])), text = item->text;
        if (!cm_span_starts_with(text, name) || text.len <= name.len || text.ptr[name.len] != ':')
            continue;
        size_t at = name.len + 1;
        while (at < text.len && text.ptr[at] == ' ')
            at++;
        *out = (struct cm_example_turn){(uint8_t)speakers[i], cm_draft_keep(draft, (struct cm_span){text.ptr + at, text.len - at})};
        return true;
    }
    cm_draft_error(draft, "example-before", item, "write agent:, customer:, lead:, bot: or system: before what was said",
                   "this turn does not say who speaks");
    return false;
}

static void read_before(struct cm_draft *draft, const struct cm_node *list, struct cm_example *example)
{
    if (list->count > CM_EXAMPLE_TURNS_MAX) {
        cm_draft_error(draft, "example-before", list, "leave out what the cue does not need", "more than %u turns stand before an example",
                       CM_EXAMPLE_TURNS_MAX);
        return;
    }
    struct cm_example_turn *turns = cm_arena_calloc(draft->image, list->count, sizeof *turns);
    if (!turns)
        draft->status = CM_ENOMEM;
    for (const struct cm_node *item = turns ? list->child : NULL; item; item = item->next)
        example->before_count += read_said(draft, item, &turns[example->before_count]);
    example->before = turns;
}

/* The text of an item, and what stands around it; NULL: a fault, which was told. */
static const struct cm_node *read_item(struct cm_draft *draft, const char *key, const struct cm_node *item, struct cm_example *example)
{
    static const struct cm_field fields[] = {
        {"before", cm_read_list, offsetof(struct example_item, before), CM_KIND_ANY, 0, 0, 0, 0, NULL},
        {"text", cm_read_node, offsetof(struct example_item, text), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
    };
    struct example_item read = {0};
    if (item->kind != CM_NODE_MAPPING)
        return cm_expect(draft, item, CM_NODE_SCALAR, key, "texts") ? item : NULL;
    cm_read_fields(draft, item, item, fields, 2, CM_KIND_ANY, "an example", &read);
    if (read.before)
        read_before(draft, read.before, example);
    return read.text && cm_expect(draft, read.text, CM_NODE_SCALAR, "text", "a text") ? read.text : NULL;
}

void cm_draft_read_examples(struct cm_draft *draft, const struct cm_node *list, const char *key, const struct cm_example **out,
                            uint32_t *count)
{
    struct cm_example *examples = list ? cm_arena_calloc(draft->image, list->count, sizeof *examples) : NULL;
    if (list && !examples)
        draft->status = CM_ENOMEM;
    for (const struct cm_node *item = examples ? list->child : NULL; item; item = item->next) {
        struct cm_example example = {0};
        const struct cm_node *text = read_item(draft, key, item, &example);
        if (!text)
            continue;
        example.text = cm_draft_keep(draft, text->text);
        example.place = cm_node_text_place(text);
        if (text->text.len == 0)
            cm_draft_error(draft, "example-empty", text, NULL, "an example without text shows nothing");
        else
            examples[(*count)++] = example;
    }
    *out = examples;
}
