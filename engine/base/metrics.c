#include "base/metrics.h"

#include "base/utf8.h"

/* Upper bounds, and how they are written: cumulative in the text, not in memory. */
static const struct {
    int64_t ms;
    const char *seconds;
} bounds[CM_METRIC_BUCKETS] = {
    {5, "0.005"}, {10, "0.01"}, {25, "0.025"}, {50, "0.05"}, {100, "0.1"},  {250, "0.25"},
    {500, "0.5"}, {1000, "1"},  {2500, "2.5"}, {5000, "5"},  {10000, "10"},
};

void cm_metric_family(struct cm_buffer *out, const char *name, const char *type, const char *help)
{
    cm_buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void escape(struct cm_buffer *out, unsigned char byte)
{
    if (byte == '\n')
        cm_buffer_text(out, "\\n");
    else if (byte == '"' || byte == '\\')
        cm_buffer_printf(out, "\\%c", byte);
    else
        cm_buffer_byte(out, (char)byte);
}

static void label_value(struct cm_buffer *out, const char *value)
{
    const char *end = value + strlen(value);
    while (value < end) {
        unsigned taken;
        if (cm_utf8_decode(value, end, &taken) == CM_UTF8_INVALID)
            cm_buffer_text(out, "\xEF\xBF\xBD");
        else if (taken == 1)
            escape(out, (unsigned char)*value);
        else
            cm_buffer_append(out, value, taken);
        value += taken;
    }
}

static void label(struct cm_buffer *out, const char *name, const char *value, bool first)
{
    cm_buffer_byte(out, first ? '{' : ',');
    cm_buffer_printf(out, "%s=\"", name);
    label_value(out, value);
    cm_buffer_byte(out, '"');
}

/* bound NULL: no bucket. */
static void sample(struct cm_buffer *out, const char *name, const char *suffix, const char *const *labels, const char *bound)
{
    bool first = true;
    cm_buffer_printf(out, "%s%s", name, suffix);
    for (; labels && *labels; labels += 2, first = false)
        label(out, labels[0], labels[1], first);
    if (bound)
        label(out, "le", bound, first);
    cm_buffer_text(out, first && !bound ? " " : "} ");
}

void cm_metric_unsigned(struct cm_buffer *out, const char *name, const char *const *labels, uint64_t value)
{
    sample(out, name, "", labels, NULL);
    cm_buffer_unsigned(out, value);
    cm_buffer_byte(out, '\n');
}

void cm_metric_milliseconds(struct cm_buffer *out, const char *name, const char *const *labels, int64_t milliseconds)
{
    sample(out, name, "", labels, NULL);
    cm_buffer_decimal(out, milliseconds, 3);
    cm_buffer_byte(out, '\n');
}

void cm_metric_observe(struct cm_metric_histogram *histogram, int64_t milliseconds)
{
    unsigned bucket = 0;
    while (bucket < CM_METRIC_BUCKETS && milliseconds > bounds[bucket].ms)
        bucket++;
    histogram->buckets[bucket]++;
    histogram->count++;
    histogram->sum_ms += milliseconds > 0 ? (uint64_t)milliseconds : 0; /* a clock that went back makes no time */
}

void cm_metric_histogram(struct cm_buffer *out, const char *name, const char *const *labels, const struct cm_metric_histogram *histogram)
{
    uint64_t below = 0;
    for (unsigned i = 0; i <= CM_METRIC_BUCKETS; i++) {
        below += histogram->buckets[i];
        sample(out, name, "_bucket", labels, i < CM_METRIC_BUCKETS ? bounds[i].seconds : "+Inf");
        cm_buffer_unsigned(out, below);
        cm_buffer_byte(out, '\n');
    }
    sample(out, name, "_sum", labels, NULL);
    cm_buffer_decimal(out, (int64_t)histogram->sum_ms, 3);
    cm_buffer_byte(out, '\n');
    sample(out, name, "_count", labels, NULL);
    cm_buffer_unsigned(out, histogram->count);
    cm_buffer_byte(out, '\n');
}
