#include "match/literals.h"
#include "match/regexes.h"
#include "study/lint/lint.h"

/* A long turn: what an expression cannot do on this, it cannot do on mails. */
#define CM_PROBE_BYTES ((size_t)2000)
/* Kinds of text that an expression is tried on. */
#define CM_PROBE_UNITS_MAX 16u
#define CM_PROBE_UNIT_BYTES ((size_t)24)

struct probe {
    struct cm_span units[CM_PROBE_UNITS_MAX];
    size_t unit_count;
    char runs[CM_PROBE_UNITS_MAX][CM_PROBE_UNIT_BYTES];
    struct cm_buffer text;
};

/* ---- what can be read off the pattern ---- */

/* "(a+)+": something that repeats without bound, repeated without bound. Depth of groups is bounded by the stack of flags. */
static bool nested_quantifier(struct cm_span pattern)
{
    bool inside[CM_LITERALS_DEPTH_MAX] = {false}; /* by group: an unbounded repeat stands in it */
    size_t depth = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i], next = i + 1 < pattern.len ? pattern.ptr[i + 1] : '\0';
        if (c == '\\') {
            i++;
        } else if (c == '[') {
            for (i += 2; i < pattern.len && pattern.ptr[i] != ']'; i++)
                i += pattern.ptr[i] == '\\';
        } else if (c == '(') {
            if (++depth == CM_LITERALS_DEPTH_MAX)
                return false;
            inside[depth] = false;
        } else if (c == ')' && depth > 0) {
            bool unbounded = inside[depth--];
            bool possessive = i + 2 < pattern.len && pattern.ptr[i + 2] == '+';
            if (unbounded && (next == '*' || next == '+') && !possessive)
                return true;
            inside[depth] |= unbounded;
        } else if ((c == '*' || c == '+') && next != '+') {
            inside[depth] = true;
        }
    }
    return false;
}

static bool begins_with_anything(struct cm_span pattern)
{
    return cm_span_starts_with(pattern, CM_SPAN(".*")) || cm_span_starts_with(pattern, CM_SPAN(".+"));
}

static const char *remedy(struct cm_span pattern)
{
    if (begins_with_anything(pattern))
        return "leave out what it begins with: it matches everything";
    if (nested_quantifier(pattern))
        return "a group that repeats without bound holds something that does, too: give one of them a bound, or make it possessive (++)";
    return "bound its repeats (\\w{1,20} for \\w+), or say it with phrases";
}

/* ---- tried on text that is hard for it ---- */

