#include "builder.h"

#include "text/words.h"

#include <stdio.h>
#include <stdlib.h>

enum { CUES = 64, BEHAVIOURS = 32, LISTED = 1024, LINE = 512, HITS = 32, WORDS = 32 };

struct cm_builder {
    struct cm_ruleset pack;
    struct cm_cue cues[CUES];
    struct cm_behaviour behaviours[BEHAVIOURS];
    uint32_t order[CUES], listed[LISTED];
    size_t listed_count;
    struct cm_arena arena;
    struct cm_buffer records, json;
    uint64_t lines;
    struct cm_interaction *interaction;
    struct cm_judge *judge;
    cm_build_watch watch;
    void *watch_context;
};

static void stop(const char *what, const char *which)
{
    fprintf(stderr, "the test itself is wrong: %s: %s\n", what, which);
    abort();
}

static void check(enum cm_status status)
{
    if (status != CM_OK)
        stop("status", cm_status_text(status));
}

/* ----------------------------------------------------------------------- pack */

struct cm_builder *cm_builder_new(void)
{
    struct cm_builder *b = calloc(1, sizeof *b);
    if (!b)
        stop("memory", "builder");
    b->pack = (struct cm_ruleset){.name = "test",
                                  .version = "1",
                                  .hash = {1, 2},
                                  .channels = UINT16_MAX,
                                  .dimensions = {{"one", 1000}, {"two", 1000}},
                                  .dimension_count = 2,
                                  .cues = b->cues,
                                  .cue_order = b->order,
                                  .behaviours = b->behaviours};
    for (unsigned i = 0; i < CM_CHANNEL_COUNT; i++)
        b->pack.reply_target_ms[i] = -1;
    check(cm_interaction_new(&b->interaction));
    cm_interaction_begin(b->interaction);
    return b;
}

void cm_builder_free(struct cm_builder *b)
{
    cm_judge_free(b->judge);
    cm_interaction_free(b->interaction);
    cm_arena_free(&b->arena);
    cm_buffer_free(&b->records);
    cm_buffer_free(&b->json);
    free(b);
}

struct cm_ruleset *cm_build_pack(struct cm_builder *b)
{
    return &b->pack;
}

static uint16_t speakers_of(const char *id)
{
    if (strncmp(id, "customer.", 9) == 0)
        return CM_BIT(CM_SPEAKER_CUSTOMER);
    if (strncmp(id, "bot.", 4) == 0)
        return CM_BIT(CM_SPEAKER_BOT);
    return strncmp(id, "any.", 4) == 0 ? UINT16_MAX : CM_SPEAKERS_AGENT;
}

uint32_t cm_build_cue_index(struct cm_builder *b, const char *id)
{
    for (uint32_t i = 0; i < b->pack.cue_count; i++)
        if (strcmp(b->cues[i].id, id) == 0)
            return i;
    if (b->pack.cue_count == CUES || b->judge)
        stop("a cue too many or too late", id);
    uint32_t index = b->pack.cue_count++;
    struct cm_span copy = cm_arena_copy(&b->arena, cm_span_of(id));
    b->cues[index] = (struct cm_cue){.id = copy.ptr, .speakers = speakers_of(id), .channels = UINT16_MAX, .min_count = 1};
    b->order[index] = index;
    return index;
}

struct cm_cue *cm_build_cue(struct cm_builder *b, const char *id)
{
    return &b->cues[cm_build_cue_index(b, id)];
}

struct cm_cue_list cm_build_list(struct cm_builder *b, const char *ids)
{
    uint32_t items[CUES], count = 0;
    while (*ids) {
        char id[LINE];
        size_t len = strcspn(ids, " ");
        if (len >= sizeof id || count == CUES)
            stop("list", ids);
        memcpy(id, ids, len);
        id[len] = '\0';
        if (len)
            items[count++] = cm_build_cue_index(b, id);
        ids += len + (ids[len] == ' ');
    }
    if (b->listed_count + count > LISTED)
        stop("lists", "too many");
    struct cm_cue_list list = {b->listed + b->listed_count, count};
    memcpy(b->listed + b->listed_count, items, count * sizeof *items);
    b->listed_count += count;
    return list;
}

