/*
 * Holders by what processes have loaded. The library of the smart card service is in
 * too many programs here to tell anything: browsers have it, and what logs users in.
 */
#include "token/holder.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>
#include <windows.h>

#include <tlhelp32.h>

#include "processes.h"
#include "wide_win.h"

#define OURS "keyhall-token"

struct search {
	wchar_t module[KH_WIDE_MAX];
	char *text;
	size_t size;
};

static bool has_loaded(long process, const wchar_t *module)
{
	MODULEENTRY32W entry = {.dwSize = sizeof(entry)};
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32, (DWORD)process);
	bool found = false;

	if (all == INVALID_HANDLE_VALUE)
		return false;
	for (BOOL more = Module32FirstW(all, &entry); more && !found; more = Module32NextW(all, &entry))
		found = _wcsicmp(entry.szExePath, module) == 0;
	CloseHandle(all);
	return found;
}

static void take(void *context, long process, const char *name)
{
	const struct search *search = context;
	size_t length = strlen(search->text);

	if (process == 0 || strcmp(name, OURS) == 0 || strstr(search->text, name) ||
	    length + strlen(name) + 2 >= search->size || !has_loaded(process, search->module))
		return;
	snprintf(search->text + length, search->size - length, "%s%s", length > 0 ? ", " : "", name);
}

void kh_holders(const struct kh_driver *module, char *text, size_t size)
{
	struct search search = {.text = text, .size = size};
	uv_fs_t request;

	text[0] = '\0';
	if (uv_fs_realpath(NULL, &request, module->path, NULL) == 0 && kh_wide(request.ptr, search.module, KH_WIDE_MAX))
		kh_processes(take, &search);
	uv_fs_req_cleanup(&request);
}
