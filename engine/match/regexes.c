#define PCRE2_CODE_UNIT_WIDTH 8
#include "match/regexes.h"

#include <pcre2.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/simd.h"
#include "base/utf8.h"
#include "match/literals.h"
#include "match/scan.h"

/* Literals are found by three of their bytes: a bit for each value of a hash of them. 8 KiB stay in the first-level cache. */
#define GRAM_BYTES CM_SIMD_GRAM_BYTES
#define GRAM_BITS 16u
#define GRAM_BUCKET_BITS 12u
/* Distinct sets of signs that expressions require: a bit each. Of those beyond nothing is required. */
#define SIGN_SETS_MAX 31u
/* A JIT stack grows from the first to the second; beyond it is a limit like the others. */
#define JIT_STACK_MIN_BYTES ((size_t)16 * 1024)
#define JIT_STACK_MAX_BYTES ((size_t)CM_REGEX_HEAP_LIMIT_KIB * 1024)

/* A literal and where the three bytes stand in it by which it is found. */
struct literal {
    struct cm_span bytes;
    uint32_t regex;
    uint32_t next; /* in the same bucket, plus 1; 0: none */
    uint32_t gram;
    uint32_t gram_at;
};

struct cm_regexes {
    pcre2_code **codes;
    bool *jit;        /* has machine code */
    uint64_t *always; /* a bit each: requires no literal */
    uint32_t *signs;  /* the bit of the set of which it requires a sign; 0: none */
    bool interpreted; /* one at least runs without JIT: told once */
    size_t count;
    struct literal *literals;
    size_t literal_count, literal_cap;
    struct cm_simd_grams *grams; /* where a literal's three bytes or a sign may stand; of either case */
    uint8_t *filter;
    uint32_t *buckets; /* literal plus 1 */
    uint64_t sign_sets[SIGN_SETS_MAX][2];
    uint32_t sign_set_count;
    uint32_t sets_of[256]; /* by byte: the sets that it is in */
    struct cm_arena arena;
};

struct cm_regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    char *plain;        /* of text with odd letters: with plain ones */
    uint64_t *places;   /* a bit each byte of the text: grams may begin there */
    uint64_t *possible; /* a bit each: its literals do not speak against it */
    uint32_t signs;     /* sets of which the text has a sign */
    struct cm_regex_hit *hits;
    uint32_t *faults;
    size_t plain_cap, place_cap, hit_cap, hit_count, fault_cap, fault_count;
};

/* ---- the image ---- */

static uint32_t gram_hash(uint32_t gram)
{
    return gram * 0x9E3779B1u;
}

/* Three bytes, alike whatever the case of letters; other bytes may be alike, too. */
static inline uint32_t load_gram(const char *p)
{
    return ((uint32_t)(unsigned char)p[0] | (uint32_t)(unsigned char)p[1] << 8 | (uint32_t)(unsigned char)p[2] << 16) | 0x202020;
}

static inline char lower_of(char c)
{
    return (char)(c + ((unsigned)((unsigned char)c - 'A') < 26u ? 32 : 0));
}

/* How common a letter is, roughly: the rank in a list from the most common on. */
static size_t rarity(char c)
{
    static const char common[] = " etaoinsrhldcumfpgwybvkxjqz";
    const char *at = c ? strchr(common, c) : NULL;
    return at ? (size_t)(at - common) : sizeof(common);
}

static enum cm_status add_literal(struct cm_regexes *regexes, struct cm_span bytes, uint32_t regex)
{
    enum cm_status status = cm_grow(&regexes->literals, &regexes->literal_cap, regexes->literal_count + 1, sizeof(*regexes->literals));
    if (status != CM_OK)
        return status;
    size_t best = 0, best_rarity = 0;
    for (size_t i = 0; i + GRAM_BYTES <= bytes.len; i++) {
        size_t sum = rarity(bytes.ptr[i]) + rarity(bytes.ptr[i + 1]) + rarity(bytes.ptr[i + 2]);
        best = sum > best_rarity ? i : best;
        best_rarity = sum > best_rarity ? sum : best_rarity;
    }
    uint32_t gram = load_gram(bytes.ptr + best), hash = gram_hash(gram);
    uint32_t *bucket = &regexes->buckets[hash >> (32 - GRAM_BUCKET_BITS)];
    regexes->literals[regexes->literal_count++] = (struct literal){bytes, regex, *bucket, gram, (uint32_t)best};
    *bucket = (uint32_t)regexes->literal_count;
    uint32_t bit = hash >> (32 - GRAM_BITS);
    regexes->filter[bit / 8] |= (uint8_t)(1u << (bit % 8));
    return CM_OK;
}

