/*
 * JSON to struct and back, driven by tables that are generated from the
 * contract. This is the only door between JSON text and C: behind it there is
 * no JSON, only typed structs.
 *
 * Decoding is strict: unknown, duplicate and missing fields, wrong types,
 * lengths, patterns and values outside an enum are request.invalid with the
 * field's dotted path ("order", "chain.2", "encryption.format"); NUL inside a
 * string too. A field nobody knows is named only when its name looks like one,
 * so that an error never quotes what a page put in the wrong place. Text that
 * is no JSON has an empty field and error.value "line:column", where reading
 * stopped. jansson reads; what it held is wiped.
 *
 * Decoded structs own their memory: strings and arrays come from malloc and
 * are released by kh_clear(). An optional field that was absent is NULL (text,
 * object, the data of bytes), 0 items (array), the enum's 0 (KH_..._NONE;
 * KH_..._UNSET where the contract has a value "none"), false, or has_<field>
 * false (integer; bool where the contract gives a default). An optional array
 * that was given empty is the same as absent; so is a bool without has_ that
 * was given false.
 *
 * Encoding holds the same limits: a struct that breaks the contract is
 * agent.failed with call "kh_encode" and the field's path, and nothing is
 * written. Text must be UTF-8.
 *
 * The defaults of configuration.schema.json are the lowest layer of the
 * configuration: kh_config_defaults() in configuration.h, then kh_overlay().
 */
#ifndef KH_PROTOCOL_CODEC_H
#define KH_PROTOCOL_CODEC_H

#include <stddef.h>

#include "bytes.h"
#include "error.h"

/* One row a field; generated, read only in this room (field.h). */
struct kh_field;

struct kh_type {
	const char *name; /* as in the contract */
	size_t size;	  /* of the C struct */
	const struct kh_field *fields;
	size_t count;
};

/* Reads one JSON object. out is written only on success, then owned by the
 * caller; it need not be initialised. */
KH_CHECKED enum kh_code kh_decode(const struct kh_type *type, const char *text, size_t length, void *out,
				  struct kh_error *error);

/* After a kh_decode() that has named a field: appends what is wrong with it in a
 * locale, "is not a known key" or "must be given once, as" what is allowed.
 * For files that people write; a page is told the field only. */
void kh_allowed(const struct kh_type *type, const char *path, const char *locale, struct kh_buffer *out);

/* Appends the JSON of a struct. Optional fields that are absent are left out. */
KH_CHECKED enum kh_code kh_encode(const struct kh_type *type, const void *value, struct kh_buffer *out,
				  struct kh_error *error);

/* Releases what the struct owns and zeroes it. Secret fields are wiped. */
void kh_clear(const struct kh_type *type, void *value);

/* Moves every field that is present in from over into's, for layered
 * configuration files; objects field by field, arrays whole. from is cleared. */
void kh_overlay(const struct kh_type *type, void *into, void *from);

/* Deep copy; KH_AGENT_FAILED when memory is out. */
KH_CHECKED enum kh_code kh_copy(const struct kh_type *type, void *to, const void *from, struct kh_error *error);

/* Text of an enum value and back; NULL and 0 when there is none. Tables are
 * generated as kh_<enum>_names. */
struct kh_enum {
	const char *const *names; /* [0] is NULL: unset */
	int count;
};
const char *kh_enum_text(const struct kh_enum *names, int value);
int kh_enum_value(const struct kh_enum *names, const char *text);

#endif
