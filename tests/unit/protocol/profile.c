/* Driver profiles: what is read, what is refused in which words, which one fits. */
#include "profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "unit.h"

#define MATCH "\"name\":\"x\",\"match\":[{\"library\":\"x\"}]"
#define SIGN "\"sign\":{\"mechanism\":\"0x80008105\",\"input\":\"digest\",\"output\":\"raw\"}"
#define NUMBERS "\"keyType\":\"0x80000004\",\"pair\":\"0x80008001\""

static void test_everything(void **state)
{
	static const char text[] =
		"{" MATCH ",\"sm2\":{" NUMBERS ",\"curve\":false,\"point\":\"bare\"," SIGN
		","
		"\"decrypt\":{\"mechanism\":\"0x80008200\",\"cipher\":\"c1c3c2\"},"
		"\"unwrap\":{\"mechanism\":\"0x80008201\",\"cipher\":\"der\"},\"envelope\":{\"mechanism\":"
		"\"0x80008210\"}},"
		"\"sm4\":{\"keyType\":\"0x80000106\",\"ecb\":\"0x80000108\"},\"rsa\":{\"unwrap\":\"0x80002001\"}}";
	struct kh_buffer complaint = {0};
	struct kh_profile profile;

	(void)state;
	assert_true(kh_profile_read(text, sizeof(text) - 1, &profile, &complaint));
	assert_int_equal(complaint.length, 0);
	assert_string_equal(profile.file.name, "x");
	assert_true(profile.sm2);
	assert_int_equal(profile.sm2_key_type, 0x80000004);
	assert_int_equal(profile.sm2_pair, 0x80008001);
	assert_false(profile.sm2_curve);
	assert_int_equal(profile.sm2_point, KH_PROFILE_SM2_POINT_BARE);
	assert_int_equal(profile.sm2_sign, 0x80008105);
	assert_int_equal(profile.sm2_sign_input, KH_PROFILE_SIGN_INPUT_DIGEST);
	assert_int_equal(profile.sm2_sign_output, KH_PROFILE_SIGN_OUTPUT_RAW);
	assert_int_equal(profile.sm2_decrypt.mechanism, 0x80008200);
	assert_int_equal(profile.sm2_decrypt.cipher, KH_PROFILE_CIPHER_CIPHER_C1C3C2);
	assert_int_equal(profile.sm2_unwrap.mechanism, 0x80008201);
	assert_int_equal(profile.sm2_unwrap.cipher, KH_PROFILE_CIPHER_CIPHER_DER);
	assert_int_equal(profile.sm2_envelope, 0x80008210);
	assert_int_equal(profile.sm4_key_type, 0x80000106);
	assert_int_equal(profile.sm4_ecb, 0x80000108);
	assert_int_equal(profile.rsa_unwrap, 0x80002001);
	kh_profile_clear(&profile);
}

static void test_family(void **state)
{
	static const char text[] =
		"{\"name\":\"x\",\"names\":{\"en\":\"X "
		"Key\",\"zh\":\"X\"},\"usb\":[{\"id\":\"1234:0001\",\"mode\":\"storage\","
		"\"sources\":[\"maker\",\"tools\"]}],\"atr\":[{\"atr\":\"3B:..:94\",\"sources\":[\"opensc\"]}],"
		"\"modules\":[{\"file\":"
		"\"libx.so*\",\"system\":\"linux\",\"interface\":\"skf\",\"sources\":[\"maker\"]}],\"download\":"
		"\"https://x.example/\"}";
	struct kh_buffer complaint = {0};
	struct kh_profile profile;

	(void)state;
	assert_true(kh_profile_read(text, sizeof(text) - 1, &profile, &complaint));
	assert_string_equal(profile.file.names->en, "X Key");
	assert_int_equal(profile.file.usb[0].mode, KH_PROFILE_USB_MODE_STORAGE);
	assert_int_equal(profile.file.usb[0].sources[1], KH_PROFILE_SOURCE_TOOLS);
	assert_int_equal(profile.file.modules[0].interface, KH_PROFILE_MODULE_INTERFACE_SKF);
	assert_string_equal(profile.file.download, "https://x.example/");
	kh_profile_clear(&profile);
}

