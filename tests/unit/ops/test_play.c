/* Playlists, and conversations that are played by them. */
#include "ops/play.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/moment.h"
#include "base/thread.h"
#include "event/decode.h"
#include "run/pack.h"
#include "scratch.h"

#define MINUTE INT64_C(60000)
#define DEMO_CONVERSATIONS 57u
/* 2026-11-30T09:00:00Z */
#define START INT64_C(1796029200000)

static struct scratch scratch;
static struct cm_diagnostics told;
static struct cm_playlist list;
static struct cm_play *play;
static struct cm_buffer line;

static void make(void)
{
    cr_assert(scratch_make(&scratch));
}

static void drop(void)
{
    cm_play_free(play);
    cm_playlist_free(&list);
    cm_buffer_free(&line);
    cm_diagnostics_free(&told);
    scratch_remove(&scratch);
}

TestSuite(play, .init = make, .fini = drop);

static enum cm_status read_list(const char *text)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/list.yaml", scratch.folder);
    FILE *file = fopen(path, "we");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
    return cm_playlist_read(&list, path, &told);
}

static enum cm_status load(const char *events)
{
    struct cm_span contents = cm_span_of(events);
    struct cm_source_request request = {.names = (const char *[]){"events"}, .contents = &contents, .count = 1};
    struct cm_source *source;
    cr_assert_eq(cm_source_open(&source, &cm_source_mem, &request, &told), CM_OK);
    enum cm_status status = cm_play_load(&list, source, &told, &play);
    cm_source_close(source);
    return status;
}

/* The next line comes so many seconds after the start, and is this one. */
static void expect(bool once, int64_t seconds, const char *wanted)
{
    int64_t at_ms;
    cr_assert_eq(cm_play_next(play, START, once, &line, &at_ms), CM_OK, "%s", wanted);
    cr_expect_eq(at_ms - START, seconds * 1000, "%s: after %.3f s", wanted, (double)(at_ms - START) / 1e3);
    cr_expect(line.len == strlen(wanted) + 1 && memcmp(line.ptr, wanted, line.len - 1) == 0 && line.ptr[line.len - 1] == '\n',
              "%s\nis not %.*s", wanted, (int)line.len, line.ptr);
}

static void expect_fault(const char *text, const char *message, uint32_t at)
{
    cr_assert_eq(read_list(text), CM_EUSAGE, "%s", text);
    cr_assert(strstr(told.items[0].message, message), "%s: %s", text, told.items[0].message);
    cr_expect_eq(told.items[0].place.line, at, "%s: line %u", text, told.items[0].place.line);
    cm_diagnostics_free(&told);
    told = CM_DIAGNOSTICS_EMPTY;
    cm_playlist_free(&list);
}

Test(play, a_list_is_read)
{
    cr_assert_eq(read_list("every: 2h\nplay:\n  - {id: a, begins: 20s}\n  - {id: \"b c\", ended: 5m, dated: 40h}\n"), CM_OK);
    cr_assert(list.every_ms == 120 * MINUTE && list.count == 2);
    cr_expect(list.entries[0].at_ms == 20000 && !list.entries[0].ended);
    cr_expect(list.entries[1].at_ms == -5 * MINUTE && list.entries[1].ended && list.entries[1].dated_ms == 2400 * MINUTE);
    cr_expect(cm_span_equal(list.entries[1].id, CM_SPAN("b c")));
}

Test(play, faults_of_a_list_have_a_place)
{
    expect_fault("", "has the keys", 0);
    expect_fault("every: 1h\n", "has the keys", 1);
    expect_fault("every: soon\nplay: []\n", "no duration", 1);
    expect_fault("every: 0s\nplay: []\n", "at once", 1);
    expect_fault("every: 1h\nplay:\n  - {id: a}\n", "an id and a time", 3);
    expect_fault("every: 1h\nplay:\n  - a\n  - {begins: 1s}\n", "an id and a time", 4);
    expect_fault("every: 1h\nplay:\n  - {id: a, begins: 1s, ended: 1s}\n", "no place here", 3);
    expect_fault("every: 1h\nplay:\n  - {id: a, begins: 1s, colour: red}\n", "no place here", 3);
    expect_fault("every: 1h\nplay:\n  - {id: a, begins: -1s}\n", "no duration", 3);
    cr_expect_eq(cm_playlist_read(&list, "/no/such/list", &told), CM_EIO);
}

