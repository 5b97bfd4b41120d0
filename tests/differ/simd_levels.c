/*
 * Every level of base/simd.h that this machine has, against the scalar twins: random and adversarial bytes, all lengths up
 * to 200 at all places of a register, each run at the very end of a page behind which nothing may be read or written.
 * A plain program of base alone, so that it also runs under an emulator (tests/lint/simd.sh).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/simd.h"

#ifndef CM_CASES_PART /* built without CMake: tests/lint/simd.sh */
#define CM_CASES_PART 1
#endif
#define LENGTH_MAX 200u
#define ROUNDS (400u / CM_CASES_PART)

static unsigned failures;
static uint64_t chance = 7;

#define CHECK(condition, ...)                                                                                                              \
    do {                                                                                                                                   \
        if (!(condition) && ++failures <= 20) {                                                                                            \
            printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);                                                                         \
            printf(__VA_ARGS__);                                                                                                           \
            putchar('\n');                                                                                                                 \
        }                                                                                                                                  \
    } while (0)

/* Vigna: xorshift64*. */
static uint32_t random_below(uint32_t limit)
{
    chance ^= chance >> 12;
    chance ^= chance << 25;
    chance ^= chance >> 27;
    return (uint32_t)((chance * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit;
}

/* Bytes on either side of every bound that an operation knows, and a few words. */
static char random_byte(void)
{
    static const char edges[] = "\"\\\x1F\x20\x21\x7F\x80\xFF\n\n  09/:AZ@[az`{aaab\0\xC3\xE2";
    return random_below(4) == 0 ? (char)random_below(256) : edges[random_below(sizeof edges - 1)];
}

static void fill(char *p, size_t len)
{
    char kind = (char)random_below(5), same = random_byte();
    for (size_t i = 0; i < len; i++) {
        char plain = (char)('a' + random_below(3));
        p[i] = kind == 0 ? random_byte() : kind == 1 ? same : kind == 2 && random_below(len) == 0 ? random_byte() : plain;
    }
}

/* Memory that ends where the next page may not be touched, and begins where the one before may not. */
struct fence {
    char *begin, *end;
};

static struct fence make_fence(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages, page, PROT_NONE) != 0 || mprotect(pages + 2 * page, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(1);
    }
    return (struct fence){pages + page, pages + 2 * page};
}

static void check_plain_end(const struct cm_simd_kernels *kernels, const char *name, const char *p, const char *end)
{
    const char *wanted = cm_simd_kernels_of(CM_SIMD_SCALAR)->plain_end(p, end), *got = kernels->plain_end(p, end);
    CHECK(got == wanted, "%s, %td bytes: %td instead of %td", name, end - p, got - p, wanted - p);
}

static void check_copy_ascii(const struct cm_simd_kernels *kernels, const char *name, const char *p, size_t len, struct fence out)
{
    bool ascii = true;
    for (size_t i = 0; i < len; i++)
        ascii = ascii && (unsigned char)p[i] < 0x80;
    memset(out.begin, 'x', LENGTH_MAX + 32);
    memset(out.end - LENGTH_MAX - 32, 'x', LENGTH_MAX + 32);
    char *to = random_below(2) ? out.begin : out.end - len;
    CHECK(kernels->copy_ascii(to, p, len) == ascii, "%s, %zu bytes", name, len);
    CHECK(memcmp(to, p, len) == 0, "%s, %zu bytes", name, len);
    CHECK(to == out.begin ? to[len] == 'x' : to[-1] == 'x', "%s, %zu bytes: more was written", name, len);
}

static void check_count(const struct cm_simd_kernels *kernels, const char *name, const char *p, const char *end)
{
    uint64_t wanted = 0, got = kernels->count_newlines(p, end);
    for (const char *at = p; at < end; at++)
        wanted += *at == '\n';
    CHECK(got == wanted, "%s, %td bytes: %llu instead of %llu", name, end - p, (unsigned long long)got, (unsigned long long)wanted);
}

/* Sets of runs and single bytes, and what they find in the run, behind which there is no more than that. */
static void check_grams(const struct cm_simd_kernels *kernels, const char *name, const char *p, size_t len)
{
    struct cm_simd_grams grams = {.byte = {{0}}};
    uint64_t got[LENGTH_MAX / 64 + 1], wanted[LENGTH_MAX / 64 + 1];
    for (unsigned i = random_below(30); i > 0; i--)
        cm_simd_grams_add(&grams, random_below(CM_SIMD_GRAM_BYTES + 1), random_below(CM_SIMD_GRAM_SETS), random_byte());
    cm_simd_grams_finish(&grams);
    memset(got, 0x55, sizeof got);
    memset(wanted, 0xAA, sizeof wanted);
    bool ascii = kernels->find_grams(&grams, p, len, got);
    CHECK(ascii == cm_simd_kernels_of(CM_SIMD_SCALAR)->find_grams(&grams, p, len, wanted), "%s, %zu bytes", name, len);
    CHECK(memcmp(got, wanted, (len + 63) / 64 * sizeof *got) == 0, "%s, %zu bytes", name, len);
}

/* Nothing that was added is missed. */
static void check_grams_added(const struct cm_simd_kernels *kernels, const char *name)
{
    char text[64];
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct cm_simd_grams grams = {.byte = {{0}}};
        fill(text, sizeof text);
        uint32_t at = random_below(sizeof text - CM_SIMD_GRAM_BYTES + 1), one = random_below(sizeof text),
                 set = random_below(CM_SIMD_GRAM_SETS);
        for (unsigned k = 0; k < CM_SIMD_GRAM_BYTES; k++)
            cm_simd_grams_add(&grams, k, set, text[at + k]);
        cm_simd_grams_add(&grams, CM_SIMD_GRAM_BYTES, random_below(CM_SIMD_GRAM_SETS), text[one]);
        cm_simd_grams_finish(&grams);
        uint64_t places = 0;
        kernels->find_grams(&grams, text, sizeof text, &places);
        CHECK(places >> at & 1 && places >> one & 1, "%s", name);
    }
}

