#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show.h"
#include "cli/term.h"
#include "cli/text.h"

#define CM_SHOW_BAR 24u
#define CM_DETAIL_INDENT 4u

static void text_or(struct cm_buffer *out, struct cm_span text, const char *otherwise)
{
    if (text.ptr)
        cm_text_clean(out, text);
    else
        cm_buffer_text(out, otherwise);
}

/* NULL where the pack is not at hand, or another version of it. */
static const struct cm_behaviour *behaviour_of(const struct cm_show *show, struct cm_span id)
{
    const struct cm_behaviour *behaviour = NULL;
    for (size_t i = 0; i < show->packs.count && !behaviour && id.ptr; i++)
        behaviour = cm_ruleset_behaviour(show->packs.items[i].ruleset, id);
    return behaviour;
}

/* A reason code in words; an unknown one, of a later version, as it is. */
static void reason_text(struct cm_buffer *out, struct cm_span code)
{
    static const char *const texts[CM_REASON_COUNT] = {
        [CM_REASON_NO_CLOCK] = "there is no clock",
        [CM_REASON_NO_AGENT] = "no agent took part",
        [CM_REASON_CUSTOMER_LEFT] = "the customer left first",
        [CM_REASON_TOO_SHORT] = "it was too short",
        [CM_REASON_LOW_CONFIDENCE] = "the transcript is unsure",
        [CM_REASON_LANGUAGE] = "it is in another language",
        [CM_REASON_FAULT] = "a rule reached its limit",
        [CM_REASON_NO_DIALOGUE] = "there was no dialogue",
        [CM_REASON_NO_REPLY] = "no reply came",
        [CM_REASON_CHANNEL] = "the pack is not for this channel",
        [CM_REASON_LOW_COVERAGE] = "too little could be judged",
    };
    for (unsigned i = 0; i < CM_REASON_COUNT; i++)
        if (texts[i] && cm_span_equal(code, cm_span_of(cm_reason_name((enum cm_reason)i)))) {
            cm_buffer_text(out, texts[i]);
            return;
        }
    cm_text_clean(out, code);
}

/* A number of a card. */
static double decimal(struct cm_span text)
{
    char copy[32];
    snprintf(copy, sizeof copy, "%.*s", (int)(text.len < sizeof copy ? text.len : sizeof copy - 1), text.ptr ? text.ptr : "");
    return strtod(copy, NULL);
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
    unsigned full = (unsigned)(decimal(score) * CM_SHOW_BAR / 100 + 0.5);
    for (unsigned i = 0; i < CM_SHOW_BAR; i++)
        cm_buffer_text(out, i < full ? "█" : "·");
}

static void print_header(struct cm_show *show, const struct cm_json *card)
{
    struct cm_buffer *out = &show->out;
    const struct cm_json *pack = cm_json_get(card, "pack"), *turns = cm_json_get(card, "turns");
    const char *keys[] = {"channel", "lang", "queue", "team", "customer_id", "agent_id"};
    const char *names[] = {"", "", "queue ", "team ", "customer ", "agent "};
    struct cm_buffer item = CM_BUFFER_EMPTY;
    unsigned column = 0;
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
        cm_buffer_reset(&item);
        cm_buffer_text(&item, names[i]);
        cm_text_clean(&item, text);
        unsigned width = cm_text_columns(cm_buffer_view(&item));
        bool fits = column + 3 + width <= CM_SHOW_COLUMNS;
        cm_buffer_text(out, column == 0 ? "" : fits ? " · " : "\n");
        column = column > 0 && fits ? column + 3 + width : width;
        cm_buffer_span(out, cm_buffer_view(&item));
    }
    cm_buffer_text(out, column > 0 ? "\n" : "");
    cm_buffer_free(&item);
    if (cm_json_get(card, "started_at")) {
        cm_text_clean(out, cm_json_text(card, "started_at"));
        cm_buffer_text(out, " to ");
        text_or(out, cm_json_text(card, "ended_at"), "?");
        cm_buffer_byte(out, '\n');
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
    struct cm_span coverage = cm_json_text(card, "coverage"), reason = cm_json_text(care, "reason");
    if (coverage.ptr) /* rounded down: 100 % is all */
        cm_buffer_printf(out, "%u %% could be judged", (unsigned)(decimal(coverage) * 100 + 1e-6));
    else
        cm_buffer_text(out, "nothing could be judged");
    if (reason.ptr) {
        cm_buffer_text(out, " · not scored: ");
        reason_text(out, reason);
    }
    cm_buffer_byte(out, '\n');
}

