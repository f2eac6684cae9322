/*
 * The jail on Windows: a job with limits. The network stays: only an installed program
 * can be kept from it.
 */
#include "jail.h"

#include <windows.h>

#include "wide_win.h"

#define MEMORY ((SIZE_T)4 << 30) /* bytes of each process */
#define PROCESSES 64

static enum kh_code set_limits(struct kh_error *error)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
		.BasicLimitInformation = {.LimitFlags =
						  JOB_OBJECT_LIMIT_PROCESS_MEMORY | JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
					  .ActiveProcessLimit = PROCESSES},
		.ProcessMemoryLimit = MEMORY,
	};
	HANDLE job = CreateJobObjectW(NULL, NULL);

	if (!job)
		return kh_fail_system(error, "CreateJobObject");
	if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)))
		return kh_fail_system(error, "SetInformationJobObject");
	return AssignProcessToJobObject(job, GetCurrentProcess()) ? KH_OK
								  : kh_fail_system(error, "AssignProcessToJobObject");
}

enum kh_code kh_jail_enter(const char *folder, bool *isolated, struct kh_error *error)
{
	static const wchar_t *const own[] = {L"USERPROFILE", L"APPDATA", L"LOCALAPPDATA", L"HOME", L"TEMP", L"TMP"};
	wchar_t wide[KH_WIDE_MAX];

	if (!kh_wide(folder, wide, KH_WIDE_MAX) || !SetCurrentDirectoryW(wide))
		return kh_fail_system(error, "SetCurrentDirectory");
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (!SetEnvironmentVariableW(own[i], wide))
			return kh_fail_system(error, "SetEnvironmentVariable");
	}
	*isolated = false;
	return set_limits(error);
}
