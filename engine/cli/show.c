#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/conversation.h"
#include "cli/json.h"
#include "cli/term.h"
#include "cli/text.h"
#include "io/source.h"

#define CM_SHOW_COLUMNS 80u
#define CM_SHOW_BAR 24u
#define CM_TURN_INDENT 15u

struct show_job {
    const char *id, *scores;
    struct cm_opt_list events;
};

struct show {
    const struct show_job *job;
    struct cm_packs packs; /* for titles; empty where the pack is not at hand */
    struct cm_conversation conversation;
    bool has_events, colour;
    struct cm_buffer out;
    uint32_t shown;
    struct cm_buffer some_id; /* an id that is there, for who gave one that is not */
};

static void text_or(struct cm_buffer *out, struct cm_span text, const char *otherwise)
{
    if (text.ptr)
        cm_text_clean(out, text);
    else
        cm_buffer_text(out, otherwise);
}

/* Words broken at columns, further lines indented. */
static void wrap(struct cm_buffer *out, struct cm_span text, unsigned column, unsigned indent)
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

static void bar(struct cm_buffer *out, struct cm_span score)
{
    double value = 0;
    for (size_t i = 0; i < score.len && score.ptr[i] >= '0' && score.ptr[i] <= '9'; i++)
        value = value * 10 + (score.ptr[i] - '0');
    unsigned full = (unsigned)(value * CM_SHOW_BAR / 100 + 0.5);
    for (unsigned i = 0; i < CM_SHOW_BAR; i++)
        cm_buffer_text(out, i < full ? "█" : "·");
}

static void print_header(struct show *show, const struct cm_json *card)
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

static void print_scores(struct show *show, const struct cm_json *card)
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
    text_or(out, cm_json_text(card, "coverage"), "-");
    struct cm_span reason = cm_json_text(care, "reason");
    if (reason.ptr) {
        cm_buffer_text(out, " · not scored: ");
        cm_text_clean(out, reason);
    }
    cm_buffer_byte(out, '\n');
}

/* The members of an object in one line: "first_response_s 12.000, …". */
static void print_members(struct show *show, const char *title, const struct cm_json *object)
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
        wrap(&show->out, cm_buffer_view(&line), indent, indent);
        cm_buffer_byte(&show->out, '\n');
    }
    cm_buffer_free(&line);
}

static struct cm_span title_of(const struct show *show, struct cm_span id)
{
    for (size_t i = 0; i < show->packs.count; i++) {
        const struct cm_behaviour *behaviour = cm_ruleset_behaviour(show->packs.items[i].ruleset, id);
        if (behaviour)
            return cm_span_of(behaviour->title);
    }
    return (struct cm_span){NULL, 0};
}

/* A sign and a colour beside the word: colour alone says nothing to many. */
static void outcome_sign(struct show *show, struct cm_span outcome)
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

static void print_evidence(struct show *show, const struct cm_json *evidence)
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
        wrap(out, cm_buffer_view(&line), 12, 12);
        cm_buffer_text(out, cm_paint(show->colour, CM_COLOUR_OFF));
        cm_buffer_free(&line);
    }
    cm_buffer_byte(out, '\n');
}

static void print_behaviour(struct show *show, const struct cm_json *behaviour)
{
    struct cm_buffer *out = &show->out;
    struct cm_span id = cm_json_text(behaviour, "id"), title = title_of(show, id), reason = cm_json_text(behaviour, "reason");
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
    cm_buffer_text(out, "credit ");
    text_or(out, cm_json_text(behaviour, "credit"), "-");
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

/* Words at 80 columns, lit where they are evidence: in colour on a terminal, between ›…‹ elsewhere. */
static void print_words(struct show *show, struct cm_span text, const char *marks)
{
    struct cm_buffer *out = &show->out;
    unsigned column = CM_TURN_INDENT;
    bool lit = false;
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n')
            end++;
        unsigned width = cm_text_columns((struct cm_span){text.ptr + at, end - at});
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

static void print_time(struct cm_buffer *out, const struct cm_conversation_turn *turn)
{
    time_t seconds = (time_t)(turn->ts / 1000);
    struct tm parts;
    char text[16] = "";
    if (turn->has_ts && turn->ts >= 0 && gmtime_r(&seconds, &parts))
        strftime(text, sizeof text, "%H:%M:%S ", &parts);
    cm_buffer_text(out, text);
}

static enum cm_status print_conversation(struct show *show, const struct cm_json *card)
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
        print_time(out, turn);
        wrap(out, cm_buffer_view(&rules), CM_TURN_INDENT, CM_TURN_INDENT);
        cm_buffer_printf(out, "%s\n", cm_paint(show->colour, CM_COLOUR_OFF));
    }
    enum cm_status status = cm_buffer_status(&marks) == CM_OK ? cm_buffer_status(&rules) : CM_ENOMEM;
    cm_buffer_free(&marks);
    cm_buffer_free(&rules);
    return status;
}

