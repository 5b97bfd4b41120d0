/*
 * A packed record:
 *
 *   byte     type in the low four bits, speaker in the high four
 *   byte     channel, ended_by likewise
 *   varint   has: bits 0-7 as in the record; 8: all backchannel; 9: quotes; 10: words of the name as before
 *   varint   two bits a string: 0 absent, 1 as its last literal, 2 a literal
 *   16       H
 *   varints  zigzag differences of offset, seq, ts; end_ts - ts; confidence, open_chats; rating, scale; target_seq
 *   varints  bytes of the text, tokens, content words, words of the name, packs
 *   4 each   content words; then, unless they are as before, how many words the name has and these
 *   a pack   varints: hits, faults; a hit: cue, start - last start, length, name; a fault: cue; where quotes are kept, a length a hit,
 *            plus one, 0: the quote of the hit before
 *   strings  varint length and bytes, of literals; then the quotes
 */
#include "score/packed.h"

#include "score/record_layout.h"

enum {
    AT_MAGIC = 0,
    AT_ID_LEN = 2,
    AT_RECORDS = 4,
    AT_MESSAGES = 8,
    AT_PATH = 12,
    AT_SEQ = 16,
    AT_TS = 24,
    AT_OFFSET = 32,
    AT_LITERALS = 40,
    AT_NAMES = AT_LITERALS + 4 * CM_RECORD_STRING_COUNT,
    HEAD_BYTES = AT_NAMES + 4,
};
_Static_assert(HEAD_BYTES == 80, "the layout in packed.h");

enum { BIT_BACKCHANNEL = 1u << 8, BIT_QUOTES = 1u << 9, BIT_SAME_NAMES = 1u << 10 };
enum { STRING_ABSENT, STRING_SAME, STRING_LITERAL };

/* In place: what of a head changes with every record. */
struct head {
    uint32_t records, messages, path;
    uint64_t seq, offset;
    int64_t ts;
    uint32_t literals[CM_RECORD_STRING_COUNT], names;
};

static void read_head(const char *bytes, struct head *head)
{
    memcpy(&head->records, bytes + AT_RECORDS, 4);
    memcpy(&head->messages, bytes + AT_MESSAGES, 4);
    memcpy(&head->path, bytes + AT_PATH, 4);
    memcpy(&head->seq, bytes + AT_SEQ, 8);
    memcpy(&head->ts, bytes + AT_TS, 8);
    memcpy(&head->offset, bytes + AT_OFFSET, 8);
    memcpy(head->literals, bytes + AT_LITERALS, sizeof head->literals);
    memcpy(&head->names, bytes + AT_NAMES, 4);
}

static void write_head(char *bytes, const struct head *head)
{
    memcpy(bytes + AT_RECORDS, &head->records, 4);
    memcpy(bytes + AT_MESSAGES, &head->messages, 4);
    memcpy(bytes + AT_PATH, &head->path, 4);
    memcpy(bytes + AT_SEQ, &head->seq, 8);
    memcpy(bytes + AT_TS, &head->ts, 8);
    memcpy(bytes + AT_OFFSET, &head->offset, 8);
    memcpy(bytes + AT_LITERALS, head->literals, sizeof head->literals);
    memcpy(bytes + AT_NAMES, &head->names, 4);
}

static const struct cm_span *string_of(const struct cm_record *record, unsigned i)
{
    const struct cm_span *const strings[CM_RECORD_STRING_COUNT] = {
#define X(name) &record->name,
        CM_RECORD_STRINGS(X)
#undef X
    };
    return strings[i];
}

/* ------------------------------------------------------------------- packing */

static void put_varint(struct cm_buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        cm_buffer_byte(out, (char)(value | 0x80));
    cm_buffer_byte(out, (char)value);
}

/* Differences wrap: what is read back is added with the same wrap. */
static void put_difference(struct cm_buffer *out, uint64_t value, uint64_t before)
{
    int64_t difference = (int64_t)(value - before);
    put_varint(out, (uint64_t)difference << 1 ^ (uint64_t)(difference >> 63));
}

static bool same_literal(const struct cm_packed *packed, uint32_t at, struct cm_span text)
{
    uint64_t len = 0;
    unsigned shift = 0;
    if (!at)
        return false;
    for (; packed->bytes[at] & 0x80; at++, shift += 7)
        len |= (uint64_t)(packed->bytes[at] & 0x7F) << shift;
    len |= (uint64_t)packed->bytes[at++] << shift;
    return len == text.len && memcmp(packed->bytes + at, text.ptr, text.len) == 0;
}

