/*
 * Any bytes as the parts of a request that we read ourselves: a line each for target, Host, Origin, Authorization and Cookie. What is
 * taken is what it should be: names that are text of bounded length, hosts that are ours, and nobody comes in without the token.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "base/utf8.h"
#include "web/gate.h"
#include "web/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static struct cm_span next_line(struct cm_span *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    struct cm_span line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    size_t taken = line.len + (end != NULL);
    *rest = (struct cm_span){rest->ptr + taken, rest->len - taken};
    return line;
}

static void check_name(struct cm_span name)
{
    if (!name.ptr)
        return;
    check(name.len > 0 && name.len <= CM_TARGET_NAME_BYTES_MAX);
    check(cm_utf8_valid_prefix(name.ptr, name.len) == name.len && !memchr(name.ptr, '\0', name.len));
}

static void try_target(struct cm_span text)
{
    struct cm_target target;
    enum cm_target_fault fault = cm_target_parse(text, &target);
    check((fault == CM_TARGET_LONG) >= (text.len > CM_TARGET_BYTES_MAX));
    if (fault != CM_TARGET_OK)
        return;
    check(target.path.len > 0 && target.path.ptr[0] == '/' && target.path.len <= text.len);
    check_name(target.queue);
    check_name(target.id);
}

/* A literal, with or without a port; never a name, but for ours. */
static bool may_be_ours(struct cm_span host)
{
    static const char *const names[] = {"localhost", "wall.example.org"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (host.len >= len && strncasecmp(host.ptr, names[i], len) == 0 && (host.len == len || host.ptr[len] == ':'))
            return true;
    }
    return host.len > 0 && (host.ptr[0] == '[' || (host.ptr[0] >= '0' && host.ptr[0] <= '9'));
}

static void try_host(struct cm_span host, struct cm_span origin)
{
    static const char *const names[] = {"wall.example.org"};
    const struct cm_gate at_loopback = {.host = CM_SPAN("127.0.0.1"), .loopback = true, .hosts = names, .host_count = 1};
    const struct cm_gate at_any = {.host = CM_SPAN("0.0.0.0"), .any = true, .hosts = names, .host_count = 1};
    const struct cm_gate at_one = {.host = CM_SPAN("2001:db8::7"), .hosts = names, .host_count = 1};
    check(!cm_gate_host(&at_loopback, host) || may_be_ours(host));
    check(!cm_gate_host(&at_any, host) || may_be_ours(host));
    check(!cm_gate_host(&at_one, host) || may_be_ours(host));
    check(!cm_gate_host(&at_loopback, host) || cm_gate_host(&at_any, host));
    check(!cm_gate_origin(origin, host) || (origin.len > host.len && origin.len - host.len <= strlen("https://")));
}

/* The token is longer than anybody guesses, so nobody comes in but by a seed that holds it. */
static void try_token(struct cm_span authorization, struct cm_span cookie)
{
    static const char token[] = "7c9e6679f3a14c5b9d2e0a4b8c1d2e3f";
    static const struct cm_gate gate = {.token = {token, sizeof token - 1}, .cookie = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"};
    const struct cm_span none = {0};
    enum cm_gate_proof proof = cm_gate_proof(&gate, authorization, cookie);
    if (proof == CM_GATE_COOKIE)
        check(memmem(cookie.ptr, cookie.len, gate.cookie, CM_GATE_COOKIE_BYTES) != NULL);
    if (proof == CM_GATE_TOKEN)
        check(authorization.len > sizeof token - 1 && cm_gate_proof(&gate, authorization, none) == CM_GATE_TOKEN);
    check(cm_gate_proof(&gate, none, none) == CM_GATE_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_span rest = {(const char *)data, size};
    try_target(next_line(&rest));
    struct cm_span host = next_line(&rest);
    try_host(host, next_line(&rest));
    struct cm_span authorization = next_line(&rest);
    try_token(authorization, next_line(&rest));
    return 0;
}
