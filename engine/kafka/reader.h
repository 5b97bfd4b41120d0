/*
 * reader: messages of partitions, from exact offsets, in batches.
 *
 * A stream is one queue into which any number of partitions are read; a reader
 * holds several streams (the live one, and one for what is being restored). No
 * group, no commits, no surprises: a partition is read between start and stop.
 * One thread.
 */
#ifndef CM_KAFKA_READER_H
#define CM_KAFKA_READER_H

#include "kafka/client.h"

/* What one read gives at most; large enough that the call is nothing, small enough to stay in the cache while it is scanned. */
#define CM_KAFKA_BATCH_MAX 512u

/* Offsets that are no numbers. */
#define CM_KAFKA_FIRST (-2)
#define CM_KAFKA_LAST (-1)

struct cm_kafka_reader;
struct cm_kafka_stream;

enum cm_kafka_note {
    CM_KAFKA_MESSAGE,
    CM_KAFKA_AT_END, /* all that the partition holds for now was read; offset: of what would come next */
    CM_KAFKA_GONE,   /* the offset asked for is not there any more (retention), or never was: reading goes on at offset */
    CM_KAFKA_BROKEN, /* this partition cannot be read: error says why; it is stopped */
};

struct cm_kafka_message {
    uint8_t note; /* enum cm_kafka_note; of all but MESSAGE only topic, partition, offset (and error) are meant */
    uint32_t topic, partition;
    int64_t offset;
    int64_t ts;           /* epoch ms, as the log has it; -1: none */
    struct cm_span key;   /* ptr NULL: none */
    struct cm_span value; /* ptr NULL: a tombstone */
    const char *error;    /* static; of BROKEN */
    const void *internal; /* for cm_kafka_header */
};

/* Messages in log order a partition; their bytes live until the batch is freed. Batches are independent: many may be held at once, and any
 * thread may look. */
struct cm_kafka_batch {
    struct cm_kafka_message items[CM_KAFKA_BATCH_MAX];
    size_t count;
    void *raw[CM_KAFKA_BATCH_MAX]; /* the library's */
    size_t raw_count;
};

/* committed_only: messages of open or aborted transactions are not shown (isolation.level=read_committed). */
enum cm_status cm_kafka_reader_open(const struct cm_kafka_options *options, bool committed_only, struct cm_diagnostics *diagnostics,
                                    struct cm_kafka_reader **out) CM_MUST_CHECK;

enum cm_status cm_kafka_stream_open(struct cm_kafka_reader *reader, struct cm_kafka_stream **out) CM_MUST_CHECK;

/* topic: what messages are marked with. offset: a number, CM_KAFKA_FIRST or CM_KAFKA_LAST. CM_EIO: error as diagnostic. */
enum cm_status cm_kafka_stream_start(struct cm_kafka_stream *stream, const char *name, uint32_t topic, uint32_t partition, int64_t offset,
                                     struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
/* No message of this partition comes any more, those already read ahead included. */
enum cm_status cm_kafka_stream_stop(struct cm_kafka_stream *stream, uint32_t topic, uint32_t partition) CM_MUST_CHECK;

/*
 * CM_OK: at least one item, perhaps only notes. CM_END: nothing within wait_ms. CM_EIO: the reader is of no further use. Never waits for a
 * full batch. batch must be empty (zeroed or freed).
 */
enum cm_status cm_kafka_stream_read(struct cm_kafka_stream *stream, int wait_ms, struct cm_kafka_batch *batch) CM_MUST_CHECK;
/* Why the last read gave CM_EIO. */
const char *cm_kafka_stream_error(const struct cm_kafka_stream *stream);
void cm_kafka_batch_free(struct cm_kafka_batch *batch);

/* The value of a header of a message of a batch that was not freed; false: it has none of this name. Of several, the last. Two threads may
 * not ask of one message at once. */
bool cm_kafka_header(const struct cm_kafka_message *message, const char *name, struct cm_span *value);

/* First offset that the log holds and the one behind its last; asks the broker, wait_ms at most. CM_EIO: no answer, or no such partition.
 */
enum cm_status cm_kafka_reader_bounds(struct cm_kafka_reader *reader, const char *topic, uint32_t partition, int wait_ms, int64_t *low,
                                      int64_t *high) CM_MUST_CHECK;
/* The first message that the log took at this time (epoch ms) or later: its offset, or CM_KAFKA_LAST where there is none. As bounds. */
enum cm_status cm_kafka_reader_since(struct cm_kafka_reader *reader, const char *topic, uint32_t partition, int64_t since_ms, int wait_ms,
                                     int64_t *offset) CM_MUST_CHECK;
/* The last high watermark that the reader heard of, without asking; -1: none yet. */
int64_t cm_kafka_reader_high(struct cm_kafka_reader *reader, const char *topic, uint32_t partition);

void cm_kafka_stream_close(struct cm_kafka_stream *stream);
/* After all its streams and batches. */
void cm_kafka_reader_close(struct cm_kafka_reader *reader);

#endif
