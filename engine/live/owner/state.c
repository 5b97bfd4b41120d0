#include "live/owner/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "states are read in place");

enum {
    AT_MAGIC = 0,
    AT_PHASE = 2,
    AT_FLAGS = 3,
    AT_FINALS = 4,
    AT_DUE = 8,
    MARKER_BYTES = 16,
    AT_LAST = 16,
    AT_APPLIED = 24,
    AT_RULES = 32,
    AT_CHANNEL = 48,
    AT_SUM = 56,
    HEAD_BYTES = 64
};

const struct cm_span cm_state_manifest_key = {"\0manifest", 9};
const struct cm_span cm_state_fence_key = {"\0fence", 6};
static const struct cm_span pack_prefix = {"\0pack/", 6};

static bool parse_hash(struct cm_span text, struct cm_hash128 *hash)
{
    uint64_t halves[2] = {0, 0};
    if (text.len != 32)
        return false;
    for (size_t i = 0; i < 32; i++) {
        char c = text.ptr[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
        if (digit > 15)
            return false;
        halves[i / 16] = halves[i / 16] << 4 | digit;
    }
    *hash = (struct cm_hash128){halves[0], halves[1]};
    return true;
}

enum cm_key_kind cm_state_key_kind(struct cm_span key, struct cm_span *id, struct cm_hash128 *rules)
{
    if (!key.len)
        return CM_KEY_UNKNOWN;
    *id = key;
    if (key.ptr[0] != CM_KEY_MARK)
        return CM_KEY_INTERACTION;
    if (key.len > 2 && key.ptr[1] == CM_KEY_MARK && key.ptr[2] == CM_KEY_MARK) { /* no id has two keys */
        *id = (struct cm_span){key.ptr + 2, key.len - 2};
        return CM_KEY_INTERACTION;
    }
    if (cm_span_equal(key, cm_state_manifest_key))
        return CM_KEY_MANIFEST;
    if (cm_span_equal(key, cm_state_fence_key))
        return CM_KEY_FENCE;
    if (cm_span_starts_with(key, pack_prefix) && parse_hash((struct cm_span){key.ptr + pack_prefix.len, key.len - pack_prefix.len}, rules))
        return CM_KEY_PACK;
    return CM_KEY_UNKNOWN;
}

void cm_state_key(struct cm_buffer *out, struct cm_span id)
{
    static const char marks[2] = {CM_KEY_MARK, CM_KEY_MARK};
    if (id.len && id.ptr[0] == CM_KEY_MARK)
        cm_buffer_append(out, marks, sizeof marks);
    cm_buffer_span(out, id);
}

void cm_state_pack_key(struct cm_buffer *out, struct cm_hash128 rules)
{
    cm_buffer_span(out, pack_prefix);
    cm_buffer_printf(out, "%016" PRIx64 "%016" PRIx64, rules.high, rules.low);
}

/* Of all but the sum itself. */
static uint64_t sum_of(const char *head, struct cm_span packed)
{
    char bytes[AT_SUM + sizeof(uint64_t)];
    uint64_t behind = cm_hash64(packed);
    memcpy(bytes, head, AT_SUM);
    memcpy(bytes + AT_SUM, &behind, sizeof behind);
    return cm_hash64((struct cm_span){bytes, sizeof bytes});
}

void cm_state_encode(struct cm_buffer *out, const struct cm_item *item, struct cm_span packed)
{
    char head[HEAD_BYTES] = {0};
    uint16_t magic = CM_STATE_MAGIC;
    memcpy(head + AT_MAGIC, &magic, sizeof magic);
    head[AT_PHASE] = (char)item->phase;
    head[AT_FLAGS] = (char)item->flags;
    memcpy(head + AT_FINALS, &item->finals, sizeof item->finals);
    memcpy(head + AT_DUE, &item->due, sizeof item->due);
    if (item->phase == CM_PHASE_MARKER) {
        cm_buffer_append(out, head, MARKER_BYTES);
        return;
    }
    memcpy(head + AT_LAST, &item->last_ts, sizeof item->last_ts);
    memcpy(head + AT_APPLIED, &item->applied, sizeof item->applied);
    memcpy(head + AT_RULES, &item->edition->hash, sizeof item->edition->hash);
    head[AT_CHANNEL] = (char)item->channel;
    uint64_t sum = sum_of(head, packed);
    memcpy(head + AT_SUM, &sum, sizeof sum);
    cm_buffer_append(out, head, sizeof head);
    cm_buffer_span(out, packed);
}

static bool is_version(struct cm_span bytes, uint16_t magic)
{
    uint16_t found = 0;
    if (bytes.len >= sizeof found)
        memcpy(&found, bytes.ptr, sizeof found);
    return found == magic;
}

/* The high byte says what it is, the low one counts its versions. */
static bool is_other_version(struct cm_span bytes, uint16_t magic)
{
    return bytes.len >= sizeof magic && (uint8_t)bytes.ptr[1] == magic >> 8 && !is_version(bytes, magic);
}

enum cm_status cm_state_decode(struct cm_span value, struct cm_state_view *out)
{
    *out = (struct cm_state_view){0};
    if (is_other_version(value, CM_STATE_MAGIC))
        return CM_ERULES;
    if (value.len < MARKER_BYTES || !is_version(value, CM_STATE_MAGIC))
        return CM_EINPUT;
    out->phase = (uint8_t)value.ptr[AT_PHASE];
    out->flags = (uint8_t)value.ptr[AT_FLAGS];
    memcpy(&out->finals, value.ptr + AT_FINALS, sizeof out->finals);
    memcpy(&out->due, value.ptr + AT_DUE, sizeof out->due);
    if (out->phase > CM_PHASE_MARKER || (out->phase == CM_PHASE_MARKER) != (value.len == MARKER_BYTES))
        return CM_EINPUT;
    if (out->phase == CM_PHASE_MARKER)
        return CM_OK;
    if (value.len < HEAD_BYTES)
        return CM_EINPUT;
    uint64_t sum;
    out->packed = (struct cm_span){value.ptr + HEAD_BYTES, value.len - HEAD_BYTES};
    memcpy(&sum, value.ptr + AT_SUM, sizeof sum);
    if (sum != sum_of(value.ptr, out->packed))
        return CM_EINPUT;
    memcpy(&out->last_ts, value.ptr + AT_LAST, sizeof out->last_ts);
    memcpy(&out->rules, value.ptr + AT_RULES, sizeof out->rules);
    out->channel = (uint8_t)value.ptr[AT_CHANNEL];
    if (out->channel >= CM_CHANNEL_COUNT)
        return CM_EINPUT;
    if (is_other_version(out->packed, CM_PACKED_MAGIC))
        return CM_ERULES;
    return cm_packed_valid(out->packed) ? CM_OK : CM_EINPUT;
}

void cm_manifest_encode(struct cm_buffer *out, const struct cm_manifest *manifest)
{
    cm_buffer_printf(out,
                     "{\"position\":%" PRIu64 ",\"epoch\":%" PRIu64 ",\"count\":%" PRIu64 ",\"watermark\":%" PRId64
                     ",\"timed\":%d,\"cards\":%" PRId64 ",\"checksum\":\"%016" PRIx64 "\"}",
                     manifest->position, manifest->epoch, manifest->count, manifest->clock, manifest->timed, manifest->cards,
                     manifest->checksum);
}

/* Our own writing, read back: nothing but the form above. */
enum cm_status cm_manifest_decode(struct cm_span value, struct cm_manifest *out)
{
    char text[256];
    int end = 0;
    char timed = '0';
    if (value.len >= sizeof text || memchr(value.ptr, '\0', value.len))
        return CM_EINPUT;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    int found = sscanf(text,
                       "{\"position\":%" SCNu64 ",\"epoch\":%" SCNu64 ",\"count\":%" SCNu64 ",\"watermark\":%" SCNd64
                       ",\"timed\":%c,\"cards\":%" SCNd64 ",\"checksum\":\"%" SCNx64 "\"}%n",
                       &out->position, &out->epoch, &out->count, &out->clock, &timed, &out->cards, &out->checksum, &end);
    out->timed = timed == '1';
    return found == 7 && (size_t)end == value.len ? CM_OK : CM_EINPUT;
}

/* Two rounds of the finaliser of SplitMix64: sums of it must not cancel out. */
uint64_t cm_state_sum(uint64_t id_hash, uint64_t applied)
{
    uint64_t mixed = id_hash + (applied + 1) * UINT64_C(0x9E3779B97F4A7C15);
    for (int round = 0; round < 2; round++) {
        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
        mixed ^= mixed >> 31;
    }
    return mixed | 1;
}
