#include "base/nearest.h"
#include "live/audience/watching.h"

#define X(name, text) text,
static const char *const kinds[] = {CM_BEHAVIOUR_KINDS(X)};
#undef X

static bool is_there(const struct cm_names *names, const char *id)
{
    for (size_t i = 0; i < names->behaviour_count; i++)
        if (strcmp(names->behaviours[i].id, id) == 0)
            return true;
    return false;
}

/* Of packs that have a behaviour in common the first one names it. */
static void add_behaviours(struct cm_names *names, const struct cm_ruleset *ruleset)
{
    for (uint32_t i = 0; i < ruleset->behaviour_count; i++) {
        const struct cm_behaviour *behaviour = &ruleset->behaviours[i];
        if (!is_there(names, behaviour->id))
            names->behaviours[names->behaviour_count++] =
                (struct cm_board_behaviour){.id = behaviour->id,
                                            .title = behaviour->title,
                                            .dimension = ruleset->dimensions[behaviour->dimension].id,
                                            .kind = kinds[behaviour->kind],
                                            .unvalidated = !behaviour->validated};
    }
}

/* "respond" as a person would write it. */
static const char *title_of(struct cm_names *names, const char *id)
{
    char *title = cm_arena_printf(&names->arena, "%s", id);
    if (!title)
        return NULL;
    if (*title >= 'a' && *title <= 'z')
        *title = (char)(*title - 'a' + 'A');
    for (char *at = title; *at; at++)
        *at = *at == '_' || *at == '-' ? ' ' : *at;
    return title;
}

static int32_t target_of(const struct cm_config_board *board, const char *id)
{
    for (size_t i = 0; i < board->target_count; i++)
        if (strcmp(board->targets[i].dimension, id) == 0)
            return (int32_t)board->targets[i].score * 100;
    return -1;
}

static enum cm_status add_dimensions(struct cm_names *names, const struct cm_ruleset *ruleset, const struct cm_config_board *board)
{
    for (uint32_t i = 0; i < ruleset->dimension_count; i++) {
        const char *id = ruleset->dimensions[i].id, *title = title_of(names, id);
        if (!title)
            return CM_ENOMEM;
        names->dimensions[names->dimension_count++] = (struct cm_board_dimension){id, title, target_of(board, id)};
    }
    return CM_OK;
}

static enum cm_status check_targets(struct cm_names *names, const struct cm_ruleset *ruleset, const struct cm_config_board *board,
                                    struct cm_diagnostics *diagnostics)
{
    size_t before = diagnostics->errors;
    for (size_t i = 0; i < board->target_count; i++) {
        struct cm_nearest nearest = cm_nearest_to(cm_span_of(board->targets[i].dimension));
        bool found = false;
        for (size_t k = 0; k < names->dimension_count; k++) {
            cm_nearest_offer(&nearest, cm_span_of(names->dimensions[k].id));
            found |= strcmp(names->dimensions[k].id, board->targets[i].dimension) == 0;
        }
        const char *help = nearest.best.ptr ? cm_arena_printf(&names->arena, "did you mean %s?", nearest.best.ptr) : NULL;
        if (!found)
            cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "config-targets", (struct cm_place){0}, help,
                               "board.targets: the pack %s has no dimension %s", ruleset->name, board->targets[i].dimension);
    }
    return diagnostics->errors > before ? CM_EUSAGE : CM_OK;
}

enum cm_status cm_names_make(struct cm_names *names, const struct cm_packs *packs, const struct cm_config *config,
                             struct cm_diagnostics *diagnostics)
{
    const struct cm_ruleset *first = packs->items[0].ruleset;
    size_t most = 0;
    for (size_t i = 0; i < packs->count; i++)
        most += packs->items[i].ruleset->behaviour_count;
    names->behaviours = cm_arena_calloc(&names->arena, most ? most : 1, sizeof *names->behaviours);
    names->dimensions = cm_arena_calloc(&names->arena, CM_DIMENSIONS_MAX, sizeof *names->dimensions);
    if (!names->behaviours || !names->dimensions)
        return CM_ENOMEM;
    for (size_t i = 0; i < packs->count; i++)
        add_behaviours(names, packs->items[i].ruleset);
    enum cm_status status = add_dimensions(names, first, &config->board);
    return status == CM_OK ? check_targets(names, first, &config->board, diagnostics) : status;
}

void cm_names_free(struct cm_names *names)
{
    cm_arena_free(&names->arena);
    *names = (struct cm_names){0};
}
