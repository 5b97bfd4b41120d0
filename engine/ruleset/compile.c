/*
 * compile: from draft to image, and the two ways in.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "ruleset/fields.h"
#include "ruleset/store.h"

/* What cm_ruleset_free gives back: the image and, in its arena, all that it points to. */
struct image {
    struct cm_ruleset ruleset; /* first: a ruleset is an image to whoever made it */
    struct cm_arena arena;
    const struct cm_cue **cues_by_id;
    const struct cm_behaviour **behaviours_by_id;
};

static int compare_cues(const void *a, const void *b)
{
    const struct cm_cue *x = *(const struct cm_cue *const *)a, *y = *(const struct cm_cue *const *)b;
    return strcmp(x->id, y->id);
}

static int compare_behaviours(const void *a, const void *b)
{
    const struct cm_behaviour *x = *(const struct cm_behaviour *const *)a, *y = *(const struct cm_behaviour *const *)b;
    return strcmp(x->id, y->id);
}

static enum cm_status copy_entries(struct cm_draft *draft, struct image *image)
{
    struct cm_cue *cues = cm_arena_calloc(&image->arena, draft->cue_count, sizeof *cues);
    struct cm_behaviour *behaviours = cm_arena_calloc(&image->arena, draft->behaviour_count, sizeof *behaviours);
    image->cues_by_id = cm_arena_calloc(&image->arena, draft->cue_count, sizeof *image->cues_by_id);
    image->behaviours_by_id = cm_arena_calloc(&image->arena, draft->behaviour_count, sizeof *image->behaviours_by_id);
    if (!cues || !behaviours || !image->cues_by_id || !image->behaviours_by_id)
        return CM_ENOMEM;
    for (size_t i = 0; i < draft->cue_count; i++) {
        cues[i] = draft->cues[i].cue;
        image->cues_by_id[i] = &cues[i];
    }
    for (size_t i = 0; i < draft->behaviour_count; i++) {
        behaviours[i] = draft->behaviours[i].behaviour;
        image->behaviours_by_id[i] = &behaviours[i];
    }
    if (draft->cue_count)
        qsort(image->cues_by_id, draft->cue_count, sizeof *image->cues_by_id, compare_cues);
    if (draft->behaviour_count)
        qsort(image->behaviours_by_id, draft->behaviour_count, sizeof *image->behaviours_by_id, compare_behaviours);
    image->ruleset.cues = cues;
    image->ruleset.behaviours = behaviours;
    return CM_OK;
}

static enum cm_status copy_folders(const struct cm_draft *draft, struct image *image)
{
    const char **folders = cm_arena_calloc(&image->arena, draft->folder_count, sizeof *folders);
    if (!folders)
        return CM_ENOMEM;
    if (draft->folder_count)
        memcpy(folders, draft->folders, draft->folder_count * sizeof *folders);
    image->ruleset.folders = folders;
    image->ruleset.folder_count = (uint32_t)draft->folder_count;
    return CM_OK;
}

static enum cm_status compile(struct cm_draft *draft, const char *folder, struct image *image)
{
    const struct cm_draft_pack *pack = &draft->pack;
    struct cm_ruleset *out = &image->ruleset;
    int64_t runs[CM_CHANNEL_COUNT];
    out->name = pack->name;
    out->version = pack->version;
    out->folder = cm_draft_keep(draft, cm_span_of(folder)).ptr;
    out->channels = pack->channels;
    out->languages = pack->languages;
    out->language_count = pack->language_count;
    memcpy(out->dimensions, pack->dimension, sizeof out->dimensions);
    out->dimension_count = pack->dimension_count;
    out->min_coverage = pack->min_coverage;
    out->min_confidence = pack->min_confidence;
    out->calendar = pack->calendar;
    cm_channels_fill(&pack->reply_target, -1, out->reply_target_ms);
    cm_channels_fill(&pack->min_agent_runs, 1, runs);
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
        out->min_agent_runs[channel] = (uint32_t)runs[channel];
    out->cue_count = (uint32_t)draft->cue_count;
    out->behaviour_count = (uint32_t)draft->behaviour_count;
    out->cue_order = draft->cue_order;
    enum cm_status status = out->folder ? copy_entries(draft, image) : CM_ENOMEM;
    if (status == CM_OK)
        status = copy_folders(draft, image);
    return status == CM_OK ? cm_ruleset_hash(out, draft->lexicon, &out->hash) : status;
}

