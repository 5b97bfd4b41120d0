/*
 * A pack that an earlier run has compiled is that pack: by its hashes, by every
 * text and place in it, and by the hits that it finds. Nothing that has anything
 * to tell is kept, and no edit goes unseen.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>

#include "run/kept.h"
#include "scratch.h"

static struct scratch scratch;
static struct cm_diagnostics diagnostics;
static char *folder;

static void start(void)
{
    cr_assert(scratch_make(&scratch));
    folder = scratch_path(&scratch, "cache");
    setenv("CAREMETER_CACHE", folder, 1);
}

static void stop(void)
{
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
    free(folder);
}

TestSuite(kept, .init = start, .fini = stop);

static size_t files_kept(void)
{
    DIR *listing = opendir(folder);
    size_t count = 0;
    for (struct dirent *entry; listing && (entry = readdir(listing));)
        count += entry->d_name[0] != '.';
    if (listing)
        closedir(listing);
    return count;
}

static void load(struct cm_packs *packs, const char *name)
{
    cm_diagnostics_free(&diagnostics);
    diagnostics = CM_DIAGNOSTICS_EMPTY;
    cr_assert_eq(cm_packs_load(packs, &name, 1, &diagnostics), CM_OK);
}

static void put_phrase(struct cm_buffer *text, const struct cm_rule_phrase *rule)
{
    cm_buffer_printf(text, " %s:%u:%u %d %u\n", rule->place.file, rule->place.line, rule->place.column, rule->weight, rule->phrase.count);
    cm_buffer_span(text, rule->phrase.source);
    for (uint32_t i = 0; i < rule->phrase.count; i++) {
        const struct cm_term *term = &rule->phrase.terms[i];
        cm_buffer_printf(text, " %u/%u/%u/%u/%u/%u:%.*s", term->kind, term->min, term->max, term->classes, term->child, term->next,
                         (int)term->text.len, term->text.ptr);
    }
}

/* The texts and places of a ruleset, as a text: what no hash of its own covers. */
static void describe(const struct cm_ruleset *rules, struct cm_buffer *text)
{
    cm_buffer_printf(text, "%s %s %s\n", rules->name, rules->version, rules->folder);
    for (uint32_t i = 0; i < rules->folder_count; i++)
        cm_buffer_printf(text, "%s\n", rules->folders[i]);
    for (uint32_t i = 0; i < rules->dimension_count; i++)
        cm_buffer_printf(text, "%s %u\n", rules->dimensions[i].id, rules->dimensions[i].weight);
    for (uint32_t i = 0; i < rules->cue_count; i++) {
        const struct cm_cue *cue = &rules->cues[i];
        cm_buffer_printf(text, "%s: %s %s:%u %u\n", cue->id, cue->why ? cue->why : "-", cue->place.file, cue->place.line,
                         rules->cue_order[i]);
        for (uint32_t j = 0; j < cue->phrase_count; j++)
            put_phrase(text, &cue->phrases[j]);
        for (uint32_t j = 0; j < cue->regex_count; j++)
            cm_buffer_span(text, cue->regexes[j].pattern);
        for (uint32_t j = 0; j < cue->hit_count; j++)
            cm_buffer_printf(text, "%.*s (%u)\n", (int)cue->hits[j].text.len, cue->hits[j].text.ptr, cue->hits[j].before_count);
        for (uint32_t j = 0; j < cue->miss_count; j++)
            cm_buffer_span(text, cue->misses[j].text);
        cr_assert_eq(cm_ruleset_cue(rules, cm_span_of(cue->id)), i);
    }
    for (uint32_t i = 0; i < rules->behaviour_count; i++) {
        const struct cm_behaviour *behaviour = &rules->behaviours[i];
        cm_buffer_printf(text, "%s: %s %s:%u\n", behaviour->id, behaviour->title, behaviour->place.file, behaviour->place.line);
        cr_assert_eq(cm_ruleset_behaviour(rules, cm_span_of(behaviour->id)), behaviour);
    }
}

static void same_hashes(const struct cm_ruleset *a, const struct cm_ruleset *b)
{
    size_t cues = a->cue_count * sizeof(struct cm_hash128), behaviours = a->behaviour_count * sizeof(struct cm_hash128);
    struct cm_hash128 *parts[4] = {malloc(cues), malloc(cues), malloc(behaviours), malloc(behaviours)};
    cr_assert_eq(cm_hash128_compare(a->hash, b->hash), 0);
    cr_assert(a->cue_count == b->cue_count && a->behaviour_count == b->behaviour_count);
    cr_assert_eq(cm_ruleset_part_hashes(a, parts[0], parts[2]), CM_OK);
    cr_assert_eq(cm_ruleset_part_hashes(b, parts[1], parts[3]), CM_OK);
    cr_expect_arr_eq(parts[0], parts[1], cues);
    cr_expect_arr_eq(parts[2], parts[3], behaviours);
    for (size_t i = 0; i < 4; i++)
        free(parts[i]);
}