struct cm_behaviour *cm_build_behaviour(struct cm_builder *b, const char *id, enum cm_behaviour_kind kind, uint8_t dimension)
{
    if (b->pack.behaviour_count == BEHAVIOURS || b->judge)
        stop("a behaviour too many or too late", id);
    struct cm_behaviour *behaviour = &b->behaviours[b->pack.behaviour_count++];
    *behaviour = (struct cm_behaviour){.id = cm_arena_copy(&b->arena, cm_span_of(id)).ptr,
                                       .title = "",
                                       .kind = (uint8_t)kind,
                                       .dimension = dimension,
                                       .channels = UINT16_MAX,
                                       .weight = 1000,
                                       .window_runs = 2,
                                       .late_credit = CM_PPM / 2,
                                       .prompt_late_credit = CM_PPM / 2,
                                       .then_runs = 1,
                                       .then_credit = CM_PPM / 2};
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++) {
        behaviour->prompt_ms[channel] = -1;
        for (unsigned measure = 0; measure < CM_MEASURE_COUNT; measure++)
            behaviour->targets[measure][channel] = (struct cm_time_target){-1, -1};
    }
    return behaviour;
}

/* ----------------------------------------------------------------------- lines */

/* A line on its way to a record. */
struct draft {
    struct cm_event event;
    struct cm_origin origin;
    struct cm_hit hits[HITS];
    uint32_t faults[HITS], content[WORDS], names[WORDS];
    struct cm_scanned scanned;
    struct cm_findings findings;
    struct cm_span identity; /* h= */
    bool lost;
};

static uint32_t word32(const char *word, size_t len)
{
    return cm_word_hash32(cm_word_hash(word, len));
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int compare_hits(const void *a, const void *b)
{
    const struct cm_hit *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return (x->cue > y->cue) - (x->cue < y->cue);
}

/* Distinct and ascending, as the scan gives them. */
static uint32_t take_words(const char *text, uint32_t *words)
{
    uint32_t count = 0, distinct = 0;
    while (*text && count < WORDS) {
        size_t len = strcspn(text, ",");
        words[count++] = word32(text, len);
        text += len + (text[len] == ',');
    }
    qsort(words, count, sizeof *words, compare_u32);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || words[i] != words[i - 1])
            words[distinct++] = words[i];
    return distinct;
}

static void take_first(struct cm_builder *b, struct draft *draft, char *word)
{
    static const struct {
        const char *word;
        uint8_t type, speaker;
    } kinds[] = {
        {"C", CM_EVENT_MESSAGE, CM_SPEAKER_CUSTOMER}, {"A", CM_EVENT_MESSAGE, CM_SPEAKER_AGENT},
        {"L", CM_EVENT_MESSAGE, CM_SPEAKER_LEAD},     {"B", CM_EVENT_MESSAGE, CM_SPEAKER_BOT},
        {"S", CM_EVENT_MESSAGE, CM_SPEAKER_SYSTEM},   {"start", CM_EVENT_START, CM_SPEAKER_NONE},
        {"end", CM_EVENT_END, CM_SPEAKER_NONE},       {"transfer", CM_EVENT_TRANSFER, 0},
        {"feedback", CM_EVENT_FEEDBACK, 0},           {"edit", CM_EVENT_EDIT, CM_SPEAKER_NONE},
        {"delete", CM_EVENT_DELETE, CM_SPEAKER_NONE},
    };
    char *agent = strchr(word, ':');
    if (agent) {
        *agent++ = '\0';
        draft->event.agent_id = cm_arena_copy(&b->arena, cm_span_of(agent));
    }
    draft->lost = strcmp(word, "lost") == 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].word, word) != 0)
            continue;
        draft->event.type = kinds[i].type;
        draft->event.speaker = kinds[i].speaker;
        return;
    }
    if (!draft->lost)
        stop("a line begins with", word);
}

