#include "chance.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------ packs */

static const char *const customer_cues[] = {"customer.u", "customer.v", "customer.w"};
static const char *const agent_cues[] = {"s", "t", "d", "e", "g", "p", "any.h"};
static const char *const made_cues[] = {"x.both", "x.near", "x.not", "x.echo", "x.sum", "any.far", "x.top"};

#define PICK(chance, names) (names)[cm_chance_below(chance, sizeof(names) / sizeof *(names))]

static struct cm_cue_list some(struct cm_builder *b, struct cm_chance *chance, const char *const *names, uint32_t count, uint32_t least)
{
    char ids[256] = "";
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool taken = least > 0 ? i + least >= count || cm_chance_once_in(chance, 2) : cm_chance_once_in(chance, 3);
        if (!taken)
            continue;
        len += (size_t)snprintf(ids + len, sizeof ids - len, "%s ", names[i]);
        least -= least > 0;
    }
    return cm_build_list(b, ids);
}

#define SOME(b, chance, names, least) some(b, chance, names, sizeof(names) / sizeof *(names), least)

static const char *const credit_cues[] = {"s", "t", "d", "g", "x.both", "x.near", "x.echo", "x.sum", "x.top", "any.h"};

static void gate(struct cm_builder *b, struct cm_chance *chance, const char *id)
{
    static const struct cm_span english[] = {{"en", 2}, {"fr", 2}};
    struct cm_cue *cue = cm_build_cue(b, id);
    if (cm_chance_once_in(chance, 8))
        cue->channels = CM_BIT(CM_CHANNEL_CHAT) | CM_BIT(CM_CHANNEL_NONE);
    if (cm_chance_once_in(chance, 8)) {
        cue->languages = english;
        cue->language_count = 1 + cm_chance_below(chance, 2);
    }
    if (cm_chance_once_in(chance, 6))
        cue->position_first = 1 + cm_chance_below(chance, 2);
    if (cm_chance_once_in(chance, 6))
        cue->position_last = 1 + cm_chance_below(chance, 2);
    cue->replies = cm_chance_once_in(chance, 8);
    cue->min_words = cm_chance_once_in(chance, 8) ? 1 + cm_chance_below(chance, 3) : 0;
    cue->max_words = cm_chance_once_in(chance, 8) ? 2 + cm_chance_below(chance, 4) : 0;
    cue->name_customer = cm_chance_once_in(chance, 8);
    if (cue->name_customer)
        cue->min_count = 1 + cm_chance_below(chance, 2);
    if (cue->kind == CM_CUE_DIRECT && cm_chance_once_in(chance, 6))
        cue->kind = CM_CUE_WEIGHTED;
}

/* Weights of cues of every kind, some of which take away. */
static void make_sum(struct cm_builder *b, struct cm_chance *chance)
{
    static const char *const names[] = {"s", "t", "x.near", "x.both", "e", "x.echo"};
    static struct cm_rule_weight weights[sizeof names / sizeof *names];
    struct cm_cue *cue = cm_build_cue(b, "x.sum");
    cue->kind = CM_CUE_SUMMED;
    cue->threshold = 1 + (int32_t)cm_chance_below(chance, 2000);
    cue->weights = weights;
    cue->weight_count = 1 + cm_chance_below(chance, sizeof names / sizeof *names);
    for (uint32_t i = 0; i < cue->weight_count; i++)
        weights[i] =
            (struct cm_rule_weight){.cue = cm_build_cue_index(b, names[i]), .weight = (int32_t)cm_chance_below(chance, 3000) - 1000};
}

