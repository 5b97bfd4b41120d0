/* words: the bytes of a folded turn to words, their hashes and the symbols that the phrases of a pack know; and the same byte by byte. */
#include "../phrase_split.h"
#include "base/buffer.h"
#include "match/symbols.h"
#include "step.h"

struct splitting {
    struct cm_span *turns;
    size_t count, cap;
    struct cm_symbols symbols;
    struct cm_token *tokens;
    size_t token_cap;
};

static void add_symbols(const struct splitting *splitting, struct cm_span text, const struct cm_token *tokens, uint32_t count,
                        struct bench_tally *tally)
{
    tally->found += count;
    for (uint32_t i = 0; i < count; i++) {
        const struct cm_token *token = &tokens[i];
        tally->check += CM_SYMBOL_NUMBER(cm_symbols_value(&splitting->symbols, text.ptr + token->at, token->len, token->hash));
    }
}

static void run_ours(void *context, size_t unit, struct bench_tally *tally)
{
    struct splitting *splitting = context;
    struct cm_span text = splitting->turns[unit];
    add_symbols(splitting, text, splitting->tokens, bench_split(text, splitting->tokens), tally);
}

/* As anyone would write it. */
static void run_bytewise(void *context, size_t unit, struct bench_tally *tally)
{
    struct splitting *splitting = context;
    struct cm_span text = splitting->turns[unit];
    uint32_t count = 0;
    for (size_t begin = 0, end = 0; end <= text.len; end++) {
        if (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n')
            continue;
        size_t marked = (unsigned char)text.ptr[begin] < 0x20, len = end - begin - marked;
        splitting->tokens[count++] =
            (struct cm_token){.hash = cm_word_hash(text.ptr + begin + marked, len), .at = (uint32_t)(begin + marked), .len = (uint16_t)len};
        begin = end + 1;
    }
    add_symbols(splitting, text, splitting->tokens, count, tally);
}

static void add_turns(struct splitting *splitting, const struct cm_lexicon *lexicon, const struct bench_texts *texts,
                      struct bench_step *step)
{
    static struct cm_arena arena;
    struct cm_folder *folder;
    bench_must(cm_folder_new(lexicon, &folder) == CM_OK, "memory");
    for (size_t i = 0; i < texts->count; i++) {
        struct cm_folded folded;
        bench_must(cm_fold(folder, texts->items[i], &folded) == CM_OK, "folding");
        if (folded.count == 0)
            continue;
        char *bytes = cm_arena_calloc(&arena, folded.text.len + BENCH_SPLIT_READ_BYTES, 1);
        bench_must(bytes && cm_grow(&splitting->turns, &splitting->cap, splitting->count + 1, sizeof *splitting->turns) == CM_OK, "memory");
        memcpy(bytes, folded.text.ptr, folded.text.len);
        bytes[folded.text.len] = '\n';
        splitting->turns[splitting->count++] = (struct cm_span){bytes, folded.text.len};
        step->bytes += folded.text.len;
    }
    cm_folder_free(folder);
}

static void add_phrases(struct splitting *splitting, const struct cm_ruleset *ruleset)
{
    cm_symbols_init(&splitting->symbols);
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        for (uint32_t j = 0; j < ruleset->cues[i].phrase_count; j++)
            bench_must(cm_symbols_add_words(&splitting->symbols, &ruleset->cues[i].phrases[j].phrase) == CM_OK, "memory");
    bench_must(cm_symbols_finish(&splitting->symbols) == CM_OK, "memory");
}

void bench_step_words(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step)
{
    static struct splitting splitting;
    const struct cm_packs *packs = bench_packs(options);
    struct bench_texts texts = bench_texts_of(archive, options->units);
    add_turns(&splitting, packs->lexicon, &texts, step);
    add_phrases(&splitting, packs->items[0].ruleset);
    bench_must(cm_grow(&splitting.tokens, &splitting.token_cap, CM_TEXT_MAX_BYTES, sizeof *splitting.tokens) == CM_OK, "memory");
    step->unit = "turn";
    step->found = "tokens";
    step->units = splitting.count;
    bench_side_add(step, (struct bench_side){.name = "ours", .run = run_ours, .context = &splitting});
    bench_side_add(step, (struct bench_side){.name = "byte by byte", .run = run_bytewise, .context = &splitting});
}
