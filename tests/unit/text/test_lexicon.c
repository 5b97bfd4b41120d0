#include "text/lexicon.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/words.h"

#define LEXICON CM_SOURCE_DIR "/rules/lexicon"

static char folder[] = "/tmp/cm-lexicon-XXXXXX";
static struct cm_diagnostics diagnostics;

static void write_file(const char *name, const char *contents)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(contents, file), 0);
    cr_assert_eq(fclose(file), 0);
}

/* A lexicon that is whole and nearly empty; tests add to it. */
static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    char path[256];
    snprintf(path, sizeof(path), "%s/fold", folder);
    cr_assert_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/lists", folder);
    cr_assert_eq(mkdir(path, 0700), 0);
#define X(id, name, bit) write_file("lists/" name, name "\n");
    CM_WORD_LISTS(X)
#undef X
}

static void remove_folder(void)
{
    static const char *const names[] = {"fold/a", "fold/b", "lists/extra", "words", "macros", "fold", "lists"};
    char path[256];
#define X(id, name, bit)                                                                                                                   \
    snprintf(path, sizeof(path), "%s/lists/" name, folder);                                                                                \
    unlink(path);
    CM_WORD_LISTS(X)
#undef X
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        remove(path);
    }
    rmdir(folder);
    cm_diagnostics_free(&diagnostics);
}

static const struct cm_lexicon_entry *find(const struct cm_lexicon *lexicon, const char *word)
{
    return cm_lexicon_find(lexicon, cm_span_of(word), cm_word_hash(word, strlen(word)));
}

static void expect_fault(const char *id, uint32_t line, uint32_t column)
{
    struct cm_lexicon *lexicon;
    cr_expect_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_ERULES);
    cr_expect_null(lexicon);
    const struct cm_diagnostic *found = cm_diagnostics_find(&diagnostics, id);
    cr_assert_not_null(found, "no %s", id);
    cr_expect_eq(found->place.line, line, "%s at line %u", id, found->place.line);
    cr_expect_eq(found->place.column, column, "%s at column %u", id, found->place.column);
}

TestSuite(lexicon_data, .init = make_folder, .fini = remove_folder);

Test(lexicon, the_shipped_one_loads_without_a_word)
{
    struct cm_lexicon *lexicon;
    cr_assert_eq(cm_lexicon_load(LEXICON, &diagnostics, &lexicon), CM_OK);
    cr_expect_eq(diagnostics.errors + diagnostics.warnings, 0);
    size_t count;
    cr_expect_not_null(cm_lexicon_list(lexicon, CM_SPAN("soft_hypothetical"), &count));
    cr_expect_geq(count, 4);
    cr_expect_not_null(cm_lexicon_macro(lexicon, CM_SPAN("money"), NULL).ptr);
    cr_expect_not_null(cm_lexicon_macro(lexicon, CM_SPAN("duration"), NULL).ptr);
    cr_expect_not_null(cm_lexicon_macro(lexicon, CM_SPAN("date"), NULL).ptr);
    cr_expect_null(cm_lexicon_macro(lexicon, CM_SPAN("number"), NULL).ptr);
    cr_expect(cm_lexicon_lists(lexicon, CM_SPAN("never")) & CM_WORD_NEGATOR);
    cr_expect(cm_lexicon_lists(lexicon, CM_SPAN("although")) & CM_WORD_CLAUSE);
    cr_expect_eq(cm_lexicon_lists(lexicon, CM_SPAN("zebra")), 0);
    cr_expect_eq(cm_lexicon_lists(lexicon, CM_SPAN("")), 0);
    cm_lexicon_free(lexicon);
    cm_diagnostics_free(&diagnostics);
}

Test(lexicon_data, entries_are_found)
{
    struct cm_lexicon *lexicon;
    write_file("fold/a", "# comment\n\nU -> you\r\nI\xE2\x80\x99m -> i am # why\nabracadabra-hocus-pocus -> Magic\n");
    write_file("words", "soon  too\nzoo\n");
    write_file("lists/stop", "you\n");
    cr_assert_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_OK);
    const struct cm_lexicon_entry *entry = find(lexicon, "u");
    cr_assert_not_null(entry);
    cr_expect_eq(entry->count, 1);
    cr_expect(entry->known);
    cr_expect_eq(memcmp(entry->words[0].ptr, "you", 3), 0);
    cr_expect_eq(entry->words[0].lists, CM_WORD_STOP);
    cr_expect_eq(entry->words[0].hash, cm_word_hash("you", 3));
    entry = find(lexicon, "i'm");
    cr_assert_not_null(entry);
    cr_expect_eq(entry->count, 2);
    cr_expect_eq(memcmp(entry->words[1].ptr, "am", 3), 0);
    entry = find(lexicon, "abracadabra-hocus-pocus");
    cr_assert_not_null(entry);
    cr_expect_eq(memcmp(entry->words[0].ptr, "magic", 5), 0);
    entry = find(lexicon, "zoo");
    cr_assert_not_null(entry);
    cr_expect(entry->known);
    cr_expect_eq(memcmp(entry->words[0].ptr, "zoo", 3), 0);
    cr_expect_null(find(lexicon, "zo"));
    cr_expect_null(find(lexicon, "abracadabra-hocus-pocuz"));
    cr_expect_null(find(lexicon, ""));
    cm_lexicon_free(lexicon);
}

