#include "web/assets.h"

/* Made by cmake/embed.cmake. */
extern const struct cm_asset cm_assets[];
extern const size_t cm_asset_count;

const struct cm_asset *cm_asset_find(struct cm_span path)
{
    for (size_t i = 0; i < cm_asset_count; i++)
        if (cm_span_equal(path, cm_span_of(cm_assets[i].path)))
            return &cm_assets[i];
    return NULL;
}
