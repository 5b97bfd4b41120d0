/*
 * Memory made to fail on purpose: each allocation of a configuration's whole
 * life in turn. Whatever fails, it is said, or the work is done.
 */
#include "configuring.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* Allocations until the one that fails; 0: none does. */
static unsigned until;
static bool failed;

static bool fails(void)
{
    if (until == 0 || --until > 0)
        return false;
    failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* The status of the first step that fails. */
static enum cm_status live(struct configured *c, const char *path, struct cm_buffer *out)
{
    enum cm_status status = cm_config_init(&c->config);
    if (status == CM_OK)
        status = cm_config_read(&c->config, path, &c->told);
    if (status == CM_OK)
        status = cm_config_set(&c->config, "packs=a,b", &c->told);
    if (status == CM_OK)
        status = cm_config_set(&c->config, "kafka={sasl.password: {env: PATH}}", &c->told);
    if (status == CM_OK)
        status = cm_config_complete(&c->config);
    if (status == CM_OK)
        status = cm_config_check(&c->config, &c->told);
    if (status == CM_OK)
        cm_config_print(&c->config, out);
    return status == CM_OK ? cm_buffer_status(out) : status;
}

Test(config_memory, every_allocation_may_fail)
{
    char path[64];
    temporary(path, "source: kafka://h/events\nidle: {chat: 2s}\nkafka: {ssl: {ca: {location: /a}}, client.id: x}\n");
    struct configured whole = {0};
    struct cm_buffer wanted = CM_BUFFER_EMPTY;
    cr_assert_eq(live(&whole, path, &wanted), CM_OK);
    for (unsigned k = 1; k < 500; k++) {
        struct configured c = {0};
        struct cm_buffer out = CM_BUFFER_EMPTY;
        failed = false;
        until = k;
        enum cm_status status = live(&c, path, &out);
        until = 0;
        bool done = status == CM_OK && cm_span_equal(cm_buffer_view(&out), cm_buffer_view(&wanted));
        cr_assert(done || (failed && status == CM_ENOMEM), "allocation %u: %s, %s", k, cm_status_text(status),
                  c.told.count ? c.told.items[0].message : "nothing told");
        cm_buffer_free(&out);
        finish(&c);
        if (!failed)
            break;
    }
    cr_assert_not(failed);
    cm_buffer_free(&wanted);
    finish(&whole);
    unlink(path);
}

Test(config_memory, faults_are_counted_when_they_cannot_be_kept)
{
    char path[64];
    temporary(path, "tick: x\ndelivery: y\nsource: kafka://h\nxyzzy: 1\nkafka: {ssl.ca.loction: a, sasl.password: {env: NO_SUCH}}\n");
    for (unsigned k = 1; k < 500; k++) {
        struct configured c = {0};
        struct cm_buffer out = CM_BUFFER_EMPTY;
        failed = false;
        until = k;
        enum cm_status status = live(&c, path, &out);
        until = 0;
        cr_assert(status == CM_EUSAGE || (failed && status == CM_ENOMEM), "allocation %u: %s", k, cm_status_text(status));
        cm_buffer_free(&out);
        finish(&c);
        if (!failed)
            break;
    }
    cr_assert_not(failed);
    unlink(path);
}
