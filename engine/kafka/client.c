#include "kafka/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kafka/private.h"

/* librdkafka joins its threads when it is destroyed; a broker that hangs must not hang us. */
#define CLOSE_MAX_MS 2000
/* A wait for metadata looks up after so long, then after twice as long, and so on: a refusal is noticed, a slow broker is not asked in
 * vain. Never longer than the last: that the process is to end is noticed, too. */
#define FIRST_SLICE_MS 100
#define LAST_SLICE_MS 800

const char *cm_kafka_version(void)
{
    return rd_kafka_version_str();
}

uint32_t cm_kafka_version_number(void)
{
    return (uint32_t)rd_kafka_version();
}

int64_t cm_kafka_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int cm_kafka_left_ms(int64_t until)
{
    int64_t left = until - cm_kafka_now_ms();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

void cm_kafka_tell(struct cm_diagnostics *diagnostics, const char *id, const char *help, const char *format, ...)
{
    char text[2 * CM_KAFKA_TEXT_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){0}, help, "%s", text);
}

int64_t cm_kafka_client_until(struct cm_kafka_client *client, int64_t until, int64_t moved_ms)
{
    /* relaxed: nothing else is read by way of it */
    if (!client->stop || !atomic_load_explicit(client->stop, memory_order_relaxed))
        return until;
    if (!client->stopped_ms)
        client->stopped_ms = cm_kafka_now_ms();
    int64_t hurried = (moved_ms > client->stopped_ms ? moved_ms : client->stopped_ms) + CM_KAFKA_HURRY_MS;
    return hurried < until ? hurried : until;
}

/*
 * What librdkafka says, for people: "[thrd:ssl://a:9093/bootstrap]: ssl://a:9093/bootstrap: no route (after 3ms in state CONNECT)" is
 * "ssl://a:9093: no route". A broker has several names there: of the address that was given, of its node, of what it does for us.
 */
static void make_plain(char *out, size_t size, const char *text)
{
    static const char coordinator[] = "Coordinator: ";
    const char *behind = strncmp(text, "[thrd:", 6) == 0 ? strstr(text, "]: ") : NULL;
    text = behind ? behind + 3 : text;
    behind = strstr(text, coordinator); /* the group's, or that of transactions */
    text = behind && behind - text <= 5 ? behind + strlen(coordinator) : text;
    const char *after = strstr(text, " (after "), *colon = strstr(text, ": ");
    int len = after ? (int)(after - text) : (int)strlen(text), name = colon ? (int)(colon - text) : 0, cut = name;
    while (cut > 0 && text[cut] != '/' && text[cut] != ' ')
        cut--;
    bool node = cut > 0 && text[cut] == '/' && text[cut - 1] != '/' && name < len;
    snprintf(out, size, "%.*s%.*s", node ? cut : 0, text, len - (node ? name : 0), text + (node ? name : 0));
}

static void give_log(struct cm_kafka_client *client, int level, const char *facility, const char *text)
{
    char line[2 * CM_KAFKA_TEXT_MAX_BYTES];
    make_plain(line, sizeof line, text);
    pthread_mutex_lock(&client->log_lock);
    if (client->log)
        client->log(client->log_context, level, facility, line);
    pthread_mutex_unlock(&client->log_lock);
}

void cm_kafka_client_log(struct cm_kafka_client *client, int level, const char *text)
{
    give_log(client, level, "KAFKA", text);
}

static void take_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    struct cm_kafka_client *client = rd_kafka_opaque(rk);
    /* one set of properties serves all kinds of handles: that linger.ms means nothing to a consumer is no news */
    if (strcmp(facility, "CONFWARN") == 0 && (strstr(text, "is a producer property") || strstr(text, "is a consumer property")))
        return;
    if (strstr(text, "Coordinator load in progress")) /* of a broker that has just been started; over in a second, and tried again */
        return;
    give_log(client, level, facility, text);
}

/* Of TLS: a certificate that does not hold, theirs or ours, but not a connection that broke off. */
static bool is_refusal(rd_kafka_resp_err_t err, const char *text)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR__SSL:
        return text && (strstr(text, "verify failed") || strstr(text, " alert "));
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return true;
    default:
        return false;
    }
}

bool cm_kafka_client_fault(struct cm_kafka_client *client, rd_kafka_resp_err_t err, const char *text)
{
    char fatal[CM_KAFKA_TEXT_MAX_BYTES];
    rd_kafka_resp_err_t dead = client->rk ? rd_kafka_fatal_error(client->rk, fatal, sizeof fatal) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (dead != RD_KAFKA_RESP_ERR_NO_ERROR) {
        client->fatal = true;
        snprintf(client->error, sizeof client->error, "%s",
                 dead == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ? "another process has joined the group by the same group.instance.id"
                                                              : fatal);
        return true;
    }
    /* that all brokers are down says less than why the last one is, and a refusal more than what follows from it */
    bool hints = client->keeps_hints && err == RD_KAFKA_RESP_ERR__TRANSPORT && strstr(client->error, "security.protocol");
    if (*client->error && (client->refused || hints || err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN))
        return client->refused;
    client->refused = is_refusal(err, text);
    make_plain(client->error, sizeof client->error, text ? text : rd_kafka_err2str(err));
    return client->refused;
}

rd_kafka_resp_err_t cm_kafka_client_take(struct cm_kafka_client *client, rd_kafka_error_t *error)
{
    rd_kafka_resp_err_t err = rd_kafka_error_code(error);
    if (error)
        cm_kafka_client_fault(client, err, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return err;
}

static void take_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    (void)rk;
    cm_kafka_client_fault(opaque, (rd_kafka_resp_err_t)err, reason);
}

