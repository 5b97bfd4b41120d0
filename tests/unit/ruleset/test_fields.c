/* Typed reading: exact decimals, names that are nearly right, the shapes of values. */
#include "loading.h"

#include "ruleset/fields.h"

struct reading {
    struct cm_draft draft;
    struct cm_diagnostics diagnostics;
    struct cm_arena image;
    struct cm_node node;
};

static bool read_number(const char *text, unsigned places, int64_t min, int64_t max, int64_t *out, const char **id)
{
    struct reading r = {
        .node = {.kind = CM_NODE_SCALAR, .plain = true, .text = cm_span_of(text), .file = "f", .line = 1, .column = 1, .width = 1}};
    r.draft.diagnostics = &r.diagnostics;
    struct cm_field field = {.key = "n", .places = places, .min = min, .max = max};
    static char told[64];
    bool fine = cm_read_decimal(&r.draft, &field, &r.node, out);
    snprintf(told, sizeof told, "%s", r.diagnostics.count ? r.diagnostics.items[0].id : "");
    *id = told;
    cm_diagnostics_free(&r.diagnostics);
    cm_arena_free(&r.draft.arena);
    return fine;
}

Test(fields, decimals_are_exact)
{
    static const struct {
        const char *text;
        unsigned places;
        int64_t value;
    } cases[] = {
        {"0.25", 6, 250000},
        {"1", 6, 1000000},
        {"0", 3, 0},
        {"0.1", 6, 100000},
        {"0.000001", 6, 1},
        {"+2.5", 3, 2500},
        {"-2.5", 3, -2500},
        {"007", 0, 7},
        {"86400", 3, 86400000},
        {"0.29", 2, 29},
        {"4.35", 2, 435},
        {"1.10", 3, 1100},
        {"922337203685477580", 0, 922337203685477580},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 77;
        const char *id;
        cr_assert(read_number(cases[i].text, cases[i].places, INT64_MIN + 1, INT64_MAX, &value, &id), "%s: %s", cases[i].text, id);
        cr_assert_eq(value, cases[i].value, "%s", cases[i].text);
    }
}

Test(fields, what_is_no_number_or_does_not_fit)
{
    static const struct {
        const char *text, *id;
    } cases[] = {
        {"1e3", "number-format"},
        {".5", "number-format"},
        {"5.", "number-format"},
        {"-", "number-format"},
        {"1_000", "number-format"},
        {"0x10", "number-format"},
        {"1 ", "number-format"},
        {"1.2.3", "number-format"},
        {"one", "number-format"},
        {"0.1234", "number-digits"},
        {"1.000", "number-digits"},
        {"10.01", "number-range"},
        {"-0.01", "number-range"},
        {"99999999999999999999", "number-range"},
        {"-99999999999999999999999", "number-range"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 77;
        const char *id;
        cr_assert_not(read_number(cases[i].text, 2, 0, 1000, &value, &id), "%s", cases[i].text);
        cr_assert_str_eq(id, cases[i].id, "%s", cases[i].text);
        cr_assert_eq(value, 77, "a faulty number leaves the target alone");
    }
}

Test(fields, defaults_by_channel)
{
    struct cm_draft_channels given;
    int64_t out[CM_CHANNEL_COUNT];
    for (unsigned i = 0; i < CM_CHANNEL_COUNT; i++)
        given.by[i] = CM_NUMBER_UNSET;
    cm_channels_fill(&given, 9, out);
    for (unsigned i = 0; i < CM_CHANNEL_COUNT; i++)
        cr_assert_eq(out[i], 9);
    given.by[CM_CHANNEL_NONE] = 4;
    given.by[CM_CHANNEL_CALL] = 5;
    cm_channels_fill(&given, 9, out);
    cr_assert_eq(out[CM_CHANNEL_NONE], 4);
    cr_assert_eq(out[CM_CHANNEL_CALL], 5);
    cr_assert_eq(out[CM_CHANNEL_CHAT], 4);
}