/* The pack's titles, where it is at hand; without it ids do. */
static void find_pack(struct show *show, const struct cm_json *card)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_span name = cm_json_text(cm_json_get(card, "pack"), "name");
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_packs_free(&show->packs);
    cm_buffer_span(&text, name);
    cm_buffer_byte(&text, '\0');
    const char *names[] = {text.ptr};
    if (name.ptr && cm_buffer_status(&text) == CM_OK && !memchr(name.ptr, '/', name.len) &&
        cm_packs_load(&show->packs, names, 1, &diagnostics) != CM_OK)
        cm_packs_free(&show->packs);
    cm_diagnostics_free(&diagnostics);
    cm_buffer_free(&text);
}

static enum cm_status print_card(struct show *show, const struct cm_json *card)
{
    struct cm_buffer *out = &show->out;
    const struct cm_json *behaviours = cm_json_get(card, "behaviours");
    enum cm_status status = CM_OK;
    find_pack(show, card);
    if (show->shown++ > 0)
        cm_buffer_byte(out, '\n');
    print_header(show, card);
    print_scores(show, card);
    print_members(show, "customer: ", cm_json_get(card, "customer_outcome"));
    print_members(show, "clock: ", cm_json_get(card, "timing"));
    print_members(show, "flags: ", cm_json_get(card, "flags"));
    if (show->has_events && show->conversation.count == 0)
        cm_buffer_text(out, "\n(the events hold no such interaction)\n");
    else if (show->has_events)
        status = print_conversation(show, card);
    if (behaviours && behaviours->child)
        cm_buffer_printf(out, "\n%sBehaviours%s\n", cm_paint(show->colour, CM_COLOUR_BOLD), cm_paint(show->colour, CM_COLOUR_OFF));
    for (const struct cm_json *item = behaviours ? behaviours->child : NULL; item; item = item->next)
        print_behaviour(show, item);
    if (status == CM_OK)
        status = cm_buffer_status(out);
    if (status == CM_OK)
        fwrite(out->ptr, 1, out->len, stdout);
    cm_buffer_reset(out);
    return status;
}

static enum cm_status read_line(struct show *show, struct cm_arena *arena, const struct cm_block *block, const struct cm_line *line)
{
    struct cm_json *card;
    struct cm_span id, wanted = cm_span_of(show->job->id);
    /* Most lines are other interactions: an id without escapes stands in its card as it is. */
    bool plain = !strpbrk(show->job->id, "\"\\") && !memchr(line->bytes.ptr, '\\', line->bytes.len < 300 ? line->bytes.len : 300);
    if (line->bytes.len == 0 || (plain && show->some_id.len > 0 && !memmem(line->bytes.ptr, line->bytes.len, wanted.ptr, wanted.len)))
        return CM_OK;
    cm_arena_reset(arena);
    enum cm_status status = cm_json_parse(arena, line->bytes, &card);
    id = status == CM_OK ? cm_json_text(card, "interaction_id") : (struct cm_span){NULL, 0};
    if (status == CM_ENOMEM)
        return status;
    if (!id.ptr || !cm_json_get(card, "pack")) {
        cm_tell_error("%s:%llu: no scorecard", block->name, (unsigned long long)line->number);
        return CM_EINPUT;
    }
    if (show->some_id.len == 0)
        cm_text_clean(&show->some_id, id);
    return cm_span_equal(id, wanted) ? print_card(show, card) : CM_OK;
}

