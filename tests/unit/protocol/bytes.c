/*
 * Buffers, hex and base64; the vectors are RFC 4648, section 10.
 */
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const struct {
	const char *plain, *coded, *url;
} vectors[] = {
	{"", "", ""},
	{"f", "Zg==", "Zg"},
	{"fo", "Zm8=", "Zm8"},
	{"foo", "Zm9v", "Zm9v"},
	{"foob", "Zm9vYg==", "Zm9vYg"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	{"\xfb\xff\xbf", "+/+/", "-_-_"},
};

static void test_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct kh_buffer coded = {0}, url = {0};
		struct kh_bytes plain = {0};
		size_t length = strlen(vectors[i].plain);

		kh_base64_append(&coded, vectors[i].plain, length);
		kh_base64url_append(&url, vectors[i].plain, length);
		assert_string_equal(coded.data ? coded.data : "", vectors[i].coded);
		assert_string_equal(url.data ? url.data : "", vectors[i].url);
		assert_int_equal(kh_base64_decode(vectors[i].coded, strlen(vectors[i].coded), &plain), KH_OK);
		assert_int_equal(plain.length, length);
		assert_non_null(plain.data);
		assert_memory_equal(plain.data, vectors[i].plain, length);
		kh_bytes_finish(&plain);
		assert_int_equal(kh_base64url_decode(vectors[i].url, strlen(vectors[i].url), &plain), KH_OK);
		assert_int_equal(plain.length, length);
		assert_memory_equal(plain.data, vectors[i].plain, length);
		kh_bytes_finish(&plain);
		kh_buffer_finish(&coded);
		kh_buffer_finish(&url);
	}
}

static void test_base64_refused(void **state)
{
	static const char *const bad[] = {"Z",	  "Zg",	  "Zg=",  "Zh==", "Zm9=",     "Zm9v\n", "Zm 9",
					  "=m9v", "Z===", "====", "-_-_", "Zg==Zm9v", "Zm=v"};
	static const char *const bad_url[] = {"Z", "Zh", "Zm9", "Zm9vZ", "Zg==", "+/+/", "Zm9v\n"};
	struct kh_bytes plain = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(kh_base64_decode(bad[i], strlen(bad[i]), &plain), KH_REQUEST_INVALID);
		assert_null(plain.data);
	}
	assert_int_equal(kh_base64_decode("Zm\0v", 4, &plain), KH_REQUEST_INVALID);
	for (size_t i = 0; i < sizeof(bad_url) / sizeof(bad_url[0]); i++) {
		assert_int_equal(kh_base64url_decode(bad_url[i], strlen(bad_url[i]), &plain), KH_REQUEST_INVALID);
		assert_null(plain.data);
	}
}

static void test_hex(void **state)
{
	char text[9];

	(void)state;
	kh_hex("\x00\x7f\x80\xff", 4, text);
	assert_string_equal(text, "007f80ff");
	kh_hex("", 0, text);
	assert_string_equal(text, "");
}

static void test_hash(void **state)
{
	(void)state;
	/* Vectors of the FNV page of its authors. */
	assert_true(kh_hash(KH_HASH_START, "", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(kh_hash(KH_HASH_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(kh_hash(KH_HASH_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
	assert_true(kh_hash(kh_hash(KH_HASH_START, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8));
}

static void test_buffer_grows(void **state)
{
	struct kh_buffer buffer = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		kh_buffer_printf(&buffer, "%03d,", i);
	assert_false(buffer.failed);
	assert_int_equal(buffer.length, 4000);
	assert_int_equal(strlen(buffer.data), 4000);
	assert_memory_equal(buffer.data + 3996, "999,", 4);
	kh_buffer_cut(&buffer, 4);
	assert_string_equal(buffer.data, "000,");
	kh_buffer_cut(&buffer, 100);
	assert_string_equal(buffer.data, "000,");
	kh_buffer_finish(&buffer);
	assert_null(buffer.data);
}

static void test_buffer_limit(void **state)
{
	struct kh_buffer buffer = {0};
	char *big = calloc(1, KH_BUFFER_MAX);

	(void)state;
	assert_non_null(big);
	kh_buffer_append(&buffer, big, KH_BUFFER_MAX - 1);
	assert_false(buffer.failed);
	kh_buffer_append(&buffer, big, 1);
	assert_true(buffer.failed);
	kh_buffer_cut(&buffer, 0);
	kh_buffer_append(&buffer, "x", 1);
	assert_true(buffer.failed);
	assert_int_equal(buffer.length, 0);
	kh_buffer_finish(&buffer);
	free(big);
}

static void test_bytes_copy(void **state)
{
	struct kh_bytes bytes = {0};

	(void)state;
	assert_int_equal(kh_bytes_copy(&bytes, "abc", 3), KH_OK);
	assert_int_equal(bytes.length, 3);
	kh_bytes_finish(&bytes);
	assert_int_equal(kh_bytes_copy(&bytes, NULL, 0), KH_OK);
	assert_non_null(bytes.data);
	kh_bytes_finish(&bytes);
	kh_bytes_finish(&bytes);
}

static void test_utf8(void **state)
{
	struct kh_buffer text = {0};

	(void)state;
	kh_utf8_append(&text, "a\xc3\x28\xff\xe5\xb1\xb1\xed\xa0\x80z\0y", 13);
	assert_string_equal(text.data,
			    "a\xef\xbf\xbd(\xef\xbf\xbd山\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbdy");
	kh_buffer_finish(&text);
}

/* A terminal obeys them, and a PIN window would show a line of its own. */
static void test_controls(void **state)
{
	struct kh_buffer text = {0};

	(void)state;
	kh_utf8_append(&text,
		       "a\x1b[31m\n\x7f\xc2\x9b"
		       "2J\xc2\xa0",
		       14);
	assert_string_equal(text.data,
			    "a\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
			    "2J\xc2\xa0");
	kh_buffer_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8),	     cmocka_unit_test(test_controls),
		cmocka_unit_test(test_base64),	     cmocka_unit_test(test_base64_refused),
		cmocka_unit_test(test_hex),	     cmocka_unit_test(test_hash),
		cmocka_unit_test(test_buffer_grows), cmocka_unit_test(test_buffer_limit),
		cmocka_unit_test(test_bytes_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
