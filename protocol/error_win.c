/*
 * Failures of the system on Windows.
 */
#include "error.h"

#include <stdio.h>
#include <windows.h>

enum kh_code kh_fail_system(struct kh_error *error, const char *call)
{
	char value[24];

	snprintf(value, sizeof(value), "%lu", GetLastError());
	return kh_fail_call(error, KH_AGENT_FAILED, call, value);
}
