/* "Nobody called me back": words in which a customer says that something promised did not come. */
#include "board/due_words.h"
#include "board/private.h"

static const char *const nobody[] = {"nobody", "never", "noone", NULL};
static const char *const came[] = {"called", "calls",  "rang",   "phoned",   "wrote",   "emailed",   "replied", "contacted", "came", "got",
                                   "showed", "turned", "texted", "answered", "arrived", "responded", "call",    "heard",     NULL};
static const char *const said[] = {"promised", "assured", "guaranteed", NULL};
static const char *const they[] = {"you", "they", "he", "she", "agent", "colleague", NULL};

static bool in(const struct cm_due_word *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word->text, *list) == 0)
            return true;
    return false;
}

static bool is(const struct cm_due_word *list, size_t count, size_t at, const char *text)
{
    return at < count && strcmp(list[at].text, text) == 0;
}

/* "nobody called", "no one has called", "never got back" */
static bool nobody_came(const struct cm_due_word *list, size_t count, size_t at)
{
    if (is(list, count, at, "no") && is(list, count, at + 1, "one"))
        at++;
    else if (!in(&list[at], nobody))
        return false;
    for (size_t next = at + 1; next < count && next <= at + 3; next++)
        if (in(&list[next], came))
            return true;
    return false;
}

/* "haven't heard", "didn't call", "have not been called", "nothing came"; "can't call" is another matter. */
static bool did_not_come(const struct cm_due_word *list, size_t count, size_t at)
{
    static const char *const helpers[] = {"have", "has", "had", "did", "was", "were", "haven", "hasn", "hadn", "didn", "wasn", NULL};
    static const char *const joined[] = {"havent", "hasnt", "hadnt", "didnt", "wasnt", "nothing", NULL};
    bool not = in(&list[at], joined);
    if (is(list, count, at, "not") || is(list, count, at, "t"))
        not = at > 0 && in(&list[at - 1], helpers);
    for (size_t next = at + 1; not &&next < count && next <= at + 3; next++)
        if (in(&list[next], came) && !is(list, count, next, "got"))
            return true;
    return false;
}

/* "you promised", "I was promised", "you said you would call", "was supposed to" */
static bool was_promised(const struct cm_due_word *list, size_t count, size_t at)
{
    if (in(&list[at], said))
        return at == 0 || !is(list, count, at - 1, "i");
    if (is(list, count, at, "supposed"))
        return is(list, count, at + 1, "to") && at > 0 && (is(list, count, at - 1, "was") || is(list, count, at - 1, "were"));
    if (!in(&list[at], they) || !is(list, count, at + 1, "said"))
        return false;
    for (size_t next = at + 2; next < count && next <= at + 5; next++)
        if (is(list, count, next, "would") || is(list, count, next, "d") || is(list, count, next, "will"))
            return true;
    return false;
}

bool cm_board_says_broken(struct cm_span words)
{
    struct cm_due_word list[CM_DUE_WORDS_MAX];
    size_t count = cm_due_words(words, list);
    for (size_t at = 0; at < count; at++)
        if (nobody_came(list, count, at) || did_not_come(list, count, at) || was_promised(list, count, at))
            return true;
    return false;
}
