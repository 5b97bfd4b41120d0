#include "live/audience/audience.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "live/audience/watching.h"

/* How soon a wallboard alone notices that it is to end. */
#define STAY_LOOK_MS 50

struct cm_audience {
    struct cm_audience_request request;
    struct cm_web_settings settings; /* the web borrows it */
    struct cm_names names;
    struct cm_buffer token, hook_token;
    struct cm_web *web;
    bool by_topic; /* scorecards come from their topic; else the run hands over what it writes */
    struct cm_scores *scores;
    uint64_t dropped, found; /* the owner's: scorecards that the board had no room for, and those of them that it has by now */

    pthread_mutex_t lock;          /* guards the two below, which the owner and the reader of scorecards tell */
    struct cm_board_source run;    /* how the run is; LIVE where there is none */
    struct cm_board_source topics; /* how the topics are; LIVE where there are none */
};

/* ------------------------------------------------------------------ settings */

static int32_t hundredths(int64_t score)
{
    return score < 0 ? -1 : (int32_t)score * 100;
}

static struct cm_board_settings board_of(const struct cm_audience *audience)
{
    const struct cm_config_board *board = &audience->request.config->board;
    const struct cm_packs *packs = cm_rules_packs(audience->request.rules);
    struct cm_board_settings settings = {
        .behaviours = audience->names.behaviours,
        .behaviour_count = audience->names.behaviour_count,
        .dimensions = audience->names.dimensions,
        .dimension_count = audience->names.dimension_count,
        .pack = packs->items[0].ruleset->name,
        .target = hundredths(board->target),
        .window_ms = board->window_ms,
        .least = (uint32_t)board->least,
        .agents = board->agents,
        .texts = board->texts,
        .memory_bytes = board->memory_bytes,
        .redactor = packs->redactor,
        .clock = audience->request.clock ? *audience->request.clock : (struct cm_clock){0},
    };
    memcpy(settings.late_ms, board->late_ms, sizeof settings.late_ms);
    return settings;
}

static struct cm_web_settings web_of(const struct cm_audience *audience)
{
    const struct cm_config_board *board = &audience->request.config->board;
    return (struct cm_web_settings){
        .address = board->listen,
        .token = board->token_file ? audience->token.ptr : NULL,
        .hosts = board->hosts,
        .host_count = board->host_count,
        .clients = (uint32_t)board->clients,
        .inbox_bytes = board->inbox_bytes,
        .cue_metrics = (uint32_t)board->cues,
        .webhook = {.url = board->webhook_url,
                    .after_ms = board->webhook_after_ms,
                    .token = board->webhook_token_file ? audience->hook_token.ptr : NULL},
        .board = board_of(audience),
        .tell = audience->request.tell,
        .context = audience->request.context,
    };
}

static enum cm_status read_tokens(struct cm_audience *audience, struct cm_diagnostics *diagnostics)
{
    const struct cm_config_board *board = &audience->request.config->board;
    enum cm_status status = CM_OK;
    if (board->token_file)
        status = cm_config_token("listen_token", board->token_file, &audience->token, diagnostics);
    if (status == CM_OK && board->webhook_token_file)
        status = cm_config_token("webhook.token", board->webhook_token_file, &audience->hook_token, diagnostics);
    return status;
}

static void forget_token(struct cm_buffer *token)
{
    if (token->ptr)
        explicit_bzero(token->ptr, token->cap);
    cm_buffer_free(token);
}

/* --------------------------------------------------------------------- states */

/* Of two states the one that people must know of. */
static enum cm_board_state worse(enum cm_board_state a, enum cm_board_state b)
{
    if (a == CM_BOARD_STALLED || b == CM_BOARD_STALLED)
        return CM_BOARD_STALLED;
    if (a == CM_BOARD_STARTING || b == CM_BOARD_STARTING)
        return CM_BOARD_STARTING;
    return a == CM_BOARD_ENDED || b == CM_BOARD_ENDED ? CM_BOARD_ENDED : CM_BOARD_LIVE;
}

/* Which partitions are seen is the topics' to tell, where there are any. */
static void tell_source(struct cm_audience *audience, const struct cm_board_source *run, const struct cm_board_source *topics)
{
    pthread_mutex_lock(&audience->lock);
    audience->run = run ? *run : audience->run;
    audience->topics = topics ? *topics : audience->topics;
    struct cm_board_source source = audience->by_topic ? audience->topics : audience->run;
    source.found = audience->run.found;
    source.state = worse(audience->run.state, audience->topics.state);
    cm_web_source(audience->web, &source);
    pthread_mutex_unlock(&audience->lock);
}

static void seen(void *context, enum cm_board_state state, uint32_t partitions_seen, uint32_t partitions)
{
    tell_source(context, NULL, &(struct cm_board_source){.state = state, .partitions_seen = partitions_seen, .partitions = partitions});
}

