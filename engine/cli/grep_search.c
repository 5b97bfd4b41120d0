#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common.h"
#include "cli/grep.h"
#include "cli/stop.h"
#include "cli/text.h"
#include "event/decode.h"
#include "io/deadletter.h"
#include "run/ordered.h"

struct grep {
    const struct cm_grep_job *job;
    const struct cm_patterns *patterns;
    struct cm_source *source;
    struct cm_ordered *ordered;
    struct cm_turn_printer *printer;
    struct cm_turn_style style;
    bool live;          /* who watches a pipe or a terminal sees a hit when it is found */
    _Atomic int status; /* the first that was not CM_OK */
};

struct grep_worker {
    struct grep *grep;
    pthread_t thread;
    struct cm_finder finder;
    struct cm_redaction *redaction; /* NULL: no quotes leave */
    struct cm_arena arena;
    struct cm_block block;
    struct cm_buffer out;
    uint64_t *counts; /* distinct (turn, pattern) a pattern */
    uint64_t *last;   /* the turn that was counted last, a pattern */
    uint64_t lines, events, turns, hits, hit_turns;
    struct cm_dead_letter_counts dead_letters;
};

static void fail(struct grep *grep, enum cm_status status)
{
    int none = CM_OK;
    if (atomic_compare_exchange_strong(&grep->status, &none, (int)status)) {
        cm_source_stop(grep->source);
        cm_ordered_stop(grep->ordered);
    }
}

static enum cm_status write_turns(void *context, struct cm_span bytes)
{
    struct grep *grep = context;
    enum cm_status status = CM_OK;
    if (grep->printer)
        status = cm_turn_print(grep->printer, bytes);
    else if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len)
        status = CM_EIO;
    if (status == CM_OK && grep->live && fflush(stdout) != 0)
        status = CM_EIO;
    if (status == CM_EIO)
        cm_write_failed();
    return status;
}

static void count_turn(struct grep_worker *worker)
{
    worker->hit_turns++;
    worker->hits += worker->finder.found_count;
    for (size_t i = 0; i < worker->finder.found_count; i++) {
        uint32_t pattern = worker->finder.found[i].pattern;
        if (worker->last[pattern] != worker->turns) {
            worker->last[pattern] = worker->turns;
            worker->counts[pattern]++;
        }
    }
}

/* A line a hit: what may leave is redacted; a text that cannot be looked through is quoted by nobody. */
static enum cm_status append_json(struct grep_worker *worker, const struct cm_line *line, const struct cm_event *event)
{
    struct cm_buffer *out = &worker->out;
    enum cm_status status = cm_redact_text(worker->redaction, event->text, event->customer_name);
    bool withheld = status == CM_ELIMIT;
    if (status != CM_OK && !withheld)
        return status;
    for (size_t i = 0; i < worker->finder.found_count; i++) {
        const struct cm_found *found = &worker->finder.found[i];
        cm_buffer_text(out, "{\"interaction_id\":");
        cm_buffer_json(out, event->interaction_id);
        if (event->has & CM_HAS_SEQ)
            cm_buffer_printf(out, ",\"seq\":%llu", (unsigned long long)event->seq);
        else
            cm_buffer_text(out, ",\"seq\":null");
        cm_buffer_text(out, ",\"source\":");
        cm_buffer_json(out, cm_span_of(worker->block.name));
        cm_buffer_printf(out, ",\"line\":%llu,\"cue\":", (unsigned long long)line->number);
        cm_buffer_json(out, cm_span_of(worker->grep->patterns->names[found->pattern]));
        cm_buffer_printf(out, ",\"start\":%u,\"end\":%u,\"quote\":", found->start, found->end);
        if (withheld) {
            cm_buffer_text(out, "null");
        } else {
            struct cm_buffer quote = CM_BUFFER_EMPTY;
            cm_redact_quote(worker->redaction, found->start, found->end, CM_QUOTE_MAX_BYTES, &quote);
            cm_buffer_json(out, cm_buffer_view(&quote));
            cm_buffer_free(&quote);
        }
        cm_buffer_text(out, "}\n");
    }
    return cm_buffer_status(out);
}

