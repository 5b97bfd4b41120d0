#include <criterion/criterion.h>

#include "web/target.h"

static struct cm_target target;

static enum cm_target_fault parse(const char *text)
{
    return cm_target_parse(cm_span_of(text), &target);
}

static void expect(struct cm_span got, const char *wanted)
{
    if (wanted)
        cr_expect(got.ptr && cm_span_equal(got, cm_span_of(wanted)), "%.*s, not %s", (int)got.len, got.ptr, wanted);
    else
        cr_expect_null(got.ptr, "%.*s", (int)got.len, got.ptr);
}

static void expect_queue(const char *text, const char *path, const char *queue)
{
    cr_assert_eq(parse(text), CM_TARGET_OK, "%s", text);
    expect(target.path, path);
    expect(target.queue, queue);
    expect(target.id, NULL);
}

Test(target, has_a_path_and_a_queue)
{
    expect_queue("/", "/", NULL);
    expect_queue("/?queue=cards", "/", "cards");
    expect_queue("/api/board?queue=Gro%C3%9Fkunden+S%C3%BCd", "/api/board", "Großkunden Süd");
    expect_queue("/api/board?queue=a%2Bb%26c%3Dd", "/api/board", "a+b&c=d");
    expect_queue("/api/board?queue=a=b", "/api/board", "a=b");
    expect_queue("/?theme=dark&queue=x&other", "/", "x");
    expect_queue("/?queue", "/", NULL);
    expect_queue("/?queue=", "/", NULL);
    expect_queue("/?queues=a&xqueue=b&QUEUE=c", "/", NULL);
    expect_queue("/?&&=&?&", "/", NULL);
    expect_queue("/a%zz", "/a%zz", NULL);                      /* no path of ours has escapes: it is not found, whatever they mean */
    expect_queue("/interaction?id=%zz", "/interaction", NULL); /* the page's own affair */
}

Test(target, has_an_interaction_where_the_path_names_one)
{
    cr_assert_eq(parse("/api/interactions/chat-1"), CM_TARGET_OK);
    expect(target.id, "chat-1");
    cr_assert_eq(parse("/api/interactions/a%2Fb+c%20%E2%82%AC?queue=q"), CM_TARGET_OK);
    expect(target.id, "a/b+c €");
    expect(target.queue, "q");
    cr_assert_eq(parse("/api/interactions/"), CM_TARGET_OK);
    expect(target.id, NULL);
    cr_assert_eq(parse("/api/interactions"), CM_TARGET_OK);
    expect(target.id, NULL);
}

Test(target, is_refused_where_it_is_none)
{
    static const char *const bad[] = {
        "",
        "api",
        "*",
        "http://127.0.0.1/",
        "?queue=a",
        "/?queue=%",
        "/?queue=%4",
        "/?queue=%G0",
        "/?queue=%0",
        "/?queue=a%00b",
        "/?queue=%ff",
        "/?queue=%C3",
        "/?queue=%C0%AF",
        "/?queue=%ED%A0%80",
        "/?queue=a&queue=b",
        "/?queue=a b",
        "/ x",
        "/\x7F",
        "/?queue=a\tb",
        "/api/interactions/%",
        "/api/interactions/%00",
        "/api/interactions/%F5%80%80%80",
        "/\n",
        "/?x=\x01",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(parse(bad[i]), CM_TARGET_BAD, "%s", bad[i]);
}

static char *repeat(const char *start, const char *more, size_t times)
{
    size_t len = strlen(start), step = strlen(more);
    char *text = malloc(len + step * times + 1);
    cr_assert(text);
    memcpy(text, start, len);
    for (size_t i = 0; i < times; i++)
        memcpy(text + len + i * step, more, step);
    text[len + step * times] = '\0';
    return text;
}

static void expect_repeated(const char *start, const char *more, size_t times, enum cm_target_fault wanted)
{
    char *text = repeat(start, more, times);
    cr_expect_eq(parse(text), wanted, "%s %zu times behind %s", more, times, start);
    free(text);
}

Test(target, is_too_long_above_its_limits_and_not_below)
{
    expect_repeated("/?queue=", "a", CM_TARGET_NAME_BYTES_MAX, CM_TARGET_OK);
    expect_repeated("/?queue=", "a", CM_TARGET_NAME_BYTES_MAX + 1, CM_TARGET_LONG);
    expect_repeated("/?queue=", "%C3%A9", CM_TARGET_NAME_BYTES_MAX / 2, CM_TARGET_OK);
    expect_repeated("/?queue=", "%C3%A9", CM_TARGET_NAME_BYTES_MAX / 2 + 1, CM_TARGET_LONG);
    expect_repeated("/api/interactions/", "x", CM_TARGET_NAME_BYTES_MAX, CM_TARGET_OK);
    expect_repeated("/api/interactions/", "x", CM_TARGET_NAME_BYTES_MAX + 1, CM_TARGET_LONG);
    expect_repeated("/", "y", CM_TARGET_BYTES_MAX - 1, CM_TARGET_OK);
    expect_repeated("/", "y", CM_TARGET_BYTES_MAX, CM_TARGET_LONG);
}
