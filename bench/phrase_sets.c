#include "phrase_sets.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "phrase_pairs.h"

/*
 * {a|b}: one of them, or some where gapped · {a|b}?: optional where gapped · ~: <0-3> where gapped, else nothing. What
 * agents say when they take care; the product of the slots is tens of thousands of phrases.
 */
static const char *const templates[] = {
    "i am {so|very|really|truly|terribly|sincerely}? sorry {to hear|about|for} ~ {that|this|your trouble|the delay|the wait|the "
    "confusion|the mistake|the mix up}",
    "{i|we} {do|really|truly|completely|totally|fully}? {apologize|understand|appreciate|regret} ~ {the inconvenience|your "
    "frustration|your patience|the delay|your time|your concern|your loyalty|your feedback}",
    "thank you {so|very}? much for ~ {waiting|your patience|calling|your help|choosing us|reaching out|your order|letting us know|being a "
    "customer|your feedback}",
    "{let me|i will|i can|i am going to} {just|quickly|now}? {check|look into|find out|verify|review|pull up|investigate} ~ "
    "{that|this|your order|your booking|your account|the details|the status|the price|your reservation|availability} {for you|right "
    "away|now|today}",
    "{could|can|may|would} {you|i} {please|kindly}? {tell|give|have|confirm|provide|share|send} {me|us|your} ~ {name|order number|phone "
    "number|email|address|account number|date of birth|postcode|reference}",
    "is there {anything|something} {else|more}? ~ {i|we} can {help|do|assist|check|look up|arrange} {you with|for you|today|about}",
    "{you are|you will be} {very|most|always|more than}? welcome ~ {and|to|have|please|anytime|again} {have|call|contact|enjoy|take|reach} "
    "{a|us|your|me} {great|nice|wonderful|lovely|good} {day|evening|weekend|night|stay|trip|meal}",
    "{that|this} must {have been|be|feel|sound} ~ {very|really|so|quite|extremely}? "
    "{frustrating|annoying|upsetting|difficult|stressful|disappointing|hard|worrying}",
    "{i|we} {can|will|would} {certainly|definitely|absolutely|gladly|happily}? "
    "{refund|replace|cancel|change|upgrade|rebook|extend|resend|credit|waive} ~ {it|that|the order|your ticket|the fee|the charge|your "
    "plan|your room|the item|the booking}",
    "{please|kindly} {do not|never}? {hesitate|wait|worry} ~ {to|about} {call|contact|reach out|ask|write|message|ring} {us|me|again|back}",
    "{would you like|do you want|shall i|may i} ~ {me to|to} {also|just|maybe}? "
    "{book|reserve|check|send|call|add|find|recommend|suggest|explain} {it|that|one|a table|a taxi|a room|tickets|some options|other "
    "dates}",
    "{the|your} {refund|order|parcel|replacement|booking|payment|claim|request|complaint|technician} {will|should|is going to} ~ "
    "{soon|shortly|certainly}? {arrive|be ready|be processed|be confirmed|be sent|reach you|take} {today|tomorrow|within|by|in|on}",
    "{just|simply}? to {confirm|clarify|check|be clear|summarize|recap} ~ {you|your} {want|need|would "
    "like|said|order|booking|address|account|number} {a|the|to|is|was|for}",
    "{i|we} {completely|really|fully|do}? {understand|see|hear|know|realize} ~ {how|why|what|that} "
    "{frustrating|upset|important|annoyed|worried|disappointed|hard|serious} {you|this|that|it} {are|is|feel|must|was}",
    "{great|good|excellent|wonderful|fantastic|perfect} {choice|question|news|point|idea|to hear} ~ {i|we|you|the|that} "
    "{am|are|will|can|have} {really|very}? {happy|glad|sure|pleased|going}",
};

#define CORPUS_TRIES 200u /* draws for one phrase before the input counts as too small */
#define PREFIX_LETTERS 4u /* what a cut word keeps */

