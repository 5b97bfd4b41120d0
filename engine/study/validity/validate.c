#include "study/validity/validate.h"

#include <math.h>
#include <stdlib.h>

#include "study/validity/hearing.h"

/* All that is counted with intervals: the labels, then the behaviours. */
struct rows {
    size_t count, units[CM_PART_COUNT];
    struct cm_counts *table[CM_PART_COUNT]; /* [row * units + unit] */
    struct cm_figures *figures;             /* [row], of the part that is drawn */
    uint8_t *sets;
};

struct work {
    const struct cm_validate_request *request;
    struct cm_validation *out;
    struct cm_hearing hearing;
    struct rows rows;
};

static struct cm_listened listened_of(const struct cm_label_result *result)
{
    return (struct cm_listened){.speaker = result->mapped->speaker,
                                .cues = result->mapped->cues,
                                .cue_count = result->mapped->cue_count,
                                .names = result->names,
                                .name_count = result->name_count};
}

static struct cm_counts one(enum cm_standing standing)
{
    return (struct cm_counts){.tp = standing == CM_STANDING_HIT,
                              .fp = standing == CM_STANDING_FALSE,
                              .fn = standing == CM_STANDING_MISS,
                              .tn = standing == CM_STANDING_QUIET};
}

/* Count what was listened for into a row, for all turns and for their halves. */
static void count_row(struct work *work, size_t row, const struct cm_listened *listened, struct cm_measured *measured)
{
    const struct cm_hearing *hearing = &work->hearing;
    struct rows *rows = &work->rows;
    for (size_t turn = 0; turn < hearing->labels->count; turn++) {
        enum cm_standing standing = cm_standing_of(hearing, listened, turn);
        measured->disputed += standing == CM_STANDING_DISPUTED;
        measured->faults += standing == CM_STANDING_FAULT;
        if (standing < CM_STANDING_HIT)
            continue;
        uint32_t unit = hearing->unit[turn], part = (uint32_t)(CM_PART_WRITTEN + hearing->half[turn]);
        cm_counts_add(&rows->table[CM_PART_ALL][row * rows->units[CM_PART_ALL] + unit], one(standing));
        cm_counts_add(&rows->table[part][row * rows->units[part] + hearing->group_unit[unit]], one(standing));
    }
}

static void count_labels(struct work *work)
{
    struct cm_validation *out = work->out;
    for (uint32_t i = 0; i < out->result_count; i++) {
        struct cm_listened listened = listened_of(&out->results[i]);
        count_row(work, i, &listened, &out->results[i].measured);
    }
}

static bool lists(const struct cm_cue_list *list, uint32_t cue)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i] == cue)
            return true;
    return false;
}

static bool asks_for(const struct cm_behaviour *behaviour, uint32_t cue)
{
    return lists(&behaviour->met_by, cue) || lists(&behaviour->opportunity, cue);
}

/* The cues of a behaviour that stand under this speaker's labels, each once, and these labels. */
static void gather_group(const struct work *work, struct cm_behaviour_measured *row, enum cm_speaker speaker, uint32_t *cues,
                         uint32_t *names, uint32_t *labels, struct cm_listened *group)
{
    const struct cm_validation *out = work->out;
    *group = (struct cm_listened){.speaker = speaker, .cues = cues, .names = names};
    for (uint32_t i = 0; i < out->result_count; i++) {
        const struct cm_mapped *mapped = out->results[i].mapped;
        bool any = false;
        for (uint32_t j = 0; j < mapped->cue_count && mapped->speaker == speaker; j++) {
            if (!asks_for(row->behaviour, mapped->cues[j]))
                continue;
            struct cm_cue_list known = {cues, group->cue_count};
            any = true;
            if (!lists(&known, mapped->cues[j]))
                cues[group->cue_count++] = mapped->cues[j];
        }
        if (any)
            labels[row->label_count++] = i;
        for (uint32_t j = 0; j < out->results[i].name_count && any; j++) {
            struct cm_cue_list known = {names, group->name_count};
            if (!lists(&known, out->results[i].names[j]))
                names[group->name_count++] = out->results[i].names[j];
        }
    }
    row->cue_count += group->cue_count;
}

