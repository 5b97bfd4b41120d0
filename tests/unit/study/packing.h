/* A pack from text, in a folder of its own, with the real lexicon. */
#ifndef CM_TEST_PACKING_H
#define CM_TEST_PACKING_H

#include <criterion/criterion.h>

#include "run/pack.h"
#include "scratch.h"

#define HEAD "pack: p\nversion: 1.0.0\ncues:\n"

static struct cm_packs packs;
static struct cm_diagnostics diagnostics;
static struct scratch scratch;

static inline enum cm_status pack(const char *text)
{
    cr_assert(scratch_make(&scratch));
    char *path = scratch_file(&scratch, "pack.yaml", text, strlen(text));
    cr_assert_not_null(path);
    free(path);
    const char *name = scratch.folder;
    return cm_packs_load(&packs, &name, 1, &diagnostics);
}

static inline void unpack(void)
{
    cm_packs_free(&packs);
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
}

#endif
