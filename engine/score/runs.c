/* Who spoke: agents, and runs of consecutive messages of one of them or of the customer (rules/REFERENCE.md §5). */
#include "score/private.h"

/*
 * A message that does not say who wrote it was written by the agent named last
 * before it (by a message or by a transfer), else named first after it, each
 * among agents and among leads for themselves: gaps in the data are no transfers.
 */
struct namesake {
    struct cm_span id;
    size_t looked_to; /* no message before this one names an agent after those that were looked at */
};

static bool is_person_of_ours(uint8_t speaker)
{
    return speaker == CM_SPEAKER_AGENT || speaker == CM_SPEAKER_LEAD;
}

static struct cm_span named_after(const struct cm_interaction *in, size_t turn, struct namesake *last)
{
    uint8_t speaker = in->turns[turn].speaker;
    size_t i = turn > last->looked_to ? turn : last->looked_to;
    for (; i < in->turn_count; i++)
        if (in->turns[i].speaker == speaker && in->turns[i].message->agent_id.ptr)
            break;
    last->looked_to = i;
    return i < in->turn_count ? in->turns[i].message->agent_id : (struct cm_span){NULL, 0};
}

static enum cm_status find_agent(struct cm_interaction *in, struct cm_span id, bool lead, uint32_t *agent)
{
    uint64_t hash = id.ptr ? cm_hash64(id) : lead;
    bool nameless_lead = !id.ptr && lead;
    for (size_t i = 0; i < in->known_count; i++) {
        const struct cm_agent *known = &in->agents[i];
        if (known->hash == hash && !known->id.ptr == !id.ptr && cm_span_equal(known->id, id) && known->lead == nameless_lead) {
            *agent = (uint32_t)i;
            return CM_OK;
        }
    }
    enum cm_status status = cm_grow(&in->agents, &in->agent_cap, in->known_count + 1, sizeof *in->agents);
    if (status != CM_OK)
        return status;
    *agent = (uint32_t)in->known_count;
    in->agents[in->known_count++] = (struct cm_agent){.id = id, .hash = hash, .last_run = CM_NONE, .lead = nameless_lead};
    return CM_OK;
}

static enum cm_status name_agents(struct cm_interaction *in)
{
    enum cm_status status = CM_OK;
    struct namesake last[2] = {{.id = {NULL, 0}}, {.id = {NULL, 0}}};
    size_t mark = 0;
    in->known_count = 0;
    for (size_t i = 0; status == CM_OK && i < in->turn_count; i++) {
        for (; mark < in->mark_count && in->marks[mark].at <= i; mark++)
            if (in->marks[mark].record->type == CM_EVENT_TRANSFER && in->marks[mark].record->to_agent_id.ptr)
                last[0].id = in->marks[mark].record->to_agent_id;
        struct cm_turn *turn = &in->turns[i];
        if (!is_person_of_ours(turn->speaker))
            continue;
        bool lead = turn->speaker == CM_SPEAKER_LEAD;
        if (turn->message->agent_id.ptr)
            last[lead].id = turn->message->agent_id;
        else if (!last[lead].id.ptr)
            last[lead].id = named_after(in, i, &last[lead]);
        status = find_agent(in, last[lead].id, lead, &turn->agent);
        if (status == CM_OK)
            in->agents[turn->agent].turns++;
    }
    return status;
}

/* Whom the transfers named; those who never wrote come behind those who did. */
static enum cm_status name_targets(struct cm_interaction *in)
{
    enum cm_status status = CM_OK;
    in->agent_count = in->known_count;
    for (size_t i = 0; status == CM_OK && i < in->mark_count; i++)
        if (in->marks[i].record->type == CM_EVENT_TRANSFER && in->marks[i].record->to_agent_id.ptr)
            status = find_agent(in, in->marks[i].record->to_agent_id, false, &in->marks[i].target);
    return status;
}

static bool is_backchannel(const struct cm_interaction *in, const struct cm_turn *turn)
{
    return in->channel == CM_CHANNEL_CALL && turn->words && turn->words->has & CM_RECORD_BACKCHANNEL;
}

static enum cm_status start_run(struct cm_interaction *in, uint32_t turn, uint32_t agent)
{
    enum cm_status status = cm_grow(&in->runs, &in->run_cap, in->run_count + 1, sizeof *in->runs);
    if (status != CM_OK)
        return status;
    uint32_t ordinal = agent == CM_NONE ? in->customer_runs++ : in->agents[agent].runs++;
    in->agent_runs += agent != CM_NONE;
    if (agent != CM_NONE)
        in->agents[agent].last_run = (uint32_t)in->run_count;
    in->runs[in->run_count++] = (struct cm_run){turn, turn, agent, ordinal, CM_NONE};
    return CM_OK;
}

/* The run goes on to this turn; backchannels of its speaker in between are part of it. */
static void extend_run(struct cm_interaction *in, uint32_t turn)
{
    struct cm_run *run = &in->runs[in->run_count - 1];
    for (uint32_t i = run->last + 1; i < turn; i++) {
        struct cm_turn *between = &in->turns[i];
        if (between->transparent && between->agent == run->agent)
            between->run = (uint32_t)in->run_count - 1;
    }
    run->last = turn;
}

static void link_others(struct cm_interaction *in)
{
    uint32_t next = CM_NONE; /* the agent run behind */
    for (size_t i = in->run_count; i-- > 0;) {
        struct cm_run *run = &in->runs[i];
        if (run->agent == CM_NONE)
            continue;
        if (next != CM_NONE)
            run->other = in->runs[next].agent == run->agent ? in->runs[next].other : next;
        next = (uint32_t)i;
    }
}

enum cm_status cm_interaction_runs(struct cm_interaction *in)
{
    enum cm_status status = name_agents(in);
    if (status == CM_OK)
        status = name_targets(in);
    in->run_count = in->agent_runs = in->customer_runs = 0;
    bool asked = false; /* the customer spoke, and no agent after him */
    for (size_t i = 0; status == CM_OK && i < in->turn_count; i++) {
        struct cm_turn *turn = &in->turns[i];
        if (turn->speaker != CM_SPEAKER_CUSTOMER && turn->agent == CM_NONE)
            continue;
        turn->transparent = is_backchannel(in, turn);
        turn->answers = turn->transparent && turn->agent != CM_NONE && asked;
        asked = turn->agent == CM_NONE && (asked || !turn->transparent);
        if (turn->transparent)
            continue;
        if (in->run_count && in->runs[in->run_count - 1].agent == turn->agent)
            extend_run(in, (uint32_t)i);
        else
            status = start_run(in, (uint32_t)i, turn->agent);
        turn->run = (uint32_t)in->run_count - 1;
    }
    link_others(in);
    return status;
}
