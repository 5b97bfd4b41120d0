#include "score/packed_layout.h"

static struct cm_span string_of(const struct cm_record *record, unsigned i)
{
    static const uint16_t places[CM_RECORD_STRING_COUNT] = {
#define X(name) offsetof(struct cm_record, name),
        CM_RECORD_STRINGS(X)
#undef X
    };
    struct cm_span string;
    memcpy(&string, (const char *)record + places[i], sizeof string);
    return string;
}

#define VARINT_MAX_BYTES 10
#define STRINGS_MASK ((1u << CM_RECORD_STRING_COUNT) - 1)

static char *write_varint(char *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (char)(value | 0x80);
    *to++ = (char)value;
    return to;
}

static void put_varint(struct cm_buffer *out, uint64_t value)
{
    if (!cm_buffer_reserve(out, VARINT_MAX_BYTES))
        return;
    char *from = out->ptr + out->len;
    out->len += (size_t)(write_varint(from, value) - from);
}

/* Of the four bytes of value the first, so many. */
static void put_low(struct cm_buffer *out, uint32_t value, size_t bytes)
{
    if (!cm_buffer_reserve(out, sizeof value))
        return;
    memcpy(out->ptr + out->len, &value, sizeof value);
    out->len += bytes;
}

/* Differences wrap: what is read back is added with the same wrap. */
static void put_zigzag(struct cm_buffer *out, int64_t difference)
{
    put_varint(out, (uint64_t)difference << 1 ^ (uint64_t)(difference >> 63));
}

static void put_difference(struct cm_buffer *out, uint64_t value, uint64_t before)
{
    put_zigzag(out, (int64_t)(value - before));
}

static void put_forward(struct cm_buffer *out, uint64_t difference)
{
    put_varint(out, difference + BACKWARD);
}

/* -------------------------------------------------------------- what is as before */

static bool same_literal(struct cm_span packed, uint16_t at, struct cm_span text)
{
    char head[VARINT_MAX_BYTES];
    size_t len = (size_t)(write_varint(head, text.len) - head);
    return at && at + len + text.len <= packed.len && memcmp(packed.ptr + at, head, len) == 0 &&
           memcmp(packed.ptr + at + len, text.ptr, text.len) == 0;
}

static bool same_names(struct cm_span packed, uint16_t at, const struct cm_record *record)
{
    size_t len = 4 * (size_t)record->name_count;
    return at && record->name_count && at + 1 + len <= packed.len && (uint8_t)packed.ptr[at] == record->name_count &&
           memcmp(packed.ptr + at + 1, record->names, len) == 0;
}

/* What a record is but for its numbers, and how it is written. */
struct shape {
    uint32_t literals; /* bits of strings */
    uint8_t len;
    bool faults;
    char bytes[CM_PACKED_SHAPE_BYTES];
};

static bool has_faults(const struct cm_record *record, const struct cm_record_found *first)
{
    uint32_t faults = first->fault_count;
    for (uint32_t i = 1; i < record->pack_count; i++)
        faults += cm_record_found(record, i).fault_count;
    return faults > 0;
}

static void make_shape(struct shape *shape, const struct cm_record *record, const struct cm_record_found *first, struct cm_span packed,
                       const struct cm_packed_places *places, bool names_repeat)
{
    uint32_t bits = 0;
    shape->literals = 0;
    for (uint32_t left = record->has >> 8 & STRINGS_MASK; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        bool same = same_literal(packed, places->literals[i], string_of(record, i));
        bits |= (uint32_t)(same ? STRING_SAME : STRING_LITERAL) << 2 * i;
        shape->literals |= same ? 0 : 1u << i;
    }
    shape->faults = has_faults(record, first);
    bits |= (shape->faults ? SHAPE_FAULTS : 0) | (names_repeat ? SHAPE_SAME_NAMES : 0);
    shape->bytes[0] = (char)(record->type | record->speaker << 4);
    shape->bytes[1] = (char)(record->channel | record->ended_by << 4);
    shape->bytes[2] = (char)record->has;
    shape->bytes[3] = (char)(names_repeat ? 0 : record->name_count);
    char *end = write_varint(shape->bytes + 4, bits);
    shape->len = (uint8_t)(write_varint(end, record->pack_count) - shape->bytes);
}

/* Its number, if it was told before; 0. */
static uint32_t number_of(const struct shape *shape, struct cm_span packed, const struct cm_packed_places *places)
{
    for (uint32_t i = 0; i < CM_PACKED_SHAPES; i++) {
        uint16_t at = places->shapes[i];
        uint32_t told, head;
        if (!at || (size_t)at + shape->len > packed.len)
            continue;
        memcpy(&told, packed.ptr + at, sizeof told);
        memcpy(&head, shape->bytes, sizeof head);
        if (told == head && memcmp(packed.ptr + at, shape->bytes, shape->len) == 0)
            return i + 1;
    }
    return 0;
}

