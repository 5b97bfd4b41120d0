/* Scorecards into a SQLite database, and what else is done with one: erase, find. The only file that knows SQLite. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/sink.h"
#include "io/sqlite.h"
#include "io/sqlite_schema.h"

/* Another writer holds the file for the length of its batch. */
#define BUSY_TIMEOUT_MS 5000
/* An archive is one transaction: pages of indexes are met again and again. In KiB, negative for SQLite. */
#define CACHE_KIB "-32768"

enum statement { PUT_CARD, CLEAR_DIMENSIONS, PUT_DIMENSIONS, CLEAR_BEHAVIOURS, PUT_BEHAVIOURS, STATEMENT_COUNT };
static const char *const statement_texts[STATEMENT_COUNT] = {
    CM_SQLITE_PUT_CARD, CM_SQLITE_CLEAR_DIMENSIONS, CM_SQLITE_PUT_DIMENSIONS, CM_SQLITE_CLEAR_BEHAVIOURS, CM_SQLITE_PUT_BEHAVIOURS,
};

struct database {
    sqlite3 *db;
    const char *path; /* as it is told to people */
    struct cm_diagnostics *diagnostics;
};

struct sink_sqlite {
    struct cm_sink sink;
    struct database base;
    char *path;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct cm_buffer plain; /* a card without escapes of NUL, where it had any */
    bool created;           /* the file is this run's */
    bool ours;              /* it was looked at, and is no other program's */
    bool begun;             /* a transaction is open */
    bool lost;              /* what was written since the last flush was rolled back, and not yet written again */
    bool flushed;           /* something is in it for good */
};

static enum cm_status tell(struct database *base, const char *id, const char *what, const char *why)
{
    cm_diagnostics_add(base->diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){NULL, 0, 0, 0}, NULL, "cannot %s %s: %s", what,
                       base->path, why);
    return CM_EIO;
}

/* What SQLite has just said no to. */
static enum cm_status tell_fault(struct database *base, const char *id, const char *what)
{
    int code = base->db ? sqlite3_errcode(base->db) & 0xff : SQLITE_NOMEM;
    if (code == SQLITE_NOMEM)
        return CM_ENOMEM;
    if (code == SQLITE_BUSY)
        return tell(base, id, what, "another program is writing to it");
    if (code == SQLITE_NOTADB)
        return tell(base, id, what, "it is something else than a database of scorecards, and is left as it is");
    int error = code == SQLITE_CANTOPEN ? sqlite3_system_errno(base->db) : 0;
    enum cm_status status = tell(base, id, what, error ? strerror(error) : sqlite3_errmsg(base->db));
    /* a card that is none fails however often it is written */
    return code == SQLITE_ERROR || code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH ? CM_EINPUT : status;
}

/* ------------------------------------------------------------------------ open */