void cm_kafka_setup_begin(struct cm_kafka_setup *setup, const struct cm_kafka_options *options, struct cm_diagnostics *diagnostics)
{
    *setup = (struct cm_kafka_setup){options, diagnostics, calloc(1, sizeof *setup->client), rd_kafka_conf_new(), CM_OK};
    if (!setup->client) {
        setup->status = CM_ENOMEM;
        return;
    }
    pthread_mutex_init(&setup->client->log_lock, NULL);
    setup->client->log = options->log;
    setup->client->log_context = options->log_context;
    setup->client->stop = options->stop;
    rd_kafka_conf_set_opaque(setup->conf, setup->client);
    rd_kafka_conf_set_log_cb(setup->conf, take_log);
    rd_kafka_conf_set_error_cb(setup->conf, take_error);
    if (cm_kafka_version_number() < CM_KAFKA_VERSION_MIN) {
        cm_kafka_tell(diagnostics, "kafka-version", NULL, "librdkafka %s is too old: 2.0.2 is the oldest that fits", cm_kafka_version());
        setup->status = CM_EUSAGE;
    }
    cm_kafka_setup_set(setup, "client.id", "caremeter");
    cm_kafka_setup_set(setup, "socket.keepalive.enable", "true");
    cm_kafka_setup_set(setup, "reconnect.backoff.max.ms", "1000"); /* 10 s by itself: too long for a broker that restarts */
}

void cm_kafka_setup_set(struct cm_kafka_setup *setup, const char *name, const char *format, ...)
{
    char value[2 * CM_KAFKA_TEXT_MAX_BYTES], why[CM_KAFKA_TEXT_MAX_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (len >= (int)sizeof value)
        snprintf(why, sizeof why, "the value is too long");
    else if (rd_kafka_conf_set(setup->conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return;
    cm_kafka_tell(setup->diagnostics, "kafka-property", NULL, "%s: %s", name, why);
    setup->status = CM_EUSAGE;
}

void cm_kafka_setup_try(struct cm_kafka_setup *setup, const char *name, const char *value)
{
    rd_kafka_conf_set(setup->conf, name, value, NULL, 0);
}

static void set_user(struct cm_kafka_setup *setup, const struct cm_kafka_property *property)
{
    char error[CM_KAFKA_TEXT_MAX_BYTES], help[CM_KAFKA_TEXT_MAX_BYTES];
    const char *nearest, *why;
    if (cm_kafka_property_check(property, &nearest, &why, error, sizeof error) == CM_OK) {
        /* not by way of cm_kafka_setup_set: certificates are longer than anything of ours */
        if (rd_kafka_conf_set(setup->conf, property->name, property->value, error, sizeof error) == RD_KAFKA_CONF_OK)
            return;
        why = error;
    }
    if (nearest)
        snprintf(help, sizeof help, "did you mean %s?", nearest);
    cm_kafka_tell(setup->diagnostics, "kafka-property", nearest ? help : NULL, "%s: %s", property->name,
                  why ? why : "librdkafka has no such property");
    setup->status = CM_EUSAGE;
}

void cm_kafka_setup_user(struct cm_kafka_setup *setup)
{
    for (size_t i = 0; i < setup->options->property_count; i++)
        set_user(setup, &setup->options->properties[i]);
}

static void client_free(struct cm_kafka_client *client)
{
    if (!client)
        return;
    pthread_mutex_destroy(&client->log_lock);
    free(client);
}

enum cm_status cm_kafka_setup_open(struct cm_kafka_setup *setup, rd_kafka_type_t type, struct cm_kafka_client **out)
{
    char why[CM_KAFKA_TEXT_MAX_BYTES];
    if (setup->client)
        cm_kafka_setup_set(setup, "bootstrap.servers", "%s", setup->options->brokers);
    if (setup->status == CM_OK) {
        setup->client->rk = rd_kafka_new(type, setup->conf, why, sizeof why);
        if (setup->client->rk) {
            *out = setup->client;
            return CM_OK;
        }
        cm_kafka_tell(setup->diagnostics, "kafka-open", NULL, "no connection to %s can be made: %s", setup->options->brokers, why);
        setup->status = CM_EUSAGE;
    }
    rd_kafka_conf_destroy(setup->conf);
    client_free(setup->client);
    return setup->status;
}

static void *destroy(void *argument)
{
    struct cm_kafka_client *client = argument;
    rd_kafka_destroy_flags(client->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    client_free(client);
    return NULL;
}

void cm_kafka_client_close(struct cm_kafka_client *client)
{
    pthread_mutex_lock(&client->log_lock);
    client->log = NULL; /* its context dies with the caller */
    pthread_mutex_unlock(&client->log_lock);

    pthread_t thread;
    if (pthread_create(&thread, NULL, destroy, client) != 0) {
        destroy(client);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CLOSE_MAX_MS / 1000;
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) != 0)
        pthread_detach(thread);
}

enum cm_status cm_kafka_client_metadata(struct cm_kafka_client *client, rd_kafka_topic_t *topic, int wait_ms,
                                        const rd_kafka_metadata_t **out)
{
    int64_t until = cm_kafka_now_ms() + wait_ms;
    for (int slice = FIRST_SLICE_MS;; slice *= 2) {
        int left = cm_kafka_left_ms(cm_kafka_client_until(client, until, 0));
        if (slice > LAST_SLICE_MS)
            slice = LAST_SLICE_MS;
        rd_kafka_resp_err_t err = rd_kafka_metadata(client->rk, 0, topic, out, left < slice ? left : slice);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return CM_OK;
        rd_kafka_poll(client->rk, 0); /* what kept it from answering */
        if (client->refused || client->fatal)
            return CM_EUSAGE;
        if (left == 0) {
            if (!*client->error)
                cm_kafka_client_fault(client, err, "no broker answers");
            return CM_EIO;
        }
    }
}