static void check_kernels(const struct cm_simd_kernels *kernels, const char *name)
{
    struct fence fence = make_fence(), out = make_fence();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t len = 0; len <= LENGTH_MAX; len++) {
            /* the end of the page, its beginning, and all places of a register */
            char *p = round % 3 == 0 ? fence.end - len : round % 3 == 1 ? fence.begin : fence.begin + 64 + round % 64;
            fill(p, len);
            check_plain_end(kernels, name, p, p + len);
            check_copy_ascii(kernels, name, p, len, out);
            check_count(kernels, name, p, p + len);
            check_grams(kernels, name, p, len);
        }
    }
    check_grams_added(kernels, name);
    /* one byte that matters, at every place of every length */
    static const char odd[] = {'"', '\\', 0x1F, 0, '\n', (char)0x80, (char)0xFF, ' ', 0x7F};
    for (size_t len = 1; len <= LENGTH_MAX; len++) {
        char *p = fence.end - len;
        memset(p, 'a', len);
        for (size_t at = 0; at < len; at++) {
            for (size_t i = 0; i < sizeof odd; i++) {
                p[at] = odd[i];
                check_plain_end(kernels, name, p, p + len);
                check_copy_ascii(kernels, name, p, len, out);
                check_count(kernels, name, p, p + len);
            }
            p[at] = 'a';
        }
    }
    /* sums that a byte does not hold */
    size_t large = 128 * 300 + 17;
    char *lines = malloc(large);
    if (!lines)
        exit(1);
    memset(lines, '\n', large);
    check_count(kernels, name, lines, lines + large);
    free(lines);
}

static void check_word(const char *p)
{
    char wanted_out[16] = {0}, out[16];
    struct cm_simd_word wanted = cm_simd_word_scalar(p, wanted_out), got = cm_simd_word(p, out);
    CHECK(got.len == wanted.len && got.gap == wanted.gap, "%.16s: %u, %u", p, got.len, got.gap);
    CHECK(got.lower.low == wanted.lower.low && got.lower.high == wanted.lower.high, "%.16s", p);
    CHECK(memcmp(out, wanted_out, wanted.len) == 0, "%.16s", p);
    CHECK(got.special || !wanted.special, "%.16s", p);
    /* where only other bytes stand behind the word, nothing there can be taken for a run */
    char alone[16];
    memset(alone, ' ', sizeof alone);
    memcpy(alone, p, wanted.len);
    wanted = cm_simd_word_scalar(alone, wanted_out);
    got = cm_simd_word(alone, out);
    CHECK(!got.special == !wanted.special, "%.16s alone", p);
}

