#include <math.h>

#include "page/page.h"

/* The bar is so many units wide; its height is the style sheet's. */
#define CM_PAGE_BAR_UNITS 100.0
/* More places than a reader reads are an accident. */
#define CM_PAGE_PLACES_MAX 9u
#define CM_PAGE_MINUS "\xE2\x88\x92"

static const char *class_of(enum cm_page_kind kind)
{
    return kind == CM_PAGE_TEXT ? "text" : kind == CM_PAGE_NUMBER ? "number" : "share";
}

void cm_page_table(struct cm_buffer *out, const char *caption, const struct cm_page_column *columns, size_t count)
{
    cm_buffer_text(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    cm_page_escape(out, cm_span_of(caption));
    cm_buffer_text(out, "\">\n<table>\n<caption>");
    cm_page_escape(out, cm_span_of(caption));
    cm_buffer_text(out, "</caption>\n<thead>\n<tr>");
    for (size_t i = 0; i < count; i++) {
        cm_buffer_printf(out, "<th scope=\"col\" class=\"%s\">", class_of(columns[i].kind));
        cm_page_escape(out, cm_span_of(columns[i].title));
        cm_buffer_text(out, "</th>");
    }
    cm_buffer_text(out, "</tr>\n</thead>\n<tbody>\n");
}

void cm_page_table_end(struct cm_buffer *out)
{
    cm_buffer_text(out, "</tbody>\n</table>\n</div>\n");
}

void cm_page_row(struct cm_buffer *out, struct cm_span head)
{
    cm_buffer_text(out, "<tr><th scope=\"row\">");
    cm_page_escape(out, head);
    cm_buffer_text(out, "</th>");
}

void cm_page_row_end(struct cm_buffer *out)
{
    cm_buffer_text(out, "</tr>\n");
}

void cm_page_cell_text(struct cm_buffer *out, struct cm_span text)
{
    cm_buffer_text(out, "<td class=\"text\">");
    cm_page_escape(out, text);
    cm_buffer_text(out, "</td>");
}

void cm_page_cell_id(struct cm_buffer *out, struct cm_span text)
{
    cm_buffer_text(out, "<td class=\"text\"><code>");
    cm_page_escape(out, text);
    cm_buffer_text(out, "</code></td>");
}

void cm_page_cell_none(struct cm_buffer *out)
{
    cm_buffer_text(out, "<td class=\"number none\"><span aria-label=\"none\">\xE2\x80\x93</span></td>");
}

/* 12,345.67 with a real minus, and a plus where asked for; what rounds to nothing has no sign. */
static void figure(struct cm_buffer *out, double value, unsigned places, bool plus)
{
    char digits[400]; /* the longest double has 309 before the point */
    if (!isfinite(value)) {
        cm_buffer_text(out, "\xE2\x80\x93");
        return;
    }
    int length = snprintf(digits, sizeof digits, "%.*f", (int)(places > CM_PAGE_PLACES_MAX ? CM_PAGE_PLACES_MAX : places), fabs(value));
    if (length < 0)
        return;
    bool nothing = strspn(digits, "0.") == (size_t)length;
    if (!nothing && value < 0)
        cm_buffer_text(out, CM_PAGE_MINUS);
    else if (!nothing && plus)
        cm_buffer_byte(out, '+');
    size_t whole = strcspn(digits, ".");
    for (size_t i = 0; i < (size_t)length; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            cm_buffer_byte(out, ',');
        cm_buffer_byte(out, digits[i]);
    }
}

static void interval(struct cm_buffer *out, double low, double high, unsigned places, bool plus)
{
    if (isnan(low) || isnan(high))
        return;
    cm_buffer_text(out, " <span class=\"interval\">");
    if (isinf(low) || isinf(high)) {
        cm_buffer_text(out, "</span>"); /* its room, so that the values stay beneath each other */
        return;
    }
    figure(out, low, places, plus);
    cm_buffer_text(out, " to ");
    figure(out, high, places, plus);
    cm_buffer_text(out, "</span>");
}

void cm_page_cell_count(struct cm_buffer *out, uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    cm_buffer_text(out, "<td class=\"number\">");
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            cm_buffer_byte(out, ',');
        cm_buffer_byte(out, digits[i]);
    }
    cm_buffer_text(out, "</td>");
}

