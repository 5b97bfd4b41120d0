/* rules/REFERENCE.md §4, rules/REFERENCE.md §8: the bytes of a scorecard. */
#include "helper.h"

TestSuite(scorecard, .init = make, .fini = drop);

static char *render(const struct cm_scorecard *card, enum cm_evidence_mode evidence, bool full)
{
    static struct cm_buffer out;
    struct cm_render_options options = {.evidence = evidence, .full = full, .revision = 7};
    cm_buffer_reset(&out);
    cm_scorecard_json(card, &options, &out);
    cm_buffer_byte(&out, '\0');
    cr_assert_eq(cm_buffer_status(&out), CM_OK);
    return out.ptr;
}

static void a_pack(void)
{
    care_behaviour()->dimension = 1;
    greet_behaviour(CM_DUE_ONCE, 1);
    struct cm_behaviour *rude = cm_build_behaviour(b, "rude", CM_BEHAVIOUR_PENALTY, 0);
    rude->met_by = cm_build_list(b, "rude.word");
    rude->points = 550;
    cm_build_pack(b)->name = "test\"pack";
}

Test(scorecard, keys_stand_in_the_order_of_the_contract)
{
    a_pack();
    const struct cm_scorecard *card = judge_lines("start seq=9 t=0.5 queue=sales team=red cust=c1 lang=en chan=chat\nC seq=1 t=1 "
                                                  "customer.upset@3-8\nA:a seq=2 t=2.25 rude.word@0-4\nB "
                                                  "seq=3 t=3\nfeedback seq=4 rating=4.5 scale=5\nend seq=1 id=z t=4\n");
    cr_expect_str_eq(
        render(card, CM_EVIDENCE_REFS, false),
        "{\"schema_version\":\"1.0\",\"interaction_id\":\"i1\","
        "\"pack\":{\"name\":\"test\\\"pack\",\"version\":\"1\",\"hash\":\"00000000000000010000000000000002\"},"
        "\"engine\":\"caremeter " CM_VERSION "\",\"channel\":\"chat\",\"lang\":\"en\","
        "\"agents\":[{\"agent_id\":\"a\",\"turns\":1,\"care\":{\"score\":0.00,\"one\":0.00,\"two\":0.00}}],"
        "\"agent_id\":\"a\",\"customer_id\":\"c1\",\"queue\":\"sales\",\"team\":\"red\","
        "\"started_at\":\"1970-01-01T00:00:00.500Z\",\"ended_at\":\"1970-01-01T00:00:04.000Z\","
        "\"turns\":{\"agent\":1,\"customer\":1,\"bot\":1},"
        "\"care\":{\"score\":0.00,\"one\":0.00,\"two\":0.00},\"coverage\":1.000000,"
        "\"behaviours\":["
        "{\"id\":\"care\",\"outcome\":\"missed\",\"credit\":0.000000,\"seen\":1,\"met\":0,\"agent_id\":\"a\","
        "\"evidence\":[{\"turn\":0,\"seq\":1,\"rule\":\"customer.upset\",\"start\":3,\"end\":8}],\"searched\":{\"from\":0,\"to\":2}},"
        "{\"id\":\"greet\",\"outcome\":\"missed\",\"credit\":0.000000,\"seen\":1,\"met\":0,\"agent_id\":\"a\","
        "\"evidence\":[],\"searched\":{\"from\":1,\"to\":2}},"
        "{\"id\":\"rude\",\"outcome\":\"delivered\",\"credit\":-5.500000,\"seen\":1,\"met\":1,\"agent_id\":\"a\","
        "\"evidence\":[{\"turn\":1,\"seq\":2,\"rule\":\"rude.word\",\"start\":0,\"end\":4}]}],"
        "\"customer_outcome\":{\"resolution\":\"unknown\",\"delight\":0,\"thanks\":0,\"feedback\":{\"rating\":4.500,\"scale\":5.000}},"
        "\"timing\":{\"first_response_s\":1.250,\"median_gap_s\":1.250,\"p90_gap_s\":1.250,\"dead_air_s\":null,\"talk_over_s\":null,"
        "\"customer_wait_s\":1.250},\"flags\":[],\"status\":\"final\",\"revision\":7}\n");
}

