#include "live/config/uri.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/quantity.h"
#include "io/sink.h"
#include "kafka/topics.h"

#define HOST_MAX_BYTES 253u
#define PATH_MAX_BYTES 4095u
#define KAFKA_PORT "9092"
#define KAFKA_FORM "an address of Kafka is kafka://HOST:PORT/TOPIC, with more HOST:PORT behind commas"

struct reading {
    const char *text;
    struct cm_place place;
    struct cm_arena *arena;
    struct cm_diagnostics *diagnostics;
};

static enum cm_status refuse(struct reading *reading, const char *id, const char *help, const char *format, ...) CM_PRINTF(4, 5);
static enum cm_status refuse(struct reading *reading, const char *id, const char *help, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    cm_diagnostics_add(reading->diagnostics, CM_SEVERITY_ERROR, id, reading->place, help, "%s", message);
    return CM_EUSAGE;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), more = strlen(end);
    return len > more && strcasecmp(text + len - more, end) == 0;
}

static const char *keep(struct reading *reading, struct cm_span text)
{
    return cm_arena_copy(reading->arena, text).ptr;
}

static bool host_ok(struct cm_span host)
{
    if (host.len == 0 || host.len > HOST_MAX_BYTES)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'))
            return false;
    }
    return true;
}

/* "[::1]" at the start of text: its length, 0 where it is none. */
static size_t bracketed(struct cm_span text)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    const char *end = memchr(text.ptr, ']', text.len);
    size_t len = end ? (size_t)(end - text.ptr) - 1 : 0;
    if (len == 0 || len >= sizeof address)
        return 0;
    memcpy(address, text.ptr + 1, len);
    address[len] = '\0';
    return inet_pton(AF_INET6, address, &ignored) == 1 ? len + 2 : 0;
}

/* HOST or HOST:PORT, to out with its port. */
static enum cm_status read_broker(struct reading *reading, struct cm_span broker, struct cm_buffer *out)
{
    int shown = (int)broker.len;
    if (broker.len == 0)
        return refuse(reading, "uri-host", KAFKA_FORM, "a host is missing in \"%s\"", reading->text);
    const char *colon = memchr(broker.ptr, ':', broker.len);
    size_t host = colon ? (size_t)(colon - broker.ptr) : broker.len;
    if (broker.ptr[0] == '[')
        host = bracketed(broker);
    else if (colon && memchr(colon + 1, ':', broker.len - host - 1))
        return refuse(reading, "uri-host", "such as kafka://[::1]:9092/events", "an IPv6 address stands in square brackets: \"%.*s\"",
                      shown, broker.ptr);
    if (host == 0 || (broker.ptr[0] != '[' && !host_ok((struct cm_span){broker.ptr, host})))
        return refuse(reading, "uri-host", KAFKA_FORM, "\"%.*s\" is no host", shown, broker.ptr);
    cm_buffer_append(out, broker.ptr, host);
    char port[8] = KAFKA_PORT;
    uint64_t number = 0;
    size_t digits = broker.len - host;
    if (digits > 0 && digits <= sizeof port) {
        memcpy(port, broker.ptr + host + 1, digits - 1);
        port[digits - 1] = '\0';
    }
    bool good = digits == 0 || (digits <= sizeof port && broker.ptr[host] == ':' && cm_number_parse(port, &number));
    if (!good || (digits > 0 && (number == 0 || number > UINT16_MAX)))
        return refuse(reading, "uri-port", "a port is a number from 1 to 65535", "\"%.*s\" has no port that can be", shown, broker.ptr);
    cm_buffer_printf(out, ":%s", port);
    return CM_OK;
}

static enum cm_status read_brokers(struct reading *reading, struct cm_span list, const char **out)
{
    struct cm_buffer brokers = CM_BUFFER_EMPTY;
    enum cm_status status = CM_OK;
    for (bool more = true; more && status == CM_OK;) {
        const char *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.ptr) : list.len;
        more = comma != NULL;
        status = read_broker(reading, (struct cm_span){list.ptr, len}, &brokers);
        list = more ? (struct cm_span){comma + 1, list.len - len - 1} : list;
        if (more)
            cm_buffer_byte(&brokers, ',');
    }
    if (status == CM_OK)
        status = cm_buffer_status(&brokers);
    if (status == CM_OK && !(*out = keep(reading, cm_buffer_view(&brokers))))
        status = CM_ENOMEM;
    cm_buffer_free(&brokers);
    return status;
}

