#include "page/plot.h"

#include <math.h>

#include "page/page.h"

/* Units of the drawing: a phone shows it a little smaller than this, a screen a little larger. */
#define WIDTH 440.0
#define HEIGHT 262.0
#define LEFT 52.0
#define RIGHT 424.0
#define TOP 34.0
#define BOTTOM 210.0
#define TICKS 4.0 /* about so many lines across */

static double at_x(const struct cm_page_plot *plot, size_t step)
{
    return plot->step_count > 1 ? LEFT + 18 + (RIGHT - LEFT - 36) * (double)step / (double)(plot->step_count - 1) : (LEFT + RIGHT) / 2;
}

static double at_y(double value, double top)
{
    return BOTTOM - (BOTTOM - TOP) * value / top;
}

static double largest(const struct cm_page_plot *plot)
{
    double most = 0;
    for (size_t i = 0; i < plot->series_count; i++)
        for (size_t j = 0; j < plot->step_count; j++) {
            const struct cm_page_series *series = &plot->series[i];
            most = fmax(most, series->values[j]); /* fmax: what is no number is left out */
            most = series->high ? fmax(most, series->high[j]) : most;
        }
    return most > 0 ? most : 1;
}

/* 1, 2 or 5 times a power of ten, of which about TICKS reach most. */
static double tick_of(double most)
{
    double rough = most / TICKS, power = pow(10, floor(log10(rough)));
    double times = rough / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

static void put_text(struct cm_buffer *out, double x, double y, const char *anchor, const char *text)
{
    cm_buffer_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    cm_page_escape(out, cm_span_of(text));
    cm_buffer_text(out, "</text>");
}

static void put_tick(struct cm_buffer *out, double value, double tick, double top)
{
    static const struct {
        double from;
        const char *name;
    } units[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}};
    char label[32];
    size_t unit = 0;
    while (unit < 3 && top < units[unit].from)
        unit++;
    double shown = value / units[unit].from, step = tick / units[unit].from;
    snprintf(label, sizeof label, "%.*f%s", step < 0.0995 ? 2 : step < 0.995 ? 1 : 0, shown, value > 0 ? units[unit].name : "");
    cm_buffer_printf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", LEFT, at_y(value, top), RIGHT,
                     at_y(value, top));
    put_text(out, LEFT - 6, at_y(value, top) + 4.5, "end", label);
}

static void put_series(struct cm_buffer *out, const struct cm_page_plot *plot, size_t number, double top)
{
    const struct cm_page_series *series = &plot->series[number];
    const char *between = "";
    cm_buffer_printf(out, "<polyline class=\"series s%zu\" points=\"", number);
    for (size_t i = 0; i < plot->step_count; i++)
        if (isfinite(series->values[i])) {
            cm_buffer_printf(out, "%s%.1f,%.1f", between, at_x(plot, i), at_y(series->values[i], top));
            between = " ";
        }
    cm_buffer_text(out, "\"/>");
    for (size_t i = 0; i < plot->step_count && number == 0; i++) {
        if (!isfinite(series->values[i]))
            continue;
        if (series->low && series->high && isfinite(series->low[i]) && isfinite(series->high[i]))
            cm_buffer_printf(out, "<line class=\"range\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", at_x(plot, i),
                             at_y(series->low[i], top), at_x(plot, i), at_y(series->high[i], top));
        cm_buffer_printf(out, "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", at_x(plot, i), at_y(series->values[i], top));
    }
}

/* Names of the lines at the top right, where there are two. */
static void put_names(struct cm_buffer *out, const struct cm_page_plot *plot)
{
    double x = RIGHT;
    for (size_t i = plot->series_count; i-- > 0 && plot->series_count > 1;) {
        put_text(out, x, 16, "end", plot->series[i].name);
        x -= 7.2 * (double)strlen(plot->series[i].name) + 6;
        cm_buffer_printf(out, "<line class=\"series s%zu\" x1=\"%.1f\" y1=\"12\" x2=\"%.1f\" y2=\"12\"/>", i, x - 22, x);
        x -= 36;
    }
}

void cm_page_plot(struct cm_buffer *out, const struct cm_page_plot *plot)
{
    double most = largest(plot), tick = tick_of(most), top = tick * ceil(most / tick - 1e-9);
    cm_buffer_text(out, "<figure class=\"plot\">\n<figcaption>");
    cm_page_escape(out, cm_span_of(plot->title));
    cm_buffer_printf(out, "</figcaption>\n<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    cm_page_escape(out, cm_span_of(plot->title));
    cm_buffer_text(out, "\">");
    for (double value = 0; value <= top + tick / 2; value += tick)
        put_tick(out, value, tick, top);
    for (size_t i = 0; i < plot->step_count; i++)
        put_text(out, at_x(plot, i), BOTTOM + 18, "middle", plot->steps[i]);
    put_text(out, 4, 16, "start", plot->up);
    put_text(out, (LEFT + RIGHT) / 2, BOTTOM + 42, "middle", plot->across);
    for (size_t i = plot->series_count; i-- > 0;)
        put_series(out, plot, i, top);
    put_names(out, plot);
    cm_buffer_text(out, "</svg>\n</figure>\n");
}
