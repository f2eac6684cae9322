/* Adding up. */
#include "token/timing.h"

#include <string.h>

void kh_timing_add(struct kh_timing *timing, const char *call, uint64_t nanoseconds)
{
	const size_t room = sizeof(timing->calls) / sizeof(timing->calls[0]);
	size_t at = 0;

	while (at < timing->count && strcmp(timing->calls[at].call, call) != 0)
		at++;
	if (at == room)
		return;
	if (at == timing->count)
		timing->calls[timing->count++] = (struct kh_timed){.call = call};
	timing->calls[at].times++;
	timing->calls[at].nanoseconds += nanoseconds;
}
