/*
 * A trace's lines, written and read; and the texts of two structs side by side.
 */
#include "entry.h"

#include <string.h>

#include "redact.h"
#include "unit.h"

static enum kh_code read_line(const char *line, struct kh_entry *entry)
{
	return kh_entry_read(line, strlen(line), entry, NULL);
}

static void test_question(void **state)
{
	const struct kh_pin_verify_params params = {.token = (char *)(uintptr_t) "pkcs11:serial=1"};
	const struct kh_message message = {{.kind = KH_ID_TEXT, .text = "a"},
					   &kh_contract.methods[KH_METHOD_PIN_VERIFY],
					   (void *)(uintptr_t)&params};
	struct kh_pseudonyms pseudonyms = {0};
	struct kh_buffer line = {0};
	struct kh_entry entry;

	(void)state;
	kh_entry_begin(&line, 12, (struct kh_entry_peer){.page = 3}, "said");
	kh_redact_message(&pseudonyms, &message, &line);
	kh_entry_end(&line);
	assert_string_equal(line.data,
			    "{\"at\":12,\"page\":3,\"said\":{\"id\":\"id-1\",\"method\":\"pin.verify\","
			    "\"params\":{\"token\":\"pkcs11:tokenUri-1\"}}}");
	assert_int_equal(read_line(line.data, &entry), KH_OK);
	assert_int_equal(entry.kind, KH_ENTRY_SAID);
	assert_int_equal(entry.page, 3);
	assert_string_equal(entry.message.id.text, "id-1");
	assert_string_equal(((struct kh_pin_verify_params *)entry.message.params)->token, "pkcs11:tokenUri-1");
	kh_entry_finish(&entry);
	kh_buffer_finish(&line);
	kh_pseudonyms_finish(&pseudonyms);
}

static void test_answers(void **state)
{
	struct kh_entry entry;

	(void)state;
	assert_int_equal(read_line("{\"at\":1,\"page\":3,\"told\":{\"id\":7,\"method\":\"token.list\",\"result\":"
				   "{\"tokens\":[]}}}\n",
				   &entry),
			 KH_OK);
	assert_int_equal(entry.kind, KH_ENTRY_TOLD);
	assert_int_equal(entry.message.id.number, 7);
	assert_non_null(entry.result);
	kh_entry_finish(&entry);
	assert_int_equal(read_line("{\"at\":1,\"page\":3,\"told\":{\"id\":7,\"method\":\"token.list\",\"error\":"
				   "{\"name\":\"token.failed\",\"retry\":\"later\"}}}",
				   &entry),
			 KH_OK);
	assert_string_equal(entry.failure, "token.failed");
	assert_null(entry.result);
	kh_entry_finish(&entry);
	assert_int_equal(read_line("{\"at\":1,\"host\":\"a.so\",\"call\":{\"function\":\"C_Sign\",\"result\":"
				   "\"CKR_OK\",\"value\":0,\"microseconds\":5}}",
				   &entry),
			 KH_OK);
	assert_int_equal(entry.kind, KH_ENTRY_CALL);
	assert_string_equal(entry.call.function, "C_Sign");
	kh_entry_finish(&entry);
}

/* Of a later agent, of a token host, of nobody; and no trace at all. */
static void test_others(void **state)
{
	static const char *const others[] = {
		"{\"at\":0,\"begun\":{}}",
		"{\"at\":0,\"page\":1,\"opened\":{}}",
		"{\"at\":0,\"page\":1,\"said\":{\"id\":1,\"method\":\"later.on\",\"params\":{\"x\":1}}}",
		"{\"at\":0,\"page\":1,\"told\":{\"error\":{\"name\":\"request.invalid\",\"retry\":\"no\"}}}",
		"{\"at\":0,\"host\":\"a.so\",\"told\":{\"id\":1,\"method\":\"token.list\",\"params\":{}}}",
		"{\"at\":0,\"lost\":3}",
	};
	static const char *const wrong[] = {
		"",
		"hello",
		"[]",
		"{}",
		"{\"at\":\"0\"}",
		"{\"at\":0,\"call\":{}}",
		"{\"at\":0,\"page\":1,\"said\":{\"id\":1,\"method\":\"pin.verify\",\"params\":{}}}",
	};
	struct kh_entry entry;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(read_line(others[i], &entry), KH_OK);
		assert_int_equal(entry.kind, KH_ENTRY_OTHER);
		kh_entry_finish(&entry);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(read_line(wrong[i], &entry), KH_REQUEST_INVALID);
}

static void visit(void *context, char **a, char **b)
{
	char *seen = context;

	strcat(strcat(strcat(strcat(seen, *a), "="), *b), " ");
}

static void test_walk(void **state)
{
	char *three[] = {(char *)(uintptr_t) "1", (char *)(uintptr_t) "2", (char *)(uintptr_t) "3"};
	struct kh_encryption encryption = {.certificate = (char *)(uintptr_t) "E"};
	struct kh_renewal_install_params a = {.order = (char *)(uintptr_t) "O",
					      .certificate = (char *)(uintptr_t) "C",
					      .chain = three,
					      .chain_count = 3,
					      .encryption = &encryption};
	struct kh_renewal_install_params b = a;
	char seen[64] = "";

	(void)state;
	b.chain_count = 2;
	kh_private_walk(&kh_renewal_install_params_type, &a, &b, visit, seen);
	assert_string_equal(seen, "O=O C=C 1=1 2=2 E=E ");
	b.encryption = NULL;
	seen[0] = '\0';
	kh_private_walk(&kh_renewal_install_params_type, &a, &b, visit, seen);
	assert_string_equal(seen, "O=O C=C 1=1 2=2 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_question), cmocka_unit_test(test_answers),
					   cmocka_unit_test(test_others), cmocka_unit_test(test_walk)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
