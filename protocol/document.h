/*
 * Inside the codec: JSON text as a jansson tree, and a tree as a struct. Only
 * document.c, decode.c and jsonrpc_read.c see jansson; its memory is wiped when it
 * is freed, and its error texts, which quote what they complain of, are not used.
 */
#ifndef KH_PROTOCOL_DOCUMENT_H
#define KH_PROTOCOL_DOCUMENT_H

#include <jansson.h>

#include "codec.h"
#include "place.h"

/* Reads JSON text: one value, UTF-8, no name twice in an object, nested no
 * deeper than depth_max (KH_DEPTH_MAX at most). What is wrong is
 * request.invalid:
 * - no JSON: empty field, error.value "line:column" where reading stopped
 * - a name that is there twice or has a NUL in it, a number that is too large:
 *   the field's path; place is there too
 * - too deep: neither; place is empty. */
KH_CHECKED enum kh_code kh_document_read(const char *text, size_t length, size_t depth_max, json_t **out,
					 struct kh_place *place, struct kh_error *error);

/* kh_decode() of a tree. */
KH_CHECKED enum kh_code kh_document_decode(const struct kh_type *type, const json_t *json, void *out,
					   struct kh_error *error);

#endif
