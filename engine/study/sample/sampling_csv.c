/* What was drawn, as spreadsheets and labels_csv.c read it. */
#include "study/labels/csv_cell.h"
#include "study/labels/label_reader.h"
#include "study/sample/sampler.h"

static const char *const columns = "id,speaker,channel,before,text,machine,human,stratum,weight\n";

/* A line of a text that looks like a turn of its own is moved from the margin, so that it stays part of its text. */
static void put_said(struct cm_buffer *out, const struct cm_sampled_line *line)
{
    cm_buffer_printf(out, "%s: ", cm_speaker_name((enum cm_speaker)line->speaker));
    const char *at = line->text.ptr, *end = at + line->text.len;
    for (bool first = true; first || at < end; first = false) {
        const char *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        struct cm_span part = {at, (size_t)((stop ? stop : end) - at)};
        struct cm_said said;
        if (!first) {
            cm_buffer_byte(out, '\n');
            if (cm_label_said(part, &said))
                cm_buffer_byte(out, ' ');
        }
        cm_buffer_span(out, part);
        at = stop ? stop + 1 : end;
    }
}

static void put_before(struct cm_buffer *out, const struct cm_sampled_turn *turn, struct cm_buffer *cell)
{
    cm_buffer_reset(cell);
    for (uint32_t i = 0; i + 1 < turn->line_count; i++) {
        if (!turn->lines[i].text.ptr)
            continue;
        if (cell->len > 0)
            cm_buffer_byte(cell, '\n');
        put_said(cell, &turn->lines[i]);
    }
    if (cell->len > 0)
        cm_csv_cell(out, cm_buffer_view(cell));
    cm_buffer_byte(out, ',');
}

static void put_id(struct cm_buffer *out, const struct cm_sampled_turn *turn, struct cm_buffer *cell)
{
    cm_buffer_reset(cell);
    cm_buffer_span(cell, turn->interaction_id);
    cm_buffer_printf(cell, ":%u", turn->turn);
    cm_csv_cell(out, cm_buffer_view(cell));
    cm_buffer_printf(out, ",%s,%s,", cm_speaker_name((enum cm_speaker)turn->speaker), cm_channel_name((enum cm_channel)turn->channel));
}

static void put_machine(struct cm_buffer *out, const struct cm_sampling *sampling, const struct cm_sampled_turn *turn)
{
    const struct cm_label_map *map = sampling->request.map;
    for (uint32_t i = 0; i < turn->machine_count; i++) {
        if (i > 0)
            cm_buffer_byte(out, ' ');
        if (map)
            cm_buffer_span(out, map->items[turn->machine[i]].label);
        else
            cm_buffer_text(out, sampling->request.packs->items[0].ruleset->cues[turn->machine[i]].id);
    }
    cm_buffer_byte(out, ',');
}

/* Those that drew it. */
static void put_strata(struct cm_buffer *out, const struct cm_sampling *sampling, const struct cm_sampled_turn *turn,
                       struct cm_buffer *cell)
{
    cm_buffer_reset(cell);
    for (uint32_t i = 0; i < turn->stratum_count; i++) {
        if (!turn->drawn[i])
            continue;
        if (cell->len > 0)
            cm_buffer_byte(cell, ' ');
        cm_buffer_span(cell, sampling->parts[0].strata[turn->strata[i]].told.name);
    }
    cm_csv_cell(out, cm_buffer_view(cell));
}

uint32_t cm_sampling_csv(const struct cm_sampling *sampling, struct cm_buffer *out)
{
    struct cm_buffer cell = CM_BUFFER_EMPTY;
    uint32_t rows = 0;
    cm_buffer_text(out, columns);
    for (uint32_t i = 0; i < sampling->count; i++) {
        const struct cm_sampled_turn *turn = sampling->turns[i];
        struct cm_span text = turn->lines[turn->line_count - 1].text;
        if (!text.ptr)
            continue;
        put_id(out, turn, &cell);
        put_before(out, turn, &cell);
        cm_csv_cell(out, text);
        cm_buffer_byte(out, ',');
        put_machine(out, sampling, turn);
        cm_buffer_byte(out, ','); /* human */
        put_strata(out, sampling, turn, &cell);
        cm_buffer_printf(out, ",%.3f\n", turn->weight);
        rows++;
    }
    out->failed |= cell.failed;
    cm_buffer_free(&cell);
    return rows;
}
