/*
 * Files by their path, in Chinese too.
 */
#include "file.h"

#include <string.h>
#include <uv.h>

#include "unit.h"

#define NAME "keyhall-文件 一.txt"

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(kh_file_name("a/b/驱动.so"), "驱动.so");
	assert_string_equal(kh_file_name("a/b/"), "");
	assert_string_equal(kh_file_name("b"), "b");
	assert_string_equal(kh_file_name(""), "");
	assert_false(kh_file_is_absolute("a/b"));
	assert_false(kh_file_is_absolute(""));
}

static void test_open(void **state)
{
	char text[16] = "";
	uv_fs_t request;
	FILE *file;

	(void)state;
	assert_null(kh_file_open("keyhall-not-there/文件", "rb"));
	file = kh_file_open(NAME, "wb");
	assert_non_null(file);
	assert_true(fputs("一\n", file) >= 0);
	fclose(file);
	file = kh_file_open(NAME, "rb");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, file), strlen("一\n"));
	assert_string_equal(text, "一\n");
	fclose(file);
	assert_int_equal(uv_fs_unlink(NULL, &request, NAME, NULL), 0);
	uv_fs_req_cleanup(&request);
}

/* On POSIX they are as they were. */
static void test_arguments(void **state)
{
	char first[] = "program", *own[] = {first, NULL}, **values = own;
	int count = 1;

	(void)state;
	kh_file_arguments(&count, &values);
	assert_true(count >= 1);
	assert_null(values[count]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_arguments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
