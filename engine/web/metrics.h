/* Prometheus text is written by base, so that the board and the engine can, too. */
#ifndef CM_WEB_METRICS_H
#define CM_WEB_METRICS_H

#include "base/metrics.h"

#endif
