#include "score/record_layout.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are read in place");
_Static_assert(sizeof(struct cm_hit) == 16, "the layout in record.h");

/* Of the name, more words are nobody's; of packs, more do not fit the field. */
enum { NAME_WORDS_MAX = 255, PACKS_MAX = 65535 };

static const char zeros[8];

/* ------------------------------------------------------------------- writing */

static void put_u16(struct cm_buffer *out, uint16_t value)
{
    cm_buffer_append(out, &value, sizeof value);
}

static void put_u32(struct cm_buffer *out, uint32_t value)
{
    cm_buffer_append(out, &value, sizeof value);
}

void cm_record_open(struct cm_buffer *out, struct cm_span interaction_id, struct cm_origin origin, uint8_t type)
{
    char head[CM_RECORD_HEAD_BYTES] = {0};
    uint64_t id_hash = cm_hash64(interaction_id);
    uint16_t magic = CM_RECORD_MAGIC, id_len = (uint16_t)interaction_id.len;
    memcpy(head + CM_AT_MAGIC, &magic, sizeof magic);
    memcpy(head + CM_AT_ID_LEN, &id_len, sizeof id_len);
    head[CM_AT_TYPE] = (char)type;
    memcpy(head + CM_AT_ID_HASH, &id_hash, sizeof id_hash);
    memcpy(head + CM_AT_OFFSET, &origin.offset, sizeof origin.offset);
    memcpy(head + CM_AT_PATH, &origin.path, sizeof origin.path);
    cm_buffer_append(out, head, sizeof head);
    cm_buffer_span(out, interaction_id);
    cm_buffer_append(out, zeros, cm_record_padding(interaction_id.len));
}

static void put_values(struct cm_buffer *out, const struct cm_event *event)
{
    int64_t values[CM_RECORD_VALUE_COUNT] = {(int64_t)event->seq, event->ts,     event->end_ts, event->confidence,
                                             event->open_chats,   event->rating, event->scale,  (int64_t)event->target_seq};
    for (unsigned i = 0; i < CM_RECORD_VALUE_COUNT; i++)
        if (event->has & (1u << i))
            cm_buffer_append(out, &values[i], sizeof values[i]);
}

/* The hits of one pack, and room for the lengths of their quotes. */
static void put_pack(struct cm_buffer *out, const struct cm_scanned *found, bool quotes)
{
    put_u32(out, found->hit_count);
    put_u32(out, found->fault_count);
    cm_buffer_append(out, found->hits, found->hit_count * sizeof *found->hits);
    cm_buffer_append(out, found->faults, found->fault_count * sizeof *found->faults);
    for (uint32_t i = 0; quotes && i < found->hit_count; i++)
        put_u32(out, 0);
}

static void put_quotes(struct cm_buffer *out, size_t packs_at, const struct cm_findings *findings, const struct cm_redaction *redaction)
{
    size_t at = packs_at;
    for (uint32_t pack = 0; pack < findings->pack_count; pack++) {
        const struct cm_scanned *found = &findings->packs[pack];
        at += 8 + found->hit_count * sizeof(struct cm_hit) + found->fault_count * sizeof(uint32_t);
        for (uint32_t i = 0; i < found->hit_count; i++, at += sizeof(uint32_t)) {
            size_t before = out->len;
            cm_redact_quote(redaction, found->hits[i].start, found->hits[i].end, CM_QUOTE_MAX_BYTES, out);
            if (out->failed)
                return;
            uint32_t len = (uint32_t)(out->len - before);
            memcpy(out->ptr + at, &len, sizeof len);
        }
    }
}

static void put_strings(struct cm_buffer *out, const struct cm_event *event, uint32_t has)
{
#define X(name) event->name,
    const struct cm_span strings[CM_RECORD_STRING_COUNT] = { CM_RECORD_STRINGS(X) };
#undef X
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        if (has & CM_RECORD_STRING_BIT(i))
            put_u16(out, (uint16_t)strings[i].len);
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        if (has & CM_RECORD_STRING_BIT(i))
            cm_buffer_span(out, strings[i]);
}

