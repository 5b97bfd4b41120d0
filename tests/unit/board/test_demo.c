/* The conversations that come with the program, judged after each of their events and told to a board, as a live run does. */
#include "base/json.h"
#include "boarding.h"
#include "run/scribe.h"
#include "score/judge.h"

#define CONVERSATIONS_MAX 100u

struct conversation {
    struct cm_span id;
    struct cm_buffer records;
    unsigned events;
    bool over;
};

static struct cm_packs packs;
static struct cm_board_behaviour titles[CM_BOARD_NAMES_MAX];
static struct cm_board_dimension letters_of_care[CM_BOARD_DIMENSIONS_MAX];
static struct conversation conversations[CONVERSATIONS_MAX];
static unsigned conversation_count;
static struct cm_scribe *scribe;
static struct cm_judge *judge;
static struct cm_interaction *interaction;
static struct cm_buffer card, lines;
static struct cm_arena arena;

static const char *const kinds[] = {[CM_BEHAVIOUR_EXPECTED] = "expected",
                                    [CM_BEHAVIOUR_OPPORTUNITY] = "opportunity",
                                    [CM_BEHAVIOUR_TIMED] = "timed",
                                    [CM_BEHAVIOUR_BONUS] = "bonus",
                                    [CM_BEHAVIOUR_PENALTY] = "penalty"};

static void open_demo(bool texts)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    const char *pack = CM_SOURCE_DIR "/rules/customer-care";
    cr_assert_eq(cm_packs_load(&packs, &pack, 1, &diagnostics), CM_OK);
    const struct cm_ruleset *ruleset = packs.items[0].ruleset;
    for (uint32_t i = 0; i < ruleset->behaviour_count; i++) {
        const struct cm_behaviour *behaviour = &ruleset->behaviours[i];
        titles[i] =
            (struct cm_board_behaviour){behaviour->id, behaviour->title ? behaviour->title : behaviour->id,
                                        ruleset->dimensions[behaviour->dimension].id, kinds[behaviour->kind], !behaviour->validated};
    }
    for (uint32_t i = 0; i < ruleset->dimension_count; i++)
        letters_of_care[i] = (struct cm_board_dimension){ruleset->dimensions[i].id, ruleset->dimensions[i].id, -1};
    struct cm_board_settings settings = usual();
    settings.behaviours = titles;
    settings.behaviour_count = ruleset->behaviour_count;
    settings.dimensions = letters_of_care;
    settings.dimension_count = ruleset->dimension_count;
    settings.pack = "customer-care";
    settings.window_ms = 7 * CM_BOARD_DAY_MS;
    settings.texts = texts;
    settings.redactor = packs.redactor;
    cr_assert_eq(cm_board_new(&settings, &board), CM_OK);
    cr_assert_eq(cm_scribe_new(&packs, true, 0, &scribe), CM_OK);
    cr_assert_eq(cm_judge_new(ruleset, &judge), CM_OK);
    cr_assert_eq(cm_interaction_new(&interaction), CM_OK);
    cm_judge_redact(judge, cm_scribe_redaction(scribe));
    cm_diagnostics_free(&diagnostics);
}

static void close_demo(void)
{
    for (unsigned i = 0; i < conversation_count; i++) {
        cm_buffer_free(&conversations[i].records);
        cm_span_free(&conversations[i].id);
    }
    cm_interaction_free(interaction);
    cm_judge_free(judge);
    cm_scribe_free(scribe);
    cm_buffer_free(&card);
    cm_buffer_free(&lines);
    cm_arena_free(&arena);
    close_board();
    cm_packs_free(&packs);
}

TestSuite(demo, .fini = close_demo);

/* -------------------------------------------------------------------- events */

struct told {
    struct cm_span line;
    int64_t ts;
};

static struct told *told;
static size_t told_count, told_cap;

static void read_file(const char *name)
{
    char path[256], chunk[65536];
    snprintf(path, sizeof path, CM_SOURCE_DIR "/demo/conversations/%s.ndjson", name);
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    for (size_t len; (len = fread(chunk, 1, sizeof chunk, file)) > 0;)
        cm_buffer_append(&lines, chunk, len);
    fclose(file);
}

