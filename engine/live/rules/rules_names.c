/*
 * rules_names: the ids of cues as text, and back as a map. What is read back lay in
 * a topic that others may write to: nothing in it is believed.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "live/rules/rules.h"

static const char first_line[] = "caremeter-cues 1";
static const char pack_word[] = "pack ";

/* Names of packs and cues: more than ruleset/ lets pass, so that older texts stay readable. */
#define CM_NAME_MAX_BYTES ((size_t)255)
#define CM_HASH_DIGITS ((size_t)32)

void cm_rules_names(const struct cm_rules *rules, struct cm_buffer *out)
{
    const struct cm_packs *packs = cm_rules_packs(rules);
    cm_buffer_printf(out, "%s\n", first_line);
    for (size_t i = 0; i < packs->count; i++) {
        const struct cm_ruleset *ruleset = packs->items[i].ruleset;
        cm_buffer_printf(out, "%s%s %s %016" PRIx64 "%016" PRIx64 " %" PRIu32 "\n", pack_word, ruleset->name, ruleset->version,
                         ruleset->hash.high, ruleset->hash.low, ruleset->cue_count);
        for (uint32_t cue = 0; cue < ruleset->cue_count; cue++)
            cm_buffer_printf(out, "%s\n", ruleset->cues[cue].id);
    }
}

/* The next line without its end, which must be there. */
static bool take_line(struct cm_span *text, struct cm_span *line)
{
    const char *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
    if (!end)
        return false;
    *line = (struct cm_span){text->ptr, (size_t)(end - text->ptr)};
    text->len -= line->len + 1;
    text->ptr = end + 1;
    return true;
}

/* The word behind the last blank, which is taken off. */
static bool take_last_word(struct cm_span *line, struct cm_span *word)
{
    const char *blank = line->len ? memrchr(line->ptr, ' ', line->len) : NULL;
    if (!blank)
        return false;
    size_t len = (size_t)(blank - line->ptr);
    *word = (struct cm_span){blank + 1, line->len - len - 1};
    line->len = len;
    return true;
}

static bool is_name(struct cm_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (i > 0 && ((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'))))
            return false;
    }
    return name.len > 0 && name.len <= CM_NAME_MAX_BYTES;
}

static bool is_hash(struct cm_span hash)
{
    for (size_t i = 0; i < hash.len; i++)
        if (!((hash.ptr[i] >= '0' && hash.ptr[i] <= '9') || (hash.ptr[i] >= 'a' && hash.ptr[i] <= 'f')))
            return false;
    return hash.len == CM_HASH_DIGITS;
}

static bool read_count(struct cm_span digits, uint32_t *count)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9' || (i > 0 && value == 0))
            return false;
        value = value * 10 + (uint32_t)(digits.ptr[i] - '0');
        if (value > CM_CUES_MAX)
            return false;
    }
    *count = value;
    return digits.len > 0;
}

/* "pack NAME VERSION HASH COUNT" */
static bool read_head(struct cm_span line, struct cm_span *name, uint32_t *count)
{
    struct cm_span digits, hash;
    if (!cm_span_starts_with(line, cm_span_of(pack_word)) || !take_last_word(&line, &digits) || !take_last_word(&line, &hash))
        return false;
    size_t start = sizeof pack_word - 1;
    if (line.len < start)
        return false;
    line = (struct cm_span){line.ptr + start, line.len - start};
    const char *blank = line.len ? memchr(line.ptr, ' ', line.len) : NULL;
    if (!blank)
        return false;
    *name = (struct cm_span){line.ptr, (size_t)(blank - line.ptr)};
    bool version = name->len + 1 < line.len;
    return version && is_name(*name) && is_hash(hash) && read_count(digits, count);
}

/* The new pack of this name, or NULL. */
static const struct cm_ruleset *find_pack(const struct cm_packs *packs, struct cm_span name, uint32_t *index)
{
    for (*index = 0; *index < packs->count; ++*index)
        if (cm_span_equal(cm_span_of(packs->items[*index].ruleset->name), name))
            return packs->items[*index].ruleset;
    return NULL;
}

/* The lines of one pack's cues. ruleset NULL: they have no counterpart. */
static enum cm_status read_cues(struct cm_span *text, const struct cm_ruleset *ruleset, uint32_t count, uint32_t *cues)
{
    size_t size = ruleset ? ruleset->cue_count : 0;
    uint8_t *seen = calloc(size + 1, 1); /* a pack without cues is a pack */
    enum cm_status status = seen ? CM_OK : CM_ENOMEM;
    for (uint32_t i = 0; i < count && status == CM_OK; i++) {
        struct cm_span id;
        if (!take_line(text, &id) || !is_name(id)) {
            status = CM_EINPUT;
            break;
        }
        cues[i] = ruleset ? cm_ruleset_cue(ruleset, id) : CM_REMAP_NONE;
        if (cues[i] == CM_REMAP_NONE)
            continue;
        if (seen[cues[i]]++)
            status = CM_EINPUT; /* two that would become one */
    }
    free(seen);
    return status;
}

static enum cm_status read_pack(struct cm_span *text, const struct cm_packs *packs, struct cm_cue_map *map)
{
    struct cm_span line, name;
    uint32_t count, index, old = map->old_pack_count;
    if (old == CM_PACKS_MAX || !take_line(text, &line) || !read_head(line, &name, &count))
        return CM_EINPUT;
    const struct cm_ruleset *ruleset = find_pack(packs, name, &index);
    if (ruleset && map->packs[index] != CM_REMAP_NONE)
        return CM_EINPUT; /* one pack twice */
    map->cues[old] = calloc(count + 1u, sizeof *map->cues[old]);
    if (!map->cues[old])
        return CM_ENOMEM;
    map->cue_counts[old] = count;
    map->old_pack_count++;
    if (ruleset)
        map->packs[index] = old;
    return read_cues(text, ruleset, count, map->cues[old]);
}

_Static_assert(CM_CUE_NONE == CM_REMAP_NONE, "a cue that is not found is none");

enum cm_status cm_cue_map_new(struct cm_span names, const struct cm_rules *to, struct cm_cue_map *out)
{
    const struct cm_packs *packs = cm_rules_packs(to);
    struct cm_span line;
    *out = (struct cm_cue_map){.pack_count = (uint32_t)packs->count};
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        out->packs[i] = CM_REMAP_NONE;
    enum cm_status status = take_line(&names, &line) && cm_span_equal(line, cm_span_of(first_line)) ? CM_OK : CM_EINPUT;
    while (status == CM_OK && names.len > 0)
        status = read_pack(&names, packs, out);
    if (status == CM_OK && out->old_pack_count == 0)
        status = CM_EINPUT;
    if (status != CM_OK)
        cm_cue_map_free(out);
    return status;
}

void cm_cue_map_free(struct cm_cue_map *map)
{
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        free(map->cues[i]);
    *map = (struct cm_cue_map){0};
}

struct cm_remap cm_cue_map_remap(const struct cm_cue_map *map)
{
    return (struct cm_remap){.packs = map->packs,
                             .pack_count = map->pack_count,
                             .cues = (const uint32_t *const *)map->cues,
                             .cue_counts = map->cue_counts,
                             .old_pack_count = map->old_pack_count};
}
