/*
 * draft: a pack on its way from YAML to the image, private to ruleset/.
 *
 * store.c finds the files, chain.c those of all that a pack extends, merge.c joins
 * them node by node, parse.c reads the result into the structures below, check.c looks for
 * what is wrong between them, compile.c makes the image. Every step goes on
 * after a fault and tells it; only memory stops one (status).
 *
 * Text and phrases go into the image's arena at once; nodes and drafts live in
 * the draft's own and die with it.
 */
#ifndef CM_RULESET_DRAFT_H
#define CM_RULESET_DRAFT_H

#include "base/nearest.h"
#include "ruleset/ruleset.h"
#include "ruleset/yaml.h"

/* `extends` of `extends`: nobody can say any more what such a pack does. */
#define CM_EXTENDS_DEPTH_MAX 8u
/* Rule ids go into evidence, file names and wallboards. */
#define CM_RULE_ID_MAX_BYTES ((size_t)80)

enum cm_entry_kind { CM_ENTRY_CUE, CM_ENTRY_BEHAVIOUR };

/* One item of `cues` or `behaviours`, of any layer. */
struct cm_entry {
    struct cm_node *map;
    const struct cm_node *id_node; /* where its id stands; the map where it has none */
    struct cm_span id;             /* empty: it has none that can be used */
    uint8_t kind;                  /* enum cm_entry_kind */
    bool disabled;                 /* by a `disable` of a pack that extends its own */
    uint8_t disabled_layer;
    uint32_t index; /* in drafts of its kind, once they are made */
};

struct cm_draft_list {
    struct cm_span name;
    const struct cm_node *key, *items;
    const struct cm_span *entries; /* texts of items */
    uint32_t entry_count;
    bool used, faulty;
};

/* An item of `weights` that names another cue. */
struct cm_draft_weight {
    const struct cm_node *cue;
    int32_t weight;
};

struct cm_draft_cue {
    struct cm_cue cue; /* lists of cues and phrases still empty */
    const struct cm_entry *entry;
    const struct cm_node *at; /* where to point when something is missing */
    const struct cm_node *phrases, *regex, *weights, *all, *any, *none, *near, *echo, *hit, *miss, *threshold;
    struct cm_draft_weight *others; /* of weights, those that name a cue */
    uint32_t other_count;
    bool used;
};

/* Numbers by channel; [CM_CHANNEL_NONE] is `default`, CM_NUMBER_UNSET what was not given. */
#define CM_NUMBER_UNSET INT64_MIN
struct cm_draft_channels {
    int64_t by[CM_CHANNEL_COUNT];
};

struct cm_draft_behaviour {
    struct cm_behaviour behaviour; /* lists of cues still empty */
    const struct cm_entry *entry;
    const struct cm_node *at;
    const struct cm_node *dimension, *met_by, *raised_by, *opportunity, *then_any, *points_cap, *measures;
};

struct cm_draft_pack {
    const char *name, *version;
    uint16_t channels;
    const struct cm_span *languages;
    uint32_t language_count;
    const struct cm_node *dimensions, *validity;
    struct cm_dimension dimension[CM_DIMENSIONS_MAX];
    uint32_t dimension_count;
    bool dimension_used[CM_DIMENSIONS_MAX];
    uint32_t min_coverage, min_confidence;
    struct cm_draft_channels min_agent_runs, reply_target;
    struct cm_calendar calendar;
    const struct cm_node *hold, *delight, *thanks, *resolved, *unresolved;
};

struct cm_pack_store;
struct cm_pack_file;

/* One pack of an `extends` chain. */
struct cm_layer {
    const char *folder, *identity;
    struct cm_pack_file *files;
    size_t file_count;
    struct cm_node *documents; /* of pack.yaml */
    struct cm_node *manifest;  /* the first of them, where it has keys, or NULL */
    struct cm_node **contents; /* documents that have keys, of all files; malloc'd */
    size_t content_count, content_cap;
};

struct cm_draft {
    const struct cm_pack_store *store;
    const struct cm_lexicon *lexicon;
    struct cm_diagnostics *diagnostics;
    struct cm_arena arena;
    struct cm_arena *image;
    enum cm_status status; /* CM_ENOMEM or CM_EIO, for good */
    const char **folders;  /* that were read; malloc'd, the paths are the image's */
    size_t folder_count, folder_cap;
    bool holes; /* a file could not be read to its end: what seems unknown may stand there */

    struct cm_layer layers[CM_EXTENDS_DEPTH_MAX]; /* the pack that is loaded, then what it extends */
    size_t layer_count;

