#include "cli/patterns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common.h"

static enum cm_status add_name(struct cm_patterns *patterns, const char *name)
{
    enum cm_status status = cm_grow(&patterns->names, &patterns->name_cap, patterns->count + 1, sizeof *patterns->names);
    if (status == CM_OK)
        patterns->names[patterns->count++] = name;
    return status;
}

/* Every phrase is a pattern of its own, named by its text. */
static enum cm_status add_phrase(struct cm_patterns *patterns, struct cm_phrase_parser *parser, struct cm_span text, struct cm_place place)
{
    struct cm_span copy = cm_arena_copy(&patterns->arena, text);
    if (!copy.ptr)
        return CM_ENOMEM;
    size_t need = patterns->phrase_count + 1;
    enum cm_status status = cm_grow(&patterns->phrases, &patterns->phrase_cap, need, sizeof *patterns->phrases);
    if (status == CM_OK)
        status = cm_grow(&patterns->phrase_ids, &patterns->phrase_id_cap, need, sizeof *patterns->phrase_ids);
    if (status == CM_OK)
        status = cm_phrase_parse(parser, copy, place, &patterns->phrases[patterns->phrase_count]);
    if (status != CM_OK)
        return status;
    patterns->phrase_ids[patterns->phrase_count++] = (uint32_t)patterns->count;
    return add_name(patterns, copy.ptr);
}

static enum cm_status worse(enum cm_status a, enum cm_status b)
{
    return a == CM_OK ? b : a;
}

/* Every line that is not empty and no comment. */
static enum cm_status add_lines(struct cm_patterns *patterns, struct cm_phrase_parser *parser, const char *path, struct cm_span contents)
{
    enum cm_status status = CM_OK;
    for (uint32_t number = 1; contents.len > 0 && status != CM_ENOMEM; number++) {
        const char *stop = memchr(contents.ptr, '\n', contents.len);
        struct cm_span text = {contents.ptr, stop ? (size_t)(stop - contents.ptr) : contents.len};
        size_t used = text.len + (stop != NULL);
        contents = (struct cm_span){contents.ptr + used, contents.len - used};
        struct cm_place place = {.file = path, .line = number, .column = 1, .width = 1};
        while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t' || text.ptr[text.len - 1] == '\r'))
            text.len--;
        for (; text.len > 0 && (*text.ptr == ' ' || *text.ptr == '\t'); text.ptr++, text.len--)
            place.column++;
        if (text.len > 0 && *text.ptr != '#')
            status = worse(status, add_phrase(patterns, parser, text, place));
    }
    return status;
}

static enum cm_status add_file(struct cm_patterns *patterns, struct cm_phrase_parser *parser, const char *path)
{
    struct cm_buffer contents = CM_BUFFER_EMPTY;
    size_t errors = parser->diagnostics->errors, before = patterns->count;
    enum cm_status status = cm_read_file(path, &contents);
    if (status != CM_OK)
        cm_diagnostics_add(parser->diagnostics, CM_SEVERITY_ERROR, "pattern-file", (struct cm_place){.file = path}, NULL, "%s",
                           status == CM_EIO ? strerror(errno) : cm_status_text(status));
    else
        status = add_lines(patterns, parser, path, cm_buffer_view(&contents));
    if (status == CM_OK && patterns->count == before) {
        cm_diagnostics_add(parser->diagnostics, CM_SEVERITY_ERROR, "pattern-file", (struct cm_place){0}, NULL, "no patterns in %s", path);
        status = CM_EUSAGE;
    }
    if (status != CM_OK && status != CM_EIO && parser->diagnostics->errors > errors)
        cm_diagnostics_source(parser->diagnostics, path, cm_buffer_view(&contents));
    cm_buffer_free(&contents);
    return status;
}

static enum cm_status build_phrases(struct cm_patterns *patterns, bool oracle)
{
    size_t count = patterns->phrase_count;
    if (count == 0)
        return CM_OK;
    if (!oracle) {
        const struct cm_phrase **pointers = cm_arena_alloc(&patterns->arena, count * sizeof *pointers);
        if (!pointers)
            return CM_ENOMEM;
        for (size_t i = 0; i < count; i++)
            pointers[i] = &patterns->phrases[i];
        return cm_phrases_new(pointers, patterns->phrase_ids, count, &patterns->automaton);
    }
    patterns->oracles = calloc(count, sizeof(struct cm_oracle *));
    enum cm_status status = patterns->oracles ? CM_OK : CM_ENOMEM;
    for (size_t i = 0; i < count && status == CM_OK; i++)
        status = cm_oracle_new(&patterns->phrases[i], &patterns->oracles[i]);
    return status;
}

