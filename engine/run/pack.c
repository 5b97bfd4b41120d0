#include "run/pack.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/kept.h"

static bool folder_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static char *join(const char *folder, const char *name)
{
    struct cm_buffer path = CM_BUFFER_EMPTY;
    cm_buffer_text(&path, folder);
    cm_buffer_byte(&path, '/');
    cm_buffer_text(&path, name);
    cm_buffer_byte(&path, '\0');
    if (cm_buffer_status(&path) == CM_OK)
        return path.ptr;
    cm_buffer_free(&path);
    return NULL;
}

/* The folder of the running program, without a slash at its end; false where the system does not tell. */
static bool program_folder(char *out, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", out, size - 1);
    if (len <= 0)
        return false;
    out[len] = '\0';
    char *slash = strrchr(out, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}

enum cm_status cm_data_folder(enum cm_data data, char **out)
{
    const char *source = data == CM_DATA_RULES ? CM_SOURCE_RULES : CM_SOURCE_DEMO;
    const char *installed = data == CM_DATA_RULES ? "../share/caremeter/rules" : "../share/caremeter/demo";
    const char *named = data == CM_DATA_RULES ? getenv("CAREMETER_RULES") : NULL;
    char program[PATH_MAX];

    *out = NULL;
    if (named && *named) {
        /* Named and not there is a mistake to be told, no reason to take another one. */
        *out = folder_exists(named) ? strdup(named) : NULL;
        return *out ? CM_OK : CM_EIO;
    }
    if (program_folder(program, sizeof program)) {
        *out = join(program, installed);
        if (*out && folder_exists(*out))
            return CM_OK;
        free(*out);
        *out = NULL;
    }
    if (!folder_exists(source))
        return CM_EIO;
    *out = strdup(source);
    return *out ? CM_OK : CM_ENOMEM;
}

/* What status says about a file that gave no diagnostic of its own. */
static enum cm_status told(enum cm_status status, const char *what, struct cm_diagnostics *diagnostics)
{
    if (status != CM_OK && diagnostics->errors == 0)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "data-load", (struct cm_place){.file = what}, NULL, "%s",
                           cm_status_text(status));
    return status;
}

static enum cm_status load_lexicon(struct cm_packs *packs, struct cm_diagnostics *diagnostics)
{
    char *folder = join(packs->rules, "lexicon");
    if (!folder)
        return CM_ENOMEM;
    enum cm_status status = told(cm_kept_lexicon(packs, folder, diagnostics), folder, diagnostics);
    free(folder);
    return status;
}

static enum cm_status load_redactor(struct cm_packs *packs, struct cm_diagnostics *diagnostics)
{
    char *folder = join(packs->rules, "redaction");
    if (!folder)
        return CM_ENOMEM;
    enum cm_status status = told(cm_redactor_load(folder, diagnostics, &packs->redactor), folder, diagnostics);
    free(folder);
    return status;
}

enum cm_status cm_packs_base(struct cm_packs *packs, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = cm_data_folder(CM_DATA_RULES, &packs->rules);
    if (status != CM_OK) {
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "rules-missing", (struct cm_place){.file = getenv("CAREMETER_RULES")},
                           "set CAREMETER_RULES to the folder that holds lexicon/ and the packs", "the rules folder is not there");
        return status;
    }
    status = load_lexicon(packs, diagnostics);
    return status == CM_OK ? load_redactor(packs, diagnostics) : status;
}

/* The folder that a --pack means: a folder that is there, else a name in the rules folder. */
static char *pack_folder(const struct cm_packs *packs, const char *name, struct cm_diagnostics *diagnostics)
{
    bool path = strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    char *named = path ? NULL : join(packs->rules, name);
    if (named && folder_exists(named))
        return named;
    free(named);
    if (folder_exists(name))
        return strdup(name);
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "pack-missing", (struct cm_place){0},
                       "give a folder that holds pack.yaml, or the name of a pack in the rules folder", "there is no pack %s%s%s", name,
                       path ? "" : " in ", path ? "" : packs->rules);
    return NULL;
}

void cm_pack_free(struct cm_pack *pack)
{
    cm_matcher_free(pack->matcher);
    cm_ruleset_free(pack->ruleset);
    cm_cache_drop(&pack->block);
    *pack = (struct cm_pack){0};
}

static enum cm_status load_pack(struct cm_packs *packs, const char *name, struct cm_diagnostics *diagnostics)
{
    struct cm_pack *pack = &packs->items[packs->count];
    size_t errors = diagnostics->errors;
    char *folder = pack_folder(packs, name, diagnostics);
    if (!folder)
        return CM_EIO;

    *pack = (struct cm_pack){0};
    enum cm_status status = cm_kept_pack(packs, folder, diagnostics, pack);
    if (status != CM_OK && diagnostics->errors == errors)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "pack-load", (struct cm_place){.file = folder}, NULL, "%s",
                           cm_status_text(status));
    if (status == CM_OK) {
        packs->count++;
    } else {
        cm_pack_free(pack);
    }
    free(folder);
    return status;
}

enum cm_status cm_packs_add(struct cm_packs *packs, const char *name, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = packs->lexicon ? CM_OK : cm_packs_base(packs, diagnostics);
    if (status == CM_OK && packs->count == CM_PACKS_MAX)
        return CM_EUSAGE;
    return status == CM_OK ? load_pack(packs, name, diagnostics) : status;
}

/* Two cards of one pack name for one interaction could not be told apart. */
static enum cm_status check_names(const struct cm_packs *packs, struct cm_diagnostics *diagnostics)
{
    for (size_t i = 0; i < packs->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(packs->items[i].ruleset->name, packs->items[j].ruleset->name) == 0) {
                cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "pack-twice", (struct cm_place){0}, NULL,
                                   "two of the packs are named %s: their scorecards could not be told apart",
                                   packs->items[i].ruleset->name);
                return CM_EUSAGE;
            }
    return CM_OK;
}

enum cm_status cm_packs_load(struct cm_packs *packs, const char *const *names, size_t count, struct cm_diagnostics *diagnostics)
{
    static const char *const fallback[] = {CM_PACK_DEFAULT};
    if (count == 0) {
        names = fallback;
        count = 1;
    }
    if (count > CM_PACKS_MAX) {
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "pack-count", (struct cm_place){0}, NULL, "%zu packs; at most %u judge at once",
                           count, CM_PACKS_MAX);
        return CM_EUSAGE;
    }
    enum cm_status status = packs->lexicon ? CM_OK : cm_packs_base(packs, diagnostics);
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        enum cm_status one = load_pack(packs, names[i], diagnostics);
        if (status == CM_OK)
            status = one;
    }
    return status == CM_OK ? check_names(packs, diagnostics) : status;
}

void cm_packs_free(struct cm_packs *packs)
{
    for (size_t i = 0; i < packs->count; i++)
        cm_pack_free(&packs->items[i]);
    cm_redactor_free(packs->redactor);
    cm_lexicon_free(packs->lexicon);
    cm_cache_drop(&packs->lexicon_block);
    free(packs->rules);
    *packs = CM_PACKS_EMPTY;
}