static int64_t thousandths(const char *text)
{
    double value = strtod(text, NULL) * 1000;
    return (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

static uint8_t named(const char *text, const char *(*name)(unsigned), unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(name(i), text) == 0)
            return (uint8_t)i;
    stop("no such name", text);
    return 0;
}

static const char *channel_name(unsigned value)
{
    return cm_channel_name((enum cm_channel)value);
}

static const char *ender_name(unsigned value)
{
    return cm_ended_by_name((enum cm_ended_by)value);
}

static void take_number(struct cm_event *event, const char *value, uint32_t bit, int64_t *number, int64_t parsed)
{
    event->has = value[0] == '-' && !value[1] ? event->has & ~bit : event->has | bit;
    *number = parsed;
}

static bool take_field(struct cm_builder *b, struct draft *draft, const char *key, const char *value)
{
    struct cm_event *event = &draft->event;
    struct {
        const char *key;
        struct cm_span *span;
    } spans[] = {{"h", &draft->identity}, {"id", &event->event_id}, {"to", &event->to_agent_id}, {"target", &event->target_event_id},
                 {"lang", &event->lang},  {"queue", &event->queue}, {"team", &event->team},      {"cust", &event->customer_id}};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        if (strcmp(key, spans[i].key) != 0)
            continue;
        *spans[i].span = cm_arena_copy(&b->arena, cm_span_of(value));
        return true;
    }
    int64_t number = 0;
    if (strcmp(key, "t") == 0)
        take_number(event, value, CM_HAS_TS, &event->ts, thousandths(value));
    else if (strcmp(key, "e") == 0)
        take_number(event, value, CM_HAS_END_TS, &event->end_ts, thousandths(value));
    else if (strcmp(key, "rating") == 0)
        take_number(event, value, CM_HAS_RATING, &event->rating, thousandths(value));
    else if (strcmp(key, "scale") == 0)
        take_number(event, value, CM_HAS_SCALE, &event->scale, thousandths(value));
    else if (strcmp(key, "seq") == 0) {
        take_number(event, value, CM_HAS_SEQ, &number, strtoll(value, NULL, 10));
        event->seq = (uint64_t)number;
    } else if (strcmp(key, "tseq") == 0) {
        take_number(event, value, CM_HAS_TARGET_SEQ, &number, strtoll(value, NULL, 10));
        event->target_seq = (uint64_t)number;
    } else if (strcmp(key, "conf") == 0) {
        take_number(event, value, CM_HAS_CONFIDENCE, &number, thousandths(value) * 1000);
        event->confidence = (uint32_t)number;
    } else if (strcmp(key, "open") == 0) {
        take_number(event, value, CM_HAS_OPEN_CHATS, &number, strtoll(value, NULL, 10));
        event->open_chats = (uint32_t)number;
    } else if (strcmp(key, "chan") == 0)
        event->channel = named(value, channel_name, CM_CHANNEL_COUNT);
    else if (strcmp(key, "by") == 0)
        event->ended_by = named(value, ender_name, CM_ENDED_BY_COUNT);
    else if (strcmp(key, "file") == 0)
        draft->origin.path = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(key, "at") == 0)
        draft->origin.offset = strtoull(value, NULL, 10);
    else if (strcmp(key, "n") == 0)
        draft->findings.token_count = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(key, "w") == 0)
        draft->findings.content_count = take_words(value, draft->content);
    else if (strcmp(key, "name") == 0)
        draft->findings.name_word_count = take_words(value, draft->names);
    else
        return false;
    return true;
}

static void take_hit(struct cm_builder *b, struct draft *draft, char *word)
{
    if (word[0] == '!') {
        draft->faults[draft->scanned.fault_count++] = cm_build_cue_index(b, word + 1);
        return;
    }
    struct cm_hit *hit = &draft->hits[draft->scanned.hit_count];
    *hit = (struct cm_hit){.start = 10 * draft->scanned.hit_count, .end = 10 * draft->scanned.hit_count + 5};
    char *at = strchr(word, '@'), *name = strchr(word, '/');
    if (name) {
        *name++ = '\0';
        if (*name == '+' || *name == '-')
            hit->name = (uint32_t)(int32_t)strtol(name, NULL, 10);
        else
            hit->name = strcmp(name, "MASK") == 0 ? CM_NAME_MASK : word32(name, strlen(name));
    }
    if (at) {
        *at++ = '\0';
        char *dash;
        hit->start = (uint32_t)strtoul(at, &dash, 10);
        hit->end = (uint32_t)strtoul(dash + 1, NULL, 10);
    }
    hit->cue = cm_build_cue_index(b, word);
    draft->scanned.hit_count++;
}

static void take_word(struct cm_builder *b, struct draft *draft, char *word)
{
    if (draft->scanned.hit_count == HITS || draft->scanned.fault_count == HITS)
        stop("too many hits", word);
    char *value = strchr(word, '=');
    if (value) {
        *value++ = '\0';
        if (!take_field(b, draft, word, value))
            stop("no such field", word);
    } else if (strcmp(word, "bc") == 0) {
        draft->findings.all_backchannel = true;
    } else {
        take_hit(b, draft, word);
    }
}