/* "first response 12 s" */
static void member_text(struct cm_buffer *out, const struct cm_json *object, const struct cm_json *item)
{
    size_t key_len = item->key.len;
    bool seconds = key_len > 2 && memcmp(item->key.ptr + key_len - 2, "_s", 2) == 0;
    if (object->kind == CM_JSON_OBJECT) {
        for (size_t i = 0; i < key_len - (seconds ? 2 : 0); i++)
            cm_buffer_byte(out, item->key.ptr[i] == '_' ? ' ' : item->key.ptr[i]);
        cm_buffer_byte(out, ' ');
    }
    if (seconds)
        cm_text_duration(out, decimal(item->text));
    else
        cm_text_clean(out, item->text);
}

/* The members of an object behind a title; a line ends between two of them, never inside one. */
static void print_members(struct cm_show *show, const char *title, const struct cm_json *object)
{
    struct cm_buffer *out = &show->out, member = CM_BUFFER_EMPTY;
    unsigned indent = cm_text_columns(cm_span_of(title)), column = indent;
    bool any = false;
    for (const struct cm_json *item = object ? object->child : NULL; item; item = item->next) {
        if (item->kind != CM_JSON_NUMBER && item->kind != CM_JSON_STRING)
            continue;
        cm_buffer_reset(&member);
        member_text(&member, object, item);
        unsigned width = cm_text_columns(cm_buffer_view(&member));
        if (any && column + 3 + width > CM_SHOW_COLUMNS) { /* a comma here, a blank, and another comma */
            cm_buffer_printf(out, ",\n%*s", (int)indent, "");
            column = indent;
        } else {
            cm_buffer_text(out, any ? ", " : title);
            column += any ? 2 : 0;
        }
        cm_buffer_span(out, cm_buffer_view(&member));
        column += width;
        any = true;
    }
    if (any)
        cm_buffer_byte(out, '\n');
    cm_buffer_free(&member);
}

/* What a person reads for an outcome: a sign and a colour beside the word, because colour alone says nothing to many. */
struct verdict {
    const char *outcome, *sign, *text, *colour;
};

/* A penalty that was delivered is nothing to be praised; a bonus is more than a duty done. */
static struct verdict verdict_of(struct cm_span outcome, const struct cm_behaviour *rule, double credit)
{
    static const struct verdict verdicts[] = {
        {"delivered", "✔", "delivered", CM_COLOUR_GREEN},
        {"partial", "◐", "partial", CM_COLOUR_YELLOW},
        {"missed", "✘", "missed", CM_COLOUR_RED},
        {"pending", "…", "pending", CM_COLOUR_BLUE},
        {"not_evaluated", "?", "not judged", CM_COLOUR_DIM},
        {"no_opportunity", "·", "no opportunity", CM_COLOUR_DIM},
    };
    bool delivered = cm_span_equal(outcome, CM_SPAN("delivered"));
    /* without its pack a card still tells a penalty by its points */
    if (delivered && (rule ? rule->kind == CM_BEHAVIOUR_PENALTY : credit < 0))
        return (struct verdict){"delivered", "✘", "against care", CM_COLOUR_RED};
    if (delivered && (rule ? rule->kind == CM_BEHAVIOUR_BONUS : credit > 1))
        return (struct verdict){"delivered", "+", "more than expected", CM_COLOUR_GREEN};
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (cm_span_equal(outcome, cm_span_of(verdicts[i].outcome)))
            return verdicts[i];
    return (struct verdict){"", "·", NULL, CM_COLOUR_DIM};
}

