/*
 * reader: the bytes of one file, decompressed. For the sources alone.
 *
 * gzip (many members), zstd (many frames) and plain bytes are told apart by
 * what stands first. Reads from a descriptor or from memory. One thread at a time.
 */
#ifndef CM_IO_READER_H
#define CM_IO_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/status.h"

/* What one read of a compressed file asks for: a few blocks of zstd. */
#define CM_READER_RAW_BYTES ((size_t)128 * 1024)
/* How long a reader waits at a pipe before it looks whether it has been stopped. */
#define CM_READER_POLL_MS 100

enum cm_reader_fault {
    CM_READER_FAULT_NONE,
    CM_READER_FAULT_OPEN,
    CM_READER_FAULT_READ,      /* the system's error */
    CM_READER_FAULT_TRUNCATED, /* the compressed data ends too early, or the file shrank */
    CM_READER_FAULT_CORRUPT,
};

struct cm_codec;

struct cm_reader {
    int fd;                /* -1: memory */
    bool close;            /* the descriptor is ours */
    bool pipe;             /* no regular file: reads may be short, and may wait */
    struct cm_span memory; /* not yet read */
    uint64_t size;         /* of a regular file at open */
    const atomic_bool *stop;
    char *raw; /* bytes read and not yet used */
    size_t raw_at, raw_len;
    bool raw_ended;
    struct cm_codec *codec; /* NULL: plain */
    bool complete;          /* between members or frames: the file may end here */
    bool damaged;           /* told once the bytes before it are out */
    uint64_t raw_read;      /* bytes of the file so far */
    uint64_t given;         /* bytes handed out */
    enum cm_reader_fault fault;
    int error;          /* errno of OPEN and READ */
    const char *detail; /* static, of TRUNCATED and CORRUPT */
};

/* path "-" is standard input. CM_EIO: fault and error say why; the reader is closed. stop is borrowed. */
enum cm_status cm_reader_open(struct cm_reader *reader, const char *path, const atomic_bool *stop) CM_MUST_CHECK;
enum cm_status cm_reader_open_memory(struct cm_reader *reader, struct cm_span bytes) CM_MUST_CHECK;

/*
 * At least one byte (CM_OK), CM_END, CM_ESTOPPED, CM_ENOMEM, or CM_EIO with the
 * fault, which comes after all bytes before it. May give fewer bytes than there is room for.
 */
enum cm_status cm_reader_read(struct cm_reader *reader, char *to, size_t room, size_t *got) CM_MUST_CHECK;

void cm_reader_close(struct cm_reader *reader);

#endif
