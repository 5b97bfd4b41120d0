/*
 * Thousands of scorecards at random, and after each few of them the sections as a slow recount of everything gives them. The recount
 * knows what every interaction said last, and nothing else.
 */
#include "boarding.h"

#include "base/moment.h"
#include "chance.h"

#define IDS 80u
#define QUEUES 4u

enum state { NONE, IS_OPEN, IS_FINAL };

static struct {
    enum state state;
    unsigned queue, reason;
    int64_t since, minute;
    bool waits, uncared, half;
    int score, communicate;
} known[IDS];

static int64_t now;
static struct cm_chance chance;
static struct cm_buffer wanted;

static const char *const reasons[] = {"no_agent", "too_short", "language", "no_dialogue", "channel", "low_coverage"};
static const char *const titles[] = {"without an agent",
                                     "too short",
                                     "in other languages",
                                     "without a dialogue",
                                     "in channels that the pack is not for",
                                     "with too little that could be judged"};

TestSuite(recount, .init = open_usual, .fini = close_board);

static const char *moment(int64_t ms)
{
    static char texts[4][CM_MOMENT_BYTES + 1];
    static unsigned at_text;
    char *moment = texts[at_text++ % 4];
    cr_assert(cm_moment_write(moment, ms));
    moment[CM_MOMENT_BYTES] = '\0';
    return moment;
}

/* ------------------------------------------------------------------ at random */

static void tell_open(unsigned id)
{
    known[id].state = IS_OPEN;
    known[id].waits = cm_chance_below(&chance, 3) > 0;
    known[id].uncared = cm_chance_once_in(&chance, 3);
    known[id].half = cm_chance_once_in(&chance, 2);
    known[id].since = now - (int64_t)cm_chance_below(&chance, 300) * 1000;
    char pending[400] = "";
    if (known[id].waits)
        snprintf(pending, sizeof pending,
                 "{'id':'respond.problem','dimension':'respond','kind':'opportunity','since':'%s','state':'%s','evidence':[{'turn':1,'seq':"
                 "2,'rule':'%s',"
                 "'start':0,'end':3,'quote':'w'}]}",
                 moment(known[id].since), known[id].half ? "half" : "unmet", known[id].uncared ? "customer.uncared" : "customer.problem");
    tell("{'interaction_id':'%u','pack':{'name':'care'},'queue':'q%u','status':'open','pending':[%s]}", id, known[id].queue, pending);
}

static void tell_final(unsigned id)
{
    int64_t ended = now - (int64_t)cm_chance_below(&chance, 5000) * 1000 + 100000, counted = ended > now ? now : ended;
    char care[60], behaviour[100] = "";
    bool scored = !cm_chance_once_in(&chance, 4);
    known[id].state = IS_FINAL;
    known[id].waits = false;
    known[id].minute = counted / 60000;
    known[id].score = scored ? (int)cm_chance_below(&chance, 10001) : -1;
    known[id].communicate = cm_chance_once_in(&chance, 3) ? -1 : (int)cm_chance_below(&chance, 10001);
    known[id].reason = cm_chance_below(&chance, 6);
    snprintf(care, sizeof care, scored ? "%d.%02d" : "null", known[id].score / 100, known[id].score % 100);
    if (known[id].reason < 4)
        snprintf(behaviour, sizeof behaviour, "{'id':'x','outcome':'not_evaluated','reason':'%s','evidence':[]}",
                 reasons[known[id].reason]);
    else if (known[id].reason == 5)
        snprintf(behaviour, sizeof behaviour, "{'id':'x','outcome':'missed','evidence':[]}");
    tell("{'interaction_id':'%u','pack':{'name':'care'},'queue':'q%u','ended_at':'%s','care':{'score':%s,'communicate':%s%.*d%s},'"
         "behaviours':[%s],"
         "'status':'final'}",
         id, known[id].queue, moment(ended), care, known[id].communicate < 0 ? "null" : "", known[id].communicate < 0 ? 0 : 1,
         known[id].communicate < 0 ? 0 : known[id].communicate / 100,
         known[id].communicate < 0
             ? ""
             : (char[]){'.', (char)('0' + known[id].communicate / 10 % 10), (char)('0' + known[id].communicate % 10), '\0'},
         behaviour);
}

