/* The decoder, trap by trap. */
#include "decoding.h"

#include "text/fold.h"

Test(decode, an_event_with_every_field)
{
    struct decoding d =
        DECODE("{\"interaction_id\":\"i1\",\"speaker\":\"customer\",\"text\":\"hi\",\"type\":\"message\",\"seq\":7,"
               "\"ts\":\"2024-02-29T12:00:00Z\",\"end_ts\":1709208001500,\"channel\":\"call\",\"event_id\":\"e\",\"agent_id\":\"a\","
               "\"to_agent_id\":\"b\",\"customer_id\":\"c\",\"customer_name\":\"Ann\",\"queue\":\"q\",\"team\":\"t\",\"lang\":\"en\","
               "\"confidence\":0.75,\"open_chats\":2,\"ended_by\":\"customer\",\"rating\":4.5,\"scale\":5,"
               "\"target_event_id\":\"x\",\"target_seq\":18446744073709551615}");
    assert_good(d);
    assert_span(d.event.interaction_id, "i1");
    assert_span(d.event.text, "hi");
    assert_span(d.event.event_id, "e");
    assert_span(d.event.agent_id, "a");
    assert_span(d.event.to_agent_id, "b");
    assert_span(d.event.customer_id, "c");
    assert_span(d.event.customer_name, "Ann");
    assert_span(d.event.queue, "q");
    assert_span(d.event.team, "t");
    assert_span(d.event.lang, "en");
    assert_span(d.event.target_event_id, "x");
    cr_assert_eq(d.event.speaker, CM_SPEAKER_CUSTOMER);
    cr_assert_eq(d.event.channel, CM_CHANNEL_CALL);
    cr_assert_eq(d.event.ended_by, CM_ENDED_BY_CUSTOMER);
    cr_assert_eq(d.event.type, CM_EVENT_MESSAGE);
    cr_assert_eq(d.event.seq, 7);
    cr_assert_eq(d.event.ts, 1709208000000);
    cr_assert_eq(d.event.end_ts, 1709208001500);
    cr_assert_eq(d.event.confidence, 750000);
    cr_assert_eq(d.event.open_chats, 2);
    cr_assert_eq(d.event.rating, 4500);
    cr_assert_eq(d.event.scale, 5000);
    cr_assert_eq(d.event.target_seq, UINT64_MAX);
    cr_assert_eq(d.event.has, 0xFF);
}

Test(decode, order_of_keys_and_white_space_are_free)
{
    struct decoding d = DECODE("{ \"text\" :\t\"hello\" , \"speaker\": \"agent\"\t,\"interaction_id\" : \"i1\" }");
    assert_good(d);
    struct decoding same = DECODE(MESSAGE(""));
    cr_assert_eq(cm_hash128_compare(d.event.hash, same.event.hash), 0);
}

Test(decode, unknown_keys_are_ignored_whatever_they_hold)
{
    assert_good(DECODE(
        MESSAGE(",\"labels\":[\"a\",{\"b\":[1,-2.5e+3,true,false,null,[]]},{}],\"x\":\"\\u0041\",\"\":0,\"tex\":1,\"textt\":2,\"t\":3")));
}

Test(decode, null_is_absence)
{
    struct decoding d = DECODE(MESSAGE(",\"ts\":null,\"seq\":null,\"queue\":null,\"channel\":null,\"type\":null,\"rating\":null"));
    assert_good(d);
    cr_assert_eq(d.event.has, 0);
    cr_assert_null(d.event.queue.ptr);
    cr_assert_eq(cm_hash128_compare(d.event.hash, DECODE(MESSAGE("")).event.hash), 0);
    assert_marked(MESSAGE(",\"ts\":^nul"), NOT_JSON);
}

Test(decode, an_empty_string_is_absence_but_for_text)
{
    struct decoding d = DECODE(MESSAGE(",\"event_id\":\"\",\"queue\":\"\",\"channel\":\"\",\"ts\":\"\""));
    assert_good(d);
    cr_assert_null(d.event.event_id.ptr);
    cr_assert_eq(cm_hash128_compare(d.event.hash, DECODE(MESSAGE("")).event.hash), 0);
    d = DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"\"}");
    assert_good(d);
    cr_assert_not_null(d.event.text.ptr);
    assert_reject(DECODE("{\"interaction_id\":\"\",\"speaker\":\"agent\",\"text\":\"\"}"), BAD_ID, 19);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"\",\"text\":\"\"}"), NO_SPEAKER, 0);
}

