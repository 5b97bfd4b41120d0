#include <criterion/criterion.h>

#include "base/status.h"

Test(status, every_status_has_a_text_of_its_own)
{
    static const enum cm_status all[] = {
#define X(name, text) name,
        CM_STATUS_LIST(X)
#undef X
    };
    size_t count = sizeof all / sizeof *all;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            cr_assert_str_neq(cm_status_text(all[i]), cm_status_text(all[k]));
    cr_assert_str_eq(cm_status_text((enum cm_status)999), "unknown status");
}