/* ---------------------------------------------------------------------- parts */

static void put_values(struct cm_buffer *out, const struct cm_record *record, uint32_t flags, struct cm_packed_last *last)
{
    put_forward(out, record->origin.offset - last->offset);
    last->offset = record->origin.offset;
    if (record->has & CM_HAS_SEQ) {
        if (!(flags & FLAG_NEXT_SEQ))
            put_difference(out, record->seq, last->seq);
        last->seq = record->seq;
    }
    if (record->has & CM_HAS_TS) {
        int64_t difference = (int64_t)((uint64_t)record->ts - (uint64_t)last->ts);
        put_forward(out, (uint64_t)(flags & FLAG_SECONDS ? difference / 1000 : difference));
        last->ts = record->ts;
    }
    if (record->has & CM_HAS_END_TS)
        put_difference(out, (uint64_t)record->end_ts, (uint64_t)last->ts);
    if (record->has & CM_HAS_CONFIDENCE)
        put_varint(out, record->confidence);
    if (record->has & CM_HAS_OPEN_CHATS)
        put_varint(out, record->open_chats);
    if (record->has & CM_HAS_RATING)
        put_zigzag(out, record->rating);
    if (record->has & CM_HAS_SCALE)
        put_zigzag(out, record->scale);
    if (record->has & CM_HAS_TARGET_SEQ)
        put_difference(out, record->target_seq, last->seq);
    put_varint(out, record->text_len);
    put_varint(out, record->words);
}

static void put_counts(struct cm_buffer *out, uint32_t content, uint32_t hits)
{
    cm_buffer_byte(out, (char)((content < FEW ? content : FEW) | (hits < FEW ? hits : FEW) << 4));
    if (content >= FEW)
        put_varint(out, content - FEW);
    if (hits >= FEW)
        put_varint(out, hits - FEW);
}

/* Of the words that are not known those from number from up to number to. */
static void put_new(struct cm_buffer *out, const struct cm_record *record, const struct cm_packed_known *known, uint32_t from, uint32_t to)
{
    if (from < to && !known->count) { /* most turns */
        cm_buffer_append(out, record->content + from, (to - from) * sizeof *record->content);
        return;
    }
    for (uint32_t i = from < to ? 0 : record->content_count, at = 0, number = 0; i < record->content_count && number < to; i++) {
        if (at < known->count && known->words[at] == record->content[i])
            at++;
        else if (number++ >= from)
            put_low(out, record->content[i], WORD_BYTES);
    }
}

/* As many of those that are not known as the dictionary, of so many words, does not take. */
static void put_content(struct cm_buffer *out, const struct cm_record *record, const struct cm_packed_known *known, uint32_t words)
{
    cm_buffer_append(out, known->places, known->count);
    if (known->count && !out->failed)
        out->ptr[out->len - 1] = (char)(known->places[known->count - 1] | WORDS_LAST);
    put_new(out, record, known, CM_PACKED_WORDS_MAX - words, record->content_count - known->count);
}

/* Those that it takes. */
static void put_dictionary(struct cm_buffer *out, const struct cm_record *record, const struct cm_packed_known *known,
                           struct cm_packed_places *places)
{
    uint32_t room = CM_PACKED_WORDS_MAX - places->words, count = record->content_count - known->count;
    put_new(out, record, known, 0, count < room ? count : room);
    places->words = (uint8_t)(places->words + (count < room ? count : room));
}

static void put_hit(struct cm_buffer *out, const struct cm_hit *hit, uint32_t before, bool odd)
{
    uint32_t further = hit->start - before, len = hit->end - hit->start; /* both may wrap */
    if (!hit->name && hit->cue < HIT_CUES && further < HIT_SPAN && len < HIT_SPAN) {
        uint32_t bits = (odd ? HIT_ODD : 0) | hit->cue << 2 | further << 12 | len << 18;
        put_low(out, bits, HIT_SHORT_BYTES);
        return;
    }
    cm_buffer_byte(out, (char)(HIT_LONG | (odd ? HIT_ODD : 0) | (hit->name ? HIT_NAMED : 0)));
    put_varint(out, hit->cue);
    put_varint(out, further);
    put_varint(out, len);
    if (hit->name)
        put_varint(out, hit->name);
}

/* Is the quote of hit i the one of the hit before, byte for byte? */
static bool quote_repeats(const struct cm_record_found *found, uint32_t i, const char *quote)
{
    return i > 0 && found->quote_lens[i] == found->quote_lens[i - 1] &&
           memcmp(quote - found->quote_lens[i], quote, found->quote_lens[i]) == 0;
}

