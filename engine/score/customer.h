/*
 * customer: whose interaction is it? For who looks for all that is kept of a person.
 */
#ifndef CM_SCORE_CUSTOMER_H
#define CM_SCORE_CUSTOMER_H

#include "base/buffer.h"

/* Does any record of a packed interaction (score/packed.h) name this customer? scratch is used up. CM_EINPUT: damaged. CM_ENOMEM. */
enum cm_status cm_packed_names(struct cm_span packed, struct cm_span customer_id, struct cm_buffer *scratch, bool *names) CM_MUST_CHECK;

#endif
