#include "web/gate.h"

#include <arpa/inet.h>
#include <strings.h>

#define CREDENTIALS_BYTES_MAX 1024u /* decoded; a token is a line of a file */
#define COOKIE_NAME CM_SPAN("caremeter=")

/* How long it takes says nothing of where they differ. */
static bool equal_in_constant_time(struct cm_span a, struct cm_span b)
{
    unsigned char differ = a.len != b.len;
    for (size_t i = 0; i < b.len; i++)
        differ |= (unsigned char)((i < a.len ? a.ptr[i] : 0) ^ b.ptr[i]);
    return differ == 0;
}

static bool equal_in_any_case(struct cm_span a, struct cm_span b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

/* ---- host ---- */

struct address {
    int family; /* AF_UNSPEC: a name */
    unsigned char bytes[16];
};

static struct address address_of(struct cm_span literal)
{
    struct address address = {.family = AF_UNSPEC};
    char text[INET6_ADDRSTRLEN];
    if (literal.len == 0 || literal.len >= sizeof text || memchr(literal.ptr, '\0', literal.len))
        return address;
    memcpy(text, literal.ptr, literal.len);
    text[literal.len] = '\0';
    if (inet_pton(AF_INET, text, address.bytes) == 1)
        address.family = AF_INET;
    else if (inet_pton(AF_INET6, text, address.bytes) == 1)
        address.family = AF_INET6;
    return address;
}

static bool address_is_loopback(const struct address *address)
{
    static const unsigned char one[16] = {[15] = 1};
    return address->family == AF_INET ? address->bytes[0] == 127 : address->family == AF_INET6 && memcmp(address->bytes, one, 16) == 0;
}

bool cm_gate_is_loopback(struct cm_span literal)
{
    struct address address = address_of(literal);
    return address_is_loopback(&address);
}

static bool is_port(struct cm_span text)
{
    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

/* "name", "name:80", "[::1]:80" without the port; ptr NULL: none of these. */
static struct cm_span without_port(struct cm_span host, bool *bracketed)
{
    const struct cm_span none = {0};
    *bracketed = host.len && host.ptr[0] == '[';
    const char *end = host.len ? memchr(host.ptr, *bracketed ? ']' : ':', host.len) : NULL;
    if (!end)
        return *bracketed ? none : host;
    struct cm_span name = {host.ptr + *bracketed, (size_t)(end - host.ptr) - *bracketed};
    struct cm_span rest = {end + *bracketed, (size_t)(host.ptr + host.len - end) - *bracketed};
    return rest.len == 0 || (rest.ptr[0] == ':' && is_port((struct cm_span){rest.ptr + 1, rest.len - 1})) ? name : none;
}

static bool is_our_address(const struct cm_gate *gate, const struct address *address)
{
    struct address own = address_of(gate->host);
    if (gate->any)
        return true;
    if (gate->loopback)
        return address_is_loopback(address);
    return address->family == own.family && memcmp(address->bytes, own.bytes, own.family == AF_INET ? 4 : 16) == 0;
}

/* The port is no secret of ours: behind a tunnel it is another one, and it keeps nobody out. */
bool cm_gate_host(const struct cm_gate *gate, struct cm_span host)
{
    bool bracketed;
    struct cm_span name = without_port(host, &bracketed);
    if (name.len == 0)
        return false;
    for (size_t i = 0; i < gate->host_count; i++) {
        struct cm_span ours = cm_span_of(gate->hosts[i]);
        if (equal_in_any_case(ours, name) || equal_in_any_case(ours, host))
            return true;
    }
    struct address address = address_of(name);
    if (address.family == AF_UNSPEC)
        return !bracketed && (gate->loopback || gate->any) && equal_in_any_case(name, CM_SPAN("localhost"));
    return bracketed == (address.family == AF_INET6) && is_our_address(gate, &address);
}

bool cm_gate_origin(struct cm_span origin, struct cm_span host)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i]);
        if (origin.len > len && strncasecmp(origin.ptr, schemes[i], len) == 0)
            return equal_in_any_case((struct cm_span){origin.ptr + len, origin.len - len}, host);
    }
    return false;
}

/* ---- token ---- */

static int base64_digit(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

/* RFC 4648, padded; false: it is none, or longer than cap. */
static bool decode_base64(struct cm_span text, char *out, size_t cap, size_t *len)
{
    *len = 0;
    if (text.len == 0 || text.len % 4 != 0 || text.len / 4 * 3 > cap)
        return false;
    size_t padding = text.ptr[text.len - 1] != '=' ? 0 : text.ptr[text.len - 2] != '=' ? 1 : 2;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = i >= text.len - padding ? 0 : base64_digit(text.ptr[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        for (unsigned shift = 16; i % 4 == 3 && shift < 24; shift -= 8)
            out[(*len)++] = (char)(bits >> shift & 0xFF);
    }
    *len -= padding;
    return true;
}

/* The password is the token; whoever they say they are. */
static bool is_our_password(const struct cm_gate *gate, struct cm_span credentials)
{
    char text[CREDENTIALS_BYTES_MAX];
    size_t len;
    if (!decode_base64(credentials, text, sizeof text, &len))
        return false;
    const char *colon = memchr(text, ':', len);
    return colon && equal_in_constant_time((struct cm_span){colon + 1, (size_t)(text + len - colon) - 1}, gate->token);
}

/* What stands behind the name of a scheme and its blanks. */
static bool has_scheme(struct cm_span header, struct cm_span scheme, struct cm_span *rest)
{
    if (header.len <= scheme.len || strncasecmp(header.ptr, scheme.ptr, scheme.len) != 0 || header.ptr[scheme.len] != ' ')
        return false;
    *rest = (struct cm_span){header.ptr + scheme.len, header.len - scheme.len};
    while (rest->len && *rest->ptr == ' ')
        *rest = (struct cm_span){rest->ptr + 1, rest->len - 1};
    while (rest->len && rest->ptr[rest->len - 1] == ' ')
        rest->len--;
    return true;
}

static bool has_our_cookie(const struct cm_gate *gate, struct cm_span header)
{
    bool found = false;
    while (header.len) {
        const char *end = memchr(header.ptr, ';', header.len);
        struct cm_span one = {header.ptr, end ? (size_t)(end - header.ptr) : header.len};
        size_t taken = one.len + (end != NULL);
        header = (struct cm_span){header.ptr + taken, header.len - taken};
        while (one.len && *one.ptr == ' ')
            one = (struct cm_span){one.ptr + 1, one.len - 1};
        if (cm_span_starts_with(one, COOKIE_NAME))
            found |= equal_in_constant_time((struct cm_span){one.ptr + COOKIE_NAME.len, one.len - COOKIE_NAME.len},
                                            (struct cm_span){gate->cookie, CM_GATE_COOKIE_BYTES});
    }
    return found;
}

enum cm_gate_proof cm_gate_proof(const struct cm_gate *gate, struct cm_span authorization, struct cm_span cookie)
{
    struct cm_span rest;
    if (has_scheme(authorization, CM_SPAN("Bearer"), &rest) && equal_in_constant_time(rest, gate->token))
        return CM_GATE_TOKEN;
    if (has_scheme(authorization, CM_SPAN("Basic"), &rest) && is_our_password(gate, rest))
        return CM_GATE_TOKEN;
    return has_our_cookie(gate, cookie) ? CM_GATE_COOKIE : CM_GATE_NONE;
}
