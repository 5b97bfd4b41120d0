#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common.h"
#include "cli/conversation.h"
#include "cli/rules/explain_turn.h"
#include "cli/term.h"
#include "cli/text.h"
#include "run/archive.h"
#include "study/lint/reach.h"

#define CM_EXPLAIN_COLUMNS 80u
/* One conversation is judged: no more than the least that an archive takes is needed. */
#define CM_EXPLAIN_MEMORY_BYTES ((uint64_t)64 << 20)

/* One interaction as it was judged, kept from the run. */
struct seen {
    const struct cm_explain_file *job;
    const struct cm_packs *packs;
    size_t pack;
    size_t interactions; /* in the file */
    struct cm_buffer id; /* that of the interaction that is told */
    struct cm_fired *fired;
    size_t fired_count, fired_cap;
    struct gift *gifts;
    size_t gift_count, gift_cap;
    struct cm_arena arena;
    struct cm_conversation conversation;
    struct cm_buffer out;
};

/* What a behaviour came to, by an agent; its evidence. */
struct gift {
    const struct cm_behaviour *behaviour;
    struct cm_span agent_id;
    uint8_t outcome, reason;
    int64_t credit_ppm;
    uint32_t seen, met;
    struct cm_evidence *evidence;
    uint32_t evidence_count;
};

static enum cm_status keep_gift(struct seen *seen, const struct cm_behaviour_result *result)
{
    if (result->outcome == CM_OUTCOME_NO_OPPORTUNITY)
        return CM_OK;
    enum cm_status status = cm_grow(&seen->gifts, &seen->gift_cap, seen->gift_count + 1, sizeof *seen->gifts);
    struct cm_evidence *evidence = cm_arena_calloc(&seen->arena, result->evidence_count + 1, sizeof *evidence);
    struct cm_span agent = result->agent_id.ptr ? cm_arena_copy(&seen->arena, result->agent_id) : result->agent_id;
    if (status != CM_OK || !evidence || (result->agent_id.ptr && !agent.ptr))
        return CM_ENOMEM;
    for (uint32_t i = 0; i < result->evidence_count; i++)
        evidence[i] = (struct cm_evidence){.turn = result->evidence[i].turn, .rule = result->evidence[i].rule};
    seen->gifts[seen->gift_count++] =
        (struct gift){result->behaviour, agent,       result->outcome, result->reason,        result->credit_ppm,
                      result->seen,      result->met, evidence,        result->evidence_count};
    return CM_OK;
}

static enum cm_status look(void *context, unsigned worker, const struct cm_judged *judged)
{
    struct seen *seen = context;
    const struct cm_scorecard *card = judged->cards[seen->pack];
    struct cm_judge *judge = judged->judges[seen->pack];
    (void)worker; /* there is one */
    seen->interactions++;
    if (seen->job->id ? !cm_span_equal(card->interaction_id, cm_span_of(seen->job->id)) : seen->interactions > 1)
        return CM_OK;
    cm_buffer_reset(&seen->id);
    cm_buffer_span(&seen->id, card->interaction_id);
    size_t count = cm_judge_fired_count(judge);
    enum cm_status status = cm_grow(&seen->fired, &seen->fired_cap, count + 1, sizeof *seen->fired);
    for (size_t i = 0; i < count && status == CM_OK; i++)
        seen->fired[seen->fired_count++] = cm_judge_fired(judge, i);
    for (uint32_t i = 0; i < card->behaviour_count && status == CM_OK; i++)
        status = keep_gift(seen, &card->behaviours[i]);
    return status == CM_OK ? cm_buffer_status(&seen->id) : status;
}

static int by_turn(const void *left, const void *right)
{
    const struct cm_fired *a = left, *b = right;
    if (a->turn != b->turn)
        return a->turn < b->turn ? -1 : 1;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->cue > b->cue) - (a->cue < b->cue);
}

