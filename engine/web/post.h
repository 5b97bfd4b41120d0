/*
 * post: JSON to one address, one after the other. The only file that knows libcurl.
 *
 * Plain http and https; redirects are not followed. One thread, but for
 * cm_post_stop. Proxies are as the environment says (https_proxy, no_proxy).
 */
#ifndef CM_WEB_POST_H
#define CM_WEB_POST_H

#include <stdint.h>

#include "base/span.h"
#include "base/status.h"

#define CM_POST_WHY_BYTES 160u

struct cm_post;

/* What became of one. */
enum cm_post_outcome {
    CM_POST_TAKEN,   /* 2xx */
    CM_POST_REFUSED, /* the same again would be refused again */
    CM_POST_FAILED,  /* no answer, or one that may be another next time: 5xx, 408, 425, 429 */
    CM_POST_STOPPED, /* by cm_post_stop; it may have arrived */
};
struct cm_post_answer {
    enum cm_post_outcome outcome;
    int64_t wait_ms;             /* what Retry-After asks for; 0: nothing */
    char why[CM_POST_WHY_BYTES]; /* for people: the status, or what failed; no address */
};

/* Copies what it is given. token: of an Authorization: Bearer header, or NULL. CM_EUSAGE: no http or https URL, or a token of more than a
 * line; CM_ENOMEM. */
enum cm_status cm_post_open(const char *url, const char *token, int64_t connect_ms, int64_t answer_ms, struct cm_post **out) CM_MUST_CHECK;
void cm_post_close(struct cm_post *post);

void cm_post_send(struct cm_post *post, struct cm_span json, struct cm_post_answer *answer);
/* From any thread: what is under way ends within so long, and so does all that is sent after it. */
void cm_post_stop(struct cm_post *post, int64_t within_ms);

#endif
