/* One proven set of packs: what it is known by, who frees it, and how the numbers of another set become its own. */
#include <criterion/criterion.h>

#include "live/rules/rules.h"
#include "scratch.h"

#define PACK CM_SOURCE_DIR "/tests/e2e/pack"
#define NEXT CM_SOURCE_DIR "/tests/e2e/pack_next"
#define HASH "0123456789abcdef0123456789abcdef"

static struct cm_diagnostics diagnostics;
static struct scratch scratch;

static void start(void)
{
    cr_assert(scratch_make(&scratch));
}

static void stop(void)
{
    scratch_remove(&scratch);
    cm_diagnostics_free(&diagnostics);
}

TestSuite(rules, .init = start, .fini = stop);

static struct cm_rules *load(const char *first, const char *second)
{
    const char *names[] = {first, second};
    struct cm_rules *rules;
    enum cm_status status = cm_rules_load(names, second ? 2 : 1, &diagnostics, &rules);
    cm_diagnostics_print(&diagnostics, stderr, false);
    cr_assert_eq(status, CM_OK);
    return rules;
}

/* A pack of its own; more stands at its end. */
static void write_pack(const char *version, const char *more)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_printf(&text,
                     "pack: p\nversion: %s\ncues:\n  - {id: hello, speaker: agent, why: greets, phrases: [hello], hit: [hello], "
                     "miss: [hi]}\n%s",
                     version, more);
    char *path = scratch_file(&scratch, "pack.yaml", text.ptr, text.len);
    cr_assert_not_null(path);
    free(path);
    cm_buffer_free(&text);
}

static struct cm_rules *load_written(const char *version, const char *more)
{
    write_pack(version, more);
    return load(scratch.folder, NULL);
}

static bool same(const struct cm_rules *a, const struct cm_rules *b)
{
    return cm_hash128_compare(cm_rules_hash(a), cm_rules_hash(b)) == 0;
}

Test(rules, the_same_packs_have_the_same_hash_and_no_number_twice)
{
    struct cm_rules *a = load(PACK, "customer-care"), *b = load(PACK, "customer-care"), *turned = load("customer-care", PACK);
    cr_assert(same(a, b));
    cr_assert_not(same(a, turned));
    cr_assert_neq(cm_rules_number(a), cm_rules_number(b));
    cr_assert_gt(cm_rules_number(a), 0);
    cr_assert_eq(cm_rules_packs(a)->count, 2);
    cm_rules_release(a);
    cm_rules_release(b);
    cm_rules_release(turned);
}

Test(rules, the_hash_is_that_of_what_scorecards_show)
{
    struct cm_rules *first = load_written("1.0.0", ""), *comment = load_written("1.0.0", "# a comment\n");
    struct cm_rules *version = load_written("1.0.1", "");
    struct cm_rules *cue = load_written("1.0.0", "  - {id: bye, speaker: agent, why: parts, phrases: [bye], hit: [bye], miss: [hi]}\n");
    cr_assert(same(first, comment));
    cr_assert_not(same(first, version));
    cr_assert_not(same(first, cue));
    cm_rules_release(first);
    cm_rules_release(comment);
    cm_rules_release(version);
    cm_rules_release(cue);
}

Test(rules, the_last_to_release_frees)
{
    struct cm_rules *rules = load(PACK, NULL);
    cr_assert_eq(cm_rules_hold(rules), rules);
    cm_rules_release(rules);
    cr_assert_str_eq(cm_rules_packs(rules)->items[0].ruleset->name, "small");
    cm_rules_release(rules);
    cm_rules_release(NULL);
}

Test(rules, examples_that_fail_are_refused)
{
    const char *name = scratch.folder;
    struct cm_rules *rules;
    write_pack("1.0.0", "  - {id: bye, speaker: agent, why: parts, phrases: [bye], hit: [so long], miss: [hi]}\n");
    cr_assert_eq(cm_rules_load(&name, 1, &diagnostics, &rules), CM_ERULES);
    cr_assert_null(rules);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "example-failed"));
}

Test(rules, packs_that_are_none_are_refused)
{
    const char *name = "no-such-pack";
    struct cm_rules *rules;
    cr_assert_eq(cm_rules_load(&name, 1, &diagnostics, &rules), CM_EIO);
    cr_assert_null(rules);
}

Test(rules, names)
{
    struct cm_rules *rules = load(PACK, NULL);
    struct cm_buffer names = CM_BUFFER_EMPTY, wanted = CM_BUFFER_EMPTY;
    struct cm_hash128 hash = cm_rules_packs(rules)->items[0].ruleset->hash;
    cm_rules_names(rules, &names);
    cm_buffer_printf(&wanted, "caremeter-cues 1\npack small 1.0.0 %016llx%016llx 5\nhello\nsorry\nhelps\ntrouble\ncustomer.thanks\n",
                     (unsigned long long)hash.high, (unsigned long long)hash.low);
    cr_assert(cm_span_equal(cm_buffer_view(&names), cm_buffer_view(&wanted)), "%.*s", (int)names.len, names.ptr);
    cm_buffer_free(&names);
    cm_buffer_free(&wanted);
    cm_rules_release(rules);
}