/* What is left out cannot be done; what has a default has it. */
static void test_little(void **state)
{
	static const char none[] = "{" MATCH "}";
	static const char sm2[] = "{" MATCH ",\"sm2\":{" NUMBERS "," SIGN "}}";
	struct kh_buffer complaint = {0};
	struct kh_profile profile;

	(void)state;
	assert_true(kh_profile_read(none, sizeof(none) - 1, &profile, &complaint));
	assert_false(profile.sm2);
	assert_true(profile.sm2_key_type == KH_NO_NUMBER && profile.sm2_pair == KH_NO_NUMBER);
	kh_profile_clear(&profile);
	assert_true(kh_profile_read(sm2, sizeof(sm2) - 1, &profile, &complaint));
	assert_true(profile.sm2 && profile.sm2_curve);
	assert_int_equal(profile.sm2_point, KH_PROFILE_SM2_POINT_OCTET);
	assert_true(profile.sm2_decrypt.mechanism == KH_NO_NUMBER && profile.sm2_unwrap.mechanism == KH_NO_NUMBER);
	assert_true(profile.sm2_envelope == KH_NO_NUMBER && profile.sm4_ecb == KH_NO_NUMBER);
	assert_true(profile.rsa_unwrap == KH_NO_NUMBER);
	kh_profile_clear(&profile);
}

static const struct {
	const char *text, *complaint;
} refused[] = {
	{"", "is no JSON object a profile can be read from, line:column 1:0"},
	{"{" MATCH, "is no JSON object a profile can be read from, line:column 1:37"},
	{"[]", "is no JSON object a profile can be read from"},
	{"{\"name\":\"x\",\"match\":[]}", "match must be given once, as a list [...] of at most 32"},
	{"{\"name\":\"x\",\"match\":[{}]}", "match.0 fits every module"},
	{"{\"name\":\"x\",\"match\":[{\"library\":\"x\"},{}]}", "match.1 fits every module"},
	{"{\"name\":\"x\",\"match\":[{\"path\":\"x\"}]}", "match.0.path is not a known key"},
	{"{\"name\":\"x y\",\"match\":[{\"library\":\"x\"}]}",
	 "name must be given once, as a text of 1 to 64 characters"},
	{"{" MATCH ",\"sm3\":\"0x80009001\"}", "sm3 is not a known key"},
	{"{" MATCH "," MATCH "}", "name must be given once, as a text of 1 to 64 characters"},
	{"{" MATCH ",\"sm2\":{" NUMBERS "}}", "sm2.sign must be given once, as an object {...}"},
	{"{" MATCH ",\"rsa\":{\"unwrap\":2147491841}}",
	 "rsa.unwrap must be given once, as a text of 3 to 18 characters"},
	{"{" MATCH ",\"rsa\":{\"unwrap\":\"0x\"}}", "rsa.unwrap must be given once, as a text of 3 to 18 characters"},
	{"{" MATCH ",\"rsa\":{\"unwrap\":\"2147491841\"}}",
	 "rsa.unwrap is no hexadecimal number such as \"0x80000004\""},
	{"{" MATCH ",\"rsa\":{\"unwrap\":\"0xx1\"}}", "rsa.unwrap is no hexadecimal number such as \"0x80000004\""},
	{"{" MATCH ",\"rsa\":{\"unwrap\":\"0x-1\"}}", "rsa.unwrap must be given once, as a text of 3 to 18 characters"},
	{"{" MATCH ",\"rsa\":{\"unwrap\":\"0xffffffffffffffff\"}}", "rsa.unwrap is too large"},
	{"{\"name\":\"x\",\"usb\":[{\"id\":\"096e08071\",\"sources\":[\"maker\"]}]}",
	 "usb.0.id is no vendor:product such as \"096e:0807\""},
	{"{\"name\":\"x\",\"usb\":[{\"id\":\"096E:0807\",\"sources\":[\"maker\"]}]}",
	 "usb.0.id must be given once, as a text of 9 to 9 characters"},
	{"{\"name\":\"x\",\"usb\":[{\"id\":\"096e:0807\"}]}",
	 "usb.0.sources must be given once, as a list [...] of at most 8"},
	{"{\"name\":\"x\",\"atr\":[{\"atr\":\"3B:1:22\",\"sources\":[\"maker\"]}]}",
	 "atr.0.atr is no ATR such as \"3B:..:94\""},
	{"{\"name\":\"x\",\"atr\":[{\"atr\":\"3B:12:\",\"sources\":[\"maker\"]}]}",
	 "atr.0.atr is no ATR such as \"3B:..:94\""},
	{"{" MATCH ",\"sm4\":{\"keyType\":\"abc\"}}", "sm4.keyType is no hexadecimal number such as \"0x80000004\""},
	{"{" MATCH ",\"sm2\":{\"keyType\":\"0x3\",\"pair\":\"0x80008001\"," SIGN "}}",
	 "sm2.keyType is a key type of the standard"},
	{"{" MATCH ",\"sm2\":{" NUMBERS ",\"sign\":{\"mechanism\":\"0x1\",\"input\":\"hash\",\"output\":\"raw\"}}}",
	 "sm2.sign.input must be given once, as one of \"digest\", \"message\""},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct kh_buffer complaint = {0};
		struct kh_profile profile;

		assert_false(kh_profile_read(refused[i].text, strlen(refused[i].text), &profile, &complaint));
		assert_string_equal(complaint.data, refused[i].complaint);
		kh_buffer_finish(&complaint);
	}
}

