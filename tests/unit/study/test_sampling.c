/* What is drawn: strata, the budget, weights, and that neither threads nor the order of files have a say. */
#include <criterion/criterion.h>
#include <math.h>

#include "study/labels/csv_cell.h"
#include "study/labels/labels.h"
#include "study/sample/sampling.h"

static struct cm_packs packs;
static struct cm_diagnostics diagnostics;
static struct cm_sampling *sampling;

static void load(void)
{
    const char *pack = CM_SOURCE_DIR "/tests/e2e/pack";
    cr_assert_eq(cm_packs_load(&packs, &pack, 1, &diagnostics), CM_OK);
}

static void release(void)
{
    cm_sampling_free(sampling);
    cm_packs_free(&packs);
    cm_diagnostics_free(&diagnostics);
}

TestSuite(sampling, .init = load, .fini = release, .timeout = 60);

/* count conversations: all agents say hello, every fourth also sorry; every tenth has a turn in which nothing fires. */
static void make(struct cm_buffer *out, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        const char *queue = i % 5 == 0 ? "billing" : i % 5 == 1 ? "" : "orders";
        unsigned seq = 0;
        cm_buffer_printf(out, "{\"interaction_id\":\"c%u\",\"seq\":%u,\"speaker\":\"customer\",\"text\":\"it is broken\"}\n", i, seq++);
        cm_buffer_printf(out,
                         "{\"interaction_id\":\"c%u\",\"seq\":%u,\"speaker\":\"agent\",\"channel\":\"chat\"%s%s%s,\"text\":\"Hello%s\"}\n",
                         i, seq++, *queue ? ",\"queue\":\"" : "", queue, *queue ? "\"" : "", i % 4 ? "" : ", so sorry about that");
        if (i % 10 == 0)
            cm_buffer_printf(out, "{\"interaction_id\":\"c%u\",\"seq\":%u,\"speaker\":\"agent\",\"text\":\"indeed\"}\n", i, seq);
    }
}

static const struct cm_sampling_request by_cue = {.by = CM_SAMPLING_CUE, .turns = 24, .before = 3, .seed = 1, .workers = 1};

static void open_source(struct cm_source **source, const struct cm_span *contents, size_t count)
{
    static const char *const names[] = {"a", "b", "c"};
    const struct cm_source_request from = {.names = names, .contents = contents, .count = count};
    cr_assert_eq(cm_source_open(source, &cm_source_mem, &from, &diagnostics), CM_OK);
}

/* Draws, and gives the CSV. */
static struct cm_buffer draw(struct cm_sampling_request request, const struct cm_span *contents, size_t count)
{
    struct cm_source *source;
    struct cm_sink *sink;
    struct cm_archive_result result = {0};
    struct cm_buffer out = CM_BUFFER_EMPTY;
    request.packs = &packs;
    request.speakers = request.speakers ? request.speakers : CM_BIT(CM_SPEAKER_AGENT);
    cm_sampling_free(sampling);
    open_source(&source, contents, count);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_null, "", &diagnostics), CM_OK);
    cr_assert_eq(cm_sampling_new(&request, &sampling), CM_OK);
    const struct cm_archive_request archive = {.packs = &packs,
                                               .source = source,
                                               .sink = sink,
                                               .render = {.evidence = CM_EVIDENCE_QUOTES},
                                               .threads = request.workers,
                                               .max_memory = (uint64_t)64 << 20,
                                               .spill_folder = "/tmp",
                                               .observer = cm_sampling_observe,
                                               .observer_context = sampling,
                                               .diagnostics = &diagnostics};
    cr_assert_eq(cm_archive_run(&archive, &result), CM_OK);
    cr_assert_eq(cm_sampling_finish(sampling), CM_OK);
    cm_archive_result_free(&result);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    cm_source_close(source);
    open_source(&source, contents, count);
    cr_assert_eq(cm_sampling_texts(sampling, packs.redactor, source), CM_OK);
    cm_source_close(source);
    cr_assert_eq(cm_sampling_csv(sampling, &out), cm_sampling_result(sampling).count);
    return out;
}

static struct cm_buffer draw_made(struct cm_sampling_request request, unsigned count)
{
    struct cm_buffer events = CM_BUFFER_EMPTY;
    make(&events, 0, count);
    struct cm_span contents = cm_buffer_view(&events);
    struct cm_buffer out = draw(request, &contents, 1);
    cm_buffer_free(&events);
    return out;
}

static const struct cm_sampling_stratum *stratum(const char *name)
{
    struct cm_sampling_result result = cm_sampling_result(sampling);
    for (uint32_t i = 0; i < result.stratum_count; i++)
        if (cm_span_equal(result.strata[i].told.name, cm_span_of(name)))
            return &result.strata[i].told;
    cr_assert_fail("no stratum %s", name);
    return NULL;
}

