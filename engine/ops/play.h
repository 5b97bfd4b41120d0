/*
 * play: conversations of an archive as if they happened now, for a demonstration.
 *
 * Each conversation is moved as a whole, so that nothing that is judged changes: its last event is dated when it is
 * delivered; that of a mail as many hours before as keep its time of day, for its clock may go by working hours. Pauses of
 * more than five minutes are not waited for: what was said before them is dated further back than it was delivered. What
 * comes behind an end comes when it came. A conversation that nobody ends is ended two minutes after its last word. When
 * the list is over it begins again, as other conversations: ~2 stands behind their ids, then ~3, and so on.
 *
 * cm_play_next is pure; cm_play_pump belongs to a thread of its own.
 */
#ifndef CM_OPS_PLAY_H
#define CM_OPS_PLAY_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "io/source.h"
#include "ops/playlist.h"

#define CM_PLAY_PAUSE_MAX_MS (5 * INT64_C(60000))
#define CM_PLAY_ENDED_AFTER_MS (2 * INT64_C(60000))

struct cm_play;

/* All that the list names is read from source to its end. CM_EUSAGE, told: a conversation is not there, is there twice in the list, or has
 * no time. CM_EIO, told. CM_ENOMEM. list is not needed any more afterwards. */
enum cm_status cm_play_load(const struct cm_playlist *list, struct cm_source *source, struct cm_diagnostics *diagnostics,
                            struct cm_play **out) CM_MUST_CHECK;
/* NULL is nothing. */
void cm_play_free(struct cm_play *play);

/* When the last event of the first round comes, ms after the start. */
int64_t cm_play_length(const struct cm_play *play);

/*
 * The next line of all rounds, with its newline, in line (which is reset), and when it comes: *at_ms, epoch, the list being started at
 * start_ms. CM_END: once, and the first round is over. CM_ENOMEM.
 */
enum cm_status cm_play_next(struct cm_play *play, int64_t start_ms, bool once, struct cm_buffer *line, int64_t *at_ms) CM_MUST_CHECK;

struct cm_play_pump {
    struct cm_play *play;
    int64_t start_ms;      /* as in cm_play_next */
    struct cm_clock clock; /* by which lines are waited for */
    bool once;             /* one round, and nothing is waited for */
    int output;            /* a pipe; a reader that is gone ends it */
    const atomic_bool *stop;
};
/* Until stop, the end of the one round, or of whoever reads. CM_EIO with errno; CM_ENOMEM. */
enum cm_status cm_play_pump(const struct cm_play_pump *pump) CM_MUST_CHECK;

#endif
