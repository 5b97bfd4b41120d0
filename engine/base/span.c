#include "base/span.h"

#include <stdlib.h>

enum cm_status cm_span_own(struct cm_span *to, struct cm_span from)
{
    *to = (struct cm_span){NULL, 0};
    if (!from.ptr)
        return CM_OK;
    char *bytes = malloc(from.len + 1);
    if (!bytes)
        return CM_ENOMEM;
    if (from.len > 0)
        memcpy(bytes, from.ptr, from.len);
    *to = (struct cm_span){bytes, from.len};
    return CM_OK;
}

void cm_span_free(struct cm_span *owned)
{
    free((void *)(uintptr_t)owned->ptr);
    *owned = (struct cm_span){NULL, 0};
}
