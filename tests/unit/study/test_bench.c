/* What is measured by: material, steps, packs of other sizes, rounds that must agree. Never how fast it was. */
#include <criterion/criterion.h>
#include <math.h>

#include "archived.h"
#include "scratch.h"
#include "study/bench/bench.h"
#include "study/bench/discard.h"
#include "study/bench/grown.h"
#include "study/bench/steps.h"

#define PACK CM_SOURCE_DIR "/tests/e2e/pack"
#define DEFAULT_PACK CM_SOURCE_DIR "/rules/customer-care"

static struct scratch scratch;
static struct cm_packs packs;
static struct cm_diagnostics diagnostics;
static struct cm_inputs inputs;
static struct cm_material material;
static struct cm_bench_result result;
static atomic_bool stop;

static void start(void)
{
    const char *name = PACK;
    cr_assert(scratch_make(&scratch));
    cr_assert_eq(cm_packs_load(&packs, &name, 1, &diagnostics), CM_OK);
}

static void end(void)
{
    cm_bench_result_free(&result);
    cm_material_free(&material);
    cm_inputs_free(&inputs);
    cm_packs_free(&packs);
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
}

TestSuite(bench, .init = start, .fini = end, .timeout = 120);

/* ---- figures ---- */

Test(bench, a_spread_is_the_median_and_how_far_they_lie)
{
    double odd[] = {5, 1, 9}, even[] = {4, 1, 2, 8}, one[] = {7};
    struct cm_spread spread = cm_spread_of(odd, 3);
    cr_assert(spread.median == 5 && spread.least == 1 && spread.most == 9);
    spread = cm_spread_of(even, 4);
    cr_assert(spread.median == 3 && spread.least == 1 && spread.most == 8);
    spread = cm_spread_of(one, 1);
    cr_assert(spread.median == 7 && spread.least == 7 && spread.most == 7);
}

Test(bench, a_hash_of_cards_knows_their_order_and_not_how_they_were_written)
{
    struct cm_discard whole, parts, other, blind;
    cm_discard_init(&whole, true);
    cm_discard_init(&parts, true);
    cm_discard_init(&other, true);
    cm_discard_init(&blind, false);
    cr_assert_eq(cm_sink_format(&whole.sink), CM_SINK_NDJSON);
    cr_assert_eq(cm_sink_write(&whole.sink, CM_SPAN("one\ntwo\n")), CM_OK);
    cr_assert_eq(cm_sink_write(&parts.sink, CM_SPAN("one\n")), CM_OK);
    cr_assert_eq(cm_sink_write(&parts.sink, CM_SPAN("two\n")), CM_OK);
    cr_assert_eq(cm_sink_write(&other.sink, CM_SPAN("two\none\n")), CM_OK);
    cr_assert_eq(cm_sink_write(&blind.sink, CM_SPAN("one\ntwo\n")), CM_OK);
    cr_assert_eq(whole.hash, parts.hash);
    cr_assert_neq(whole.hash, other.hash);
    cr_assert(whole.bytes == 8 && blind.bytes == 8 && blind.hash == 0);
    cr_assert_eq(cm_sink_flush(&whole.sink), CM_OK);
    cr_assert_eq(cm_sink_close(&whole.sink, true), CM_OK);
}

/* ---- material ---- */

static enum cm_status make(const char *name, struct cm_span text, uint64_t size)
{
    const struct cm_source_request request = {.inputs = &inputs};
    struct cm_source *source = NULL;
    char *path = scratch_file(&scratch, name, text.ptr ? text.ptr : "", text.len);
    cr_assert_not_null(path);
    cr_assert_eq(cm_inputs_expand(&inputs, (const char *const *)&path, 1, &diagnostics), CM_OK);
    free(path);
    cr_assert_eq(cm_source_open(&source, &cm_source_file, &request, &diagnostics), CM_OK);
    enum cm_status status = cm_material_make(&material, &inputs, source, size, &stop);
    cm_source_close(source);
    return status;
}

static enum cm_status make_conversations(unsigned count, uint64_t size)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    archived_generate(&text, count, false);
    enum cm_status status = make("a.ndjson", cm_buffer_view(&text), size ? size : text.len + 1);
    cm_buffer_free(&text);
    return status;
}

/* What a run finds in it. */
static struct cm_archive_result counted(void)
{
    struct archived archived = {.packs = packs};
    archived_run(&archived, &(struct archiving){.contents = &material.contents, .count = 1});
    cr_assert_eq(archived.status, CM_OK);
    struct cm_archive_result found = archived.result;
    archived.packs = CM_PACKS_EMPTY;
    archived_close(&archived);
    return found;
}