static enum cm_status read_kafka(struct reading *reading, const char *address, struct cm_uri *out)
{
    const char *slash = strchr(address, '/');
    if (!slash || slash[1] == '\0')
        return refuse(reading, "uri-topic", KAFKA_FORM, "the topic is missing in \"%s\"", reading->text);
    enum cm_status status = read_brokers(reading, (struct cm_span){address, (size_t)(slash - address)}, &out->brokers);
    if (status != CM_OK)
        return status;
    if (!cm_kafka_topic_name_ok(cm_span_of(slash + 1)))
        return refuse(reading, "uri-topic", "letters, digits, '.', '_' and '-', 249 of them at most", "\"%s\" can be no topic", slash + 1);
    out->kind = CM_PLACE_KAFKA;
    out->topic = keep(reading, cm_span_of(slash + 1));
    return out->topic ? CM_OK : CM_ENOMEM;
}

static enum cm_status read_path(struct reading *reading, bool sink, struct cm_uri *out)
{
    if (strlen(reading->text) > PATH_MAX_BYTES)
        return refuse(reading, "uri-path", NULL, "a path has %u bytes at most", PATH_MAX_BYTES);
    bool database = ends_with(reading->text, ".db") || ends_with(reading->text, ".sqlite") || ends_with(reading->text, ".sqlite3");
    if (sink && !database) {
        const struct cm_sink_ops *ops = cm_sink_for(reading->text);
        if (ops == &cm_sink_csv)
            return refuse(reading, "uri-sink", "write to a database (.db), and take a table from there",
                          "\"%s\": scorecards of a live run change, and a row of a CSV file cannot", reading->text);
        if (!ops)
            return refuse(reading, "uri-sink", "kafka://HOST:PORT/TOPIC, a file that ends in .ndjson or .db, - or null:",
                          "what is to be written to \"%s\" cannot be told from its name", reading->text);
    }
    out->kind = sink && database ? CM_PLACE_SQLITE : CM_PLACE_FILE;
    out->path = out->text;
    return CM_OK;
}

/* What must not be there, before anything of the text is shown. */
static enum cm_status refuse_secrets(struct reading *reading, const char *address)
{
    if (strchr(address, '@'))
        return refuse(reading, "uri-user", "kafka: {sasl.username: NAME, sasl.password: {file: PATH}} in the configuration",
                      "user names and passwords do not belong in an address");
    if (strpbrk(address, "?#"))
        return refuse(reading, "uri-query", "properties of Kafka stand under kafka: in the configuration",
                      "an address has nothing behind its topic: ? and # mean nothing there");
    return CM_OK;
}

enum cm_status cm_uri_parse(const char *text, bool sink, struct cm_place place, struct cm_arena *arena, struct cm_uri *out,
                            struct cm_diagnostics *diagnostics)
{
    struct reading reading = {text, place, arena, diagnostics};
    *out = (struct cm_uri){.text = keep(&reading, cm_span_of(text))};
    if (!out->text)
        return CM_ENOMEM;
    if (*text == '\0')
        return refuse(&reading, "uri-empty", NULL, "an address is empty");
    if (strcmp(text, "-") == 0) {
        out->kind = CM_PLACE_STDIO;
        return CM_OK;
    }
    if (strcmp(text, "null:") == 0) {
        out->kind = CM_PLACE_NULL;
        return sink ? CM_OK : refuse(&reading, "uri-source", NULL, "null: is a sink: no events come from there");
    }
    const char *scheme = strstr(text, "://");
    if (!scheme && strncasecmp(text, "kafka:", 6) != 0)
        return read_path(&reading, sink, out);
    enum cm_status status = refuse_secrets(&reading, text);
    if (status != CM_OK)
        return status;
    if (scheme != text + 5 || strncmp(text, "kafka", 5) != 0)
        return refuse(&reading, "uri-scheme", KAFKA_FORM "; all else is a path, - or null:", "\"%s\" begins with no scheme that is known",
                      text);
    return read_kafka(&reading, text + 8, out);
}

static bool among(struct cm_span broker, const char *list)
{
    for (const char *at = list; at;) {
        size_t len = strcspn(at, ",");
        if (len == broker.len && strncasecmp(at, broker.ptr, len) == 0)
            return true;
        at = at[len] ? at + len + 1 : NULL;
    }
    return false;
}

static bool all_among(const char *list, const char *of)
{
    for (const char *at = list; at;) {
        size_t len = strcspn(at, ",");
        if (!among((struct cm_span){at, len}, of))
            return false;
        at = at[len] ? at + len + 1 : NULL;
    }
    return true;
}

bool cm_uri_same_cluster(const struct cm_uri *a, const struct cm_uri *b)
{
    return all_among(a->brokers, b->brokers) && all_among(b->brokers, a->brokers);
}
