/* An object is a list of attributes; this is the list, its file form and the matching of templates. */
#include <stdlib.h>
#include <string.h>

#include "softkey.h"

#define HEAD (2 * sizeof(uint64_t)) /* type and length */

static const char magic[8] = {'S', 'O', 'F', 'T', 'K', 'E', 'Y', '1'};

struct attribute *attribute_get(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < object->count; i++)
		if (object->attributes[i].type == type)
			return &object->attributes[i];
	return NULL;
}

static struct attribute *make_room(struct object *object, CK_ATTRIBUTE_TYPE type)
{
	struct attribute *attribute = attribute_get(object, type);

	if (attribute)
		return attribute;
	object->attributes = realloc(object->attributes, (object->count + 1) * sizeof *object->attributes);
	if (!object->attributes)
		abort();
	attribute = &object->attributes[object->count++];
	*attribute = (struct attribute){.type = type};
	return attribute;
}

void attribute_set(struct object *object, CK_ATTRIBUTE_TYPE type, const void *value, size_t length)
{
	struct attribute *attribute = make_room(object, type);
	unsigned char *copy = malloc(length + 1);

	if (!copy)
		abort();
	if (length > 0)
		memcpy(copy, value, length);
	free(attribute->value);
	attribute->value = copy;
	attribute->length = length;
}

void attribute_set_default(struct object *object, CK_ATTRIBUTE_TYPE type, const void *value, size_t length)
{
	if (!attribute_get(object, type))
		attribute_set(object, type, value, length);
}

void attribute_drop(struct object *object, CK_ATTRIBUTE_TYPE type)
{
	struct attribute *attribute = attribute_get(object, type);

	if (!attribute)
		return;
	free(attribute->value);
	*attribute = object->attributes[--object->count];
}

void attributes_take(struct object *object, const CK_ATTRIBUTE *template, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++)
		attribute_set(object, template[i].type, template[i].pValue, template[i].ulValueLen);
}

CK_ULONG attribute_number(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
	const struct attribute *attribute = attribute_get(object, type);
	CK_ULONG number = CK_UNAVAILABLE_INFORMATION;

	if (attribute && attribute->length == sizeof number)
		memcpy(&number, attribute->value, sizeof number);
	return number;
}

bool attribute_flag(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
	const struct attribute *attribute = attribute_get(object, type);

	return attribute && attribute->length == 1 && attribute->value[0] != CK_FALSE;
}

bool attributes_match(const struct object *object, const CK_ATTRIBUTE *template, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++) {
		const struct attribute *attribute = attribute_get(object, template[i].type);

		if (!attribute || attribute->type == ATTRIBUTE_SECRET || attribute->length != template[i].ulValueLen ||
		    memcmp(attribute->value, template[i].pValue, attribute->length) != 0)
			return false;
	}
	return true;
}

static int by_type(const void *a, const void *b)
{
	const struct attribute *one = a, *other = b;

	return (one->type > other->type) - (one->type < other->type);
}

static unsigned char *pack_one(unsigned char *at, const struct attribute *attribute)
{
	const uint64_t head[] = {attribute->type, attribute->length};

	memcpy(at, head, sizeof head);
	memcpy(at + sizeof head, attribute->value, attribute->length);
	return at + sizeof head + attribute->length;
}

/* The magic, then for each attribute: type, length (8 bytes each, host order), value. */
void *attributes_pack(const struct object *object, size_t *length)
{
	size_t size = sizeof magic;
	unsigned char *data, *at;

	qsort(object->attributes, object->count, sizeof *object->attributes, by_type);
	for (size_t i = 0; i < object->count; i++)
		size += HEAD + object->attributes[i].length;
	data = malloc(size);
	if (!data)
		abort();
	memcpy(data, magic, sizeof magic);
	at = data + sizeof magic;
	for (size_t i = 0; i < object->count; i++)
		at = pack_one(at, &object->attributes[i]);
	*length = size;
	return data;
}

static size_t attribute_end(const unsigned char *data, size_t at)
{
	uint64_t head[2];

	memcpy(head, data + at, sizeof head);
	return at + sizeof head + (size_t)head[1];
}

size_t attributes_part(const unsigned char *data, size_t length, int percent)
{
	size_t count = 0, at;

	for (at = sizeof magic; at < length; at = attribute_end(data, at))
		count++;
	at = sizeof magic;
	for (size_t kept = count * (size_t)percent / 100; kept > 0; kept--)
		at = attribute_end(data, at);
	return percent > 0 ? at : 0;
}

bool attributes_unpack(struct object *object, const unsigned char *data, size_t length)
{
	size_t at = sizeof magic;

	if (length == 0)
		return true;
	if (length < sizeof magic || memcmp(data, magic, sizeof magic) != 0)
		return false;
	while (at < length) {
		uint64_t head[2];

		if (length - at < sizeof head)
			return false;
		memcpy(head, data + at, sizeof head);
		at += sizeof head;
		if (head[1] > length - at)
			return false;
		attribute_set(object, (CK_ATTRIBUTE_TYPE)head[0], data + at, (size_t)head[1]);
		at += (size_t)head[1];
	}
	return true;
}