static void step(void)
{
    unsigned id = cm_chance_below(&chance, IDS), what = cm_chance_below(&chance, 20);
    if (what == 0) {
        char name[20];
        snprintf(name, sizeof name, "%u", id);
        cm_board_erase(board, cm_span_of(name));
        known[id].state = NONE;
        known[id].waits = false;
        return;
    }
    if (cm_chance_once_in(&chance, 5) || known[id].state == NONE)
        known[id].queue = cm_chance_below(&chance, QUEUES);
    if (what < 10)
        tell_open(id);
    else
        tell_final(id);
    now += (int64_t)cm_chance_below(&chance, 20000);
    if (cm_chance_once_in(&chance, 400))
        now += 1800000;
    cm_board_time(board, now);
}

/* -------------------------------------------------------------------- recount */

static bool is_in(unsigned id, int queue)
{
    return queue < 0 || known[id].queue == (unsigned)queue;
}

static bool in_window(unsigned id, int queue)
{
    return known[id].state == IS_FINAL && is_in(id, queue) && known[id].minute > now / 60000 - 60;
}

static bool comes_before(unsigned a, unsigned b)
{
    if (known[a].uncared != known[b].uncared)
        return known[a].uncared;
    return known[a].since < known[b].since;
}

static void recount_concerns(int queue, unsigned *count, int64_t *oldest)
{
    unsigned uncared = 0, late = 0;
    *count = 0;
    *oldest = INT64_MAX;
    for (unsigned i = 0; i < IDS; i++) {
        if (!known[i].waits || !is_in(i, queue))
            continue;
        ++*count;
        uncared += known[i].uncared;
        late += known[i].since < now - 120000;
        *oldest = known[i].since < *oldest ? known[i].since : *oldest;
    }
    cm_buffer_printf(&wanted, "{\"count\":%u,\"uncared\":%u,\"late\":%u,\"worst_since\":", *count, uncared, late);
    cm_buffer_printf(&wanted, *count ? "\"%s\"" : "null", *count ? moment(*oldest) : "");
}

static int64_t mean(int64_t sum, int64_t n)
{
    return (sum + 50 * n) / (100 * n);
}

static void put_mean(const char *name, unsigned n, int64_t sum)
{
    cm_buffer_printf(&wanted, "%s\"n\":%u,\"score\":", name, n);
    if (n)
        cm_buffer_unsigned(&wanted, (uint64_t)mean(sum, n));
    else
        cm_buffer_text(&wanted, "null");
}

static void expect_begins(enum cm_board_section which, int queue)
{
    char name[20];
    snprintf(name, sizeof name, "q%d", queue);
    const char *json = section(which, queue < 0 ? NULL : name);
    cr_assert(!wanted.failed && strncmp(json, wanted.ptr, wanted.len) == 0, "%s\ndoes not begin with\n%.*s", json, (int)wanted.len,
              wanted.ptr);
    cm_buffer_reset(&wanted);
}

static void expect_order(int queue)
{
    char name[20];
    snprintf(name, sizeof name, "q%d", queue);
    const char *json = section(CM_BOARD_CONCERNS, queue < 0 ? NULL : name), *p = json;
    unsigned listed = 0, last = IDS;
    while ((p = strstr(p, "\"interaction_id\":\""))) {
        unsigned id = (unsigned)strtoul(p + 18, NULL, 10);
        cr_assert(id < IDS && known[id].waits && is_in(id, queue), "%u in %s", id, json);
        cr_assert(last == IDS || !comes_before(id, last), "%u behind %u in %s", id, last, json);
        cr_assert_eq(strstr(p, "\"state\":\"half\"") && strstr(p, "\"state\":\"half\"") < strstr(p, "\"more\""), known[id].half);
        last = id;
        listed++;
        p++;
    }
    unsigned before = 0;
    for (unsigned i = 0; i < IDS; i++)
        before += last < IDS && known[i].waits && is_in(i, queue) && comes_before(i, last);
    cr_assert_leq(before, listed); /* nobody was passed over */
}