static void make_composites(struct cm_builder *b, struct cm_chance *chance)
{
    struct cm_cue *cue = cm_build_cue(b, "x.both");
    cue->kind = CM_CUE_COMPOSITE;
    cue->all = SOME(b, chance, agent_cues, 1);
    cue->none = SOME(b, chance, agent_cues, 0);
    cue = cm_build_cue(b, "x.near");
    cue->kind = CM_CUE_COMPOSITE;
    cue->near_turns = 1 + cm_chance_below(chance, 4);
    cue->any = SOME(b, chance, agent_cues, 2);
    cue->all = SOME(b, chance, customer_cues, 0);
    cue->none = SOME(b, chance, customer_cues, 0);
    cue = cm_build_cue(b, "x.not");
    cue->kind = CM_CUE_COMPOSITE;
    cue->none = SOME(b, chance, agent_cues, 1);
    cue->near_turns = cm_chance_below(chance, 3);
    cue = cm_build_cue(b, "x.echo");
    cue->kind = CM_CUE_ECHO;
    cue->echo_words = 1 + cm_chance_below(chance, 2);
    make_sum(b, chance);
    cue = cm_build_cue(b, "any.far");
    cue->kind = CM_CUE_COMPOSITE;
    cue->all = SOME(b, chance, customer_cues, 1);
    cue->near_turns = 2 + cm_chance_below(chance, 3);
    cue = cm_build_cue(b, "x.top");
    cue->kind = CM_CUE_COMPOSITE;
    cue->any = cm_build_list(b, cm_chance_once_in(chance, 2) ? "x.both x.echo" : "x.near x.not s");
    cue->none = cm_build_list(b, cm_chance_once_in(chance, 2) ? "p" : "x.echo");
}

static struct cm_time_target target(struct cm_chance *chance)
{
    int64_t from = 1000 * cm_chance_below(chance, 40);
    return (struct cm_time_target){from, from + 1 + cm_chance_below(chance, 60000)};
}

static uint32_t credit(struct cm_chance *chance)
{
    static const uint32_t credits[] = {0, 250000, 333333, 500000, 700000, 1000000};
    return PICK(chance, credits);
}

static void make_behaviour(struct cm_builder *b, struct cm_chance *chance, unsigned number)
{
    char id[16];
    snprintf(id, sizeof id, "b%u", number);
    enum cm_behaviour_kind kind = (enum cm_behaviour_kind)cm_chance_below(chance, 5);
    struct cm_behaviour *behaviour = cm_build_behaviour(b, id, kind, (uint8_t)cm_chance_below(chance, 3));
    behaviour->weight = 1 + cm_chance_below(chance, 4000);
    behaviour->late_credit = credit(chance);
    if (cm_chance_once_in(chance, 6))
        behaviour->channels = CM_BIT(CM_CHANNEL_CHAT);
    if (kind == CM_BEHAVIOUR_TIMED) {
        for (unsigned measure = 0; measure < CM_MEASURE_COUNT; measure++)
            for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
                if (cm_chance_once_in(chance, 2))
                    behaviour->targets[measure][channel] = target(chance);
        return;
    }
    behaviour->met_by = kind == CM_BEHAVIOUR_PENALTY ? cm_build_list(b, cm_chance_once_in(chance, 2) ? "p" : "p x.not any.far")
                                                     : SOME(b, chance, credit_cues, 1);
    behaviour->points = 1 + cm_chance_below(chance, 2000);
    behaviour->points_cap = cm_chance_below(chance, 2) * (behaviour->points + cm_chance_below(chance, 2000));
    behaviour->due = (uint8_t)cm_chance_below(chance, 3);
    behaviour->window_runs = cm_chance_below(chance, 4);
    if (kind != CM_BEHAVIOUR_OPPORTUNITY)
        return;
    behaviour->opportunity = cm_chance_once_in(chance, 8) ? cm_build_list(b, "any.far") : SOME(b, chance, customer_cues, 1);
    behaviour->prompt_late_credit = credit(chance);
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
        if (cm_chance_once_in(chance, 2))
            behaviour->prompt_ms[channel] = 1000 * cm_chance_below(chance, 60);
    if (cm_chance_once_in(chance, 2))
        behaviour->then_any = cm_build_list(b, cm_chance_once_in(chance, 2) ? "d e" : "d x.near");
    behaviour->then_runs = cm_chance_below(chance, 3);
    behaviour->then_credit = credit(chance);
}

