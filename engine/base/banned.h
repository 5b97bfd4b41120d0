/*
 * banned: calls that this project does not make, turned into compile errors.
 * The build includes this header into every translation unit of the engine,
 * after the C library's own.
 */
#ifndef CM_BASE_BANNED_H
#define CM_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* unbounded or silently truncating writes; parsers without errors; hidden state */
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets
#pragma GCC poison strtok atoi atol atoll atof

#endif