static void print_verdict(struct cm_show *show, const struct cm_json *behaviour, const struct cm_behaviour *rule)
{
    struct cm_buffer *out = &show->out;
    struct cm_span outcome = cm_json_text(behaviour, "outcome"), id = cm_json_text(behaviour, "id");
    struct verdict verdict = verdict_of(outcome, rule, decimal(cm_json_text(behaviour, "credit")));
    struct cm_span word = verdict.text ? cm_span_of(verdict.text) : outcome, title = rule ? cm_span_of(rule->title) : id;
    unsigned column = 2 + cm_text_columns(word) + 2, width = cm_text_columns(title);
    cm_buffer_printf(out, "%s%s ", cm_paint(show->colour, verdict.colour), verdict.sign);
    text_or(out, word, "?");
    cm_buffer_printf(out, "%s  %s", cm_paint(show->colour, CM_COLOUR_OFF), cm_paint(show->colour, CM_COLOUR_BOLD));
    cm_text_wrap(out, title, column, CM_DETAIL_INDENT, CM_SHOW_COLUMNS);
    cm_buffer_text(out, cm_paint(show->colour, CM_COLOUR_OFF));
    if (rule) {
        bool fits = column + width + 2 + cm_text_columns(id) <= CM_SHOW_COLUMNS;
        if (fits)
            cm_buffer_text(out, "  ");
        else
            cm_buffer_printf(out, "\n%*s", (int)CM_DETAIL_INDENT, "");
        cm_text_clean(out, id);
    }
    cm_buffer_byte(out, '\n');
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
        cm_text_wrap(out, cm_buffer_view(&line), 12, 12, CM_SHOW_COLUMNS);
        cm_buffer_text(out, cm_paint(show->colour, CM_COLOUR_OFF));
        cm_buffer_free(&line);
    }
    cm_buffer_byte(out, '\n');
}

/* What it was worth and why, in one line. What was not judged was worth nothing: no zeros are told of it. */
static void append_details(const struct cm_json *behaviour, const struct cm_behaviour *rule, struct cm_buffer *line)
{
    const struct cm_json *searched = cm_json_get(behaviour, "searched");
    struct cm_span reason = cm_json_text(behaviour, "reason"), credit = cm_json_text(behaviour, "credit");
    bool points = rule ? rule->kind == CM_BEHAVIOUR_BONUS || rule->kind == CM_BEHAVIOUR_PENALTY : decimal(credit) < 0;
    bool judged = !cm_span_equal(cm_json_text(behaviour, "outcome"), CM_SPAN("not_evaluated"));
    const char *between = "";
    if (reason.ptr) {
        reason_text(line, reason);
        between = ", ";
    }
    if (judged) {
        cm_buffer_printf(line, "%s%s", between, points ? "points " : "credit ");
        trimmed(line, credit);
        cm_buffer_printf(line, ", seen %llu", (unsigned long long)cm_json_number(behaviour, "seen", 0));
        if (!points)
            cm_buffer_printf(line, ", met %llu", (unsigned long long)cm_json_number(behaviour, "met", 0));
        between = ", ";
    }
    if (cm_json_get(behaviour, "agent_id")) {
        cm_buffer_printf(line, "%sagent ", between);
        cm_text_clean(line, cm_json_text(behaviour, "agent_id"));
        between = ", ";
    } else if (judged && rule && rule->kind == CM_BEHAVIOUR_TIMED) { /* stands beside the same one of each agent */
        cm_buffer_printf(line, "%sall agents together", between);
        between = ", ";
    }
    if (searched) {
        uint64_t from = cm_json_number(searched, "from", 0), to = cm_json_number(searched, "to", 0);
        cm_buffer_printf(line, "%slooked for in turn%s %llu", between, from == to ? "" : "s", (unsigned long long)from);
        if (from != to)
            cm_buffer_printf(line, " to %llu", (unsigned long long)to);
    }
}

static void print_behaviour(struct cm_show *show, const struct cm_json *behaviour)
{
    const struct cm_behaviour *rule = behaviour_of(show, cm_json_text(behaviour, "id"));
    const struct cm_json *evidence = cm_json_get(behaviour, "evidence");
    struct cm_buffer line = CM_BUFFER_EMPTY;
    print_verdict(show, behaviour, rule);
    append_details(behaviour, rule, &line);
    if (line.len > 0) {
        cm_buffer_printf(&show->out, "%*s", (int)CM_DETAIL_INDENT, "");
        cm_text_wrap(&show->out, cm_buffer_view(&line), CM_DETAIL_INDENT, CM_DETAIL_INDENT, CM_SHOW_COLUMNS);
        cm_buffer_byte(&show->out, '\n');
    }
    cm_buffer_free(&line);
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
