/*
 * Failures of the system on POSIX.
 */
#include "error.h"

#include <errno.h>
#include <stdio.h>

enum kh_code kh_fail_system(struct kh_error *error, const char *call)
{
	char value[24];

	snprintf(value, sizeof(value), "%d", errno);
	return kh_fail_call(error, KH_AGENT_FAILED, call, value);
}
