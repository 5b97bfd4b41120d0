/*
 * Hits to firings: which cue fired in which turn (rules/REFERENCE.md §4).
 *
 * Cost goes with what was found, not with the pack: chains of firings hang on
 * cues by a stamp, so that nothing need be cleared, and a combination whose
 * members never fired costs one look.
 */
#include "score/private.h"

enum gate { GATE_UNKNOWN, GATE_OPEN, GATE_CLOSED };
/* Of a cue in a turn or a window of turns. */
enum truth { MISS, FAULT, HIT };

bool cm_turn_unsure(const struct cm_judge *judge, const struct cm_turn *turn)
{
    const struct cm_record *record = turn->words && turn->words->has & CM_HAS_CONFIDENCE ? turn->words : turn->message;
    return record->has & CM_HAS_CONFIDENCE && record->confidence < judge->ruleset->min_confidence;
}

/* --------------------------------------------------------------------- chains */

static uint32_t first_of(const struct cm_judge *judge, uint32_t cue)
{
    return judge->stamp[cue] == judge->stamp_now ? judge->head[cue] : CM_NONE;
}

/* The cue's chains are this interaction's from now on. */
static void renew(struct cm_judge *judge, uint32_t cue)
{
    if (judge->stamp[cue] == judge->stamp_now)
        return;
    judge->stamp[cue] = judge->stamp_now;
    judge->head[cue] = judge->part_head[cue] = CM_NONE;
    judge->gate[cue] = GATE_UNKNOWN;
}

/* Firings of one cue come in order of turns. */
static enum cm_status fire(struct cm_judge *judge, struct cm_firing firing)
{
    enum cm_status status = cm_grow(&judge->firings, &judge->firing_cap, judge->firing_count + 1, sizeof *judge->firings);
    if (status != CM_OK)
        return status;
    uint32_t index = (uint32_t)judge->firing_count++, cue = firing.cue;
    firing.next = CM_NONE;
    judge->firings[index] = firing;
    renew(judge, cue);
    if (judge->head[cue] == CM_NONE)
        judge->head[cue] = index;
    else
        judge->firings[judge->tail[cue]].next = index;
    judge->tail[cue] = index;
    judge->has_penalty |= (judge->penalty_channels[cue] >> judge->in->channel & 1) != 0;
    return CM_OK;
}

/* ---------------------------------------------------------------------- gates */

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 'a' - 'A') : byte;
}

/* "en" takes "en", "EN", "en-GB" and "en_GB". */
static bool language_is(struct cm_span lang, struct cm_span wanted)
{
    if (lang.len < wanted.len)
        return false;
    for (size_t i = 0; i < wanted.len; i++)
        if (lower(lang.ptr[i]) != lower(wanted.ptr[i]))
            return false;
    return lang.len == wanted.len || lang.ptr[wanted.len] == '-' || lang.ptr[wanted.len] == '_';
}

bool cm_language_in(struct cm_span lang, const struct cm_span *languages, uint32_t count)
{
    bool in = count == 0 || lang.len == 0;
    for (uint32_t i = 0; !in && i < count; i++)
        in = language_is(lang, languages[i]);
    return in;
}

/* Gates that are the same for the whole interaction, looked at once. */
static bool interaction_gate(struct cm_judge *judge, uint32_t index)
{
    renew(judge, index);
    if (judge->gate[index] == GATE_UNKNOWN) {
        const struct cm_cue *cue = &judge->ruleset->cues[index];
        bool open = cue->channels & CM_BIT(judge->in->channel) && cm_language_in(judge->in->lang, cue->languages, cue->language_count);
        judge->gate[index] = open ? GATE_OPEN : GATE_CLOSED;
    }
    return judge->gate[index] == GATE_OPEN;
}

