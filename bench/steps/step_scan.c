/*
 * scan: a whole turn through a pack, from its text to its hits: folded, then phrases, regexes, attributes and merging. The phrases alone,
 * and folding alone, are references beside it: what is between them is what the rest costs.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "match/phrases.h"
#include "match/scan.h"
#include "step.h"

struct scanning {
    struct bench_texts texts;
    struct cm_folder *folder;
    struct cm_scanner *scanner;
};

static bool fold(struct scanning *scanning, size_t unit, struct cm_folded *folded)
{
    return cm_fold(scanning->folder, scanning->texts.items[unit], folded) == CM_OK;
}

static void run_scan(void *context, size_t unit, struct bench_tally *tally)
{
    struct scanning *scanning = context;
    struct cm_folded folded;
    struct cm_scanned scanned;
    if (!fold(scanning, unit, &folded) || cm_scan(scanning->scanner, &folded, scanning->texts.events[unit]->speaker, &scanned) != CM_OK)
        return;
    tally->found += scanned.hit_count;
    for (uint32_t i = 0; i < scanned.hit_count; i++)
        tally->check += ((uint64_t)scanned.hits[i].cue << 32) + scanned.hits[i].start * UINT64_C(31) + scanned.hits[i].end;
}

static void run_fold(void *context, size_t unit, struct bench_tally *tally)
{
    struct cm_folded folded;
    if (fold(context, unit, &folded))
        tally->found += folded.count;
}

static void open_scanning(struct scanning *scanning, const struct bench_step_options *options, const struct bench_archive *archive)
{
    const struct cm_packs *packs = bench_packs(options);
    scanning->texts = bench_texts_of(archive, options->units);
    bench_must(cm_folder_new(packs->lexicon, &scanning->folder) == CM_OK, "memory");
    bench_must(cm_scanner_new(packs->items[0].matcher, &scanning->scanner) == CM_OK, "memory");
}

void bench_step_scan(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step)
{
    static struct scanning scanning;
    open_scanning(&scanning, options, archive);
    step->unit = "turn";
    step->found = "hits";
    step->units = scanning.texts.count;
    step->bytes = scanning.texts.bytes;
    bench_side_add(step, (struct bench_side){.name = "ours", .run = run_scan, .context = &scanning});
    bench_side_add(step, (struct bench_side){.name = "fold alone", .run = run_fold, .context = &scanning, .reference = true});
}

/* The phrases of a pack, one automaton a speaker, over turns that are folded on the spot. */
struct phrasing {
    struct scanning scanning;
    struct cm_phrases *phrases[CM_SPEAKER_COUNT];
    struct cm_phrase_scratch *scratch[CM_SPEAKER_COUNT];
};

static void run_phrases(void *context, size_t unit, struct bench_tally *tally)
{
    struct phrasing *phrasing = context;
    enum cm_speaker speaker = phrasing->scanning.texts.events[unit]->speaker;
    const struct cm_phrase_hit *hits;
    struct cm_folded folded;
    uint32_t count;
    if (!fold(&phrasing->scanning, unit, &folded) || !phrasing->phrases[speaker] ||
        cm_phrases_find(phrasing->phrases[speaker], phrasing->scratch[speaker], &folded, &hits, &count) != CM_OK)
        return;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && hits[i].id == hits[i - 1].id)
            continue;
        tally->found++;
        tally->check += hits[i].id;
    }
}

static void build(struct phrasing *phrasing, const struct cm_ruleset *ruleset, unsigned speaker)
{
    const struct cm_phrase **phrases = NULL;
    uint32_t *ids = NULL;
    size_t count = 0, phrase_cap = 0, id_cap = 0;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        const struct cm_cue *cue = &ruleset->cues[i];
        for (uint32_t j = 0; j < cue->phrase_count && cue->speakers & CM_BIT(speaker); j++, count++) {
            bench_must(cm_grow(&phrases, &phrase_cap, count + 1, sizeof *phrases) == CM_OK, "memory");
            bench_must(cm_grow(&ids, &id_cap, count + 1, sizeof *ids) == CM_OK, "memory");
            phrases[count] = &cue->phrases[j].phrase;
            ids[count] = i;
        }
    }
    if (count) {
        bench_must(cm_phrases_new(phrases, ids, count, &phrasing->phrases[speaker]) == CM_OK, "compiling");
        bench_must(cm_phrase_scratch_new(phrasing->phrases[speaker], &phrasing->scratch[speaker]) == CM_OK, "memory");
    }
    free(phrases);
    free(ids);
}

void bench_step_phrase(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step)
{
    static struct phrasing phrasing;
    open_scanning(&phrasing.scanning, options, archive);
    double begin = bench_seconds();
    for (unsigned speaker = CM_SPEAKER_AGENT; speaker < CM_SPEAKER_COUNT; speaker++)
        build(&phrasing, bench_packs(options)->items[0].ruleset, speaker);
    double compile_s = bench_seconds() - begin;
    step->unit = "turn";
    step->found = "pairs";
    step->units = phrasing.scanning.texts.count;
    step->bytes = phrasing.scanning.texts.bytes;
    bench_side_add(step, (struct bench_side){.name = "ours", .run = run_phrases, .context = &phrasing, .compile_s = compile_s});
    bench_side_add(step, (struct bench_side){.name = "fold alone", .run = run_fold, .context = &phrasing.scanning, .reference = true});
}
