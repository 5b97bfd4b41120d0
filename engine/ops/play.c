#include "ops/play.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "event/retime.h"
#include "ops/address.h"

/* How soon a stop is noticed. */
#define LOOK_MS 50
#define DAY_MS (24 * INT64_C(3600000))

/* One event of a conversation. */
struct said {
    struct cm_span line; /* without its newline */
    size_t entry;        /* of the list */
    uint64_t order;      /* in the archive */
    bool timed, ends;
    bool mail;          /* is moved by whole days */
    int64_t ts, end_ts; /* of the archive; ts of one that has none is that of the one before */
    int64_t comes;      /* ms after the list's start */
    uint64_t cycle;     /* and in which cycle of its round that is, */
    int64_t phase;      /* and where in it */
    int64_t moved;      /* from a ts of the archive to one after the list's start */
};

struct cm_play {
    struct said *said;
    size_t count, cap;
    struct cm_arena arena; /* owns lines */
    int64_t every_ms;
    int64_t first_ms; /* when the first line of all comes */
    uint64_t last_cycle;
    size_t next;
    uint64_t cycle; /* of every_ms each; a line may belong to a round that began some cycles ago */
};

/* --------------------------------------------------------------------- reading */

struct loading {
    const struct cm_playlist *list;
    struct cm_play *play;
    struct cm_diagnostics *diagnostics;
    struct cm_arena arena;
};

static size_t entry_of(const struct cm_playlist *list, struct cm_span id)
{
    size_t at = 0;
    while (at < list->count && !cm_span_equal(list->entries[at].id, id))
        at++;
    return at;
}

static enum cm_status take_line(struct loading *loading, const struct cm_block *block, const struct cm_line *line)
{
    struct cm_play *play = loading->play;
    struct cm_address address;
    enum cm_status status = cm_address_line(&loading->arena, line->bytes, block->first_of_file && line->number == 1, &address);
    if (status != CM_OK || address.blank || address.reject != CM_REJECT_NONE)
        return status;
    size_t entry = entry_of(loading->list, address.key);
    if (entry == loading->list->count)
        return CM_OK;
    status = cm_grow(&play->said, &play->cap, play->count + 1, sizeof *play->said);
    struct said said = {.line = cm_arena_copy(&play->arena, line->bytes),
                        .entry = entry,
                        .order = play->count,
                        .timed = address.event.has & CM_HAS_TS,
                        .ends = address.event.type == CM_EVENT_END,
                        .mail = address.event.channel == CM_CHANNEL_EMAIL,
                        .ts = address.event.has & CM_HAS_TS ? address.event.ts : 0,
                        .end_ts = address.event.has & CM_HAS_END_TS ? address.event.end_ts : CM_RETIME_KEEP};
    if (status != CM_OK || !said.line.ptr)
        return CM_ENOMEM;
    play->said[play->count++] = said;
    return CM_OK;
}

static enum cm_status read_all(struct loading *loading, struct cm_source *source)
{
    struct cm_block block = CM_BLOCK_EMPTY;
    enum cm_status status = CM_OK;
    while (status == CM_OK && (status = cm_source_next(source, &block)) == CM_OK) {
        struct cm_line line = {0};
        while (status == CM_OK && cm_block_next_line(&block, &line))
            status = take_line(loading, &block, &line);
    }
    cm_block_free(&block);
    return status == CM_END ? CM_OK : status;
}

/* ------------------------------------------------------------------ one conversation */

static int by_conversation(const void *left, const void *right)
{
    const struct said *a = left, *b = right;
    if (a->entry != b->entry)
        return a->entry < b->entry ? -1 : 1;
    if (a->ts != b->ts)
        return a->ts < b->ts ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Events without a time go with the one before, in the order of the archive. */
static void lend_times(struct cm_play *play)
{
    for (size_t i = 0; i < play->count; i++)
        for (size_t k = i; k-- > 0 && !play->said[i].timed && !play->said[i].ts;)
            if (play->said[k].entry == play->said[i].entry)
                play->said[i].ts = play->said[k].ts;
}

/* When each comes, from its beginning on; where what is judged ends (behind that, pauses are kept): the index of the last. */
static size_t pace(struct said *said, size_t count)
{
    size_t last = count - 1;
    bool over = false;
    said[0].comes = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t pause = said[i].ts - said[i - 1].ts;
        if (said[i - 1].ends && !over) {
            over = true;
            last = i - 1;
        }
        said[i].comes = said[i - 1].comes + (pause > CM_PLAY_PAUSE_MAX_MS && !over ? CM_PLAY_PAUSE_MAX_MS : pause);
    }
    return last;
}

