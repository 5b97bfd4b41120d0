#include "cli/configure.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/common.h"

/* A broker that is away is complained of several times a second. */
#define LOG_EVERY_S 5
/* syslog's: errors. */
#define LOG_LEVEL_MAX 3

/* The first failure that is none of what was written: those are all told in one run. */
static enum cm_status worst(enum cm_status before, enum cm_status now)
{
    return before == CM_OK || (before == CM_EUSAGE && now != CM_OK) ? now : before;
}

enum cm_status cm_configure(struct cm_config *config, const char *file, const struct cm_opt_list *settings,
                            struct cm_diagnostics *diagnostics)
{
    enum cm_status status = cm_config_init(config);
    if (status == CM_OK && file)
        status = cm_config_read(config, file, diagnostics);
    for (size_t i = 0; i < settings->count; i++)
        status = worst(status, cm_config_set(config, settings->items[i], diagnostics));
    return status;
}

enum cm_status cm_configure_list(struct cm_config *config, enum cm_status before, const char *option, const char *path,
                                 const struct cm_opt_list *list, struct cm_diagnostics *diagnostics)
{
    return list->count ? worst(before, cm_config_option(config, option, path, list->items, list->count, diagnostics)) : before;
}

enum cm_status cm_configure_text(struct cm_config *config, enum cm_status before, const char *option, const char *path, const char *text,
                                 struct cm_diagnostics *diagnostics)
{
    return text ? worst(before, cm_config_option(config, option, path, &text, 1, diagnostics)) : before;
}

int cm_configure_told(enum cm_status status, struct cm_diagnostics *diagnostics)
{
    if (status != CM_OK && diagnostics->errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(diagnostics);
    /* A configuration that is not there is a wrong one. */
    return status == CM_OK ? CM_EXIT_DONE : status == CM_ENOMEM ? CM_EXIT_IO : CM_EXIT_USAGE;
}

int cm_configure_only_kafka(const struct cm_command *command, const struct cm_opt_list *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strncmp(settings->items[i], "kafka.", 6) != 0) {
            cm_opts_wrong(command, "--set %s: only kafka.* counts here, such as kafka.security.protocol=SSL", settings->items[i]);
            return CM_EXIT_USAGE;
        }
    return CM_EXIT_DONE;
}

static void log_line(void *context, int level, const char *facility, const char *text)
{
    static _Atomic int64_t last;
    struct timespec now;
    (void)context;
    (void)facility;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t before = atomic_load(&last);
    if (level > LOG_LEVEL_MAX || (before && now.tv_sec < before + LOG_EVERY_S) ||
        !atomic_compare_exchange_strong(&last, &before, now.tv_sec))
        return;
    cm_tell_error("kafka: %s", text);
}

struct cm_kafka_options cm_configure_kafka(const struct cm_config *config, const char *brokers)
{
    return (struct cm_kafka_options){.brokers = brokers,
                                     .properties = config->kafka,
                                     .property_count = config->kafka_count,
                                     .prefetch_bytes = config->prefetch_bytes,
                                     .session_ms = (uint32_t)config->session_ms,
                                     .poll_ms = (uint32_t)config->poll_ms,
                                     .log = log_line};
}