static enum cm_status judge(struct seen *seen, const struct cm_inputs *inputs, struct cm_diagnostics *diagnostics)
{
    struct cm_source *source = NULL;
    struct cm_sink *sink = NULL;
    struct cm_archive_result result = {0};
    enum cm_status status = cm_source_open(&source, &cm_source_file, &(struct cm_source_request){.inputs = inputs}, diagnostics);
    if (status != CM_OK)
        return status;
    status = cm_sink_open(&sink, &cm_sink_null, "", diagnostics);
    if (status == CM_OK) {
        const struct cm_archive_request request = {.packs = seen->packs,
                                                   .source = source,
                                                   .sink = sink,
                                                   .render = {.evidence = CM_EVIDENCE_REFS, .full = true},
                                                   .threads = 1,
                                                   .max_memory = CM_EXPLAIN_MEMORY_BYTES,
                                                   .spill_folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp",
                                                   .observer = look,
                                                   .observer_context = seen,
                                                   .diagnostics = diagnostics};
        status = cm_archive_run(&request, &result);
        cm_archive_result_free(&result);
        enum cm_status closed = cm_sink_close(sink, false);
        status = status == CM_OK ? closed : status;
    }
    cm_source_close(source);
    if (seen->fired_count > 0)
        qsort(seen->fired, seen->fired_count, sizeof *seen->fired, by_turn);
    return status;
}

/* ---- a turn ---- */

static struct cm_span text_of(const struct seen *seen, uint32_t turn)
{
    return turn < seen->conversation.count && seen->conversation.turns[turn].text.ptr ? seen->conversation.turns[turn].text
                                                                                      : (struct cm_span){"", 0};
}

static bool listed(const struct cm_cue_list *list, uint32_t cue)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i] == cue)
            return true;
    return false;
}

static void credit(const struct gift *gift, struct cm_buffer *out)
{
    bool points = gift->behaviour->kind == CM_BEHAVIOUR_BONUS || gift->behaviour->kind == CM_BEHAVIOUR_PENALTY;
    cm_buffer_text(out, points ? ", points " : ", credit ");
    cm_buffer_decimal(out, gift->credit_ppm / 10000, 2);
    if (!points && gift->seen > 1)
        cm_buffer_printf(out, " of %u", gift->seen);
}

/* A penalty is "delivered" in the records; to a person it says what it is. */
static const char *outcome_text(const struct gift *gift)
{
    return gift->behaviour->kind == CM_BEHAVIOUR_PENALTY && gift->outcome == CM_OUTCOME_DELIVERED ? "against care"
                                                                                                  : cm_outcome_name(gift->outcome);
}

static bool is_evidence(const struct seen *seen, const struct gift *gift, const struct cm_fired *fired)
{
    const char *id = seen->packs->items[seen->pack].ruleset->cues[fired->cue].id;
    for (uint32_t i = 0; i < gift->evidence_count; i++)
        if (gift->evidence[i].turn == fired->turn && strcmp(gift->evidence[i].rule, id) == 0)
            return true;
    return false;
}

/* What a firing gave: the behaviours that count it, and those that it calls for. */
static void print_given(struct seen *seen, const struct cm_fired *fired)
{
    const struct cm_ruleset *rules = seen->packs->items[seen->pack].ruleset;
    for (size_t i = 0; i < seen->gift_count; i++) {
        const struct gift *gift = &seen->gifts[i];
        if (!is_evidence(seen, gift, fired) || listed(&gift->behaviour->opportunity, fired->cue))
            continue;
        cm_buffer_printf(&seen->out, "        gives %s: %s", gift->behaviour->id, outcome_text(gift));
        credit(gift, &seen->out);
        cm_buffer_byte(&seen->out, '\n');
    }
    for (uint32_t i = 0; i < rules->behaviour_count; i++)
        if (listed(&rules->behaviours[i].opportunity, fired->cue))
            cm_buffer_printf(&seen->out, "        calls for %s\n", rules->behaviours[i].id);
}

static void print_fired(struct seen *seen, const struct cm_fired *fired)
{
    const struct cm_cue *cue = &seen->packs->items[seen->pack].ruleset->cues[fired->cue];
    struct cm_span text = text_of(seen, fired->turn);
    bool colour = cm_term_colour(stdout);
    cm_buffer_printf(&seen->out, "      %s%s%s", cm_paint(colour, CM_COLOUR_GREEN), cue->id, cm_paint(colour, CM_COLOUR_OFF));
    if (fired->fault) {
        cm_buffer_text(&seen->out, "  could not be decided: an expression reached its limit\n");
        return;
    }
    if (fired->start < fired->end && fired->end <= text.len && fired->end - fired->start < text.len) {
        struct cm_buffer quote = CM_BUFFER_EMPTY;
        cm_text_clean(&quote, (struct cm_span){text.ptr + fired->start, fired->end - fired->start});
        cm_buffer_text(&seen->out, "  “");
        cm_text_cut(&seen->out, cm_buffer_view(&quote), CM_EXPLAIN_COLUMNS / 2);
        cm_buffer_text(&seen->out, "”");
        cm_buffer_free(&quote);
    }
    cm_buffer_byte(&seen->out, '\n');
    print_given(seen, fired);
}

