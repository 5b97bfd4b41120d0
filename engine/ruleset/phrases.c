/*
 * phrases: the lists of a pack and the bodies of its cues, parsed.
 */
#include "base/buffer.h"
#include "ruleset/depends.h"
#include "ruleset/fields.h"

/* Everything that parsing the phrases of one pack needs. */
struct phrase_work {
    struct cm_draft *draft;
    struct cm_phrase_parser parser;
};

/* ---- @names ---- */

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The next @name at or behind *at; false where there is none. */
static bool next_reference(struct cm_span text, size_t *at, struct cm_span *name)
{
    while (*at < text.len && text.ptr[*at] != '@')
        ++*at;
    if (*at == text.len)
        return false;
    size_t from = ++*at;
    while (*at < text.len && name_byte(text.ptr[*at]))
        ++*at;
    *name = (struct cm_span){text.ptr + from, *at - from};
    return true;
}

static struct cm_draft_list *find_list(const struct cm_draft *draft, struct cm_span name)
{
    size_t low = 0, high = draft->list_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cm_span_compare(draft->lists[middle].name, name);
        if (order == 0)
            return &draft->lists[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct cm_span *lists_of_pack(void *context, struct cm_span name, size_t *count)
{
    const struct cm_draft *draft = context;
    const struct cm_draft_list *list = find_list(draft, name);
    *count = list ? list->entry_count : 0;
    return list ? list->entries : NULL;
}

/*
 * Mark the lists that a text names as used. false: one of them is faulty, or may
 * stand in a file that could not be read; that was told, so the text is passed over.
 */
static bool use_lists(struct cm_draft *draft, struct cm_span text)
{
    struct cm_span name;
    bool fine = true;
    for (size_t at = 0; next_reference(text, &at, &name);) {
        struct cm_draft_list *list = find_list(draft, name);
        size_t count;
        if (list) {
            list->used = true;
            fine &= !list->faulty;
        } else if (draft->holes && !cm_lexicon_list(draft->lexicon, name, &count)) {
            fine = false;
        }
    }
    return fine;
}

/* ---- lists ---- */

static void read_entries(struct cm_draft *draft, struct cm_draft_list *list)
{
    uint32_t wanted = list->items ? list->items->count : 0;
    struct cm_span *entries = cm_draft_alloc(draft, wanted, sizeof *entries);
    for (const struct cm_node *item = entries && list->items ? list->items->child : NULL; item; item = item->next) {
        if (cm_expect(draft, item, CM_NODE_SCALAR, list->name.ptr, "phrases"))
            entries[list->entry_count++] = item->text;
        else
            list->faulty = true;
    }
    list->entries = entries;
}

static uint32_t count_references(const struct cm_draft *draft, const struct cm_draft_list *list, uint32_t *edges)
{
    uint32_t count = 0;
    struct cm_span name;
    for (uint32_t i = 0; i < list->entry_count; i++)
        for (size_t at = 0; next_reference(list->entries[i], &at, &name);) {
            const struct cm_draft_list *named = find_list(draft, name);
            if (!named)
                continue;
            if (edges)
                edges[count] = (uint32_t)(named - draft->lists);
            count++;
        }
    return count;
}

static void tell_list_cycle(void *context, const uint32_t *path, uint32_t count)
{
    struct cm_draft *draft = context;
    struct cm_buffer names = CM_BUFFER_EMPTY;
    for (uint32_t i = 0; i <= count; i++) {
        cm_buffer_text(&names, i ? " -> @" : "@");
        cm_buffer_span(&names, draft->lists[path[i % count]].name);
        draft->lists[path[i % count]].faulty = true;
    }
    cm_draft_error(draft, "list-cycle", draft->lists[path[0]].key, NULL, "lists stand for themselves in a circle: %.*s", (int)names.len,
                   names.ptr ? names.ptr : "");
    cm_buffer_free(&names);
}

/* order: every list after those that it names. */
static void order_lists(struct cm_draft *draft, uint32_t *order)
{
    uint32_t count = (uint32_t)draft->list_count, total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += count_references(draft, &draft->lists[i], NULL);
    uint32_t *first = cm_draft_alloc(draft, count + 1u, sizeof *first), *edges = cm_draft_alloc(draft, total, sizeof *edges);
    if (!first || !edges)
        return;
    for (uint32_t i = 0; i < count; i++)
        first[i + 1] = first[i] + count_references(draft, &draft->lists[i], edges + first[i]);
    struct cm_depends graph = {count, first, edges};
    if (cm_depends_order(&graph, &draft->arena, order, tell_list_cycle, draft) != CM_OK)
        draft->status = CM_ENOMEM;
}

static bool parse_one(struct phrase_work *work, const struct cm_node *node, struct cm_phrase *out)
{
    enum cm_status status = cm_phrase_parse(&work->parser, node->text, cm_node_text_place(node), out);
    if (status != CM_OK && status != CM_ERULES)
        work->draft->status = status;
    return status == CM_OK;
}

/* Every entry is a phrase of its own, so that its faults are told where it stands and not wherever it is used. */
static void check_list(struct phrase_work *work, struct cm_draft_list *list)
{
    bool faulty = list->faulty;
    for (const struct cm_node *item = list->items ? list->items->child : NULL; item; item = item->next) {
        struct cm_phrase phrase;
        if (item->kind != CM_NODE_SCALAR || cm_node_empty(item) || item->bad)
            continue;
        if (!use_lists(work->draft, item->text) || !parse_one(work, item, &phrase))
            faulty = true;
    }
    list->faulty = faulty;
}

static void check_lists(struct phrase_work *work)
{
    struct cm_draft *draft = work->draft;
    for (size_t i = 0; i < draft->list_count; i++)
        read_entries(draft, &draft->lists[i]);
    uint32_t *order = cm_draft_alloc(draft, draft->list_count, sizeof *order);
    if (order)
        order_lists(draft, order);
    if (draft->status != CM_OK)
        return;
    /* parsing a list marks what it names as used; only what phrases reach is */
    for (size_t i = 0; i < draft->list_count && draft->status == CM_OK; i++)
        check_list(work, &draft->lists[order[i]]);
    for (size_t i = 0; i < draft->list_count; i++)
        draft->lists[i].used = false;
}

/* A list that a used list names is used. */
static void spread_use(struct cm_draft *draft)
{
    bool more = true;
    for (unsigned round = 0; more && round <= CM_PHRASE_DEPTH_MAX; round++) {
        more = false;
        for (size_t i = 0; i < draft->list_count; i++) {
            struct cm_span name;
            for (uint32_t j = 0; draft->lists[i].used && j < draft->lists[i].entry_count; j++)
                for (size_t at = 0; next_reference(draft->lists[i].entries[j], &at, &name);) {
                    struct cm_draft_list *named = find_list(draft, name);
                    more |= named && !named->used;
                    if (named)
                        named->used = true;
                }
        }
    }
}

static void tell_unused_lists(struct cm_draft *draft)
{
    spread_use(draft);
    for (size_t i = 0; i < draft->list_count; i++)
        if (!draft->lists[i].used && !draft->lists[i].faulty && !draft->holes && draft->lists[i].key->layer == 0)
            cm_draft_warning(draft, "list-unused", draft->lists[i].key, "write its name with @ into a phrase, or take it out", "no phrase uses the list @%s", draft->lists[i].name.ptr);
}

static bool has_name(const struct cm_cue *cue)
{
    for (uint32_t i = 0; i < cue->phrase_count; i++)
        for (uint32_t term = 0; term < cue->phrases[i].phrase.count; term++)
            if (cue->phrases[i].phrase.terms[term].classes & CM_TOKEN_CLASS_BIT(CM_TOKEN_NAME))
                return true;
    return false;
}

/* ---- cues ---- */

static void read_phrase(struct phrase_work *work, struct cm_cue *cue, struct cm_rule_phrase *phrases, const struct cm_node *item,
                        int32_t weight)
{
    if (!cm_expect(work->draft, item, CM_NODE_SCALAR, "phrases", "texts") || !use_lists(work->draft, item->text))
        return;
    struct cm_rule_phrase *phrase = &phrases[cue->phrase_count];
    *phrase = (struct cm_rule_phrase){.weight = weight, .place = cm_node_text_place(item)};
    if (parse_one(work, item, &phrase->phrase))
        cue->phrase_count++;
}

struct weight_item {
    const struct cm_node *phrase, *cue;
    int32_t weight;
};

static void read_weight(struct phrase_work *work, struct cm_draft_cue *cue, struct cm_rule_phrase *phrases, const struct cm_node *item)
{
    static const struct cm_field fields[] = {
        {"phrase", cm_read_node, offsetof(struct weight_item, phrase), CM_KIND_ANY, 0, 0, 0, 0, NULL},
        {"cue", cm_read_node, offsetof(struct weight_item, cue), CM_KIND_ANY, 0, 0, 0, 0, NULL},
        {"weight", cm_read_i32, offsetof(struct weight_item, weight), CM_KIND_ANY, CM_KIND_ANY, -1000000, 1000000, 3, NULL},
    };
    struct weight_item read = {NULL, NULL, INT32_MIN};
    if (!cm_expect(work->draft, item, CM_NODE_MAPPING, "weights", "{phrase: \"..\", weight: 1.5}"))
        return;
    cm_read_fields(work->draft, item, item, fields, 3, CM_KIND_ANY, "a weight", &read);
    if (!read.phrase == !read.cue && !item->bad)
        cm_draft_error(work->draft, "weight-item", item, "write {phrase: \"..\", weight: 1.5} or {cue: id, weight: 1.5}",
                       "a weight is of a phrase or of a cue");
    if (read.weight == 0)
        cm_draft_error(work->draft, "weight-zero", cm_node_get(item, "weight"), NULL, "a weight of 0 counts for nothing");
    if (read.phrase)
        read_phrase(work, &cue->cue, phrases, read.phrase, read.weight);
    else if (read.cue && cm_expect(work->draft, read.cue, CM_NODE_SCALAR, "cue", "the id of a cue"))
        cue->others[cue->other_count++] = (struct cm_draft_weight){read.cue, read.weight};
}

/* What other cues add needs the judge, who knows of no count of hits and confirms names of phrases alone. */
static void check_summed(struct cm_draft *draft, struct cm_draft_cue *cue)
{
    static const char *const keys[] = {"min_count", "name"};
    if (cue->other_count == 0)
        return;
    cue->cue.kind = CM_CUE_SUMMED;
    for (size_t i = 0; i < 2; i++) {
        const struct cm_node *key = cm_node_key(cue->entry->map, keys[i]);
        if (key)
            cm_draft_error(draft, "key-kind", key, "give it to the cues that are summed up",
                           "\"%s\" means nothing for weights that name other cues", keys[i]);
    }
}

static void read_phrases(struct phrase_work *work, struct cm_draft_cue *draft_cue)
{
    const struct cm_node *list = draft_cue->weights ? draft_cue->weights : draft_cue->phrases;
    struct cm_rule_phrase *phrases = list ? cm_arena_calloc(work->draft->image, list->count, sizeof *phrases) : NULL;
    if (draft_cue->weights)
        draft_cue->others = cm_draft_alloc(work->draft, list->count, sizeof *draft_cue->others);
    if (list && (!phrases || (draft_cue->weights && !draft_cue->others)))
        work->draft->status = CM_ENOMEM;
    for (const struct cm_node *item = work->draft->status == CM_OK && phrases ? list->child : NULL; item; item = item->next) {
        if (draft_cue->weights)
            read_weight(work, draft_cue, phrases, item);
        else
            read_phrase(work, &draft_cue->cue, phrases, item, 0);
    }
    draft_cue->cue.phrases = phrases;
}

struct regex_item {
    const struct cm_node *pattern;
    bool case_sensitive;
};

static void read_regex(struct cm_draft *draft, struct cm_cue *cue, struct cm_rule_regex *regexes, const struct cm_node *item)
{
    static const struct cm_field fields[] = {
        {"pattern", cm_read_node, offsetof(struct regex_item, pattern), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
        {"case", cm_read_bool, offsetof(struct regex_item, case_sensitive), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    };
    struct regex_item read = {item, false};
    if (item->kind == CM_NODE_MAPPING) {
        read.pattern = NULL;
        cm_read_fields(draft, item, item, fields, 2, CM_KIND_ANY, "a regex", &read);
    }
    if (!read.pattern || !cm_expect(draft, read.pattern, CM_NODE_SCALAR, "regex", "a pattern"))
        return;
    if (read.pattern->text.len == 0)
        cm_draft_error(draft, "regex-empty", read.pattern, NULL, "an empty pattern matches everything");
    else
        regexes[cue->regex_count++] =
            (struct cm_rule_regex){cm_draft_keep(draft, read.pattern->text), read.case_sensitive, cm_node_text_place(read.pattern)};
}

static void read_regexes(struct cm_draft *draft, struct cm_draft_cue *draft_cue)
{
    const struct cm_node *list = draft_cue->regex;
    struct cm_rule_regex *regexes = list ? cm_arena_calloc(draft->image, list->count, sizeof *regexes) : NULL;
    if (list && !regexes)
        draft->status = CM_ENOMEM;
    for (const struct cm_node *item = regexes ? list->child : NULL; item; item = item->next)
        read_regex(draft, &draft_cue->cue, regexes, item);
    draft_cue->cue.regexes = regexes;
}

static bool all_parsed(const struct cm_draft_cue *cue)
{
    const struct cm_node *list = cue->weights ? cue->weights : cue->phrases;
    return (list ? list->count : 0) == cue->cue.phrase_count + cue->other_count && !cue->entry->map->bad;
}

static void check_threshold(struct cm_draft *draft, const struct cm_draft_cue *draft_cue)
{
    const struct cm_cue *cue = &draft_cue->cue;
    int64_t most = 0;
    for (uint32_t i = 0; i < cue->phrase_count; i++)
        if (cue->phrases[i].weight > 0)
            most += cue->phrases[i].weight < cue->cap ? cue->phrases[i].weight : cue->cap;
    for (uint32_t i = 0; i < draft_cue->other_count; i++)
        if (draft_cue->others[i].weight > 0)
            most += draft_cue->others[i].weight < cue->cap ? draft_cue->others[i].weight : cue->cap;
    const struct cm_node *threshold = cm_node_get(draft_cue->entry->map, "threshold");
    if (threshold && all_parsed(draft_cue) && most < cue->threshold)
        cm_draft_error(draft, "threshold-unreachable", threshold, NULL,
                       "the weights together do not reach the threshold: this cue can never fire");
}

static void check_attributes(struct cm_draft *draft, const struct cm_draft_cue *cue)
{
    static const char *const keys[] = {"negated", "hypothetical"};
    for (size_t i = 0; i < 2; i++) {
        const struct cm_node *key = cm_node_key(cue->entry->map, keys[i]);
        if (key && cue->regex && !cue->phrases)
            cm_draft_warning(draft, "attribute-regex", key, "say in the expression itself what it must not match, or use phrases", "\"%s\" looks at phrases; this cue has only regexes", keys[i]);
    }
    if (cue->cue.name_customer && all_parsed(cue) && !has_name(&cue->cue))
        cm_draft_error(draft, "name-without-class", cm_node_key(cue->entry->map, "name"), NULL,
                       "no phrase of this cue has %%name, so there is no name to confirm");
}

static void read_cue_bodies(struct phrase_work *work, struct cm_draft_cue *cue)
{
    struct cm_draft *draft = work->draft;
    read_phrases(work, cue);
    read_regexes(draft, cue);
    if (cue->cue.kind == CM_CUE_WEIGHTED)
        check_threshold(draft, cue);
    check_summed(draft, cue);
    check_attributes(draft, cue);
    cm_draft_compare_phrases(draft, &cue->cue);
}

enum cm_status cm_draft_parse_phrases(struct cm_draft *draft)
{
    struct cm_folder *folder = NULL;
    enum cm_status status = cm_folder_new(draft->lexicon, &folder);
    if (status != CM_OK)
        return status;
    struct phrase_work work = {draft,
                               {.lexicon = draft->lexicon,
                                .folder = folder,
                                .lists = {lists_of_pack, draft},
                                .arena = &draft->arena,
                                .diagnostics = draft->diagnostics}};
    check_lists(&work);
    work.parser.arena = draft->image;
    for (size_t i = 0; i < draft->cue_count && draft->status == CM_OK; i++)
        read_cue_bodies(&work, &draft->cues[i]);
    tell_unused_lists(draft);
    cm_folder_free(folder);
    return draft->status;
}