static uint32_t has_bits(const struct cm_event *event, const struct cm_findings *findings, bool keeps_quotes)
{
#define X(name) event->name.ptr != NULL,
    const bool there[CM_RECORD_STRING_COUNT] = { CM_RECORD_STRINGS(X) };
#undef X
    uint32_t has = event->has & 0xFFu;
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        if (there[i])
            has |= CM_RECORD_STRING_BIT(i);
    if (!keeps_quotes)
        has &= ~CM_RECORD_NAME;
    return has | (findings->all_backchannel ? CM_RECORD_BACKCHANNEL : 0);
}

static uint32_t hits_of(const struct cm_findings *findings, uint32_t pack_count)
{
    uint32_t hits = 0;
    for (uint32_t i = 0; i < pack_count; i++)
        hits += findings->packs[i].hit_count;
    return hits;
}

void cm_record_append(struct cm_buffer *out, const struct cm_event *event, struct cm_origin origin, const struct cm_findings *findings,
                      struct cm_redaction *redaction)
{
    static const struct cm_findings nothing;
    if (!findings)
        findings = &nothing;
    size_t from = out->len;
    uint16_t packs = (uint16_t)(findings->packs ? findings->pack_count > PACKS_MAX ? PACKS_MAX : findings->pack_count : 0);
    uint8_t names = (uint8_t)(findings->name_word_count > NAME_WORDS_MAX ? NAME_WORDS_MAX : findings->name_word_count);
    uint16_t tokens = (uint16_t)(findings->token_count > UINT16_MAX ? UINT16_MAX : findings->token_count);
    uint32_t has = has_bits(event, findings, redaction != NULL), text_len = (uint32_t)event->text.len;
    bool quotes = redaction && hits_of(findings, packs) > 0 && cm_redact_text(redaction, event->text, event->customer_name) == CM_OK;
    if (quotes)
        has |= CM_RECORD_QUOTES;

    cm_record_open(out, event->interaction_id, origin, event->type);
    if (!out->failed) {
        char *head = out->ptr + from;
        uint64_t h = event->hash.high >> CM_RECORD_H_SHIFT;
        head[CM_AT_SPEAKER] = (char)event->speaker;
        memcpy(head + CM_AT_HASH, &h, sizeof h);
        memcpy(head + CM_AT_HAS, &has, sizeof has);
        memcpy(head + CM_AT_PACKS, &packs, sizeof packs);
        head[CM_AT_CHANNEL] = (char)(event->channel | event->ended_by << 4);
        head[CM_AT_NAMES] = (char)names;
        memcpy(head + CM_AT_CONTENT, &findings->content_count, sizeof findings->content_count);
        memcpy(head + CM_AT_TOKENS, &tokens, sizeof tokens);
        memcpy(head + CM_AT_TEXT, &text_len, sizeof text_len);
    }
    put_values(out, event);
    cm_buffer_append(out, findings->content, findings->content_count * sizeof *findings->content);
    cm_buffer_append(out, findings->name_words, names * sizeof *findings->name_words);
    size_t packs_at = out->len;
    for (uint32_t i = 0; i < packs; i++)
        put_pack(out, &findings->packs[i], quotes);
    put_strings(out, event, has);
    if (quotes)
        put_quotes(out, packs_at, findings, redaction);
    cm_record_close(out, from);
}

void cm_record_append_incomplete(struct cm_buffer *out, struct cm_span interaction_id, struct cm_origin origin)
{
    size_t from = out->len;
    cm_record_open(out, interaction_id, origin, CM_RECORD_INCOMPLETE);
    cm_record_close(out, from);
}

/* ------------------------------------------------------------------- reading */