/* A cue counts once a turn: its first words stand for the rest. */
static bool is_first(const struct seen *seen, size_t index)
{
    for (size_t i = index; i-- > 0 && seen->fired[i].turn == seen->fired[index].turn;)
        if (seen->fired[i].cue == seen->fired[index].cue)
            return false;
    return true;
}

static void print_turn(struct seen *seen, uint32_t number)
{
    const struct cm_conversation_turn *turn = &seen->conversation.turns[number];
    struct cm_buffer head = CM_BUFFER_EMPTY;
    cm_buffer_printf(&head, "%4u  %s", number, cm_speaker_name((enum cm_speaker)turn->speaker));
    if (turn->agent_id.ptr) {
        cm_buffer_byte(&head, ' ');
        cm_text_clean(&head, turn->agent_id);
    }
    cm_buffer_text(&head, ": ");
    unsigned column = cm_text_columns(cm_buffer_view(&head));
    cm_buffer_span(&seen->out, cm_buffer_view(&head));
    if (turn->text.ptr)
        cm_text_wrap(&seen->out, turn->text, column, 6, CM_EXPLAIN_COLUMNS);
    else
        cm_buffer_text(&seen->out, "(deleted)");
    cm_buffer_byte(&seen->out, '\n');
    for (size_t i = 0; i < seen->fired_count; i++)
        if (seen->fired[i].turn == number && is_first(seen, i))
            print_fired(seen, &seen->fired[i]);
    cm_buffer_free(&head);
}

static void print_gifts(struct seen *seen)
{
    cm_buffer_text(&seen->out, "\nwhat it gave\n");
    for (size_t i = 0; i < seen->gift_count; i++) {
        const struct gift *gift = &seen->gifts[i];
        cm_buffer_printf(&seen->out, "  %s: %s", gift->behaviour->id, outcome_text(gift));
        if (gift->reason)
            cm_buffer_printf(&seen->out, " (%s)", cm_reason_name(gift->reason));
        if (gift->outcome != CM_OUTCOME_NOT_EVALUATED)
            credit(gift, &seen->out);
        for (uint32_t j = 0; j < gift->evidence_count && j < 3; j++)
            cm_buffer_printf(&seen->out, "%s turn %u %s", j ? "," : ";", gift->evidence[j].turn, gift->evidence[j].rule);
        cm_buffer_byte(&seen->out, '\n');
    }
}

/* ---- why a cue did not fire ---- */

/* The turn in which the cue came nearest: the words hit and a gate stands before it, or the longest part of a phrase. */
static enum cm_status find_nearest(struct seen *seen, struct cm_trial *trial, uint32_t cue, uint32_t *turn, bool *words)
{
    const struct cm_cue *rule = &trial->ruleset->cues[cue];
    struct cm_buffer needs = CM_BUFFER_EMPTY;
    struct cm_reach best = {0}, reach;
    enum cm_status status = CM_OK;
    *turn = UINT32_MAX;
    *words = false;
    for (uint32_t i = 0; i < seen->conversation.count && status == CM_OK && !*words; i++) {
        enum cm_speaker speaker = (enum cm_speaker)seen->conversation.turns[i].speaker;
        if (!(rule->speakers & CM_BIT(speaker)))
            continue;
        status = cm_trial_run(trial, text_of(seen, i), speaker);
        if (status == CM_OK)
            status = cm_reach(rule, &trial->turn, &reach, &needs);
        if (status != CM_OK)
            break;
        *words = trial->verdicts[cue] == CM_VERDICT_HIT;
        if (*words || *turn == UINT32_MAX || cm_reach_nearer(&reach, &best)) {
            best = reach;
            *turn = i;
        }
    }
    cm_buffer_free(&needs);
    return status;
}

