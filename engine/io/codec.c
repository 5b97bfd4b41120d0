#include "io/codec.h"

#include <stdlib.h>
#define ZLIB_CONST /* zlib does not write to its input */
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* zlib: window of 32 KiB, with a gzip header and check. */
#define GZIP_WINDOW_BITS (15 + 16)
/* One step of zlib takes at most this: its counters are 32 bits wide. */
#define GZIP_STEP_BYTES ((size_t)1 << 30)

struct cm_codec {
    enum cm_codec_kind kind;
    bool between; /* gzip: a member has ended, and the next has not begun */
    z_stream gzip;
    ZSTD_DStream *zstd;
};

static bool starts(struct cm_span first, const char *mark, size_t len)
{
    return first.len >= len && memcmp(first.ptr, mark, len) == 0;
}

enum cm_codec_kind cm_codec_detect(struct cm_span first)
{
    if (starts(first, "\x1F\x8B", 2))
        return CM_CODEC_GZIP;
    if (starts(first, "\x28\xB5\x2F\xFD", 4))
        return CM_CODEC_ZSTD;
    if (first.len >= 4 && ((unsigned char)first.ptr[0] & 0xF0) == 0x50 && memcmp(first.ptr + 1, "\x2A\x4D\x18", 3) == 0)
        return CM_CODEC_ZSTD; /* a skippable frame, as seekable archives have */
    if (starts(first,
               "\xFD"
               "7zXZ",
               5) ||
        starts(first, "BZh", 3) || starts(first, "PK\x03\x04", 4))
        return CM_CODEC_FOREIGN;
    return CM_CODEC_PLAIN;
}

struct cm_codec *cm_codec_new(enum cm_codec_kind kind)
{
    struct cm_codec *codec = calloc(1, sizeof *codec);
    if (!codec)
        return NULL;
    codec->kind = kind;
    bool good;
    if (kind == CM_CODEC_GZIP)
        good = inflateInit2(&codec->gzip, GZIP_WINDOW_BITS) == Z_OK;
    else
        good = (codec->zstd = ZSTD_createDStream()) != NULL;
    if (!good) {
        free(codec);
        return NULL;
    }
    return codec;
}

void cm_codec_free(struct cm_codec *codec)
{
    if (!codec)
        return;
    if (codec->kind == CM_CODEC_GZIP)
        inflateEnd(&codec->gzip);
    else
        ZSTD_freeDStream(codec->zstd);
    free(codec);
}

static enum cm_codec_state step_gzip(struct cm_codec *codec, struct cm_span *from, char *to, size_t room, size_t *got, const char **detail)
{
    z_stream *gzip = &codec->gzip;
    size_t in = from->len < GZIP_STEP_BYTES ? from->len : GZIP_STEP_BYTES;
    size_t out = room < GZIP_STEP_BYTES ? room : GZIP_STEP_BYTES;
    if (codec->between && in) {
        inflateReset(gzip);
        codec->between = false;
    }
    gzip->next_in = (const Bytef *)from->ptr;
    gzip->avail_in = (uInt)in;
    gzip->next_out = (Bytef *)to;
    gzip->avail_out = (uInt)out;
    int result = inflate(gzip, Z_NO_FLUSH);
    size_t used = in - gzip->avail_in;
    from->ptr += used;
    from->len -= used;
    *got = out - gzip->avail_out;
    if (result == Z_STREAM_END) {
        codec->between = true;
        return CM_CODEC_COMPLETE;
    }
    if (result == Z_OK || result == Z_BUF_ERROR)
        return CM_CODEC_MORE;
    if (result == Z_MEM_ERROR)
        return CM_CODEC_NO_MEMORY;
    *detail = gzip->msg ? gzip->msg : "no gzip data";
    return CM_CODEC_DAMAGED;
}

static enum cm_codec_state step_zstd(struct cm_codec *codec, struct cm_span *from, char *to, size_t room, size_t *got, const char **detail)
{
    ZSTD_inBuffer in = {from->ptr, from->len, 0};
    ZSTD_outBuffer out = {to, room, 0};
    size_t result = ZSTD_decompressStream(codec->zstd, &out, &in);
    from->ptr += in.pos;
    from->len -= in.pos;
    *got = out.pos;
    if (!ZSTD_isError(result))
        return result == 0 ? CM_CODEC_COMPLETE : CM_CODEC_MORE;
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
        return CM_CODEC_NO_MEMORY;
    *detail = ZSTD_getErrorName(result);
    return CM_CODEC_DAMAGED;
}

enum cm_codec_state cm_codec_step(struct cm_codec *codec, struct cm_span *from, char *to, size_t room, size_t *got, const char **detail)
{
    return codec->kind == CM_CODEC_GZIP ? step_gzip(codec, from, to, room, got, detail) : step_zstd(codec, from, to, room, got, detail);
}

bool cm_codec_is_padding(struct cm_span rest)
{
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i])
            return false;
    return true;
}
