#include <string.h>
#include <time.h>

#include "cli/show.h"
#include "cli/term.h"
#include "cli/text.h"

#define CM_TURN_INDENT 15u

/* Marks for the bytes of one turn that are evidence; marks has text.len bytes. */
static void mark_turn(const struct cm_json *card, uint64_t turn, char *marks, size_t len)
{
    const struct cm_json *behaviours = cm_json_get(card, "behaviours");
    memset(marks, 0, len);
    for (const struct cm_json *behaviour = behaviours ? behaviours->child : NULL; behaviour; behaviour = behaviour->next) {
        const struct cm_json *evidence = cm_json_get(behaviour, "evidence");
        for (const struct cm_json *item = evidence ? evidence->child : NULL; item; item = item->next) {
            uint64_t start = cm_json_number(item, "start", 0), end = cm_json_number(item, "end", 0);
            if (cm_json_number(item, "turn", UINT64_MAX) == turn && start < end && end <= len)
                memset(marks + start, 1, end - start);
        }
    }
}

/* The rules that found something in this turn. */
static void turn_rules(const struct cm_json *card, uint64_t turn, struct cm_buffer *out)
{
    const struct cm_json *behaviours = cm_json_get(card, "behaviours");
    for (const struct cm_json *behaviour = behaviours ? behaviours->child : NULL; behaviour; behaviour = behaviour->next) {
        const struct cm_json *evidence = cm_json_get(behaviour, "evidence");
        for (const struct cm_json *item = evidence ? evidence->child : NULL; item; item = item->next) {
            struct cm_span rule = cm_json_text(item, "rule");
            if (cm_json_number(item, "turn", UINT64_MAX) != turn || !rule.ptr)
                continue;
            if (out->len > 0 && memmem(out->ptr, out->len, rule.ptr, rule.len))
                continue;
            cm_buffer_text(out, out->len ? ", " : "");
            cm_buffer_span(out, rule);
        }
    }
}

/* Columns that › and ‹ take in a word; lit: one is open before it. */
static unsigned mark_columns(const char *marks, size_t at, size_t end, size_t len, bool lit)
{
    unsigned columns = 0;
    for (; at < end; at++) {
        columns += (bool)marks[at] != lit;
        lit = marks[at];
    }
    return columns + (lit && (end == len || !marks[end]));
}

/* Words at 80 columns, lit where they are evidence: in colour on a terminal, between ›…‹ elsewhere. */
static void print_words(struct cm_show *show, struct cm_span text, const char *marks)
{
    struct cm_buffer *out = &show->out;
    unsigned column = CM_TURN_INDENT;
    bool lit = false;
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n')
            end++;
        unsigned width = cm_text_columns((struct cm_span){text.ptr + at, end - at});
        if (!show->colour)
            width += mark_columns(marks, at, end, text.len, lit);
        if (column > CM_TURN_INDENT && column + 1 + width > CM_SHOW_COLUMNS) {
            cm_buffer_printf(out, "%s\n%*s%s", lit ? cm_paint(show->colour, CM_COLOUR_OFF) : "", (int)CM_TURN_INDENT, "",
                             lit ? cm_paint(show->colour, CM_COLOUR_HIT) : "");
            column = CM_TURN_INDENT;
        } else if (column > CM_TURN_INDENT) {
            cm_buffer_byte(out, ' ');
            column++;
        }
        while (at < end) {
            size_t stretch = at;
            while (stretch < end && marks[stretch] == marks[at])
                stretch++;
            if (marks[at] && !lit)
                cm_buffer_text(out, show->colour ? CM_COLOUR_HIT : "›");
            else if (!marks[at] && lit)
                cm_buffer_text(out, show->colour ? CM_COLOUR_OFF : "‹");
            lit = marks[at];
            cm_text_clean(out, (struct cm_span){text.ptr + at, stretch - at});
            at = stretch;
        }
        if (lit && (at == text.len || !marks[at])) {
            cm_buffer_text(out, show->colour ? CM_COLOUR_OFF : "‹");
            lit = false;
        }
        column += width;
        at += at < text.len;
    }
    if (lit)
        cm_buffer_text(out, show->colour ? CM_COLOUR_OFF : "‹");
    cm_buffer_byte(out, '\n');
}

/* Returns the columns it takes. */
static unsigned print_time(struct cm_buffer *out, const struct cm_conversation_turn *turn)
{
    time_t seconds = (time_t)(turn->ts / 1000);
    struct tm parts;
    char text[16] = "";
    if (turn->has_ts && turn->ts >= 0 && gmtime_r(&seconds, &parts))
        strftime(text, sizeof text, "%H:%M:%S ", &parts);
    cm_buffer_text(out, text);
    return (unsigned)strlen(text);
}

enum cm_status cm_show_turns(struct cm_show *show, const struct cm_json *card)
{
    struct cm_buffer *out = &show->out, marks = CM_BUFFER_EMPTY, rules = CM_BUFFER_EMPTY;
    cm_buffer_printf(out, "\n%sConversation%s\n", cm_paint(show->colour, CM_COLOUR_BOLD), cm_paint(show->colour, CM_COLOUR_OFF));
    for (size_t i = 0; i < show->conversation.count; i++) {
        const struct cm_conversation_turn *turn = &show->conversation.turns[i];
        cm_buffer_printf(out, "%4zu ", i);
        cm_text_pad(out, cm_span_of(cm_speaker_name((enum cm_speaker)turn->speaker)), CM_TURN_INDENT - 5);
        cm_buffer_reset(&marks);
        cm_buffer_reset(&rules);
        if (!turn->text.ptr || !cm_buffer_reserve(&marks, turn->text.len + 1)) {
            cm_buffer_text(out, "(deleted)\n");
            continue;
        }
        mark_turn(card, i, marks.ptr, turn->text.len);
        print_words(show, turn->text, marks.ptr);
        turn_rules(card, i, &rules);
        if (rules.len == 0)
            continue;
        cm_buffer_printf(out, "%*s%s", (int)CM_TURN_INDENT, "", cm_paint(show->colour, CM_COLOUR_DIM));
        unsigned clock = print_time(out, turn);
        cm_text_wrap(out, cm_buffer_view(&rules), CM_TURN_INDENT + clock, CM_TURN_INDENT, CM_SHOW_COLUMNS);
        cm_buffer_printf(out, "%s\n", cm_paint(show->colour, CM_COLOUR_OFF));
    }
    enum cm_status status = cm_buffer_status(&marks) == CM_OK ? cm_buffer_status(&rules) : CM_ENOMEM;
    cm_buffer_free(&marks);
    cm_buffer_free(&rules);
    return status;
}
