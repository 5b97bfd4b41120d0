/*
 * configure: the configuration of a command from its file, --set and options of its own.
 *
 * Each step takes the status of those before it, so that all faults of a command
 * line are told in one run. Main thread.
 */
#ifndef CM_CLI_CONFIGURE_H
#define CM_CLI_CONFIGURE_H

#include "cli/opts.h"
#include "kafka/client.h"
#include "live/config/config.h"

/* Defaults, the file (NULL: none), then settings: the later ones count. config is to be freed in every case. */
enum cm_status cm_configure(struct cm_config *config, const char *file, const struct cm_opt_list *settings,
                            struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* The key of this path from an option, where it was given. */
enum cm_status cm_configure_list(struct cm_config *config, enum cm_status before, const char *option, const char *path,
                                 const struct cm_opt_list *list, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
enum cm_status cm_configure_text(struct cm_config *config, enum cm_status before, const char *option, const char *path, const char *text,
                                 struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* What a configuration that was not CM_OK exits with, after its faults were told. */
int cm_configure_told(enum cm_status status, struct cm_diagnostics *diagnostics);

/* For commands that take only what is kafka.* of --set: CM_EXIT_DONE, or told. */
int cm_configure_only_kafka(const struct cm_command *command, const struct cm_opt_list *settings);

/* How a command reaches brokers: with the properties of config; what librdkafka complains of goes to stderr, not too often. */
struct cm_kafka_options cm_configure_kafka(const struct cm_config *config, const char *brokers);

#endif
