#include "io/deadletter.h"

#include "base/utf8.h"

/* Bytes of a line that were left out before it was decoded (a BOM, white space): columns count from the line's own start. */
static size_t trimmed_bytes(const struct cm_block *block, const struct cm_line *line)
{
    struct cm_span rest = cm_decode_trim(line->bytes, block->first_of_file && line->number == 1);
    return (size_t)(rest.ptr - line->bytes.ptr);
}

void cm_dead_letter_payload(struct cm_buffer *buffer, struct cm_span line)
{
    bool cut = line.len > CM_DEAD_LETTER_PAYLOAD_MAX_BYTES;
    size_t len = cut ? cm_utf8_floor(line.ptr, line.len, CM_DEAD_LETTER_PAYLOAD_MAX_BYTES) : line.len;
    cm_buffer_text(buffer, ",\"payload\":");
    cm_buffer_json(buffer, (struct cm_span){line.ptr, len});
    if (cut) {
        cm_buffer_text(buffer, ",\"payload_bytes\":");
        cm_buffer_unsigned(buffer, line.len);
    }
}

void cm_dead_letter_append(struct cm_buffer *buffer, const struct cm_block *block, const struct cm_line *line,
                           const struct cm_decoded *decoded, bool payload)
{
    cm_buffer_text(buffer, "{\"source\":");
    cm_buffer_json(buffer, cm_span_of(block->name));
    cm_buffer_text(buffer, ",\"line\":");
    cm_buffer_unsigned(buffer, line->number);
    cm_buffer_text(buffer, ",\"offset\":");
    cm_buffer_unsigned(buffer, line->offset);
    cm_buffer_printf(buffer, ",\"reason\":\"%s\",\"field\":", cm_reject_code(decoded->reject));
    if (decoded->field)
        cm_buffer_printf(buffer, "\"%s\"", decoded->field);
    else
        cm_buffer_text(buffer, "null");
    cm_buffer_text(buffer, ",\"column\":");
    if (decoded->column)
        cm_buffer_unsigned(buffer, decoded->column + trimmed_bytes(block, line));
    else
        cm_buffer_text(buffer, "null");
    if (payload)
        cm_dead_letter_payload(buffer, line->bytes);
    cm_buffer_text(buffer, "}\n");
}

void cm_dead_letter_look(struct cm_dead_letter_counts *counts, struct cm_span line)
{
    struct cm_span text = cm_decode_trim(line, true);
    if (line.len >= 2 && (memcmp(line.ptr, "\xFF\xFE", 2) == 0 || memcmp(line.ptr, "\xFE\xFF", 2) == 0 || !line.ptr[0] || !line.ptr[1]))
        counts->shapes |= CM_DEAD_UTF16;
    else if (text.len > 0 && *text.ptr == '[')
        counts->shapes |= CM_DEAD_ARRAY;
    else if (text.len == 1 && *text.ptr == '{')
        counts->shapes |= CM_DEAD_SPREAD;
}

void cm_dead_letter_counts_add(struct cm_dead_letter_counts *into, const struct cm_dead_letter_counts *from)
{
    into->shapes |= from->shapes;
    for (unsigned i = 0; i < CM_REJECT_COUNT; i++)
        into->by_reason[i] += from->by_reason[i];
}

uint64_t cm_dead_letter_counts_total(const struct cm_dead_letter_counts *counts)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < CM_REJECT_COUNT; i++)
        total += counts->by_reason[i];
    return total;
}