    struct cm_node *manifest; /* the merged keys of pack.yaml */
    struct cm_entry *entries; /* in pack order, those that are disabled included */
    size_t entry_count, entry_cap;
    struct cm_entry **by_id; /* live entries with an id, ascending */
    size_t by_id_count;
    struct cm_draft_list *lists;
    size_t list_count, list_cap;

    struct cm_draft_pack pack;
    struct cm_draft_cue *cues;
    size_t cue_count;
    struct cm_draft_behaviour *behaviours;
    size_t behaviour_count;
    uint32_t *cue_order;
};

#define cm_draft_error(draft, id, node, help, ...)                                                                                         \
    cm_diagnostics_add((draft)->diagnostics, CM_SEVERITY_ERROR, (id), cm_node_place(node), (help), __VA_ARGS__)
#define cm_draft_warning(draft, id, node, help, ...)                                                                                       \
    cm_diagnostics_add((draft)->diagnostics, CM_SEVERITY_WARNING, (id), cm_node_place(node), (help), __VA_ARGS__)

/* Zeroed memory of the draft, or NULL and its status set. */
void *cm_draft_alloc(struct cm_draft *draft, size_t count, size_t size);

/* A copy in the image's arena; ptr NULL and the status set when memory is out. */
struct cm_span cm_draft_keep(struct cm_draft *draft, struct cm_span text);

/* "did you mean NAME?" for the offered name nearest to wanted; NULL where none is near. */
const char *cm_nearest_help(struct cm_draft *draft, const struct cm_nearest *nearest);

/* chain.c: read the files of the pack of store and of all that it extends into layers; folder as it was given. */
enum cm_status cm_draft_open(struct cm_draft *draft, const char *folder) CM_MUST_CHECK;
/* A hash of the files that are open, names as shown, and bytes; and of the library that will parse them. */
enum cm_status cm_draft_hash(const struct cm_draft *draft, struct cm_hash128 *out) CM_MUST_CHECK;

/* merge.c: join them into manifest, entries and lists. */
enum cm_status cm_draft_gather(struct cm_draft *draft) CM_MUST_CHECK;
/* The live entry with this id, or NULL. */
struct cm_entry *cm_draft_find(const struct cm_draft *draft, struct cm_span id);
/* The disabled entry that had this id, or NULL. */
const struct cm_entry *cm_draft_find_disabled(const struct cm_draft *draft, struct cm_span id);

/* parse.c, manifest.c: nodes to cues, behaviours and pack. */
enum cm_status cm_draft_read(struct cm_draft *draft) CM_MUST_CHECK;
void cm_draft_read_manifest(struct cm_draft *draft);
/* Once behaviours are read: which of them are measured. */
void cm_draft_apply_validity(struct cm_draft *draft);

/* examples.c: the items of `hit` or `miss` (key). */
void cm_draft_read_examples(struct cm_draft *draft, const struct cm_node *list, const char *key, const struct cm_example **out,
                            uint32_t *count);

/* phrases.c: lists, and the phrases and regexes of every cue. */
enum cm_status cm_draft_parse_phrases(struct cm_draft *draft) CM_MUST_CHECK;
/* alike.c: equal where two phrases mean the same; warnings of phrases that add nothing to others of the cue. */
enum cm_status cm_phrase_hash(const struct cm_phrase *phrase, struct cm_hash128 *out) CM_MUST_CHECK;
void cm_draft_compare_phrases(struct cm_draft *draft, const struct cm_cue *cue);

/* check.c: everything that needs more than one entry; resolves references, those of the pack itself into out, and orders the cues. */
enum cm_status cm_draft_check(struct cm_draft *draft, struct cm_ruleset *out) CM_MUST_CHECK;
/* hash.c: the hash of everything that scoring depends on. */
enum cm_status cm_ruleset_hash(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, struct cm_hash128 *out) CM_MUST_CHECK;

/*
 * Load a pack from memory, for tests and tools: paths as in a tree of folders,
 * the pack being the folder of files[0]; `extends: NAME` finds the folder NAME
 * beside it. Otherwise as cm_ruleset_load.
 */
struct cm_ruleset_file {
    const char *path;
    struct cm_span bytes;
};
enum cm_status cm_ruleset_load_files(const struct cm_ruleset_file *files, size_t count, const struct cm_lexicon *lexicon,
                                     struct cm_diagnostics *diagnostics, struct cm_ruleset **out) CM_MUST_CHECK;

#endif
