/* The marks of an order's objects. */
#include "key/mark.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

#define PREFIX "kh:"
#define DIGITS 24
#define ENCRYPTION ":e"

static void hash(uint8_t out[SHA256_DIGEST_LENGTH], const char *order, const char *what)
{
	char text[96];

	snprintf(text, sizeof(text), "keyhall:%s%s", order, what);
	SHA256((const unsigned char *)text, strlen(text), out);
}

static void set_label(struct kh_order_mark *mark, const uint8_t digest[SHA256_DIGEST_LENGTH], const char *what)
{
	char hex[DIGITS + 1];

	kh_hex(digest, DIGITS / 2, hex);
	snprintf(mark->label, sizeof(mark->label), PREFIX "%s%s", hex, what);
}

static void set_id(struct kh_order_mark *mark, const uint8_t digest[SHA256_DIGEST_LENGTH])
{
	memcpy(mark->id, digest, sizeof(mark->id));
	mark->known = true;
}

void kh_order_mark(struct kh_order_mark *mark, const char *order)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	hash(digest, order, "");
	set_id(mark, digest);
	set_label(mark, digest, "");
}

void kh_order_encryption_mark(struct kh_order_mark *mark, const char *order)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	hash(digest, order, "");
	set_label(mark, digest, ENCRYPTION);
	hash(digest, order, ":enc");
	set_id(mark, digest);
}

bool kh_mark_is_label(const char *label)
{
	size_t digits;

	if (strncmp(label, PREFIX, strlen(PREFIX)) != 0)
		return false;
	label += strlen(PREFIX);
	digits = strspn(label, "0123456789abcdef");
	return digits == DIGITS && (!label[digits] || strcmp(label + digits, ENCRYPTION) == 0);
}

void kh_order_marks_of_label(struct kh_order_mark *mark, struct kh_order_mark *encryption, const char *label)
{
	*mark = (struct kh_order_mark){.known = false};
	*encryption = (struct kh_order_mark){.known = false};
	snprintf(mark->label, sizeof(mark->label), "%.*s", (int)(strlen(PREFIX) + DIGITS), label);
	snprintf(encryption->label, sizeof(encryption->label), "%.*s" ENCRYPTION, (int)(strlen(PREFIX) + DIGITS),
		 label);
}

bool kh_mark_has_id(const struct kh_order_mark *mark, const void *id, size_t length)
{
	char hex[DIGITS + 1];

	if (length != sizeof(mark->id))
		return false;
	if (mark->known)
		return memcmp(id, mark->id, length) == 0;
	kh_hex(id, DIGITS / 2, hex);
	return strcmp(mark->label + strlen(PREFIX), hex) == 0;
}
