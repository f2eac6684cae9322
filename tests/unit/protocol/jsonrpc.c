/*
 * The JSON-RPC envelope, both directions.
 */
#include "jsonrpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "host_contract.h"
#include "unit.h"

#define V "\"jsonrpc\":\"2.0\""
#define M ",\"method\":\"pin.verify\""
#define P ",\"params\":{\"token\":\"pkcs11:x\"}"

static const struct {
	const char *text;
	enum kh_code code;
	int rpc_code;
	const char *field;
	const char *id; /* as it is answered */
} cases[] = {
	{"{" V ",\"id\":1" M P "}", KH_OK, 0, "", "1"},
	{"{" V ",\"id\":\"a\\\"b\"" M P "}", KH_OK, 0, "", "\"a\\\"b\""},
	{"{" V ",\"id\":-9223372036854775808" M P "}", KH_OK, 0, "", "-9223372036854775808"},
	{"{" P "}", KH_REQUEST_INVALID, -32700, "", "null"},
	{"", KH_REQUEST_INVALID, -32700, "", "null"},
	{"{" V ",\"id\":1" M, KH_REQUEST_INVALID, -32700, "", "null"},
	{"{" V ",\"id\":1" M P "} x", KH_REQUEST_INVALID, -32700, "", "null"},
	{"\xff", KH_REQUEST_INVALID, -32700, "", "null"},
	{"[]", KH_REQUEST_INVALID, -32600, "", "null"},
	{"[{" V ",\"id\":1" M P "}]", KH_REQUEST_INVALID, -32600, "", "null"},
	{"1", KH_REQUEST_INVALID, -32600, "", "null"},
	{"{}", KH_REQUEST_INVALID, -32600, "jsonrpc", "null"},
	{"{\"jsonrpc\":\"1.0\",\"id\":1" M P "}", KH_REQUEST_INVALID, -32600, "jsonrpc", "1"},
	{"{\"jsonrpc\":2.0,\"id\":1" M P "}", KH_REQUEST_INVALID, -32600, "jsonrpc", "1"},
	{"{" V ",\"id\":null" M P "}", KH_REQUEST_INVALID, -32600, "id", "null"},
	{"{" V ",\"id\":1.5" M P "}", KH_REQUEST_INVALID, -32600, "id", "null"},
	{"{" V ",\"id\":[]" M P "}", KH_REQUEST_INVALID, -32600, "id", "null"},
	{"{" V ",\"id\":\"a\\u0000\"" M P "}", KH_REQUEST_INVALID, -32600, "id", "null"},
	{"{" V ",\"id\":\"0123456789012345678901234567890123456789012345678901234567890123\"" M P "}", KH_OK, 0, "",
	 "\"0123456789012345678901234567890123456789012345678901234567890123\""},
	{"{" V ",\"id\":\"01234567890123456789012345678901234567890123456789012345678901234\"" M P "}",
	 KH_REQUEST_INVALID, -32600, "id", "null"},
	{"{" V M P "}", KH_REQUEST_INVALID, -32600, "id", "null"},
	{"{" V ",\"id\":1,\"method\":\"token.changed\",\"params\":{\"tokens\":[]}}", KH_REQUEST_INVALID, -32600, "id",
	 "1"},
	{"{" V ",\"id\":1}", KH_REQUEST_INVALID, -32600, "method", "1"},
	{"{" V ",\"id\":1,\"method\":5}", KH_REQUEST_INVALID, -32600, "method", "1"},
	{"{" V ",\"id\":1,\"method\":\"pin.guess\"}", KH_REQUEST_INVALID, -32601, "method", "1"},
	{"{" V ",\"id\":1,\"method\":\"pin.verify\\u0000\"" P "}", KH_REQUEST_INVALID, -32601, "method", "1"},
	{"{" V ",\"id\":1" M P ",\"extra\":1}", KH_REQUEST_INVALID, -32600, "extra", "1"},
	{"{" V ",\"id\":1" M ",\"params\":[\"pkcs11:x\"]}", KH_REQUEST_INVALID, 0, "params", "1"},
	{"{" V ",\"id\":1" M ",\"params\":null}", KH_REQUEST_INVALID, 0, "params", "1"},
	{"{" V ",\"id\":1" M "}", KH_REQUEST_INVALID, 0, "token", "1"},
	{"{" V ",\"id\":1,\"method\":\"token.list\"}", KH_OK, 0, "", "1"},
	{"{" V ",\"id\":1" M P P "}", KH_REQUEST_INVALID, -32600, "params", "1"},
	{"{" V ",\"id\":1,\"id\":2" M P "}", KH_REQUEST_INVALID, -32600, "id", "null"},
	{"{" V ",\"id\":99999999999999999999" M P "}", KH_REQUEST_INVALID, -32600, "id", "null"},
	{"{" V ",\"id\":1,\"1\":0,\"1\":0" M P "}", KH_REQUEST_INVALID, -32600, "", "1"},
	{"{" V ",\"id\":1" M ",\"params\":{\"x\":{\"y\":[0,{\"z\":1,\"z\":1}]}}}", KH_REQUEST_INVALID, 0, "x.y.1.z",
	 "1"},
	{"{" V ",\"id\":1,\"result\":{\"z\":1,\"z\":1}}", KH_REQUEST_INVALID, -32600, "result.z", "1"},
	{"{" V ",\"id\":7" M ",\"params\":{\"token\":\"a\",\"token\":\"b\"}}", KH_REQUEST_INVALID, 0, "token", "7"},
	{"{" V ",\"id\":7" M ",\"params\":{\"12\":\"a\",\"12\":\"b\"}}", KH_REQUEST_INVALID, 0, "", "7"},
	{"{" V ",\"id\":1" M ",\"params\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", KH_REQUEST_INVALID, 0, "", "null"},
	{"{" V ",\"id\":1" M ",\"params\":[[[[[[[[[[[[[[]]]]]]]]]]]]]]}", KH_REQUEST_INVALID, 0, "params", "1"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kh_message message;
		struct kh_error error = {0};
		struct kh_buffer answer = {0};
		char expected[128];
		enum kh_code code =
			kh_message_decode(&kh_contract, cases[i].text, strlen(cases[i].text), &message, &error);

		if (code != cases[i].code || error.rpc_code != cases[i].rpc_code ||
		    strcmp(error.field, cases[i].field) != 0)
			fail_msg("%s: %s %d \"%s\"", cases[i].text, kh_code_name(code), error.rpc_code, error.field);
		assert_true((code == KH_OK) == (message.params != NULL));
		kh_error_encode(&message.id, &error, "en", &answer);
		snprintf(expected, sizeof(expected), "{\"jsonrpc\":\"2.0\",\"id\":%s,", cases[i].id);
		if (strncmp(answer.data, expected, strlen(expected)) != 0)
			fail_msg("%s: %s", cases[i].text, answer.data);
		kh_buffer_finish(&answer);
		kh_message_finish(&message);
	}
}