Test(decode, escapes)
{
    struct decoding d =
        DECODE("{\"interaction_id\":\"i\\/1\",\"speaker\":\"ag\\u0065nt\",\"t\\u0065xt\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20AC\\u00e9 x\"}");
    assert_good(d);
    assert_span(d.event.interaction_id, "i/1");
    assert_span(d.event.text, "\"\\/\b\f\n\r\t\xE2\x82\xAC\xC3\xA9 x");
    cr_assert_eq(d.event.speaker, CM_SPEAKER_AGENT);
    assert_marked(MESSAGE(",\"x\":\"^\\x\""), NOT_JSON);
    assert_marked(MESSAGE(",\"x\":\"\\u12^G4\""), NOT_JSON);
}

Test(decode, surrogates)
{
    struct decoding d = DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"\\ud83d\\ude00\"}");
    assert_good(d);
    assert_span(d.event.text, "\xF0\x9F\x98\x80");
    /* a half alone is repaired, each once */
    d = DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"a\\ud83d\\ud83d\\ude00\\ude00b\\ud83d\"}");
    assert_good(d);
    assert_span(d.event.text, "a\xEF\xBF\xBD\xF0\x9F\x98\x80\xEF\xBF\xBD"
                              "b\xEF\xBF\xBD");
    /* but identity is not repaired: two ids could become one */
    assert_reject(DECODE("{\"interaction_id\":\"\\ud83d\",\"speaker\":\"agent\",\"text\":\"a\"}"), BAD_ID, 19);
}

Test(decode, duplicates_of_known_keys)
{
    struct decoding d = DECODE(MESSAGE(",\"seq\":1,\"seq\":1"));
    assert_marked(MESSAGE(",\"seq\":1,^\"seq\":1"), DUPLICATE_KEY);
    cr_assert_str_eq(d.decoded.field, "seq");
    assert_span(d.decoded.incomplete_id, "i1");
    assert_marked(MESSAGE(",\"seq\":null,^\"seq\":1"), DUPLICATE_KEY);
    assert_marked(MESSAGE(",\"seq\":null,^\"s\\u0065q\":1"), DUPLICATE_KEY);
    assert_good(DECODE(MESSAGE(",\"other\":1,\"other\":2")));
}

Test(decode, an_interaction_is_incomplete_only_where_its_id_is_certain)
{
    assert_span(DECODE("{\"interaction_id\":\"a\",\"speaker\":5}").decoded.incomplete_id, "a");
    assert_span(DECODE("{\"speaker\":5,\"interaction_id\":\"a\"}").decoded.incomplete_id, "a");
    assert_span(DECODE("{\"interaction_id\":\"a\",\"interaction_id\":null}").decoded.incomplete_id, "a");
    cr_assert_eq(DECODE("{\"interaction_id\":\"a\",\"interaction_id\":\"b\"}").decoded.incomplete_id.len, 0);
    cr_assert_eq(DECODE("{\"interaction_id\":\"a\",\"interaction_id\":\"a\"}").decoded.incomplete_id.len, 0);
    cr_assert_eq(DECODE("{\"interaction_id\":\"a\",\"speaker\":5").decoded.incomplete_id.len, 0);
    cr_assert_eq(DECODE("{\"speaker\":\"agent\",\"text\":\"x\"}").decoded.incomplete_id.len, 0);
    cr_assert_eq(DECODE(MESSAGE("")).decoded.incomplete_id.len, 0);
}

Test(decode, huge_and_odd_numbers)
{
    cr_assert_eq(DECODE(MESSAGE(",\"seq\":18446744073709551615")).event.seq, UINT64_MAX);
    cr_assert_eq(DECODE(MESSAGE(",\"seq\":-0")).event.seq, 0);
    assert_marked(MESSAGE(",\"seq\":^18446744073709551616"), BAD_NUMBER);
    assert_marked(MESSAGE(",\"seq\":^999999999999999999999999999999"), BAD_NUMBER);
    assert_marked(MESSAGE(",\"seq\":^-1"), BAD_NUMBER);
    assert_marked(MESSAGE(",\"seq\":^1.0"), BAD_NUMBER);
    assert_marked(MESSAGE(",\"seq\":^1e3"), BAD_NUMBER);
    assert_marked(MESSAGE(",\"seq\":^\"1\""), BAD_VALUE);
    assert_marked(MESSAGE(",\"open_chats\":^4294967296"), BAD_NUMBER);
    assert_good(DECODE(MESSAGE(",\"other\":1e999999999999,\"more\":-1234567890123456789012345678901234567890")));
}