static bool same_names(const struct cm_packed *packed, const struct head *head, const struct cm_record *record)
{
    uint32_t count;
    if (!head->names || !record->name_count)
        return false;
    memcpy(&count, packed->bytes + head->names, 4);
    return count == record->name_count && memcmp(packed->bytes + head->names + 4, record->names, 4u * count) == 0;
}

static void put_values(struct cm_buffer *out, const struct cm_record *record, struct head *head)
{
    if (record->has & CM_HAS_SEQ) {
        put_difference(out, record->seq, head->seq);
        head->seq = record->seq;
    }
    if (record->has & CM_HAS_TS) {
        put_difference(out, (uint64_t)record->ts, (uint64_t)head->ts);
        head->ts = record->ts;
    }
    if (record->has & CM_HAS_END_TS)
        put_difference(out, (uint64_t)record->end_ts, (uint64_t)head->ts);
    if (record->has & CM_HAS_CONFIDENCE)
        put_varint(out, record->confidence);
    if (record->has & CM_HAS_OPEN_CHATS)
        put_varint(out, record->open_chats);
    if (record->has & CM_HAS_RATING)
        put_difference(out, (uint64_t)record->rating, 0);
    if (record->has & CM_HAS_SCALE)
        put_difference(out, (uint64_t)record->scale, 0);
    if (record->has & CM_HAS_TARGET_SEQ)
        put_difference(out, record->target_seq, head->seq);
}

/* Is the quote of hit i the one of the hit before: same words, same bytes? */
static bool quote_repeats(const struct cm_record_found *found, uint32_t i, const char *quote)
{
    return i > 0 && found->quote_lens[i] > 0 && found->quote_lens[i] == found->quote_lens[i - 1] &&
           memcmp(quote - found->quote_lens[i], quote, found->quote_lens[i]) == 0;
}

static void put_pack(struct cm_buffer *out, const struct cm_record_found *found)
{
    uint32_t start = 0;
    put_varint(out, found->hit_count);
    put_varint(out, found->fault_count);
    for (uint32_t i = 0; i < found->hit_count; i++) {
        const struct cm_hit *hit = &found->hits[i];
        put_varint(out, hit->cue);
        put_difference(out, hit->start, start);
        put_difference(out, hit->end, hit->start);
        put_varint(out, hit->name);
        start = hit->start;
    }
    for (uint32_t i = 0; i < found->fault_count; i++)
        put_varint(out, found->faults[i]);
    const char *quote = found->quotes;
    for (uint32_t i = 0; found->quote_lens && i < found->hit_count; i++) {
        put_varint(out, quote_repeats(found, i, quote) ? 0 : (uint64_t)found->quote_lens[i] + 1);
        quote += found->quote_lens[i];
    }
}

static void put_quotes(struct cm_buffer *out, const struct cm_record_found *found)
{
    const char *quote = found->quotes;
    for (uint32_t i = 0; found->quote_lens && i < found->hit_count; i++) {
        if (!quote_repeats(found, i, quote))
            cm_buffer_append(out, quote, found->quote_lens[i]);
        quote += found->quote_lens[i];
    }
}

