#include "regex_sets.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/hash.h"

#define WORD_LETTERS_MIN 4u
#define TRIES_A_PATTERN 200u /* draws for one pattern before the input counts as too small */

struct draw {
    uint64_t state;
    const struct cm_span *texts;
    size_t text_count;
};

static uint64_t draw_number(struct draw *draw, uint64_t below)
{
    draw->state ^= draw->state >> 12;
    draw->state ^= draw->state << 25;
    draw->state ^= draw->state >> 27;
    return (draw->state * UINT64_C(2685821657736338717) >> 20) % below;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The word about a place that is drawn; empty: none of that length stands there. */
static struct cm_span draw_word(struct draw *draw)
{
    struct cm_span text = draw->texts[draw_number(draw, draw->text_count)];
    size_t begin = draw_number(draw, text.len), end = begin;
    while (begin > 0 && is_letter(text.ptr[begin - 1]))
        begin--;
    while (end < text.len && is_letter(text.ptr[end]))
        end++;
    bool whole = begin == 0 || text.ptr[begin - 1] == ' ';
    size_t len = end > begin && whole ? end - begin : 0;
    return (struct cm_span){text.ptr + begin, len >= WORD_LETTERS_MIN ? len : 0};
}

static bool put_pattern(struct draw *draw, struct cm_buffer *out)
{
    struct cm_span one = draw_word(draw), other = draw_word(draw);
    if (one.len == 0 || other.len == 0)
        return false;
    int left = (int)one.len, right = (int)other.len;
    cm_buffer_reset(out);
    switch (draw_number(draw, 6)) {
    case 0:
        cm_buffer_printf(out, "\\b%.*s\\s+%.*s\\b", left, one.ptr, right, other.ptr);
        break;
    case 1:
        cm_buffer_printf(out, "\\b%.*s(?:s|ed|ing)?\\b[^.!?]{0,40}\\b%.*s\\b", left, one.ptr, right, other.ptr);
        break;
    case 2:
        cm_buffer_printf(out, "\\b(?:%.*s|%.*s)\\s+(?:my|your|the)\\s+\\w+", left, one.ptr, right, other.ptr);
        break;
    case 3:
        cm_buffer_printf(out, "\xc2\xa3\\d+(?:\\.\\d\\d)?\\s+(?:\\w+\\s+){0,3}%.*s", left, one.ptr);
        break;
    case 4:
        cm_buffer_printf(out, "\\b[A-Z]{2}-\\d{4,6}\\b.*\\b%.*s\\b", left, one.ptr);
        break;
    default:
        cm_buffer_printf(out, "(?:^|[.!?]\\s+)%.*s\\b(?!\\s+%.*s)", left, one.ptr, right, other.ptr);
        break;
    }
    return true;
}

static bool is_new(uint64_t *seen, size_t slots, struct cm_span text)
{
    uint64_t hash = cm_hash64(text) | 1;
    size_t i = hash % slots;
    while (seen[i] != 0 && seen[i] != hash)
        i = (i + 1) % slots;
    bool fresh = seen[i] == 0;
    seen[i] = hash;
    return fresh;
}

const char **bench_regex_set(const struct cm_span *texts, size_t text_count, size_t count, uint64_t seed, struct cm_arena *arena)
{
    struct draw draw = {.state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1, .texts = texts, .text_count = text_count};
    const char **set = cm_arena_calloc(arena, count, sizeof *set);
    size_t slots = count * 2 + 1, made = 0;
    uint64_t *seen = calloc(slots, sizeof *seen);
    struct cm_buffer pattern = CM_BUFFER_EMPTY;
    for (size_t tries = 0; set && seen && made < count && tries < count * TRIES_A_PATTERN; tries++) {
        if (!put_pattern(&draw, &pattern))
            continue;
        cm_buffer_byte(&pattern, '\0');
        struct cm_span copy = cm_arena_copy(arena, cm_buffer_view(&pattern));
        if (!copy.ptr)
            break;
        if (is_new(seen, slots, copy))
            set[made++] = copy.ptr;
    }
    free(seen);
    cm_buffer_free(&pattern);
    return made == count ? set : NULL;
}