static void add_signs(struct cm_regexes *regexes, const uint64_t signs[2], uint32_t regex)
{
    uint32_t set = 0;
    while (set < regexes->sign_set_count && memcmp(regexes->sign_sets[set], signs, sizeof(regexes->sign_sets[set])) != 0)
        set++;
    if (set == SIGN_SETS_MAX || !(signs[0] | signs[1]))
        return;
    if (set == regexes->sign_set_count)
        memcpy(regexes->sign_sets[regexes->sign_set_count++], signs, sizeof(regexes->sign_sets[set]));
    for (unsigned byte = 0; byte < 128; byte++)
        if (signs[byte >> 6] >> (byte & 63) & 1)
            regexes->sets_of[byte] |= 1u << set;
    regexes->signs[regex] = 1u << set;
}

static int compare_runs(const void *a, const void *b)
{
    return memcmp(a, b, GRAM_BYTES);
}

static void add_gram_byte(struct cm_simd_grams *grams, unsigned k, unsigned set, char byte)
{
    cm_simd_grams_add(grams, k, set, byte);
    if (byte >= 'a' && byte <= 'z')
        cm_simd_grams_add(grams, k, set, (char)(byte - 32));
}

/* Runs that begin alike share a set, so that each set has few first bytes. */
static enum cm_status make_grams(struct cm_regexes *regexes)
{
    size_t count = 0;
    char(*runs)[GRAM_BYTES] = calloc(regexes->literal_count + 1, sizeof(*runs));
    regexes->grams = calloc(1, sizeof(*regexes->grams));
    if (!runs || !regexes->grams) {
        free(runs);
        return CM_ENOMEM;
    }
    for (size_t i = 0; i < regexes->literal_count; i++)
        memcpy(runs[i], regexes->literals[i].bytes.ptr + regexes->literals[i].gram_at, sizeof(runs[i]));
    qsort(runs, regexes->literal_count, sizeof(*runs), compare_runs);
    for (size_t i = 0; i < regexes->literal_count; i++)
        if (i == 0 || compare_runs(runs[i], runs[count - 1]) != 0)
            memmove(runs[count++], runs[i], sizeof(runs[i]));
    for (size_t i = 0; i < count; i++)
        for (unsigned k = 0; k < GRAM_BYTES; k++)
            add_gram_byte(regexes->grams, k, (unsigned)(i * CM_SIMD_GRAM_SETS / count), runs[i][k]);
    for (unsigned byte = 0; byte < 128; byte++)
        if (regexes->sets_of[byte])
            cm_simd_grams_add(regexes->grams, CM_SIMD_GRAM_BYTES, byte >> 4, (char)byte);
    cm_simd_grams_finish(regexes->grams);
    free(runs);
    return CM_OK;
}

static void tell_fault(const struct cm_rule_regex *rule, int error, size_t at, struct cm_diagnostics *diagnostics)
{
    PCRE2_UCHAR message[256];
    struct cm_place place = rule->place;
    if (pcre2_get_error_message(error, message, sizeof(message)) < 0)
        message[0] = '\0';
    for (size_t i = 0; i < at && i < rule->pattern.len; i++)
        place.column += ((unsigned char)rule->pattern.ptr[i] & 0xC0) != 0x80;
    place.width = 1;
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "regex-syntax", place, NULL, "%s", (const char *)message);
}

/*
 * Machine code, or the interpreter where there is none: JIT is not built in, the system gives no executable memory (both are errors of
 * their own kind, PCRE2_ERROR_NOMEMORY among them), or the pattern holds what JIT does not know. Matches are the same; but the
 * interpreter counts its steps towards the limits in another way, so which turns are faults may differ from one machine to the next.
 */
static void compile_jit(struct cm_regexes *regexes, uint32_t regex, const struct cm_rule_regex *rule, struct cm_diagnostics *diagnostics)
{
    regexes->jit[regex] = pcre2_jit_compile(regexes->codes[regex], PCRE2_JIT_COMPLETE) == 0;
    if (regexes->jit[regex] || regexes->interpreted)
        return;
    uint32_t built_in = 0;
    bool none = pcre2_config(PCRE2_CONFIG_JIT, &built_in) < 0 || !built_in;
    regexes->interpreted = true;
    cm_diagnostics_add(diagnostics, CM_SEVERITY_WARNING, "regex-no-jit", rule->place,
                       "it is slower, and which turns it cannot decide may differ from other machines",
                       none ? "PCRE2 has no JIT compiler here: expressions are interpreted"
                            : "the JIT compiler does not take this expression: it is interpreted");
}

