/*
 * A message as strangers may see it. What stays: numbers, truth values, words of
 * the contract's lists and texts that it marks as open (x-open). For any other text
 * stands a pseudonym, the same for the same text as long as struct kh_pseudonyms
 * lives: "order-3", "pkcs11:tokenUri-1", and digits where a hash stood. Nothing leads
 * from it back to the text. Secrets and bytes are empty. What is redacted keeps the
 * contract: it can be read again (entry.h).
 */
#ifndef KH_PROTOCOL_REDACT_H
#define KH_PROTOCOL_REDACT_H

#include "jsonrpc.h"

struct kh_pseudonym;

/* Zeroed: none yet. More than KH_PSEUDONYMS_MAX different texts share a number, 0. */
struct kh_pseudonyms {
	struct kh_pseudonym *list;
	size_t count, size;
};

#define KH_PSEUDONYMS_MAX 16384

void kh_pseudonyms_finish(struct kh_pseudonyms *pseudonyms);
/* The number of a text among those with its alias, from 1. */
unsigned kh_pseudonym_of(struct kh_pseudonyms *pseudonyms, const char *alias, const char *text);

/* kh_encode(), redacted. */
KH_CHECKED enum kh_code kh_redact(struct kh_pseudonyms *pseudonyms, const struct kh_type *type, const void *value,
				  struct kh_buffer *out);

/* Visits every text of two structs that kh_redact() would replace, where both have it;
 * of arrays as many items as both have. A visitor may put another text in its place.
 * a and b may be the same. */
typedef void (*kh_private_visit)(void *context, char **a, char **b);
void kh_private_walk(const struct kh_type *type, void *a, void *b, kh_private_visit visit, void *context);

/* {"id":1,"method":"pin.verify","params":{…}}; a notification has no id. */
void kh_redact_message(struct kh_pseudonyms *pseudonyms, const struct kh_message *message, struct kh_buffer *out);
/* {"id":1,"method":"pin.verify","result":{…}} and …"error":{…}}: the error's data.
 * asked without a method: what could not be read. */
void kh_redact_result(struct kh_pseudonyms *pseudonyms, const struct kh_message *asked, const void *result,
		      struct kh_buffer *out);
void kh_redact_error(struct kh_pseudonyms *pseudonyms, const struct kh_message *asked, const struct kh_error *failure,
		     struct kh_buffer *out);

#endif