static void make_calendar(struct cm_chance *chance, struct cm_calendar *calendar)
{
    calendar->channels = (uint16_t)cm_chance_below(chance, 64);
    calendar->offset_min = (int32_t)cm_chance_below(chance, 1440) - 720;
    calendar->span_count = 1 + cm_chance_below(chance, 3);
    for (uint32_t i = 0; i < calendar->span_count; i++) {
        calendar->spans[i].from = (uint16_t)(i * 3000 + cm_chance_below(chance, 1000));
        calendar->spans[i].to = (uint16_t)(i * 3000 + 1000 + cm_chance_below(chance, 2000));
    }
}

void cm_chance_pack(struct cm_builder *b, struct cm_chance *chance)
{
    static const struct cm_span english[] = {{"en", 2}};
    struct cm_ruleset *pack = cm_build_pack(b);
    for (unsigned i = 0; i < sizeof customer_cues / sizeof *customer_cues; i++)
        cm_build_cue(b, customer_cues[i]);
    for (unsigned i = 0; i < sizeof agent_cues / sizeof *agent_cues; i++)
        cm_build_cue(b, agent_cues[i]);
    make_composites(b, chance);
    for (unsigned i = 0; i < 3; i++) {
        gate(b, chance, PICK(chance, agent_cues));
        gate(b, chance, PICK(chance, made_cues));
    }
    if (cm_chance_once_in(chance, 4))
        gate(b, chance, PICK(chance, customer_cues));
    pack->dimension_count = 3;
    pack->dimensions[0] = (struct cm_dimension){"one", 1000 * cm_chance_below(chance, 50)};
    pack->dimensions[1] = (struct cm_dimension){"two", 1 + cm_chance_below(chance, 5000)};
    pack->dimensions[2] = (struct cm_dimension){"three", 25000};
    unsigned behaviours = 1 + cm_chance_below(chance, 8);
    for (unsigned i = 0; i < behaviours; i++)
        make_behaviour(b, chance, i);
    pack->min_coverage = cm_chance_below(chance, 3) * 300000;
    pack->min_confidence = cm_chance_below(chance, 2) * 500000;
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++) {
        pack->min_agent_runs[channel] = cm_chance_below(chance, 3);
        pack->reply_target_ms[channel] = cm_chance_once_in(chance, 3) ? -1 : 1000 * (int64_t)cm_chance_below(chance, 60);
    }
    if (cm_chance_once_in(chance, 3))
        pack->hold = cm_build_list(b, "e any.h");
    if (cm_chance_once_in(chance, 3))
        make_calendar(chance, &pack->calendar);
    if (cm_chance_once_in(chance, 6)) {
        pack->languages = english;
        pack->language_count = 1;
    }
    if (cm_chance_once_in(chance, 12))
        pack->channels = CM_BIT(CM_CHANNEL_CALL) | CM_BIT(CM_CHANNEL_NONE);
    pack->thanks = cm_build_list(b, "customer.v any.h");
    pack->delight = cm_build_list(b, "customer.w");
    pack->resolved = cm_build_list(b, "customer.u d");
    pack->unresolved = cm_build_list(b, "customer.w e");
}

/* ---------------------------------------------------------------- conversations */

struct talk {
    struct cm_chance *chance;
    struct cm_buffer *out;
    uint32_t seq, lines, style; /* style: bits below */
    int64_t clock;              /* tenths of a second */
    const char *agent;          /* who is in charge, where it is handed on */
};

enum {
    STYLE_NO_SEQ = 1,
    STYLE_MIXED_SEQ = 2,
    STYLE_NO_TS = 4,
    STYLE_MIXED_TS = 8,
    STYLE_ENDS = 16,
    STYLE_SHUFFLED = 32,
    STYLE_IDS = 64,
    STYLE_HANDED_ON = 128
};

static void number(struct talk *talk, const char *key, int64_t tenths)
{
    cm_buffer_printf(talk->out, " %s=%s%lld.%lld", key, tenths < 0 ? "-" : "", (long long)llabs(tenths) / 10,
                     (long long)llabs(tenths) % 10);
}

