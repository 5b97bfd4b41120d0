#include "study/sampler.h"

#include "base/hash.h"
#include "study/sampler.h"

/* The fixed strata of a sample by cues or labels. */
enum { STRATUM_RANDOM, STRATUM_NOTHING, STRATUM_FIRST };

static bool is_fixed(enum cm_sampling_by by)
{
    return by == CM_SAMPLING_CUE || by == CM_SAMPLING_LABEL;
}

static const struct cm_ruleset *ruleset_of(const struct cm_sampling *sampling)
{
    return sampling->request.packs->items[0].ruleset;
}

/* ---- one interaction ---- */

static enum cm_status mark(struct cm_marks *marks, uint32_t turn, uint32_t what)
{
    enum cm_status status = cm_grow(&marks->items, &marks->cap, marks->count + 1, sizeof *marks->items);
    if (status == CM_OK)
        marks->items[marks->count++] = (uint64_t)turn << 32 | what;
    return status;
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void sort_marks(struct cm_marks *marks)
{
    size_t kept = 0;
    if (marks->count > 1)
        qsort(marks->items, marks->count, sizeof *marks->items, by_value);
    for (size_t i = 0; i < marks->count; i++)
        if (kept == 0 || marks->items[i] != marks->items[kept - 1])
            marks->items[kept++] = marks->items[i];
    marks->count = kept;
}

/* The marks of turn begin at *at, which moves behind them. How many there are. */
static uint32_t marks_of(const struct cm_marks *marks, uint32_t turn, size_t *at)
{
    uint32_t count = 0;
    while (*at < marks->count && marks->items[*at] >> 32 < turn)
        (*at)++;
    for (; *at < marks->count && marks->items[*at] >> 32 == turn; (*at)++)
        count++;
    return count;
}

static bool is_of(enum cm_speaker mapped, enum cm_speaker speaker)
{
    return mapped == speaker || (mapped == CM_SPEAKER_AGENT && speaker == CM_SPEAKER_LEAD);
}

static enum cm_status mark_labels(const struct cm_sampling *sampling, struct cm_sampling_part *part, const struct cm_fired *fired,
                                  enum cm_speaker speaker)
{
    const struct cm_sampling_request *request = &sampling->request;
    enum cm_status status = CM_OK;
    for (uint32_t i = sampling->first_entry[fired->cue]; i < sampling->first_entry[fired->cue + 1] && status == CM_OK; i++) {
        uint32_t entry = sampling->entries[i];
        if (!is_of(request->map->items[entry].speaker, speaker))
            continue;
        status = mark(&part->said, fired->turn, entry);
        if (status == CM_OK && request->by == CM_SAMPLING_LABEL)
            status = mark(&part->are, fired->turn, STRATUM_FIRST + entry);
    }
    return status;
}

static enum cm_status mark_fired(const struct cm_sampling *sampling, struct cm_sampling_part *part, const struct cm_judged *judged)
{
    const struct cm_sampling_request *request = &sampling->request;
    enum cm_status status = CM_OK;
    part->said.count = part->are.count = 0;
    for (size_t i = 0; i < cm_judge_fired_count(judged->judges[0]) && status == CM_OK; i++) {
        struct cm_fired fired = cm_judge_fired(judged->judges[0], i);
        enum cm_speaker speaker;
        uint64_t seq;
        cm_interaction_seq(judged->interaction, fired.turn, &speaker, &seq);
        if (fired.fault || !(request->speakers & CM_BIT(speaker)))
            continue;
        if (request->by == CM_SAMPLING_CUE)
            status = mark(&part->are, fired.turn, STRATUM_FIRST + fired.cue);
        if (status == CM_OK)
            status = request->map ? mark_labels(sampling, part, &fired, speaker) : mark(&part->said, fired.turn, fired.cue);
    }
    sort_marks(&part->said);
    sort_marks(&part->are);
    return status;
}

/* The stratum with this name, made where there is none yet. */
static enum cm_status named_stratum(const struct cm_sampling *sampling, struct cm_sampling_part *part, struct cm_span name, uint32_t *out)
{
    for (uint32_t i = part->count; i-- > 0;)
        if (cm_span_equal(part->strata[i].told.name, name)) {
            *out = i;
            return CM_OK;
        }
    if (part->count == CM_SAMPLING_STRATA_MAX)
        return CM_ELIMIT;
    enum cm_status status = cm_grow(&part->strata, &part->cap, part->count + 1u, sizeof *part->strata);
    struct cm_span kept = cm_arena_copy(&part->names, name);
    if (status != CM_OK || !kept.ptr)
        return CM_ENOMEM;
    cm_stratum_init(&part->strata[part->count], kept, sampling->request.seed);
    *out = part->count++;
    return CM_OK;
}

/* Those that the whole interaction is of. */
static enum cm_status common_strata(const struct cm_sampling *sampling, struct cm_sampling_part *part, const struct cm_scorecard *card,
                                    uint32_t *count)
{
    enum cm_sampling_by by = sampling->request.by;
    struct cm_span name = by == CM_SAMPLING_QUEUE ? card->queue : card->channel;
    *count = 1;
    part->of[0] = STRATUM_RANDOM;
    if (by != CM_SAMPLING_QUEUE && by != CM_SAMPLING_CHANNEL)
        return CM_OK;
    return named_stratum(sampling, part, name.len > 0 ? name : CM_SPAN("(none)"), &part->of[0]);
}

static uint8_t channel_of(struct cm_span name)
{
    for (int i = CM_CHANNEL_NONE + 1; i < CM_CHANNEL_COUNT; i++)
        if (cm_span_equal(name, cm_span_of(cm_channel_name((enum cm_channel)i))))
            return (uint8_t)i;
    return CM_CHANNEL_NONE;
}

/* The turn at hand, as it was judged. */
struct at_hand {
    const struct cm_judged *judged;
    uint32_t turn;
    uint8_t speaker, channel;
    const uint64_t *said;
    uint32_t said_count, stratum_count;
};

/* Where the last turns before this one stand, and itself; lines has room for before + 1. The oldest comes first. */
static uint32_t find_lines(const struct cm_interaction *interaction, uint32_t turn, uint32_t before, struct cm_sampled_line *lines)
{
    uint32_t count = 0;
    for (uint32_t at = turn + 1; at-- > 0 && count <= before;) {
        struct cm_origin message;
        struct cm_sampled_line *line = &lines[before - count];
        enum cm_speaker speaker;
        uint64_t seq;
        if (!cm_interaction_turn(interaction, at, &message, &line->origin))
            continue;
        cm_interaction_seq(interaction, at, &speaker, &seq);
        line->speaker = (uint8_t)speaker;
        count++;
    }
    for (uint32_t i = 0; i < count; i++)
        lines[i] = lines[before + 1 - count + i];
    return count;
}

static struct cm_span put_span(char **to, struct cm_span from)
{
    char *at = *to;
    if (from.len > 0)
        memcpy(at, from.ptr, from.len);
    *to += from.len;
    return (struct cm_span){at, from.len};
}

/* All of it in one piece of memory, so that it goes as one. */
static struct cm_sampled_turn *keep(const struct cm_sampling *sampling, const struct cm_sampling_part *part, const struct at_hand *hand)
{
    uint32_t before = sampling->request.before;
    struct cm_span id = hand->judged->cards[0]->interaction_id, names = cm_interaction_names(hand->judged->interaction);
    struct cm_sampled_turn *turn =
        calloc(1, sizeof *turn + (before + 1u) * sizeof *turn->lines + hand->stratum_count * sizeof *turn->strata +
                      hand->said_count * sizeof *turn->machine + hand->stratum_count + id.len + names.len);
    if (!turn)
        return NULL;
    turn->lines = (struct cm_sampled_line *)(turn + 1);
    turn->strata = (uint32_t *)(turn->lines + before + 1);
    uint32_t *machine = turn->strata + hand->stratum_count;
    turn->drawn = (uint8_t *)(machine + hand->said_count);
    char *bytes = (char *)turn->drawn + hand->stratum_count;
    turn->interaction_id = put_span(&bytes, id);
    turn->names = put_span(&bytes, names);
    turn->turn = hand->turn;
    turn->speaker = hand->speaker;
    turn->channel = hand->channel;
    turn->stratum_count = hand->stratum_count;
    for (uint32_t i = 0; i < hand->stratum_count; i++)
        turn->strata[i] = part->of[i];
    turn->machine = machine;
    turn->machine_count = hand->said_count;
    for (uint32_t i = 0; i < hand->said_count; i++)
        machine[i] = (uint32_t)hand->said[i];
    turn->line_count = find_lines(hand->judged->interaction, hand->turn, before, turn->lines);
    return turn;
}

/* To every stratum that it is of. */
static enum cm_status offer(const struct cm_sampling *sampling, struct cm_sampling_part *part, const struct at_hand *hand, uint64_t hash)
{
    uint32_t limit = sampling->request.turns;
    struct cm_sampled_turn *turn = NULL;
    enum cm_status status = CM_OK;
    part->population++;
    for (uint32_t i = 0; i < hand->stratum_count && status == CM_OK; i++) {
        struct cm_stratum *stratum = &part->strata[part->of[i]];
        uint64_t key = cm_draw_key(hash, hand->turn, stratum->seed);
        stratum->told.population++;
        if (!cm_stratum_wants(stratum, limit, key))
            continue;
        if (!turn && !(turn = keep(sampling, part, hand)))
            return CM_ENOMEM;
        status = cm_stratum_add(stratum, limit, key, turn);
    }
    if (turn && turn->held == 0)
        free(turn);
    return status;
}

enum cm_status cm_sampling_observe(void *context, unsigned worker, const struct cm_judged *judged)
{
    struct cm_sampling *sampling = context;
    struct cm_sampling_part *part = &sampling->parts[worker];
    const struct cm_scorecard *card = judged->cards[0];
    struct at_hand hand = {.judged = judged, .channel = channel_of(card->channel)};
    uint64_t hash = cm_hash64(card->interaction_id);
    uint32_t common = 0;
    size_t said = 0, are = 0;
    enum cm_status status = mark_fired(sampling, part, judged);
    if (status == CM_OK)
        status = common_strata(sampling, part, card, &common);
    for (uint32_t i = 0; i < cm_interaction_turns(judged->interaction) && status == CM_OK; i++) {
        struct cm_origin message, words;
        enum cm_speaker speaker;
        uint64_t seq;
        cm_interaction_seq(judged->interaction, i, &speaker, &seq);
        if (!(sampling->request.speakers & CM_BIT(speaker)) || !cm_interaction_turn(judged->interaction, i, &message, &words))
            continue;
        hand.turn = i;
        hand.speaker = (uint8_t)speaker;
        hand.said_count = marks_of(&part->said, i, &said);
        hand.said = hand.said_count ? part->said.items + said - hand.said_count : NULL;
        hand.stratum_count = common;
        uint32_t own = marks_of(&part->are, i, &are);
        if (is_fixed(sampling->request.by) && own == 0)
            part->of[hand.stratum_count++] = STRATUM_NOTHING;
        for (uint32_t j = 0; j < own; j++)
            part->of[hand.stratum_count++] = (uint32_t)part->are.items[are - own + j];
        status = offer(sampling, part, &hand, hash);
    }
    return status;
}

/* ---- all workers ---- */

/* Entries of the map by cue, those that count. */
static enum cm_status index_map(struct cm_sampling *sampling)
{
    const struct cm_sampling_request *request = &sampling->request;
    uint32_t cues = ruleset_of(sampling)->cue_count, count = 0;
    for (uint32_t i = 0; i < request->map->count; i++)
        count += request->map->items[i].cue_count;
    sampling->entries = calloc(count + 1u, sizeof *sampling->entries);
    sampling->first_entry = calloc(cues + 2u, sizeof *sampling->first_entry);
    if (!sampling->entries || !sampling->first_entry)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < request->map->count; i++)
        for (uint32_t j = 0; j < request->map->items[i].cue_count && (!request->chosen || request->chosen[i]); j++)
            sampling->first_entry[request->map->items[i].cues[j] + 2]++;
    for (uint32_t i = 2; i < cues + 2; i++)
        sampling->first_entry[i] += sampling->first_entry[i - 1];
    /* Filling moves first_entry[c + 1] from the begin of c to its end, which is the begin of c + 1. */
    for (uint32_t i = 0; i < request->map->count; i++)
        for (uint32_t j = 0; j < request->map->items[i].cue_count && (!request->chosen || request->chosen[i]); j++)
            sampling->entries[sampling->first_entry[request->map->items[i].cues[j] + 1]++] = i;
    return CM_OK;
}

