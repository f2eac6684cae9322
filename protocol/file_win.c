/*
 * Files on Windows: wide calls, whatever the code page of the process.
 */
#include "file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <shellapi.h>

#include "wide_win.h"

FILE *kh_file_open(const char *path, const char *mode)
{
	wchar_t wide[KH_WIDE_MAX], own[8];
	char text[8];

	snprintf(text, sizeof(text), "%sN", mode);
	if (kh_wide(path, wide, KH_WIDE_MAX) && kh_wide(text, own, 8))
		return _wfopen(wide, own);
	errno = ENOENT;
	return NULL;
}

static bool is_separator(char sign)
{
	return sign == '/' || sign == '\\';
}

const char *kh_file_name(const char *path)
{
	const char *name = path;

	for (; *path != '\0'; path++) {
		if (is_separator(*path))
			name = path + 1;
	}
	return name;
}

/* A drive's folder, or another computer's. */
bool kh_file_is_absolute(const char *path)
{
	if (isalpha((unsigned char)path[0]) && path[1] == ':')
		return is_separator(path[2]);
	return is_separator(path[0]) && is_separator(path[1]);
}

/* In the code page of the process they are as they were given. */
void kh_file_arguments(int *count, char ***values)
{
	int all = 0;
	wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &all);
	char **made = wide ? calloc((size_t)all + 1, sizeof(*made)) : NULL;

	for (int i = 0; made && i < all; i++) {
		size_t size = wcslen(wide[i]) * 3 + 1;

		made[i] = malloc(size);
		if (!made[i] || !kh_narrow(wide[i], made[i], size))
			made = NULL;
	}
	LocalFree(wide);
	if (!made)
		return;
	*count = all;
	*values = made;
}
