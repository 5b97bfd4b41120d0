/* Arguments to files: what is found, in which order, and what is told when it is not there. */
#include <criterion/criterion.h>
#include <fcntl.h>

#include "io/inputs.h"
#include "scratch.h"

static struct scratch scratch;
static struct cm_inputs inputs;
static struct cm_diagnostics diagnostics;

static void start(void)
{
    cr_assert(scratch_make(&scratch));
    cr_assert_eq(chdir(scratch.folder), 0);
}

static void stop(void)
{
    cm_inputs_free(&inputs);
    cm_diagnostics_free(&diagnostics);
    cr_assert_eq(chdir("/"), 0);
    scratch_remove(&scratch);
}

TestSuite(inputs, .init = start, .fini = stop);

static void put(const char *name)
{
    char *path = scratch_file(&scratch, name, "{}\n", 3);
    cr_assert_not_null(path);
    free(path);
}

static void folder(const char *name)
{
    cr_assert_eq(mkdir(name, 0777), 0);
}

static enum cm_status expand(size_t count, const char *const *arguments)
{
    return cm_inputs_expand(&inputs, arguments, count, &diagnostics);
}

#define EXPAND(...) expand(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void assert_paths(size_t count, const char *const *paths)
{
    cr_assert_eq(inputs.count, count, "%zu files", inputs.count);
    for (size_t i = 0; i < count; i++)
        cr_assert_str_eq(inputs.items[i].path, paths[i]);
}

#define ASSERT_PATHS(...) assert_paths(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

Test(inputs, files_in_bytewise_order)
{
    put("b.ndjson");
    put("a.txt");
    put("B.ndjson");
    cr_assert_eq(EXPAND("b.ndjson", "a.txt", "B.ndjson"), CM_OK);
    ASSERT_PATHS("B.ndjson", "a.txt", "b.ndjson");
    cr_assert(inputs.items[0].sized);
    cr_assert_eq(inputs.items[0].bytes, 3);
}

Test(inputs, a_file_named_twice_is_read_once)
{
    put("a.ndjson");
    folder("d");
    cr_assert_eq(symlink("../a.ndjson", "d/link.ndjson"), 0);
    cr_assert_eq(link("a.ndjson", "hard.ndjson"), 0);
    cr_assert_eq(EXPAND("hard.ndjson", "./a.ndjson", "a.ndjson", "d", "a.ndjson"), CM_OK);
    ASSERT_PATHS("./a.ndjson");
}

Test(inputs, folders_are_walked)
{
    folder("d");
    folder("d/e");
    folder("d/e/.git");
    put("d/z.json");
    put("d/e/a.jsonl.gz");
    put("d/e/b.ndjson.zst");
    put("d/e/c.txt");
    put("d/e/.hidden.ndjson");
    put("d/e/.git/x.ndjson");
    put("d/.ndjson");
    put("d/notes.ndjson.bak");
    cr_assert_eq(EXPAND("d/"), CM_OK);
    ASSERT_PATHS("d/e/a.jsonl.gz", "d/e/b.ndjson.zst", "d/z.json");
}

Test(inputs, links_to_folders_are_not_followed)
{
    folder("d");
    put("d/a.ndjson");
    cr_assert_eq(symlink(".", "d/loop"), 0);
    cr_assert_eq(symlink("../d", "d/self.ndjson"), 0);
    cr_assert_eq(EXPAND("d"), CM_OK);
    ASSERT_PATHS("d/a.ndjson");
}

Test(inputs, patterns)
{
    put("a1.ndjson");
    put("a2.ndjson");
    put("b1.ndjson");
    folder("a3");
    put("a3/x.ndjson");
    cr_assert_eq(EXPAND("a*"), CM_OK);
    ASSERT_PATHS("a1.ndjson", "a2.ndjson", "a3/x.ndjson");
}

Test(inputs, a_file_whose_name_looks_like_a_pattern_is_a_file)
{
    put("a[1].ndjson");
    put("a1.ndjson");
    cr_assert_eq(EXPAND("a[1].ndjson"), CM_OK);
    ASSERT_PATHS("a[1].ndjson");
}

Test(inputs, standard_input_stands_beside_files)
{
    put("a.ndjson");
    cr_assert_eq(EXPAND("a.ndjson", "-", "-"), CM_OK);
    ASSERT_PATHS("-", "a.ndjson");
}

static void assert_told(const char *id, const char *message)
{
    for (size_t i = 0; i < diagnostics.count; i++)
        if (strcmp(diagnostics.items[i].message, message) == 0) {
            cr_assert_str_eq(diagnostics.items[i].id, id);
            return;
        }
    cr_assert_fail("not told: %s (but %s)", message, diagnostics.count ? diagnostics.items[0].message : "nothing");
}

Test(inputs, everything_that_cannot_be_read_is_told)
{
    put("a.ndjson");
    folder("empty");
    cr_assert_eq(symlink("nowhere", "dangling.ndjson"), 0);
    cr_assert_eq(EXPAND("a.ndjson", "missing.ndjson", "empty", "x*.ndjson", "a.ndjson/b", "dangling.ndjson", ""), CM_EIO);
    cr_assert_eq(diagnostics.errors, 6);
    assert_told("input-open", "cannot open 'missing.ndjson': No such file or directory");
    assert_told("input-empty", "no .ndjson, .jsonl or .json file (plain, .gz or .zst) in folder 'empty'");
    assert_told("input-open", "no file matches 'x*.ndjson'");
    assert_told("input-open", "cannot open 'a.ndjson/b': Not a directory");
    assert_told("input-open", "cannot open 'dangling.ndjson': No such file or directory");
    assert_told("input-open", "cannot open '': No such file or directory");
}

Test(inputs, a_dangling_link_in_a_folder_is_told)
{
    folder("d");
    put("d/a.ndjson");
    cr_assert_eq(symlink("nowhere", "d/b.ndjson"), 0);
    cr_assert_eq(EXPAND("d"), CM_EIO);
    assert_told("input-open", "cannot open 'd/b.ndjson': No such file or directory");
}

Test(inputs, a_pipe_in_a_folder_is_left_out_and_told)
{
    folder("d");
    put("d/a.ndjson");
    cr_assert_eq(mkfifo("d/b.ndjson", 0666), 0);
    cr_assert_eq(EXPAND("d", "d/*.ndjson"), CM_OK);
    ASSERT_PATHS("d/a.ndjson");
    assert_told("input-special", "left out 'd/b.ndjson': it is no regular file");
}

Test(inputs, a_pipe_that_is_named_is_an_input)
{
    cr_assert_eq(mkfifo("b", 0666), 0);
    cr_assert_eq(EXPAND("b"), CM_OK);
    ASSERT_PATHS("b");
}

Test(inputs, a_folder_without_rights)
{
    if (geteuid() == 0) {
        fprintf(stderr, "skipped: root may read every folder (dangling links and ENOTDIR stand for it)\n");
        return;
    }
    folder("closed");
    cr_assert_eq(chmod("closed", 0), 0);
    cr_assert_eq(EXPAND("closed"), CM_EIO);
    assert_told("input-open", "cannot open folder 'closed': Permission denied");
}

Test(inputs, too_many_folders_within_folders)
{
    for (unsigned depth = 0; depth <= CM_FOLDER_DEPTH_MAX; depth++) {
        folder("d");
        cr_assert_eq(chdir("d"), 0);
    }
    cr_assert_eq(chdir(scratch.folder), 0);
    cr_assert_eq(EXPAND("d"), CM_EIO);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "input-depth"));
}
