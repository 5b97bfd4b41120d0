/*
 * codec: gzip and zstd behind a reader. For reader.c; follow.c looks at marks.
 */
#ifndef CM_IO_CODEC_H
#define CM_IO_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* Bytes that tell a format; the longest mark has six. */
#define CM_CODEC_MARK_BYTES ((size_t)6)

enum cm_codec_kind {
    CM_CODEC_PLAIN,
    CM_CODEC_GZIP,
    CM_CODEC_ZSTD,
    CM_CODEC_FOREIGN, /* compressed by what is not built in: xz, bzip2, zip */
};

enum cm_codec_state {
    CM_CODEC_MORE,     /* goes on, with more input or more room */
    CM_CODEC_COMPLETE, /* a member or frame has ended; another may follow */
    CM_CODEC_DAMAGED,
    CM_CODEC_NO_MEMORY,
};

struct cm_codec;

enum cm_codec_kind cm_codec_detect(struct cm_span first);

/* GZIP or ZSTD; NULL when memory is out. */
struct cm_codec *cm_codec_new(enum cm_codec_kind kind);
void cm_codec_free(struct cm_codec *codec);

/* One step: uses up some of *from (moved on) and writes up to room bytes. *detail: a static text where it is damaged. */
enum cm_codec_state cm_codec_step(struct cm_codec *codec, struct cm_span *from, char *to, size_t room, size_t *got, const char **detail);

/* Whether what follows a complete member or frame is only padding (zero bytes, as tapes and block devices leave). */
bool cm_codec_is_padding(struct cm_span rest);

#endif
