/*
 * yaml: the text of a pack as a tree of nodes, each with its place.
 *
 * Scalars stay text: `no`, `on`, `1:30` and `null` are words here, and whoever
 * reads a node says which type he wants. Anchors, aliases and tags are refused,
 * so that a file is what it seems to be. What comes before a syntax error is
 * kept, so that its other faults are told in the same run.
 *
 * Nodes live in the caller's arena; one thread at a time.
 */
#ifndef CM_RULESET_YAML_H
#define CM_RULESET_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

/* The deepest thing that a pack can say has nine levels; the rest is an accident. */
#define CM_YAML_DEPTH_MAX 24u
/* A hundred thousand phrases; larger files are data that went astray. */
#define CM_YAML_FILE_MAX_BYTES ((size_t)4 * 1024 * 1024)

enum cm_node_kind { CM_NODE_SCALAR, CM_NODE_SEQUENCE, CM_NODE_MAPPING };

struct cm_node {
    uint8_t kind;  /* enum cm_node_kind */
    uint8_t lead;  /* SCALAR: characters between its place and its text (an opening quote) */
    uint8_t layer; /* which pack of an `extends` chain wrote it: 0 is the pack that is loaded */
    bool plain;    /* SCALAR without quotes */
    bool bad;      /* a fault in it was told already: read what is there, demand nothing */
    uint32_t line, column, width;
    uint32_t count; /* children */
    const char *file;
    struct cm_span text;   /* SCALAR; followed by a NUL */
    struct cm_node *child; /* first item of a sequence, first key of a mapping */
    struct cm_node *next;  /* next item, key or document */
    struct cm_node *value; /* of a key in a mapping; never NULL there */
};

/*
 * Parse all documents of one file. file and layer go into every node and are
 * borrowed. *documents: the roots, linked by next, empty documents left out.
 * CM_ERULES: the file could not be read to its end, and what came before is in
 * *documents. Other faults (a duplicate key, an anchor) give CM_OK and a
 * diagnostic.
 */
enum cm_status cm_yaml_parse(struct cm_arena *arena, struct cm_diagnostics *diagnostics, const char *file, uint8_t layer,
                             struct cm_span bytes, struct cm_node **documents) CM_MUST_CHECK;

/* Of the library that parses. */
const char *cm_yaml_version(void);

struct cm_place cm_node_place(const struct cm_node *node);

/* Where the text of a scalar begins: after an opening quote. */
struct cm_place cm_node_text_place(const struct cm_node *node);

/* The key with this name in a mapping, or NULL; also where node is NULL or no mapping. */
struct cm_node *cm_node_key(const struct cm_node *node, const char *name);

/* Its value, or NULL. */
struct cm_node *cm_node_get(const struct cm_node *node, const char *name);

/* Nothing was written: an empty plain scalar. */
bool cm_node_empty(const struct cm_node *node);

/* "a list", "a mapping", "text" …, for messages. */
const char *cm_node_kind_text(const struct cm_node *node);

/* Put item behind the last child of a sequence or mapping (there: a key with its value). */
void cm_node_append(struct cm_node *parent, struct cm_node *item);

#endif
