#include "match/scan.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "match/attributes.h"
#include "match/matcher_image.h"
#include "text/backchannel.h"
#include "text/words.h"

/* A hit before merging: tokens for phrases and regexes alike. */
struct raw_hit {
    struct cm_hit hit;
    uint32_t phrase; /* number; UINT32_MAX: of a regex */
};

struct cm_scanner {
    const struct cm_matcher *matcher;
    struct cm_profile *profile;                          /* NULL: none */
    struct cm_profile *timing;                           /* the same, while a turn is timed */
    struct cm_phrase_scratch *phrases[CM_SPEAKER_COUNT]; /* by group */
    struct cm_regex_scratch *regexes;
    uint64_t *chosen; /* regexes of the turn, where not all of the group's are */
    struct raw_hit *raw;
    struct cm_hit *hits;
    uint32_t *faults;
    size_t raw_count, raw_cap, hit_count, hit_cap, fault_count, fault_cap;
};

/* ---- scratch ---- */

enum cm_status cm_scanner_new(const struct cm_matcher *matcher, struct cm_scanner **out)
{
    *out = NULL;
    struct cm_scanner *scanner = calloc(1, sizeof(*scanner));
    if (!scanner)
        return CM_ENOMEM;
    scanner->matcher = matcher;
    scanner->chosen = calloc(CM_REGEX_WORDS(matcher->regex_count) + 1, sizeof(*scanner->chosen));
    enum cm_status status = scanner->chosen ? cm_regex_scratch_new(matcher->regexes, &scanner->regexes) : CM_ENOMEM;
    for (size_t i = CM_GROUP_EVERYBODY + 1; i < matcher->group_count && status == CM_OK; i++)
        status = cm_phrase_scratch_new(matcher->groups[i].phrases, &scanner->phrases[i]);
    if (status != CM_OK) {
        cm_scanner_free(scanner);
        return status;
    }
    *out = scanner;
    return CM_OK;
}

void cm_scanner_free(struct cm_scanner *scanner)
{
    if (!scanner)
        return;
    for (size_t i = 0; i < CM_SPEAKER_COUNT; i++)
        cm_phrase_scratch_free(scanner->phrases[i]);
    cm_regex_scratch_free(scanner->regexes);
    free(scanner->chosen);
    free(scanner->raw);
    free(scanner->hits);
    free(scanner->faults);
    free(scanner);
}

void cm_scanner_profile(struct cm_scanner *scanner, struct cm_profile *profile)
{
    scanner->profile = profile;
}

/* ---- raw hits ---- */

static bool keeps(uint8_t rule, bool has)
{
    return rule == CM_ATTRIBUTE_ACCEPT || (rule == CM_ATTRIBUTE_REQUIRE) == has;
}

static enum cm_status keep_raw(struct cm_scanner *scanner, struct raw_hit raw)
{
    enum cm_status status = cm_grow(&scanner->raw, &scanner->raw_cap, scanner->raw_count + 1, sizeof(*scanner->raw));
    if (status == CM_OK)
        scanner->raw[scanner->raw_count++] = raw;
    return status;
}

static bool has_mask(const struct cm_folded *turn, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        if (turn->tokens[i].class == CM_TOKEN_NAME_MASK)
            return true;
    return false;
}

/* A hit on tokens [first, end) once for each name that may be the customer's; once for all where a mask says that one is. */
static enum cm_status keep_named(struct cm_scanner *scanner, const struct cm_folded *turn, struct raw_hit raw, uint32_t first, uint32_t end)
{
    enum cm_status status = CM_OK;
    raw.hit.name = CM_NAME_MASK;
    if (has_mask(turn, first, end))
        return keep_raw(scanner, raw);
    for (uint32_t i = first; i < end && status == CM_OK; i++) {
        raw.hit.name = cm_word_hash32(turn->tokens[i].hash);
        if (turn->tokens[i].class == CM_TOKEN_NAME)
            status = keep_raw(scanner, raw);
    }
    return status;
}

/* Gates that the text alone decides. */
static bool fits_words(const struct cm_cue *cue, const struct cm_folded *turn)
{
    return turn->count >= cue->min_words && (!cue->max_words || turn->count <= cue->max_words);
}

