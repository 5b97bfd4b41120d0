#include "web/post.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"

/* A wake-up that is lost costs no more than this. */
#define POLL_MS 1000
#define WAIT_S_MAX (24 * 3600)

struct cm_post {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    _Atomic int64_t until_ms; /* monotonic; 0: nobody wants the end */
};

/* ---- sending ---- */

static size_t discard(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static bool is_transient(long code)
{
    return code >= 500 || code < 200 || code == 408 || code == 425 || code == 429;
}

/* A status decides, even where the rest of the answer never came. */
static void read_answer(CURL *easy, CURLcode result, struct cm_post_answer *answer)
{
    long code = 0;
    curl_off_t wait_s = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code) != CURLE_OK)
        code = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait_s) != CURLE_OK || wait_s < 0)
        wait_s = 0;
    answer->outcome = code >= 200 && code < 300 ? CM_POST_TAKEN : is_transient(code) ? CM_POST_FAILED : CM_POST_REFUSED;
    answer->wait_ms = (wait_s < WAIT_S_MAX ? (int64_t)wait_s : WAIT_S_MAX) * 1000;
    if (code)
        snprintf(answer->why, sizeof answer->why, "the answer was %ld%s", code, code / 100 == 3 ? ", and redirects are not followed" : "");
    else /* libcurl's own text of this failure would name the host */
        snprintf(answer->why, sizeof answer->why, "%s", curl_easy_strerror(result));
}

/* Until it is over; false: somebody wants the end, and it is not. */
static bool perform(struct cm_post *post, CURLMcode *status)
{
    int running = 1;
    while ((*status = curl_multi_perform(post->multi, &running)) == CURLM_OK && running) {
        /* Acquire, as whoever wants the end has written what it wants before. */
        int64_t until_ms = atomic_load_explicit(&post->until_ms, memory_order_acquire);
        int64_t left_ms = until_ms ? until_ms - cm_clock_monotonic_ms() : POLL_MS;
        if (left_ms <= 0)
            return false;
        *status = curl_multi_poll(post->multi, NULL, 0, left_ms < POLL_MS ? (int)left_ms : POLL_MS, NULL);
        if (*status != CURLM_OK)
            return true;
    }
    return true;
}

static bool give(struct cm_post *post, struct cm_span json)
{
    return curl_easy_setopt(post->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)json.len) == CURLE_OK &&
           curl_easy_setopt(post->easy, CURLOPT_POSTFIELDS, json.ptr) == CURLE_OK;
}

void cm_post_send(struct cm_post *post, struct cm_span json, struct cm_post_answer *answer)
{
    CURLMsg *message;
    int left;
    *answer = (struct cm_post_answer){.outcome = CM_POST_FAILED};
    CURLMcode status = give(post, json) ? curl_multi_add_handle(post->multi, post->easy) : CURLM_OUT_OF_MEMORY;
    if (status != CURLM_OK) {
        snprintf(answer->why, sizeof answer->why, "%s", curl_multi_strerror(status));
        return;
    }
    if (!perform(post, &status))
        answer->outcome = CM_POST_STOPPED;
    else if (status != CURLM_OK)
        snprintf(answer->why, sizeof answer->why, "%s", curl_multi_strerror(status));
    else
        while ((message = curl_multi_info_read(post->multi, &left)))
            if (message->msg == CURLMSG_DONE)
                read_answer(post->easy, message->data.result, answer);
    curl_multi_remove_handle(post->multi, post->easy); /* it is in there: nothing else can go wrong */
}

void cm_post_stop(struct cm_post *post, int64_t within_ms)
{
    atomic_store_explicit(&post->until_ms, cm_clock_monotonic_ms() + within_ms, memory_order_release);
    curl_multi_wakeup(post->multi); /* where that fails it is seen at the next poll */
}

/* ---- open and close ---- */

static enum cm_status check_url(const char *url)
{
    CURLU *parts = curl_url();
    char *scheme = NULL;
    CURLUcode code = parts ? curl_url_set(parts, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
    bool ours = scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    curl_url_cleanup(parts);
    return code == CURLUE_OUT_OF_MEMORY ? CM_ENOMEM : ours ? CM_OK : CM_EUSAGE;
}

/* CM_EUSAGE: the value would be more than this header. */
static enum cm_status add_header(struct cm_post *post, const char *name, const char *value)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    if (strpbrk(value, "\r\n"))
        return CM_EUSAGE;
    cm_buffer_text(&line, name);
    cm_buffer_text(&line, value);
    cm_buffer_byte(&line, '\0');
    enum cm_status status = cm_buffer_status(&line);
    struct curl_slist *longer = status == CM_OK ? curl_slist_append(post->headers, line.ptr) : NULL;
    cm_buffer_free(&line);
    if (!longer)
        return CM_ENOMEM;
    post->headers = longer;
    return CM_OK;
}

static bool set_up(struct cm_post *post, const char *url, int64_t connect_ms, int64_t answer_ms)
{
    CURL *easy = post->easy;
    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "caremeter/" CM_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)answer_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK; /* a name that is being looked up holds up nobody */
}

enum cm_status cm_post_open(const char *url, const char *token, int64_t connect_ms, int64_t answer_ms, struct cm_post **out)
{
    *out = NULL;
    struct cm_post *post = calloc(1, sizeof *post);
    if (!post || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(post);
        return CM_ENOMEM;
    }
    post->easy = curl_easy_init();
    post->multi = curl_multi_init();
    enum cm_status status = post->easy && post->multi ? check_url(url) : CM_ENOMEM;
    if (status == CM_OK)
        status = add_header(post, "Content-Type: ", "application/json");
    if (status == CM_OK && token)
        status = add_header(post, "Authorization: Bearer ", token);
    if (status == CM_OK && !set_up(post, url, connect_ms, answer_ms))
        status = CM_ENOMEM;
    if (status == CM_OK)
        *out = post;
    else
        cm_post_close(post);
    return status;
}

void cm_post_close(struct cm_post *post)
{
    curl_easy_cleanup(post->easy);
    curl_multi_cleanup(post->multi);
    curl_slist_free_all(post->headers);
    free(post);
    curl_global_cleanup();
}
