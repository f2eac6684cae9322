/*
 * The browser that the user has chosen.
 */
#include "tool/open.h"

#include <stdint.h>
#include <windows.h>

#include <shellapi.h>

#include "wide_win.h"

#define SHELL_ERROR_MAX 32 /* of ShellExecute */

bool kh_open_address(const char *address)
{
	wchar_t wide[KH_WIDE_MAX];

	return kh_wide(address, wide, KH_WIDE_MAX) &&
	       (intptr_t)ShellExecuteW(NULL, L"open", wide, NULL, NULL, SW_SHOWNORMAL) > SHELL_ERROR_MAX;
}
