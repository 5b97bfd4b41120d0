#include <criterion/criterion.h>

#include "web/gate.h"

static struct cm_gate gate_at(const char *host, bool any)
{
    return (struct cm_gate){.host = cm_span_of(host), .loopback = cm_gate_is_loopback(cm_span_of(host)), .any = any};
}

static void expect_hosts(const struct cm_gate *gate, bool good, const char *const *hosts)
{
    for (; *hosts; hosts++)
        cr_expect_eq(cm_gate_host(gate, cm_span_of(*hosts)), good, "%s", *hosts);
}

Test(gate, on_loopback_only_loopback_is_ours)
{
    struct cm_gate gate = gate_at("127.0.0.1", false);
    cr_expect(gate.loopback);
    expect_hosts(&gate, true,
                 (const char *[]){"127.0.0.1", "127.0.0.1:8737", "localhost", "LocalHost:8737", "[::1]:8737", "127.0.0.2:80", NULL});
    expect_hosts(&gate, false,
                 (const char *[]){"",
                                  "evil.example",
                                  "evil.example:8737",
                                  "localhost.evil.example",
                                  "192.0.2.1",
                                  "192.0.2.1:8737",
                                  "[::2]",
                                  "::1",
                                  "[127.0.0.1]",
                                  "[localhost]",
                                  "127.0.0.1:",
                                  "127.0.0.1:x",
                                  "127.0.0.1:123456",
                                  "127.0.0.1:80:80",
                                  "[::1",
                                  "[::1]x",
                                  "[::1]80",
                                  "[]",
                                  ":8737",
                                  "127.0.0.1 ",
                                  " localhost",
                                  "localhost.",
                                  "2130706433",
                                  "0x7f.1",
                                  "127.1",
                                  "user@localhost",
                                  "localhost/",
                                  NULL});
}

Test(gate, at_an_address_it_is_called_by_that_and_by_its_names)
{
    static const char *const names[] = {"board.example.org", "wall.example.org:8443"};
    struct cm_gate gate = gate_at("192.0.2.7", false);
    gate.hosts = names;
    gate.host_count = 2;
    expect_hosts(
        &gate, true,
        (const char *[]){"192.0.2.7", "192.0.2.7:80", "board.example.org", "BOARD.example.org:8080", "wall.example.org:8443", NULL});
    expect_hosts(&gate, false,
                 (const char *[]){"192.0.2.8", "localhost", "127.0.0.1", "wall.example.org", "wall.example.org:80", "xboard.example.org",
                                  "board.example.org.evil.example", "board.example.org:80x", NULL});
}

Test(gate, at_all_addresses_any_literal_is_ours_but_no_name)
{
    struct cm_gate gate = gate_at("0.0.0.0", true);
    expect_hosts(&gate, true, (const char *[]){"192.0.2.8:80", "[2001:db8::1]:80", "localhost", "10.0.0.1", NULL});
    expect_hosts(&gate, false, (const char *[]){"evil.example", "2001:db8::1", "[10.0.0.1]", "10.0.0.256", NULL});
}

Test(gate, a_host_with_a_zero_in_it_is_none)
{
    struct cm_gate gate = gate_at("127.0.0.1", false);
    cr_expect_not(cm_gate_host(&gate, CM_SPAN("127.0.0.1\0.evil.example")));
}

Test(gate, an_origin_is_ours_where_it_is_the_page_that_was_asked_for)
{
    struct cm_span host = CM_SPAN("board.example.org:8737");
    cr_expect(cm_gate_origin(CM_SPAN("http://board.example.org:8737"), host));
    cr_expect(cm_gate_origin(CM_SPAN("HTTPS://Board.example.org:8737"), host), "a proxy may have taken off TLS");
    static const char *const others[] = {"",
                                         "null",
                                         "http://",
                                         "http://board.example.org",
                                         "http://board.example.org:87370",
                                         "http://evil.example",
                                         "file://board.example.org:8737",
                                         "board.example.org:8737",
                                         "http://board.example.org:8737/",
                                         "http://board.example.org:8737 http://evil.example"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(cm_gate_origin(cm_span_of(others[i]), host), "%s", others[i]);
}

static const struct cm_gate guarded = {.token = {"s3cret:token", 12}, .cookie = "0123456789abcdef0123456789abcdef"};

static enum cm_gate_proof prove(const char *authorization, const char *cookie)
{
    const struct cm_span none = {0};
    return cm_gate_proof(&guarded, authorization ? cm_span_of(authorization) : none, cookie ? cm_span_of(cookie) : none);
}

Test(gate, a_token_is_taken_as_a_bearer_or_a_password)
{
    cr_expect_eq(prove("Bearer s3cret:token", NULL), CM_GATE_TOKEN);
    cr_expect_eq(prove("bearer   s3cret:token ", NULL), CM_GATE_TOKEN);
    cr_expect_eq(prove("Basic YW55OnMzY3JldDp0b2tlbg==", NULL), CM_GATE_TOKEN); /* any:s3cret:token */
    cr_expect_eq(prove("Basic OnMzY3JldDp0b2tlbg==", NULL), CM_GATE_TOKEN);     /* :s3cret:token */
}

Test(gate, what_is_near_is_not_the_token)
{
    static const char *const wrong[] = {
        "",
        "Bearer",
        "Bearer ",
        "Bearer s3cret:toke",
        "Bearer s3cret:tokeN",
        "Bearer s3cret:token2",
        "Bearers3cret:token",
        "Digest s3cret:token",
        "s3cret:token",
        "Basic",
        "Basic ",
        "Basic =",
        "Basic ====",
        "Basic YW55OnMzY3JldDp0b2tlbg=",
        "Basic YW55OnMzY3JldDp0b2tlb!==",
        "Basic czNjcmV0OnRva2Vu",         /* the token alone: s3cret is then the user */
        "Basic YW55OnMzY3JldDp0b2tlbjI=", /* any:s3cret:token2 */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(prove(wrong[i], NULL), CM_GATE_NONE, "%s", wrong[i]);
    cr_expect_eq(prove(NULL, NULL), CM_GATE_NONE);
}

Test(gate, credentials_without_end_are_none)
{
    char header[8192] = "Basic ";
    memset(header + 6, 'A', sizeof header - 7);
    cr_expect_eq(prove(header, NULL), CM_GATE_NONE);
}

Test(gate, a_cookie_is_found_among_others)
{
    cr_expect_eq(prove(NULL, "caremeter=0123456789abcdef0123456789abcdef"), CM_GATE_COOKIE);
    cr_expect_eq(prove("Bearer old", "a=b; caremeter=x; caremeter=0123456789abcdef0123456789abcdef;c"), CM_GATE_COOKIE);
    cr_expect_eq(prove(NULL, "caremeter=0123456789abcdef0123456789abcde"), CM_GATE_NONE);
    cr_expect_eq(prove(NULL, "xcaremeter=0123456789abcdef0123456789abcdef"), CM_GATE_NONE);
    cr_expect_eq(prove(NULL, "caremeter=\"0123456789abcdef0123456789abcdef\""), CM_GATE_NONE);
    cr_expect_eq(prove(NULL, ";; ;caremeter;="), CM_GATE_NONE);
}