static void assert_stratum(const char *name, uint64_t population, uint32_t drawn_least, uint32_t drawn_most)
{
    const struct cm_sampling_stratum *told = stratum(name);
    cr_assert_eq(told->population, population, "%s: population %llu", name, (unsigned long long)told->population);
    cr_assert(told->drawn >= drawn_least && told->drawn <= drawn_most, "%s: %u drawn", name, told->drawn);
}

static double sum_of_weights(void)
{
    struct cm_sampling_result result = cm_sampling_result(sampling);
    double sum = 0;
    for (uint32_t i = 0; i < result.count; i++)
        sum += result.turns[i]->weight;
    return sum;
}

Test(sampling, every_cue_that_fires_is_a_stratum)
{
    struct cm_buffer out = draw_made(by_cue, 100);
    cr_assert_eq(cm_sampling_result(sampling).count, 24);
    cr_assert_eq(cm_sampling_result(sampling).population, 110);
    assert_stratum("random", 110, 6, 8);
    assert_stratum("nothing", 10, 6, 8);
    assert_stratum("hello", 100, 6, 8);
    assert_stratum("sorry", 25, 6, 8);
    assert_stratum("helps", 0, 0, 0);
    assert_stratum("trouble", 0, 0, 0); /* the customers' */
    cm_buffer_free(&out);
}

Test(sampling, what_a_small_stratum_cannot_fill_goes_to_the_others)
{
    struct cm_sampling_request request = by_cue;
    request.turns = 80;
    struct cm_buffer out = draw_made(request, 100);
    cr_assert_eq(cm_sampling_result(sampling).count, 80);
    assert_stratum("nothing", 10, 10, 10);
    assert_stratum("sorry", 25, 25, 25);
    cm_buffer_free(&out);
    request.turns = 1000;
    out = draw_made(request, 100);
    cr_assert_eq(cm_sampling_result(sampling).count, 110, "all there are");
    cr_assert_float_eq(sum_of_weights(), 110, 1e-9);
    cm_buffer_free(&out);
}

Test(sampling, random_has_a_part_of_its_own)
{
    struct cm_sampling_request request = by_cue;
    request.turns = 3;
    struct cm_buffer out = draw_made(request, 100);
    cr_assert_eq(cm_sampling_result(sampling).count, 3);
    cr_assert_geq(stratum("random")->drawn, 1);
    cm_buffer_free(&out);
}

Test(sampling, a_turn_stands_once_and_says_who_drew_it)
{
    struct cm_sampling_request request = by_cue;
    request.turns = 100;
    struct cm_buffer out = draw_made(request, 100);
    struct cm_sampling_result result = cm_sampling_result(sampling);
    uint32_t drawn = 0, told = 0;
    for (uint32_t i = 0; i < result.stratum_count; i++)
        drawn += result.strata[i].told.drawn;
    for (uint32_t i = 0; i < result.count; i++) {
        for (uint32_t j = 0; j < result.turns[i]->stratum_count; j++)
            told += result.turns[i]->drawn[j];
        cr_assert(i == 0 || cm_span_compare(result.turns[i - 1]->interaction_id, result.turns[i]->interaction_id) < 0 ||
                  result.turns[i - 1]->turn < result.turns[i]->turn);
    }
    cr_assert_eq(told, drawn);
    cr_assert_gt(drawn, result.count, "some were drawn twice");
    cm_buffer_free(&out);
}

/* A stratum alone: population over drawn. Several: one over the chance that any draws it. */
Test(sampling, weights_are_one_over_the_chance)
{
    struct cm_buffer out = draw_made(by_cue, 100);
    struct cm_sampling_result result = cm_sampling_result(sampling);
    for (uint32_t i = 0; i < result.count; i++) {
        double missed = 1;
        for (uint32_t j = 0; j < result.turns[i]->stratum_count; j++) {
            const struct cm_sampling_stratum *of = &result.strata[result.turns[i]->strata[j]].told;
            missed *= 1 - (double)of->drawn / (double)of->population;
        }
        cr_assert_float_eq(result.turns[i]->weight, 1 / (1 - missed), 1e-9);
    }
    cm_buffer_free(&out);
    struct cm_sampling_request request = by_cue;
    request.by = CM_SAMPLING_QUEUE;
    out = draw_made(request, 100);
    cr_assert_float_eq(sum_of_weights(), 110, 1e-6);
    cm_buffer_free(&out);
}

