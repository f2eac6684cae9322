/* PKCS#11 URIs of tokens. */
#include "token/uri.h"

#include <ctype.h>
#include <string.h>

bool kh_token_name_equal(const struct kh_token_name *a, const struct kh_token_name *b)
{
	return strcmp(a->serial, b->serial) == 0 && strcmp(a->label, b->label) == 0 &&
	       strcmp(a->manufacturer, b->manufacturer) == 0 && strcmp(a->model, b->model) == 0;
}

static bool is_plain(unsigned char c)
{
	/* RFC 7512, 2.3: unreserved and the pk11-res-avail characters without '&'. */
	return isalnum(c) || (c && strchr("-._~:[]@!$'()*+,=", c));
}

static void append_attribute(struct kh_buffer *out, const char *name, const char *value)
{
	kh_buffer_append_text(out, name);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (is_plain(c))
			kh_buffer_append(out, value, 1);
		else
			kh_buffer_printf(out, "%%%02X", c);
	}
}

void kh_uri_append(struct kh_buffer *out, const struct kh_token_name *name)
{
	append_attribute(out, "pkcs11:model=", name->model);
	append_attribute(out, ";manufacturer=", name->manufacturer);
	append_attribute(out, ";serial=", name->serial);
	append_attribute(out, ";token=", name->label);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(const char *text, size_t length, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		int value = (unsigned char)text[i];

		if (text[i] == '%') {
			if (length - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
				return false;
			value = hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]);
			i += 2;
		}
		if (value == 0 || used + 1 >= size)
			return false;
		out[used++] = (char)value;
	}
	out[used] = '\0';
	return true;
}

static const char *find(const struct kh_token_name *name, const char *key, size_t length)
{
	const struct {
		const char *key;
		const char *value;
	} attributes[] = {
		{"manufacturer", name->manufacturer},
		{"model", name->model},
		{"serial", name->serial},
		{"token", name->label},
	};

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (strlen(attributes[i].key) == length && memcmp(attributes[i].key, key, length) == 0)
			return attributes[i].value;
	}
	return NULL;
}

bool kh_uri_matches(const char *uri, const struct kh_token_name *name)
{
	unsigned matched = 0;

	if (strncmp(uri, "pkcs11:", 7) != 0)
		return false;
	uri += 7;
	while (*uri && *uri != '?') {
		size_t length = strcspn(uri, ";?");
		const char *equals = memchr(uri, '=', length);
		char value[sizeof(name->label)];
		const char *own;

		if (!equals)
			return false;
		own = find(name, uri, (size_t)(equals - uri));
		if (!own || !decode(equals + 1, length - (size_t)(equals + 1 - uri), value, sizeof(value)) ||
		    strcmp(own, value) != 0)
			return false;
		matched++;
		uri += length;
		if (*uri == ';')
			uri++;
	}
	return matched > 0;
}
