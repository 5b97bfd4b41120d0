#include "text/fold.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/simd.h"
#include "text/folding.h"

/* What the folded text of nothing needs, and room for whole blocks to be stored at its end. */
#define FOLDED_SLACK_BYTES ((size_t)CM_TOKEN_MAX_BYTES + 64)
#define TOKEN_SLACK ((size_t)CM_LEXICON_EXPANSION_MAX_WORDS)

struct cm_folder {
    const struct cm_lexicon *lexicon;
    const struct cm_lexicon_table *table;
    bool scalar; /* without vector instructions: the twin that tests hold the fast one against */
    char *text;  /* repaired, padded */
    size_t text_cap;
    char *folded;
    size_t folded_cap;
    struct cm_token *tokens;
    size_t token_cap;
    uint32_t *map; /* repaired byte -> source byte */
    size_t map_cap;
    char *stage;
};

static inline __attribute__((always_inline)) struct cm_token make_token(const struct cm_folding *text, enum cm_token_class class,
                                                                        struct cm_span source, const char *at, size_t len)
{
    uint32_t start = (uint32_t)(source.ptr - text->text);
    return (struct cm_token){
        .start = start,
        .end = start + (uint32_t)source.len,
        .at = (uint32_t)(at - text->folded),
        .len = (uint16_t)len,
        .class = (uint8_t) class,
        .flags = text->flags,
    };
}

/* Classes that are words of a sentence; before a mention or an emoji none has begun. */
#define SENTENCE_CLASSES                                                                                                                   \
    (CM_TOKEN_CLASS_BIT(CM_TOKEN_WORD) | CM_TOKEN_CLASS_BIT(CM_TOKEN_NUMBER) | CM_TOKEN_CLASS_BIT(CM_TOKEN_NAME) |                         \
     CM_TOKEN_CLASS_BIT(CM_TOKEN_NAME_MASK) | CM_TOKEN_CLASS_BIT(CM_TOKEN_MASK))

static void put(struct cm_folding *text, enum cm_token_class class, struct cm_span source, const struct cm_lexicon_word *word, bool changed)
{
    if (class != CM_TOKEN_WORD)
        *text->out++ = (char)class;
    memcpy(text->out, word->ptr, word->len);
    struct cm_token *token = text->token++;
    *token = make_token(text, class, source, text->out, word->len);
    token->hash = word->hash;
    token->lists = word->lists;
    token->changed = changed;
    text->out += word->len;
    *text->out++ = ' ';
    if (CM_TOKEN_CLASS_BIT(class) & SENTENCE_CLASSES)
        text->fresh = false;
}

void cm_fold_emit(struct cm_folding *text, enum cm_token_class class, struct cm_span source, struct cm_span bytes, uint16_t lists)
{
    struct cm_lexicon_word word = {bytes.ptr, (uint16_t)bytes.len, lists, cm_word_hash(bytes.ptr, bytes.len)};
    put(text, class, source, &word, false);
}

void cm_fold_emit_entry(struct cm_folding *text, enum cm_token_class class, struct cm_span source, const struct cm_lexicon_entry *entry)
{
    for (uint16_t i = 0; i < entry->count; i++)
        put(text, class, source, &entry->words[i], true);
}

const struct cm_lexicon_slot *cm_fold_look_up(const struct cm_folding *text, struct cm_span bytes)
{
    return bytes.len > 0 ? cm_lexicon_slot_of(text->table, bytes, cm_word_hash(bytes.ptr, bytes.len)) : NULL;
}

void cm_fold_emit_folded(struct cm_folding *text, enum cm_token_class class, struct cm_span source, struct cm_span bytes)
{
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, bytes);
    if (slot)
        cm_fold_emit_entry(text, class, source, cm_lexicon_slot_entry(text->table, slot));
    else
        cm_fold_emit(text, class, source, bytes, 0);
}

