/*
 * Reading JSON-RPC 2.0: requests, notifications and answers.
 */
#include "jsonrpc.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "contract.h"
#include "document.h"
#include "field.h"

#define NO_JSON (-32700)
#define NO_REQUEST (-32600)
#define NO_METHOD (-32601)

static enum kh_code refuse(struct kh_error *error, int rpc_code, const char *field)
{
	enum kh_code code = kh_fail_field(error, field);

	if (error)
		error->rpc_code = rpc_code;
	return code;
}

/* The members that a message may have. */
enum member { VERSION, ID, METHOD, PARAMS, RESULT, ERROR, MEMBERS };

static const char *const member_names[MEMBERS] = {"jsonrpc", "id", "method", "params", "result", "error"};

/* A message taken apart; NULL where a member is missing. */
struct envelope {
	json_t *json; /* all of it */
	json_t *member[MEMBERS];
	const char *odd; /* the name of a member too many */
	struct kh_rpc_id id;
};

static void take_apart(json_t *json, struct envelope *envelope)
{
	for (void *i = json_object_iter(json); i; i = json_object_iter_next(json, i)) {
		const char *name = json_object_iter_key(i);
		int member = 0;

		while (member < MEMBERS && strcmp(member_names[member], name) != 0)
			member++;
		if (member < MEMBERS)
			envelope->member[member] = json_object_iter_value(i);
		else if (!envelope->odd)
			envelope->odd = name;
	}
}

/* NULL when it is no text or has a NUL in it */
static const char *plain_text(const json_t *json)
{
	const char *text = json_string_value(json);

	return text && strlen(text) == json_string_length(json) ? text : NULL;
}

/* false: there is one, but it is no id */
static bool read_id(const json_t *json, struct kh_rpc_id *id)
{
	const char *text = plain_text(json);

	if (!json)
		return true;
	if (text && strlen(text) < sizeof(id->text)) {
		id->kind = KH_ID_TEXT;
		strcpy(id->text, text);
	} else if (json_is_integer(json)) {
		id->kind = KH_ID_NUMBER;
		id->number = json_integer_value(json);
	}
	return id->kind != KH_ID_NONE;
}

/* An error that answers no request has the id null. */
static bool is_unasked_error(const struct envelope *envelope)
{
	return json_is_null(envelope->member[ID]) && envelope->member[ERROR];
}

/* The id of a message that is refused for a name that is there twice, so that it can be answered. */
static void find_id(const char *text, size_t length, struct kh_rpc_id *id)
{
	json_t *json = json_loadb(text, length, JSON_ALLOW_NUL, NULL);

	(void)read_id(json_object_get(json, "id"), id);
	json_decref(json);
}

static bool is_inside_params(const struct kh_place *place)
{
	const char *params = member_names[PARAMS];

	return place->depth > 1 && place->levels[0].length == strlen(params) &&
	       memcmp(place->levels[0].name, params, strlen(params)) == 0;
}

/* What kh_document_read() refused is said as the envelope or its params would say it. */
static enum kh_code refuse_text(const struct kh_place *place, const char *text, size_t length,
				struct envelope *envelope, struct kh_error *error)
{
	if (*error->value) {
		error->rpc_code = NO_JSON;
	} else if (place->depth > 0) {
		if (is_inside_params(place))
			kh_place_text(place, 1, error->field, sizeof(error->field));
		else
			error->rpc_code = NO_REQUEST;
		if (place->depth > 1 || strcmp(error->field, member_names[ID]) != 0)
			find_id(text, length, &envelope->id);
	}
	return error->code;
}

/* Everything of a message that has to be right whatever it is for. json is the caller's, on failure too. */
static enum kh_code read_envelope(size_t depth_max, const char *text, size_t length, struct envelope *envelope,
				  struct kh_error *error)
{
	struct kh_place place;
	const char *version;
	enum kh_code code;

	*envelope = (struct envelope){0};
	code = kh_document_read(text, length, depth_max, &envelope->json, &place, error);
	if (code == KH_REQUEST_INVALID)
		return refuse_text(&place, text, length, envelope, error);
	if (code != KH_OK)
		return code;
	if (!json_is_object(envelope->json))
		return refuse(error, NO_REQUEST, "");
	take_apart(envelope->json, envelope);
	if (!read_id(envelope->member[ID], &envelope->id) && !is_unasked_error(envelope))
		return refuse(error, NO_REQUEST, "id");
	version = plain_text(envelope->member[VERSION]);
	if (!version || strcmp(version, "2.0") != 0)
		return refuse(error, NO_REQUEST, "jsonrpc");
	if (envelope->odd)
		return refuse(error, NO_REQUEST,
			      kh_may_repeat(envelope->odd, strlen(envelope->odd)) ? envelope->odd : "");
	return KH_OK;
}

const struct kh_method *kh_method_find(const struct kh_contract *contract, const char *name)
{
	for (size_t i = 0; i < contract->count; i++)
		if (strcmp(contract->methods[i].name, name) == 0)
			return &contract->methods[i];
	return NULL;
}

static enum kh_code decode_params(const struct kh_method *method, const json_t *params, struct kh_message *message,
				  struct kh_error *error)
{
	KH_AUTO_FREE void *made = calloc(1, method->params->size);
	enum kh_code code;

	if (!made)
		return kh_fail_call(error, KH_AGENT_FAILED, "malloc", "");
	code = kh_document_decode(method->params, params, made, error);
	if (code == KH_OK) {
		message->params = kh_steal(&made);
		message->method = method;
	}
	return code;
}