Test(scorecard, absent_scalars_are_null)
{
    const char *json = render(cm_build_judge_in(b, NULL, 0, true), CM_EVIDENCE_QUOTES, true);
    cr_expect(strstr(json,
                     "\"channel\":null,\"lang\":null,\"agents\":[],\"agent_id\":null,\"customer_id\":null,\"queue\":null,\"team\":null,"
                     "\"started_at\":null,\"ended_at\":null,"));
    cr_expect(strstr(json, "\"care\":{\"score\":null,\"one\":null,\"two\":null},\"coverage\":null,"));
}

Test(scorecard, behaviours_without_opportunity_are_left_out_unless_full)
{
    a_pack();
    const struct cm_scorecard *card = judge_lines("C\nA:a hello\n");
    cr_expect_null(strstr(render(card, CM_EVIDENCE_REFS, false), "no_opportunity"));
    cr_expect(strstr(render(card, CM_EVIDENCE_REFS, true), "{\"id\":\"rude\",\"outcome\":\"no_opportunity\","));
}

Test(scorecard, evidence_may_be_left_out)
{
    a_pack();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a hello sorry\n");
    cr_expect_null(strstr(render(card, CM_EVIDENCE_NONE, false), "\"turn\":"));
    cr_expect(strstr(render(card, CM_EVIDENCE_NONE, false), "\"evidence\":[]"));
}

Test(scorecard, flags_are_sorted_by_name)
{
    for (unsigned i = 1; i < CM_FLAG_COUNT; i++)
        cr_expect(strcmp(cm_flag_name((enum cm_flag)(i - 1)), cm_flag_name((enum cm_flag)i)) < 0);
    const struct cm_scorecard *card = judge_lines("C seq=1 t=9\nlost\nA:a seq=2 t=3\nedit seq=3 tseq=88\n");
    cr_expect(strstr(render(card, CM_EVIDENCE_REFS, false), "\"flags\":[\"clock_backwards\",\"incomplete\",\"orphan_edit\"]"));
}

Test(scorecard, an_open_one_says_what_it_waits_for)
{
    a_pack();
    cm_build_pack(b)->thanks = cm_build_list(b, "customer.thanks");
    const struct cm_scorecard *card = judge_open("A:a t=1 rude.word@0-4\nC t=2.5 customer.thanks@0-3 customer.upset@4-9\n");
    const char *json = render(card, CM_EVIDENCE_REFS, false);
    cr_expect(strstr(json,
                     "\"status\":\"open\",\"revision\":7,\"pending\":["
                     "{\"id\":\"care\",\"dimension\":\"two\",\"kind\":\"opportunity\",\"agent_id\":\"a\","
                     "\"since\":\"1970-01-01T00:00:02.500Z\",\"state\":\"unmet\","
                     "\"evidence\":[{\"turn\":1,\"seq\":2,\"rule\":\"customer.upset\",\"start\":4,\"end\":9}]}],\"moments\":["
                     "{\"id\":\"rude\",\"kind\":\"penalty\",\"dimension\":\"one\",\"agent_id\":\"a\",\"at\":\"1970-01-01T00:00:01.000Z\","
                     "\"evidence\":{\"turn\":0,\"seq\":1,\"rule\":\"rude.word\",\"start\":0,\"end\":4}},"
                     "{\"id\":\"customer_outcome.thanks\",\"kind\":\"thanks\",\"dimension\":null,\"agent_id\":\"a\","
                     "\"at\":\"1970-01-01T00:00:02.500Z\","
                     "\"evidence\":{\"turn\":1,\"seq\":2,\"rule\":\"customer.thanks\",\"start\":0,\"end\":3}}]}\n"),
              "%s", json);
    json = render(card, CM_EVIDENCE_NONE, false);
    cr_expect(strstr(json, "\"state\":\"unmet\",\"evidence\":[]}]"), "%s", json);
    cr_expect_null(strstr(json, "\"turn\":"));
}

Test(scorecard, evidence_is_sorted_by_turn_start_end_rule)
{
    struct cm_behaviour *bonus = cm_build_behaviour(b, "bonus", CM_BEHAVIOUR_BONUS, 0);
    bonus->met_by = cm_build_list(b, "z y x w");
    const struct cm_scorecard *card = judge_lines("C\nA:a w@5-9 z@5-8 y@0-3 x@5-8\nA:a w@0-1\n");
    const struct cm_behaviour_result *result = cm_build_result(card, "bonus", "a");
    const char *rules[] = {"y", "x", "z", "w", "w"};
    cr_assert_eq(result->evidence_count, 5);
    for (unsigned i = 0; i < 5; i++)
        cr_expect_str_eq(result->evidence[i].rule, rules[i]);
}