/* at: where the record's first byte will stand, for literals that later records refer to. */
static void put_record(struct cm_buffer *out, const struct cm_record *record, const struct cm_packed *packed, uint32_t at,
                       struct head *head)
{
    unsigned kinds[CM_RECORD_STRING_COUNT];
    uint32_t has = record->has & 0xFFu, strings = 0;
    bool names_repeat = same_names(packed, head, record);
    has |= record->has & CM_RECORD_BACKCHANNEL ? BIT_BACKCHANNEL : 0;
    has |= record->has & CM_RECORD_QUOTES ? BIT_QUOTES : 0;
    has |= names_repeat ? BIT_SAME_NAMES : 0;
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++) {
        bool there = record->has & CM_RECORD_STRING_BIT(i);
        kinds[i] = !there ? STRING_ABSENT : same_literal(packed, head->literals[i], *string_of(record, i)) ? STRING_SAME : STRING_LITERAL;
        strings |= kinds[i] << 2 * i;
    }
    cm_buffer_byte(out, (char)(record->type | record->speaker << 4));
    cm_buffer_byte(out, (char)(record->channel | record->ended_by << 4));
    put_varint(out, has);
    put_varint(out, strings);
    cm_buffer_append(out, &record->hash, sizeof record->hash);
    put_difference(out, record->origin.offset, head->offset);
    head->offset = record->origin.offset;
    put_values(out, record, head);
    put_varint(out, record->text_len);
    put_varint(out, record->words);
    put_varint(out, record->content_count);
    put_varint(out, names_repeat ? 0 : record->name_count);
    put_varint(out, record->pack_count);
    cm_buffer_append(out, record->content, 4u * (size_t)record->content_count);
    if (record->name_count && !names_repeat) {
        uint32_t count = record->name_count;
        head->names = at + (uint32_t)out->len;
        cm_buffer_append(out, &count, sizeof count);
        cm_buffer_append(out, record->names, 4u * (size_t)count);
    }
    for (uint32_t i = 0; i < record->pack_count; i++) {
        struct cm_record_found found = cm_record_found(record, i);
        put_pack(out, &found);
    }
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++) {
        if (kinds[i] != STRING_LITERAL)
            continue;
        head->literals[i] = at + (uint32_t)out->len;
        put_varint(out, string_of(record, i)->len);
        cm_buffer_span(out, *string_of(record, i));
    }
    for (uint32_t i = 0; i < record->pack_count; i++) {
        struct cm_record_found found = cm_record_found(record, i);
        put_quotes(out, &found);
    }
}

static enum cm_status begin(struct cm_packed *packed, const struct cm_record *record)
{
    struct cm_buffer head = CM_BUFFER_EMPTY;
    char zeros[HEAD_BYTES] = {0};
    uint16_t magic = CM_PACKED_MAGIC, id_len = (uint16_t)record->interaction_id.len;
    memcpy(zeros + AT_MAGIC, &magic, 2);
    memcpy(zeros + AT_ID_LEN, &id_len, 2);
    memcpy(zeros + AT_PATH, &record->origin.path, 4);
    cm_buffer_append(&head, zeros, sizeof zeros);
    cm_buffer_span(&head, record->interaction_id);
    if (cm_buffer_status(&head) != CM_OK)
        return CM_ENOMEM;
    *packed = (struct cm_packed){head.ptr, (uint32_t)head.len, (uint32_t)head.cap};
    return CM_OK;
}

/* A quarter more than is needed: most interactions are small, and there are very many of them. */
static enum cm_status make_room(struct cm_packed *packed, size_t more)
{
    size_t need = packed->len + more;
    if (need > UINT32_MAX / 2)
        return CM_ELIMIT;
    if (need <= packed->cap)
        return CM_OK;
    size_t cap = (need + need / 4 + 63) / 64 * 64;
    char *bytes = realloc(packed->bytes, cap);
    if (!bytes)
        return CM_ENOMEM;
    packed->bytes = bytes;
    packed->cap = (uint32_t)cap;
    return CM_OK;
}

enum cm_status cm_packed_add(struct cm_packed *packed, struct cm_span bytes, struct cm_buffer *scratch)
{
    struct cm_record record;
    struct head head;
    enum cm_status status = cm_record_parse(bytes, &record);
    if (status == CM_OK && !packed->bytes)
        status = begin(packed, &record);
    if (status != CM_OK)
        return status;
    read_head(packed->bytes, &head);
    if (head.path != record.origin.path ||
        !cm_span_equal(cm_packed_interaction((struct cm_span){packed->bytes, packed->len}), record.interaction_id))
        return CM_EINPUT;
    cm_buffer_reset(scratch);
    put_record(scratch, &record, packed, packed->len, &head);
    status = cm_buffer_status(scratch);
    if (status == CM_OK)
        status = make_room(packed, scratch->len);
    if (status != CM_OK)
        return status;
    head.records++;
    head.messages += record.type == CM_EVENT_MESSAGE;
    memcpy(packed->bytes + packed->len, scratch->ptr, scratch->len);
    packed->len += (uint32_t)scratch->len;
    write_head(packed->bytes, &head);
    return CM_OK;
}

/* ----------------------------------------------------------------- unpacking */

/* A cursor that never passes the end: damaged once anything did not fit. */
struct reader {
    const char *start, *next, *end;
    bool damaged;
};

