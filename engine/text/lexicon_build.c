/* From the lines of a lexicon folder to its image. */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "text/chars.h"
#include "text/lexicon_image.h"
#include "text/lexicon_read.h"

/* One slot in four is taken at most: most unknown words end at an empty slot. */
#define SLOTS_PER_KEY 4u
#define SLOTS_MIN 64u

/* Apostrophe rules and marks need this much room, whatever the data say: "5" becomes mark, 5, space. */
#define BYTES_PER_BYTE_MIN 4u

/* Keys shorter than this say too little about what a prefix means. */
#define PREFIX_KEY_MIN_LETTERS 4u

#define NO_LINE UINT32_MAX

/* A distinct word of the data, while the lexicon is built. */
struct term {
    struct cm_span key;
    uint64_t hash;
    uint32_t fold; /* its fold line, or NO_LINE */
    uint16_t lists;
    bool known;
};

struct builder {
    struct cm_lexicon *lexicon;
    struct cm_lexicon_lines lines;
    struct cm_diagnostics *diagnostics;
    struct term *terms;
    size_t term_count, term_cap;
    uint32_t *index; /* open addressing: term + 1, or 0 */
    size_t index_mask;
};

static const struct {
    const char *name;
    uint16_t bit;
} word_lists[] = {
#define X(id, file, number) {file, CM_WORD_##id},
    CM_WORD_LISTS(X)
#undef X
};
#define WORD_LIST_COUNT (sizeof(word_lists) / sizeof(word_lists[0]))

static void fault(struct builder *builder, enum cm_severity severity, const char *id, const struct cm_lexicon_line *line, const char *help,
                  const char *what, struct cm_span word)
{
    cm_diagnostics_add(builder->diagnostics, severity, id, line->place, help, "%s: %.*s", what, (int)word.len, word.ptr);
}

static struct term *find_term(const struct builder *builder, struct cm_span key, uint64_t hash, size_t *at)
{
    for (*at = hash & builder->index_mask; builder->index[*at] != 0; *at = (*at + 1) & builder->index_mask) {
        struct term *term = &builder->terms[builder->index[*at] - 1];
        if (term->hash == hash && cm_span_equal(term->key, key))
            return term;
    }
    return NULL;
}

static struct term *intern(struct builder *builder, struct cm_span key)
{
    size_t at;
    uint64_t hash = cm_word_hash(key.ptr, key.len);
    struct term *term = find_term(builder, key, hash, &at);
    if (term)
        return term;
    term = &builder->terms[builder->term_count++];
    *term = (struct term){.key = key, .hash = hash, .fold = NO_LINE};
    builder->index[at] = (uint32_t)builder->term_count;
    return term;
}

/* Room for every word that the lines mention. */
static enum cm_status reserve_terms(struct builder *builder)
{
    size_t words = 1;
    for (size_t i = 0; i < builder->lines.count; i++)
        words += 1 + builder->lines.items[i].word_count;
    size_t slots = SLOTS_MIN;
    while (slots < words * 2)
        slots *= 2;
    builder->index_mask = slots - 1;
    builder->index = calloc(slots, sizeof(*builder->index));
    builder->terms = calloc(words, sizeof(*builder->terms));
    return builder->index && builder->terms ? CM_OK : CM_ENOMEM;
}

/* What a fold leads to must come out of the folder as it is: a plain word, alone. */
static bool is_plain_word(struct cm_span word)
{
    bool has_letter = false;
    uint32_t last = 0;
    unsigned run = 0;
    const char *p = word.ptr, *end = word.ptr + word.len;
    while (p < end) {
        unsigned len;
        uint32_t code = cm_utf8_decode(p, end, &len);
        enum cm_char what = code < 0x80 ? cm_char_ascii[code] : cm_char_of(code);
        if (what != CM_CHAR_LETTER && what != CM_CHAR_DIGIT)
            return false;
        has_letter |= what == CM_CHAR_LETTER;
        run = code == last ? run + 1 : 1;
        if (run >= 3 && what == CM_CHAR_LETTER)
            return false;
        last = code;
        p += len;
    }
    return has_letter;
}

