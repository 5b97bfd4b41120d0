/* What stands in a state topic: written, read back, and refused where it is damaged. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "chance.h"
#include "live/owner/state.h"

static struct cm_edition edition = {.hash = {0x0123456789ABCDEF, 0xFEDCBA9876543210}};

static struct cm_packed make_packed(struct cm_span id)
{
    struct cm_buffer records = CM_BUFFER_EMPTY, scratch = CM_BUFFER_EMPTY;
    struct cm_packed packed = {0};
    cm_record_append_incomplete(&records, id, (struct cm_origin){3, 77});
    cr_assert_eq(cm_packed_add(&packed, cm_buffer_view(&records), &scratch), CM_OK);
    cm_buffer_free(&records);
    cm_buffer_free(&scratch);
    return packed;
}

static struct cm_item an_item(uint8_t phase)
{
    return (struct cm_item){.phase = phase,
                            .flags = CM_ITEM_FULL | CM_ITEM_FUTURE,
                            .finals = 3,
                            .due = INT64_C(1700000000123),
                            .last_ts = INT64_C(1600000000456),
                            .applied = 99,
                            .channel = CM_CHANNEL_SOCIAL,
                            .edition = &edition};
}

static void encode(struct cm_buffer *out, uint8_t phase)
{
    struct cm_packed packed = make_packed(CM_SPAN("a"));
    struct cm_item item = an_item(phase);
    cm_buffer_reset(out);
    cm_state_encode(out, &item, (struct cm_span){packed.bytes, packed.len});
    cr_assert_eq(cm_buffer_status(out), CM_OK);
    cm_packed_free(&packed);
}

Test(state, what_is_open_or_closed_comes_back)
{
    struct cm_buffer value = CM_BUFFER_EMPTY;
    for (uint8_t phase = CM_PHASE_OPEN; phase <= CM_PHASE_CLOSED; phase++) {
        struct cm_state_view view;
        encode(&value, phase);
        cr_assert_eq(cm_state_decode(cm_buffer_view(&value), &view), CM_OK);
        cr_expect_eq(view.phase, phase);
        cr_expect_eq(view.flags, CM_ITEM_FULL | CM_ITEM_FUTURE);
        cr_expect_eq(view.channel, CM_CHANNEL_SOCIAL);
        cr_expect_eq(view.finals, 3);
        cr_expect_eq(view.due, INT64_C(1700000000123));
        cr_expect_eq(view.last_ts, INT64_C(1600000000456));
        cr_expect_eq(cm_hash128_compare(view.rules, edition.hash), 0);
        cr_expect(cm_span_equal(cm_packed_interaction(view.packed), CM_SPAN("a")));
        cr_expect_eq(view.packed.len + 64, value.len);
    }
    cm_buffer_free(&value);
}

Test(state, a_marker_is_small)
{
    struct cm_buffer value = CM_BUFFER_EMPTY;
    struct cm_state_view view;
    encode(&value, CM_PHASE_MARKER);
    cr_expect_eq(value.len, 16);
    cr_assert_eq(cm_state_decode(cm_buffer_view(&value), &view), CM_OK);
    cr_expect_eq(view.phase, CM_PHASE_MARKER);
    cr_expect_eq(view.due, INT64_C(1700000000123));
    cr_expect_eq(view.packed.len, 0);
    cm_buffer_free(&value);
}

/* Layouts are read by other processes, of other versions: what they are is fixed byte by byte. */
Test(state, the_bytes_are_these)
{
    static const unsigned char marker[] = {0x01, 0xCC, 2, 3, 3, 0, 0, 0, 0x7B, 0x68, 0xE5, 0xCF, 0x8B, 0x01, 0, 0};
    struct cm_buffer value = CM_BUFFER_EMPTY;
    encode(&value, CM_PHASE_MARKER);
    cr_expect_arr_eq(value.ptr, marker, sizeof marker);
    encode(&value, CM_PHASE_CLOSED);
    cr_expect_eq(value.ptr[2], 1);
    cr_expect_eq(value.ptr[24], 99);
    cr_expect_eq((unsigned char)value.ptr[32], 0xEF);
    cr_expect_eq(value.ptr[48], CM_CHANNEL_SOCIAL);
    cm_buffer_free(&value);
}