static const char *take(struct reader *reader, uint64_t bytes)
{
    if (reader->damaged || bytes > (uint64_t)(reader->end - reader->next)) {
        reader->damaged = true;
        return NULL;
    }
    const char *taken = reader->next;
    reader->next += bytes;
    return taken;
}

static uint64_t take_varint(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const char *byte = take(reader, 1);
        if (!byte)
            return 0;
        value |= (uint64_t)(*byte & 0x7F) << shift;
        if (!(*byte & 0x80))
            return value;
    }
    reader->damaged = true;
    return 0;
}

static uint32_t take_u32(struct reader *reader)
{
    uint64_t value = take_varint(reader);
    if (value > UINT32_MAX)
        reader->damaged = true;
    return (uint32_t)value;
}

static uint64_t take_difference(struct reader *reader, uint64_t before)
{
    uint64_t value = take_varint(reader);
    return before + (value >> 1 ^ (0 - (value & 1)));
}

static struct cm_span take_literal(struct reader *reader)
{
    uint64_t len = take_varint(reader);
    const char *text = take(reader, len);
    return text && len <= UINT16_MAX ? (struct cm_span){text, (size_t)len} : (struct cm_span){NULL, 0};
}

/* What stands at a place that an earlier record told. */
static struct cm_span literal_at(const struct reader *from, uint32_t at)
{
    if (!at || from->start + at >= from->end)
        return (struct cm_span){NULL, 0};
    struct reader reader = {from->start, from->start + at, from->end, false};
    return take_literal(&reader);
}

/* One record while it is written out again. */
struct unpacking {
    struct reader reader;
    struct head head; /* as it was after the record before */
    struct cm_span id;
    struct cm_buffer *out;
    uint32_t has;                            /* of the record */
    struct reader lens[CM_PACKED_PACKS_MAX]; /* a pack: where the lengths of its quotes stand */
    uint32_t hits[CM_PACKED_PACKS_MAX], packs;
};

static void put_u32(struct cm_buffer *out, uint32_t value)
{
    cm_buffer_append(out, &value, sizeof value);
}

/* In the order in which records have them; differences resolved. */
static void unpack_values(struct unpacking *at, uint32_t has)
{
    struct reader *reader = &at->reader;
    struct head *head = &at->head;
    uint64_t values[CM_RECORD_VALUE_COUNT] = {0};
    if (has & CM_HAS_SEQ)
        values[0] = head->seq = take_difference(reader, head->seq);
    if (has & CM_HAS_TS)
        values[1] = (uint64_t)(head->ts = (int64_t)take_difference(reader, (uint64_t)head->ts));
    if (has & CM_HAS_END_TS)
        values[2] = take_difference(reader, (uint64_t)head->ts);
    if (has & CM_HAS_CONFIDENCE)
        values[3] = take_u32(reader);
    if (has & CM_HAS_OPEN_CHATS)
        values[4] = take_u32(reader);
    if (has & CM_HAS_RATING)
        values[5] = take_difference(reader, 0);
    if (has & CM_HAS_SCALE)
        values[6] = take_difference(reader, 0);
    if (has & CM_HAS_TARGET_SEQ)
        values[7] = take_difference(reader, head->seq);
    for (unsigned i = 0; i < CM_RECORD_VALUE_COUNT; i++)
        if (has & (1u << i))
            cm_buffer_append(at->out, &values[i], sizeof values[i]);
}

/* The words of the name: as they stand here, or where they were last told. */
static struct cm_span take_names(struct unpacking *at, bool same, uint32_t count)
{
    struct reader *reader = &at->reader, back = *reader;
    if (same) {
        reader->damaged |= !at->head.names || at->head.names >= (size_t)(reader->end - reader->start);
        back.next = reader->damaged ? reader->end : reader->start + at->head.names;
        const char *stored = take(&back, sizeof count);
        count = UINT32_MAX;
        if (stored)
            memcpy(&count, stored, sizeof count);
    } else if (count) {
        at->head.names = (uint32_t)(reader->next - reader->start);
        take(reader, sizeof count);
    }
    const char *words = count <= UINT8_MAX ? take(same ? &back : reader, 4u * (uint64_t)count) : NULL;
    reader->damaged |= !words;
    return (struct cm_span){words, words ? 4u * (size_t)count : 0};
}

