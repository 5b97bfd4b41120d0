#include <string.h>

#include "cli/show.h"
#include "cli/term.h"
#include "cli/text.h"

#define CM_SHOW_BAR 24u

static void text_or(struct cm_buffer *out, struct cm_span text, const char *otherwise)
{
    if (text.ptr)
        cm_text_clean(out, text);
    else
        cm_buffer_text(out, otherwise);
}

/* Words broken at columns, further lines indented. */
void cm_show_wrap(struct cm_buffer *out, struct cm_span text, unsigned column, unsigned indent)
{
    struct cm_buffer clean = CM_BUFFER_EMPTY;
    cm_text_clean(&clean, text);
    struct cm_span rest = cm_buffer_view(&clean);
    while (rest.len > 0) {
        const char *space = memchr(rest.ptr, ' ', rest.len);
        struct cm_span word = {rest.ptr, space ? (size_t)(space - rest.ptr) : rest.len};
        unsigned width = cm_text_columns(word);
        if (column > indent && column + 1 + width > CM_SHOW_COLUMNS) {
            cm_buffer_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            cm_buffer_byte(out, ' ');
            column++;
        }
        cm_buffer_span(out, word);
        column += width;
        rest.ptr += word.len + (space != NULL);
        rest.len -= word.len + (space != NULL);
    }
    cm_buffer_free(&clean);
}

/* NULL where the pack is not at hand, or another version of it. */
static const struct cm_behaviour *behaviour_of(const struct cm_show *show, struct cm_span id)
{
    const struct cm_behaviour *behaviour = NULL;
    for (size_t i = 0; i < show->packs.count && !behaviour && id.ptr; i++)
        behaviour = cm_ruleset_behaviour(show->packs.items[i].ruleset, id);
    return behaviour;
}

/* A decimal without the zeros that only machines need. */
static void trimmed(struct cm_buffer *out, struct cm_span decimal)
{
    if (decimal.ptr && memchr(decimal.ptr, '.', decimal.len)) {
        while (decimal.ptr[decimal.len - 1] == '0')
            decimal.len--;
        if (decimal.ptr[decimal.len - 1] == '.')
            decimal.len--;
    }
    text_or(out, decimal, "-");
}

static void bar(struct cm_buffer *out, struct cm_span score)
{
    double value = 0;
    for (size_t i = 0; i < score.len && score.ptr[i] >= '0' && score.ptr[i] <= '9'; i++)
        value = value * 10 + (score.ptr[i] - '0');
    unsigned full = (unsigned)(value * CM_SHOW_BAR / 100 + 0.5);
    for (unsigned i = 0; i < CM_SHOW_BAR; i++)
        cm_buffer_text(out, i < full ? "█" : "·");
}

static void print_header(struct cm_show *show, const struct cm_json *card)
{
    struct cm_buffer *out = &show->out;
    const struct cm_json *pack = cm_json_get(card, "pack"), *turns = cm_json_get(card, "turns");
    const char *keys[] = {"channel", "lang", "queue", "team", "customer_id", "agent_id"};
    const char *names[] = {"", "", "queue ", "team ", "customer ", "agent "};
    const char *between = "";
    cm_buffer_text(out, cm_paint(show->colour, CM_COLOUR_BOLD));
    cm_text_clean(out, cm_json_text(card, "interaction_id"));
    cm_buffer_printf(out, "%s, ", cm_paint(show->colour, CM_COLOUR_OFF));
    text_or(out, cm_json_text(pack, "name"), "?");
    cm_buffer_byte(out, ' ');
    text_or(out, cm_json_text(pack, "version"), "");
    cm_buffer_byte(out, '\n');
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct cm_span text = cm_json_text(card, keys[i]);
        if (!text.ptr)
            continue;
        cm_buffer_printf(out, "%s%s", between, names[i]);
        cm_text_clean(out, text);
        between = " · ";
    }
    cm_buffer_text(out, *between ? "\n" : "");
    if (cm_json_get(card, "started_at")) {
        cm_text_clean(out, cm_json_text(card, "started_at"));
        cm_buffer_text(out, " to ");
        text_or(out, cm_json_text(card, "ended_at"), "?");
        cm_buffer_text(out, " · ");
    }
    cm_buffer_printf(out, "turns: agent %llu, customer %llu, bot %llu\n\n", (unsigned long long)cm_json_number(turns, "agent", 0),
                     (unsigned long long)cm_json_number(turns, "customer", 0), (unsigned long long)cm_json_number(turns, "bot", 0));
}

