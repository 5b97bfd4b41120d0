#include <criterion/criterion.h>

#include "base/nearest.h"

static bool nearest(const char *wanted, const char *offered)
{
    struct cm_nearest near = cm_nearest_to(cm_span_of(wanted));
    cm_nearest_offer(&near, cm_span_of(offered));
    return near.best.ptr != NULL;
}

Test(nearest, a_slip_is_near_and_another_word_is_not)
{
    cr_assert(nearest("agnet", "agent"));
    cr_assert(nearest("phrase", "phrases"));
    cr_assert(nearest("oportunity", "opportunity"));
    cr_assert(nearest("mail", "email"));
    cr_assert(nearest("wieght", "weight"));
    cr_assert_not(nearest("colour", "cues"));
    cr_assert_not(nearest("base.nothing", "base.both"));
    cr_assert_not(nearest("x", "y"), "all of a word cannot be a slip");
    char vast[200];
    memset(vast, 'a', sizeof vast - 1);
    vast[sizeof vast - 1] = '\0';
    cr_assert_not(nearest(vast, vast), "names without end are not compared");
}

Test(nearest, the_nearest_of_several)
{
    struct cm_nearest near = cm_nearest_to(CM_SPAN("hypotetical"));
    cm_nearest_offer(&near, CM_SPAN("hypothesis"));
    cm_nearest_offer(&near, CM_SPAN("hypothetical"));
    cm_nearest_offer(&near, CM_SPAN("hypotheticals"));
    cr_assert(cm_span_equal(near.best, CM_SPAN("hypothetical")));
}
