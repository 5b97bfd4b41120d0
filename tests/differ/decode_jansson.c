/*
 * cm_decode held against a plain decoder on jansson: generated lines, mutated
 * lines, and the real conversations beside the checkout where they are. Equal
 * are: accepted or the reason why not, the field it is about, every member,
 * presence, H, and the id of the interaction that is incomplete.
 *
 *   differ_decode [LINES [SEED]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "decode_reference.h"
#include "io/source.h"

#define LINES_DEFAULT (150000u / CM_CASES_PART)
#define SEED_DEFAULT UINT64_C(20240229)
#define DIFFERENCES_SHOWN 10

struct tally {
    uint64_t lines, accepted, differences;
    uint64_t by_reason[CM_REJECT_COUNT];
};

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % limit);
}

static bool one_in(uint32_t n)
{
    return below(n) == 0;
}

#define PICK(list) ((list)[below((uint32_t)(sizeof(list) / sizeof *(list)))])

/* Generated lines */

static const char *const known_keys[] = {
    "agent_id",        "channel",    "confidence", "customer_id", "customer_name", "end_ts", "ended_by", "event_id",
    "interaction_id",  "lang",       "open_chats", "queue",       "rating",        "scale",  "seq",      "speaker",
    "target_event_id", "target_seq", "team",       "text",        "to_agent_id",   "ts",     "type"};
static const char *const odd_keys[] = {
    "labels",         "",           "tex",       "textt",       "t",       "Text",
    "interaction-id", "seq\\u0000", "s\\u0065q", "t\xC3\xA9xt", "\\ud800", "a_rather_long_unknown_key_indeed",
    "agent_idd",      "xs"};
static const char *const words[] = {"agent",    "customer", "lead", "bot",    "system", "message", "start",    "end",
                                    "transfer", "feedback", "edit", "delete", "chat",   "call",    "email",    "social",
                                    "team",     "hello",    "",     "Agent",  "agent ", "custome", "customers"};
static const char *const numbers[] = {"0",
                                      "1",
                                      "-1",
                                      "-0",
                                      "7",
                                      "42",
                                      "1.0",
                                      "0.5",
                                      "-0.0",
                                      "1e3",
                                      "1E-6",
                                      "0.0005",
                                      "0.00049999",
                                      "2.5",
                                      "-2.0005",
                                      "5",
                                      "18446744073709551615",
                                      "18446744073709551616",
                                      "4294967295",
                                      "4294967296",
                                      "253402300799999",
                                      "253402300800000",
                                      "-62167219200000",
                                      "-62167219200001",
                                      "1709208000123",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "1e999",
                                      "1e-999",
                                      "0e999",
                                      "123456789012345678901234567890",
                                      "1000000000",
                                      "1000000000.0005",
                                      "1000000000.0004",
                                      "0.9999995",
                                      "0.9999994",
                                      "1.0000005",
                                      "1.0000004",
                                      "01",
                                      "+1",
                                      ".5",
                                      "1.",
                                      "1e",
                                      "1e+",
                                      "-",
                                      "0x1",
                                      "NaN",
                                      "1.5.2",
                                      "12-3",
                                      "0.1e1",
                                      "100e-2",
                                      "-5e-4"};
static const char *const times[] = {
    "2024-02-29T12:00:00Z",           "2023-02-29T12:00:00Z",          "2024-05-05T23:59:60Z",      "2024-05-05t01:02:03.5+02:00",
    "2024-05-05 01:02:03.123456789z", "1969-12-31T23:59:59.999-00:30", "2024-05-05T01:02:03",       "2024-05-05",
    "0000-01-01T00:00:00Z",           "9999-12-31T23:59:59.9Z",        "2024-05-05T01:02:03+0200",  "2024-13-05T01:02:03Z",
    "2024-05-05T24:00:00Z",           "2024-05-05T01:02:03.Z",         "2024-05-05T01:02:03+23:59", "2024-05-05T01:02:03+24:00",
    "2024\\u002d05-05T01:02:03Z",     "2024-00-10T00:00:00Z",          "2100-02-29T00:00:00Z",      "2000-02-29T00:00:00.0009Z"};
static const char *const pieces[] = {"hello",
                                     " ",
                                     "I'm sorry",
                                     "\\n",
                                     "\\\"",
                                     "\\\\",
                                     "\\/",
                                     "\\u00e9",
                                     "\\uD83D\\uDE00",
                                     "\\ud83d",
                                     "\\ude00",
                                     "\xC3\xA9",
                                     "\xE2\x80\x99",
                                     "\xF0\x9F\x98\x80",
                                     "\xFF",
                                     "\xC3",
                                     "\xE2\x80",
                                     "\xED\xA0\x80",
                                     "\\u0000",
                                     "\\t",
                                     "\x7F",
                                     "{",
                                     "}",
                                     "[",
                                     "]",
                                     ",",
                                     ":",
                                     "\\b\\f\\r",
                                     "\\u20ac",
                                     "a long piece of plain text without anything odd in it"};
