#include "cli/opts.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"

#define CM_HELP_WIDTH 80u
#define CM_HELP_COLUMN 26u /* where explanations begin */
#define CM_NAME_MAX 48u    /* longer names are nobody's typing error */
/* getopt returns these for long options; letters are below. */
#define CM_OPT_FIRST 1000
#define CM_OPT_HELP 999
#define CM_MEBI_SHIFT 20u /* sizes are told in MiB */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace) that turn one name into the other. */
static size_t distance(const char *a, const char *b)
{
    size_t row[CM_NAME_MAX + 1], width = strlen(b);
    if (strlen(a) > CM_NAME_MAX || width > CM_NAME_MAX)
        return CM_NAME_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            row[j] = least(least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

const char *cm_opts_nearest(const char *name, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t best = CM_NAME_MAX;
    for (; *candidates; candidates++) {
        size_t len = strlen(name), edits = distance(name, *candidates);
        bool starts = len >= 2 && strncmp(*candidates, name, len) == 0;
        /* A third of the letters wrong is still a typing error; more is another word. */
        if ((edits <= (len + 2) / 3 || starts) && edits < best) {
            best = edits;
            nearest = *candidates;
        }
    }
    return nearest;
}

void cm_opts_wrong(const struct cm_command *command, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\ntry: %s --help\n", command->name);
}

static void help_text(const char *text, size_t column, size_t indent)
{
    while (*text) {
        size_t len = strcspn(text, " \n");
        if (column > indent && column + 1 + len > CM_HELP_WIDTH) {
            printf("\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        fwrite(text, 1, len, stdout);
        column += len;
        text += len;
        if (*text == '\n') {
            printf("\n%*s", (int)indent, "");
            column = indent;
        }
        text += *text != '\0';
    }
    putchar('\n');
}

static void help_option(const struct cm_opt *option)
{
    char name[CM_HELP_WIDTH];
    int len = snprintf(name, sizeof name, "  %c%c%s--%s%s%s", option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
                       option->letter ? ", " : "  ", option->name, option->value ? " " : "", option->value ? option->value : "");
    size_t column = len < 0 ? 0 : (size_t)len;
    fputs(name, stdout);
    if (column + 2 > CM_HELP_COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", (int)(CM_HELP_COLUMN - column), "");
    help_text(option->help, CM_HELP_COLUMN, CM_HELP_COLUMN);
}

static void help(const struct cm_command *command)
{
    static const struct cm_opt itself = {.name = "help", .letter = 'h', .help = "Print this"};
    printf("Usage: %s [OPTION]...%s%s\n\n", command->name, *command->operands ? " " : "", command->operands);
    help_text(command->about, 0, 0);
    printf("\nOptions:\n");
    for (size_t i = 0; i < command->option_count; i++)
        help_option(&command->options[i]);
    help_option(&itself);
    if (command->more)
        printf("\n%s", command->more);
}

static bool choose(const struct cm_opt *option, const char *text)
{
    for (int i = 0; option->choices[i]; i++)
        if (strcmp(option->choices[i], text) == 0) {
            *(int *)option->into = i;
            return true;
        }
    return false;
}

static void wrong_value(const struct cm_command *command, const struct cm_opt *option, const char *text)
{
    uint64_t number;
    if (option->kind == CM_OPT_CHOICE) {
        const char *nearest = cm_opts_nearest(text, option->choices);
        fprintf(stderr, "%s: --%s \"%s\" is none of:", command->name, option->name, text);
        for (size_t i = 0; option->choices[i]; i++)
            fprintf(stderr, " %s", option->choices[i]);
        if (nearest)
            fprintf(stderr, "\ndid you mean --%s %s?", option->name, nearest);
        fprintf(stderr, "\ntry: %s --help\n", command->name);
    } else if (option->kind == CM_OPT_SIZE && cm_size_parse(text, &number)) {
        bool little = number < option->min;
        number = little ? option->min : option->max;
        bool mebi = number >> CM_MEBI_SHIFT << CM_MEBI_SHIFT == number;
        cm_opts_wrong(command, "--%s %s is too %s: the %s is %llu%s", option->name, text, little ? "small" : "large",
                      little ? "minimum" : "maximum", (unsigned long long)(mebi ? number >> CM_MEBI_SHIFT : number), mebi ? "M" : " bytes");
    } else if (option->kind == CM_OPT_SIZE) {
        cm_opts_wrong(command, "--%s \"%s\" is no size such as 512M or 4G", option->name, text);
    } else {
        cm_opts_wrong(command, "--%s \"%s\" is no number from %llu to %llu", option->name, text, (unsigned long long)option->min,
                      (unsigned long long)option->max);
    }
}

static bool take(const struct cm_command *command, const struct cm_opt *option, const char *text)
{
    uint64_t number = 0;
    bool good = true;
    if (option->kind != CM_OPT_FLAG && *text == '\0') {
        cm_opts_wrong(command, "--%s is given an empty value", option->name);
        return false;
    }
    switch (option->kind) {
    case CM_OPT_FLAG:
        *(bool *)option->into = true;
        return true;
    case CM_OPT_TEXT:
        *(const char **)option->into = text;
        return true;
    case CM_OPT_LIST: {
        struct cm_opt_list *list = option->into;
        if (list->count == CM_OPT_LIST_MAX) {
            cm_opts_wrong(command, "--%s is given more than %u times", option->name, CM_OPT_LIST_MAX);
            return false;
        }
        list->items[list->count++] = text;
        return true;
    }
    case CM_OPT_NUMBER:
        good = cm_number_parse(text, &number);
        break;
    case CM_OPT_SIZE:
        good = cm_size_parse(text, &number);
        break;
    case CM_OPT_CHOICE:
        good = choose(option, text);
        if (!good)
            wrong_value(command, option, text);
        return good;
    }
    good = good && number >= option->min && number <= option->max;
    if (good)
        *(uint64_t *)option->into = number;
    else
        wrong_value(command, option, text);
    return good;
}

static const struct cm_opt *by_letter(const struct cm_command *command, int letter)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (letter != 0 && command->options[i].letter == letter)
            return &command->options[i];
    return NULL;
}

static void unknown(const struct cm_command *command, const char *word, int letter)
{
    const char *names[CM_OPTS_MAX + 2] = {"help"};
    for (size_t i = 0; i < command->option_count; i++)
        names[i + 1] = command->options[i].name;
    if (letter != 0 && (word[0] != '-' || word[1] != '-')) {
        cm_opts_wrong(command, "there is no option -%c", letter);
        return;
    }
    char name[CM_NAME_MAX];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    const char *nearest = cm_opts_nearest(name, names);
    if (nearest)
        cm_opts_wrong(command, "there is no option --%s; did you mean --%s?", name, nearest);
    else
        cm_opts_wrong(command, "there is no option --%s", name);
}

/* getopt's two tables, from ours. */
static void tables(const struct cm_command *command, struct option *longs, char *letters)
{
    *letters++ = ':'; /* tell a missing value apart from an unknown option */
    *letters++ = 'h';
    longs[0] = (struct option){"help", no_argument, NULL, CM_OPT_HELP};
    for (size_t i = 0; i < command->option_count; i++) {
        const struct cm_opt *option = &command->options[i];
        bool value = option->kind != CM_OPT_FLAG;
        longs[i + 1] = (struct option){option->name, value ? required_argument : no_argument, NULL, CM_OPT_FIRST + (int)i};
        if (option->letter) {
            *letters++ = option->letter;
            if (value)
                *letters++ = ':';
        }
    }
    longs[command->option_count + 1] = (struct option){0};
    *letters = '\0';
}

enum cm_opts_result cm_opts_parse(const struct cm_command *command, int argc, char **argv, int *operand)
{
    struct option longs[CM_OPTS_MAX + 2];
    char letters[2 * CM_OPTS_MAX + 3];
    int code;
    tables(command, longs, letters);
    opterr = 0;
    optind = 0;
    for (;;) {
        int at = optind > 0 ? optind : 1;
        code = getopt_long(argc, argv, letters, longs, NULL);
        if (code == -1)
            break;
        if (code == 'h' || code == CM_OPT_HELP) {
            help(command);
            return CM_OPTS_HELP;
        }
        if (code == '?') {
            /* getopt has moved operands about: the word is the one before optind, unless letters of it are left. */
            const char *word = argv[optind - 1][0] == '-' ? argv[optind - 1] : argv[at];
            if (optopt >= CM_OPT_HELP) /* it knows the option, but not what to do with "=..." behind it */
                cm_opts_wrong(command, "--%s takes no value",
                              optopt == CM_OPT_HELP ? "help" : command->options[optopt - CM_OPT_FIRST].name);
            else
                unknown(command, word, optopt);
            return CM_OPTS_WRONG;
        }
        if (code == ':') {
            cm_opts_wrong(command, "%s needs a value", argv[optind - 1]);
            return CM_OPTS_WRONG;
        }
        const struct cm_opt *option = code >= CM_OPT_FIRST ? &command->options[code - CM_OPT_FIRST] : by_letter(command, code);
        if (!option || !take(command, option, optarg))
            return CM_OPTS_WRONG;
    }
    *operand = optind;
    return CM_OPTS_RUN;
}
