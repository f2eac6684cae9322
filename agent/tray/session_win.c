/*
 * The session on Windows.
 */
#include "tray/session.h"

#include "system.h" /* before Windows' headers, for which "interface" is a macro */

#include <uv.h>
#include <windows.h>

#include <knownfolders.h>
#include <shlobj.h>

#include "wide_win.h"

/* Nothing of it reaches a browser: keyhall starts that, and is hardened itself. */
void kh_session_begin(void)
{
	kh_system_harden();
}

bool kh_session_goes_on(char **arguments)
{
	char own[KH_PATH_MAX];
	size_t size = sizeof(own);

	(void)arguments;
	return uv_exepath(own, &size) != 0 || kh_system_readable(own);
}

void kh_session_downloads(char *path, size_t size)
{
	wchar_t *wide = NULL;

	if (SHGetKnownFolderPath(&FOLDERID_Downloads, 0, NULL, &wide) != S_OK || !kh_narrow(wide, path, size))
		kh_system_home(path, size);
	CoTaskMemFree(wide);
}
