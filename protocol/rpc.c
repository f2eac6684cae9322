/*
 * JSON-RPC 2.0 envelopes around the codec.
 */
#include "rpc.h"

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

/* NULL when it is no text or has a NUL in it */
static const char *plain_text(const json_t *json)
{
	const char *text = json_string_value(json);

	return text && strlen(text) == json_string_length(json) ? text : NULL;
}

/* false: there is one, but it is no id */
static bool read_id(const json_t *json, struct kh_rpc_id *id)
{
	*id = (struct kh_rpc_id){.kind = KH_ID_NONE};
	if (!json)
		return true;
	if (json_is_integer(json)) {
		id->kind = KH_ID_NUMBER;
		id->number = json_integer_value(json);
		return true;
	}
	if (!plain_text(json) || json_string_length(json) >= sizeof(id->text))
		return false;
	id->kind = KH_ID_TEXT;
	memcpy(id->text, json_string_value(json), json_string_length(json) + 1);
	return true;
}

/* An error that answers no request has the id null. */
static bool is_unasked_error(const json_t *json)
{
	return json_is_null(json_object_get(json, "id")) && json_object_get(json, "error");
}

/* The id of a message that is refused for a duplicate, so that it can be answered. */
static void find_id(const char *text, size_t length, struct kh_rpc_id *id)
{
	json_t *json = json_loadb(text, length, JSON_ALLOW_NUL, NULL);

	if (!read_id(json_object_get(json, "id"), id))
		id->kind = KH_ID_NONE;
	json_decref(json);
}

static enum kh_code read_text(size_t depth_max, const char *text, size_t length, json_t **json, struct kh_rpc_id *id,
			      struct kh_error *error)
{
	bool syntax;
	enum kh_code code;

	*id = (struct kh_rpc_id){.kind = KH_ID_NONE};
	code = kh_document_read(text, length, depth_max, json, &syntax, error);
	if (code == KH_OK) {
		if (read_id(json_object_get(*json, "id"), id) || is_unasked_error(*json))
			return KH_OK;
		json_decref(*json);
		*json = NULL;
		return refuse(error, NO_REQUEST, "id");
	}
	if (syntax && error)
		error->rpc_code = NO_JSON;
	else if (!syntax && code == KH_REQUEST_INVALID)
		find_id(text, length, id);
	return code;
}

/* Members other than these, and a version other than 2.0, are no JSON-RPC. */
static enum kh_code check_members(const json_t *json, const char *const *allowed, struct kh_error *error)
{
	const char *version = plain_text(json_object_get(json, "jsonrpc"));
	json_t *object = (json_t *)json;

	if (!json_is_object(json))
		return refuse(error, NO_REQUEST, "");
	if (!version || strcmp(version, "2.0") != 0)
		return refuse(error, NO_REQUEST, "jsonrpc");
	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
		const char *name = json_object_iter_key(i);
		size_t n = 0;
		while (allowed[n] && strcmp(allowed[n], name) != 0)
			n++;
		if (!allowed[n])
			return refuse(error, NO_REQUEST, kh_document_name(name) ? name : "");
	}
	return KH_OK;
}

static const struct kh_method *find_method(const struct kh_contract *contract, const char *name)
{
	for (size_t i = 0; i < contract->count; i++)
		if (strcmp(contract->methods[i].name, name) == 0)
			return &contract->methods[i];
	return NULL;
}

static enum kh_code read_params(const struct kh_method *method, const json_t *params, struct kh_message *message,
				struct kh_error *error)
{
	enum kh_code code;

	if (params && !json_is_object(params))
		return kh_fail_field(error, "params");
	message->params = calloc(1, method->params->size);
	if (!message->params)
		return kh_fail_call(error, KH_AGENT_FAILED, "malloc", "");
	if (params)
		code = kh_document_decode(method->params, params, message->params, error);
	else
		code = kh_decode(method->params, "{}", 2, message->params, error);
	if (code != KH_OK) {
		free(message->params);
		message->params = NULL;
		return code;
	}
	message->method = method;
	return KH_OK;
}