static void collect(void *context, struct cm_span folded)
{
    char *out = context;
    size_t len = strlen(out);
    snprintf(out + len, 128 - len, "%.*s ", (int)folded.len, folded.ptr);
}

Test(lexicon_data, prefixes_reach_one_to_one_entries)
{
    struct cm_lexicon *lexicon;
    char got[128] = "";
    write_file("fold/a",
               "apologise -> apologize\napologised -> apologized\nappt -> appointment\napl -> apple\napols -> big apology\nzap -> x\n");
    cr_assert_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_OK);
    cm_lexicon_each_prefixed(lexicon, CM_SPAN("apologis"), collect, got);
    cr_expect_str_eq(got, "apologize apologized ");
    got[0] = '\0';
    cm_lexicon_each_prefixed(lexicon, CM_SPAN("ap"), collect, got);
    cr_expect_str_eq(got, "apologize apologized appointment ");
    got[0] = '\0';
    cm_lexicon_each_prefixed(lexicon, CM_SPAN("q"), collect, got);
    cr_expect_str_eq(got, "");
    cm_lexicon_free(lexicon);
}

Test(lexicon_data, macros_keep_their_text_and_place)
{
    struct cm_lexicon *lexicon;
    struct cm_place place;
    write_file("macros", "# m\n%money =  (a|b)  c?\n");
    cr_assert_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_OK);
    struct cm_span text = cm_lexicon_macro(lexicon, CM_SPAN("money"), &place);
    cr_expect(cm_span_equal(text, CM_SPAN("(a|b)  c?")));
    cr_expect_eq(place.line, 2);
    cr_expect_eq(place.column, 11);
    cm_lexicon_free(lexicon);
}

Test(lexicon_data, lists_keep_phrases_and_order)
{
    struct cm_lexicon *lexicon;
    size_t count;
    write_file("lists/extra", "Would  Like\nwould love\n");
    cr_assert_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_OK);
    const struct cm_span *entries = cm_lexicon_list(lexicon, CM_SPAN("extra"), &count);
    cr_assert_eq(count, 2);
    cr_expect(cm_span_equal(entries[0], CM_SPAN("would like")));
    cr_expect(cm_span_equal(entries[1], CM_SPAN("would love")));
    cr_expect_null(cm_lexicon_list(lexicon, CM_SPAN("none"), &count));
    cr_expect_eq(count, 0);
    cm_lexicon_free(lexicon);
}

Test(lexicon_data, hash_depends_on_entries_not_on_files)
{
    uint64_t hashes[3][2];
    static const char *const first[] = {"a -> b\nc -> d\n", "# c\nc -> d\n", "c -> d\n"};
    static const char *const second[] = {"\n", "a -> b\n", "a -> x\n"};
    for (int i = 0; i < 3; i++) {
        struct cm_lexicon *lexicon;
        write_file("fold/a", first[i]);
        write_file("fold/b", second[i]);
        cr_assert_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_OK);
        cm_lexicon_hash(lexicon, hashes[i]);
        cm_lexicon_free(lexicon);
    }
    cr_expect_eq(memcmp(hashes[0], hashes[1], sizeof(hashes[0])), 0);
    cr_expect_neq(memcmp(hashes[0], hashes[2], sizeof(hashes[0])), 0);
}

Test(lexicon_data, missing_arrow)
{
    write_file("fold/a", "ok -> okay\n u you\n");
    expect_fault("lexicon-syntax", 2, 4);
}

Test(lexicon_data, nothing_after_arrow)
{
    write_file("fold/a", "u -> # you\n");
    expect_fault("lexicon-syntax", 1, 3);
}

