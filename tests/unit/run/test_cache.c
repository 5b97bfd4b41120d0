/* What is kept is found again as it was; what anybody has changed, or could have, is not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/image.h"
#include "run/cache.h"
#include "scratch.h"

static struct scratch scratch;
static struct cm_hash128 key;
static char *folder, *file;
static struct cm_cache_block block;

static const struct cm_span kept = {"what took long to make", 22};

static void start(void)
{
    struct cm_hash128 input = {1, 2};
    cr_assert(scratch_make(&scratch));
    folder = scratch_path(&scratch, "deep/cache");
    setenv("CAREMETER_CACHE", folder, 1);
    cr_assert(cm_cache_key("test", &input, 1, &key));
    char name[64];
    snprintf(name, sizeof name, "deep/cache/%016llx%016llx.image", (unsigned long long)key.high, (unsigned long long)key.low);
    file = scratch_path(&scratch, name);
}

static void stop(void)
{
    cm_cache_drop(&block);
    scratch_remove(&scratch);
    free(folder);
    free(file);
}

TestSuite(cache, .init = start, .fini = stop);

static bool found(void)
{
    cm_cache_drop(&block);
    enum cm_status status = cm_cache_get(key, &block);
    cr_assert(status == CM_OK || status == CM_END);
    return status == CM_OK && cm_span_equal((struct cm_span){block.bytes, block.len}, kept);
}

Test(cache, nothing_then_what_was_kept)
{
    cr_expect_not(found());
    cm_cache_put(key, kept);
    cr_expect(found());
    cr_expect_eq((uintptr_t)block.bytes % CM_IMAGE_ALIGN_BYTES, 0);
}

Test(cache, kept_again_is_the_new_one)
{
    cm_cache_put(key, CM_SPAN("another"));
    cr_expect_not(found());
    cm_cache_put(key, kept);
    cr_expect(found());
}

Test(cache, folder_and_file_are_the_users_alone)
{
    struct stat info;
    cm_cache_put(key, kept);
    cr_assert_eq(stat(folder, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0700);
    cr_assert_eq(stat(file, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0600);
}

Test(cache, what_others_may_write_is_not_read)
{
    cm_cache_put(key, kept);
    cr_assert_eq(chmod(file, 0622), 0);
    cr_expect_not(found());
    cr_assert_eq(chmod(file, 0600), 0);
    cr_expect(found());
    cr_assert_eq(chmod(folder, 0777), 0);
    cr_expect_not(found());
}

Test(cache, a_link_is_not_followed)
{
    cm_cache_put(key, kept);
    char *elsewhere = scratch_path(&scratch, "elsewhere");
    cr_assert_eq(rename(file, elsewhere), 0);
    cr_assert_eq(symlink(elsewhere, file), 0);
    cr_expect_not(found());
    free(elsewhere);
}

Test(cache, every_truncation_and_every_changed_byte_is_noticed)
{
    size_t len;
    cm_cache_put(key, kept);
    char *bytes = scratch_read(file, &len);
    cr_assert_eq(len, CM_IMAGE_ALIGN_BYTES + kept.len);
    for (size_t i = 0; i < len; i++) {
        FILE *out = fopen(file, "wb");
        cr_assert(fwrite(bytes, 1, i, out) == i && fclose(out) == 0);
        cr_expect_not(found(), "cut to %zu bytes", i);
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 1;
        FILE *out = fopen(file, "wb");
        cr_assert(fwrite(bytes, 1, len, out) == len && fclose(out) == 0);
        bytes[i] ^= 1;
        cr_expect(i >= CM_IMAGE_ALIGN_BYTES - 8 && i < CM_IMAGE_ALIGN_BYTES ? found() : !found(), "byte %zu", i);
    }
    free(bytes);
}

Test(cache, a_file_of_another_key_is_not_taken)
{
    cm_cache_put(key, kept);
    struct cm_hash128 other = key;
    other.low++;
    char name[64];
    snprintf(name, sizeof name, "deep/cache/%016llx%016llx.image", (unsigned long long)other.high, (unsigned long long)other.low);
    char *path = scratch_path(&scratch, name);
    cr_assert_eq(rename(file, path), 0);
    key = other;
    cr_expect_not(found());
    free(path);
}

Test(cache, those_used_last_stay_and_other_files_are_left_alone)
{
    cm_cache_put(key, kept);
    char *other = scratch_file(&scratch, "deep/cache/notes.image", "mine", 4);
    struct timespec long_ago[2] = {{1, 0}, {1, 0}};
    cr_assert_eq(utimensat(AT_FDCWD, file, long_ago, 0), 0);
    cr_assert_eq(utimensat(AT_FDCWD, other, long_ago, 0), 0);
    for (uint64_t i = 0; i < CM_CACHE_FILES_MAX; i++)
        cm_cache_put((struct cm_hash128){i, i}, kept);
    cr_expect_not(found(), "the oldest has gone");
    cr_expect_eq(access(other, F_OK), 0);
    key = (struct cm_hash128){0, 0};
    cr_expect(found());
    free(other);
}

Test(cache, keys_tell_kinds_and_inputs_apart)
{
    struct cm_hash128 inputs[2] = {{1, 2}, {3, 4}}, one, two, other;
    cr_assert(cm_cache_key("test", inputs, 1, &one));
    cr_assert(cm_cache_key("test", inputs, 2, &two));
    cr_assert(cm_cache_key("pack", inputs, 1, &other));
    cr_expect_eq(cm_hash128_compare(one, key), 0);
    cr_expect_neq(cm_hash128_compare(one, two), 0);
    cr_expect_neq(cm_hash128_compare(one, other), 0);
}

Test(cache, switched_off)
{
    cm_cache_put(key, kept);
    struct cm_hash128 none;
    setenv("CAREMETER_CACHE", "off", 1);
    cr_expect_not(found());
    cr_expect_not(cm_cache_key("test", NULL, 0, &none));
    setenv("CAREMETER_CACHE", "", 1);
    cr_expect_not(found());
    cr_expect_not(cm_cache_key("test", NULL, 0, &none));
}

Test(cache, a_home_has_a_place_for_it)
{
    struct stat info;
    char *home = scratch_path(&scratch, "home"), *place = scratch_path(&scratch, "home/.cache/caremeter");
    cr_assert_eq(mkdir(home, 0755), 0);
    unsetenv("CAREMETER_CACHE");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", home, 1);
    cm_cache_put(key, kept);
    cr_expect(found());
    cr_expect(stat(place, &info) == 0 && S_ISDIR(info.st_mode));
    setenv("XDG_CACHE_HOME", scratch.folder, 1);
    cr_expect_not(found(), "XDG_CACHE_HOME comes first");
    setenv("XDG_CACHE_HOME", "relative", 1);
    cr_expect(found(), "a relative one is none");
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME");
    cr_expect_not(found());
    cm_cache_put(key, kept);
    free(home);
    free(place);
}

Test(cache, a_home_that_is_not_there_is_not_made)
{
    char *home = scratch_path(&scratch, "nobody/home");
    unsetenv("CAREMETER_CACHE");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", home, 1);
    cm_cache_put(key, kept);
    cr_expect_not(found());
    cr_expect_neq(access(home, F_OK), 0);
    setenv("XDG_CACHE_HOME", home, 1);
    cm_cache_put(key, kept);
    cr_expect_neq(access(home, F_OK), 0);
    free(home);
}

Test(cache, a_home_of_somebody_else_is_left_alone)
{
    char *home = scratch_path(&scratch, "theirs"), *place = scratch_path(&scratch, "theirs/.cache");
    cr_assert_eq(mkdir(home, 0777), 0);
    if (geteuid() != 0 || chown(home, 12345, 12345) != 0)
        cr_skip_test("skipped: only root can give a folder away");
    unsetenv("CAREMETER_CACHE");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", home, 1);
    cm_cache_put(key, kept);
    cr_expect_neq(access(place, F_OK), 0);
    free(home);
    free(place);
}

/* A file that somebody has made longer is none of ours, and takes no memory: more than there is would be asked for. */
Test(cache, a_file_that_is_too_long_is_not_read)
{
    cm_cache_put(key, kept);
    cr_assert_eq(truncate(file, (off_t)1 << 40), 0);
    cr_expect_not(found());
    cm_cache_put(key, kept);
    cr_expect(found(), "and it is mended");
}

