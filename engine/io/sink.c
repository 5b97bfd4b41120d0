#include "io/sink.h"

#include <strings.h>
#include <sys/stat.h>

static bool ends_with(const char *target, const char *ending)
{
    size_t len = strlen(target), size = strlen(ending);
    return len > size && strcasecmp(target + len - size, ending) == 0;
}

const struct cm_sink_ops *cm_sink_for(const char *target)
{
    if (strcmp(target, "null:") == 0)
        return &cm_sink_null;
    if (ends_with(target, ".csv"))
        return &cm_sink_csv;
    if (ends_with(target, ".db") || ends_with(target, ".sqlite") || ends_with(target, ".sqlite3"))
        return &cm_sink_sqlite;
    if (strcmp(target, "-") == 0 || ends_with(target, ".ndjson") || ends_with(target, ".jsonl"))
        return &cm_sink_ndjson;
    /* A pipe or a device has its name from somebody else. */
    struct stat about;
    return stat(target, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode) ? &cm_sink_ndjson : NULL;
}
