#include "boarding.h"

TestSuite(board_metrics, .init = open_usual, .fini = close_board);

static const char *metrics(uint32_t cues)
{
    cm_buffer_reset(&shown);
    cm_board_metrics(board, cues, &shown);
    cm_buffer_byte(&shown, '\0');
    cr_assert_eq(cm_buffer_status(&shown), CM_OK);
    return shown.ptr;
}

#define expect_line(text, line) cr_expect(strstr(text, "\n" line "\n"), "%s\nis not in\n%s", line, text)

Test(board_metrics, queues_have_concerns_scores_and_counts)
{
    char pending[512];
    snprintf(pending, sizeof pending, WAITS, "respond.problem", "08:58:30", "unmet", 0, "customer.problem", "it is broken");
    tell(OPEN, "a", "orders", pending, "");
    tell(FINAL, "b", "orders", "08:59:00", "80.00", "60.00", "null", GREETED);
    tell(FINAL, "c", "orders", "08:59:00", "61.01", "null", "null", GREETED);
    tell(FINAL, "d", "orders", "08:59:00", "null", "null", "null", "");
    tell(FINAL, "d", "orders", "08:59:00", "null", "null", "null", "");
    const char *got = metrics(0);
    expect_line(got, "caremeter_board_concerns{queue=\"orders\"} 1");
    expect_line(got, "caremeter_board_concerns{queue=\"\"} 0");
    expect_line(got, "caremeter_board_concern_worst_seconds{queue=\"orders\"} 90.000");
    expect_line(got, "caremeter_board_concerns_late{queue=\"orders\"} 0");
    expect_line(got, "caremeter_care_score{queue=\"orders\"} 70.505");
    expect_line(got, "caremeter_care_interactions{queue=\"orders\"} 2");
    expect_line(got, "caremeter_interactions_final_total{queue=\"orders\",scored=\"true\"} 2");
    expect_line(got, "caremeter_interactions_final_total{queue=\"orders\",scored=\"false\"} 1");
    expect_line(got, "caremeter_dimension_score{dimension=\"communicate\"} 60.000");
    expect_line(got, "caremeter_outcomes_total{behaviour=\"communicate.greeting\",outcome=\"delivered\"} 2");
    expect_line(got, "caremeter_board_interactions_open 1");
    cr_expect_null(strstr(got, "caremeter_evidence_total"));
}

Test(board_metrics, of_many_queues_a_hundred_have_a_label_and_the_others_share_one)
{
    for (unsigned i = 0; i < 150; i++) {
        char name[20];
        snprintf(name, sizeof name, "q%u", i);
        tell(FINAL, name, name, "08:59:00", "80.00", "null", "null", GREETED);
    }
    const char *got = metrics(0);
    expect_line(got, "caremeter_care_interactions{queue=\"q99\"} 1");
    expect_line(got, "caremeter_care_interactions{queue=\"other\"} 50");
    cr_expect_null(strstr(got, "\"q100\""));
}

Test(board_metrics, a_queue_that_is_called_other_stands_once)
{
    for (unsigned i = 0; i < 150; i++) {
        char name[20];
        snprintf(name, sizeof name, i == 7 ? "other" : "q%u", i);
        tell(FINAL, name, name, "08:59:00", "80.00", "null", "null", GREETED);
    }
    const char *got = metrics(0), *first = strstr(got, "caremeter_care_interactions{queue=\"other\"}");
    expect_line(got, "caremeter_care_interactions{queue=\"other\"} 51");
    cr_expect_null(strstr(first + 1, "caremeter_care_interactions{queue=\"other\"}"));
}

#define SHOWN(rule) "{'turn':1,'seq':1,'rule':'" rule "','start':0,'end':1}"

Test(board_metrics, cues_are_told_where_asked_for_those_seen_most)
{
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null",
         "{'id':'communicate.greeting','outcome':'delivered','evidence':[" SHOWN("greet.hello") "," SHOWN("greet.dear") "," SHOWN(
             "greet.hello") "]}");
    expect_line(metrics(2), "caremeter_evidence_total{cue=\"greet.hello\"} 2");
    expect_line(metrics(2), "caremeter_evidence_total{cue=\"greet.dear\"} 1");
    cr_expect_null(strstr(metrics(1), "greet.dear"));
}
