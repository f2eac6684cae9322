/*
 * Reading JSON-RPC 2.0: requests, notifications and answers.
 */
#include "rpc.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* A message taken apart; at is NULL where a member is missing. */
struct envelope {
	struct kh_json member[MEMBERS];
	bool odd; /* a member too many: its name is in stray, where it may be said */
	char stray[KH_NAME_SIZE];
	struct kh_rpc_id id;
};

static enum member find_member(const struct kh_json_text *name)
{
	int i = 0;

	while (i < MEMBERS && !kh_json_text_is(name, member_names[i], strlen(member_names[i])))
		i++;
	return (enum member)i;
}

static void take_apart(struct kh_json json, struct envelope *envelope)
{
	kh_json_enter(&json);
	while (kh_json_more(&json)) {
		struct kh_json_text name = kh_json_name(&json);
		enum member member = find_member(&name);

		if (member != MEMBERS && !envelope->member[member].at) {
			envelope->member[member] = json;
		} else if (!envelope->odd) {
			envelope->odd = true;
			kh_document_name(&name, envelope->stray);
		}
		kh_json_skip(&json);
	}
}

/* A short text; false when the member is something else. */
static bool short_text(struct kh_json json, char *out, size_t size)
{
	struct kh_json_text text;

	if (!json.at || kh_json_kind(&json) != KH_JSON_TEXT)
		return false;
	text = kh_json_text(&json);
	return kh_json_text_short(&text, out, size);
}

/* false: there is one, but it is no id */
static bool read_id(struct kh_json json, struct kh_rpc_id *id)
{
	int64_t number;

	if (!json.at)
		return true;
	if (short_text(json, id->text, sizeof(id->text))) {
		id->kind = KH_ID_TEXT;
	} else if (kh_json_kind(&json) == KH_JSON_NUMBER && kh_json_integer(&json, &number)) {
		id->kind = KH_ID_NUMBER;
		id->number = number;
	}
	return id->kind != KH_ID_NONE;
}

/* An error that answers no request has the id null. */
static bool is_unasked_error(const struct envelope *envelope)
{
	return kh_json_kind(&envelope->member[ID]) == KH_JSON_NULL && envelope->member[ERROR].at;
}

/* Everything of a message that has to be right whatever it is for. */
static enum kh_code read_envelope(size_t depth_max, const char *text, size_t length, struct envelope *envelope,
				  struct kh_error *error)
{
	struct kh_json json;
	char version[4];
	enum kh_code code;

	*envelope = (struct envelope){0};
	code = kh_document_check(text, length, depth_max, &json, error);
	if (code != KH_OK) {
		if (error && *error->value)
			error->rpc_code = NO_JSON;
		return code;
	}
	if (kh_json_kind(&json) != KH_JSON_OBJECT)
		return refuse(error, NO_REQUEST, "");
	take_apart(json, envelope);
	if (!read_id(envelope->member[ID], &envelope->id) && !is_unasked_error(envelope))
		return refuse(error, NO_REQUEST, "id");
	if (!short_text(envelope->member[VERSION], version, sizeof(version)) || strcmp(version, "2.0") != 0)
		return refuse(error, NO_REQUEST, "jsonrpc");
	return envelope->odd ? refuse(error, NO_REQUEST, envelope->stray) : KH_OK;
}

static const struct kh_method *find_method(const struct kh_contract *contract, const char *name)
{
	for (size_t i = 0; i < contract->count; i++)
		if (strcmp(contract->methods[i].name, name) == 0)
			return &contract->methods[i];
	return NULL;
}

static enum kh_code read_params(const struct kh_method *method, struct kh_json params, struct kh_message *message,
				struct kh_error *error)
{
	enum kh_code code;

	if (!params.at)
		params.at = "{}";
	if (kh_json_kind(&params) != KH_JSON_OBJECT)
		return kh_fail_field(error, "params");
	message->params = calloc(1, method->params->size);
	if (!message->params)
		return kh_fail_call(error, KH_AGENT_FAILED, "malloc", "");
	code = kh_document_decode(method->params, &params, message->params, error);
	if (code == KH_OK) {
		message->method = method;
	} else {
		free(message->params);
		message->params = NULL;
	}
	return code;
}