/* Every step runs whatever the one before has told, so that one run tells all. */
static enum cm_status run_steps(struct cm_draft *draft, const char *folder, struct image *image)
{
    size_t errors = draft->diagnostics->errors;
    enum cm_status status = cm_draft_gather(draft, folder);
    if (status == CM_OK)
        status = cm_draft_read(draft);
    if (status == CM_OK)
        status = cm_draft_parse_phrases(draft);
    if (status == CM_OK)
        status = cm_draft_check(draft, &image->ruleset);
    if (status == CM_OK && draft->diagnostics->errors > errors)
        status = CM_ERULES;
    return status == CM_OK ? compile(draft, folder, image) : status;
}

static enum cm_status load(const struct cm_pack_store *store, const char *folder, const struct cm_lexicon *lexicon,
                           struct cm_diagnostics *diagnostics, struct cm_ruleset **out)
{
    *out = NULL;
    struct image *image = calloc(1, sizeof *image);
    if (!image)
        return CM_ENOMEM;
    struct cm_draft draft = {.store = store, .lexicon = lexicon, .diagnostics = diagnostics, .image = &image->arena};
    enum cm_status status = run_steps(&draft, folder, image);
    cm_diagnostics_sort(diagnostics);
    cm_arena_free(&draft.arena);
    free(draft.entries);
    free(draft.lists);
    free(draft.folders);
    if (status == CM_OK)
        *out = &image->ruleset;
    else
        cm_ruleset_free(&image->ruleset);
    return status;
}

enum cm_status cm_ruleset_load(const char *folder, const char *const *name_roots, size_t root_count, const struct cm_lexicon *lexicon,
                               struct cm_diagnostics *diagnostics, struct cm_ruleset **out)
{
    struct cm_pack_store store = {.roots = name_roots, .root_count = root_count};
    return load(&store, folder, lexicon, diagnostics, out);
}

enum cm_status cm_ruleset_load_files(const struct cm_ruleset_file *files, size_t count, const struct cm_lexicon *lexicon,
                                     struct cm_diagnostics *diagnostics, struct cm_ruleset **out)
{
    *out = NULL;
    struct cm_pack_store store = {.files = files, .file_count = count};
    const char *slash = count ? strrchr(files[0].path, '/') : NULL;
    struct cm_buffer folder = CM_BUFFER_EMPTY;
    if (slash)
        cm_buffer_append(&folder, files[0].path, (size_t)(slash - files[0].path));
    cm_buffer_byte(&folder, '\0');
    enum cm_status status = cm_buffer_status(&folder);
    if (status == CM_OK && count)
        status = load(&store, folder.ptr, lexicon, diagnostics, out);
    else if (status == CM_OK)
        status = CM_EUSAGE;
    cm_buffer_free(&folder);
    return status;
}

void cm_ruleset_free(struct cm_ruleset *ruleset)
{
    if (!ruleset)
        return;
    struct image *image = (struct image *)ruleset;
    cm_arena_free(&image->arena);
    free(image);
}

uint32_t cm_ruleset_cue(const struct cm_ruleset *ruleset, struct cm_span id)
{
    const struct image *image = (const struct image *)ruleset;
    size_t low = 0, high = ruleset->cue_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cm_span_compare(cm_span_of(image->cues_by_id[middle]->id), id);
        if (order == 0)
            return (uint32_t)(image->cues_by_id[middle] - ruleset->cues);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return CM_CUE_NONE;
}

const struct cm_behaviour *cm_ruleset_behaviour(const struct cm_ruleset *ruleset, struct cm_span id)
{
    const struct image *image = (const struct image *)ruleset;
    size_t low = 0, high = ruleset->behaviour_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cm_span_compare(cm_span_of(image->behaviours_by_id[middle]->id), id);
        if (order == 0)
            return image->behaviours_by_id[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