static void add_fold(struct builder *builder, uint32_t number)
{
    const struct cm_lexicon_line *line = &builder->lines.items[number];
    struct term *term = intern(builder, line->key);
    if (term->fold != NO_LINE) {
        const struct cm_place *first = &builder->lines.items[term->fold].place;
        cm_diagnostics_add(builder->diagnostics, CM_SEVERITY_ERROR, "lexicon-duplicate", line->place, NULL,
                           "%.*s is given twice, first in %s:%u", (int)line->key.len, line->key.ptr, first->file, first->line);
        return;
    }
    term->fold = number;
    term->known = true;
    for (uint32_t i = 0; i < line->word_count; i++) {
        if (!is_plain_word(line->words[i]))
            fault(builder, CM_SEVERITY_ERROR, "lexicon-bad-word", line, "a token folds to words of letters and digits",
                  "this is no plain word", line->words[i]);
        intern(builder, line->words[i])->known = true;
    }
}

static uint16_t list_bit(struct cm_span name)
{
    for (size_t i = 0; i < WORD_LIST_COUNT; i++) {
        if (cm_span_equal(name, cm_span_of(word_lists[i].name)))
            return word_lists[i].bit;
    }
    return 0;
}

static size_t count_words(struct cm_span row)
{
    size_t words = 1;
    for (size_t i = 0; i < row.len; i++)
        words += row.ptr[i] == ' ';
    return words;
}

/* The next word of a row with single blanks; *row is shortened. len 0: none. */
static struct cm_span next_word(struct cm_span *row)
{
    const char *blank = memchr(row->ptr, ' ', row->len);
    struct cm_span word = {row->ptr, blank ? (size_t)(blank - row->ptr) : row->len};
    size_t taken = word.len + (blank ? 1 : 0);
    *row = (struct cm_span){row->ptr + taken, row->len - taken};
    return word;
}

static void add_listed(struct builder *builder, const struct cm_lexicon_line *line)
{
    uint16_t bit = list_bit(line->name);
    if (!bit)
        return;
    size_t words = count_words(line->key);
    if (bit == CM_WORD_BACKCHANNEL && words > 1 && words <= CM_BACKCHANNEL_MAX_WORDS)
        return; /* build_backchannels */
    if (words > 1) {
        fault(builder, CM_SEVERITY_ERROR, "lexicon-list-phrase", line, "write one word a line", "this list holds single words", line->key);
        return;
    }
    struct term *term = intern(builder, line->key);
    if (term->lists & bit)
        fault(builder, CM_SEVERITY_WARNING, "lexicon-duplicate", line, NULL, "the list already holds this word", line->key);
    term->lists |= bit;
}

static void add_word(struct builder *builder, const struct cm_lexicon_line *line)
{
    struct term *term = intern(builder, line->key);
    if (!is_plain_word(line->key))
        fault(builder, CM_SEVERITY_ERROR, "lexicon-bad-word", line, NULL, "this is no plain word", line->key);
    term->known = true;
}

static void check_folds(struct builder *builder)
{
    for (size_t i = 0; i < builder->lines.count; i++) {
        const struct cm_lexicon_line *line = &builder->lines.items[i];
        for (uint32_t w = 0; line->kind == CM_LEXICON_FOLD && w < line->word_count; w++) {
            bool self = line->word_count == 1 && cm_span_equal(line->words[w], line->key);
            if (!self && intern(builder, line->words[w])->fold != NO_LINE)
                fault(builder, CM_SEVERITY_ERROR, "lexicon-not-idempotent", line, "write what it folds to in the end",
                      "this word folds further", line->words[w]);
        }
        if (line->kind != CM_LEXICON_LIST || !list_bit(line->name) || list_bit(line->name) >= CM_WORD_RAW_FIRST)
            continue;
        struct cm_span row = line->key;
        for (struct cm_span word = next_word(&row); word.len > 0; word = next_word(&row)) {
            size_t at;
            const struct term *term = find_term(builder, word, cm_word_hash(word.ptr, word.len), &at);
            if (term && term->fold != NO_LINE)
                fault(builder, CM_SEVERITY_ERROR, "lexicon-list-unfolded", line, "lists hold words as they are after folding",
                      "this word folds to another and is never seen", word);
        }
    }
}