Test(cache, what_was_begun_long_ago_is_taken_away)
{
    char *old = scratch_path(&scratch, "deep/cache/0123456789abcdef0123456789abcdef.writing.1"),
         *young = scratch_path(&scratch, "deep/cache/0123456789abcdef0123456789abcdef.writing.2");
    struct timespec long_ago[2] = {{1, 0}, {1, 0}};
    cm_cache_put(key, kept);
    free(scratch_file(&scratch, "deep/cache/0123456789abcdef0123456789abcdef.writing.1", "x", 1));
    free(scratch_file(&scratch, "deep/cache/0123456789abcdef0123456789abcdef.writing.2", "x", 1));
    cr_assert_eq(utimensat(AT_FDCWD, old, long_ago, 0), 0);
    cm_cache_put(key, kept);
    cr_expect_neq(access(old, F_OK), 0);
    cr_expect_eq(access(young, F_OK), 0);
    free(old);
    free(young);
}

Test(cache, what_is_used_stays)
{
    struct timespec long_ago[2] = {{1, 0}, {1, 0}};
    cm_cache_put(key, kept);
    cr_assert_eq(utimensat(AT_FDCWD, file, long_ago, 0), 0);
    cr_expect(found());
    for (uint64_t i = 0; i + 1 < CM_CACHE_FILES_MAX; i++)
        cm_cache_put((struct cm_hash128){i, i}, kept);
    cm_cache_put((struct cm_hash128){0, 0}, kept);
    cr_expect(found(), "it was used last when the others were made");
}

Test(cache, nowhere_to_write_is_no_fault)
{
    char *path = scratch_file(&scratch, "plain", "", 0);
    setenv("CAREMETER_CACHE", path, 1);
    cm_cache_put(key, kept);
    cr_expect_not(found());
    setenv("CAREMETER_CACHE", "/proc/nowhere", 1);
    cm_cache_put(key, kept);
    cr_expect_not(found());
    free(path);
}