static enum cm_status print_miss_in(struct seen *seen, struct cm_trial *trial, uint32_t cue, uint32_t turn, bool words)
{
    struct cm_buffer gates = CM_BUFFER_EMPTY;
    struct cm_explanation explanation = {0};
    enum cm_speaker speaker = (enum cm_speaker)seen->conversation.turns[turn].speaker;
    struct cm_span text = text_of(seen, turn);
    enum cm_status status = cm_trial_run(trial, text, speaker);
    cm_buffer_printf(&seen->out, "  nearest in turn %u\n", turn);
    if (words) {
        cm_explain_gates(&trial->ruleset->cues[cue], &gates);
        cm_buffer_printf(&seen->out, "    its words are there, and it counts only: %.*s\n", (int)gates.len, gates.ptr ? gates.ptr : "");
    } else if (status == CM_OK) {
        status = cm_explain(trial, seen->packs, seen->pack, speaker, &explanation);
        bool told = false;
        for (size_t i = 0; i < explanation.count; i++)
            if (explanation.items[i].cue == cue) {
                cm_buffer_printf(&seen->out, "    %s\n", cm_explain_text(explanation.items[i].why));
                cm_explain_snippet(text, explanation.items[i].start, explanation.items[i].end, &seen->out);
                told = true;
            }
        if (status == CM_OK &&
            (!told || trial->ruleset->cues[cue].kind == CM_CUE_WEIGHTED || trial->ruleset->cues[cue].kind == CM_CUE_SUMMED))
            status = cm_miss_print(trial, cue, text, &seen->out);
    }
    cm_explanation_free(&explanation);
    cm_buffer_free(&gates);
    return status;
}

static enum cm_status print_cue(struct seen *seen)
{
    uint32_t cue = cm_ruleset_cue(seen->packs->items[seen->pack].ruleset, cm_span_of(seen->job->cue)), turn, count = 0;
    struct cm_trial trial;
    bool words;
    for (size_t i = 0; i < seen->fired_count; i++)
        count += seen->fired[i].cue == cue && !seen->fired[i].fault;
    cm_buffer_printf(&seen->out, "\n%s ", seen->job->cue);
    if (count > 0) {
        cm_buffer_printf(&seen->out, "fired %u %s\n", count, cm_plural(count, "time", "times"));
        return CM_OK;
    }
    cm_buffer_text(&seen->out, "did not fire\n");
    enum cm_status status = cm_trial_init(&trial, seen->packs, seen->pack);
    if (status == CM_OK)
        status = find_nearest(seen, &trial, cue, &turn, &words);
    if (status == CM_OK && turn == UINT32_MAX)
        cm_buffer_text(&seen->out, "  none of the turns is by who says it\n");
    else if (status == CM_OK)
        status = print_miss_in(seen, &trial, cue, turn, words);
    cm_trial_free(&trial);
    return status;
}

/* ---- JSON ---- */

static void json_fired(struct seen *seen, uint32_t turn)
{
    const struct cm_ruleset *rules = seen->packs->items[seen->pack].ruleset;
    const char *between = "";
    for (size_t i = 0; i < seen->fired_count; i++) {
        const struct cm_fired *fired = &seen->fired[i];
        if (fired->turn != turn || !is_first(seen, i))
            continue;
        cm_buffer_printf(&seen->out, "%s{\"cue\":\"%s\",\"start\":%u,\"end\":%u,\"fault\":%s,\"gives\":[", between,
                         rules->cues[fired->cue].id, fired->start, fired->end, fired->fault ? "true" : "false");
        const char *comma = "";
        for (size_t j = 0; j < seen->gift_count; j++)
            if (is_evidence(seen, &seen->gifts[j], fired)) {
                cm_buffer_printf(&seen->out, "%s\"%s\"", comma, seen->gifts[j].behaviour->id);
                comma = ",";
            }
        cm_buffer_text(&seen->out, "]}");
        between = ",";
    }
}