static void say_keys(struct talk *talk)
{
    struct cm_chance *chance = talk->chance;
    talk->seq += 1 + (cm_chance_once_in(chance, 20) ? 1 : 0);
    uint32_t seq = cm_chance_once_in(chance, 40) && talk->seq > 2 ? talk->seq - 2 : talk->seq; /* now and then a conflict */
    if (talk->style & STYLE_SHUFFLED)
        seq = 1 + (seq * 7 + 3) % 23;
    if (talk->style & STYLE_NO_SEQ || (talk->style & STYLE_MIXED_SEQ && cm_chance_once_in(chance, 4)))
        cm_buffer_text(talk->out, " seq=-");
    else
        cm_buffer_printf(talk->out, " seq=%u", seq);
    if (talk->style & STYLE_IDS && cm_chance_once_in(chance, 2))
        cm_buffer_printf(talk->out, " id=m%u", cm_chance_once_in(chance, 10) ? 1 : talk->seq);
    talk->clock += cm_chance_once_in(chance, 15) ? -(int64_t)cm_chance_below(chance, 300) : cm_chance_below(chance, 400);
    if (cm_chance_once_in(chance, 20))
        talk->clock += 36000 * cm_chance_below(chance, 60);
    if (talk->style & STYLE_NO_TS || (talk->style & STYLE_MIXED_TS && cm_chance_once_in(chance, 4)))
        return;
    number(talk, "t", talk->clock);
    if (talk->style & STYLE_ENDS && !cm_chance_once_in(chance, 8))
        number(talk, "e", talk->clock + (cm_chance_once_in(chance, 30) ? -5 : (int64_t)cm_chance_below(chance, 200)));
}

/* Phrases of the sum, all with what they weigh together. */
static void say_sum(struct talk *talk)
{
    uint32_t phrases = cm_chance_below(talk->chance, 3);
    int weight = (int)cm_chance_below(talk->chance, 3000) - 1000;
    for (uint32_t i = 0; i < phrases; i++)
        cm_buffer_printf(talk->out, " x.sum@%u-%u/%+d", 20 + 10 * i, 25 + 10 * i, weight);
}

static void say_hits(struct talk *talk, bool customer)
{
    struct cm_chance *chance = talk->chance;
    uint32_t hits = cm_chance_below(chance, 4);
    if (talk->style & STYLE_HANDED_ON && !customer) /* long unanswered, so that windows end */
        hits = cm_chance_once_in(chance, 6);
    say_sum(talk);
    for (uint32_t i = 0; i < hits; i++) {
        const char *cue = customer ? PICK(chance, customer_cues) : PICK(chance, agent_cues);
        if (cm_chance_once_in(chance, 8))
            cue = customer ? PICK(chance, agent_cues) : PICK(chance, customer_cues);
        if (cm_chance_once_in(chance, 14)) {
            cm_buffer_printf(talk->out, " !%s", cue);
            continue;
        }
        uint32_t from = cm_chance_below(chance, 12);
        cm_buffer_printf(talk->out, " %s@%u-%u", cue, from, from + 1 + cm_chance_below(chance, 8));
        if (cm_chance_once_in(chance, 3))
            cm_buffer_text(talk->out, cm_chance_once_in(chance, 2) ? "/ann" : cm_chance_once_in(chance, 2) ? "/bob" : "/MASK");
    }
}

