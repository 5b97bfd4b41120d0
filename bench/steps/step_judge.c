/* judge: the records of one conversation to the line of its scorecard: put in order, judged, rendered. The records are made beforehand. */
#include <stdlib.h>

#include "base/buffer.h"
#include "run/scribe.h"
#include "score/judge.h"
#include "step.h"

struct placed {
    struct cm_span record, id;
    size_t place;
};

struct judging {
    struct cm_buffer records;
    struct placed *placed;
    size_t count, cap;
    size_t *firsts; /* of each conversation, in placed; one more behind the last */
    size_t conversation_count, first_cap;
    struct cm_interaction *interaction;
    struct cm_judge *judge;
    struct cm_render_options render;
    struct cm_buffer line;
};

static int by_conversation(const void *a, const void *b)
{
    const struct placed *left = a, *right = b;
    int order = cm_span_compare(left->id, right->id);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

static void write_records(struct judging *judging, const struct cm_packs *packs, const struct bench_archive *archive, size_t count)
{
    struct cm_scribe *scribe;
    bench_must(cm_scribe_new(packs, false, 0, &scribe) == CM_OK, "memory");
    for (size_t i = 0; i < count; i++) {
        struct cm_origin origin = {.offset = i};
        bench_must(cm_scribe_write(scribe, &archive->events[i], origin, &judging->records) == CM_OK, "a record");
    }
    cm_scribe_free(scribe);
    bench_must(cm_buffer_status(&judging->records) == CM_OK, "memory");
}

static void place_records(struct judging *judging)
{
    struct cm_span stream = cm_buffer_view(&judging->records), record;
    for (; cm_record_next(&stream, &record); judging->count++) {
        bench_must(cm_grow(&judging->placed, &judging->cap, judging->count + 1, sizeof *judging->placed) == CM_OK, "memory");
        judging->placed[judging->count] = (struct placed){record, cm_record_interaction(record), judging->count};
    }
    qsort(judging->placed, judging->count, sizeof *judging->placed, by_conversation);
    for (size_t i = 0; i <= judging->count; i++) {
        if (i > 0 && i < judging->count && cm_span_equal(judging->placed[i].id, judging->placed[i - 1].id))
            continue;
        bench_must(cm_grow(&judging->firsts, &judging->first_cap, judging->conversation_count + 1, sizeof *judging->firsts) == CM_OK,
                   "memory");
        judging->firsts[judging->conversation_count++] = i;
    }
    judging->conversation_count--;
}

static void run(void *context, size_t unit, struct bench_tally *tally)
{
    struct judging *judging = context;
    const struct cm_scorecard *card;
    enum cm_status status = CM_OK;
    cm_interaction_begin(judging->interaction);
    for (size_t i = judging->firsts[unit]; i < judging->firsts[unit + 1] && status == CM_OK; i++)
        status = cm_interaction_add(judging->interaction, judging->placed[i].record);
    if (status == CM_OK)
        status = cm_interaction_seal(judging->interaction);
    if (status == CM_OK)
        status = cm_judge_run(judging->judge, judging->interaction, 0, true, &card);
    if (status != CM_OK)
        return;
    cm_buffer_reset(&judging->line);
    cm_scorecard_json(card, &judging->render, &judging->line);
    tally->found++;
    tally->check += judging->line.len;
}

void bench_step_judge(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step)
{
    static struct judging judging = {.render = {.evidence = CM_EVIDENCE_REFS}};
    const struct cm_packs *packs = bench_packs(options);
    write_records(&judging, packs, archive, options->units && options->units < archive->count ? options->units : archive->count);
    place_records(&judging);
    bench_must(cm_interaction_new(&judging.interaction) == CM_OK && cm_judge_new(packs->items[0].ruleset, &judging.judge) == CM_OK,
               "memory");
    step->unit = "conversation";
    step->found = "scorecards";
    step->units = judging.conversation_count;
    step->bytes = judging.records.len;
    bench_side_add(step, (struct bench_side){.name = "ours", .run = run, .context = &judging});
}