/* Apply what a cue says of attributes to a hit on tokens [first, end), and keep it if it stands. A regex says itself what stands around. */
static enum cm_status add_raw(struct cm_scanner *scanner, const struct cm_folded *turn, struct raw_hit raw, uint32_t first, uint32_t end)
{
    const struct cm_cue *cue = &scanner->matcher->ruleset->cues[raw.hit.cue];
    bool phrase = raw.phrase != UINT32_MAX;
    if (!fits_words(cue, turn))
        return CM_OK;
    if (cm_attribute_quoted(turn, first, end))
        return CM_OK;
    if (phrase && cue->negated != CM_ATTRIBUTE_ACCEPT && !keeps(cue->negated, cm_attribute_negated(turn, first)))
        return CM_OK;
    if (phrase && cue->hypothetical != CM_ATTRIBUTE_ACCEPT &&
        !keeps(cue->hypothetical, cm_attribute_hypothetical(turn, &scanner->matcher->soft, first)))
        return CM_OK;
    return cue->name_customer ? keep_named(scanner, turn, raw, first, end) : keep_raw(scanner, raw);
}

/* What a group's automaton finds; everybody: but for cues that an earlier group has. */
static enum cm_status add_phrases_of(struct cm_scanner *scanner, const struct cm_folded *turn, size_t group, bool everybody)
{
    const struct cm_matcher *matcher = scanner->matcher;
    const struct cm_phrase_hit *hits;
    uint32_t count;
    struct cm_phrases *phrases = matcher->groups[group].phrases;
    enum cm_status status = scanner->timing ? cm_phrases_find_timed(phrases, scanner->phrases[group], turn, scanner->timing, &hits, &count)
                                            : cm_phrases_find(phrases, scanner->phrases[group], turn, &hits, &count);
    uint64_t from = cm_profile_start(scanner->timing);
    for (uint32_t i = 0; i < count && status == CM_OK; i++) {
        uint32_t cue = matcher->phrase_cue[hits[i].id];
        if (everybody && matcher->cue_group[cue] != group) {
            if (scanner->timing) /* a hit is one however many automata have it */
                scanner->timing->phrases[hits[i].id].hits--;
            continue;
        }
        struct raw_hit raw = {{cue, turn->tokens[hits[i].first].start, turn->tokens[hits[i].end - 1].end, CM_NAME_NONE}, hits[i].id};
        status = add_raw(scanner, turn, raw, hits[i].first, hits[i].end);
    }
    cm_profile_step(scanner->timing, CM_STAGE_ATTRIBUTES, from);
    return status;
}

/*
 * Shell sort: in place, and nearly sorted already (hits come by phrase, merged
 * ones by cue). Gaps as Ciura's, then by 9/4.
 */
#define SORT(items, count, type, before)                                                                                                   \
    do {                                                                                                                                   \
        static const size_t gaps_[] = {1, 4, 10, 23, 57, 132, 301, 701, 1577, 3548, 7983, 17961, 40000, 90000, 200000};                    \
        size_t g_ = 1;                                                                                                                     \
        while (g_ < sizeof(gaps_) / sizeof(gaps_[0]) && gaps_[g_] < (count))                                                               \
            g_++;                                                                                                                          \
        while (g_-- > 0)                                                                                                                   \
            for (size_t i_ = gaps_[g_], j_; i_ < (count); i_++) {                                                                          \
                type item_ = (items)[i_];                                                                                                  \
                for (j_ = i_; j_ >= gaps_[g_] && before(&item_, &(items)[j_ - gaps_[g_]]); j_ -= gaps_[g_])                                \
                    (items)[j_] = (items)[j_ - gaps_[g_]];                                                                                 \
                (items)[j_] = item_;                                                                                                       \
            }                                                                                                                              \
    } while (0)

static bool phrase_before(const struct raw_hit *a, const struct raw_hit *b)
{
    if (a->phrase != b->phrase)
        return a->phrase < b->phrase;
    return a->hit.start != b->hit.start ? a->hit.start < b->hit.start : a->hit.end < b->hit.end;
}

