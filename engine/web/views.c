#include "web/views.h"

#include <stdlib.h>

#include "base/moment.h"

void cm_views_init(struct cm_views *views, struct cm_board *board, uint64_t process)
{
    *views = (struct cm_views){.board = board, .process = process};
}

/* ---- frames ---- */

static struct cm_frame *frame_new(uint32_t sections, int64_t now_ms, const struct cm_buffer *text)
{
    struct cm_frame *frame = cm_buffer_status(text) == CM_OK ? malloc(sizeof *frame + text->len) : NULL;
    if (!frame)
        return NULL;
    *frame = (struct cm_frame){.holders = 1, .sections = sections, .made_ms = now_ms, .len = text->len};
    memcpy(frame->bytes, text->ptr, text->len);
    return frame;
}

struct cm_frame *cm_frame_hold(struct cm_frame *frame)
{
    frame->holders++;
    return frame;
}

void cm_frame_release(struct cm_frame *frame)
{
    if (frame && --frame->holders == 0)
        free(frame);
}

struct cm_frame *cm_frame_tick(int64_t board_ms)
{
    char moment[CM_MOMENT_BYTES];
    struct cm_buffer text = CM_BUFFER_EMPTY;
    if (cm_moment_write(moment, board_ms))
        cm_buffer_printf(&text, "event: tick\ndata: {\"now\":\"%.*s\"}\n\n", (int)sizeof moment, moment);
    struct cm_frame *frame = text.len ? frame_new(0, 0, &text) : NULL;
    cm_buffer_free(&text);
    return frame;
}

static void drop_frames(struct cm_view *view)
{
    while (view->frames) {
        struct cm_frame *frame = view->frames;
        view->frames = frame->next;
        cm_frame_release(frame);
    }
}

/* ---- finding ---- */

static void view_free(struct cm_view *view)
{
    drop_frames(view);
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++)
        cm_buffer_free(&view->sections[i]);
    cm_span_free(&view->queue);
    free(view);
}

void cm_views_free(struct cm_views *views)
{
    for (uint32_t i = 0; i < views->count; i++)
        view_free(views->items[i]);
    cm_buffer_free(&views->scratch);
    *views = (struct cm_views){0};
}

/* Views that nobody came back to; where there is no room, those that nobody looks at just now as well. */
static void forget(struct cm_views *views, int64_t now_ms)
{
    bool full = views->count == CM_VIEWS_MAX;
    for (uint32_t i = views->count; i-- > 0;) {
        struct cm_view *view = views->items[i];
        if (view->stream_count || (!full && now_ms - view->left_ms < CM_VIEW_KEPT_MS))
            continue;
        view_free(view);
        views->items[i] = views->items[--views->count];
    }
}

static enum cm_status view_new(struct cm_views *views, struct cm_span queue, struct cm_view **out)
{
    struct cm_view *view = calloc(1, sizeof *view);
    if (!view)
        return CM_ENOMEM;
    if (cm_span_own(&view->queue, queue) != CM_OK) {
        free(view);
        return CM_ENOMEM;
    }
    view->word = views->process + views->made++;
    view->stale = true;
    view->waiting_ms = -1;
    *out = views->items[views->count++] = view;
    return CM_OK;
}

static void render(struct cm_views *views, struct cm_view *view, int64_t now_ms);

enum cm_status cm_views_find(struct cm_views *views, struct cm_span queue, int64_t now_ms, struct cm_view **out)
{
    enum cm_status status = CM_OK;
    struct cm_view *found = NULL;
    for (uint32_t i = 0; i < views->count && !found; i++)
        if (cm_span_equal(views->items[i]->queue, queue) && !views->items[i]->queue.ptr == !queue.ptr)
            found = views->items[i];
    if (!found) {
        forget(views, now_ms);
        status = views->count == CM_VIEWS_MAX ? CM_ELIMIT : view_new(views, queue, &found);
    }
    if (status != CM_OK)
        return status;
    if (found->stream_count == 0) {
        found->left_ms = now_ms;
        render(views, found, now_ms);
    }
    *out = found;
    return CM_OK;
}

/* ---- numbers ---- */

void cm_views_stale(struct cm_views *views, int64_t told_ms)
{
    for (uint32_t i = 0; i < views->count; i++) {
        struct cm_view *view = views->items[i];
        view->stale = true;
        if (view->waiting_ms < 0)
            view->waiting_ms = told_ms;
    }
}

/* What could not be rendered for lack of memory stays as it was, and is tried again with the next frame. */
static bool renew_section(struct cm_views *views, struct cm_view *view, enum cm_board_section section)
{
    struct cm_buffer *fresh = &views->scratch, old = view->sections[section];
    cm_buffer_reset(fresh);
    cm_board_section(views->board, section, view->queue, fresh);
    if (cm_buffer_status(fresh) != CM_OK || (view->number && cm_span_equal(cm_buffer_view(fresh), cm_buffer_view(&old))))
        return false;
    view->sections[section] = *fresh;
    *fresh = old;
    return true;
}