/* position counts the runs of the turn's own speaker: of an agent in his segment, or of the customer. */
static bool position_gate(const struct cm_judge *judge, const struct cm_cue *cue, const struct cm_turn *turn)
{
    const struct cm_interaction *in = judge->in;
    if (turn->run == CM_NONE)
        return false;
    const struct cm_run *run = &in->runs[turn->run];
    uint32_t runs = run->agent == CM_NONE ? in->customer_runs : in->agents[run->agent].runs;
    return (!cue->position_first || run->ordinal < cue->position_first) &&
           (!cue->position_last || run->ordinal + cue->position_last >= runs);
}

static bool replies_gate(const struct cm_judge *judge, uint32_t turn)
{
    const struct cm_interaction *in = judge->in;
    uint32_t run = in->turns[turn].run;
    return run != CM_NONE && run > 0 && in->runs[run].first == turn && in->runs[run].agent != CM_NONE && in->runs[run - 1].agent == CM_NONE;
}

/* A turn that was deleted has no words. */
static bool words_gate(const struct cm_cue *cue, const struct cm_turn *turn)
{
    uint32_t words = turn->words ? turn->words->words : 0;
    return words >= cue->min_words && (!cue->max_words || words <= cue->max_words);
}

static bool gates(struct cm_judge *judge, uint32_t index, uint32_t turn)
{
    const struct cm_cue *cue = &judge->ruleset->cues[index];
    if (!(cue->speakers & CM_BIT(judge->in->turns[turn].speaker)))
        return false;
    if (!judge->cue_gated[index])
        return true;
    if (!interaction_gate(judge, index))
        return false;
    if ((cue->position_first || cue->position_last) && !position_gate(judge, cue, &judge->in->turns[turn]))
        return false;
    return (!cue->replies || replies_gate(judge, turn)) && words_gate(cue, &judge->in->turns[turn]);
}

static bool is_customers_name(const struct cm_judge *judge, uint32_t name)
{
    for (size_t i = 0; i < judge->in->name_count; i++)
        if (judge->in->names[i] == name)
            return true;
    return name == CM_NAME_MASK;
}

/* ----------------------------------------------------------- what the scan found */

/* What the cue fired for last in this turn; NULL: it did not. */
static struct cm_firing *fired_in(const struct cm_judge *judge, uint32_t cue, uint32_t turn)
{
    if (first_of(judge, cue) == CM_NONE || judge->firings[judge->tail[cue]].turn != turn)
        return NULL;
    return &judge->firings[judge->tail[cue]];
}

/* Hits come by start, then end: of those with one start the last is the longest. */
static bool is_longer(const struct cm_hit *hit, uint32_t start, uint32_t end)
{
    return hit->start == start && hit->end > end;
}

/* Hits of a name cue from index i on that are confirmed and do not overlap: as many as it asks for? */
static bool has_enough(const struct cm_judge *judge, const struct cm_record_found *found, uint32_t i)
{
    uint32_t cue = found->hits[i].cue, wanted = judge->ruleset->cues[cue].min_count, count = 0, start = 0, end = 0;
    for (; i < found->hit_count && count < wanted; i++) {
        const struct cm_hit *hit = &found->hits[i];
        if (hit->cue != cue || !is_customers_name(judge, hit->name))
            continue;
        bool apart = count == 0 || hit->start >= end;
        if (!apart && !is_longer(hit, start, end))
            continue;
        count += apart;
        start = hit->start;
        end = hit->end;
    }
    return count >= wanted;
}

/* Hits of a name cue come unmerged, one for each name in them: confirmed here, then merged, then counted. */
static bool fires_by_name(struct cm_judge *judge, const struct cm_record_found *found, uint32_t i, uint32_t turn)
{
    const struct cm_hit *hit = &found->hits[i];
    if (!is_customers_name(judge, hit->name))
        return false;
    struct cm_firing *last = fired_in(judge, hit->cue, turn);
    if (!last)
        return has_enough(judge, found, i);
    if (is_longer(hit, last->start, last->end)) {
        last->end = hit->end;
        last->hit = i;
    }
    return hit->start >= last->end;
}

