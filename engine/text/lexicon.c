#include "text/lexicon.h"

#include <stdlib.h>

#include "text/lexicon_image.h"

void cm_lexicon_free(struct cm_lexicon *lexicon)
{
    if (!lexicon)
        return;
    free(lexicon->slots);
    cm_arena_free(&lexicon->arena);
    free(lexicon);
}

const struct cm_lexicon_table *cm_lexicon_table(const struct cm_lexicon *lexicon)
{
    return &lexicon->table;
}

const struct cm_lexicon_slot *cm_lexicon_slot_of(const struct cm_lexicon_table *table, struct cm_span word, uint64_t hash)
{
    uint64_t low = cm_lexicon_slot_low(word, hash), at = hash & table->mask;
    uint32_t high = cm_lexicon_slot_high(word);
    const struct cm_lexicon_slot *slot = &table->slots[at];
    if (!cm_lexicon_slot_holds(slot, low, high)) {
        if (!(slot->meta & CM_SLOT_DISPLACED))
            return NULL;
        do {
            at = (at + 1) & table->mask;
            slot = &table->slots[at];
            if (slot->low == 0)
                return NULL;
        } while (!cm_lexicon_slot_holds(slot, low, high));
    }
    /* the loader refuses two long keys of one hash */
    return word.len <= CM_SLOT_KEY_BYTES || cm_span_equal(table->keys[slot->meta >> CM_SLOT_ENTRY_SHIFT], word) ? slot : NULL;
}

const struct cm_lexicon_entry *cm_lexicon_find(const struct cm_lexicon *lexicon, struct cm_span word, uint64_t hash)
{
    const struct cm_lexicon_slot *slot = word.len > 0 ? cm_lexicon_slot_of(&lexicon->table, word, hash) : NULL;
    return slot ? cm_lexicon_slot_entry(&lexicon->table, slot) : NULL;
}

uint16_t cm_lexicon_lists(const struct cm_lexicon *lexicon, struct cm_span word)
{
    if (word.len == 0)
        return 0;
    const struct cm_lexicon_slot *slot = cm_lexicon_slot_of(&lexicon->table, word, cm_word_hash(word.ptr, word.len));
    return cm_lexicon_slot_lists(slot);
}

void cm_lexicon_each_prefixed(const struct cm_lexicon *lexicon, struct cm_span prefix, void (*visit)(void *context, struct cm_span folded),
                              void *context)
{
    const struct cm_lexicon_table *table = &lexicon->table;
    size_t low = 0, high = lexicon->prefixed_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cm_span_compare(table->keys[lexicon->prefixed[middle]], prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < lexicon->prefixed_count; low++) {
        uint32_t entry = lexicon->prefixed[low];
        if (!cm_span_starts_with(table->keys[entry], prefix))
            return;
        const struct cm_lexicon_word *word = table->entries[entry].words;
        visit(context, (struct cm_span){word->ptr, word->len});
    }
}

struct cm_span cm_lexicon_macro(const struct cm_lexicon *lexicon, struct cm_span name, struct cm_place *place)
{
    for (size_t i = 0; i < lexicon->macro_count; i++) {
        if (!cm_span_equal(lexicon->macros[i].name, name))
            continue;
        if (place)
            *place = lexicon->macros[i].place;
        return lexicon->macros[i].expression;
    }
    return (struct cm_span){NULL, 0};
}

const struct cm_span *cm_lexicon_list(const struct cm_lexicon *lexicon, struct cm_span name, size_t *count)
{
    for (size_t i = 0; i < lexicon->list_count; i++) {
        if (cm_span_equal(lexicon->lists[i].name, name)) {
            *count = lexicon->lists[i].count;
            return lexicon->lists[i].entries;
        }
    }
    *count = 0;
    return NULL;
}

void cm_lexicon_hash(const struct cm_lexicon *lexicon, uint64_t out[2])
{
    out[0] = lexicon->hash.high;
    out[1] = lexicon->hash.low;
}
