/*
 * number: JSON number tokens to integers, exactly. For the decoder alone.
 * The tokens are those that cm_json_skip_number accepted.
 */
#ifndef CM_EVENT_NUMBER_H
#define CM_EVENT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* A token without fraction and exponent; -0 is 0. False beyond ±limit, or below 0 where low is not allowed. */
bool cm_number_unsigned(struct cm_span token, uint64_t limit, uint64_t *value);
bool cm_number_signed(struct cm_span token, int64_t limit, int64_t *value);

/* value × 10^places of any token, half away from zero; false where it is beyond ±limit (limit <= 10^17). */
bool cm_number_scaled(struct cm_span token, unsigned places, int64_t limit, int64_t *value);

#endif
