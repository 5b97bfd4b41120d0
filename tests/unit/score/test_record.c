#include "helper.h"

TestSuite(record, .init = make, .fini = drop);

static struct cm_event full_event(void)
{
    struct cm_event event = {.interaction_id = CM_SPAN("interaction-7"),
                             .text = CM_SPAN("sorry to hear that"),
                             .event_id = CM_SPAN("e1"),
                             .agent_id = CM_SPAN("anna"),
                             .to_agent_id = CM_SPAN(""),
                             .customer_id = CM_SPAN("c9"),
                             .queue = CM_SPAN("returns"),
                             .team = CM_SPAN("blue"),
                             .lang = CM_SPAN("en-GB"),
                             .ts = 1000,
                             .end_ts = 2000,
                             .seq = 5,
                             .confidence = 900000,
                             .open_chats = 2,
                             .rating = -4500,
                             .scale = 5000,
                             .target_seq = 3,
                             .type = CM_EVENT_MESSAGE,
                             .speaker = CM_SPEAKER_AGENT,
                             .channel = CM_CHANNEL_EMAIL,
                             .ended_by = CM_ENDED_BY_BOT,
                             .has = 0xFF,
                             .hash = {11, 12}};
    return event;
}

Test(record, gives_back_what_it_was_given)
{
    struct cm_event event = full_event();
    struct cm_hit hits[2] = {{3, 0, 5, 0}, {4, 6, 10, CM_NAME_MASK}};
    uint32_t faults[1] = {9}, content[3] = {1, 5, 7}, names[1] = {77};
    struct cm_scanned packs[2] = {{hits, 1, faults, 1}, {hits, 2, NULL, 0}};
    struct cm_findings findings = {packs, 2, content, 3, 4, true, names, 1};
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_record_append_incomplete(&out, CM_SPAN("other"), (struct cm_origin){1, 2});
    cm_record_append(&out, &event, (struct cm_origin){3, 99}, &findings, NULL);

    struct cm_span stream = cm_buffer_view(&out), first, second, third;
    cr_assert(cm_record_next(&stream, &first));
    cr_assert(cm_record_next(&stream, &second));
    cr_expect_not(cm_record_next(&stream, &third));
    cr_expect_eq(stream.len, 0);
    cr_expect(cm_span_equal(cm_record_interaction(first), CM_SPAN("other")));
    cr_expect(cm_span_equal(cm_record_interaction(second), CM_SPAN("interaction-7")));
    cr_expect_eq(cm_record_hash(second), cm_hash64(CM_SPAN("interaction-7")));
    cr_expect_eq(second.len % 8, 0);
    cm_buffer_free(&out);
}

Test(record, of_an_ordinary_turn_is_small)
{
    struct cm_event event = {
        .interaction_id = CM_SPAN("0123456789"), .agent_id = CM_SPAN("a17"), .seq = 4, .ts = 5, .has = CM_HAS_SEQ | CM_HAS_TS};
    struct cm_hit hits[2] = {{3, 0, 5, 0}, {4, 6, 10, 0}};
    uint32_t content[5] = {1, 2, 3, 4, 5};
    struct cm_scanned pack = {hits, 2, NULL, 0};
    struct cm_findings findings = {&pack, 1, content, 5, 12, false, NULL, 0};
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_record_append(&out, &event, (struct cm_origin){0}, &findings, NULL);
    cr_expect_leq(out.len, 168, "%zu bytes", out.len);
    cm_buffer_free(&out);
}

/* Damaged in any byte, or cut anywhere: never read past, never crash; what is let through is judged like anything else. */
Test(record, damaged_anywhere_is_refused_or_harmless)
{
    cm_build_say(b, "C t=1 customer.upset w=red,car name=ann cust=c1 lang=en\nA:anna t=2 conf=0.9 sorry@0-5 !maybe\n");
    struct cm_span whole = cm_build_records(b);
    char *copy = malloc(whole.len);
    struct cm_interaction *interaction;
    cr_assert_eq(cm_interaction_new(&interaction), CM_OK);
    size_t refused = 0, tries = 0;
    for (size_t at = 0; at < whole.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++, tries++) {
            memcpy(copy, whole.ptr, whole.len);
            copy[at] = (char)(copy[at] ^ (1u << bit));
            struct cm_span stream = {copy, whole.len}, record;
            enum cm_status status = CM_OK;
            cm_interaction_begin(interaction);
            while (status == CM_OK && cm_record_next(&stream, &record))
                status = cm_interaction_add(interaction, record);
            cr_assert(status == CM_OK || status == CM_EINPUT);
            refused += status != CM_OK || stream.len > 0;
            if (status == CM_OK)
                cr_assert_eq(cm_interaction_seal(interaction), CM_OK);
        }
    }
    cr_expect_gt(refused, tries / 10, "%zu of %zu", refused, tries);
    for (size_t len = 0; len < whole.len; len++) {
        char *cut = malloc(len + 1); /* on its own, so that a sanitizer sees a read past it */
        memcpy(cut, whole.ptr, len);
        struct cm_span stream = {cut, len}, record;
        cm_interaction_begin(interaction);
        while (cm_record_next(&stream, &record))
            cr_assert_eq(cm_interaction_add(interaction, record), CM_OK);
        cr_assert(len == 0 || stream.len > 0 || len % 8 == 0);
        free(cut);
    }
    cm_interaction_free(interaction);
    free(copy);
}

Test(record, that_claims_more_hits_than_it_has_is_refused)
{
    cm_build_say(b, "A:anna sorry@0-5\n");
    struct cm_span whole = cm_build_records(b);
    char *copy = malloc(whole.len);
    struct cm_interaction *interaction;
    cr_assert_eq(cm_interaction_new(&interaction), CM_OK);
    memcpy(copy, whole.ptr, whole.len);
    memset(copy + 72, 0xFF, 4); /* head 56, id 8, seq 8: the count of hits */
    struct cm_span stream = {copy, whole.len}, record;
    cm_interaction_begin(interaction);
    cr_assert(cm_record_next(&stream, &record));
    cr_expect_eq(cm_interaction_add(interaction, record), CM_EINPUT);
    cm_interaction_free(interaction);
    free(copy);
}