static const char *const others[] = {"null",
                                     "true",
                                     "false",
                                     "[]",
                                     "{}",
                                     "[1,\"a\",{\"b\":[null]}]",
                                     "{\"text\":\"x\",\"text\":1}",
                                     "nul",
                                     "[1,]",
                                     "{\"a\"}",
                                     "[[[[\"deep\"]]]]",
                                     "{\"a\":{\"b\":{}}}"};
static const char *const spaces[] = {"", "", "", "", "", "", " ", "  ", "\t", "\r"};

static void put_space(struct cm_buffer *out)
{
    cm_buffer_text(out, PICK(spaces));
}

static void put_string(struct cm_buffer *out, uint32_t most)
{
    cm_buffer_byte(out, '"');
    for (uint32_t n = below(most + 1); n; n--)
        cm_buffer_text(out, one_in(2) ? pieces[0] : PICK(pieces));
    cm_buffer_byte(out, '"');
}

static void put_quoted(struct cm_buffer *out, const char *text)
{
    cm_buffer_byte(out, '"');
    cm_buffer_text(out, text);
    cm_buffer_byte(out, '"');
}

static void put_long_string(struct cm_buffer *out)
{
    static const uint32_t lengths[] = {255, 256, 257, 1023, 1024, 1025, 2048, 65535, 65536, 65537};
    bool escaped = one_in(3);
    cm_buffer_byte(out, '"');
    for (uint32_t n = PICK(lengths); n; n--)
        cm_buffer_text(out, escaped ? "\\u0061" : "a");
    cm_buffer_byte(out, '"');
}

static void put_nested(struct cm_buffer *out)
{
    uint32_t depth = CM_JSON_DEPTH_MAX - 2 + below(5), closed = one_in(20) ? depth - 1 : depth;
    for (uint32_t i = 0; i < depth; i++)
        cm_buffer_text(out, i % 3 == 1 ? "{\"k\":" : "[");
    cm_buffer_text(out, "0");
    for (uint32_t i = closed; i; i--)
        cm_buffer_text(out, (i - 1) % 3 == 1 ? "}" : "]");
}

static void put_any_value(struct cm_buffer *out)
{
    switch (below(8)) {
    case 0:
        put_quoted(out, PICK(words));
        break;
    case 1:
        cm_buffer_text(out, PICK(numbers));
        break;
    case 2:
        put_quoted(out, PICK(times));
        break;
    case 3:
        cm_buffer_text(out, PICK(others));
        break;
    case 4:
        cm_buffer_text(out, "null");
        break;
    case 5:
        if (one_in(40))
            put_long_string(out);
        else if (one_in(10))
            put_nested(out);
        else
            put_string(out, 2);
        break;
    default:
        put_string(out, 6);
    }
}

/* Mostly what the key wants, so that many lines are accepted. */
static void put_value(struct cm_buffer *out, const char *key)
{
    static const char *const speakers[] = {"agent", "customer", "lead", "bot", "system"};
    static const char *const channels[] = {"chat", "call", "email", "social", "team"};
    if (one_in(12))
        put_any_value(out);
    else if (one_in(10))
        cm_buffer_text(out, "null");
    else if (strcmp(key, "speaker") == 0)
        put_quoted(out, PICK(speakers));
    else if (strcmp(key, "channel") == 0)
        put_quoted(out, PICK(channels));
    else if (strcmp(key, "type") == 0)
        put_quoted(out, words[5 + below(7)]);
    else if (strcmp(key, "ended_by") == 0)
        put_quoted(out, one_in(2) ? "agent" : "customer");
    else if (strcmp(key, "ts") == 0 || strcmp(key, "end_ts") == 0)
        one_in(2) ? put_quoted(out, times[one_in(4) ? below(20) : 0]) : cm_buffer_unsigned(out, below(1u << 30));
    else if (strstr("seq target_seq open_chats confidence rating scale", key))
        cm_buffer_text(out, one_in(4) ? PICK(numbers) : numbers[below(2)]);
    else
        put_string(out, 6);
}

/* Keys of the line at hand: a second one is rare, so that other reasons show. */
static uint32_t used;

