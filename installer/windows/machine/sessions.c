/*
 * Processes of other users and sessions.
 *
 * An administrator's installer runs in the session of the user it is for, though perhaps as somebody else: whom the
 * desktop belongs to, its shell tells. The system's (a domain's, an MDM's) runs in no session and may ask for all users.
 */
#include "sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include <userenv.h>
#include <wtsapi32.h>

#include "folders.h"
#include "owner_win.h"
#include "processes.h"

#define AGENT L"keyhalld.exe"
#define LOCK L"keyhall-tray.exe"
#define PROGRAMS_MOST 64
#define ASK_MS 12000  /* keyhalld --stop waits ten seconds */
#define PAUSE_MS 2000 /* what the agent has started ends with it */
#define END_MS 5000

/* --- users --- */

/* Starts a program of the folder as a user; NULL: as we are. Its process or NULL. */
static HANDLE start(HANDLE user, bool is_system, const wchar_t *folder, const wchar_t *name, const wchar_t *option)
{
	STARTUPINFOW about = {.cb = sizeof(about), .lpDesktop = (wchar_t[]){L"winsta0\\default"}};
	PROCESS_INFORMATION process = {0};
	wchar_t program[KH_WIDE_MAX], line[KH_WIDE_MAX + 64];
	void *environment = NULL;
	DWORD flags = CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW;
	bool started;

	if (!kh_folders_join(program, folder, name) || GetFileAttributesW(program) == INVALID_FILE_ATTRIBUTES)
		return NULL;
	swprintf(line, KH_WIDE_MAX + 64, L"\"%ls\"%ls%ls", program, option[0] != L'\0' ? L" " : L"", option);
	if (user && !CreateEnvironmentBlock(&environment, user, FALSE))
		return NULL;
	if (!user)
		started = CreateProcessW(program, line, NULL, NULL, FALSE, flags, NULL, folder, &about, &process);
	else if (is_system)
		started = CreateProcessAsUserW(user, program, line, NULL, NULL, FALSE, flags, environment, folder,
					       &about, &process);
	else
		started = CreateProcessWithTokenW(user, 0, program, line, flags, environment, folder, &about, &process);
	if (environment)
		DestroyEnvironmentBlock(environment);
	if (!started)
		return NULL;
	CloseHandle(process.hThread);
	return process.hProcess;
}

static HANDLE primary(HANDLE token)
{
	HANDLE made = NULL;

	DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &made);
	return made;
}

/* Whose shell shows this session's desktop. NULL: there is none. */
static HANDLE shell_user(void)
{
	HANDLE process, token = NULL, user = NULL;
	DWORD number = 0;

	GetWindowThreadProcessId(GetShellWindow(), &number);
	process = number != 0 ? OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, number) : NULL;
	if (process && OpenProcessToken(process, TOKEN_DUPLICATE | TOKEN_QUERY, &token))
		user = primary(token);
	if (token)
		CloseHandle(token);
	if (process)
		CloseHandle(process);
	return user;
}

/* Where an administrator's rights came on top of a user's: that user without them. NULL and true: as we are. */
static bool unelevated_user(HANDLE *user)
{
	TOKEN_ELEVATION_TYPE type = TokenElevationTypeFull;
	TOKEN_LINKED_TOKEN linked = {0};
	DWORD size = sizeof(type);
	HANDLE token;

	*user = NULL;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	GetTokenInformation(token, TokenElevationType, &type, size, &size);
	if (type == TokenElevationTypeFull &&
	    GetTokenInformation(token, TokenLinkedToken, &linked, sizeof(linked), &size)) {
		*user = primary(linked.LinkedToken);
		CloseHandle(linked.LinkedToken);
	}
	CloseHandle(token);
	return type == TokenElevationTypeDefault || *user;
}

/* A program for each user that is logged in; wait_ms: for its end. */
static void start_for_all(const wchar_t *folder, const wchar_t *name, const wchar_t *option, DWORD wait_ms)
{
	WTS_SESSION_INFOW *sessions = NULL;
	HANDLE users[PROGRAMS_MOST], started[PROGRAMS_MOST];
	DWORD count = 0, known = 0, running = 0;
	bool system = kh_owner_is_system();

	if (system && WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, &sessions, &count)) {
		for (DWORD i = 0; i < count && known < PROGRAMS_MOST; i++) {
			if (WTSQueryUserToken(sessions[i].SessionId, &users[known]))
				known++;
		}
		WTSFreeMemory(sessions);
	} else if (!system) {
		users[0] = shell_user();
		known = users[0] || unelevated_user(&users[0]) ? 1 : 0;
	}
	for (DWORD i = 0; i < known; i++) {
		started[running] = start(users[i], system, folder, name, option);
		if (started[running])
			running++;
		if (users[i])
			CloseHandle(users[i]);
	}
	if (running > 0 && wait_ms > 0)
		WaitForMultipleObjects(running, started, TRUE, wait_ms);
	while (running > 0)
		CloseHandle(started[--running]);
}

/* --- what runs --- */

struct running {
	const wchar_t *folder;
	HANDLE processes[PROGRAMS_MOST];
	DWORD count;
};

/* Installers run here, too. */
static bool is_installer(const char *name)
{
	return _stricmp(name, "uninstall") == 0 || _stricmp(name, "keyhall-machine") == 0;
}

static bool is_below(const wchar_t *path, const wchar_t *folder)
{
	size_t length = wcslen(folder);

	return _wcsnicmp(path, folder, length) == 0 && path[length] == L'\\';
}

static void take_process(void *context, long number, const char *name)
{
	struct running *running = context;
	wchar_t path[KH_WIDE_MAX];
	DWORD units = KH_WIDE_MAX;
	HANDLE process;

	if (running->count == PROGRAMS_MOST || is_installer(name))
		return;
	process =
		OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE | SYNCHRONIZE, FALSE, (DWORD)number);
	if (!process)
		return;
	if (QueryFullProcessImageNameW(process, 0, path, &units) && is_below(path, running->folder))
		running->processes[running->count++] = process;
	else
		CloseHandle(process);
}

static void look(struct running *running, const wchar_t *folder)
{
	*running = (struct running){.folder = folder};
	kh_processes(take_process, running);
}

static bool all_ended(const struct running *running, DWORD ms)
{
	return running->count == 0 ||
	       WaitForMultipleObjects(running->count, running->processes, TRUE, ms) != WAIT_TIMEOUT;
}

static void forget(struct running *running)
{
	while (running->count > 0)
		CloseHandle(running->processes[--running->count]);
}

bool kh_sessions_stop(const wchar_t *folder)
{
	struct running running;
	bool ended;

	look(&running, folder);
	if (running.count > 0) {
		start_for_all(folder, LOCK, L"--stop", ASK_MS);
		start_for_all(folder, AGENT, L"--stop", ASK_MS);
	}
	forget(&running);
	look(&running, folder);
	if (!all_ended(&running, PAUSE_MS)) {
		for (DWORD i = 0; i < running.count; i++)
			TerminateProcess(running.processes[i], EXIT_FAILURE);
	}
	ended = all_ended(&running, END_MS);
	forget(&running);
	return ended;
}

void kh_sessions_start(const wchar_t *folder)
{
	start_for_all(folder, AGENT, L"", 0);
	start_for_all(folder, LOCK, L"", 0);
}
