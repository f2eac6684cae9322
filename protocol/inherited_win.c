/*
 * Inherited files on Windows: libuv hands them down as the C library does, in a block of memory: their count, a byte
 * of flags for each, their handles. The C library of a 32-bit program takes every block for one of a 32-bit program;
 * so it is read here.
 */
#include "inherited.h"

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define FIRST 3	 /* those before are for everybody */
#define MOST 256 /* libuv hands down no more */

/* Handles have 32 bits that count, whatever the program. */
static bool find(uint32_t number, HANDLE *handle)
{
	STARTUPINFOW info;
	uint32_t count = 0;
	uint64_t value = 0;
	size_t width = 0;

	GetStartupInfoW(&info);
	if (info.lpReserved2 && info.cbReserved2 >= sizeof(count))
		memcpy(&count, info.lpReserved2, sizeof(count));
	if (number >= count || count > MOST)
		return false;
	width = (info.cbReserved2 - sizeof(count)) / count - 1;
	if (width != sizeof(uint32_t) && width != sizeof(uint64_t))
		return false;
	memcpy(&value, info.lpReserved2 + sizeof(count) + count + number * width, width);
	*handle = (HANDLE)(uintptr_t)value;
	return true;
}

enum kh_code kh_inherited_open(const char *number, int *handle, struct kh_error *error)
{
	char *end;
	long value = strtol(number, &end, 10);
	HANDLE file;

	if (end == number || *end || value < FIRST || value >= MOST || !find((uint32_t)value, &file))
		return kh_fail_call(error, KH_AGENT_FAILED, "kh_inherited_open", "number");
	if (!SetHandleInformation(file, HANDLE_FLAG_INHERIT, 0))
		return kh_fail_system(error, "SetHandleInformation");
	*handle = _get_osfhandle((int)value) == (intptr_t)file ? (int)value : _open_osfhandle((intptr_t)file, 0);
	return *handle >= 0 ? KH_OK : kh_fail_call(error, KH_AGENT_FAILED, "_open_osfhandle", "");
}

enum kh_code kh_inherited_pipe(int *reads, int *writes, struct kh_error *error)
{
	int ends[2];

	if (_pipe(ends, 16, _O_BINARY | _O_NOINHERIT) != 0)
		return kh_fail_system(error, "_pipe");
	*reads = ends[0];
	*writes = ends[1];
	return KH_OK;
}

void kh_inherited_wait(int reads)
{
	char none;

	(void)!_read(reads, &none, 1);
}

void kh_inherited_close(int handle)
{
	_close(handle);
}