/* H stands for all that the line says; the text is as long as its last hit needs. */
static void finish(struct cm_builder *b, struct draft *draft, struct cm_span line)
{
    uint32_t text_len = 0;
    qsort(draft->hits, draft->scanned.hit_count, sizeof *draft->hits, compare_hits);
    qsort(draft->faults, draft->scanned.fault_count, sizeof *draft->faults, compare_u32);
    for (uint32_t i = 0; i < draft->scanned.hit_count; i++)
        text_len = draft->hits[i].end > text_len ? draft->hits[i].end : text_len;
    char seq[32];
    snprintf(seq, sizeof seq, "%llu", (unsigned long long)draft->event.seq);
    char *all = cm_arena_printf(&b->arena, "%.*s|%s", (int)line.len, line.ptr, seq);
    char *text = cm_arena_calloc(&b->arena, text_len + 1, 1);
    if (!all || !text)
        stop("memory", "line");
    memset(text, 'x', text_len);
    draft->event.hash = cm_hash128(draft->identity.ptr ? draft->identity : cm_span_of(all));
    if (draft->event.type == CM_EVENT_MESSAGE || draft->event.type == CM_EVENT_EDIT) {
        draft->event.text = (struct cm_span){text, text_len};
        draft->scanned.hits = draft->hits;
        draft->scanned.faults = draft->faults;
        draft->findings.packs = &draft->scanned;
        draft->findings.pack_count = 1;
    }
    draft->findings.content = draft->content;
    draft->findings.name_words = draft->names;
}

static void say_line(struct cm_builder *b, struct cm_span line)
{
    char words[LINE], *rest = words;
    struct draft draft = {.event = {.interaction_id = CM_SPAN("i1"), .seq = ++b->lines, .has = CM_HAS_SEQ}, .origin = {0, b->lines}};
    if (line.len >= sizeof words)
        stop("line", "too long");
    memcpy(words, line.ptr, line.len);
    words[line.len] = '\0';
    bool first = true;
    for (char *word; (word = strsep(&rest, " "));) {
        if (!*word)
            continue;
        if (first)
            take_first(b, &draft, word);
        else
            take_word(b, &draft, word);
        first = false;
    }
    if (first)
        return;
    finish(b, &draft, line);
    if (b->watch)
        b->watch(b->watch_context, draft.lost ? NULL : &draft.event, draft.origin, &draft.findings);
    if (draft.lost)
        cm_record_append_incomplete(&b->records, draft.event.interaction_id, draft.origin);
    else
        cm_record_append(&b->records, &draft.event, draft.origin, &draft.findings, NULL);
    check(cm_buffer_status(&b->records));
}

void cm_build_say(struct cm_builder *b, const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        say_line(b, (struct cm_span){lines, len});
        lines += len + (lines[len] == '\n');
    }
}

void cm_build_forget(struct cm_builder *b)
{
    cm_buffer_reset(&b->records);
    b->lines = 0;
}

struct cm_span cm_build_records(const struct cm_builder *b)
{
    return cm_buffer_view(&b->records);
}

void cm_build_on_record(struct cm_builder *b, cm_build_watch watch, void *context)
{
    b->watch = watch;
    b->watch_context = context;
}

/* --------------------------------------------------------------------- judging */

static const struct cm_scorecard *judge(struct cm_builder *b, bool final)
{
    const struct cm_scorecard *card;
    check(cm_interaction_seal(b->interaction));
    if (!b->judge)
        check(cm_judge_new(&b->pack, &b->judge));
    check(cm_judge_run(b->judge, b->interaction, 0, final, &card));
    return card;
}

const struct cm_scorecard *cm_build_judge_in(struct cm_builder *b, const struct cm_span *records, size_t count, bool final)
{
    cm_interaction_begin(b->interaction);
    for (size_t i = 0; i < count; i++)
        check(cm_interaction_add(b->interaction, records[i]));
    return judge(b, final);
}

const struct cm_scorecard *cm_build_judge(struct cm_builder *b, bool final)
{
    struct cm_span stream = cm_buffer_view(&b->records), record;
    cm_interaction_begin(b->interaction);
    while (cm_record_next(&stream, &record))
        check(cm_interaction_add(b->interaction, record));
    if (stream.len)
        stop("records", "damaged");
    return judge(b, final);
}

struct cm_judge *cm_build_inner(struct cm_builder *b)
{
    return b->judge;
}

const char *cm_build_json(struct cm_builder *b, const struct cm_scorecard *card)
{
    struct cm_render_options options = {.evidence = CM_EVIDENCE_REFS, .full = true, .revision = 1};
    cm_buffer_reset(&b->json);
    cm_scorecard_json(card, &options, &b->json);
    cm_buffer_byte(&b->json, '\0');
    check(cm_buffer_status(&b->json));
    return b->json.ptr;
}

const struct cm_behaviour_result *cm_build_result(const struct cm_scorecard *card, const char *behaviour, const char *agent)
{
    for (uint32_t i = 0; i < card->behaviour_count; i++) {
        const struct cm_behaviour_result *result = &card->behaviours[i];
        if (strcmp(result->behaviour->id, behaviour) != 0)
            continue;
        if (agent ? result->agent_id.ptr && cm_span_equal(result->agent_id, cm_span_of(agent)) : !result->agent_id.ptr)
            return result;
    }
    return NULL;
}