/* What the table cannot hold: it would be a wrong answer, so it is no lexicon. */
static void check_terms(struct builder *builder, const char *folder)
{
    struct cm_place place = {.file = folder};
    if (builder->term_count > CM_SLOT_ENTRIES_MAX)
        cm_diagnostics_add(builder->diagnostics, CM_SEVERITY_ERROR, "lexicon-too-large", place, NULL, "more than %zu words",
                           CM_SLOT_ENTRIES_MAX);
    for (size_t i = 0; i < builder->term_count; i++) {
        const struct term *term = &builder->terms[i];
        for (size_t at = term->hash & builder->index_mask; builder->index[at] != 0; at = (at + 1) & builder->index_mask) {
            const struct term *other = &builder->terms[builder->index[at] - 1];
            if (other != term && other->hash == term->hash && term->key.len > CM_SLOT_KEY_BYTES)
                cm_diagnostics_add(builder->diagnostics, CM_SEVERITY_ERROR, "lexicon-hash-collision", place, "leave one of them out",
                                   "%.*s and %.*s cannot be told apart", (int)term->key.len, term->key.ptr, (int)other->key.len,
                                   other->key.ptr);
        }
    }
}

static bool has_list(const struct cm_lexicon *lexicon, const char *name)
{
    size_t count;
    return cm_lexicon_list(lexicon, cm_span_of(name), &count) != NULL;
}

static enum cm_status collect_lists(struct builder *builder)
{
    struct cm_lexicon *lexicon = builder->lexicon;
    const struct cm_lexicon_lines *lines = &builder->lines;
    lexicon->lists = cm_arena_calloc(&lexicon->arena, lines->count + 1, sizeof(*lexicon->lists));
    lexicon->macros = cm_arena_calloc(&lexicon->arena, lines->count + 1, sizeof(*lexicon->macros));
    struct cm_span *entries = cm_arena_calloc(&lexicon->arena, lines->count + 1, sizeof(*entries));
    if (!lexicon->lists || !lexicon->macros || !entries)
        return CM_ENOMEM;
    /* the entries of a list are consecutive: a list is one file */
    for (size_t i = 0; i < lines->count; i++) {
        const struct cm_lexicon_line *line = &lines->items[i];
        if (line->kind == CM_LEXICON_MACRO) {
            if (cm_lexicon_macro(lexicon, line->name, NULL).ptr)
                fault(builder, CM_SEVERITY_ERROR, "lexicon-duplicate", line, NULL, "this macro is given twice", line->name);
            lexicon->macros[lexicon->macro_count++] = (struct cm_lexicon_macro){line->name, line->key, line->place};
        }
        if (line->kind != CM_LEXICON_LIST)
            continue;
        struct cm_lexicon_list *list = lexicon->list_count > 0 ? &lexicon->lists[lexicon->list_count - 1] : NULL;
        if (!list || !cm_span_equal(list->name, line->name)) {
            list = &lexicon->lists[lexicon->list_count++];
            *list = (struct cm_lexicon_list){line->name, entries, 0};
        }
        *entries++ = line->key;
        list->count++;
    }
    return CM_OK;
}

static enum cm_status check_lines(struct builder *builder, const char *folder)
{
    enum cm_status status = reserve_terms(builder);
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < builder->lines.count; i++) {
        const struct cm_lexicon_line *line = &builder->lines.items[i];
        if (line->kind == CM_LEXICON_FOLD)
            add_fold(builder, (uint32_t)i);
        else if (line->kind == CM_LEXICON_LIST)
            add_listed(builder, line);
        else if (line->kind == CM_LEXICON_WORD)
            add_word(builder, line);
    }
    check_folds(builder);
    check_terms(builder, folder);
    status = collect_lists(builder);
    for (size_t i = 0; i < WORD_LIST_COUNT && status == CM_OK; i++) {
        if (!has_list(builder->lexicon, word_lists[i].name))
            cm_diagnostics_add(builder->diagnostics, CM_SEVERITY_ERROR, "lexicon-missing-list", (struct cm_place){.file = folder}, NULL,
                               "the lexicon has no entries in lists/%s", word_lists[i].name);
    }
    return status;
}

