/*
 * The only type a PIN or a key may live in: fixed size, locked in memory best
 * effort, wiped when it goes out of scope. There is no function that prints it.
 */
#ifndef KH_PROTOCOL_SECRET_H
#define KH_PROTOCOL_SECRET_H

#include <stddef.h>

#include "error.h"

#define KH_SECRET_MAX 256

struct kh_secret {
	size_t length;
	unsigned char bytes[KH_SECRET_MAX + 1]; /* always followed by a NUL */
};

void kh_secret_init(struct kh_secret *secret);
/* KH_REQUEST_TOO_LARGE when length > KH_SECRET_MAX; secret is then empty. */
KH_CHECKED enum kh_code kh_secret_set(struct kh_secret *secret, const void *bytes, size_t length);
void kh_secret_finish(struct kh_secret *secret);
/* Constant time. */
_Bool kh_secret_equal(const struct kh_secret *a, const struct kh_secret *b);
/* Wipes memory in a way the compiler keeps. */
void kh_wipe(void *bytes, size_t length);

#define KH_SECRET __attribute__((cleanup(kh_secret_finish))) struct kh_secret

#endif
