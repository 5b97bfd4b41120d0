#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "live/config/config_reading.h"

#define READ_BYTES ((size_t)16 * 1024)
/* Shorter ones are guessed; longer ones do not fit into a header. */
#define TOKEN_MIN_BYTES 16u
#define TOKEN_MAX_BYTES ((size_t)1024)

enum cm_status cm_config_file(const char *path, size_t max, struct cm_buffer *out)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return CM_EIO;
    size_t len = 1;
    while (len > 0 && out->len <= max && cm_buffer_reserve(out, READ_BYTES)) {
        len = fread(out->ptr + out->len, 1, READ_BYTES, file);
        out->len += len;
    }
    int error = ferror(file) ? errno : out->len > max ? EFBIG : 0;
    fclose(file);
    errno = error;
    return error ? CM_EIO : cm_buffer_status(out);
}

static enum cm_status no_token(const char *option, const char *path, const char *why, struct cm_diagnostics *diagnostics)
{
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "config-secret", (struct cm_place){0}, "a line of at least 16 characters",
                       "%s: %s %s", option, path, why);
    return CM_EUSAGE;
}

enum cm_status cm_config_token(const char *option, const char *path, struct cm_buffer *out, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = cm_config_file(path, TOKEN_MAX_BYTES, out);
    if (status == CM_EIO)
        return no_token(option, path, strerror(errno), diagnostics);
    if (status != CM_OK)
        return status;
    while (out->len > 0 && (out->ptr[out->len - 1] == '\n' || out->ptr[out->len - 1] == '\r'))
        out->len--;
    if (out->len < TOKEN_MIN_BYTES)
        return no_token(option, path, "holds too little to be a secret", diagnostics);
    for (size_t i = 0; i < out->len; i++)
        if (out->ptr[i] <= ' ' || out->ptr[i] > '~') /* it goes into a header */
            return no_token(option, path, "holds other characters than letters, digits and signs", diagnostics);
    cm_buffer_byte(out, '\0');
    return cm_buffer_status(out);
}