/* Is its quote another one than its place tells? */
static bool is_odd(const struct cm_record_found *found, uint32_t i, const char *quote)
{
    if (!found->quote_lens)
        return false;
    if (cm_packed_quote_again(found->hits, i))
        return !quote_repeats(found, i, quote);
    return found->quote_lens[i] != found->hits[i].end - found->hits[i].start;
}

static void put_pack(struct cm_buffer *out, const struct cm_record_found *found, bool first, bool faults)
{
    const char *quote = found->quotes;
    uint32_t start = 0;
    if (!first)
        put_varint(out, found->hit_count);
    if (faults)
        put_varint(out, found->fault_count);
    for (uint32_t i = 0; i < found->hit_count; i++) {
        put_hit(out, &found->hits[i], start, is_odd(found, i, quote));
        start = found->hits[i].start;
        quote += found->quote_lens ? found->quote_lens[i] : 0;
    }
    for (uint32_t i = 0; i < found->fault_count; i++)
        put_varint(out, found->faults[i]);
}

static void put_quotes(struct cm_buffer *out, const struct cm_record_found *found)
{
    const char *quote = found->quotes;
    for (uint32_t i = 0; i < found->hit_count; i++) {
        bool odd = is_odd(found, i, quote), again = quote_repeats(found, i, quote) && (odd || cm_packed_quote_again(found->hits, i));
        if (odd)
            put_varint(out, again ? 0 : (uint64_t)found->quote_lens[i] + 1);
        if (!again)
            cm_buffer_append(out, quote, found->quote_lens[i]);
        quote += found->quote_lens[i];
    }
}

/* --------------------------------------------------------------------- record */

static uint32_t flags_of(const struct cm_record *record, const struct cm_packed_last *last, bool known)
{
    uint32_t flags = known ? FLAG_KNOWN : 0;
    flags |= record->has & CM_HAS_SEQ && record->seq == last->seq + 1 ? FLAG_NEXT_SEQ : 0;
    flags |= record->has & CM_RECORD_BACKCHANNEL ? FLAG_BACKCHANNEL : 0;
    flags |= record->has & CM_RECORD_QUOTES ? FLAG_QUOTES : 0;
    flags |= record->has & CM_HAS_TS && (int64_t)((uint64_t)record->ts - (uint64_t)last->ts) % 1000 == 0 ? FLAG_SECONDS : 0;
    return flags;
}

static void put_found(struct cm_buffer *out, const struct cm_record *record, const struct cm_record_found *first, const struct shape *shape)
{
    if (record->pack_count)
        put_pack(out, first, true, shape->faults);
    for (uint32_t i = 1; i < record->pack_count; i++) {
        struct cm_record_found found = cm_record_found(record, i);
        put_pack(out, &found, false, shape->faults);
    }
}

static void put_names(struct cm_buffer *out, const struct cm_record *record, size_t at, struct cm_packed_places *places)
{
    cm_packed_note(&places->names, at + out->len);
    cm_buffer_byte(out, (char)record->name_count);
    cm_buffer_append(out, record->names, 4 * (size_t)record->name_count);
}

void cm_packed_put(struct cm_buffer *out, const struct cm_record *record, struct cm_span packed, struct cm_packed_places *places,
                   struct cm_packed_last *last)
{
    struct shape shape;
    size_t dictionary = cm_packed_dictionary_bytes(packed), at = packed.len - dictionary;
    struct cm_packed_known known;
    bool names_repeat = same_names(packed, places->names, record);
    cm_packed_look_up(record, (struct cm_span){packed.ptr + at, dictionary}, &known);
    uint32_t flags = flags_of(record, last, known.count > 0);
    const struct cm_record_found first = cm_record_found(record, 0);
    make_shape(&shape, record, &first, packed, places, names_repeat);
    uint32_t number = number_of(&shape, packed, places);
    cm_buffer_byte(out, (char)(number | flags));
    if (!number) {
        cm_packed_note_shape(places, at + out->len);
        cm_buffer_append(out, shape.bytes, shape.len);
    }
    put_values(out, record, flags, last);
    put_counts(out, record->content_count, first.hit_count);
    cm_buffer_append(out, &record->hash, CM_RECORD_H_BYTES);
    put_content(out, record, &known, places->words);
    if (record->name_count && !names_repeat)
        put_names(out, record, at, places);
    put_found(out, record, &first, &shape);
    for (uint32_t left = shape.literals; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        cm_packed_note(&places->literals[i], at + out->len);
        put_varint(out, string_of(record, i).len);
        cm_buffer_span(out, string_of(record, i));
    }
    for (uint32_t i = 0; record->has & CM_RECORD_QUOTES && i < record->pack_count; i++) {
        struct cm_record_found found = cm_record_found(record, i);
        put_quotes(out, &found);
    }
    put_dictionary(out, record, &known, places);
}
