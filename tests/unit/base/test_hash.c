#include <criterion/criterion.h>

#include "base/hash.h"

/* Known answers of XXH3 with seed 0: stored hashes must mean the same on every machine. */
Test(hash, known_answers)
{
    cr_assert_eq(cm_hash64(CM_SPAN("")), UINT64_C(0x2D06800538D394C2));
    struct cm_hash128 empty = cm_hash128(CM_SPAN(""));
    cr_assert_eq(empty.high, UINT64_C(0x99AA06D3014798D8));
    cr_assert_eq(empty.low, UINT64_C(0x6001C324468D497F));
}

Test(hash, order_is_by_the_high_half_first)
{
    struct cm_hash128 a = {1, 9}, b = {2, 0}, c = {2, 1};
    cr_assert_lt(cm_hash128_compare(a, b), 0);
    cr_assert_lt(cm_hash128_compare(b, c), 0);
    cr_assert_gt(cm_hash128_compare(c, a), 0);
    cr_assert_eq(cm_hash128_compare(b, b), 0);
}