static void print_json(struct seen *seen)
{
    struct cm_buffer *out = &seen->out;
    cm_buffer_printf(out, "{\"pack\":\"%s\",\"interaction_id\":", seen->packs->items[seen->pack].ruleset->name);
    cm_buffer_json(out, cm_buffer_view(&seen->id));
    cm_buffer_text(out, ",\"turns\":[");
    for (uint32_t i = 0; i < seen->conversation.count; i++) {
        cm_buffer_printf(out, "%s{\"turn\":%u,\"speaker\":\"%s\",\"text\":", i ? "," : "", i,
                         cm_speaker_name((enum cm_speaker)seen->conversation.turns[i].speaker));
        cm_buffer_json(out, text_of(seen, i));
        cm_buffer_text(out, ",\"cues\":[");
        json_fired(seen, i);
        cm_buffer_text(out, "]}");
    }
    cm_buffer_text(out, "],\"behaviours\":[");
    for (size_t i = 0; i < seen->gift_count; i++) {
        const struct gift *gift = &seen->gifts[i];
        cm_buffer_printf(out, "%s{\"id\":\"%s\",\"outcome\":\"%s\",\"credit\":", i ? "," : "", gift->behaviour->id,
                         cm_outcome_name(gift->outcome));
        cm_buffer_decimal(out, gift->credit_ppm, 6);
        cm_buffer_printf(out, ",\"seen\":%u,\"met\":%u}", gift->seen, gift->met);
    }
    cm_buffer_text(out, "],\"cue\":");
    uint32_t fired = 0;
    for (size_t i = 0; seen->job->cue && i < seen->fired_count; i++)
        fired += strcmp(seen->packs->items[seen->pack].ruleset->cues[seen->fired[i].cue].id, seen->job->cue) == 0;
    if (seen->job->cue)
        cm_buffer_printf(out, "{\"id\":\"%s\",\"fired\":%u}}\n", seen->job->cue, fired);
    else
        cm_buffer_text(out, "null}\n");
}

static enum cm_status print_text(struct seen *seen)
{
    const struct cm_ruleset *rules = seen->packs->items[seen->pack].ruleset;
    cm_text_clean(&seen->out, cm_buffer_view(&seen->id));
    cm_buffer_printf(&seen->out, " by %s %s\n\n", rules->name, rules->version);
    for (uint32_t i = 0; i < seen->conversation.count; i++)
        print_turn(seen, i);
    if (seen->gift_count > 0)
        print_gifts(seen);
    return seen->job->cue ? print_cue(seen) : CM_OK;
}

static int explain_pack(struct seen *seen, const struct cm_inputs *inputs)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    int code = CM_EXIT_DONE;
    enum cm_status status = judge(seen, inputs, &diagnostics);
    if (status == CM_OK && seen->id.len == 0) {
        if (seen->job->id)
            cm_tell_error("%s holds no interaction %s", seen->job->path, seen->job->id);
        else
            cm_tell_error("%s holds no conversation", seen->job->path);
        code = CM_EXIT_CHECK;
    } else if (status == CM_OK && !seen->job->id && seen->interactions > 1) {
        cm_tell_error("%s holds %zu interactions: say which with --id, such as --id %.*s", seen->job->path, seen->interactions,
                      (int)seen->id.len, seen->id.ptr);
        code = CM_EXIT_USAGE;
    } else if (status == CM_OK) {
        status = cm_conversation_load(&seen->conversation, inputs, cm_buffer_view(&seen->id), &diagnostics);
        if (status == CM_OK && seen->job->json)
            print_json(seen);
        else if (status == CM_OK)
            status = print_text(seen);
        cm_put(&seen->out);
    }
    cm_tell(&diagnostics);
    if (status != CM_OK && status != CM_EIO)
        cm_tell_error("%s", cm_status_text(status));
    return code != CM_EXIT_DONE ? code : cm_exit_of(status);
}

int cm_explain_file(const struct cm_packs *packs, const struct cm_explain_file *job)
{
    struct cm_inputs inputs = CM_INPUTS_EMPTY;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    int code = cm_exit_of(cm_inputs_expand(&inputs, &job->path, 1, &diagnostics));
    cm_tell(&diagnostics);
    for (size_t i = 0; i < packs->count && code == CM_EXIT_DONE; i++) {
        struct seen seen = {.job = job, .packs = packs, .pack = i, .arena = CM_ARENA_EMPTY};
        code = explain_pack(&seen, &inputs);
        free(seen.fired);
        free(seen.gifts);
        cm_buffer_free(&seen.id);
        cm_buffer_free(&seen.out);
        cm_arena_free(&seen.arena);
        cm_conversation_free(&seen.conversation);
    }
    cm_inputs_free(&inputs);
    return code;
}