Test(bench, an_archive_of_the_right_size_is_read_where_it_lies)
{
    cr_assert_eq(make_conversations(50, 0), CM_OK);
    cr_assert_eq(material.kind, CM_MATERIAL_FILES);
    cr_assert(material.events == 200 && material.lines == 200 && material.turns == 200 && material.copies == 1);
    cr_assert_eq(material.kept.len, 0, "nothing of it is held");
}

Test(bench, of_a_large_archive_whole_lines_from_the_beginning_are_kept)
{
    cr_assert_eq(make_conversations(50, 3000), CM_OK);
    cr_assert_eq(material.kind, CM_MATERIAL_PART);
    cr_assert(material.contents.len <= 3000 && material.contents.len > 2700);
    cr_assert_eq(material.contents.ptr[material.contents.len - 1], '\n');
    cr_assert(material.events < 200 && counted().events == material.events);
}

Test(bench, a_small_archive_is_repeated_and_no_copy_is_a_duplicate)
{
    cr_assert_eq(make_conversations(3, 40000), CM_OK);
    cr_assert_eq(material.kind, CM_MATERIAL_REPEATED);
    cr_assert(material.copies > 2 && material.contents.len >= 20000);
    struct cm_archive_result found = counted();
    cr_assert_eq(material.events, 12, "counts are of one copy");
    cr_assert_eq(found.events, 12 * (uint64_t)material.copies);
    cr_assert_eq(found.interactions, 3 * (uint64_t)material.copies);
}

Test(bench, lines_that_are_no_events_stay_what_they_are)
{
    cr_assert_eq(
        make("a.ndjson", CM_SPAN("\xEF\xBB\xBFnot json\n\n{\"interaction_id\":\"a\",\"speaker\":\"agent\",\"text\":\"hi\"}"), 2000), CM_OK);
    cr_assert_eq(material.kind, CM_MATERIAL_REPEATED);
    cr_assert(material.lines == 2 && material.events == 1 && material.dead_letters.by_reason[CM_REJECT_NOT_JSON] == 1);
    struct cm_archive_result found = counted();
    cr_assert(found.events == material.copies && found.dead_letters.by_reason[CM_REJECT_NOT_JSON] == material.copies);
}

Test(bench, an_archive_without_events_has_nothing_to_repeat)
{
    cr_assert_eq(make("a.ndjson", CM_SPAN("no\nnone\n"), 100000), CM_OK);
    cr_assert(material.events == 0 && material.lines == 2 && material.copies == 1);
    cr_assert_eq(cm_dead_letter_counts_total(&material.dead_letters), 2);
}

Test(bench, ids_without_room_for_a_number_are_told)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_printf(&text, "{\"interaction_id\":\"%0*d\",\"speaker\":\"agent\",\"text\":\"hi\"}\n", (int)CM_INTERACTION_ID_MAX_BYTES, 7);
    cr_assert_eq(make("a.ndjson", cm_buffer_view(&text), 100000), CM_ELIMIT);
    cm_buffer_free(&text);
}

Test(bench, standard_input_is_kept_whatever_is_behind_it)
{
    static const char *const arguments[] = {"-"};
    struct cm_source *source = NULL;
    struct cm_buffer text = CM_BUFFER_EMPTY;
    archived_generate(&text, 50, false);
    char *path = scratch_file(&scratch, "a.ndjson", text.ptr, text.len);
    cr_assert_not_null(freopen(path, "r", stdin));
    free(path);
    cr_assert_eq(cm_inputs_expand(&inputs, arguments, 1, &diagnostics), CM_OK);
    const struct cm_source_request request = {.inputs = &inputs};
    cr_assert_eq(cm_source_open(&source, &cm_source_file, &request, &diagnostics), CM_OK);
    cr_assert_eq(cm_material_make(&material, &inputs, source, text.len + 1, &stop), CM_OK);
    cm_source_close(source);
    cr_assert_eq(material.kind, CM_MATERIAL_MEMORY);
    cr_assert(cm_span_equal(material.contents, cm_buffer_view(&text)));
    cm_buffer_free(&text);
}

Test(bench, whoever_stops_stops_the_reading)
{
    atomic_store(&stop, true);
    cr_assert_eq(make_conversations(50, 3000), CM_ESTOPPED);
    atomic_store(&stop, false);
}

/* ---- steps ---- */

