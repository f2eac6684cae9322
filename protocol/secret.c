/*
 * The container of PINs and keys.
 */
#include "secret.h"

#include <string.h>

#include "secret_lock.h"

void kh_wipe(void *bytes, size_t length)
{
	if (length == 0)
		return;
	memset(bytes, 0, length);
	__asm__ volatile("" : : "r"(bytes) : "memory");
}

void kh_secret_init(struct kh_secret *secret)
{
	kh_secret_lock(secret, sizeof(*secret));
	kh_wipe(secret, sizeof(*secret));
}

enum kh_code kh_secret_set(struct kh_secret *secret, const void *bytes, size_t length)
{
	kh_secret_init(secret);
	if (length > KH_SECRET_MAX)
		return KH_REQUEST_TOO_LARGE;
	if (length > 0)
		memcpy(secret->bytes, bytes, length);
	secret->length = length;
	return KH_OK;
}

void kh_secret_finish(struct kh_secret *secret)
{
	kh_wipe(secret, sizeof(*secret));
}

_Bool kh_secret_equal(const struct kh_secret *a, const struct kh_secret *b)
{
	unsigned char difference = a->length != b->length;

	for (size_t i = 0; i < KH_SECRET_MAX; i++)
		difference |= a->bytes[i] ^ b->bytes[i];
	return difference == 0;
}