static enum kh_code read_message(const struct kh_contract *contract, const struct envelope *envelope,
				 struct kh_message *message, struct kh_error *error)
{
	const struct kh_method *method;
	char name[KH_NAME_SIZE];

	message->id = envelope->id;
	if (envelope->member[RESULT].at || envelope->member[ERROR].at)
		return refuse(error, NO_REQUEST, envelope->member[RESULT].at ? "result" : "error");
	if (!envelope->member[METHOD].at || kh_json_kind(&envelope->member[METHOD]) != KH_JSON_TEXT)
		return refuse(error, NO_REQUEST, "method");
	method = short_text(envelope->member[METHOD], name, sizeof(name)) ? find_method(contract, name) : NULL;
	if (!method)
		return refuse(error, NO_METHOD, "method");
	if ((method->result == NULL) != (message->id.kind == KH_ID_NONE))
		return refuse(error, NO_REQUEST, "id");
	return read_params(method, envelope->member[PARAMS], message, error);
}

enum kh_code kh_message_decode(const struct kh_contract *contract, const char *text, size_t length,
			       struct kh_message *message, struct kh_error *error)
{
	struct envelope envelope;
	enum kh_code code;

	*message = (struct kh_message){0};
	if (length > contract->message_max)
		return kh_fail(error, KH_REQUEST_TOO_LARGE);
	code = read_envelope(contract->depth_max, text, length, &envelope, error);
	message->id = envelope.id;
	return code == KH_OK ? read_message(contract, &envelope, message, error) : code;
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
	take(failure->module, sizeof(failure->module), data->module);
	take(failure->call, sizeof(failure->call), data->call);
	take(failure->value, sizeof(failure->value), data->value);
	take(failure->holder, sizeof(failure->holder), data->holder);
	take(failure->opens, sizeof(failure->opens), data->opens);
	take(failure->closes, sizeof(failure->closes), data->closes);
}

/* {code, message, data}; what a person reads is made from data. */
static enum kh_code read_failure(struct kh_json json, struct kh_error *failure, struct kh_error *error)
{
	struct kh_error_object object;
	enum kh_code code = kh_document_decode(&kh_error_object_type, &json, &object, error);

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

static enum kh_code read_response(const struct envelope *envelope, struct kh_incoming *incoming,
				  struct kh_error *error)
{
	const struct kh_json *member = envelope->member;

	incoming->is_response = true;
	incoming->id = envelope->id;
	incoming->is_error = member[ERROR].at != NULL;
	incoming->result = member[RESULT].at;
	if (!member[RESULT].at == !member[ERROR].at || member[PARAMS].at)
		return refuse(error, NO_REQUEST, member[PARAMS].at ? "params" : "result");
	return incoming->is_error ? read_failure(member[ERROR], &incoming->failure, error) : KH_OK;
}

enum kh_code kh_incoming_decode(const struct kh_contract *contract, const char *text, size_t length,
				struct kh_incoming *incoming, struct kh_error *error)
{
	struct envelope envelope;
	enum kh_code code;

	*incoming = (struct kh_incoming){0};
	if (length > KH_INCOMING_MAX)
		return kh_fail(error, KH_REQUEST_TOO_LARGE);
	code = read_envelope(contract->depth_max, text, length, &envelope, error);
	if (code != KH_OK)
		return code;
	if (envelope.member[METHOD].at)
		return read_message(contract, &envelope, &incoming->message, error);
	return read_response(&envelope, incoming, error);
}

enum kh_code kh_incoming_result(struct kh_incoming *incoming, const struct kh_method *method, void *out,
				struct kh_error *error)
{
	struct kh_json json = {incoming->result};

	return kh_document_decode(method->result, &json, out, error);
}

void kh_incoming_finish(struct kh_incoming *incoming)
{
	kh_message_finish(&incoming->message);
	*incoming = (struct kh_incoming){0};
}
