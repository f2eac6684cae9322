/*
 * Any bytes as a message. What decodes must encode and decode to the same
 * again, and decode when it was redacted; what does not is answered with an error that decodes.
 *
 * libFuzzer: meson setup build-fuzz -Dfuzz=true with CC=clang, then
 * build-fuzz/tests/fuzz/fuzz-message -dict=tests/fuzz/message.dict tests/fuzz/seeds/message
 */
#include <stdlib.h>
#include <string.h>

#include "configuration.h"
#include "fuzz.h"
#include "host_contract.h"
#include "profile_file.h"
#include "redact.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

static void again(const struct kh_type *type, const void *value)
{
	struct kh_buffer first = {0}, second = {0};
	void *back = calloc(1, type->size);

	require(back && kh_encode(type, value, &first, NULL) == KH_OK);
	require(kh_decode(type, first.data, first.length, back, NULL) == KH_OK);
	require(kh_encode(type, back, &second, NULL) == KH_OK);
	require(strcmp(first.data, second.data) == 0);
	kh_clear(type, back);
	free(back);
	kh_buffer_finish(&first);
	kh_buffer_finish(&second);
}

/* It keeps the contract. */
static void redacts(const struct kh_type *type, const void *value)
{
	struct kh_pseudonyms pseudonyms = {0};
	struct kh_buffer text = {0};
	void *back = calloc(1, type->size);

	require(back && kh_redact(&pseudonyms, type, value, &text) == KH_OK);
	require(kh_decode(type, text.data, text.length, back, NULL) == KH_OK);
	kh_clear(type, back);
	free(back);
	kh_buffer_finish(&text);
	kh_pseudonyms_finish(&pseudonyms);
}

static void answers(const struct kh_error *error, const struct kh_buffer *answer)
{
	struct kh_incoming incoming;

	require(kh_incoming_decode(&kh_contract, answer->data, answer->length, &incoming, NULL) == KH_OK);
	require(incoming.is_error && incoming.failure.code == error->code &&
		strcmp(incoming.failure.field, error->field) == 0);
	kh_incoming_finish(&incoming);
}

static void as_message(const struct kh_contract *contract, const char *text, size_t length)
{
	struct kh_message message;
	struct kh_error error = {0};
	struct kh_buffer answer = {0};

	if (kh_message_decode(contract, text, length, &message, &error) == KH_OK) {
		again(message.method->params, message.params);
		redacts(message.method->params, message.params);
	} else {
		require(error.code == KH_REQUEST_INVALID || error.code == KH_REQUEST_TOO_LARGE);
		require(message.params == NULL);
		kh_error_encode(&message.id, &error, "zh", &answer);
		answers(&error, &answer);
	}
	kh_message_finish(&message);
	kh_buffer_finish(&answer);
}

static void as_answer(const struct kh_contract *contract, const char *text, size_t length)
{
	struct kh_incoming incoming;
	void *result;

	if (kh_incoming_decode(contract, text, length, &incoming, NULL) == KH_OK && incoming.result) {
		for (size_t i = 0; i < contract->count; i++) {
			const struct kh_type *type = contract->methods[i].result;
			if (!type)
				continue;
			result = calloc(1, type->size);
			if (result && kh_incoming_result(&incoming, &contract->methods[i], result, NULL) == KH_OK) {
				again(type, result);
				redacts(type, result);
			}
			kh_clear(type, result);
			free(result);
		}
	}
	kh_incoming_finish(&incoming);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct kh_config config;
	struct kh_profile_file profile;

	as_message(&kh_contract, text, size);
	as_message(&kh_host_contract, text, size);
	as_answer(&kh_contract, text, size);
	as_answer(&kh_host_contract, text, size);
	if (kh_decode(&kh_config_type, text, size, &config, NULL) == KH_OK) {
		again(&kh_config_type, &config);
		kh_clear(&kh_config_type, &config);
	}
	if (kh_decode(&kh_profile_file_type, text, size, &profile, NULL) == KH_OK) {
		again(&kh_profile_file_type, &profile);
		kh_clear(&kh_profile_file_type, &profile);
	}
	return 0;
}
