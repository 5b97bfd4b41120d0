#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "cli/common.h"
#include "cli/serve.h"
#include "cli/term.h"
#include "kafka/client.h"
#include "live/serve/serve.h"

/* Signals reach nothing but the first two. */
static atomic_bool stop;
static atomic_bool told_error; /* a line said what was wrong */
static struct cm_reloader *_Atomic reloader;

static void on_stop(int number)
{
    (void)number;
    if (atomic_exchange_explicit(&stop, true, memory_order_relaxed))
        signal(number, SIG_DFL); /* asked twice: the next one ends it at once, and the next owner does the rest */
}

static void on_reload(int number)
{
    (void)number;
    struct cm_reloader *asked = atomic_load_explicit(&reloader, memory_order_acquire); /* with the release below: it is whole */
    if (asked)
        cm_reloader_ask(asked);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void tell(void *context, enum cm_serve_level level, const char *text)
{
    char at[32];
    time_t now = time(NULL);
    struct tm parts;
    (void)context;
    if (level == CM_SERVE_ERROR)
        atomic_store_explicit(&told_error, true, memory_order_relaxed); /* looked at when all threads are gone */
    gmtime_r(&now, &parts);
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &parts);
    fprintf(stderr, "%s %s%s\n", at, level == CM_SERVE_ERROR ? "error: " : level == CM_SERVE_WARNING ? "warning: " : "", text);
}

static void ready(void *context)
{
    (void)context;
    tell(context, CM_SERVE_NOTE, "caremeter: ready");
}

static void tell_hash(struct cm_buffer *text, const struct cm_rules *rules)
{
    const struct cm_packs *packs = cm_rules_packs(rules);
    for (size_t i = 0; i < packs->count; i++)
        cm_buffer_printf(text, "%s%s %s", i ? ", " : "", packs->items[i].ruleset->name, packs->items[i].ruleset->version);
    cm_buffer_byte(text, '\0');
}

static void reloaded(void *context, enum cm_reload_outcome outcome, const struct cm_rules *rules, const struct cm_diagnostics *diagnostics)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    switch (outcome) {
    case CM_RELOAD_PUBLISHED:
        cm_buffer_text(&text, "packs reloaded: conversations that begin from now on go by ");
        tell_hash(&text, rules);
        break;
    case CM_RELOAD_UNCHANGED:
        cm_buffer_text(&text, "packs looked at again: they are in order, and those that run");
        cm_buffer_byte(&text, '\0');
        break;
    case CM_RELOAD_REFUSED:
        cm_diagnostics_print(diagnostics, stderr, false);
        cm_buffer_text(&text, "packs not reloaded: the old ones stay");
        cm_buffer_byte(&text, '\0');
        break;
    case CM_RELOAD_UNWATCHED:
        cm_diagnostics_print(diagnostics, stderr, false);
        cm_buffer_text(&text, "changes of packs cannot be seen; SIGHUP reloads them");
        cm_buffer_byte(&text, '\0');
        break;
    }
    if (cm_buffer_status(&text) == CM_OK)
        tell(context, outcome == CM_RELOAD_PUBLISHED || outcome == CM_RELOAD_UNCHANGED ? CM_SERVE_NOTE : CM_SERVE_WARNING, text.ptr);
    cm_buffer_free(&text);
}

/* What runs, in two lines: what people are asked for when they ask for help. */
static void tell_start(const struct cm_config *config, const struct cm_rules *rules)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_printf(&text, "caremeter " CM_VERSION ", librdkafka %s, ", cm_kafka_version());
    tell_hash(&text, rules);
    if (cm_buffer_status(&text) == CM_OK)
        tell(NULL, CM_SERVE_NOTE, text.ptr);
    cm_buffer_reset(&text);
    for (size_t i = 0; i < config->source_count; i++)
        cm_buffer_printf(&text, "%s%s", i ? ", " : "from ", config->sources[i].text);
    for (size_t i = 0; i < config->sink_count; i++)
        cm_buffer_printf(&text, "%s%s", i ? ", " : " to ", config->sinks[i].text);
    cm_buffer_byte(&text, '\0');
    if (cm_buffer_status(&text) == CM_OK)
        tell(NULL, CM_SERVE_NOTE, text.ptr);
    cm_buffer_free(&text);
}