#define EVENT(id, at, more) "{\"interaction_id\":\"" id "\",\"ts\":\"2026-03-02T" at "Z\"" more "}"
#define SAID ",\"speaker\":\"customer\",\"text\":\"x\""
#define ENDS ",\"type\":\"end\""
#define NOW(id, at, more) "{\"interaction_id\":\"" id "\",\"ts\":\"2026-11-30T" at ".000Z\"" more "}"

Test(play, the_last_event_is_dated_when_it_comes)
{
    cr_assert_eq(read_list("every: 1h\nplay: [{id: a, begins: 10s}, {id: b, ended: 1m}]\n"), CM_OK);
    /* a rests for seven minutes, of which five are waited for; b for one */
    cr_assert_eq(load(EVENT("a", "10:00:00", SAID) "\n" EVENT("b", "08:00:00", SAID) "\n" EVENT("a", "10:07:00", SAID) "\n" EVENT(
                     "b", "08:01:00", ENDS) "\n" EVENT("c", "08:01:00", SAID) "\n" EVENT("a", "10:07:30", ENDS) "\n"),
                 CM_OK);
    cr_expect_eq(cm_play_length(play), 340000);
    expect(true, -120, NOW("b", "08:58:00", SAID));
    expect(true, -60, NOW("b", "08:59:00", ENDS));
    expect(true, 10, NOW("a", "08:58:10", SAID));
    expect(true, 310, NOW("a", "09:05:10", SAID));
    expect(true, 340, NOW("a", "09:05:40", ENDS));
    int64_t at_ms;
    cr_expect_eq(cm_play_next(play, START, true, &line, &at_ms), CM_END);
}

Test(play, what_comes_behind_the_end_is_not_hurried)
{
    cr_assert_eq(read_list("every: 5h\nplay: [{id: a, begins: 0s, dated: 1h}]\n"), CM_OK);
    cr_assert_eq(load(EVENT("a", "10:00:00", SAID) "\n" EVENT("a", "10:00:30", ENDS) "\n" EVENT(
                     "a", "12:00:30", ",\"type\":\"feedback\",\"rating\":5") "\n"),
                 CM_OK);
    expect(false, 0, NOW("a", "08:00:00", SAID));
    expect(false, 30, NOW("a", "08:00:30", ENDS));
    expect(false, 7230, NOW("a", "10:00:30", ",\"type\":\"feedback\",\"rating\":5"));
}

Test(play, who_does_not_end_is_ended)
{
    cr_assert_eq(read_list("every: 1h\nplay: [{id: a, ended: 10m}]\n"), CM_OK);
    cr_assert_eq(load(EVENT("a", "10:00:00", SAID) "\n{\"interaction_id\":\"a\",\"speaker\":\"agent\",\"text\":\"y\"}\n"), CM_OK);
    expect(true, -600, NOW("a", "08:50:00", SAID));
    expect(true, -600, "{\"interaction_id\":\"a\",\"speaker\":\"agent\",\"text\":\"y\"}");
    expect(true, -480, "{\"interaction_id\":\"a\",\"type\":\"end\"}");
    int64_t at_ms;
    cr_expect_eq(cm_play_next(play, START, true, &line, &at_ms), CM_END);
}

Test(play, rounds_are_other_conversations_and_may_overlap)
{
    cr_assert_eq(read_list("every: 1m\nplay: [{id: a, begins: 0s}, {id: b, begins: 30s}]\n"), CM_OK);
    cr_assert_eq(load(EVENT("a", "10:00:00", SAID) "\n" EVENT("a", "10:01:10", ENDS) "\n" EVENT("b", "10:00:00",
                                                                                                ENDS ",\"customer_id\":\"k\"") "\n"),
                 CM_OK);
    expect(false, 0, NOW("a", "09:00:00", SAID));
    expect(false, 30, NOW("b", "09:00:30", ENDS ",\"customer_id\":\"k\""));
    expect(false, 60, NOW("a~2", "09:01:00", SAID));
    expect(false, 70, NOW("a", "09:01:10", ENDS));
    expect(false, 90, NOW("b~2", "09:01:30", ENDS ",\"customer_id\":\"k~2\""));
    expect(false, 120, NOW("a~3", "09:02:00", SAID));
    expect(false, 130, NOW("a~2", "09:02:10", ENDS));
}

