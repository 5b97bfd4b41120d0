#include "live/rules/edition.h"

#include <stdlib.h>

struct cm_edition *cm_edition_of(struct cm_editions *editions, struct cm_hash128 hash)
{
    struct cm_edition *edition = editions->first;
    while (edition && cm_hash128_compare(edition->hash, hash) != 0)
        edition = edition->next;
    if (!edition) {
        edition = calloc(1, sizeof *edition);
        if (!edition)
            return NULL;
        edition->hash = hash;
        edition->next = editions->first;
        editions->first = edition;
    }
    edition->users++;
    return edition;
}

struct cm_edition *cm_edition_of_rules(struct cm_editions *editions, struct cm_rules *rules)
{
    struct cm_edition *edition = cm_edition_of(editions, cm_rules_hash(rules));
    if (!edition)
        return NULL;
    if (!edition->rules)
        edition->rules = cm_rules_hold(rules);
    if (!edition->names.len) {
        cm_rules_names(rules, &edition->names);
        if (cm_buffer_status(&edition->names) != CM_OK) {
            cm_edition_release(edition);
            return NULL;
        }
    }
    return edition;
}

struct cm_edition *cm_edition_hold(struct cm_edition *edition)
{
    edition->users++;
    return edition;
}

void cm_edition_release(struct cm_edition *edition)
{
    if (!edition || --edition->users)
        return;
    cm_rules_release(edition->rules);
    edition->rules = NULL;
}

void cm_editions_sweep(struct cm_editions *editions)
{
    for (struct cm_edition **link = &editions->first; *link;) {
        struct cm_edition *edition = *link;
        if (edition->users || edition->logs) {
            link = &edition->next;
            continue;
        }
        *link = edition->next;
        cm_buffer_free(&edition->names);
        free(edition);
    }
}

void cm_editions_free(struct cm_editions *editions)
{
    for (struct cm_edition *edition = editions->first; edition; edition = edition->next) {
        if (edition->users)
            cm_rules_release(edition->rules);
        edition->users = edition->logs = 0;
    }
    cm_editions_sweep(editions);
}

enum cm_status cm_edition_name(struct cm_edition *edition, struct cm_span names)
{
    if (edition->names.len)
        return CM_OK;
    cm_buffer_reset(&edition->names);
    cm_buffer_span(&edition->names, names);
    return cm_buffer_status(&edition->names);
}
