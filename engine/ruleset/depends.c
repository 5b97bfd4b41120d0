#include "ruleset/depends.h"

enum { UNSEEN, OPEN, DONE };

/* Depth first without recursion: the path is as long as the longest chain of names. */
struct walk {
    const struct cm_depends *graph;
    uint8_t *state;
    uint32_t *path, *edge; /* the open nodes, and how far the edges of each are followed */
    uint32_t depth;
    uint32_t *order, done;
    void (*cycle)(void *context, const uint32_t *path, uint32_t count);
    void *context;
};

static void enter(struct walk *walk, uint32_t node)
{
    walk->state[node] = OPEN;
    walk->path[walk->depth] = node;
    walk->edge[walk->depth] = walk->graph->first[node];
    walk->depth++;
}

static void tell_cycle(struct walk *walk, uint32_t again)
{
    uint32_t from = walk->depth;
    while (walk->path[from - 1] != again)
        from--;
    walk->cycle(walk->context, walk->path + from - 1, walk->depth - from + 1);
}

static void follow(struct walk *walk, uint32_t root)
{
    enter(walk, root);
    while (walk->depth > 0) {
        uint32_t node = walk->path[walk->depth - 1], at = walk->edge[walk->depth - 1];
        if (at == walk->graph->first[node + 1]) {
            walk->state[node] = DONE;
            walk->order[walk->done++] = node;
            walk->depth--;
            continue;
        }
        walk->edge[walk->depth - 1]++;
        uint32_t next = walk->graph->edges[at];
        if (walk->state[next] == UNSEEN)
            enter(walk, next);
        else if (walk->state[next] == OPEN)
            tell_cycle(walk, next);
    }
}

enum cm_status cm_depends_order(const struct cm_depends *graph, struct cm_arena *arena, uint32_t *order,
                                void (*cycle)(void *context, const uint32_t *path, uint32_t count), void *context)
{
    struct walk walk = {.graph = graph, .order = order, .cycle = cycle, .context = context};
    walk.state = cm_arena_calloc(arena, graph->count, sizeof *walk.state);
    walk.path = cm_arena_calloc(arena, graph->count, sizeof *walk.path);
    walk.edge = cm_arena_calloc(arena, graph->count, sizeof *walk.edge);
    if (!walk.state || !walk.path || !walk.edge)
        return CM_ENOMEM;
    for (uint32_t node = 0; node < graph->count; node++)
        if (walk.state[node] == UNSEEN)
            follow(&walk, node);
    return CM_OK;
}