static struct cm_lexicon_word word_of(const struct term *term)
{
    return (struct cm_lexicon_word){term->key.ptr, (uint16_t)term->key.len, term->lists, term->hash};
}

static void measure(struct cm_lexicon_table *table, const struct term *term, const struct cm_lexicon_entry *entry)
{
    size_t bytes = 0;
    for (uint16_t w = 0; w < entry->count; w++)
        bytes += entry->words[w].len + 2u; /* with a mark and a separator */
    uint32_t per_byte = (uint32_t)(bytes / term->key.len + 1);
    uint32_t tokens = (uint32_t)(entry->count / term->key.len + 1);
    table->bytes_per_byte = per_byte > table->bytes_per_byte ? per_byte : table->bytes_per_byte;
    table->tokens_per_byte = tokens > table->tokens_per_byte ? tokens : table->tokens_per_byte;
}

_Static_assert((CM_WORD_NUMBER_MASK << 1) == CM_SLOT_FOLDS, "the lists leave room for the slot's flags");

static void place_slot(struct cm_lexicon *lexicon, const struct term *term, uint32_t entry)
{
    uint64_t home = term->hash & lexicon->table.mask, at = home;
    for (; lexicon->slots[at].low != 0; at = (at + 1) & lexicon->table.mask)
        lexicon->slots[home].meta |= CM_SLOT_DISPLACED;
    struct cm_lexicon_slot *slot = &lexicon->slots[at];
    slot->low = cm_lexicon_slot_low(term->key, term->hash);
    slot->high = cm_lexicon_slot_high(term->key);
    slot->meta |=
        term->lists | (term->known ? CM_SLOT_KNOWN : 0u) | (term->fold != NO_LINE ? CM_SLOT_FOLDS : 0u) | entry << CM_SLOT_ENTRY_SHIFT;
}

static enum cm_status build_entry(struct builder *builder, uint32_t number, struct cm_lexicon_entry *entry)
{
    const struct term *term = &builder->terms[number];
    const struct cm_lexicon_line *line = term->fold != NO_LINE ? &builder->lines.items[term->fold] : NULL;
    uint32_t count = line ? line->word_count : 1;
    struct cm_lexicon_word *words = cm_arena_calloc(&builder->lexicon->arena, count, sizeof(*words));
    if (!words)
        return CM_ENOMEM;
    for (uint32_t w = 0; w < count; w++)
        words[w] = word_of(line ? intern(builder, line->words[w]) : term);
    *entry = (struct cm_lexicon_entry){words, (uint16_t)count, term->known};
    return CM_OK;
}

static enum cm_status build_table(struct builder *builder)
{
    struct cm_lexicon *lexicon = builder->lexicon;
    size_t count = builder->term_count, slots = SLOTS_MIN;
    while (slots < count * SLOTS_PER_KEY)
        slots *= 2;
    lexicon->slots = aligned_alloc(64, slots * sizeof(*lexicon->slots));
    struct cm_lexicon_entry *entries = cm_arena_calloc(&lexicon->arena, count + 1, sizeof(*entries));
    struct cm_span *keys = cm_arena_calloc(&lexicon->arena, count + 1, sizeof(*keys));
    if (!lexicon->slots || !entries || !keys)
        return CM_ENOMEM;
    memset(lexicon->slots, 0, slots * sizeof(*lexicon->slots));
    lexicon->table = (struct cm_lexicon_table){lexicon->slots, slots - 1, entries, keys, (uint32_t)count, BYTES_PER_BYTE_MIN, 1};
    for (uint32_t i = 0; i < count; i++) {
        if (build_entry(builder, i, &entries[i]) != CM_OK)
            return CM_ENOMEM;
        keys[i] = builder->terms[i].key;
        place_slot(lexicon, &builder->terms[i], i);
        measure(&lexicon->table, &builder->terms[i], &entries[i]);
    }
    return CM_OK;
}

