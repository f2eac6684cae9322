/*
 * UTF-8 and UTF-16.
 */
#include "wide_win.h"

#include <windows.h>

bool kh_wide(const char *text, wchar_t *wide, size_t units)
{
	if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, (int)units) > 0)
		return true;
	wide[0] = L'\0';
	return false;
}

bool kh_narrow(const wchar_t *wide, char *text, size_t size)
{
	if (WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, (int)size, NULL, NULL) > 0)
		return true;
	text[0] = '\0';
	return false;
}