static enum cm_status load_phrases(struct cm_patterns *patterns, const struct cm_patterns_request *request,
                                   struct cm_diagnostics *diagnostics)
{
    struct cm_phrase_parser parser = {.lexicon = patterns->packs.lexicon, .arena = &patterns->arena, .diagnostics = diagnostics};
    enum cm_status status = cm_folder_new(parser.lexicon, &parser.folder);
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < request->phrase_count && status != CM_ENOMEM; i++) {
        struct cm_span text = cm_span_of(request->phrases[i]);
        const char *name = cm_arena_printf(&patterns->arena, "pattern %zu", i + 1);
        if (!name) {
            status = CM_ENOMEM;
            break;
        }
        cm_diagnostics_source(diagnostics, name, text);
        status = worse(status, add_phrase(patterns, &parser, text, (struct cm_place){.file = name, .line = 1, .column = 1, .width = 1}));
    }
    for (size_t i = 0; i < request->files->count && status != CM_ENOMEM; i++)
        status = worse(status, add_file(patterns, &parser, request->files->items[i]));
    cm_folder_free(parser.folder);
    return status == CM_OK ? build_phrases(patterns, request->oracle) : status;
}

static enum cm_status load_regexes(struct cm_patterns *patterns, const struct cm_opt_list *list, struct cm_diagnostics *diagnostics)
{
    size_t count = list->count;
    if (count == 0)
        return CM_OK;
    struct cm_rule_regex *rules = cm_arena_calloc(&patterns->arena, count, sizeof *rules);
    const struct cm_rule_regex **pointers = cm_arena_calloc(&patterns->arena, count, sizeof *pointers);
    patterns->regex_wanted = cm_arena_calloc(&patterns->arena, CM_REGEX_WORDS(count), sizeof *patterns->regex_wanted);
    if (!rules || !pointers || !patterns->regex_wanted)
        return CM_ENOMEM;
    enum cm_status status = CM_OK;
    patterns->regex_first = (uint32_t)patterns->count;
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        const char *name = cm_arena_printf(&patterns->arena, "-e#%zu", i + 1);
        if (!name)
            return CM_ENOMEM;
        rules[i].pattern = cm_span_of(list->items[i]);
        rules[i].place = (struct cm_place){.file = name, .line = 1, .column = 1, .width = 1};
        pointers[i] = &rules[i];
        patterns->regex_wanted[i / 64] |= UINT64_C(1) << (i % 64);
        cm_diagnostics_source(diagnostics, name, rules[i].pattern);
        status = add_name(patterns, list->items[i]);
    }
    return status == CM_OK ? cm_regexes_new(pointers, count, diagnostics, &patterns->regexes) : status;
}

/* The ids by which a combination can be looked for turn by turn. */
static void tell_parts(const struct cm_ruleset *rules, const struct cm_cue *cue, struct cm_diagnostics *diagnostics)
{
    struct cm_buffer parts = CM_BUFFER_EMPTY;
    const struct cm_cue_list *lists[] = {&cue->all, &cue->any};
    for (size_t i = 0; i < 2; i++)
        for (uint32_t j = 0; j < lists[i]->count; j++)
            cm_buffer_printf(&parts, "%s--cue %s", parts.len ? " " : "look for its parts: ", rules->cues[lists[i]->items[j]].id);
    cm_buffer_byte(&parts, '\0');
    bool help = parts.len > 1 && cm_buffer_status(&parts) == CM_OK;
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "cue-needs-conversation", cue->place, help ? parts.ptr : NULL,
                       "the cue %s depends on other turns or cues; grep sees one turn at a time", cue->id);
    cm_buffer_free(&parts);
}

static enum cm_status add_cue(struct cm_patterns *patterns, size_t pack, uint32_t cue, bool named, struct cm_diagnostics *diagnostics)
{
    const struct cm_ruleset *rules = patterns->packs.items[pack].ruleset;
    const struct cm_cue *rule = &rules->cues[cue];
    if (rule->kind == CM_CUE_COMPOSITE || rule->kind == CM_CUE_ECHO || rule->kind == CM_CUE_SUMMED) {
        if (!named)
            return CM_OK;
        tell_parts(rules, rule, diagnostics);
        return CM_EUSAGE;
    }
    if (patterns->of_cue[pack][cue] != UINT32_MAX)
        return CM_OK;
    patterns->of_cue[pack][cue] = (uint32_t)patterns->count;
    return add_name(patterns, rule->id);
}

