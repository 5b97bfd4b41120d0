/* One interaction, for who looks closely: its scorecards as they came, and what was said with the evidence marked in it. */
#include "base/utf8.h"
#include "board/put.h"
#include "event/json.h"

/* A stored scorecard, read again. */
struct reread {
    struct cm_sheet card;
    bool good;
};

static size_t utf16_units(struct cm_span text)
{
    size_t units = 0;
    for (const char *p = text.ptr, *end = text.ptr + text.len; p < end;) {
        unsigned taken;
        uint32_t code = cm_utf8_decode(p, end, &taken);
        units += code != CM_UTF8_INVALID && code >= 0x10000 ? 2 : 1;
        p += taken;
    }
    return units;
}

/* ------------------------------------------------------------------- cards */

/* Agents of more than this share a name: a card can hold any number of them. */
#define AGENTS_MAX 64u

/* Who is named in the cards, where nobody is to be: each goes by a number, so that what one did can still be told from what another did. */
struct unnamed {
    struct cm_span agents[AGENTS_MAX]; /* as they stand in JSON */
    unsigned count;
};

/* Bytes that are no UTF-8 become U+FFFD, so that everybody can read it. */
static void put_part(struct cm_buffer *out, struct cm_span part)
{
    if (cm_json_is_utf8(part.ptr, part.ptr + part.len)) {
        cm_buffer_span(out, part);
        return;
    }
    for (const char *p = part.ptr, *end = part.ptr + part.len; p < end;) {
        unsigned taken;
        if (cm_utf8_decode(p, end, &taken) == CM_UTF8_INVALID)
            cm_buffer_text(out, "\xEF\xBF\xBD");
        else
            cm_buffer_append(out, p, taken);
        p += taken;
    }
}

static void put_number_of(struct cm_buffer *out, struct unnamed *unnamed, struct cm_span agent)
{
    unsigned at = 0;
    while (at < unnamed->count && !cm_span_equal(unnamed->agents[at], agent))
        at++;
    if (at == unnamed->count && at < AGENTS_MAX)
        unnamed->agents[unnamed->count++] = agent;
    if (at < AGENTS_MAX)
        cm_buffer_printf(out, "\"agent %u\"", at + 1);
    else
        cm_buffer_text(out, "\"another agent\"");
}

/* The value of the next agent_id behind p that names somebody; ptr NULL: there is none. */
static struct cm_span next_agent(const char *p, const char *end)
{
    const char *from, *behind;
    struct cm_json_fault fault;
    bool escaped;
    while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
        from = p + 1;
        behind = cm_json_skip_string(from, end, &escaped, &fault);
        if (!behind)
            break; /* cannot be: it was read */
        p = cm_json_space(behind, end);
        if (!cm_span_equal((struct cm_span){from, (size_t)(behind - 1 - from)}, CM_SPAN("agent_id")) || p == end || *p != ':')
            continue;
        from = cm_json_space(p + 1, end);
        behind = cm_json_skip_value(from, end, &fault);
        if (behind && !cm_span_equal((struct cm_span){from, (size_t)(behind - from)}, CM_SPAN("null")))
            return (struct cm_span){from, (size_t)(behind - from)};
    }
    return (struct cm_span){NULL, 0};
}

/* As it was written, but for names of agents where they are not shown. */
static void put_card(struct cm_buffer *out, struct cm_span card, struct unnamed *unnamed)
{
    const char *from = card.ptr, *end = card.ptr + card.len;
    for (struct cm_span agent; unnamed && (agent = next_agent(from, end)).ptr; from = agent.ptr + agent.len) {
        put_part(out, (struct cm_span){from, (size_t)(agent.ptr - from)});
        put_number_of(out, unnamed, agent);
    }
    put_part(out, (struct cm_span){from, (size_t)(end - from)});
}

static void put_cards(const struct cm_board *board, const struct cm_board_item *item, struct cm_buffer *out)
{
    struct unnamed unnamed = {.count = 0};
    cm_buffer_text(out, ",\"cards\":[");
    for (const struct cm_board_stored *stored = item->cards; stored; stored = stored->next) {
        put_card(out, (struct cm_span){stored->bytes, stored->len}, board->settings.agents ? NULL : &unnamed);
        if (stored->next)
            cm_buffer_byte(out, ',');
    }
    cm_buffer_byte(out, ']');
}

/* The cards of an item, read with all that is in them; in the arena. */
static struct reread *read_again(struct cm_board *board, const struct cm_board_item *item, size_t *count)
{
    *count = 0;
    for (const struct cm_board_stored *stored = item->cards; stored; stored = stored->next)
        ++*count;
    struct reread *cards = cm_arena_calloc(&board->arena, *count, sizeof *cards);
    size_t at = 0;
    for (const struct cm_board_stored *stored = item->cards; cards && stored; stored = stored->next, at++) {
        struct cm_span line = {stored->bytes, stored->len};
        cards[at].good = cm_sheet_read(&board->arena, line, NULL, 0, true, &cards[at].card) == CM_OK;
    }
    return cards;
}