/* The rows of several words in lists/backchannel. */
static enum cm_status build_backchannels(struct builder *builder)
{
    struct cm_lexicon *lexicon = builder->lexicon;
    size_t count;
    const struct cm_span *rows = cm_lexicon_list(lexicon, CM_SPAN("backchannel"), &count);
    lexicon->backchannels = cm_arena_calloc(&lexicon->arena, count + 1, sizeof(*lexicon->backchannels));
    if (!lexicon->backchannels)
        return CM_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct cm_span row = rows[i];
        if (count_words(row) < 2)
            continue;
        struct cm_lexicon_word *words = cm_arena_calloc(&lexicon->arena, CM_BACKCHANNEL_MAX_WORDS, sizeof(*words));
        if (!words)
            return CM_ENOMEM;
        struct cm_lexicon_entry *entry = &lexicon->backchannels[lexicon->backchannel_count++];
        *entry = (struct cm_lexicon_entry){.words = words};
        for (struct cm_span word = next_word(&row); word.len > 0; word = next_word(&row))
            words[entry->count++] = (struct cm_lexicon_word){word.ptr, (uint16_t)word.len, 0, cm_word_hash(word.ptr, word.len)};
    }
    return CM_OK;
}

static size_t letters_in(struct cm_span key)
{
    size_t letters = 0;
    for (const char *p = key.ptr, *end = key.ptr + key.len; p < end;) {
        unsigned len;
        uint32_t code = cm_utf8_decode(p, end, &len);
        letters += code < 0x80 ? cm_char_ascii[code] == CM_CHAR_LETTER : cm_char_of(code) == CM_CHAR_LETTER;
        p += len;
    }
    return letters;
}

static int compare_keys(const void *a, const void *b, void *keys)
{
    return cm_span_compare(((const struct cm_span *)keys)[*(const uint32_t *)a], ((const struct cm_span *)keys)[*(const uint32_t *)b]);
}

static enum cm_status build_prefixed(struct builder *builder)
{
    struct cm_lexicon *lexicon = builder->lexicon;
    struct cm_span *keys = cm_arena_calloc(&lexicon->arena, builder->term_count + 1, sizeof(*keys));
    lexicon->prefixed = cm_arena_calloc(&lexicon->arena, builder->term_count + 1, sizeof(*lexicon->prefixed));
    if (!keys || !lexicon->prefixed)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < builder->term_count; i++) {
        const struct term *term = &builder->terms[i];
        keys[i] = term->key;
        if (term->fold != NO_LINE && lexicon->table.entries[i].count == 1 && letters_in(term->key) >= PREFIX_KEY_MIN_LETTERS)
            lexicon->prefixed[lexicon->prefixed_count++] = i;
    }
    qsort_r(lexicon->prefixed, lexicon->prefixed_count, sizeof(*lexicon->prefixed), compare_keys, keys);
    return CM_OK;
}

static int compare_spans(const void *a, const void *b)
{
    return cm_span_compare(*(const struct cm_span *)a, *(const struct cm_span *)b);
}

/* Every entry as one line without its file, sorted: moving an entry between files of fold/ changes nothing. */
static enum cm_status hash_lines(struct builder *builder)
{
    enum cm_status status = CM_ENOMEM;
    const struct cm_lexicon_lines *lines = &builder->lines;
    struct cm_buffer text = CM_BUFFER_EMPTY, sorted = CM_BUFFER_EMPTY;
    struct cm_span *spans = calloc(lines->count + 1, sizeof(*spans));
    if (!spans)
        goto out;
    for (size_t i = 0; i < lines->count; i++) {
        const struct cm_lexicon_line *line = &lines->items[i];
        size_t start = text.len;
        cm_buffer_byte(&text, (char)('0' + line->kind));
        if (line->kind == CM_LEXICON_LIST || line->kind == CM_LEXICON_MACRO)
            cm_buffer_span(&text, line->name);
        cm_buffer_byte(&text, '\0');
        cm_buffer_span(&text, line->key);
        for (uint32_t w = 0; w < line->word_count; w++) {
            cm_buffer_byte(&text, '\0');
            cm_buffer_span(&text, line->words[w]);
        }
        cm_buffer_byte(&text, '\n');
        spans[i].len = text.len - start;
    }
    if (cm_buffer_status(&text) != CM_OK)
        goto out;
    const char *next = text.ptr;
    for (size_t i = 0; i < lines->count; next += spans[i++].len)
        spans[i].ptr = next;
    qsort(spans, lines->count, sizeof(*spans), compare_spans);
    for (size_t i = 0; i < lines->count; i++)
        cm_buffer_span(&sorted, spans[i]);
    status = cm_buffer_status(&sorted);
    builder->lexicon->hash = cm_hash128(cm_buffer_view(&sorted));
out:
    free(spans);
    cm_buffer_free(&text);
    cm_buffer_free(&sorted);
    return status;
}

