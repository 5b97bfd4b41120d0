/* What the two renderings of a scorecard share. Not for other folders. */
#ifndef CM_SCORE_RENDER_H
#define CM_SCORE_RENDER_H

#include "score/scorecard.h"

/* RFC 3339 in UTC with milliseconds; false, and nothing written, where the moment is not known or has no such form. */
bool cm_render_time(struct cm_buffer *out, int64_t ms);

#endif
