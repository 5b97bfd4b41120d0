#include "run/listen.h"

#include <stdlib.h>

#include "event/decode.h"
#include "text/words.h"

struct cm_listener {
    const struct cm_packs *packs;
    size_t pack;
    struct cm_folder *folder;
    struct cm_scanner *scanner;
    struct cm_interaction *interaction;
    struct cm_judge *judge;
    struct cm_folded folded;
    struct cm_buffer records;
    uint32_t *content;
    size_t content_cap;
    uint32_t *cues, *faults;
    uint8_t *fired; /* a cue: bit 0 fired, bit 1 undecided */
};

enum cm_status cm_listener_new(const struct cm_packs *packs, size_t pack, struct cm_listener **out)
{
    *out = NULL;
    const struct cm_ruleset *ruleset = packs->items[pack].ruleset;
    struct cm_listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return CM_ENOMEM;
    size_t cues = ruleset->cue_count + 1; /* a pack without cues is a pack */
    listener->packs = packs;
    listener->pack = pack;
    listener->cues = calloc(cues, sizeof *listener->cues);
    listener->faults = calloc(cues, sizeof *listener->faults);
    listener->fired = calloc(cues, sizeof *listener->fired);
    enum cm_status status = listener->cues && listener->faults && listener->fired ? CM_OK : CM_ENOMEM;
    if (status == CM_OK)
        status = cm_folder_new(packs->lexicon, &listener->folder);
    if (status == CM_OK)
        status = cm_scanner_new(packs->items[pack].matcher, &listener->scanner);
    if (status == CM_OK)
        status = cm_interaction_new(&listener->interaction);
    if (status == CM_OK)
        status = cm_judge_new(ruleset, &listener->judge);
    if (status != CM_OK)
        cm_listener_free(listener);
    else
        *out = listener;
    return status;
}

void cm_listener_free(struct cm_listener *listener)
{
    if (!listener)
        return;
    cm_folder_free(listener->folder);
    cm_scanner_free(listener->scanner);
    cm_interaction_free(listener->interaction);
    cm_judge_free(listener->judge);
    cm_buffer_free(&listener->records);
    free(listener->content);
    free(listener->cues);
    free(listener->faults);
    free(listener->fired);
    free(listener);
}

/* One turn to a record, as gathering does it. Its H, the first 48 bits, is its number: no two turns are one. */
static enum cm_status note(struct cm_listener *listener, enum cm_channel channel, const struct cm_said *said, size_t number)
{
    const struct cm_event event = {.interaction_id = cm_span_of("turns"),
                                   .type = CM_EVENT_MESSAGE,
                                   .text = said->text,
                                   .speaker = (uint8_t)said->speaker,
                                   .channel = (uint8_t)channel,
                                   .has = CM_HAS_SEQ,
                                   .seq = number,
                                   .hash = {.high = (uint64_t)number << 16}};
    struct cm_scanned scanned;
    struct cm_findings findings = {.packs = &scanned, .pack_count = 1};
    enum cm_status status = cm_fold(listener->folder, said->text, &listener->folded);
    if (status == CM_OK)
        status = cm_grow(&listener->content, &listener->content_cap, listener->folded.count, sizeof *listener->content);
    if (status == CM_OK)
        status = cm_scan(listener->scanner, &listener->folded, said->speaker, &scanned);
    if (status != CM_OK)
        return status;
    findings.content_count = cm_content_words(&listener->folded, listener->content, &findings.all_backchannel);
    findings.content = listener->content;
    findings.token_count = listener->folded.count;
    cm_record_append(&listener->records, &event, (struct cm_origin){.offset = number}, &findings, NULL);
    return cm_buffer_status(&listener->records);
}

static enum cm_status judge(struct cm_listener *listener)
{
    struct cm_span stream = cm_buffer_view(&listener->records), record;
    const struct cm_scorecard *card;
    enum cm_status status = CM_OK;
    cm_interaction_begin(listener->interaction);
    while (status == CM_OK && cm_record_next(&stream, &record))
        status = cm_interaction_add(listener->interaction, record);
    if (status == CM_OK)
        status = cm_interaction_seal(listener->interaction);
    return status == CM_OK ? cm_judge_run(listener->judge, listener->interaction, 0, true, &card) : status;
}

static void collect(struct cm_listener *listener, uint32_t turn, struct cm_heard *heard)
{
    uint32_t cues = listener->packs->items[listener->pack].ruleset->cue_count;
    memset(listener->fired, 0, cues);
    for (size_t i = 0; i < cm_judge_fired_count(listener->judge); i++) {
        struct cm_fired fired = cm_judge_fired(listener->judge, i);
        if (fired.turn == turn)
            listener->fired[fired.cue] |= fired.fault ? 2 : 1;
    }
    *heard = (struct cm_heard){.cues = listener->cues, .faults = listener->faults, .folded = &listener->folded};
    heard->judge = listener->judge;
    heard->turn = turn;
    for (uint32_t cue = 0; cue < cues; cue++) {
        if (listener->fired[cue] & 1)
            listener->cues[heard->cue_count++] = cue;
        else if (listener->fired[cue])
            listener->faults[heard->fault_count++] = cue;
    }
}

enum cm_status cm_listen(struct cm_listener *listener, enum cm_channel channel, const struct cm_said *turns, size_t count,
                         struct cm_heard *heard)
{
    enum cm_status status = CM_OK;
    *heard = (struct cm_heard){0};
    cm_buffer_reset(&listener->records);
    for (size_t i = 0; i < count && status == CM_OK; i++)
        status = turns[i].text.len > CM_TEXT_MAX_BYTES ? CM_ELIMIT : note(listener, channel, &turns[i], i);
    if (status == CM_OK)
        status = judge(listener);
    if (status == CM_OK)
        collect(listener, (uint32_t)count - 1, heard);
    return status;
}

bool cm_heard_has(const uint32_t *cues, uint32_t count, uint32_t cue)
{
    uint32_t from = 0, to = count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (cues[middle] < cue)
            from = middle + 1;
        else
            to = middle;
    }
    return from < count && cues[from] == cue;
}
