/*
 * The process on Windows. It is in a job of its own, which ends all that is in it when
 * this process ends, however it ends: the PIN window, and what a module has started.
 */
#include "host_process.h"

#include <fcntl.h>
#include <io.h>
#include <stdint.h>
#include <stdlib.h>
#include <windows.h>

#include <sddl.h>
#include <tlhelp32.h>

#include "wide_win.h"

#define HOLD_PAUSE 10 /* ms */
#define CONSOLE_ERROR 2
/* SYNCHRONIZE, READ_CONTROL, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_TERMINATE; the system: everything */
#define OWNERS_RIGHTS L"D:P(A;;0x121001;;;S-1-3-4)(A;;GA;;;SY)"

static void (*on_farewell)(void);
static void (*thread_body)(void);
static HANDLE job;

/* No window of the system that tells of it, and waits for somebody. */
static LONG WINAPI end_by_exception(EXCEPTION_POINTERS *exception)
{
	TerminateProcess(GetCurrentProcess(), exception->ExceptionRecord->ExceptionCode);
	return EXCEPTION_EXECUTE_HANDLER;
}

/* Before Windows 8 a process is in one job only, perhaps in another's: then there is none. */
static void enter_job(void)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags =
							       JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
							       JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION |
							       JOB_OBJECT_LIMIT_BREAKAWAY_OK};

	job = CreateJobObjectW(NULL, NULL);
	if (!job || (SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)) &&
		     AssignProcessToJobObject(job, GetCurrentProcess())))
		return;
	CloseHandle(job);
	job = NULL;
}

/* Other processes of this user may ask about it and end it, but read nothing of its memory. Their owner's rights
 * (S-1-3-4) stand for those that an owner always has otherwise: of changing this. */
static enum kh_code close_memory(struct kh_error *error)
{
	PSECURITY_DESCRIPTOR rights = NULL;
	bool done;

	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(OWNERS_RIGHTS, SDDL_REVISION_1, &rights, NULL))
		return kh_fail_system(error, "ConvertStringSecurityDescriptorToSecurityDescriptor");
	done = SetKernelObjectSecurity(GetCurrentProcess(), DACL_SECURITY_INFORMATION, rights);
	LocalFree(rights);
	return done ? KH_OK : kh_fail_system(error, "SetKernelObjectSecurity");
}

/* Libraries are not looked for where we happen to stand, nor programs. */
enum kh_code kh_process_protect(struct kh_error *error)
{
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
	SetUnhandledExceptionFilter(end_by_exception);
	SetDllDirectoryW(L"");
	SetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", L"1");
	enter_job();
	return close_memory(error);
}

/* In a 32-bit program the C library has them wrong where a 64-bit one has started it: protocol/inherited_win.c. All
 * are copied before one is put in its place, which closes what the C library has there. */
