#include "live/serve/serve.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "base/failpoint.h"
#include "live/serve/serving.h"

int64_t cm_serving_now_ms(const struct cm_serving *serving)
{
    return serving->request->clock ? cm_clock_now_ms(serving->request->clock) : cm_clock_wall_ms();
}

int64_t cm_serving_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now); /* also counts while the machine slept: the group did not */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool cm_serving_stopped(const struct cm_serving *serving)
{
    /* relaxed: nothing else is read by way of it */
    return atomic_load_explicit(serving->request->stop, memory_order_relaxed);
}

/* ------------------------------------------------------------------- opening */

static struct cm_render_options render_of(const struct cm_config *config)
{
    return (struct cm_render_options){.evidence = (enum cm_evidence_mode)config->evidence, .full = config->full};
}

static enum cm_status worker_new(void *context, unsigned number, void **worker)
{
    const struct cm_serving *serving = context;
    struct cm_render_options render = render_of(serving->config);
    (void)number;
    return cm_live_worker_new(&render, (struct cm_live_worker **)worker);
}

static void worker_free(void *context, void *worker)
{
    (void)context;
    cm_live_worker_free(worker);
}

static enum cm_status open_workers(struct cm_serving *serving)
{
    struct cm_render_options render = render_of(serving->config);
    struct cm_pool_request request = {
        .threads = (unsigned)serving->config->threads, .worker_new = worker_new, .worker_free = worker_free, .context = serving};
    enum cm_status status = cm_live_worker_new(&render, &serving->worker);
    if (status == CM_OK)
        status = cm_pool_new(&request, &serving->pool);
    serving->batch_count = serving->config->threads * 2 + 2;
    if (serving->batch_count > CM_SERVE_BATCHES_MAX)
        serving->batch_count = CM_SERVE_BATCHES_MAX;
    return status;
}

/* The broker may be started after us: its answer is waited for. */
static enum cm_status wait_for_topics(struct cm_serving *serving, uint32_t *partitions)
{
    const struct cm_packs *packs = cm_rules_packs(serving->request->rules);
    /* what librdkafka logs of connections that are not made we tell in our own words */
    struct cm_cluster_log log = {.stop = serving->log.stop};
    const char *names[CM_PACKS_MAX];
    struct cm_trouble trouble = {0};
    for (size_t i = 0; i < packs->count; i++)
        names[i] = packs->items[i].ruleset->name;
    for (;;) {
        enum cm_status status =
            cm_cluster_topics(serving->config, &log, names, packs->count, trouble.on ? CM_SERVE_WAIT_TOPICS_MS : CM_SERVE_FIRST_WAIT_MS,
                              partitions, serving->diagnostics);
        if (status != CM_EIO)
            return status;
        if (!cm_serving_stopped(serving) && cm_serving_troubled(&trouble))
            cm_serving_tell(serving, CM_SERVE_WARNING, "%s; waiting for one",
                            serving->diagnostics->count ? serving->diagnostics->items[0].message : "no broker answers");
        cm_diagnostics_free(serving->diagnostics);
        *serving->diagnostics = CM_DIAGNOSTICS_EMPTY;
        for (int waited = 0; waited < CM_SERVE_RETRY_MS && !cm_serving_stopped(serving); waited += CM_SERVE_WAIT_MS)
            poll(NULL, 0, CM_SERVE_WAIT_MS);
        if (cm_serving_stopped(serving))
            return CM_ESTOPPED;
    }
}

static enum cm_status open_cluster(struct cm_serving *serving)
{
    uint32_t partitions[CM_CONFIG_LIST_MAX] = {0};
    enum cm_status status = wait_for_topics(serving, partitions);
    if (status == CM_OK)
        status = cm_cluster_open(serving->config, &serving->log, partitions, serving->diagnostics, &serving->cluster);
    if (status != CM_OK)
        return status;
    serving->journal = cm_cluster_journal(serving->cluster);
    serving->feed = cm_cluster_feed(serving->cluster);
    return CM_OK;
}

static bool has_topic_sink(const struct cm_config *config)
{
    for (size_t i = 0; i < config->sink_count; i++)
        if (config->sinks[i].kind == CM_PLACE_KAFKA)
            return true;
    return false;
}