static struct cm_span fixed_name(struct cm_sampling *sampling, uint32_t stratum)
{
    const struct cm_sampling_request *request = &sampling->request;
    if (stratum < STRATUM_FIRST)
        return stratum == STRATUM_RANDOM ? CM_SPAN("random") : CM_SPAN("nothing");
    if (request->by == CM_SAMPLING_CUE)
        return cm_span_of(ruleset_of(sampling)->cues[stratum - STRATUM_FIRST].id);
    const struct cm_mapped *mapped = &request->map->items[stratum - STRATUM_FIRST];
    char *name = cm_arena_printf(&sampling->arena, "%s.%.*s", cm_speaker_name(mapped->speaker), (int)mapped->label.len, mapped->label.ptr);
    return name ? cm_span_of(name) : (struct cm_span){NULL, 0};
}

static enum cm_status part_init(struct cm_sampling *sampling, struct cm_sampling_part *part)
{
    enum cm_sampling_by by = sampling->request.by;
    uint32_t count = by == CM_SAMPLING_NONE ? 1 : 0;
    if (by == CM_SAMPLING_CUE)
        count = STRATUM_FIRST + ruleset_of(sampling)->cue_count;
    else if (by == CM_SAMPLING_LABEL)
        count = STRATUM_FIRST + sampling->request.map->count;
    part->of = calloc(count + 1u, sizeof *part->of);
    enum cm_status status = cm_grow(&part->strata, &part->cap, count + 1u, sizeof *part->strata);
    if (status != CM_OK || !part->of)
        return CM_ENOMEM;
    for (; part->count < count; part->count++) {
        struct cm_span name = fixed_name(sampling, part->count);
        if (!name.ptr)
            return CM_ENOMEM;
        cm_stratum_init(&part->strata[part->count], name, sampling->request.seed);
    }
    return CM_OK;
}

