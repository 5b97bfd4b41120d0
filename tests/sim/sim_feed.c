#include "sim_feed.h"

#include <inttypes.h>
#include <stdlib.h>

/* How one conversation is told. */
enum { STYLE_SEQ = 1, STYLE_EVENT_ID = 2, STYLE_TS = 4, STYLE_CHANNEL = 8, STYLE_SHUFFLED = 16, STYLE_NAME = 32 };

struct telling {
    struct sim_feed *feed;
    struct cm_chance *chance;
    const struct sim_interaction *interaction;
    struct cm_buffer line;
    unsigned style, number, events;
    int64_t clock; /* ms after the beginning */
    const char *channel, *agent;
};

#define PICK(chance, items) (items)[cm_chance_below(chance, sizeof(items) / sizeof *(items))]

static const char *const customer_texts[] = {
    "my parcel never arrived", "It is broken!",          "what now?", "thank you", "thanks a lot", "ok",
    "I am grateful, Ann",      "the wrong one, and late"};
static const char *const agent_texts[] = {
    "Hello, this is Ben",      "greetings",          "I am so sorry about that", "I apologise",
    "I will send another one", "I regret the delay", "One moment please",        "I have sent a refund"};

static void no_memory(void)
{
    fputs("out of memory\n", stderr);
    exit(2);
}

static void send(struct sim_feed *feed, uint32_t partition, int64_t due, struct cm_span key, struct cm_span line)
{
    if (cm_grow(&feed->messages, &feed->cap, feed->count + 1, sizeof *feed->messages) != CM_OK)
        no_memory();
    struct sim_message *message = &feed->messages[feed->count];
    *message = (struct sim_message){.partition = partition, .due = due < 0 ? 0 : due, .order = feed->count};
    if (cm_span_own(&message->key, key) != CM_OK || cm_span_own(&message->line, line) != CM_OK)
        no_memory();
    feed->count++;
}

static void put_time(struct telling *telling, int64_t at)
{
    cm_buffer_printf(&telling->line, ",\"ts\":%" PRId64, SIM_BEGINNING_MS + at);
}

static void say_message(struct telling *telling)
{
    struct cm_chance *chance = telling->chance;
    bool agent = cm_chance_once_in(chance, 2);
    if (agent && telling->agent[0])
        cm_buffer_printf(&telling->line, ",\"agent_id\":\"%s\"", telling->agent);
    if (telling->style & STYLE_NAME)
        cm_buffer_text(&telling->line, ",\"customer_name\":\"Ann Lee\",\"customer_id\":\"c-1\"");
    cm_buffer_printf(&telling->line, ",\"speaker\":\"%s\",\"text\":\"%s\"", agent ? "agent" : "customer",
                     agent ? PICK(chance, agent_texts) : PICK(chance, customer_texts));
}

static void say_target(struct telling *telling)
{
    unsigned target = cm_chance_below(telling->chance, telling->number + 1);
    if (telling->style & STYLE_EVENT_ID)
        cm_buffer_printf(&telling->line, ",\"target_event_id\":\"e%u\"", target);
    else
        cm_buffer_printf(&telling->line, ",\"target_seq\":%u", target);
}

static void say_mark(struct telling *telling)
{
    switch (cm_chance_below(telling->chance, 5)) {
    case 0:
        cm_buffer_printf(&telling->line, ",\"type\":\"transfer\",\"agent_id\":\"%s\",\"to_agent_id\":\"cy\"",
                         telling->agent[0] ? telling->agent : "ben");
        telling->agent = "cy";
        break;
    case 1:
        cm_buffer_text(&telling->line, ",\"type\":\"feedback\",\"rating\":4,\"scale\":5");
        break;
    case 2:
        cm_buffer_text(&telling->line, ",\"type\":\"edit\",\"text\":\"thanks, it works\"");
        say_target(telling);
        break;
    case 3:
        cm_buffer_text(&telling->line, ",\"type\":\"delete\"");
        say_target(telling);
        break;
    default:
        cm_buffer_text(&telling->line, ",\"type\":\"start\"");
        break;
    }
}

/* Something that no decoder takes. */
static void spoil(struct telling *telling)
{
    struct cm_buffer *line = &telling->line;
    switch (cm_chance_below(telling->chance, 4)) {
    case 0: /* no JSON */
        line->len -= line->len > 4 ? 4 : 0;
        break;
    case 1: /* JSON of this interaction */
        line->len--;
        cm_buffer_text(line, ",\"channel\":\"pigeon\"}");
        break;
    case 2:
        line->len--;
        cm_buffer_text(line, ",\"ts\":\"yesterday\"}");
        break;
    default:
        cm_buffer_reset(line);
        cm_buffer_text(line, "{\"speaker\":\"agent\",\"text\":\"whose?\"}");
        break;
    }
}