static enum cm_status open_lines(struct cm_serving *serving)
{
    enum cm_status status = CM_OK;
    if (has_topic_sink(serving->config)) {
        uint32_t partitions[CM_CONFIG_LIST_MAX] = {0};
        struct cm_kafka_options options = cm_cluster_options(serving->config, &serving->log);
        status = wait_for_topics(serving, partitions);
        if (status == CM_OK)
            status = cm_kafka_writer_open(&options, NULL, serving->diagnostics, &serving->writer);
    }
    if (status == CM_OK)
        status = cm_lines_open(serving->config, serving->request->input, serving->writer, serving->diagnostics, &serving->lines);
    if (status != CM_OK)
        return status;
    serving->journal = cm_lines_journal(serving->lines);
    serving->feed = cm_lines_feed(serving->lines);
    return CM_OK;
}

const char *cm_serving_spill_folder(const struct cm_serving *serving)
{
    const char *folder = serving->config->spill_dir ? serving->config->spill_dir : getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

static bool show_card(void *context, const struct cm_card *card)
{
    const struct cm_serving *serving = context;
    return cm_audience_card(serving->request->audience, card);
}

static bool has_room(void *context)
{
    const struct cm_serving *serving = context;
    return cm_audience_has_room(serving->request->audience);
}

static enum cm_status open_live(struct cm_serving *serving, const char *const *names)
{
    const struct cm_config *config = serving->config;
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
        .from_latest = config->start == CM_START_LATEST,
        .dead_letter_payload = config->dead_letter_payload,
        .group = config->group,
        .source_names = names,
        .started = cm_serving_started,
        .superseded = cm_serving_superseded,
        .tell = cm_serving_tell_live,
        .show = serving->request->audience ? show_card : NULL,
        .has_room = serving->request->audience ? has_room : NULL,
        .context = serving,
    };
    for (size_t i = 0; i < CM_CHANNEL_COUNT; i++)
        settings.idle_ms[i] = config->idle_ms[i];
    enum cm_status status = cm_live_new(&settings, &serving->live);
    if (status == CM_OK)
        cm_live_clock(serving->live, cm_serving_now_ms(serving));
    return status;
}

/* ------------------------------------------------------------------- running */

/* Between batches, so that a batch has one set of packs; what is under way is scanned again where it matters (live/owner/apply.c). */
static enum cm_status take_new_rules(struct cm_serving *serving)
{
    struct cm_reloader *reloader = serving->request->reloader;
    struct cm_rules *rules = reloader ? cm_reloader_take(reloader) : NULL;
    if (reloader)
        cm_live_counters(serving->live)->reload_failures = cm_reloader_refusals(reloader);
    if (!rules)
        return CM_OK;
    enum cm_status status = cm_live_use(serving->live, rules);
    cm_rules_release(rules);
    return status;
}

static void tell_ready(struct cm_serving *serving)
{
    if (serving->ready || !serving->joined || cm_live_restoring(serving->live))
        return;
    serving->ready = true;
    if (serving->request->ready)
        serving->request->ready(serving->request->context);
}

/* How long nothing need be looked at: until the next tick, and never long. */
static int idle_ms(const struct cm_serving *serving)
{
    int64_t left = serving->next_tick - cm_serving_monotonic_ms();
    return left < 0 ? 0 : left > CM_SERVE_WAIT_MS ? CM_SERVE_WAIT_MS : (int)left;
}

static enum cm_status round_of(struct cm_serving *serving)
{
    cm_live_clock(serving->live, cm_serving_now_ms(serving));
    enum cm_status status = cm_serving_poll(serving);
    if (status == CM_OK)
        status = take_new_rules(serving);
    bool restoring = cm_live_restoring(serving->live) > 0;
    if (status == CM_OK && restoring)
        status = cm_serving_restore(serving);
    if (status == CM_OK && serving->stalled && serving->head == serving->tail)
        poll(NULL, 0, idle_ms(serving));
    if (status == CM_OK)
        status = cm_serving_flow(serving, restoring ? 0 : idle_ms(serving));
    enum cm_status ticked = status == CM_OK ? cm_serving_tick(serving, false) : CM_OK;
    tell_ready(serving);
    return status == CM_OK ? ticked : status;
}

/* What cannot be written now, of a topic the next run reads again; of a file or a pipe nobody knows how far it was read. */
static enum cm_status leave_behind(struct cm_serving *serving)
{
    if (serving->cluster) {
        cm_serving_tell(serving, CM_SERVE_WARNING, "ended without the last flush, the next run does it again: %s", serving->last_error);
        return CM_ESTOPPED;
    }
    cm_serving_tell(serving, CM_SERVE_ERROR, "what was read last is not written: %s", serving->last_error);
    return CM_EIO;
}