/* What the phrases of a SUMMED cue bring, until the cues that it sums up are known. */
static enum cm_status keep_part(struct cm_judge *judge, uint32_t turn, uint32_t i, const struct cm_hit *hit)
{
    enum cm_status status = cm_grow(&judge->parts, &judge->part_cap, judge->part_count + 1, sizeof *judge->parts);
    if (status != CM_OK)
        return status;
    uint32_t index = (uint32_t)judge->part_count++, cue = hit->cue;
    renew(judge, cue);
    judge->parts[index] =
        (struct cm_part){.turn = turn, .start = hit->start, .end = hit->end, .hit = i, .sum = (int32_t)hit->name, .next = CM_NONE};
    if (judge->part_head[cue] == CM_NONE)
        judge->part_head[cue] = index;
    else
        judge->parts[judge->part_tail[cue]].next = index;
    judge->part_tail[cue] = index;
    return CM_OK;
}

static enum cm_status fire_found(struct cm_judge *judge, uint32_t turn, const struct cm_record *words)
{
    const struct cm_cue *cues = judge->ruleset->cues;
    struct cm_record_found found = cm_record_found(words, judge->pack);
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; status == CM_OK && i < found.hit_count; i++) {
        const struct cm_hit *hit = &found.hits[i];
        if (hit->cue >= judge->ruleset->cue_count)
            return CM_EINPUT;
        if (cues[hit->cue].kind == CM_CUE_SUMMED) {
            status = keep_part(judge, turn, i, hit);
            continue;
        }
        if (!gates(judge, hit->cue, turn) || (cues[hit->cue].name_customer && !fires_by_name(judge, &found, i, turn)))
            continue;
        status = fire(judge, (struct cm_firing){.cue = hit->cue, .turn = turn, .start = hit->start, .end = hit->end, .hit = i});
    }
    for (uint32_t i = 0; status == CM_OK && i < found.fault_count; i++) {
        uint32_t cue = found.faults[i];
        if (cue >= judge->ruleset->cue_count)
            return CM_EINPUT;
        if (gates(judge, cue, turn) && !(cues[cue].name_customer && fired_in(judge, cue, turn)))
            status = fire(judge, (struct cm_firing){.cue = cue, .turn = turn, .hit = CM_NONE, .flags = CM_FIRING_FAULT});
    }
    return status;
}

/* ----------------------------------------------------------------------- echo */

static bool by_value(const struct cm_judge *judge, uint32_t a, uint32_t b)
{
    (void)judge;
    return a < b;
}

/* The content words of a customer run, kept until another run is asked for. */
static enum cm_status words_of_run(struct cm_judge *judge, uint32_t index)
{
    if (judge->echo_run == index)
        return CM_OK;
    const struct cm_run *run = &judge->in->runs[index];
    judge->echo.count = 0;
    judge->echo_run = CM_NONE;
    for (uint32_t i = run->first; i <= run->last; i++) {
        const struct cm_turn *turn = &judge->in->turns[i];
        if (turn->speaker != CM_SPEAKER_CUSTOMER || !turn->words || cm_turn_unsure(judge, turn))
            continue;
        for (uint32_t word = 0; word < turn->words->content_count; word++)
            if (!cm_list_add(&judge->echo, turn->words->content[word]))
                return CM_ENOMEM;
    }
    if (run->first != run->last && !cm_judge_sort(judge, &judge->echo, by_value))
        return CM_ENOMEM;
    judge->echo_run = index;
    return CM_OK;
}

/* Distinct words that two ascending lists share; the turn's own are distinct. */
static uint32_t shared_words(const struct cm_list *run, const struct cm_record *words)
{
    uint32_t shared = 0;
    size_t a = 0, b = 0;
    while (a < run->count && b < words->content_count) {
        uint32_t x = run->items[a], y = words->content[b];
        shared += x == y;
        a += x <= y;
        b += y <= x;
    }
    return shared;
}