static void unpack_pack(struct unpacking *at)
{
    struct reader *reader = &at->reader;
    uint32_t hits = take_u32(reader), faults = take_u32(reader), start = 0;
    if (4 * (uint64_t)hits + faults > (uint64_t)(reader->end - reader->next)) /* a varint has a byte at least: no room is made for less */
        reader->damaged = true;
    put_u32(at->out, hits);
    put_u32(at->out, faults);
    for (uint32_t i = 0; i < hits && !reader->damaged; i++) {
        uint32_t cue = take_u32(reader);
        start = (uint32_t)take_difference(reader, start);
        uint32_t end = (uint32_t)take_difference(reader, start);
        struct cm_hit hit = {.cue = cue, .start = start, .end = end, .name = take_u32(reader)};
        cm_buffer_append(at->out, &hit, sizeof hit);
    }
    for (uint32_t i = 0; i < faults && !reader->damaged; i++)
        put_u32(at->out, take_u32(reader));
    at->lens[at->packs] = *reader;
    at->hits[at->packs++] = hits;
    uint32_t len = 0;
    for (uint32_t i = 0; at->has & CM_RECORD_QUOTES && i < hits && !reader->damaged; i++) {
        uint32_t told = take_u32(reader);
        len = told ? told - 1 : len;
        reader->damaged |= len > CM_QUOTE_MAX_BYTES;
        put_u32(at->out, len);
    }
}

static void unpack_strings(struct unpacking *at, uint32_t kinds)
{
    struct cm_span strings[CM_RECORD_STRING_COUNT] = {{NULL, 0}};
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++) {
        unsigned kind = kinds >> 2 * i & 3;
        if (kind == STRING_SAME) {
            strings[i] = literal_at(&at->reader, at->head.literals[i]);
        } else if (kind == STRING_LITERAL) {
            at->head.literals[i] = (uint32_t)(at->reader.next - at->reader.start);
            strings[i] = take_literal(&at->reader);
        }
        at->reader.damaged |= kind != STRING_ABSENT && !strings[i].ptr;
        uint16_t len = (uint16_t)strings[i].len;
        if (kind != STRING_ABSENT)
            cm_buffer_append(at->out, &len, sizeof len);
    }
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        cm_buffer_span(at->out, strings[i]);
}

static void unpack_quotes(struct unpacking *at)
{
    for (uint32_t pack = 0; pack < at->packs; pack++) {
        struct cm_span quote = {NULL, 0};
        for (uint32_t i = 0; i < at->hits[pack]; i++) {
            uint32_t told = take_u32(&at->lens[pack]);
            if (told)
                quote = (struct cm_span){take(&at->reader, told - 1), told - 1};
            if (at->reader.damaged)
                return;
            cm_buffer_span(at->out, quote);
        }
    }
}

static uint32_t has_bits(uint32_t has, uint32_t kinds)
{
    uint32_t bits = has & 0xFFu;
    bits |= has & BIT_BACKCHANNEL ? CM_RECORD_BACKCHANNEL : 0;
    bits |= has & BIT_QUOTES ? CM_RECORD_QUOTES : 0;
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        bits |= (kinds >> 2 * i & 3) != STRING_ABSENT ? CM_RECORD_STRING_BIT(i) : 0;
    return bits;
}

/* What stands behind the head, and the head's numbers that only this tells. */
static void unpack_body(struct unpacking *at, uint32_t has, uint32_t kinds, char *head)
{
    struct reader *reader = &at->reader;
    uint32_t text_len = take_u32(reader), words = take_u32(reader), content = take_u32(reader), names = take_u32(reader),
             packs = take_u32(reader);
    uint16_t tokens = (uint16_t)words, pack_count = (uint16_t)packs;
    reader->damaged |= packs > CM_PACKED_PACKS_MAX || words > UINT16_MAX;
    const char *content_words = take(reader, 4u * (uint64_t)content);
    struct cm_span name_words = take_names(at, has & BIT_SAME_NAMES, names);
    if (reader->damaged)
        return;
    cm_buffer_append(at->out, content_words, 4u * (size_t)content);
    cm_buffer_span(at->out, name_words);
    at->packs = 0;
    while (at->packs < packs && !reader->damaged)
        unpack_pack(at);
    if (!reader->damaged)
        unpack_strings(at, kinds);
    if (!reader->damaged && has & BIT_QUOTES)
        unpack_quotes(at);
    head[CM_AT_NAMES] = (char)(name_words.len / 4);
    memcpy(head + CM_AT_TEXT, &text_len, sizeof text_len);
    memcpy(head + CM_AT_TOKENS, &tokens, sizeof tokens);
    memcpy(head + CM_AT_CONTENT, &content, sizeof content);
    memcpy(head + CM_AT_PACKS, &pack_count, sizeof pack_count);
}

