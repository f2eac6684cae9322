/* Reading and writing DER. */
#include "x509/der.h"

#include <string.h>

bool kh_span_equal(struct kh_span a, struct kh_span b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* Bytes of the tag at the front; 0: it does not end. */
static size_t tag_length(const struct kh_span *in)
{
	size_t count = 1;

	if (in->length < 2 || (in->data[0] & 0x1fu) != 0x1fu)
		return in->length < 2 ? 0 : 1;
	while (count < in->length && (in->data[count] & 0x80u))
		count++;
	return count + 1;
}

static bool read_length(const struct kh_span *in, size_t *header, size_t *length)
{
	size_t at = tag_length(in);
	size_t count;

	if (at == 0 || at >= in->length)
		return false;
	count = in->data[at] & 0x7fu;
	if (!(in->data[at] & 0x80u)) {
		*header = at + 1;
		*length = in->data[at];
		return true;
	}
	if (count == 0 || count > 4 || in->length < at + 1 + count || in->data[at + 1] == 0)
		return false;
	*header = at + 1 + count;
	*length = 0;
	for (size_t i = 0; i < count; i++)
		*length = *length << 8 | in->data[at + 1 + i];
	return *length >= 0x80;
}

bool kh_der_next(struct kh_span *in, struct kh_tlv *out)
{
	size_t header;
	size_t length;

	if (!read_length(in, &header, &length) || length > in->length - header)
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

/* A number of an OID in decimal, the last digit first; printf() would cost more
 * than all the rest of a name. */
struct arc {
	uint8_t digits[KH_OID_TEXT];
	size_t count;
};

/* number * factor + more, where more < factor; false when it becomes too long. */
static bool grow(struct arc *arc, unsigned factor, unsigned more)
{
	for (size_t i = 0; i < arc->count; i++) {
		more += arc->digits[i] * factor;
		arc->digits[i] = (uint8_t)(more % 10);
		more /= 10;
	}
	for (; more > 0; more /= 10) {
		if (arc->count == sizeof(arc->digits))
			return false;
		arc->digits[arc->count++] = (uint8_t)(more % 10);
	}
	return true;
}

static unsigned small_value(const struct arc *arc)
{
	unsigned value = 0;

	for (size_t i = arc->count; i > 0; i--)
		value = value * 10 + arc->digits[i - 1];
	return value;
}

/* The first number of the text stands in front of the second, as 40 times it. */
static unsigned take_top(struct arc *arc)
{
	unsigned top = arc->count > 2 || small_value(arc) >= 80 ? 2 : small_value(arc) / 40;
	unsigned rest = 40 * top;

	for (size_t i = 0; i < arc->count && rest > 0; i++) {
		unsigned digit = rest % 10;
		unsigned borrow = arc->digits[i] < digit;

		arc->digits[i] = (uint8_t)(arc->digits[i] + 10 * borrow - digit);
		rest = rest / 10 + borrow;
	}
	while (arc->count > 0 && arc->digits[arc->count - 1] == 0)
		arc->count--;
	return top;
}

static bool append_arc(char *text, size_t size, size_t *used, const struct arc *arc)
{
	size_t length = arc->count > 0 ? arc->count : 1;

	if (1 + length >= size - *used)
		return false;
	text[(*used)++] = '.';
	for (size_t i = 0; i < length; i++)
		text[(*used)++] = (char)('0' + (arc->count > 0 ? arc->digits[length - 1 - i] : 0));
	text[*used] = '\0';
	return true;
}

bool kh_der_oid_text(struct kh_span body, char *text, size_t size)
{
	struct arc arc;
	size_t used = 0;

	arc.count = 0;
	if (body.length == 0 || size < 2 || (body.data[body.length - 1] & 0x80u))
		return false;
	for (size_t i = 0; i < body.length; i++) {
		if (!grow(&arc, 128, body.data[i] & 0x7fu))
			return false;
		if (body.data[i] & 0x80u)
			continue;
		if (used == 0)
			text[used++] = (char)('0' + take_top(&arc));
		if (!append_arc(text, size, &used, &arc))
			return false;
		arc.count = 0;
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
