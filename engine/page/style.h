/*
 * style: the bytes of page.css, put here by the build. Inside page/ only.
 */
#ifndef CM_PAGE_STYLE_H
#define CM_PAGE_STYLE_H

#include <stddef.h>

extern const char cm_page_style[];
extern const size_t cm_page_style_len;

#endif