static enum cm_status search_event(struct grep_worker *worker, const struct cm_line *line, const struct cm_event *event)
{
    const struct grep *grep = worker->grep;
    const struct cm_grep_job *job = grep->job;
    if (event->type != CM_EVENT_MESSAGE)
        return CM_OK;
    worker->turns++;
    worker->finder.found_count = 0;
    enum cm_status status = CM_OK;
    if (job->speaker_set == 0 || (job->speaker_set & CM_BIT(event->speaker)))
        status = cm_find(&worker->finder, event->text, (enum cm_speaker)event->speaker);
    if (status != CM_OK)
        return status;
    bool hit = worker->finder.found_count > 0;
    if (hit)
        count_turn(worker);
    if (job->count || (!hit && job->context == 0))
        return CM_OK;
    if (job->json)
        return hit ? append_json(worker, line, event) : CM_OK;
    cm_turn_append(&worker->out, &grep->style, &worker->block, line, event, worker->finder.found, worker->finder.found_count);
    return cm_buffer_status(&worker->out);
}

static enum cm_status search_line(struct grep_worker *worker, const struct cm_line *line)
{
    const struct cm_block *block = &worker->block;
    struct cm_span bytes = cm_decode_trim(line->bytes, block->first_of_file && line->number == block->line);
    struct cm_event event;
    struct cm_decoded decoded;
    if (block->line_too_long) {
        worker->lines++;
        cm_dead_letter_count(&worker->dead_letters, CM_REJECT_LINE_TOO_LONG);
        return CM_OK;
    }
    if (bytes.len == 0)
        return CM_OK;
    worker->lines++;
    cm_arena_reset(&worker->arena);
    enum cm_status status = cm_decode(&worker->arena, bytes, &event, &decoded);
    if (status != CM_OK)
        return status;
    if (decoded.reject == CM_REJECT_NONE) {
        worker->events++;
        return search_event(worker, line, &event);
    }
    cm_dead_letter_count(&worker->dead_letters, decoded.reject);
    cm_dead_letter_look(&worker->dead_letters, line->bytes);
    return CM_OK;
}

static void *work(void *argument)
{
    struct grep_worker *worker = argument;
    struct grep *grep = worker->grep;
    enum cm_status status = CM_OK;
    while (status == CM_OK && atomic_load_explicit(&grep->status, memory_order_relaxed) == CM_OK) {
        status = cm_source_next(grep->source, &worker->block);
        struct cm_line line = {0};
        while (status == CM_OK && cm_block_next_line(&worker->block, &line)) {
            status = search_line(worker, &line);
            if (worker->block.line_too_long)
                break;
        }
        if (status == CM_OK)
            status = cm_ordered_give(grep->ordered, worker->block.ordinal, &worker->out);
    }
    if (status != CM_OK && status != CM_END)
        fail(grep, status);
    return NULL;
}

static enum cm_status worker_init(struct grep_worker *worker, struct grep *grep)
{
    size_t patterns = grep->patterns->count ? grep->patterns->count : 1;
    worker->grep = grep;
    worker->counts = calloc(patterns, sizeof *worker->counts);
    worker->last = calloc(patterns, sizeof *worker->last);
    enum cm_status status = worker->counts && worker->last ? CM_OK : CM_ENOMEM;
    if (status == CM_OK)
        status = cm_finder_init(&worker->finder, grep->patterns);
    if (status == CM_OK && grep->job->json)
        status = cm_redaction_new(grep->patterns->packs.redactor, &worker->redaction);
    return status;
}

static void worker_free(struct grep_worker *worker)
{
    cm_finder_free(&worker->finder);
    cm_redaction_free(worker->redaction);
    cm_arena_free(&worker->arena);
    cm_block_free(&worker->block);
    cm_buffer_free(&worker->out);
    free(worker->counts);
    free(worker->last);
}

static enum cm_status run_workers(struct grep *grep, struct grep_worker *workers)
{
    unsigned count = (unsigned)grep->job->threads, started = 0;
    enum cm_status status = CM_OK;
    for (unsigned i = 0; i < count && status == CM_OK; i++)
        status = worker_init(&workers[i], grep);
    for (; started < count && status == CM_OK; started++)
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0)
            break;
    if (status == CM_OK && started == 0)
        status = CM_ELIMIT;
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    return status == CM_OK ? (enum cm_status)atomic_load(&grep->status) : status;
}

/* What all workers counted, in the first one. */
static void add_up(struct grep_worker *workers, unsigned count, size_t patterns)
{
    for (unsigned i = 1; i < count; i++) {
        for (size_t j = 0; j < patterns; j++)
            workers[0].counts[j] += workers[i].counts[j];
        for (size_t j = 0; j < patterns; j++)
            workers[0].finder.faults[j] += workers[i].finder.faults[j];
        workers[0].lines += workers[i].lines;
        workers[0].events += workers[i].events;
        workers[0].turns += workers[i].turns;
        workers[0].hits += workers[i].hits;
        workers[0].hit_turns += workers[i].hit_turns;
        cm_dead_letter_counts_add(&workers[0].dead_letters, &workers[i].dead_letters);
    }
}