static void test_globs(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} rows[] = {
		{"", "", true},
		{"*", "", true},
		{"?", "", false},
		{"libx.so", "LIBX.SO", true},
		{"libx*", "libx.so.1", true},
		{"*x*", "libx.so", true},
		{"*.so", "a.so.so", true},
		{"*.so", "a.so.1", false},
		{"l?b*", "lib", true},
		{"l?b*", "lb", false},
		{"*a*b*c", "xxaxxbxxc", true},
		{"*a*b*c", "xxaxxcxxb", false},
		{"*国*", "中国公司", true},
		{"[x]", "x", false},
		{"x", "xx", false},
		{"**", "anything", true},
		{"1.?", "1.10", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(kh_profile_glob(rows[i].pattern, rows[i].text), rows[i].fits);
}

static char folder[2][64];

static void write_file(const char *where, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", where, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_folders(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		uv_fs_t request;

		assert_int_equal(uv_fs_mkdtemp(NULL, &request, "/tmp/keyhall-unit-XXXXXX", NULL), 0);
		snprintf(folder[i], sizeof(folder[i]), "%s", request.path);
		uv_fs_req_cleanup(&request);
	}
	return 0;
}

static int remove_folders(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		uv_fs_t scan, request;
		uv_dirent_t entry;

		assert_true(uv_fs_scandir(NULL, &scan, folder[i], 0, NULL) >= 0);
		while (uv_fs_scandir_next(&scan, &entry) == 0) {
			char path[512];

			snprintf(path, sizeof(path), "%s/%s", folder[i], entry.name);
			(void)uv_fs_unlink(NULL, &request, path, NULL);
			uv_fs_req_cleanup(&request);
		}
		uv_fs_req_cleanup(&scan);
		(void)uv_fs_rmdir(NULL, &request, folder[i], NULL);
		uv_fs_req_cleanup(&request);
	}
	return 0;
}

