/*
 * Byte strings, the growing buffer, hex, UTF-8 and base64.
 */
#include "bytes.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MIN 256

void kh_bytes_finish(struct kh_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct kh_bytes){0};
}

enum kh_code kh_bytes_copy(struct kh_bytes *out, const void *data, size_t length)
{
	uint8_t *copy = malloc(length + 1);

	if (!copy)
		return KH_AGENT_FAILED;
	if (length > 0)
		memcpy(copy, data, length);
	*out = (struct kh_bytes){copy, length};
	return KH_OK;
}

/* Room for more bytes and the NUL. */
static bool reserve(struct kh_buffer *buffer, size_t more)
{
	size_t size = buffer->size ? buffer->size : BUFFER_MIN;
	char *data;

	if (buffer->failed || more >= KH_BUFFER_MAX - buffer->length) {
		buffer->failed = true;
		return false;
	}
	if (buffer->length + more < buffer->size)
		return true;
	while (size <= buffer->length + more)
		size *= 2;
	data = realloc(buffer->data, size);
	if (!data) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->size = size;
	return true;
}

void kh_buffer_append(struct kh_buffer *buffer, const void *data, size_t length)
{
	if (!reserve(buffer, length))
		return;
	if (length > 0)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void kh_buffer_append_text(struct kh_buffer *buffer, const char *text)
{
	kh_buffer_append(buffer, text, strlen(text));
}

void kh_buffer_printf(struct kh_buffer *buffer, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || !reserve(buffer, (size_t)length)) {
		buffer->failed = true;
		return;
	}
	va_start(arguments, format);
	vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer->length += (size_t)length;
}

void kh_buffer_cut(struct kh_buffer *buffer, size_t length)
{
	if (length >= buffer->length)
		return;
	buffer->length = length;
	buffer->data[length] = '\0';
}

void kh_buffer_finish(struct kh_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct kh_buffer){0};
}

uint64_t kh_hash(uint64_t hash, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

void kh_hex(const void *data, size_t length, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

size_t kh_utf8_sequence(const char *text, size_t left)
{
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned char first = bytes[0], low = 0x80, high = 0xbf;
	size_t length = first < 0x80   ? 1
			: first < 0xc2 ? 0
			: first < 0xe0 ? 2
			: first < 0xf0 ? 3
			: first < 0xf5 ? 4
				       : 0;

	if (length < 2)
		return length;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (left < length || bytes[1] < low || bytes[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

uint32_t kh_utf8_point(const char *text, size_t length)
{
	static const uint8_t marks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t point = (uint8_t)text[0] & marks[length];

	for (size_t i = 1; i < length; i++)
		point = point << 6 | ((uint8_t)text[i] & 0x3fu);
	return point;
}

void kh_utf8_append(struct kh_buffer *out, const void *text, size_t length)
{
	const uint8_t *bytes = text;

	while (length > 0) {
		size_t count = bytes[0] == 0 ? 0 : kh_utf8_sequence((const char *)bytes, length);
		bool control = (count == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7f)) ||
			       (count == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0);

		if (count && !control)
			kh_buffer_append(out, bytes, count);
		else
			kh_buffer_append_text(out, "\xef\xbf\xbd");
		bytes += count ? count : 1;
		length -= count ? count : 1;
	}
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* pad 0: none */
static void append_base64(struct kh_buffer *buffer, const uint8_t *data, size_t length, const char *digits, char pad)
{
	for (size_t i = 0; i < length; i += 3) {
		size_t count = length - i < 3 ? length - i : 3;
		uint32_t group = (uint32_t)data[i] << 16;
		char out[4];

		group |= count > 1 ? (uint32_t)data[i + 1] << 8 : 0;
		group |= count > 2 ? (uint32_t)data[i + 2] : 0;
		for (size_t j = 0; j < 4; j++)
			out[j] = j <= count ? digits[(group >> (18 - 6 * j)) & 63] : pad;
		kh_buffer_append(buffer, out, pad ? 4 : count + 1);
	}
}

void kh_base64url_append(struct kh_buffer *buffer, const void *data, size_t length)
{
	append_base64(buffer, data, length, base64url, '\0');
}

void kh_base64_append(struct kh_buffer *buffer, const void *data, size_t length)
{
	append_base64(buffer, data, length, base64, '=');
}

/* One group of up to four characters. */
static bool decode_group(const char *text, size_t count, const char *digits, uint8_t *out)
{
	uint32_t group = 0;

	for (size_t i = 0; i < count; i++) {
		const char *found = text[i] ? strchr(digits, text[i]) : NULL;

		if (!found)
			return false;
		group |= (uint32_t)(found - digits) << (18 - 6 * i);
	}
	for (size_t i = 0; i + 1 < count; i++)
		out[i] = (uint8_t)(group >> (16 - 8 * i));
	return count == 4 || (count > 1 && (group & (count == 3 ? 0xff : 0xffff)) == 0);
}

/* Without padding. */
static enum kh_code decode(const char *text, size_t length, const char *digits, struct kh_bytes *out)
{
	uint8_t *data = malloc(length / 4 * 3 + 3);

	if (!data)
		return KH_AGENT_FAILED;
	for (size_t i = 0; i < length; i += 4) {
		if (!decode_group(text + i, length - i < 4 ? length - i : 4, digits, data + i / 4 * 3)) {
			free(data);
			return KH_REQUEST_INVALID;
		}
	}
	*out = (struct kh_bytes){data, length * 3 / 4};
	return KH_OK;
}

enum kh_code kh_base64url_decode(const char *text, size_t length, struct kh_bytes *out)
{
	return decode(text, length, base64url, out);
}

enum kh_code kh_base64_decode(const char *text, size_t length, struct kh_bytes *out)
{
	size_t padding = length >= 4 && text[length - 1] == '=' ? (text[length - 2] == '=' ? 2 : 1) : 0;

	return length % 4 != 0 ? KH_REQUEST_INVALID : decode(text, length - padding, base64, out);
}
