/*
 * redact_patterns: the compiled patterns of a redactor, inside text/ only.
 */
#ifndef CM_TEXT_REDACT_PATTERNS_H
#define CM_TEXT_REDACT_PATTERNS_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "text/redact.h"

enum cm_redact_check { CM_REDACT_UNCHECKED, CM_REDACT_LUHN, CM_REDACT_MOD97 };

struct cm_redact_pattern {
    pcre2_code *code;
    const char *mask; /* "[card]" */
    enum cm_redact_check check;
    unsigned digits; /* text with fewer digits cannot match */
    bool at;         /* nor can text without an @ */
};

struct cm_redactor {
    struct cm_arena arena; /* the masks */
    struct cm_redact_pattern *patterns;
    size_t count, cap;
    unsigned least_digits; /* text with fewer digits and without an @ cannot match any */
    uint64_t hash;
};

#endif
