#include "score/private.h"

enum cm_status cm_interaction_new(struct cm_interaction **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? CM_OK : CM_ENOMEM;
}

void cm_interaction_free(struct cm_interaction *interaction)
{
    if (!interaction)
        return;
    free(interaction->records);
    free(interaction->kept);
    free(interaction->spare);
    free(interaction->edits);
    free(interaction->slots);
    free(interaction->turns);
    free(interaction->runs);
    free(interaction->agents);
    free(interaction->marks);
    free(interaction->names);
    cm_buffer_free(&interaction->full_names);
    free(interaction);
}

void cm_interaction_begin(struct cm_interaction *interaction)
{
    interaction->record_count = 0;
    interaction->told_flags = 0;
    interaction->sealed = false;
}

enum cm_status cm_interaction_add(struct cm_interaction *interaction, struct cm_span record)
{
    enum cm_status status =
        cm_grow(&interaction->records, &interaction->record_cap, interaction->record_count + 1, sizeof *interaction->records);
    if (status != CM_OK)
        return status;
    status = cm_record_parse(record, &interaction->records[interaction->record_count]);
    if (status == CM_OK)
        interaction->record_count++;
    return status;
}

void cm_interaction_flag(struct cm_interaction *interaction, uint32_t flags)
{
    interaction->told_flags |= flags;
}

enum cm_status cm_interaction_seal(struct cm_interaction *interaction)
{
    interaction->flags = interaction->told_flags;
    enum cm_status status = cm_interaction_order(interaction);
    if (status == CM_OK)
        status = cm_interaction_runs(interaction);
    interaction->sealed = status == CM_OK;
    return status;
}

size_t cm_interaction_turns(const struct cm_interaction *interaction)
{
    return interaction->turn_count;
}

bool cm_interaction_turn(const struct cm_interaction *interaction, uint32_t turn, struct cm_origin *message, struct cm_origin *words)
{
    const struct cm_turn *found = &interaction->turns[turn];
    *message = found->message->origin;
    *words = found->words ? found->words->origin : found->message->origin;
    return found->words != NULL;
}

bool cm_interaction_seq(const struct cm_interaction *interaction, uint32_t turn, enum cm_speaker *speaker, uint64_t *seq)
{
    const struct cm_turn *found = &interaction->turns[turn];
    *speaker = (enum cm_speaker)found->speaker;
    *seq = found->message->seq;
    return (found->message->has & CM_HAS_SEQ) != 0;
}

struct cm_span cm_interaction_names(const struct cm_interaction *interaction)
{
    return cm_buffer_view(&interaction->full_names);
}
