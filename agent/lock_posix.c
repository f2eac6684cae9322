/*
 * The single-instance lock as flock on a file of the state folder.
 */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum kh_code kh_lock_take(const char *folder, struct kh_lock *lock, struct kh_error *error)
{
	char path[4200];
	int handle;

	snprintf(path, sizeof(path), "%s/keyhalld.lock", folder);
	handle = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (handle < 0)
		return kh_fail_system(error, "open");
	if (flock(handle, LOCK_EX | LOCK_NB) != 0) {
		enum kh_code code =
			errno == EWOULDBLOCK ? kh_fail(error, KH_AGENT_BUSY) : kh_fail_system(error, "flock");

		close(handle);
		return code;
	}
	lock->handle = handle;
	return KH_OK;
}

void kh_lock_release(struct kh_lock *lock)
{
	if (lock->handle > 0)
		close(lock->handle);
	lock->handle = 0;
}
