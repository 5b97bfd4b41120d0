/* H is the hash of the bytes that decode.h says, and of nothing else. */
#include "decoding.h"

#include "base/buffer.h"

static void put_string(struct cm_buffer *out, const char *key, const char *value)
{
    uint32_t len = (uint32_t)strlen(value);
    cm_buffer_append(out, key, strlen(key) + 1);
    cm_buffer_byte(out, 's');
    for (unsigned i = 0; i < 4; i++)
        cm_buffer_byte(out, (char)(len >> 8 * i));
    cm_buffer_text(out, value);
}

static void put_integer(struct cm_buffer *out, const char *key, uint64_t value)
{
    cm_buffer_append(out, key, strlen(key) + 1);
    cm_buffer_byte(out, 'i');
    for (unsigned i = 0; i < 8; i++)
        cm_buffer_byte(out, (char)(value >> 8 * i));
}

Test(identity, the_bytes_of_the_header)
{
    struct cm_buffer bytes = CM_BUFFER_EMPTY;
    put_string(&bytes, "agent_id", "a");
    put_string(&bytes, "channel", "call");
    put_integer(&bytes, "confidence", 500000);
    put_string(&bytes, "customer_id", "c");
    put_string(&bytes, "customer_name", "Ann");
    put_integer(&bytes, "end_ts", 2500);
    put_string(&bytes, "ended_by", "customer");
    put_string(&bytes, "event_id", "e");
    put_string(&bytes, "interaction_id", "i1");
    put_string(&bytes, "lang", "en");
    put_integer(&bytes, "open_chats", 3);
    put_string(&bytes, "queue", "q");
    put_integer(&bytes, "rating", (uint64_t)-4500);
    put_integer(&bytes, "scale", 5000);
    put_integer(&bytes, "seq", UINT64_MAX);
    put_string(&bytes, "speaker", "customer");
    put_string(&bytes, "target_event_id", "x");
    put_integer(&bytes, "target_seq", 9);
    put_string(&bytes, "team", "t");
    put_string(&bytes, "text", "hi");
    put_string(&bytes, "to_agent_id", "b");
    put_integer(&bytes, "ts", (uint64_t)-1);
    put_string(&bytes, "type", "feedback");
    struct decoding d = DECODE(
        "{\"type\":\"feedback\",\"ts\":-1,\"to_agent_id\":\"b\",\"text\":\"hi\",\"team\":\"t\",\"target_seq\":9,\"target_event_id\":\"x\","
        "\"speaker\":\"customer\",\"seq\":18446744073709551615,\"scale\":5,\"rating\":-4.5,\"queue\":\"q\",\"open_chats\":3,"
        "\"lang\":\"en\",\"interaction_id\":\"i1\",\"event_id\":\"e\",\"ended_by\":\"customer\",\"end_ts\":2500,"
        "\"customer_name\":\"Ann\",\"customer_id\":\"c\",\"confidence\":0.5,\"channel\":\"call\",\"agent_id\":\"a\"}");
    assert_good(d);
    cr_assert_eq(cm_hash128_compare(d.event.hash, cm_hash128(cm_buffer_view(&bytes))), 0);
    cm_buffer_free(&bytes);
}

Test(identity, the_type_is_always_there)
{
    struct cm_buffer bytes = CM_BUFFER_EMPTY;
    put_string(&bytes, "interaction_id", "i1");
    put_string(&bytes, "speaker", "agent");
    put_string(&bytes, "text", "hello");
    put_string(&bytes, "type", "message");
    struct cm_hash128 hash = cm_hash128(cm_buffer_view(&bytes));
    cr_assert_eq(cm_hash128_compare(DECODE(MESSAGE("")).event.hash, hash), 0);
    cr_assert_eq(cm_hash128_compare(DECODE(MESSAGE(",\"type\":\"message\"")).event.hash, hash), 0);
    cm_buffer_free(&bytes);
}

Test(identity, what_is_written_differently_is_the_same)
{
    struct cm_hash128 hash = DECODE(MESSAGE(",\"ts\":1000,\"confidence\":0.5,\"rating\":2")).event.hash;
    struct decoding d =
        DECODE("{\"labels\":[1],\"rating\":2.0,\"confidence\":5e-1,\"ts\":\"1970-01-01T01:00:01+01:00\",\"text\":\"h\\u0065llo\","
               "\"speaker\":\"agent\",\"interaction_id\":\"i1\",\"queue\":null}");
    cr_assert_eq(cm_hash128_compare(d.event.hash, hash), 0);
}

Test(identity, every_field_counts)
{
    static const char *const more[] = {"",
                                       ",\"seq\":0",
                                       ",\"seq\":1",
                                       ",\"target_seq\":1",
                                       ",\"queue\":\"a\"",
                                       ",\"team\":\"a\"",
                                       ",\"agent_id\":\"a\"",
                                       ",\"event_id\":\"a\"",
                                       ",\"ts\":1",
                                       ",\"end_ts\":1",
                                       ",\"lang\":\"a\"",
                                       ",\"channel\":\"chat\"",
                                       ",\"channel\":\"call\"",
                                       ",\"rating\":1",
                                       ",\"scale\":1",
                                       ",\"open_chats\":1"};
    struct cm_hash128 hashes[sizeof more / sizeof *more];
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char line[256];
        int len = snprintf(line, sizeof line, "{\"interaction_id\":\"i1\",\"speaker\":\"agent\",\"text\":\"hello\"%s}", more[i]);
        struct decoding d = decode_bytes(line, (size_t)len);
        assert_good(d);
        hashes[i] = d.event.hash;
        for (size_t k = 0; k < i; k++)
            cr_assert_neq(cm_hash128_compare(hashes[i], hashes[k]), 0, "%s and %s", more[i], more[k]);
    }
}

/* Long events take another way (scratch from the arena): the bytes are the same. */
Test(identity, long_events)
{
    for (size_t len = 1700; len < 2400; len += 7) {
        char *text = calloc(1, len + 1), line[4096];
        cr_assert_not_null(text);
        memset(text, 'x', len);
        int size = snprintf(line, sizeof line, "{\"interaction_id\":\"i\",\"speaker\":\"bot\",\"text\":\"%s\"}", text);
        struct cm_buffer bytes = CM_BUFFER_EMPTY;
        put_string(&bytes, "interaction_id", "i");
        put_string(&bytes, "speaker", "bot");
        put_string(&bytes, "text", text);
        put_string(&bytes, "type", "message");
        struct cm_hash128 hash = cm_hash128(cm_buffer_view(&bytes));
        cr_assert_eq(cm_hash128_compare(decode_bytes(line, (size_t)size).event.hash, hash), 0);
        cm_buffer_free(&bytes);
        free(text);
    }
}
