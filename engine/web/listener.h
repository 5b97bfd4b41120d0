/*
 * listener: an address as people write it, as a socket that listens there.
 *
 *   127.0.0.1:8737   [::1]:8737   localhost:8737   0.0.0.0:80   port 0: any that is free
 */
#ifndef CM_WEB_LISTENER_H
#define CM_WEB_LISTENER_H

#include <netinet/in.h>

#include "base/diag.h"

struct cm_listener {
    int socket;
    bool any;                        /* 0.0.0.0 or [::] */
    char host[INET6_ADDRSTRLEN];     /* the literal, without brackets */
    char text[INET6_ADDRSTRLEN + 8]; /* "127.0.0.1:8737", with the port that it became */
};

/* Could it be listened on, as far as its text tells? false: with the diagnostic of cm_listener_open. */
bool cm_listener_check(const char *address, bool only_loopback, struct cm_diagnostics *diagnostics);
/* CM_EUSAGE: it is no address, or not loopback where only that will do; CM_EIO: it cannot be listened on; both with a diagnostic. */
enum cm_status cm_listener_open(const char *address, bool only_loopback, struct cm_diagnostics *diagnostics,
                                struct cm_listener *out) CM_MUST_CHECK;

#endif
