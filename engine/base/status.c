#include "base/status.h"

const char *cm_status_text(enum cm_status status)
{
    switch (status) {
#define X(name, text)                                                                                                                      \
    case name:                                                                                                                             \
        return text;
        CM_STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}
