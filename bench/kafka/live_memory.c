/*
 * live_memory: a live run without a cluster: the loop of `caremeter serve`
 * (decode, fold, scan, apply, judge, render, states), whose feed is memory and
 * whose journal drops what it is given.
 *
 *   live_memory FILE --pack PACK --evidence none|refs|quotes [--threads N] [--copies N] [--set KEY=VALUE]...
 *
 * --copies: the file so many times, each time as other interactions: ids of generate.c ("g-", eight hexadecimal digits) get the number of
 * the copy for their first four.
 *
 * Only the run is measured; packs and events are in memory before it begins. Prints one line of JSON.
 */
#include <inttypes.h>
#include <unistd.h>

#include "base/simd.h"
#include "clock.h"
#include "events.h"
#include "live/owner/state.h"
#include "live/serve/serving.h"

#define UNIT CM_UNIT(0, 0)
#define COPIES_MAX 0x10000ul
#define COPY_DIGITS 4
#define ID_MARK_BYTES 2 /* "g-" */

struct memory {
    struct cm_feed feed; /* first */
    struct cm_journal journal;
    struct bench_events events;
    size_t next, copies; /* next: of all copies */
    int64_t log_ts;
    bool restoring, ended;
    struct cm_buffer fence;
    uint64_t cards, card_bytes, states, state_bytes;
};

static void check(enum cm_status status, const char *what, const struct cm_diagnostics *diagnostics)
{
    if (status == CM_OK)
        return;
    cm_diagnostics_print(diagnostics, stderr, false);
    fprintf(stderr, "live_memory: %s: %s\n", what, cm_status_text(status));
    exit(2);
}

/* ---------------------------------------------------------------------- feed */

static enum cm_status feed_start(struct cm_feed *feed, uint32_t unit, uint64_t position, struct cm_diagnostics *diagnostics)
{
    (void)feed, (void)unit, (void)position, (void)diagnostics;
    return CM_OK;
}

static enum cm_status feed_stop(struct cm_feed *feed, uint32_t unit)
{
    (void)feed, (void)unit;
    return CM_OK;
}

/* The line in bytes of the batch's own, as an event of another interaction. */
static struct cm_span copy_line(struct cm_batch *batch, struct cm_span line, size_t copy)
{
    static const char digits[] = "0123456789abcdef";
    struct cm_span id = bench_event_id(line);
    struct cm_span out = {batch->copied.ptr + batch->copied.len, line.len};
    cm_buffer_span(&batch->copied, line);
    for (size_t i = 0; i < COPY_DIGITS && id.len >= ID_MARK_BYTES + COPY_DIGITS; i++)
        batch->copied.ptr[(size_t)(out.ptr - batch->copied.ptr) + (size_t)(id.ptr - line.ptr) + ID_MARK_BYTES + i] =
            digits[copy >> 4 * (COPY_DIGITS - 1 - i) & 15];
    return out;
}

/* Room for a batch of copies, so that none of them moves. */
static enum cm_status reserve_copies(const struct memory *memory, struct cm_batch *batch)
{
    size_t bytes = 0;
    cm_buffer_reset(&batch->copied);
    for (size_t i = 0; i < CM_BATCH_MAX; i++)
        bytes += memory->events.lines[(memory->next + i) % memory->events.count].len;
    cm_buffer_reserve(&batch->copied, bytes);
    return cm_buffer_status(&batch->copied);
}

static enum cm_status feed_next(struct cm_feed *feed, int wait_ms, struct cm_batch *batch)
{
    struct memory *memory = (struct memory *)feed;
    size_t total = memory->events.count * memory->copies;
    (void)wait_ms;
    if (memory->copies > 1 && reserve_copies(memory, batch) != CM_OK)
        return CM_ENOMEM;
    for (; batch->count < CM_BATCH_MAX && memory->next < total; memory->next++) {
        struct cm_span line = memory->events.lines[memory->next % memory->events.count];
        if (memory->copies > 1)
            line = copy_line(batch, line, memory->next / memory->events.count);
        batch->messages[batch->count++] = (struct cm_message){
            .unit = UNIT, .offset = memory->next, .log_ts = memory->log_ts, .key = bench_event_id(line), .line = line, .keyed = true};
    }
    if (batch->count)
        return CM_OK;
    if (memory->ended)
        return CM_END;
    memory->ended = true;
    batch->marks[batch->mark_count++] = (struct cm_feed_mark){.note = CM_FEED_AT_END, .unit = UNIT};
    return CM_OK;
}

