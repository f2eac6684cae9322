/*
 * peek PROGRAM: another process of the same user tries to read the memory of those that run it. Prints how many let
 * it, and of how many.
 */
#include <windows.h>

#include <stdio.h>
#include <tlhelp32.h>
#include <wchar.h>

int main(int count, char **values)
{
	PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	unsigned there = 0, open = 0;
	wchar_t name[MAX_PATH];

	if (count != 2 || all == INVALID_HANDLE_VALUE)
		return 2;
	MultiByteToWideChar(CP_ACP, 0, values[1], -1, name, MAX_PATH);
	for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
		HANDLE process;

		if (_wcsicmp(entry.szExeFile, name) != 0)
			continue;
		process = OpenProcess(PROCESS_VM_READ, FALSE, entry.th32ProcessID);
		there++;
		open += process ? 1 : 0;
		if (process)
			CloseHandle(process);
	}
	CloseHandle(all);
	printf("%u of %u\n", open, there);
	return 0;
}
