/* Packs on disk: which files are read, and that nothing outside ever is. */
#include "loading.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ruleset/store.h"

#define CUE "cues: [{id: a, speaker: agent, why: w, phrases: [one], hit: [one], miss: [two]}]\n"

static char top[64];

static void enter_folder(void)
{
    snprintf(top, sizeof top, "/tmp/caremeter-store-XXXXXX");
    cr_assert_not_null(mkdtemp(top));
    cr_assert_eq(chdir(top), 0);
}

static void leave_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", top);
    cr_assert_eq(system(command), 0);
}

TestSuite(store, .init = enter_folder, .fini = leave_folder);

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static struct loading load_folder(const char *folder, const char *root)
{
    struct loading loading = {.lexicon = test_lexicon()};
    loading.status = cm_ruleset_load(folder, &root, root ? 1 : 0, loading.lexicon, &loading.diagnostics, &loading.ruleset);
    return loading;
}

static void assert_folder_says(const char *folder, const char *root, const char *expected)
{
    struct loading loading = load_folder(folder, root);
    cr_assert_str_eq(said(&loading), expected, "%s says %s", folder, said(&loading));
    cr_assert_eq(loading.status, loading.diagnostics.errors ? CM_ERULES : CM_OK);
    unload(&loading);
}

static void make_pack(const char *folder, const char *more)
{
    char path[128], text[512];
    cr_assert_eq(mkdir(folder, 0755), 0);
    snprintf(path, sizeof path, "%s/pack.yaml", folder);
    snprintf(text, sizeof text, "pack: p\nversion: 1.0.0\n%s", more);
    write_file(path, text);
}

Test(store, files_are_read_in_order_and_other_names_are_not)
{
    make_pack("p", "");
    mkdir("p/sub", 0755);
    mkdir("p/.git", 0755);
    write_file("p/z.yaml", "behaviours: []\n");
    write_file("p/sub/a.yaml", CUE);
    write_file("p/.git/broken.yaml", "][");
    write_file("p/.hidden.yaml", "][");
    write_file("p/notes.txt", "][");
    write_file("p/late.yml", "][");
    struct loading loading = load_folder("p/", NULL);
    cr_assert_str_eq(said(&loading), "0:0 file-name");
    cr_assert_eq(loading.status, CM_OK);
    cr_assert_str_eq(loading.ruleset->cues[0].place.file, "p/sub/a.yaml");
    unload(&loading);
}

Test(store, all_folders_that_were_read_are_told)
{
    make_pack("base", CUE);
    make_pack("p", "extends: base\n");
    mkdir("base/sub", 0755);
    mkdir("base/validity", 0755);
    mkdir("p/.git", 0755);
    struct loading loading = load_folder("p", NULL);
    cr_assert_eq(loading.status, CM_OK);
    bool p = false, base = false, sub = false;
    for (uint32_t i = 0; i < loading.ruleset->folder_count; i++) {
        p |= strcmp(loading.ruleset->folders[i], "p") == 0;
        base |= strcmp(loading.ruleset->folders[i], "base") == 0;
        sub |= strcmp(loading.ruleset->folders[i], "base/sub") == 0;
    }
    cr_assert(p && base && sub);
    cr_assert_eq(loading.ruleset->folder_count, 3);
    unload(&loading);
}

Test(store, what_a_pack_is_measured_by_is_no_rule)
{
    make_pack("p", "");
    write_file("p/a.yaml", CUE);
    cr_assert_eq(mkdir("p/validity", 0755), 0);
    write_file("p/validity/map.yaml", "greet: {speaker: agent, any: [a]}\n");
    cr_assert_eq(mkdir("p/b", 0755), 0);
    cr_assert_eq(mkdir("p/b/validity", 0755), 0);
    write_file("p/b/validity/c.yaml", "nonsense: 1\n");
    struct loading loading = load_folder("p", NULL);
    cr_assert_str_eq(loading.diagnostics.items[0].id, "key-unknown", "only the folder at the top is left out");
    cr_assert_eq(loading.diagnostics.errors, 1);
    unload(&loading);
}