/* The customer run that a turn of an agent replies to: the last one before its run; CM_NONE: none. */
static uint32_t replied_to(const struct cm_interaction *in, const struct cm_turn *turn)
{
    uint32_t run = turn->agent == CM_NONE ? CM_NONE : turn->run;
    while (run != CM_NONE && in->runs[run].agent != CM_NONE)
        run = run ? run - 1 : CM_NONE;
    return run;
}

static enum cm_status fire_echo(struct cm_judge *judge, uint32_t index)
{
    const struct cm_interaction *in = judge->in;
    enum cm_status status = CM_OK;
    judge->echo_run = CM_NONE;
    for (uint32_t i = 0; status == CM_OK && i < in->turn_count; i++) {
        const struct cm_turn *turn = &in->turns[i];
        if (!gates(judge, index, i) || !turn->words || cm_turn_unsure(judge, turn))
            continue;
        uint32_t run = replied_to(in, turn);
        if (run == CM_NONE)
            continue;
        status = words_of_run(judge, run);
        if (status == CM_OK && shared_words(&judge->echo, turn->words) >= judge->ruleset->cues[index].echo_words)
            status = fire(
                judge, (struct cm_firing){.cue = index, .turn = i, .end = turn->words->text_len, .hit = CM_NONE, .flags = CM_FIRING_WHOLE});
    }
    return status;
}

/* ---------------------------------------------------------------- combinations */

/* Does the cue fire in [from, to]? Sites come in order, so that what lies before the cursor is never looked at again. */
static enum truth fires(const struct cm_judge *judge, uint32_t cue, uint32_t from, uint32_t to)
{
    enum truth truth = MISS;
    for (uint32_t i = judge->cursor[cue]; i != CM_NONE && judge->firings[i].turn <= to; i = judge->firings[i].next) {
        if (judge->firings[i].turn < from)
            continue;
        if (!(judge->firings[i].flags & CM_FIRING_FAULT))
            return HIT;
        truth = FAULT;
    }
    return truth;
}

static enum truth least(enum truth a, enum truth b)
{
    return a < b ? a : b;
}

static enum truth all_of(const struct cm_judge *judge, struct cm_cue_list list, uint32_t from, uint32_t to)
{
    enum truth truth = HIT;
    for (uint32_t i = 0; truth != MISS && i < list.count; i++)
        truth = least(truth, fires(judge, list.items[i], from, to));
    return truth;
}

static enum truth any_of(const struct cm_judge *judge, struct cm_cue_list list, uint32_t from, uint32_t to)
{
    enum truth truth = MISS;
    for (uint32_t i = 0; truth != HIT && i < list.count; i++) {
        enum truth one = fires(judge, list.items[i], from, to);
        truth = one > truth ? one : truth;
    }
    return truth;
}

static void set_cursors(struct cm_judge *judge, struct cm_cue_list list)
{
    for (uint32_t i = 0; i < list.count; i++)
        judge->cursor[list.items[i]] = first_of(judge, list.items[i]);
}

static void advance_cursors(struct cm_judge *judge, struct cm_cue_list list, uint32_t from)
{
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t *cursor = &judge->cursor[list.items[i]];
        while (*cursor != CM_NONE && judge->firings[*cursor].turn < from)
            *cursor = judge->firings[*cursor].next;
    }
}

static bool any_present(const struct cm_judge *judge, struct cm_cue_list list)
{
    for (uint32_t i = 0; i < list.count; i++)
        if (first_of(judge, list.items[i]) != CM_NONE)
            return true;
    return false;
}

static bool can_fire(const struct cm_judge *judge, const struct cm_cue *cue)
{
    for (uint32_t i = 0; i < cue->all.count; i++)
        if (first_of(judge, cue->all.items[i]) == CM_NONE)
            return false;
    return !cue->any.count || any_present(judge, cue->any);
}