Test(play, a_mail_keeps_its_time_of_day)
{
    cr_assert_eq(read_list("every: 1h\nplay: [{id: a, begins: 0s}]\n"), CM_OK);
    cr_assert_eq(load(EVENT("a", "10:00:00", ",\"channel\":\"email\"" SAID) "\n" EVENT("a", "10:01:00", ENDS) "\n"), CM_OK);
    expect(false, 0, "{\"interaction_id\":\"a\",\"ts\":\"2026-11-29T10:00:00.000Z\",\"channel\":\"email\"" SAID "}");
    expect(false, 60, "{\"interaction_id\":\"a\",\"ts\":\"2026-11-29T10:01:00.000Z\"" ENDS "}");
    expect(false, 3600, "{\"interaction_id\":\"a~2\",\"ts\":\"2026-11-30T10:00:00.000Z\",\"channel\":\"email\"" SAID "}");
    expect(false, 3660, "{\"interaction_id\":\"a~2\",\"ts\":\"2026-11-30T10:01:00.000Z\"" ENDS "}");
    expect(false, 7200, "{\"interaction_id\":\"a~3\",\"ts\":\"2026-11-30T10:00:00.000Z\",\"channel\":\"email\"" SAID "}");
}

Test(play, what_is_not_there_is_told)
{
    cr_assert_eq(read_list("every: 1m\nplay:\n  - {id: a, begins: 0s}\n  - {id: b, begins: 0s}\n  - {id: a, ended: 0s}\n"), CM_OK);
    cr_assert_eq(load("{\"interaction_id\":\"a\",\"type\":\"end\"}\n"), CM_EUSAGE);
    cr_assert_eq(told.count, 3);
    cr_expect(strstr(told.items[0].message, "a has no times") && told.items[0].place.line == 3);
    cr_expect(strstr(told.items[1].message, "b is not there") && told.items[1].place.line == 4);
    cr_expect(strstr(told.items[2].message, "a is in the list twice") && told.items[2].place.line == 5);
}

/* ---- the pump ---- */

static enum cm_status pump(int output, const atomic_bool *stop, bool once)
{
    return cm_play_pump(&(struct cm_play_pump){.play = play,
                                               .start_ms = START,
                                               .clock = {.wall_ms = cm_clock_wall_ms(), .at_ms = START, .rate = 1000},
                                               .once = once,
                                               .output = output,
                                               .stop = stop});
}

Test(play, the_pump_ends_with_the_list_its_reader_or_a_stop)
{
    atomic_bool stop = false;
    int pipe_of[2];
    char text[256];
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(read_list("every: 1m\nplay: [{id: a, begins: 0s}]\n"), CM_OK);
    cr_assert_eq(load(EVENT("a", "10:00:00", ENDS) "\n"), CM_OK);
    cr_assert_eq(pipe2(pipe_of, O_CLOEXEC | O_NONBLOCK), 0);
    cr_expect_eq(pump(pipe_of[1], &stop, true), CM_OK);
    cr_expect_eq(read(pipe_of[0], text, sizeof text), sizeof NOW("a", "09:00:00", ENDS));
    close(pipe_of[0]);
    cr_expect_eq(pump(pipe_of[1], &stop, false), CM_OK, "nobody reads");
    atomic_store(&stop, true);
    cr_expect_eq(pump(pipe_of[1], &stop, false), CM_OK);
    close(pipe_of[1]);
}

/* ---- the one that is shipped ---- */

Test(play, the_shipped_list_plays_every_conversation_of_the_demo)
{
    char *folder, path[4200], conversations[4200];
    struct cm_inputs inputs = CM_INPUTS_EMPTY;
    struct cm_source *source;
    int64_t at_ms, before = INT64_MIN;
    size_t lines = 0;
    cr_assert_eq(cm_data_folder(CM_DATA_DEMO, &folder), CM_OK);
    snprintf(path, sizeof path, "%s/playlist.yaml", folder);
    snprintf(conversations, sizeof conversations, "%s/conversations", folder);
    cr_assert_eq(cm_playlist_read(&list, path, &told), CM_OK, "%s", told.count ? told.items[0].message : "");
    cr_assert_eq(cm_inputs_expand(&inputs, (const char *[]){conversations}, 1, &told), CM_OK);
    cr_assert_eq(cm_source_open(&source, &cm_source_file, &(struct cm_source_request){.inputs = &inputs}, &told), CM_OK);
    cr_assert_eq(cm_play_load(&list, source, &told, &play), CM_OK, "%s", told.count ? told.items[0].message : "");
    cm_source_close(source);
    cm_inputs_free(&inputs);
    free(folder);
    for (enum cm_status status = CM_OK; status == CM_OK; lines++) {
        status = cm_play_next(play, START, true, &line, &at_ms);
        cr_assert(status == CM_OK || status == CM_END);
        cr_expect_geq(at_ms, before);
        before = at_ms;
    }
    cr_expect_gt(lines, 650);
    cr_expect_eq(list.count, DEMO_CONVERSATIONS, "%zu conversations are in the list", list.count);
}