static bool is_taken(const char *key)
{
    for (uint32_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++)
        if (strcmp(known_keys[i], key) == 0) {
            bool taken = used >> i & 1;
            used |= 1u << i;
            return taken && !one_in(60);
        }
    return false;
}

static void put_member(struct cm_buffer *out, const char *key, bool *first)
{
    if (is_taken(key))
        return;
    if (!*first)
        cm_buffer_byte(out, ',');
    *first = false;
    put_space(out);
    put_quoted(out, key);
    put_space(out);
    cm_buffer_byte(out, ':');
    put_space(out);
    if (strcmp(key, "interaction_id") == 0 && !one_in(20))
        put_quoted(out, one_in(2) ? "chat-17" : "\\u0063all \xC3\xA9");
    else
        put_value(out, key);
    put_space(out);
}

static void generate(struct cm_buffer *out)
{
    bool first = true;
    used = 0;
    cm_buffer_reset(out);
    cm_buffer_byte(out, '{');
    bool early = one_in(2);
    if (early)
        put_member(out, "interaction_id", &first);
    for (uint32_t n = below(10); n; n--) {
        const char *key = one_in(8) ? PICK(odd_keys) : PICK(known_keys);
        if (one_in(400))
            key = "k\xFF";
        put_member(out, key, &first);
    }
    if (!early && !one_in(10))
        put_member(out, "interaction_id", &first);
    if (!one_in(15))
        put_member(out, "text", &first);
    if (!one_in(15))
        put_member(out, "speaker", &first);
    if (first)
        put_space(out);
    cm_buffer_byte(out, '}');
}

/* One small change anywhere. */
static void mutate(struct cm_buffer *out)
{
    static const char tokens[] = "{}[]\",:\\ntfu0-.eE \t\n\x00\x1F\x80\xFF";
    if (out->len == 0 || !cm_buffer_reserve(out, 64))
        return;
    size_t at = below((uint32_t)out->len), span = 1 + below(8);
    if (at + span > out->len)
        span = out->len - at;
    switch (below(6)) {
    case 0:
        out->ptr[at] = (char)below(256);
        break;
    case 1:
        out->ptr[at] = tokens[below(sizeof tokens - 1)];
        break;
    case 2: /* leave out */
        memmove(out->ptr + at, out->ptr + at + span, out->len - at - span);
        out->len -= span;
        break;
    case 3: /* twice */
        memmove(out->ptr + at + span, out->ptr + at, out->len - at);
        out->len += span;
        break;
    case 4:
        memmove(out->ptr + at + 1, out->ptr + at, out->len - at);
        out->ptr[at] = tokens[below(sizeof tokens - 1)];
        out->len++;
        break;
    default:
        out->len = at;
    }
}

/* Comparison */

static bool same_span(struct cm_span a, struct cm_span b)
{
    return !a.ptr == !b.ptr && cm_span_equal(a, b);
}

static bool same_event(const struct cm_event *a, const struct cm_event *b)
{
    bool strings = same_span(a->interaction_id, b->interaction_id) && same_span(a->text, b->text) && same_span(a->event_id, b->event_id) &&
                   same_span(a->agent_id, b->agent_id) && same_span(a->to_agent_id, b->to_agent_id) &&
                   same_span(a->customer_id, b->customer_id) && same_span(a->customer_name, b->customer_name) &&
                   same_span(a->queue, b->queue) && same_span(a->team, b->team) && same_span(a->lang, b->lang) &&
                   same_span(a->target_event_id, b->target_event_id);
    bool numbers_too = a->ts == b->ts && a->end_ts == b->end_ts && a->seq == b->seq && a->target_seq == b->target_seq &&
                       a->confidence == b->confidence && a->open_chats == b->open_chats && a->rating == b->rating && a->scale == b->scale;
    bool enums =
        a->type == b->type && a->speaker == b->speaker && a->channel == b->channel && a->ended_by == b->ended_by && a->has == b->has;
    return strings && numbers_too && enums && cm_hash128_compare(a->hash, b->hash) == 0;
}

static bool same_reason(const struct reference *reference, enum cm_reject reject)
{
    return reference->reject == reject || (reject == CM_REJECT_NOT_JSON && reference->may_be_not_json) ||
           (reject == CM_REJECT_TOO_DEEP && reference->may_be_too_deep) || (reject == CM_REJECT_BAD_UTF8_KEY && reference->may_be_bad_key);
}

