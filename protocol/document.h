/*
 * JSON text as a jansson tree, and a tree as a struct. Only decode.c and rpc.c
 * see jansson.
 */
#ifndef KH_DOCUMENT_H
#define KH_DOCUMENT_H

#include <jansson.h>

#include "codec.h"

/* Reads JSON text. Duplicate keys, nesting over depth_max and anything that is
 * no JSON fail; *syntax says whether the text was no JSON at all. */
KH_CHECKED enum kh_code kh_document_read(const char *text, size_t length, size_t depth_max, json_t **out,
					 bool *syntax, struct kh_error *error);

/* kh_decode() of a tree. */
KH_CHECKED enum kh_code kh_document_decode(const struct kh_type *type, const json_t *json, void *out,
					   struct kh_error *error);

/* A name from a message that may be repeated in an error: a plausible
 * identifier; else NULL. */
const char *kh_document_name(const char *name);

#endif
