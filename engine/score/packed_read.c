#include "score/packed_layout.h"

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

static uint8_t take_byte(struct reader *reader)
{
    const char *byte = take(reader, 1);
    return byte ? (uint8_t)*byte : 0;
}

static uint64_t take_varint(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = take_byte(reader);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
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

static uint64_t take_zigzag(struct reader *reader)
{
    uint64_t value = take_varint(reader);
    return value >> 1 ^ (0 - (value & 1));
}

static uint64_t take_forward(struct reader *reader)
{
    return take_varint(reader) - BACKWARD;
}

static struct cm_span take_literal(struct reader *reader)
{
    uint64_t len = take_varint(reader);
    const char *text = take(reader, len);
    return text && len <= UINT16_MAX ? (struct cm_span){text, (size_t)len} : (struct cm_span){NULL, 0};
}

/* At a place that an earlier record told. */
static struct reader reader_at(const struct reader *from, uint16_t at)
{
    bool sound = at && from->start + at < from->end;
    return (struct reader){from->start, sound ? from->start + at : from->end, from->end, !sound};
}

static struct cm_span literal_at(const struct reader *from, uint16_t at)
{
    struct reader reader = reader_at(from, at);
    return take_literal(&reader);
}

/* ---------------------------------------------------------------------- record */

/* What of a record is told once for many. */
struct shape {
    char ends[2]; /* type and speaker, channel and ended_by */
    uint8_t has, names;
    uint32_t bits, packs;
};

/* Where in out a pack's hits stand and, if there are quotes, their lengths; 1 for now where a hit is odd. */
struct found_at {
    size_t hits, lens;
    uint32_t count;
};

/* One record while it is written out again. */
struct unpacking {
    struct reader reader;
    struct cm_packed_places places; /* as they were after the record before */
    struct cm_packed_last last;
    struct cm_span id, dictionary;
    struct cm_buffer *out;
    uint32_t path, flags; /* flags: of the record, as all below */
    struct shape shape;
    struct found_at packs[CM_PACKED_PACKS_MAX];
};

static void put_u32(struct cm_buffer *out, uint32_t value)
{
    cm_buffer_append(out, &value, sizeof value);
}

static void read_shape(struct reader *reader, struct shape *shape)
{
    const char *bytes = take(reader, 4);
    if (!bytes)
        return;
    memcpy(shape->ends, bytes, 2);
    shape->has = (uint8_t)bytes[2];
    shape->names = (uint8_t)bytes[3];
    shape->bits = take_u32(reader);
    shape->packs = take_u32(reader);
    reader->damaged |= shape->packs > CM_PACKED_PACKS_MAX;
}

static void take_shape(struct unpacking *at, uint32_t number)
{
    struct reader *reader = &at->reader;
    if (number) {
        struct reader told = reader_at(reader, at->places.shapes[number - 1]);
        read_shape(&told, &at->shape);
        reader->damaged |= told.damaged;
    } else {
        cm_packed_note_shape(&at->places, (uint64_t)(reader->next - reader->start));
        read_shape(reader, &at->shape);
    }
}

static uint32_t has_bits(const struct unpacking *at)
{
    uint32_t bits = at->shape.has;
    bits |= at->flags & FLAG_BACKCHANNEL ? CM_RECORD_BACKCHANNEL : 0;
    bits |= at->flags & FLAG_QUOTES ? CM_RECORD_QUOTES : 0;
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        bits |= (at->shape.bits >> 2 * i & 3) != STRING_ABSENT ? CM_RECORD_STRING_BIT(i) : 0;
    return bits;
}

/* In the order in which records have them; differences resolved. */
static void unpack_values(struct unpacking *at)
{
    struct reader *reader = &at->reader;
    struct cm_packed_last *last = &at->last;
    uint32_t has = at->shape.has;
    uint64_t values[CM_RECORD_VALUE_COUNT] = {0};
    if (has & CM_HAS_SEQ)
        values[0] = last->seq += at->flags & FLAG_NEXT_SEQ ? 1 : take_zigzag(reader);
    if (has & CM_HAS_TS)
        values[1] = (uint64_t)(last->ts = (int64_t)((uint64_t)last->ts + take_forward(reader) * (at->flags & FLAG_SECONDS ? 1000 : 1)));
    if (has & CM_HAS_END_TS)
        values[2] = (uint64_t)last->ts + take_zigzag(reader);
    if (has & CM_HAS_CONFIDENCE)
        values[3] = take_u32(reader);
    if (has & CM_HAS_OPEN_CHATS)
        values[4] = take_u32(reader);
    if (has & CM_HAS_RATING)
        values[5] = take_zigzag(reader);
    if (has & CM_HAS_SCALE)
        values[6] = take_zigzag(reader);
    if (has & CM_HAS_TARGET_SEQ)
        values[7] = last->seq + take_zigzag(reader);
    for (unsigned i = 0; i < CM_RECORD_VALUE_COUNT; i++)
        if (has & (1u << i))
            cm_buffer_append(at->out, &values[i], sizeof values[i]);
}

/* Those of count words that the dictionary had before; how many. */
static uint32_t take_known(struct unpacking *at, uint32_t *known, uint32_t count)
{
    struct reader *reader = &at->reader;
    uint32_t taken = 0;
    for (bool more = at->flags & FLAG_KNOWN; more;) {
        uint8_t byte = take_byte(reader), place = byte & (WORDS_LAST - 1);
        more = !(byte & WORDS_LAST);
        reader->damaged |= place >= at->places.words || taken == CM_PACKED_WORDS_MAX || taken == count;
        if (reader->damaged)
            break;
        memcpy(&known[taken++], at->dictionary.ptr + WORD_BYTES * (size_t)place, WORD_BYTES);
    }
    return taken;
}

/* The next that it did not have: it has it now, if there was room. */
static uint32_t take_new(struct unpacking *at)
{
    uint32_t word = 0;
    size_t place = WORD_BYTES * (size_t)at->places.words;
    const char *bytes = NULL;
    if (at->places.words == CM_PACKED_WORDS_MAX)
        bytes = take(&at->reader, WORD_BYTES);
    else if (place < at->dictionary.len)
        bytes = at->dictionary.ptr + place;
    if (bytes)
        memcpy(&word, bytes, WORD_BYTES);
    at->reader.damaged |= !bytes;
    at->places.words = (uint8_t)(at->places.words + (at->places.words < CM_PACKED_WORDS_MAX));
    return word;
}

/* Both kinds ascend, and so do they together. */
static void unpack_content(struct unpacking *at, uint32_t count)
{
    uint32_t known[CM_PACKED_WORDS_MAX], known_count = take_known(at, known, count), left = count - known_count;
    uint32_t next = !at->reader.damaged && left ? take_new(at) : 0;
    int64_t before = -1;
    for (uint32_t i = 0; !at->reader.damaged && (i < known_count || left);) {
        uint32_t word = next;
        if (!left || (i < known_count && known[i] < next))
            word = known[i++];
        else if (--left)
            next = take_new(at);
        at->reader.damaged |= word <= before;
        put_u32(at->out, word);
        before = word;
    }
}

/* The words of the name: as they stand here, or where they were last told. How many. */
static uint8_t unpack_names(struct unpacking *at)
{
    struct reader *reader = &at->reader, told = *reader;
    bool same = at->shape.bits & SHAPE_SAME_NAMES;
    if (same)
        told = reader_at(reader, at->places.names);
    else if (!at->shape.names)
        return 0;
    else
        cm_packed_note(&at->places.names, (uint64_t)(reader->next - reader->start));
    uint8_t count = take_byte(&told);
    const char *words = take(&told, 4 * (uint64_t)count);
    if (words)
        cm_buffer_append(at->out, words, 4 * (size_t)count);
    reader->damaged |= told.damaged;
    if (!same)
        reader->next = told.next;
    return count;
}

/* ------------------------------------------------------------------------ found */

static bool take_hit(struct reader *reader, struct cm_hit *hit, uint32_t before)
{
    uint32_t bits = take_byte(reader), len;
    if (bits & HIT_LONG) {
        hit->cue = take_u32(reader);
        hit->start = before + take_u32(reader);
        len = take_u32(reader);
        hit->name = bits & HIT_NAMED ? take_u32(reader) : 0;
    } else {
        bits |= (uint32_t)take_byte(reader) << 8;
        bits |= (uint32_t)take_byte(reader) << 16;
        hit->cue = bits >> 2 & (HIT_CUES - 1);
        hit->start = before + (bits >> 12 & (HIT_SPAN - 1));
        len = bits >> 18;
        hit->name = 0;
    }
    hit->end = hit->start + len;
    return bits & HIT_ODD;
}

static void unpack_pack(struct unpacking *at, struct found_at *found)
{
    struct reader *reader = &at->reader;
    struct cm_buffer *out = at->out;
    uint32_t faults = at->shape.bits & SHAPE_FAULTS ? take_u32(reader) : 0;
    if (HIT_SHORT_BYTES * (uint64_t)found->count + faults >
        (uint64_t)(reader->end - reader->next)) /* no room is made for what is not there */
        reader->damaged = true;
    if (reader->damaged)
        return;
    size_t room = (size_t)found->count * (sizeof(struct cm_hit) + sizeof(uint32_t));
    put_u32(out, found->count);
    put_u32(out, faults);
    if (!cm_buffer_reserve(out, room + faults * sizeof(uint32_t)))
        return;
    found->hits = out->len;
    found->lens = out->len + found->count * sizeof(struct cm_hit) + faults * sizeof(uint32_t);
    struct cm_hit hit = {0};
    for (uint32_t i = 0; i < found->count; i++) {
        uint32_t odd = take_hit(reader, &hit, hit.start);
        memcpy(out->ptr + found->hits + i * sizeof hit, &hit, sizeof hit);
        memcpy(out->ptr + found->lens + i * sizeof odd, &odd, sizeof odd);
    }
    out->len += found->count * sizeof hit;
    for (uint32_t i = 0; i < faults; i++)
        put_u32(out, take_u32(reader));
    if (at->flags & FLAG_QUOTES)
        out->len += found->count * sizeof(uint32_t);
}

static void unpack_strings(struct unpacking *at)
{
    struct cm_span strings[CM_RECORD_STRING_COUNT] = {{NULL, 0}};
    struct reader *reader = &at->reader;
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++) {
        unsigned kind = at->shape.bits >> 2 * i & 3;
        if (kind == STRING_ABSENT)
            continue;
        if (kind == STRING_SAME) {
            strings[i] = literal_at(reader, at->places.literals[i]);
        } else {
            cm_packed_note(&at->places.literals[i], (uint64_t)(reader->next - reader->start));
            strings[i] = take_literal(reader);
        }
        reader->damaged |= !strings[i].ptr;
        uint16_t len = (uint16_t)strings[i].len;
        cm_buffer_append(at->out, &len, sizeof len);
    }
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        cm_buffer_span(at->out, strings[i]);
}

