/*
 * Any bytes as what rules are measured by: labelled turns (n: NDJSON, c: CSV), a map of labels (m), ratings (r); the first byte says which.
 * Faults are told, what was read is whole, and nothing crashes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "ruleset/draft.h"
#include "study/labels/label_map.h"
#include "study/labels/labels.h"
#include "study/validity/ratings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] = "pack: p\nversion: 1.0.0\ndimensions: {care: {weight: 1}, respond: {weight: 1}}\n"
                            "cues: [{id: hello, speaker: agent, why: w, phrases: [hello], hit: [hello], miss: [z]}]\n"
                            "behaviours: [{id: b, dimension: respond, kind: expected, title: t, met_by: [hello]}]\n";

static void check(bool good)
{
    if (!good)
        abort();
}

static const struct cm_ruleset *pack(void)
{
    static struct cm_lexicon *lexicon;
    static struct cm_ruleset *ruleset;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    const struct cm_ruleset_file file = {"p/pack.yaml", {rules, sizeof rules - 1}};
    if (!lexicon)
        check(cm_lexicon_load(CM_SOURCE_DIR "/tests/unit/ruleset/lexicon", &diagnostics, &lexicon) == CM_OK);
    if (!ruleset)
        check(cm_ruleset_load_files(&file, 1, lexicon, &diagnostics, &ruleset) == CM_OK);
    cm_diagnostics_free(&diagnostics);
    return ruleset;
}

static void check_turn(const struct cm_labels *labels, const struct cm_labelled *item)
{
    check(item->turn_count > 0 && item->conversation.ptr);
    for (size_t i = 0; i < item->turn_count; i++)
        check(item->turns[i].speaker > CM_SPEAKER_NONE && item->turns[i].speaker < CM_SPEAKER_COUNT &&
              item->turns[i].text.len <= CM_TEXT_MAX_BYTES);
    for (uint32_t i = 0; i < item->label_count; i++)
        check(item->labels[i] < labels->name_count && (i == 0 || item->labels[i] > item->labels[i - 1]));
    for (uint32_t i = 0; i < item->disputed_count; i++)
        check(item->disputed[i] < labels->name_count);
}

static void read_labels(const char *file, struct cm_span bytes, struct cm_diagnostics *diagnostics)
{
    struct cm_labels labels = CM_LABELS_EMPTY;
    enum cm_status status = cm_labels_read(&labels, file, bytes, diagnostics);
    check(status == CM_OK || status == CM_EINPUT);
    check((status == CM_OK) == (diagnostics->errors == 0));
    for (size_t i = 0; i < labels.count; i++)
        check_turn(&labels, &labels.items[i]);
    cm_labels_free(&labels);
}

static void read_map(struct cm_span bytes, struct cm_diagnostics *diagnostics)
{
    struct cm_label_map map = CM_LABEL_MAP_EMPTY;
    enum cm_status status = cm_label_map_read(&map, "map.yaml", bytes, pack(), diagnostics);
    check((status == CM_ERULES) == (diagnostics->errors > 0));
    for (uint32_t i = 0; status == CM_OK && i < map.count; i++)
        for (uint32_t cue = 0; cue < map.items[i].cue_count; cue++)
            check(map.items[i].cues[cue] < pack()->cue_count);
    cm_label_map_free(&map);
}

static void read_ratings(struct cm_span bytes, struct cm_diagnostics *diagnostics)
{
    struct cm_ratings ratings = {0};
    enum cm_status status = cm_ratings_read(&ratings, "ratings.ndjson", bytes, pack(), diagnostics);
    check((status == CM_OK) == (diagnostics->errors == 0));
    cm_ratings_free(&ratings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_span bytes = {(const char *)data + 1, size ? size - 1 : 0};
    if (size == 0)
        return 0;
    if (data[0] == 'm')
        read_map(bytes, &diagnostics);
    else if (data[0] == 'r')
        read_ratings(bytes, &diagnostics);
    else
        read_labels(data[0] == 'c' ? "turns.csv" : "turns.ndjson", bytes, &diagnostics);
    cm_diagnostics_free(&diagnostics);
    return 0;
}
