/* Cards as rows: the newer one stays, a batch is there whole or not at all, and no file of somebody else is touched. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "io/sink.h"
#include "io/sqlite.h"
#include "scratch.h"

static struct scratch scratch;
static struct cm_diagnostics diagnostics;
static struct cm_sink *sink;
static char *path;

static void start(void)
{
    cr_assert(scratch_make(&scratch));
    path = scratch_path(&scratch, "scores.db");
}

static void stop(void)
{
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
    free(path);
}

TestSuite(sink_sqlite, .init = start, .fini = stop);

static void open_sink(void)
{
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_sqlite, path, &diagnostics), CM_OK);
}

static enum cm_status put(const char *line)
{
    return cm_sink_write(sink, cm_span_of(line));
}

/* A card in which nothing is of interest but this. */
static const char *card(const char *id, int revision, const char *status, const char *customer, double care)
{
    static char line[2048];
    snprintf(
        line, sizeof line,
        "{\"schema_version\":\"1.0\",\"interaction_id\":\"%s\",\"pack\":{\"name\":\"p\",\"version\":\"1.0.0\",\"hash\":\"00ff\"},"
        "\"channel\":\"chat\",\"lang\":null,\"agent_id\":\"anna\",\"customer_id\":\"%s\",\"queue\":\"sales\",\"team\":null,"
        "\"started_at\":\"2024-05-05T09:30:00.000Z\",\"ended_at\":null,\"turns\":{\"agent\":2,\"customer\":3,\"bot\":1},"
        "\"care\":{\"score\":%.2f,\"respond\":%.2f,\"enrich\":null},\"coverage\":0.500000,\"behaviours\":["
        "{\"id\":\"r.empathy\",\"outcome\":\"delivered\",\"credit\":1.500000,\"seen\":2,\"met\":2,\"agent_id\":\"anna\",\"evidence\":[]},"
        "{\"id\":\"r.fast\",\"outcome\":\"missed\",\"reason\":\"no_reply\",\"credit\":0.000000,\"seen\":1,\"met\":0,\"agent_id\":null,"
        "\"evidence\":[]}],\"customer_outcome\":{\"resolution\":\"likely\",\"delight\":0,\"thanks\":1},"
        "\"timing\":{\"first_response_s\":22.500},\"flags\":[\"incomplete\"],\"status\":\"%s\",\"revision\":%d}\n",
        id, customer, care, care, status, revision);
    return line;
}

/* What another program sees: the rows of a query, columns by |, rows by newline. */
static const char *query(const char *text)
{
    static char rows[8192];
    sqlite3 *db;
    sqlite3_stmt *statement;
    size_t len = 0;
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK, "%s: %s", text, sqlite3_errmsg(db));
    rows[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            len += (size_t)snprintf(rows + len, sizeof rows - len, "%s%s", value ? value : "-",
                                    i + 1 < sqlite3_column_count(statement) ? "|" : "\n");
            cr_assert_lt(len, sizeof rows);
        }
    cr_assert_eq(sqlite3_finalize(statement), SQLITE_OK);
    sqlite3_close(db);
    return rows;
}

/* Names in the folder that begin with "scores.db". */
static unsigned names(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    unsigned count = 0;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        count += access(name, F_OK) == 0;
    }
    return count;
}