/* Upper, then lower case. */
static inline bool is_capitalised(const char *p)
{
    return *p <= 'Z' && p[1] >= 'a' && p[1] <= 'z';
}

/* A character at p that begins no ASCII word. */
static void fold_other(struct cm_folding *text, enum cm_char what, unsigned len)
{
    switch (what) {
    case CM_CHAR_DIGIT:
        cm_fold_number(text);
        return;
    case CM_CHAR_LETTER:
        cm_fold_word(text);
        return;
    case CM_CHAR_NEWLINE:
        cm_fold_sentence_end(text, false);
        text->p += len;
        cm_fold_line_start(text);
        return;
    case CM_CHAR_TERMINATOR:
        cm_fold_terminator(text);
        return;
    case CM_CHAR_HYPHEN:
    case CM_CHAR_EM_DASH:
        cm_fold_dash(text);
        return;
    case CM_CHAR_EMOJI:
        cm_fold_emoji(text);
        return;
    case CM_CHAR_CLAUSE:
        if (cm_fold_emoticon(text))
            return;
        cm_fold_clause_end(text);
        if (*text->p == ':')
            cm_fold_colon(text);
        break;
    case CM_CHAR_BRACKET:
        if (cm_fold_mask(text) || (*text->p == '<' && cm_fold_emoticon(text)))
            return;
        break;
    case CM_CHAR_HASH:
        if (cm_fold_mask(text) || cm_fold_handle(text))
            return;
        break;
    case CM_CHAR_APOSTROPHE:
        if (cm_fold_detached(text))
            return;
        break;
    case CM_CHAR_AT:
        if (cm_fold_handle(text))
            return;
        break;
    case CM_CHAR_CURRENCY:
    case CM_CHAR_PERCENT:
    case CM_CHAR_AMPERSAND:
        if (cm_fold_sign(text))
            return;
        break;
    default:
        if (*text->p == '=' && cm_fold_emoticon(text))
            return;
        break;
    }
    text->p += len;
}

/* The loop's own variables, for those it calls. */
#define SYNC(text, at, to, next) ((text)->p = (at), (text)->out = (to), (text)->token = (next))

/*
 * The loop. Its fast path, written out, is an ASCII word that neither folds nor
 * is a name: one load, one store, one hash, one look-up, and no branch on
 * whether the lexicon knows the word, which nothing could predict.
 */
