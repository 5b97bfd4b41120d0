#include "match/symbols.h"

#include <stdlib.h>

#include "base/buffer.h"

/* Slots a symbol: a word that stands in another slot than its own is found the slow way. */
#define SLOTS_PER_SYMBOL ((size_t)4)
#define SLOTS_MIN ((size_t)4096)

void cm_symbols_init(struct cm_symbols *symbols)
{
    *symbols = (struct cm_symbols){0};
}

void cm_symbols_free(struct cm_symbols *symbols)
{
    free(symbols->items);
    free(symbols->pool);
    free(symbols->words);
    free(symbols->prefixes);
    free(symbols->sorted);
    free(symbols->prefix_begins);
    free(symbols->prefix_lens);
    cm_symbols_init(symbols);
}

static struct cm_span bytes_of(const struct cm_symbols *symbols, uint32_t number)
{
    return (struct cm_span){symbols->pool + symbols->items[number].at, symbols->items[number].len};
}

static uint64_t hash_of(const struct cm_symbols *symbols, uint32_t number)
{
    struct cm_span bytes = bytes_of(symbols, number);
    return cm_word_hash(bytes.ptr, bytes.len);
}

/* ---- the tables ---- */

static void put_slot(struct cm_symbols *symbols, struct cm_symbol_slot *slots, uint32_t mask, uint32_t number)
{
    uint64_t hash = hash_of(symbols, number);
    uint32_t home = (uint32_t)hash & mask, i = home;
    for (; slots[i].value != 0; i = (i + 1) & mask)
        symbols->any_twins |= slots[i].tag == cm_symbol_tag(hash);
    slots[i] = (struct cm_symbol_slot){number, cm_symbol_tag(hash)};
    if (i != home || symbols->items[number].short_len == CM_SYMBOL_LONG)
        slots[home].value |= CM_SYMBOL_GOES_ON;
}

static struct cm_symbol_slot *slots_of(struct cm_symbols *symbols, uint32_t number)
{
    return symbols->items[number].prefix ? symbols->prefixes : symbols->words;
}

/* Both tables anew, with room for count symbols each; filled in the order given, or in that of numbers. */
static enum cm_status rebuild(struct cm_symbols *symbols, size_t count, const uint32_t *order)
{
    size_t slots = SLOTS_MIN;
    while (slots < count * SLOTS_PER_SYMBOL)
        slots *= 2;
    struct cm_symbol_slot *words = calloc(slots, sizeof(*words)), *prefixes = calloc(slots, sizeof(*prefixes));
    if (!words || !prefixes) {
        free(words);
        free(prefixes);
        return CM_ENOMEM;
    }
    free(symbols->words);
    free(symbols->prefixes);
    symbols->words = words;
    symbols->prefixes = prefixes;
    symbols->word_mask = symbols->prefix_mask = (uint32_t)(slots - 1);
    for (uint32_t i = CM_SYMBOL_FIRST; i < symbols->count; i++) {
        uint32_t number = order ? order[i - CM_SYMBOL_FIRST] : i;
        put_slot(symbols, slots_of(symbols, number), symbols->word_mask, number);
    }
    return CM_OK;
}

static struct cm_symbol_slot *find_slot(const struct cm_symbols *symbols, struct cm_span word, uint64_t hash, bool prefix)
{
    struct cm_symbol_slot *slots = prefix ? symbols->prefixes : symbols->words;
    uint32_t mask = prefix ? symbols->prefix_mask : symbols->word_mask;
    if (!slots)
        return NULL;
    for (uint32_t i = (uint32_t)hash & mask; slots[i].value != 0; i = (i + 1) & mask)
        if (slots[i].tag == cm_symbol_tag(hash) && cm_span_equal(bytes_of(symbols, CM_SYMBOL_NUMBER(slots[i].value)), word))
            return &slots[i];
    return NULL;
}

/* ---- naming ---- */

static enum cm_status make_room(struct cm_symbols *symbols, size_t len)
{
    enum cm_status status = cm_grow(&symbols->items, &symbols->cap, symbols->count + 1 + CM_SYMBOL_FIRST, sizeof(*symbols->items));
    if (status == CM_OK)
        status = cm_grow(&symbols->pool, &symbols->pool_cap, symbols->pool_len + len, 1);
    if (status == CM_OK && symbols->count == 0) {
        for (; symbols->count < CM_SYMBOL_FIRST; symbols->count++)
            symbols->items[symbols->count] = (struct cm_symbol){.short_len = CM_SYMBOL_LONG}; /* equal to no word */
    }
    if (status == CM_OK && (!symbols->words || symbols->count * 2 > symbols->word_mask))
        status = rebuild(symbols, symbols->count, NULL);
    return status;
}

