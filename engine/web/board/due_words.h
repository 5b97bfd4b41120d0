/* The words of a promise, as due.c reads them: lower case, numbers told. Pure; any thread. */
#ifndef CM_WEB_BOARD_DUE_WORDS_H
#define CM_WEB_BOARD_DUE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* A sentence or two; what is longer is read so far. */
#define CM_DUE_WORDS_MAX 128u
/* Longer words say no time. */
#define CM_DUE_WORD_MAX_BYTES 14u

struct cm_due_word {
    char text[CM_DUE_WORD_MAX_BYTES + 1]; /* "" for a number in digits */
    int number;                           /* -1: none; "twelve" is one, too */
    int minutes;                          /* of 11:30; -1 */
    char half_day;                        /* 'a', 'p' or 0 */
    bool ordinal, spelled, padded;        /* 3rd; three; 07 */
};

/* Returns how many. I'll is two words, "i" and "ll"; 3-5 is "3 to 5". */
size_t cm_due_words(struct cm_span text, struct cm_due_word list[CM_DUE_WORDS_MAX]);

#endif