static int read_scores(struct show *show, const struct cm_inputs *scores)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_source *source = NULL;
    struct cm_source_request request = {.inputs = scores};
    struct cm_block block = CM_BLOCK_EMPTY;
    struct cm_arena arena = CM_ARENA_EMPTY;
    enum cm_status status = cm_source_open(&source, &cm_source_file, &request, &diagnostics);
    while (status == CM_OK && (status = cm_source_next(source, &block)) == CM_OK) {
        struct cm_line line = {0};
        while (status == CM_OK && cm_block_next_line(&block, &line))
            status = read_line(show, &arena, &block, &line);
    }
    cm_source_close(source);
    cm_block_free(&block);
    cm_arena_free(&arena);
    int code = cm_exit_of(status);
    if (diagnostics.errors > 0 && code == CM_EXIT_DONE)
        code = CM_EXIT_IO;
    cm_tell(&diagnostics);
    if (code == CM_EXIT_DONE && show->shown == 0) {
        cm_tell_error("%s holds no scorecard of \"%s\"%s%.*s", show->job->scores, show->job->id,
                      show->some_id.len ? "; ids look like " : "", (int)show->some_id.len, show->some_id.ptr ? show->some_id.ptr : "");
        code = CM_EXIT_CHECK;
    }
    return code;
}

static int load_events(struct show *show)
{
    struct cm_inputs inputs = CM_INPUTS_EMPTY;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    show->has_events = show->job->events.count > 0;
    if (!show->has_events)
        return CM_EXIT_DONE;
    int code = cm_load_inputs(&inputs, (char **)(uintptr_t)show->job->events.items, show->job->events.count);
    if (code == CM_EXIT_DONE)
        code = cm_exit_of(cm_conversation_load(&show->conversation, &inputs, cm_span_of(show->job->id), &diagnostics));
    cm_tell(&diagnostics);
    cm_inputs_free(&inputs);
    return code;
}

static int run(const struct show_job *job)
{
    struct show show = {.job = job, .colour = cm_term_colour(stdout)};
    struct cm_inputs scores = CM_INPUTS_EMPTY;
    char *names[] = {(char *)(uintptr_t)job->scores};
    int code = cm_load_inputs(&scores, names, 1);
    if (code == CM_EXIT_DONE)
        code = load_events(&show);
    if (code == CM_EXIT_DONE)
        code = read_scores(&show, &scores);
    cm_inputs_free(&scores);
    cm_packs_free(&show.packs);
    cm_conversation_free(&show.conversation);
    cm_buffer_free(&show.out);
    cm_buffer_free(&show.some_id);
    int flushed = cm_flush_stdout();
    return flushed ? flushed : code;
}

int cm_show_main(int argc, char **argv)
{
    struct show_job job = {0};
    const struct cm_opt options[] = {
        {.name = "events",
         .letter = 'e',
         .kind = CM_OPT_LIST,
         .into = &job.events,
         .value = "INPUT",
         .help = "The events that were scored (file, folder or pattern): also shows the conversation, with the evidence in it"},
    };
    const struct cm_command command = {
        .name = "caremeter show",
        .operands = "ID SCORES",
        .about =
            "Explains the scorecard of one interaction for a person: scores, clock, every outcome with its reason and what was looked at.",
        .more = "Examples:\n"
                "  caremeter show chat-0042 scores.ndjson\n"
                "  caremeter show chat-0042 scores.ndjson --events archive/ | less -R\n"
                "\n"
                "Exit codes: 0 done, 1 no such interaction, 2 wrong usage, 3 input or output\n"
                "failed.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (argc - operand != 2) {
        cm_opts_wrong(&command, "give an interaction id and a file of scorecards (of caremeter score --out)");
        return CM_EXIT_USAGE;
    }
    job.id = argv[operand];
    job.scores = argv[operand + 1];
    return run(&job);
}
