/*
 * Owners of files.
 */
#include "owner_win.h"

#include <windows.h>

static bool is_own(PSID owner)
{
	union {
		TOKEN_USER user;
		BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} me;
	DWORD size = sizeof(me);
	HANDLE token;
	bool own;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	own = GetTokenInformation(token, TokenUser, &me, size, &size) && EqualSid(owner, me.user.User.Sid);
	CloseHandle(token);
	return own;
}

bool kh_owner_trusted(void *owner)
{
	return IsWellKnownSid(owner, WinBuiltinAdministratorsSid) || IsWellKnownSid(owner, WinLocalSystemSid) ||
	       is_own(owner);
}
