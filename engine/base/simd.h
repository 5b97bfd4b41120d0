/*
 * simd: what looks at many bytes at once, behind one interface.
 *
 * Two kinds. *Kernels* go over runs of bytes, long enough to be worth a call
 * through a pointer: they are chosen when the program starts (cm_simd_use),
 * by what the machine can do or what CAREMETER_SIMD says. *Blocks* are a few
 * instructions in the middle of a hot loop: they are inlined, of the level that
 * every machine of the architecture has: SSE2 on x86-64, NEON on aarch64, scalar
 * else or where CM_SIMD_SCALAR_BLOCKS is defined.
 *
 * What AVX2 gains is little where a turn has 58 bytes: of 3,017 instructions a
 * decode 26, of 34 a copy 8. Nobody loses by it, and long turns gain more.
 *
 * Every operation has a scalar twin, which says what it means (simd_scalar.h),
 * and all levels give equal results on all inputs: tests/differ/simd_levels.c.
 *
 * Any thread, after the choice; the choice is made before there are threads.
 */
#ifndef CM_BASE_SIMD_H
#define CM_BASE_SIMD_H

#include "base/simd_neon.h"
#include "base/simd_scalar.h"
#include "base/simd_sse2.h"
#include "base/status.h"

/* From the one that is everywhere to the best. avx2: with BMI 1 and 2, as all of these machines have. */
#define CM_SIMD_LEVELS(X)                                                                                                                  \
    X(SCALAR, scalar)                                                                                                                      \
    X(SSE2, sse2)                                                                                                                          \
    X(AVX2, avx2)                                                                                                                          \
    X(NEON, neon)

enum cm_simd_level {
#define X(name, word) CM_SIMD_##name,
    CM_SIMD_LEVELS(X)
#undef X
        CM_SIMD_LEVEL_COUNT
};

/* Kernels. Runs may be empty; no byte outside of them is read or written. */
struct cm_simd_kernels {
    /* The first byte that may not stand in a JSON string as it is: quote, backslash, below 0x20. end: there is none. */
    const char *(*plain_end)(const char *p, const char *end);
    /* Copies len bytes to where none of them is; whether all are ASCII. */
    bool (*copy_ascii)(char *out, const char *from, size_t len);
    uint64_t (*count_newlines)(const char *p, const char *end);
    /*
     * Bit i of places[i / 64], of which every bit is written: at p + i a run of grams may begin, or a single byte stands that may be one.
     * Behind the len bytes zeros are taken to stand. Whether all are ASCII.
     */
    bool (*find_grams)(const struct cm_simd_grams *grams, const char *p, size_t len, uint64_t *places);
};

/* Those of the level in use; before cm_simd_use those of the blocks. */
extern const struct cm_simd_kernels *cm_simd;

/* ---- The choice */

/* The best level of this machine, for name NULL or "", else the level of that name. CM_EUSAGE: there is none, or not here; all stays. */
enum cm_status cm_simd_use(const char *name) CM_MUST_CHECK;
/* The level in use. */
enum cm_simd_level cm_simd_level(void);
const char *cm_simd_name(enum cm_simd_level level);
/* This build and this machine can. */
bool cm_simd_supported(enum cm_simd_level level);
/* NULL where it is not supported. */
const struct cm_simd_kernels *cm_simd_kernels_of(enum cm_simd_level level);

/* ---- Grams */

/* Byte number k of a run of a set, below CM_SIMD_GRAM_SETS; k = CM_SIMD_GRAM_BYTES: a single byte. Start from zeros; then finish. */
void cm_simd_grams_add(struct cm_simd_grams *grams, unsigned k, unsigned set, char byte);
void cm_simd_grams_finish(struct cm_simd_grams *grams);

/* ---- Blocks: 16 bytes are read whatever they hold, but by the scalar twins, which may read fewer */

#if CM_SIMD_HAS_SSE2 && !defined(CM_SIMD_SCALAR_BLOCKS)
#define CM_SIMD_BLOCKS CM_SIMD_SSE2
#define CM_SIMD_BLOCK(operation) cm_simd_##operation##_sse2
#elif CM_SIMD_HAS_NEON && !defined(CM_SIMD_SCALAR_BLOCKS)
#define CM_SIMD_BLOCKS CM_SIMD_NEON
#define CM_SIMD_BLOCK(operation) cm_simd_##operation##_neon
#else
#define CM_SIMD_BLOCKS CM_SIMD_SCALAR
#define CM_SIMD_BLOCK(operation) cm_simd_##operation##_scalar
#endif

/* How many bytes at the start of two blocks are equal: 0 to 16. */
static inline uint32_t cm_simd_shared(const char *a, const char *b)
{
    return CM_SIMD_BLOCK(shared)(a, b);
}

/* A bit for each byte in which two blocks differ. */
static inline uint32_t cm_simd_differing(const char *a, const char *b)
{
    return CM_SIMD_BLOCK(differing)(a, b);
}

/* How many bytes at the start of a block may stand in a JSON string as they are: 0 to 16. */
static inline uint32_t cm_simd_plain(const char *p)
{
    return CM_SIMD_BLOCK(plain)(p);
}

/* Each group is eight 16-bit values, then a mark for each of them: the marks of all values that are wanted, or-ed. */
static inline uint32_t cm_simd_marks(const void *groups, uint32_t count, uint16_t wanted)
{
    return CM_SIMD_BLOCK(marks)(groups, count, wanted);
}

/* Each of up to eight groups is eight 16-bit values: a bit for each that is wanted, the first one lowest. */
static inline uint64_t cm_simd_places(const void *groups, uint32_t count, uint16_t wanted)
{
    return CM_SIMD_BLOCK(places)(groups, count, wanted);
}

/* Bit j of follow[i] says that number i + 1 + j may come behind number i, of 16: those behind which one that is wanted may come. */
static inline uint32_t cm_simd_before(const uint8_t *follow, uint16_t wanted)
{
    return CM_SIMD_BLOCK(before)(follow, wanted);
}

/* The first len <= 16 bytes of a block. */
static inline struct cm_simd_halves cm_simd_head(const char *p, uint32_t len)
{
    return CM_SIMD_BLOCK(head)(p, len);
}

/* The word that begins a block, also in out, which has room for 16 bytes: what stands there behind the word is undefined. */
static inline __attribute__((always_inline)) struct cm_simd_word cm_simd_word(const char *p, char *out)
{
    return CM_SIMD_BLOCK(word)(p, out);
}

/* A bit for each of 64 bytes that is a space or a newline. */
static inline uint64_t cm_simd_stops(const char *p)
{
    return CM_SIMD_BLOCK(stops)(p);
}

#endif