static void print_counts(const struct grep *grep, const struct grep_worker *sum)
{
    struct cm_buffer name = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < grep->patterns->count; i++) {
        cm_buffer_reset(&name);
        if (grep->job->json) {
            cm_buffer_json(&name, cm_span_of(grep->patterns->names[i]));
            printf("{\"cue\":%.*s,\"turns\":%llu,\"faults\":%llu}\n", (int)name.len, name.ptr, (unsigned long long)sum->counts[i],
                   (unsigned long long)sum->finder.faults[i]);
        } else {
            cm_text_clean(&name, cm_span_of(grep->patterns->names[i]));
            printf("%llu\t%.*s\n", (unsigned long long)sum->counts[i], (int)name.len, name.ptr);
        }
    }
    cm_buffer_free(&name);
}

/*
 * A fault is no miss (design.md, law 3): every pattern that could not be decided is named, for people on stderr, for programs in a line
 * behind the hits. Whether there were any.
 */
static bool tell_faults(const struct grep *grep, const struct grep_worker *sum)
{
    struct cm_buffer name = CM_BUFFER_EMPTY;
    bool any = false;
    for (size_t i = 0; i < grep->patterns->count; i++) {
        uint64_t faults = sum->finder.faults[i];
        if (faults == 0)
            continue;
        any = true;
        cm_buffer_reset(&name);
        cm_text_clean(&name, cm_span_of(grep->patterns->names[i]));
        cm_tell_error("%.*s could not be decided in %llu %s (a rule reached its limit)", (int)name.len, name.ptr,
                      (unsigned long long)faults, cm_plural(faults, "turn", "turns"));
        if (!grep->job->json || grep->job->count)
            continue;
        cm_buffer_reset(&name);
        cm_buffer_json(&name, cm_span_of(grep->patterns->names[i]));
        printf("{\"cue\":%.*s,\"fault\":true,\"turns\":%llu}\n", (int)name.len, name.ptr, (unsigned long long)faults);
    }
    cm_buffer_free(&name);
    return any;
}

/* What all workers found together; the exit code. */
static int conclude(const struct grep *grep, struct grep_worker *workers)
{
    add_up(workers, (unsigned)grep->job->threads, grep->patterns->count);
    if (grep->job->count)
        print_counts(grep, workers);
    bool faults = tell_faults(grep, workers);
    int code = cm_flush_stdout();
    cm_tell_dead_letters(&workers->dead_letters, workers->lines);
    cm_tell_no_events(&workers->dead_letters, workers->lines, workers->events);
    if (code != CM_EXIT_DONE || workers->hits > 0)
        return code;
    /* "Nothing was found" would be a claim about turns that nobody could decide. */
    return faults ? CM_EXIT_IO : CM_EXIT_CHECK;
}

static bool any_pipe(const struct cm_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (!inputs->items[i].sized)
            return true;
    return false;
}

int cm_grep_search(const struct cm_grep_job *job, const struct cm_patterns *patterns, const struct cm_turn_style *style,
                   const struct cm_inputs *inputs)
{
    struct grep grep = {.job = job, .patterns = patterns, .style = *style, .live = style->grouped || any_pipe(inputs)};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_source_request request = {.inputs = inputs};
    unsigned threads = (unsigned)job->threads;
    struct grep_worker *workers = calloc(threads, sizeof *workers);
    enum cm_status status = workers ? cm_ordered_new(write_turns, &grep, &grep.ordered) : CM_ENOMEM;
    if (status == CM_OK && !job->count && !job->json)
        status = cm_turn_printer_new(stdout, &grep.style, (uint32_t)job->context, &grep.printer);
    if (status == CM_OK)
        status = cm_source_open(&grep.source, &cm_source_file, &request, &diagnostics);
    if (status == CM_OK) {
        cm_stop_on_signals(grep.source);
        status = run_workers(&grep, workers);
        cm_stop_forget();
    }
    int code = cm_exit_of(status);
    if (code == CM_EXIT_DONE) {
        code = conclude(&grep, workers);
    } else if (status == CM_EIO) {
        code = cm_flush_stdout();
    } else if (status != CM_ESTOPPED) {
        cm_tell_error("%s", cm_status_text(status));
    }
    if (diagnostics.errors > 0 && code <= CM_EXIT_CHECK)
        code = CM_EXIT_IO;
    cm_tell(&diagnostics);
    for (unsigned i = 0; workers && i < threads; i++)
        worker_free(&workers[i]);
    free(workers);
    cm_source_close(grep.source);
    cm_ordered_free(grep.ordered);
    cm_turn_printer_free(grep.printer);
    return code;
}
