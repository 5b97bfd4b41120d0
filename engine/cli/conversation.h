/*
 * conversation: the turns of one interaction, found in an archive and put in
 * order by the engine itself, so that turn numbers are those of its scorecard.
 */
#ifndef CM_CLI_CONVERSATION_H
#define CM_CLI_CONVERSATION_H

#include "base/arena.h"
#include "event/event.h"
#include "io/inputs.h"

struct cm_conversation_turn {
    uint8_t speaker; /* enum cm_speaker */
    bool has_ts;
    int64_t ts;          /* epoch ms */
    struct cm_span text; /* as it stands after edits; ptr NULL: deleted */
    struct cm_span agent_id;
};

struct cm_conversation {
    struct cm_conversation_turn *turns;
    size_t count;
    struct cm_arena arena; /* owns all */
};

/* Empty where the inputs do not hold the id. Faults of reading go to diagnostics. */
enum cm_status cm_conversation_load(struct cm_conversation *conversation, const struct cm_inputs *inputs, struct cm_span id,
                                    struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
void cm_conversation_free(struct cm_conversation *conversation);

#endif