static void tell(void *context, bool warning, const char *text)
{
    const struct cm_audience *audience = context;
    audience->request.tell(audience->request.context, warning, text);
}

/* -------------------------------------------------------------- open and close */

enum cm_status cm_audience_check(const struct cm_config *config, const struct cm_rules *rules, struct cm_diagnostics *diagnostics)
{
    struct cm_names names = {0};
    enum cm_status status = cm_names_make(&names, cm_rules_packs(rules), config, diagnostics);
    cm_names_free(&names);
    return status;
}

static enum cm_status open_scores(struct cm_audience *audience)
{
    struct cm_scores_request request = {.config = audience->request.config,
                                        .web = audience->web,
                                        .stop = audience->request.stop,
                                        .seen = seen,
                                        .tell = tell,
                                        .context = audience};
    return cm_scores_open(&request, &audience->scores);
}

static enum cm_status open_all(struct cm_audience *audience, struct cm_diagnostics *diagnostics)
{
    const struct cm_config *config = audience->request.config;
    enum cm_status status = read_tokens(audience, diagnostics);
    if (status == CM_OK)
        status = cm_names_make(&audience->names, cm_rules_packs(audience->request.rules), config, diagnostics);
    if (status != CM_OK)
        return status;
    audience->settings = web_of(audience);
    status = cm_web_open(&audience->settings, diagnostics, &audience->web);
    if (status != CM_OK)
        return status;
    audience->run.state = config->board.only ? CM_BOARD_LIVE : CM_BOARD_STARTING;
    audience->by_topic = cm_scores_wanted(config);
    audience->topics.state = audience->by_topic ? CM_BOARD_STARTING : CM_BOARD_LIVE;
    tell_source(audience, NULL, NULL);
    return audience->by_topic ? open_scores(audience) : CM_OK;
}

enum cm_status cm_audience_open(const struct cm_audience_request *request, struct cm_diagnostics *diagnostics, struct cm_audience **out)
{
    struct cm_audience *audience = calloc(1, sizeof *audience);
    *out = NULL;
    if (!audience)
        return CM_ENOMEM;
    audience->request = *request;
    audience->request.rules = cm_rules_hold(request->rules);
    pthread_mutex_init(&audience->lock, NULL);
    enum cm_status status = open_all(audience, diagnostics);
    if (status == CM_OK)
        *out = audience;
    else
        cm_audience_close(audience);
    return status;
}

void cm_audience_close(struct cm_audience *audience)
{
    if (!audience)
        return;
    cm_scores_close(audience->scores);
    cm_web_close(audience->web);
    cm_names_free(&audience->names);
    forget_token(&audience->token);
    forget_token(&audience->hook_token);
    pthread_mutex_destroy(&audience->lock);
    cm_rules_release(audience->request.rules);
    free(audience);
}

const char *cm_audience_address(const struct cm_audience *audience)
{
    return cm_web_address(audience->web);
}

/* ------------------------------------------------------------------ what comes */

bool cm_audience_card(struct cm_audience *audience, const struct cm_card *card)
{
    bool taken = true;
    if (!audience || audience->by_topic)
        return true;
    if (card->line.ptr)
        taken = cm_web_card(audience->web, card->line);
    else
        cm_web_erase(audience->web, card->id);
    audience->dropped += !taken;
    return taken;
}

bool cm_audience_has_room(struct cm_audience *audience)
{
    return cm_web_waiting(audience->web) <= audience->settings.inbox_bytes / CM_AUDIENCE_INBOX_SHARE;
}

void cm_audience_missed(struct cm_audience *audience, uint64_t count, uint64_t forgone)
{
    if (audience && count == 0)
        audience->found = audience->dropped - forgone;
}

void cm_audience_event(struct cm_audience *audience, struct cm_span line)
{
    if (audience && audience->settings.board.texts)
        cm_web_event(audience->web, line);
}

void cm_audience_state(struct cm_audience *audience, enum cm_board_state state, uint32_t running, uint32_t partitions)
{
    if (audience)
        tell_source(
            audience,
            &(struct cm_board_source){.state = state, .partitions_seen = running, .partitions = partitions, .found = audience->found},
            NULL);
}

void cm_audience_metrics(struct cm_audience *audience, struct cm_span text)
{
    if (audience)
        cm_web_metrics(audience->web, text);
}

enum cm_status cm_audience_stay(struct cm_audience *audience)
{
    /* relaxed: nothing else is read by way of it */
    while (!atomic_load_explicit(audience->request.stop, memory_order_relaxed)) {
        if (cm_scores_failed(audience->scores))
            return CM_EIO;
        poll(NULL, 0, STAY_LOOK_MS); /* a signal ends it early */
    }
    return CM_OK;
}
