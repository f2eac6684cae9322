/*
 * Inside the codec: from checked JSON text to a struct.
 */
#ifndef KH_DOCUMENT_H
#define KH_DOCUMENT_H

#include "codec.h"
#include "json.h"

/* Room for the longest name that may be repeated in an error. */
#define KH_NAME_SIZE 65

/* kh_json_check() as an error: request.invalid with an empty field, and for
 * what is no JSON error.value "line:column". */
KH_CHECKED enum kh_code kh_document_check(const char *text, size_t length, size_t depth_max, struct kh_json *json,
					  struct kh_error *error);

/* kh_decode() of a value; json is then behind it. */
KH_CHECKED enum kh_code kh_document_decode(const struct kh_type *type, struct kh_json *json, void *out,
					   struct kh_error *error);

/* A member's name, when it is a plausible identifier and so may be repeated in
 * an error; else "". */
void kh_document_name(const struct kh_json_text *text, char name[KH_NAME_SIZE]);

#endif