/* Over many seeds the weighted share is the share: rates can be had from a sample that is anything but even. */
Test(sampling, weighted_rates_are_those_of_the_archive)
{
    double weights = 0, sorry = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct cm_sampling_request request = by_cue;
        request.seed = seed;
        struct cm_buffer out = draw_made(request, 100);
        struct cm_sampling_result result = cm_sampling_result(sampling);
        for (uint32_t i = 0; i < result.count; i++) {
            bool is = false;
            for (uint32_t j = 0; j < result.turns[i]->stratum_count; j++)
                is |= cm_span_equal(result.strata[result.turns[i]->strata[j]].told.name, CM_SPAN("sorry"));
            weights += result.turns[i]->weight;
            sorry += is ? result.turns[i]->weight : 0;
        }
        cm_buffer_free(&out);
    }
    cr_assert_float_eq(weights / 60, 110, 6, "%f turns", weights / 60);
    cr_assert_float_eq(sorry / 60, 25, 2, "%f with sorry", sorry / 60);
}

Test(sampling, by_queue_and_channel)
{
    struct cm_sampling_request request = by_cue;
    request.by = CM_SAMPLING_QUEUE;
    struct cm_buffer out = draw_made(request, 100);
    cr_assert_eq(cm_sampling_result(sampling).stratum_count, 3);
    assert_stratum("billing", 30, 8, 8); /* all second turns are theirs */
    assert_stratum("orders", 60, 8, 8);
    assert_stratum("(none)", 20, 8, 8);
    cm_buffer_free(&out);
    request.by = CM_SAMPLING_CHANNEL;
    out = draw_made(request, 100);
    assert_stratum("chat", 110, 24, 24);
    cm_buffer_free(&out);
    request.by = CM_SAMPLING_NONE;
    request.speakers = CM_BIT(CM_SPEAKER_CUSTOMER);
    out = draw_made(request, 100);
    assert_stratum("random", 100, 24, 24);
    cm_buffer_free(&out);
}

static void assert_same(struct cm_buffer *left, struct cm_buffer *right, const char *what)
{
    cr_assert(cm_span_equal(cm_buffer_view(left), cm_buffer_view(right)), "%s has a say", what);
    cm_buffer_free(right);
}

Test(sampling, threads_and_the_order_of_files_have_no_say)
{
    struct cm_buffer one = CM_BUFFER_EMPTY, two = CM_BUFFER_EMPTY;
    make(&one, 0, 60);
    make(&two, 60, 100);
    const struct cm_span forth[] = {cm_buffer_view(&one), cm_buffer_view(&two)};
    const struct cm_span back[] = {cm_buffer_view(&two), cm_buffer_view(&one)};
    for (int by = CM_SAMPLING_CUE; by <= CM_SAMPLING_NONE; by++) {
        struct cm_sampling_request request = by_cue;
        request.by = (enum cm_sampling_by)by;
        if (by == CM_SAMPLING_LABEL)
            continue;
        struct cm_buffer first = draw(request, forth, 2), again = draw(request, back, 2);
        assert_same(&first, &again, "the order of files");
        again = draw_made(request, 100);
        assert_same(&first, &again, "the number of files");
        request.workers = 4;
        again = draw(request, back, 2);
        assert_same(&first, &again, "threads");
        request.seed = 2;
        again = draw(request, forth, 2);
        cr_assert(by == CM_SAMPLING_NONE || !cm_span_equal(cm_buffer_view(&first), cm_buffer_view(&again)), "the seed has none");
        cm_buffer_free(&again);
        cm_buffer_free(&first);
    }
    cm_buffer_free(&one);
    cm_buffer_free(&two);
}

Test(sampling, by_label_of_a_map)
{
    static const char text[] = "greet: {speaker: agent, any: [hello]}\nempathy: {speaker: agent, any: [sorry]}\n";
    struct cm_label_map map = CM_LABEL_MAP_EMPTY;
    const uint8_t chosen[] = {0, 1};
    cr_assert_eq(cm_label_map_read(&map, "map.yaml", cm_span_of(text), packs.items[0].ruleset, &diagnostics), CM_OK);
    struct cm_sampling_request request = by_cue;
    request.by = CM_SAMPLING_LABEL;
    request.map = &map;
    struct cm_buffer out = draw_made(request, 100);
    assert_stratum("agent.greet", 100, 6, 8);
    assert_stratum("agent.empathy", 25, 6, 8);
    assert_stratum("nothing", 10, 6, 8);
    cr_assert_not_null(memmem(out.ptr, out.len, ",greet empathy,,", 16));
    cm_buffer_free(&out);
    request.chosen = chosen;
    out = draw_made(request, 100);
    assert_stratum("agent.greet", 0, 0, 0);
    assert_stratum("nothing", 85, 6, 12);
    cr_assert_null(memmem(out.ptr, out.len, "greet", 5));
    cm_buffer_free(&out);
    cm_label_map_free(&map);
}