static enum cm_status unpack_record(struct unpacking *at)
{
    struct reader *reader = &at->reader;
    const char *bytes = take(reader, 2);
    uint32_t has = take_u32(reader), kinds = take_u32(reader);
    const char *hash = take(reader, 16);
    at->head.offset = take_difference(reader, at->head.offset);
    if (reader->damaged)
        return CM_EINPUT;
    char head[CM_RECORD_HEAD_BYTES];
    size_t from = at->out->len;
    at->has = has_bits(has, kinds);
    cm_record_open(at->out, at->id, (struct cm_origin){at->head.path, at->head.offset}, bytes[0] & 15);
    unpack_values(at, has);
    if (at->out->failed)
        return CM_ENOMEM;
    memcpy(head, at->out->ptr + from, sizeof head);
    head[CM_AT_SPEAKER] = (char)((uint8_t)bytes[0] >> 4);
    head[CM_AT_CHANNEL] = bytes[1];
    memcpy(head + CM_AT_HASH, hash, 16);
    memcpy(head + CM_AT_HAS, &at->has, sizeof at->has);
    unpack_body(at, has, kinds, head);
    if (reader->damaged)
        return CM_EINPUT;
    if (!at->out->failed)
        memcpy(at->out->ptr + from, head, sizeof head);
    cm_record_close(at->out, from);
    return cm_buffer_status(at->out);
}

/* What the head says of where literals stand: later records are compared with them. */
static bool places_are_sound(struct cm_span packed, uint32_t from)
{
    struct head head;
    const struct reader whole = {packed.ptr, packed.ptr, packed.ptr + packed.len, false};
    read_head(packed.ptr, &head);
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        if (head.literals[i] && (head.literals[i] < from || !literal_at(&whole, head.literals[i]).ptr))
            return false;
    uint32_t names = 0;
    if (!head.names)
        return true;
    if (head.names < from || head.names + (uint64_t)sizeof names > packed.len)
        return false;
    memcpy(&names, packed.ptr + head.names, sizeof names);
    return names <= UINT8_MAX && head.names + sizeof names + 4 * (uint64_t)names <= packed.len;
}

bool cm_packed_valid(struct cm_span packed)
{
    uint16_t magic, id_len;
    if (packed.len < HEAD_BYTES)
        return false;
    memcpy(&magic, packed.ptr + AT_MAGIC, 2);
    memcpy(&id_len, packed.ptr + AT_ID_LEN, 2);
    return magic == CM_PACKED_MAGIC && packed.len >= HEAD_BYTES + (size_t)id_len && packed.len <= UINT32_MAX / 2 &&
           places_are_sound(packed, HEAD_BYTES + (uint32_t)id_len);
}

struct cm_span cm_packed_interaction(struct cm_span packed)
{
    uint16_t id_len;
    memcpy(&id_len, packed.ptr + AT_ID_LEN, 2);
    return (struct cm_span){packed.ptr + HEAD_BYTES, id_len};
}

uint32_t cm_packed_messages(struct cm_span packed)
{
    uint32_t messages;
    memcpy(&messages, packed.ptr + AT_MESSAGES, 4);
    return messages;
}

enum cm_status cm_packed_unpack(struct cm_span packed, struct cm_buffer *out)
{
    uint32_t records;
    if (!cm_packed_valid(packed))
        return CM_EINPUT;
    struct unpacking at = {.id = cm_packed_interaction(packed), .out = out};
    memcpy(&records, packed.ptr + AT_RECORDS, 4);
    memcpy(&at.head.path, packed.ptr + AT_PATH, 4);
    at.reader = (struct reader){packed.ptr, packed.ptr + HEAD_BYTES + at.id.len, packed.ptr + packed.len, false};
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < records && status == CM_OK; i++)
        status = unpack_record(&at);
    return status == CM_OK && at.reader.next != at.reader.end ? CM_EINPUT : status;
}

void cm_packed_free(struct cm_packed *packed)
{
    free(packed->bytes);
    *packed = (struct cm_packed){0};
}
