/* Properties of librdkafka: which may be set, and secrets, which nothing shows. */
#include "configuring.h"

#define SECRET "hunter2-of-ours"

/* Neither a print nor anything told holds the secret. */
static void assert_hidden(const struct configured *c)
{
    char *text = printed(&c->config);
    cr_assert_null(strstr(text, SECRET));
    free(text);
    for (size_t i = 0; i < c->told.count; i++) {
        const struct cm_diagnostic *item = &c->told.items[i];
        cr_assert_null(strstr(item->message, SECRET), "%s", item->message);
        cr_assert(!item->help || !strstr(item->help, SECRET), "%s", item->help);
        cr_assert(!item->place.file || !strstr(item->place.file, SECRET), "%s", item->place.file);
    }
    char *out = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&out, &size);
    cm_diagnostics_print(&c->told, stream, false);
    fclose(stream);
    cr_assert_null(strstr(out, SECRET), "%s", out);
    free(out);
}

Test(config_kafka, unknown_and_refused_properties)
{
    assert_refused("kafka:\n  security.protocl: SSL\n", "config-property", 2, 3, "has no property security.protocl",
                   "did you mean security.protocol?");
    assert_refused("kafka: {ssl: {ca: {loction: /a}}}\n", "config-property", 1, 20, "has no property ssl.ca.loction",
                   "did you mean ssl.ca.location?");
    assert_refused("kafka: {enable.auto.commit: true}\n", "config-property", 1, 9, "kafka.enable.auto.commit cannot be set: ", NULL);
    assert_refused("kafka: {plugin.library.paths: x}\n", "config-property", 1, 9, "cannot be set: ", NULL);
    assert_refused("kafka: {bootstrap.servers: x}\n", "config-property", 1, 9, "cannot be set: ", NULL);
}

Test(config_kafka, wrong_values)
{
    assert_refused("kafka: {socket.timeout.ms: soon}\n", "config-property-value", 1, 28, "kafka.socket.timeout.ms: ", NULL);
    assert_refused("kafka: {socket.timeout.ms: [1]}\n", "config-value", 1, 28, "is a list", "{file: PATH}");
    assert_refused("kafka: {socket.timeout.ms: \"\"}\n", "config-value", 1, 28, "has no value", NULL);
    assert_refused("kafka: {sasl.password: {file: a, env: B}}\n", "config-secret", 1, 24, "has both file and env", NULL);
    assert_refused("kafka: {sasl.password: {file: }}\n", "config-value", 1, 31, "has no value", NULL);
    assert_refused("kafka: {sasl.password: {}}\n", "config-secret", 1, 24, "has no value", "{env: NAME}");
}

Test(config_kafka, literal_secrets_are_shown_nowhere)
{
    struct configured c, again;
    read_text(&c, "kafka:\n  sasl.password: " SECRET "\n  sasl.username: me\n");
    cr_assert_eq(c.status, CM_OK);
    cr_assert_str_eq(c.config.kafka[0].value, SECRET);
    assert_hidden(&c);
    char *text = printed(&c.config);
    cr_assert_not_null(strstr(text, "\n  sasl.password: \"******\"\n  sasl.username: me\n"));
    read_text(&again, text);
    cr_assert_eq(again.status, CM_OK, "a print is read again");
    assert_told(&again, "config-secret-blank", again.told.items[0].place.line, 18, "instead of a secret", "{env: NAME}");
    cr_assert_eq(again.told.errors, 0);
    free(text);
    finish(&c);
    finish(&again);
}