static int compare_told(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    return (x->line.ptr > y->line.ptr) - (x->line.ptr < y->line.ptr);
}

/* All lines, in the order of their times; what has none comes with what was last told. */
static void sort_lines(void)
{
    int64_t last = 0;
    for (const char *p = lines.ptr, *end = p + lines.len; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct cm_span line = {p, (size_t)((newline ? newline : end) - p)};
        struct cm_event event;
        struct cm_decoded decoded;
        cr_assert_eq(cm_grow(&told, &told_cap, told_count + 1, sizeof *told), CM_OK);
        cr_assert(line.len == 0 || cm_decode(&arena, line, &event, &decoded) == CM_OK);
        if (line.len && decoded.reject == CM_REJECT_NONE) {
            last = event.has & CM_HAS_TS ? event.ts : last;
            told[told_count++] = (struct told){line, last};
        }
        p = line.ptr + line.len + 1;
    }
    qsort(told, told_count, sizeof *told, compare_told);
}

static struct conversation *conversation_of(struct cm_span id)
{
    for (unsigned i = 0; i < conversation_count; i++)
        if (cm_span_equal(conversations[i].id, id))
            return &conversations[i];
    cr_assert_lt(conversation_count, CONVERSATIONS_MAX);
    cr_assert_eq(cm_span_own(&conversations[conversation_count].id, id), CM_OK);
    return &conversations[conversation_count++];
}

static void tell_card(struct conversation *conversation, bool final)
{
    struct cm_span stream = cm_buffer_view(&conversation->records), record;
    const struct cm_scorecard *scorecard;
    cm_interaction_begin(interaction);
    while (cm_record_next(&stream, &record))
        cr_assert_eq(cm_interaction_add(interaction, record), CM_OK);
    cr_assert_eq(cm_interaction_seal(interaction), CM_OK);
    cr_assert_eq(cm_judge_run(judge, interaction, 0, final, &scorecard), CM_OK);
    cm_buffer_reset(&card);
    cm_scorecard_json(scorecard, &(struct cm_render_options){.evidence = CM_EVIDENCE_QUOTES}, &card);
    cr_assert_eq(cm_board_card(board, cm_buffer_view(&card)), CM_OK, "%.*s", (int)card.len, card.ptr);
    conversation->over = final;
}

/* Every section is JSON, at any time. */
static void expect_json(void)
{
    struct cm_json *json;
    cm_buffer_reset(&shown);
    cm_board_snapshot(board, (struct cm_span){NULL, 0}, &shown);
    cm_arena_reset(&arena);
    cr_assert_eq(cm_json_parse(&arena, cm_buffer_view(&shown), &json, NULL), CM_OK, "%.*s", (int)shown.len, shown.ptr);
}