/* How many bytes stand here for the quote of hit i, and how long it is: until now its place held only whether it is odd. */
static uint32_t quote_len(struct unpacking *at, const struct found_at *found, uint32_t i, uint32_t *len)
{
    struct cm_hit hits[2];
    uint32_t odd, from = i > 0 ? i - 1 : i;
    char *place = at->out->ptr + found->lens + i * sizeof odd;
    memcpy(&odd, place, sizeof odd);
    memcpy(hits, at->out->ptr + found->hits + from * sizeof *hits, (i - from + 1) * sizeof *hits);
    bool again = i > 0 && cm_packed_quote_again(hits, 1);
    uint64_t told = odd ? take_varint(&at->reader) : again ? 0 : (uint64_t)(hits[i - from].end - hits[i - from].start) + 1;
    at->reader.damaged |= told > CM_QUOTE_MAX_BYTES + 1;
    if (told)
        *len = (uint32_t)(told - 1);
    memcpy(place, len, sizeof *len);
    return told ? *len : 0;
}

static void unpack_quotes(struct unpacking *at, const struct found_at *found)
{
    struct reader *reader = &at->reader;
    const char *quote = NULL;
    uint32_t len = 0;
    for (uint32_t i = 0; i < found->count && !reader->damaged && !at->out->failed; i++) {
        uint32_t before = len, here = quote_len(at, found, i, &len);
        if (here || len != before)
            quote = take(reader, here);
        if (!reader->damaged)
            cm_buffer_append(at->out, quote, len);
    }
}