Test(store, folders_that_are_no_packs)
{
    mkdir("empty", 0755);
    write_file("file", "pack: p\n");
    assert_folder_says("nowhere", NULL, "0:0 pack-folder");
    assert_folder_says("empty", NULL, "0:0 pack-manifest");
    assert_folder_says("file", NULL, "0:0 pack-folder");
    make_pack("comment", "");
    write_file("comment/pack.yaml", "# nothing\n");
    assert_folder_says("comment", NULL, "0:0 pack-manifest");
}

Test(store, links_stay_inside_the_pack)
{
    make_pack("p", CUE);
    mkdir("p/.data", 0755);
    write_file("p/.data/inside.yaml", "lists: {}\n");
    write_file("outside.yaml", "lists: {}\n");
    cr_assert_eq(symlink(".data/inside.yaml", "p/inside.yaml"), 0);
    assert_folder_says("p", NULL, "");
    cr_assert_eq(symlink("../outside.yaml", "p/outside.yaml"), 0);
    assert_folder_says("p", NULL, "0:0 file-read");
    unlink("p/outside.yaml");
    cr_assert_eq(symlink("gone.yaml", "p/dangling.yaml"), 0);
    assert_folder_says("p", NULL, "0:0 file-read");
    unlink("p/dangling.yaml");
    cr_assert_eq(symlink("..", "p/up"), 0);
    assert_folder_says("p", NULL, "");
}

Test(store, what_is_no_file_or_too_large)
{
    make_pack("p", CUE);
    cr_assert_eq(mkfifo("p/pipe.yaml", 0644), 0);
    assert_folder_says("p", NULL, "0:0 file-read");
    unlink("p/pipe.yaml");
    write_file("p/large.yaml", "#");
    cr_assert_eq(truncate("p/large.yaml", (off_t)CM_YAML_FILE_MAX_BYTES + 1), 0);
    assert_folder_says("p", NULL, "0:0 file-read");
}

Test(store, a_base_is_found_beside_the_pack_then_in_the_roots)
{
    mkdir("packs", 0755);
    mkdir("shipped", 0755);
    make_pack("shipped/base", CUE);
    make_pack("packs/mine", "extends: base\n");
    assert_folder_says("packs/mine", NULL, "3:10 extends-unknown");
    assert_folder_says("packs/mine", "shipped", "");
    make_pack("packs/base", "");
    assert_folder_says("packs/mine", "shipped", "1:1 pack-empty");
}

Test(store, a_pack_may_extend_a_shipped_one_of_its_own_name)
{
    mkdir("shipped", 0755);
    make_pack("shipped/care", CUE);
    make_pack("care", "extends: care\n");
    assert_folder_says("care", "shipped", "");
    assert_folder_says("care", NULL, "3:10 extends-cycle");
    cr_assert_eq(chdir("care"), 0);
    assert_folder_says(".", "../shipped", "");
    cr_assert_eq(chdir(".."), 0);
}

Test(store, a_path_stays_beside_the_pack_or_under_a_root)
{
    mkdir("packs", 0755);
    make_pack("packs/base", CUE);
    make_pack("other", CUE);
    make_pack("packs/mine", "extends: ../base\n");
    make_pack("packs/out", "extends: ../../other\n");
    make_pack("packs/far", "extends: /etc\n");
    assert_folder_says("packs/mine", NULL, "");
    assert_folder_says("packs/out", NULL, "3:10 extends-path");
    assert_folder_says("packs/out", ".", "");
    assert_folder_says("packs/far", NULL, "3:10 extends-path");
    cr_assert_eq(symlink("../other", "packs/link"), 0);
    make_pack("packs/linked", "extends: link\n");
    assert_folder_says("packs/linked", NULL, "3:10 extends-unknown");
}
