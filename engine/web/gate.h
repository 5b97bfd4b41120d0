/*
 * gate: who may ask, decided from the headers of a request.
 *
 * Host: a page of somebody else whose name was made to lead here (DNS rebinding)
 * calls us by that name, so only addresses and names that are ours will do.
 * Origin: where a browser sends one, it must be the page that we served.
 * Token: as a bearer, as the password of HTTP Basic, or by the cookie that who
 * came with one of these was given. Compared in constant time; never in a URL.
 * Constant once made; any thread.
 */
#ifndef CM_WEB_GATE_H
#define CM_WEB_GATE_H

#include <stddef.h>

#include "base/span.h"

#define CM_GATE_COOKIE_BYTES 32u /* hexadecimal digits of 128 random bits */

struct cm_gate {
    struct cm_span host;      /* of the address that we listen at, a literal without brackets */
    bool loopback;            /* it is one */
    bool any;                 /* 0.0.0.0 or [::]: called by any address */
    const char *const *hosts; /* names that are ours, with or without a port */
    size_t host_count;
    struct cm_span token;              /* ptr NULL: nobody is asked */
    char cookie[CM_GATE_COOKIE_BYTES]; /* of this process */
};

/* 127.0.0.0/8 and ::1. */
bool cm_gate_is_loopback(struct cm_span literal);

bool cm_gate_host(const struct cm_gate *gate, struct cm_span host);
/* host: the Host header, which was good. */
bool cm_gate_origin(struct cm_span origin, struct cm_span host);

enum cm_gate_proof { CM_GATE_NONE, CM_GATE_TOKEN, CM_GATE_COOKIE };
/* Of the Authorization and Cookie headers; ptr NULL where there is none. NONE where a token is wanted: refused. */
enum cm_gate_proof cm_gate_proof(const struct cm_gate *gate, struct cm_span authorization, struct cm_span cookie);

#endif
