#include "match/literals.h"

struct read {
    const char *p, *end;
    struct cm_arena *arena;
    bool given_up;
    enum cm_status status;
};

/* A run of characters that stand next to each other in every match. */
struct run {
    char bytes[CM_LITERAL_MAX_BYTES];
    size_t len;
};

enum atom { ATOM_CHARACTER, ATOM_OTHER, ATOM_ZERO_WIDTH, ATOM_GROUP };

static struct cm_literals read_alternatives(struct read *read, unsigned depth);

static bool more(const struct read *read)
{
    return !read->given_up && read->p < read->end;
}

static bool next_is(struct read *read, char c)
{
    if (read->p >= read->end || *read->p != c)
        return false;
    read->p++;
    return true;
}

static void give_up(struct read *read)
{
    read->given_up = true;
}

/* ---- which of two requirements says more ---- */

static size_t shortest(const struct cm_literals *literals)
{
    size_t least = literals->count ? SIZE_MAX : 0;
    for (uint32_t i = 0; i < literals->count; i++)
        least = literals->items[i].len < least ? literals->items[i].len : least;
    return least;
}

static int sign_count(const uint64_t signs[2])
{
    return __builtin_popcountll(signs[0]) + __builtin_popcountll(signs[1]);
}

static void keep_better(struct cm_literals *best, const struct cm_literals *other)
{
    size_t mine = shortest(best), theirs = shortest(other);
    if (theirs > mine || (theirs == mine && other->count < best->count)) {
        memcpy(best->items, other->items, sizeof(best->items));
        best->count = other->count;
    }
    int known = sign_count(best->signs), offered = sign_count(other->signs);
    if (offered && (!known || offered < known))
        memcpy(best->signs, other->signs, sizeof(best->signs));
}

/* Signs that are rare enough to tell something. Only they are kept: of the set of an atom that has another byte nothing is. */
static bool add_sign(uint64_t signs[2], char c)
{
    if (!c || !strchr("!\"#$%&()*+/:;<=>?@[\\]^_`{|}~", c))
        return false;
    signs[(unsigned char)c >> 6] |= UINT64_C(1) << (c & 63);
    return true;
}

static void end_run(struct read *read, struct run *run, struct cm_literals *best)
{
    if (run->len >= CM_LITERAL_MIN_BYTES) {
        struct cm_literals one = {.count = 1};
        one.items[0] = cm_arena_copy(read->arena, (struct cm_span){run->bytes, run->len});
        if (one.items[0].ptr)
            keep_better(best, &one);
        else
            read->status = CM_ENOMEM;
    }
    run->len = 0;
}

/* ---- atoms ---- */

static bool skip_past(struct read *read, char c)
{
    while (more(read))
        if (*read->p++ == c)
            return true;
    give_up(read);
    return false;
}

/* One item of a class, c being its first character; false where it is more than a sign. A range has a "-", which is none. */
static bool read_class_item(struct read *read, char c, uint64_t signs[2])
{
    if (c == '\\') {
        if (read->p < read->end && (*read->p == 'Q' || *read->p == 'E'))
            give_up(read);
        if (read->p == read->end)
            return false;
        return add_sign(signs, *read->p++);
    }
    if (c == '[' && read->p < read->end && *read->p == ':') {
        read->p++;
        if (skip_past(read, ':') && !next_is(read, ']'))
            give_up(read);
        return false;
    }
    return add_sign(signs, c);
}