/* Which words a combination points at: the first of its members' in the turn; the whole turn where none has words. */
static void site_words(const struct cm_judge *judge, struct cm_cue_list list, struct cm_firing *firing)
{
    for (uint32_t m = 0; m < list.count; m++) {
        for (uint32_t i = judge->cursor[list.items[m]]; i != CM_NONE && judge->firings[i].turn <= firing->turn;
             i = judge->firings[i].next) {
            const struct cm_firing *member = &judge->firings[i];
            if (member->turn != firing->turn || member->flags)
                continue;
            bool first = firing->flags & CM_FIRING_WHOLE || member->start < firing->start ||
                         (member->start == firing->start && member->end < firing->end);
            if (!first)
                continue;
            firing->start = member->start;
            firing->end = member->end;
            firing->hit = member->hit;
            firing->flags = 0;
        }
    }
}

/* A combination in the turn on which it would be sited: that turn must hold one of what it asks for. */
static enum cm_status try_site(struct cm_judge *judge, uint32_t index, uint32_t turn)
{
    const struct cm_cue *cue = &judge->ruleset->cues[index];
    uint32_t back = cue->near_turns > 1 ? cue->near_turns - 1 : 0;
    uint32_t from = turn > back ? turn - back : 0;
    enum truth truth = HIT;
    advance_cursors(judge, cue->all, from);
    advance_cursors(judge, cue->any, from);
    advance_cursors(judge, cue->none, from);
    if (cue->all.count || cue->any.count) {
        enum truth in_all = any_of(judge, cue->all, turn, turn), in_any = any_of(judge, cue->any, turn, turn);
        truth = in_all > in_any ? in_all : in_any;
    }
    truth = least(truth, all_of(judge, cue->all, from, turn));
    if (cue->any.count)
        truth = least(truth, any_of(judge, cue->any, from, turn));
    truth = least(truth, (enum truth)(HIT - any_of(judge, cue->none, from, turn)));
    if (truth == MISS || !gates(judge, index, turn))
        return CM_OK;
    const struct cm_record *words = judge->in->turns[turn].words;
    struct cm_firing firing = {.cue = index, .turn = turn, .end = words ? words->text_len : 0, .hit = CM_NONE, .flags = CM_FIRING_WHOLE};
    if (truth == FAULT) {
        firing.flags = CM_FIRING_FAULT;
    } else {
        site_words(judge, cue->all, &firing);
        site_words(judge, cue->any, &firing);
    }
    return fire(judge, firing);
}

static bool add_sites(struct cm_judge *judge, struct cm_cue_list list)
{
    for (uint32_t m = 0; m < list.count; m++)
        for (uint32_t i = first_of(judge, list.items[m]); i != CM_NONE; i = judge->firings[i].next)
            if (!cm_list_add(&judge->sites, judge->firings[i].turn))
                return false;
    return true;
}

static enum cm_status fire_composite(struct cm_judge *judge, uint32_t index)
{
    const struct cm_cue *cue = &judge->ruleset->cues[index];
    enum cm_status status = CM_OK;
    if (!cue->all.count && !cue->any.count) { /* only what must not be there: any turn will do */
        set_cursors(judge, cue->none);
        for (uint32_t i = 0; status == CM_OK && i < judge->in->turn_count; i++)
            if (judge->in->turns[i].words && !cm_turn_unsure(judge, &judge->in->turns[i]))
                status = try_site(judge, index, i);
        return status;
    }
    if (!can_fire(judge, cue))
        return CM_OK;
    judge->sites.count = 0;
    set_cursors(judge, cue->none);
    set_cursors(judge, cue->all);
    set_cursors(judge, cue->any);
    if (!add_sites(judge, cue->all) || !add_sites(judge, cue->any) || !cm_judge_sort(judge, &judge->sites, by_value))
        return CM_ENOMEM;
    for (size_t i = 0; status == CM_OK && i < judge->sites.count; i++)
        if (i == 0 || judge->sites.items[i] != judge->sites.items[i - 1])
            status = try_site(judge, index, judge->sites.items[i]);
    return status;
}

/* ------------------------------------------------------------------------ sums */

static uint32_t first_part(const struct cm_judge *judge, uint32_t cue)
{
    return judge->stamp[cue] == judge->stamp_now ? judge->part_head[cue] : CM_NONE;
}

