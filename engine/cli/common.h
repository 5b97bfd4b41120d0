/*
 * common: what every command needs: exit codes, and loading with messages.
 */
#ifndef CM_CLI_COMMON_H
#define CM_CLI_COMMON_H

#include "base/buffer.h"
#include "cli/opts.h"
#include "io/deadletter.h"
#include "io/inputs.h"
#include "run/pack.h"

/* design.md §7; 130 is what shells expect of a program that Ctrl-C has ended. */
enum cm_exit { CM_EXIT_DONE = 0, CM_EXIT_CHECK = 1, CM_EXIT_USAGE = 2, CM_EXIT_IO = 3, CM_EXIT_STOPPED = 130 };

/* A command: argv[0] is its name. The result is the exit code. */
typedef int (*cm_command_main)(int argc, char **argv);

int cm_score_main(int argc, char **argv);
int cm_serve_main(int argc, char **argv);
int cm_replay_main(int argc, char **argv);
int cm_rekey_main(int argc, char **argv);
int cm_erase_main(int argc, char **argv);
int cm_grep_main(int argc, char **argv);
int cm_sample_main(int argc, char **argv);
int cm_show_main(int argc, char **argv);
int cm_bench_main(int argc, char **argv);
int cm_demo_main(int argc, char **argv);
int cm_rules_main(int argc, char **argv);
int cm_rules_check_main(int argc, char **argv);
int cm_rules_test_main(int argc, char **argv);
int cm_rules_list_main(int argc, char **argv);
int cm_rules_explain_main(int argc, char **argv);
int cm_rules_validate_main(int argc, char **argv);
int cm_rules_fit_main(int argc, char **argv);
int cm_rules_diff_main(int argc, char **argv);
int cm_rules_profile_main(int argc, char **argv);
int cm_version_main(int argc, char **argv);

struct cm_subcommand {
    const char *name;
    cm_command_main run;
    const char *help; /* one line */
};

/* Find and run argv[1] in a table; help and nearest names where there is none. name is what stands before it on the command line. */
int cm_dispatch(const char *name, const char *about, const struct cm_subcommand *table, size_t count, int argc, char **argv);

/* The exit code of a status that was not CM_OK. */
int cm_exit_of(enum cm_status status);

/* All that was collected, to stderr, sorted by place; the list is emptied. */
void cm_tell(struct cm_diagnostics *diagnostics);

/*
 * The same where rules are used, not checked: errors, and of the warnings only what changes results on this machine; advice about a
 * pack is for `rules check`.
 */
void cm_tell_use(struct cm_diagnostics *diagnostics);

/* An error without a place. */
void cm_tell_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Load packs or inputs; CM_EXIT_DONE, or the exit code after faults were told. */
int cm_load_packs(struct cm_packs *packs, const struct cm_opt_list *names);
int cm_load_inputs(struct cm_inputs *inputs, char **arguments, size_t count);
/* Writing over what is being read would lose it: CM_EXIT_USAGE, told, where target (NULL: none) is one of the inputs. */
int cm_check_target(const struct cm_inputs *inputs, const char *option, const char *target);

/* Does path end in .html or .htm? A page under the name of an archive or of labels would take their place. */
bool cm_names_page(const char *path);

/* All of a file, or of standard input ("-"). CM_EIO with errno, or CM_ENOMEM. */
enum cm_status cm_read_file(const char *path, struct cm_buffer *out) CM_MUST_CHECK;

/* A write to standard output has failed just now, in this thread: errno is kept for cm_flush_stdout, the first one counts. */
void cm_write_failed(void);

/* All of buffer to standard output; the buffer is reset. Failures show in cm_flush_stdout. */
void cm_put(struct cm_buffer *buffer);

/*
 * What was printed has left the process: CM_EXIT_DONE, or CM_EXIT_IO after it was told. A reader that has seen enough (head, a pager)
 * is no fault of what is printed for people: CM_EXIT_DONE, and not a word. Scorecards go by a sink, which does tell.
 */
int cm_flush_stdout(void);

/* Lines that are no events, by reason, on stderr, with what such a file most likely is; nothing where there are none. */
void cm_tell_dead_letters(const struct cm_dead_letter_counts *counts, uint64_t lines);
/* What to do about an input in which nothing was an event; nothing where something was. */
void cm_tell_no_events(const struct cm_dead_letter_counts *counts, uint64_t lines, uint64_t events);
/* "1 turn", "2 turns". */
const char *cm_plural(uint64_t count, const char *one, const char *many);

/* As many as there are processors that this process may use. */
unsigned cm_threads_default(void);

/* Half of the memory of this machine, at least 64 MiB. */
uint64_t cm_memory_default(void);

#endif