/* -------------------------------------------------------------- their titles */

static void put_behaviour(struct cm_buffer *out, const struct cm_board_behaviour *behaviour)
{
    cm_buffer_json(out, cm_span_of(behaviour->id));
    cm_buffer_text(out, ":{\"title\":");
    cm_buffer_json(out, cm_span_of(behaviour->title));
    cm_buffer_text(out, ",\"dimension\":");
    cm_board_put_text(out, behaviour->dimension ? cm_span_of(behaviour->dimension) : (struct cm_span){NULL, 0});
    cm_buffer_text(out, ",\"kind\":");
    cm_buffer_json(out, cm_span_of(behaviour->kind));
    cm_buffer_text(out, behaviour->unvalidated ? ",\"unvalidated\":true}" : ",\"unvalidated\":false}");
}

/* Each behaviour of the cards once: put bits where they are named. */
static void note(const struct cm_board *board, struct cm_span id, bool *named)
{
    const struct cm_board_behaviour *known = cm_board_behaviour(board, id);
    if (known)
        named[known - board->settings.behaviours] = true;
}

static void put_behaviours(struct cm_board *board, const struct reread *cards, size_t count, struct cm_buffer *out)
{
    bool *named = cm_arena_calloc(&board->arena, board->settings.behaviour_count + 1, sizeof *named), first = true;
    out->failed |= !named;
    for (size_t i = 0; named && i < count; i++) {
        for (const struct cm_sheet_behaviour *one = cards[i].card.behaviours; cards[i].good && one; one = one->next)
            note(board, one->id, named);
        for (const struct cm_sheet_pending *one = cards[i].card.pending; cards[i].good && one; one = one->next)
            note(board, one->id, named);
        for (const struct cm_sheet_moment *one = cards[i].card.moments; cards[i].good && one; one = one->next)
            note(board, one->id, named);
    }
    cm_buffer_text(out, ",\"behaviours\":{");
    for (size_t i = 0; named && i < board->settings.behaviour_count; i++) {
        if (!named[i])
            continue;
        if (!first)
            cm_buffer_byte(out, ',');
        first = false;
        put_behaviour(out, &board->settings.behaviours[i]);
    }
    cm_buffer_text(out, "},\"dimensions\":{");
    for (size_t i = 0; i < board->settings.dimension_count; i++) {
        if (i)
            cm_buffer_byte(out, ',');
        cm_buffer_json(out, cm_span_of(board->settings.dimensions[i].id));
        cm_buffer_byte(out, ':');
        cm_buffer_json(out, cm_span_of(board->settings.dimensions[i].title));
    }
    cm_buffer_byte(out, '}');
}

/* ------------------------------------------------------------------- marks */

/* What is being written of one turn. */
struct writing {
    struct cm_board *board;
    const struct cm_board_turn *turn;
    uint32_t index;
    struct cm_buffer *out;
    bool any;
};

static bool is_here(const struct writing *writing, const struct cm_sheet_evidence *evidence)
{
    const struct cm_board_text *message = writing->turn->message;
    if (evidence->has_seq && message->has & CM_HAS_SEQ)
        return evidence->seq == message->seq;
    return evidence->turn == writing->index;
}

/* How long the masked bytes from..to are, in UTF-16 units. */
static size_t masked_units(const struct writing *writing, size_t from, size_t to)
{
    struct cm_buffer *scratch = &writing->board->scratch;
    cm_buffer_reset(scratch);
    cm_redact_quote(writing->board->redaction, from, to, 0, scratch);
    writing->out->failed |= scratch->failed;
    return utf16_units(cm_buffer_view(scratch));
}

/* Counted from its end: a mask that the evidence begins in stands in it as a whole. */
static void put_mark(struct writing *writing, struct cm_span behaviour, const struct cm_sheet_evidence *evidence)
{
    size_t len = writing->turn->words->text.len;
    if (!is_here(writing, evidence) || evidence->end > len || evidence->start >= evidence->end)
        return;
    size_t end = masked_units(writing, 0, evidence->end), units = masked_units(writing, evidence->start, evidence->end);
    cm_buffer_text(writing->out, writing->any ? "," : ",\"marks\":[");
    writing->any = true;
    cm_buffer_text(writing->out, "{\"behaviour\":");
    cm_buffer_json(writing->out, behaviour.ptr ? behaviour : CM_SPAN(""));
    cm_buffer_printf(writing->out, ",\"start\":%zu,\"end\":%zu}", units < end ? end - units : 0, end);
}

