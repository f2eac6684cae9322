/*
 * Strictness of the decoder, limits of the encoder, clear, copy and overlay.
 */
#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include "configuration.h"
#include "contract.h"
#include "field.h"
#include "unit.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TOKEN "\"token\":\"pkcs11:serial=1\""
#define BEGIN "\"order\":\"A-1\",\"certificate\":\"" HASH "\",\"key\":\"new\""
#define FIVE "中中中中中"
#define TEN FIVE FIVE
#define INSTALL "\"order\":\"A-1\",\"certificate\":\"x\""

/* field NULL: accepted */
static const struct {
	const struct kh_type *type;
	const char *text, *field;
} cases[] = {
	{&kh_token_list_params_type, "{}", NULL},
	{&kh_token_list_params_type, " { } \n", NULL},
	{&kh_token_list_params_type, "", ""},
	{&kh_token_list_params_type, "{", ""},
	{&kh_token_list_params_type, "{}{}", ""},
	{&kh_token_list_params_type, "[]", ""},
	{&kh_token_list_params_type, "null", ""},
	{&kh_token_list_params_type, "{\"x\":1}", "x"},
	{&kh_token_list_params_type, "{\"1234\":1}", ""},
	{&kh_token_list_params_type, "{\"a b\":1}", ""},
	{&kh_token_list_params_type, "{\"密码\":1}", ""},
	{&kh_token_list_params_type, "{\"x\\u0000y\":1}", ""},
	{&kh_token_list_params_type, "{\"\":1}", ""},

	{&kh_renewal_begin_params_type, "{" BEGIN "}", NULL},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"dual\":false,\"keyType\":\"sm2\"}", NULL},
	{&kh_renewal_begin_params_type, "{\"key\":\"new\",\"certificate\":\"" HASH "\",\"order\":\"A-1\"}", NULL},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"\\u0064ual\":true,\"keyType\":\"sm\\u0032\"}", NULL},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"\\u0064ual\":true,\"dual\":true}", "dual"},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"dual\":0}", "dual"},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"dual\":null}", "dual"},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"keyType\":\"rsa1024\"}", "keyType"},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"keyType\":\"\"}", "keyType"},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"keyType\":\"sm2\\u0000\"}", "keyType"},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"keyType\":2}", "keyType"},
	{&kh_renewal_begin_params_type, "{" BEGIN ",\"order\":\"A-2\"}", "order"},
	{&kh_renewal_begin_params_type, "{\"certificate\":\"" HASH "\",\"key\":\"new\"}", "order"},
	{&kh_renewal_begin_params_type, "{\"order\":\"\"}", "order"},
	{&kh_renewal_begin_params_type, "{\"order\":\"a b\"}", "order"},
	{&kh_renewal_begin_params_type, "{\"order\":\"a\\u0000\"}", "order"},
	{&kh_renewal_begin_params_type, "{\"order\":\"\xff\"}", ""},
	{&kh_renewal_begin_params_type, "{\"order\":\"" HASH "\"}", "certificate"},
	{&kh_renewal_begin_params_type, "{\"order\":\"" HASH "a\"}", "order"},
	{&kh_renewal_begin_params_type, "{\"order\":[\"A-1\"]}", "order"},
	{&kh_renewal_begin_params_type, "{\"certificate\":\"" HASH "0\"}", "certificate"},
	{&kh_renewal_begin_params_type, "{\"certificate\":\"0123\"}", "certificate"},

	{&kh_pin_verify_params_type, "{" TOKEN "}", NULL},
	{&kh_pin_verify_params_type, "{\"token\":\"file:x\"}", "token"},
	{&kh_pin_verify_params_type, "{" TOKEN ",\"pin\":\"123456\"}", "pin"},

	{&kh_agent_hello_params_type, "{\"protocols\":[1]}", NULL},
	{&kh_agent_hello_params_type, "{\"protocols\":[]}", "protocols"},
	{&kh_agent_hello_params_type, "{\"protocols\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}", "protocols"},
	{&kh_agent_hello_params_type, "{\"protocols\":1}", "protocols"},
	{&kh_agent_hello_params_type, "{\"protocols\":{}}", "protocols"},
	{&kh_agent_hello_params_type, "{\"protocols\":[1,0]}", "protocols.1"},
	{&kh_agent_hello_params_type, "{\"protocols\":[1.0]}", "protocols.0"},
	{&kh_agent_hello_params_type, "{\"protocols\":[\"1\"]}", "protocols.0"},
	{&kh_agent_hello_params_type, "{\"protocols\":[1001]}", "protocols.0"},
	{&kh_agent_hello_params_type, "{\"protocols\":[99999999999999999999]}", "protocols.0"},
	{&kh_agent_hello_params_type, "{\"protocols\":[1,1e999]}", "protocols.1"},
	{&kh_agent_hello_params_type, "{\"protocols\":[1],\"x\\u0000y\":[1]}", ""},
	{&kh_agent_hello_params_type, "{\"protocols\":[1],\"locale\":\"" TEN TEN TEN FIVE "\"}", NULL},
	{&kh_agent_hello_params_type, "{\"protocols\":[1],\"locale\":\"" TEN TEN TEN FIVE "中\"}", "locale"},

	{&kh_renewal_install_params_type, "{" INSTALL ",\"chain\":[]}", NULL},
	{&kh_renewal_install_params_type, "{" INSTALL "}", "chain"},
	{&kh_renewal_install_params_type, "{" INSTALL ",\"chain\":[\"a\",\"b\",5]}", "chain.2"},
	{&kh_renewal_install_params_type, "{" INSTALL ",\"chain\":[\"a\",\"\"]}", "chain.1"},
	{&kh_renewal_install_params_type, "{\"encryption\":{\"certificate\":\"x\",\"envelope\":\"AA==\"}}",
	 "encryption.format"},
	{&kh_renewal_install_params_type, "{\"encryption\":{\"envelope\":\"AA=\"}}", "encryption.envelope"},
	{&kh_renewal_install_params_type, "{\"encryption\":{\"envelope\":5}}", "encryption.envelope"},
	{&kh_renewal_install_params_type, "{\"encryption\":{\"pin\":5}}", "encryption.pin"},
	{&kh_renewal_install_params_type, "{\"encryption\":{\"1\":5}}", "encryption"},
	{&kh_renewal_install_params_type, "{\"encryption\":{\"format\":\"sm2-enveloped-key\",\"format\":\"x\"}}",
	 "encryption.format"},
	{&kh_renewal_install_params_type, "{\"encryption\":null}", "encryption"},

	{&kh_renewal_window_type, "{\"opens\":\"2026-11-22T00:00:00Z\"}", "state"},
	{&kh_renewal_window_type, "{\"opens\":\"2026-11-22\"}", "opens"},
	{&kh_renewal_window_type, "{\"opens\":\"2026-11-22T00:00:00+08:00\"}", "opens"},
	{&kh_renewal_window_type, "{\"opens\":\"2026-11-22T00:00:00.5Z\"}", "opens"},
	{&kh_renewal_window_type, "{\"opens\":\"abcd-11-22T00:00:00Z\"}", "opens"},

	{&kh_config_type, "{\"modules\":[{\"path\":\"/a\"},{\"path\":\"/b\",\"hots\":\"/c\"}]}", "modules.1.hots"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		void *value = calloc(1, cases[i].type->size);
		struct kh_error error = {0};
		enum kh_code code = kh_decode(cases[i].type, cases[i].text, strlen(cases[i].text), value, &error);

		if (code != (cases[i].field ? KH_REQUEST_INVALID : KH_OK) ||
		    strcmp(error.field, cases[i].field ? cases[i].field : "") != 0)
			fail_msg("case %zu: %s: %s, field \"%s\"", i, cases[i].text, kh_code_name(code), error.field);
		if (code == KH_OK)
			kh_clear(cases[i].type, value);
		free(value);
	}
}