static enum kh_code read_message(const struct kh_contract *contract, const json_t *json, struct kh_message *message,
				 struct kh_error *error)
{
	static const char *const members[] = {"jsonrpc", "id", "method", "params", NULL};
	const char *name = plain_text(json_object_get(json, "method"));
	const struct kh_method *method;
	enum kh_code code = check_members(json, members, error);

	if (code != KH_OK)
		return code;
	if (!name)
		return refuse(error, NO_REQUEST, "method");
	method = find_method(contract, name);
	if (!method)
		return refuse(error, NO_METHOD, "method");
	if ((method->result == NULL) != (message->id.kind == KH_ID_NONE))
		return refuse(error, NO_REQUEST, "id");
	return read_params(method, json_object_get(json, "params"), message, error);
}

enum kh_code kh_message_decode(const struct kh_contract *contract, const char *text, size_t length,
			       struct kh_message *message, struct kh_error *error)
{
	json_t *json = NULL;
	enum kh_code code;

	*message = (struct kh_message){0};
	if (length > contract->message_max)
		return kh_fail(error, KH_REQUEST_TOO_LARGE);
	code = read_text(contract->depth_max, text, length, &json, &message->id, error);
	if (code == KH_OK)
		code = read_message(contract, json, message, error);
	json_decref(json);
	return code;
}

void kh_message_finish(struct kh_message *message)
{
	if (message->params)
		kh_clear(message->method->params, message->params);
	free(message->params);
	*message = (struct kh_message){0};
}

static void append_id(struct kh_buffer *out, const struct kh_rpc_id *id)
{
	kh_buffer_append_text(out, ",\"id\":");
	switch (id->kind) {
	case KH_ID_NONE:
		kh_buffer_append_text(out, "null");
		break;
	case KH_ID_NUMBER:
		kh_buffer_printf(out, "%lld", id->number);
		break;
	case KH_ID_TEXT:
		kh_json_append_text(out, id->text, strlen(id->text));
		break;
	}
}

/* Ends the message, or takes it back whole. */
static enum kh_code close_message(struct kh_buffer *out, size_t before, enum kh_code code, struct kh_error *error)
{
	kh_buffer_append(out, "}", 1);
	if (code == KH_OK && out->failed)
		code = kh_fail_call(error, KH_AGENT_FAILED, "malloc", "");
	if (code != KH_OK)
		kh_buffer_cut(out, before);
	return code;
}

enum kh_code kh_request_encode(const struct kh_method *method, const struct kh_rpc_id *id, const void *params,
			       struct kh_buffer *out, struct kh_error *error)
{
	size_t before = out->length;

	kh_buffer_append_text(out, "{\"jsonrpc\":\"2.0\"");
	if (id)
		append_id(out, id);
	kh_buffer_append_text(out, ",\"method\":");
	kh_json_append_text(out, method->name, strlen(method->name));
	kh_buffer_append_text(out, ",\"params\":");
	return close_message(out, before, kh_encode(method->params, params, out, error), error);
}

enum kh_code kh_result_encode(const struct kh_method *method, const struct kh_rpc_id *id, const void *result,
			      struct kh_buffer *out, struct kh_error *error)
{
	size_t before = out->length;

	kh_buffer_append_text(out, "{\"jsonrpc\":\"2.0\"");
	append_id(out, id);
	kh_buffer_append_text(out, ",\"result\":");
	return close_message(out, before, kh_encode(method->result, result, out, error), error);
}

static void append_member(struct kh_buffer *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	kh_buffer_printf(out, ",\"%s\":", name);
	kh_json_append_text(out, value, strlen(value));
}

void kh_error_encode(const struct kh_rpc_id *id, const struct kh_error *failure, const char *locale,
		     struct kh_buffer *out)
{
	char text[512];

