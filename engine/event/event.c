#include "event/event.h"

const char *cm_event_type_name(enum cm_event_type type)
{
    static const char *const names[] = {
#define X(name, text) text,
        CM_EVENT_TYPES(X)
#undef X
    };
    return (unsigned)type < CM_EVENT_TYPE_COUNT ? names[type] : "";
}

const char *cm_speaker_name(enum cm_speaker speaker)
{
    static const char *const names[] = {
#define X(name, text) text,
        CM_SPEAKERS(X)
#undef X
    };
    return (unsigned)speaker < CM_SPEAKER_COUNT ? names[speaker] : "";
}

const char *cm_channel_name(enum cm_channel channel)
{
    static const char *const names[] = {
#define X(name, text) text,
        CM_CHANNELS(X)
#undef X
    };
    return (unsigned)channel < CM_CHANNEL_COUNT ? names[channel] : "";
}

const char *cm_ended_by_name(enum cm_ended_by ended_by)
{
    static const char *const names[] = {
#define X(name, text) text,
        CM_ENDERS(X)
#undef X
    };
    return (unsigned)ended_by < CM_ENDED_BY_COUNT ? names[ended_by] : "";
}