/* ------------------------------------------------------------------------ whole */

static void take_counts(struct reader *reader, uint32_t *content, uint32_t *hits)
{
    uint8_t counts = take_byte(reader);
    *content = counts & FEW;
    *hits = counts >> 4;
    if (*content == FEW)
        *content += take_u32(reader);
    if (*hits == FEW)
        *hits += take_u32(reader);
}

/* What stands behind the head, and the head's numbers that only this tells. */
static void unpack_body(struct unpacking *at, char *head)
{
    struct reader *reader = &at->reader;
    uint32_t text_len = take_u32(reader), words = take_u32(reader), content, hits;
    uint16_t tokens = (uint16_t)words, packs = (uint16_t)at->shape.packs;
    take_counts(reader, &content, &hits);
    const char *hash = take(reader, CM_RECORD_H_BYTES);
    reader->damaged |= words > UINT16_MAX;
    if (reader->damaged)
        return;
    memcpy(head + CM_AT_HASH, hash, CM_RECORD_H_BYTES);
    unpack_content(at, content);
    head[CM_AT_NAMES] = (char)unpack_names(at);
    for (uint32_t i = 0; i < packs && !reader->damaged; i++) {
        at->packs[i].count = i == 0 ? hits : take_u32(reader);
        unpack_pack(at, &at->packs[i]);
    }
    if (!reader->damaged)
        unpack_strings(at);
    for (uint32_t i = 0; at->flags & FLAG_QUOTES && i < packs && !reader->damaged && !at->out->failed; i++)
        unpack_quotes(at, &at->packs[i]);
    memcpy(head + CM_AT_TEXT, &text_len, sizeof text_len);
    memcpy(head + CM_AT_TOKENS, &tokens, sizeof tokens);
    memcpy(head + CM_AT_CONTENT, &content, sizeof content);
    memcpy(head + CM_AT_PACKS, &packs, sizeof packs);
}

