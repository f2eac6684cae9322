/* The clock that goes on while the machine sleeps, on Windows. */
#include "x509/moment.h"

#include <windows.h>

uint64_t kh_time_elapsed(void)
{
	return GetTickCount64();
}
