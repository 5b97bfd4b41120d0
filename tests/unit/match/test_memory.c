/* Memory that runs out at every single allocation in turn: a clean end each time, and hits only where all of them are there. */
#include <criterion/criterion.h>

#include "base/buffer.h"
#include "match/oracle.h"
#include "match/scan.h"
#include "ruleset/draft.h"
#include "tiny.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static long left = -1; /* allocations until memory is out; below 0: it never is */

static bool fails(void)
{
    left -= left > 0;
    return left == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

static const char pack[] =
    "pack: p\nversion: 1.0.0\ndimensions: {d: {weight: 1}}\ncues:\n"
    "- {id: a, speaker: agent, why: w, phrases: [one two, \"x (b|c d)? <0-2> y\", pre*, \"%number z\"], hit: [h], miss: [m]}\n"
    "- {id: b, speaker: customer, why: w, phrases: [one], regex: ['tw[ox]', '(one|two) t'], hit: [h], miss: [m]}\n";

static enum cm_status scan_with(const struct cm_ruleset *ruleset, struct tiny *tiny, struct cm_folded turn, long allocations, bool timed,
                                uint32_t *hits)
{
    struct cm_matcher *matcher = NULL;
    struct cm_scanner *scanner = NULL;
    struct cm_profile *profile = NULL;
    struct cm_scanned scanned = {0};
    left = allocations;
    enum cm_status status = cm_matcher_new(ruleset, tiny->lexicon, &tiny->diagnostics, &matcher);
    if (status == CM_OK)
        status = cm_scanner_new(matcher, &scanner);
    if (status == CM_OK && timed)
        status = cm_profile_new(ruleset, 1, &profile);
    if (status == CM_OK && timed)
        (void)cm_profile_turn(profile);
    if (status == CM_OK)
        cm_scanner_profile(scanner, profile);
    if (status == CM_OK)
        status = cm_scan(scanner, &turn, CM_SPEAKER_NONE, &scanned);
    left = -1;
    *hits = scanned.hit_count;
    cm_scanner_free(scanner);
    cm_matcher_free(matcher);
    cm_profile_free(profile);
    return status;
}

static void fail_everywhere(bool timed)
{
    struct tiny tiny;
    struct cm_ruleset *ruleset;
    uint32_t hits;
    cr_assert(tiny_open(&tiny, NULL));
    const struct cm_ruleset_file file = {"p/pack.yaml", cm_span_of(pack)};
    cr_assert_eq(cm_ruleset_load_files(&file, 1, tiny.lexicon, &tiny.diagnostics, &ruleset), CM_OK);
    struct cm_folded turn = tiny_fold(&tiny, "one two. x c d e y. prefix 7 z. twx one t");
    cr_assert_eq(scan_with(ruleset, &tiny, turn, -1, timed, &hits), CM_OK);
    uint32_t all = hits;
    cr_assert_gt(all, 5);
    long allocations = 1;
    for (enum cm_status status = CM_ENOMEM; status != CM_OK; allocations++) {
        status = scan_with(ruleset, &tiny, turn, allocations, timed, &hits);
        cr_assert(status == CM_ENOMEM || status == CM_OK, "%ld: %s", allocations, cm_status_text(status));
        cr_assert(status != CM_OK || hits == all, "%ld", allocations);
        cr_assert_lt(allocations, 10000);
    }
    cr_assert_gt(allocations, 50, "%ld", allocations);
    cm_ruleset_free(ruleset);
    tiny_close(&tiny);
}

Test(memory, every_allocation_of_matcher_and_scan_may_fail)
{
    fail_everywhere(false);
}

Test(memory, every_allocation_of_a_timed_scan_may_fail)
{
    fail_everywhere(true);
}

/* A turn that there was no memory for takes nothing from the shorter ones behind it. */
Test(memory, a_scanner_goes_on_after_a_turn_that_was_too_long)
{
    struct tiny tiny;
    struct cm_ruleset *ruleset;
    struct cm_matcher *matcher;
    static const char words[] = "one two. prefix ";
    char text[200 * (sizeof words - 1)];
    cr_assert(tiny_open(&tiny, NULL));
    const struct cm_ruleset_file file = {"p/pack.yaml", cm_span_of(pack)};
    cr_assert_eq(cm_ruleset_load_files(&file, 1, tiny.lexicon, &tiny.diagnostics, &ruleset), CM_OK);
    cr_assert_eq(cm_matcher_new(ruleset, tiny.lexicon, &tiny.diagnostics, &matcher), CM_OK);
    for (size_t at = 0; at < sizeof text; at += sizeof words - 1)
        memcpy(text + at, words, sizeof words - 1);
    struct cm_folded turn = tiny_fold(&tiny, "one two. x c d e y. prefix 7 z. twx one t");
    struct cm_folder *folder;
    struct cm_folded far;
    cr_assert_eq(cm_folder_new(tiny.lexicon, &folder), CM_OK);
    cr_assert_eq(cm_fold(folder, (struct cm_span){text, sizeof text}, &far), CM_OK);
    enum cm_status status = CM_ENOMEM;
    for (long allocations = 1; status != CM_OK; allocations++) {
        struct cm_scanner *scanner;
        struct cm_scanned scanned;
        cr_assert_eq(cm_scanner_new(matcher, &scanner), CM_OK);
        cr_assert_eq(cm_scan(scanner, &turn, CM_SPEAKER_AGENT, &scanned), CM_OK);
        uint32_t hits = scanned.hit_count;
        left = allocations;
        status = cm_scan(scanner, &far, CM_SPEAKER_AGENT, &scanned);
        left = -1;
        cr_assert(status == CM_ENOMEM || status == CM_OK, "%ld: %s", allocations, cm_status_text(status));
        cr_assert_eq(cm_scan(scanner, &turn, CM_SPEAKER_AGENT, &scanned), CM_OK);
        cr_assert_eq(scanned.hit_count, hits, "%ld", allocations);
        cm_scanner_free(scanner);
        cr_assert_lt(allocations, 100);
    }
    cm_folder_free(folder);
    cm_matcher_free(matcher);
    cm_ruleset_free(ruleset);
    tiny_close(&tiny);
}

Test(memory, every_allocation_of_a_parse_and_of_the_oracle_may_fail)
{
    struct tiny tiny;
    cr_assert(tiny_open(&tiny, NULL));
    struct cm_folded turn = {0};
    enum cm_status status = CM_ENOMEM;
    for (long allocations = 1; status != CM_OK; allocations++) {
        struct cm_phrase phrase;
        struct cm_place place = {"t", 1, 1, 1};
        struct cm_oracle *oracle = NULL;
        struct cm_phrase_hit *hits = NULL;
        size_t count = 0, cap = 0;
        cm_arena_free(&tiny.arena);
        left = allocations;
        status = cm_phrase_parse(&tiny.parser, CM_SPAN("a @very? (b|c d) apologis* <1-2> can't"), place, &phrase);
        if (status == CM_OK)
            status = cm_oracle_new(&phrase, &oracle);
        if (status == CM_OK)
            status = cm_fold(tiny.folder, CM_SPAN("a so c d apologize x can not"), &turn);
        if (status == CM_OK)
            status = cm_oracle_find(oracle, &turn, 1, &hits, &count, &cap);
        left = -1;
        cr_assert(status == CM_ENOMEM || (status == CM_OK && count == 1), "%ld: %s, %zu", allocations, cm_status_text(status), count);
        cr_assert_lt(allocations, 10000);
        free(hits);
        cm_oracle_free(oracle);
    }
    tiny_close(&tiny);
}
