/*
 * hash: XXH3-128 of what scoring depends on, in a canonical form: cues by id,
 * phrases as trees, sets sorted. Layout, comments, the split into files, list
 * names, texts for people (why, title, examples) and measured validity are left
 * out: what scores the same has the same hash. Behaviours keep their order,
 * because scorecards do.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "ruleset/draft.h"

struct canon {
    const struct cm_ruleset *ruleset;
    struct cm_buffer bytes;
    struct cm_buffer item; /* of a set, before it is hashed */
    struct cm_hash128 *set;
    size_t set_count, set_cap;
    enum cm_status status;
};

static void put(struct cm_buffer *out, uint64_t value)
{
    char bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (char)(value >> (8 * i) & 0xFF);
    cm_buffer_append(out, bytes, sizeof bytes);
}

static void put_span(struct cm_buffer *out, struct cm_span text)
{
    put(out, text.len);
    cm_buffer_span(out, text);
}

static void put_hash(struct cm_buffer *out, struct cm_hash128 hash)
{
    put(out, hash.low);
    put(out, hash.high);
}

/* ---- sets: items are hashed, then sorted ---- */

static void set_add(struct canon *canon, struct cm_hash128 hash)
{
    enum cm_status status = cm_grow(&canon->set, &canon->set_cap, canon->set_count + 1, sizeof *canon->set);
    if (status == CM_OK)
        canon->set[canon->set_count++] = hash;
    else
        canon->status = status;
}

static void set_add_item(struct canon *canon)
{
    set_add(canon, cm_hash128(cm_buffer_view(&canon->item)));
    if (cm_buffer_status(&canon->item) != CM_OK)
        canon->status = CM_ENOMEM;
    cm_buffer_reset(&canon->item);
}

static int compare_hashes(const void *a, const void *b)
{
    return cm_hash128_compare(*(const struct cm_hash128 *)a, *(const struct cm_hash128 *)b);
}

static void set_end(struct canon *canon)
{
    if (canon->set_count)
        qsort(canon->set, canon->set_count, sizeof *canon->set, compare_hashes);
    put(&canon->bytes, canon->set_count);
    for (size_t i = 0; i < canon->set_count; i++)
        put_hash(&canon->bytes, canon->set[i]);
    canon->set_count = 0;
}

static void put_cues(struct canon *canon, const struct cm_cue_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        set_add(canon, cm_hash128(cm_span_of(canon->ruleset->cues[list->items[i]].id)));
    set_end(canon);
}

static void put_spans(struct canon *canon, const struct cm_span *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        set_add(canon, cm_hash128(items[i]));
    set_end(canon);
}

/* ---- cues ---- */

static void put_phrases(struct canon *canon, const struct cm_cue *cue)
{
    for (uint32_t i = 0; i < cue->phrase_count; i++) {
        struct cm_hash128 hash = {0, 0};
        enum cm_status status = cm_phrase_hash(&cue->phrases[i].phrase, &hash);
        if (status != CM_OK)
            canon->status = status;
        put_hash(&canon->item, hash);
        put(&canon->item, (uint64_t)cue->phrases[i].weight);
        set_add_item(canon);
    }
    set_end(canon);
    for (uint32_t i = 0; i < cue->regex_count; i++) {
        put_span(&canon->item, cue->regexes[i].pattern);
        put(&canon->item, cue->regexes[i].case_sensitive);
        set_add_item(canon);
    }
    set_end(canon);
}

static void put_cue(struct canon *canon, const struct cm_cue *cue)
{
    struct cm_buffer *out = &canon->bytes;
    put_span(out, cm_span_of(cue->id));
    const uint64_t numbers[] = {cue->kind,           cue->speakers,
                                cue->negated,        cue->hypothetical,
                                cue->name_customer,  (uint64_t)cue->threshold,
                                (uint64_t)cue->cap,  cue->near_turns > 1 ? cue->near_turns : 1,
                                cue->echo_words,     cue->channels,
                                cue->position_first, cue->position_last,
                                cue->replies,        cue->min_count,
                                cue->min_words,      cue->max_words};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put(out, numbers[i]);
    put_phrases(canon, cue);
    put_cues(canon, &cue->all);
    put_cues(canon, &cue->any);
    put_cues(canon, &cue->none);
    for (uint32_t i = 0; i < cue->weight_count; i++) {
        put_span(&canon->item, cm_span_of(canon->ruleset->cues[cue->weights[i].cue].id));
        put(&canon->item, (uint64_t)cue->weights[i].weight);
        set_add_item(canon);
    }
    set_end(canon);
    put_spans(canon, cue->languages, cue->language_count);
}

static int compare_cues(const void *a, const void *b)
{
    const struct cm_cue *x = *(const struct cm_cue *const *)a, *y = *(const struct cm_cue *const *)b;
    return strcmp(x->id, y->id);
}

