#include "web/webhook.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/metrics.h"
#include "base/moment.h"
#include "base/thread.h"
#include "web/post.h"

/* After so many attempts others go first: one that is never taken must not hold up the rest. */
#define PATIENT_ATTEMPTS 5u
/* A line for people of each kind at most so often. */
#define NOTICE_MS 60000

/* One concern; its strings stand behind it. */
struct delivery {
    struct delivery *next;
    struct cm_span interaction_id, body;
    int64_t since_ms;
    uint32_t attempts;
    bool settled; /* answered while it was under way */
};

/* Lines of one kind that were held back are counted, and told with the next one. */
struct notice {
    int64_t next_ms;
    uint64_t count;
};

struct cm_webhook {
    struct cm_webhook_pace pace;
    void (*tell)(void *context, bool warning, const char *text);
    void *context;
    pthread_t thread;
    atomic_bool ends;

    struct cm_post *post; /* the thread's alone, but for cm_post_stop */

    pthread_mutex_t lock;
    pthread_cond_t changed; /* something to deliver, or the end */
    struct delivery *first, *last, *flight;
    uint32_t waiting;      /* the one under way included */
    uint32_t failures;     /* in a row */
    int64_t not_before_ms; /* monotonic */
    bool told_failing;
    struct notice failing, lost;
    uint64_t sent, failed, refused, dropped, settled;
};

/* ----------------------------------------------------------------- what is sent */

static void put_text(struct cm_buffer *out, const char *key, struct cm_span text)
{
    cm_buffer_printf(out, ",\"%s\":", key);
    if (text.ptr)
        cm_buffer_json(out, text);
    else
        cm_buffer_text(out, "null");
}

static void put_time(struct cm_buffer *out, const char *key, int64_t ms)
{
    char text[CM_MOMENT_BYTES];
    put_text(out, key, (struct cm_span){cm_moment_write(text, ms) ? text : NULL, sizeof text});
}

/* Of the concern, not of the attempt, nor of the process. */
static void put_id(struct cm_buffer *out, const struct cm_board_overdue *overdue)
{
    size_t from = out->len;
    cm_buffer_printf(out, "%lld\n", (long long)overdue->since_ms);
    cm_buffer_span(out, overdue->interaction_id);
    if (cm_buffer_status(out) != CM_OK)
        return;
    struct cm_hash128 hash = cm_hash128((struct cm_span){out->ptr + from, out->len - from});
    out->len = from;
    cm_buffer_printf(out, "%016llx%016llx", (unsigned long long)hash.high, (unsigned long long)hash.low);
}

static void put_body(struct cm_buffer *out, const struct cm_board_overdue *overdue)
{
    cm_buffer_text(out, "{\"version\":1,\"event\":\"concern_unanswered\",\"delivery\":\"");
    put_id(out, overdue);
    cm_buffer_byte(out, '"');
    put_time(out, "at", overdue->now_ms);
    put_text(out, "interaction_id", overdue->interaction_id);
    put_text(out, "channel", overdue->channel);
    put_text(out, "queue", overdue->queue);
    put_text(out, "agent_id", overdue->agent_id);
    put_time(out, "since", overdue->since_ms);
    cm_buffer_printf(out, ",\"waited_s\":%lld,\"state\":\"%s\",\"uncared\":%s", (long long)(overdue->now_ms - overdue->since_ms) / 1000,
                     overdue->half ? "half" : "unmet", overdue->uncared ? "true" : "false");
    put_text(out, "behaviour", overdue->behaviour);
    put_text(out, "title", overdue->title);
    put_text(out, "words", overdue->words);
    cm_buffer_text(out, "}");
}

/* NULL: memory is out. */
static struct delivery *new_delivery(const struct cm_board_overdue *overdue)
{
    struct cm_buffer body = CM_BUFFER_EMPTY;
    put_body(&body, overdue);
    size_t id = overdue->interaction_id.len;
    struct delivery *delivery = cm_buffer_status(&body) == CM_OK ? malloc(sizeof *delivery + id + body.len) : NULL;
    if (delivery) {
        char *bytes = (char *)(delivery + 1);
        memcpy(bytes, overdue->interaction_id.ptr, id);
        memcpy(bytes + id, body.ptr, body.len);
        *delivery = (struct delivery){.interaction_id = {bytes, id}, .body = {bytes + id, body.len}, .since_ms = overdue->since_ms};
    }
    cm_buffer_free(&body);
    return delivery;
}

/* ------------------------------------------------------------- the queue, locked */

static void push(struct cm_webhook *webhook, struct delivery *delivery, bool front)
{
    delivery->next = front ? webhook->first : NULL;
    if (!webhook->first || !front) {
        if (webhook->first)
            webhook->last->next = delivery;
        else
            webhook->first = delivery;
        webhook->last = delivery;
    } else {
        webhook->first = delivery;
    }
}