static uint32_t distinct_cues(const struct work *work, const struct cm_behaviour *behaviour)
{
    uint32_t count = 0;
    for (uint32_t cue = 0; cue < work->hearing.cue_count; cue++)
        count += asks_for(behaviour, cue);
    return count;
}

static enum cm_status count_behaviours(struct work *work)
{
    struct cm_validation *out = work->out;
    const struct cm_ruleset *ruleset = out->ruleset;
    uint32_t *cues = calloc((size_t)ruleset->cue_count + 1, sizeof *cues),
             *names = calloc((size_t)out->labels->name_count + 1, sizeof *names);
    enum cm_status status = cues && names ? CM_OK : CM_ENOMEM;
    for (uint32_t i = 0; i < ruleset->behaviour_count && status == CM_OK; i++) {
        struct cm_behaviour_measured *row = &out->behaviours[out->behaviour_count];
        uint32_t *labels = cm_arena_calloc(&out->arena, (size_t)out->result_count + 1, sizeof *labels);
        *row = (struct cm_behaviour_measured){.behaviour = &ruleset->behaviours[i], .labels = labels};
        for (int speaker = CM_SPEAKER_NONE + 1; speaker < CM_SPEAKER_COUNT && labels; speaker++) {
            struct cm_listened group;
            gather_group(work, row, (enum cm_speaker)speaker, cues, names, labels, &group);
            if (group.cue_count > 0)
                count_row(work, (size_t)out->result_count + out->behaviour_count, &group, &row->measured);
        }
        status = labels ? CM_OK : CM_ENOMEM;
        if (row->cue_count == 0)
            continue; /* the next behaviour takes its place */
        row->unmapped = distinct_cues(work, row->behaviour) - row->cue_count;
        out->behaviour_count++;
    }
    free(cues);
    free(names);
    return status;
}

static struct cm_counts sum_row(const struct rows *rows, enum cm_part part, size_t row)
{
    struct cm_counts sum = {0};
    for (size_t unit = 0; unit < rows->units[part]; unit++)
        cm_counts_add(&sum, rows->table[part][row * rows->units[part] + unit]);
    return sum;
}

static struct cm_measured *measured_of(struct cm_validation *out, size_t row)
{
    return row < out->result_count ? &out->results[row].measured : &out->behaviours[row - out->result_count].measured;
}

/* Figures of one part, then what the bootstrap says of them. */
static enum cm_status figure_part(struct work *work, enum cm_part part, struct cm_interval *means)
{
    struct cm_validation *out = work->out;
    struct rows *rows = &work->rows;
    rows->count = (size_t)out->result_count + out->behaviour_count;
    for (size_t row = 0; row < rows->count; row++)
        rows->figures[row] = cm_figures_of(sum_row(rows, part, row));
    struct cm_bootstrap bootstrap = {.table = rows->table[part],
                                     .rows = rows->count,
                                     .units = rows->units[part],
                                     .resamples = work->request->resamples,
                                     .seed = work->request->seed,
                                     .sets = rows->sets,
                                     .stop = work->request->stop,
                                     .set_count = part == CM_PART_ALL ? 2 * (size_t)out->macro_count : 0};
    enum cm_status status = cm_bootstrap_run(&bootstrap, rows->figures, means);
    for (size_t row = 0; row < rows->count; row++)
        measured_of(out, row)->figures[part] = rows->figures[row];
    return status;
}

static double mean_f1(const struct work *work, size_t set, enum cm_part part)
{
    const struct cm_validation *out = work->out;
    const uint8_t *in = work->rows.sets + set * work->rows.count;
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < out->result_count; i++) {
        double f1 = out->results[i].measured.figures[part].f1;
        if (in[i] && !isnan(f1)) {
            sum += f1;
            count++;
        }
    }
    return count ? sum / count : (double)NAN;
}

