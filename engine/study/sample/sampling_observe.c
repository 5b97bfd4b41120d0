/* One judged interaction to its strata. */
#include "base/hash.h"
#include "study/sample/sampler.h"

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
            status = mark(&part->are, fired->turn, CM_STRATUM_FIRST + entry);
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
            status = mark(&part->are, fired.turn, CM_STRATUM_FIRST + fired.cue);
        if (status == CM_OK)
            status = request->map ? mark_labels(sampling, part, &fired, speaker) : mark(&part->said, fired.turn, fired.cue);
    }
    sort_marks(&part->said);
    sort_marks(&part->are);
    return status;
}

/* Those that the whole interaction is of. */
static enum cm_status common_strata(const struct cm_sampling *sampling, struct cm_sampling_part *part, const struct cm_scorecard *card,
                                    uint32_t *count)
{
    enum cm_sampling_by by = sampling->request.by;
    struct cm_span name = by == CM_SAMPLING_QUEUE ? card->queue : card->channel;
    *count = 1;
    part->of[0] = CM_STRATUM_RANDOM;
    if (by != CM_SAMPLING_QUEUE && by != CM_SAMPLING_CHANNEL)
        return CM_OK;
    return cm_sampling_named(sampling, part, name.len > 0 ? name : CM_SPAN("(none)"), &part->of[0]);
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
        if (cm_sampling_is_fixed(sampling->request.by) && own == 0)
            part->of[hand.stratum_count++] = CM_STRATUM_NOTHING;
        for (uint32_t j = 0; j < own; j++)
            part->of[hand.stratum_count++] = (uint32_t)part->are.items[are - own + j];
        status = offer(sampling, part, &hand, hash);
    }
    return status;
}