static void part_free(struct cm_sampling_part *part)
{
    for (uint32_t i = 0; i < part->count; i++)
        cm_stratum_free(&part->strata[i]);
    free(part->strata);
    free(part->said.items);
    free(part->are.items);
    free(part->of);
    cm_arena_free(&part->names);
}

enum cm_status cm_sampling_new(const struct cm_sampling_request *request, struct cm_sampling **out)
{
    *out = NULL;
    struct cm_sampling *sampling = calloc(1, sizeof *sampling);
    if (!sampling)
        return CM_ENOMEM;
    sampling->request = *request;
    sampling->parts = calloc(request->workers, sizeof *sampling->parts);
    enum cm_status status = sampling->parts ? CM_OK : CM_ENOMEM;
    if (status == CM_OK && request->map)
        status = index_map(sampling);
    for (unsigned i = 0; i < request->workers && status == CM_OK; i++)
        status = part_init(sampling, &sampling->parts[i]);
    if (status != CM_OK)
        cm_sampling_free(sampling);
    else
        *out = sampling;
    return status;
}

void cm_sampling_free(struct cm_sampling *sampling)
{
    if (!sampling)
        return;
    for (unsigned i = 0; sampling->parts && i < sampling->request.workers; i++)
        part_free(&sampling->parts[i]);
    free(sampling->parts);
    free(sampling->entries);
    free(sampling->first_entry);
    free(sampling->turns);
    cm_arena_free(&sampling->arena);
    free(sampling);
}

