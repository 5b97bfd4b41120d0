/* Files appear whole or not at all; every way in which writing fails is told once, with the path. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "io/sink.h"
#include "scratch.h"

static struct scratch scratch;
static struct cm_diagnostics diagnostics;

static void start(void)
{
    cr_assert(scratch_make(&scratch));
    signal(SIGPIPE, SIG_IGN);
}

static void stop(void)
{
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
}

TestSuite(sink, .init = start, .fini = stop);

static void assert_holds(const char *path, const char *text)
{
    size_t len;
    char *bytes = scratch_read(path, &len);
    cr_assert_not_null(bytes, "%s is not there", path);
    cr_assert_str_eq(bytes, text);
    free(bytes);
}

/* How many names the folder holds. */
static unsigned names(void)
{
    char command[128];
    unsigned count = 0;
    snprintf(command, sizeof command, "ls -A %s", scratch.folder);
    FILE *list = popen(command, "r");
    cr_assert_not_null(list);
    for (int byte; (byte = fgetc(list)) != EOF;)
        count += byte == '\n';
    pclose(list);
    return count;
}

Test(sink, kinds_by_ending)
{
    cr_assert_eq(cm_sink_for("a.csv"), &cm_sink_csv);
    cr_assert_eq(cm_sink_for("a.ndjson"), &cm_sink_ndjson);
    cr_assert_eq(cm_sink_for("-"), &cm_sink_ndjson);
    cr_assert_eq(cm_sink_for("/dev/null"), &cm_sink_ndjson);
    cr_assert_eq(cm_sink_for("null:"), &cm_sink_null);
    cr_assert_eq(cm_sink_for("A.CSV"), &cm_sink_csv);
    cr_assert_eq(cm_sink_for("a.JSONL"), &cm_sink_ndjson);
    static const char *const unknown[] = {"a.odb", "a.gz", "a.ndjson.gz", "a.csv.zst", "a.xlsx", "a.json", "a", ".csv"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        cr_assert_null(cm_sink_for(unknown[i]), "%s", unknown[i]);
}

Test(sink, a_file_has_its_name_only_when_it_is_whole)
{
    char *path = scratch_path(&scratch, "out.ndjson");
    struct cm_sink *sink;
    umask(022);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_ndjson, path, &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_format(sink), CM_SINK_NDJSON);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("{}\n")), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_neq(access(path, F_OK), 0);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("{\"a\":1}\n")), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    assert_holds(path, "{}\n{\"a\":1}\n");
    struct stat about;
    cr_assert_eq(stat(path, &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0644, "for all to read");
    cr_assert_eq(names(), 1);
    free(path);
}

Test(sink, a_run_that_failed_leaves_the_old_file)
{
    char *path = scratch_file(&scratch, "out.csv", "old\n", 4);
    struct cm_sink *sink;
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_csv, path, &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_format(sink), CM_SINK_CSV);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("new\n")), CM_OK);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    assert_holds(path, "old\n");
    cr_assert_eq(names(), 1);
    free(path);
}

Test(sink, what_is_replaced_keeps_its_rights_and_its_links)
{
    char *path = scratch_file(&scratch, "real.ndjson", "old\n", 4), *link = scratch_path(&scratch, "link.ndjson");
    struct cm_sink *sink;
    struct stat about;
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_eq(symlink("real.ndjson", link), 0);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_ndjson, link, &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("new\n")), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    assert_holds(path, "new\n");
    cr_assert(lstat(link, &about) == 0 && S_ISLNK(about.st_mode));
    cr_assert(stat(path, &about) == 0 && (about.st_mode & 07777) == 0640);
    free(path);
    free(link);
}