/* The words that a sum points at where no phrase of its own was said: those of the cue that added most. */
static void site_sum(const struct cm_judge *judge, const struct cm_cue *cue, struct cm_firing *firing)
{
    int32_t most = 0;
    for (uint32_t w = 0; w < cue->weight_count; w++) {
        const struct cm_rule_weight *weight = &cue->weights[w];
        if (weight->weight <= most || fires(judge, weight->cue, firing->turn, firing->turn) != HIT)
            continue;
        most = weight->weight;
        firing->start = 0;
        firing->end = judge->in->turns[firing->turn].words->text_len;
        firing->hit = CM_NONE;
        firing->flags = CM_FIRING_WHOLE;
        site_words(judge, (struct cm_cue_list){&weight->cue, 1}, firing);
    }
}

/* Its phrases in the turn; without any, the words of what added most. */
static enum cm_status fire_sum(struct cm_judge *judge, uint32_t index, uint32_t turn, uint32_t part)
{
    struct cm_firing firing = {.cue = index, .turn = turn, .hit = CM_NONE};
    if (part == CM_NONE) {
        site_sum(judge, &judge->ruleset->cues[index], &firing);
        return fire(judge, firing);
    }
    enum cm_status status = CM_OK;
    for (uint32_t i = part; status == CM_OK && i != CM_NONE && judge->parts[i].turn == turn; i = judge->parts[i].next) {
        firing.start = judge->parts[i].start;
        firing.end = judge->parts[i].end;
        firing.hit = judge->parts[i].hit;
        status = fire(judge, firing);
    }
    return status;
}

/*
 * A sum in a turn that holds some of what it adds up; part: the first of its phrases there, CM_NONE: none. A cue that could not be
 * decided may or may not add its weight: the sum is a fault where that matters.
 */
static enum cm_status try_sum(struct cm_judge *judge, uint32_t index, uint32_t turn, uint32_t part)
{
    const struct cm_cue *cue = &judge->ruleset->cues[index];
    int64_t low = part == CM_NONE ? 0 : judge->parts[part].sum, high = low;
    for (uint32_t w = 0; w < cue->weight_count; w++) {
        const struct cm_rule_weight *weight = &cue->weights[w];
        advance_cursors(judge, (struct cm_cue_list){&weight->cue, 1}, turn);
        enum truth truth = fires(judge, weight->cue, turn, turn);
        low += truth == HIT || (truth == FAULT && weight->weight < 0) ? weight->weight : 0;
        high += truth == HIT || (truth == FAULT && weight->weight > 0) ? weight->weight : 0;
    }
    if (high < cue->threshold || !judge->in->turns[turn].words || !gates(judge, index, turn))
        return CM_OK;
    if (low >= cue->threshold)
        return fire_sum(judge, index, turn, part);
    return fire(judge, (struct cm_firing){.cue = index, .turn = turn, .hit = CM_NONE, .flags = CM_FIRING_FAULT});
}

/* Turns with a phrase of the sum, or with a cue that adds to it: what only takes away makes nothing fire. */
static bool find_sums(struct cm_judge *judge, uint32_t index)
{
    const struct cm_cue *cue = &judge->ruleset->cues[index];
    bool found = true;
    judge->sites.count = 0;
    for (uint32_t i = first_part(judge, index); found && i != CM_NONE; i = judge->parts[i].next)
        found = cm_list_add(&judge->sites, judge->parts[i].turn);
    for (uint32_t w = 0; found && w < cue->weight_count; w++) {
        struct cm_cue_list other = {&cue->weights[w].cue, 1};
        set_cursors(judge, other);
        found = cue->weights[w].weight <= 0 || add_sites(judge, other);
    }
    return found && cm_judge_sort(judge, &judge->sites, by_value);
}