	kh_error_text(failure, locale, text, sizeof(text));
	kh_buffer_append_text(out, "{\"jsonrpc\":\"2.0\"");
	append_id(out, id);
	kh_buffer_printf(out, ",\"error\":{\"code\":%d,\"message\":", failure->rpc_code ? failure->rpc_code : failure->code);
	kh_json_append_text(out, text, strlen(text));
	kh_buffer_printf(out, ",\"data\":{\"name\":\"%s\"", kh_code_name(failure->code));
	append_member(out, "retry", kh_enum_text(&kh_retry_names, (int)kh_code_retry(failure->code)));
	append_member(out, "field", failure->field);
	append_member(out, "what", failure->what);
	append_member(out, "left", kh_enum_text(&kh_pin_left_names, (int)failure->left));
	append_member(out, "serial", failure->serial);
	append_member(out, "module", failure->module);
	append_member(out, "call", failure->call);
	append_member(out, "value", failure->value);
	append_member(out, "holder", failure->holder);
	append_member(out, "opens", failure->opens);
	append_member(out, "closes", failure->closes);
	kh_buffer_append_text(out, "}}}");
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

static enum kh_code read_failure(const json_t *json, struct kh_error *failure, struct kh_error *error)
{
	json_t *number = json_object_get(json, "code");
	struct kh_error_data data;
	enum kh_code code;

	if (!json_is_integer(number))
		return refuse(error, NO_REQUEST, "error");
	code = kh_document_decode(&kh_error_data_type, json_object_get(json, "data"), &data, error);
	if (code != KH_OK)
		return code;
	*failure = (struct kh_error){.code = kh_code_value(data.name)};
	if (failure->code == KH_OK)
		failure->code = KH_AGENT_FAILED;
	if (failure->code == KH_REQUEST_INVALID && json_integer_value(number) != KH_REQUEST_INVALID)
		failure->rpc_code = (int)json_integer_value(number);
	take_data(&data, failure);
	kh_clear(&kh_error_data_type, &data);
	return KH_OK;
}

static enum kh_code read_response(const json_t *json, struct kh_incoming *incoming, struct kh_error *error)
{
	static const char *const members[] = {"jsonrpc", "id", "result", "error", NULL};
	json_t *result = json_object_get(json, "result"), *failure = json_object_get(json, "error");
	enum kh_code code = check_members(json, members, error);

	if (code != KH_OK)
		return code;
	if (result && failure)
		return refuse(error, NO_REQUEST, "error");
	incoming->is_response = true;
	incoming->is_error = failure != NULL;
	if (failure)
		return read_failure(failure, &incoming->failure, error);
	incoming->json = json_incref(result);
	return KH_OK;
}

enum kh_code kh_incoming_decode(const struct kh_contract *contract, const char *text, size_t length,
				struct kh_incoming *incoming, struct kh_error *error)
{
	json_t *json = NULL;
	struct kh_rpc_id id;
	enum kh_code code;

	*incoming = (struct kh_incoming){0};
	if (length > KH_INCOMING_MAX)
		return kh_fail(error, KH_REQUEST_TOO_LARGE);
	code = read_text(contract->depth_max, text, length, &json, &id, error);
	if (code != KH_OK)
		return code;
	if (json_object_get(json, "method")) {
		incoming->message.id = id;
		code = read_message(contract, json, &incoming->message, error);
	} else if (json_object_get(json, "result") || json_object_get(json, "error")) {
		incoming->id = id;
		code = read_response(json, incoming, error);
	} else {
		code = refuse(error, NO_REQUEST, "method");
	}
	json_decref(json);
	return code;
}

enum kh_code kh_incoming_result(struct kh_incoming *incoming, const struct kh_method *method, void *out,
				struct kh_error *error)
{
	return kh_document_decode(method->result, incoming->json, out, error);
}

void kh_incoming_finish(struct kh_incoming *incoming)
{
	kh_message_finish(&incoming->message);
	json_decref(incoming->json);
	*incoming = (struct kh_incoming){0};
}
