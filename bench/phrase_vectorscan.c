#include "phrase_vectorscan.h"

#include <hs.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"

#define BLOCK_BYTES ((size_t)64 * 1024)

struct block {
    size_t at, len;     /* in text */
    size_t turn, turns; /* the first turn in it, and how many */
};

struct bench_peer {
    hs_database_t *database;
    hs_scratch_t *scratch;
    struct cm_buffer text;
    uint32_t *ends; /* of each turn, in its block */
    struct block *blocks;
    size_t block_count, block_cap, phrase_count;
    uint32_t *last; /* by phrase: the turn, counted from 1, in which it was last seen */
    /* while scanning */
    const struct block *block;
    size_t turn;
    uint32_t *counts;
    uint64_t pairs;
};

static void put_pattern(struct cm_buffer *out, const struct cm_term *terms, uint32_t index)
{
    const struct cm_term *term = &terms[index];
    switch ((enum cm_term_kind)term->kind) {
    case CM_TERM_WORD:
        cm_buffer_span(out, term->text);
        cm_buffer_text(out, " ");
        return;
    case CM_TERM_PREFIX: /* and the words that folding makes reachable by it */
        cm_buffer_text(out, "(?:");
        cm_buffer_span(out, term->text);
        cm_buffer_text(out, "[^ \\n]* ");
        for (uint32_t i = term->child; i != 0; i = terms[i].next) {
            cm_buffer_text(out, "|");
            put_pattern(out, terms, i);
        }
        cm_buffer_text(out, ")");
        return;
    case CM_TERM_GAP:
        cm_buffer_printf(out, "(?:[^ \\n]+ ){%u,%u}", term->min, term->max);
        return;
    default:
        cm_buffer_text(out, "(?:");
        for (uint32_t i = term->child; i != 0; i = terms[i].next) {
            put_pattern(out, terms, i);
            if (term->kind == CM_TERM_CHOICE && terms[i].next != 0)
                cm_buffer_text(out, "|");
        }
        cm_buffer_text(out, term->kind == CM_TERM_OPTIONAL ? ")?" : ")");
    }
}

static int compile(struct bench_peer *peer, const struct cm_phrase *const *phrases, size_t count)
{
    const char **patterns = calloc(count, sizeof(*patterns));
    unsigned *flags = calloc(count, sizeof(*flags)), *ids = calloc(count, sizeof(*ids));
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_buffer pattern = CM_BUFFER_EMPTY;
    hs_compile_error_t *error = NULL;
    int failed = !patterns || !flags || !ids;
    for (size_t i = 0; i < count && !failed; i++) {
        cm_buffer_reset(&pattern);
        cm_buffer_text(&pattern, " ");
        for (uint32_t j = phrases[i]->terms[0].child; j != 0; j = phrases[i]->terms[j].next)
            put_pattern(&pattern, phrases[i]->terms, j);
        struct cm_span copy = cm_arena_copy(&arena, cm_buffer_view(&pattern));
        failed = !copy.ptr;
        patterns[i] = copy.ptr;
        ids[i] = (unsigned)i;
    }
    if (!failed && hs_compile_multi(patterns, flags, ids, (unsigned)count, HS_MODE_BLOCK, NULL, &peer->database, &error) != HS_SUCCESS) {
        fprintf(stderr, "vectorscan: %s (%s)\n", error->message, error->expression >= 0 ? patterns[error->expression] : "all");
        hs_free_compile_error(error);
        failed = 1;
    }
    failed = failed || hs_alloc_scratch(peer->database, &peer->scratch) != HS_SUCCESS;
    cm_buffer_free(&pattern);
    cm_arena_free(&arena);
    free(patterns);
    free(flags);
    free(ids);
    return failed;
}

/* " i am sorry \n about that \n": every token between spaces, sentences and turns ended by newlines; whole turns a block. */
static int lay_out(struct bench_peer *peer, const struct bench_turns *turns)
{
    peer->ends = calloc(turns->count + 1, sizeof(*peer->ends));
    if (!peer->ends)
        return 1;
    size_t begin = 0;
    for (size_t i = 0; i < turns->count; i++) {
        struct cm_span turn = turns->items[i];
        struct block *block = peer->block_count ? &peer->blocks[peer->block_count - 1] : NULL;
        begin = peer->text.len;
        if (!block || begin + turn.len - block->at > BLOCK_BYTES) {
            if (cm_grow(&peer->blocks, &peer->block_cap, peer->block_count + 1, sizeof(*peer->blocks)) != CM_OK)
                return 1;
            block = &peer->blocks[peer->block_count++];
            *block = (struct block){begin, 0, i, 0};
        }
        cm_buffer_byte(&peer->text, ' ');
        for (size_t j = 0; j < turn.len; j++) {
            if (turn.ptr[j] == '\n')
                cm_buffer_text(&peer->text, " \n ");
            else if (turn.ptr[j] >= 0x20 || turn.ptr[j] < 0) /* marks of classes are left out */
                cm_buffer_byte(&peer->text, turn.ptr[j]);
        }
        cm_buffer_text(&peer->text, " \n");
        block->len = peer->text.len - block->at;
        block->turns++;
        peer->ends[i] = (uint32_t)block->len;
    }
    return cm_buffer_status(&peer->text) != CM_OK;
}

struct bench_peer *bench_peer_new(const struct cm_phrase *const *phrases, size_t count, const struct bench_turns *turns)
{
    struct bench_peer *peer = calloc(1, sizeof(*peer));
    if (!peer)
        return NULL;
    peer->phrase_count = count;
    peer->last = calloc(count, sizeof(*peer->last));
    if (!peer->last || lay_out(peer, turns) || compile(peer, phrases, count)) {
        bench_peer_free(peer);
        return NULL;
    }
    return peer;
}

void bench_peer_free(struct bench_peer *peer)
{
    if (!peer)
        return;
    hs_free_scratch(peer->scratch);
    hs_free_database(peer->database);
    cm_buffer_free(&peer->text);
    free(peer->ends);
    free(peer->blocks);
    free(peer->last);
    free(peer);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct bench_peer *peer = context;
    (void)from;
    (void)flags;
    while (peer->ends[peer->turn] < to) /* matches come by their end */
        peer->turn++;
    uint32_t turn = (uint32_t)peer->turn + 1;
    if (peer->last[id] != turn) {
        peer->last[id] = turn;
        peer->pairs++;
        if (peer->counts)
            peer->counts[id]++;
    }
    return 0;
}

uint64_t bench_peer_scan(struct bench_peer *peer, uint32_t *counts)
{
    peer->pairs = 0;
    peer->counts = counts;
    memset(peer->last, 0, peer->phrase_count * sizeof(*peer->last));
    for (size_t i = 0; i < peer->block_count; i++) {
        peer->block = &peer->blocks[i];
        peer->turn = peer->block->turn;
        if (hs_scan(peer->database, peer->text.ptr + peer->block->at, (unsigned)peer->block->len, 0, peer->scratch, on_match, peer) !=
            HS_SUCCESS)
            fprintf(stderr, "vectorscan: a block failed\n");
    }
    return peer->pairs;
}
