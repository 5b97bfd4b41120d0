#include "board/put.h"

#include "base/moment.h"

void cm_board_put_text(struct cm_buffer *out, struct cm_span text)
{
    if (text.ptr)
        cm_buffer_json(out, text);
    else
        cm_buffer_text(out, "null");
}

void cm_board_put_time(struct cm_buffer *out, int64_t ms)
{
    char text[CM_MOMENT_BYTES];
    if (!cm_moment_write(text, ms)) {
        cm_buffer_text(out, "null");
        return;
    }
    cm_buffer_byte(out, '"');
    cm_buffer_append(out, text, sizeof text);
    cm_buffer_byte(out, '"');
}

void cm_board_put_clock(struct cm_buffer *out, const struct cm_board *board)
{
    cm_buffer_text(out, "{\"now\":");
    cm_board_put_time(out, board->now_ms);
    cm_buffer_printf(out, ",\"rate\":%u}", (unsigned)cm_clock_rate(&board->settings.clock));
}

void cm_board_put_name(struct cm_buffer *out, const char *name)
{
    cm_board_put_text(out, name ? cm_span_of(name) : (struct cm_span){NULL, 0});
}

static struct cm_span agent(const struct cm_board *board, struct cm_span agent_id)
{
    return board->settings.agents ? agent_id : (struct cm_span){NULL, 0};
}

void cm_board_put_where(struct cm_buffer *out, const struct cm_board *board, struct cm_span id, const char *channel,
                        const struct cm_board_group *queue, struct cm_span agent_id)
{
    cm_buffer_text(out, "\"interaction_id\":");
    cm_board_put_text(out, id);
    cm_put_key(out, "channel");
    cm_board_put_name(out, channel);
    cm_put_key(out, "queue");
    cm_board_put_text(out, queue->name);
    cm_put_key(out, "agent_id");
    cm_board_put_text(out, agent(board, agent_id));
}
