/*
 * generate: archives that look like service conversations, the same bytes for
 * the same arguments on every machine.
 *
 *   generate --folder bench [--seed 1] [--events 400000] [--care 0.35] [--open 32] [--turns N] [--turn-bytes N] [--calm] [--out FILE]
 *
 * Words are drawn by Zipf's law from vocabulary.txt (then from made-up words,
 * the long tail), between fragments that keep common word pairs common; turns
 * that care begin with a sentence of templates.txt. --care is the share of such
 * turns and with it the hit rate; --open is how many conversations run at once,
 * line by line among each other. --turns: the conversations that run have so many
 * each and no end, and there are no others. --turn-bytes: every text has about so many. --calm: prose is of made-up
 * words and asks nothing, so that only sentences of templates.txt can be heard, and
 * --care is all there is of the hit rate. BIAS.md says where this differs from people.
 */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "write.h"

#define WORD_MAX_BYTES 32
#define TAIL_WORDS 16384u     /* made-up words after the vocabulary: names, codes and typos of real archives */
#define ZIPF_SLOTS (1u << 16) /* one draw is one look-up */
#define ZIPF_SHIFT 2.7        /* Mandelbrot's shift and exponent, near what English dialogue shows */
#define ZIPF_EXPONENT 1.18
#define TURN_TEXT_MAX_BYTES 16384
#define TURN_BYTES_MAX 8192u           /* of --turn-bytes: what dressing adds has room */
#define BASE_MS INT64_C(1772438400000) /* 2026-03-02T08:00:00Z */
#define TURNS_MIN 4u
#define TURNS_SPREAD 17u /* mean 12 turns a conversation */

struct random {
    uint64_t state;
};

struct lines {
    char **items;
    uint32_t count;
};

enum section { AGENT_OPEN, AGENT_CARE, AGENT_CLOSE, CUSTOMER_OPEN, CUSTOMER_CARE, CUSTOMER_CLOSE, CHUNK, NAME, SECTION_COUNT };
static const char *const section_names[SECTION_COUNT] = {"agent.open",    "agent.care",     "agent.close", "customer.open",
                                                         "customer.care", "customer.close", "chunk",       "name"};
static const char *const channel_names[] = {"chat", "call", "email", "social"};
enum channel { CHAT, CALL, EMAIL, SOCIAL };

struct generator {
    struct random random;
    struct lines words;
    struct lines sections[SECTION_COUNT];
    uint32_t *zipf; /* ZIPF_SLOTS ranks */
    double care;
    bool calm;
    uint32_t first_made_up;           /* word */
    uint32_t turns_fixed, turn_bytes; /* 0: as they come */
    FILE *out;
    uint64_t events, turns, text_bytes;
};

/* A conversation in progress. */
struct talk {
    uint64_t id;
    int64_t now;
    uint32_t seq, turns, queue;
    enum channel channel;
};

struct text {
    char bytes[TURN_TEXT_MAX_BYTES];
    size_t len;
};

static void die(const char *what)
{
    fprintf(stderr, "generate: %s\n", what);
    exit(2);
}

/* splitmix64 (Vigna, public domain): one multiply chain, good enough for text. */
static uint64_t draw(struct random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint32_t below(struct random *random, uint32_t n)
{
    return (uint32_t)(((draw(random) >> 32) * n) >> 32);
}

static bool chance(struct random *random, double p)
{
    return (double)(draw(random) >> 11) * 0x1p-53 < p;
}

static void push(struct lines *lines, const char *line)
{
    if ((lines->count & (lines->count + 1)) == 0) {
        lines->items = realloc(lines->items, (2 * (size_t)lines->count + 2) * sizeof *lines->items);
        if (!lines->items)
            die("out of memory");
    }
    if (!(lines->items[lines->count++] = strdup(line)))
        die("out of memory");
}

/* Calls visit for each line of folder/name that is neither empty nor a comment. */
static void read_lines(const char *folder, const char *name, void (*visit)(struct generator *, char *), struct generator *g)
{
    char path[4096], *line = NULL;
    size_t cap = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file)
        die("cannot read vocabulary.txt and templates.txt: give --folder bench");
    while (getline(&line, &cap, file) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (*line && *line != '#')
            visit(g, line);
    }
    free(line);
    fclose(file);
}

static void visit_word(struct generator *g, char *line)
{
    push(&g->words, line);
}