/* Into raw, by phrase. */
static enum cm_status add_phrases(struct cm_scanner *scanner, const struct cm_folded *turn, size_t group)
{
    enum cm_status status = CM_OK;
    if (group != CM_GROUP_EVERYBODY)
        return add_phrases_of(scanner, turn, group, false);
    for (size_t i = CM_GROUP_EVERYBODY + 1; i < scanner->matcher->group_count && status == CM_OK; i++)
        status = add_phrases_of(scanner, turn, i, true);
    SORT(scanner->raw, scanner->raw_count, struct raw_hit, phrase_before);
    return status;
}

/* The first token from at on that ends behind offset (starts false), or that starts there or behind (starts true). */
static uint32_t token_at(const struct cm_folded *turn, uint32_t offset, bool starts)
{
    uint32_t low = 0, high = turn->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool before = starts ? turn->tokens[middle].start < offset : turn->tokens[middle].end <= offset;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum cm_status add_fault(struct cm_scanner *scanner, uint32_t cue)
{
    if (scanner->fault_count && scanner->faults[scanner->fault_count - 1] == cue)
        return CM_OK;
    enum cm_status status = cm_grow(&scanner->faults, &scanner->fault_cap, scanner->fault_count + 1, sizeof(*scanner->faults));
    if (status == CM_OK)
        scanner->faults[scanner->fault_count++] = cue;
    return status;
}

/* The group's expressions without those whose cue is for shorter or longer turns. */
static const uint64_t *choose_regexes(struct cm_scanner *scanner, const struct cm_folded *turn, const struct cm_group *group)
{
    const struct cm_matcher *matcher = scanner->matcher;
    if (!group->counted_count)
        return group->regexes;
    memcpy(scanner->chosen, group->regexes, CM_REGEX_WORDS(matcher->regex_count) * sizeof(*scanner->chosen));
    for (size_t i = 0; i < group->counted_count; i++) {
        uint32_t regex = group->counted[i];
        if (!fits_words(&matcher->ruleset->cues[matcher->regex_cue[regex]], turn))
            scanner->chosen[regex / 64] &= ~(UINT64_C(1) << (regex % 64));
    }
    return scanner->chosen;
}

static enum cm_status add_regexes(struct cm_scanner *scanner, const struct cm_folded *turn, size_t group)
{
    const struct cm_matcher *matcher = scanner->matcher;
    const uint64_t *wanted = choose_regexes(scanner, turn, &matcher->groups[group]);
    struct cm_regex_found found;
    enum cm_status status = scanner->timing
                                ? cm_regexes_find_timed(matcher->regexes, scanner->regexes, turn, wanted, scanner->timing, &found)
                                : cm_regexes_find(matcher->regexes, scanner->regexes, turn, wanted, &found);
    uint64_t from = cm_profile_start(scanner->timing);
    for (size_t i = 0; i < found.hit_count && status == CM_OK; i++) {
        const struct cm_regex_hit *hit = &found.hits[i];
        struct raw_hit raw = {{matcher->regex_cue[hit->regex], hit->start, hit->end, CM_NAME_NONE}, UINT32_MAX};
        uint32_t first = token_at(turn, hit->start, false), end = token_at(turn, hit->end, true);
        status = add_raw(scanner, turn, raw, first, end > first ? end : first);
    }
    for (size_t i = 0; i < found.fault_count && status == CM_OK; i++)
        status = add_fault(scanner, matcher->regex_cue[found.faults[i]]);
    cm_profile_step(scanner->timing, CM_STAGE_ATTRIBUTES, from);
    return status;
}

/* ---- cues ---- */

/* By cue; leftmost, then longest. */
static bool raw_before(const struct raw_hit *a, const struct raw_hit *b)
{
    if (a->hit.cue != b->hit.cue)
        return a->hit.cue < b->hit.cue;
    return a->hit.start != b->hit.start ? a->hit.start < b->hit.start : a->hit.end > b->hit.end;
}

static bool hit_before(const struct cm_hit *a, const struct cm_hit *b)
{
    if (a->start != b->start)
        return a->start < b->start;
    if (a->end != b->end)
        return a->end < b->end;
    return a->cue != b->cue ? a->cue < b->cue : a->name < b->name;
}

/* The sum over the distinct phrases of raw[from, to), all of one cue. Before sorting: hits come by phrase. */
static int64_t sum_of(const struct cm_scanner *scanner, size_t from, size_t to)
{
    const struct cm_matcher *matcher = scanner->matcher;
    uint32_t number = scanner->raw[from].hit.cue;
    const struct cm_cue *cue = &matcher->ruleset->cues[number];
    int64_t sum = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t phrase = scanner->raw[i].phrase;
        if (phrase == UINT32_MAX || (i > from && scanner->raw[i - 1].phrase == phrase))
            continue;
        int32_t weight = cue->phrases[phrase - matcher->phrase_first[number]].weight;
        sum += cue->cap > 0 && weight > cue->cap ? cue->cap : weight;
    }
    return sum;
}

