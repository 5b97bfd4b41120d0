#include "text/redact.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "text/fold.h"

static struct cm_redactor *redactor;
static struct cm_redaction *redaction;
static struct cm_buffer quote;

static void open_redaction(void)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_redactor_load(CM_SOURCE_DIR "/rules/redaction", &diagnostics, &redactor);
    if (status != CM_OK)
        cm_diagnostics_print(&diagnostics, stderr, false);
    cr_assert_eq(status, CM_OK);
    cr_assert_eq(cm_redaction_new(redactor, &redaction), CM_OK);
    cm_diagnostics_free(&diagnostics);
}

static void close_redaction(void)
{
    cm_redaction_free(redaction);
    cm_redactor_free(redactor);
    cm_buffer_free(&quote);
}

TestSuite(redact, .init = open_redaction, .fini = close_redaction);

static const char *redact(struct cm_span text, struct cm_span name, size_t start, size_t end, size_t max)
{
    cr_assert_eq(cm_redact_text(redaction, text, name), CM_OK);
    cm_buffer_reset(&quote);
    cm_redact_quote(redaction, start, end, max, &quote);
    cm_buffer_byte(&quote, '\0');
    cr_assert_eq(cm_buffer_status(&quote), CM_OK);
    return quote.ptr;
}

static void expect_at(int line, struct cm_span text, struct cm_span name, const char *expected)
{
    const char *got = redact(text, name, 0, text.len, 0);
    cr_expect_str_eq(got, expected, "line %d: \"%s\", not \"%s\"", line, got, expected);
}

#define EXPECT(text, expected) expect_at(__LINE__, CM_SPAN(text), CM_SPAN(""), expected)
#define EXPECT_NAMED(text, name, expected) expect_at(__LINE__, CM_SPAN(text), CM_SPAN(name), expected)

Test(redact, cards)
{
    EXPECT("my card 4111111111111111 please", "my card [card] please");
    EXPECT("4111 1111 1111 1111", "[card]");
    EXPECT("4111-1111-1111-1111.", "[card].");
    EXPECT("4111.1111.1111.1111", "[card]");
    EXPECT("amex 3782 822463 10005", "amex [card]");
    EXPECT("6011000990139424, 5555555555554444", "[card], [card]");
    /* an amount before it, a date behind it */
    EXPECT("1 4111 1111 1111 1111 12", "1 [card] 12");
    EXPECT("5500005555555559 12/26", "[card] 12/26");
}

Test(redact, what_fails_luhn_is_no_card)
{
    EXPECT("4111111111111112", "4111111111111112");
    EXPECT("order 12345678901234", "order 12345678901234");
}

Test(redact, emails)
{
    EXPECT("write to Jane.Doe+x@mail.example.co.uk, ok", "write to [email], ok");
    EXPECT("a@b", "a@b");
    EXPECT("j\xC3\xB6rg@example.de", "[email]");
}

Test(redact, ibans)
{
    EXPECT("DE89370400440532013000", "[iban]");
    EXPECT("iban GB29 NWBK 6016 1331 9268 19 please", "iban [iban] please");
    EXPECT("de89 3704 0044 0532 0130 00 thanks", "[iban] thanks");
    EXPECT("FR14 2004 1010 0505 0001 3M02 606", "[iban]");
    EXPECT("GB28NWBKABCDEFGHIJKLMN", "GB28NWBKABCDEFGHIJKLMN");
}

Test(redact, phones)
{
    EXPECT("call +44 20 7946 0958 now", "call [phone] now");
    EXPECT("(415) 555-2671", "[phone]");
    EXPECT("1-800-555-0199", "[phone]");
    EXPECT("415.555.2671 or 415 555 2671", "[phone] or [phone]");
    EXPECT("020 7946 0958", "[phone]");
    EXPECT("0049 30 901820", "[phone]");
    EXPECT("555-0199", "[phone]");
}

Test(redact, phones_of_the_kingdom_and_germany)
{
    EXPECT("07700 900123 or 07700900123", "[phone] or [phone]");
    EXPECT("(020) 7946 0958, (0161) 496 0000", "[phone], [phone]");
    EXPECT("44 20 7946 0958 and +44 (0)20 7946 0958", "[phone] and [phone]");
    EXPECT("01632-960-001.", "[phone].");
    EXPECT("030/901820, 030 901820, 0170 1234567, 0170/1234567", "[phone], [phone], [phone], [phone]");
    EXPECT("+49 30/901820 or 49 170 1234567 or +49-170-1234567", "[phone] or [phone] or [phone]");
    EXPECT("06 12 34 56 78 or 06-12-34-56-78", "[phone] or [phone]");
    EXPECT("98765 43210", "[phone]");
    EXPECT("1 415 555 2671 or +1 (415) 555-2671", "[phone] or [phone]");
    EXPECT("415\xE2\x80\x93"
           "555\xE2\x80\x93"
           "2671",
           "[phone]");
}

