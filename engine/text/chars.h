/*
 * chars: what a character is to the folder, and simple lower case.
 *
 * Pure functions and constant tables, safe from any thread. Latin, Greek,
 * Cyrillic and Armenian have case; every other letter is its own lower case.
 */
#ifndef CM_TEXT_CHARS_H
#define CM_TEXT_CHARS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum cm_char {
    CM_CHAR_OTHER,      /* punctuation without meaning for tokens or boundaries */
    CM_CHAR_LETTER,     /* of any script */
    CM_CHAR_DIGIT,      /* ASCII 0-9; digits of other scripts are letters */
    CM_CHAR_SPACE,      /* white space and control characters that are no line end */
    CM_CHAR_NEWLINE,    /* LF, CR, NEL, line and paragraph separator */
    CM_CHAR_TERMINATOR, /* . ! ? and the ellipsis */
    CM_CHAR_CLAUSE,     /* , ; : ( ) */
    CM_CHAR_HYPHEN,     /* hyphens and the en dash */
    CM_CHAR_EM_DASH,
    CM_CHAR_APOSTROPHE, /* ' ` and their curly forms, which also close quotations */
    CM_CHAR_QUOTE,      /* " and its curly forms */
    CM_CHAR_CLOSER,     /* ] } and what markdown puts behind a word */
    CM_CHAR_BRACKET,    /* [ or <: a mask may begin */
    CM_CHAR_AT,
    CM_CHAR_HASH,
    CM_CHAR_CURRENCY, /* $ and the currency signs of other countries */
    CM_CHAR_PERCENT,
    CM_CHAR_AMPERSAND,
    CM_CHAR_EMOJI,
    CM_CHAR_JOINER, /* variation selectors, zero-width characters, soft hyphen: invisible */
    CM_CHAR_HIGH,   /* first byte of a longer sequence: decode, then ask again */
};

extern const uint8_t cm_char_ascii[256]; /* enum cm_char by byte */

/*
 * A byte behind an ASCII word with which the word may go on, as a word with an
 * apostrophe, an address or a hyphenated one; and the bytes that stand behind
 * that byte where it does: letters, digits, slash and underline.
 */
extern const uint8_t cm_char_may_join[256], cm_char_joins[256];

/* Of a code point beyond ASCII. */
enum cm_char cm_char_of(uint32_t code);

/* Simple lower case; its UTF-8 is never longer than that of code. */
uint32_t cm_char_lower(uint32_t code);

/* Emoji modifiers (skin tones), and the letters that flags are made of. */
static inline bool cm_char_is_skin_tone(uint32_t code)
{
    return code >= 0x1F3FB && code <= 0x1F3FF;
}

static inline bool cm_char_is_flag_letter(uint32_t code)
{
    return code >= 0x1F1E6 && code <= 0x1F1FF;
}

#define CM_CHAR_ZWJ 0x200Du
#define CM_CHAR_EMOJI_STYLE 0xFE0Fu

/*
 * Copy text in simple lower case, apostrophes unified to ' and hyphens to -;
 * out has room for text.len bytes. Returns the bytes written.
 */
size_t cm_chars_lower(struct cm_span text, char *out);

#endif
