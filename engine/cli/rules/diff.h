/*
 * rules_diff: the parts of `rules diff`, which share what is told and how much of it.
 */
#ifndef CM_CLI_RULES_DIFF_H
#define CM_CLI_RULES_DIFF_H

#include "cli/common.h"
#include "study/compare/compare.h"

struct cm_diff_report {
    const struct cm_ruleset *rules[CM_SIDES];
    const struct cm_comparison *sum;         /* NULL: the packs are the same, nothing was read */
    const struct cm_archive_result *archive; /* likewise */
    bool all;                                /* also what did not move */
};

/* What stands in the report. */
bool cm_diff_wants_cue(const struct cm_diff_report *report, uint32_t cue);
bool cm_diff_wants_behaviour(const struct cm_diff_report *report, uint32_t behaviour);
bool cm_diff_wants_group(const struct cm_diff_report *report, const struct cm_group_diff *group);

/* "added" …; "follows" where the definition stands and what it names has changed; "" for nothing. */
const char *cm_diff_change(uint8_t change, bool moved);

/* One sentence: what became of outcomes and of CARE. */
void cm_diff_lead(const struct cm_diff_report *report, struct cm_buffer *out);
/* "2 low_coverage, 1 no_agent". */
void cm_diff_reasons(const uint64_t reasons[CM_REASON_COUNT], struct cm_buffer *out);
/* "c-17, turn 4, seq 8"; with "(ana)" behind the id where it is about an agent. */
void cm_diff_where(const struct cm_sample *sample, bool turn, struct cm_buffer *out);

void cm_diff_text(const struct cm_diff_report *report, struct cm_buffer *out, bool colour);
void cm_diff_json(const struct cm_diff_report *report, struct cm_buffer *out);
void cm_diff_html(const struct cm_diff_report *report, struct cm_buffer *out);

#endif
