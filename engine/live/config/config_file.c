#include <errno.h>
#include <stdio.h>

#include "live/config/config_reading.h"

#define READ_BYTES ((size_t)16 * 1024)

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
