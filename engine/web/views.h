/*
 * views: what changed on the board, for all who look at the same of it.
 *
 * A view is the whole board or one queue of it. Its sections have numbers: that
 * of the frame in which they last changed. Whoever has seen frame n is owed the
 * sections with higher numbers; a frame is therefore told by which sections are
 * in it, is made once, and shared. Ids of frames begin with a word of their view
 * alone, so that an id of another view or process is known for what it is.
 *
 * Knows neither sockets nor clocks. The web's thread.
 */
#ifndef CM_WEB_VIEWS_H
#define CM_WEB_VIEWS_H

#include "base/metrics.h"
#include "board/board.h"

#define CM_VIEWS_MAX 64u
#define CM_VIEW_PAUSE_MS 250    /* between two frames */
#define CM_VIEW_SOURCE_MS 1000  /* until a frame that holds nothing new but the source */
#define CM_VIEW_LOOK_MS 50      /* between two looks at a board that is told things and shows no difference */
#define CM_VIEW_KEPT_MS 60000   /* after its last client: who lost the stream comes back to deltas */
#define CM_VIEW_SNAPSHOT_MS 250 /* so old may the clock of a snapshot be */
#define CM_VIEW_RETRY_MS 2000

#define CM_FRAME_SNAPSHOT (1u << CM_BOARD_SECTION_COUNT)

/* An event of a stream, as it is sent. */
struct cm_frame {
    struct cm_frame *next; /* of its view's */
    uint32_t holders;
    uint32_t sections; /* bits, or CM_FRAME_SNAPSHOT */
    int64_t made_ms;
    size_t len;
    char bytes[];
};

struct cm_view {
    struct cm_span queue; /* owned; ptr NULL: all */
    uint64_t word;        /* its ids begin with it */
    uint64_t number;      /* of its newest frame; 0: it was never looked at */
    uint64_t numbers[CM_BOARD_SECTION_COUNT];
    struct cm_buffer sections[CM_BOARD_SECTION_COUNT];
    struct cm_frame *frames;   /* of this number */
    struct cm_stream *streams; /* who looks */
    uint32_t stream_count;
    int64_t rendered_ms, framed_ms, left_ms;
    bool stale;         /* the board was told something since */
    int64_t waiting_ms; /* when it was told that first */
};

struct cm_views {
    struct cm_board *board; /* borrowed */
    uint64_t process;       /* random */
    uint64_t made;
    struct cm_view *items[CM_VIEWS_MAX];
    uint32_t count;
    struct cm_buffer scratch;
    struct cm_metric_histogram seconds; /* from the first thing that the board was told to the frame that shows it */
};

void cm_views_init(struct cm_views *views, struct cm_board *board, uint64_t process);
void cm_views_free(struct cm_views *views);

/* The view of a queue, as new as the board; ptr NULL: of all. CM_ELIMIT: so many are looked at already; CM_ENOMEM. */
enum cm_status cm_views_find(struct cm_views *views, struct cm_span queue, int64_t now_ms, struct cm_view **out) CM_MUST_CHECK;

/* The board was told something, at told_ms; or only the time (told_ms -1). */
void cm_views_stale(struct cm_views *views, int64_t told_ms);
/* Does it have a new frame now? One that nobody looks at, or that had one lately, is not looked into. */
bool cm_view_renew(struct cm_views *views, struct cm_view *view, int64_t now_ms);
/* When cm_view_renew is worth a call; INT64_MAX: not until something changes. */
int64_t cm_view_due_ms(const struct cm_view *view);

/* The frame that an id names: 0 where it is not of this view, or none. */
uint64_t cm_view_seen(const struct cm_view *view, struct cm_span id);
/*
 * What whoever has seen that frame is owed, held for the caller; seen 0: a snapshot. NULL: nothing; or memory is out, and then it is
 * still owed.
 */
struct cm_frame *cm_view_owed(struct cm_views *views, struct cm_view *view, uint64_t seen, int64_t now_ms);

/* An event without an id, held for the caller; NULL: memory is out. */
struct cm_frame *cm_frame_tick(int64_t board_ms);
struct cm_frame *cm_frame_hold(struct cm_frame *frame);
/* NULL is nothing. */
void cm_frame_release(struct cm_frame *frame);

#endif