/* Compiled, kept and taken again: the same. */
static void check(const char *name)
{
    struct cm_packs made = {.anew = true}, first = CM_PACKS_EMPTY, again = CM_PACKS_EMPTY;
    struct cm_buffer wanted = CM_BUFFER_EMPTY, got = CM_BUFFER_EMPTY;
    load(&made, name);
    cr_expect_eq(files_kept(), 0, "who asks for a new one leaves nothing behind");
    load(&first, name);
    cr_expect_null(first.items[0].block.memory);
    cr_expect_eq(files_kept(), 2);
    describe(made.items[0].ruleset, &wanted);
    cm_packs_free(&first);
    load(&again, name);
    cr_expect_not_null(again.items[0].block.memory);
    cr_expect_not_null(again.lexicon_block.memory);
    same_hashes(made.items[0].ruleset, again.items[0].ruleset);
    describe(again.items[0].ruleset, &got);
    cr_expect(cm_span_equal(cm_buffer_view(&wanted), cm_buffer_view(&got)));
    cm_packs_free(&made);
    cm_packs_free(&again);
    cm_buffer_free(&wanted);
    cm_buffer_free(&got);
}

Test(kept, customer_care)
{
    check("customer-care");
}

Test(kept, team_care)
{
    check("team-care");
}

Test(kept, a_pack_that_extends_another)
{
    check(CM_SOURCE_DIR "/tests/e2e/pack_next");
}

/* ---- edits and faults ---- */

static const char manifest[] = "pack: small\nversion: 1.0.0\ndimensions:\n  communicate: {weight: 1}\n";
static const char rules[] =
    "cues:\n  - id: thanks\n    speaker: agent\n    why: Thanks\n    phrases: [\"%s\"]\n"
    "    hit: [\"%s\"]\n    miss: [\"hello\"]\n"
    "behaviours:\n  - id: courtesy\n    title: Says thanks\n    dimension: communicate\n    kind: expected\n    weight: 1\n"
    "    met_by: [thanks]\n";

static char *write_pack(const char *phrase)
{
    char text[512];
    char *pack = scratch_path(&scratch, "pack");
    mkdir(pack, 0700);
    free(scratch_file(&scratch, "pack/pack.yaml", manifest, sizeof manifest - 1));
    int len = snprintf(text, sizeof text, rules, phrase, phrase);
    free(scratch_file(&scratch, "pack/rules.yaml", text, (size_t)len));
    return pack;
}

static bool taken(const char *pack, struct cm_span phrase)
{
    struct cm_packs packs = CM_PACKS_EMPTY;
    load(&packs, pack);
    bool was = packs.items[0].block.memory != NULL;
    cr_expect(cm_span_equal(packs.items[0].ruleset->cues[0].phrases[0].phrase.source, phrase));
    cm_packs_free(&packs);
    return was;
}

Test(kept, no_edit_goes_unseen)
{
    char *pack = write_pack("thank you");
    cr_expect_not(taken(pack, CM_SPAN("thank you")));
    cr_expect(taken(pack, CM_SPAN("thank you")));
    free(write_pack("many thanks"));
    cr_expect_not(taken(pack, CM_SPAN("many thanks")));
    cr_expect(taken(pack, CM_SPAN("many thanks")));
    free(write_pack("thank you"));
    cr_expect(taken(pack, CM_SPAN("thank you")), "both are kept");
    free(scratch_file(&scratch, "pack/more.yaml", "# nothing\n", 10));
    cr_expect_not(taken(pack, CM_SPAN("thank you")), "a file more");
    free(pack);
}

Test(kept, what_has_a_warning_is_told_every_time)
{
    char *pack = write_pack("thank you");
    free(scratch_file(&scratch, "pack/old.yml", "", 0));
    for (unsigned i = 0; i < 2; i++) {
        cr_expect_not(taken(pack, CM_SPAN("thank you")));
        cr_expect_not_null(cm_diagnostics_find(&diagnostics, "file-name"));
    }
    free(pack);
}

Test(kept, a_file_that_cannot_be_read_is_told_though_the_rest_is_known)
{
    struct cm_packs packs = CM_PACKS_EMPTY;
    char *pack = write_pack("thank you"), *dangling = scratch_path(&scratch, "pack/gone.yaml");
    cr_expect_not(taken(pack, CM_SPAN("thank you")));
    cr_assert_eq(symlink("nowhere", dangling), 0);
    const char *name = pack;
    cr_expect_eq(cm_packs_load(&packs, &name, 1, &diagnostics), CM_ERULES);
    cr_expect_not_null(cm_diagnostics_find(&diagnostics, "file-read"));
    cm_packs_free(&packs);
    free(dangling);
    free(pack);
}

Test(kept, a_damaged_file_is_made_anew)
{
    char *pack = write_pack("thank you");
    cr_expect_not(taken(pack, CM_SPAN("thank you")));
    DIR *listing = opendir(folder);
    for (struct dirent *entry; (entry = readdir(listing));) {
        char name[300];
        snprintf(name, sizeof name, "cache/%s", entry->d_name);
        if (entry->d_name[0] != '.')
            free(scratch_file(&scratch, name, "not what it was", 15));
    }
    closedir(listing);
    cr_expect_not(taken(pack, CM_SPAN("thank you")));
    cr_expect(taken(pack, CM_SPAN("thank you")));
    free(pack);
}
