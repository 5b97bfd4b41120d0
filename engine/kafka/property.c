/*
 * property: which properties of librdkafka are the user's to set.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/nearest.h"
#include "kafka/private.h"

#define DELIVERY "that nothing is lost or counted twice relies on it"
#define OWN_KEY "it follows from a key of its own"
#define CODE "it would run code that is not ours"
#define INSIDE "it can be set from within a program only"
#define SIMULATED "it puts a simulated cluster in the place of the real one"
#define READ_AHEAD "what is read ahead follows from a key of its own"

static const struct {
    const char *name, *why;
} refused[] = {
    {"bootstrap.servers", OWN_KEY},
    {"metadata.broker.list", OWN_KEY},
    {"group.id", OWN_KEY},
    {"session.timeout.ms", OWN_KEY},
    {"heartbeat.interval.ms", OWN_KEY},
    {"max.poll.interval.ms", OWN_KEY},
    {"allow.auto.create.topics", OWN_KEY},
    {"queued.min.messages", READ_AHEAD},
    {"queued.max.messages.kbytes", READ_AHEAD},
    {"fetch.queue.backoff.ms", READ_AHEAD},
    {"group.protocol", DELIVERY},
    {"group.remote.assignor", DELIVERY},
    {"partition.assignment.strategy", DELIVERY},
    {"enable.auto.commit", DELIVERY},
    {"auto.commit.enable", DELIVERY},
    {"auto.commit.interval.ms", DELIVERY},
    {"enable.auto.offset.store", DELIVERY},
    {"offset.store.method", DELIVERY},
    {"offset.store.path", DELIVERY},
    {"offset.store.sync.interval.ms", DELIVERY},
    {"auto.offset.reset", DELIVERY},
    {"enable.partition.eof", DELIVERY},
    {"isolation.level", DELIVERY},
    {"acks", DELIVERY},
    {"request.required.acks", DELIVERY},
    {"enable.idempotence", DELIVERY},
    {"enable.gapless.guarantee", DELIVERY},
    {"max.in.flight", DELIVERY},
    {"max.in.flight.requests.per.connection", DELIVERY},
    {"retries", DELIVERY},
    {"message.send.max.retries", DELIVERY},
    {"message.timeout.ms", DELIVERY},
    {"delivery.timeout.ms", DELIVERY},
    {"delivery.report.only.error", DELIVERY},
    {"queuing.strategy", DELIVERY},
    {"partitioner", DELIVERY},
    {"transactional.id", DELIVERY},
    {"transaction.timeout.ms", DELIVERY},
    {"plugin.library.paths", CODE},
    {"ssl.engine.location", CODE},
    {"sasl.kerberos.kinit.cmd", CODE},
    {"interceptors", INSIDE},
    {"opaque", INSIDE},
    {"log.queue", INSIDE},
};

/* Parts of the names of properties whose values hide something. */
static const char *const secret_parts[] = {
    "password", "passphrase", "secret", "key.pem", "private.key", "oauthbearer.config", "jwt", "credential",
};

static const char **names; /* all that librdkafka knows; NULL at its end */
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

/* One line of librdkafka's table is one property: "name   | C/P | range | …". */
static void cut_names(char *table, const char **out)
{
    for (char *line = table, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        size_t len = strcspn(line, " |");
        if (len == 0 || !strchr(line, '|') || *line < 'a' || *line > 'z')
            continue;
        line[len] = '\0';
        *out++ = line;
    }
}

/* There is no list of names but this table for people: rd_kafka_conf_dump leaves out what has no value. */
static void read_names(void)
{
    char *table = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&table, &size);
    if (!out)
        return;
    rd_kafka_conf_properties_show(out);
    if (fclose(out) != 0) {
        free(table);
        return;
    }
    size_t most = 0;
    for (size_t i = 0; i < size; i++)
        most += table[i] == '\n';
    const char **list = calloc(most + 2, sizeof *list);
    if (!list) {
        free(table);
        return;
    }
    cut_names(table, list);
    names = list;
}

static const char *nearest_name(const char *wanted)
{
    pthread_once(&names_once, read_names);
    struct cm_nearest nearest = cm_nearest_to(cm_span_of(wanted));
    for (size_t i = 0; names && names[i]; i++)
        cm_nearest_offer(&nearest, cm_span_of(names[i]));
    return nearest.best.ptr;
}

static const char *why_refused(const char *name)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strcmp(refused[i].name, name) == 0)
            return refused[i].why;
    if (strncmp(name, "test.", 5) == 0)
        return SIMULATED;
    if (strcmp(name, "client.rack") == 0 && cm_kafka_version_number() < 0x020101ff)
        return "reading from the nearest replica needs librdkafka 2.1.1";
    return NULL;
}

enum cm_status cm_kafka_property_check(const struct cm_kafka_property *property, const char **nearest, const char **why, char *error,
                                       size_t error_size)
{
    *nearest = NULL;
    if (error_size)
        *error = '\0';
    *why = why_refused(property->name);
    if (*why)
        return CM_EUSAGE;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, property->name, property->value, error, error_size);
    rd_kafka_conf_destroy(conf);
    if (result == RD_KAFKA_CONF_UNKNOWN)
        *nearest = nearest_name(property->name);
    else if (strchr(property->name, '_'))
        *why = INSIDE; /* callbacks and the like: names for people have none of these */
    else if (result == RD_KAFKA_CONF_OK)
        return CM_OK;
    else
        *why = error;
    return CM_EUSAGE;
}

bool cm_kafka_property_is_secret(const char *name)
{
    for (size_t i = 0; i < sizeof secret_parts / sizeof *secret_parts; i++)
        if (strstr(name, secret_parts[i]))
            return true;
    return false;
}
