/*
 * bench_view: how a bench is shown: text for people, JSON for programs
 * (docs/bench.schema.json), a page of HTML with plots. The figures are
 * study/bench/bench.h's.
 */
#ifndef CM_CLI_BENCH_VIEW_H
#define CM_CLI_BENCH_VIEW_H

#include "base/buffer.h"
#include "study/bench/bench.h"

#define CM_BENCH_SCHEMA_VERSION "1.0"
#define CM_BENCH_PROCESSOR_BYTES 96u

/* Where it was measured. */
struct cm_bench_machine {
    char processor[CM_BENCH_PROCESSOR_BYTES]; /* as the system calls it, or "" */
    unsigned processors;                      /* that this process may use */
    double load;                              /* of the last minute, before it began; negative: not known */
};

struct cm_bench_view {
    const struct cm_packs *packs;
    const struct cm_material *material;
    const struct cm_bench_result *result;
    struct cm_bench_machine machine;
    unsigned threads, runs;
    bool demo;  /* the material is the conversations that come with the program */
    size_t top; /* so many cues a pack at most */
};

/* Append. */
void cm_bench_text(const struct cm_bench_view *view, struct cm_buffer *out);
/* One object and a newline. */
void cm_bench_json(const struct cm_bench_view *view, struct cm_buffer *out);
void cm_bench_page(const struct cm_bench_view *view, struct cm_buffer *out);

/* ---- what all three tell ---- */

/* What was measured, in a sentence or two. */
void cm_bench_tell_material(const struct cm_bench_view *view, struct cm_buffer *out);
/* Where and how often, and whether the machine had other things to do. */
void cm_bench_tell_machine(const struct cm_bench_view *view, struct cm_buffer *out);

/* What it means that stages do not explain the whole; nothing where they nearly do. */
void cm_bench_tell_rest(const struct cm_bench_view *view, struct cm_buffer *out);

/* Bytes that a whole run reads, decompressed. */
static inline uint64_t cm_bench_bytes(const struct cm_bench_view *view)
{
    return view->material->kind == CM_MATERIAL_FILES ? view->material->bytes : view->material->contents.len;
}

/* So many a second, of times in ns: the least of the one is the most of the other. */
static inline struct cm_spread cm_bench_rate(double count, struct cm_spread ns)
{
    return (struct cm_spread){count * 1e9 / ns.median, count * 1e9 / ns.most, count * 1e9 / ns.least};
}

/* "phrases", "expressions", "both", "combined" (of other cues), "echo": what a cue is, for people and for programs. */
const char *cm_bench_cue_kind(const struct cm_cue *cue);

#endif
