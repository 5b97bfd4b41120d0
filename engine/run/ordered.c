#include "run/ordered.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
    struct cm_buffer bytes;
    bool full;
};

struct cm_ordered {
    pthread_mutex_t lock;
    pthread_cond_t moved; /* next or status changed */
    uint64_t next;        /* the block to be written */
    enum cm_status status;
    cm_ordered_writer writer;
    void *context;
    struct slot slots[CM_ORDERED_WINDOW];
};

enum cm_status cm_ordered_new(cm_ordered_writer writer, void *context, struct cm_ordered **out)
{
    struct cm_ordered *ordered = calloc(1, sizeof *ordered);
    *out = ordered;
    if (!ordered)
        return CM_ENOMEM;
    ordered->writer = writer;
    ordered->context = context;
    pthread_mutex_init(&ordered->lock, NULL);
    pthread_cond_init(&ordered->moved, NULL);
    return CM_OK;
}

void cm_ordered_free(struct cm_ordered *ordered)
{
    if (!ordered)
        return;
    for (size_t i = 0; i < CM_ORDERED_WINDOW; i++)
        cm_buffer_free(&ordered->slots[i].bytes);
    pthread_cond_destroy(&ordered->moved);
    pthread_mutex_destroy(&ordered->lock);
    free(ordered);
}

/* Write what is there without a hole. The lock is held. */
static void advance(struct cm_ordered *ordered)
{
    struct slot *slot = &ordered->slots[ordered->next % CM_ORDERED_WINDOW];
    if (!slot->full)
        return;
    for (; slot->full; slot = &ordered->slots[ordered->next % CM_ORDERED_WINDOW]) {
        if (slot->bytes.len > 0 && ordered->status == CM_OK)
            ordered->status = ordered->writer(ordered->context, cm_buffer_view(&slot->bytes));
        cm_buffer_reset(&slot->bytes);
        slot->full = false;
        ordered->next++;
    }
    pthread_cond_broadcast(&ordered->moved);
}

enum cm_status cm_ordered_give(struct cm_ordered *ordered, uint64_t ordinal, struct cm_buffer *buffer)
{
    enum cm_status status = cm_buffer_status(buffer);
    if (status != CM_OK)
        return status;
    pthread_mutex_lock(&ordered->lock);
    while (ordered->status == CM_OK && ordinal >= ordered->next + CM_ORDERED_WINDOW)
        pthread_cond_wait(&ordered->moved, &ordered->lock);
    if (ordered->status == CM_OK) {
        struct slot *slot = &ordered->slots[ordinal % CM_ORDERED_WINDOW];
        struct cm_buffer spare = slot->bytes;
        slot->bytes = *buffer;
        slot->full = true;
        *buffer = spare;
        advance(ordered);
    }
    status = ordered->status;
    pthread_mutex_unlock(&ordered->lock);
    cm_buffer_reset(buffer);
    return status;
}

void cm_ordered_stop(struct cm_ordered *ordered)
{
    pthread_mutex_lock(&ordered->lock);
    if (ordered->status == CM_OK)
        ordered->status = CM_ESTOPPED;
    pthread_cond_broadcast(&ordered->moved);
    pthread_mutex_unlock(&ordered->lock);
}
