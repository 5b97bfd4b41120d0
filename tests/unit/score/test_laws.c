/* The laws of rules/REFERENCE.md §6 and ARCHITECTURE.md, over packs and conversations at random. A failure names its seed. */
#include <criterion/criterion.h>

#include "chance.h"
#include "score/private.h"

enum { CASES = 12000 / CM_CASES_PART };

struct case_of_chance {
    struct cm_builder *b;
    struct cm_chance chance;
    struct cm_buffer lines;
};

static struct case_of_chance begin(uint64_t seed)
{
    struct case_of_chance one = {.b = cm_builder_new(), .chance = {seed}, .lines = CM_BUFFER_EMPTY};
    cm_chance_pack(one.b, &one.chance);
    cm_chance_lines(&one.chance, &one.lines);
    cm_build_say(one.b, one.lines.ptr);
    return one;
}

static void finish(struct case_of_chance *one)
{
    cm_buffer_free(&one->lines);
    cm_builder_free(one->b);
}

/* -1, null, is beside the order: it may not come or go. */
static bool no_lower(const struct cm_care_scores *before, const struct cm_care_scores *after)
{
    bool ok = (before->score < 0) == (after->score < 0) && after->score >= before->score;
    for (unsigned i = 0; i < CM_DIMENSIONS_MAX; i++)
        ok = ok && (before->dimensions[i] < 0) == (after->dimensions[i] < 0) && after->dimensions[i] >= before->dimensions[i];
    return ok;
}

struct snapshot {
    struct cm_care_scores all, agents[16];
    uint32_t count;
};

static struct snapshot take(const struct cm_judge *judge)
{
    struct snapshot shot = {.all = judge->card.care, .count = judge->card.agent_count};
    for (uint32_t i = 0; i < shot.count; i++)
        shot.agents[i] = judge->agents[i].care;
    return shot;
}

static bool none_lower(const struct snapshot *before, const struct snapshot *after)
{
    bool ok = no_lower(&before->all, &after->all);
    for (uint32_t i = 0; i < before->count; i++)
        ok = ok && no_lower(&before->agents[i], &after->agents[i]);
    return ok;
}

/* Change one entry in place and add up anew; *better: what the law says of it. Entries that no law is about stay. */
static bool change(struct cm_entry *entry, bool *better)
{
    struct cm_behaviour_result *result = &entry->result;
    const struct cm_behaviour *behaviour = result->behaviour;
    int64_t points = (int64_t)behaviour->points * 10000;
    switch (behaviour->kind) {
    case CM_BEHAVIOUR_BONUS:
        *better = true;
        result->credit_ppm += points;
        return true;
    case CM_BEHAVIOUR_PENALTY:
        *better = false;
        result->credit_ppm -= points;
        return true;
    default:
        *better = true;
        if (result->credit_ppm == (int64_t)result->seen * CM_PPM)
            return false;
        result->credit_ppm += CM_PPM - (result->credit_ppm % CM_PPM);
        return true;
    }
}

Test(laws, better_never_lowers_and_worse_never_raises)
{
    unsigned changed = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct case_of_chance one = begin(seed);
        cm_build_judge(one.b, !(seed % 5 == 0));
        struct cm_judge *judge = cm_build_inner(one.b);
        struct snapshot before = take(judge);
        for (size_t i = 0; i < judge->entry_count; i++) {
            struct cm_entry kept = judge->entries[i];
            bool better;
            if (!change(&judge->entries[i], &better))
                continue;
            cr_assert_eq(cm_judge_care(judge), CM_OK);
            struct snapshot after = take(judge);
            bool ok = better ? none_lower(&before, &after) : none_lower(&after, &before);
            cr_assert(ok, "seed %llu, %s", (unsigned long long)seed, kept.result.behaviour->id);
            judge->entries[i] = kept;
            changed++;
        }
        finish(&one);
    }
    cr_expect_gt(changed, CASES, "%u", changed);
}

Test(laws, scores_and_coverage_stay_in_their_range)
{
    unsigned scored = 0, open = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct case_of_chance one = begin(seed);
        const struct cm_scorecard *card = cm_build_judge(one.b, seed % 2);
        cr_assert(card->coverage_ppm >= -1 && card->coverage_ppm <= CM_PPM);
        cr_assert(card->care.score >= -1 && card->care.score <= 10000);
        cr_assert_eq(card->care.score < 0, card->null_reason != CM_REASON_NONE);
        scored += card->care.score >= 0;
        for (uint32_t i = 0; i < card->behaviour_count; i++) {
            const struct cm_behaviour_result *result = &card->behaviours[i];
            bool points = result->behaviour->kind == CM_BEHAVIOUR_BONUS || result->behaviour->kind == CM_BEHAVIOUR_PENALTY;
            open += result->outcome == CM_OUTCOME_PENDING;
            cr_assert(!(seed % 2 && result->outcome == CM_OUTCOME_PENDING), "seed %llu: pending at the end", (unsigned long long)seed);
            cr_assert(points || (result->credit_ppm >= 0 && result->credit_ppm <= (int64_t)result->seen * CM_PPM));
            cr_assert_leq(result->met, result->seen);
            cr_assert_eq(result->reason != CM_REASON_NONE,
                         result->outcome == CM_OUTCOME_NOT_EVALUATED || result->reason == CM_REASON_NO_REPLY);
        }
        finish(&one);
    }
    cr_expect(scored > CASES / 10 && open > CASES / 10, "%u scored, %u pending", scored, open);
}

