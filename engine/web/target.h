/*
 * target: what a request asks for, from the bytes of its first line: a path, and
 * of its query what we know. Percent-encoding is read strictly: what is no UTF-8,
 * no two hexadecimal digits, or a NUL is refused. Pure; any thread.
 */
#ifndef CM_WEB_TARGET_H
#define CM_WEB_TARGET_H

#include "base/span.h"

#define CM_TARGET_BYTES_MAX 4096u     /* as it was sent */
#define CM_TARGET_NAME_BYTES_MAX 256u /* a queue, an interaction's id: decoded */

enum cm_target_fault { CM_TARGET_OK, CM_TARGET_BAD, CM_TARGET_LONG };

struct cm_target {
    struct cm_span path;  /* as it was sent, without the query; begins with a slash; borrows */
    struct cm_span queue; /* decoded, into names; ptr NULL: none, or an empty one */
    struct cm_span id;    /* of /api/interactions/ID, likewise; other paths have none */
    char names[2][CM_TARGET_NAME_BYTES_MAX];
};

enum cm_target_fault cm_target_parse(struct cm_span text, struct cm_target *out);

/* text without its escapes into out, which holds CM_TARGET_NAME_BYTES_MAX; plus: a plus is a blank, as in queries. */
enum cm_target_fault cm_target_decode(struct cm_span text, bool plus, char *out, struct cm_span *decoded);

#endif