static struct delivery *pop(struct cm_webhook *webhook)
{
    struct delivery *delivery = webhook->first;
    if (delivery)
        webhook->first = delivery->next;
    return delivery;
}

static void forget(struct cm_webhook *webhook, struct delivery *delivery)
{
    webhook->waiting--;
    free(delivery);
}

/* A line of this kind may be told now; *count: how often it happened since the last. */
static bool may_tell(struct notice *notice, uint64_t *count)
{
    int64_t now_ms = cm_clock_monotonic_ms();
    notice->count++;
    if (now_ms < notice->next_ms)
        return false;
    *count = notice->count;
    *notice = (struct notice){.next_ms = now_ms + NOTICE_MS};
    return true;
}

static void tell(const struct cm_webhook *webhook, bool warning, const char *text)
{
    if (*text)
        webhook->tell(webhook->context, warning, text);
}

static void say_lost(struct cm_webhook *webhook, const char *why, char *text, size_t size)
{
    uint64_t count;
    if (may_tell(&webhook->lost, &count))
        snprintf(text, size, "webhook: %llu unanswered concern%s not told: %s", (unsigned long long)count, count == 1 ? " was" : "s were",
                 why);
}

void cm_webhook_tell(struct cm_webhook *webhook, const struct cm_board_overdue *overdue)
{
    char text[200] = "";
    struct delivery *delivery = new_delivery(overdue), *oldest = NULL;
    pthread_mutex_lock(&webhook->lock);
    if (delivery) {
        push(webhook, delivery, false);
        if (++webhook->waiting > webhook->pace.waiting)
            oldest = pop(webhook);
    }
    if (!delivery || oldest) {
        webhook->dropped++;
        say_lost(webhook, delivery ? "too many wait" : cm_status_text(CM_ENOMEM), text, sizeof text);
    }
    if (oldest)
        forget(webhook, oldest);
    pthread_cond_signal(&webhook->changed);
    pthread_mutex_unlock(&webhook->lock);
    tell(webhook, true, text);
}

void cm_webhook_settle(struct cm_webhook *webhook, bool (*waits)(void *context, struct cm_span interaction_id, int64_t since_ms),
                       void *context)
{
    pthread_mutex_lock(&webhook->lock);
    struct delivery *rest = webhook->first, *next, *flight = webhook->flight;
    webhook->first = NULL;
    for (; rest; rest = next) {
        next = rest->next;
        if (waits(context, rest->interaction_id, rest->since_ms)) {
            push(webhook, rest, false);
        } else {
            webhook->settled++;
            forget(webhook, rest);
        }
    }
    if (flight && !flight->settled)
        flight->settled = !waits(context, flight->interaction_id, flight->since_ms);
    pthread_mutex_unlock(&webhook->lock);
}

void cm_webhook_metrics(struct cm_webhook *webhook, struct cm_buffer *out)
{
    static const char name[] = "caremeter_webhook_concerns_total";
    pthread_mutex_lock(&webhook->lock);
    uint64_t sent = webhook->sent, failed = webhook->failed, refused = webhook->refused, dropped = webhook->dropped;
    uint64_t settled = webhook->settled, waiting = webhook->waiting;
    pthread_mutex_unlock(&webhook->lock);
    cm_metric_family(out, name, "counter", "Unanswered concerns by what became of telling them.");
    cm_metric_unsigned(out, name, (const char *[]){"outcome", "sent", NULL}, sent);
    cm_metric_unsigned(out, name, (const char *[]){"outcome", "refused", NULL}, refused);
    cm_metric_unsigned(out, name, (const char *[]){"outcome", "dropped", NULL}, dropped);
    cm_metric_unsigned(out, name, (const char *[]){"outcome", "answered", NULL}, settled);
    cm_metric_family(out, "caremeter_webhook_failed_total", "counter", "Attempts that failed and are made again.");
    cm_metric_unsigned(out, "caremeter_webhook_failed_total", NULL, failed);
    cm_metric_family(out, "caremeter_webhook_waiting", "gauge", "Unanswered concerns that wait to be told.");
    cm_metric_unsigned(out, "caremeter_webhook_waiting", NULL, waiting);
}

/* ------------------------------------------------------------------- the thread */

static int64_t back_off(const struct cm_webhook *webhook)
{
    const struct cm_webhook_pace *pace = &webhook->pace;
    uint32_t random = 0;
    int64_t ms = pace->first_ms;
    for (uint32_t i = 1; i < webhook->failures && ms < pace->most_ms; i++)
        ms *= 2;
    if (ms > pace->most_ms)
        ms = pace->most_ms;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = UINT32_MAX / 2;
    return ms * 3 / 4 + (int64_t)((uint64_t)ms / 2 * random >> 32);
}