static const char *name_of(const struct kh_profile *profile)
{
	return profile ? profile->file.name : "none";
}

/* The first folder is the deployer's: its profiles go first, and hide those of
 * the same name in the second. */
static void test_folders(void **state)
{
	struct kh_profiles profiles = {.count = 0};

	(void)state;
	write_file(folder[0], "b.json", "{\"name\":\"own\",\"match\":[{\"library\":\"lib*\",\"version\":\"2.*\"}]}");
	write_file(folder[0], "a.json",
		   "{\"name\":\"two\",\"match\":[{\"manufacturer\":\"two\"},{\"library\":\"two.so\"}]}");
	write_file(folder[0], "broken.json", "{\"name\":\"broken\",\"match\":[{\"library\":\"*\"}],\"x\":1}");
	write_file(folder[0], "again.json", "{\"name\":\"own\",\"match\":[{\"library\":\"*\"}]}");
	write_file(folder[0], "README.md", "no profile");
	write_file(folder[0], ".hidden.json", "no profile");
	write_file(folder[1], "two.json", "{\"name\":\"two\",\"match\":[{\"library\":\"*\"}]}");
	write_file(folder[1], "any.json", "{\"name\":\"any\",\"match\":[{\"library\":\"lib*\"}]}");
	assert_int_equal(kh_profiles_add_folder(&profiles, folder[0], true, NULL), KH_OK);
	assert_int_equal(kh_profiles_add_folder(&profiles, folder[1], false, NULL), KH_OK);
	assert_int_equal(kh_profiles_add_folder(&profiles, "/nowhere", true, NULL), KH_OK);
	assert_int_equal(profiles.count, 3);
	/* a.json, again.json, b.json: of two with one name in a folder the first in the alphabet. */
	assert_string_equal(name_of(kh_profiles_match(&profiles, "any.so", "x", "1.0")), "own");
	assert_string_equal(name_of(kh_profiles_match(&profiles, "any.so", "TWO", "1.0")), "two");
	assert_int_equal(profiles.problems_count, 3);
	assert_true(profiles.items[0].own && profiles.items[1].own && !profiles.items[2].own);
	assert_non_null(strstr(profiles.problems[0], "b.json: name is taken, or there are too many profiles"));
	assert_non_null(strstr(profiles.problems[1], "broken.json: x is not a known key"));
	assert_string_equal(profiles.problems[2], "nowhere: is no folder that can be read");
	kh_profiles_clear(&profiles);
}

static void test_matching(void **state)
{
	struct kh_profiles profiles = {.count = 0};

	(void)state;
	assert_string_equal(name_of(kh_profiles_match(&profiles, "libx.so", "x", "1.0")), "none");
	write_file(folder[0], "a.json",
		   "{\"name\":\"a\",\"match\":[{\"library\":\"libx*\",\"version\":\"2.*\"},{\"manufacturer\":\"*x "
		   "co*\"}]}");
	write_file(folder[0], "b.json", "{\"name\":\"b\",\"match\":[{\"library\":\"libx*\"}]}");
	assert_int_equal(kh_profiles_add_folder(&profiles, folder[0], true, NULL), KH_OK);
	assert_int_equal(profiles.problems_count, 0);
	assert_string_equal(name_of(kh_profiles_match(&profiles, "libx.so", "y", "2.1")), "a");
	assert_string_equal(name_of(kh_profiles_match(&profiles, "libx.so", "y", "1.9")), "b");
	assert_string_equal(name_of(kh_profiles_match(&profiles, "liby.so", "The X Company", "1.9")), "a");
	assert_string_equal(name_of(kh_profiles_match(&profiles, "liby.so", "y", "2.1")), "none");
	kh_profiles_clear(&profiles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_globs),
		cmocka_unit_test_setup_teardown(test_folders, make_folders, remove_folders),
		cmocka_unit_test_setup_teardown(test_matching, make_folders, remove_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
