/*
 * How long the functions of a module took, for a module that is only tried.
 */
#ifndef KH_PKCS11_TOKEN_TIMING_H
#define KH_PKCS11_TOKEN_TIMING_H

#include <stddef.h>
#include <stdint.h>

#include "codes.h"

struct kh_timed {
	const char *call; /* stays the caller's */
	unsigned long times;
	uint64_t nanoseconds; /* of all of them */
};

struct kh_timing {
	struct kh_timed calls[KH_MODULE_ANSWER_CALLS_MAX]; /* in the order they were called first */
	size_t count;
};

/* Functions that find no room are left out. */
void kh_timing_add(struct kh_timing *timing, const char *call, uint64_t nanoseconds);

#endif
