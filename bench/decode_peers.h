/*
 * decode_peers: other ways to decode one event, for steps/step_decode.c alone. Each
 * finds the same fields and gives the same sum over what it found, so that no
 * peer wins by reading less: lengths of all known strings + seq + ts.
 * ts as text is turned into milliseconds by the project's own cm_decode_time in all of them.
 */
#ifndef CM_BENCH_DECODE_PEERS_H
#define CM_BENCH_DECODE_PEERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* lines: count spans at starts[i], lens[i]; padded says that 64 readable bytes stand behind the last line. */
struct cm_bench_lines {
    const char *const *starts;
    const size_t *lens;
    size_t count;
    size_t bytes;
};

uint64_t cm_bench_jansson(const struct cm_bench_lines *lines);
uint64_t cm_bench_simdjson(const struct cm_bench_lines *lines);
int64_t cm_bench_time(const char *text, size_t len);

#ifdef __cplusplus
}
#endif
#endif