static void tell_audience(void *context, bool warning, const char *text)
{
    tell(context, warning ? CM_SERVE_WARNING : CM_SERVE_NOTE, text);
}

/* Before anything is read: an address that cannot be had ends the start. */
static int open_audience(const struct cm_config *config, struct cm_rules *rules, struct cm_audience **audience)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_audience_request request = {.config = config, .rules = rules, .stop = &stop, .tell = tell_audience};
    char text[128];
    *audience = NULL;
    if (!config->board.listen)
        return CM_EXIT_DONE;
    enum cm_status status = cm_audience_open(&request, &diagnostics, audience);
    if (status != CM_OK && diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&diagnostics);
    cm_diagnostics_free(&diagnostics);
    if (status != CM_OK)
        return cm_exit_of(status);
    snprintf(text, sizeof text, "the wallboard: http://%s/", cm_audience_address(*audience));
    tell(NULL, CM_SERVE_NOTE, text);
    return CM_EXIT_DONE;
}

/* Scorecards of others. */
static int show_only(struct cm_audience *audience)
{
    enum cm_status status = cm_audience_stay(audience);
    return status == CM_OK ? CM_EXIT_DONE : cm_exit_of(status);
}

static int serve(const struct cm_config *config, struct cm_rules *rules, struct cm_audience *audience)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_reloader *own = NULL;
    struct cm_reload_request reload = {
        .names = config->packs, .count = config->pack_count, .first = rules, .watch = config->watch, .observer = reloaded};
    enum cm_status status = cm_reloader_new(&reload, &own);
    atomic_store_explicit(&reloader, own, memory_order_release);
    struct cm_serve_request request = {
        .config = config, .rules = rules, .reloader = own, .audience = audience, .stop = &stop, .tell = tell, .ready = ready};
    if (status == CM_OK)
        status = cm_serve(&request, &diagnostics);
    atomic_store_explicit(&reloader, NULL, memory_order_release);
    cm_reloader_free(own);
    bool told = diagnostics.errors > 0 || atomic_load_explicit(&told_error, memory_order_relaxed);
    cm_tell(&diagnostics);
    cm_diagnostics_free(&diagnostics);
    if (status == CM_OK)
        tell(NULL, CM_SERVE_NOTE, "drained: everything that was read is written");
    else if (status != CM_ESTOPPED && !told)
        cm_tell_error("%s", cm_status_text(status));
    if (status == CM_ESTOPPED)
        return CM_EXIT_DONE;
    /* a topic that is missing or a broker that refuses us is no fault of the command line, and neither is a state that we cannot read */
    return status == CM_EUSAGE || status == CM_ERULES ? CM_EXIT_IO : cm_exit_of(status);
}

int cm_serve_run(const struct cm_config *config)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_rules *rules = NULL;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    enum cm_status status = cm_rules_load(config->packs, config->pack_count, &diagnostics, &rules);
    cm_tell_use(&diagnostics);
    cm_diagnostics_free(&diagnostics);
    if (status != CM_OK) /* a pack that is not there is a wrong configuration, as one that is wrong */
        return status == CM_ENOMEM ? CM_EXIT_IO : CM_EXIT_USAGE;
    handle(SIGINT, on_stop);
    handle(SIGTERM, on_stop);
    handle(SIGHUP, on_reload);
    tell_start(config, rules);
    struct cm_audience *audience;
    int code = open_audience(config, rules, &audience);
    if (code == CM_EXIT_DONE)
        code = config->board.only ? show_only(audience) : serve(config, rules, audience);
    cm_audience_close(audience);
    cm_rules_release(rules);
    return code;
}