/* One mean over all labels of a speaker, one over the frequent ones; which they are, all turns say, so that the halves compare. */
static void choose_sets(struct work *work)
{
    struct cm_validation *out = work->out;
    size_t rows = (size_t)out->result_count + out->behaviour_count;
    for (int speaker = CM_SPEAKER_NONE + 1; speaker < CM_SPEAKER_COUNT; speaker++) {
        struct cm_macro_result *macro = &out->macros[out->macro_count];
        uint8_t *all = work->rows.sets + 2 * (size_t)out->macro_count * rows, *frequent = all + rows;
        *macro = (struct cm_macro_result){.speaker = (enum cm_speaker)speaker};
        for (uint32_t i = 0; i < out->result_count; i++) {
            struct cm_counts counts = sum_row(&work->rows, CM_PART_ALL, i);
            all[i] = out->results[i].mapped->speaker == (enum cm_speaker)speaker && !isnan(cm_f1(counts));
            frequent[i] = all[i] && counts.tp + counts.fn >= CM_SUPPORT_FREQUENT;
            macro->count += all[i];
            macro->frequent_count += frequent[i];
        }
        out->macro_count += macro->count > 0;
    }
}

static enum cm_status figure_all(struct work *work)
{
    struct cm_validation *out = work->out;
    struct cm_interval means[2 * CM_SPEAKER_COUNT];
    enum cm_status status = CM_OK;
    choose_sets(work);
    for (int part = CM_PART_COUNT - 1; part >= CM_PART_ALL && status == CM_OK; part--)
        status = figure_part(work, (enum cm_part)part, means);
    for (uint32_t i = 0; i < out->macro_count && status == CM_OK; i++) {
        for (int part = CM_PART_ALL; part < CM_PART_COUNT; part++) {
            out->macros[i].all[part] = mean_f1(work, 2 * (size_t)i, (enum cm_part)part);
            out->macros[i].frequent[part] = mean_f1(work, 2 * (size_t)i + 1, (enum cm_part)part);
        }
        out->macros[i].all_interval = means[2 * i];
        out->macros[i].frequent_interval = means[2 * i + 1];
    }
    for (uint32_t i = 0; i < out->result_count; i++) {
        const struct cm_figures *figures = &out->results[i].measured.figures[CM_PART_ALL];
        out->results[i].weak = cm_support(figures) >= CM_SUPPORT_FREQUENT && figures->f1 < CM_F1_WEAK;
    }
    for (uint32_t i = 0; i < out->behaviour_count; i++)
        out->behaviours[i].validated = cm_support(&out->behaviours[i].measured.figures[CM_PART_ALL]) >= CM_SUPPORT_MIN;
    return status;
}

/* Where the cues of one label fire, by turn and by cue: cost goes with what fired, not with all cues times all cues. */
struct firings {
    uint8_t *standing;   /* a turn: enum cm_standing of the label */
    size_t *turn_begin;  /* a turn: where its places begin in places; one more for the end */
    uint32_t *places;    /* of cues in the map's list */
    size_t *place_begin; /* likewise of a place, in turns; two more */
    uint32_t *turns;
    size_t place_cap;
    struct cm_counts total; /* of all turns that count */
};

static void firings_free(struct firings *firings)
{
    free(firings->standing);
    free(firings->turn_begin);
    free(firings->places);
    free(firings->place_begin);
    free(firings->turns);
}

static enum cm_status find_places(const struct work *work, const struct cm_listened *listened, struct firings *out)
{
    const struct cm_hearing *hearing = &work->hearing;
    size_t turns = hearing->labels->count, count = 0;
    for (size_t turn = 0; turn < turns; turn++) {
        enum cm_standing standing = cm_standing_of(hearing, listened, turn);
        out->standing[turn] = (uint8_t)standing;
        out->turn_begin[turn] = count;
        if (standing >= CM_STANDING_HIT)
            cm_counts_add(&out->total, one(standing));
        for (uint32_t i = 0; i < listened->cue_count && (standing == CM_STANDING_HIT || standing == CM_STANDING_FALSE); i++) {
            if (!cm_heard_fired(hearing, turn, listened->cues[i]))
                continue;
            if (cm_grow(&out->places, &out->place_cap, count + 1, sizeof *out->places) != CM_OK)
                return CM_ENOMEM;
            out->places[count++] = i;
            out->place_begin[i + 2]++;
        }
    }
    out->turn_begin[turns] = count;
    return CM_OK;
}