static void test_too_large(void **state)
{
	size_t length = KH_LIMIT_MESSAGE + 1;
	char *text = malloc(length);
	struct kh_message message;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', length);
	assert_int_equal(kh_message_decode(&kh_contract, text, length, &message, NULL), KH_REQUEST_TOO_LARGE);
	assert_int_equal(kh_message_decode(&kh_contract, text, length - 1, &message, NULL), KH_REQUEST_INVALID);
	assert_int_equal(kh_message_decode(&kh_host_contract, text, length, &message, NULL), KH_REQUEST_INVALID);
	free(text);
}

static struct kh_incoming incoming_of(const struct kh_buffer *text)
{
	struct kh_incoming incoming;

	assert_int_equal(kh_incoming_decode(&kh_contract, text->data, text->length, &incoming, NULL), KH_OK);
	return incoming;
}

/* A page's messages are small; the answers to them need not be. */
static void test_long_answer(void **state)
{
	struct kh_buffer text = {0};
	struct kh_incoming incoming;

	(void)state;
	kh_buffer_append_text(&text, "{" V ",\"id\":1,\"result\":{}");
	while (text.length < KH_INCOMING_MAX - 1)
		kh_buffer_append(&text, " ", 1);
	kh_buffer_append(&text, "}", 1);
	incoming = incoming_of(&text);
	kh_incoming_finish(&incoming);
	kh_buffer_append(&text, " ", 1);
	assert_int_equal(kh_incoming_decode(&kh_contract, text.data, text.length, &incoming, NULL),
			 KH_REQUEST_TOO_LARGE);
	kh_buffer_finish(&text);
}