Test(state, every_flipped_bit_and_every_cut_is_noticed)
{
    struct cm_buffer value = CM_BUFFER_EMPTY;
    struct cm_state_view view;
    encode(&value, CM_PHASE_CLOSED);
    for (size_t bit = 0; bit < value.len * 8; bit++) {
        value.ptr[bit / 8] ^= (char)(1 << bit % 8);
        cr_expect_neq(cm_state_decode(cm_buffer_view(&value), &view), CM_OK, "bit %zu", bit);
        value.ptr[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < value.len; len++) {
        char *copy = malloc(len + 1); /* of just its size, so that a sanitizer sees a byte too far */
        memcpy(copy, value.ptr, len);
        cr_expect_eq(cm_state_decode((struct cm_span){copy, len}, &view), CM_EINPUT, "%zu bytes", len);
        free(copy);
    }
    cm_buffer_free(&value);
}

Test(state, another_version_is_no_damage)
{
    struct cm_buffer value = CM_BUFFER_EMPTY;
    struct cm_state_view view;
    encode(&value, CM_PHASE_OPEN);
    value.ptr[0]++;
    cr_expect_eq(cm_state_decode(cm_buffer_view(&value), &view), CM_ERULES);
    cr_expect_eq(cm_state_decode((struct cm_span){value.ptr, 2}, &view), CM_ERULES);
    value.ptr[1]++;
    cr_expect_eq(cm_state_decode(cm_buffer_view(&value), &view), CM_EINPUT);
    cm_buffer_free(&value);
}

Test(state, another_version_of_the_records_is_none_either)
{
    struct cm_buffer value = CM_BUFFER_EMPTY;
    struct cm_state_view view;
    struct cm_packed packed = make_packed(CM_SPAN("a"));
    struct cm_item item = an_item(CM_PHASE_OPEN);
    for (int by = -1; by <= 1; by += 2) { /* the version before, and one to come */
        cm_buffer_reset(&value);
        packed.bytes[0] = (char)(packed.bytes[0] + by);
        cm_state_encode(&value, &item, (struct cm_span){packed.bytes, packed.len});
        cr_expect_eq(cm_state_decode(cm_buffer_view(&value), &view), CM_ERULES);
        packed.bytes[0] = (char)(packed.bytes[0] - by);
    }
    cm_packed_free(&packed);
    cm_buffer_free(&value);
}

/* ----------------------------------------------------------------------- keys */

static void expect_interaction(struct cm_span id)
{
    struct cm_buffer key = CM_BUFFER_EMPTY;
    struct cm_span found;
    struct cm_hash128 rules;
    cm_state_key(&key, id);
    cr_expect_eq(cm_state_key_kind(cm_buffer_view(&key), &found, &rules), CM_KEY_INTERACTION);
    cr_expect(cm_span_equal(found, id));
    cm_buffer_free(&key);
}

Test(state, ids_are_their_own_keys_whatever_they_begin_with)
{
    expect_interaction(CM_SPAN("a"));
    expect_interaction(CM_SPAN("manifest"));
    expect_interaction(CM_SPAN("\0"));
    expect_interaction(CM_SPAN("\0\0"));
    expect_interaction(CM_SPAN("\0manifest"));
    expect_interaction(CM_SPAN("\0fence"));
    expect_interaction(CM_SPAN("\0pack/0123456789abcdef0123456789abcdef"));
}

Test(state, other_keys_are_told_apart)
{
    struct cm_buffer key = CM_BUFFER_EMPTY;
    struct cm_span id;
    struct cm_hash128 rules = {0, 0};
    cr_expect_eq(cm_state_key_kind(cm_state_manifest_key, &id, &rules), CM_KEY_MANIFEST);
    cr_expect_eq(cm_state_key_kind(cm_state_fence_key, &id, &rules), CM_KEY_FENCE);
    cm_state_pack_key(&key, edition.hash);
    cr_expect_eq(cm_state_key_kind(cm_buffer_view(&key), &id, &rules), CM_KEY_PACK);
    cr_expect_eq(cm_hash128_compare(rules, edition.hash), 0);
    key.len--;
    cr_expect_eq(cm_state_key_kind(cm_buffer_view(&key), &id, &rules), CM_KEY_UNKNOWN);
    cr_expect_eq(cm_state_key_kind(CM_SPAN(""), &id, &rules), CM_KEY_UNKNOWN);
    cr_expect_eq(cm_state_key_kind(CM_SPAN("\0"), &id, &rules), CM_KEY_UNKNOWN);
    cr_expect_eq(cm_state_key_kind(CM_SPAN("\0\0"), &id, &rules), CM_KEY_UNKNOWN);
    cr_expect_eq(cm_state_key_kind(CM_SPAN("\0later"), &id, &rules), CM_KEY_UNKNOWN);
    cr_expect_eq(cm_state_key_kind(CM_SPAN("\0\0a"), &id, &rules), CM_KEY_UNKNOWN, "its key is a");
    cm_buffer_free(&key);
}

/* ------------------------------------------------------------------ manifests */

static void expect_manifest(struct cm_manifest manifest)
{
    struct cm_buffer value = CM_BUFFER_EMPTY;
    struct cm_manifest back;
    cm_manifest_encode(&value, &manifest);
    cr_assert_eq(cm_manifest_decode(cm_buffer_view(&value), &back), CM_OK);
    cr_expect_eq(back.position, manifest.position);
    cr_expect_eq(back.epoch, manifest.epoch);
    cr_expect_eq(back.count, manifest.count);
    cr_expect_eq(back.clock, manifest.clock);
    cr_expect_eq(back.timed, manifest.timed);
    cr_expect_eq(back.checksum, manifest.checksum);
    for (size_t len = 0; len < value.len; len++)
        cr_expect_eq(cm_manifest_decode((struct cm_span){value.ptr, len}, &back), CM_EINPUT);
    cm_buffer_byte(&value, ' ');
    cr_expect_eq(cm_manifest_decode(cm_buffer_view(&value), &back), CM_EINPUT);
    cm_buffer_free(&value);
}

Test(state, manifests_come_back)
{
    expect_manifest(
        (struct cm_manifest){.position = 12, .epoch = 3, .count = 4, .clock = INT64_C(1700000000000), .timed = true, .checksum = 0xABC});
    expect_manifest((struct cm_manifest){.clock = INT64_MIN});
    expect_manifest((struct cm_manifest){UINT64_MAX, UINT64_MAX, UINT64_MAX, INT64_MAX, true, UINT64_MAX, INT64_MAX});
}

Test(state, sums_do_not_cancel_out)
{
    struct cm_chance chance = {5};
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t hash = cm_chance_next(&chance), other = cm_chance_next(&chance), offset = cm_chance_below(&chance, 1000);
        cr_expect_neq(cm_state_sum(hash, offset), 0);
        cr_expect_neq(cm_state_sum(hash, offset) + cm_state_sum(other, offset + 1),
                      cm_state_sum(hash, offset + 1) + cm_state_sum(other, offset));
    }
}
