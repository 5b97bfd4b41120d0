/*
 * assets: the front end, as the build put it into the program. Constant.
 */
#ifndef CM_WEB_ASSETS_H
#define CM_WEB_ASSETS_H

#include "base/span.h"

struct cm_asset {
    const char *path; /* "/", "/style.css" */
    const char *type;
    const char *etag; /* with its quotes */
    const unsigned char *bytes;
    size_t len;
};

/* By the path of a request; NULL: there is none. */
const struct cm_asset *cm_asset_find(struct cm_span path);

#endif
