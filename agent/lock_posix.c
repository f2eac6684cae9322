/*
 * The single-instance lock as flock on a file of the state folder, and beside it a
 * lock of the process, of which the system tells whose it is.
 */
#include "lock_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static int open_file(const char *folder, int flags)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/keyhalld.lock", folder);
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

enum kh_code kh_lock_take(const char *folder, struct kh_lock *lock, struct kh_error *error)
{
	int handle = open_file(folder, O_RDWR | O_CREAT);

	if (handle < 0)
		return kh_fail_system(error, "open");
	if (flock(handle, LOCK_EX | LOCK_NB) != 0) {
		enum kh_code code =
			errno == EWOULDBLOCK ? kh_fail(error, KH_AGENT_BUSY) : kh_fail_system(error, "flock");

		close(handle);
		return code;
	}
	/* flock() does not tell who has it. */
	(void)fcntl(handle, F_SETLK, &(struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET});
	lock->handle = handle;
	return KH_OK;
}

bool kh_lock_held(const char *folder)
{
	int handle = open_file(folder, O_RDONLY);
	bool held = handle >= 0 && flock(handle, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (handle >= 0)
		close(handle);
	return held;
}

pid_t kh_lock_holder(const char *folder)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int handle = open_file(folder, O_RDONLY);
	bool found = handle >= 0 && fcntl(handle, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;

	if (handle >= 0)
		close(handle);
	return found ? whole.l_pid : 0;
}

void kh_lock_release(struct kh_lock *lock)
{
	if (lock->handle > 0)
		close((int)lock->handle);
	lock->handle = 0;
}