static void expect_place(const char *text, size_t length, const char *place)
{
	struct kh_error error = {0};
	struct kh_config config;

	assert_int_equal(kh_decode(&kh_config_type, text, length, &config, &error), KH_REQUEST_INVALID);
	assert_string_equal(error.value, place);
	assert_string_equal(error.field, "");
}

static void test_syntax_place(void **state)
{
	(void)state;
	expect_place("{\n  \"port\": 1,\n  oops", 21, "3:6");
	expect_place("{}\0", 3, "1:3");
	expect_place("{\"port\":\n1\0}", 12, "2:2");
	expect_place("\0", 1, "1:1");
}

/* Each byte at each place of a word that is looked at whole. */
static void test_every_byte(void **state)
{
	char text[24];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		for (int c = 0; c < 256; c++) {
			bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
			struct kh_buffer out = {0};

			memset(text, 'a', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(kh_json_append_text(&out, text, sizeof(text)), c < 0x80);
			if (plain)
				assert_memory_equal(out.data + 1, text, sizeof(text));
			assert_int_equal(plain, out.length == sizeof(text) + 2);
			kh_buffer_finish(&out);
		}
	}
}

static void test_failure_leaves_out(void **state)
{
	struct kh_pin_verify_params params = {(char *)1};

	(void)state;
	assert_int_equal(kh_decode(&kh_pin_verify_params_type, "{}", 2, &params, NULL), KH_REQUEST_INVALID);
	assert_ptr_equal(params.token, (char *)1);
}

