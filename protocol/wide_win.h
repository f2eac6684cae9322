/*
 * Texts of Windows: UTF-16 there, UTF-8 here. For the *_win.c files.
 */
#ifndef KH_PROTOCOL_WIDE_WIN_H
#define KH_PROTOCOL_WIDE_WIN_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#define KH_WIDE_MAX 4096 /* units, of a path */

/* False: it does not fit, or is no UTF-8; wide is then empty. */
bool kh_wide(const char *text, wchar_t *wide, size_t units);
/* False: it does not fit, or is no UTF-16; text is then empty. */
bool kh_narrow(const wchar_t *wide, char *text, size_t size);

#endif
