/* Names of enums, and none for what is no value of them. */
#include <criterion/criterion.h>

#include "event/decode.h"
#include "event/event.h"

Test(event, names_stand_as_in_json)
{
    cr_assert_str_eq(cm_event_type_name(CM_EVENT_TRANSFER), "transfer");
    cr_assert_str_eq(cm_speaker_name(CM_SPEAKER_NONE), "");
    cr_assert_str_eq(cm_speaker_name(CM_SPEAKER_LEAD), "lead");
    cr_assert_str_eq(cm_channel_name(CM_CHANNEL_EMAIL), "email");
    cr_assert_str_eq(cm_ended_by_name(CM_ENDED_BY_SYSTEM), "system");
}

Test(event, no_name_beyond_the_last)
{
    cr_assert_str_eq(cm_event_type_name(CM_EVENT_TYPE_COUNT), "");
    cr_assert_str_eq(cm_speaker_name(CM_SPEAKER_COUNT), "");
    cr_assert_str_eq(cm_channel_name(CM_CHANNEL_COUNT), "");
    cr_assert_str_eq(cm_ended_by_name(CM_ENDED_BY_COUNT), "");
    cr_assert_str_eq(cm_reject_code(CM_REJECT_COUNT), "");
}