static enum cm_status add_end(struct cm_play *play, const struct cm_playlist_entry *entry, const struct said *last)
{
    const char *line = cm_arena_printf(&play->arena, "{\"interaction_id\":\"%.*s\",\"type\":\"end\"}", (int)entry->id.len, entry->id.ptr);
    struct said end = {.entry = last->entry, .order = last->order, .comes = last->comes + CM_PLAY_ENDED_AFTER_MS, .end_ts = CM_RETIME_KEEP};
    if (!line)
        return CM_ENOMEM;
    end.line = cm_span_of(line);
    enum cm_status status = cm_grow(&play->said, &play->cap, play->count + 1, sizeof *play->said);
    if (status == CM_OK)
        play->said[play->count++] = end;
    return status;
}

static enum cm_status place(struct cm_play *play, const struct cm_playlist_entry *entry, size_t from, size_t count)
{
    size_t last = pace(&play->said[from], count);
    int64_t start = entry->at_ms - (entry->ended ? play->said[from + last].comes : 0);
    bool ends = false, mail = false;
    for (size_t i = from; i < from + count; i++) {
        play->said[i].comes += start;
        ends |= play->said[i].ends;
        mail |= play->said[i].mail;
    }
    int64_t moved = play->said[from + last].comes - play->said[from + last].ts - entry->dated_ms;
    for (size_t i = from; i < from + count; i++)
        play->said[i].moved = moved, play->said[i].mail = mail;
    struct said final = play->said[from + last];
    return ends ? CM_OK : add_end(play, entry, &final);
}

static void tell(struct loading *loading, size_t entry, const char *what)
{
    const struct cm_playlist_entry *named = &loading->list->entries[entry];
    cm_diagnostics_add(loading->diagnostics, CM_SEVERITY_ERROR, "playlist", named->place, NULL, "the conversation %.*s %s",
                       (int)named->id.len, named->id.ptr, what);
}

/* Each conversation of the list by itself. */
static enum cm_status place_all(struct loading *loading)
{
    struct cm_play *play = loading->play;
    const struct cm_playlist *list = loading->list;
    enum cm_status status = CM_OK;
    lend_times(play);
    if (play->count)
        qsort(play->said, play->count, sizeof *play->said, by_conversation);
    size_t at = 0, said = play->count;
    for (size_t entry = 0; entry < list->count && status == CM_OK; entry++) {
        size_t from = at;
        while (at < said && play->said[at].entry == entry)
            at++;
        if (entry_of(list, list->entries[entry].id) != entry)
            tell(loading, entry, "is in the list twice");
        else if (from == at)
            tell(loading, entry, "is not there");
        else if (!play->said[at - 1].ts)
            tell(loading, entry, "has no times");
        else
            status = place(play, &list->entries[entry], from, at - from);
    }
    return status;
}

/* ------------------------------------------------------------------------ the whole */