bool cm_record_next(struct cm_span *stream, struct cm_span *record)
{
    uint32_t size;
    uint16_t magic, id_len;
    if (stream->len < CM_RECORD_HEAD_BYTES || (uintptr_t)stream->ptr % 8 != 0)
        return false;
    memcpy(&size, stream->ptr + CM_AT_SIZE, sizeof size);
    memcpy(&magic, stream->ptr + CM_AT_MAGIC, sizeof magic);
    memcpy(&id_len, stream->ptr + CM_AT_ID_LEN, sizeof id_len);
    if (magic != CM_RECORD_MAGIC || size < CM_RECORD_HEAD_BYTES + id_len || size % 8 != 0 || size > stream->len)
        return false;
    *record = (struct cm_span){stream->ptr, size};
    stream->ptr += size;
    stream->len -= size;
    return true;
}

struct cm_span cm_record_interaction(struct cm_span record)
{
    uint16_t id_len;
    memcpy(&id_len, record.ptr + CM_AT_ID_LEN, sizeof id_len);
    return (struct cm_span){record.ptr + CM_RECORD_HEAD_BYTES, id_len};
}

uint64_t cm_record_hash(struct cm_span record)
{
    uint64_t hash;
    memcpy(&hash, record.ptr + CM_AT_ID_HASH, sizeof hash);
    return hash;
}

/* A cursor that never passes the record's end: take gives NULL once anything did not fit. */
struct reader {
    const char *next, *end;
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

static void parse_values(struct reader *reader, struct cm_record *record)
{
    int64_t values[CM_RECORD_VALUE_COUNT] = {0};
    for (unsigned i = 0; i < CM_RECORD_VALUE_COUNT; i++) {
        const char *at = record->has & (1u << i) ? take(reader, sizeof values[i]) : NULL;
        if (at)
            memcpy(&values[i], at, sizeof values[i]);
    }
    record->seq = (uint64_t)values[0];
    record->ts = values[1];
    record->end_ts = values[2];
    record->confidence = (uint32_t)values[3];
    record->open_chats = (uint32_t)values[4];
    record->rating = values[5];
    record->scale = values[6];
    record->target_seq = (uint64_t)values[7];
}

/* Past the packs; the bytes of all their quotes. */
static uint64_t parse_packs(struct reader *reader, struct cm_record *record)
{
    uint64_t quoted = 0;
    record->packs = reader->next;
    for (uint32_t pack = 0; pack < record->pack_count; pack++) {
        const char *counts = take(reader, 8);
        if (!counts)
            return 0;
        uint32_t hits, faults;
        memcpy(&hits, counts, sizeof hits);
        memcpy(&faults, counts + 4, sizeof faults);
        take(reader, (uint64_t)hits * sizeof(struct cm_hit) + (uint64_t)faults * sizeof(uint32_t));
        const char *lens = record->has & CM_RECORD_QUOTES ? take(reader, (uint64_t)hits * sizeof(uint32_t)) : NULL;
        for (uint32_t i = 0; lens && i < hits; i++) {
            uint32_t len;
            memcpy(&len, lens + i * sizeof len, sizeof len);
            quoted += len;
        }
    }
    return quoted;
}

static void parse_strings(struct reader *reader, struct cm_record *record)
{
    struct cm_span *const strings[CM_RECORD_STRING_COUNT] = {
#define X(name) &record->name,
        CM_RECORD_STRINGS(X)
#undef X
    };
    uint16_t lens[CM_RECORD_STRING_COUNT] = {0};
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++) {
        const char *at = record->has & CM_RECORD_STRING_BIT(i) ? take(reader, sizeof lens[i]) : NULL;
        if (at)
            memcpy(&lens[i], at, sizeof lens[i]);
    }
    for (unsigned i = 0; i < CM_RECORD_STRING_COUNT; i++)
        if (record->has & CM_RECORD_STRING_BIT(i))
            *strings[i] = (struct cm_span){take(reader, lens[i]), lens[i]};
}