static void put_marks(struct writing *writing, const struct reread *cards, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct cm_sheet *card = &cards[i].card;
        for (const struct cm_sheet_behaviour *one = cards[i].good ? card->behaviours : NULL; one; one = one->next)
            for (const struct cm_sheet_evidence *evidence = one->evidence; evidence; evidence = evidence->next)
                put_mark(writing, one->id, evidence);
        for (const struct cm_sheet_pending *one = cards[i].good ? card->pending : NULL; one; one = one->next)
            for (const struct cm_sheet_evidence *evidence = one->evidence; evidence; evidence = evidence->next)
                put_mark(writing, one->id, evidence);
        for (const struct cm_sheet_moment *one = cards[i].good ? card->moments : NULL; one; one = one->next)
            if (one->evidence.rule.ptr)
                put_mark(writing, one->id, &one->evidence);
    }
    if (writing->any)
        cm_buffer_byte(writing->out, ']');
}

/* ------------------------------------------------------------------- turns */

static void put_words(struct writing *writing, const struct cm_board_item *item, const struct reread *cards, size_t count)
{
    struct cm_board *board = writing->board;
    const struct cm_board_text *words = writing->turn->words;
    cm_buffer_text(writing->out, ",\"text\":");
    if (!words || cm_redact_text(board->redaction, words->text, item->customer_names) != CM_OK) {
        cm_buffer_text(writing->out, words ? "null,\"deleted\":false" : "null,\"deleted\":true");
        return;
    }
    cm_buffer_reset(&board->words);
    cm_redact_quote(board->redaction, 0, words->text.len, 0, &board->words);
    writing->out->failed |= board->words.failed;
    cm_buffer_json(writing->out, board->words.len ? cm_buffer_view(&board->words) : CM_SPAN(""));
    cm_buffer_text(writing->out, ",\"deleted\":false");
    put_marks(writing, cards, count);
}

static void put_turn(struct writing *writing, const struct cm_board_item *item, const struct reread *cards, size_t count)
{
    const struct cm_board_text *message = writing->turn->message;
    struct cm_buffer *out = writing->out;
    struct cm_span none = {NULL, 0};
    cm_buffer_printf(out, "{\"turn\":%u,\"seq\":", (unsigned)writing->index);
    if (message->has & CM_HAS_SEQ)
        cm_buffer_unsigned(out, message->seq);
    else
        cm_buffer_text(out, "null");
    cm_buffer_text(out, ",\"ts\":");
    cm_board_put_time(out, message->ts);
    cm_buffer_text(out, ",\"speaker\":");
    cm_buffer_json(out, cm_span_of(cm_speaker_name((enum cm_speaker)message->speaker)));
    cm_buffer_text(out, ",\"agent_id\":");
    cm_board_put_text(out, writing->board->settings.agents ? message->agent_id : none);
    put_words(writing, item, cards, count);
    cm_buffer_byte(out, '}');
}

static void put_turns(struct cm_board *board, const struct cm_board_item *item, const struct reread *cards, size_t count,
                      struct cm_buffer *out)
{
    size_t turn_count = 0;
    if (item->texts && cm_board_turns(board, item) == CM_OK)
        turn_count = board->turn_count;
    else
        out->failed |= item->texts != NULL;
    cm_buffer_text(out, ",\"turns\":[");
    for (size_t i = 0; i < turn_count; i++) {
        struct writing writing = {board, &board->turns[i], (uint32_t)i, out, false};
        if (i)
            cm_buffer_byte(out, ',');
        put_turn(&writing, item, cards, count);
    }
    cm_buffer_byte(out, ']');
    bool gone = board->settings.texts && (item->gone || !item->texts);
    cm_buffer_text(out, !board->settings.texts ? ",\"text\":\"not kept\"" : gone ? ",\"text\":\"gone\"" : ",\"text\":\"kept\"");
}

bool cm_board_interaction(struct cm_board *board, struct cm_span interaction_id, struct cm_buffer *out)
{
    const struct cm_board_item *item = cm_board_item_find(board, interaction_id);
    size_t count;
    if (!item || !item->cards)
        return false;
    cm_board_begin(board);
    struct reread *cards = read_again(board, item, &count);
    if (!cards) {
        out->failed = true;
        return true;
    }
    bool final = item->status == CM_BOARD_ITEM_FINAL || (item->status == CM_BOARD_ITEM_NEW && item->cards->final);
    cm_buffer_text(out, "{\"version\":1,\"clock\":");
    cm_board_put_clock(out, board);
    cm_buffer_text(out, ",\"interaction_id\":");
    cm_buffer_json(out, item->id);
    cm_buffer_text(out, final ? ",\"status\":\"final\"" : ",\"status\":\"open\"");
    put_cards(board, item, out);
    put_behaviours(board, cards, count, out);
    put_turns(board, item, cards, count, out);
    cm_buffer_byte(out, '}');
    return true;
}
