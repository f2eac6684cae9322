/* The clock that goes on while the machine sleeps, on Linux. */
#include "x509/moment.h"

#include <time.h>

uint64_t kh_time_elapsed(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}
