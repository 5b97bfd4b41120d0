/*
 * compile: from draft to image, and the ways in.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "ruleset/fields.h"
#include "ruleset/ruleset_image.h"
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

/* What is asked by id is found by id. */
static enum cm_status index_entries(struct image *image)
{
    const struct cm_ruleset *ruleset = &image->ruleset;
    image->cues_by_id = cm_arena_calloc(&image->arena, ruleset->cue_count, sizeof *image->cues_by_id);
    image->behaviours_by_id = cm_arena_calloc(&image->arena, ruleset->behaviour_count, sizeof *image->behaviours_by_id);
    if (!image->cues_by_id || !image->behaviours_by_id)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        image->cues_by_id[i] = &ruleset->cues[i];
    for (uint32_t i = 0; i < ruleset->behaviour_count; i++)
        image->behaviours_by_id[i] = &ruleset->behaviours[i];
    if (ruleset->cue_count)
        qsort(image->cues_by_id, ruleset->cue_count, sizeof *image->cues_by_id, compare_cues);
    if (ruleset->behaviour_count)
        qsort(image->behaviours_by_id, ruleset->behaviour_count, sizeof *image->behaviours_by_id, compare_behaviours);
    return CM_OK;
}

static enum cm_status copy_entries(struct cm_draft *draft, struct image *image)
{
    struct cm_cue *cues = cm_arena_calloc(&image->arena, draft->cue_count, sizeof *cues);
    struct cm_behaviour *behaviours = cm_arena_calloc(&image->arena, draft->behaviour_count, sizeof *behaviours);
    if (!cues || !behaviours)
        return CM_ENOMEM;
    for (size_t i = 0; i < draft->cue_count; i++)
        cues[i] = draft->cues[i].cue;
    for (size_t i = 0; i < draft->behaviour_count; i++)
        behaviours[i] = draft->behaviours[i].behaviour;
    image->ruleset.cues = cues;
    image->ruleset.behaviours = behaviours;
    return index_entries(image);
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
    out->folder = folder;
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
    enum cm_status status = copy_entries(draft, image);
    if (status == CM_OK)
        status = copy_folders(draft, image);
    return status == CM_OK ? cm_ruleset_hash(out, draft->lexicon, &out->hash) : status;
}

struct cm_ruleset_source {
    struct cm_pack_store store;
    struct cm_draft draft;
    struct image *image; /* what the draft fills; NULL once it is somebody's */
    const char *folder;  /* the image's */
    size_t errors;       /* told before this pack */
};

static enum cm_status open_source(const struct cm_pack_store *store, const char *folder, struct cm_diagnostics *diagnostics,
                                  struct cm_ruleset_source **out)
{
    *out = NULL;
    struct cm_ruleset_source *source = calloc(1, sizeof *source);
    struct image *image = calloc(1, sizeof *image);
    enum cm_status status = source && image ? CM_OK : CM_ENOMEM;
    if (status == CM_OK) {
        *source = (struct cm_ruleset_source){.store = *store, .image = image, .errors = diagnostics->errors};
        source->draft = (struct cm_draft){.store = &source->store, .diagnostics = diagnostics, .image = &image->arena};
        source->folder = cm_draft_keep(&source->draft, cm_span_of(folder)).ptr;
        status = source->folder ? cm_draft_open(&source->draft, source->folder) : CM_ENOMEM;
        *out = source;
    } else {
        free(source);
        free(image);
    }
    if (status != CM_OK) {
        cm_ruleset_source_free(*out);
        *out = NULL;
    }
    return status;
}

enum cm_status cm_ruleset_open(const char *folder, const char *const *name_roots, size_t root_count, struct cm_diagnostics *diagnostics,
                               struct cm_ruleset_source **out)
{
    struct cm_pack_store store = {.roots = name_roots, .root_count = root_count};
    enum cm_status status = open_source(&store, folder, diagnostics, out);
    cm_diagnostics_sort(diagnostics);
    return status;
}

enum cm_status cm_ruleset_source_hash(const struct cm_ruleset_source *source, struct cm_hash128 *out)
{
    return cm_draft_hash(&source->draft, out);
}

/* Every step runs whatever the one before has told, so that one run tells all. */
static enum cm_status run_steps(struct cm_ruleset_source *source)
{
    struct cm_draft *draft = &source->draft;
    enum cm_status status = cm_draft_gather(draft);
    if (status == CM_OK)
        status = cm_draft_read(draft);
    if (status == CM_OK)
        status = cm_draft_parse_phrases(draft);
    if (status == CM_OK)
        status = cm_draft_check(draft, &source->image->ruleset);
    if (status == CM_OK && draft->diagnostics->errors > source->errors)
        status = CM_ERULES;
    return status == CM_OK ? compile(draft, source->folder, source->image) : status;
}

enum cm_status cm_ruleset_compile(struct cm_ruleset_source *source, const struct cm_lexicon *lexicon, struct cm_ruleset **out)
{
    source->draft.lexicon = lexicon;
    enum cm_status status = run_steps(source);
    cm_diagnostics_sort(source->draft.diagnostics);
    *out = status == CM_OK ? &source->image->ruleset : NULL;
    if (status == CM_OK)
        source->image = NULL;
    return status;
}

void cm_ruleset_source_free(struct cm_ruleset_source *source)
{
    if (!source)
        return;
    for (size_t i = 0; i < source->draft.layer_count; i++)
        free(source->draft.layers[i].contents);
    cm_arena_free(&source->draft.arena);
    free(source->draft.entries);
    free(source->draft.lists);
    free(source->draft.folders);
    if (source->image)
        cm_ruleset_free(&source->image->ruleset);
    free(source);
}

static enum cm_status load(const struct cm_pack_store *store, const char *folder, const struct cm_lexicon *lexicon,
                           struct cm_diagnostics *diagnostics, struct cm_ruleset **out)
{
    struct cm_ruleset_source *source;
    *out = NULL;
    enum cm_status status = open_source(store, folder, diagnostics, &source);
    if (status == CM_OK)
        status = cm_ruleset_compile(source, lexicon, out);
    else
        cm_diagnostics_sort(diagnostics);
    cm_ruleset_source_free(source);
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

enum cm_status cm_ruleset_adopt(const struct cm_ruleset *from, struct cm_ruleset **out)
{
    *out = NULL;
    struct image *image = calloc(1, sizeof *image);
    if (!image)
        return CM_ENOMEM;
    image->ruleset = *from;
    enum cm_status status = index_entries(image);
    if (status == CM_OK)
        *out = &image->ruleset;
    else
        cm_ruleset_free(&image->ruleset);
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
