/*
 * ProgramData\Keyhall\config.json, and what it names.
 */
#include "settle.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "file.h"
#include "folders.h"

#define CONFIGURATION L"config.json"
#define DRAFT L"draft.json"
#define ANCHORS L"anchors"
#define DRIVERS L"drivers"

static bool is_given(const wchar_t *value)
{
	return value && value[0] != L'\0';
}

static bool in_data(wchar_t path[KH_WIDE_MAX], const wchar_t *name)
{
	wchar_t data[KH_WIDE_MAX];

	return kh_folders_data(data) && kh_folders_join(path, data, name);
}

static FILE *open_in_data(const wchar_t *name, const char *mode)
{
	wchar_t path[KH_WIDE_MAX];
	char text[3 * KH_WIDE_MAX];

	return in_data(path, name) && kh_narrow(path, text, sizeof(text)) ? kh_file_open(text, mode) : NULL;
}

json_t *kh_settle_read(void)
{
	FILE *file = open_in_data(CONFIGURATION, "rb");
	json_t *value = file ? json_loadf(file, 0, NULL) : NULL;

	if (file)
		fclose(file);
	return value;
}

static bool write_draft(const json_t *configuration)
{
	FILE *file = open_in_data(DRAFT, "wb");
	bool written = file && json_dumpf(configuration, file, JSON_INDENT(2)) == 0;

	if (file && fclose(file) != 0)
		written = false;
	return written;
}

static json_t *text_of(const wchar_t *wide)
{
	char text[3 * KH_WIDE_MAX];

	return json_string(kh_narrow(wide, text, sizeof(text)) ? text : "");
}

/* --- keyhall configure, which judges --- */

static bool run(const wchar_t *program, wchar_t *line)
{
	STARTUPINFOW about = {.cb = sizeof(about), .dwFlags = STARTF_USESTDHANDLES};
	PROCESS_INFORMATION process;
	DWORD status = EXIT_FAILURE;

	fflush(stderr);
	about.hStdOutput = about.hStdError = (HANDLE)_get_osfhandle(_fileno(stderr));
	if (!CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &about, &process)) {
		fprintf(stderr, "keyhall-machine: keyhall.exe cannot be started: %lu\n", GetLastError());
		return false;
	}
	WaitForSingleObject(process.hProcess, INFINITE);
	GetExitCodeProcess(process.hProcess, &status);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return status == EXIT_SUCCESS;
}

static bool configure(const wchar_t *folder, const wchar_t *file, const wchar_t *key)
{
	const size_t most = 5 * KH_WIDE_MAX;
	wchar_t program[KH_WIDE_MAX], path[KH_WIDE_MAX], *line = malloc(most * sizeof(*line));
	bool taken = line && kh_folders_join(program, folder, L"keyhall.exe") && in_data(path, CONFIGURATION);

	if (taken && is_given(key))
		swprintf(line, most, L"\"%ls\" configure --yes --config \"%ls\" --key \"%ls\" \"%ls\"", program, path,
			 key, file);
	else if (taken)
		swprintf(line, most, L"\"%ls\" configure --yes --config \"%ls\" \"%ls\"", program, path, file);
	taken = taken && run(program, line);
	free(line);
	return taken;
}

/* --- what was given one by one --- */

static void append_path(void *context, const wchar_t *path)
{
	json_array_append_new(context, text_of(path));
}

static void forget_path(void *context, const wchar_t *path)
{
	(void)context;
	(void)path;
}

/* Calls use for each part that is not empty. */
static bool each_part(const wchar_t *list, const wchar_t *separators, bool (*use)(void *context, const wchar_t *part),
		      void *context)
{
	wchar_t *copy = _wcsdup(list), *rest = NULL;
	bool well = copy;

	for (wchar_t *part = copy ? wcstok_s(copy, separators, &rest) : NULL; part;
	     part = wcstok_s(NULL, separators, &rest))
		well = use(context, part) && well;
	free(copy);
	return well;
}

static bool add_origin(void *context, const wchar_t *part)
{
	return json_array_append_new(context, text_of(part)) == 0;
}

static bool add_anchor(void *context, const wchar_t *part)
{
	wchar_t to[KH_WIDE_MAX];

	return in_data(to, ANCHORS) && kh_folders_copy(part, to, append_path, context);
}

static bool compose(json_t *configuration, const struct kh_given *given)
{
	json_t *origins = json_array(), *anchors = json_array();
	wchar_t drivers[KH_WIDE_MAX];
	bool well = true;

	if (is_given(given->origins)) {
		well = each_part(given->origins, L",; ", add_origin, origins);
		json_object_set(configuration, "origins", origins);
	}
	if (is_given(given->anchors)) {
		well = each_part(given->anchors, L";", add_anchor, anchors) && well;
		json_object_set(configuration, "anchors", anchors);
	}
	if (is_given(given->modules)) {
		well = in_data(drivers, DRIVERS) && kh_folders_copy(given->modules, drivers, forget_path, NULL) && well;
		json_object_set_new(configuration, "drivers", text_of(drivers));
	}
	json_decref(origins);
	json_decref(anchors);
	return well;
}

bool kh_settle(const wchar_t *folder, const struct kh_given *given)
{
	wchar_t draft[KH_WIDE_MAX];
	json_t *configuration;
	bool settled;

	if (is_given(given->config) && !configure(folder, given->config, given->key))
		return false;
	if (!is_given(given->origins) && !is_given(given->anchors) && !is_given(given->modules))
		return true;
	configuration = kh_settle_read();
	if (!configuration)
		configuration = json_object();
	settled = compose(configuration, given) && in_data(draft, DRAFT) && write_draft(configuration) &&
		  configure(folder, draft, NULL);
	if (in_data(draft, DRAFT))
		DeleteFileW(draft);
	json_decref(configuration);
	return settled;
}

void kh_settle_remove(void)
{
	static const wchar_t *const names[] = {CONFIGURATION, DRAFT, ANCHORS, DRIVERS, KH_SETTLE_LOG};
	wchar_t path[KH_WIDE_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (in_data(path, names[i]))
			kh_folders_remove(path);
	}
	if (kh_folders_data(path))
		RemoveDirectoryW(path);
}