static void render(struct cm_views *views, struct cm_view *view, int64_t now_ms)
{
    bool changed = false;
    for (unsigned i = CM_BOARD_SECTION_COUNT; i-- > 0;) {
        if (i == CM_BOARD_SOURCE && !changed && view->number && now_ms - view->framed_ms < CM_VIEW_SOURCE_MS)
            continue; /* it counts interactions, and news are not to wait behind that */
        if (renew_section(views, view, (enum cm_board_section)i)) {
            view->numbers[i] = view->number + 1;
            changed = true;
        }
    }
    view->stale = false;
    view->rendered_ms = now_ms;
    if (changed) {
        view->number++;
        view->framed_ms = now_ms;
        drop_frames(view);
    }
}

int64_t cm_view_due_ms(const struct cm_view *view)
{
    int64_t frame_ms = view->framed_ms + CM_VIEW_PAUSE_MS, look_ms = view->rendered_ms + CM_VIEW_LOOK_MS;
    if (!view->stream_count || !view->stale)
        return INT64_MAX;
    return frame_ms > look_ms ? frame_ms : look_ms;
}

bool cm_view_renew(struct cm_views *views, struct cm_view *view, int64_t now_ms)
{
    uint64_t before = view->number;
    if (now_ms < cm_view_due_ms(view))
        return false;
    render(views, view, now_ms);
    if (view->number != before && view->waiting_ms >= 0)
        cm_metric_observe(&views->seconds, now_ms - view->waiting_ms);
    view->waiting_ms = -1;
    return view->number != before;
}

/* ---- what is owed ---- */

#define WORD_DIGITS 16u

uint64_t cm_view_seen(const struct cm_view *view, struct cm_span id)
{
    char word[WORD_DIGITS + 2];
    uint64_t number = 0;
    snprintf(word, sizeof word, "%016llx-", (unsigned long long)view->word);
    if (!cm_span_starts_with(id, cm_span_of(word)) || id.len - WORD_DIGITS - 1 > 18)
        return 0;
    for (size_t i = WORD_DIGITS + 1; i < id.len; i++) {
        if (id.ptr[i] < '0' || id.ptr[i] > '9')
            return 0;
        number = number * 10 + (uint64_t)(id.ptr[i] - '0');
    }
    return number <= view->number ? number : 0;
}

static uint32_t owed_sections(const struct cm_view *view, uint64_t seen)
{
    uint32_t sections = 0;
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++)
        if (view->numbers[i] > seen)
            sections |= 1u << i;
    return sections;
}

static void write_delta(const struct cm_view *view, uint32_t sections, struct cm_buffer *out)
{
    char before = '{';
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++) {
        if (!(sections & 1u << i))
            continue;
        cm_buffer_printf(out, "%c\"%s\":", before, cm_board_section_name((enum cm_board_section)i));
        cm_buffer_span(out, cm_buffer_view(&view->sections[i]));
        before = ',';
    }
    cm_buffer_byte(out, '}');
}

static struct cm_frame *make(struct cm_views *views, struct cm_view *view, uint32_t sections, int64_t now_ms)
{
    bool whole = sections == CM_FRAME_SNAPSHOT;
    struct cm_buffer *out = &views->scratch;
    cm_buffer_reset(out);
    if (whole)
        cm_buffer_printf(out, "retry: %d\n", CM_VIEW_RETRY_MS);
    cm_buffer_printf(out, "id: %016llx-%llu\nevent: %s\ndata: ", (unsigned long long)view->word, (unsigned long long)view->number,
                     whole ? "snapshot" : "delta");
    if (whole)
        cm_board_snapshot(views->board, view->queue, out);
    else
        write_delta(view, sections, out);
    cm_buffer_text(out, "\n\n");
    struct cm_frame *frame = frame_new(sections, now_ms, out);
    if (frame) {
        frame->next = view->frames;
        view->frames = frame;
    }
    return frame;
}

/* A snapshot that is older than its clock may be is made anew in its place. */
static void drop_old_snapshot(struct cm_view *view, int64_t now_ms)
{
    for (struct cm_frame **at = &view->frames; *at; at = &(*at)->next) {
        struct cm_frame *frame = *at;
        if (frame->sections != CM_FRAME_SNAPSHOT)
            continue;
        if (now_ms - frame->made_ms > CM_VIEW_SNAPSHOT_MS) {
            *at = frame->next;
            cm_frame_release(frame);
        }
        return;
    }
}

struct cm_frame *cm_view_owed(struct cm_views *views, struct cm_view *view, uint64_t seen, int64_t now_ms)
{
    uint32_t sections = seen ? owed_sections(view, seen) : CM_FRAME_SNAPSHOT;
    if (sections == 0)
        return NULL;
    if (sections == CM_FRAME_SNAPSHOT)
        drop_old_snapshot(view, now_ms);
    struct cm_frame *frame = view->frames;
    while (frame && frame->sections != sections)
        frame = frame->next;
    if (!frame)
        frame = make(views, view, sections, now_ms);
    return frame ? cm_frame_hold(frame) : NULL;
}