Test(sink, more_than_is_gathered)
{
    char *path = scratch_path(&scratch, "out.ndjson"), *big = malloc(1 << 20);
    struct cm_sink *sink;
    cr_assert_not_null(big);
    memset(big, 'x', 1 << 20);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_ndjson, path, &diagnostics), CM_OK);
    size_t sum = 0;
    for (size_t len = 1; len <= 1 << 20; len *= 2, sum += len / 2)
        cr_assert_eq(cm_sink_write(sink, (struct cm_span){big, len}), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    struct stat about;
    cr_assert(stat(path, &about) == 0 && (size_t)about.st_size == sum);
    free(big);
    free(path);
}

static void assert_cannot_open(const char *path, const char *message)
{
    struct cm_sink *sink;
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_ndjson, path, &diagnostics), CM_EIO);
    cr_assert_eq(diagnostics.errors, 1);
    cr_assert_str_eq(diagnostics.items[0].id, "sink-open");
    cr_assert_str_eq(diagnostics.items[0].message, message);
    cm_diagnostics_free(&diagnostics);
}

Test(sink, places_that_are_not_there)
{
    cr_assert_eq(chdir(scratch.folder), 0);
    free(scratch_file(&scratch, "file", "", 0));
    assert_cannot_open("no/out.ndjson", "cannot create no/out.ndjson: No such file or directory");
    assert_cannot_open("file/out.ndjson", "cannot create file/out.ndjson: Not a directory");
    assert_cannot_open(".", "cannot write .: Is a directory");
    cr_assert_eq(names(), 1);
}

Test(sink, a_full_disk)
{
    struct cm_sink *sink;
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_ndjson, "/dev/full", &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("{}\n")), CM_OK, "gathered");
    cr_assert_eq(cm_sink_flush(sink), CM_EIO);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("{}\n")), CM_EIO);
    cr_assert_eq(cm_sink_close(sink, true), CM_EIO);
    cr_assert_eq(diagnostics.errors, 1, "told once");
    cr_assert_str_eq(diagnostics.items[0].id, "sink-write");
    cr_assert_str_eq(diagnostics.items[0].message, "cannot write /dev/full: No space left on device");
}

Test(sink, a_full_disk_that_shows_only_at_close)
{
    struct cm_sink *sink;
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_ndjson, "/dev/full", &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("{}\n")), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_EIO);
    cr_assert_eq(diagnostics.errors, 1);
}

Test(sink, a_closed_pipe)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    close(ends[0]);
    struct cm_sink *sink;
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_ndjson, "-", &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("{}\n")), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_EIO);
    cr_assert_str_eq(diagnostics.items[0].id, "sink-closed");
    cr_assert_str_eq(diagnostics.items[0].message, "cannot write standard output: Broken pipe");
    cr_assert_eq(cm_sink_close(sink, true), CM_EIO);
}

Test(sink, standard_output_stays_open)
{
    char *path = scratch_file(&scratch, "out", "", 0);
    int fd = open(path, O_WRONLY);
    cr_assert(fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
    struct cm_sink *sink;
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_ndjson, "-", &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("{}\n")), CM_OK);
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_eq(write(STDOUT_FILENO, "x", 1), 1);
    assert_holds(path, "{}\nx");
    free(path);
}

Test(sink, memory_and_null)
{
    struct cm_sink *sink;
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_mem, "", &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("a\n")), CM_OK);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("b\n")), CM_OK);
    cr_assert(cm_span_equal(cm_sink_mem_view(sink), CM_SPAN("a\nb\n")));
    cr_assert_eq(cm_sink_close(sink, true), CM_OK);
    cr_assert_eq(cm_sink_open(&sink, &cm_sink_null, "null:", &diagnostics), CM_OK);
    cr_assert_eq(cm_sink_format(sink), CM_SINK_NONE);
    cr_assert_eq(cm_sink_write(sink, CM_SPAN("a\n")), CM_OK);
    cr_assert_eq(cm_sink_flush(sink), CM_OK);
    cr_assert_eq(cm_sink_null_bytes(sink), 2);
    cr_assert_eq(cm_sink_close(sink, false), CM_OK);
    cr_assert_eq(cm_sink_close(NULL, true), CM_OK);
}