static struct cm_step_counts step(enum cm_step until, const struct cm_matcher *const *matchers)
{
    struct cm_steps *steps;
    struct cm_source *source;
    struct cm_step_counts counts;
    cr_assert_eq(cm_material_open(&material, &source, &diagnostics), CM_OK);
    cr_assert_eq(cm_steps_new(&packs, matchers, until, &steps), CM_OK);
    cr_assert_eq(cm_steps_run(steps, source, &stop, &counts), CM_OK);
    cm_steps_free(steps);
    cm_source_close(source);
    return counts;
}

Test(bench, every_step_meets_the_same_events)
{
    cr_assert_eq(make_conversations(50, 0), CM_OK);
    for (enum cm_step until = CM_STEP_READ; until < CM_STEP_COUNT; until++) {
        struct cm_step_counts counts = step(until, NULL);
        cr_assert_eq(counts.lines, 200);
        cr_assert_eq(counts.events, until > CM_STEP_READ ? 200 : 0);
        cr_assert_eq(counts.turns, until > CM_STEP_READ ? 200 : 0);
        cr_assert_eq(counts.hits > 0, until == CM_STEP_SCAN);
    }
}

/* ---- other numbers of rules ---- */

static struct cm_grown *grow(const struct cm_ruleset *rules, const struct cm_grown_words *words, unsigned eighths)
{
    struct cm_grown *grown;
    cr_assert_eq(cm_grown_new(rules, packs.lexicon, words, eighths, &grown), CM_OK);
    return grown;
}

/* The default pack with an archive's words, as large as is asked for, on the archive. */
static uint64_t hits_of(const struct cm_grown *grown)
{
    const struct cm_matcher *matcher = cm_grown_matcher(grown);
    return step(CM_STEP_SCAN, &matcher).hits;
}

static void read_words(struct cm_grown_words *words)
{
    struct cm_source *source;
    cr_assert_eq(cm_material_open(&material, &source, &diagnostics), CM_OK);
    cr_assert_eq(cm_grown_words_read(words, packs.lexicon, source), CM_OK);
    cm_source_close(source);
}

Test(bench, fewer_rules_are_a_part_and_more_are_more_and_always_the_same)
{
    struct cm_grown_words words;
    size_t before = 0;
    const char *name = DEFAULT_PACK;
    cm_packs_free(&packs);
    cr_assert_eq(cm_packs_load(&packs, &name, 1, &diagnostics), CM_OK);
    const struct cm_ruleset *rules = packs.items[0].ruleset;
    cr_assert_eq(make_conversations(50, 0), CM_OK);
    read_words(&words);
    cr_assert(words.said_count > words.distinct_count && words.distinct_count > 5);
    for (unsigned eighths = 1; eighths <= 64; eighths *= 2) {
        struct cm_grown *grown = grow(rules, &words, eighths), *again = grow(rules, &words, eighths);
        size_t size = cm_grown_phrases(grown) + cm_grown_expressions(grown);
        uint64_t hits = hits_of(grown);
        cr_assert_gt(size, before);
        cr_assert_eq(hits, hits_of(again), "the same draws");
        if (eighths == CM_GROWN_WHOLE)
            cr_assert_eq(hits, step(CM_STEP_SCAN, NULL).hits, "the pack itself");
        if (eighths > CM_GROWN_WHOLE)
            cr_assert_eq(cm_grown_phrases(grown), 2 * (before - cm_grown_expressions(grown)), "every phrase has as many variations");
        before = size;
        cm_grown_free(grown);
        cm_grown_free(again);
    }
    cm_grown_words_free(&words);
}

Test(bench, a_pack_that_would_grow_too_large_is_refused)
{
    struct cm_grown_words none = {0};
    struct cm_grown *grown;
    unsigned eighths = CM_GROWN_WHOLE * (unsigned)CM_GROWN_PHRASES_MAX;
    cr_assert_eq(cm_grown_new(packs.items[0].ruleset, packs.lexicon, &none, eighths, &grown), CM_ELIMIT);
    grown = grow(packs.items[0].ruleset, &none, 2 * CM_GROWN_WHOLE);
    cr_assert_gt(cm_grown_phrases(grown), 0, "without words they are copies");
    cm_grown_free(grown);
}

/* ---- the whole ---- */

static void count_progress(void *context, size_t done, size_t of)
{
    size_t *seen = context;
    cr_assert_eq(done, *seen, "one after the other");
    cr_assert_lt(done, of);
    (*seen)++;
}

