/*
 * Reading a trace's lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "contract.h"
#include "document.h"
#include "entry.h"

static void read_id(const json_t *json, struct kh_rpc_id *id)
{
	if (json_is_integer(json)) {
		id->kind = KH_ID_NUMBER;
		id->number = json_integer_value(json);
	} else if (json_is_string(json)) {
		id->kind = KH_ID_TEXT;
		snprintf(id->text, sizeof(id->text), "%s", json_string_value(json));
	}
}

static enum kh_code decode(const struct kh_type *type, const json_t *json, void **out, struct kh_error *error)
{
	KH_AUTO_FREE void *made = calloc(1, type->size);
	enum kh_code code = made ? kh_document_decode(type, json, made, error) : kh_fail(error, KH_AGENT_FAILED);

	if (code == KH_OK)
		*out = kh_steal(&made);
	return code;
}

static enum kh_code read_message(const json_t *json, struct kh_entry *entry, struct kh_error *error)
{
	const char *name = json_string_value(json_object_get(json, "method"));
	const char *failure = json_string_value(json_object_get(json_object_get(json, "error"), "name"));
	const json_t *params = json_object_get(json, "params"), *result = json_object_get(json, "result");
	const struct kh_method *method = name ? kh_method_find(&kh_contract, name) : NULL;

	if (!method) {
		entry->kind = KH_ENTRY_OTHER;
		return KH_OK;
	}
	entry->message.method = method;
	read_id(json_object_get(json, "id"), &entry->message.id);
	if (failure)
		snprintf(entry->failure, sizeof(entry->failure), "%s", failure);
	if (json_is_object(params))
		return decode(method->params, params, &entry->message.params, error);
	return json_is_object(result) && method->result ? decode(method->result, result, &entry->result, error) : KH_OK;
}

static enum kh_code read_entry(const json_t *json, struct kh_entry *entry, struct kh_error *error)
{
	const json_t *said = json_object_get(json, "said"), *told = json_object_get(json, "told");
	const json_t *call = json_object_get(json, "call");

	if (!json_is_integer(json_object_get(json, "at")))
		return kh_fail_field(error, "at");
	entry->page = json_integer_value(json_object_get(json, "page"));
	if (call) {
		entry->kind = KH_ENTRY_CALL;
		return kh_document_decode(&kh_host_host_called_params_type, call, &entry->call, error);
	}
	if (entry->page == 0 || (!said && !told))
		return KH_OK;
	entry->kind = said ? KH_ENTRY_SAID : KH_ENTRY_TOLD;
	return read_message(said ? said : told, entry, error);
}

enum kh_code kh_entry_read(const char *line, size_t length, struct kh_entry *entry, struct kh_error *error)
{
	struct kh_place place;
	json_t *json;
	enum kh_code code = kh_document_read(line, length, KH_DEPTH_MAX, &json, &place, error);

	*entry = (struct kh_entry){0};
	if (code != KH_OK)
		return code;
	code = read_entry(json, entry, error);
	json_decref(json);
	if (code != KH_OK)
		kh_entry_finish(entry);
	return code;
}

void kh_entry_finish(struct kh_entry *entry)
{
	if (entry->result)
		kh_clear(entry->message.method->result, entry->result);
	free(entry->result);
	if (entry->message.method)
		kh_message_finish(&entry->message);
	kh_clear(&kh_host_host_called_params_type, &entry->call);
	*entry = (struct kh_entry){0};
}
