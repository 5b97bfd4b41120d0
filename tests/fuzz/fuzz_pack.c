/* Any bytes as a pack, which may extend a small one beside it: an image or diagnostics, and never a crash. */
#include <stdint.h>
#include <stdlib.h>

#include "ruleset/draft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char base[] = "pack: base\nversion: 1.0.0\ndimensions: {d: {weight: 1}}\nlists: {l: [x]}\n"
                           "cues: [{id: a, speaker: agent, why: w, phrases: [\"@l y\"], hit: [x y], miss: [z]}]\n"
                           "behaviours: [{id: b, dimension: d, kind: expected, title: t, met_by: [a]}]\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cm_lexicon *lexicon;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    if (!lexicon && cm_lexicon_load(CM_SOURCE_DIR "/tests/unit/ruleset/lexicon", &diagnostics, &lexicon) != CM_OK)
        abort();
    struct cm_ruleset *ruleset = NULL;
    const struct cm_ruleset_file files[] = {{"p/pack.yaml", {(const char *)data, size}}, {"base/pack.yaml", cm_span_of(base)}};
    enum cm_status status = cm_ruleset_load_files(files, 2, lexicon, &diagnostics, &ruleset);
    if ((status == CM_OK) != (ruleset != NULL) || (status == CM_ERULES) != (diagnostics.errors > 0))
        abort();
    cm_ruleset_free(ruleset);
    cm_diagnostics_free(&diagnostics);
    return 0;
}