struct draw {
    uint64_t state;
    bool gapped;
    struct cm_buffer out;
    const struct bench_pairs *pairs; /* COMMON */
};

static uint64_t draw_number(struct draw *draw, uint64_t below)
{
    draw->state ^= draw->state >> 12;
    draw->state ^= draw->state << 25;
    draw->state ^= draw->state >> 27;
    return (draw->state * UINT64_C(2685821657736338717) >> 20) % below;
}

/* Alternatives of one slot that a gapped phrase has, at most. */
#define ALTERNATIVES_MAX 3u

static const char *nth_alternative(const char *slot, uint64_t n)
{
    while (n > 0)
        n -= *slot++ == '|';
    return slot;
}

/* One of a slot's alternatives; gapped: one to three that follow each other, in brackets. */
static const char *put_slot(struct draw *draw, const char *slot)
{
    uint64_t count = 1;
    const char *end = slot;
    for (; *end != '}'; end++)
        count += *end == '|';
    bool optional = end[1] == '?';
    uint64_t chosen = draw_number(draw, count), wanted = draw->gapped ? 1 + draw_number(draw, ALTERNATIVES_MAX) : 1;
    wanted = wanted < count ? wanted : count;
    bool bracket = draw->gapped && (wanted > 1 || optional);
    cm_buffer_text(&draw->out, bracket ? "(" : "");
    for (uint64_t i = 0; i < wanted; i++) {
        const char *text = nth_alternative(slot, (chosen + i) % count);
        cm_buffer_text(&draw->out, i ? "|" : "");
        cm_buffer_append(&draw->out, text, strcspn(text, "|}"));
    }
    cm_buffer_text(&draw->out, bracket ? ")" : "");
    cm_buffer_text(&draw->out, optional && draw->gapped ? "?" : "");
    return end + 1 + optional;
}

static void put_template(struct draw *draw, const char *p)
{
    while (*p) {
        if (*p == '{') {
            p = put_slot(draw, p + 1);
        } else if (*p == '~') {
            cm_buffer_text(&draw->out, draw->gapped ? "<0-3> " : "");
            p += 2;
        } else {
            cm_buffer_byte(&draw->out, *p++);
        }
    }
}

static bool is_plain_word(struct cm_span word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] < 'a' || word.ptr[i] > 'z')
            return false;
    return word.len > 0;
}

/* Words from a place of a turn on, none of another sentence; how many there are, at most max. */
static size_t read_run(struct cm_span turn, size_t at, struct cm_span *words, size_t max)
{
    size_t count = 0;
    while (count < max && at < turn.len) {
        size_t end = at;
        while (end < turn.len && turn.ptr[end] != ' ' && turn.ptr[end] != '\n')
            end++;
        words[count] = (struct cm_span){turn.ptr + at, end - at};
        if (!is_plain_word(words[count]))
            break;
        count++;
        if (end < turn.len && turn.ptr[end] == '\n')
            break;
        at = end + 1;
    }
    return count;
}

/* 2 to 5 words in a row; gapped: 4 to 6 of which the middle one or two may be any three, and a word that may be missing. */
static bool put_run(struct draw *draw, const struct bench_turns *turns)
{
    struct cm_span words[6];
    struct cm_span turn = turns->items[draw_number(draw, turns->count)];
    size_t at = turn.len ? draw_number(draw, turn.len) : 0;
    while (at > 0 && turn.ptr[at - 1] != ' ' && turn.ptr[at - 1] != '\n')
        at--;
    size_t want = draw->gapped ? 4 + draw_number(draw, 3) : 2 + draw_number(draw, 4);
    if (read_run(turn, at, words, want) != want)
        return false;
    for (size_t i = 0; i < want; i++) {
        if (draw->gapped && i == want / 2) {
            cm_buffer_text(&draw->out, " <0-3>");
            continue;
        }
        cm_buffer_text(&draw->out, i ? " " : "");
        cm_buffer_span(&draw->out, words[i]);
        if (draw->gapped && want > 4 && i == 1)
            cm_buffer_text(&draw->out, "?");
    }
    return true;
}