/* out is to be freed in every case. */
static enum cm_status find_firings(const struct work *work, const struct cm_listened *listened, struct firings *out)
{
    size_t turns = work->hearing.labels->count;
    *out = (struct firings){.standing = calloc(turns + 1, 1),
                            .turn_begin = calloc(turns + 1, sizeof *out->turn_begin),
                            .place_begin = calloc((size_t)listened->cue_count + 2, sizeof *out->place_begin)};
    enum cm_status status = out->standing && out->turn_begin && out->place_begin ? CM_OK : CM_ENOMEM;
    if (status == CM_OK)
        status = find_places(work, listened, out);
    if (status == CM_OK && !(out->turns = calloc(out->turn_begin[turns] + 1, sizeof *out->turns)))
        status = CM_ENOMEM;
    if (status != CM_OK)
        return status;
    for (uint32_t i = 2; i < listened->cue_count + 2; i++)
        out->place_begin[i] += out->place_begin[i - 1];
    /* filling moves place_begin[i + 1] from the begin of i to its end, which is the begin of i + 1 */
    for (size_t turn = 0; turn < turns; turn++)
        for (size_t at = out->turn_begin[turn]; at < out->turn_begin[turn + 1]; at++)
            out->turns[out->place_begin[out->places[at] + 1]++] = (uint32_t)turn;
    return CM_OK;
}

static void counts_take(struct cm_counts *from, struct cm_counts what)
{
    from->tp -= what.tp;
    from->fp -= what.fp;
    from->fn -= what.fn;
    from->tn -= what.tn;
}

/* What one cue gives to its label. shared: scratch, hits that it has in common with each cue of the label. */
static void count_cue(struct cm_cue_result *row, const struct cm_mapped *mapped, uint32_t place, const struct firings *firings,
                      uint32_t *shared)
{
    struct cm_counts without = firings->total;
    for (uint32_t i = 0; i < mapped->cue_count; i++)
        shared[i] = 0;
    for (size_t at = firings->place_begin[place]; at < firings->place_begin[place + 1]; at++) {
        uint32_t turn = firings->turns[at];
        bool hit = firings->standing[turn] == CM_STANDING_HIT;
        bool alone = firings->turn_begin[turn + 1] - firings->turn_begin[turn] == 1;
        for (size_t other = firings->turn_begin[turn]; other < firings->turn_begin[turn + 1]; other++)
            shared[firings->places[other]] += firings->places[other] != place;
        row->hits++;
        row->right += hit;
        row->right_alone += alone && hit;
        row->wrong_alone += alone && !hit;
        counts_take(&without, one((enum cm_standing)firings->standing[turn]));
        cm_counts_note(&without, !alone, hit);
    }
    row->precision = cm_share(row->right, row->hits);
    row->interval = cm_wilson(row->right, row->hits);
    row->f1_without = cm_f1(without);
    row->overlap_cue = CM_CUE_NONE;
    for (uint32_t i = 0, best = 0; i < mapped->cue_count; i++)
        if (shared[i] > best) {
            best = shared[i];
            row->overlap_cue = mapped->cues[i];
            row->overlap = cm_share(best, row->hits);
        }
}

static enum cm_status count_cues(struct work *work)
{
    struct cm_validation *out = work->out;
    uint32_t *shared = calloc((size_t)work->hearing.cue_count + 1, sizeof *shared);
    enum cm_status status = shared ? CM_OK : CM_ENOMEM;
    for (uint32_t i = 0; i < out->result_count && status == CM_OK; i++) {
        const struct cm_mapped *mapped = out->results[i].mapped;
        struct cm_listened listened = listened_of(&out->results[i]);
        struct firings firings;
        status = find_firings(work, &listened, &firings);
        for (uint32_t j = 0; j < mapped->cue_count && status == CM_OK; j++) {
            struct cm_cue_result *row = &out->cues[out->cue_count++];
            *row = (struct cm_cue_result){.label = i, .cue = mapped->cues[j]};
            count_cue(row, mapped, j, &firings, shared);
        }
        firings_free(&firings);
    }
    free(shared);
    return status;
}

