#include "tlv.h"

#include <assert.h>
#include <string.h>

static bool take(const unsigned char **at, size_t *left, unsigned *byte)
{
	if (*left == 0)
		return false;
	*byte = *(*at)++;
	--*left;
	return true;
}

static bool take_length(const unsigned char **at, size_t *left, size_t *length)
{
	unsigned byte, bytes;

	if (!take(at, left, &byte))
		return false;
	*length = byte;
	if (byte < 0x80)
		return true;
	bytes = byte & 0x7f;
	for (*length = 0; bytes > 0; bytes--) {
		if (!take(at, left, &byte))
			return false;
		*length = (*length << 8 | byte) & 0xffffff;
	}
	return true;
}

bool tlv_next(const unsigned char **at, size_t *left, struct tlv *element)
{
	unsigned more;

	if (!take(at, left, &element->tag))
		return false;
	if ((element->tag & 0x1f) == 0x1f) {
		if (!take(at, left, &more))
			return false;
		element->tag = element->tag << 8 | more;
	}
	if (!take_length(at, left, &element->length) || element->length > *left)
		return false;
	element->data = *at;
	*at += element->length;
	*left -= element->length;
	return true;
}

bool tlv_find(const unsigned char *data, size_t length, unsigned tag, struct tlv *element)
{
	while (tlv_next(&data, &length, element))
		if (element->tag == tag)
			return true;
	return false;
}

void writer_init(struct writer *writer)
{
	writer->at = sizeof writer->bytes;
}

static void prepend(struct writer *writer, const void *data, size_t length)
{
	assert(writer->at >= length);
	writer->at -= length;
	if (length > 0)
		memcpy(writer->bytes + writer->at, data, length);
}

static void prepend_byte(struct writer *writer, size_t byte)
{
	unsigned char value = (unsigned char)(byte & 0xff);

	prepend(writer, &value, 1);
}

static void prepend_head(struct writer *writer, unsigned tag, size_t length)
{
	prepend_byte(writer, length);
	if (length > 0xff) {
		prepend_byte(writer, length >> 8);
		prepend_byte(writer, 0x82);
	} else if (length > 0x7f) {
		prepend_byte(writer, 0x81);
	}
	prepend_byte(writer, tag);
	if (tag > 0xff)
		prepend_byte(writer, tag >> 8);
}

void writer_put(struct writer *writer, unsigned tag, const void *data, size_t length)
{
	prepend(writer, data, length);
	prepend_head(writer, tag, length);
}

void writer_wrap(struct writer *writer, unsigned tag, size_t end)
{
	prepend_head(writer, tag, end - writer->at);
}
