#include <criterion/criterion.h>

#include "score/customer.h"
#include "score/packed.h"

static struct cm_packed packed;
static struct cm_buffer record, scratch;

static void add(const char *customer)
{
    struct cm_event event = {.interaction_id = CM_SPAN("cu-1"), .type = CM_EVENT_MESSAGE, .speaker = CM_SPEAKER_AGENT};
    if (customer)
        event.customer_id = cm_span_of(customer);
    event.agent_id = CM_SPAN("cu-2");
    cm_buffer_reset(&record);
    cm_record_append(&record, &event, (struct cm_origin){0, 1}, NULL, NULL);
    cr_assert_eq(cm_packed_add(&packed, cm_buffer_view(&record), &scratch), CM_OK);
}

static bool names(const char *customer)
{
    bool found;
    cr_assert_eq(cm_packed_names((struct cm_span){packed.bytes, packed.len}, cm_span_of(customer), &scratch, &found), CM_OK);
    return found;
}

static void drop_all(void)
{
    cm_packed_free(&packed);
    cm_buffer_free(&record);
    cm_buffer_free(&scratch);
}

TestSuite(customer, .fini = drop_all);

Test(customer, is_who_any_record_names)
{
    add(NULL);
    cr_expect_not(names("cu-1"), "the interaction's id is nobody's name");
    cr_expect_not(names("cu-2"), "nor is the agent's");
    add("cu-11");
    add(NULL);
    cr_expect_not(names("cu-1"), "a part of a name is none");
    cr_expect(names("cu-11"));
    add("cu-1");
    cr_expect(names("cu-1"));
    cr_expect(names("cu-11"));
    cr_expect_not(names(""));
}

Test(customer, of_damaged_records_is_not_known)
{
    bool found;
    add("cu-1");
    cr_expect_eq(cm_packed_names((struct cm_span){packed.bytes, packed.len - 1}, CM_SPAN("cu-1"), &scratch, &found), CM_EINPUT);
    cr_expect_eq(cm_packed_names((struct cm_span){"x", 1}, CM_SPAN("cu-1"), &scratch, &found), CM_EINPUT);
    cr_expect_not(found);
}