Test(redact, digits_behind_a_word_are_a_phone)
{
    EXPECT("call me on 4155552671", "call me on [phone]");
    EXPECT("my number is 14155552671 thanks", "my number is [phone] thanks");
    EXPECT("Tel.: 901820734", "Tel.: [phone]");
    EXPECT("phone number: 2079460958", "phone number: [phone]");
    EXPECT("you can reach my wife at 4155552671", "you can reach my wife at [phone]");
    EXPECT("whatsapp 9876543210", "whatsapp [phone]");
    EXPECT("4155552671", "[phone]");
    EXPECT(" 14155552671.", " [phone].");
    /* no word, or one that says what else the digits are */
    EXPECT("order 1234567890 and order number 2345678901", "order 1234567890 and order number 2345678901");
    EXPECT("I call about order 2345678901", "I call about order 2345678901");
    EXPECT("my phone broke. The ticket is 2345678901", "my phone broke. The ticket is 2345678901");
    EXPECT("it is 4155552671 in the app", "it is 4155552671 in the app");
}

Test(redact, dates_are_no_phones)
{
    EXPECT("born 06/08/1985, 6/8/1985 or 06.08.1985", "born 06/08/1985, 6/8/1985 or 06.08.1985");
    EXPECT("06-08-1985 and 06 08 1985 and 06.08.85", "06-08-1985 and 06 08 1985 and 06.08.85");
    EXPECT("on 06/08/1985 10:30 or 06/08/85 1030", "on 06/08/1985 10:30 or 06/08/85 1030");
    EXPECT("2026-03-02 10:00, 2026/03/02, 2026.03.02 1000", "2026-03-02 10:00, 2026/03/02, 2026.03.02 1000");
    EXPECT("01.02.2024-05.02.2024", "01.02.2024-05.02.2024");
    EXPECT("order 111-2345678-9012345, 100-1500 pounds", "order 111-2345678-9012345, 100-1500 pounds");
}

Test(redact, addresses_of_the_internet)
{
    EXPECT("from 192.168.1.100, 8.8.8.8.", "from [ip], [ip].");
    EXPECT("http://10.0.0.1:8080/x", "http://[ip]:8080/x");
    EXPECT("255.255.255.256 1.2.3.4.5 version 1.2.3.4 v1.2.3.4 1.2.3", "255.255.255.256 1.2.3.4.5 version 1.2.3.4 v1.2.3.4 1.2.3");
}

Test(redact, numbers_that_stay)
{
    EXPECT("on 2024-05-12 at 10:30", "on 2024-05-12 at 10:30");
    EXPECT("$1,299.00 for 12 months", "$1,299.00 for 12 months");
    EXPECT("ticket 123456", "ticket 123456");
    EXPECT("room 101, 2 nights, 24-48 hours", "room 101, 2 nights, 24-48 hours");
}

Test(redact, national_ids)
{
    EXPECT("ssn 123-45-6789", "ssn [id]");
    EXPECT("666-12-3456", "666-12-3456");
    EXPECT("nino QQ123456C or AB 12 34 56 C", "nino QQ123456C or [id]");
    EXPECT("dni 12345678Z", "dni [id]");
    EXPECT("RSSMRA85T10A562S", "[id]");
}

Test(redact, customer_name)
{
    EXPECT_NAMED("Hi JANE, is Doe ok? janet", "Jane Doe", "Hi [name], is [name] ok? janet");
    EXPECT_NAMED("Jane's bag", "Jane Doe", "[name]'s bag");
    EXPECT_NAMED("Jose and JOS\xC3\x89", "Jos\xC3\xA9", "[name] and [name]");
    EXPECT_NAMED("M. Li", "M Li", "M. [name]");
    EXPECT_NAMED("smith-jones", "Smith-Jones", "[name]-[name]");
    EXPECT_NAMED("nothing here", "Jane Doe", "nothing here");
    EXPECT_NAMED("\xD0\xB8\xD0\xB2\xD0\xB0\xD0\xBD", "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD", "[name]");
}