static void begin_line(struct telling *telling)
{
    struct cm_chance *chance = telling->chance;
    cm_buffer_reset(&telling->line);
    cm_buffer_text(&telling->line, "{\"interaction_id\":");
    cm_buffer_json(&telling->line, telling->interaction->id);
    if (telling->style & STYLE_SEQ)
        cm_buffer_printf(&telling->line, ",\"seq\":%u", telling->number);
    if (telling->style & STYLE_EVENT_ID)
        cm_buffer_printf(&telling->line, ",\"event_id\":\"e%u\"", telling->number);
    if (telling->style & STYLE_CHANNEL && !cm_chance_once_in(chance, 6))
        cm_buffer_printf(&telling->line, ",\"channel\":\"%s\"", telling->channel);
    if (telling->style & STYLE_TS && !cm_chance_once_in(chance, 20))
        put_time(telling, cm_chance_once_in(chance, 60) ? telling->clock + INT64_C(400000000) : telling->clock);
}

static void tell_event(struct telling *telling)
{
    struct cm_chance *chance = telling->chance;
    bool last = telling->number + 1 == telling->events;
    begin_line(telling);
    if (last && cm_chance_once_in(chance, 3))
        cm_buffer_text(&telling->line, ",\"type\":\"end\"");
    else if (cm_chance_once_in(chance, 7))
        say_mark(telling);
    else
        say_message(telling);
    cm_buffer_byte(&telling->line, '}');
    if (cm_chance_once_in(chance, 25))
        spoil(telling);
    int64_t due = telling->clock;
    if (telling->style & STYLE_SHUFFLED)
        due += (int64_t)cm_chance_below(chance, 60000) - 30000;
    if (cm_chance_once_in(chance, 30)) /* a straggler */
        due += cm_chance_below(chance, 900000);
    struct cm_span key = telling->interaction->id, line = cm_buffer_view(&telling->line);
    send(telling->feed, telling->interaction->partition, due, key, line);
    if (cm_chance_once_in(chance, 5))
        send(telling->feed, telling->interaction->partition, due + cm_chance_below(chance, cm_chance_once_in(chance, 4) ? 600000 : 3000),
             key, line);
}

static void tell(struct telling *telling)
{
    static const char *const channels[] = {"chat", "call", "email", "social", "team"};
    static const char *const agents[] = {"ben", "di", ""};
    struct cm_chance *chance = telling->chance;
    telling->style = cm_chance_below(chance, 64) | (cm_chance_once_in(chance, 3) ? 0u : STYLE_SEQ | STYLE_TS);
    telling->channel = PICK(chance, channels);
    telling->agent = PICK(chance, agents);
    telling->events = 1 + cm_chance_below(chance, 25);
    telling->clock = cm_chance_below(chance, 1200000);
    for (telling->number = 0; telling->number < telling->events; telling->number++) {
        tell_event(telling);
        telling->clock += 200 + cm_chance_below(chance, 20000);
        if (cm_chance_once_in(chance, 20))
            telling->clock += cm_chance_below(chance, 400000);
    }
}

/* Some ids are as odd as ids may be. */
static void name(struct cm_chance *chance, size_t number, struct cm_buffer *out)
{
    cm_buffer_reset(out);
    if (cm_chance_once_in(chance, 10))
        cm_buffer_byte(out, '\0');
    cm_buffer_printf(out, "i-%zu", number);
    if (cm_chance_once_in(chance, 10))
        cm_buffer_text(out, "/\xc3\xa9\"\\ ");
    while (out->len < 200 && cm_chance_once_in(chance, 12))
        cm_buffer_text(out, "-and-on-and-on-and-on");
}

static int by_due(const void *a, const void *b)
{
    const struct sim_message *x = a, *y = b;
    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

void sim_feed_make(struct sim_feed *feed, struct cm_chance *chance, uint32_t partitions)
{
    struct telling telling = {.feed = feed, .chance = chance};
    struct cm_buffer id = CM_BUFFER_EMPTY;
    *feed = (struct sim_feed){.interaction_count = 5 + cm_chance_below(chance, 56)};
    feed->interactions = calloc(feed->interaction_count, sizeof *feed->interactions);
    if (!feed->interactions)
        no_memory();
    for (size_t i = 0; i < feed->interaction_count; i++) {
        struct sim_interaction *interaction = &feed->interactions[i];
        name(chance, i, &id);
        if (cm_span_own(&interaction->id, cm_buffer_view(&id)) != CM_OK)
            no_memory();
        interaction->partition = cm_chance_below(chance, partitions);
        telling.interaction = interaction;
        tell(&telling);
    }
    for (uint32_t i = cm_chance_below(chance, 6); i; i--) { /* nothings */
        struct cm_span nothing = cm_chance_once_in(chance, 2) ? CM_SPAN("  ") : (struct cm_span){NULL, 0};
        send(feed, cm_chance_below(chance, partitions), cm_chance_below(chance, 1200000), CM_SPAN("k"), nothing);
    }
    qsort(feed->messages, feed->count, sizeof *feed->messages, by_due);
    cm_buffer_free(&telling.line);
    cm_buffer_free(&id);
}

void sim_feed_free(struct sim_feed *feed)
{
    for (size_t i = 0; i < feed->count; i++) {
        cm_span_free(&feed->messages[i].key);
        cm_span_free(&feed->messages[i].line);
    }
    for (size_t i = 0; i < feed->interaction_count; i++)
        cm_span_free(&feed->interactions[i].id);
    free(feed->messages);
    free(feed->interactions);
    *feed = (struct sim_feed){0};
}
