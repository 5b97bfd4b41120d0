/* What the tests of score/ share: a pack and a conversation that each test fills, and one line to ask what came out. */
#ifndef CM_TEST_SCORE_HELPER_H
#define CM_TEST_SCORE_HELPER_H

#include <criterion/criterion.h>

#include "builder.h"

static struct cm_builder *b;

static void make(void)
{
    b = cm_builder_new();
}

static void drop(void)
{
    cm_builder_free(b);
}

static inline const char *outcome_of(const struct cm_behaviour_result *result)
{
    return result ? cm_outcome_name((enum cm_outcome)result->outcome) : "none";
}

static inline const char *reason_of(const struct cm_behaviour_result *result)
{
    return result ? cm_reason_name((enum cm_reason)result->reason) : "none";
}

/* credit in ppm */
#define expect(card, behaviour, agent, outcome, credit)                                                                                    \
    do {                                                                                                                                   \
        const struct cm_behaviour_result *one = cm_build_result(card, behaviour, agent);                                                   \
        cr_expect_str_eq(outcome_of(one), outcome, "%s is %s", behaviour, outcome_of(one));                                                \
        cr_expect(one && one->credit_ppm == (credit), "%s has credit %lld", behaviour, one ? (long long)one->credit_ppm : -1);             \
    } while (0)

#define expect_reason(card, behaviour, agent, outcome, reason)                                                                             \
    do {                                                                                                                                   \
        const struct cm_behaviour_result *one = cm_build_result(card, behaviour, agent);                                                   \
        cr_expect_str_eq(outcome_of(one), outcome, "%s is %s", behaviour, outcome_of(one));                                                \
        cr_expect_str_eq(reason_of(one), reason, "%s because %s", behaviour, reason_of(one));                                              \
    } while (0)

/* An opportunity behaviour "care": customer.upset, met by sorry. */
static inline struct cm_behaviour *care_behaviour(void)
{
    struct cm_behaviour *care = cm_build_behaviour(b, "care", CM_BEHAVIOUR_OPPORTUNITY, 0);
    care->opportunity = cm_build_list(b, "customer.upset");
    care->met_by = cm_build_list(b, "sorry");
    return care;
}

/* An expected behaviour "greet", met by hello. */
static inline struct cm_behaviour *greet_behaviour(enum cm_due due, uint32_t runs)
{
    struct cm_behaviour *greet = cm_build_behaviour(b, "greet", CM_BEHAVIOUR_EXPECTED, 0);
    greet->due = (uint8_t)due;
    greet->window_runs = runs;
    greet->met_by = cm_build_list(b, "hello");
    return greet;
}

static inline const struct cm_scorecard *judge_lines(const char *lines)
{
    cm_build_forget(b);
    cm_build_say(b, lines);
    return cm_build_judge(b, true);
}

static inline const struct cm_scorecard *judge_open(const char *lines)
{
    cm_build_forget(b);
    cm_build_say(b, lines);
    return cm_build_judge(b, false);
}

static inline bool has_flag(const struct cm_scorecard *card, enum cm_flag flag)
{
    return card->flags & 1u << flag;
}

#endif
