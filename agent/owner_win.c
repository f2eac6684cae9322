/*
 * Owners of files and of processes.
 */
#include "owner_win.h"

#include <windows.h>

union user {
	TOKEN_USER of;
	BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
};

static bool read_user(HANDLE process, union user *user)
{
	DWORD size = sizeof(*user);
	HANDLE token;
	bool read;

	if (!OpenProcessToken(process, TOKEN_QUERY, &token))
		return false;
	read = GetTokenInformation(token, TokenUser, user, size, &size);
	CloseHandle(token);
	return read;
}

static bool is_own(PSID owner)
{
	union user own;

	return read_user(GetCurrentProcess(), &own) && EqualSid(owner, own.of.User.Sid);
}

bool kh_owner_trusted(void *owner)
{
	return IsWellKnownSid(owner, WinBuiltinAdministratorsSid) || IsWellKnownSid(owner, WinLocalSystemSid) ||
	       is_own(owner);
}

bool kh_owner_is_own_process(void *process)
{
	union user other;

	return read_user(process, &other) && is_own(other.of.User.Sid);
}

bool kh_owner_is_system(void)
{
	union user own;

	return read_user(GetCurrentProcess(), &own) && IsWellKnownSid(own.of.User.Sid, WinLocalSystemSid);
}