static void expect_care(int queue)
{
    unsigned n = 0, communicate = 0, unscored[6] = {0}, all = 0;
    int64_t sum = 0, communicated = 0;
    for (unsigned i = 0; i < IDS; i++) {
        if (!in_window(i, queue))
            continue;
        if (known[i].score < 0) {
            unscored[known[i].reason]++;
            all++;
            continue;
        }
        n++;
        sum += known[i].score;
        communicate += known[i].communicate >= 0;
        communicated += known[i].communicate >= 0 ? known[i].communicate : 0;
    }
    int64_t shown_score = n ? mean(sum, n) : -1;
    const char *zone = shown_score < 0 ? "null" : shown_score >= 70 ? "\"reached\"" : shown_score >= 65 ? "\"near\"" : "\"below\"";
    put_mean("{", n, sum);
    cm_buffer_printf(
        &wanted,
        ",\"target\":70,\"zone_of_score\":%s,\"unvalidated\":false,\"dimensions\":[{\"id\":\"communicate\",\"title\":\"Communicate\",",
        zone);
    put_mean("", communicate, communicated);
    expect_begins(CM_BOARD_CARE, queue);
    cm_buffer_printf(&wanted, "\"unscored\":{\"n\":%u,\"reasons\":[", all);
    for (unsigned i = 0, first = 1; i < 6; i++)
        if (unscored[i]) {
            cm_buffer_printf(&wanted, "%s{\"reason\":\"%s\",\"title\":\"%s\",\"n\":%u}", first ? "" : ",", reasons[i], titles[i],
                             unscored[i]);
            first = 0;
        }
    cm_buffer_text(&wanted, "]}");
    cr_assert(memmem(shown.ptr, shown.len, wanted.ptr, wanted.len), "%.*s is not in %s", (int)wanted.len, wanted.ptr, shown.ptr);
    cm_buffer_reset(&wanted);
}

static void expect_trend(void)
{
    cm_buffer_text(&wanted, "\"trend\":[");
    for (int64_t part = now / 300000 - 11; part <= now / 300000; part++) {
        unsigned n = 0;
        int64_t sum = 0;
        for (unsigned i = 0; i < IDS; i++)
            if (known[i].state == IS_FINAL && known[i].score >= 0 && known[i].minute / 5 == part) {
                n++;
                sum += known[i].score;
            }
        cm_buffer_printf(&wanted, "%s{\"from\":\"%s\",", part == now / 300000 - 11 ? "" : ",", moment(part * 300000));
        put_mean("", n, sum);
        cm_buffer_byte(&wanted, '}');
    }
    cm_buffer_text(&wanted, "]}");
    const char *json = section(CM_BOARD_CARE, NULL);
    cr_assert(memmem(json, strlen(json), wanted.ptr, wanted.len), "%.*s is not in %s", (int)wanted.len, wanted.ptr, json);
    cm_buffer_reset(&wanted);
}

static void expect_source(void)
{
    unsigned opens = 0, finals = 0;
    for (unsigned i = 0; i < IDS; i++) {
        opens += known[i].state == IS_OPEN;
        finals += known[i].state == IS_FINAL;
    }
    expect_says(section(CM_BOARD_SOURCE, NULL), "'open':%u,'final':%u,", opens, finals);
}

static void expect_queue(unsigned queue)
{
    unsigned n = 0, opens = 0, count;
    int64_t sum = 0, oldest;
    for (unsigned i = 0; i < IDS; i++) {
        opens += known[i].state == IS_OPEN && is_in(i, (int)queue);
        if (!in_window(i, (int)queue) || known[i].score < 0)
            continue;
        n++;
        sum += known[i].score;
    }
    recount_concerns((int)queue, &count, &oldest);
    cm_buffer_reset(&wanted);
    if (!opens && !n)
        return;
    cm_buffer_printf(&wanted, "{\"queue\":\"q%u\",\"n\":%u,\"score\":", queue, n);
    if (n >= 2)
        cm_buffer_unsigned(&wanted, (uint64_t)mean(sum, n));
    else
        cm_buffer_text(&wanted, "null");
    cm_buffer_printf(&wanted, ",\"open\":%u,\"concerns\":%u,\"worst_since\":", opens, count);
    cm_buffer_printf(&wanted, count ? "\"%s\"}" : "null}", count ? moment(oldest) : "");
    const char *json = section(CM_BOARD_QUEUES, NULL);
    cr_assert(memmem(json, strlen(json), wanted.ptr, wanted.len), "%.*s is not in %s", (int)wanted.len, wanted.ptr, json);
    cm_buffer_reset(&wanted);
}

static void expect_everything(void)
{
    unsigned count;
    int64_t oldest;
    for (int queue = -1; queue < (int)QUEUES; queue++) {
        recount_concerns(queue, &count, &oldest);
        expect_begins(CM_BOARD_CONCERNS, queue);
        expect_order(queue);
        expect_care(queue);
        if (queue >= 0)
            expect_queue((unsigned)queue);
    }
    expect_trend();
    expect_source();
}

Test(recount, sections_are_what_counting_everything_gives)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        memset(known, 0, sizeof known);
        chance.state = seed;
        close_board();
        open_usual();
        now = at("09:00:00");
        for (unsigned i = 0; i < 2000; i++) {
            step();
            if (i % 10 == 0)
                expect_everything();
        }
    }
    cm_buffer_free(&wanted);
}
