/*
 * The rows of the generated tables. Only the codec, rpc_*.c and the
 * generated sources include this; everybody else sees struct kh_type.
 */
#ifndef KH_PROTOCOL_FIELD_H
#define KH_PROTOCOL_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "codec.h"

enum kh_kind {
	KH_KIND_TEXT,	 /* char * */
	KH_KIND_BYTES,	 /* struct kh_bytes */
	KH_KIND_INTEGER, /* int64_t */
	KH_KIND_BOOLEAN, /* bool */
	KH_KIND_ENUM,	 /* an enum, the size of int */
	KH_KIND_OBJECT,	 /* a struct, or a pointer to one */
};

/* ^prefix, or when prefix is NULL ^[set]+$ */
struct kh_pattern {
	const char *prefix;
	uint32_t set[8];
};

struct kh_field {
	const char *name;
	size_t name_length;
	enum kh_kind kind; /* of the value, or of the array's items */
	bool required;
	bool array;	   /* offset holds a pointer to items, also their number */
	bool pointer;	   /* an optional object */
	bool has;	   /* also is the offset of a bool */
	bool secret;	   /* wiped by kh_clear() */
	bool time;	   /* RFC 3339 */
	const char *alias; /* of a text: what stands for it where it is redacted; NULL: it is open */
	size_t offset;
	size_t also;
	int64_t minimum; /* an integer's value, a text's characters, */
	int64_t maximum; /* the base64 characters of bytes */
	size_t items_min;
	size_t items_max;
	const struct kh_pattern *pattern;
	const struct kh_type *type;
	const struct kh_enum *names;
};

/* Size of one value (an array's item) in its struct. */
size_t kh_field_size(const struct kh_field *field);
/* Whether an optional field was given. */
bool kh_field_present(const struct kh_field *field, const void *object);
/* Number of characters, pattern, date; text is UTF-8. */
bool kh_field_accepts_text(const struct kh_field *field, const char *text, size_t length);

/* Where in a message the codec is; built only on the stack. */
struct kh_path {
	const struct kh_path *up;
	const char *name; /* NULL: index */
	size_t index;
};
/* The dotted path with a last part (may be NULL); cut when too long. */
void kh_path_text(const struct kh_path *path, const char *last, char *text, size_t size);

/* Appends a JSON string; false when text is no UTF-8. */
bool kh_json_append_text(struct kh_buffer *out, const char *text, size_t length);

#endif