static void feed_clear(struct cm_feed *feed, struct cm_batch *batch)
{
    (void)feed, (void)batch;
}

static const struct cm_feed_ops feed_ops = {feed_start, feed_stop, feed_next, feed_clear};

/* ------------------------------------------------------------------- journal */

static struct memory *memory_of(struct cm_journal *journal)
{
    return (struct memory *)(void *)((char *)journal - offsetof(struct memory, journal));
}

static enum cm_status journal_begin(struct cm_journal *journal)
{
    (void)journal;
    return CM_OK;
}

static enum cm_status journal_card(struct cm_journal *journal, const struct cm_card *card)
{
    struct memory *memory = memory_of(journal);
    memory->cards++;
    memory->card_bytes += card->line.len;
    return CM_OK;
}

static enum cm_status journal_dead(struct cm_journal *journal, const struct cm_dead *dead)
{
    (void)journal, (void)dead;
    return CM_EINPUT; /* there is nothing in a made-up archive that is no event */
}

static enum cm_status journal_state(struct cm_journal *journal, const struct cm_entry *entry)
{
    struct memory *memory = memory_of(journal);
    memory->states++;
    memory->state_bytes += entry->value.len;
    if (!memory->restoring)
        return CM_OK;
    cm_buffer_reset(&memory->fence);
    cm_buffer_span(&memory->fence, entry->value);
    return cm_buffer_status(&memory->fence);
}

static enum cm_status journal_settle(struct cm_journal *journal)
{
    (void)journal;
    return CM_OK;
}

static enum cm_status journal_commit(struct cm_journal *journal, const struct cm_position *positions, size_t count)
{
    (void)journal, (void)positions, (void)count;
    return CM_OK;
}

static void journal_abort(struct cm_journal *journal)
{
    (void)journal;
}

static bool journal_written(struct cm_journal *journal, uint32_t unit, int64_t *first, int64_t *last, uint64_t *count)
{
    (void)journal, (void)unit, (void)first, (void)last, (void)count;
    return false;
}

static enum cm_status journal_restore(struct cm_journal *journal, uint32_t unit, int64_t from)
{
    (void)unit, (void)from;
    memory_of(journal)->restoring = true;
    return CM_OK;
}

/* An empty log: its end, and the fence as soon as it was put. */
static enum cm_status journal_next(struct cm_journal *journal, int wait_ms, struct cm_entry *entry)
{
    struct memory *memory = memory_of(journal);
    (void)wait_ms;
    if (!memory->restoring)
        return CM_END;
    *entry = (struct cm_entry){.note = memory->fence.len ? CM_ENTRY : CM_ENTRY_AT_END,
                               .unit = UNIT,
                               .key = cm_state_fence_key,
                               .value = cm_buffer_view(&memory->fence)};
    return CM_OK;
}

static enum cm_status journal_restored(struct cm_journal *journal, uint32_t unit)
{
    (void)unit;
    memory_of(journal)->restoring = false;
    return CM_OK;
}

static const struct cm_journal_ops journal_ops = {
    .begin = journal_begin,
    .card = journal_card,
    .dead = journal_dead,
    .state = journal_state,
    .settle = journal_settle,
    .commit = journal_commit,
    .abort = journal_abort,
    .written = journal_written,
    .restore = journal_restore,
    .next = journal_next,
    .restored = journal_restored,
};

/* ----------------------------------------------------------------------- run */

static enum cm_status worker_new(void *context, unsigned number, void **worker)
{
    (void)number;
    return cm_live_worker_new(context, (struct cm_live_worker **)worker);
}

