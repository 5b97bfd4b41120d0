/* fold: a text to tokens, with the vector instructions of this machine and without any. */
#include "step.h"
#include "text/fold.h"

struct folding {
    const struct bench_texts *texts;
    struct cm_folder *folder;
};

static void run(void *context, size_t unit, struct bench_tally *tally)
{
    struct folding *folding = context;
    struct cm_folded folded;
    if (cm_fold(folding->folder, folding->texts->items[unit], &folded) != CM_OK)
        return;
    tally->found += folded.count;
    for (uint32_t i = 0; i < folded.count; i++)
        tally->check += folded.tokens[i].hash ^ folded.tokens[i].start ^ (uint64_t)folded.tokens[i].flags << 32;
}

void bench_step_fold(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step)
{
    static struct bench_texts texts;
    static struct folding ours, scalar;
    const struct cm_packs *packs = bench_packs(options);
    texts = bench_texts_of(archive, options->units);
    ours.texts = scalar.texts = &texts;
    bench_must(cm_folder_new(packs->lexicon, &ours.folder) == CM_OK && cm_folder_new(packs->lexicon, &scalar.folder) == CM_OK, "memory");
    cm_folder_use_scalar(scalar.folder);
    step->unit = "turn";
    step->found = "tokens";
    step->units = texts.count;
    step->bytes = texts.bytes;
    bench_side_add(step, (struct bench_side){.name = "ours", .run = run, .context = &ours});
    bench_side_add(step, (struct bench_side){.name = "scalar", .run = run, .context = &scalar});
}