static enum cm_status unpack_record(struct unpacking *at)
{
    struct reader *reader = &at->reader;
    uint8_t flags = take_byte(reader);
    at->flags = flags;
    take_shape(at, flags & CM_PACKED_SHAPES);
    at->last.offset += take_forward(reader);
    if (reader->damaged)
        return CM_EINPUT;
    char head[CM_RECORD_HEAD_BYTES];
    size_t from = at->out->len;
    uint32_t has = has_bits(at);
    cm_record_open(at->out, at->id, (struct cm_origin){at->path, at->last.offset}, at->shape.ends[0] & 15);
    unpack_values(at);
    if (at->out->failed)
        return CM_ENOMEM;
    memcpy(head, at->out->ptr + from, sizeof head);
    head[CM_AT_SPEAKER] = (char)((uint8_t)at->shape.ends[0] >> 4);
    head[CM_AT_CHANNEL] = at->shape.ends[1];
    memcpy(head + CM_AT_HAS, &has, sizeof has);
    unpack_body(at, head);
    if (reader->damaged)
        return CM_EINPUT;
    if (!at->out->failed)
        memcpy(at->out->ptr + from, head, sizeof head);
    cm_record_close(at->out, from);
    return cm_buffer_status(at->out);
}

enum cm_status cm_packed_unpack(struct cm_span packed, struct cm_buffer *out)
{
    uint32_t records;
    if (!cm_packed_valid(packed))
        return CM_EINPUT;
    struct unpacking at = {.id = cm_packed_interaction(packed), .out = out};
    memcpy(&records, packed.ptr + CM_PACKED_AT_RECORDS, 4);
    memcpy(&at.path, packed.ptr + CM_PACKED_AT_PATH, 4);
    at.dictionary.len = cm_packed_dictionary_bytes(packed);
    at.dictionary.ptr = packed.ptr + packed.len - at.dictionary.len;
    at.reader = (struct reader){packed.ptr, packed.ptr + CM_PACKED_HEAD_BYTES + at.id.len, at.dictionary.ptr, false};
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < records && status == CM_OK; i++)
        status = unpack_record(&at);
    bool whole = at.reader.next == at.reader.end && WORD_BYTES * (size_t)at.places.words == at.dictionary.len;
    return status == CM_OK && !whole ? CM_EINPUT : status;
}

/* ------------------------------------------------------------------------ places */

bool cm_packed_places_sound(struct cm_span packed, const struct cm_packed_places *places)
{
    size_t from = CM_PACKED_HEAD_BYTES + cm_packed_interaction(packed).len;
    const struct reader whole = {packed.ptr, packed.ptr, packed.ptr + packed.len - cm_packed_dictionary_bytes(packed), false};
    struct shape shape;
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        if (places->literals[i] && (places->literals[i] < from || !literal_at(&whole, places->literals[i]).ptr))
            return false;
    for (unsigned i = 0; i < CM_PACKED_SHAPES; i++) {
        struct reader at = reader_at(&whole, places->shapes[i]);
        if (places->shapes[i])
            read_shape(&at, &shape);
        if (places->shapes[i] && (places->shapes[i] < from || at.damaged))
            return false;
    }
    struct reader names = reader_at(&whole, places->names);
    uint64_t count = places->names ? take_byte(&names) : 0;
    return places->next_shape < CM_PACKED_SHAPES && places->words <= CM_PACKED_WORDS_MAX &&
           (!places->names || (places->names >= from && take(&names, 4 * count)));
}