static void print_scores(struct cm_show *show, const struct cm_json *card)
{
    struct cm_buffer *out = &show->out;
    const struct cm_json *care = cm_json_get(card, "care");
    for (const struct cm_json *score = care ? care->child : NULL; score; score = score->next) {
        bool total = cm_span_equal(score->key, CM_SPAN("score"));
        if (score->kind == CM_JSON_OBJECT || score->kind == CM_JSON_ARRAY || score->kind == CM_JSON_STRING)
            continue;
        cm_buffer_text(out, total ? cm_paint(show->colour, CM_COLOUR_BOLD) : "");
        cm_text_pad(out, total ? CM_SPAN("CARE") : score->key, 14);
        if (score->kind == CM_JSON_NUMBER) {
            cm_buffer_printf(out, "%6.*s  ", (int)score->text.len, score->text.ptr);
            bar(out, score->text);
        } else {
            cm_buffer_text(out, "     -  not scored");
        }
        cm_buffer_printf(out, "%s\n", total ? cm_paint(show->colour, CM_COLOUR_OFF) : "");
    }
    cm_buffer_text(out, "coverage ");
    trimmed(out, cm_json_text(card, "coverage"));
    struct cm_span reason = cm_json_text(care, "reason");
    if (reason.ptr) {
        cm_buffer_text(out, " · not scored: ");
        cm_text_clean(out, reason);
    }
    cm_buffer_byte(out, '\n');
}

/* The members of an object in one line: "first_response_s 12.000, …". */
static void print_members(struct cm_show *show, const char *title, const struct cm_json *object)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    const char *between = "";
    for (const struct cm_json *item = object ? object->child : NULL; item; item = item->next) {
        if (item->kind != CM_JSON_NUMBER && item->kind != CM_JSON_STRING)
            continue;
        size_t key_len = item->key.len;
        bool seconds = key_len > 2 && memcmp(item->key.ptr + key_len - 2, "_s", 2) == 0;
        cm_buffer_text(&line, between);
        if (object->kind == CM_JSON_OBJECT) {
            for (size_t i = 0; i < key_len - (seconds ? 2 : 0); i++)
                cm_buffer_byte(&line, item->key.ptr[i] == '_' ? ' ' : item->key.ptr[i]);
            cm_buffer_byte(&line, ' ');
        }
        cm_buffer_span(&line, item->text);
        cm_buffer_text(&line, seconds ? " s" : "");
        between = ", ";
    }
    if (line.len > 0) {
        unsigned indent = cm_text_columns(cm_span_of(title));
        cm_buffer_text(&show->out, title);
        cm_show_wrap(&show->out, cm_buffer_view(&line), indent, indent);
        cm_buffer_byte(&show->out, '\n');
    }
    cm_buffer_free(&line);
}

/* A sign and a colour beside the word: colour alone says nothing to many. */
static void outcome_sign(struct cm_show *show, struct cm_span outcome)
{
    static const struct {
        struct cm_span outcome;
        const char *sign, *colour;
    } signs[] = {
        {{"delivered", 9}, "✔", CM_COLOUR_GREEN}, {{"partial", 7}, "◐", CM_COLOUR_YELLOW},     {{"missed", 6}, "✘", CM_COLOUR_RED},
        {{"pending", 7}, "…", CM_COLOUR_BLUE},    {{"not_evaluated", 13}, "?", CM_COLOUR_DIM},
    };
    const char *sign = "·", *colour = CM_COLOUR_DIM;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (cm_span_equal(signs[i].outcome, outcome)) {
            sign = signs[i].sign;
            colour = signs[i].colour;
        }
    cm_buffer_printf(&show->out, "%s%s ", cm_paint(show->colour, colour), sign);
    cm_text_clean(&show->out, outcome);
    cm_buffer_text(&show->out, cm_paint(show->colour, CM_COLOUR_OFF));
}