Test(redact, the_name_is_the_one_that_is_asked_for)
{
    char longest[600];
    memset(longest, 'x', sizeof(longest));
    for (int round = 0; round < 2; round++) {
        EXPECT_NAMED("Ann met Bob Bo", "Ann", "[name] met Bob Bo");
        EXPECT_NAMED("Ann met Bob Bo", "Bob", "Ann met [name] Bo");
        EXPECT_NAMED("Ann met Bob Bo", "Bo", "Ann met Bob [name]");
        EXPECT_NAMED("Ann met Bob Bo", "", "Ann met Bob Bo");
        EXPECT_NAMED("Ann met Bob Bo", "Bo", "Ann met Bob [name]");
        cr_expect_eq(cm_redact_text(redaction, CM_SPAN("Bo"), (struct cm_span){longest, sizeof(longest)}), CM_ELIMIT);
        EXPECT_NAMED("Ann met Bob Bo", "Bo", "Ann met Bob [name]");
    }
}

Test(redact, a_limit_cuts_runs_and_characters)
{
    struct cm_span text = CM_SPAN("abcdefghijklmnop\xC3\xA9qr");
    for (size_t max = 1; max <= text.len; max++) {
        size_t len = max == 17 ? 16 : max;
        const char *got = redact(text, CM_SPAN(""), 0, text.len, max);
        cr_expect(strlen(got) == len && memcmp(got, text.ptr, len) == 0, "%zu: %s", max, got);
    }
}

Test(redact, overlaps_are_one_mask)
{
    EXPECT_NAMED("jane@example.com", "Jane", "[email]");
    EXPECT_NAMED("Jane jane", "jane JANE", "[name] [name]");
}

Test(redact, a_range_that_cuts_into_a_mask_shows_the_mask)
{
    struct cm_span text = CM_SPAN("card 4111111111111111 ok");
    cr_expect_str_eq(redact(text, CM_SPAN(""), 0, 10, 0), "card [card]");
    cr_expect_str_eq(redact(text, CM_SPAN(""), 10, 24, 0), "[card] ok");
    cr_expect_str_eq(redact(text, CM_SPAN(""), 8, 10, 0), "[card]");
    cr_expect_str_eq(redact(text, CM_SPAN(""), 21, 24, 0), " ok");
    cr_expect_str_eq(redact(text, CM_SPAN(""), 5, 5, 0), "");
    cr_expect_str_eq(redact(text, CM_SPAN(""), 22, 999, 0), "ok");
}

Test(redact, cut_at_characters_and_masks)
{
    cr_expect_str_eq(redact(CM_SPAN("caf\xC3\xA9 au lait"), CM_SPAN(""), 0, 13, 4), "caf");
    cr_expect_str_eq(redact(CM_SPAN("caf\xC3\xA9 au lait"), CM_SPAN(""), 0, 13, 5), "caf\xC3\xA9");
    cr_expect_str_eq(redact(CM_SPAN("to a@b.com now"), CM_SPAN(""), 0, 14, 6), "to ");
    cr_expect_str_eq(redact(CM_SPAN("to a@b.com now"), CM_SPAN(""), 0, 14, 10), "to [email]");
}

Test(redact, bad_utf8_is_replaced_and_redacted_around)
{
    EXPECT("a\xFF b", "a\xEF\xBF\xBD b");
    EXPECT("\xFF 4111111111111111 \xC3", "\xEF\xBF\xBD [card] \xEF\xBF\xBD");
    EXPECT_NAMED("\xFFjane", "Jane", "\xEF\xBF\xBD[name]");
    const char *got = redact(CM_SPAN("a\0b 555-0199"), CM_SPAN(""), 0, 12, 0);
    cr_expect_eq(memcmp(got, "a\0b [phone]", 12), 0);
}

Test(redact, fails_closed)
{
    /* a name of too many words cannot be looked for: nothing may be quoted */
    char name[400] = "";
    for (int i = 0; i < 40; i++)
        memcpy(name + (size_t)i * 4, "abc ", 4);
    struct cm_span text = CM_SPAN("secret");
    cr_expect_eq(cm_redact_text(redaction, text, (struct cm_span){name, 160}), CM_ELIMIT);
    cm_buffer_reset(&quote);
    cm_redact_quote(redaction, 0, text.len, 0, &quote);
    cr_expect_eq(quote.len, 0);
    /* and the next text is free of it */
    cr_expect_str_eq(redact(text, CM_SPAN(""), 0, 6, 0), "secret");
}