Test(sink_sqlite, endings)
{
    static const char *const ours[] = {"a.db", "a.sqlite", "a.SQLite3", "file:a.db"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        cr_assert_eq(cm_sink_for(ours[i]), &cm_sink_sqlite, "%s", ours[i]);
    cr_assert_null(cm_sink_for(".db"));
}

Test(sink_sqlite, a_card_is_a_row)
{
    open_sink();
    cr_assert_eq(cm_sink_format(sink), CM_SINK_NDJSON);
    cr_assert_eq(put(card("chat-1", 3, "final", "c1", 75)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT interaction_id,pack,pack_version,pack_hash,status,revision,channel,lang,queue,team,agent_id,customer_id,"
                           "started_at,ended_at,care,coverage,resolution,delight,thanks,turns_agent,turns_customer,turns_bot,"
                           "first_response_s,flags FROM scorecards"),
                     "chat-1|p|1.0.0|00ff|final|3|chat|-|sales|-|anna|c1|2024-05-05T09:30:00.000Z|-|75.0|0.5|likely|0|1|2|3|1|22.5|"
                     "[\"incomplete\"]\n");
    cr_assert_str_eq(query("SELECT * FROM dimensions ORDER BY 3"), "chat-1|p|enrich|-\nchat-1|p|respond|75.0\n");
    cr_assert_str_eq(query("SELECT * FROM behaviours"), "chat-1|p|0|r.empathy|anna|delivered|-|1.5|2|2\n"
                                                        "chat-1|p|1|r.fast|-|missed|no_reply|0.0|1|0\n");
    cr_assert_str_eq(query("PRAGMA user_version"), "1\n");
    struct stat about;
    cr_assert(stat(path, &about) == 0 && (about.st_mode & 07777) == 0600);
    cr_assert_eq(names(), 1, "at rest it is one file");
}

Test(sink_sqlite, the_whole_card_is_kept_and_found)
{
    struct cm_buffer lines = CM_BUFFER_EMPTY;
    char line[2048];
    snprintf(line, sizeof line, "%s", card("chat-1", 0, "final", "c1", 75));
    open_sink();
    cr_assert_eq(put(line), CM_OK);
    cr_assert_eq(put(card("chat-2", 0, "final", "c1", 75)), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_eq(cm_sqlite_find(path, CM_SPAN("chat-1"), &lines, &diagnostics), CM_OK, "while another writes");
    cr_assert(cm_span_equal(cm_buffer_view(&lines), cm_span_of(line)));
    cm_buffer_reset(&lines);
    cr_assert_eq(cm_sqlite_find(path, CM_SPAN("chat-3"), &lines, &diagnostics), CM_OK);
    cr_assert_eq(lines.len, 0);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_eq(cm_sqlite_find("nowhere.db", CM_SPAN("chat-3"), &lines, &diagnostics), CM_EIO);
    cr_assert_str_eq(diagnostics.items[0].message, "cannot open nowhere.db: No such file or directory");
    cm_buffer_free(&lines);
}

Test(sink_sqlite, an_older_card_does_not_replace_a_newer_one)
{
    static const struct {
        int old;
        const char *old_status;
        int new;
        const char *new_status;
        bool replaces;
    } cases[] = {
        {1, "open", 2, "open", true},   {1, "final", 2, "open", true},  {1, "open", 1, "final", true},  {1, "open", 1, "open", true},
        {1, "final", 1, "final", true}, {1, "final", 1, "open", false}, {2, "open", 1, "final", false}, {10, "open", 9, "open", false},
    };
    open_sink();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char id[16], text[256];
        snprintf(id, sizeof id, "i%zu", i);
        cr_assert_eq(put(card(id, cases[i].old, cases[i].old_status, "c1", 10)), CM_OK);
        cr_assert_eq(put(card(id, cases[i].new, cases[i].new_status, "c1", 20)), CM_OK);
        cr_assert_eq(cm_sink_flush(sink), CM_OK);
        snprintf(text, sizeof text,
                 "SELECT s.care,s.status,score FROM scorecards s JOIN dimensions USING(interaction_id)"
                 "WHERE interaction_id='%s'AND dimension='respond'",
                 id);
        const char *status = cases[i].replaces ? cases[i].new_status : cases[i].old_status, *care = cases[i].replaces ? "20.0" : "10.0";
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%s|%s|%s\n", care, status, care);
        cr_assert_str_eq(query(text), wanted, "case %zu", i);
    }
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT (SELECT count(*)FROM scorecards),(SELECT count(*)FROM dimensions),(SELECT count(*)FROM behaviours)"),
                     "8|16|16\n");
}

