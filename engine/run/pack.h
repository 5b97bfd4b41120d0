/*
 * pack: the data that a run goes by, loaded as one: lexicon, redactor, and for
 * every pack its ruleset and its matcher.
 *
 * An immutable image: loaded by one thread, then shared by all without locks,
 * until it is freed when none of them runs any more. What an earlier run has
 * compiled from the same files is taken as it is (run/kept.h).
 *
 * The rules folder is the first of: $CAREMETER_RULES; share/caremeter/rules
 * beside the folder of the program (an installed one); the source tree's.
 */
#ifndef CM_RUN_PACK_H
#define CM_RUN_PACK_H

#include "match/scan.h"
#include "ruleset/ruleset.h"
#include "run/cache.h"
#include "text/lexicon.h"
#include "text/redact.h"

/* Several packs judge one interaction; more than this is a mistake in a command line. */
#define CM_PACKS_MAX 16u
#define CM_PACK_DEFAULT "customer-care"

struct cm_pack {
    struct cm_ruleset *ruleset;
    struct cm_matcher *matcher;
    struct cm_cache_block block; /* in which the two lie, where they were kept from an earlier run */
};

/* What it holds, in part or in whole; it is empty then. */
void cm_pack_free(struct cm_pack *pack);

struct cm_packs {
    char *rules; /* the rules folder */
    bool anew;   /* set before loading: compiled whatever is kept, and not kept; for who measures it */
    struct cm_lexicon *lexicon;
    struct cm_hash128 lexicon_files; /* what it was read from */
    struct cm_cache_block lexicon_block;
    struct cm_redactor *redactor;
    struct cm_pack items[CM_PACKS_MAX];
    size_t count;
};

#define CM_PACKS_EMPTY ((struct cm_packs){0})

enum cm_data { CM_DATA_RULES, CM_DATA_DEMO };

/* The path of a folder of data (see above), malloc'd; CM_EIO where there is none. */
enum cm_status cm_data_folder(enum cm_data data, char **out) CM_MUST_CHECK;

/* Lexicon and redactor alone, for what needs no pack. Faults go to diagnostics. */
enum cm_status cm_packs_base(struct cm_packs *packs, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/*
 * names: folders (with a slash in them, or that are there) or names of packs in
 * the rules folder; count 0: CM_PACK_DEFAULT. Every pack is tried, so that all
 * faults are told at once. CM_ERULES, CM_EIO, CM_EUSAGE (too many, or one twice)
 * or CM_ENOMEM; packs is then to be freed all the same.
 */
enum cm_status cm_packs_load(struct cm_packs *packs, const char *const *names, size_t count,
                             struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
/* One more pack, whatever its name, to packs that were loaded or are empty: for comparing versions of one pack. As cm_packs_load. */
enum cm_status cm_packs_add(struct cm_packs *packs, const char *name, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
void cm_packs_free(struct cm_packs *packs);

#endif
