/*
 * ruleset_image: a ruleset as an image (base/image.h), for who keeps compiled packs.
 */
#ifndef CM_RULESET_RULESET_IMAGE_H
#define CM_RULESET_RULESET_IMAGE_H

#include "base/image.h"
#include "ruleset/ruleset.h"

/* Of struct cm_ruleset, with all that it points to. */
extern const struct cm_image_type cm_ruleset_type;

/* A ruleset from one that an image led to; what that points to is borrowed until cm_ruleset_free. CM_ENOMEM. */
enum cm_status cm_ruleset_adopt(const struct cm_ruleset *from, struct cm_ruleset **out) CM_MUST_CHECK;

#endif
