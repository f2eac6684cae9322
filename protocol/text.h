/*
 * What people read, in Chinese and English: the texts of the contract
 * (x-texts) and the messages of its errors.
 */
#ifndef KH_PROTOCOL_TEXT_H
#define KH_PROTOCOL_TEXT_H

#include "bytes.h"

/* A text in a locale ("zh..." or anything else, NULL too, for English), {name}
 * replaced from a NULL-ended list of name, value pairs (may be NULL). A part in
 * [brackets] is left out when one of its values is missing or empty. Appends to
 * out. key must exist: assert. */
void kh_text(struct kh_buffer *out, const char *locale, const char *key, const char *const *values);
/* The same by itself, the caller's; NULL: out of memory. */
char *kh_text_new(const char *locale, const char *key, const char *const *values);

/* The message of an error, placeholders filled in. Always NUL-terminated. */
void kh_error_text(const struct kh_error *error, const char *locale, char *text, size_t size);

/* Appends a template with its placeholders filled in, as above. */
void kh_fill(struct kh_buffer *out, const char *template, const char *const *values);

/* The generated table. */
struct kh_text_row {
	const char *key; /* sorted */
	const char *en;
	const char *zh;
};
extern const struct kh_text_row kh_text_rows[];
extern const size_t kh_text_rows_count;

#endif