Test(decode, numbers_that_json_does_not_know)
{
    assert_marked(MESSAGE(",\"seq\":0^1"), NOT_JSON);
    assert_marked(MESSAGE(",\"seq\":^+1"), NOT_JSON);
    assert_marked(MESSAGE(",\"rating\":^.5"), NOT_JSON);
    assert_marked(MESSAGE(",\"rating\":1.^"), NOT_JSON);
    assert_marked(MESSAGE(",\"rating\":1e^"), NOT_JSON);
    assert_marked(MESSAGE(",\"rating\":-^"), NOT_JSON);
    assert_marked(MESSAGE(",\"rating\":^NaN"), NOT_JSON);
    assert_marked(MESSAGE(",\"seq\":0^x1"), NOT_JSON);
}

Test(decode, decimals)
{
    cr_assert_eq(DECODE(MESSAGE(",\"confidence\":1e-6")).event.confidence, 1);
    cr_assert_eq(DECODE(MESSAGE(",\"confidence\":1")).event.confidence, 1000000);
    cr_assert_eq(DECODE(MESSAGE(",\"rating\":-2.0005")).event.rating, -2001);
    cr_assert_eq(DECODE(MESSAGE(",\"rating\":0.2e1")).event.rating, 2000);
    assert_marked(MESSAGE(",\"confidence\":^1.01"), BAD_NUMBER);
    assert_marked(MESSAGE(",\"confidence\":^-0.5"), BAD_NUMBER);
    assert_marked(MESSAGE(",\"scale\":^0"), BAD_NUMBER);
    assert_marked(MESSAGE(",\"rating\":^1e300"), BAD_NUMBER);
}

Test(decode, times)
{
    cr_assert_eq(DECODE(MESSAGE(",\"ts\":-5")).event.ts, -5);
    cr_assert_eq(DECODE(MESSAGE(",\"ts\":253402300799999")).event.ts, 253402300799999);
    assert_marked(MESSAGE(",\"ts\":^253402300800000"), BAD_TIME);
    assert_marked(MESSAGE(",\"ts\":^-62167219200001"), BAD_TIME);
    assert_marked(MESSAGE(",\"ts\":^1709208000.5"), BAD_TIME);
    assert_marked(MESSAGE(",\"ts\":^\"2024-02-29T12:00:00\""), BAD_TIME);
    assert_marked(MESSAGE(",\"ts\":^true"), BAD_TIME);
}

Test(decode, deep_nesting)
{
    char line[512];
    for (unsigned depth = CM_JSON_DEPTH_MAX; depth <= CM_JSON_DEPTH_MAX + 1; depth++) {
        size_t len = (size_t)snprintf(line, sizeof line, "{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"a\",\"x\":");
        size_t start = len;
        for (unsigned i = 0; i < depth; i++)
            line[len++] = '[';
        for (unsigned i = 0; i < depth; i++)
            line[len++] = ']';
        line[len++] = '}';
        if (depth == CM_JSON_DEPTH_MAX)
            assert_good(decode_bytes(line, len));
        else
            assert_reject(decode_bytes(line, len), TOO_DEEP, start + CM_JSON_DEPTH_MAX + 1);
    }
}

Test(decode, brackets_must_pair)
{
    assert_marked(MESSAGE(",\"x\":[^}"), NOT_JSON);
    assert_marked(MESSAGE(",\"x\":{\"a\":1^]"), NOT_JSON);
    assert_marked(MESSAGE(",\"x\":[1,^]"), NOT_JSON);
    assert_marked(MESSAGE(",\"x\":{\"a\":1,^}"), NOT_JSON);
    assert_marked(MESSAGE(",\"x\":{^a:1}"), NOT_JSON);
    assert_marked(MESSAGE(",^"), NOT_JSON);
    assert_marked(MESSAGE("}^"), NOT_JSON);
    assert_marked("{\"interaction_id\":\"i\",\"x\":{}^", NOT_JSON);
}

Test(decode, every_truncation_of_a_line_is_no_json)
{
    static const char line[] =
        "{\"interaction_id\":\"i\\u00e9\",\"seq\":12,\"speaker\":\"agent\",\"text\":\"a {b} \\\"c\\\"\",\"x\":[1,{\"y\":null}]}";
    for (size_t len = 1; len < sizeof line - 1; len++) {
        struct decoding d = decode_bytes(line, len);
        cr_assert_eq(d.decoded.reject, CM_REJECT_NOT_JSON, "%.*s", (int)len, line);
        cr_assert_leq(d.decoded.column, len + 1);
    }
    assert_good(decode_bytes(line, sizeof line - 1));
}