static void test_result(void **state)
{
	const struct kh_method *method = &kh_contract.methods[KH_METHOD_RENEWAL_COMPLETE];
	struct kh_rpc_id id = {KH_ID_NUMBER, 12, ""};
	char hash[65];
	char *retired[] = {hash};
	struct kh_renewal_complete_result result = {.retired = retired, .retired_count = 1}, back;
	struct kh_buffer text = {0};
	struct kh_incoming incoming;

	(void)state;
	memset(hash, 'a', 64);
	hash[64] = '\0';
	assert_int_equal(kh_result_encode(method, &id, &result, &text, NULL), KH_OK);
	incoming = incoming_of(&text);
	assert_true(incoming.is_response);
	assert_false(incoming.is_error);
	assert_int_equal(incoming.id.number, 12);
	assert_int_equal(kh_incoming_result(&incoming, method, &back, NULL), KH_OK);
	assert_string_equal(back.retired[0], hash);
	kh_clear(method->result, &back);
	assert_int_equal(kh_incoming_result(&incoming, &kh_contract.methods[KH_METHOD_PIN_VERIFY], &back, NULL),
			 KH_REQUEST_INVALID);
	kh_incoming_finish(&incoming);
	kh_buffer_finish(&text);
}

static void test_failure(void **state)
{
	struct kh_error sent = {.code = KH_ORDER_MISMATCH, .serial = "00ff\"", .left = KH_PIN_LEFT_LAST};
	struct kh_rpc_id id = {KH_ID_TEXT, 0, "q"};
	struct kh_buffer text = {0};
	struct kh_incoming incoming;

	(void)state;
	strcpy(sent.opens, "2026-11-22T00:00:00Z");
	kh_error_encode(&id, &sent, "zh-CN", &text);
	incoming = incoming_of(&text);
	assert_true(incoming.is_error);
	assert_memory_equal(&incoming.failure, &sent, sizeof(sent));
	assert_string_equal(incoming.id.text, "q");
	kh_incoming_finish(&incoming);
	kh_buffer_cut(&text, 0);

	(void)kh_fail_field(&sent, "");
	sent.rpc_code = -32700;
	kh_error_encode(&(struct kh_rpc_id){.kind = KH_ID_NONE}, &sent, "en", &text);
	incoming = incoming_of(&text);
	assert_int_equal(incoming.id.kind, KH_ID_NONE);
	assert_int_equal(incoming.failure.rpc_code, -32700);
	kh_incoming_finish(&incoming);
	kh_buffer_finish(&text);
}

static void test_notification(void **state)
{
	const struct kh_method *method = &kh_contract.methods[KH_METHOD_RENEWAL_PROGRESS];
	struct kh_renewal_progress_params params = {(char *)"A-1", 2, 7, (char *)"正在写入证书"};
	struct kh_buffer text = {0};
	struct kh_incoming incoming;

	(void)state;
	assert_int_equal(kh_request_encode(method, NULL, &params, &text, NULL), KH_OK);
	assert_string_equal(text.data,
			    "{\"jsonrpc\":\"2.0\",\"method\":\"renewal.progress\",\"params\":{\"order\":\"A-1\","
			    "\"step\":2,\"of\":7,\"text\":\"正在写入证书\"}}");
	incoming = incoming_of(&text);
	assert_false(incoming.is_response);
	assert_ptr_equal(incoming.message.method, method);
	kh_incoming_finish(&incoming);
	kh_buffer_finish(&text);
}

static void test_encode_takes_back(void **state)
{
	struct kh_pin_verify_params params = {(char *)"no uri"};
	struct kh_rpc_id id = {KH_ID_NUMBER, 1, ""};
	struct kh_buffer text = {0};
	struct kh_error error;

	(void)state;
	kh_buffer_append_text(&text, "before");
	assert_int_equal(kh_request_encode(&kh_contract.methods[KH_METHOD_PIN_VERIFY], &id, &params, &text, &error),
			 KH_AGENT_FAILED);
	assert_string_equal(text.data, "before");
	kh_buffer_finish(&text);
}

static void test_odd_responses(void **state)
{
	static const char *const bad[] = {
		"{" V ",\"id\":1}",
		"{" V ",\"id\":1,\"result\":{},\"error\":{}}",
		"{" V ",\"id\":1,\"error\":5}",
		"{" V ",\"id\":1,\"error\":{\"code\":1}}",
		"{" V
		",\"id\":1,\"error\":{\"code\":\"1\",\"message\":\"\",\"data\":{\"name\":\"x\",\"retry\":\"no\"}}}",
		"{" V ",\"id\":1,\"result\":{},\"extra\":1}",
		"{" V ",\"id\":null,\"result\":{}}",
		"{\"id\":1,\"result\":{}}",
	};
	struct kh_incoming incoming;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(kh_incoming_decode(&kh_contract, bad[i], strlen(bad[i]), &incoming, NULL),
				 KH_REQUEST_INVALID);
		kh_incoming_finish(&incoming);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	      cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_result),	      cmocka_unit_test(test_failure),
		cmocka_unit_test(test_notification),  cmocka_unit_test(test_encode_takes_back),
		cmocka_unit_test(test_odd_responses), cmocka_unit_test(test_long_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
