/*
 * Scorecards of what has changed: judged on all workers, written by the owner in
 * the order in which interactions became dirty, so that writes do not depend on threads.
 */
#include <stdlib.h>

#include "live/owner/owner.h"
#include "run/pack.h"

/* Interactions a job: some hundred microseconds of judging, so that handing over is nothing and no worker is left alone at the end. */
#define CM_VERDICTS_PER_JOB 32u
/* Jobs at once: the cards of a wave are in memory together, a few MB. */
#define CM_VERDICT_JOBS 16u

struct verdict_job {
    struct cm_job job; /* first */
    struct cm_item *items[CM_VERDICTS_PER_JOB];
    struct cm_plea pleas[CM_VERDICTS_PER_JOB];
    size_t ends[CM_VERDICTS_PER_JOB][CM_PACKS_MAX];
    size_t count;
    struct cm_buffer lines;
    enum cm_status status;
};

static bool is_near_end(const struct cm_live *live, const struct cm_unit_state *unit)
{
    return unit->log_clock != CM_TIME_NONE_MS && live->now - unit->log_clock <= CM_OPEN_CARD_AGE_MS;
}

bool cm_item_shows(const struct cm_live *live, const struct cm_unit_state *unit, const struct cm_item *item)
{
    if (!item->card_due || live->set.judging_off)
        return item->card_due;
    /* while there is a backlog, open cards would be old before they are read: they wait */
    return item->phase == CM_PHASE_CLOSED ||
           (item->phase == CM_PHASE_OPEN && live->set.open_cards && (unit->at_end || is_near_end(live, unit)));
}

static void judge(struct cm_job *base, void *worker)
{
    struct verdict_job *job = (struct verdict_job *)base;
    job->status = CM_OK;
    cm_buffer_reset(&job->lines);
    for (size_t i = 0; i < job->count && job->status == CM_OK; i++)
        job->status = cm_live_worker_judge(worker, &job->pleas[i], &job->lines, job->ends[i]);
}

static uint32_t flags_of(const struct cm_item *item)
{
    uint32_t flags = 0;
    flags |= item->flags & CM_ITEM_FULL ? 1u << CM_FLAG_TOO_MANY_TURNS : 0;
    flags |= item->flags & CM_ITEM_FUTURE ? 1u << CM_FLAG_FUTURE_TIME : 0;
    flags |= item->flags & CM_ITEM_PACK_MIXED ? 1u << CM_FLAG_PACK_MIXED : 0;
    return flags;
}

struct cm_plea cm_item_plea(const struct cm_item *item)
{
    return (struct cm_plea){.rules = item->edition->rules,
                            .packed = {item->packed.bytes, item->packed.len},
                            .flags = flags_of(item),
                            .revision = item->finals - (item->repeat ? 1u : 0u),
                            .final = item->phase == CM_PHASE_CLOSED};
}

struct cm_card cm_item_card(const struct cm_unit_state *unit, const struct cm_item *item, const struct cm_plea *plea, uint32_t pack)
{
    return (struct cm_card){.unit = unit->unit,
                            .pack = pack,
                            .pack_name = cm_rules_packs(plea->rules)->items[pack].ruleset->name,
                            .id = cm_item_id(item),
                            .applied = item->applied,
                            .epoch = unit->epoch,
                            .final = plea->final};
}

/* To who is to have it, and then to who looks on. */
static enum cm_status put_card(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, const struct cm_card *card)
{
    enum cm_status status = cm_journal_card(live->set.journal, card);
    return status == CM_OK ? cm_card_show(live, unit, item, card) : status;
}

static enum cm_status put_cards(struct cm_live *live, struct cm_unit_state *unit, const struct verdict_job *job)
{
    enum cm_status status = job->status;
    size_t from = 0;
    for (size_t i = 0; i < job->count && status == CM_OK; i++) {
        size_t packs = cm_rules_packs(job->pleas[i].rules)->count;
        for (uint32_t pack = 0; pack < packs && status == CM_OK; pack++) {
            struct cm_card card = cm_item_card(unit, job->items[i], &job->pleas[i], pack);
            card.line = (struct cm_span){job->lines.ptr + from, job->ends[i][pack] - from};
            from = job->ends[i][pack];
            status = put_card(live, unit, job->items[i], &card);
        }
    }
    return status;
}

/* What was erased has no card any more, under any pack. */
static enum cm_status put_erased(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    enum cm_status status = CM_OK;
    const struct cm_packs *packs = cm_rules_packs(live->current->rules);
    for (uint32_t pack = 0; pack < packs->count && status == CM_OK; pack++) {
        struct cm_card card = {.unit = unit->unit,
                               .pack = pack,
                               .pack_name = packs->items[pack].ruleset->name,
                               .id = cm_item_id(item),
                               .applied = item->applied,
                               .epoch = unit->epoch};
        status = put_card(live, unit, item, &card);
    }
    return status;
}

/* Fill jobs from *next on and submit them; how many. */
static enum cm_status submit(struct cm_live *live, struct cm_unit_state *unit, struct verdict_job *jobs, size_t *next, size_t *submitted)
{
    enum cm_status status = CM_OK;
    *submitted = 0;
    while (*submitted < CM_VERDICT_JOBS && *next < unit->dirty_count && status == CM_OK) {
        struct verdict_job *job = &jobs[*submitted];
        job->count = 0;
        for (; job->count < CM_VERDICTS_PER_JOB && *next < unit->dirty_count && status == CM_OK; (*next)++) {
            struct cm_item *item = unit->dirty[*next];
            if (item->phase == CM_PHASE_MARKER && item->flags & CM_ITEM_ERASED && item->dirty)
                status = put_erased(live, unit, item);
            if (item->phase > CM_PHASE_CLOSED || live->set.judging_off || !cm_item_shows(live, unit, item))
                continue;
            job->items[job->count] = item;
            job->pleas[job->count++] = cm_item_plea(item);
        }
        if (!job->count)
            continue;
        job->job.run = judge;
        cm_pool_submit(live->set.pool, &job->job);
        ++*submitted;
    }
    return status;
}

enum cm_status cm_unit_cards(struct cm_live *live, struct cm_unit_state *unit)
{
    if (!unit->dirty_count)
        return CM_OK;
    struct verdict_job *jobs = calloc(CM_VERDICT_JOBS, sizeof *jobs);
    if (!jobs)
        return CM_ENOMEM;
    enum cm_status status = CM_OK;
    size_t next = 0, submitted = 1;
    while (status == CM_OK && submitted) {
        status = submit(live, unit, jobs, &next, &submitted);
        for (size_t i = 0; i < submitted; i++) {
            cm_pool_wait(live->set.pool, &jobs[i].job);
            if (status == CM_OK)
                status = put_cards(live, unit, &jobs[i]);
        }
    }
    for (size_t i = 0; i < CM_VERDICT_JOBS; i++)
        cm_buffer_free(&jobs[i].lines);
    free(jobs);
    return status;
}