Test(decode, control_characters_and_nul)
{
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"a\0b\"}"), NOT_JSON, 50);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"a\tb\"}"), NOT_JSON, 50);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"a\x1F\"}"), NOT_JSON, 50);
    assert_reject(DECODE("\0\0\0\0"), NOT_JSON, 1);
    struct decoding d = DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"a\\u0000b\x7F\"}");
    assert_good(d);
    assert_span(d.event.text, "a\0b\x7F");
    /* no enum has a NUL in it, though the zeros behind its name are NULs too */
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"bot\\u0000\",\"text\":\"a\"}"), BAD_SPEAKER, 33);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"\\u0000\",\"text\":\"a\"}"), BAD_SPEAKER, 33);
}

Test(decode, byte_order_mark_and_line_ends)
{
    struct cm_span line = cm_decode_trim(CM_SPAN("\xEF\xBB\xBF {\"a\":1} \t\r"), 1);
    assert_span(line, "{\"a\":1}");
    line = cm_decode_trim(CM_SPAN("\xEF\xBB\xBF{}"), 0);
    cr_assert_eq(line.len, 5, "only the first line of a file has one");
    assert_reject(DECODE("\xEF\xBB\xBF{}"), NOT_JSON, 1);
    cr_assert_eq(cm_decode_trim(CM_SPAN(" \r"), 0).len, 0);
    cr_assert_eq(cm_decode_trim(CM_SPAN(""), 1).len, 0);
    cr_assert_eq(cm_decode_trim(CM_SPAN("\xEF\xBB\xBF"), 1).len, 0);
}

Test(decode, invalid_utf8)
{
    struct decoding d = DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":\"a\xFF\xC3\"}");
    assert_good(d);
    assert_span(d.event.text, "a\xFF\xC3");
    assert_reject(DECODE("{\"interaction_id\":\"i\xFF\",\"speaker\":\"agent\",\"text\":\"a\"}"), BAD_ID, 19);
    assert_marked(MESSAGE(",^\"k\xFF\":1"), BAD_UTF8_KEY);
    assert_good(DECODE(MESSAGE(",\"k\xC3\xA9\":1")));
}

Test(decode, other_json_is_no_event)
{
    assert_reject(DECODE("[{\"interaction_id\":\"i\"}]"), NOT_OBJECT, 1);
    assert_reject(DECODE("\"text\""), NOT_OBJECT, 1);
    assert_reject(DECODE("12"), NOT_OBJECT, 1);
    assert_reject(DECODE("null"), NOT_OBJECT, 1);
    assert_reject(DECODE("hello"), NOT_JSON, 1);
    assert_reject(DECODE("{} {}"), NOT_JSON, 3);
    assert_reject(DECODE("{}"), NO_ID, 0);
    assert_reject(DECODE("{"), NOT_JSON, 2);
    assert_reject(DECODE("}"), NOT_JSON, 1);
    assert_reject(DECODE("1 2"), NOT_JSON, 2);
}

Test(decode, what_each_type_needs)
{
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"text\":\"a\"}"), NO_SPEAKER, 0);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"bot\"}"), NO_TEXT, 0);
    assert_good(DECODE("{\"interaction_id\":\"i\",\"type\":\"start\"}"));
    assert_good(DECODE("{\"interaction_id\":\"i\",\"type\":\"end\",\"ended_by\":\"agent\"}"));
    assert_good(DECODE("{\"interaction_id\":\"i\",\"type\":\"transfer\",\"to_agent_id\":\"b\"}"));
    assert_good(DECODE("{\"interaction_id\":\"i\",\"type\":\"feedback\",\"rating\":5,\"scale\":5}"));
    assert_good(DECODE("{\"interaction_id\":\"i\",\"type\":\"edit\",\"target_seq\":0,\"text\":\"\"}"));
    assert_good(DECODE("{\"interaction_id\":\"i\",\"type\":\"delete\",\"target_event_id\":\"e\"}"));
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"type\":\"edit\",\"target_seq\":0}"), NO_TEXT, 0);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"type\":\"delete\"}"), NO_TARGET, 0);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"type\":\"delete\",\"target_event_id\":\"\"}"), NO_TARGET, 0);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"type\":\"typing\"}"), BAD_TYPE, 30);
}

