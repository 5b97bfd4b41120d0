/* What all reports of a comparison say in the same words. */
#include <math.h>

#include "cli/rules/diff.h"
#include "cli/text.h"

bool cm_diff_wants_cue(const struct cm_diff_report *report, uint32_t cue)
{
    const struct cm_cue_diff *diff = &report->sum->cues[cue];
    return report->all || report->sum->cue_parts[cue].change != CM_CHANGE_NONE || diff->gained + diff->lost > 0 ||
           diff->faults[CM_SIDE_OLD] != diff->faults[CM_SIDE_NEW];
}

bool cm_diff_wants_behaviour(const struct cm_diff_report *report, uint32_t behaviour)
{
    const struct cm_behaviour_diff *diff = &report->sum->behaviours[behaviour];
    return report->all || report->sum->behaviour_parts[behaviour].change != CM_CHANGE_NONE || diff->credit_moved > 0 ||
           cm_behaviour_moved(diff) > 0;
}

bool cm_diff_wants_group(const struct cm_diff_report *report, const struct cm_group_diff *group)
{
    const struct cm_pairs *pairs = &group->pairs;
    return report->all || pairs->moved + pairs->only[CM_SIDE_OLD] + pairs->only[CM_SIDE_NEW] > 0;
}

const char *cm_diff_change(uint8_t change, bool moved)
{
    static const char *const names[] = {"", "added", "removed", "changed"};
    return change == CM_CHANGE_NONE && moved ? "follows" : names[change];
}

void cm_diff_reasons(const uint64_t reasons[CM_REASON_COUNT], struct cm_buffer *out)
{
    bool first = true;
    for (unsigned i = 0; i < CM_REASON_COUNT; i++) {
        if (reasons[i] == 0)
            continue;
        cm_buffer_text(out, first ? "" : ", ");
        cm_text_number(out, reasons[i]);
        cm_buffer_printf(out, " %s", i == CM_REASON_NONE ? "without a reason" : cm_reason_name((enum cm_reason)i));
        first = false;
    }
}

void cm_diff_where(const struct cm_sample *sample, bool turn, struct cm_buffer *out)
{
    cm_text_clean(out, sample->interaction_id);
    if (sample->agent_id.ptr) {
        cm_buffer_text(out, " (");
        cm_text_clean(out, sample->agent_id);
        cm_buffer_byte(out, ')');
    }
    if (turn)
        cm_buffer_printf(out, ", turn %u", sample->turn);
    if (turn && sample->has_seq)
        cm_buffer_printf(out, ", seq %llu", (unsigned long long)sample->seq);
}

static void care(const struct cm_comparison *sum, struct cm_buffer *out)
{
    struct cm_change_figures figures;
    cm_pairs_figures(&sum->scores[0].pairs, &figures);
    if (figures.count == 0) {
        cm_buffer_text(out, "No interaction has a CARE score by both packs.");
        return;
    }
    if (sum->scores[0].pairs.moved == 0) {
        cm_buffer_text(out, "No CARE score moves.");
        return;
    }
    if (figures.clear)
        cm_buffer_printf(out, "Mean CARE %s from %.2f to %.2f, by %.2f \xC2\xB1 %.2f.", figures.mean < 0 ? "falls" : "rises",
                         figures.before, figures.after, fabs(figures.mean), figures.margin);
    else if (figures.margin < 0)
        cm_buffer_printf(out, "CARE was %.2f and is %.2f, in one interaction alone.", figures.before, figures.after);
    else
        cm_buffer_printf(out, "Mean CARE was %.2f and is %.2f: no larger a difference than its interval, \xC2\xB1 %.2f.", figures.before,
                         figures.after, figures.margin);
}

void cm_diff_lead(const struct cm_diff_report *report, struct cm_buffer *out)
{
    const struct cm_comparison *sum = report->sum;
    if (!sum) {
        cm_buffer_text(out, "The packs are the same: every cue, behaviour and number. Nothing was read.");
        return;
    }
    if (sum->moved_outcomes == 0) {
        cm_buffer_text(out, "No outcome moves in ");
    } else {
        cm_text_number(out, sum->moved_outcomes);
        cm_buffer_printf(out, " %s, in ", cm_plural(sum->moved_outcomes, "outcome moves", "outcomes move"));
        cm_text_number(out, sum->moved_interactions);
        cm_buffer_text(out, " of ");
    }
    cm_text_number(out, sum->interactions);
    cm_buffer_printf(out, " %s. ", cm_plural(sum->interactions, "interaction", "interactions"));
    care(sum, out);
}