static inline __attribute__((always_inline)) void fold_loop(struct cm_folding *text, bool scalar)
{
    const struct cm_lexicon_table table = *text->table;
    const char *p = text->p;
    char *out = text->out;
    struct cm_token *token = text->token;
    for (;;) {
        enum cm_char what = cm_char_ascii[(unsigned char)*p];
        if (what != CM_CHAR_LETTER) { /* as the zeros behind the text */
            if (p >= text->end)
                break;
            if (what == CM_CHAR_SPACE) {
                p++;
                continue;
            }
            SYNC(text, p, out, token);
            struct cm_char_here here = cm_char_here(p, text->end);
            fold_other(text, here.what, here.len);
            goto reload;
        }
        struct cm_simd_word word = scalar ? cm_simd_word_scalar(p, out) : cm_simd_word(p, out);
        if (__builtin_expect(word.special | cm_fold_goes_on(p + word.len), 0)) {
            SYNC(text, p, out, token);
            cm_fold_word(text);
            goto reload;
        }
        uint64_t hash = cm_word_hash_halves((struct cm_word_halves){word.lower.low, word.lower.high}, word.len);
        const struct cm_lexicon_slot *slot = &table.slots[hash & table.mask];
        bool holds = cm_lexicon_slot_holds(slot, word.lower.low, (uint32_t)word.lower.high);
        /* held: all but DISPLACED; not held: DISPLACED alone */
        uint32_t meta = slot->meta & ((0u - (uint32_t)holds) ^ CM_SLOT_DISPLACED);
        struct cm_span source = {p, word.len};
        if (__builtin_expect((meta & (CM_SLOT_DISPLACED | CM_SLOT_FOLDS)) | (word.len > CM_SLOT_KEY_BYTES), 0)) {
            slot = cm_lexicon_slot_of(&table, (struct cm_span){out, word.len}, hash);
            meta = slot ? slot->meta : 0;
            if (meta & CM_SLOT_FOLDS) {
                SYNC(text, p + word.len, out, token);
                if (word.len == 1 && cm_fold_is_initial(text, p))
                    cm_fold_emit(text, CM_TOKEN_WORD, source, (struct cm_span){out, 1}, (uint16_t)(meta & CM_SLOT_LISTS));
                else
                    cm_fold_emit_entry(text, CM_TOKEN_WORD, source, cm_lexicon_slot_entry(&table, slot));
                goto reload;
            }
        }
        enum cm_token_class class = CM_TOKEN_WORD;
        if (__builtin_expect(is_capitalised(p), 0) && !text->fresh && !(meta & CM_WORD_NOT_NAME)) {
            class = CM_TOKEN_NAME;
            memmove(out + 1, out, CM_SIMD_BLOCK_BYTES);
            *out++ = (char)class;
        }
        *token = make_token(text, class, source, out, word.len);
        token->hash = hash;
        token->lists = (uint16_t)(meta & CM_SLOT_LISTS);
        token++;
        text->fresh = false;
        out += word.len;
        *out++ = ' ';
        p += word.len + word.gap;
        if (*p == ',') {
            token[-1].flags |= CM_TOKEN_CLAUSE_END;
            p++;
        }
        continue;
    reload:
        p = text->p;
        out = text->out;
        token = text->token;
    }
    text->out = out;
    text->token = token;
}

/* Compiled for AVX2, too, the loop takes 4 % more instructions, for its words have no more than 16 bytes: so there is no third. */
static __attribute__((noinline)) void fold_blocks(struct cm_folding *text)
{
    fold_loop(text, false);
}

static __attribute__((noinline)) void fold_scalar(struct cm_folding *text)
{
    fold_loop(text, true);
}

/* Bad parts become U+FFFD; map takes each repaired byte back, and one more entry the end. Returns the repaired bytes. */
static size_t repair(struct cm_span text, char *out, uint32_t *map)
{
    size_t at = 0, len = 0;
    while (at < text.len) {
        unsigned taken;
        uint32_t code = cm_utf8_decode(text.ptr + at, text.ptr + text.len, &taken);
        unsigned written = cm_utf8_encode(code == CM_UTF8_INVALID ? CM_UTF8_REPLACEMENT : code, out + len);
        for (unsigned i = 0; i < written; i++)
            map[len + i] = (uint32_t)(code == CM_UTF8_INVALID ? at : at + i);
        len += written;
        at += taken;
    }
    map[len] = (uint32_t)text.len;
    return len;
}

static inline enum cm_status reserve(struct cm_folder *folder, size_t repaired, bool mapped)
{
    size_t bytes = repaired * folder->table->bytes_per_byte + FOLDED_SLACK_BYTES;
    size_t tokens = repaired * folder->table->tokens_per_byte + TOKEN_SLACK;
    if (bytes > folder->folded_cap && cm_grow(&folder->folded, &folder->folded_cap, bytes, 1) != CM_OK)
        return CM_ENOMEM;
    if (tokens > folder->token_cap && cm_grow(&folder->tokens, &folder->token_cap, tokens, sizeof(*folder->tokens)) != CM_OK)
        return CM_ENOMEM;
    if (repaired + CM_FOLD_PADDING_BYTES > folder->text_cap &&
        cm_grow(&folder->text, &folder->text_cap, repaired + CM_FOLD_PADDING_BYTES, 1) != CM_OK)
        return CM_ENOMEM;
    if (mapped && repaired + 1 > folder->map_cap && cm_grow(&folder->map, &folder->map_cap, repaired + 1, sizeof(*folder->map)) != CM_OK)
        return CM_ENOMEM;
    return CM_OK;
}