Test(sink_sqlite, many_lines_at_once_and_a_second_run)
{
    char lines[8192];
    size_t len = 0;
    for (int i = 0; i < 4; i++) {
        char id[8];
        snprintf(id, sizeof id, "i%d", i);
        len += (size_t)snprintf(lines + len, sizeof lines - len, "%s", card(id, 0, "final", "c1", i));
    }
    open_sink();
    cr_assert_eq(cm_sink_write(sink, (struct cm_span){lines, len - 1}), CM_OK, "the last newline may be missing");
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    open_sink();
    cr_assert_eq(put(card("i9", 0, "final", "c1", 9)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT group_concat(interaction_id)FROM scorecards"), "i0,i1,i2,i3,i9\n");
}

Test(sink_sqlite, nobody_sees_a_batch_before_it_is_flushed)
{
    open_sink();
    cr_assert_eq(put(card("i1", 0, "final", "c1", 1)), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "0\n");
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "1\n");
    cr_assert_eq(put(card("i2", 0, "final", "c1", 1)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "1\n");
}

Test(sink_sqlite, a_run_that_failed_leaves_nothing_or_what_was_there)
{
    open_sink();
    cr_assert_eq(put(card("i1", 0, "final", "c1", 1)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    cr_assert_eq(names(), 0);
    open_sink();
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "0\n");
    open_sink();
    cr_assert_eq(put(card("i1", 0, "final", "c1", 1)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    cr_assert_eq(names(), 1);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "0\n");
}

/* The second program has opened what the first one made: it must not lose it. */
Test(sink_sqlite, a_new_file_that_another_run_has_open_stays)
{
    struct cm_sink *other;
    open_sink();
    cr_assert_eq(cm_sink_open(&other, &cm_sink_sqlite, path, &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_write(other, cm_span_of(card("i1", 0, "final", "c1", 1))), CM_OK);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    cr_assert_eq(cm_sink_close(other, true), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "1\n");
}

static void refused(const char *message)
{
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_sqlite, path, &diagnostics), CM_EIO);
    cr_assert_eq(diagnostics.errors, 1);
    cr_assert_str_eq(diagnostics.items[0].id, "sink-open");
    cr_assert_not_null(strstr(diagnostics.items[0].message, message), "%s", diagnostics.items[0].message);
    cm_diagnostics_free(&diagnostics);
}

static void execute(const char *text)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void is_left(const char *message)
{
    size_t before = 0, after = 0;
    char *old = scratch_read(path, &before);
    refused(message);
    char *new = scratch_read(path, &after);
    cr_assert(before == after && memcmp(old, new, before) == 0);
    cr_assert_eq(names(), 1);
    free(old);
    free(new);
    cr_assert_eq(unlink(path), 0);
}

Test(sink_sqlite, what_is_not_ours_is_left_as_it_is)
{
    free(scratch_file(&scratch, "scores.db", "id,care\n1,70\n", 13));
    is_left("it is something else than a database of scorecards, and is left as it is");
    execute("CREATE TABLE scorecards(a);INSERT INTO scorecards VALUES(1)");
    is_left("it is a database of something else, and is left as it is");
    execute("PRAGMA journal_mode=WAL;CREATE TABLE t(a)");
    is_left("it is a database of something else, and is left as it is");
    open_sink();
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    execute("PRAGMA user_version=2");
    is_left("its scorecards are stored as another version of caremeter does it");
    cr_assert_eq(mkdir(path, 0700), 0);
    refused("it is no regular file");
    cr_assert_eq(rmdir(path), 0);
}

Test(sink_sqlite, places_that_are_not_there)
{
    char *good = path;
    path = scratch_path(&scratch, "no/scores.db");
    refused("No such file or directory");
    free(path);
    path = good;
}

/* As mktemp and a crash in between leave it. */
Test(sink_sqlite, an_empty_file_becomes_a_database)
{
    free(scratch_file(&scratch, "scores.db", "", 0));
    open_sink();
    cr_assert_eq(put(card("i1", 0, "final", "c1", 1)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "1\n");
}

Test(sink_sqlite, a_name_is_never_an_address)
{
    struct stat about;
    cr_assert_eq(chdir(scratch.folder), 0);
    free(path);
    path = strdup("file:scores.db");
    open_sink();
    cr_assert_eq(put(card("i1", 0, "final", "c1", 1)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert(stat("./file:scores.db", &about) == 0 && about.st_size > 0);
    cr_assert_neq(access("scores.db", F_OK), 0);
}

Test(sink_sqlite, a_file_that_may_not_be_written)
{
    open_sink();
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_eq(chmod(path, 0444), 0);
    cr_assert_eq(chmod(scratch.folder, 0755), 0);
    if (geteuid() == 0) /* root may write all */
        cr_assert_eq(seteuid(65534), 0);
    refused("cannot write");
    struct cm_buffer lines = CM_BUFFER_EMPTY;
    cr_assert_eq(cm_sqlite_find(path, CM_SPAN("i1"), &lines, &diagnostics), CM_OK, "but it can be read");
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static enum cm_status write_batch(unsigned first, unsigned count)
{
    enum cm_status status = CM_OK;
    for (unsigned i = first; i < first + count && status == CM_OK; i++) {
        char id[16];
        snprintf(id, sizeof id, "i%06u", i);
        status = put(card(id, 0, "final", "c1", 50));
    }
    return status == CM_OK ? cm_sink_flush(sink) : status;
}

Test(sink_sqlite, a_full_disk_is_told_and_got_over)
{
    open_sink();
    cr_assert_eq(write_batch(0, 50), CM_OK);
    limit_files(1 << 20);
    cr_assert_eq(write_batch(50, 20000), CM_EIO);
    cr_assert_eq(diagnostics.errors, 1);
    cr_assert_str_eq(diagnostics.items[0].id, "sink-write");
    cr_assert_not_null(strstr(diagnostics.items[0].message, "disk I/O error"), "%s", diagnostics.items[0].message);
    cr_assert_eq(cm_sink_flush(sink), CM_EIO, "what was written is not there");
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "50\n");
    limit_files(RLIM_INFINITY);
    cr_assert_eq(write_batch(50, 2000), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "2050\n");
    cr_assert_str_eq(query("PRAGMA integrity_check"), "ok\n");
    cr_assert_eq(diagnostics.errors, 1);
}

Test(sink_sqlite, a_new_file_without_room_is_removed)
{
    limit_files(4096);
    refused("cannot");
    cr_assert_eq(names(), 0);
    limit_files(1 << 20);
    open_sink();
    cr_assert_eq(write_batch(0, 20000), CM_EIO);
    cr_assert_eq(cm_sink_close(sink, true), CM_EIO);
    cr_assert_eq(names(), 0);
}

Test(sink_sqlite, another_writer)
{
    sqlite3 *db;
    open_sink();
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(put(card("i1", 0, "final", "c1", 1)), CM_EIO);
    cr_assert_not_null(strstr(diagnostics.items[0].message, "another program is writing to it"));
    cr_assert_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    cr_assert_eq(put(card("i1", 0, "final", "c1", 1)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "1\n");
}

Test(sink_sqlite, a_line_that_is_no_card)
{
    static const char *const lines[] = {"{\n", "{}\n", "[]\n", "{\"interaction_id\":\"a\",\"pack\":{\"name\":\"p\"}}\n", "x\n"};
    open_sink();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_assert_eq(put(card("i1", 0, "final", "c1", 1)), CM_OK);
        cr_assert_eq(put(lines[i]), CM_EINPUT, "%s", lines[i]);
        cr_assert_eq(diagnostics.errors, i + 1);
    }
    cr_assert_eq(put("\n\n"), CM_OK, "nothing is nothing");
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT count(*)FROM scorecards"), "0\n");
}

/* SQLite ends a string at \u0000: both would be one row. */
Test(sink_sqlite, ids_that_differ_behind_a_nul)
{
    struct cm_buffer lines = CM_BUFFER_EMPTY;
    uint64_t erased;
    open_sink();
    cr_assert_eq(put(card("a\\u0000b", 0, "final", "c\\u0000d", 1)), CM_OK);
    cr_assert_eq(put(card("a\\u0000c", 0, "final", "c", 1)), CM_OK);
    cr_assert_eq(put(card("a\\\\u0000", 0, "final", "c", 1)), CM_OK, "an escaped backslash, and five characters");
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT interaction_id FROM scorecards ORDER BY 1"), "a\\u0000\na\\u0000b\na\\u0000c\n");
    cr_assert_eq(cm_sqlite_find(path, (struct cm_span){"a\0b", 3}, &lines, &diagnostics), CM_OK);
    cr_assert_not_null(memmem(lines.ptr, lines.len, "a\\u0000b", 8));
    cr_assert_eq(cm_sqlite_erase(path, (struct cm_span){"c\0d", 3}, &erased, &diagnostics), CM_OK);
    cr_assert_eq(erased, 1);
    cm_buffer_free(&lines);
}

/* Is the text anywhere in the files? */
static bool is_on_disk(const char *text)
{
    static const char *const endings[] = {"", "-wal", "-journal"};
    bool found = false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[256];
        size_t len;
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        char *bytes = scratch_read(name, &len);
        found |= bytes && memmem(bytes, len, text, strlen(text));
        free(bytes);
    }
    return found;
}

Test(sink_sqlite, a_customer_is_erased_to_the_last_byte)
{
    uint64_t erased;
    open_sink();
    for (int i = 0; i < 200; i++) {
        char id[16];
        snprintf(id, sizeof id, "i%d", i);
        cr_assert_eq(put(card(id, 0, "open", i % 2 ? "customer-gone" : "customer-stays", 50)), CM_OK);
        cr_assert_eq(put(card(id, 1, "open", i % 2 ? "customer-gone" : "customer-stays", 60)), CM_OK, "older revisions leave no remains");
    }
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert(is_on_disk("customer-gone"));
    cr_assert_eq(cm_sqlite_count(path, CM_SPAN("customer-gone"), &erased, &diagnostics), CM_OK, "while a sink has it open");
    cr_assert_eq(erased, 100);
    cr_assert_eq(cm_sqlite_erase(path, CM_SPAN("customer-gone"), &erased, &diagnostics), CM_OK, "while a sink has it open");
    cr_assert_eq(erased, 100);
    cr_assert(!is_on_disk("customer-gone"));
    cr_assert(is_on_disk("customer-stays"));
    cr_assert_str_eq(query("SELECT (SELECT count(*)FROM scorecards),(SELECT count(*)FROM dimensions),(SELECT count(*)FROM behaviours)"),
                     "100|200|200\n");
    cr_assert_eq(put(card("i1", 2, "final", "c1", 1)), CM_OK, "and goes on with it");
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_eq(cm_sqlite_erase(path, CM_SPAN("customer-stays"), &erased, &diagnostics), CM_OK, "and at rest");
    cr_assert_eq(erased, 100);
    cr_assert(!is_on_disk("customer-stays"));
    cr_assert_eq(cm_sqlite_erase(path, CM_SPAN("customer-stays"), &erased, &diagnostics), CM_OK);
    cr_assert_eq(erased, 0);
    cr_assert_eq(cm_sqlite_count(path, CM_SPAN("customer-stays"), &erased, &diagnostics), CM_OK);
    cr_assert_eq(erased, 0);
}

Test(sink_sqlite, a_reader_keeps_the_log)
{
    sqlite3 *db;
    uint64_t erased;
    open_sink();
    cr_assert_eq(put(card("i1", 0, "final", "customer-gone", 1)), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "BEGIN;SELECT*FROM scorecards", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(cm_sqlite_erase(path, CM_SPAN("customer-gone"), &erased, &diagnostics), CM_EIO);
    cr_assert_eq(erased, 1);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "sink-erase"));
    cr_assert_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(cm_sqlite_erase(path, CM_SPAN("customer-gone"), &erased, &diagnostics), CM_OK);
    cr_assert_eq(erased, 0);
    cr_assert(!is_on_disk("customer-gone"));
    sqlite3_close(db);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
}

Test(sink_sqlite, nothing_is_erased_from_what_is_not_ours)
{
    uint64_t erased = 1;
    cr_assert_eq(cm_sqlite_erase(path, CM_SPAN("c1"), &erased, &diagnostics), CM_EIO);
    cr_assert_eq(erased, 0);
    cr_assert_eq(names(), 0, "nothing was made");
    execute("CREATE TABLE scorecards(customer_id);INSERT INTO scorecards VALUES('c1')");
    cr_assert_eq(cm_sqlite_erase(path, CM_SPAN("c1"), &erased, &diagnostics), CM_EIO);
    cr_assert_str_eq(query("SELECT*FROM scorecards"), "c1\n");
}

Test(sink_sqlite, a_killed_program_loses_no_batch_that_was_flushed)
{
    int ready[2];
    char byte;
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        open_sink();
        bool good = write_batch(0, 100) == CM_OK && put(card("later", 0, "final", "c1", 1)) == CM_OK;
        if (!good || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    open_sink();
    cr_assert_eq(put(card("after", 0, "final", "c1", 1)), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_str_eq(query("SELECT count(*),max(interaction_id)FROM scorecards"), "101|i000099\n");
}