Test(scorecard, times_before_1970_and_beyond_any_calendar)
{
    cr_expect(strstr(render(judge_lines("C t=-0.001\n"), CM_EVIDENCE_REFS, false), "\"started_at\":\"1969-12-31T23:59:59.999Z\""));
    cr_expect(strstr(render(judge_lines("C t=951782400\n"), CM_EVIDENCE_REFS, false), "\"started_at\":\"2000-02-29T00:00:00.000Z\""));
    cr_expect(strstr(render(judge_lines("C t=9000000000000\n"), CM_EVIDENCE_REFS, false), "\"started_at\":null"));
}

Test(scorecard, csv_has_a_field_for_every_column)
{
    a_pack();
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_scorecard_csv_header(cm_build_pack(b), &out);
    size_t header = out.len, commas[2] = {0, 0};
    cm_scorecard_csv(judge_lines("C t=1 queue=a,\"b customer.upset\nA:a t=3 hello sorry\nlost\n"), &out);
    cr_assert_eq(cm_buffer_status(&out), CM_OK);
    bool quoted = false;
    for (size_t i = 0; i < out.len; i++) {
        quoted ^= out.ptr[i] == '"';
        commas[i >= header] += out.ptr[i] == ',' && !quoted;
    }
    cr_expect_eq(commas[0], commas[1]);
    cm_buffer_byte(&out, '\0');
    cr_expect(strstr(out.ptr, "\"a,\"\"b\""), "%s", out.ptr);
    cr_expect(strstr(out.ptr, ",100.00,100.00,100.00,1.000000,,unknown,0,0,,,2.000,2.000,2.000,,,2.000,incomplete\r\n"), "%s", out.ptr);
    cm_buffer_free(&out);
}

/* -------------------------------------------------------------------- quotes */

/* Records of agent turns, each with this text and hits of cue 0 at [0, 8) and [9, 28), quotes redacted by the shipped patterns. */
static struct cm_span quoted_records(struct cm_buffer *out, const char *text, unsigned turns)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_redactor *redactor;
    struct cm_redaction *redaction;
    cr_assert_eq(cm_redactor_load(CM_SOURCE_DIR "/rules/redaction", &diagnostics, &redactor), CM_OK);
    cr_assert_eq(cm_redaction_new(redactor, &redaction), CM_OK);
    struct cm_hit hits[] = {{0, 0, 8, 0}, {1, 9, 28, 0}};
    struct cm_scanned packs[2] = {{hits, 2, NULL, 0}, {hits, 2, NULL, 0}};
    struct cm_findings findings = {.packs = packs, .pack_count = 2};
    for (uint64_t i = 0; i <= turns; i++) {
        struct cm_event event = {.interaction_id = CM_SPAN("q"),
                                 .text = cm_span_of(text),
                                 .agent_id = CM_SPAN("a"),
                                 .seq = i,
                                 .has = CM_HAS_SEQ,
                                 .hash = {i, i},
                                 .speaker = i ? CM_SPEAKER_AGENT : CM_SPEAKER_CUSTOMER};
        cm_record_append(out, &event, (struct cm_origin){0, i}, &findings, redaction);
    }
    cm_redaction_free(redaction);
    cm_redactor_free(redactor);
    cm_diagnostics_free(&diagnostics);
    cr_assert_eq(cm_buffer_status(out), CM_OK);
    return cm_buffer_view(out);
}

static const struct cm_scorecard *judge_quoted(struct cm_buffer *out, const char *text, unsigned turns)
{
    struct cm_span records[16], stream = quoted_records(out, text, turns);
    size_t count = 0;
    while (count < 16 && cm_record_next(&stream, &records[count]))
        count++;
    return cm_build_judge_in(b, records, count, true);
}

