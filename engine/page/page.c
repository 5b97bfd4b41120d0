#include "page/page.h"

#include "page/style.h"

static void put(struct cm_buffer *out, const char *text)
{
    cm_page_escape(out, cm_span_of(text));
}

static void element(struct cm_buffer *out, const char *before, struct cm_span text, const char *after)
{
    cm_buffer_text(out, before);
    cm_page_escape(out, text);
    cm_buffer_text(out, after);
}

void cm_page_begin(struct cm_buffer *out, const struct cm_page_head *head)
{
    struct cm_span title = cm_span_of(head->title);
    cm_buffer_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                        "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                        "<meta name=\"referrer\" content=\"no-referrer\"/>\n");
    element(out, "<title>", title, "</title>\n<style>\n");
    cm_buffer_append(out, cm_page_style, cm_page_style_len);
    cm_buffer_text(out, "</style>\n</head>\n<body>\n<main>\n<header>\n");
    element(out, "<h1>", title, "</h1>\n");
    if (head->lead.len > 0)
        element(out, "<p class=\"lead\">", head->lead, "</p>\n");
    if (head->fact_count > 0)
        cm_buffer_text(out, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < head->fact_count; i++) {
        element(out, "<div><dt>", cm_span_of(head->facts[i].label), "</dt>");
        element(out, "<dd>", head->facts[i].value, "</dd></div>\n");
    }
    if (head->fact_count > 0)
        cm_buffer_text(out, "</dl>\n");
    cm_buffer_text(out, "</header>\n");
}

static void foot_pack(struct cm_buffer *out, const struct cm_page_pack *pack)
{
    cm_buffer_text(out, "<p>");
    put(out, pack->role ? pack->role : "pack");
    cm_buffer_byte(out, ' ');
    put(out, pack->name);
    cm_buffer_byte(out, ' ');
    put(out, pack->version);
    cm_buffer_printf(out, ", hash <code>%016llx%016llx</code></p>\n", (unsigned long long)pack->hash_high,
                     (unsigned long long)pack->hash_low);
}

void cm_page_end(struct cm_buffer *out, const struct cm_page_foot *foot)
{
    cm_buffer_text(out, "<footer>\n<p>caremeter ");
    put(out, foot->engine);
    if (foot->time) {
        cm_buffer_text(out, ", ");
        put(out, foot->time);
    }
    cm_buffer_text(out, "</p>\n");
    for (size_t i = 0; i < foot->pack_count; i++)
        foot_pack(out, &foot->packs[i]);
    cm_buffer_text(out, "</footer>\n</main>\n</body>\n</html>\n");
}

static void note(struct cm_buffer *out, const char *text)
{
    if (text)
        element(out, "<p class=\"note\">", cm_span_of(text), "</p>\n");
}

void cm_page_section(struct cm_buffer *out, const char *title, const char *text)
{
    element(out, "<h2>", cm_span_of(title), "</h2>\n");
    note(out, text);
}

void cm_page_part(struct cm_buffer *out, struct cm_span title, const char *text)
{
    element(out, "<h3>", title, "</h3>\n");
    note(out, text);
}

void cm_page_paragraph(struct cm_buffer *out, struct cm_span text)
{
    element(out, "<p>", text, "</p>\n");
}

void cm_page_notice(struct cm_buffer *out, const char *word, struct cm_span text)
{
    element(out, "<p class=\"notice\"><strong>", cm_span_of(word), ".</strong> ");
    element(out, "", text, "</p>\n");
}

void cm_page_code(struct cm_buffer *out, struct cm_span text)
{
    element(out, "<pre tabindex=\"0\"><code>", text, "</code></pre>\n");
}

void cm_page_quote(struct cm_buffer *out, const char *who, struct cm_span text, size_t from, size_t to, struct cm_span where)
{
    bool marked = from < to && to <= text.len;
    if (!marked)
        from = to = text.len;
    cm_buffer_text(out, "<figure class=\"quote\">\n<blockquote><p>");
    cm_page_escape(out, (struct cm_span){text.ptr, from});
    if (marked)
        element(out, "<mark>", (struct cm_span){text.ptr + from, to - from}, "</mark>");
    cm_page_escape(out, (struct cm_span){text.ptr + to, text.len - to});
    element(out, "</p></blockquote>\n<figcaption><strong>", cm_span_of(who), "</strong>");
    if (where.len > 0)
        element(out, ", <span class=\"where\">", where, "</span>");
    cm_buffer_text(out, "</figcaption>\n</figure>\n");
}

void cm_page_fold(struct cm_buffer *out, struct cm_span summary)
{
    element(out, "<details>\n<summary>", summary, "</summary>\n<div class=\"folded\">\n");
}

void cm_page_fold_end(struct cm_buffer *out)
{
    cm_buffer_text(out, "</div>\n</details>\n");
}