static enum cm_status compile(struct cm_regexes *regexes, const struct cm_rule_regex *rule, uint32_t regex,
                              struct cm_diagnostics *diagnostics)
{
    int error;
    PCRE2_SIZE at;
    /* \C is half a character: no offset of it could be quoted */
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | (rule->case_sensitive ? 0 : PCRE2_CASELESS);
    struct cm_literals literals;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)rule->pattern.ptr, rule->pattern.len, options, &error, &at, NULL);
    if (!code && error == PCRE2_ERROR_HEAP_FAILED)
        return CM_ENOMEM;
    if (!code) {
        tell_fault(rule, error, at, diagnostics);
        return CM_ERULES;
    }
    regexes->codes[regex] = code;
    compile_jit(regexes, regex, rule, diagnostics);
    enum cm_status status = cm_literals_required(rule->pattern, &regexes->arena, &literals);
    add_signs(regexes, literals.signs, regex);
    if (literals.count == 0)
        regexes->always[regex / 64] |= UINT64_C(1) << (regex % 64);
    for (uint32_t i = 0; i < literals.count && status == CM_OK; i++)
        status = add_literal(regexes, literals.items[i], regex);
    return status;
}

enum cm_status cm_regexes_new(const struct cm_rule_regex *const *rules, size_t count, struct cm_diagnostics *diagnostics,
                              struct cm_regexes **out)
{
    *out = NULL;
    struct cm_regexes *regexes = calloc(1, sizeof(*regexes));
    if (!regexes)
        return CM_ENOMEM;
    enum cm_status status = count < UINT32_MAX ? CM_OK : CM_ELIMIT;
    regexes->count = count;
    regexes->codes = calloc(count + 1, sizeof(*regexes->codes));
    regexes->jit = calloc(count + 1, sizeof(*regexes->jit));
    regexes->always = calloc(CM_REGEX_WORDS(count) + 1, sizeof(*regexes->always));
    regexes->signs = calloc(count + 1, sizeof(*regexes->signs));
    regexes->filter = calloc((1u << GRAM_BITS) / 8, sizeof(*regexes->filter));
    regexes->buckets = calloc(1u << GRAM_BUCKET_BITS, sizeof(*regexes->buckets));
    if (!regexes->codes || !regexes->jit || !regexes->always || !regexes->signs || !regexes->filter || !regexes->buckets)
        status = CM_ENOMEM;
    for (size_t i = 0; i < count && (status == CM_OK || status == CM_ERULES); i++) {
        enum cm_status one = compile(regexes, rules[i], (uint32_t)i, diagnostics);
        status = one == CM_OK ? status : one;
    }
    if (status == CM_OK)
        status = make_grams(regexes);
    if (status != CM_OK) {
        cm_regexes_free(regexes);
        return status;
    }
    *out = regexes;
    return CM_OK;
}

void cm_regexes_free(struct cm_regexes *regexes)
{
    if (!regexes)
        return;
    for (size_t i = 0; regexes->codes && i < regexes->count; i++)
        pcre2_code_free(regexes->codes[i]);
    free(regexes->codes);
    free(regexes->jit);
    free(regexes->always);
    free(regexes->signs);
    free(regexes->literals);
    free(regexes->grams);
    free(regexes->filter);
    free(regexes->buckets);
    cm_arena_free(&regexes->arena);
    free(regexes);
}

size_t cm_regexes_unfiltered(const struct cm_regexes *regexes)
{
    size_t count = 0;
    for (size_t i = 0; i < regexes->count; i++)
        count += (regexes->always[i / 64] >> (i % 64) & 1) && !regexes->signs[i];
    return count;
}

/* ---- scratch ---- */

enum cm_status cm_regex_scratch_new(const struct cm_regexes *regexes, struct cm_regex_scratch **out)
{
    *out = NULL;
    struct cm_regex_scratch *scratch = calloc(1, sizeof(*scratch));
    if (!scratch)
        return CM_ENOMEM;
    scratch->possible = calloc(CM_REGEX_WORDS(regexes->count) + 1, sizeof(*scratch->possible));
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(JIT_STACK_MIN_BYTES, JIT_STACK_MAX_BYTES, NULL);
    if (!scratch->possible || !scratch->data || !scratch->context || !scratch->stack) {
        cm_regex_scratch_free(scratch);
        return CM_ENOMEM;
    }
    pcre2_set_match_limit(scratch->context, CM_REGEX_MATCH_LIMIT);
    pcre2_set_depth_limit(scratch->context, CM_REGEX_DEPTH_LIMIT);
    pcre2_set_heap_limit(scratch->context, CM_REGEX_HEAP_LIMIT_KIB);
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    *out = scratch;
    return CM_OK;
}

