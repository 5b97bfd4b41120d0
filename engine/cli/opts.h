/*
 * opts: a command's options as a table, from which parsing, --help and
 * suggestions for typing errors all come. On getopt_long; main thread only.
 */
#ifndef CM_CLI_OPTS_H
#define CM_CLI_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one command: getopt's tables are on the stack. */
#define CM_OPTS_MAX 32u
/* Of an option that may be given again. */
#define CM_OPT_LIST_MAX 256u

enum cm_opt_kind {
    CM_OPT_FLAG,   /* bool */
    CM_OPT_TEXT,   /* const char * */
    CM_OPT_LIST,   /* struct cm_opt_list */
    CM_OPT_NUMBER, /* uint64_t, between min and max */
    CM_OPT_SIZE,   /* uint64_t bytes, with K, M, G, T (powers of 1024), between min and max */
    CM_OPT_CHOICE, /* int: index into choices */
};

struct cm_opt_list {
    const char *items[CM_OPT_LIST_MAX];
    size_t count;
};

struct cm_opt {
    const char *name; /* long name, without dashes */
    char letter;      /* 0: none */
    enum cm_opt_kind kind;
    void *into;        /* holds the default until it is given */
    const char *value; /* what stands for the value in help */
    const char *help;
    uint64_t min, max;
    const char *const *choices; /* ends with NULL */
};

struct cm_command {
    const char *name;     /* "caremeter score" */
    const char *operands; /* "INPUT..." */
    const char *about;    /* one paragraph */
    const char *more;     /* after the options, as it stands; NULL: nothing */
    const struct cm_opt *options;
    size_t option_count;
};

enum cm_opts_result {
    CM_OPTS_RUN,   /* argv[*operand] is the first operand */
    CM_OPTS_HELP,  /* was asked for and printed on stdout */
    CM_OPTS_WRONG, /* was told on stderr */
};

/* argv[0] is the command's name. Operands are moved behind the options. */
enum cm_opts_result cm_opts_parse(const struct cm_command *command, int argc, char **argv, int *operand);

/* Wrong usage, in one line on stderr with a hint to --help. */
void cm_opts_wrong(const struct cm_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The candidate (a list that ends with NULL) that name was likely meant to be, or NULL. */
const char *cm_opts_nearest(const char *name, const char *const *candidates);

#endif
