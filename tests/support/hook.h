/*
 * hook: a receiver of webhooks, for tests: a thread on a port of its own that
 * answers as it is told and remembers what came. Waits are for facts, with a
 * time-out.
 *
 * A plan is words with blanks between: a status ("200"), a status that asks for
 * a pause in seconds ("503/2"), "hang" (nothing is answered until it is asked
 * to go on), "drop" (the connection is closed). After the last word: 200.
 */
#ifndef CM_SUPPORT_HOOK_H
#define CM_SUPPORT_HOOK_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HOOK_REQUESTS = 64, HOOK_BYTES = 4096, HOOK_WAIT_S = 20 };

struct hook {
    int socket;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const char *plan;
    bool ends, goes_on;
    unsigned count; /* requests that came */
    char requests[HOOK_REQUESTS][HOOK_BYTES];
};

/* What comes up to the end of the body; false: it is no whole request. */
static inline bool hook_read(int client, char *request)
{
    size_t len = 0, need = 0;
    for (;;) {
        ssize_t got = read(client, request + len, HOOK_BYTES - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        request[len] = '\0';
        const char *body = strstr(request, "\r\n\r\n"), *size = strcasestr(request, "\r\nContent-Length: ");
        if (body && size)
            need = (size_t)(body + 4 - request) + strtoul(size + 18, NULL, 10);
        if (body && len >= need)
            return true;
    }
}

static inline void hook_answer(struct hook *hook, int client, const char *word)
{
    char text[128];
    unsigned status = 200, pause = 0;
    int fields = sscanf(word, "%u/%u", &status, &pause);
    if (strncmp(word, "hang", 4) == 0) {
        pthread_mutex_lock(&hook->lock);
        while (!hook->goes_on && !hook->ends)
            pthread_cond_wait(&hook->changed, &hook->lock);
        pthread_mutex_unlock(&hook->lock);
        return;
    }
    if (strncmp(word, "drop", 4) == 0)
        return;
    int len = snprintf(text, sizeof text, "HTTP/1.1 %u x\r\nConnection: close\r\nContent-Length: 2\r\n", status);
    if (fields == 2)
        len += snprintf(text + len, sizeof text - (size_t)len, "Retry-After: %u\r\n", pause);
    len += snprintf(text + len, sizeof text - (size_t)len, "\r\nok");
    if (write(client, text, (size_t)len) != len)
        fprintf(stderr, "hook: the client went away\n");
}

static inline void *hook_run(void *argument)
{
    struct hook *hook = argument;
    for (;;) {
        char request[HOOK_BYTES];
        int client = accept(hook->socket, NULL, NULL);
        if (client < 0)
            return NULL; /* it was shut down */
        bool whole = hook_read(client, request);
        pthread_mutex_lock(&hook->lock);
        const char *word = hook->plan;
        if (whole && hook->count < HOOK_REQUESTS) {
            hook->plan += strcspn(hook->plan, " ");
            hook->plan += strspn(hook->plan, " ");
            memcpy(hook->requests[hook->count++], request, HOOK_BYTES);
        }
        pthread_cond_broadcast(&hook->changed);
        pthread_mutex_unlock(&hook->lock);
        if (whole)
            hook_answer(hook, client, word);
        close(client);
    }
}

static inline bool hook_open(struct hook *hook, const char *plan)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    memset(hook, 0, sizeof *hook);
    hook->plan = plan;
    hook->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_mutex_init(&hook->lock, NULL);
    pthread_cond_init(&hook->changed, NULL);
    if (hook->socket < 0 || bind(hook->socket, (struct sockaddr *)&address, len) != 0 || listen(hook->socket, 16) != 0 ||
        getsockname(hook->socket, (struct sockaddr *)&address, &len) != 0)
        return false;
    snprintf(hook->url, sizeof hook->url, "http://127.0.0.1:%u/in?secret=1", ntohs(address.sin_port));
    return pthread_create(&hook->thread, NULL, hook_run, hook) == 0;
}

/* What hangs is let go, with nothing for an answer. */
static inline void hook_go_on(struct hook *hook)
{
    pthread_mutex_lock(&hook->lock);
    hook->goes_on = true;
    pthread_cond_broadcast(&hook->changed);
    pthread_mutex_unlock(&hook->lock);
}

static inline void hook_close(struct hook *hook)
{
    pthread_mutex_lock(&hook->lock);
    hook->ends = true;
    pthread_cond_broadcast(&hook->changed);
    pthread_mutex_unlock(&hook->lock);
    shutdown(hook->socket, SHUT_RDWR);
    pthread_join(hook->thread, NULL);
    close(hook->socket);
    pthread_cond_destroy(&hook->changed);
    pthread_mutex_destroy(&hook->lock);
}

/* Until so many requests have come. */
static inline bool hook_waits_for(struct hook *hook, unsigned count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HOOK_WAIT_S;
    pthread_mutex_lock(&hook->lock);
    int error = 0;
    while (hook->count < count && !error)
        error = pthread_cond_timedwait(&hook->changed, &hook->lock, &until);
    bool came = hook->count >= count;
    pthread_mutex_unlock(&hook->lock);
    return came;
}

/* Of a request that has come. */
static inline const char *hook_body(struct hook *hook, unsigned index)
{
    const char *body = strstr(hook->requests[index], "\r\n\r\n");
    return body ? body + 4 : "";
}

#endif
