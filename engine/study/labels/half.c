#include "study/labels/half.h"

#include <stdbool.h>

#include "base/hash.h"

const char *cm_half_name(enum cm_half half)
{
    return half == CM_HALF_WRITTEN ? "written" : "checked";
}

struct cm_span cm_half_conversation(struct cm_span id)
{
    size_t at = id.len;
    while (at > 0 && id.ptr[at - 1] >= '0' && id.ptr[at - 1] <= '9')
        at--;
    bool numbered = at < id.len && at > 1 && id.ptr[at - 1] == ':';
    return numbered ? (struct cm_span){id.ptr, at - 1} : id;
}

enum cm_half cm_half_of(struct cm_span conversation)
{
    return cm_hash64(conversation) & 1 ? CM_HALF_CHECKED : CM_HALF_WRITTEN;
}
