/*
 * bare_loop: what export and the peer must agree on. C and C++.
 */
#ifndef CM_BENCH_BARE_LOOP_H
#define CM_BENCH_BARE_LOOP_H

/* Between two turns of a block; no folded text holds it. */
#define BENCH_TURN_MARK '\x1e'

/* Names of speakers, and their bits in the cue file: 1 << enum cm_speaker, which export asserts. */
#define BENCH_SPEAKERS 5
static const char *const bench_speaker_names[BENCH_SPEAKERS] = {"agent", "lead", "customer", "bot", "system"};
static const unsigned bench_speaker_bits[BENCH_SPEAKERS] = {1u << 1, 1u << 2, 1u << 3, 1u << 4, 1u << 5};

#endif
