#include <limits.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "web/server.h"

#define SECOND_MS 1000
/* The inbox is looked into so often at most: at twenty thousand cards a second nobody need be woken for each. */
#define INBOX_PAUSE_MS 10
/* Of reading the inbox at a time, before clients have their turn. */
#define INBOX_TURN_MS 20
/* Until streams have ended: see cm_web_close. */
#define CLOSE_MS 1000
/* Until the system is asked again whether it has room for a client. */
#define FULL_MS 100

int64_t cm_server_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the inbox, to the board ---- */

/* A clock that is put back stands still for the board until it is there again. */
static int64_t board_now_ms(struct cm_server *server)
{
    int64_t now_ms = cm_clock_now_ms(&server->settings->board.clock);
    if (now_ms > server->board_ms)
        server->board_ms = now_ms;
    return server->board_ms;
}

static void tell_board(struct cm_server *server, const struct cm_inbox_entry *entry)
{
    enum cm_status status = CM_OK;
    switch (entry->kind) {
    case CM_INBOX_CARD:
        status = cm_board_card(server->board, entry->bytes);
        break;
    case CM_INBOX_ERASE:
        cm_board_erase(server->board, entry->bytes);
        break;
    case CM_INBOX_EVENT:
        status = cm_board_event(server->board, entry->bytes);
        break;
    }
    /* CM_EINPUT: the board has counted it */
    if (status == CM_ENOMEM && entry->kind == CM_INBOX_CARD) {
        server->figures.lost_cards++;
        cm_board_lost(server->board, 1);
    } else if (status == CM_ENOMEM) {
        server->figures.lost_events++;
    }
}

static void take_news(struct cm_server *server)
{
    struct cm_inbox_news news;
    cm_inbox_take(server->inbox, &news);
    server->figures.lost_cards += news.lost_cards;
    server->figures.lost_events += news.lost_events;
    if (news.lost_cards)
        cm_board_lost(server->board, news.lost_cards);
    if (news.has_source) {
        server->source = news.source;
        cm_board_source_is(server->board, &news.source);
    }
    if (news.lost_cards || news.has_source)
        cm_views_stale(&server->views, server->now_ms);
}

/* Until it is empty, or others have waited long enough. What came while the rest of the last take was read is still in the inbox. */
static void read_inbox(struct cm_server *server)
{
    struct cm_inbox_entry entry;
    bool some = cm_inbox_next(server->inbox, &entry), rest = some;
    if (!some) {
        take_news(server);
        some = cm_inbox_next(server->inbox, &entry);
    }
    cm_board_time(server->board, board_now_ms(server));
    if (some)
        cm_views_stale(&server->views, entry.at_ms);
    while (some) {
        tell_board(server, &entry);
        if (cm_server_clock_ms() - server->now_ms >= INBOX_TURN_MS)
            break;
        some = cm_inbox_next(server->inbox, &entry);
    }
    server->inbox_waits = some || rest;
    server->now_ms = cm_server_clock_ms();
    server->inbox_ms = server->inbox_waits ? server->now_ms : server->now_ms + INBOX_PAUSE_MS;
}

/* ---- concerns that wait too long ---- */

static void tell_webhook(void *context, const struct cm_board_overdue *overdue)
{
    cm_webhook_tell(context, overdue);
}

static bool waits(void *context, struct cm_span interaction_id, int64_t since_ms)
{
    return cm_board_waits(context, interaction_id, since_ms);
}

static void look_for_overdue(struct cm_server *server)
{
    if (!server->webhook)
        return;
    cm_webhook_settle(server->webhook, waits, server->board);
    cm_board_overdue(server->board, server->settings->webhook.after_ms, tell_webhook, server->webhook);
}

/* ---- the loop ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int timeout(struct cm_server *server, int64_t due_ms)
{
    MHD_UNSIGNED_LONG_LONG theirs;
    int64_t left_ms = due_ms - cm_server_clock_ms();
    if (MHD_get_timeout(server->daemon, &theirs) == MHD_YES && (int64_t)theirs < left_ms)
        left_ms = (int64_t)theirs;
    return left_ms < 0 ? 0 : left_ms > SECOND_MS ? SECOND_MS : (int)left_ms;
}

/* Somebody is at the door; where the system has no room for anybody more, it stays closed for a while, or they would wake us all the time.
 */
static void open_door(struct cm_server *server, bool open)
{
    struct epoll_event listener = {.events = open ? EPOLLIN : 0, .data.ptr = &server->listener};
    /* It cannot fail for a descriptor that is there; if it did, we were woken too often or a second late. */
    if (epoll_ctl(server->epoll, EPOLL_CTL_MOD, server->listener, &listener) != 0 && open)
        return;
    server->full_ms = open ? 0 : server->now_ms + FULL_MS;
}

static void take_cause(struct cm_server *server, const struct epoll_event *event)
{
    uint64_t times;
    if (event->data.ptr == server->inbox && read(server->inbox->wake, &times, sizeof times) > 0)
        server->inbox_waits = true;
    if (event->data.ptr == &server->listener && !cm_connections_accept(server))
        open_door(server, false);
}

static void wait_for_cause(struct cm_server *server, int64_t due_ms)
{
    struct epoll_event events[3];
    int count = epoll_wait(server->epoll, events, 3, timeout(server, due_ms));
    server->now_ms = cm_server_clock_ms();
    for (int i = 0; i < count; i++)
        take_cause(server, &events[i]);
}

/* One round; when the next one is due. */
static int64_t turn(struct cm_server *server)
{
    if (server->inbox_waits && server->now_ms >= server->inbox_ms)
        read_inbox(server);
    if (server->now_ms >= server->second_ms) {
        server->second_ms = server->now_ms - (server->now_ms - server->second_ms) % SECOND_MS + SECOND_MS;
        cm_sse_second(server, board_now_ms(server));
        look_for_overdue(server);
    }
    if (server->full_ms && server->now_ms >= server->full_ms)
        open_door(server, true);
    int64_t due_ms = earlier(cm_sse_frames(server), server->second_ms);
    MHD_run(server->daemon);
    due_ms = earlier(due_ms, cm_connections_expire(server));
    return server->inbox_waits ? earlier(due_ms, server->inbox_ms) : due_ms;
}

static void end_streams(struct cm_server *server)
{
    int64_t until_ms = cm_server_clock_ms() + CLOSE_MS;
    cm_sse_end(server);
    MHD_run(server->daemon);
    while (server->figures.streams && server->now_ms < until_ms) {
        wait_for_cause(server, until_ms);
        cm_sse_end(server); /* who was sending is asked once more */
        MHD_run(server->daemon);
    }
}

void *cm_server_run(void *argument)
{
    struct cm_server *server = argument;
    int64_t due_ms = 0;
    pthread_setname_np(pthread_self(), "cm-web"); /* so that what it costs can be told from outside */
    /* Acquire, as whoever wants the end has written what it wants before. */
    while (!atomic_load_explicit(&server->ends, memory_order_acquire)) {
        wait_for_cause(server, due_ms);
        due_ms = turn(server);
    }
    end_streams(server);
    return NULL;
}