static void add_unit(struct probe *probe, struct cm_span unit)
{
    if (probe->unit_count < CM_PROBE_UNITS_MAX && unit.len > 0)
        probe->units[probe->unit_count++] = unit;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits and blanks, and every run of letters of the pattern, with and without a blank behind it. */
static void find_units(struct probe *probe, struct cm_span pattern)
{
    static const char *const common[] = {"a", "1", " ", "a ", "aA1 ", "\n", "-", "."};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        add_unit(probe, cm_span_of(common[i]));
    for (size_t i = 0; i < pattern.len; i++) {
        size_t from = i;
        if (pattern.ptr[i] == '\\') {
            i++;
            continue;
        }
        while (i < pattern.len && letter(pattern.ptr[i]))
            i++;
        if (i - from < 1 || i - from >= CM_PROBE_UNIT_BYTES || probe->unit_count >= CM_PROBE_UNITS_MAX)
            continue;
        char *run = probe->runs[probe->unit_count];
        memcpy(run, pattern.ptr + from, i - from);
        run[i - from] = ' ';
        add_unit(probe, (struct cm_span){run, i - from + (probe->unit_count & 1)});
    }
}

/* The pattern itself stands at the end: what must be somewhere for a match at all is there, so that nothing is ruled out at once. */
static struct cm_span hard_text(struct probe *probe, struct cm_span unit, struct cm_span literal, struct cm_span pattern, bool behind)
{
    cm_buffer_reset(&probe->text);
    if (!behind)
        cm_buffer_span(&probe->text, literal);
    while (probe->text.len + unit.len + literal.len < CM_PROBE_BYTES && !probe->text.failed)
        cm_buffer_span(&probe->text, unit);
    cm_buffer_text(&probe->text, "!");
    if (behind)
        cm_buffer_span(&probe->text, literal);
    cm_buffer_span(&probe->text, pattern);
    cm_buffer_text(&probe->text, "!");
    return cm_buffer_view(&probe->text);
}

static enum cm_status try_text(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, struct cm_folder *folder,
                               struct cm_span text, bool *fault)
{
    struct cm_folded folded;
    struct cm_regex_found found;
    enum cm_status status = cm_fold(folder, text, &folded);
    if (status == CM_OK)
        status = cm_regexes_find(regexes, scratch, &folded, (const uint64_t[]){1}, &found);
    *fault = status == CM_OK && found.fault_count > 0;
    return status;
}

static enum cm_status faults(const struct cm_packs *packs, const struct cm_rule_regex *rule, const struct cm_literals *literals, bool *out)
{
    struct cm_diagnostics none = CM_DIAGNOSTICS_EMPTY;
    struct cm_regexes *regexes = NULL;
    struct cm_regex_scratch *scratch = NULL;
    struct cm_folder *folder = NULL;
    struct probe probe = {.text = CM_BUFFER_EMPTY};
    struct cm_span literal = literals->count ? literals->items[0] : (struct cm_span){"", 0};
    *out = false;
    enum cm_status status = cm_regexes_new(&rule, 1, &none, &regexes);
    if (status == CM_OK)
        status = cm_regex_scratch_new(regexes, &scratch);
    if (status == CM_OK)
        status = cm_folder_new(packs->lexicon, &folder);
    find_units(&probe, rule->pattern);
    for (size_t i = 0; i < 2 * probe.unit_count && status == CM_OK && !*out; i++) {
        struct cm_span text = hard_text(&probe, probe.units[i / 2], literal, rule->pattern, i & 1);
        status = cm_buffer_status(&probe.text);
        if (status == CM_OK)
            status = try_text(regexes, scratch, folder, text, out);
    }
    cm_buffer_free(&probe.text);
    cm_folder_free(folder);
    cm_regex_scratch_free(scratch);
    cm_regexes_free(regexes);
    cm_diagnostics_free(&none);
    return status;
}

/* ---- all of a cue ---- */

static enum cm_status lint_regex(const struct cm_packs *packs, const struct cm_rule_regex *rule, bool strict,
                                 struct cm_diagnostics *diagnostics)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_literals literals = {.count = 0};
    bool fault = false;
    enum cm_status status = cm_literals_required(rule->pattern, &arena, &literals);
    if (status == CM_OK)
        status = faults(packs, rule, &literals, &fault);
    if (fault)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_WARNING, "regex-costly", rule->place, remedy(rule->pattern),
                           "this expression gives up on a long turn of %zu bytes: there it would be a fault", CM_PROBE_BYTES);
    else if (begins_with_anything(rule->pattern))
        cm_diagnostics_add(diagnostics, CM_SEVERITY_WARNING, "regex-costly", rule->place, remedy(rule->pattern),
                           "this expression reads every line to its end before it looks for what it needs");
    if (strict && status == CM_OK && literals.count == 0 && !(literals.signs[0] | literals.signs[1]))
        cm_diagnostics_add(diagnostics, CM_SEVERITY_WARNING, "regex-no-literal", rule->place,
                           "where every match has a word of three letters or more, write it outside of brackets that may be left out",
                           "this expression runs on every turn: nothing in it must be there for a match");
    cm_arena_free(&arena);
    return status;
}

enum cm_status cm_lint_regexes(const struct cm_packs *packs, const struct cm_cue *cue, bool strict, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < cue->regex_count && status == CM_OK; i++)
        status = lint_regex(packs, &cue->regexes[i], strict, diagnostics);
    return status;
}