/* Of an input that has ended the board shows all, also where it is slower than we were. */
static enum cm_status show_the_rest(struct cm_serving *serving)
{
    enum cm_status status = CM_OK;
    uint64_t forgone;
    while (status == CM_OK && cm_live_missed(serving->live, &forgone) && !cm_serving_stopped(serving)) {
        status = cm_live_show_missed(serving->live);
        poll(NULL, 0, 1);
    }
    return status;
}

/*
 * Everything that was read is written; then the group may give it to others. The end of the input closes what is open, and waits until that
 * can be written.
 */
static enum cm_status drain(struct cm_serving *serving, bool ended)
{
    enum cm_status status = cm_serving_drain(serving, true);
    if (status == CM_OK && ended)
        status = cm_live_close_all(serving->live);
    if (status == CM_OK)
        status = cm_serving_tick(serving, true);
    while (status == CM_OK && serving->stalled && ended && !cm_serving_stopped(serving)) {
        poll(NULL, 0, CM_SERVE_WAIT_MS);
        status = cm_serving_tick(serving, false);
    }
    if (status == CM_OK && serving->stalled)
        return leave_behind(serving);
    if (status == CM_OK && serving->lost) {
        cm_serving_tell(serving, CM_SERVE_NOTE, "ended without partitions: whoever has them next reads again what was not written");
        return CM_ESTOPPED;
    }
    cm_failpoint(CM_FAILPOINT_DRAINED);
    if (status == CM_OK && ended)
        status = show_the_rest(serving);
    cm_serving_show(serving, ended);
    return status;
}

static enum cm_status run(struct cm_serving *serving)
{
    enum cm_status status = CM_OK;
    if (serving->lines) {
        status = cm_live_assign(serving->live, CM_UNIT(0, 0));
        serving->joined = true;
    }
    while (status == CM_OK && !cm_serving_stopped(serving))
        status = round_of(serving);
    if (status == CM_OK)
        cm_serving_tell(serving, CM_SERVE_NOTE, "asked to end: writing what was read");
    return status == CM_OK || status == CM_END ? drain(serving, status == CM_END) : status;
}

/* The group first, so that others need not wait; then whatever points into what is closed after it. */
static enum cm_status close_all(struct cm_serving *serving)
{
    enum cm_status status = serving->pool ? cm_serving_drain(serving, false) : CM_OK;
    cm_live_free(serving->live);
    cm_pool_free(serving->pool);
    cm_live_worker_free(serving->worker);
    cm_cluster_close(serving->cluster);
    enum cm_status closed = cm_lines_close(serving->lines);
    cm_kafka_writer_close(serving->writer);
    for (size_t i = 0; i < CM_SERVE_BATCHES_MAX; i++) {
        if (!serving->batches[i])
            continue;
        cm_buffer_free(&serving->batches[i]->records);
        cm_buffer_free(&serving->batches[i]->copied);
        free(serving->batches[i]);
    }
    cm_buffer_free(&serving->counters);
    cm_buffer_free(&serving->path);
    cm_buffer_free(&serving->metrics);
    return status == CM_OK ? closed : status;
}

enum cm_status cm_serve(const struct cm_serve_request *request, struct cm_diagnostics *diagnostics)
{
    const char *names[CM_CONFIG_LIST_MAX];
    struct cm_serving *serving = calloc(1, sizeof *serving);
    if (!serving)
        return CM_ENOMEM;
    serving->request = request;
    serving->config = request->config;
    serving->diagnostics = diagnostics;
    pthread_mutex_init(&serving->lines_lock, NULL);
    serving->log = (struct cm_cluster_log){cm_serving_tell_kafka, serving, request->stop};
    serving->polled = cm_serving_monotonic_ms();
    for (size_t i = 0; i < serving->config->source_count; i++)
        names[i] = serving->config->sources[i].topic ? serving->config->sources[i].topic : serving->config->sources[i].text;
    bool kafka = serving->config->sources[0].kind == CM_PLACE_KAFKA;
    enum cm_status status = open_workers(serving);
    if (status == CM_OK)
        status = kafka ? open_cluster(serving) : open_lines(serving);
    if (status == CM_ESTOPPED)
        cm_serving_tell(serving, CM_SERVE_NOTE, "ended before anything was read");
    if (status == CM_OK)
        status = open_live(serving, names);
    cm_serving_tell_warnings(serving);
    if (status == CM_OK)
        status = run(serving);
    enum cm_status closed = close_all(serving);
    pthread_mutex_destroy(&serving->lines_lock);
    free(serving);
    return status == CM_OK ? closed : status;
}
