/*
 * JSON-RPC 2.0 messages of a contract. Both contracts (page to daemon, daemon
 * to token host) go through here; so do both directions.
 *
 * A request or notification carries its method as a row of the contract and
 * its params as the generated struct of that method:
 *
 *     struct kh_message message;
 *     code = kh_message_decode(&kh_contract, text, length, &message, &error);
 *     if (message.method->id == KH_METHOD_RENEWAL_BEGIN) {
 *             const struct kh_renewal_begin_params *params = message.params;
 *
 * A message owns its params; kh_message_finish() releases them.
 *
 * What is wrong with a message before its params are read is request.invalid
 * with error.rpc_code: -32700 no JSON, -32600 no request (field "", "jsonrpc",
 * "id", "method" or the unknown member), -32601 no such method (field
 * "method"). params that are missing are {}; params that are no object are
 * request.invalid with field "params". A message over the contract's limit is
 * request.too_large, one that is nested deeper is request.invalid.
 *
 * A contract does not say which side sends a method. A method that reaches the
 * wrong side, such as token.changed sent by a page, has no row in that side's
 * dispatch table: that is where it is refused.
 */
#ifndef KH_PROTOCOL_JSONRPC_H
#define KH_PROTOCOL_JSONRPC_H

#include "codec.h"

struct kh_method {
	const char *name;
	int id; /* KH_METHOD_* or KH_HOST_METHOD_*, dense from 0 */
	const struct kh_type *params;
	const struct kh_type *result; /* NULL: a notification */
};

struct kh_contract {
	const struct kh_method *methods; /* indexed by id */
	size_t count;
	size_t message_max;
	size_t depth_max;
};

/* By its name; NULL: it has none that is called so. */
const struct kh_method *kh_method_find(const struct kh_contract *contract, const char *name);

/* JSON-RPC id: an integer or a text of at most 64 bytes. */
struct kh_rpc_id {
	enum { KH_ID_NONE, KH_ID_NUMBER, KH_ID_TEXT } kind;
	long long number;
	char text[65];
};

struct kh_message {
	struct kh_rpc_id id; /* NONE: a notification */
	const struct kh_method *method;
	void *params;
};

/* Reads a request or notification. On failure message->id holds the id where
 * it could be read, so that the error can be answered; the rest is empty. */
KH_CHECKED enum kh_code kh_message_decode(const struct kh_contract *contract, const char *text, size_t length,
					  struct kh_message *message, struct kh_error *error);
void kh_message_finish(struct kh_message *message);

/* Appends a request (id) or notification (id NULL). */
KH_CHECKED enum kh_code kh_request_encode(const struct kh_method *method, const struct kh_rpc_id *id,
					  const void *params, struct kh_buffer *out, struct kh_error *error);
KH_CHECKED enum kh_code kh_result_encode(const struct kh_method *method, const struct kh_rpc_id *id, const void *result,
					 struct kh_buffer *out, struct kh_error *error);
/* Appends an error response in a locale; an id of NONE is written as null. */
void kh_error_encode(const struct kh_rpc_id *id, const struct kh_error *failure, const char *locale,
		     struct kh_buffer *out);

/* What came back: a response or a message of the other side. */
struct kh_incoming {
	_Bool is_response;
	struct kh_message message; /* is_response false */
	struct kh_rpc_id id;	   /* is_response true */
	_Bool is_error;
	struct kh_error failure; /* is_error */
	struct json_t *result;	 /* not is_error: the codec's, until kh_incoming_finish() */
};

/* Longest answer that a client takes: a list of 1024 certificates and then some.
 * A contract's own limit is for what is sent to the side that serves. */
#define KH_INCOMING_MAX (4u * 1024 * 1024)

/* Reads what a client meets. The result stays undecoded until the caller has
 * found the method its id belongs to. */
KH_CHECKED enum kh_code kh_incoming_decode(const struct kh_contract *contract, const char *text, size_t length,
					   struct kh_incoming *incoming, struct kh_error *error);
/* Decodes the result of a response; out has method->result->size bytes. */
KH_CHECKED enum kh_code kh_incoming_result(struct kh_incoming *incoming, const struct kh_method *method, void *out,
					   struct kh_error *error);
void kh_incoming_finish(struct kh_incoming *incoming);

#endif
