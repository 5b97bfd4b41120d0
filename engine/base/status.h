/*
 * status: how every function that can fail says so.
 *
 * A function returns CM_OK or what went wrong; details that a person needs
 * travel beside it, as a diagnostic (diag.h) or a reason code (event/decode.h).
 * Safe from any thread.
 */
#ifndef CM_BASE_STATUS_H
#define CM_BASE_STATUS_H

#define CM_STATUS_LIST(X)                                                                                                                  \
    X(CM_OK, "ok")                                                                                                                         \
    X(CM_END, "end of input")                                                                                                              \
    X(CM_ENOMEM, "out of memory")                                                                                                          \
    X(CM_EIO, "input or output failed")                                                                                                    \
    X(CM_EINPUT, "bad input")                                                                                                              \
    X(CM_ERULES, "bad rules")                                                                                                              \
    X(CM_EUSAGE, "wrong usage")                                                                                                            \
    X(CM_ELIMIT, "a limit was reached")                                                                                                    \
    X(CM_ESTOPPED, "stopped on request")

enum cm_status {
#define X(name, text) name,
    CM_STATUS_LIST(X)
#undef X
};

/* The result must be looked at: a dropped status is a compile error. */
#define CM_MUST_CHECK __attribute__((warn_unused_result))

/* A printf-like function, checked by the compiler. */
#define CM_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* A static, human-readable text; never NULL. */
const char *cm_status_text(enum cm_status status);

#endif
