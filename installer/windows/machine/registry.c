/*
 * The registry, in UTF-8.
 */
#include "registry.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "wide_win.h"

#define KEY_MAX 512 /* of Windows: 255 characters a part */
#define NAME_MAX_UNITS 16384

static char *narrow_new(const wchar_t *wide)
{
	size_t size = wcslen(wide) * 3 + 1;
	char *text = malloc(size);

	if (text && kh_narrow(wide, text, size))
		return text;
	free(text);
	return NULL;
}

static wchar_t *wide_new(const char *text)
{
	size_t units = strlen(text) + 1;
	wchar_t *wide = malloc(units * sizeof(*wide));

	if (wide && kh_wide(text, wide, units))
		return wide;
	free(wide);
	return NULL;
}

static HKEY open_key(const char *key, REGSAM rights)
{
	wchar_t wide[KEY_MAX];
	HKEY opened = NULL;

	if (!kh_wide(key, wide, KEY_MAX) ||
	    RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide, 0, rights, &opened) != ERROR_SUCCESS)
		return NULL;
	return opened;
}

/* Values with variables in them are expanded, which is RRF_RT_REG_SZ. */
char *kh_registry_read(const char *key, const char *name)
{
	wchar_t wide[KEY_MAX], wide_name[KEY_MAX], *value = NULL;
	DWORD size = 0, flags = RRF_RT_REG_SZ;
	char *text = NULL;

	if (!kh_wide(key, wide, KEY_MAX) || !kh_wide(name, wide_name, KEY_MAX) ||
	    RegGetValueW(HKEY_LOCAL_MACHINE, wide, wide_name, flags, NULL, NULL, &size) != ERROR_SUCCESS)
		return NULL;
	value = malloc(size);
	if (value && RegGetValueW(HKEY_LOCAL_MACHINE, wide, wide_name, flags, NULL, value, &size) == ERROR_SUCCESS)
		text = narrow_new(value);
	free(value);
	return text;
}

bool kh_registry_write(const char *key, const char *name, const char *text)
{
	wchar_t wide_name[KEY_MAX], *value = wide_new(text);
	HKEY opened = open_key(key, KEY_SET_VALUE);
	bool written = false;

	if (opened && value && kh_wide(name, wide_name, KEY_MAX)) {
		DWORD size = (DWORD)((wcslen(value) + 1) * sizeof(*value));

		written = RegSetValueExW(opened, wide_name, 0, REG_SZ, (const BYTE *)value, size) == ERROR_SUCCESS;
	}
	if (opened)
		RegCloseKey(opened);
	free(value);
	return written;
}

bool kh_registry_delete(const char *key, const char *name)
{
	wchar_t wide_name[KEY_MAX];
	HKEY opened = open_key(key, KEY_SET_VALUE);
	LSTATUS status;

	if (!opened)
		return true;
	status = kh_wide(name, wide_name, KEY_MAX) ? RegDeleteValueW(opened, wide_name) : ERROR_INVALID_NAME;
	RegCloseKey(opened);
	return status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND;
}

/* One part of a key; its parts before it are there. */
static bool make_part(const char *key, void (*made)(void *context, const char *key), void *context)
{
	wchar_t wide[KEY_MAX];
	DWORD fate = 0;
	HKEY opened;

	if (!kh_wide(key, wide, KEY_MAX) || RegCreateKeyExW(HKEY_LOCAL_MACHINE, wide, 0, NULL, 0, KEY_QUERY_VALUE, NULL,
							    &opened, &fate) != ERROR_SUCCESS)
		return false;
	RegCloseKey(opened);
	if (fate == REG_CREATED_NEW_KEY)
		made(context, key);
	return true;
}

bool kh_registry_make(const char *key, void (*made)(void *context, const char *key), void *context)
{
	char *part = strdup(key);
	bool well = part != NULL;

	for (char *end = part ? strchr(part, '\\') : NULL; well && end; end = strchr(end + 1, '\\')) {
		*end = '\0';
		well = make_part(part, made, context);
		*end = '\\';
	}
	well = well && make_part(key, made, context);
	free(part);
	return well;
}

void kh_registry_delete_empty(const char *key)
{
	HKEY opened = open_key(key, KEY_QUERY_VALUE);
	DWORD keys = 1, values = 1;
	wchar_t wide[KEY_MAX];

	if (!opened)
		return;
	RegQueryInfoKeyW(opened, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL, NULL);
	RegCloseKey(opened);
	if (keys == 0 && values == 0 && kh_wide(key, wide, KEY_MAX))
		RegDeleteKeyExW(HKEY_LOCAL_MACHINE, wide, 0, 0);
}

static void use_value(const char *key, const wchar_t *wide_name,
		      void (*use)(void *context, const char *name, const char *text), void *context)
{
	char *name = narrow_new(wide_name), *text = name ? kh_registry_read(key, name) : NULL;

	if (text)
		use(context, name, text);
	free(text);
	free(name);
}

void kh_registry_each(const char *key, void (*use)(void *context, const char *name, const char *text), void *context)
{
	HKEY opened = open_key(key, KEY_QUERY_VALUE);
	wchar_t *name = malloc(NAME_MAX_UNITS * sizeof(*name));
	DWORD units = NAME_MAX_UNITS;

	for (DWORD i = 0; opened && name; i++, units = NAME_MAX_UNITS) {
		if (RegEnumValueW(opened, i, name, &units, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
			break;
		use_value(key, name, use, context);
	}
	free(name);
	if (opened)
		RegCloseKey(opened);
}

void kh_registry_each_key(const char *key, void (*use)(void *context, const char *name), void *context)
{
	HKEY opened = open_key(key, KEY_ENUMERATE_SUB_KEYS);
	wchar_t wide[KEY_MAX];
	DWORD units = KEY_MAX;

	for (DWORD i = 0; opened; i++, units = KEY_MAX) {
		char *name;

		if (RegEnumKeyExW(opened, i, wide, &units, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
			break;
		name = narrow_new(wide);
		if (name)
			use(context, name);
		free(name);
	}
	if (opened)
		RegCloseKey(opened);
}