static size_t split(struct cm_span stream, struct cm_span *records, size_t max)
{
    size_t count = 0;
    while (count < max && cm_record_next(&stream, &records[count]))
        count++;
    return count;
}

Test(laws, the_order_in_which_records_come_changes_no_byte)
{
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct case_of_chance one = begin(seed);
        struct cm_span records[64];
        size_t count = split(cm_build_records(one.b), records, 64);
        char *first = strdup(cm_build_json(one.b, cm_build_judge_in(one.b, records, count, seed % 2)));
        for (unsigned round = 0; round < 3; round++) {
            for (size_t i = count; i > 1; i--) {
                size_t other = cm_chance_below(&one.chance, (uint32_t)i);
                struct cm_span swap = records[i - 1];
                records[i - 1] = records[other];
                records[other] = swap;
            }
            const char *again = cm_build_json(one.b, cm_build_judge_in(one.b, records, count, seed % 2));
            cr_assert_str_eq(again, first, "seed %llu\n%s", (unsigned long long)seed, one.lines.ptr);
        }
        free(first);
        finish(&one);
    }
}

/* Every fifth line that has an identity comes twice, the second time from elsewhere. */
Test(laws, what_comes_twice_counts_once)
{
    unsigned doubled = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct case_of_chance one = begin(seed);
        char *first = strdup(cm_build_json(one.b, cm_build_judge(one.b, true)));
        char *rest = one.lines.ptr, line[600];
        for (char *next; (next = strchr(rest, '\n')); rest = next + 1) {
            size_t len = (size_t)(next - rest);
            snprintf(line, sizeof line, "%.*s", (int)len, rest);
            bool known = !strstr(line, "seq=-") || strstr(line, " id=");
            if (!known || !cm_chance_once_in(&one.chance, 5))
                continue;
            cm_build_say(one.b, line);
            doubled++;
        }
        cr_assert_str_eq(cm_build_json(one.b, cm_build_judge(one.b, true)), first, "seed %llu\n%s", (unsigned long long)seed,
                         one.lines.ptr);
        free(first);
        finish(&one);
    }
    cr_expect_gt(doubled, CASES, "%u", doubled);
}

/* Of cases that are judged twice: what differs between the first time and the second. */
struct change {
    bool bonus;       /* of the behaviour "own"; else it is a penalty */
    bool overlapping; /* its words are those of other cues too */
    const char *cue;  /* it names this one, and is not there at first; NULL: its own, of which there are no hits at first */
};

/* The lines; own: with a hit of that cue in some of the agents' turns. */
static void say_with(struct case_of_chance *one, const struct change *change, bool own)
{
    struct cm_chance chance = {one->chance.state};
    char *rest = one->lines.ptr, line[700], hit[40];
    unsigned number = 0;
    for (char *next; (next = strchr(rest, '\n')); rest = next + 1) {
        bool there = cm_chance_once_in(&chance, 2) && own && (rest[0] == 'A' || rest[0] == 'L');
        unsigned from = change->overlapping ? cm_chance_below(&chance, 18) : 100, len = 1 + cm_chance_below(&chance, 12);
        snprintf(hit, sizeof hit, " own@%u-%u", from, from + len);
        snprintf(line, sizeof line, "%.*s h=%u%s", (int)(next - rest), rest, number++, there ? hit : "");
        cm_build_say(one->b, line);
    }
}

static struct snapshot judge_with(uint64_t seed, const struct change *change, bool second, char *lines, size_t size)
{
    struct case_of_chance one = {.b = cm_builder_new(), .chance = {seed}, .lines = CM_BUFFER_EMPTY};
    cm_chance_pack(one.b, &one.chance);
    struct cm_behaviour *own =
        cm_build_behaviour(one.b, "own", change->bonus ? CM_BEHAVIOUR_BONUS : CM_BEHAVIOUR_PENALTY, (uint8_t)(seed % 3));
    own->met_by = cm_build_list(one.b, change->cue ? change->cue : "own");
    own->points = 1 + (uint32_t)(seed % 1500);
    if (change->cue && !second)
        own->channels = 0;
    cm_chance_lines(&one.chance, &one.lines);
    say_with(&one, change, second && !change->cue);
    cm_build_judge(one.b, true);
    struct snapshot shot = take(cm_build_inner(one.b));
    snprintf(lines, size, "%s", one.lines.ptr);
    finish(&one);
    return shot;
}

static void hold_law(const struct change *change)
{
    unsigned changed = 0;
    static char lines[8000];
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct snapshot before = judge_with(seed, change, false, lines, sizeof lines),
                        after = judge_with(seed, change, true, lines, sizeof lines);
        cr_assert(change->bonus ? none_lower(&before, &after) : none_lower(&after, &before), "seed %llu\n%s", (unsigned long long)seed,
                  lines);
        changed += before.all.score != after.all.score;
    }
    cr_expect_gt(changed, CASES / 50, "%u", changed);
}

Test(laws, another_bonus_hit_never_lowers)
{
    hold_law(&(struct change){.bonus = true});
    hold_law(&(struct change){.bonus = true, .overlapping = true});
}

Test(laws, another_penalty_hit_never_raises)
{
    hold_law(&(struct change){.bonus = false});
    hold_law(&(struct change){.bonus = false, .overlapping = true});
}

Test(laws, a_penalty_on_words_that_earn_never_raises)
{
    hold_law(&(struct change){.bonus = false, .cue = "s"});
    hold_law(&(struct change){.bonus = false, .cue = "d p any.h"});
}