const char *cm_nearest_cue(const struct cm_ruleset *rules, const char *id)
{
    const char **ids = calloc(rules->cue_count + 1, sizeof *ids);
    if (!ids)
        return NULL;
    for (uint32_t i = 0; i < rules->cue_count; i++)
        ids[i] = rules->cues[i].id;
    const char *nearest = cm_opts_nearest(id, ids);
    free(ids);
    return nearest;
}

static enum cm_status add_named_cue(struct cm_patterns *patterns, const char *id, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = CM_OK;
    bool known = false;
    for (size_t pack = 0; pack < patterns->packs.count; pack++) {
        uint32_t cue = cm_ruleset_cue(patterns->packs.items[pack].ruleset, cm_span_of(id));
        if (cue == CM_CUE_NONE)
            continue;
        known = true;
        status = worse(status, add_cue(patterns, pack, cue, true, diagnostics));
    }
    if (!known) {
        const char *nearest = cm_nearest_cue(patterns->packs.items[0].ruleset, id);
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "cue-unknown", (struct cm_place){0}, NULL, "there is no cue %s%s%s%s", id,
                           nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
        return CM_EUSAGE;
    }
    return status;
}

static enum cm_status load_cues(struct cm_patterns *patterns, const struct cm_patterns_request *request, struct cm_diagnostics *diagnostics)
{
    if (request->packs->count == 0 && request->cues->count == 0)
        return CM_OK;
    enum cm_status status = cm_packs_load(&patterns->packs, request->packs->items, request->packs->count, diagnostics);
    for (size_t pack = 0; pack < patterns->packs.count && status == CM_OK; pack++) {
        uint32_t count = patterns->packs.items[pack].ruleset->cue_count;
        patterns->of_cue[pack] = malloc((count ? count : 1) * sizeof(uint32_t));
        if (!patterns->of_cue[pack])
            return CM_ENOMEM;
        for (uint32_t cue = 0; cue < count; cue++)
            patterns->of_cue[pack][cue] = UINT32_MAX;
        for (uint32_t cue = 0; cue < count && request->cues->count == 0 && status == CM_OK; cue++)
            status = add_cue(patterns, pack, cue, false, diagnostics);
    }
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < request->cues->count; i++)
        status = worse(status, add_named_cue(patterns, request->cues->items[i], diagnostics));
    return status;
}

enum cm_status cm_patterns_load(struct cm_patterns *patterns, const struct cm_patterns_request *request, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = cm_packs_base(&patterns->packs, diagnostics);
    if (status != CM_OK)
        return status;
    status = load_phrases(patterns, request, diagnostics);
    status = worse(status, load_regexes(patterns, request->regexes, diagnostics));
    return worse(status, load_cues(patterns, request, diagnostics));
}

void cm_patterns_free(struct cm_patterns *patterns)
{
    for (size_t i = 0; patterns->oracles && i < patterns->phrase_count; i++)
        cm_oracle_free(patterns->oracles[i]);
    free(patterns->oracles);
    cm_phrases_free(patterns->automaton);
    cm_regexes_free(patterns->regexes);
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        free(patterns->of_cue[i]);
    free(patterns->phrases);
    free(patterns->phrase_ids);
    free(patterns->names);
    cm_packs_free(&patterns->packs);
    cm_arena_free(&patterns->arena);
    *patterns = CM_PATTERNS_EMPTY;
}

enum cm_status cm_finder_init(struct cm_finder *finder, const struct cm_patterns *patterns)
{
    *finder = (struct cm_finder){.patterns = patterns};
    finder->faults = calloc(patterns->count + 1, sizeof *finder->faults);
    enum cm_status status = finder->faults ? cm_folder_new(patterns->packs.lexicon, &finder->folder) : CM_ENOMEM;
    if (status == CM_OK && patterns->automaton)
        status = cm_phrase_scratch_new(patterns->automaton, &finder->scratch);
    if (status == CM_OK && patterns->regexes)
        status = cm_regex_scratch_new(patterns->regexes, &finder->regexes);
    for (size_t i = 0; i < patterns->packs.count && status == CM_OK; i++)
        status = cm_scanner_new(patterns->packs.items[i].matcher, &finder->scanners[i]);
    return status;
}

