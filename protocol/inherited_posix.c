/*
 * Inherited files on POSIX: descriptors.
 */
#include "inherited.h"

#include <fcntl.h>
#include <stdlib.h>

enum kh_code kh_inherited_open(const char *number, int *handle, struct kh_error *error)
{
	char *end;
	long value = strtol(number, &end, 10);

	if (end == number || *end || value < 3 || value > 65535)
		return kh_fail_call(error, KH_AGENT_FAILED, "kh_inherited_open", "number");
	if (fcntl((int)value, F_SETFD, FD_CLOEXEC) != 0)
		return kh_fail_system(error, "fcntl");
	*handle = (int)value;
	return KH_OK;
}
