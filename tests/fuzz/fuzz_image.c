/*
 * Any changes to an image: refused, or a lexicon again that leads to nothing but
 * the image's own bytes. The input is edits of six bytes each: where (four), what
 * (one), and whether the image is cut there (one).
 */
#include <stdint.h>
#include <stdlib.h>

#include "text/lexicon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EDIT_BYTES ((size_t)6)
#define CUT 7u /* one edit in 256 */

static struct cm_buffer image;

static void require(bool fine)
{
    if (!fine)
        abort();
}

static void make_image(void)
{
    struct cm_lexicon *lexicon;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    require(cm_lexicon_load(CM_SOURCE_DIR "/tests/unit/ruleset/lexicon", &diagnostics, &lexicon) == CM_OK);
    require(cm_image_write(&cm_lexicon_type, lexicon, &image) == CM_OK);
    cm_lexicon_free(lexicon);
    cm_diagnostics_free(&diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (image.len == 0)
        make_image();
    void *block, *root;
    size_t len = image.len;
    require(posix_memalign(&block, CM_IMAGE_ALIGN_BYTES, len) == 0);
    memcpy(block, image.ptr, len);
    for (; size >= EDIT_BYTES; data += EDIT_BYTES, size -= EDIT_BYTES) {
        uint32_t at;
        memcpy(&at, data, sizeof(at));
        ((uint8_t *)block)[at % image.len] = data[4];
        len = data[5] == CUT ? at % image.len : len;
    }
    /* what is written again was read as a whole */
    struct cm_buffer again = CM_BUFFER_EMPTY;
    if (cm_image_open(&cm_lexicon_type, block, len, &root) == CM_OK)
        require(cm_image_write(&cm_lexicon_type, root, &again) == CM_OK && again.len > 0);
    cm_buffer_free(&again);
    free(block);
    return 0;
}