/*
 * Do the phrases raw[from, to) of a weighted cue stand? Those of a cue that sums up other cues, too, do unless it cannot fire at all: the
 * judge has the last word, and finds their sum in each of them.
 */
static bool weighs_enough(struct cm_scanner *scanner, size_t from, size_t to)
{
    const struct cm_cue *cue = &scanner->matcher->ruleset->cues[scanner->raw[from].hit.cue];
    if (cue->kind != CM_CUE_WEIGHTED && cue->kind != CM_CUE_SUMMED)
        return true;
    int64_t sum = sum_of(scanner, from, to);
    if (cue->kind == CM_CUE_WEIGHTED)
        return sum >= cue->threshold;
    int64_t kept = sum < -CM_WEIGHT_SUM_MAX ? -CM_WEIGHT_SUM_MAX : sum > CM_WEIGHT_SUM_MAX ? CM_WEIGHT_SUM_MAX : sum;
    for (size_t i = from; i < to; i++)
        scanner->raw[i].hit.name = (uint32_t)(int32_t)kept;
    return cue->most_of_weights >= cue->threshold || sum + cue->most_of_weights >= cue->threshold;
}

/* Weighted cues that do not reach their threshold have no hit. */
static void weigh(struct cm_scanner *scanner)
{
    size_t kept = 0;
    for (size_t from = 0, to; from < scanner->raw_count; from = to) {
        uint32_t cue = scanner->raw[from].hit.cue;
        for (to = from; to < scanner->raw_count && scanner->raw[to].hit.cue == cue; to++)
            ;
        if (!weighs_enough(scanner, from, to))
            continue;
        for (size_t i = from; i < to; i++)
            scanner->raw[kept++] = scanner->raw[i];
    }
    scanner->raw_count = kept;
}

/* Of each cue the leftmost, longest hits that do not overlap, if there are enough; of name cues, unless alone, all as they are. */
static enum cm_status merge(struct cm_scanner *scanner, bool alone)
{
    enum cm_status status = cm_grow(&scanner->hits, &scanner->hit_cap, scanner->raw_count, sizeof(*scanner->hits));
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < scanner->raw_count;) {
        uint32_t cue = scanner->raw[i].hit.cue, end = 0;
        size_t begun = scanner->hit_count;
        const struct cm_cue *rule = &scanner->matcher->ruleset->cues[cue];
        bool all = rule->name_customer && !alone;
        for (; i < scanner->raw_count && scanner->raw[i].hit.cue == cue; i++) {
            if (!all && scanner->hit_count > begun && scanner->raw[i].hit.start < end)
                continue;
            if (rule->kind == CM_CUE_SUMMED && scanner->hit_count - begun == CM_SUMMED_HITS_MAX)
                continue;
            scanner->hits[scanner->hit_count++] = scanner->raw[i].hit;
            end = scanner->raw[i].hit.end;
        }
        if (!all && scanner->hit_count - begun < rule->min_count)
            scanner->hit_count = begun;
    }
    return CM_OK;
}