static enum cm_status bench_with(unsigned threads, unsigned runs, void (*progress)(void *, size_t, size_t), void *context)
{
    static const char *const names[] = {PACK};
    const struct cm_bench_request request = {.packs = &packs,
                                             .names = names,
                                             .name_count = 1,
                                             .material = &material,
                                             .threads = threads,
                                             .runs = runs,
                                             .max_memory = (uint64_t)64 << 20,
                                             .spill_folder = "/tmp",
                                             .stop = &stop,
                                             .progress = progress,
                                             .progress_context = context,
                                             .diagnostics = &diagnostics};
    return cm_bench_run(&request, &result);
}

static enum cm_status bench(unsigned threads, unsigned runs)
{
    return bench_with(threads, runs, NULL, NULL);
}

Test(bench, shares_add_up_and_what_is_left_is_told)
{
    size_t seen = 0;
    double explained = 0, parts = 0;
    cr_assert_eq(make_conversations(2000, 0), CM_OK);
    cr_assert_eq(bench_with(3, 2, count_progress, &seen), CM_OK);
    cr_assert_str_empty(result.difference);
    cr_assert_gt(seen, 40);
    for (size_t i = 0; i < CM_BENCH_STAGE_COUNT; i++) {
        cr_assert(result.stage_ns[i].least <= result.stage_ns[i].median && result.stage_ns[i].median <= result.stage_ns[i].most);
        explained += result.stage_ns[i].median;
    }
    for (size_t i = 0; i < CM_BENCH_PART_COUNT; i++)
        parts += result.part_ns[i];
    cr_assert_float_eq(explained + result.rest_ns, cm_bench_whole_ns(&result), 1);
    cr_assert_float_eq(parts, fmax(result.stage_ns[CM_BENCH_MATCH].median, 0), 1);
    cr_assert_gt(cm_bench_whole_ns(&result), 0);
}

Test(bench, every_number_of_threads_gives_the_same_cards)
{
    cr_assert_eq(make_conversations(500, 0), CM_OK);
    cr_assert_eq(bench(5, 1), CM_OK);
    cr_assert_str_empty(result.difference);
    cr_assert_eq(result.core_count, 4);
    static const unsigned wanted[] = {1, 2, 4, 5};
    for (size_t i = 0; i < result.core_count; i++) {
        cr_assert_eq(result.cores[i].threads, wanted[i]);
        cr_assert_eq(result.cores[i].cards_hash, result.cores[0].cards_hash);
        cr_assert(result.cores[i].cards_hash != 0 && result.cores[i].wall_ns.median > 0);
    }
    cr_assert(result.counts.events == 2000 && result.counts.interactions == 500 && result.counts.cards == 500);
    cr_assert_eq(result.size_count, CM_BENCH_SIZES);
    cr_assert_eq(result.profiled.events, 2000);
    cr_assert_eq(result.reports[0].cues[0].ns >= result.reports[0].cues[1].ns, true, "dearest first");
}

Test(bench, one_thread_is_one_thread)
{
    cr_assert_eq(make_conversations(20, 0), CM_OK);
    cr_assert_eq(bench(1, 1), CM_OK);
    cr_assert(result.core_count == 1 && result.cores[0].threads == 1);
    cr_assert_str_empty(result.difference);
}

/* One more event for each run. */
static void append_event(void *context, size_t done, size_t of)
{
    static const char line[] = "{\"interaction_id\":\"new\",\"speaker\":\"agent\",\"text\":\"hello\"}\n";
    (void)done;
    (void)of;
    cr_assert_eq(fwrite(line, 1, sizeof line - 1, context), sizeof line - 1);
    cr_assert_eq(fflush(context), 0);
}

Test(bench, an_archive_that_changes_meanwhile_is_noticed)
{
    cr_assert_eq(make_conversations(50, 0), CM_OK);
    cr_assert_eq(material.kind, CM_MATERIAL_FILES);
    char *path = scratch_path(&scratch, "a.ndjson");
    FILE *file = fopen(path, "a");
    cr_assert_not_null(file);
    cr_assert_eq(bench_with(1, 1, append_event, file), CM_OK);
    cr_assert_not_null(strstr(result.difference, "lines in one run"), "%s", result.difference);
    fclose(file);
    free(path);
}

Test(bench, whoever_stops_stops_it)
{
    cr_assert_eq(make_conversations(50, 0), CM_OK);
    atomic_store(&stop, true);
    cr_assert_eq(bench(2, 3), CM_ESTOPPED);
    atomic_store(&stop, false);
}