static const char install[] =
	"{\"order\":\"A-1\",\"certificate\":\"x\\ny\",\"chain\":[\"a\",\"中\\\"\\\\\\u0001\"],"
	"\"encryption\":{\"certificate\":\"z\",\"envelope\":\"AAEC\",\"format\":\"rsa-aes-kw\"}}";

static void decode(const struct kh_type *type, const char *text, void *out)
{
	assert_int_equal(kh_decode(type, text, strlen(text), out, NULL), KH_OK);
}

static void assert_encodes(const struct kh_type *type, const void *value, const char *expected)
{
	struct kh_buffer out = {0};

	assert_int_equal(kh_encode(type, value, &out, NULL), KH_OK);
	assert_string_equal(out.data, expected);
	kh_buffer_finish(&out);
}

static void test_values(void **state)
{
	struct kh_renewal_install_params params, copy;

	(void)state;
	decode(&kh_renewal_install_params_type, install, &params);
	assert_string_equal(params.order, "A-1");
	assert_int_equal(params.chain_count, 2);
	assert_string_equal(params.chain[1], "中\"\\\x01");
	assert_int_equal(params.encryption->format, KH_IMPORT_ALGORITHM_RSA_AES_KW);
	assert_int_equal(params.encryption->envelope.length, 3);
	assert_memory_equal(params.encryption->envelope.data, "\0\1\2", 3);
	assert_encodes(&kh_renewal_install_params_type, &params, install);
	assert_int_equal(kh_copy(&kh_renewal_install_params_type, &copy, &params, NULL), KH_OK);
	kh_clear(&kh_renewal_install_params_type, &params);
	assert_null(params.order);
	assert_encodes(&kh_renewal_install_params_type, &copy, install);
	kh_clear(&kh_renewal_install_params_type, &copy);
	kh_clear(&kh_renewal_install_params_type, &copy);
	kh_clear(&kh_renewal_install_params_type, NULL);
}

static void test_base(void **state)
{
	static const char text[] =
		"{\"id\":\"" HASH "\"," TOKEN
		",\"usage\":\"sign\",\"subject\":\"CN=山西公司\",\"issuer\":\"CN=CA\","
		"\"serialNumber\":\"01\",\"notBefore\":\"2026-01-01T00:00:00Z\",\"notAfter\":\"2027-01-01T00:00:00Z\","
		"\"keyType\":\"other\",\"hasPrivateKey\":true,\"pem\":\"P\",\"renewal\":{\"state\":\"early\","
		"\"opens\":\"2026-12-01T00:00:00Z\",\"closes\":\"2028-01-01T00:00:00Z\",\"daysLeft\":-3}}";
	struct kh_certificate_info info;

	(void)state;
	decode(&kh_certificate_info_type, text, &info);
	assert_string_equal(info.base.subject, "CN=山西公司");
	assert_int_equal(info.renewal.days_left, -3);
	assert_encodes(&kh_certificate_info_type, &info, text);
	kh_clear(&kh_certificate_info_type, &info);
}

static void refuse(const struct kh_type *type, const void *value, const char *field)
{
	struct kh_buffer out = {0};
	struct kh_error error = {0};

	kh_buffer_append_text(&out, "before");
	assert_int_equal(kh_encode(type, value, &out, &error), KH_AGENT_FAILED);
	assert_string_equal(error.call, "kh_encode");
	assert_string_equal(error.value, field);
	assert_string_equal(out.data, "before");
	kh_buffer_finish(&out);
}