void cm_page_cell_number(struct cm_buffer *out, double value, unsigned places)
{
    cm_page_cell_interval(out, value, NAN, NAN, places);
}

void cm_page_cell_interval(struct cm_buffer *out, double value, double low, double high, unsigned places)
{
    if (isnan(value)) {
        cm_page_cell_none(out);
        return;
    }
    cm_buffer_text(out, "<td class=\"number\">");
    figure(out, value, places, false);
    interval(out, low, high, places, false);
    cm_buffer_text(out, "</td>");
}

static double on_bar(double share)
{
    double at = share * CM_PAGE_BAR_UNITS;
    return !(at > 0) ? 0 : at > CM_PAGE_BAR_UNITS ? CM_PAGE_BAR_UNITS : at;
}

/* Drawn, not coloured in by the style sheet: printers leave backgrounds out. Figures stand beside it, so it is nothing to read aloud. */
static void bar(struct cm_buffer *out, double share, double low, double high)
{
    cm_buffer_text(out, "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">"
                        "<rect class=\"track\" x=\"0\" y=\"0\" width=\"100\" height=\"10\"/>");
    cm_buffer_printf(out, "<rect class=\"value\" x=\"0\" y=\"0\" width=\"%.1f\" height=\"10\"/>", on_bar(share));
    if (!isnan(low) && !isnan(high))
        cm_buffer_printf(out, "<rect class=\"range\" x=\"%.1f\" y=\"3.5\" width=\"%.1f\" height=\"3\"/>", on_bar(low),
                         fmax(on_bar(high) - on_bar(low), 0.5));
    cm_buffer_text(out, "</svg>");
}

void cm_page_cell_share(struct cm_buffer *out, double share, double low, double high)
{
    if (isnan(share)) {
        cm_page_cell_none(out);
        return;
    }
    cm_buffer_text(out, "<td class=\"share\"><span class=\"figures\">");
    figure(out, share, 2, false);
    interval(out, low, high, 2, false);
    cm_buffer_text(out, "</span>");
    bar(out, share, low, high);
    cm_buffer_text(out, "</td>");
}

void cm_page_cell_percent(struct cm_buffer *out, double share)
{
    if (isnan(share)) {
        cm_page_cell_none(out);
        return;
    }
    cm_buffer_text(out, "<td class=\"share\"><span class=\"figures\">");
    figure(out, 100 * share, 1, false);
    cm_buffer_text(out, "</span>");
    bar(out, share, NAN, NAN);
    cm_buffer_text(out, "</td>");
}

void cm_page_cell_delta(struct cm_buffer *out, double value, double low, double high, unsigned places, enum cm_page_tone tone)
{
    static const char *const classes[] = {"plain", "good", "bad"};
    if (isnan(value)) {
        cm_page_cell_none(out);
        return;
    }
    struct cm_buffer shown = CM_BUFFER_EMPTY;
    figure(&shown, value, places, true);
    /* The shape goes by what is shown: a change that rounds to nothing has none. */
    bool up = shown.len > 0 && shown.ptr[0] == '+', down = shown.len > 0 && (unsigned char)shown.ptr[0] == 0xE2;
    cm_buffer_printf(out, "<td class=\"number\"><span class=\"%s\"><span class=\"shape\" aria-hidden=\"true\">%s</span>", classes[tone],
                     up     ? "\xE2\x96\xB2"
                     : down ? "\xE2\x96\xBC"
                            : "");
    cm_buffer_span(out, cm_buffer_view(&shown));
    cm_buffer_text(out, "</span>");
    out->failed = out->failed || shown.failed;
    cm_buffer_free(&shown);
    interval(out, low, high, places, true);
    cm_buffer_text(out, "</td>");
}

void cm_page_cell_mark(struct cm_buffer *out, enum cm_page_tone tone, const char *word)
{
    static const char *const classes[] = {"plain", "good", "bad"};
    static const char *const shapes[] = {"\xC2\xB7", "\xE2\x9C\x93", "\xE2\x9C\x97"};
    cm_buffer_printf(out, "<td class=\"text\"><span class=\"%s\"><span class=\"shape\" aria-hidden=\"true\">%s</span>", classes[tone],
                     shapes[tone]);
    cm_page_escape(out, cm_span_of(word));
    cm_buffer_text(out, "</span></td>");
}