static bool same_field(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static void compare(struct cm_arena *arena, struct cm_span line, struct tally *tally)
{
    struct cm_event event;
    struct cm_decoded decoded;
    struct reference reference;
    if (cm_decode(arena, line, &event, &decoded) != CM_OK || !reference_decode(arena, line, &reference)) {
        fprintf(stderr, "differ_decode: out of memory\n");
        exit(2);
    }
    tally->lines++;
    tally->accepted += decoded.reject == CM_REJECT_NONE;
    tally->by_reason[decoded.reject]++;
    bool same = same_reason(&reference, decoded.reject);
    if (same && reference.reject == decoded.reject)
        same = same_field(reference.field, decoded.field) && same_span(reference.incomplete_id, decoded.incomplete_id);
    if (same && decoded.reject == CM_REJECT_NONE)
        same = same_event(&event, &reference.event);
    if (same || tally->differences++ >= DIFFERENCES_SHOWN)
        return;
    fprintf(stderr, "differs: ours \"%s\" %s column %u, reference \"%s\" %s: %.*s\n", cm_reject_code(decoded.reject),
            decoded.field ? decoded.field : "", decoded.column, cm_reject_code(reference.reject), reference.field ? reference.field : "",
            (int)(line.len < 600 ? line.len : 600), line.ptr);
}

/* The line at the end of an allocation of its own size, so that a sanitizer sees what is read beyond. */
static void compare_generated(struct cm_arena *arena, const struct cm_buffer *line, struct tally *tally)
{
    struct cm_span trimmed = cm_decode_trim(cm_buffer_view(line), false);
    if (trimmed.len == 0)
        return;
    char *copy = malloc(trimmed.len);
    if (!copy)
        exit(2);
    memcpy(copy, trimmed.ptr, trimmed.len);
    compare(arena, (struct cm_span){copy, trimmed.len}, tally);
    free(copy);
    cm_arena_reset(arena);
}

static void compare_corpora(struct cm_arena *arena, struct tally *tally)
{
    static const char folder[] = CM_SOURCE_DIR "/../shared/corpora";
    const char *const arguments[] = {folder};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_inputs inputs = CM_INPUTS_EMPTY;
    struct cm_block block = CM_BLOCK_EMPTY;
    struct cm_source *source = NULL;
    struct stat about;
    if (stat(folder, &about) != 0) {
        printf("skipped: real conversations, %s is not there\n", folder);
        return;
    }
    struct cm_source_request request = {.inputs = &inputs};
    if (cm_inputs_expand(&inputs, arguments, 1, &diagnostics) != CM_OK ||
        cm_source_open(&source, &cm_source_file, &request, &diagnostics) != CM_OK)
        tally->differences++;
    while (source && cm_source_next(source, &block) == CM_OK) {
        struct cm_line line = {0};
        while (cm_block_next_line(&block, &line)) {
            struct cm_span trimmed = cm_decode_trim(line.bytes, false);
            if (trimmed.len)
                compare(arena, trimmed, tally);
        }
        cm_arena_reset(arena);
    }
    tally->differences += diagnostics.errors;
    cm_source_close(source);
    cm_block_free(&block);
    cm_inputs_free(&inputs);
    cm_diagnostics_free(&diagnostics);
}

static void print_tally(const char *what, const struct tally *tally)
{
    printf("%s: %" PRIu64 " lines, %" PRIu64 " accepted, %" PRIu64 " differences\n", what, tally->lines, tally->accepted,
           tally->differences);
    for (unsigned i = 1; i < CM_REJECT_COUNT; i++)
        if (tally->by_reason[i])
            printf("  %-24s %" PRIu64 "\n", cm_reject_code(i), tally->by_reason[i]);
}

int main(int argc, char **argv)
{
    unsigned long lines = argc > 1 ? strtoul(argv[1], NULL, 10) : LINES_DEFAULT;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) | 1 : SEED_DEFAULT;
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_buffer line = CM_BUFFER_EMPTY;
    struct tally generated = {0}, real = {0};
    if (!reference_start())
        return 2;
    for (unsigned long i = 0; i < lines; i++) {
        generate(&line);
        for (uint32_t n = one_in(2) ? below(3) : 0; n; n--)
            mutate(&line);
        if (cm_buffer_status(&line) != CM_OK)
            return 2;
        compare_generated(&arena, &line, &generated);
    }
    print_tally("generated", &generated);
    compare_corpora(&arena, &real);
    print_tally("real", &real);
    reference_end();
    cm_buffer_free(&line);
    cm_arena_free(&arena);
    /* a test that accepts or refuses everything would show nothing */
    bool telling = generated.accepted * 10 > generated.lines && generated.accepted * 10 < generated.lines * 9;
    return generated.differences || real.differences || (lines > 1000 && !telling);
}
