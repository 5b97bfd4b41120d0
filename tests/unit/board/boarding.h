/*
 * Support for tests of the board: a board that is told scorecards and looked at. JSON is written with ' for ", and the day is
 * 2026-11-30, a Monday.
 */
#ifndef TESTS_UNIT_BOARD_BOARDING_H
#define TESTS_UNIT_BOARD_BOARDING_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>

#include "board/private.h"
#include "event/decode.h"

static struct cm_board *board;
static struct cm_buffer text, shown;
static struct cm_redactor *redactor;

static const struct cm_board_behaviour behaviours[] = {
    {"communicate.greeting", "Greets the customer", "communicate", "expected", false},
    {"respond.problem", "Meets problems", "respond", "opportunity", false},
    {"respond.empathy", "Meets feelings", "respond", "opportunity", true},
    {"respond.dated_promise", "Promises with a time", "respond", "bonus", false},
    {"acknowledge.value", "Says that the customer matters", "acknowledge", "bonus", false},
    {"enrich.personal", "A personal touch", "enrich", "bonus", false},
    {"against.rushing", "Hurries the customer", "acknowledge", "penalty", false},
};
static const struct cm_board_dimension dimensions[] = {{"communicate", "Communicate", -1}, {"respond", "Respond", 7000}};

static inline struct cm_board_settings usual(void)
{
    return (struct cm_board_settings){
        .behaviours = behaviours,
        .behaviour_count = sizeof behaviours / sizeof *behaviours,
        .dimensions = dimensions,
        .dimension_count = 2,
        .pack = "care",
        .target = 7000,
        .window_ms = CM_BOARD_HOUR_MS,
        .late_ms =
            {[CM_CHANNEL_NONE] = 2 * CM_BOARD_MINUTE_MS, [CM_CHANNEL_CHAT] = 2 * CM_BOARD_MINUTE_MS, [CM_CHANNEL_EMAIL] = CM_BOARD_HOUR_MS},
        .least = 2,
        .memory_bytes = 64u << 20};
}

/* "09:14:07" or "09:14:07.250" of the day; "2026-12-01T09:14:07Z" of another. */
static inline int64_t at(const char *time)
{
    char moment[64];
    int64_t ms;
    snprintf(moment, sizeof moment, strchr(time, 'T') ? "%s" : "2026-11-30T%sZ", time);
    cr_assert(cm_decode_time(cm_span_of(moment), &ms), "%s", moment);
    return ms;
}

static inline void open_board(const struct cm_board_settings *settings)
{
    cr_assert_eq(cm_board_new(settings, &board), CM_OK);
    cm_board_time(board, at("09:00:00"));
}

static inline void open_usual(void)
{
    struct cm_board_settings settings = usual();
    open_board(&settings);
}

/* With texts. */
static inline void open_reading(void)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_board_settings settings = usual();
    cr_assert_eq(cm_redactor_load(CM_SOURCE_DIR "/rules/redaction", &diagnostics, &redactor), CM_OK);
    settings.texts = true;
    settings.redactor = redactor;
    open_board(&settings);
    cm_diagnostics_free(&diagnostics);
}

static inline void close_board(void)
{
    cm_board_free(board);
    cm_redactor_free(redactor);
    cm_buffer_free(&text);
    cm_buffer_free(&shown);
    board = NULL;
    redactor = NULL;
}

static inline struct cm_span quoted(const char *format, va_list args)
{
    char *line;
    cr_assert_geq(vasprintf(&line, format, args), 0);
    cm_buffer_reset(&text);
    for (const char *p = line; *p; p++)
        cm_buffer_byte(&text, *p == '\'' ? '"' : *p);
    free(line);
    return cm_buffer_view(&text);
}

static inline enum cm_status try_card(const char *format, ...) CM_PRINTF(1, 2);
static inline enum cm_status try_card(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum cm_status status = cm_board_card(board, quoted(format, args));
    va_end(args);
    return status;
}

#define tell(...) cr_assert_eq(try_card(__VA_ARGS__), CM_OK)

static inline void hear(const char *format, ...) CM_PRINTF(1, 2);
static inline void hear(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    cr_assert_eq(cm_board_event(board, quoted(format, args)), CM_OK);
    va_end(args);
}

/* Rows of a card. An open one: id, queue, what is pending, moments. */
#define OPEN                                                                                                                               \
    "{'schema_version':'1.0','interaction_id':'%s','pack':{'name':'care'},'channel':'chat','agent_id':'anna','customer_id':null,"          \
    "'queue':'%s','started_at':'2026-11-30T08:50:00.000Z','ended_at':'2026-11-30T08:59:00.000Z','care':{'score':null},"                    \
    "'behaviours':[],'status':'open','revision':0,'pending':[%s],'moments':[%s]}\n"
/* What waits: behaviour, since, state, turn, rule, quote. */
#define WAITS                                                                                                                              \
    "{'id':'%s','dimension':'respond','kind':'opportunity','agent_id':null,'since':'2026-11-30T%s.000Z','state':'%s','evidence':"          \
    "[{'turn':%d,'seq':null,'rule':'%s','start':0,'end':4,'quote':'%s'}]}"
/* A final one: id, queue, ended_at, CARE, communicate, respond, behaviours. */
#define FINAL                                                                                                                              \
    "{'schema_version':'1.0','interaction_id':'%s','pack':{'name':'care'},'channel':'chat','agent_id':'anna','customer_id':null,"          \
    "'queue':'%s','started_at':'2026-11-30T08:00:00.000Z','ended_at':'2026-11-30T%s.000Z','care':{'score':%s,'communicate':%s,"            \
    "'respond':%s},'behaviours':[%s],'status':'final','revision':0}"
#define GREETED "{'id':'communicate.greeting','outcome':'delivered','evidence':[]}"

static inline const char *section(enum cm_board_section section, const char *queue)
{
    cm_buffer_reset(&shown);
    cm_board_section(board, section, queue ? cm_span_of(queue) : (struct cm_span){NULL, 0}, &shown);
    cm_buffer_byte(&shown, '\0');
    cr_assert_eq(cm_buffer_status(&shown), CM_OK);
    return shown.ptr;
}

/* Does what is shown say this, in JSON with ' for "? */
static inline bool says(const char *json, const char *format, ...) CM_PRINTF(2, 3);
static inline bool says(const char *json, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct cm_span wanted = quoted(format, args);
    va_end(args);
    return memmem(json, strlen(json), wanted.ptr, wanted.len) != NULL;
}

/* Is this all that is shown? */
static inline bool is_all(const char *json, const char *format, ...) CM_PRINTF(2, 3);
static inline bool is_all(const char *json, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct cm_span wanted = quoted(format, args);
    va_end(args);
    return cm_span_equal(cm_span_of(json), wanted);
}

#define expect_all(json, ...) cr_expect(is_all(json, __VA_ARGS__), "%.*s\nis not\n%s", (int)text.len, text.ptr, json)
#define expect_says(json, ...) cr_expect(says(json, __VA_ARGS__), "%.*s\nis not in\n%s", (int)text.len, text.ptr, json)
#define expect_silent(json, ...) cr_expect(!says(json, __VA_ARGS__), "%.*s\nis in\n%s", (int)text.len, text.ptr, json)

#endif