Test(config_kafka, faults_around_secrets_do_not_show_them)
{
    static const char *const texts[] = {
        "kafka:\n  sasl.password: [" SECRET "]\n",
        "kafka:\n  sasl.password: \"" SECRET "\n",
        "kafka:\n  sasl.password: &a " SECRET "\n",
        "kafka:\n  sasl.password: \"" SECRET "\\0\"\n",
        "kafka:\n  ssl.key.pem: " SECRET "\n  sasl.password: " SECRET "\n  sasl.password: " SECRET "\n",
        "source: kafka://me:" SECRET "@h/t\n",
        "source: kafka://h/t?sasl.password=" SECRET "\n",
        "source: sasl://me:" SECRET "@h/t\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct configured c;
        read_text(&c, texts[i]);
        cr_assert_eq(c.status, CM_EUSAGE, "%s", texts[i]);
        assert_hidden(&c);
        finish(&c);
    }
    static const char *const settings[] = {"kafka.sasl.password=[" SECRET, "kafka.sasl.pasword=" SECRET, "kafka.sasl.password " SECRET,
                                           "kafka.sasl.password={x " SECRET "}", "kafka.sasl.password=[" SECRET "]"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct configured c;
        start(&c);
        cr_assert_eq(cm_config_set(&c.config, settings[i], &c.told), CM_EUSAGE, "%s", settings[i]);
        assert_hidden(&c);
        finish(&c);
    }
}

Test(config_kafka, secrets_from_the_environment)
{
    struct configured c;
    cr_assert_eq(setenv("CM_TEST_SECRET", SECRET "\n", 1), 0);
    read_text(&c, "kafka: {sasl.password: {env: CM_TEST_SECRET}, socket.timeout.ms: {env: CM_TEST_SECRET}}\n");
    cr_assert_eq(c.status, CM_EUSAGE);
    assert_told(&c, "config-property-value", 1, 66, "librdkafka takes no such value", NULL);
    cr_assert_str_eq(c.config.kafka[0].value, SECRET);
    assert_hidden(&c);
    char *text = printed(&c.config);
    cr_assert_not_null(strstr(text, "\n  sasl.password: {env: CM_TEST_SECRET}\n"));
    free(text);
    finish(&c);
    assert_refused("kafka: {sasl.password: {env: CM_TEST_NO_SUCH}}\n", "config-secret", 1, 30,
                   "there is no CM_TEST_NO_SUCH in the environment", NULL);
    cr_assert_eq(setenv("CM_TEST_SECRET", "", 1), 0);
    assert_refused("kafka: {sasl.password: {env: CM_TEST_SECRET}}\n", "config-secret", 1, 30, "CM_TEST_SECRET is empty", NULL);
}

Test(config_kafka, secrets_from_files)
{
    struct configured c, again;
    char path[64], text[200];
    temporary(path, SECRET "\r\n");
    snprintf(text, sizeof text, "kafka: {sasl: {password: {file: %s}}}\n", path);
    read_text(&c, text);
    cr_assert_eq(c.status, CM_OK);
    cr_assert_str_eq(c.config.kafka[0].value, SECRET);
    assert_hidden(&c);
    char *print = printed(&c.config);
    read_text(&again, print);
    cr_assert(again.status == CM_OK && again.told.count == 0);
    cr_assert_str_eq(again.config.kafka[0].value, SECRET);
    free(print);
    finish(&again);
    finish(&c);
    write_file(path, "\n");
    assert_refused(text, "config-secret", 1, 33, "is empty", NULL);
    unlink(path);
    assert_refused(text, "config-secret", 1, 33, "No such file", NULL);
    assert_refused("kafka: {sasl.password: {file: /}}\n", "config-secret", 1, 31, "Is a directory", NULL);
    start(&c);
    write_file(path, SECRET);
    snprintf(text, sizeof text, "kafka.sasl.password={file: %s}", path);
    cr_assert_eq(cm_config_set(&c.config, text, &c.told), CM_OK);
    cr_assert_str_eq(c.config.kafka[0].value, SECRET);
    unlink(path);
    finish(&c);
}

Test(config_kafka, there_is_a_most)
{
    struct configured c;
    start(&c);
    for (size_t i = 0; i < CM_CONFIG_PROPERTIES_MAX; i++)
        c.config.kafka[i] = (struct cm_kafka_property){"x", "y"};
    c.config.kafka_count = CM_CONFIG_PROPERTIES_MAX;
    cr_assert_eq(cm_config_set(&c.config, "kafka.socket.timeout.ms=1000", &c.told), CM_EUSAGE);
    assert_told(&c, "config-range", 0, 0, "128 properties at most", NULL);
    finish(&c);
}
