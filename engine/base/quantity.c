#include "base/quantity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char size_units[] = "KMGT";

static const struct {
    const char *name;
    int64_t ms;
} duration_units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

/* Digits at the start; false where there are none. */
static bool digits(const char *text, uint64_t *number, const char **rest)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    *rest = end;
    return errno == 0;
}

bool cm_number_parse(const char *text, uint64_t *number)
{
    const char *rest;
    return digits(text, number, &rest) && *rest == '\0';
}

bool cm_size_parse(const char *text, uint64_t *bytes)
{
    const char *rest;
    uint64_t number;
    if (!digits(text, &number, &rest))
        return false;
    const char *unit = strchr("kmgt", *rest | 0x20) ? strchr(size_units, *rest & ~0x20) : NULL;
    unsigned shift = unit ? 10 * ((unsigned)(unit - size_units) + 1) : 0;
    if (*rest && !unit)
        return false;
    if (unit && rest[1] && strcmp(rest + 1, "B") != 0 && strcmp(rest + 1, "iB") != 0)
        return false;
    *bytes = number << shift;
    return *bytes >> shift == number;
}

bool cm_duration_parse(const char *text, int64_t *ms)
{
    const char *rest;
    uint64_t number;
    if (!digits(text, &number, &rest))
        return false;
    uint64_t factor = *rest ? 0 : 1;
    for (size_t i = 0; i < sizeof duration_units / sizeof *duration_units; i++)
        if (strcmp(rest, duration_units[i].name) == 0)
            factor = (uint64_t)duration_units[i].ms;
    if (factor == 0 || number > (uint64_t)INT64_MAX / factor)
        return false;
    *ms = (int64_t)(number * factor);
    return true;
}

void cm_size_write(struct cm_buffer *buffer, uint64_t bytes)
{
    unsigned unit = 0;
    while (unit < sizeof size_units - 1 && bytes > 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    cm_buffer_unsigned(buffer, bytes);
    if (unit > 0)
        cm_buffer_byte(buffer, size_units[unit - 1]);
}

void cm_duration_write(struct cm_buffer *buffer, int64_t ms)
{
    size_t unit = ms == 0 ? 3 : 0;
    while (ms % duration_units[unit].ms != 0)
        unit++;
    cm_buffer_unsigned(buffer, (uint64_t)(ms / duration_units[unit].ms));
    cm_buffer_text(buffer, duration_units[unit].name);
}
