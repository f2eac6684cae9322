/* Assuan lines: escaping, cutting, reading. */
#include "pin/assuan.h"

#include <string.h>

#include "unit.h"

static void expect(const char *text, const char *line)
{
	struct kh_buffer out = {0};

	kh_assuan_command(&out, "SETDESC", text);
	assert_string_equal(out.data, line);
	kh_buffer_finish(&out);
}

static void test_escape(void **state)
{
	(void)state;
	expect(NULL, "SETDESC\n");
	expect("plain", "SETDESC plain\n");
	expect("100%\nnext", "SETDESC 100%25%0Anext\n");
	expect("a\rb\x7f\x1b[0m", "SETDESC a b  [0m\n");
	expect("证书", "SETDESC 证书\n");
}

static void test_long_text_is_cut_between_characters(void **state)
{
	struct kh_buffer text = {0};
	struct kh_buffer out = {0};

	(void)state;
	for (int i = 0; i < 700; i++)
		kh_buffer_append_text(&text, "证");
	kh_assuan_command(&out, "SETDESC", text.data);
	assert_true(out.length <= KH_ASSUAN_LINE);
	assert_true(out.length > KH_ASSUAN_LINE - 8);
	assert_int_equal((out.length - strlen("SETDESC \n")) % 3, 0);
	kh_buffer_finish(&text);
	kh_buffer_finish(&out);
}

static void test_cut_keeps_escapes_whole(void **state)
{
	struct kh_buffer text = {0};
	struct kh_buffer out = {0};

	(void)state;
	for (int i = 0; i < 700; i++)
		kh_buffer_append_text(&text, "%");
	kh_assuan_command(&out, "SETDESC", text.data);
	assert_true(out.length <= KH_ASSUAN_LINE);
	assert_string_equal(out.data + out.length - 4, "%25\n");
	kh_buffer_finish(&text);
	kh_buffer_finish(&out);
}

static enum kh_assuan_reply parse(const char *line, unsigned long *number)
{
	return kh_assuan_parse(line, strlen(line), number);
}

static void test_replies(void **state)
{
	unsigned long number = 7;

	(void)state;
	assert_int_equal(parse("OK", &number), KH_ASSUAN_OK);
	assert_int_equal(parse("OK Pleased to meet you", &number), KH_ASSUAN_OK);
	assert_int_equal(parse("OKAY", &number), KH_ASSUAN_OTHER);
	assert_int_equal(parse("D 1234", &number), KH_ASSUAN_DATA);
	assert_int_equal(parse("S PIN_REPEATED", &number), KH_ASSUAN_OTHER);
	assert_int_equal(parse("# comment", &number), KH_ASSUAN_OTHER);
	assert_int_equal(parse("", &number), KH_ASSUAN_OTHER);
	assert_int_equal(number, 7);
	assert_int_equal(parse("ERR 83886179 Operation cancelled <Pinentry>", &number), KH_ASSUAN_ERROR);
	assert_int_equal(number, KH_ASSUAN_CANCELLED);
	assert_int_equal(parse("ERR", &number), KH_ASSUAN_ERROR);
	assert_int_equal(number, 0);
}

static void test_data(void **state)
{
	static const char line[] = "D 12%253%4";
	char longest[400] = "D ";
	struct kh_secret secret;

	(void)state;
	kh_secret_init(&secret);
	assert_int_equal(kh_assuan_data(line, strlen(line), &secret), KH_OK);
	assert_int_equal(kh_assuan_data("D %0a5", 6, &secret), KH_OK);
	assert_int_equal(secret.length, 8);
	assert_memory_equal(secret.bytes, "12%3%4\n5", 9);
	kh_secret_finish(&secret);
	memset(longest + 2, '1', KH_SECRET_MAX + 1);
	assert_int_equal(kh_assuan_data(longest, 2 + KH_SECRET_MAX, &secret), KH_OK);
	assert_int_equal(kh_assuan_data("D 1", 3, &secret), KH_REQUEST_TOO_LARGE);
	kh_secret_finish(&secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_long_text_is_cut_between_characters),
		cmocka_unit_test(test_cut_keeps_escapes_whole),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