/* Texts as they stand after edits, what was said before them, and all of it back through the reader of labels. */
Test(sampling, comes_back_as_it_went)
{
    static const char events[] =
        "{\"interaction_id\":\"=a:1\",\"seq\":1,\"speaker\":\"customer\",\"customer_name\":\"Rosalind Tanner\",\"text\":\"it said\\nagent: "
        "no\"}\n"
        "{\"interaction_id\":\"=a:1\",\"seq\":2,\"speaker\":\"bot\",\"text\":\"gone\"}\n"
        "{\"interaction_id\":\"=a:1\",\"seq\":3,\"speaker\":\"agent\",\"text\":\"wrong words\"}\n"
        "{\"interaction_id\":\"=a:1\",\"type\":\"edit\",\"target_seq\":3,\"text\":\"=1+1, \\\"Rosalind\\\" 4111 1111 1111 1111\"}\n"
        "{\"interaction_id\":\"=a:1\",\"type\":\"delete\",\"target_seq\":2}\n";
    struct cm_span contents = cm_span_of(events);
    struct cm_buffer out = draw(by_cue, &contents, 1), labelled = CM_BUFFER_EMPTY;
    const char *column = memmem(out.ptr, out.len, ",,,", 3); /* machine and human */
    cr_assert_not_null(column, "%.*s", (int)out.len, out.ptr);
    cm_buffer_append(&labelled, out.ptr, (size_t)(column - out.ptr) + 2);
    cm_buffer_text(&labelled, "x y");
    cm_buffer_append(&labelled, column + 2, out.len - (size_t)(column - out.ptr) - 2);
    struct cm_labels labels = CM_LABELS_EMPTY;
    cr_assert_eq(cm_labels_read(&labels, "back.csv", cm_buffer_view(&labelled), &diagnostics), CM_OK);
    cr_assert_eq(labels.count, 1);
    const struct cm_labelled *item = &labels.items[0];
    cr_assert(cm_span_equal(item->id, CM_SPAN("=a:1:2")), "a deleted turn keeps its number");
    cr_assert(cm_span_equal(item->conversation, CM_SPAN("=a:1")));
    cr_assert_eq(item->turn_count, 2);
    cr_assert_eq(item->turns[0].speaker, CM_SPEAKER_CUSTOMER);
    cr_assert(cm_span_equal(item->turns[0].text, CM_SPAN("it said\n agent: no")), "%.*s", (int)item->turns[0].text.len,
              item->turns[0].text.ptr);
    cr_assert(cm_span_starts_with(item->turns[1].text, CM_SPAN("=1+1, \"")));
    cr_assert_null(memmem(out.ptr, out.len, "Rosalind", 8));
    cr_assert_null(memmem(out.ptr, out.len, "4111", 4));
    cr_assert_eq(item->label_count, 2);
    cr_assert(item->by_human && item->machine.len == 0);
    cm_labels_free(&labels);
    cm_buffer_free(&labelled);
    cm_buffer_free(&out);
}

Test(sampling, of_nothing)
{
    struct cm_span contents = CM_SPAN("\n");
    struct cm_buffer out = draw(by_cue, &contents, 1);
    cr_assert(cm_span_equal(cm_buffer_view(&out), CM_SPAN("id,speaker,channel,before,text,machine,human,stratum,weight\n")));
    cm_buffer_free(&out);
}

Test(csv_cell, every_text_comes_back)
{
    static const char *const texts[] = {"",  "a",  "=1", "+1", "-",  "-1",  "@x",  "\tx", "\nx", "\rx",
                                        "'", "''", "'=", "'a", "a'", "'''", "''=", "'-",  "a=b", "'tis"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct cm_buffer out = CM_BUFFER_EMPTY;
        cm_csv_cell(&out, cm_span_of(texts[i]));
        struct cm_span cell = out.len ? cm_buffer_view(&out) : CM_SPAN("");
        if (cell.len > 0 && *cell.ptr == '"')
            cell = (struct cm_span){cell.ptr + 1, cell.len - 2};
        cr_assert(cell.len == 0 || !strchr("=+-@\t\r\n", *cell.ptr), "\"%s\" would be calculated", texts[i]);
        cr_assert(cm_span_equal(cm_csv_bare(cell), cm_span_of(texts[i])), "\"%s\" came back as another", texts[i]);
        cm_buffer_free(&out);
    }
}

Test(csv_cell, is_quoted_where_it_must_be)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_csv_cell(&out, CM_SPAN("a \"b\", c\nd"));
    cr_assert(cm_span_equal(cm_buffer_view(&out), CM_SPAN("\"a \"\"b\"\", c\nd\"")));
    cm_buffer_free(&out);
}