static bool find_names(struct cm_validation *out, const struct cm_mapped *mapped, struct cm_label_result *result)
{
    uint32_t *names = cm_arena_calloc(&out->arena, mapped->name_count + 1, sizeof *names);
    *result = (struct cm_label_result){.mapped = mapped, .names = names};
    for (uint32_t i = 0; i < mapped->name_count && names; i++) {
        names[result->name_count] = cm_labels_find(out->labels, mapped->names[i]);
        result->name_count += names[result->name_count] != CM_CUE_NONE;
    }
    return names != NULL;
}

static enum cm_status make_room(struct work *work)
{
    const struct cm_label_map *map = work->request->map;
    const struct cm_hearing *hearing = &work->hearing;
    struct cm_validation *out = work->out;
    size_t cues = 0, rows = (size_t)map->count + out->ruleset->behaviour_count + 1;
    for (uint32_t i = 0; i < map->count; i++)
        cues += map->items[i].cue_count;
    out->results = cm_arena_calloc(&out->arena, map->count, sizeof *out->results);
    out->cues = cm_arena_calloc(&out->arena, cues, sizeof *out->cues);
    out->behaviours = cm_arena_calloc(&out->arena, rows, sizeof *out->behaviours);
    work->rows.figures = calloc(rows, sizeof *work->rows.figures);
    work->rows.sets = calloc(rows * 2 * CM_SPEAKER_COUNT, 1);
    bool good = out->results && out->cues && out->behaviours && work->rows.figures && work->rows.sets;
    for (int part = 0; part < CM_PART_COUNT; part++) {
        work->rows.units[part] = part == CM_PART_ALL ? hearing->units : hearing->half_units[part - CM_PART_WRITTEN];
        work->rows.table[part] = calloc(rows * (work->rows.units[part] + 1), sizeof *work->rows.table[part]);
        good &= work->rows.table[part] != NULL;
    }
    if (!good)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < map->count; i++)
        if (!find_names(out, &map->items[i], &out->results[i]))
            return CM_ENOMEM;
    out->result_count = map->count;
    return CM_OK;
}

/* Something of the map must be there, or the files are of two codebooks. */
static bool anything_matches(const struct cm_validation *out)
{
    for (uint32_t i = 0; i < out->result_count; i++)
        if (cm_support(&out->results[i].measured.figures[CM_PART_ALL]) > 0)
            return true;
    return false;
}

static void count_turns(struct work *work)
{
    struct cm_validation *out = work->out;
    for (size_t i = 0; i < work->hearing.labels->count; i++)
        if (!work->hearing.outside[i]) {
            out->turns++;
            out->half_turns[work->hearing.half[i]]++;
        }
    out->conversations = work->hearing.units;
}

enum cm_status cm_validate(const struct cm_validate_request *request, struct cm_validation *out)
{
    struct work work = {.request = request, .out = out};
    *out = (struct cm_validation){.ruleset = request->packs->items[0].ruleset, .labels = request->labels};
    out->seed = request->seed;
    out->resamples = request->resamples;
    enum cm_status status = cm_hearing_init(&work.hearing, request);
    if (status == CM_OK)
        status = make_room(&work);
    if (status != CM_OK)
        goto out;
    count_turns(&work);
    count_labels(&work);
    status = count_behaviours(&work);
    if (status == CM_OK)
        status = figure_all(&work);
    if (status == CM_OK)
        status = count_cues(&work);
    if (status == CM_OK)
        status = cm_worst_find(&work.hearing, request, out);
    if (status == CM_OK && !anything_matches(out))
        status = CM_EINPUT;
out:
    for (int part = 0; part < CM_PART_COUNT; part++)
        free(work.rows.table[part]);
    free(work.rows.figures);
    free(work.rows.sets);
    cm_hearing_free(&work.hearing);
    return status;
}

void cm_validation_free(struct cm_validation *validation)
{
    cm_arena_free(&validation->arena);
    *validation = CM_VALIDATION_EMPTY;
}
