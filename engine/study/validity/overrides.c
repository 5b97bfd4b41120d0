#include "study/validity/overrides.h"

#include <stdlib.h>

static bool separates(char c)
{
    return c == ';' || c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word of what the machine said; false at its end. */
static bool next_word(struct cm_span *rest, struct cm_span *word)
{
    while (rest->len > 0 && separates(*rest->ptr))
        *rest = (struct cm_span){rest->ptr + 1, rest->len - 1};
    *word = (struct cm_span){rest->ptr, 0};
    while (rest->len > 0 && !separates(*rest->ptr)) {
        word->len++;
        *rest = (struct cm_span){rest->ptr + 1, rest->len - 1};
    }
    return word->len > 0;
}

static bool is_label(const struct cm_mapped *mapped, struct cm_span word)
{
    bool is = cm_span_equal(mapped->label, word) || cm_span_equal(mapped->key, word);
    for (uint32_t i = 0; i < mapped->name_count && !is; i++)
        is = cm_span_equal(mapped->names[i], word);
    return is;
}

static bool is_cue(const struct cm_mapped *mapped, const struct cm_ruleset *ruleset, struct cm_span word)
{
    for (uint32_t i = 0; i < mapped->cue_count; i++)
        if (cm_span_equal(cm_span_of(ruleset->cues[mapped->cues[i]].id), word))
            return true;
    return false;
}

/* A word that is a label of this speaker is no cue, even where a cue has the same name. */
static bool is_any_label(const struct cm_validation *validation, enum cm_speaker speaker, struct cm_span word)
{
    for (uint32_t i = 0; i < validation->result_count; i++)
        if (validation->results[i].mapped->speaker == speaker && is_label(validation->results[i].mapped, word))
            return true;
    return false;
}

static bool machine_says(const struct cm_validation *validation, const struct cm_mapped *mapped, struct cm_span machine)
{
    struct cm_span word;
    while (next_word(&machine, &word))
        if (is_label(mapped, word) || (is_cue(mapped, validation->ruleset, word) && !is_any_label(validation, mapped->speaker, word)))
            return true;
    return false;
}

static bool any_of(const uint32_t *names, uint32_t name_count, const uint32_t *of, uint32_t count)
{
    for (uint32_t i = 0; i < name_count; i++)
        if (cm_heard_has(of, count, names[i]))
            return true;
    return false;
}

/* Did the human change what the machine said? */
static bool note(const struct cm_validation *validation, const struct cm_label_result *result, const struct cm_labelled *item,
                 struct cm_override *counts)
{
    if (item->all_disputed || any_of(result->names, result->name_count, item->disputed, item->disputed_count))
        return false;
    bool machine = machine_says(validation, result->mapped, item->machine);
    bool human = any_of(result->names, result->name_count, item->labels, item->label_count);
    counts->kept += machine && human;
    counts->added += !machine && human;
    counts->removed += machine && !human;
    counts->neither += !machine && !human;
    return machine != human;
}

static bool says(const struct cm_mapped *mapped, enum cm_speaker speaker)
{
    return mapped->speaker == speaker || (mapped->speaker == CM_SPEAKER_AGENT && speaker == CM_SPEAKER_LEAD);
}

enum cm_status cm_overrides_count(const struct cm_validation *validation, bool half_only, enum cm_half half, struct cm_overrides *out)
{
    *out = CM_OVERRIDES_EMPTY;
    out->items = calloc(validation->result_count + 1u, sizeof *out->items);
    if (!out->items)
        return CM_ENOMEM;
    for (size_t i = 0; i < validation->labels->count; i++) {
        const struct cm_labelled *item = &validation->labels->items[i];
        bool changed = false, measured = false;
        if (!item->by_human || (half_only && cm_half_of(item->conversation) != half))
            continue;
        for (uint32_t j = 0; j < validation->result_count; j++) {
            const struct cm_label_result *result = &validation->results[j];
            if (!says(result->mapped, cm_labelled_turn(item)->speaker))
                continue;
            measured = true;
            changed |= note(validation, result, item, &out->items[j]);
        }
        out->turns += measured;
        out->changed += changed;
    }
    return CM_OK;
}

void cm_overrides_free(struct cm_overrides *overrides)
{
    free(overrides->items);
    *overrides = CM_OVERRIDES_EMPTY;
}
