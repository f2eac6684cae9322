/*
 * Memory locking on POSIX systems.
 */
#include "secret_lock.h"

#include <sys/mman.h>

void kh_secret_lock(const void *address, size_t length)
{
	(void)!mlock(address, length);
}