Test(lexicon_data, duplicate_key_across_files)
{
    write_file("fold/a", "u -> you\n");
    write_file("fold/b", "\nU -> your\n");
    expect_fault("lexicon-duplicate", 2, 1);
}

Test(lexicon_data, not_idempotent)
{
    write_file("fold/a", "u -> you\nya -> hey u\n");
    expect_fault("lexicon-not-idempotent", 2, 1);
}

Test(lexicon_data, expansion_is_no_plain_word)
{
    write_file("fold/a", "co -> co-op\n");
    expect_fault("lexicon-bad-word", 1, 1);
}

Test(lexicon_data, expansion_would_be_a_number)
{
    write_file("fold/a", "two -> 2\n");
    expect_fault("lexicon-bad-word", 1, 1);
}

Test(lexicon_data, expansion_would_be_shortened)
{
    write_file("fold/a", "hm -> hmmm\n");
    expect_fault("lexicon-bad-word", 1, 1);
}

Test(lexicon_data, listed_word_folds)
{
    write_file("fold/a", "u -> you\n");
    write_file("lists/stop", "and\nu\n");
    expect_fault("lexicon-list-unfolded", 2, 1);
}

Test(lexicon_data, raw_lists_may_hold_what_folds)
{
    struct cm_lexicon *lexicon;
    write_file("fold/a", "approx -> approximately\n");
    write_file("lists/abbreviations", "approx\n");
    cr_assert_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_OK);
    cr_expect(cm_lexicon_lists(lexicon, CM_SPAN("approx")) & CM_WORD_ABBREVIATION);
    cr_expect_eq(cm_lexicon_lists(lexicon, CM_SPAN("approximately")), 0);
    cm_lexicon_free(lexicon);
}

Test(lexicon_data, phrase_in_a_word_list)
{
    write_file("lists/stop", "of course\n");
    expect_fault("lexicon-list-phrase", 1, 1);
}

Test(lexicon_data, rows_of_backchannels)
{
    struct cm_lexicon *lexicon;
    write_file("lists/backchannel", "yeah\nI  see\nis that so\n");
    cr_assert_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_OK);
    cr_expect_eq(cm_lexicon_lists(lexicon, CM_SPAN("yeah")), CM_WORD_BACKCHANNEL);
    cr_expect_eq(cm_lexicon_lists(lexicon, CM_SPAN("see")), 0);
    cm_lexicon_free(lexicon);
}

Test(lexicon_data, long_row_of_backchannels)
{
    write_file("lists/backchannel", "yeah\noh i see now\n");
    expect_fault("lexicon-list-phrase", 2, 1);
}

Test(lexicon_data, row_of_backchannels_that_folds)
{
    write_file("fold/a", "u -> you\n");
    write_file("lists/backchannel", "got you\nsee u\n");
    expect_fault("lexicon-list-unfolded", 2, 1);
}

Test(lexicon_data, list_without_entries)
{
    write_file("lists/stop", "# nothing\n");
    expect_fault("lexicon-missing-list", 0, 0);
}

Test(lexicon_data, bad_utf8)
{
    write_file("words", "good\nb\xFF"
                        "d\n");
    expect_fault("lexicon-syntax", 2, 1);
}

Test(lexicon_data, long_word)
{
    write_file("words", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
    expect_fault("lexicon-word-long", 1, 1);
}

Test(lexicon_data, too_many_words)
{
    write_file("fold/a", "x -> a b c d e f g h i\n");
    expect_fault("lexicon-syntax", 1, 22);
}

Test(lexicon_data, macro_without_expression)
{
    write_file("macros", "%money = \n");
    expect_fault("lexicon-syntax", 1, 8);
}

Test(lexicon_data, macro_twice)
{
    write_file("macros", "%a = x\n%a = y\n");
    expect_fault("lexicon-duplicate", 2, 6);
}

Test(lexicon_data, all_faults_are_told)
{
    struct cm_lexicon *lexicon;
    write_file("fold/a", "a b\nc d\ne -> f\ne -> g\n");
    cr_expect_eq(cm_lexicon_load(folder, &diagnostics, &lexicon), CM_ERULES);
    cr_expect_eq(diagnostics.errors, 3);
}

Test(lexicon, missing_folder)
{
    struct cm_lexicon *lexicon;
    cr_expect_eq(cm_lexicon_load("/nonexistent/lexicon", &diagnostics, &lexicon), CM_EIO);
    cr_expect_null(lexicon);
    cr_expect_not_null(cm_diagnostics_find(&diagnostics, "lexicon-unreadable"));
    cm_diagnostics_free(&diagnostics);
}