static void print_evidence(struct cm_show *show, const struct cm_json *evidence)
{
    struct cm_buffer *out = &show->out;
    cm_buffer_printf(out, "    turn %llu  ", (unsigned long long)cm_json_number(evidence, "turn", 0));
    cm_text_clean(out, cm_json_text(evidence, "rule"));
    struct cm_span quote = cm_json_text(evidence, "quote");
    if (quote.ptr) {
        struct cm_buffer line = CM_BUFFER_EMPTY;
        cm_buffer_text(&line, "“");
        cm_buffer_span(&line, quote);
        cm_buffer_text(&line, "”");
        cm_buffer_printf(out, "\n%*s%s", 12, "", cm_paint(show->colour, CM_COLOUR_CYAN));
        cm_show_wrap(out, cm_buffer_view(&line), 12, 12);
        cm_buffer_text(out, cm_paint(show->colour, CM_COLOUR_OFF));
        cm_buffer_free(&line);
    }
    cm_buffer_byte(out, '\n');
}

static void print_behaviour(struct cm_show *show, const struct cm_json *behaviour)
{
    struct cm_buffer *out = &show->out;
    const struct cm_behaviour *rule = behaviour_of(show, cm_json_text(behaviour, "id"));
    bool points = rule && (rule->kind == CM_BEHAVIOUR_BONUS || rule->kind == CM_BEHAVIOUR_PENALTY);
    struct cm_span id = cm_json_text(behaviour, "id"), title = rule ? cm_span_of(rule->title) : (struct cm_span){NULL, 0},
                   reason = cm_json_text(behaviour, "reason");
    const struct cm_json *evidence = cm_json_get(behaviour, "evidence"), *searched = cm_json_get(behaviour, "searched");
    outcome_sign(show, cm_json_text(behaviour, "outcome"));
    cm_buffer_printf(out, "  %s", cm_paint(show->colour, CM_COLOUR_BOLD));
    text_or(out, title.ptr ? title : id, "?");
    cm_buffer_text(out, cm_paint(show->colour, CM_COLOUR_OFF));
    if (title.ptr) {
        cm_buffer_text(out, "  ");
        cm_text_clean(out, id);
    }
    cm_buffer_text(out, "\n    ");
    if (reason.ptr) {
        cm_buffer_text(out, "reason: ");
        cm_text_clean(out, reason);
        cm_buffer_text(out, ", ");
    }
    cm_buffer_text(out, points ? "points " : "credit ");
    trimmed(out, cm_json_text(behaviour, "credit"));
    cm_buffer_printf(out, ", seen %llu, met %llu", (unsigned long long)cm_json_number(behaviour, "seen", 0),
                     (unsigned long long)cm_json_number(behaviour, "met", 0));
    if (cm_json_get(behaviour, "agent_id")) {
        cm_buffer_text(out, ", agent ");
        cm_text_clean(out, cm_json_text(behaviour, "agent_id"));
    }
    if (searched)
        cm_buffer_printf(out, ", looked for in turns %llu to %llu", (unsigned long long)cm_json_number(searched, "from", 0),
                         (unsigned long long)cm_json_number(searched, "to", 0));
    cm_buffer_byte(out, '\n');
    for (const struct cm_json *item = evidence ? evidence->child : NULL; item; item = item->next)
        print_evidence(show, item);
}

void cm_show_scores(struct cm_show *show, const struct cm_json *card)
{
    print_header(show, card);
    print_scores(show, card);
    print_members(show, "customer: ", cm_json_get(card, "customer_outcome"));
    print_members(show, "clock: ", cm_json_get(card, "timing"));
    print_members(show, "flags: ", cm_json_get(card, "flags"));
}

void cm_show_behaviours(struct cm_show *show, const struct cm_json *card)
{
    const struct cm_json *behaviours = cm_json_get(card, "behaviours");
    if (behaviours && behaviours->child)
        cm_buffer_printf(&show->out, "\n%sBehaviours%s\n", cm_paint(show->colour, CM_COLOUR_BOLD), cm_paint(show->colour, CM_COLOUR_OFF));
    for (const struct cm_json *item = behaviours ? behaviours->child : NULL; item; item = item->next)
        print_behaviour(show, item);
}