/* A cue that hit all the same is decided: it stays no fault; of name cues, unless alone, the judge decides. Hits are still by cue. */
static void drop_decided(struct cm_scanner *scanner, bool alone)
{
    const struct cm_cue *cues = scanner->matcher->ruleset->cues;
    size_t kept = 0, hit = 0;
    for (size_t i = 0; i < scanner->fault_count; i++) {
        while (hit < scanner->hit_count && scanner->hits[hit].cue < scanner->faults[i])
            hit++;
        bool hits = hit < scanner->hit_count && scanner->hits[hit].cue == scanner->faults[i];
        if (!hits || (cues[scanner->faults[i]].name_customer && !alone))
            scanner->faults[kept++] = scanner->faults[i];
    }
    scanner->fault_count = kept;
}

/* Each cue once, but those of which the judge has the last word, and counts. Hits are still by cue. */
static void count_turns(const struct cm_scanner *scanner)
{
    for (size_t i = 0; i < scanner->hit_count; i++) {
        uint32_t cue = scanner->hits[i].cue;
        if ((i == 0 || cue != scanner->hits[i - 1].cue) && !cm_profile_judged(&scanner->matcher->ruleset->cues[cue]))
            scanner->timing->cue_turns[cue]++;
    }
}

static enum cm_status scan(struct cm_scanner *scanner, const struct cm_folded *turn, enum cm_speaker speaker, bool alone,
                           struct cm_scanned *out)
{
    size_t group = scanner->matcher->group_of[(unsigned)speaker < CM_SPEAKER_COUNT ? (unsigned)speaker : CM_SPEAKER_NONE];
    scanner->raw_count = scanner->hit_count = scanner->fault_count = 0;
    scanner->timing = scanner->profile && scanner->profile->timing ? scanner->profile : NULL;
    *out = (struct cm_scanned){0};
    enum cm_status status = add_phrases(scanner, turn, group);
    uint64_t from = cm_profile_start(scanner->timing);
    if (status == CM_OK)
        weigh(scanner);
    cm_profile_step(scanner->timing, CM_STAGE_MERGE, from);
    if (status == CM_OK)
        status = add_regexes(scanner, turn, group);
    if (status != CM_OK)
        return status;
    from = cm_profile_start(scanner->timing);
    if (scanner->raw_count) {
        SORT(scanner->raw, scanner->raw_count, struct raw_hit, raw_before);
        status = merge(scanner, alone);
    }
    drop_decided(scanner, alone);
    cm_profile_step(scanner->timing, CM_STAGE_MERGE, from);
    if (scanner->timing)
        count_turns(scanner);
    SORT(scanner->hits, scanner->hit_count, struct cm_hit, hit_before);
    *out = (struct cm_scanned){scanner->hits, (uint32_t)scanner->hit_count, scanner->faults, (uint32_t)scanner->fault_count};
    return status;
}

enum cm_status cm_scan(struct cm_scanner *scanner, const struct cm_folded *turn, enum cm_speaker speaker, struct cm_scanned *out)
{
    return scan(scanner, turn, speaker, false, out);
}

enum cm_status cm_scan_alone(struct cm_scanner *scanner, const struct cm_folded *turn, enum cm_speaker speaker, struct cm_scanned *out)
{
    return scan(scanner, turn, speaker, true, out);
}

/* ---- words of a turn ---- */

/* Not words that another can take up: masks stand for whatever was taken out. */
#define MASK_CLASSES (CM_TOKEN_CLASS_BIT(CM_TOKEN_MASK) | CM_TOKEN_CLASS_BIT(CM_TOKEN_NAME_MASK) | CM_TOKEN_CLASS_BIT(CM_TOKEN_EMOJI))

static bool number_before(const uint32_t *a, const uint32_t *b)
{
    return *a < *b;
}

uint32_t cm_content_words(const struct cm_folded *turn, uint32_t *out, bool *all_backchannel)
{
    uint32_t count = 0, kept = 0;
    for (uint32_t i = 0; i < turn->count; i++) {
        const struct cm_token *token = &turn->tokens[i];
        if (!(token->flags & CM_TOKEN_QUOTED) && !(token->lists & CM_WORD_STOP) && !(MASK_CLASSES >> token->class & 1))
            out[count++] = cm_word_hash32(token->hash);
    }
    SORT(out, count, uint32_t, number_before);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || out[i] != out[kept - 1])
            out[kept++] = out[i];
    *all_backchannel = cm_is_backchannel(turn);
    return kept;
}