static void test_encode_refuses(void **state)
{
	char *chain[9] = {(char *)"a", (char *)"\xc3", NULL};
	char *order = (char *)"A-1";
	struct kh_renewal_install_params params = {
		.order = order, .certificate = order, .chain = chain, .chain_count = 2};
	struct kh_token_info token = {.token = (char *)"pkcs11:",
				      .serial = order,
				      .label = order,
				      .manufacturer = order,
				      .model = order,
				      .module = order};
	struct kh_renewal_progress_params progress = {order, 0, 1, order};

	(void)state;
	refuse(&kh_renewal_install_params_type, &params, "chain.1");
	params.chain_count = 9;
	refuse(&kh_renewal_install_params_type, &params, "chain");
	params.chain_count = 0;
	params.order = NULL;
	refuse(&kh_renewal_install_params_type, &params, "order");
	params.order = (char *)"no spaces";
	refuse(&kh_renewal_install_params_type, &params, "order");
	refuse(&kh_token_info_type, &token, "pin");
	refuse(&kh_renewal_progress_params_type, &progress, "step");
}

/* RFC 3629: what must not pass as UTF-8. */
static void test_utf8(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"\xc2\x80", true},
		{"\xdf\xbf", true},
		{"\xe0\xa0\x80", true},
		{"\xed\x9f\xbf", true},
		{"\xee\x80\x80", true},
		{"\xf0\x90\x80\x80", true},
		{"\xf4\x8f\xbf\xbf", true},
		{"\x80", false},
		{"\xc0\x80", false},
		{"\xc1\xbf", false},
		{"\xe0\x9f\xbf", false},
		{"\xed\xa0\x80", false},
		{"\xf0\x8f\xbf\xbf", false},
		{"\xf4\x90\x80\x80", false},
		{"\xf5\x80\x80\x80", false},
		{"\xe4\xb8", false},
		{"\xe4", false},
		{"\xe4\xb8x", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_remedy remedy = {KH_REMEDY_KIND_UPDATE, NULL, (char *)rows[i].text};
		struct kh_buffer out = {0};
		assert_int_equal(kh_encode(&kh_remedy_type, &remedy, &out, NULL),
				 rows[i].good ? KH_OK : KH_AGENT_FAILED);
		kh_buffer_finish(&out);
	}
}

static void test_layers(void **state)
{
	static const char system[] =
		"{\"origins\":[\"https://a\",\"https://b\"],"
		"\"modules\":[{\"path\":\"/m\",\"host\":\"/h\"}],"
		"\"window\":{\"enforce\":true,\"before\":\"2 months\"}}";
	static const char user[] =
		"{\"port\":20000,\"origins\":[\"https://c\"],"
		"\"window\":{\"enforce\":false},\"retire\":\"nothing\"}";
	struct kh_config config, layer;

	(void)state;
	assert_int_equal(kh_config_defaults(&config, NULL), KH_OK);
	assert_int_equal(config.port, 18317);
	assert_int_equal(config.retire, KH_CONFIG_RETIRE_PAIR);
	decode(&kh_config_type, system, &layer);
	kh_overlay(&kh_config_type, &config, &layer);
	assert_null(layer.origins);
	assert_true(config.window->enforce);
	assert_string_equal(config.window->after, "1 year");
	decode(&kh_config_type, user, &layer);
	kh_overlay(&kh_config_type, &config, &layer);
	assert_false(config.window->enforce);
	assert_int_equal(config.origins_count, 1);
	assert_encodes(
		&kh_config_type, &config,
		"{\"port\":20000,\"origins\":[\"https://c\"],\"modules\":[{\"path\":\"/m\",\"host\":\"/h\"}],"
		"\"window\":{\"before\":\"2 months\",\"after\":\"1 year\",\"enforce\":false},\"retire\":\"nothing\","
		"\"locale\":\"zh-CN\",\"creditCodeOids\":[\"1.2.156.10260.4.1.4\",\"1.2.86.11.7.4\"],"
		"\"encryptionImport\":\"token\",\"deadlines\":100,\"notify\":true,\"tray\":true}");
	kh_clear(&kh_config_type, &config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_syntax_place),
		cmocka_unit_test(test_failure_leaves_out),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_encode_refuses),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_layers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