void cm_finder_free(struct cm_finder *finder)
{
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        cm_scanner_free(finder->scanners[i]);
    cm_regex_scratch_free(finder->regexes);
    cm_phrase_scratch_free(finder->scratch);
    cm_folder_free(finder->folder);
    free(finder->slow);
    free(finder->found);
    free(finder->faults);
    *finder = (struct cm_finder){0};
}

static enum cm_status add_found(struct cm_finder *finder, uint32_t pattern, uint32_t start, uint32_t end)
{
    enum cm_status status = cm_grow(&finder->found, &finder->found_cap, finder->found_count + 1, sizeof *finder->found);
    if (status == CM_OK)
        finder->found[finder->found_count++] = (struct cm_found){pattern, start, end};
    return status;
}

static enum cm_status add_phrase_hits(struct cm_finder *finder, const struct cm_folded *turn, const struct cm_phrase_hit *hits,
                                      size_t count)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < count && status == CM_OK; i++)
        status = add_found(finder, hits[i].id, turn->tokens[hits[i].first].start, turn->tokens[hits[i].end - 1].end);
    return status;
}

static enum cm_status find_phrases(struct cm_finder *finder, const struct cm_folded *turn)
{
    const struct cm_patterns *patterns = finder->patterns;
    enum cm_status status = CM_OK;
    if (patterns->automaton) {
        const struct cm_phrase_hit *hits;
        uint32_t count;
        status = cm_phrases_find(patterns->automaton, finder->scratch, turn, &hits, &count);
        return status == CM_OK ? add_phrase_hits(finder, turn, hits, count) : status;
    }
    finder->slow_count = 0;
    for (size_t i = 0; patterns->oracles && i < patterns->phrase_count && status == CM_OK; i++) {
        status = cm_oracle_find(patterns->oracles[i], turn, patterns->phrase_ids[i], &finder->slow, &finder->slow_count, &finder->slow_cap);
        if (status == CM_ELIMIT) {
            finder->faults[patterns->phrase_ids[i]]++;
            status = CM_OK;
        }
    }
    return status == CM_OK ? add_phrase_hits(finder, turn, finder->slow, finder->slow_count) : status;
}

static enum cm_status find_regexes(struct cm_finder *finder, const struct cm_folded *turn)
{
    const struct cm_patterns *patterns = finder->patterns;
    struct cm_regex_found found = {0};
    enum cm_status status = cm_regexes_find(patterns->regexes, finder->regexes, turn, patterns->regex_wanted, &found);
    for (size_t i = 0; i < found.hit_count && status == CM_OK; i++)
        status = add_found(finder, found.hits[i].regex + patterns->regex_first, found.hits[i].start, found.hits[i].end);
    for (size_t i = 0; i < found.fault_count; i++)
        finder->faults[found.faults[i] + patterns->regex_first]++;
    return status;
}

static enum cm_status find_cues(struct cm_finder *finder, size_t pack, const struct cm_folded *turn, enum cm_speaker speaker)
{
    const uint32_t *of_cue = finder->patterns->of_cue[pack];
    struct cm_scanned scanned = {0};
    enum cm_status status = cm_scan_alone(finder->scanners[pack], turn, speaker, &scanned);
    for (uint32_t i = 0; i < scanned.hit_count && status == CM_OK; i++) {
        const struct cm_hit *hit = &scanned.hits[i];
        if (of_cue[hit->cue] != UINT32_MAX)
            status = add_found(finder, of_cue[hit->cue], hit->start, hit->end);
    }
    for (uint32_t i = 0; i < scanned.fault_count && status == CM_OK; i++)
        if (of_cue[scanned.faults[i]] != UINT32_MAX)
            finder->faults[of_cue[scanned.faults[i]]]++;
    return status;
}

static int by_place(const void *left, const void *right)
{
    const struct cm_found *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return (a->pattern > b->pattern) - (a->pattern < b->pattern);
}

enum cm_status cm_find(struct cm_finder *finder, struct cm_span text, enum cm_speaker speaker)
{
    const struct cm_patterns *patterns = finder->patterns;
    struct cm_folded turn;
    finder->found_count = 0;
    enum cm_status status = cm_fold(finder->folder, text, &turn);
    if (status == CM_OK && patterns->phrase_count > 0)
        status = find_phrases(finder, &turn);
    if (status == CM_OK && finder->regexes)
        status = find_regexes(finder, &turn);
    for (size_t i = 0; i < patterns->packs.count && status == CM_OK; i++)
        status = find_cues(finder, i, &turn, speaker);
    if (finder->found_count > 1)
        qsort(finder->found, finder->found_count, sizeof *finder->found, by_place);
    return status;
}
