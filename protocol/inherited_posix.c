/*
 * Inherited files on POSIX: descriptors.
 */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

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

enum kh_code kh_inherited_pipe(int *reads, int *writes, struct kh_error *error)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return kh_fail_system(error, "pipe2");
	*reads = ends[0];
	*writes = ends[1];
	return KH_OK;
}

void kh_inherited_wait(int reads)
{
	char none;

	while (read(reads, &none, 1) < 0 && errno == EINTR)
		;
}

void kh_inherited_close(int handle)
{
	close(handle);
}
