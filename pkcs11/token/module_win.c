/*
 * Loading a DLL. Its neighbours are found in its own folder, then in the system's.
 */
#include "token/module.h"

#include <stdio.h>
#include <windows.h>

#include "wide_win.h"

/* PKCS #11 2.40, 2: structures on Windows are packed to one byte. */
_Static_assert(sizeof(CK_ULONG) == 4, "CK_ULONG");
_Static_assert(sizeof(CK_ATTRIBUTE) == (sizeof(void *) == 8 ? 16 : 12), "CK_ATTRIBUTE");
_Static_assert(sizeof(CK_MECHANISM) == (sizeof(void *) == 8 ? 16 : 12), "CK_MECHANISM");

static DWORD problem;

void *kh_library_open(const char *path)
{
	wchar_t wide[KH_WIDE_MAX];
	void *library =
		kh_wide(path, wide, KH_WIDE_MAX) ? LoadLibraryExW(wide, NULL, LOAD_WITH_ALTERED_SEARCH_PATH) : NULL;

	problem = library ? 0 : GetLastError();
	return library;
}

/* ERROR_MOD_NOT_FOUND is also said of a DLL that it needs. */
const char *kh_library_problem(void)
{
	static char text[40];

	snprintf(text, sizeof(text), problem != 0 ? "Windows error %lu" : "", problem);
	return text;
}

void *kh_library_symbol(void *library, const char *name)
{
	return (void *)(uintptr_t)GetProcAddress(library, name);
}

bool kh_library_reads_cards(void)
{
	return GetModuleHandleW(L"winscard.dll");
}