static void visit_template(struct generator *g, char *line)
{
    static int section = -1;
    if (*line != '[') {
        if (section < 0)
            die("templates.txt: a line before the first section");
        push(&g->sections[section], line);
        return;
    }
    line[strcspn(line, "]")] = 0;
    for (section = 0; section < SECTION_COUNT; section++)
        if (!strcmp(section_names[section], line + 1))
            return;
    die("templates.txt: unknown section");
}

/* Made-up words of two or three syllables; like the long tail of real archives they are rare one by one. */
static void add_tail(struct generator *g)
{
    static const char *const heads[] = {"b", "br", "c", "d", "f", "g",  "gr", "h", "k", "l",
                                        "m", "n",  "p", "r", "s", "st", "t",  "v", "w", "z"};
    static const char *const cores[] = {"a", "e", "i", "o", "u", "ai", "ea", "oo"};
    static const char *const tails[] = {"", "n", "r", "s", "l", "t", "ck", "m"};
    g->first_made_up = g->words.count;
    for (uint32_t i = 0; i < TAIL_WORDS; i++) {
        char word[WORD_MAX_BYTES];
        size_t len = 0;
        for (uint32_t n = 2 + below(&g->random, 2); n > 0; n--)
            len += (size_t)snprintf(word + len, sizeof word - len, "%s%s%s", heads[below(&g->random, 20)], cores[below(&g->random, 8)],
                                    tails[below(&g->random, 8)]);
        push(&g->words, word);
    }
}

static void build_zipf(struct generator *g)
{
    double total = 0, sum = 0;
    for (uint32_t i = 0; i < g->words.count; i++)
        total += pow(i + 1 + ZIPF_SHIFT, -ZIPF_EXPONENT);
    if (!(g->zipf = malloc(ZIPF_SLOTS * sizeof *g->zipf)))
        die("out of memory");
    uint32_t slot = 0;
    for (uint32_t i = 0; i < g->words.count; i++) {
        sum += pow(i + 1 + ZIPF_SHIFT, -ZIPF_EXPONENT);
        while (slot < ZIPF_SLOTS && slot < sum / total * ZIPF_SLOTS)
            g->zipf[slot++] = i;
    }
    while (slot < ZIPF_SLOTS)
        g->zipf[slot++] = g->words.count - 1;
}

