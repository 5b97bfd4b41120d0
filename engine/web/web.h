/*
 * web: the wallboard, its streams and its metrics on one address.
 *
 * A thread of its own holds the board, the server and all clients; the engine hands it
 * scorecards through an inbox and never waits: not for a client, not for the board. What does not fit into
 * the inbox is dropped, counted, and said on the board; who gave it knows, and may give it again.
 *
 *   web, loop, inbox             the thread, what it does when, and how it is told
 *   listener, connections, http   where it listens, who is connected, what they may ask for
 *   target, gate                  what a request asks for, and who may: pure, from its bytes
 *   views, sse                    what changed, for all who look at the same; their streams
 *   figures, assets               our own metrics; the front end, from the binary
 *   webhook, post                 concerns that wait too long, told to somebody else
 *   board/                        the model
 *
 * The only folder that knows libmicrohttpd and libcurl.
 */
#ifndef CM_WEB_H
#define CM_WEB_H

#include <stdatomic.h>

#include "base/diag.h"
#include "board/board.h"

struct cm_webhook_settings {
    const char *url;   /* NULL: none */
    int64_t after_ms;  /* a concern that has been late for longer is told */
    const char *token; /* of an Authorization: Bearer header, or NULL */
};

struct cm_web_settings {
    const char *address;      /* "127.0.0.1:8737", "[::1]:0", "0.0.0.0:80"; port 0: any, see cm_web_address */
    const char *token;        /* who asks must have it; NULL: nobody is asked, and the address must be loopback */
    const char *const *hosts; /* names by which it may be called beside its own address (Host, Origin) */
    size_t host_count;
    uint32_t clients; /* that are connected at once */
    uint64_t inbox_bytes;
    uint32_t cue_metrics; /* as cm_board_metrics */
    struct cm_webhook_settings webhook;
    struct cm_board_settings board;
    /* One line for people; from the web's threads. */
    void (*tell)(void *context, bool warning, const char *text);
    void *context;
};

struct cm_web;

/* Settings and all that they point to are borrowed until close. CM_EUSAGE: the address is none, or not loopback and without a token;
 * CM_EIO: it cannot be listened on; both with a diagnostic. */
enum cm_status cm_web_open(const struct cm_web_settings *settings, struct cm_diagnostics *diagnostics, struct cm_web **out) CM_MUST_CHECK;
/* Streams end, requests under way are answered, within a second. NULL is nothing. */
void cm_web_close(struct cm_web *web);
/* Where it can be reached: "127.0.0.1:8737". */
const char *cm_web_address(const struct cm_web *web);

/* All of these copy what they are given, from any thread, and never wait. */
bool cm_web_card(struct cm_web *web, struct cm_span line); /* false: it was dropped */
void cm_web_erase(struct cm_web *web, struct cm_span interaction_id);
void cm_web_event(struct cm_web *web, struct cm_span line);
void cm_web_source(struct cm_web *web, const struct cm_board_source *source);
/* Bytes of scorecards and events that wait for the board: who reads a history lets it catch up, and nothing is dropped. */
uint64_t cm_web_waiting(struct cm_web *web);
/* Prometheus text of the engine, in place of what was given before. */
void cm_web_metrics(struct cm_web *web, struct cm_span text);

#endif
