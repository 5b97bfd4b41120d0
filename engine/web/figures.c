#include "web/server.h"

static const char *const codes[CM_WEB_CODE_COUNT] = {
#define X(code) #code,
    CM_WEB_CODES(X)
#undef X
};

static void one(struct cm_buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
    cm_metric_family(out, name, type, help);
    cm_metric_unsigned(out, name, NULL, value);
}

static void write_requests(const struct cm_web_figures *figures, struct cm_buffer *out)
{
    cm_metric_family(out, "caremeter_web_requests_total", "counter", "Requests that were answered, by status.");
    for (unsigned i = 0; i < CM_WEB_CODE_COUNT; i++)
        cm_metric_unsigned(out, "caremeter_web_requests_total", (const char *[]){"code", codes[i], NULL}, figures->requests[i]);
}

static void write_inbox(const struct cm_server *server, struct cm_buffer *out)
{
    const struct cm_web_figures *figures = &server->figures;
    one(out, "caremeter_web_inbox_bytes", "gauge", "Scorecards and events that the board has not looked at yet.",
        cm_inbox_waiting(server->inbox));
    cm_metric_family(out, "caremeter_web_inbox_dropped_total", "counter", "What came faster than the board took it.");
    cm_metric_unsigned(out, "caremeter_web_inbox_dropped_total", (const char *[]){"kind", "card", NULL}, figures->lost_cards);
    cm_metric_unsigned(out, "caremeter_web_inbox_dropped_total", (const char *[]){"kind", "event", NULL}, figures->lost_events);
}

void cm_web_figures_write(const struct cm_server *server, struct cm_buffer *out)
{
    const struct cm_web_figures *figures = &server->figures;
    cm_metric_family(out, "caremeter_build_info", "gauge", "The version of the program.");
    cm_metric_unsigned(out, "caremeter_build_info", (const char *[]){"version", CM_VERSION, NULL}, 1);
    one(out, "caremeter_web_connections", "gauge", "Connections that are open.", figures->connections);
    one(out, "caremeter_web_streams", "gauge", "Clients that read the stream.", figures->streams);
    one(out, "caremeter_web_turned_away_total", "counter", "Connections that were closed at once, as there were too many.",
        figures->turned_away);
    one(out, "caremeter_web_frames_total", "counter", "Events that were sent to streams, ticks among them.", figures->frames);
    one(out, "caremeter_web_frame_bytes_total", "counter", "Bytes of these events.", figures->frame_bytes);
    one(out, "caremeter_web_slow_frames_total", "counter", "Events that stand for several, as their client read too slowly.",
        figures->slow_frames);
    write_requests(figures, out);
    write_inbox(server, out);
    cm_metric_family(out, "caremeter_web_frame_seconds", "histogram", "From a scorecard to the frame that shows it.");
    cm_metric_histogram(out, "caremeter_web_frame_seconds", NULL, &server->views.seconds);
}
