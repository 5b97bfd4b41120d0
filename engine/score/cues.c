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

/* Firings of one cue come in order of turns. */
static enum cm_status fire(struct cm_judge *judge, struct cm_firing firing)
{
    enum cm_status status = cm_grow(&judge->firings, &judge->firing_cap, judge->firing_count + 1, sizeof *judge->firings);
    if (status != CM_OK)
        return status;
    uint32_t index = (uint32_t)judge->firing_count++, cue = firing.cue;
    firing.next = CM_NONE;
    judge->firings[index] = firing;
    if (first_of(judge, cue) == CM_NONE) {
        if (judge->stamp[cue] != judge->stamp_now)
            judge->gate[cue] = GATE_UNKNOWN;
        judge->stamp[cue] = judge->stamp_now;
        judge->head[cue] = index;
    } else {
        judge->firings[judge->tail[cue]].next = index;
    }
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
    if (judge->stamp[index] != judge->stamp_now) {
        judge->stamp[index] = judge->stamp_now;
        judge->head[index] = CM_NONE;
        judge->gate[index] = GATE_UNKNOWN;
    }
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
    return !cue->replies || replies_gate(judge, turn);
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

static enum cm_status fire_found(struct cm_judge *judge, uint32_t turn, const struct cm_record *words)
{
    const struct cm_cue *cues = judge->ruleset->cues;
    struct cm_record_found found = cm_record_found(words, judge->pack);
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; status == CM_OK && i < found.hit_count; i++) {
        const struct cm_hit *hit = &found.hits[i];
        if (hit->cue >= judge->ruleset->cue_count)
            return CM_EINPUT;
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
    set_cursors(judge, cue->none);
    if (!cue->all.count && !cue->any.count) { /* only what must not be there: any turn will do */
        for (uint32_t i = 0; status == CM_OK && i < judge->in->turn_count; i++)
            if (judge->in->turns[i].words && !cm_turn_unsure(judge, &judge->in->turns[i]))
                status = try_site(judge, index, i);
        return status;
    }
    if (!can_fire(judge, cue))
        return CM_OK;
    judge->sites.count = 0;
    set_cursors(judge, cue->all);
    set_cursors(judge, cue->any);
    if (!add_sites(judge, cue->all) || !add_sites(judge, cue->any) || !cm_judge_sort(judge, &judge->sites, by_value))
        return CM_ENOMEM;
    for (size_t i = 0; status == CM_OK && i < judge->sites.count; i++)
        if (i == 0 || judge->sites.items[i] != judge->sites.items[i - 1])
            status = try_site(judge, index, judge->sites.items[i]);
    return status;
}

static enum cm_status fire_composed(struct cm_judge *judge, uint32_t cue)
{
    return judge->ruleset->cues[cue].kind == CM_CUE_ECHO ? fire_echo(judge, cue) : fire_composite(judge, cue);
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
    judge->firing_count = 0;
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