static void try_again(struct cm_webhook *webhook, struct delivery *delivery, const struct cm_post_answer *answer, char *text, size_t size)
{
    uint64_t count;
    webhook->failed++;
    webhook->failures++;
    int64_t wait_ms = back_off(webhook);
    if (answer->wait_ms > wait_ms)
        wait_ms = answer->wait_ms < webhook->pace.ask_most_ms ? answer->wait_ms : webhook->pace.ask_most_ms;
    webhook->not_before_ms = cm_clock_monotonic_ms() + wait_ms;
    if (delivery->settled) {
        webhook->settled++;
        forget(webhook, delivery);
    } else {
        push(webhook, delivery, ++delivery->attempts < PATIENT_ATTEMPTS);
    }
    if (may_tell(&webhook->failing, &count)) {
        webhook->told_failing = true;
        snprintf(text, size, "webhook: concerns could not be told, %llu attempt%s, and are tried again: %s", (unsigned long long)count,
                 count == 1 ? "" : "s", answer->why);
    }
}

/* What became of it; *text: a line for people, or none. */
static void conclude(struct cm_webhook *webhook, struct delivery *delivery, const struct cm_post_answer *answer, char *text, size_t size)
{
    if (answer->outcome == CM_POST_FAILED) {
        try_again(webhook, delivery, answer, text, size);
        return;
    }
    if (answer->outcome == CM_POST_TAKEN) {
        webhook->sent++;
        if (webhook->told_failing)
            snprintf(text, size, "webhook: concerns are told again");
        webhook->told_failing = false;
    } else if (answer->outcome == CM_POST_REFUSED) {
        webhook->refused++;
        say_lost(webhook, answer->why, text, size);
    }
    webhook->failures = 0;
    forget(webhook, delivery);
}

/* Locked when called and when it returns. */
static void deliver(struct cm_webhook *webhook)
{
    struct cm_post_answer answer;
    char text[CM_POST_WHY_BYTES + 100] = "";
    struct delivery *delivery = webhook->flight = pop(webhook);
    pthread_mutex_unlock(&webhook->lock);
    cm_post_send(webhook->post, delivery->body, &answer);
    pthread_mutex_lock(&webhook->lock);
    webhook->flight = NULL;
    conclude(webhook, delivery, &answer, text, sizeof text);
    pthread_mutex_unlock(&webhook->lock);
    tell(webhook, answer.outcome != CM_POST_TAKEN, text);
    pthread_mutex_lock(&webhook->lock);
}

static void *run(void *argument)
{
    struct cm_webhook *webhook = argument;
    pthread_mutex_lock(&webhook->lock);
    while (!atomic_load_explicit(&webhook->ends, memory_order_acquire)) {
        int64_t at_ms = webhook->not_before_ms;
        struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
        if (!webhook->first)
            pthread_cond_wait(&webhook->changed, &webhook->lock);
        else if (cm_clock_monotonic_ms() < at_ms)
            pthread_cond_timedwait(&webhook->changed, &webhook->lock, &at);
        else
            deliver(webhook);
    }
    pthread_mutex_unlock(&webhook->lock);
    return NULL;
}

/* --------------------------------------------------------------- open and close */

static void release(struct cm_webhook *webhook)
{
    struct delivery *delivery;
    if (webhook->post)
        cm_post_close(webhook->post);
    while ((delivery = pop(webhook)))
        free(delivery);
    pthread_cond_destroy(&webhook->changed);
    pthread_mutex_destroy(&webhook->lock);
    free(webhook);
}

enum cm_status cm_webhook_open(const struct cm_webhook_settings *settings, const struct cm_webhook_pace *pace,
                               void (*tell_people)(void *context, bool warning, const char *text), void *context, struct cm_webhook **out)
{
    *out = NULL;
    struct cm_webhook *webhook = calloc(1, sizeof *webhook);
    if (!webhook)
        return CM_ENOMEM;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&webhook->lock, NULL);
    pthread_cond_init(&webhook->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    webhook->pace = *pace;
    webhook->tell = tell_people;
    webhook->context = context;
    enum cm_status status = cm_post_open(settings->url, settings->token, pace->connect_ms, pace->answer_ms, &webhook->post);
    if (status == CM_OK)
        status = cm_thread_start(&webhook->thread, run, webhook);
    if (status == CM_OK)
        *out = webhook;
    else
        release(webhook);
    return status;
}

void cm_webhook_close(struct cm_webhook *webhook)
{
    if (!webhook)
        return;
    pthread_mutex_lock(&webhook->lock);
    atomic_store_explicit(&webhook->ends, true, memory_order_release);
    pthread_cond_signal(&webhook->changed);
    pthread_mutex_unlock(&webhook->lock);
    cm_post_stop(webhook->post, webhook->pace.close_ms);
    pthread_join(webhook->thread, NULL);
    release(webhook);
}