void cm_regex_scratch_free(struct cm_regex_scratch *scratch)
{
    if (!scratch)
        return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    free(scratch->plain);
    free(scratch->places);
    free(scratch->possible);
    free(scratch->hits);
    free(scratch->faults);
    free(scratch);
}

/* ---- the prefilter ---- */

/* The two characters beyond ASCII that PCRE2 holds equal to ASCII letters. */
#define KELVIN CM_SPAN("\xE2\x84\xAA")
#define LONG_S CM_SPAN("\xC5\xBF")

static bool has_odd_letters(struct cm_span text)
{
    return memmem(text.ptr, text.len, KELVIN.ptr, KELVIN.len) || memmem(text.ptr, text.len, LONG_S.ptr, LONG_S.len);
}

/* With the letters that they are equal to. Returns the length. */
static size_t replace_odd_letters(struct cm_span text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct cm_span rest = {text.ptr + i, text.len - i};
        bool kelvin = cm_span_starts_with(rest, KELVIN), long_s = cm_span_starts_with(rest, LONG_S);
        out[len++] = kelvin ? 'k' : long_s ? 's' : text.ptr[i];
        i += kelvin ? KELVIN.len - 1 : long_s ? LONG_S.len - 1 : 0;
    }
    return len;
}

static bool stands_at(const char *p, struct cm_span literal)
{
    for (size_t i = 0; i < literal.len; i++)
        if (lower_of(p[i]) != literal.ptr[i])
            return false;
    return true;
}

/* The literals that have this gram where it stands in the text. */
static void note_literals(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, struct cm_span text, size_t at, uint32_t gram)
{
    for (uint32_t i = regexes->buckets[gram_hash(gram) >> (32 - GRAM_BUCKET_BITS)]; i != 0; i = regexes->literals[i - 1].next) {
        const struct literal *literal = &regexes->literals[i - 1];
        if (literal->gram != gram || literal->gram_at > at || literal->bytes.len > text.len - (at - literal->gram_at))
            continue;
        if (stands_at(text.ptr + at - literal->gram_at, literal->bytes))
            scratch->possible[literal->regex / 64] |= UINT64_C(1) << (literal->regex % 64);
    }
}

/* What stands at a place where something may: a sign, a literal, or nothing after all. */
static inline void look_at(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, struct cm_span text, size_t at)
{
    scratch->signs |= regexes->sets_of[(unsigned char)text.ptr[at]];
    if (text.len - at < GRAM_BYTES)
        return;
    uint32_t gram = load_gram(text.ptr + at), bit = gram_hash(gram) >> (32 - GRAM_BITS);
    if (regexes->filter[bit / 8] >> (bit % 8) & 1)
        note_literals(regexes, scratch, text, at, gram);
}

static enum cm_status find_literals(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, struct cm_span text)
{
    memcpy(scratch->possible, regexes->always, CM_REGEX_WORDS(regexes->count) * sizeof(*scratch->possible));
    enum cm_status status = cm_grow(&scratch->places, &scratch->place_cap, text.len / 64 + 1, sizeof(*scratch->places));
    if (status == CM_OK && !cm_simd->find_grams(regexes->grams, text.ptr, text.len, scratch->places) && has_odd_letters(text)) {
        status = cm_grow(&scratch->plain, &scratch->plain_cap, text.len, 1);
        if (status == CM_OK) {
            text = (struct cm_span){scratch->plain, replace_odd_letters(text, scratch->plain)};
            cm_simd->find_grams(regexes->grams, text.ptr, text.len, scratch->places);
        }
    }
    if (status != CM_OK)
        return status;
    scratch->signs = 0;
    for (size_t word = 0; word * 64 < text.len; word++)
        for (uint64_t rest = scratch->places[word]; rest != 0; rest &= rest - 1)
            look_at(regexes, scratch, text, word * 64 + (size_t)__builtin_ctzll(rest));
    return CM_OK;
}

/* ---- matching ---- */

static uint32_t source_offset(const struct cm_folded *turn, size_t repaired)
{
    return turn->repaired_to_source ? turn->repaired_to_source[repaired] : (uint32_t)repaired;
}

