#include "live/serve/outlets.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buffer.h"

static struct cm_config config;
static struct cm_outlets *outlets;
static struct cm_diagnostics diagnostics;
static char path[64];

static void set_up(void)
{
    snprintf(path, sizeof path, "/tmp/caremeter-outlets-%ld.ndjson", (long)getpid());
    cr_assert_eq(cm_config_init(&config), CM_OK);
    cr_assert_eq(cm_config_option(&config, "--source", "source", (const char *const[]){"-"}, 1, &diagnostics), CM_OK);
    cr_assert_eq(cm_config_option(&config, "--sink", "sinks", (const char *const[]){path}, 1, &diagnostics), CM_OK);
    cr_assert_eq(cm_outlets_open(&config, NULL, false, &diagnostics, &outlets), CM_OK);
    signal(SIGXFSZ, SIG_IGN);
}

static void tear_down(void)
{
    cr_expect_eq(cm_outlets_close(outlets), CM_OK);
    cm_config_free(&config);
    cm_diagnostics_free(&diagnostics);
    unlink(path);
}

static void limit(rlim_t bytes)
{
    struct rlimit size = {bytes, RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &size), 0);
}

static enum cm_status put(const char *line)
{
    struct cm_card card = {.pack_name = "p", .id = CM_SPAN("a"), .line = cm_span_of(line)};
    return cm_outlets_card(outlets, &card);
}

static void holds(const char *wanted)
{
    char found[64] = "";
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    cr_expect_str_eq(found, wanted);
}

TestSuite(outlets, .init = set_up, .fini = tear_down);

/* A flush settles its states before its cards: what an earlier one has lost is no reason to fail, for it is put again. */
Test(outlets, a_full_disk_is_forgotten_with_the_flush_that_met_it)
{
    cr_assert_eq(put("{\"a\":1}\n"), CM_OK);
    cr_assert_eq(cm_outlets_settle(outlets), CM_OK);
    limit(10);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(cm_outlets_settle(outlets), CM_OK, "nothing is to be settled yet");
        cr_assert_eq(put("{\"a\":2}\n"), CM_OK);
        cr_assert_eq(cm_outlets_settle(outlets), CM_EIO);
    }
    holds("{\"a\":1}\n");
    limit(RLIM_INFINITY);
    cr_assert_eq(cm_outlets_settle(outlets), CM_OK);
    cr_assert_eq(put("{\"a\":2}\n"), CM_OK);
    cr_assert_eq(cm_outlets_settle(outlets), CM_OK);
    holds("{\"a\":1}\n{\"a\":2}\n");
}

/* Where a write itself fails, for there is more than is held back. */
Test(outlets, a_write_that_fails_is_forgotten_too)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    while (line.len < (size_t)1 << 20)
        cm_buffer_text(&line, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    cm_buffer_append(&line, "\n", 2);
    limit(10);
    cr_assert_eq(put(line.ptr), CM_EIO);
    cr_assert_eq(cm_outlets_settle(outlets), CM_OK);
    limit(RLIM_INFINITY);
    cr_assert_eq(put("{\"a\":1}\n"), CM_OK);
    cr_assert_eq(cm_outlets_settle(outlets), CM_OK);
    holds("{\"a\":1}\n");
    cm_buffer_free(&line);
}
