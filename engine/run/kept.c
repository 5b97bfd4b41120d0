#include "run/kept.h"

#include "match/matcher_parts.h"
#include "ruleset/ruleset_image.h"

/* A pack, as it is kept. */
struct pack_image {
    struct cm_ruleset ruleset;
    struct cm_matcher_parts parts;
};

static const struct cm_image_member pack_members[] = {
    CM_IMAGE_MEMBER_PARTS(struct pack_image, ruleset, 1, &cm_ruleset_type),
    CM_IMAGE_MEMBER_PARTS(struct pack_image, parts, 1, &cm_matcher_parts_type),
};
static const struct cm_image_type pack_type = CM_IMAGE_TYPE(struct pack_image, pack_members);

/* The struct of this type that was kept under key, or NULL, whatever the reason: then it is to be made. */
static void *find(struct cm_hash128 key, const struct cm_image_type *type, struct cm_cache_block *block)
{
    void *root;
    if (cm_cache_get(key, block) != CM_OK)
        return NULL;
    if (cm_image_open(type, block->bytes, block->len, &root) == CM_OK)
        return root;
    cm_cache_drop(block);
    return NULL;
}

static void keep(struct cm_hash128 key, const struct cm_image_type *type, const void *root)
{
    struct cm_buffer bytes = CM_BUFFER_EMPTY;
    if (cm_image_write(type, root, &bytes) == CM_OK) /* without memory for it nothing is kept */
        cm_cache_put(key, cm_buffer_view(&bytes));
    cm_buffer_free(&bytes);
}

static size_t told(const struct cm_diagnostics *diagnostics)
{
    return diagnostics->errors + diagnostics->warnings;
}

/* ---- lexicon ---- */

static enum cm_status make_lexicon(struct cm_packs *packs, struct cm_lexicon_source *source, struct cm_diagnostics *diagnostics)
{
    struct cm_hash128 key;
    size_t before = told(diagnostics);
    bool cached = !packs->anew && cm_cache_key("lexicon", &packs->lexicon_files, 1, &key);
    void *root = cached ? find(key, &cm_lexicon_type, &packs->lexicon_block) : NULL;
    if (root)
        return cm_lexicon_adopt(root, &packs->lexicon);
    enum cm_status status = cm_lexicon_compile(source, &packs->lexicon);
    if (status == CM_OK && cached && told(diagnostics) == before)
        keep(key, &cm_lexicon_type, packs->lexicon);
    return status;
}

enum cm_status cm_kept_lexicon(struct cm_packs *packs, const char *folder, struct cm_diagnostics *diagnostics)
{
    struct cm_lexicon_source *source;
    enum cm_status status = cm_lexicon_open(folder, diagnostics, &source);
    if (status == CM_OK)
        status = cm_lexicon_source_hash(source, &packs->lexicon_files);
    if (status == CM_OK)
        status = make_lexicon(packs, source, diagnostics);
    cm_lexicon_source_free(source);
    return status;
}

/* ---- packs ---- */

/* CM_EINPUT: what was kept is none of ours, and all that was made of it is gone. */
static enum cm_status adopt_pack(const struct cm_packs *packs, const struct pack_image *image, struct cm_diagnostics *diagnostics,
                                 struct cm_pack *pack)
{
    enum cm_status status = cm_ruleset_adopt(&image->ruleset, &pack->ruleset);
    if (status == CM_OK)
        status = cm_matcher_adopt(pack->ruleset, packs->lexicon, &image->parts, diagnostics, &pack->matcher);
    if (status == CM_EINPUT)
        cm_pack_free(pack);
    return status;
}

static enum cm_status compile_pack(const struct cm_packs *packs, struct cm_ruleset_source *source, struct cm_diagnostics *diagnostics,
                                   struct cm_pack *pack)
{
    enum cm_status status = cm_ruleset_compile(source, packs->lexicon, &pack->ruleset);
    return status == CM_OK ? cm_matcher_new(pack->ruleset, packs->lexicon, diagnostics, &pack->matcher) : status;
}

/* before: what was told until its files were read. A file that could not be has left no trace in their hash. */
static enum cm_status make_pack(const struct cm_packs *packs, struct cm_ruleset_source *source, size_t before,
                                struct cm_diagnostics *diagnostics, struct cm_pack *pack)
{
    struct cm_hash128 inputs[2] = {packs->lexicon_files}, key;
    enum cm_status status = cm_ruleset_source_hash(source, &inputs[1]);
    if (status != CM_OK)
        return status;
    bool cached = !packs->anew && told(diagnostics) == before && cm_cache_key("pack", inputs, 2, &key);
    void *root = cached ? find(key, &pack_type, &pack->block) : NULL;
    if (root)
        status = adopt_pack(packs, root, diagnostics, pack);
    if (root && status != CM_EINPUT)
        return status;
    status = compile_pack(packs, source, diagnostics, pack);
    if (status == CM_OK && cached && told(diagnostics) == before) {
        struct pack_image image = {*pack->ruleset, cm_matcher_parts(pack->matcher)};
        keep(key, &pack_type, &image);
    }
    return status;
}

enum cm_status cm_kept_pack(const struct cm_packs *packs, const char *folder, struct cm_diagnostics *diagnostics, struct cm_pack *pack)
{
    struct cm_ruleset_source *source;
    const char *roots[] = {packs->rules};
    size_t before = told(diagnostics);
    enum cm_status status = cm_ruleset_open(folder, roots, 1, diagnostics, &source);
    if (status == CM_OK)
        status = make_pack(packs, source, before, diagnostics, pack);
    cm_ruleset_source_free(source);
    return status;
}