static void map_tokens(const struct cm_folder *folder, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        folder->tokens[i].start = folder->map[folder->tokens[i].start];
        folder->tokens[i].end = folder->map[folder->tokens[i].end];
    }
}

static void run(struct cm_folder *folder, size_t len, struct cm_folded *out)
{
    struct cm_folding text = {
        .table = folder->table,
        .text = folder->text,
        .end = folder->text + len,
        .p = folder->text,
        .folded = folder->folded,
        .out = folder->folded,
        .tokens = folder->tokens,
        .token = folder->tokens,
        .stage = folder->stage,
        .fresh = true,
        .has_at = -1,
    };
    memset(folder->text + len, 0, CM_FOLD_PADDING_BYTES);
    cm_fold_line_start(&text);
    if (folder->scalar)
        fold_scalar(&text);
    else
        fold_blocks(&text);
    if (text.token > text.tokens) {
        /* no end stands last */
        text.token[-1].flags &= (uint8_t) ~(CM_TOKEN_SENTENCE_END | CM_TOKEN_CLAUSE_END);
        text.out--;
    }
    out->tokens = text.tokens;
    out->count = (uint32_t)(text.token - text.tokens);
    out->text = (struct cm_span){text.folded, (size_t)(text.out - text.folded)};
}

enum cm_status cm_fold(struct cm_folder *folder, struct cm_span text, struct cm_folded *out)
{
    *out = (struct cm_folded){.tokens = folder->tokens, .text = {"", 0}, .repaired = text, .lexicon = folder->lexicon};
    if (text.len > CM_TEXT_MAX_BYTES)
        return CM_ELIMIT;
    if (reserve(folder, text.len, false) != CM_OK)
        return CM_ENOMEM;
    size_t len = text.len;
    bool valid = cm_simd->copy_ascii(folder->text, text.ptr, len) || cm_utf8_valid_prefix(text.ptr, len) == len;
    if (!valid) {
        /* the shortest bad part is one byte, and becomes the three of U+FFFD */
        if (reserve(folder, text.len * 3, true) != CM_OK)
            return CM_ENOMEM;
        len = repair(text, folder->text, folder->map);
    }
    run(folder, len, out);
    if (!valid) {
        map_tokens(folder, out->count);
        out->repaired = (struct cm_span){folder->text, len};
        out->repaired_to_source = folder->map;
    }
    return CM_OK;
}

const char *cm_token_class_term(unsigned token_class)
{
    switch (token_class) {
#define X(name, mark, term)                                                                                                                \
    case mark:                                                                                                                             \
        return term;
        CM_TOKEN_CLASSES(X)
#undef X
    default:
        return "";
    }
}

enum cm_status cm_folder_new(const struct cm_lexicon *lexicon, struct cm_folder **out)
{
    struct cm_folder *folder = calloc(1, sizeof(*folder));
    *out = NULL;
    if (!folder)
        return CM_ENOMEM;
    folder->lexicon = lexicon;
    folder->table = cm_lexicon_table(lexicon);
    folder->scalar = cm_simd_level() == CM_SIMD_SCALAR;
    folder->stage = malloc(CM_FOLD_STAGE_BYTES);
    if (!folder->stage || reserve(folder, 0, false) != CM_OK) {
        cm_folder_free(folder);
        return CM_ENOMEM;
    }
    *out = folder;
    return CM_OK;
}

void cm_folder_use_scalar(struct cm_folder *folder)
{
    folder->scalar = true;
}

void cm_folder_free(struct cm_folder *folder)
{
    if (!folder)
        return;
    free(folder->text);
    free(folder->folded);
    free(folder->tokens);
    free(folder->map);
    free(folder->stage);
    free(folder);
}
