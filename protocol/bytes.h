/*
 * Byte strings and a growing buffer. Memory comes from malloc and is owned by
 * the struct; finish accepts a zeroed struct and leaves one.
 */
#ifndef KH_PROTOCOL_BYTES_H
#define KH_PROTOCOL_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* A byte string; on the wire base64 (RFC 4648, 4, padded). */
struct kh_bytes {
	uint8_t *data;
	size_t length;
};

void kh_bytes_finish(struct kh_bytes *bytes);
KH_CHECKED enum kh_code kh_bytes_copy(struct kh_bytes *out, const void *data, size_t length);

/* A text or byte buffer under construction, NUL behind its end. */
struct kh_buffer {
	char *data;
	size_t length;
	size_t size;
	_Bool failed; /* out of memory or over KH_BUFFER_MAX; sticks */
};

#define KH_BUFFER_MAX (16u * 1024 * 1024)

void kh_buffer_append(struct kh_buffer *buffer, const void *data, size_t length);
void kh_buffer_append_text(struct kh_buffer *buffer, const char *text);
void kh_buffer_printf(struct kh_buffer *buffer, const char *format, ...) KH_PRINTF(2, 3);
/* Takes back what was appended beyond length. */
void kh_buffer_cut(struct kh_buffer *buffer, size_t length);
void kh_buffer_finish(struct kh_buffer *buffer);

/* FNV-1a, 64 bits, over what came before and data: for names and for noticing a
 * change, never against anybody. Begins with KH_HASH_START. */
#define KH_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t kh_hash(uint64_t hash, const void *data, size_t length);

/* Lower-case hex; out has room for 2 * length + 1. */
void kh_hex(const void *data, size_t length, char *out);
/* Length of the UTF-8 sequence at text, of which left bytes are there (> 0); 0
 * when it is none (RFC 3629). */
size_t kh_utf8_sequence(const char *text, size_t left);
/* The character that a sequence of this length is. */
uint32_t kh_utf8_point(const char *text, size_t length);
/* Appends text with anything that is not UTF-8, and every control character,
 * replaced by U+FFFD: what a key or a file's name says is shown on terminals and
 * in PIN windows. */
void kh_utf8_append(struct kh_buffer *out, const void *text, size_t length);

/* base64url without padding (RFC 7515), appended. */
void kh_base64url_append(struct kh_buffer *buffer, const void *data, size_t length);
/* base64 with padding (RFC 4648, 4), appended. */
void kh_base64_append(struct kh_buffer *buffer, const void *data, size_t length);
/* The reverse, strict: padded, no white space, no stray bits. What is no
 * base64 is KH_REQUEST_INVALID; out->data is not NULL on success, even when
 * nothing was encoded. */
KH_CHECKED enum kh_code kh_base64_decode(const char *text, size_t length, struct kh_bytes *out);
/* The same of base64url, which has no padding. */
KH_CHECKED enum kh_code kh_base64url_decode(const char *text, size_t length, struct kh_bytes *out);

#endif