static void add(struct text *text, const char *bytes)
{
    size_t len = strlen(bytes);
    if (text->len + len >= sizeof text->bytes)
        return;
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

static void add_value(struct generator *g, struct text *text, const char *key)
{
    char value[32];
    struct random *r = &g->random;
    switch (key[1]) {
    case 'n': /* name, number; "{na" or "{nu" */
        if (key[2] == 'a') {
            add(text, g->sections[NAME].items[below(r, g->sections[NAME].count)]);
            return;
        }
        snprintf(value, sizeof value, "%u", 2 + below(r, 40));
        break;
    case 'm':
        snprintf(value, sizeof value, "£%u.%02u", 1 + below(r, 300), below(r, 100));
        break;
    case 'd':
        snprintf(value, sizeof value, "%u %s", 2 + below(r, 22), below(r, 2) ? "hours" : "days");
        break;
    default:
        snprintf(value, sizeof value, "%c%c-%06u", 'A' + (int)below(r, 26), 'A' + (int)below(r, 26), below(r, 1000000));
        break;
    }
    add(text, value);
}

static void add_template(struct generator *g, struct text *text, enum section section)
{
    const struct lines *lines = &g->sections[section];
    const char *from = lines->items[below(&g->random, lines->count)];
    while (*from) {
        size_t plain = strcspn(from, "{");
        char piece[256];
        snprintf(piece, sizeof piece, "%.*s", (int)plain, from);
        add(text, piece);
        from += plain;
        if (*from == '{') {
            add_value(g, text, from);
            from += strcspn(from, "}") + 1;
        }
    }
}

static void add_word(struct generator *g, struct text *text)
{
    static const char *const values[] = {"{number}", "{money}", "{duration}", "{code}"};
    if (g->calm)
        add(text, g->words.items[g->first_made_up + g->zipf[draw(&g->random) % ZIPF_SLOTS] % TAIL_WORDS]);
    else if (chance(&g->random, 0.02))
        add_value(g, text, values[below(&g->random, 4)]);
    else if (chance(&g->random, 0.12))
        add(text, g->sections[CHUNK].items[below(&g->random, g->sections[CHUNK].count)]);
    else
        add(text, g->words.items[g->zipf[draw(&g->random) % ZIPF_SLOTS]]);
}

/* About n words in sentences of 4 to 13. */
static void add_prose(struct generator *g, struct text *text, uint32_t n)
{
    while (n > 0) {
        uint32_t sentence = 4 + below(&g->random, 10);
        if (sentence > n)
            sentence = n;
        n -= sentence;
        size_t start = text->len + (text->len > 0);
        for (uint32_t i = 0; i < sentence; i++) {
            if (text->len)
                add(text, i && chance(&g->random, 0.05) ? ", " : " ");
            add_word(g, text);
        }
        if (text->len > start && text->bytes[start] >= 'a' && text->bytes[start] <= 'z')
            text->bytes[start] = (char)(text->bytes[start] - 'a' + 'A');
        add(text, !g->calm && chance(&g->random, 0.15) ? "?" : ".");
    }
}

/* Speech has neither capitals nor punctuation; some customers write as they speak. */
static void flatten(struct text *text)
{
    size_t to = 0;
    for (size_t i = 0; i < text->len; i++) {
        char c = text->bytes[i];
        if (c == '.' || c == ',' || c == '?' || c == '!')
            continue;
        text->bytes[to++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    text->len = to;
}

/* Half of the agents' tools write U+2019 for an apostrophe; the capital and the apostrophe of hurried customers are gone. */
static void dress(struct generator *g, struct text *text, bool agent, enum channel channel)
{
    if (channel == CALL || (!agent && chance(&g->random, 0.5)))
        flatten(text);
    if (channel == CALL)
        return;
    uint32_t style = below(&g->random, 10);
    if (agent ? style < 5 : style == 0) {
        struct text old = *text;
        text->len = 0;
        for (size_t i = 0; i < old.len; i++) {
            char one[2] = {old.bytes[i], 0};
            add(text, old.bytes[i] != '\'' ? one : agent ? "\xe2\x80\x99" : "");
        }
    }
    if (chance(&g->random, 0.02))
        add(text, " \xf0\x9f\x98\x8a");
    if (chance(&g->random, 0.005))
        add(text, " https://help.example/articles/reset");
}

/* Prose until a text is long enough, cut where it is to end. */
static void fill(struct generator *g, struct text *text)
{
    while (text->len < g->turn_bytes)
        add_prose(g, text, 1 + (g->turn_bytes - (uint32_t)text->len) / 6);
    while (text->len > g->turn_bytes || (text->len > 0 && ((unsigned char)text->bytes[text->len - 1] & 0x80)))
        text->len--;
}

static void write_text(struct generator *g, struct text *text, const struct talk *talk, bool agent)
{
    static const uint32_t spread[] = {15, 14, 46, 18}; /* words of prose, by channel: together a mean of about 58 bytes a turn */
    text->len = 0;
    bool first = talk->seq < 2, last = talk->seq + 2 >= talk->turns;
    if (chance(&g->random, g->care)) {
        enum section section = (agent ? AGENT_OPEN : CUSTOMER_OPEN) + (first ? 0 : last ? 2 : 1);
        add_template(g, text, section);
    }
    uint32_t words = below(&g->random, spread[talk->channel]) * below(&g->random, spread[talk->channel]) * 2 / spread[talk->channel];
    if (g->turn_bytes)
        fill(g, text);
    else if (words || !text->len)
        add_prose(g, text, words ? words : 1);
    dress(g, text, agent, talk->channel);
}

static void begin(struct generator *g, struct talk *talk, uint64_t id)
{
    static const uint8_t mix[] = {CHAT, CHAT, CHAT, CHAT, CHAT, CHAT, CHAT, CALL, CALL, CALL, CALL, CALL, CALL, CALL, EMAIL, SOCIAL};
    *talk = (struct talk){.id = id, .queue = below(&g->random, 12), .channel = mix[below(&g->random, sizeof mix)]};
    talk->now = BASE_MS + (int64_t)(id * 7919 % (5 * 86400)) * 1000;
    talk->turns = g->turns_fixed ? g->turns_fixed : TURNS_MIN + below(&g->random, TURNS_SPREAD);
}

static void put_key(FILE *out, const char *key, const char *value)
{
    fprintf(out, ",\"%s\":\"%s\"", key, value);
}

static void put_turn(struct generator *g, struct talk *talk)
{
    struct text text;
    bool agent = talk->seq % 2 == 1;
    write_text(g, &text, talk, agent);
    int64_t span = (int64_t)text.len * 60;
    FILE *out = g->out;

    fprintf(out, "{\"interaction_id\":\"g-%08llx\",\"seq\":%u,\"ts\":\"", (unsigned long long)talk->id, talk->seq);
    bench_put_time(out, talk->now);
    putc_unlocked('"', out);
    if (talk->channel == CALL) {
        fputs(",\"end_ts\":\"", out);
        bench_put_time(out, talk->now + span);
        putc_unlocked('"', out);
    }
    put_key(out, "channel", channel_names[talk->channel]);
    put_key(out, "speaker", agent ? "agent" : "customer");
    if (agent)
        fprintf(out, ",\"agent_id\":\"agent-%03u\"", (unsigned)(talk->id * 31 % 240));
    fprintf(out, ",\"customer_id\":\"c-%07u\",\"queue\":\"queue-%02u\",\"text\":\"", (unsigned)(talk->id * 2654435761u % 10000000u),
            talk->queue);
    bench_put_string(out, text.bytes, text.len);
    fputs("\"}\n", out);

    g->turns++;
    g->events++;
    g->text_bytes += text.len;
    talk->now += span + 400 + (int64_t)below(&g->random, talk->channel == CALL ? 2000 : 60000);
    talk->seq++;
}

static void put_end(struct generator *g, const struct talk *talk)
{
    fprintf(g->out, "{\"interaction_id\":\"g-%08llx\",\"seq\":%u,\"type\":\"end\",\"ts\":\"", (unsigned long long)talk->id, talk->seq);
    bench_put_time(g->out, talk->now);
    fprintf(g->out, "\",\"channel\":\"%s\",\"ended_by\":\"%s\"}\n", channel_names[talk->channel], talk->id % 4 ? "customer" : "agent");
    g->events++;
}

static void run(struct generator *g, uint64_t events, uint32_t open)
{
    struct talk *talks = malloc(open * sizeof *talks);
    uint64_t next = 0;
    if (!talks)
        die("out of memory");
    for (uint32_t i = 0; i < open; i++)
        begin(g, &talks[i], next++);
    while (g->events < events && open > 0) {
        struct talk *talk = &talks[below(&g->random, open)];
        if (talk->seq < talk->turns) {
            put_turn(g, talk);
        } else if (g->turns_fixed) {
            *talk = talks[--open];
        } else {
            put_end(g, talk);
            begin(g, talk, next++);
        }
    }
    free(talks);
}

struct arguments {
    const char *folder, *path;
    uint64_t events;
    uint32_t open;
};

static void read_arguments(struct generator *g, struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"folder", 1, NULL, 'f'}, {"seed", 1, NULL, 's'},  {"events", 1, NULL, 'n'},     {"care", 1, NULL, 'c'}, {"open", 1, NULL, 'p'},
        {"out", 1, NULL, 'o'},    {"turns", 1, NULL, 't'}, {"turn-bytes", 1, NULL, 'b'}, {"calm", 0, NULL, 'q'}, {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'f':
            arguments->folder = optarg;
            break;
        case 's':
            g->random.state = strtoull(optarg, NULL, 10);
            break;
        case 'n':
            arguments->events = strtoull(optarg, NULL, 10);
            break;
        case 'c':
            g->care = strtod(optarg, NULL);
            break;
        case 'p':
            arguments->open = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 't':
            g->turns_fixed = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'b':
            g->turn_bytes = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'q':
            g->calm = true;
            break;
        case 'o':
            arguments->path = optarg;
            break;
        default:
            die("usage: generate --folder bench [--seed N] [--events N] [--care 0.35] [--open 32] [--turns N] [--turn-bytes N] [--calm] "
                "[--out FILE]");
        }
    }
    if (!arguments->open || g->turn_bytes > TURN_BYTES_MAX)
        die("--open is 1 at least, --turn-bytes 8192 at most");
}

int main(int argc, char **argv)
{
    struct generator g = {.random = {.state = 1}, .care = 0.35, .out = stdout};
    struct arguments arguments = {.folder = "bench", .events = 400000, .open = 32};
    read_arguments(&g, &arguments, argc, argv);
    if (arguments.path && !(g.out = fopen(arguments.path, "w")))
        die("cannot write");
    read_lines(arguments.folder, "vocabulary.txt", visit_word, &g);
    read_lines(arguments.folder, "templates.txt", visit_template, &g);
    for (int i = 0; i < SECTION_COUNT; i++)
        if (!g.sections[i].count)
            die("templates.txt: an empty section");
    add_tail(&g);
    build_zipf(&g);
    run(&g, arguments.events, arguments.open);
    if (fflush(g.out) || ferror(g.out))
        die("cannot write");
    fprintf(stderr, "{\"events\": %llu, \"turns\": %llu, \"mean_text_bytes\": %.1f}\n", (unsigned long long)g.events,
            (unsigned long long)g.turns, (double)g.text_bytes / (double)g.turns);
    return 0;
}