static enum atom read_class(struct read *read, struct cm_literals *inside)
{
    bool known = !next_is(read, '^');
    if (next_is(read, ']'))
        add_sign(inside->signs, ']');
    while (more(read)) {
        char c = *read->p++;
        if (c == ']') {
            if (!known)
                memset(inside->signs, 0, sizeof(inside->signs));
            return ATOM_OTHER;
        }
        known = read_class_item(read, c, inside->signs) && known;
    }
    give_up(read);
    return ATOM_OTHER;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* \x41 \x{41} \p{L} \pL: what they are does not matter, where they end does. */
static enum atom skip_coded(struct read *read, char kind)
{
    if (next_is(read, '{'))
        skip_past(read, '}');
    else if (kind == 'x')
        for (int i = 0; i < 2 && read->p < read->end && is_hex(*read->p); i++)
            read->p++;
    else if (read->p < read->end)
        read->p++;
    return ATOM_OTHER;
}

static enum atom read_escape(struct read *read, char *character)
{
    if (read->p == read->end) {
        give_up(read);
        return ATOM_OTHER;
    }
    char c = *read->p++;
    if (strchr("bBAzZGK", c))
        return ATOM_ZERO_WIDTH;
    if (c == 'N' && read->p < read->end && *read->p == '{') /* \N{U+41} */
        give_up(read);
    if (strchr("dDwWsShHvVNRXtnrfea", c))
        return ATOM_OTHER;
    if (strchr("xpP", c))
        return skip_coded(read, c);
    if (is_digit(c)) {
        while (read->p < read->end && is_digit(*read->p))
            read->p++;
        return ATOM_OTHER;
    }
    if (((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80) {
        give_up(read);
        return ATOM_OTHER;
    }
    *character = c;
    return ATOM_CHARACTER;
}

/* Behind "(?": true where a plain group begins; *around where it looks around; false and given up where it is not known. */
static bool read_group_kind(struct read *read, bool *around)
{
    if (next_is(read, ':') || next_is(read, '>') || next_is(read, '|'))
        return true;
    if (next_is(read, '=') || next_is(read, '!')) {
        *around = true;
        return true;
    }
    next_is(read, 'P');
    if (next_is(read, '<')) {
        *around = next_is(read, '=') || next_is(read, '!');
        return *around || skip_past(read, '>');
    }
    while (next_is(read, 'i') || next_is(read, 's') || next_is(read, 'm') || next_is(read, '-'))
        ;
    if (next_is(read, ':'))
        return true;
    if (read->p == read->end || *read->p != ')')
        give_up(read);
    return true; /* (?i): an empty group, which requires nothing */
}

static enum atom read_group(struct read *read, struct cm_literals *inside, unsigned depth)
{
    bool around = false;
    if (depth >= CM_LITERALS_DEPTH_MAX || (read->p < read->end && *read->p == '*'))
        give_up(read);
    else if (next_is(read, '?') && !read_group_kind(read, &around))
        give_up(read);
    if (read->given_up)
        return ATOM_OTHER;
    *inside = read_alternatives(read, depth + 1);
    if (!next_is(read, ')'))
        give_up(read);
    if (around)
        *inside = (struct cm_literals){.count = 0};
    return around ? ATOM_ZERO_WIDTH : ATOM_GROUP;
}

static enum atom read_atom(struct read *read, char *character, struct cm_literals *inside, unsigned depth)
{
    char c = *read->p++;
    switch (c) {
    case '\\':
        return read_escape(read, character);
    case '[':
        return read_class(read, inside);
    case '(':
        return read_group(read, inside, depth);
    case '.':
        return ATOM_OTHER;
    case '^':
    case '$':
        return ATOM_ZERO_WIDTH;
    default:
        break;
    }
    if ((unsigned char)c >= 0x80) {
        while (read->p < read->end && ((unsigned char)*read->p & 0xC0) == 0x80)
            read->p++;
        return ATOM_OTHER;
    }
    *character = c;
    return ATOM_CHARACTER;
}

/* ---- repetition ---- */

static bool read_braces(struct read *read, bool *optional)
{
    const char *p = read->p + 1;
    const char *digits = p;
    bool zero = true;
    for (; p < read->end && is_digit(*p); p++)
        zero = zero && *p == '0';
    if (p == digits) {
        if (p < read->end && (*p == ',' || *p == ' ')) /* a quantifier to newer PCRE2, plain text to older */
            give_up(read);
        return false;
    }
    if (p < read->end && *p == ',')
        while (++p < read->end && is_digit(*p))
            ;
    if (p == read->end || *p != '}')
        return false;
    read->p = p + 1;
    *optional = zero;
    return true;
}

/* A quantifier, if there is one; *optional where it allows none at all. */
static bool read_repetition(struct read *read, bool *optional)
{
    *optional = false;
    if (read->p == read->end)
        return false;
    char c = *read->p;
    if (c == '*' || c == '?' || c == '+') {
        read->p++;
        *optional = c != '+';
    } else if (c != '{' || !read_braces(read, optional)) {
        return false;
    }
    if (!next_is(read, '?'))
        next_is(read, '+');
    return true;
}

/* ---- sequences and alternatives ---- */

static void put_character(struct read *read, struct run *run, struct cm_literals *best, char c)
{
    if (run->len == CM_LITERAL_MAX_BYTES)
        end_run(read, run, best);
    run->bytes[run->len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static struct cm_literals read_sequence(struct read *read, unsigned depth)
{
    struct cm_literals best = {.count = 0};
    struct run run = {.len = 0};
    while (more(read) && *read->p != '|' && *read->p != ')') {
        struct cm_literals inside = {.count = 0};
        char character = 0;
        bool optional;
        enum atom atom = read_atom(read, &character, &inside, depth);
        bool repeated = read_repetition(read, &optional);
        if (atom == ATOM_ZERO_WIDTH)
            continue;
        if (atom == ATOM_CHARACTER)
            add_sign(inside.signs, character);
        if (atom == ATOM_CHARACTER && !optional)
            put_character(read, &run, &best, character);
        if (atom != ATOM_CHARACTER || repeated)
            end_run(read, &run, &best);
        if (!optional)
            keep_better(&best, &inside);
    }
    end_run(read, &run, &best);
    return best;
}

/* Depth: CM_LITERALS_DEPTH_MAX. */
static struct cm_literals read_alternatives(struct read *read, unsigned depth)
{
    struct cm_literals all = read_sequence(read, depth);
    bool known = all.count > 0, signs = sign_count(all.signs) > 0;
    while (more(read) && next_is(read, '|')) {
        struct cm_literals one = read_sequence(read, depth);
        known = known && one.count > 0 && all.count + one.count <= CM_LITERALS_MAX;
        for (uint32_t i = 0; known && i < one.count; i++)
            all.items[all.count++] = one.items[i];
        signs = signs && sign_count(one.signs) > 0;
        for (int i = 0; i < 2; i++)
            all.signs[i] |= one.signs[i];
    }
    if (!known)
        all.count = 0;
    if (!signs)
        memset(all.signs, 0, sizeof(all.signs));
    return all;
}

enum cm_status cm_literals_required(struct cm_span pattern, struct cm_arena *arena, struct cm_literals *out)
{
    struct read read = {pattern.ptr, pattern.ptr + pattern.len, arena, false, CM_OK};
    *out = read_alternatives(&read, 0);
    if (read.given_up || read.p != read.end)
        *out = (struct cm_literals){.count = 0};
    return read.status;
}