Test(scorecard, quotes_are_redacted_and_no_more_than_three_a_behaviour)
{
    struct cm_behaviour *first = cm_build_behaviour(b, "first", CM_BEHAVIOUR_BONUS, 0),
                        *second = cm_build_behaviour(b, "second", CM_BEHAVIOUR_BONUS, 0);
    first->met_by = cm_build_list(b, "x");
    second->met_by = cm_build_list(b, "y");
    struct cm_buffer out = CM_BUFFER_EMPTY;
    const struct cm_scorecard *card = judge_quoted(&out, "card is: 4111 1111 1111 1111 ok", 4);
    cr_assert_eq(card->behaviours[0].evidence_count, 4);
    cr_expect(cm_span_equal(card->behaviours[0].evidence[0].quote, CM_SPAN("card is:")));
    cr_expect(cm_span_equal(card->behaviours[1].evidence[2].quote, CM_SPAN("[card]")));
    cr_expect_null(card->behaviours[0].evidence[3].quote.ptr);
    cr_expect_null(strstr(render(card, CM_EVIDENCE_QUOTES, false), "4111"));
    cr_expect(strstr(render(card, CM_EVIDENCE_QUOTES, false), "\"start\":0,\"end\":8,\"quote\":\"card is:\"}"));
    cr_expect_null(strstr(render(card, CM_EVIDENCE_REFS, false), "quote"));
    cm_buffer_free(&out);
}

/* The agent's event does not know the customer's name, another one does. */
Test(scorecard, names_that_other_events_tell_leave_no_quote)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_redactor *redactor;
    struct cm_redaction *redaction;
    cr_assert(cm_redactor_load(CM_SOURCE_DIR "/rules/redaction", &diagnostics, &redactor) == CM_OK);
    cr_assert(cm_redaction_new(redactor, &redaction) == CM_OK);
    cm_build_behaviour(b, "named", CM_BEHAVIOUR_BONUS, 0)->met_by = cm_build_list(b, "any.x");
    cm_build_behaviour(b, "asked", CM_BEHAVIOUR_OPPORTUNITY, 0)->opportunity = cm_build_list(b, "any.x");
    const struct cm_hit hit = {.cue = 0, .start = 0, .end = 16};
    const struct cm_scanned scanned = {.hits = &hit, .hit_count = 1};
    const struct cm_findings findings = {.packs = &scanned, .pack_count = 1};
    struct cm_buffer out = CM_BUFFER_EMPTY;
    static const struct cm_span names[] = {{NULL, 0}, CM_SPAN("Bo Lind"), CM_SPAN("Anna Dahl"), CM_SPAN("Bo Lind")};
    for (uint64_t i = 0; i < 4; i++) {
        struct cm_event event = {.interaction_id = CM_SPAN("q"),
                                 .text = CM_SPAN("Hello Anna Bo it"),
                                 .agent_id = CM_SPAN("a"),
                                 .customer_name = names[i],
                                 .seq = i,
                                 .has = CM_HAS_SEQ,
                                 .hash = {i, i},
                                 .speaker = i ? CM_SPEAKER_CUSTOMER : CM_SPEAKER_AGENT};
        cm_record_append(&out, &event, (struct cm_origin){0, i}, i == 1 || i == 2 ? NULL : &findings, redaction);
    }
    struct cm_interaction *interaction;
    struct cm_judge *judge;
    cr_assert(cm_interaction_new(&interaction) == CM_OK && cm_judge_new(cm_build_pack(b), &judge) == CM_OK);
    cm_judge_redact(judge, redaction);
    struct cm_span stream = cm_buffer_view(&out), record;
    cm_interaction_begin(interaction);
    while (cm_record_next(&stream, &record))
        cr_assert(cm_interaction_add(interaction, record) == CM_OK);
    const struct cm_scorecard *card;
    cr_assert(cm_interaction_seal(interaction) == CM_OK && cm_judge_run(judge, interaction, 0, true, &card) == CM_OK);
    cr_expect(cm_span_equal(card->behaviours[0].evidence[0].quote, CM_SPAN("Hello [name] [name] it")), "%.*s",
              (int)card->behaviours[0].evidence[0].quote.len, card->behaviours[0].evidence[0].quote.ptr);
    cr_assert(cm_judge_run(judge, interaction, 0, false, &card) == CM_OK && card->pending_count == 1 && card->moment_count == 2);
    cr_expect(cm_span_equal(card->pending[0].evidence[0].quote, CM_SPAN("Hello [name] [name] it")));
    cr_expect(cm_span_equal(card->moments[0].evidence->quote, CM_SPAN("Hello [name] [name] it")));
    cm_judge_free(judge);
    cm_interaction_free(interaction);
    cm_redaction_free(redaction);
    cm_redactor_free(redactor);
    cm_diagnostics_free(&diagnostics);
    cm_buffer_free(&out);
}
