#include "score/customer.h"

#include "score/packed.h"
#include "score/private.h"

enum cm_status cm_packed_names(struct cm_span packed, struct cm_span customer_id, struct cm_buffer *scratch, bool *names)
{
    *names = false;
    if (!cm_packed_valid(packed))
        return CM_EINPUT;
    /* names stand there as they are: of most interactions nothing need be unpacked */
    if (customer_id.len == 0 || !memmem(packed.ptr, packed.len, customer_id.ptr, customer_id.len))
        return CM_OK;
    cm_buffer_reset(scratch);
    enum cm_status status = cm_packed_unpack(packed, scratch);
    struct cm_span stream = cm_buffer_view(scratch), bytes;
    struct cm_record record;
    while (status == CM_OK && !*names && cm_record_next(&stream, &bytes)) {
        status = cm_record_parse(bytes, &record);
        *names = status == CM_OK && record.customer_id.ptr && cm_span_equal(record.customer_id, customer_id);
    }
    return status;
}