static void worker_free(void *context, void *worker)
{
    (void)context;
    cm_live_worker_free(worker);
}

static void tell(void *context, enum cm_serve_level level, const char *text)
{
    (void)context;
    fprintf(stderr, "live_memory: %d: %s\n", (int)level, text);
}

/* As cm_serve makes it, with every setting at its default. */
static void open_run(struct cm_serving *serving, struct memory *memory, struct cm_render_options *render, unsigned threads)
{
    const struct cm_config *config = serving->config;
    struct cm_pool_request pool = {.threads = threads, .worker_new = worker_new, .worker_free = worker_free, .context = render};
    static const char *const names[] = {"memory"};
    check(cm_live_worker_new(render, &serving->worker), "a worker", serving->diagnostics);
    check(cm_pool_new(&pool, &serving->pool), "threads", serving->diagnostics);
    serving->batch_count = threads * 2 + 2 > CM_SERVE_BATCHES_MAX ? CM_SERVE_BATCHES_MAX : threads * 2 + 2;
    serving->journal = &memory->journal;
    serving->feed = &memory->feed;
    struct cm_live_settings settings = {
        .journal = serving->journal,
        .pool = serving->pool,
        .worker = serving->worker,
        .rules = serving->request->rules,
        .keep_closed_ms = config->keep_closed_ms,
        .keep_marker_ms = config->keep_marker_ms,
        .lateness_ms = config->lateness_ms,
        .skew_ms = config->skew_ms,
        .quiet_ms = config->quiet_ms,
        .max_turns = config->max_turns,
        .max_state_bytes = config->max_state_bytes,
        .max_memory_bytes = config->max_memory_bytes,
        .spill_folder = cm_serving_spill_folder(serving),
        .open_cards = config->open_cards,
        .group = "memory",
        .source_names = names,
        .started = cm_serving_started,
        .superseded = cm_serving_superseded,
        .tell = cm_serving_tell_live,
        .context = serving,
    };
    for (size_t i = 0; i < CM_CHANNEL_COUNT; i++)
        settings.idle_ms[i] = config->idle_ms[i];
    check(cm_live_new(&settings, &serving->live), "a live run", serving->diagnostics);
    cm_live_clock(serving->live, cm_serving_now_ms(serving));
}

static enum cm_status run(struct cm_serving *serving)
{
    enum cm_status status = cm_live_assign(serving->live, UNIT);
    while (status == CM_OK) {
        cm_live_clock(serving->live, cm_serving_now_ms(serving));
        if (cm_live_restoring(serving->live))
            status = cm_serving_restore(serving);
        if (status == CM_OK)
            status = cm_serving_flow(serving, 0);
        enum cm_status ticked = status == CM_OK ? cm_serving_tick(serving, false) : CM_OK;
        status = status == CM_OK ? ticked : status;
    }
    return status == CM_END ? cm_serving_tick(serving, true) : status;
}

static void close_run(struct cm_serving *serving)
{
    cm_live_free(serving->live);
    cm_pool_free(serving->pool);
    cm_live_worker_free(serving->worker);
    for (size_t i = 0; i < CM_SERVE_BATCHES_MAX; i++) {
        if (serving->batches[i])
            cm_buffer_free(&serving->batches[i]->records);
        free(serving->batches[i]);
    }
}

#define SETTINGS_MAX 16

struct arguments {
    const char *file, *pack, *evidence, *threads, *settings[SETTINGS_MAX];
    size_t setting_count, copies;
};

static bool read_option(struct arguments *arguments, const char *option, const char *value)
{
    char *end = NULL;
    if (!strcmp(option, "--pack"))
        arguments->pack = value;
    else if (!strcmp(option, "--evidence"))
        arguments->evidence = value;
    else if (!strcmp(option, "--threads"))
        arguments->threads = value;
    else if (!strcmp(option, "--set") && arguments->setting_count < SETTINGS_MAX)
        arguments->settings[arguments->setting_count++] = value;
    else if (!strcmp(option, "--copies"))
        return (arguments->copies = strtoul(value, &end, 10)) > 0 && arguments->copies <= COPIES_MAX && !*end;
    else
        return false;
    return true;
}