static enum kh_code read_params(const struct kh_method *method, const json_t *params, struct kh_message *message,
				struct kh_error *error)
{
	json_t *empty;
	enum kh_code code;

	if (params)
		return json_is_object(params) ? decode_params(method, params, message, error)
					      : kh_fail_field(error, "params");
	empty = json_object();
	code = decode_params(method, empty, message, error);
	json_decref(empty);
	return code;
}

static enum kh_code read_message(const struct kh_contract *contract, const struct envelope *envelope,
				 struct kh_message *message, struct kh_error *error)
{
	json_t *const *member = envelope->member;
	const struct kh_method *method;
	const char *name = plain_text(member[METHOD]);

	message->id = envelope->id;
	if (member[RESULT] || member[ERROR])
		return refuse(error, NO_REQUEST, member[RESULT] ? "result" : "error");
	if (!json_is_string(member[METHOD]))
		return refuse(error, NO_REQUEST, "method");
	method = name ? kh_method_find(contract, name) : NULL;
	if (!method)
		return refuse(error, NO_METHOD, "method");
	if ((!method->result) != (message->id.kind == KH_ID_NONE))
		return refuse(error, NO_REQUEST, "id");
	return read_params(method, member[PARAMS], message, error);
}

enum kh_code kh_message_decode(const struct kh_contract *contract, const char *text, size_t length,
			       struct kh_message *message, struct kh_error *error)
{
	struct envelope envelope;
	struct kh_error unasked;
	enum kh_code code;

	*message = (struct kh_message){0};
	if (!error)
		error = &unasked;
	if (length > contract->message_max)
		return kh_fail(error, KH_REQUEST_TOO_LARGE);
	code = read_envelope(contract->depth_max, text, length, &envelope, error);
	message->id = envelope.id;
	if (code == KH_OK)
		code = read_message(contract, &envelope, message, error);
	json_decref(envelope.json);
	return code;
}

void kh_message_finish(struct kh_message *message)
{
	if (message->params)
		kh_clear(message->method->params, message->params);
	free(message->params);
	*message = (struct kh_message){0};
}

static void take(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

static void take_data(const struct kh_error_data *data, struct kh_error *failure)
{
	failure->left = data->left;
	take(failure->field, sizeof(failure->field), data->field);
	take(failure->what, sizeof(failure->what), data->what);
	take(failure->serial, sizeof(failure->serial), data->serial);
	take(failure->label, sizeof(failure->label), data->label);
	take(failure->module, sizeof(failure->module), data->module);
	take(failure->call, sizeof(failure->call), data->call);
	take(failure->value, sizeof(failure->value), data->value);
	take(failure->holder, sizeof(failure->holder), data->holder);
	take(failure->opens, sizeof(failure->opens), data->opens);
	take(failure->closes, sizeof(failure->closes), data->closes);
}

/* {code, message, data}; what a person reads is made from data. */
static enum kh_code read_failure(const json_t *json, struct kh_error *failure, struct kh_error *error)
{
	struct kh_error_object object;
	enum kh_code code = kh_document_decode(&kh_error_object_type, json, &object, error);

	if (code != KH_OK)
		return refuse(error, NO_REQUEST, "error");
	*failure = (struct kh_error){.code = kh_code_value(object.data.name)};
	if (failure->code == KH_OK)
		failure->code = KH_AGENT_FAILED;
	if (failure->code == KH_REQUEST_INVALID && object.code != KH_REQUEST_INVALID)
		failure->rpc_code = (int)object.code;
	take_data(&object.data, failure);
	kh_clear(&kh_error_object_type, &object);
	return KH_OK;
}

static enum kh_code read_response(const struct envelope *envelope, struct kh_incoming *incoming, struct kh_error *error)
{
	json_t *const *member = envelope->member;

	incoming->is_response = true;
	incoming->id = envelope->id;
	incoming->is_error = member[ERROR];
	if (!member[RESULT] == !member[ERROR] || member[PARAMS])
		return refuse(error, NO_REQUEST, member[PARAMS] ? "params" : "result");
	if (incoming->is_error)
		return read_failure(member[ERROR], &incoming->failure, error);
	incoming->result = json_incref(member[RESULT]);
	return KH_OK;
}

enum kh_code kh_incoming_decode(const struct kh_contract *contract, const char *text, size_t length,
				struct kh_incoming *incoming, struct kh_error *error)
{
	struct envelope envelope;
	struct kh_error unasked;
	enum kh_code code;

	*incoming = (struct kh_incoming){0};
	if (!error)
		error = &unasked;
	if (length > KH_INCOMING_MAX)
		return kh_fail(error, KH_REQUEST_TOO_LARGE);
	code = read_envelope(contract->depth_max, text, length, &envelope, error);
	if (code == KH_OK)
		code = envelope.member[METHOD] ? read_message(contract, &envelope, &incoming->message, error)
					       : read_response(&envelope, incoming, error);
	json_decref(envelope.json);
	return code;
}

enum kh_code kh_incoming_result(struct kh_incoming *incoming, const struct kh_method *method, void *out,
				struct kh_error *error)
{
	return kh_document_decode(method->result, incoming->result, out, error);
}

void kh_incoming_finish(struct kh_incoming *incoming)
{
	kh_message_finish(&incoming->message);
	json_decref(incoming->result);
	*incoming = (struct kh_incoming){0};
}
