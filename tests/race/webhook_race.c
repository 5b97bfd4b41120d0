/*
 * Concerns that come from one thread while another settles and reads figures,
 * against a receiver that fails now and then, and closing in the middle. Built
 * with ThreadSanitizer it must stay silent.
 */
#include "web/webhook.h"

#include <sched.h>

#include "hook.h"

enum { ROUNDS = 20, CONCERNS = 200 };

static atomic_uint lines;

static void count_line(void *context, bool warning, const char *text)
{
    (void)context;
    (void)warning;
    (void)text;
    atomic_fetch_add(&lines, 1);
}

static void *tell_all(void *argument)
{
    struct cm_webhook *webhook = argument;
    for (int i = 0; i < CONCERNS; i++)
        cm_webhook_tell(webhook, &(struct cm_board_overdue){.interaction_id = CM_SPAN("chat-1"), .since_ms = i, .now_ms = 1000 + i});
    return NULL;
}

static bool waits(void *context, struct cm_span interaction_id, int64_t since_ms)
{
    (void)context;
    return interaction_id.len == 6 && since_ms % 3;
}

static bool one_round(struct cm_webhook *webhook)
{
    pthread_t teller;
    struct cm_buffer figures = CM_BUFFER_EMPTY;
    if (pthread_create(&teller, NULL, tell_all, webhook) != 0)
        return false;
    for (int i = 0; i < CONCERNS; i++) {
        cm_webhook_settle(webhook, waits, NULL);
        cm_buffer_reset(&figures);
        cm_webhook_metrics(webhook, &figures);
        sched_yield();
    }
    bool good = cm_buffer_status(&figures) == CM_OK;
    cm_buffer_free(&figures);
    pthread_join(teller, NULL);
    return good;
}

int main(void)
{
    const struct cm_webhook_pace pace = {2000, 2000, 1, 4, 1000, 50, 20};
    for (int i = 0; i < ROUNDS; i++) {
        struct hook hook;
        struct cm_webhook *webhook;
        if (!hook_open(&hook, "500 drop 200 404 503 200 hang"))
            return 1;
        const struct cm_webhook_settings settings = {.url = hook.url, .after_ms = 1};
        bool good = cm_webhook_open(&settings, &pace, count_line, NULL, &webhook) == CM_OK && one_round(webhook);
        good = good && hook_waits_for(&hook, i % 7 + 1);
        cm_webhook_close(webhook);
        hook_close(&hook);
        if (!good) {
            fprintf(stderr, "FAIL: round %d\n", i);
            return 1;
        }
    }
    return 0;
}
