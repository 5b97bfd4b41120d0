/* What the writers of the board's JSON share: members of an object behind the first one, and values that may be absent. */
#ifndef CM_WEB_BOARD_PUT_H
#define CM_WEB_BOARD_PUT_H

#include "board/private.h"

/* "…" or null. */
void cm_board_put_text(struct cm_buffer *out, struct cm_span text);
void cm_board_put_name(struct cm_buffer *out, const char *name);
/* RFC 3339, or null. */
void cm_board_put_time(struct cm_buffer *out, int64_t ms);
void cm_board_put_clock(struct cm_buffer *out, const struct cm_board *board);
/* What leads to an interaction: id, channel, queue, agent. The first members of an object. */
void cm_board_put_where(struct cm_buffer *out, const struct cm_board *board, struct cm_span id, const char *channel,
                        const struct cm_board_group *queue, struct cm_span agent_id);

/* ,"key": */
static inline void cm_put_key(struct cm_buffer *out, const char *key)
{
    cm_buffer_append(out, ",\"", 2);
    cm_buffer_text(out, key);
    cm_buffer_append(out, "\":", 2);
}

static inline void cm_put_number(struct cm_buffer *out, const char *key, uint64_t value)
{
    cm_put_key(out, key);
    cm_buffer_unsigned(out, value);
}

static inline void cm_put_truth(struct cm_buffer *out, const char *key, bool value)
{
    cm_put_key(out, key);
    cm_buffer_text(out, value ? "true" : "false");
}

/* A comma between items. */
static inline void cm_put_between(struct cm_buffer *out, size_t index)
{
    if (index)
        cm_buffer_byte(out, ',');
}

/* Of docs/wallboard-api.md; group NULL: of nobody. */
void cm_board_put_moments(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out);
void cm_board_put_promises(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out);
void cm_board_put_letters(const struct cm_board *board, const struct cm_board_group *group, struct cm_buffer *out);

#endif
