#include "run/scribe.h"

#include <stdlib.h>

#include "text/words.h"

/* An event that is folded and not yet written. */
struct slot {
    struct cm_folder *folder;
    struct cm_folded folded;
    bool has_words;
    bool timed; /* what packs share is timed of this turn: profiles[0] */
};

struct cm_scribe {
    const struct cm_packs *packs;
    struct slot slots[CM_SCRIBE_SLOTS];
    struct cm_folder *name_folder;
    struct cm_redaction *redaction; /* NULL: no quotes are kept */
    struct cm_scanner *scanners[CM_PACKS_MAX];
    struct cm_scanned scanned[CM_PACKS_MAX];
    struct cm_profile *profiles[CM_PACKS_MAX]; /* NULL where nothing is profiled */
    bool found;                                /* scanned is of the last event */
    uint32_t *content;
    size_t content_cap;
    struct cm_buffer name; /* the customer name whose words are in name_words */
    uint32_t *name_words;
    size_t name_word_cap;
    uint32_t name_word_count;
};

static enum cm_status pack_init(struct cm_scribe *scribe, size_t pack, uint32_t profile_every)
{
    const struct cm_pack *item = &scribe->packs->items[pack];
    enum cm_status status = cm_scanner_new(item->matcher, &scribe->scanners[pack]);
    if (status == CM_OK && profile_every)
        status = cm_profile_new(item->ruleset, profile_every, &scribe->profiles[pack]);
    if (status == CM_OK)
        cm_scanner_profile(scribe->scanners[pack], scribe->profiles[pack]);
    return status;
}

enum cm_status cm_scribe_new(const struct cm_packs *packs, bool quotes, uint32_t profile_every, struct cm_scribe **out)
{
    *out = NULL;
    struct cm_scribe *scribe = calloc(1, sizeof *scribe);
    if (!scribe)
        return CM_ENOMEM;
    scribe->packs = packs;
    enum cm_status status = cm_folder_new(packs->lexicon, &scribe->slots[0].folder);
    if (status == CM_OK)
        status = cm_folder_new(packs->lexicon, &scribe->name_folder);
    if (status == CM_OK && quotes)
        status = cm_redaction_new(packs->redactor, &scribe->redaction);
    for (size_t i = 0; i < packs->count && status == CM_OK; i++)
        status = pack_init(scribe, i, profile_every);
    if (status == CM_OK)
        *out = scribe;
    else
        cm_scribe_free(scribe);
    return status;
}

void cm_scribe_retire(struct cm_scribe *scribe)
{
    if (!scribe)
        return;
    for (size_t i = 0; i < CM_SCRIBE_SLOTS; i++) {
        cm_folder_free(scribe->slots[i].folder);
        scribe->slots[i].folder = NULL;
    }
    cm_folder_free(scribe->name_folder);
    scribe->name_folder = NULL;
    for (size_t i = 0; i < CM_PACKS_MAX; i++) {
        cm_scanner_free(scribe->scanners[i]);
        scribe->scanners[i] = NULL;
    }
    scribe->found = false;
    cm_buffer_free(&scribe->name);
    free(scribe->content);
    free(scribe->name_words);
    scribe->content = scribe->name_words = NULL;
    scribe->content_cap = scribe->name_word_cap = 0;
}

void cm_scribe_free(struct cm_scribe *scribe)
{
    if (!scribe)
        return;
    cm_scribe_retire(scribe);
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        cm_profile_free(scribe->profiles[i]);
    cm_redaction_free(scribe->redaction);
    free(scribe);
}

/* The hashes of the words of the customer's name: folded once for as many events as repeat it. */
static enum cm_status name_words(struct cm_scribe *scribe, struct cm_span name)
{
    if (name.len == scribe->name.len && scribe->name.ptr && memcmp(name.ptr, scribe->name.ptr, name.len) == 0)
        return CM_OK;
    struct cm_folded folded;
    enum cm_status status = cm_fold(scribe->name_folder, name, &folded);
    if (status == CM_OK)
        status = cm_grow(&scribe->name_words, &scribe->name_word_cap, folded.count, sizeof *scribe->name_words);
    if (status != CM_OK)
        return status;
    for (uint32_t i = 0; i < folded.count; i++)
        scribe->name_words[i] = cm_word_hash32(folded.tokens[i].hash);
    scribe->name_word_count = folded.count;
    cm_buffer_reset(&scribe->name);
    cm_buffer_span(&scribe->name, name);
    return cm_buffer_status(&scribe->name);
}

