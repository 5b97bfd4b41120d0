/*
 * decode_reference: the event decoder once more, slow and plain, on jansson:
 * what cm_decode is held against. Same meaning (event/decode.h), other means:
 * jansson for JSON, regular expressions for numbers and times, timegm for the
 * calendar, digits moved about for decimals, names compared one by one.
 */
#ifndef CM_DECODE_REFERENCE_H
#define CM_DECODE_REFERENCE_H

#include <stdbool.h>

#include "event/decode.h"

struct reference {
    struct cm_event event; /* spans into the arena */
    enum cm_reject reject;
    /* Two structural faults in one line: which comes first is not looked at, any of them will do. */
    bool may_be_not_json, may_be_too_deep, may_be_bad_key;
    const char *field;
    struct cm_span incomplete_id;
};

/* Once before the first decode. */
bool reference_start(void);
void reference_end(void);

/* False when memory is out. */
bool reference_decode(struct cm_arena *arena, struct cm_span line, struct reference *result);

#endif
