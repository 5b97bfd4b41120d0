/*
 * change: what a pack that extends does to what it extends: disable, set, add.
 * Nodes of the base are changed in place; they belong to the draft. Targets are
 * looked up among the entries that are indexed so far, those of the base.
 */
#ifndef CM_RULESET_CHANGE_H
#define CM_RULESET_CHANGE_H

#include "ruleset/draft.h"

void cm_apply_disable(struct cm_draft *draft, const struct cm_node *list, uint8_t layer);
void cm_apply_set(struct cm_draft *draft, const struct cm_node *set);
void cm_apply_add(struct cm_draft *draft, const struct cm_node *add);

/* A key of a pack that extends stands in for the inherited one in map; one without value takes it away. */
void cm_overlay_key(struct cm_draft *draft, struct cm_node *map, const struct cm_node *key);

#endif