static void mend_standard(void)
{
	static const DWORD names[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
	int copies[] = {-1, -1, -1};
	HANDLE copy;

	for (int i = 0; i < 3; i++) {
		HANDLE given = GetStdHandle(names[i]);

		if (given && _get_osfhandle(i) != (intptr_t)given &&
		    DuplicateHandle(GetCurrentProcess(), given, GetCurrentProcess(), &copy, 0, FALSE,
				    DUPLICATE_SAME_ACCESS))
			copies[i] = _open_osfhandle((intptr_t)copy, _O_BINARY);
	}
	for (int i = 0; i < 3; i++) {
		if (copies[i] < 0)
			continue;
		_dup2(copies[i], i);
		_close(copies[i]);
		SetStdHandle(names[i], (HANDLE)_get_osfhandle(i));
	}
}

/* Copies of the C library are inherited until one says otherwise. */
static enum kh_code move(int descriptor, int instead, int *to, struct kh_error *error)
{
	*to = _dup(descriptor);
	if (*to < 0 || _dup2(instead, descriptor) != 0)
		return kh_fail_system(error, "_dup");
	SetHandleInformation((HANDLE)_get_osfhandle(*to), HANDLE_FLAG_INHERIT, 0);
	SetHandleInformation((HANDLE)_get_osfhandle(descriptor), HANDLE_FLAG_INHERIT, 0);
	_setmode(*to, _O_BINARY);
	return KH_OK;
}

enum kh_code kh_process_take_pipes(int *in, int *out, struct kh_error *error)
{
	int none = _open("NUL", _O_RDWR | _O_BINARY | _O_NOINHERIT);
	enum kh_code code;

	mend_standard();
	code = none < 0 ? kh_fail_system(error, "_open") : move(0, none, in, error);
	if (code == KH_OK)
		code = move(1, _get_osfhandle(CONSOLE_ERROR) < 0 ? none : CONSOLE_ERROR, out, error);
	if (none >= 0)
		_close(none);
	if (code != KH_OK)
		return code;
	SetStdHandle(STD_INPUT_HANDLE, (HANDLE)_get_osfhandle(0));
	SetStdHandle(STD_OUTPUT_HANDLE, (HANDLE)_get_osfhandle(1));
	return KH_OK;
}

_Noreturn void kh_process_end(void)
{
	if (job)
		TerminateJobObject(job, EXIT_FAILURE);
	TerminateProcess(GetCurrentProcess(), EXIT_FAILURE);
	for (;;)
		Sleep(INFINITE);
}

static DWORD find_parent(void)
{
	PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	DWORD parent = 0;

	if (all == INVALID_HANDLE_VALUE)
		return 0;
	for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
		if (entry.th32ProcessID == GetCurrentProcessId())
			parent = entry.th32ParentProcessID;
	}
	CloseHandle(all);
	return parent;
}

static void CALLBACK parent_ended(void *unused, BOOLEAN timed_out)
{
	(void)unused;
	(void)timed_out;
	kh_process_end();
}

/* One that cannot be watched, as of another user, is none. */
enum kh_code kh_process_end_with_parent(struct kh_error *error)
{
	HANDLE parent = OpenProcess(SYNCHRONIZE, FALSE, find_parent()), wait;

	if (!parent || RegisterWaitForSingleObject(&wait, parent, parent_ended, NULL, INFINITE, WT_EXECUTEONLYONCE))
		return KH_OK;
	return kh_fail_system(error, "RegisterWaitForSingleObject");
}

/* Only a process with a terminal is asked. */
static BOOL WINAPI say_farewell(DWORD event)
{
	(void)event;
	on_farewell();
	return TRUE;
}

enum kh_code kh_process_on_farewell(void (*farewell)(void), struct kh_error *error)
{
	on_farewell = farewell;
	return SetConsoleCtrlHandler(say_farewell, TRUE) ? KH_OK : kh_fail_system(error, "SetConsoleCtrlHandler");
}

static DWORD WINAPI run_thread(void *unused)
{
	(void)unused;
	thread_body();
	return 0;
}

enum kh_code kh_process_start_thread(void (*body)(void), struct kh_error *error)
{
	HANDLE thread;

	thread_body = body;
	thread = CreateThread(NULL, 0, run_thread, NULL, 0, NULL);
	if (!thread)
		return kh_fail_system(error, "CreateThread");
	CloseHandle(thread);
	return KH_OK;
}

bool kh_process_has_children(void)
{
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION told = {.TotalProcesses = 0};

	return job && QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &told, sizeof(told), NULL) &&
	       told.TotalProcesses > 1;
}

/* Nobody else may open it. The handle is not inherited. */
bool kh_process_hold(const char *path, unsigned milliseconds)
{
	wchar_t wide[KH_WIDE_MAX];
	unsigned waited = 0;

	if (!kh_wide(path, wide, KH_WIDE_MAX))
		return false;
	while (CreateFileW(wide, GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL) ==
	       INVALID_HANDLE_VALUE) {
		if (GetLastError() != ERROR_SHARING_VIOLATION || waited >= milliseconds)
			return false;
		Sleep(HOLD_PAUSE);
		waited += HOLD_PAUSE;
	}
	return true;
}
