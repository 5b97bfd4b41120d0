/*
 * remap: records that were scanned by one set of packs, as another set would number what they found.
 *
 * For interactions whose packs are no longer there: cues are known by their stable ids, and
 * what an old pack found under an id counts for the new one. What has no
 * counterpart falls away; what the new packs alone would have found is not there, which
 * is why such interactions are flagged pack_mixed. Also drops records that repeat others.
 */
#ifndef CM_SCORE_REMAP_H
#define CM_SCORE_REMAP_H

#include "score/packed.h"

#define CM_REMAP_NONE UINT32_MAX

struct cm_remap {
    const uint32_t *packs; /* a new pack: the old one of its name; CM_REMAP_NONE: there was none */
    uint32_t pack_count;
    const uint32_t *const *cues; /* an old pack: for each of its cues the new number; CM_REMAP_NONE: gone */
    const uint32_t *cue_counts;
    uint32_t old_pack_count;
};

/* Append the record, renumbered, to out. CM_EINPUT: it is damaged, or was found by more packs than remap knows. */
enum cm_status cm_record_remap(struct cm_span record, const struct cm_remap *remap, struct cm_buffer *out) CM_MUST_CHECK;

/*
 * stream without records that repeat one before them (one identity, equal H): what sealing would drop anyway. *dropped counts them. The
 * stream is closed up in place and shortened.
 */
enum cm_status cm_records_distinct(struct cm_buffer *stream, uint32_t *dropped) CM_MUST_CHECK;

#endif