static void play(void (*look)(const struct conversation *conversation))
{
    static const char *const files[] = {"chat", "calls", "email", "social", "team"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        read_file(files[i]);
    sort_lines();
    for (size_t i = 0; i < told_count; i++) {
        struct cm_event event;
        struct cm_decoded decoded;
        cm_arena_reset(&arena);
        cr_assert_eq(cm_decode(&arena, told[i].line, &event, &decoded), CM_OK);
        struct conversation *conversation = conversation_of(event.interaction_id);
        bool final = event.type == CM_EVENT_END || conversation->over;
        cr_assert_eq(cm_scribe_write(scribe, &event, (struct cm_origin){.offset = i}, &conversation->records), CM_OK);
        cm_board_time(board, told[i].ts);
        cr_assert_eq(cm_board_event(board, told[i].line), CM_OK);
        tell_card(conversation, final);
        expect_json();
        if (look)
            look(conversation);
    }
    for (unsigned i = 0; i < conversation_count; i++)
        if (!conversations[i].over)
            tell_card(&conversations[i], true);
    free(told);
}

static void expect_end(void)
{
    expect_says(section(CM_BOARD_SOURCE, NULL), "'interactions':{'open':0,'final':%u,", conversation_count);
    expect_says(section(CM_BOARD_CONCERNS, NULL), "{'count':0,");
}

/* ---------------------------------------------------------------------- tests */

static bool appeared, half, promised, broken, uncared;

static void look(const struct conversation *conversation)
{
    (void)conversation;
    const char *concerns = section(CM_BOARD_CONCERNS, "parcels");
    appeared |= says(concerns, "'words':'Nobody called me back.'");
    uncared |= says(section(CM_BOARD_CONCERNS, NULL), "'uncared':true");
    half |= says(section(CM_BOARD_CONCERNS, NULL), "'state':'half'");
    const char *promises = section(CM_BOARD_PROMISES, "parcels");
    promised |= says(promises, "'due_at':'2026-03-03T12:00:00.000Z','state':'open','words':'I’ll ask the depot to speak to the driver and "
                               "I will call you back tomorrow "
                               "before noon with what he says.'");
    broken |= says(promises, "'broken_by':{'interaction_id':'chat-trundle-nobody-called','words':'Nobody called me back.'}");
}

Test(demo, what_the_board_is_for_is_seen_on_it)
{
    open_demo(true);
    play(look);
    expect_end();
    cr_expect(appeared, "a concern appears");
    cr_expect(uncared, "somebody says that nobody cares");
    cr_expect(half, "an apology leaves a concern half met");
    cr_expect(promised, "a call is promised");
    cr_expect(broken, "and does not come");
    expect_says(section(CM_BOARD_MOMENTS, NULL), "'kind':'praise'");
    expect_says(section(CM_BOARD_MOMENTS, NULL), "'kind':'care'");
    expect_says(section(CM_BOARD_CARE, NULL), "{'reason':'too_short','title':'too short','n':1}");
    expect_says(section(CM_BOARD_CARE, NULL), "{'reason':'language','title':'in other languages','n':1}");
    expect_says(section(CM_BOARD_CARE, NULL), "{'reason':'channel','title':'in channels that the pack is not for','n':6}");
    expect_silent(section(CM_BOARD_CARE, NULL), "low_coverage");
}

static bool alike;

static void look_at_letters(const struct conversation *conversation)
{
    if (!cm_span_equal(conversation->id, CM_SPAN("mail-pebble-canned-2")))
        return;
    alike |= says(section(CM_BOARD_LETTERS, NULL), "{'list':[{'n':3,'queues':['orders.mail'],");
}

Test(demo, the_same_letter_went_to_three)
{
    open_demo(true);
    play(look_at_letters);
    cr_expect(alike);
}

Test(demo, without_texts_quotes_are_all_there_is)
{
    open_demo(false);
    play(NULL);
    expect_end();
    expect_all(section(CM_BOARD_LETTERS, NULL), "{'list':[]}");
    cm_buffer_reset(&shown);
    cr_assert(cm_board_interaction(board, CM_SPAN("chat-trundle-nobody-called"), &shown));
    cr_expect(memmem(shown.ptr, shown.len, "\"text\":\"not kept\"", 17));
}

/* A mark in UTF-16 units is where the quote of its evidence stands in the masked text. */
Test(demo, marks_stand_where_the_quotes_are)
{
    unsigned marks = 0;
    open_demo(true);
    play(NULL);
    for (unsigned i = 0; i < conversation_count; i++) {
        struct cm_json *json;
        cm_buffer_reset(&shown);
        cr_assert(cm_board_interaction(board, conversations[i].id, &shown));
        cm_arena_reset(&arena);
        cr_assert_eq(cm_json_parse(&arena, cm_buffer_view(&shown), &json, NULL), CM_OK);
        cr_assert(cm_json_get(json, "turns"));
        for (const struct cm_json *turn = cm_json_get(json, "turns")->child; turn; turn = turn->next)
            for (const struct cm_json *mark = cm_json_get(turn, "marks") ? cm_json_get(turn, "marks")->child : NULL; mark;
                 mark = mark->next) {
                uint64_t start = cm_json_number(mark, "start", 0), end = cm_json_number(mark, "end", 0);
                cr_assert(start < end && end <= cm_json_text(turn, "text").len, "%.*s", (int)conversations[i].id.len,
                          conversations[i].id.ptr);
                marks++;
            }
        cr_expect(!memmem(shown.ptr, shown.len, "Adeyemi", 7));
    }
    cr_expect_gt(marks, 500);
}
