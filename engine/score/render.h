/* What the renderings of a scorecard share: appends that the compiler can see through. Not for other folders. */
#ifndef CM_SCORE_RENDER_H
#define CM_SCORE_RENDER_H

#include "score/scorecard.h"

/* RFC 3339 in UTC with milliseconds; false, and nothing written, where the moment is not known or has no such form. */
bool cm_render_time(struct cm_buffer *out, int64_t ms);

void cm_render_time_or_null(struct cm_buffer *out, int64_t ms);
static inline void cm_render_name(struct cm_buffer *out, const char *name)
{
    cm_buffer_json(out, cm_span_of(name));
}

/* null where ptr is NULL */
void cm_render_span(struct cm_buffer *out, struct cm_span value);
void cm_render_evidence(struct cm_buffer *out, const struct cm_evidence *evidence, bool quotes);
/* What only open cards have, from the comma before it on. */
void cm_render_open(struct cm_buffer *out, const struct cm_scorecard *card, enum cm_evidence_mode mode);

/* Inlined, so that a literal's length is a constant and its copy a few stores: rendering is a fifth of what a scorecard costs. */
static inline void cm_put(struct cm_buffer *out, const char *bytes, size_t len)
{
    if (out->cap - out->len < len) {
        cm_buffer_append(out, bytes, len);
        return;
    }
    memcpy(out->ptr + out->len, bytes, len);
    out->len += len;
}

#define CM_PUT(out, literal) cm_put(out, "" literal, sizeof(literal) - 1)

/* Without quotes: an id of a pack (small letters, digits, . - _: ruleset/fields.h) or a name of ours, which need no escape. */
static inline void cm_put_word(struct cm_buffer *out, const char *word)
{
    cm_put(out, word, strlen(word));
}

static inline void cm_put_unsigned(struct cm_buffer *out, uint64_t value)
{
    char digits[20];
    unsigned at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    cm_put(out, digits + at, sizeof digits - at);
}

/* value / 10^places, 1 <= places <= 6. */
static inline void cm_put_decimal(struct cm_buffer *out, int64_t value, unsigned places)
{
    static const uint32_t units[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint32_t rest = (uint32_t)(size % units[places]);
    char digits[7];
    for (unsigned i = places; i > 0; i--, rest /= 10)
        digits[i] = (char)('0' + rest % 10);
    digits[0] = '.';
    if (value < 0)
        CM_PUT(out, "-");
    cm_put_unsigned(out, size / units[places]);
    cm_put(out, digits, places + 1);
}

#endif
