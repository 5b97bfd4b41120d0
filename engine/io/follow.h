/*
 * follow: the lines of a growing file, of a pipe or of standard input, as soon as they are there.
 *
 * - A line is given when its newline has come; the last one of an input that
 *   ends without it is given at the end.
 * - A file that was replaced (another inode under its name, as logrotate does)
 *   is read to its end first, and left when the new one holds something: who
 *   writes has moved over. A file that became shorter starts again at 0. Both
 *   begin a new generation; offsets count within one.
 * - A file that is not there yet is waited for.
 * - Waiting is the kernel's (inotify, poll), and every second the file is looked
 *   at whatever was told: file systems over a network tell nothing.
 * - Lines longer than CM_LINE_MAX_BYTES are given as their head, as sources do.
 *   Compressed input is refused: its end cannot be read while it grows.
 *
 * What cannot be seen: a file that was emptied and has outgrown its old length, or
 * one that had the name and lost it again, before anybody looked.
 *
 * One thread at a time.
 */
#ifndef CM_IO_FOLLOW_H
#define CM_IO_FOLLOW_H

#include "io/source.h"

struct cm_follow;

/* Between two lines: what a program keeps to go on there after it was ended. All zeros: the beginning. */
struct cm_follow_position {
    uint64_t generation; /* how often the file was replaced or cut since the beginning */
    uint64_t offset;     /* bytes, within the generation */
    uint64_t line;       /* lines before offset */
    uint64_t inode;      /* of the file that offset is meant for; 0: not known, not compared */
};

struct cm_follow_request {
    const char *path;                /* "-": standard input. Borrowed until close */
    int input;                       /* what "-" reads, if it is not standard input: a descriptor, which stays the caller's; 0: none */
    bool once;                       /* what is there and no more: the end of the file is the end */
    struct cm_follow_position start; /* a pipe does not bring back what it gave: it begins a generation at 0 where this is not all zeros */
};

/*
 * A position that the file does not fit (another inode, too short, not behind a
 * newline) is told as a warning ("input-replaced"), and reading begins at 0 of
 * the next generation: what was read before may come again, nothing is passed
 * over. CM_EIO, told: it cannot be opened, is a folder, is compressed.
 * diagnostics is borrowed until close.
 */
enum cm_status cm_follow_open(struct cm_follow **follow, const struct cm_follow_request *request,
                              struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/*
 * CM_OK: whole lines of one generation, at most CM_BLOCK_BYTES unless one line
 * is longer, in the block's own memory; or an empty block, where none came
 * within wait_ms (0: what is there) or a signal came. CM_END: no more, for every
 * later call too (standard input; once). CM_EIO: told; a later call tries again.
 */
enum cm_status cm_follow_next(struct cm_follow *follow, int wait_ms, struct cm_block *block) CM_MUST_CHECK;

/* Of the block that was given last. */
uint64_t cm_follow_generation(const struct cm_follow *follow);

/* Behind the block that was given last: to be kept once its lines are done with. */
struct cm_follow_position cm_follow_position(const struct cm_follow *follow);

/* NULL is nothing. */
void cm_follow_close(struct cm_follow *follow);

#endif