Test(redact, too_long_text_fails_closed)
{
    char *text = calloc(1, CM_TEXT_MAX_BYTES + 1);
    cr_assert_not_null(text);
    cr_expect_eq(cm_redact_text(redaction, (struct cm_span){text, CM_TEXT_MAX_BYTES + 1}, CM_SPAN("")), CM_ELIMIT);
    cm_buffer_reset(&quote);
    cm_redact_quote(redaction, 0, 10, 0, &quote);
    cr_expect_eq(quote.len, 0);
    free(text);
}

/* A pattern that explodes is stopped by its limit, and the text is withheld. */
Test(redact_data, match_limit_fails_closed)
{
    char folder[] = "/tmp/cm-redact-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/patterns", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs("bomb: (?:(?:a+)+)+b\n", file);
    fclose(file);
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    cr_assert_eq(cm_redactor_load(folder, &diagnostics, &redactor), CM_OK);
    cr_assert_eq(cm_redaction_new(redactor, &redaction), CM_OK);
    struct cm_span text = CM_SPAN("b aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac b");
    cr_expect_eq(cm_redact_text(redaction, text, CM_SPAN("")), CM_ELIMIT);
    cm_redact_quote(redaction, 0, text.len, 0, &quote);
    cr_expect_eq(quote.len, 0);
    unlink(path);
    rmdir(folder);
    cm_diagnostics_free(&diagnostics);
    close_redaction();
}

Test(redact_data, bad_patterns_have_places)
{
    char folder[] = "/tmp/cm-redact-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/patterns", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs("# fine\nx: a(b\nno pattern\ny:\n", file);
    fclose(file);
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    cr_expect_eq(cm_redactor_load(folder, &diagnostics, &redactor), CM_ERULES);
    cr_expect_null(redactor);
    cr_expect_eq(diagnostics.errors, 3);
    const struct cm_diagnostic *found = cm_diagnostics_find(&diagnostics, "redaction-pattern");
    cr_assert_not_null(found);
    cr_expect_eq(found->place.line, 2);
    cr_expect_eq(found->place.column, 7);
    cm_diagnostics_free(&diagnostics);
    unlink(path);
    rmdir(folder);
}

Test(redact_data, missing_folder)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    cr_expect_eq(cm_redactor_load("/nonexistent", &diagnostics, &redactor), CM_EIO);
    cm_diagnostics_free(&diagnostics);
}

/* Random digits and letters never break a character, leave a card, or exceed the cut. */
Test(redact, random_texts)
{
    uint64_t state = 7;
    static const char *const parts[] = {"4111 1111 1111 1111", "a@b.co", "\xC3\xA9", "\xFF", " ", "12", "Jane",
                                        "+44 20 7946 0958",    "x",      "-"};
    for (int i = 0; i < 5000; i++) {
        char text[512];
        size_t len = 0;
        for (int p = 0; p < 12; p++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            const char *part = parts[(state >> 33) % 10];
            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        cr_assert_eq(cm_redact_text(redaction, (struct cm_span){text, len}, CM_SPAN("Jane Doe")), CM_OK);
        cm_buffer_reset(&quote);
        cm_redact_quote(redaction, 0, len, CM_QUOTE_MAX_BYTES, &quote);
        cr_assert_leq(quote.len, CM_QUOTE_MAX_BYTES);
        cr_assert_eq(cm_utf8_valid_prefix(quote.ptr, quote.len), quote.len);
        cr_assert_null(memmem(quote.ptr, quote.len, "a@b.co", 6));
    }
}

static uint64_t hash_of(const char *patterns)
{
    char folder[] = "/tmp/caremeter-redact-XXXXXX", path[64];
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_redactor *other;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/patterns", folder);
    FILE *file = fopen(path, "wb");
    cr_assert(file && fputs(patterns, file) >= 0 && fclose(file) == 0);
    cr_assert_eq(cm_redactor_load(folder, &diagnostics, &other), CM_OK);
    uint64_t hash = cm_redactor_hash(other);
    cm_redactor_free(other);
    cm_diagnostics_free(&diagnostics);
    unlink(path);
    rmdir(folder);
    return hash;
}

Test(redact, the_hash_tells_patterns_apart_and_no_comments)
{
    uint64_t hash = hash_of("card: [0-9]+\nid: x\n");
    cr_assert_eq(hash_of("# numbers\ncard: [0-9]+\n\nid: x\n"), hash);
    cr_assert_neq(hash_of("card: [0-9]*\nid: x\n"), hash);
    cr_assert_neq(hash_of("id: x\ncard: [0-9]+\n"), hash);
}
