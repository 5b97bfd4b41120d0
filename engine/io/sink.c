#include "io/sink.h"

static bool ends_with(const char *target, const char *ending)
{
    size_t len = strlen(target), size = strlen(ending);
    return len > size && memcmp(target + len - size, ending, size) == 0;
}

const struct cm_sink_ops *cm_sink_for(const char *target)
{
    if (strcmp(target, "null:") == 0)
        return &cm_sink_null;
    if (ends_with(target, ".csv"))
        return &cm_sink_csv;
    if (ends_with(target, ".db") || ends_with(target, ".sqlite"))
        return NULL;
    return &cm_sink_ndjson;
}