enum cm_status cm_symbols_add(struct cm_symbols *symbols, struct cm_span word, bool prefix)
{
    uint64_t hash = cm_word_hash(word.ptr, word.len);
    if (find_slot(symbols, word, hash, prefix))
        return CM_OK;
    if (symbols->count >= 1u << CM_SYMBOL_BITS || symbols->pool_len > UINT32_MAX - word.len || word.len >= UINT16_MAX)
        return CM_ELIMIT;
    enum cm_status status = make_room(symbols, word.len);
    if (status != CM_OK)
        return status;
    uint32_t number = (uint32_t)symbols->count++;
    struct cm_symbol *symbol = &symbols->items[number];
    *symbol = (struct cm_symbol){.at = (uint32_t)symbols->pool_len, .len = (uint32_t)word.len, .prefix = prefix};
    symbol->short_len = word.len <= sizeof(symbol->begin) ? (uint32_t)word.len : CM_SYMBOL_LONG;
    symbol->held = word.len < sizeof(symbol->begin) ? (uint16_t)((1u << word.len) - 1) : UINT16_MAX;
    memcpy(symbol->begin, word.ptr, word.len < sizeof(symbol->begin) ? word.len : sizeof(symbol->begin));
    if (word.len)
        memcpy(symbols->pool + symbols->pool_len, word.ptr, word.len);
    symbols->pool_len += word.len;
    put_slot(symbols, slots_of(symbols, number), symbols->word_mask, number);
    return CM_OK;
}

enum cm_status cm_symbols_add_words(struct cm_symbols *symbols, const struct cm_phrase *phrase)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < phrase->count && status == CM_OK; i++) {
        const struct cm_term *term = &phrase->terms[i];
        if (term->kind == CM_TERM_WORD || term->kind == CM_TERM_PREFIX)
            status = cm_symbols_add(symbols, term->text, term->kind == CM_TERM_PREFIX);
    }
    return status;
}

/* ---- finishing ---- */

static int compare_bytes(const void *a, const void *b, void *context)
{
    const struct cm_symbols *symbols = context;
    uint32_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    int order = cm_span_compare(bytes_of(symbols, left), bytes_of(symbols, right));
    return order ? order : (left > right) - (left < right);
}

static void note_begin(struct cm_symbols *symbols, const unsigned char *word, size_t len)
{
    unsigned first = word[0], low = len > 1 ? word[1] : 0, high = len > 1 ? word[1] : 255;
    for (unsigned second = low; second <= high; second++)
        symbols->prefix_begins[(second << 8 | first) >> 3] |= (uint8_t)(1u << (first & 7));
}

static void note_len(struct cm_symbols *symbols, uint16_t len)
{
    size_t at = 0;
    while (at < symbols->prefix_len_count && symbols->prefix_lens[at] > len)
        at++;
    if (at < symbols->prefix_len_count && symbols->prefix_lens[at] == len)
        return;
    memmove(symbols->prefix_lens + at + 1, symbols->prefix_lens + at, (symbols->prefix_len_count - at) * sizeof(*symbols->prefix_lens));
    symbols->prefix_lens[at] = len;
    symbols->prefix_len_count++;
}

static enum cm_status note_prefixes(struct cm_symbols *symbols)
{
    size_t lens_cap = 0;
    symbols->prefix_begins = calloc(CM_SYMBOL_BEGIN_BITS / 8, 1);
    if (!symbols->prefix_begins)
        return CM_ENOMEM;
    for (uint32_t number = CM_SYMBOL_FIRST; number < symbols->count; number++) {
        if (!symbols->items[number].prefix)
            continue;
        enum cm_status status = cm_grow(&symbols->prefix_lens, &lens_cap, symbols->prefix_len_count + 1, sizeof(*symbols->prefix_lens));
        if (status != CM_OK)
            return status;
        struct cm_span bytes = bytes_of(symbols, number);
        note_begin(symbols, (const unsigned char *)bytes.ptr, bytes.len);
        note_len(symbols, (uint16_t)bytes.len);
        symbols->any_prefix = true;
    }
    return CM_OK;
}

