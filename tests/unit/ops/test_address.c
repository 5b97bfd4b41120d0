#include <criterion/criterion.h>

#include "ops/address.h"

static struct cm_arena arena;

static struct cm_address address(const char *line, bool first)
{
    struct cm_address out;
    cr_assert_eq(cm_address_line(&arena, cm_span_of(line), first, &out), CM_OK);
    return out;
}

Test(address, an_event_goes_where_its_interaction_goes)
{
    struct cm_address out = address("{\"interaction_id\":\"c-1\",\"seq\":1,\"speaker\":\"agent\",\"text\":\"hi\"}\r", false);
    cr_expect_eq(out.reject, CM_REJECT_NONE);
    cr_expect(cm_span_equal(out.key, CM_SPAN("c-1")));
    cr_expect_not(out.anonymous);
    out = address("\xEF\xBB\xBF{\"interaction_id\":\"c-2\",\"speaker\":\"agent\",\"text\":\"hi\"}", true);
    cr_expect(cm_span_equal(out.key, CM_SPAN("c-2")));
    cr_expect(out.anonymous);
    cr_expect_not(address("{\"interaction_id\":\"c-2\",\"event_id\":\"e\",\"speaker\":\"agent\",\"text\":\"hi\"}", true).anonymous);
    cm_arena_free(&arena);
}

Test(address, who_lost_a_line_is_told_in_its_own_partition)
{
    struct cm_address out = address("{\"interaction_id\":\"c-3\",\"speaker\":\"nobody\",\"text\":\"hi\"}", false);
    cr_expect_eq(out.reject, CM_REJECT_BAD_SPEAKER);
    cr_expect(cm_span_equal(out.key, CM_SPAN("c-3")));
    cr_expect_not(out.anonymous);
    cm_arena_free(&arena);
}

Test(address, what_is_nobodys_has_no_key)
{
    cr_expect_eq(address("no JSON", false).reject, CM_REJECT_NOT_JSON);
    cr_expect_null(address("no JSON", false).key.ptr);
    cr_expect_null(address("{\"speaker\":\"agent\",\"text\":\"hi\"}", false).key.ptr);
    cr_expect(address("  \r", false).blank);
    struct cm_address out;
    cr_assert_eq(cm_address_line(&arena, (struct cm_span){NULL, 0}, true, &out), CM_OK);
    cr_expect(out.blank);
    cr_expect_null(out.key.ptr);
    cm_arena_free(&arena);
}
