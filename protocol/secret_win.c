/*
 * Memory locking on Windows.
 */
#include "secret_lock.h"

#include <stdint.h>
#include <windows.h>

void kh_secret_lock(const void *address, size_t length)
{
	(void)VirtualLock((void *)(uintptr_t)address, length);
}