/* groups: count times eight values, and as many with marks between them. */
static void check_groups(uint16_t *groups, uint32_t count)
{
    static const uint16_t edges[] = {0, 1, 0x7FFF, 0x8000, 0xFFFF};
    for (uint32_t i = 0; i < 2 * count * CM_SIMD_GROUP_VALUES; i++)
        groups[i] = random_below(3) ? (uint16_t)random_below(6) : edges[random_below(5)];
    for (uint16_t wanted = 0; wanted < 11; wanted++) {
        uint16_t key = wanted < 6 ? wanted : edges[wanted - 6];
        uint32_t marks = cm_simd_marks(groups, count, key), marks_wanted = cm_simd_marks_scalar(groups, count, key);
        uint64_t places = cm_simd_places(groups, count, key), places_wanted = cm_simd_places_scalar(groups, count, key);
        CHECK(marks == marks_wanted, "%u groups, %u: %x instead of %x", count, key, marks, marks_wanted);
        CHECK(places == places_wanted, "%u groups, %u", count, key);
    }
}

/* Each block stands at the very end of a page. */
static void check_blocks(void)
{
    struct fence a = make_fence(), b = make_fence();
    char *p = a.end - CM_SIMD_BLOCK_BYTES, *q = b.end - CM_SIMD_BLOCK_BYTES;
    for (unsigned round = 0; round < 200 * ROUNDS; round++) {
        fill(p, CM_SIMD_BLOCK_BYTES);
        memcpy(q, p, CM_SIMD_BLOCK_BYTES);
        CHECK(cm_simd_shared(p, q) == 16, "equal blocks");
        uint32_t at = random_below(16);
        q[at] ^= (char)(1u << random_below(8));
        CHECK(cm_simd_shared(p, q) == at && cm_simd_shared_scalar(p, q) == at, "%u", at);
        CHECK(cm_simd_differing(p, q) == 1u << at && cm_simd_differing_scalar(p, q) == 1u << at, "%u", at);
        fill(q, CM_SIMD_BLOCK_BYTES);
        CHECK(cm_simd_differing(p, q) == cm_simd_differing_scalar(p, q), "%.16s and %.16s", p, q);
        CHECK(cm_simd_plain(p) == cm_simd_plain_scalar(p), "%.16s", p);
        check_word(p);
        uint32_t len = random_below(17);
        struct cm_simd_halves got = cm_simd_head(p, len), wanted = cm_simd_head_scalar(p, len);
        CHECK(got.low == wanted.low && got.high == wanted.high, "%u bytes", len);
        uint16_t key = (uint16_t)random_below(UINT16_MAX + 1u);
        CHECK(cm_simd_before((const uint8_t *)p, key) == cm_simd_before_scalar((const uint8_t *)p, key), "%.16s, %u", p, key);
        uint32_t count = random_below(9);
        check_groups((uint16_t *)(void *)(a.end - count * 4 * CM_SIMD_GROUP_VALUES), count);
        char *text = a.end - CM_SIMD_STOPS_BYTES;
        fill(text, CM_SIMD_STOPS_BYTES);
        CHECK(cm_simd_stops(text) == cm_simd_stops_scalar(text), "%.64s", text);
    }
}

/* What a name of a level does. */
static void check_choice(void)
{
    const struct cm_simd_kernels *before = cm_simd;
    CHECK(cm_simd == cm_simd_kernels_of(CM_SIMD_BLOCKS) && cm_simd_level() == CM_SIMD_BLOCKS, "before the choice");
    CHECK(cm_simd_use("sse9") == CM_EUSAGE && cm_simd == before, "an unknown level");
    for (unsigned i = 0; i < CM_SIMD_LEVEL_COUNT; i++) {
        enum cm_simd_level level = (enum cm_simd_level)i;
        enum cm_status status = cm_simd_use(cm_simd_name(level));
        CHECK((status == CM_OK) == cm_simd_supported(level), "%s", cm_simd_name(level));
        CHECK(status != CM_OK || (cm_simd_level() == level && cm_simd == cm_simd_kernels_of(level)), "%s", cm_simd_name(level));
    }
    CHECK(cm_simd_use(NULL) == CM_OK && cm_simd_use("") == CM_OK, "the best level");
    for (unsigned i = cm_simd_level() + 1u; i < CM_SIMD_LEVEL_COUNT; i++)
        CHECK(!cm_simd_supported((enum cm_simd_level)i), "%s is better", cm_simd_name((enum cm_simd_level)i));
}

int main(void)
{
    check_choice();
    check_blocks();
    printf("blocks: %s; kernels:", cm_simd_name(CM_SIMD_BLOCKS));
    for (unsigned i = 0; i < CM_SIMD_LEVEL_COUNT; i++) {
        enum cm_simd_level level = (enum cm_simd_level)i;
        if (!cm_simd_supported(level))
            continue;
        check_kernels(cm_simd_kernels_of(level), cm_simd_name(level));
        printf(" %s", cm_simd_name(level));
    }
    printf("\n%u failures\n", failures);
    return failures != 0;
}