/* A set of hashes with room for twice the phrases. */
static bool is_new(uint64_t *seen, size_t slots, struct cm_span text)
{
    uint64_t hash = cm_hash64(text) | 1;
    size_t i = hash % slots;
    while (seen[i] != 0 && seen[i] != hash)
        i = (i + 1) % slots;
    bool fresh = seen[i] == 0;
    seen[i] = hash;
    return fresh;
}

/* Words of four letters and more, half of them: PREFIX_LETTERS of them and a star. The rest stays as it is. */
static void cut_words(struct draw *draw, struct cm_buffer *spare)
{
    struct cm_span text = cm_buffer_view(&draw->out);
    cm_buffer_reset(spare);
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && text.ptr[end] >= 'a' && text.ptr[end] <= 'z')
            end++;
        size_t len = end - at;
        bool cut = len > PREFIX_LETTERS && draw_number(draw, 2) == 0;
        cm_buffer_append(spare, text.ptr + at, cut ? PREFIX_LETTERS : len);
        cm_buffer_text(spare, cut ? "*" : "");
        if (end < text.len)
            cm_buffer_byte(spare, text.ptr[end++]);
        at = end;
    }
    struct cm_buffer old = draw->out;
    draw->out = *spare;
    *spare = old;
}

/* 3 to 6 words, each two neighbours of them a common pair; false: the chain ended too early. */
static bool put_chain(struct draw *draw)
{
    size_t count = 2 + draw_number(draw, 4);
    const struct bench_pair *pair = &draw->pairs->items[draw_number(draw, draw->pairs->count)];
    cm_buffer_span(&draw->out, pair->words[0]);
    for (size_t i = 0; i < count; i++) {
        cm_buffer_text(&draw->out, " ");
        cm_buffer_span(&draw->out, pair->words[1]);
        if (i + 1 < count)
            pair = bench_pairs_next(draw->pairs, pair, draw_number(draw, UINT32_MAX));
        if (!pair)
            return false;
    }
    return true;
}

static bool put_phrase(struct draw *draw, enum bench_phrase_kind kind, bool care, const struct bench_turns *turns, struct cm_buffer *spare)
{
    cm_buffer_reset(&draw->out);
    if (kind == BENCH_PHRASES_COMMON)
        return put_chain(draw);
    if (care)
        put_template(draw, templates[draw_number(draw, sizeof(templates) / sizeof(templates[0]))]);
    else if (!put_run(draw, turns))
        return false;
    if (kind == BENCH_PHRASES_PREFIXES)
        cut_words(draw, spare);
    return true;
}

const char **bench_phrase_set(const struct bench_turns *turns, size_t count, enum bench_phrase_kind kind, uint64_t seed,
                              struct cm_arena *arena)
{
    struct draw draw = {.state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1, .gapped = kind == BENCH_PHRASES_GAPPED};
    struct cm_buffer spare = CM_BUFFER_EMPTY;
    struct bench_pairs pairs = {0};
    const char **set = cm_arena_calloc(arena, count, sizeof(*set));
    uint64_t *seen = calloc(count * 2 + 1, sizeof(*seen));
    size_t made = 0, tries = 0;
    bool good = set && seen && turns->count && (kind != BENCH_PHRASES_COMMON || bench_pairs_count(&pairs, turns) == CM_OK);
    draw.pairs = &pairs;
    while (good && made < count && tries++ < count * CORPUS_TRIES) {
        if (!put_phrase(&draw, kind, made % 2 == 0, turns, &spare))
            continue;
        struct cm_span text = cm_arena_copy(arena, cm_buffer_view(&draw.out));
        if (!text.ptr)
            break;
        if (is_new(seen, count * 2 + 1, text))
            set[made++] = text.ptr;
    }
    free(seen);
    cm_buffer_free(&draw.out);
    cm_buffer_free(&spare);
    bench_pairs_free(&pairs);
    return made == count ? set : NULL;
}
