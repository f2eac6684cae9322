/* Processes by a snapshot of the system. */
#include "processes.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

#include <tlhelp32.h>

#include "wide_win.h"

#define ENDING ".exe"

void kh_processes(void (*take)(void *context, long process, const char *name), void *context)
{
	PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	char name[4 * MAX_PATH];

	if (all == INVALID_HANDLE_VALUE)
		return;
	for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
		size_t length;

		if (!kh_narrow(entry.szExeFile, name, sizeof(name)))
			continue;
		length = strlen(name);
		if (length > strlen(ENDING) && _stricmp(name + length - strlen(ENDING), ENDING) == 0)
			name[length - strlen(ENDING)] = '\0';
		take(context, (long)entry.th32ProcessID, name);
	}
	CloseHandle(all);
}
