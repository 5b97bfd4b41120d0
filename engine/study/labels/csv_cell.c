#include "study/labels/csv_cell.h"

static bool is_one_of(char c, const char *set)
{
    for (; *set; set++)
        if (*set == c)
            return true;
    return false;
}

/* Would a spreadsheet calculate it, or cm_csv_bare take something off it? */
static bool needs_guard(struct cm_span text)
{
    static const char formula[] = "=+-@\t\r\n";
    if (text.len > 0 && is_one_of(text.ptr[0], formula))
        return true;
    return text.len > 1 && text.ptr[0] == '\'' && (text.ptr[1] == '\'' || is_one_of(text.ptr[1], formula));
}

void cm_csv_cell(struct cm_buffer *out, struct cm_span text)
{
    bool guard = needs_guard(text), quote = false;
    for (size_t i = 0; i < text.len && !quote; i++)
        quote = is_one_of(text.ptr[i], ",\"\r\n");
    if (quote)
        cm_buffer_byte(out, '"');
    if (guard)
        cm_buffer_byte(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            cm_buffer_byte(out, '"');
        cm_buffer_byte(out, text.ptr[i]);
    }
    if (quote)
        cm_buffer_byte(out, '"');
}

struct cm_span cm_csv_bare(struct cm_span cell)
{
    struct cm_span rest = {cell.ptr + 1, cell.len - 1};
    bool guarded = cell.len > 1 && cell.ptr[0] == '\'' && (rest.ptr[0] == '\'' || needs_guard(rest));
    return guarded ? rest : cell;
}
