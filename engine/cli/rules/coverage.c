#include "cli/rules/coverage.h"

#include <stdlib.h>

#include "cli/common.h"

enum cm_status cm_coverage_init(struct cm_coverage *coverage, const struct cm_ruleset *ruleset)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        count += ruleset->cues[i].phrase_count;
    const struct cm_phrase **phrases = calloc(count + 1, sizeof *phrases);
    uint32_t *ids = calloc(count + 1, sizeof *ids);
    *coverage = (struct cm_coverage){
        .ruleset = ruleset, .first = calloc(ruleset->cue_count + 1, sizeof *coverage->first), .reached = calloc(count + 1, 1)};
    enum cm_status status = phrases && ids && coverage->first && coverage->reached ? CM_OK : CM_ENOMEM;
    for (uint32_t i = 0, at = 0; i < ruleset->cue_count && status == CM_OK; i++) {
        for (uint32_t j = 0; j < ruleset->cues[i].phrase_count; j++, at++) {
            phrases[at] = &ruleset->cues[i].phrases[j].phrase;
            ids[at] = at;
        }
        coverage->first[i + 1] = at;
    }
    if (status == CM_OK)
        status = cm_phrases_new(phrases, ids, count, &coverage->phrases);
    if (status == CM_OK)
        status = cm_phrase_scratch_new(coverage->phrases, &coverage->scratch);
    free(phrases);
    free(ids);
    return status;
}

void cm_coverage_free(struct cm_coverage *coverage)
{
    cm_phrase_scratch_free(coverage->scratch);
    cm_phrases_free(coverage->phrases);
    free(coverage->first);
    free(coverage->reached);
    *coverage = (struct cm_coverage){0};
}

enum cm_status cm_coverage_add(struct cm_coverage *coverage, uint32_t cue, const struct cm_folded *turn)
{
    const struct cm_phrase_hit *hits;
    uint32_t count;
    enum cm_status status = cm_phrases_find(coverage->phrases, coverage->scratch, turn, &hits, &count);
    for (uint32_t i = 0; i < count && status == CM_OK; i++)
        if (hits[i].id >= coverage->first[cue] && hits[i].id < coverage->first[cue + 1])
            coverage->reached[hits[i].id] = 1;
    return status;
}

static uint32_t reached(const struct cm_coverage *coverage, uint32_t from, uint32_t to)
{
    uint32_t count = 0;
    for (uint32_t i = from; i < to; i++)
        count += coverage->reached[i];
    return count;
}

void cm_coverage_text(const struct cm_coverage *coverage, struct cm_buffer *out)
{
    const struct cm_ruleset *rules = coverage->ruleset;
    uint32_t all = coverage->first[rules->cue_count];
    for (uint32_t i = 0; i < rules->cue_count; i++) {
        const struct cm_cue *cue = &rules->cues[i];
        uint32_t first = coverage->first[i], there = reached(coverage, first, coverage->first[i + 1]);
        if (there == cue->phrase_count)
            continue;
        cm_buffer_printf(out, "%s: examples reach %u of %u %s\n", cue->id, there, cue->phrase_count,
                         cm_plural(cue->phrase_count, "phrase", "phrases"));
        for (uint32_t j = 0; j < cue->phrase_count; j++)
            if (!coverage->reached[first + j])
                cm_buffer_printf(out, "  %s:%u  %.*s\n", cue->phrases[j].place.file ? cue->phrases[j].place.file : "",
                                 cue->phrases[j].place.line, (int)cue->phrases[j].phrase.source.len, cue->phrases[j].phrase.source.ptr);
    }
    cm_buffer_printf(out, "%s: examples reach %u of %u %s\n", rules->name, reached(coverage, 0, all), all,
                     cm_plural(all, "phrase", "phrases"));
}

void cm_coverage_json(const struct cm_coverage *coverage, struct cm_buffer *out)
{
    const struct cm_ruleset *rules = coverage->ruleset;
    uint32_t all = coverage->first[rules->cue_count], told = 0;
    cm_buffer_printf(out, ",\"coverage\":{\"phrases\":%u,\"reached\":%u,\"cues\":[", all, reached(coverage, 0, all));
    for (uint32_t i = 0; i < rules->cue_count; i++) {
        uint32_t there = reached(coverage, coverage->first[i], coverage->first[i + 1]);
        if (there < rules->cues[i].phrase_count)
            cm_buffer_printf(out, "%s{\"cue\":\"%s\",\"phrases\":%u,\"reached\":%u}", told++ ? "," : "", rules->cues[i].id,
                             rules->cues[i].phrase_count, there);
    }
    cm_buffer_text(out, "]}");
}
