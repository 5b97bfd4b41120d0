#include "cli/traffic.h"

#include <stdio.h>

#include "cli/common.h"
#include "cli/term.h"
#include "cli/text.h"

#define MEGABYTE 1e6

void cm_traffic_text(struct cm_buffer *out, uint64_t messages, uint64_t bytes, double seconds)
{
    cm_text_number(out, messages);
    cm_buffer_printf(out, " %s, %.1f MB, in ", cm_plural(messages, "message", "messages"), (double)bytes / MEGABYTE);
    if (seconds < 1)
        cm_buffer_printf(out, "%.0f ms", seconds * 1e3);
    else
        cm_text_duration(out, seconds);
    if (seconds <= 0 || messages == 0)
        return;
    cm_buffer_text(out, ": ");
    cm_text_number(out, (uint64_t)((double)messages / seconds));
    cm_buffer_printf(out, " messages/s, %.1f MB/s", (double)bytes / seconds / MEGABYTE);
}

void cm_traffic_progress(const char *what, double share, uint64_t messages, double seconds)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    fprintf(stderr, "\r\033[K%s ", what);
    if (share >= 0)
        cm_term_bar(share > 1 ? 1 : share);
    if (messages > 0) {
        cm_buffer_text(&text, share >= 0 ? ", " : "");
        cm_text_number(&text, messages);
        cm_buffer_printf(&text, " %s", cm_plural(messages, "message", "messages"));
    }
    if (messages > 0 && seconds > 0) {
        cm_buffer_text(&text, ", ");
        cm_text_number(&text, (uint64_t)((double)messages / seconds));
        cm_buffer_text(&text, "/s");
    }
    if (text.len > 0 && cm_buffer_status(&text) == CM_OK)
        fwrite(text.ptr, 1, text.len, stderr);
    cm_buffer_free(&text);
    fflush(stderr);
}

void cm_traffic_rejected_json(struct cm_buffer *out, const struct cm_dead_letter_counts *counts)
{
    const char *between = "";
    cm_buffer_text(out, ",\"rejected\":{");
    for (unsigned i = 0; i < CM_REJECT_COUNT; i++)
        if (counts->by_reason[i] > 0) {
            cm_buffer_printf(out, "%s\"%s\":%llu", between, cm_reject_code((enum cm_reject)i), (unsigned long long)counts->by_reason[i]);
            between = ",";
        }
    cm_buffer_byte(out, '}');
}