static void say_message(struct talk *talk)
{
    static const char *const speakers[] = {"C", "C", "C", "C", "C", "A:a", "A:a", "A:a", "A:b", "A:b", "A:c", "A", "L", "L:a", "B", "S"};
    static const char *const words[] = {"red", "red,car", "car,bus", "bus,red,car"};
    struct cm_chance *chance = talk->chance;
    const char *speaker = PICK(chance, speakers);
    if (talk->style & STYLE_HANDED_ON && !cm_chance_once_in(chance, 8))
        speaker = cm_chance_once_in(chance, 2) ? "C" : talk->agent;
    cm_buffer_text(talk->out, speaker);
    say_keys(talk);
    if (cm_chance_once_in(chance, 6))
        cm_buffer_text(talk->out, " conf=0.3");
    else if (cm_chance_once_in(chance, 6))
        cm_buffer_text(talk->out, " conf=0.5");
    if (cm_chance_once_in(chance, 6))
        cm_buffer_text(talk->out, " bc");
    if (cm_chance_once_in(chance, 3))
        cm_buffer_printf(talk->out, " w=%s", PICK(chance, words));
    if (!cm_chance_once_in(chance, 4))
        cm_buffer_printf(talk->out, " n=%u", cm_chance_below(chance, 7));
    if (cm_chance_once_in(chance, 8))
        cm_buffer_text(talk->out, " name=ann");
    if (cm_chance_once_in(chance, 4))
        cm_buffer_printf(talk->out, " open=%u", 1 + cm_chance_below(chance, 2));
    say_hits(talk, speaker[0] == 'C');
}

static void say_mark(struct talk *talk)
{
    static const char *const marks[] = {"transfer to=b",
                                        "transfer to=c",
                                        "transfer to=z",
                                        "transfer",
                                        "start queue=q",
                                        "feedback rating=4 scale=5",
                                        "feedback",
                                        "end by=customer",
                                        "end by=agent",
                                        "lost",
                                        "edit",
                                        "delete",
                                        "transfer to=a",
                                        "feedback rating=2.125",
                                        "edit",
                                        "end by=customer",
                                        "end"};
    struct cm_chance *chance = talk->chance;
    if (talk->style & STYLE_HANDED_ON && !cm_chance_once_in(chance, 3))
        talk->agent = cm_chance_once_in(chance, 2) ? "A:b" : "A:c";
    const char *mark = talk->style & STYLE_HANDED_ON ? marks[cm_chance_below(chance, 4)] : PICK(chance, marks);
    cm_buffer_text(talk->out, mark);
    say_keys(talk);
    if (strcmp(mark, "edit") == 0 || strcmp(mark, "delete") == 0) {
        if (cm_chance_once_in(chance, 3))
            cm_buffer_printf(talk->out, " target=m%u", 1 + cm_chance_below(chance, talk->seq + 1));
        else
            cm_buffer_printf(talk->out, " tseq=%u", 1 + cm_chance_below(chance, talk->seq + 1));
        if (mark[0] == 'e')
            say_hits(talk, cm_chance_once_in(chance, 2));
    }
}

void cm_chance_lines(struct cm_chance *chance, struct cm_buffer *lines)
{
    static const char *const channels[] = {"", " chan=chat", " chan=chat", " chan=call", " chan=call", " chan=email", " chan=team"};
    static const char *const langs[] = {"", " lang=en", " lang=en-GB", " lang=de"};
    struct talk talk = {.chance = chance, .out = lines, .agent = "A:a", .style = STYLE_MIXED_TS * cm_chance_once_in(chance, 4)};
    if (cm_chance_once_in(chance, 8))
        talk.style |= STYLE_NO_SEQ;
    else if (cm_chance_once_in(chance, 8))
        talk.style |= STYLE_MIXED_SEQ;
    if (cm_chance_once_in(chance, 8))
        talk.style |= STYLE_NO_TS;
    if (cm_chance_once_in(chance, 2))
        talk.style |= STYLE_ENDS;
    if (cm_chance_once_in(chance, 8))
        talk.style |= STYLE_SHUFFLED;
    if (cm_chance_once_in(chance, 4))
        talk.style |= STYLE_IDS;
    if (cm_chance_once_in(chance, 3))
        talk.style = STYLE_HANDED_ON;
    uint32_t count = 1 + cm_chance_below(chance, 14);
    const char *channel = PICK(chance, channels), *lang = PICK(chance, langs);
    for (uint32_t i = 0; i < count; i++) {
        if (cm_chance_once_in(chance, talk.style & STYLE_HANDED_ON ? 5 : 8))
            say_mark(&talk);
        else
            say_message(&talk);
        cm_buffer_text(lines, channel);
        cm_buffer_text(lines, lang);
        cm_buffer_byte(lines, '\n');
    }
    cm_buffer_byte(lines, '\0');
}
