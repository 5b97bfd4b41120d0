/*
 * json: one JSON value as a tree, for what is read once and not in a hot loop:
 * scorecards, labelled turns, ratings. Events are read by event/decode.h. The
 * tree lives in the caller's arena and borrows from the text. Strict, but for
 * bytes that are no UTF-8: who needs it valid looks.
 */
#ifndef CM_BASE_JSON_H
#define CM_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* Scorecards nest six deep; recursion is bounded. */
#define CM_JSON_TREE_DEPTH_MAX 32u

enum cm_json_kind { CM_JSON_NULL, CM_JSON_FALSE, CM_JSON_TRUE, CM_JSON_NUMBER, CM_JSON_STRING, CM_JSON_ARRAY, CM_JSON_OBJECT };

struct cm_json {
    enum cm_json_kind kind;
    struct cm_span key;  /* of a member, without escapes */
    struct cm_span text; /* STRING: unescaped; NUMBER: as it is written */
    size_t at;           /* where the value begins: bytes of what was parsed */
    struct cm_json *child, *next;
};

/* CM_EINPUT: no JSON, or something behind it; *fault (may be NULL): the byte at which it was noticed. */
enum cm_status cm_json_parse(struct cm_arena *arena, struct cm_span text, struct cm_json **out, size_t *fault) CM_MUST_CHECK;

/* The member of an object, or NULL: for a value that is null too, and where json is no object or NULL. */
const struct cm_json *cm_json_get(const struct cm_json *json, const char *key);

/* Text of a string or number; ptr NULL where there is none. */
struct cm_span cm_json_text(const struct cm_json *json, const char *key);

/* A number as it is written; false where json is NULL or none. */
bool cm_json_double(const struct cm_json *json, double *out);

/* A whole number that is not negative, or otherwise. */
uint64_t cm_json_number(const struct cm_json *json, const char *key, uint64_t otherwise);

#endif