static enum cm_status fire_summed(struct cm_judge *judge, uint32_t index)
{
    enum cm_status status = find_sums(judge, index) ? CM_OK : CM_ENOMEM;
    uint32_t part = first_part(judge, index);
    for (size_t i = 0; status == CM_OK && i < judge->sites.count; i++) {
        uint32_t turn = judge->sites.items[i];
        if (i > 0 && judge->sites.items[i - 1] == turn)
            continue;
        while (part != CM_NONE && judge->parts[part].turn < turn)
            part = judge->parts[part].next;
        bool here = part != CM_NONE && judge->parts[part].turn == turn;
        status = try_sum(judge, index, turn, here ? part : CM_NONE);
    }
    return status;
}

static enum cm_status fire_composed(struct cm_judge *judge, uint32_t cue)
{
    switch (judge->ruleset->cues[cue].kind) {
    case CM_CUE_ECHO:
        return fire_echo(judge, cue);
    case CM_CUE_SUMMED:
        return fire_summed(judge, cue);
    default:
        return fire_composite(judge, cue);
    }
}

/* The same by the clock. Firings of one cue come in order of turns. */
static enum cm_status fire_timed(struct cm_judge *judge, uint32_t cue)
{
    struct cm_tally *tally = &judge->timing->cues[cue];
    size_t before = judge->firing_count;
    uint64_t hits = 0, from = cm_profile_now();
    enum cm_status status = fire_composed(judge, cue);
    cm_profile_run(judge->timing, tally, from, judge->firing_count > before);
    uint32_t turn = CM_NONE;
    for (size_t i = before; i < judge->firing_count; i++) {
        const struct cm_firing *firing = &judge->firings[i];
        if (firing->flags & CM_FIRING_FAULT) {
            tally->faults++;
            continue;
        }
        hits++;
        judge->timing->cue_turns[cue] += firing->turn != turn;
        turn = firing->turn;
    }
    tally->candidates++;
    tally->hits += hits;
    return status;
}

enum cm_status cm_judge_cues(struct cm_judge *judge)
{
    const struct cm_interaction *in = judge->in;
    enum cm_status status = CM_OK;
    judge->firing_count = judge->part_count = 0;
    judge->has_penalty = false;
    if (++judge->stamp_now == 0) { /* once in four thousand million interactions */
        memset(judge->stamp, 0, judge->ruleset->cue_count * sizeof *judge->stamp);
        judge->stamp_now = 1;
    }
    for (uint32_t i = 0; status == CM_OK && i < in->turn_count; i++)
        if (in->turns[i].words && !cm_turn_unsure(judge, &in->turns[i]))
            status = fire_found(judge, i, in->turns[i].words);
    for (uint32_t i = 0; status == CM_OK && i < judge->composed_count; i++) {
        status = judge->timing ? fire_timed(judge, judge->composed[i]) : fire_composed(judge, judge->composed[i]);
    }
    return status;
}

/* --------------------------------------------------------------------- look-up */

bool cm_firing_before(const struct cm_judge *judge, uint32_t a, uint32_t b)
{
    const struct cm_firing *x = &judge->firings[a], *y = &judge->firings[b];
    if (x->turn != y->turn)
        return x->turn < y->turn;
    if (x->start != y->start)
        return x->start < y->start;
    if (x->end != y->end)
        return x->end < y->end;
    return x->cue != y->cue && strcmp(cm_firing_cue(judge, a)->id, cm_firing_cue(judge, b)->id) < 0;
}

enum cm_status cm_judge_find(struct cm_judge *judge, struct cm_cue_list cues, struct cm_found *found)
{
    found->hits.count = found->faults.count = 0;
    for (uint32_t c = 0; c < cues.count; c++) {
        for (uint32_t i = first_of(judge, cues.items[c]); i != CM_NONE; i = judge->firings[i].next) {
            uint32_t flags = judge->firings[i].flags;
            if (!cm_list_add(flags & CM_FIRING_FAULT ? &found->faults : &found->hits, i))
                return CM_ENOMEM;
        }
    }
    return cm_judge_sort(judge, &found->hits, cm_firing_before) && cm_judge_sort(judge, &found->faults, cm_firing_before) ? CM_OK
                                                                                                                          : CM_ENOMEM;
}
