/* Support for tests: one archive run over contents in memory, by the small pack of tests/e2e. */
#ifndef TESTS_SUPPORT_ARCHIVED_H
#define TESTS_SUPPORT_ARCHIVED_H

#include <stdio.h>

#include "run/archive.h"

struct archived {
    struct cm_packs packs;
    struct cm_diagnostics diagnostics;
    struct cm_archive_result result;
    struct cm_buffer cards, dead_letters;
    enum cm_status status;
};

/* How to run; zeros: one thread, memory without a ceiling, NDJSON with references. */
struct archiving {
    const char *const *names; /* of the contents; NULL: "a", "b" … */
    const struct cm_span *contents;
    size_t count;
    unsigned threads;
    uint64_t max_memory;
    const struct cm_sink_ops *sink; /* NULL: mem */
    bool dead_letters, full;
    const atomic_bool *stop;
    const char *spill_folder;
    uint32_t profile_every;
    enum cm_archive_until until;
};

static inline bool archived_open(struct archived *archived)
{
    const char *pack = CM_SOURCE_DIR "/tests/e2e/pack";
    *archived = (struct archived){0};
    if (cm_packs_load(&archived->packs, &pack, 1, &archived->diagnostics) == CM_OK)
        return true;
    cm_diagnostics_print(&archived->diagnostics, stderr, false);
    return false;
}

static inline void archived_clear(struct archived *archived)
{
    cm_archive_result_free(&archived->result);
    cm_buffer_free(&archived->cards);
    cm_buffer_free(&archived->dead_letters);
}

static inline void archived_close(struct archived *archived)
{
    archived_clear(archived);
    cm_packs_free(&archived->packs);
    cm_diagnostics_free(&archived->diagnostics);
}

/* The status is in archived, and what was written; an earlier run's is forgotten. */
static inline void archived_run(struct archived *archived, const struct archiving *how)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct cm_source_request source_request = {.names = how->names ? how->names : names, .contents = how->contents, .count = how->count};
    struct cm_sink *sink = NULL, *dead = NULL;
    struct cm_source *source = NULL;
    archived_clear(archived);
    archived->status = cm_source_open(&source, &cm_source_mem, &source_request, &archived->diagnostics);
    if (archived->status == CM_OK)
        archived->status = cm_sink_open(&sink, how->sink ? how->sink : &cm_sink_mem, "", &archived->diagnostics);
    if (archived->status == CM_OK && how->dead_letters)
        archived->status = cm_sink_open(&dead, &cm_sink_mem, "", &archived->diagnostics);
    struct cm_archive_request request = {
        .packs = &archived->packs,
        .source = source,
        .sink = sink,
        .dead_letters = dead,
        .render = {.evidence = CM_EVIDENCE_REFS, .full = how->full},
        .threads = how->threads ? how->threads : 1,
        .max_memory = how->max_memory ? how->max_memory : UINT64_MAX / 2,
        .spill_folder = how->spill_folder ? how->spill_folder : "/tmp",
        .stop = how->stop,
        .until = how->until,
        .profile_every = how->profile_every,
        .diagnostics = &archived->diagnostics,
    };
    if (archived->status == CM_OK)
        archived->status = cm_archive_run(&request, &archived->result);
    if (sink && sink->ops == &cm_sink_mem)
        cm_buffer_span(&archived->cards, cm_sink_mem_view(sink));
    if (dead)
        cm_buffer_span(&archived->dead_letters, cm_sink_mem_view(dead));
    enum cm_status closed = cm_sink_close(sink, true), dead_closed = cm_sink_close(dead, true);
    if (archived->status == CM_OK)
        archived->status = closed != CM_OK ? closed : dead_closed;
    cm_source_close(source);
}

/* count conversations of four turns, ids spread over the alphabet, their lines one after the other or interleaved. */
static inline void archived_generate(struct cm_buffer *out, unsigned count, bool interleaved)
{
    static const char *const texts[] = {"my parcel never arrived", "Hello, I am so sorry about that", "what now?",
                                        "I will send another one"};
    unsigned turns = 4;
    for (unsigned i = 0; i < count * turns; i++) {
        unsigned conversation = interleaved ? i % count : i / turns, turn = interleaved ? i / count : i % turns;
        cm_buffer_printf(out,
                         "{\"interaction_id\":\"%u-%u\",\"seq\":%u,\"channel\":\"chat\",\"speaker\":\"%s\",\"agent_id\":\"agent-%u\","
                         "\"text\":\"%s\"}\n",
                         conversation * 7919u % 101, conversation, turn, turn % 2 ? "agent" : "customer", conversation % 9,
                         texts[(turn + (conversation % 5 == 0)) % 4]);
    }
}

#endif
