/*
 * Inherited files on Windows: descriptors of the C library, which libuv hands down.
 */
#include "inherited.h"

#include <io.h>
#include <stdlib.h>
#include <windows.h>

enum kh_code kh_inherited_open(const char *number, int *handle, struct kh_error *error)
{
	char *end;
	long value = strtol(number, &end, 10);
	intptr_t file;

	if (end == number || *end || value < 3 || value > 65535)
		return kh_fail_call(error, KH_AGENT_FAILED, "kh_inherited_open", "number");
	file = _get_osfhandle((int)value);
	if (file == -1 || file == -2 || !SetHandleInformation((HANDLE)file, HANDLE_FLAG_INHERIT, 0))
		return kh_fail_system(error, "_get_osfhandle");
	*handle = (int)value;
	return KH_OK;
}