/* A turn begins: is it timed? All profiles time the same turns. */
static bool profile_turn(struct cm_scribe *scribe)
{
    bool timed = false;
    for (size_t i = 0; i < scribe->packs->count && scribe->profiles[i]; i++)
        timed = cm_profile_turn(scribe->profiles[i]);
    return timed;
}

enum cm_status cm_scribe_slots(struct cm_scribe *scribe)
{
    enum cm_status status = CM_OK;
    for (size_t i = 1; i < CM_SCRIBE_SLOTS && status == CM_OK; i++)
        if (!scribe->slots[i].folder)
            status = cm_folder_new(scribe->packs->lexicon, &scribe->slots[i].folder);
    return status;
}

enum cm_status cm_scribe_fold(struct cm_scribe *scribe, size_t slot, const struct cm_event *event)
{
    struct slot *to = &scribe->slots[slot];
    to->has_words = event->text.ptr && (event->type == CM_EVENT_MESSAGE || event->type == CM_EVENT_EDIT);
    if (!to->has_words)
        return CM_OK;
    to->timed = profile_turn(scribe);
    struct cm_profile *timing = to->timed ? scribe->profiles[0] : NULL;
    uint64_t from = cm_profile_start(timing);
    enum cm_status status = cm_fold(to->folder, event->text, &to->folded);
    cm_profile_step(timing, CM_STAGE_FOLD, from);
    return status;
}

/* Scan the text of a message or an edit, whose target may be anybody's. */
static enum cm_status find(struct cm_scribe *scribe, const struct slot *slot, const struct cm_event *event, struct cm_findings *findings)
{
    size_t packs = scribe->packs->count;
    enum cm_speaker speaker = event->type == CM_EVENT_MESSAGE ? (enum cm_speaker)event->speaker : CM_SPEAKER_NONE;
    const struct cm_folded *folded = &slot->folded;
    struct cm_profile *timing = slot->timed ? scribe->profiles[0] : NULL;
    enum cm_status status = cm_grow(&scribe->content, &scribe->content_cap, folded->count, sizeof *scribe->content);
    for (size_t i = 0; i < packs && status == CM_OK; i++)
        status = cm_scan(scribe->scanners[i], folded, speaker, &scribe->scanned[i]);
    if (status != CM_OK)
        return status;
    scribe->found = true;
    findings->packs = scribe->scanned;
    findings->pack_count = (uint32_t)packs;
    uint64_t from = cm_profile_start(timing);
    findings->content_count = cm_content_words(folded, scribe->content, &findings->all_backchannel);
    cm_profile_step(timing, CM_STAGE_WORDS, from);
    findings->content = scribe->content;
    findings->token_count = folded->count;
    return CM_OK;
}

enum cm_status cm_scribe_write_folded(struct cm_scribe *scribe, size_t slot, const struct cm_event *event, struct cm_origin origin,
                                      struct cm_buffer *records)
{
    struct cm_findings findings = {0};
    enum cm_status status = CM_OK;
    scribe->found = false;
    if (event->customer_name.len > 0) {
        status = name_words(scribe, event->customer_name);
        findings.name_words = scribe->name_words;
        findings.name_word_count = scribe->name_word_count;
    }
    if (status == CM_OK && scribe->slots[slot].has_words)
        status = find(scribe, &scribe->slots[slot], event, &findings);
    if (status != CM_OK)
        return status;
    cm_record_append(records, event, origin, &findings, scribe->redaction);
    return cm_buffer_status(records);
}

enum cm_status cm_scribe_write(struct cm_scribe *scribe, const struct cm_event *event, struct cm_origin origin, struct cm_buffer *records)
{
    scribe->found = false;
    enum cm_status status = cm_scribe_fold(scribe, 0, event);
    return status == CM_OK ? cm_scribe_write_folded(scribe, 0, event, origin, records) : status;
}

const struct cm_scanned *cm_scribe_found(const struct cm_scribe *scribe)
{
    return scribe->found ? scribe->scanned : NULL;
}

struct cm_redaction *cm_scribe_redaction(struct cm_scribe *scribe)
{
    return scribe->redaction;
}

struct cm_profile *cm_scribe_profile(const struct cm_scribe *scribe, size_t pack)
{
    return scribe->profiles[pack];
}