static struct arguments read_arguments(int argc, char **argv)
{
    struct arguments arguments = {.file = argc > 1 ? argv[1] : NULL, .pack = "customer-care", .evidence = "quotes", .copies = 1};
    bool good = arguments.file && argc % 2 == 0;
    for (int i = 2; good && i + 1 < argc; i += 2)
        good = read_option(&arguments, argv[i], argv[i + 1]);
    if (!good) {
        fputs("usage: live_memory FILE [--pack PACK] [--evidence none|refs|quotes] [--threads N] [--copies N] [--set KEY=VALUE]...\n",
              stderr);
        exit(2);
    }
    return arguments;
}

/* Resident now; 0: the system does not tell. */
static int64_t resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    fclose(file);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static void configure(struct cm_config *config, const struct arguments *arguments, struct cm_diagnostics *diagnostics)
{
    check(cm_config_init(config), "configuration", diagnostics);
    check(cm_config_option(config, "--evidence", "evidence", &arguments->evidence, 1, diagnostics), "--evidence", diagnostics);
    if (arguments->threads)
        check(cm_config_option(config, "--threads", "threads", &arguments->threads, 1, diagnostics), "--threads", diagnostics);
    for (size_t i = 0; i < arguments->setting_count; i++)
        check(cm_config_set(config, arguments->settings[i], diagnostics), arguments->settings[i], diagnostics);
}

int main(int argc, char **argv)
{
    struct arguments arguments = read_arguments(argc, argv);
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_config config;
    struct memory memory = {
        .feed = {&feed_ops}, .journal = {&journal_ops}, .log_ts = bench_wall_ms() - BENCH_LOG_AGE_MS, .copies = arguments.copies};
    struct cm_serve_request request = {.config = &config, .tell = tell};
    static struct cm_serving serving;
    check(cm_simd_use(getenv("CAREMETER_SIMD")), "CAREMETER_SIMD", &diagnostics); /* as the program itself does */
    configure(&config, &arguments, &diagnostics);
    check(cm_rules_load(&arguments.pack, 1, &diagnostics, &request.rules), arguments.pack, &diagnostics);
    check(bench_events_read(&memory.events, arguments.file), arguments.file, &diagnostics);
    struct cm_render_options render = {.evidence = (enum cm_evidence_mode)config.evidence, .full = config.full};
    serving = (struct cm_serving){.request = &request, .config = &config, .diagnostics = &diagnostics};
    pthread_mutex_init(&serving.lines_lock, NULL);
    open_run(&serving, &memory, &render, (unsigned)config.threads);

    int64_t resident = resident_bytes();
    double cpu = bench_cpu_seconds();
    int64_t from = bench_now_ns();
    check(run(&serving), "the run", &diagnostics);
    cpu = bench_cpu_seconds() - cpu;
    double seconds = (double)(bench_now_ns() - from) / 1e9;

    const struct cm_counters *counters = cm_live_counters(serving.live);
    struct cm_live_gauges gauges;
    cm_live_gauges(serving.live, &gauges);
    printf("{\"events\": %" PRIu64 ", \"interactions\": %" PRIu64 ", \"cards\": %" PRIu64 ", \"cards_final\": %" PRIu64
           ", \"states\": %" PRIu64 ", \"state_bytes\": %" PRIu64 ", \"card_bytes\": %" PRIu64 ", \"flushes\": %" PRIu64
           ", \"open\": %" PRIu64 ", \"memory_bytes\": %" PRIu64 ", \"grown_bytes\": %" PRId64
           ", \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
           counters->events, counters->opened, memory.cards, counters->cards_final, memory.states, memory.state_bytes, memory.card_bytes,
           counters->flushes, gauges.open, gauges.state_bytes, resident_bytes() - resident, seconds, cpu);
    close_run(&serving);
    cm_rules_release(request.rules);
    cm_config_free(&config);
    bench_events_free(&memory.events);
    cm_buffer_free(&memory.fence);
    return 0;
}