static int by_phase(const void *left, const void *right)
{
    const struct said *a = left, *b = right;
    if (a->phase != b->phase)
        return a->phase < b->phase ? -1 : 1;
    if (a->entry != b->entry)
        return a->entry < b->entry ? -1 : 1;
    if (a->comes != b->comes)
        return a->comes < b->comes ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* One list for all rounds: what a round says in its second cycle is said beside the first of the next round. */
static void order_all(struct cm_play *play)
{
    for (size_t i = 0; i < play->count; i++)
        if (i == 0 || play->said[i].comes < play->first_ms)
            play->first_ms = play->said[i].comes;
    for (size_t i = 0; i < play->count; i++) {
        struct said *said = &play->said[i];
        said->cycle = (uint64_t)((said->comes - play->first_ms) / play->every_ms);
        said->phase = (said->comes - play->first_ms) % play->every_ms;
        if (said->cycle > play->last_cycle)
            play->last_cycle = said->cycle;
    }
    if (play->count)
        qsort(play->said, play->count, sizeof *play->said, by_phase);
}

enum cm_status cm_play_load(const struct cm_playlist *list, struct cm_source *source, struct cm_diagnostics *diagnostics,
                            struct cm_play **out)
{
    struct loading loading = {.list = list, .play = calloc(1, sizeof *loading.play), .diagnostics = diagnostics};
    size_t before = diagnostics->errors;
    *out = NULL;
    if (!loading.play)
        return CM_ENOMEM;
    loading.play->every_ms = list->every_ms;
    enum cm_status status = read_all(&loading, source);
    if (status == CM_OK && diagnostics->errors > before)
        status = CM_EIO;
    if (status == CM_OK)
        status = place_all(&loading);
    if (status == CM_OK && (diagnostics->errors > before || !loading.play->count))
        status = CM_EUSAGE;
    if (status == CM_OK) {
        order_all(loading.play);
        *out = loading.play;
    } else {
        cm_play_free(loading.play);
    }
    cm_arena_free(&loading.arena);
    return status;
}

void cm_play_free(struct cm_play *play)
{
    if (!play)
        return;
    cm_arena_free(&play->arena);
    free(play->said);
    free(play);
}

int64_t cm_play_length(const struct cm_play *play)
{
    int64_t last = play->first_ms;
    for (size_t i = 0; i < play->count; i++)
        last = play->said[i].comes > last ? play->said[i].comes : last;
    return last;
}

static enum cm_status write_line(const struct said *said, uint64_t round, int64_t start_ms, struct cm_buffer *line)
{
    char suffix[24] = "";
    int len = round ? snprintf(suffix, sizeof suffix, "~%llu", (unsigned long long)round + 1) : 0;
    int64_t moved = start_ms + said->moved;
    if (said->mail)
        moved -= moved % DAY_MS + (moved % DAY_MS < 0 ? DAY_MS : 0);
    cm_buffer_reset(line);
    enum cm_status status =
        cm_event_again(line, said->line, said->timed ? said->ts + moved : CM_RETIME_KEEP,
                       said->end_ts == CM_RETIME_KEEP ? CM_RETIME_KEEP : said->end_ts + moved, (struct cm_span){suffix, (size_t)len});
    cm_buffer_byte(line, '\n');
    return status == CM_OK ? cm_buffer_status(line) : status;
}

enum cm_status cm_play_next(struct cm_play *play, int64_t start_ms, bool once, struct cm_buffer *line, int64_t *at_ms)
{
    for (;;) {
        if (play->next == play->count) {
            play->next = 0;
            play->cycle++;
        }
        if (once && play->cycle > play->last_cycle)
            return CM_END;
        const struct said *said = &play->said[play->next++];
        uint64_t round = play->cycle - said->cycle;
        if (said->cycle > play->cycle || (once && round > 0))
            continue;
        start_ms += (int64_t)round * play->every_ms;
        *at_ms = start_ms + said->comes;
        return write_line(said, round, start_ms, line);
    }
}

/* --------------------------------------------------------------------------- the pump */

static bool stopped(const struct cm_play_pump *pump)
{
    return atomic_load_explicit(pump->stop, memory_order_relaxed); /* a flag that is only polled */
}

static void wait_until(const struct cm_play_pump *pump, int64_t at_ms)
{
    while (!pump->once && !stopped(pump)) {
        int64_t ahead = at_ms - cm_clock_now_ms(&pump->clock), left = ahead / cm_clock_rate(&pump->clock) + 1;
        if (ahead <= 0)
            return;
        poll(NULL, 0, left < LOOK_MS ? (int)left : LOOK_MS);
    }
}

/* CM_END: nobody reads any more, or it is to stop. The pipe does not block, so that a reader that rests does not keep us. */
static enum cm_status write_all(const struct cm_play_pump *pump, struct cm_span bytes)
{
    while (bytes.len && !stopped(pump)) {
        ssize_t written = write(pump->output, bytes.ptr, bytes.len);
        if (written < 0 && (errno == EAGAIN || errno == EINTR)) {
            poll(&(struct pollfd){.fd = pump->output, .events = POLLOUT}, 1, LOOK_MS);
            continue;
        }
        if (written < 0)
            return errno == EPIPE ? CM_END : CM_EIO;
        bytes = (struct cm_span){bytes.ptr + written, bytes.len - (size_t)written};
    }
    return bytes.len ? CM_END : CM_OK;
}

enum cm_status cm_play_pump(const struct cm_play_pump *pump)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    enum cm_status status = CM_OK;
    int64_t at_ms;
    while (status == CM_OK && !stopped(pump)) {
        status = cm_play_next(pump->play, pump->start_ms, pump->once, &line, &at_ms);
        if (status == CM_OK) {
            wait_until(pump, at_ms);
            status = write_all(pump, cm_buffer_view(&line));
        }
    }
    cm_buffer_free(&line);
    return status == CM_END ? CM_OK : status;
}