static uint32_t number(const struct cm_rules *rules, size_t pack, const char *id)
{
    return cm_ruleset_cue(cm_rules_packs(rules)->items[pack].ruleset, cm_span_of(id));
}

Test(rules, old_numbers_become_new_ones)
{
    struct cm_rules *old = load("customer-care", PACK), *new = load(NEXT, "team-care");
    struct cm_buffer names = CM_BUFFER_EMPTY;
    struct cm_cue_map map;
    cm_rules_names(old, &names);
    cr_assert_eq(cm_cue_map_new(cm_buffer_view(&names), new, &map), CM_OK);
    struct cm_remap remap = cm_cue_map_remap(&map);
    cr_assert_eq(remap.pack_count, 2);
    cr_assert_eq(remap.old_pack_count, 2);
    cr_assert_eq(remap.packs[0], 1); /* small was the second */
    cr_assert_eq(remap.packs[1], CM_REMAP_NONE);
    cr_assert_eq(remap.cue_counts[0], cm_rules_packs(old)->items[0].ruleset->cue_count);
    cr_assert_eq(remap.cues[0][0], CM_REMAP_NONE); /* a pack that is gone */
    cr_assert_eq(remap.cue_counts[1], 5);
    cr_assert_eq(remap.cues[1][number(old, 1, "hello")], number(new, 0, "hello"));
    cr_assert_eq(remap.cues[1][number(old, 1, "trouble")], number(new, 0, "trouble"));
    cr_assert_eq(remap.cues[1][number(old, 1, "customer.thanks")], CM_REMAP_NONE);
    cm_cue_map_free(&map);
    cm_buffer_free(&names);
    cm_rules_release(old);
    cm_rules_release(new);
}

Test(rules, a_version_may_hold_blanks)
{
    struct cm_rules *rules = load_written("\"1.0.0-rc 1 of 2\"", "");
    struct cm_buffer names = CM_BUFFER_EMPTY;
    struct cm_cue_map map;
    cm_rules_names(rules, &names);
    cr_assert_eq(cm_cue_map_new(cm_buffer_view(&names), rules, &map), CM_OK);
    cr_assert_eq(map.packs[0], 0);
    cr_assert_eq(map.cues[0][0], 0);
    cm_cue_map_free(&map);
    cm_buffer_free(&names);
    cm_rules_release(rules);
}

Test(rules, texts_that_are_no_names)
{
    static const char *const bad[] = {
        "",
        "caremeter-cues 1",
        "caremeter-cues 1\n",
        "caremeter-cues 2\npack small 1.0.0 " HASH " 0\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 0",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 1\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 1\nhello",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 0\nhello\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 2\nhello\nhello\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 1\nHello\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 1\n\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " -1\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 00\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 65536\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 99999999999999999999\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " \n",
        "caremeter-cues 1\npack small 1.0.0 0123 0\n",
        "caremeter-cues 1\npack small " HASH " 0\n",
        "caremeter-cues 1\npack Small 1.0.0 " HASH " 0\n",
        "caremeter-cues 1\npack  1.0.0 " HASH " 0\n",
        "caremeter-cues 1\npack\n",
        "caremeter-cues 1\npack \n",
        "caremeter-cues 1\npack " HASH " 0\n",
        "caremeter-cues 1\nbag small 1.0.0 " HASH " 0\n",
        "caremeter-cues 1\npack small 1.0.0 " HASH " 0\npack small 1.0.0 " HASH " 0\n",
    };
    struct cm_rules *rules = load(PACK, NULL);
    struct cm_cue_map map;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(cm_cue_map_new(cm_span_of(bad[i]), rules, &map), CM_EINPUT, "%zu: %s", i, bad[i]);
        cr_assert_null(map.cues[0]);
    }
    cr_assert_eq(cm_cue_map_new(CM_SPAN("caremeter-cues 1\npack small 1.0.0 " HASH " 0\n"), rules, &map), CM_OK);
    cm_cue_map_free(&map);
    cm_rules_release(rules);
}

Test(rules, more_packs_than_judge_at_once)
{
    struct cm_rules *rules = load(PACK, NULL);
    struct cm_buffer text = CM_BUFFER_EMPTY;
    struct cm_cue_map map;
    cm_buffer_text(&text, "caremeter-cues 1\n");
    for (unsigned i = 0; i <= CM_PACKS_MAX; i++)
        cm_buffer_printf(&text, "pack p%u 1.0.0 " HASH " 1\na\n", i);
    cr_assert_eq(cm_cue_map_new(cm_buffer_view(&text), rules, &map), CM_EINPUT);
    cm_buffer_free(&text);
    cm_rules_release(rules);
}