/* ---- the ways in ---- */

struct cm_lexicon_source {
    struct cm_lexicon *lexicon; /* to be filled, its arena holds the files; NULL once it is somebody's */
    struct cm_lexicon_files files;
    const char *folder;
    struct cm_diagnostics *diagnostics;
    size_t errors; /* told before */
};

enum cm_status cm_lexicon_open(const char *folder, struct cm_diagnostics *diagnostics, struct cm_lexicon_source **out)
{
    *out = NULL;
    struct cm_lexicon_source *source = calloc(1, sizeof(*source));
    struct cm_lexicon *lexicon = calloc(1, sizeof(*lexicon));
    if (!source || !lexicon) {
        free(source);
        free(lexicon);
        return CM_ENOMEM;
    }
    *source = (struct cm_lexicon_source){.lexicon = lexicon, .diagnostics = diagnostics, .errors = diagnostics->errors};
    source->folder = cm_arena_copy(&lexicon->arena, cm_span_of(folder)).ptr;
    enum cm_status status = CM_ENOMEM;
    if (source->folder)
        status = cm_lexicon_open_files(source->folder, &lexicon->arena, diagnostics, &source->files);
    if (status == CM_OK)
        *out = source;
    else
        cm_lexicon_source_free(source);
    return status;
}

enum cm_status cm_lexicon_source_hash(const struct cm_lexicon_source *source, struct cm_hash128 *out)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < source->files.count; i++) {
        const struct cm_lexicon_file *file = &source->files.items[i];
        struct cm_hash128 parts[] = {cm_hash128(cm_span_of(file->path)), cm_hash128(file->bytes)};
        cm_buffer_append(&text, parts, sizeof(parts));
    }
    enum cm_status status = cm_buffer_status(&text);
    if (status == CM_OK)
        *out = cm_hash128(cm_buffer_view(&text));
    cm_buffer_free(&text);
    return status;
}

enum cm_status cm_lexicon_compile(struct cm_lexicon_source *source, struct cm_lexicon **out)
{
    struct builder builder = {.diagnostics = source->diagnostics, .lexicon = source->lexicon};
    *out = NULL;
    enum cm_status status = cm_lexicon_read(&source->files, &source->lexicon->arena, source->diagnostics, &builder.lines);
    if (status == CM_OK)
        status = check_lines(&builder, source->folder);
    if (status == CM_OK && source->diagnostics->errors > source->errors)
        status = CM_ERULES;
    if (status == CM_OK)
        status = build_table(&builder);
    if (status == CM_OK)
        status = build_prefixed(&builder);
    if (status == CM_OK)
        status = build_backchannels(&builder);
    if (status == CM_OK)
        status = hash_lines(&builder);
    if (status == CM_OK) {
        *out = source->lexicon;
        source->lexicon = NULL;
    }
    free(builder.lines.items);
    free(builder.terms);
    free(builder.index);
    return status;
}

void cm_lexicon_source_free(struct cm_lexicon_source *source)
{
    if (!source)
        return;
    free(source->files.items);
    cm_lexicon_free(source->lexicon);
    free(source);
}

enum cm_status cm_lexicon_load(const char *folder, struct cm_diagnostics *diagnostics, struct cm_lexicon **out)
{
    struct cm_lexicon_source *source;
    *out = NULL;
    enum cm_status status = cm_lexicon_open(folder, diagnostics, &source);
    if (status == CM_OK)
        status = cm_lexicon_compile(source, out);
    cm_lexicon_source_free(source);
    return status;
}