static void put_all_cues(struct canon *canon)
{
    uint32_t count = canon->ruleset->cue_count;
    put(&canon->bytes, count);
    const struct cm_cue **sorted = count ? malloc(count * sizeof *sorted) : NULL;
    if (count && !sorted) {
        canon->status = CM_ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = &canon->ruleset->cues[i];
    if (count)
        qsort(sorted, count, sizeof *sorted, compare_cues);
    for (uint32_t i = 0; i < count; i++)
        put_cue(canon, sorted[i]);
    free(sorted);
}

/* ---- behaviours and pack ---- */

static void put_behaviour(struct canon *canon, const struct cm_behaviour *behaviour)
{
    struct cm_buffer *out = &canon->bytes;
    put_span(out, cm_span_of(behaviour->id));
    put_span(out, cm_span_of(canon->ruleset->dimensions[behaviour->dimension].id));
    const uint64_t numbers[] = {behaviour->kind,        behaviour->due,         behaviour->channels,           behaviour->weight,
                                behaviour->window_runs, behaviour->late_credit, behaviour->prompt_late_credit, behaviour->then_runs,
                                behaviour->then_credit, behaviour->points,      behaviour->points_cap};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put(out, numbers[i]);
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++) {
        put(out, (uint64_t)behaviour->prompt_ms[channel]);
        for (unsigned measure = 0; measure < CM_MEASURE_COUNT; measure++) {
            put(out, (uint64_t)behaviour->targets[measure][channel].target);
            put(out, (uint64_t)behaviour->targets[measure][channel].limit);
        }
    }
    put_cues(canon, &behaviour->met_by);
    put_cues(canon, &behaviour->opportunity);
    put_cues(canon, &behaviour->then_any);
}

static void put_pack(struct canon *canon)
{
    const struct cm_ruleset *ruleset = canon->ruleset;
    struct cm_buffer *out = &canon->bytes;
    put(out, ruleset->channels);
    put_spans(canon, ruleset->languages, ruleset->language_count);
    put(out, ruleset->dimension_count);
    for (uint32_t i = 0; i < ruleset->dimension_count; i++) {
        put_span(out, cm_span_of(ruleset->dimensions[i].id));
        put(out, ruleset->dimensions[i].weight);
    }
    put(out, ruleset->min_coverage);
    put(out, ruleset->min_confidence);
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++) {
        put(out, ruleset->min_agent_runs[channel]);
        put(out, (uint64_t)ruleset->reply_target_ms[channel]);
    }
    put(out, ruleset->calendar.channels);
    put(out, (uint64_t)ruleset->calendar.offset_min);
    put(out, ruleset->calendar.span_count);
    for (uint32_t i = 0; i < ruleset->calendar.span_count; i++)
        put(out, (uint64_t)ruleset->calendar.spans[i].from << 16 | ruleset->calendar.spans[i].to);
    put_cues(canon, &ruleset->hold);
    put_cues(canon, &ruleset->delight);
    put_cues(canon, &ruleset->thanks);
    put_cues(canon, &ruleset->resolved);
    put_cues(canon, &ruleset->unresolved);
}

enum cm_status cm_ruleset_hash(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, struct cm_hash128 *out)
{
    struct canon canon = {.ruleset = ruleset};
    uint64_t words[2];
    cm_lexicon_hash(lexicon, words);
    cm_buffer_text(&canon.bytes, "caremeter rules 1");
    put(&canon.bytes, words[0]);
    put(&canon.bytes, words[1]);
    put_pack(&canon);
    put_all_cues(&canon);
    put(&canon.bytes, ruleset->behaviour_count);
    for (uint32_t i = 0; i < ruleset->behaviour_count; i++)
        put_behaviour(&canon, &ruleset->behaviours[i]);
    *out = cm_hash128(cm_buffer_view(&canon.bytes));
    enum cm_status status = canon.status != CM_OK ? canon.status : cm_buffer_status(&canon.bytes);
    cm_buffer_free(&canon.bytes);
    cm_buffer_free(&canon.item);
    free(canon.set);
    return status;
}

/* What was put since the last time. */
static void part_hash(struct canon *canon, struct cm_hash128 *out)
{
    *out = cm_hash128(cm_buffer_view(&canon->bytes));
    if (canon->status == CM_OK)
        canon->status = cm_buffer_status(&canon->bytes);
    cm_buffer_reset(&canon->bytes);
}

enum cm_status cm_ruleset_part_hashes(const struct cm_ruleset *ruleset, struct cm_hash128 *cues, struct cm_hash128 *behaviours)
{
    struct canon canon = {.ruleset = ruleset};
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        put_cue(&canon, &ruleset->cues[i]);
        part_hash(&canon, &cues[i]);
    }
    for (uint32_t i = 0; i < ruleset->behaviour_count; i++) {
        put_behaviour(&canon, &ruleset->behaviours[i]);
        part_hash(&canon, &behaviours[i]);
    }
    cm_buffer_free(&canon.bytes);
    cm_buffer_free(&canon.item);
    free(canon.set);
    return canon.status;
}
