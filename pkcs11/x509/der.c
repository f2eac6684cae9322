/* Reading and writing DER. */
#include "x509/der.h"

#include <string.h>

bool kh_span_equal(struct kh_span a, struct kh_span b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static bool read_length(const struct kh_span *in, size_t *header, size_t *length)
{
	size_t count = in->data[1] & 0x7fu;

	if (!(in->data[1] & 0x80u)) {
		*header = 2;
		*length = in->data[1];
		return true;
	}
	if (count == 0 || count > 4 || in->length < 2 + count || in->data[2] == 0)
		return false;
	*header = 2 + count;
	*length = 0;
	for (size_t i = 0; i < count; i++)
		*length = *length << 8 | in->data[2 + i];
	return *length >= 0x80;
}

bool kh_der_next(struct kh_span *in, struct kh_tlv *out)
{
	size_t header;
	size_t length;

	if (in->length < 2 || (in->data[0] & 0x1fu) == 0x1fu || !read_length(in, &header, &length))
		return false;
	if (length > in->length - header)
		return false;
	out->tag = in->data[0];
	out->whole = (struct kh_span){in->data, header + length};
	out->body = (struct kh_span){in->data + header, length};
	in->data += header + length;
	in->length -= header + length;
	return true;
}

bool kh_der_expect(struct kh_span *in, unsigned tag, struct kh_tlv *out)
{
	return in->length > 0 && in->data[0] == tag && kh_der_next(in, out);
}

bool kh_der_optional(struct kh_span *in, unsigned tag, struct kh_tlv *out)
{
	return kh_der_expect(in, tag, out);
}

/* Decimal, backwards from end; printf() would cost more than all the rest of a name. */
static const char *decimal(char *end, uint64_t number)
{
	do {
		*--end = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return end;
}

static bool append_arc(char *text, size_t size, size_t *used, uint64_t arc)
{
	char digits[24];
	const char *end = digits + sizeof(digits);
	const char *start = decimal(digits + sizeof(digits), arc);
	size_t dot = *used > 0, length = (size_t)(end - start);

	if (dot + length >= size - *used)
		return false;
	if (dot)
		text[*used] = '.';
	memcpy(text + *used + dot, start, length);
	*used += dot + length;
	text[*used] = '\0';
	return true;
}

bool kh_der_oid_text(struct kh_span body, char *text, size_t size)
{
	uint64_t arc = 0;
	size_t used = 0;

	if (body.length == 0 || size == 0 || (body.data[body.length - 1] & 0x80u))
		return false;
	for (size_t i = 0; i < body.length; i++) {
		if (arc > UINT64_MAX >> 7)
			return false;
		arc = arc << 7 | (body.data[i] & 0x7fu);
		if (body.data[i] & 0x80u)
			continue;
		if (used == 0) { /* the first two in one */
			uint64_t top = arc < 80 ? arc / 40 : 2;

			if (!append_arc(text, size, &used, top))
				return false;
			arc -= top * 40;
		}
		if (!append_arc(text, size, &used, arc))
			return false;
		arc = 0;
	}
	return true;
}

static size_t write_header(uint8_t *header, unsigned tag, size_t length)
{
	size_t count = 0;

	header[0] = (uint8_t)tag;
	if (length < 0x80) {
		header[1] = (uint8_t)length;
		return 2;
	}
	for (size_t rest = length; rest; rest >>= 8)
		count++;
	header[1] = (uint8_t)(0x80u | count);
	for (size_t i = 0; i < count; i++)
		header[2 + i] = (uint8_t)(length >> 8 * (count - 1 - i));
	return 2 + count;
}

void kh_der_put(struct kh_buffer *out, unsigned tag, const void *body, size_t length)
{
	uint8_t header[2 + sizeof(size_t)];

	kh_buffer_append(out, header, write_header(header, tag, length));
	if (length)
		kh_buffer_append(out, body, length);
}

void kh_der_put_unsigned(struct kh_buffer *out, const uint8_t *number, size_t length)
{
	size_t from = out->length;

	while (length > 1 && number[0] == 0) {
		number++;
		length--;
	}
	if (length == 0 || (number[0] & 0x80u))
		kh_buffer_append(out, "", 1);
	kh_buffer_append(out, number, length);
	kh_der_wrap(out, from, KH_DER_INTEGER);
}

void kh_der_wrap(struct kh_buffer *out, size_t from, unsigned tag)
{
	uint8_t header[2 + sizeof(size_t)];
	size_t body = out->length - from;
	size_t count = write_header(header, tag, body);

	kh_buffer_append(out, header, count);
	if (out->failed)
		return;
	memmove(out->data + from + count, out->data + from, body);
	memcpy(out->data + from, header, count);
}
