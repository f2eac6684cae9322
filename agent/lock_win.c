/*
 * The single-instance lock as a named mutex of the session: a second session of the
 * same user has a daemon and PIN windows of its own.
 */
#include "lock.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "bytes.h"

static void name_lock(const char *folder, wchar_t name[64])
{
	swprintf(name, 64, L"Local\\keyhalld-%016llx",
		 (unsigned long long)kh_hash(KH_HASH_START, folder, strlen(folder)));
}

enum kh_code kh_lock_take(const char *folder, struct kh_lock *lock, struct kh_error *error)
{
	wchar_t name[64];
	HANDLE mutex;
	DWORD before;

	name_lock(folder, name);
	mutex = CreateMutexW(NULL, FALSE, name);
	before = GetLastError();
	if (!mutex)
		return kh_fail_system(error, "CreateMutex");
	if (before == ERROR_ALREADY_EXISTS) {
		CloseHandle(mutex);
		return kh_fail(error, KH_AGENT_BUSY);
	}
	lock->handle = (intptr_t)mutex;
	return KH_OK;
}

bool kh_lock_held(const char *folder)
{
	wchar_t name[64];
	HANDLE mutex;

	name_lock(folder, name);
	mutex = OpenMutexW(SYNCHRONIZE, FALSE, name);
	if (mutex)
		CloseHandle(mutex);
	return mutex;
}

void kh_lock_release(struct kh_lock *lock)
{
	if (lock->handle != 0)
		CloseHandle((HANDLE)lock->handle);
	lock->handle = 0;
}
