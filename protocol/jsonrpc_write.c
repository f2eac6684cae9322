/*
 * Writing JSON-RPC 2.0: requests, notifications and answers.
 */
#include "jsonrpc.h"

#include <string.h>

#include "contract.h"
#include "field.h"
#include "text.h"

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
		(void)kh_json_append_text(out, id->text, strlen(id->text));
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
	(void)kh_json_append_text(out, method->name, strlen(method->name));
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

/* A value that was cut, or came from a module, may end in half a character. */
static size_t valid_length(const char *text)
{
	size_t length = strlen(text), valid = 0, step = 1;

	while (valid < length && step > 0) {
		step = kh_utf8_sequence(text + valid, length - valid);
		valid += step;
	}
	return valid;
}

static void append_member(struct kh_buffer *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	kh_buffer_printf(out, ",\"%s\":", name);
	(void)kh_json_append_text(out, value, valid_length(value));
}

void kh_error_encode(const struct kh_rpc_id *id, const struct kh_error *failure, const char *locale,
		     struct kh_buffer *out)
{
	char text[1024];

	kh_error_text(failure, locale, text, sizeof(text));
	kh_buffer_append_text(out, "{\"jsonrpc\":\"2.0\"");
	append_id(out, id);
	kh_buffer_printf(out,
			 ",\"error\":{\"code\":%d,\"message\":", failure->rpc_code ? failure->rpc_code : failure->code);
	(void)kh_json_append_text(out, text, valid_length(text));
	kh_buffer_printf(out, ",\"data\":{\"name\":\"%s\"", kh_code_name(failure->code));
	append_member(out, "retry", kh_enum_text(&kh_retry_names, (int)kh_code_retry(failure->code)));
	append_member(out, "field", failure->field);
	append_member(out, "what", failure->what);
	append_member(out, "left", kh_enum_text(&kh_pin_left_names, (int)failure->left));
	append_member(out, "serial", failure->serial);
	append_member(out, "label", failure->label);
	append_member(out, "module", failure->module);
	append_member(out, "call", failure->call);
	append_member(out, "value", failure->value);
	append_member(out, "holder", failure->holder);
	append_member(out, "opens", failure->opens);
	append_member(out, "closes", failure->closes);
	kh_buffer_append_text(out, "}}}");
}