/* A name that begins with "file:" is a name here, and so is ":memory:". */
static enum cm_status open_file(struct database *base, int flags)
{
    struct cm_buffer name = CM_BUFFER_EMPTY;
    cm_buffer_printf(&name, "%s%s", *base->path == '/' ? "" : "./", base->path);
    cm_buffer_byte(&name, '\0');
    enum cm_status status = cm_buffer_status(&name);
    if (status == CM_OK && sqlite3_open_v2(name.ptr, &base->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        status = tell_fault(base, "sink-open", "open");
    cm_buffer_free(&name);
    if (status == CM_OK)
        sqlite3_busy_timeout(base->db, BUSY_TIMEOUT_MS);
    return status;
}

/* Whose file is it? Looked at before anything is done to it. *empty: nobody's yet. */
static enum cm_status identify(struct database *base, bool *empty)
{
    sqlite3_stmt *look = NULL;
    static const char text[] = "SELECT a.application_id,u.user_version,(SELECT count(*)FROM sqlite_schema)"
                               "FROM pragma_application_id a,pragma_user_version u";
    enum cm_status status = CM_OK;
    *empty = false;
    if (sqlite3_prepare_v2(base->db, text, -1, &look, NULL) != SQLITE_OK || sqlite3_step(look) != SQLITE_ROW) {
        status = tell_fault(base, "sink-open", "use");
    } else {
        int application = sqlite3_column_int(look, 0), version = sqlite3_column_int(look, 1);
        *empty = application == 0 && version == 0 && sqlite3_column_int(look, 2) == 0;
        if (!*empty && application != CM_SQLITE_APPLICATION_ID)
            status = tell(base, "sink-open", "use", "it is a database of something else, and is left as it is");
        else if (!*empty && version != CM_SQLITE_SCHEMA_VERSION)
            status = tell(base, "sink-open", "use", "its scorecards are stored as another version of caremeter does it");
    }
    sqlite3_finalize(look);
    return status;
}

static enum cm_status run(struct database *base, const char *text, const char *id, const char *what)
{
    return sqlite3_exec(base->db, text, NULL, NULL, NULL) == SQLITE_OK ? CM_OK : tell_fault(base, id, what);
}

#define TEXT_OF(number) #number
#define NUMBER_TEXT(number) TEXT_OF(number)

static enum cm_status make_schema(struct database *base)
{
    static const char text[] = "BEGIN IMMEDIATE;" CM_SQLITE_SCHEMA "PRAGMA application_id=" NUMBER_TEXT(
        CM_SQLITE_APPLICATION_ID) ";PRAGMA user_version=" NUMBER_TEXT(CM_SQLITE_SCHEMA_VERSION) ";COMMIT";
    return run(base, text, "sink-open", "create");
}

static enum cm_status open_database(struct sink_sqlite *sink)
{
    struct database *base = &sink->base;
    bool empty;
    enum cm_status status = open_file(base, SQLITE_OPEN_READWRITE);
    if (status == CM_OK)
        status = identify(base, &empty);
    sink->ours = status == CM_OK;
    if (status == CM_OK && sqlite3_db_readonly(base->db, "main") == 1)
        status = tell(base, "sink-open", "write", strerror(EACCES));
    /* FULL: what is committed has reached the disk. Where the file system has no shared memory, the mode stays as it was, and is as safe.
     * What is replaced or removed is overwritten: an erasure must find no remains of older revisions. */
    if (status == CM_OK)
        status = run(base, "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;PRAGMA cache_size=" CACHE_KIB,
                     "sink-open", "open");
    if (status == CM_OK && empty)
        status = make_schema(base);
    for (int i = 0; i < STATEMENT_COUNT && status == CM_OK; i++)
        if (sqlite3_prepare_v3(base->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT, &sink->statements[i], NULL) != SQLITE_OK)
            status = tell_fault(base, "sink-open", "use");
    return status;
}

/* Cards are about people: a new file is its owner's alone. */
static enum cm_status create_file(struct sink_sqlite *sink)
{
    struct stat about;
    int fd = open(sink->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    sink->created = fd >= 0;
    if (fd >= 0)
        return close(fd) == 0 ? CM_OK : tell(&sink->base, "sink-open", "create", strerror(errno));
    if (errno != EEXIST)
        return tell(&sink->base, "sink-open", "create", strerror(errno));
    if (stat(sink->path, &about) != 0)
        return tell(&sink->base, "sink-open", "open", strerror(errno));
    return S_ISREG(about.st_mode) ? CM_OK : tell(&sink->base, "sink-open", "write", "it is no regular file");
}

/* ----------------------------------------------------------------------- close */

/* At rest a database is one file, which a reader may open who may not write beside it. Not while somebody else has it open: no matter. */
static void settle(struct database *base)
{
    sqlite3_busy_timeout(base->db, 0);
    sqlite3_exec(base->db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
}

/* Every connection shares a lock of the file for as long as it is open. This one is given up by closing. */
static bool is_alone(struct database *base)
{
    sqlite3_file *file = NULL;
    if (!base->db || sqlite3_file_control(base->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file || !file->pMethods)
        return true;
    return file->pMethods->xLock(file, SQLITE_LOCK_SHARED) == SQLITE_OK && file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK;
}

static void remove_files(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct cm_buffer name = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        cm_buffer_reset(&name);
        cm_buffer_printf(&name, "%s%s", path, endings[i]);
        cm_buffer_byte(&name, '\0');
        if (cm_buffer_status(&name) == CM_OK)
            unlink(name.ptr);
    }
    cm_buffer_free(&name);
}

static void roll_back(struct sink_sqlite *sink)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_reset(sink->statements[i]);
    /* a severe fault has rolled back already; then there is none left to end */
    if (sink->begun && !sqlite3_get_autocommit(sink->base.db))
        sqlite3_exec(sink->base.db, "ROLLBACK", NULL, NULL, NULL);
    sink->begun = false;
}

static void free_sqlite(struct sink_sqlite *sink)
{
    roll_back(sink);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(sink->statements[i]);
    if (sink->created && !sink->flushed && is_alone(&sink->base))
        remove_files(sink->path); /* before it is closed: then nobody can have opened it */
    else if (sink->ours)
        settle(&sink->base);
    sqlite3_close(sink->base.db);
    cm_buffer_free(&sink->plain);
    free(sink->path);
    free(sink);
}

/* ----------------------------------------------------------------------- write */

static enum cm_status fail(struct sink_sqlite *sink)
{
    enum cm_status status = tell_fault(&sink->base, "sink-write", "write");
    roll_back(sink);
    sink->lost = true;
    return status;
}

/* \u0000 as text: SQLite would end a string there, and two ids that differ behind it would be one. */
static enum cm_status without_nul(struct cm_buffer *plain, struct cm_span *text)
{
    static const char nul[] = "\\u0000";
    const size_t size = sizeof nul - 1;
    if (!memmem(text->ptr, text->len, nul, size))
        return CM_OK;
    cm_buffer_reset(plain);
    for (size_t at = 0; at < text->len;) {
        bool escape = text->ptr[at] == '\\', is_nul = text->len - at >= size && memcmp(text->ptr + at, nul, size) == 0;
        size_t len = escape && text->len - at > 1 ? 2 : 1; /* a backslash takes with it what it escapes */
        if (is_nul)
            cm_buffer_byte(plain, '\\');
        cm_buffer_append(plain, text->ptr + at, is_nul ? size : len);
        at += is_nul ? size : len;
    }
    *text = cm_buffer_view(plain);
    return cm_buffer_status(plain);
}

static int bind(sqlite3_stmt *statement, int place, struct cm_span text)
{
    return sqlite3_bind_text64(statement, place, text.ptr ? text.ptr : "", text.len, SQLITE_STATIC, SQLITE_UTF8);
}

/* One of the statements that fill or clear the other tables. */
static bool do_rows(struct sink_sqlite *sink, enum statement which, struct cm_span card, const struct cm_span key[2])
{
    sqlite3_stmt *statement = sink->statements[which];
    bool clears = which == CLEAR_DIMENSIONS || which == CLEAR_BEHAVIOURS;
    bool good = (clears || bind(statement, 1, card) == SQLITE_OK) && bind(statement, 2, key[0]) == SQLITE_OK &&
                bind(statement, 3, key[1]) == SQLITE_OK && sqlite3_step(statement) == SQLITE_DONE;
    return (sqlite3_reset(statement) == SQLITE_OK) && good;
}

static struct cm_span column(sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);
    return (struct cm_span){text, (size_t)sqlite3_column_bytes(statement, index)};
}

static enum cm_status put_card(struct sink_sqlite *sink, struct cm_span line)
{
    struct cm_span card = line;
    enum cm_status status = without_nul(&sink->plain, &card);
    if (status != CM_OK)
        return status;
    sqlite3_stmt *put = sink->statements[PUT_CARD];
    bool good = bind(put, 1, card) == SQLITE_OK && bind(put, 2, line) == SQLITE_OK;
    int step = good ? sqlite3_step(put) : SQLITE_ERROR;
    if (step == SQLITE_ROW) {
        const struct cm_span key[2] = {column(put, 0), column(put, 1)};
        for (int i = CLEAR_DIMENSIONS; i < STATEMENT_COUNT && good; i++)
            good = do_rows(sink, (enum statement)i, card, key);
        if (good)
            step = sqlite3_step(put);
    }
    return good && step == SQLITE_DONE && sqlite3_reset(put) == SQLITE_OK ? CM_OK : fail(sink);
}

static enum cm_status begin(struct sink_sqlite *sink)
{
    if (sqlite3_exec(sink->base.db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return fail(sink);
    sink->begun = true;
    sink->lost = false;
    return CM_OK;
}

static enum cm_status write_sqlite(struct cm_sink *base, struct cm_span records)
{
    struct sink_sqlite *sink = (struct sink_sqlite *)base;
    enum cm_status status = sink->begun || records.len == 0 ? CM_OK : begin(sink);
    while (records.len && status == CM_OK) {
        const char *newline = memchr(records.ptr, '\n', records.len);
        size_t len = newline ? (size_t)(newline - records.ptr) : records.len, used = newline ? len + 1 : len;
        if (len)
            status = put_card(sink, (struct cm_span){records.ptr, len});
        records = (struct cm_span){records.ptr + used, records.len - used};
    }
    return status;
}

static enum cm_status flush_sqlite(struct cm_sink *base)
{
    struct sink_sqlite *sink = (struct sink_sqlite *)base;
    if (sink->lost)
        return CM_EIO;
    if (!sink->begun)
        return CM_OK;
    if (sqlite3_exec(sink->base.db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return fail(sink);
    sink->begun = false;
    sink->flushed = true;
    return CM_OK;
}

static enum cm_status close_sqlite(struct cm_sink *base, bool keep)
{
    struct sink_sqlite *sink = (struct sink_sqlite *)base;
    enum cm_status status = keep ? flush_sqlite(base) : CM_OK;
    if (keep && status == CM_OK)
        sink->flushed = true; /* an archive without interactions is a database without rows */
    free_sqlite(sink);
    return status;
}

static enum cm_status open_sqlite(struct cm_sink **out, const char *target, struct cm_diagnostics *diagnostics)
{
    struct sink_sqlite *sink = calloc(1, sizeof *sink);
    if (!sink)
        return CM_ENOMEM;
    sink->sink = (struct cm_sink){&cm_sink_sqlite, CM_SINK_NDJSON};
    sink->path = strdup(target);
    sink->base = (struct database){.path = sink->path, .diagnostics = diagnostics};
    enum cm_status status = sink->path ? create_file(sink) : CM_ENOMEM;
    if (status == CM_OK)
        status = open_database(sink);
    if (status != CM_OK) {
        free_sqlite(sink);
        return status == CM_EINPUT ? CM_EIO : status;
    }
    *out = &sink->sink;
    return CM_OK;
}

const struct cm_sink_ops cm_sink_sqlite = {"sqlite", open_sqlite, write_sqlite, flush_sqlite, close_sqlite};

/* ---------------------------------------------------------------- erase and find */

static enum cm_status open_ours(struct database *base, int flags)
{
    bool empty;
    enum cm_status status = open_file(base, flags);
    if (status == CM_OK)
        status = identify(base, &empty);
    if (status == CM_OK && empty)
        status = tell(base, "sink-open", "use", "it holds no scorecards");
    return status;
}

/* One statement about one id; rows are appended to lines, which is NULL where there are none. */
static enum cm_status ask(struct database *base, const char *text, struct cm_span id, struct cm_buffer *lines)
{
    const char *fault = lines ? "sink-read" : "sink-write", *what = lines ? "read" : "write";
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_ERROR;
    if (sqlite3_prepare_v2(base->db, text, -1, &statement, NULL) == SQLITE_OK && bind(statement, 1, id) == SQLITE_OK)
        while ((step = sqlite3_step(statement)) == SQLITE_ROW && lines) {
            cm_buffer_span(lines, column(statement, 0));
            cm_buffer_byte(lines, '\n');
        }
    enum cm_status status = step == SQLITE_DONE ? CM_OK : tell_fault(base, fault, what);
    sqlite3_finalize(statement);
    return status == CM_OK && lines ? cm_buffer_status(lines) : status;
}

/* An id as columns hold it. */
static enum cm_status as_stored(struct cm_buffer *buffer, struct cm_span id)
{
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i])
            cm_buffer_byte(buffer, id.ptr[i]);
        else
            cm_buffer_text(buffer, "\\u0000");
    return cm_buffer_status(buffer);
}

/* A question that changes nothing. */
static enum cm_status look(const char *path, const char *text, struct cm_span wanted, struct cm_buffer *lines,
                           struct cm_diagnostics *diagnostics)
{
    struct database base = {.path = path, .diagnostics = diagnostics};
    struct cm_buffer id = CM_BUFFER_EMPTY;
    enum cm_status status = as_stored(&id, wanted);
    if (status == CM_OK)
        status = open_ours(&base, SQLITE_OPEN_READONLY);
    if (status == CM_OK)
        status = ask(&base, text, cm_buffer_view(&id), lines);
    sqlite3_close(base.db);
    cm_buffer_free(&id);
    return status == CM_EINPUT ? CM_EIO : status;
}

enum cm_status cm_sqlite_find(const char *path, struct cm_span interaction_id, struct cm_buffer *lines, struct cm_diagnostics *diagnostics)
{
    return look(path, CM_SQLITE_FIND, interaction_id, lines, diagnostics);
}

enum cm_status cm_sqlite_count(const char *path, struct cm_span customer_id, uint64_t *count, struct cm_diagnostics *diagnostics)
{
    struct cm_buffer digits = CM_BUFFER_EMPTY;
    *count = 0;
    enum cm_status status = look(path, CM_SQLITE_COUNT, customer_id, &digits, diagnostics);
    for (size_t i = 0; status == CM_OK && i + 1 < digits.len; i++) /* a newline stands behind them */
        *count = *count * 10 + (uint64_t)(digits.ptr[i] - '0');
    cm_buffer_free(&digits);
    return status;
}

/* The log holds what was removed until it is emptied; an older reader may still need it. */
static enum cm_status empty_log(struct database *base)
{
    int code = sqlite3_wal_checkpoint_v2(base->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (code == SQLITE_BUSY)
        return tell(base, "sink-erase", "empty the log of", "another program is reading it");
    return code == SQLITE_OK ? CM_OK : tell_fault(base, "sink-erase", "empty the log of");
}

static enum cm_status erase_rows(struct database *base, struct cm_span customer, uint64_t *erased)
{
    static const char *const texts[] = {CM_SQLITE_ERASE_DIMENSIONS, CM_SQLITE_ERASE_BEHAVIOURS, CM_SQLITE_ERASE_CARDS};
    enum cm_status status = run(base, "PRAGMA secure_delete=ON;PRAGMA synchronous=FULL;BEGIN IMMEDIATE", "sink-write", "write");
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == CM_OK; i++)
        status = ask(base, texts[i], customer, NULL);
    uint64_t count = (uint64_t)sqlite3_changes64(base->db);
    if (status == CM_OK)
        status = run(base, "COMMIT", "sink-write", "write");
    if (status == CM_OK)
        *erased = count;
    return status; /* closing rolls back what was not committed */
}

enum cm_status cm_sqlite_erase(const char *path, struct cm_span customer_id, uint64_t *erased, struct cm_diagnostics *diagnostics)
{
    struct database base = {.path = path, .diagnostics = diagnostics};
    struct cm_buffer id = CM_BUFFER_EMPTY;
    *erased = 0;
    enum cm_status status = as_stored(&id, customer_id);
    if (status == CM_OK)
        status = open_ours(&base, SQLITE_OPEN_READWRITE);
    if (status == CM_OK)
        status = erase_rows(&base, cm_buffer_view(&id), erased);
    if (status == CM_OK)
        status = empty_log(&base);
    sqlite3_close(base.db);
    cm_buffer_free(&id);
    return status == CM_EINPUT ? CM_EIO : status;
}