static enum cm_status add_fault(struct cm_regex_scratch *scratch, uint32_t regex)
{
    enum cm_status status = cm_grow(&scratch->faults, &scratch->fault_cap, scratch->fault_count + 1, sizeof(*scratch->faults));
    if (status == CM_OK)
        scratch->faults[scratch->fault_count++] = regex;
    return status;
}

/* The text is valid: it has been repaired. Machine code is called directly, as pcre2_match would after checks that tell nothing here. */
static inline int run(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, struct cm_span text, size_t at, uint32_t regex)
{
    const pcre2_code *code = regexes->codes[regex];
    PCRE2_SPTR bytes = (PCRE2_SPTR)text.ptr;
    if (regexes->jit[regex])
        return pcre2_jit_match(code, bytes, text.len, at, PCRE2_NOTEMPTY, scratch->data, scratch->context);
    return pcre2_match(code, bytes, text.len, at, PCRE2_NOTEMPTY | PCRE2_NO_UTF_CHECK, scratch->data, scratch->context);
}

static enum cm_status match(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, const struct cm_folded *turn,
                            uint32_t regex)
{
    const PCRE2_SIZE *span = pcre2_get_ovector_pointer(scratch->data);
    struct cm_span text = turn->repaired;
    for (size_t at = 0; at < text.len;) {
        int found = run(regexes, scratch, text, at, regex);
        if (found == PCRE2_ERROR_NOMATCH)
            return CM_OK;
        if (found < 0)
            return found == PCRE2_ERROR_NOMEMORY ? CM_ENOMEM : add_fault(scratch, regex);
        enum cm_status status = cm_grow(&scratch->hits, &scratch->hit_cap, scratch->hit_count + 1, sizeof(*scratch->hits));
        if (status != CM_OK)
            return status;
        /* \K in a lookahead can put the start behind the end: no text, no hit */
        if (span[0] < span[1])
            scratch->hits[scratch->hit_count++] = (struct cm_regex_hit){regex, source_offset(turn, span[0]), source_offset(turn, span[1])};
        at = span[1] > at ? span[1] : at + 1;
        while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
            at++;
    }
    return CM_OK;
}

/* A regex that the prefilter lets through. */
static enum cm_status match_timed(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, const struct cm_folded *turn,
                                  uint32_t regex, struct cm_profile *profile)
{
    struct cm_tally *tally = &profile->regexes[regex];
    size_t hits = scratch->hit_count, faults = scratch->fault_count;
    uint64_t from = cm_profile_now();
    enum cm_status status = match(regexes, scratch, turn, regex);
    cm_profile_run(profile, tally, from, scratch->hit_count > hits);
    tally->candidates++;
    tally->hits += scratch->hit_count - hits;
    tally->faults += scratch->fault_count - faults;
    return status;
}

/* Compiled twice, as cm_hits_gather is. */
static inline __attribute__((always_inline)) enum cm_status find(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch,
                                                                 const struct cm_folded *turn, const uint64_t *wanted,
                                                                 struct cm_profile *profile, struct cm_regex_found *out)
{
    scratch->hit_count = scratch->fault_count = 0;
    *out = (struct cm_regex_found){0};
    if (regexes->count == 0 || turn->repaired.len == 0)
        return CM_OK;
    uint64_t from = cm_profile_start(profile);
    enum cm_status status = find_literals(regexes, scratch, turn->repaired);
    cm_profile_step(profile, CM_STAGE_LITERALS, from);
    for (size_t word = 0; word < CM_REGEX_WORDS(regexes->count) && status == CM_OK; word++)
        for (uint64_t rest = wanted[word] & scratch->possible[word]; rest && status == CM_OK; rest &= rest - 1) {
            uint32_t regex = (uint32_t)word * 64 + (uint32_t)__builtin_ctzll(rest);
            if (regexes->signs[regex] & ~scratch->signs)
                continue;
            status = profile ? match_timed(regexes, scratch, turn, regex, profile) : match(regexes, scratch, turn, regex);
        }
    *out = (struct cm_regex_found){scratch->hits, scratch->hit_count, scratch->faults, scratch->fault_count};
    return status;
}

enum cm_status cm_regexes_find(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, const struct cm_folded *turn,
                               const uint64_t *wanted, struct cm_regex_found *out)
{
    return find(regexes, scratch, turn, wanted, NULL, out);
}

enum cm_status cm_regexes_find_timed(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, const struct cm_folded *turn,
                                     const uint64_t *wanted, struct cm_profile *profile, struct cm_regex_found *out)
{
    return find(regexes, scratch, turn, wanted, profile, out);
}
