/*
 * utf8: code points in and out, for text that nobody has promised to be valid.
 * Pure functions, safe from any thread.
 */
#ifndef CM_BASE_UTF8_H
#define CM_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define CM_UTF8_MAX_BYTES 4u
#define CM_UTF8_REPLACEMENT 0xFFFDu

/* What a bad sequence decodes to; no code point has this value. */
#define CM_UTF8_INVALID UINT32_MAX

/*
 * Decode one code point at p (p < end). *len is the bytes it took: for a bad
 * sequence, the maximal subpart (Unicode 15, 3.9, table 3-8), and the result
 * is CM_UTF8_INVALID, so that each maximal bad part counts once.
 */
uint32_t cm_utf8_decode(const char *p, const char *end, unsigned *len);

/* Write one valid code point, 1 to 4 bytes; returns how many. */
unsigned cm_utf8_encode(uint32_t code, char out[CM_UTF8_MAX_BYTES]);

/* The largest cut <= at that splits no character of the valid UTF-8 in text[0..len). */
size_t cm_utf8_floor(const char *text, size_t len, size_t at);

/* Bytes at the start of text that are valid UTF-8; equal to len when all are. */
size_t cm_utf8_valid_prefix(const char *text, size_t len);

#endif