enum cm_status cm_symbols_finish(struct cm_symbols *symbols)
{
    enum cm_status status = make_room(symbols, 0);
    if (status == CM_OK)
        status = rebuild(symbols, symbols->count, NULL);
    if (status != CM_OK)
        return status;
    size_t words = symbols->count - CM_SYMBOL_FIRST;
    symbols->sorted = calloc(words + 1, sizeof(*symbols->sorted));
    if (!symbols->sorted)
        return CM_ENOMEM;
    for (size_t i = 0; i < words; i++)
        symbols->sorted[i] = (uint32_t)(i + CM_SYMBOL_FIRST);
    qsort_r(symbols->sorted, words, sizeof(*symbols->sorted), compare_bytes, symbols);
    return note_prefixes(symbols);
}

static int compare_weights(const void *a, const void *b, void *context)
{
    const uint32_t *weights = context;
    uint32_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    if (weights[left] != weights[right])
        return weights[left] > weights[right] ? -1 : 1;
    return (left > right) - (left < right);
}

enum cm_status cm_symbols_arrange(struct cm_symbols *symbols, const uint32_t *weights)
{
    size_t words = symbols->count - CM_SYMBOL_FIRST;
    union {
        const uint32_t *from;
        void *to;
    } context = {weights}; /* qsort_r's context is not const */
    uint32_t *order = calloc(words + 1, sizeof(*order));
    if (!order)
        return CM_ENOMEM;
    for (size_t i = 0; i < words; i++)
        order[i] = (uint32_t)(i + CM_SYMBOL_FIRST);
    qsort_r(order, words, sizeof(*order), compare_weights, context.to);
    enum cm_status status = rebuild(symbols, symbols->count, order);
    free(order);
    return status;
}

uint32_t cm_symbols_find(const struct cm_symbols *symbols, struct cm_span word)
{
    const struct cm_symbol_slot *slot = find_slot(symbols, word, cm_word_hash(word.ptr, word.len), false);
    return slot ? CM_SYMBOL_NUMBER(slot->value) : CM_SYMBOL_OTHER;
}

/* The first of sorted that is not before prefix (past false), or that is behind all that start with it (past true). */
static size_t bound(const struct cm_symbols *symbols, struct cm_span prefix, bool past)
{
    size_t low = 0, high = symbols->count - CM_SYMBOL_FIRST;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct cm_span bytes = bytes_of(symbols, symbols->sorted[middle]);
        bool before = past ? cm_span_starts_with(bytes, prefix) || cm_span_compare(bytes, prefix) < 0 : cm_span_compare(bytes, prefix) < 0;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void cm_symbols_prefixed(const struct cm_symbols *symbols, struct cm_span prefix, size_t *from, size_t *to)
{
    *from = bound(symbols, prefix, false);
    *to = bound(symbols, prefix, true);
}

void cm_symbols_mark(struct cm_symbols *symbols, uint32_t number, uint32_t marks)
{
    const struct cm_symbol *symbol = &symbols->items[number];
    struct cm_symbol_slot *slot = find_slot(symbols, bytes_of(symbols, number), hash_of(symbols, number), symbol->prefix);
    if (slot)
        slot->value |= marks;
}

uint32_t cm_symbols_marked(const struct cm_symbols *symbols, uint32_t number)
{
    const struct cm_symbol_slot *slot =
        find_slot(symbols, bytes_of(symbols, number), hash_of(symbols, number), symbols->items[number].prefix);
    return slot ? CM_SYMBOL_MARKED(slot->value) : CM_SYMBOL_OTHER;
}

/* The longest prefix that a word which nothing names starts with. */
static uint32_t prefix_value(const struct cm_symbols *symbols, const char *word, size_t len)
{
    for (size_t i = 0; i < symbols->prefix_len_count; i++) {
        struct cm_span begins = {word, symbols->prefix_lens[i]};
        if (begins.len > len)
            continue;
        const struct cm_symbol_slot *slot = find_slot(symbols, begins, cm_word_hash(begins.ptr, begins.len), true);
        if (slot)
            return slot->value;
    }
    return CM_SYMBOL_OTHER;
}

uint32_t cm_symbols_value_slow(const struct cm_symbols *symbols, const char *word, size_t len, uint64_t hash)
{
    const struct cm_symbol_slot *slot = find_slot(symbols, (struct cm_span){word, len}, hash, false);
    if (slot)
        return slot->value;
    return symbols->any_prefix && len > 0 ? prefix_value(symbols, word, len) : CM_SYMBOL_OTHER;
}