static enum cm_status merge(struct cm_sampling *sampling, struct cm_sampling_part *into, struct cm_sampling_part *from)
{
    bool fixed = is_fixed(sampling->request.by) || sampling->request.by == CM_SAMPLING_NONE;
    enum cm_status status = CM_OK;
    into->population += from->population;
    for (uint32_t i = 0; i < from->count && status == CM_OK; i++) {
        uint32_t at = i;
        if (!fixed)
            status = named_stratum(sampling, into, from->strata[i].told.name, &at);
        /* a turn has one stratum then, which has another number here */
        for (uint32_t j = 0; j < from->strata[i].count && !fixed; j++)
            from->strata[i].lots[j].turn->strata[0] = at;
        if (status == CM_OK)
            status = cm_stratum_merge(&into->strata[at], &from->strata[i], sampling->request.turns);
    }
    return status;
}

static int by_turn(const void *left, const void *right)
{
    return cm_sampled_turn_compare(*(struct cm_sampled_turn *const *)left, *(struct cm_sampled_turn *const *)right);
}

/* Those that stand, each once: it is met once for every stratum that drew it. */
static enum cm_status collect(struct cm_sampling *sampling, const struct cm_sampling_part *sum, uint32_t stand)
{
    uint32_t met = 0;
    for (uint32_t i = 0; i < sum->count; i++)
        met += sum->strata[i].told.drawn;
    sampling->turns = calloc(met + 1u, sizeof *sampling->turns);
    if (!sampling->turns)
        return CM_ENOMEM;
    met = 0;
    for (uint32_t i = 0; i < sum->count; i++)
        for (uint32_t j = 0; j < sum->strata[i].told.drawn; j++)
            sampling->turns[met++] = sum->strata[i].lots[j].turn;
    if (met > 1)
        qsort(sampling->turns, met, sizeof *sampling->turns, by_turn);
    for (uint32_t i = 0; i < met; i++)
        if (sampling->count == 0 || sampling->turns[i] != sampling->turns[sampling->count - 1])
            sampling->turns[sampling->count++] = sampling->turns[i];
    return sampling->count == stand ? CM_OK : CM_EINPUT;
}

enum cm_status cm_sampling_finish(struct cm_sampling *sampling)
{
    struct cm_sampling_part *sum = &sampling->parts[0];
    enum cm_status status = CM_OK;
    uint32_t first = is_fixed(sampling->request.by) ? STRATUM_FIRST : 0, stand = 0;
    for (unsigned i = 1; i < sampling->request.workers && status == CM_OK; i++)
        status = merge(sampling, sum, &sampling->parts[i]);
    if (status == CM_OK)
        status = cm_strata_draw(sum->strata, sum->count, first, sampling->request.turns, &stand);
    return status == CM_OK ? collect(sampling, sum, stand) : status;
}

struct cm_sampling_result cm_sampling_result(const struct cm_sampling *sampling)
{
    const struct cm_sampling_part *sum = &sampling->parts[0];
    return (struct cm_sampling_result){.turns = sampling->turns,
                                       .count = sampling->count,
                                       .population = sum->population,
                                       .strata = sum->strata,
                                       .stratum_count = sum->count};
}
