/*
 * What a scorecard costs the board, and what a section costs when very many conversations go on. No server, no engine.
 *
 *   bench_board_model CARDS [COUNT]
 *
 * CARDS: NDJSON of scorecards, such as `caremeter serve --sink FILE.ndjson` writes. They are told again and again under COUNT (200,000)
 * other ids, in forty queues. It prints times in microseconds, and exits 1 where a count is not what it must be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "board/board.h"

#define LINES_MAX 4096u
#define ROUNDS 3u

static char *lines[LINES_MAX];
static size_t line_count;
static struct cm_buffer told, shown;

/* Of this thread: others may want the machine, too. */
static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void read_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t cap = 0;
    while (file && line_count < LINES_MAX && getline(&lines[line_count], &cap, file) > 0) {
        line_count++;
        cap = 0;
    }
    if (file)
        fclose(file);
}

/* Behind the value of key, which is replaced; from where it stands, all before is copied. */
static const char *put(const char *from, const char *key, const char *prefix, unsigned number)
{
    const char *value = strstr(from, key);
    if (!value)
        return from;
    value += strlen(key);
    cm_buffer_append(&told, from, (size_t)(value - from));
    cm_buffer_printf(&told, "%s%u", prefix, number);
    return strchr(value, '"');
}

static double tell(struct cm_board *board, unsigned number, unsigned round)
{
    cm_buffer_reset(&told);
    const char *rest = put(lines[(number + round) % line_count], "\"interaction_id\":\"", "chat-", number);
    rest = put(rest, "\"queue\":\"", "queue-", number % 40);
    cm_buffer_text(&told, rest);
    double from = microseconds();
    if (cm_board_card(board, cm_buffer_view(&told)) != CM_OK) {
        fprintf(stderr, "no scorecard: %.80s\n", told.ptr);
        exit(1);
    }
    return microseconds() - from;
}

static void time_sections(struct cm_board *board)
{
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++) {
        double all = 0, one = 0;
        for (unsigned k = 0; k < ROUNDS; k++) {
            cm_buffer_reset(&shown);
            double from = microseconds();
            cm_board_section(board, (enum cm_board_section)i, (struct cm_span){NULL, 0}, &shown);
            all = microseconds() - from;
            cm_board_section(board, (enum cm_board_section)i, CM_SPAN("queue-7"), &shown);
            one = microseconds() - from - all;
        }
        printf("%-10s %8.1f us, one queue %8.1f us\n", cm_board_section_name((enum cm_board_section)i), all, one);
    }
}

/* As many as were told are known, open or final. */
static bool counts(struct cm_board *board, unsigned count)
{
    unsigned long open = 0, final = 0;
    cm_buffer_reset(&shown);
    cm_board_section(board, CM_BOARD_SOURCE, (struct cm_span){NULL, 0}, &shown);
    cm_buffer_byte(&shown, '\0');
    const char *at = strstr(shown.ptr, "\"open\":");
    if (!at || sscanf(at, "\"open\":%lu,\"final\":%lu", &open, &final) != 2 || open + final != count)
        fprintf(stderr, "%lu open and %lu final are not %u\n", open, final, count);
    return open + final == count;
}

int main(int argc, char **argv)
{
    const struct cm_board_settings settings = {.target = -1, .window_ms = 3600000, .least = 5, .memory_bytes = UINT64_C(4) << 30};
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 200000;
    struct cm_board *board;
    if (argc > 1)
        read_lines(argv[1]);
    if (!line_count || !count || cm_board_new(&settings, &board) != CM_OK)
        return 2;
    cm_board_time(board, cm_clock_wall_ms());
    for (unsigned round = 0; round < ROUNDS; round++) {
        double sum = 0, bytes = 0;
        for (unsigned i = 0; i < count; i++) {
            sum += tell(board, i, round);
            bytes += (double)told.len;
        }
        printf("%u scorecards of %.0f bytes: %.2f us each\n", count, bytes / count, sum / count);
    }
    time_sections(board);
    bool good = counts(board, count);
    cm_board_free(board);
    cm_buffer_free(&told);
    cm_buffer_free(&shown);
    for (size_t i = 0; i < line_count; i++)
        free(lines[i]);
    return good ? 0 : 1;
}
