/*
 * regex: expressions over the text of a turn. Ours looks for the literals that they require, and asks PCRE2 only where they are there; the
 * peer is PCRE2 alone, rule by rule, compiled with the same options, its JIT and the same limits. It stops at the first match, ours finds
 * all.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "match/regexes.h"
#include "match/scan.h"
#include "regex_sets.h"
#include "step.h"

#define JIT_STACK_BYTES ((size_t)256 * 1024)
#define SET_SEED 1u

struct expressions {
    struct cm_span *texts;
    size_t text_count;
    const struct cm_rule_regex **rules;
    size_t count, cap;
    struct cm_regexes *ours;
    struct cm_regex_scratch *scratch;
    uint64_t *wanted;
    pcre2_code **codes;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static void run_ours(void *context, size_t unit, struct bench_tally *tally)
{
    struct expressions *x = context;
    const struct cm_folded turn = {.repaired = x->texts[unit]};
    struct cm_regex_found found;
    if (cm_regexes_find(x->ours, x->scratch, &turn, x->wanted, &found) != CM_OK)
        return;
    for (size_t i = 0; i < found.hit_count; i++) {
        if (i > 0 && found.hits[i].regex == found.hits[i - 1].regex)
            continue;
        tally->found++;
        tally->check += found.hits[i].regex;
    }
}

static void run_pcre2(void *context, size_t unit, struct bench_tally *tally)
{
    struct expressions *x = context;
    struct cm_span text = x->texts[unit];
    for (size_t i = 0; i < x->count; i++) {
        if (pcre2_jit_match(x->codes[i], (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NOTEMPTY, x->data, x->context) < 0)
            continue;
        tally->found++;
        tally->check += i;
    }
}

static void add_rule(struct expressions *x, const struct cm_rule_regex *rule)
{
    bench_must(cm_grow(&x->rules, &x->cap, x->count + 1, sizeof *x->rules) == CM_OK, "memory");
    x->rules[x->count++] = rule;
}

static void add_made_up(struct expressions *x, size_t count, struct cm_arena *arena)
{
    const char **set = bench_regex_set(x->texts, x->text_count, count, SET_SEED, arena);
    bench_must(set != NULL, "the archive is too small for so many expressions");
    for (size_t i = 0; i < count; i++) {
        struct cm_rule_regex *rule = cm_arena_calloc(arena, 1, sizeof *rule);
        bench_must(rule != NULL, "memory");
        *rule = (struct cm_rule_regex){.pattern = cm_span_of(set[i]), .place = {"set", (uint32_t)i + 1, 1, 1}};
        add_rule(x, rule);
    }
}

static void add_pack(struct expressions *x, const struct cm_ruleset *ruleset)
{
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        for (uint32_t j = 0; j < ruleset->cues[i].regex_count; j++)
            add_rule(x, &ruleset->cues[i].regexes[j]);
    bench_must(x->count > 0, "the pack has no expression");
}

static double compile_ours(struct expressions *x)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    double begin = bench_seconds();
    enum cm_status status = cm_regexes_new(x->rules, x->count, &diagnostics, &x->ours);
    double seconds = bench_seconds() - begin;
    if (status != CM_OK)
        cm_diagnostics_print(&diagnostics, stderr, false);
    bench_must(status == CM_OK && cm_regex_scratch_new(x->ours, &x->scratch) == CM_OK, "expressions");
    cm_diagnostics_free(&diagnostics);
    x->wanted = malloc(CM_REGEX_WORDS(x->count) * sizeof *x->wanted);
    bench_must(x->wanted != NULL, "memory");
    memset(x->wanted, 0xFF, CM_REGEX_WORDS(x->count) * sizeof *x->wanted);
    if (x->count % 64)
        x->wanted[x->count / 64] = (UINT64_C(1) << (x->count % 64)) - 1;
    return seconds;
}

static double compile_pcre2(struct expressions *x)
{
    double begin = bench_seconds();
    pcre2_jit_stack *stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK_BYTES, NULL);
    x->codes = calloc(x->count, sizeof(*x->codes));
    x->data = pcre2_match_data_create(1, NULL);
    x->context = pcre2_match_context_create(NULL);
    bench_must(x->codes && x->data && x->context && stack, "memory");
    pcre2_set_match_limit(x->context, CM_REGEX_MATCH_LIMIT);
    pcre2_set_depth_limit(x->context, CM_REGEX_DEPTH_LIMIT);
    pcre2_set_heap_limit(x->context, CM_REGEX_HEAP_LIMIT_KIB);
    pcre2_jit_stack_assign(x->context, NULL, stack);
    for (size_t i = 0; i < x->count; i++) {
        const struct cm_rule_regex *rule = x->rules[i];
        uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | (rule->case_sensitive ? 0 : PCRE2_CASELESS);
        int error;
        PCRE2_SIZE at;
        x->codes[i] = pcre2_compile((PCRE2_SPTR)rule->pattern.ptr, rule->pattern.len, options, &error, &at, NULL);
        bench_must(x->codes[i] && pcre2_jit_compile(x->codes[i], PCRE2_JIT_COMPLETE) == 0, "PCRE2 has no machine code for an expression");
    }
    return bench_seconds() - begin;
}

/* As folding repairs them: what expressions run on is valid UTF-8. */
static void repair_texts(struct expressions *x, const struct bench_texts *texts, const struct cm_lexicon *lexicon, struct cm_arena *arena)
{
    struct cm_folder *folder;
    bench_must(cm_folder_new(lexicon, &folder) == CM_OK, "memory");
    x->texts = texts->items;
    x->text_count = texts->count;
    for (size_t i = 0; i < texts->count; i++) {
        struct cm_folded folded;
        bench_must(cm_fold(folder, texts->items[i], &folded) == CM_OK, "folding");
        if (!folded.repaired_to_source)
            continue;
        x->texts[i] = cm_arena_copy(arena, folded.repaired);
        bench_must(x->texts[i].ptr != NULL, "memory");
    }
    cm_folder_free(folder);
}

void bench_step_regex(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step)
{
    static struct expressions x;
    const struct cm_packs *packs = bench_packs(options);
    struct bench_texts texts = bench_texts_of(archive, options->units);
    repair_texts(&x, &texts, packs->lexicon, &archive->arena);
    if (options->rules)
        add_made_up(&x, options->rules, &archive->arena);
    else
        add_pack(&x, packs->items[0].ruleset);
    double ours_s = compile_ours(&x), peer_s = compile_pcre2(&x);
    step->unit = "turn";
    step->found = "pairs";
    step->units = x.text_count;
    step->bytes = texts.bytes;
    bench_side_add(step, (struct bench_side){.name = "ours", .run = run_ours, .context = &x, .compile_s = ours_s});
    bench_side_add(step, (struct bench_side){.name = "PCRE2", .run = run_pcre2, .context = &x, .compile_s = peer_s});
}
