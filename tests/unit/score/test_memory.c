/* Memory: none is asked for once the scratch has grown, and running out of it at any point is an error and no crash. */
#include "chance.h"
#include "helper.h"

/* The linker sends the allocations of everything in this program but the C library and Criterion here. */
void *__real_realloc(void *ptr, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);

static unsigned long asked;
static unsigned long fails_at; /* 0: never */

static bool refused(void)
{
    return ++asked == fails_at;
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return refused() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

TestSuite(memory, .init = make, .fini = drop);

static size_t records_of(uint64_t seed, struct cm_span *records, size_t max)
{
    struct cm_chance chance = {seed};
    struct cm_buffer lines = CM_BUFFER_EMPTY;
    cm_chance_pack(b, &chance);
    cm_chance_lines(&chance, &lines);
    cm_build_say(b, lines.ptr);
    cm_buffer_free(&lines);
    struct cm_span stream = cm_build_records(b);
    size_t count = 0;
    while (count < max && cm_record_next(&stream, &records[count]))
        count++;
    return count;
}

/* While it is open, and when it has ended. */
static enum cm_status judge_once(struct cm_interaction *interaction, struct cm_judge *judge, const struct cm_span *records, size_t count,
                                 struct cm_buffer *out)
{
    const struct cm_render_options options = {.evidence = CM_EVIDENCE_REFS, .full = true};
    const struct cm_scorecard *card;
    enum cm_status status = CM_OK;
    cm_interaction_begin(interaction);
    for (size_t i = 0; status == CM_OK && i < count; i++)
        status = cm_interaction_add(interaction, records[i]);
    if (status == CM_OK)
        status = cm_interaction_seal(interaction);
    cm_buffer_reset(out);
    for (unsigned final = 0; status == CM_OK && final < 2; final++) {
        status = cm_judge_run(judge, interaction, 0, final, &card);
        if (status == CM_OK)
            cm_scorecard_json(card, &options, out);
    }
    if (status != CM_OK)
        return status;
    return cm_buffer_status(out);
}

Test(memory, none_is_asked_for_once_the_scratch_has_grown)
{
    struct cm_span records[64];
    size_t count = records_of(17, records, 64);
    struct cm_interaction *interaction;
    struct cm_judge *judge;
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cr_assert(cm_interaction_new(&interaction) == CM_OK && cm_judge_new(cm_build_pack(b), &judge) == CM_OK);
    cr_assert_eq(judge_once(interaction, judge, records, count, &out), CM_OK);
    unsigned long before = asked;
    cr_assert_gt(before, 0);
    for (unsigned i = 0; i < 100; i++)
        cr_assert_eq(judge_once(interaction, judge, records, count, &out), CM_OK);
    cr_expect_eq(asked, before, "%lu more", asked - before);
    cm_buffer_free(&out);
    cm_judge_free(judge);
    cm_interaction_free(interaction);
}

Test(memory, running_out_anywhere_is_an_error_and_the_next_time_is_as_good_as_any)
{
    struct cm_span records[64];
    size_t count = records_of(23, records, 64);
    struct cm_buffer whole = CM_BUFFER_EMPTY, again = CM_BUFFER_EMPTY;
    unsigned failed = 0;
    for (unsigned long at = 1; at < 400; at++) {
        struct cm_interaction *interaction = NULL;
        struct cm_judge *judge = NULL;
        asked = 0;
        fails_at = at;
        enum cm_status status = cm_interaction_new(&interaction);
        if (status == CM_OK)
            status = cm_judge_new(cm_build_pack(b), &judge);
        if (status == CM_OK)
            status = judge_once(interaction, judge, records, count, &again);
        bool short_of_it = asked >= at;
        fails_at = 0;
        cr_assert_eq(status, short_of_it ? CM_ENOMEM : CM_OK, "allocation %lu: %s", at, cm_status_text(status));
        failed += short_of_it;
        if (interaction && judge) {
            cr_assert_eq(judge_once(interaction, judge, records, count, &again), CM_OK);
            if (!whole.len)
                cm_buffer_span(&whole, cm_buffer_view(&again));
            cr_assert(cm_span_equal(cm_buffer_view(&whole), cm_buffer_view(&again)));
        }
        cm_judge_free(judge);
        cm_interaction_free(interaction);
        if (!short_of_it)
            break;
    }
    cr_expect_gt(failed, 20, "%u", failed);
    cm_buffer_free(&again);
    cm_buffer_free(&whole);
}
