/*
 * phrase_choice: of many phrases, a set that is heard as often as wanted. A pack
 * of thousands of phrases is heard no more often than one of hundreds: what it
 * has more of are phrases that people say seldom.
 */
#ifndef CM_BENCH_PHRASE_CHOICE_H
#define CM_BENCH_PHRASE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Phrases that are drawn for each one that is wanted. */
#define BENCH_CHOICE_DRAWN ((size_t)3)

/*
 * chosen[0 .. count): different numbers below drawn, such that their pairs come to
 * at most budget, and any beginning of them to about its share. pairs: by number,
 * the turns in which the phrase is. False: all of the rarest come to more, or
 * memory is out.
 */
bool bench_choose(const uint32_t *pairs, size_t drawn, uint64_t budget, size_t count, size_t *chosen);

#endif