static bool enums_are_sound(const struct cm_record *record)
{
    return record->type <= CM_RECORD_INCOMPLETE && record->speaker < CM_SPEAKER_COUNT && record->channel < CM_CHANNEL_COUNT &&
           record->ended_by < CM_ENDED_BY_COUNT;
}

enum cm_status cm_record_parse(struct cm_span bytes, struct cm_record *record)
{
    uint16_t magic, packs, id_len;
    if (bytes.len < CM_RECORD_HEAD_BYTES || bytes.len % 8 != 0 || (uintptr_t)bytes.ptr % 8 != 0)
        return CM_EINPUT;
    const char *head = bytes.ptr;
    memcpy(&magic, head + CM_AT_MAGIC, sizeof magic);
    memcpy(&packs, head + CM_AT_PACKS, sizeof packs);
    memcpy(&id_len, head + CM_AT_ID_LEN, sizeof id_len);
    *record = (struct cm_record){
        .type = (uint8_t)head[CM_AT_TYPE],
        .speaker = (uint8_t)head[CM_AT_SPEAKER],
        .channel = (uint8_t)head[CM_AT_CHANNEL] & 15,
        .ended_by = (uint8_t)head[CM_AT_CHANNEL] >> 4,
        .pack_count = packs,
        .name_count = (uint8_t)head[CM_AT_NAMES],
    };
    memcpy(&record->interaction_hash, head + CM_AT_ID_HASH, 8);
    memcpy(&record->hash, head + CM_AT_HASH, 8);
    memcpy(&record->origin.offset, head + CM_AT_OFFSET, 8);
    memcpy(&record->origin.path, head + CM_AT_PATH, 4);
    memcpy(&record->has, head + CM_AT_HAS, 4);
    memcpy(&record->content_count, head + CM_AT_CONTENT, 4);
    memcpy(&record->text_len, head + CM_AT_TEXT, 4);
    uint16_t words;
    memcpy(&words, head + CM_AT_TOKENS, sizeof words);
    record->words = words;
    if (magic != CM_RECORD_MAGIC || !enums_are_sound(record))
        return CM_EINPUT;

    struct reader reader = {head + CM_RECORD_HEAD_BYTES, head + bytes.len, false};
    record->interaction_id = (struct cm_span){take(&reader, id_len), id_len};
    take(&reader, cm_record_padding(id_len));
    parse_values(&reader, record);
    record->content = (const uint32_t *)(const void *)take(&reader, (uint64_t)record->content_count * sizeof(uint32_t));
    record->names = (const uint32_t *)(const void *)take(&reader, (uint64_t)record->name_count * sizeof(uint32_t));
    uint64_t quoted = parse_packs(&reader, record);
    parse_strings(&reader, record);
    record->quotes = take(&reader, quoted);
    return reader.damaged ? CM_EINPUT : CM_OK;
}

struct cm_record_found cm_record_found(const struct cm_record *record, uint32_t pack)
{
    struct cm_record_found found = {0};
    if (pack >= record->pack_count)
        return found;
    const char *at = record->packs, *quotes = record->quotes;
    for (uint32_t i = 0;; i++) {
        memcpy(&found.hit_count, at, 4);
        memcpy(&found.fault_count, at + 4, 4);
        found.hits = (const struct cm_hit *)(const void *)(at + 8);
        found.faults = (const uint32_t *)(const void *)(found.hits + found.hit_count);
        const uint32_t *lens = found.faults + found.fault_count;
        found.quote_lens = record->has & CM_RECORD_QUOTES ? lens : NULL;
        found.quotes = quotes;
        if (i == pack)
            return found;
        for (uint32_t hit = 0; found.quote_lens && hit < found.hit_count; hit++)
            quotes += lens[hit];
        at = (const char *)(found.quote_lens ? lens + found.hit_count : lens);
    }
}
