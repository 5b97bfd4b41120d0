#include <stdio.h>
#include <string.h>

#include "cli/show.h"
#include "cli/term.h"
#include "cli/text.h"
#include "io/sink.h"
#include "io/source.h"
#include "io/sqlite.h"

/* The pack's titles, where it is at hand; without it ids do. */
static void find_pack(struct cm_show *show, const struct cm_json *card)
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

static enum cm_status print_card(struct cm_show *show, const struct cm_json *card)
{
    struct cm_buffer *out = &show->out;
    enum cm_status status = CM_OK;
    find_pack(show, card);
    if (show->shown++ > 0)
        cm_buffer_byte(out, '\n');
    cm_show_scores(show, card);
    if (show->has_events && show->conversation.count == 0)
        cm_buffer_text(out, "\n(the events hold no such interaction)\n");
    else if (show->has_events)
        status = cm_show_turns(show, card);
    cm_show_behaviours(show, card);
    if (status == CM_OK)
        status = cm_buffer_status(out);
    if (status == CM_OK)
        cm_put(out);
    cm_buffer_reset(out);
    return status;
}

static enum cm_status read_line(struct cm_show *show, struct cm_arena *arena, const struct cm_block *block, const struct cm_line *line)
{
    struct cm_json *card;
    struct cm_span id, wanted = cm_span_of(show->job->id);
    /* Most lines are other interactions: an id without escapes stands in its card as it is. */
    bool plain = !strpbrk(show->job->id, "\"\\") && !memchr(line->bytes.ptr, '\\', line->bytes.len < 300 ? line->bytes.len : 300);
    if (line->bytes.len == 0 || (plain && show->some_id.len > 0 && !memmem(line->bytes.ptr, line->bytes.len, wanted.ptr, wanted.len)))
        return CM_OK;
    cm_arena_reset(arena);
    enum cm_status status = cm_json_parse(arena, line->bytes, &card, NULL);
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

static enum cm_status read_lines(struct cm_show *show, const struct cm_source_ops *ops, const struct cm_source_request *request,
                                 struct cm_diagnostics *diagnostics)
{
    struct cm_source *source = NULL;
    struct cm_block block = CM_BLOCK_EMPTY;
    struct cm_arena arena = CM_ARENA_EMPTY;
    enum cm_status status = cm_source_open(&source, ops, request, diagnostics);
    while (status == CM_OK && (status = cm_source_next(source, &block)) == CM_OK) {
        struct cm_line line = {0};
        while (status == CM_OK && cm_block_next_line(&block, &line))
            status = read_line(show, &arena, &block, &line);
    }
    cm_source_close(source);
    cm_block_free(&block);
    cm_arena_free(&arena);
    return status == CM_END ? CM_OK : status;
}

/* A database gives the cards of the one interaction, as lines. */
static enum cm_status read_database(struct cm_show *show, struct cm_diagnostics *diagnostics)
{
    struct cm_buffer lines = CM_BUFFER_EMPTY;
    enum cm_status status = cm_sqlite_find(show->job->scores, cm_span_of(show->job->id), &lines, diagnostics);
    struct cm_span contents = cm_buffer_view(&lines);
    struct cm_source_request request = {.names = &show->job->scores, .contents = &contents, .count = 1};
    if (status == CM_OK)
        status = read_lines(show, &cm_source_mem, &request, diagnostics);
    cm_buffer_free(&lines);
    return status;
}

/* scores: empty where they are a database. */
static int read_scores(struct cm_show *show, const struct cm_inputs *scores)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_source_request request = {.inputs = scores};
    enum cm_status status = scores->count ? read_lines(show, &cm_source_file, &request, &diagnostics) : read_database(show, &diagnostics);
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

static int load_events(struct cm_show *show)
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

static int run(const struct cm_show_job *job)
{
    struct cm_show show = {.job = job, .colour = cm_term_colour(stdout)};
    struct cm_inputs scores = CM_INPUTS_EMPTY;
    char *names[] = {(char *)(uintptr_t)job->scores};
    bool database = cm_sink_for(job->scores) == &cm_sink_sqlite;
    int code = database ? CM_EXIT_DONE : cm_load_inputs(&scores, names, 1);
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
    struct cm_show_job job = {0};
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
                "  caremeter show chat-0042 scores.db\n"
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