Test(decode, enums_and_types_of_values)
{
    assert_marked(MESSAGE(",\"channel\":^\"fax\""), BAD_VALUE);
    assert_marked(MESSAGE(",\"channel\":^\"Chat\""), BAD_VALUE);
    assert_marked(MESSAGE(",\"ended_by\":^\"lead\""), BAD_VALUE);
    assert_marked(MESSAGE(",\"queue\":^5"), BAD_VALUE);
    assert_marked(MESSAGE(",\"queue\":^[\"a\"]"), BAD_VALUE);
    assert_marked(MESSAGE(",\"rating\":^true"), BAD_VALUE);
    assert_reject(DECODE("{\"interaction_id\":5,\"speaker\":\"agent\",\"text\":\"a\"}"), BAD_ID, 19);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"customers\",\"text\":\"a\"}"), BAD_SPEAKER, 33);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":{\"a\":[]},\"text\":\"a\"}"), BAD_SPEAKER, 33);
    assert_reject(DECODE("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":[]}"), BAD_VALUE, 48);
}

Test(decode, no_json_outranks_what_was_noticed_before)
{
    assert_marked("{\"interaction_id\":\"i\",\"speaker\":5,\"text\":^}", NOT_JSON);
    struct decoding d = DECODE("{\"interaction_id\":\"i\",\"speaker\":5,\"text\":}");
    cr_assert_null(d.decoded.field);
    cr_assert_eq(d.decoded.incomplete_id.len, 0);
}

static struct decoding decode_long(const char *key, size_t len, bool escaped)
{
    size_t room = len * 6 + 128, at;
    char *line = malloc(room);
    cr_assert_not_null(line);
    bool id = strcmp(key, "interaction_id") == 0, text = strcmp(key, "text") == 0;
    at = (size_t)snprintf(line, room, "{%s%s\"speaker\":\"agent\",\"%s\":\"", id ? "" : "\"interaction_id\":\"i\",",
                          text ? "" : "\"text\":\"a\",", key);
    for (size_t i = 0; i < len; i++) {
        memcpy(line + at, escaped ? "\\u0061" : "a", escaped ? 6 : 1);
        at += escaped ? 6 : 1;
    }
    memcpy(line + at, "\"}", 2);
    struct decoding d = decode_bytes(line, at + 2);
    free(line);
    return d;
}

Test(decode, lengths_are_of_the_decoded_value)
{
    for (int escaped = 0; escaped < 2; escaped++) {
        assert_good(decode_long("text", CM_TEXT_MAX_BYTES, escaped));
        assert_reject(decode_long("text", CM_TEXT_MAX_BYTES + 1, escaped), TEXT_TOO_LONG,
                      sizeof("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":"));
        assert_good(decode_long("interaction_id", CM_INTERACTION_ID_MAX_BYTES, escaped));
        assert_reject(decode_long("interaction_id", CM_INTERACTION_ID_MAX_BYTES + 1, escaped), BAD_ID,
                      sizeof("{\"text\":\"a\",\"speaker\":\"agent\",\"interaction_id\":"));
        assert_good(decode_long("queue", CM_EVENT_FIELD_MAX_BYTES, escaped));
        assert_reject(decode_long("queue", CM_EVENT_FIELD_MAX_BYTES + 1, escaped), FIELD_TOO_LONG,
                      sizeof("{\"interaction_id\":\"i\",\"text\":\"a\",\"speaker\":\"agent\",\"queue\":"));
    }
}

Test(decode, text_of_ten_megabytes_is_refused_without_memory_for_it)
{
    size_t before = decoding_arena.total;
    struct decoding d = decode_long("text", (size_t)10 << 20, false);
    assert_reject(d, TEXT_TOO_LONG, sizeof("{\"interaction_id\":\"i\",\"speaker\":\"agent\",\"text\":"));
    assert_span(d.decoded.incomplete_id, "i");
    cr_assert_lt(decoding_arena.total - before, (size_t)32 << 20, "the test's own copy is all");
}

/* The order of keys is guessed from the line before: a wrong guess must change nothing. */
Test(decode, a_guess_of_the_next_key_is_only_a_guess)
{
    struct cm_hash128 hash = DECODE("{\"interaction_id\":\"i\",\"seq\":1,\"ts\":5,\"speaker\":\"agent\",\"text\":\"a\"}").event.hash;
    struct decoding d = DECODE("{\"interaction_id\":\"i\",\"ts\":5,\"seq\":1,\"text\":\"a\",\"speaker\":\"agent\"}");
    assert_good(d);
    cr_assert_eq(cm_hash128_compare(d.event.hash, hash), 0);
    d = DECODE("{\"text\":\"a\",\"team\":null,\"tex\":1,\"t\":2,\"texts\":3,\"te\\u0061m\":1,\"interaction_id\":\"i\"}");
    assert_reject(d, DUPLICATE_KEY, sizeof("{\"text\":\"a\",\"team\":null,\"tex\":1,\"t\":2,\"texts\":3,"));
}
