/*
 * Configuration files: layers, checks, and sentences that name file and key.
 */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define STATE "//computer/state" /* absolute on every system */

static char folder[] = "/tmp/keyhall-settings-XXXXXX";

static const char *write_file(const char *name, const char *text)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];
	FILE *file;

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

static enum kh_code load(const char *text, struct kh_settings *settings, struct kh_buffer *complaint)
{
	const char *files[] = {write_file("one.json", text)};

	return kh_settings_load_files(files, 1, "en", settings, complaint);
}

static void test_defaults(void **state)
{
	struct kh_settings settings;
	struct kh_buffer complaint = {0};

	(void)state;
	assert_int_equal(load("{\"state\":\"" STATE "\"}", &settings, &complaint), KH_OK);
	assert_int_equal(settings.config.port, 18317);
	assert_int_equal(settings.config.retire, KH_CONFIG_RETIRE_PAIR);
	assert_string_equal(settings.config.locale, "zh-CN");
	assert_string_equal(settings.state, STATE);
	assert_int_equal(settings.before.months, 1);
	assert_int_equal(settings.after.months, 12);
	assert_false(settings.enforce);
	assert_int_equal(settings.config.credit_code_oids_count, 2);
	kh_settings_finish(&settings);
}

static void test_layers(void **state)
{
	struct kh_settings settings;
	struct kh_buffer complaint = {0};
	const char *files[3];

	(void)state;
	files[0] = write_file("system.json", "{\"port\":1000,\"origins\":[\"https://a.cn\"],\"state\":\"" STATE
					     "\",\"window\":"
					     "{\"before\":\"2 weeks\"}}");
	files[1] = "/nowhere/config.json";
	files[2] = write_file("own.json", "{\"port\":2000,\"window\":{\"enforce\":true}}");
	assert_int_equal(kh_settings_load_files(files, 3, "en", &settings, &complaint), KH_OK);
	assert_int_equal(settings.config.port, 2000);
	assert_int_equal(settings.config.origins_count, 1);
	assert_string_equal(settings.config.origins[0], "https://a.cn");
	assert_int_equal(settings.before.days, 14);
	assert_int_equal(settings.after.months, 12);
	assert_true(settings.enforce);
	kh_settings_finish(&settings);
}

static const struct {
	const char *text, *key;
} wrong[] = {
	{"{\"orgins\":[]}", "orgins"},
	{"{\"port\":0}", "port"},
	{"{\"port\":65536}", "port"},
	{"{\"port\":\"18317\"}", "port"},
	{"{\"port\":1,\"port\":2}", "port"},
	{"{\"origins\":[\"https://a.cn/\"]}", "origins.0"},
	{"{\"origins\":[\"https://a.cn\",\"a.cn\"]}", "origins.1"},
	{"{\"halls\":[{\"origin\":\"a.cn\",\"name\":\"A\"}]}", "halls.0.origin"},
	{"{\"halls\":[{\"origin\":\"https://a.cn\"}]}", "halls.0.name"},
	{"{\"modules\":[{\"path\":\"opensc.so\"}]}", "modules.0.path"},
	{"{\"modules\":[{\"pth\":\"/opensc.so\"}]}", "modules.0.pth"},
	{"{\"modules\":[{}]}", "modules.0.path"},
	{"{\"anchors\":[\"root.pem\"]}", "anchors.0"},
	{"{\"state\":\"here\"}", "state"},
	{"{\"window\":{\"before\":\"a month\"}}", "window.before"},
	{"{\"window\":{\"after\":\"1 hour\"}}", "window.after"},
	{"{\"window\":{\"before\":\"1 month\",\"x\":1}}", "window.x"},
	{"{\"retire\":\"all\"}", "retire"},
	{"{\"locale\":\"fr\"}", "locale"},
	{"{\"downloads\":\"javascript:alert(1)\"}", "downloads"},
	{"{\"deadlines\":4}", "deadlines"},
	{"{\"deadlines\":1001}", "deadlines"},
	{"{\"port\":1", NULL},
	{"", NULL},
	{"[]", NULL},
};

static void test_complaints(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct kh_settings settings;
		struct kh_buffer complaint = {0};

		assert_int_not_equal(load(wrong[i].text, &settings, &complaint), KH_OK);
		assert_non_null(complaint.data);
		if (strstr(complaint.data, "one.json") == NULL ||
		    (wrong[i].key != NULL && strstr(complaint.data, wrong[i].key) == NULL))
			fail_msg("%s: %s", wrong[i].text, complaint.data);
		kh_buffer_finish(&complaint);
	}
}

static const struct {
	const char *text, *sentence;
} exact[] = {
	{"{\"orgins\":[]}", "\"orgins\" is not a known key"},
	{"{\"window\":{\"befor\":\"1 day\"}}", "\"window.befor\" is not a known key"},
	{"{\"modules\":[{\"pth\":\"/x.so\"}]}", "\"modules.0.pth\" is not a known key"},
	{"{\"modules\":[{}]}", "\"modules.0.path\" must be given once, as a text of 1 to 4096 characters"},
	{"{\"modules\":{}}", "\"modules\" must be given once, as a list [...] of at most 16"},
	{"{\"modules\":[1]}", "\"modules.0\" must be given once, as an object {...}"},
	{"{\"port\":0}", "\"port\" must be given once, as a whole number from 1 to 65535"},
	{"{\"port\":1,\"port\":2}", "\"port\" must be given once, as a whole number from 1 to 65535"},
	{"{\"origins\":[\"\"]}", "\"origins.0\" must be given once, as a text of 1 to 256 characters"},
	{"{\"retire\":\"all\"}", "\"retire\" must be given once, as one of \"pair\", \"certificate\", \"nothing\""},
	{"{\"window\":{\"enforce\":1}}", "\"window.enforce\" must be given once, as true or false"},
	{"{\"window\":1}", "\"window\" must be given once, as an object {...}"},
	{"{\n\"port\":}", "is not valid JSON at line:column 2:"},
	{"[]", "the configuration must be one JSON object"},
	{"{\"creditCodeOids\":[\"1.2.3\",\"x\"]}", "\"creditCodeOids.1\" must be an object identifier"},
	{"{\"creditCodeOids\":[\"\"]}", "\"creditCodeOids.0\" must be an object identifier"},
};

static void test_complaints_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
		struct kh_settings settings;
		struct kh_buffer complaint = {0};

		assert_int_not_equal(load(exact[i].text, &settings, &complaint), KH_OK);
		assert_non_null(complaint.data);
		if (strstr(complaint.data, exact[i].sentence) == NULL)
			fail_msg("%s: %s", exact[i].text, complaint.data);
		kh_buffer_finish(&complaint);
	}
}

/* Everything in one go, by the lines of the file; an item that is wrong does not
 * shift the numbers of those behind it. */
static void test_every_complaint(void **state)
{
	static const char text[] =
		"{\n"
		"\t\"prot\": {\"a\": [1, \"}\"]},\n"
		"\t\"port\": 0,\n"
		"\t\"origins\": [\n"
		"\t\t\"\",\n"
		"\t\t\"https://hall.example\",\n"
		"\t\t\"hall.example\"\n"
		"\t],\n"
		"\t\"modules\": [{\"host\": \"/h\"}, {\"path\": \"driver.so\", \"x\": 1}],\n"
		"\t\"state\": \"here\"\n"
		"}\n";
	static const char *const told[] = {
		"one.json:2: \"prot\" is not a known key\n",
		"one.json:3: \"port\" must be given once, as a whole number from 1 to 65535\n",
		"one.json:5: \"origins.0\" must be given once, as a text of 1 to 256 characters\n",
		"one.json:9: \"modules.0.path\" must be given once, as a text of 1 to 4096 characters\n",
		"one.json:9: \"modules.1.x\" is not a known key\n",
		"one.json:7: \"origins.2\" must be scheme://host",
		"one.json:9: \"modules.1.path\" must be an absolute path\n",
		"one.json:10: \"state\" must be an absolute path",
	};
	struct kh_settings settings;
	struct kh_buffer complaint = {0};
	size_t lines = 1;

	(void)state;
	assert_int_not_equal(load(text, &settings, &complaint), KH_OK);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		if (!strstr(complaint.data, told[i]))
			fail_msg("no %s in %s", told[i], complaint.data);
	}
	for (const char *at = complaint.data; *at != '\0'; at++)
		lines += *at == '\n';
	assert_int_equal(lines, sizeof(told) / sizeof(told[0]));
	kh_buffer_finish(&complaint);
}

static void test_a_given_file_must_be_there(void **state)
{
	const char *files[] = {"/nowhere/given.json"};
	struct kh_settings settings;
	struct kh_buffer complaint = {0};

	(void)state;
	assert_int_not_equal(kh_settings_load_files(files, 1, "en", &settings, &complaint), KH_OK);
	assert_non_null(strstr(complaint.data, "given.json"));
	kh_buffer_finish(&complaint);
}

static void test_origins(void **state)
{
	static const char *const good[] = {"https://hall.example.cn", "http://localhost:8080",
					   "https://a-b.cn:8443",     "http://127.0.0.1:1",
					   "http://[::1]:8080",	      "https://xn--fiq228c.cn"};
	static const char *const bad[] = {"",
					  "hall.example.cn",
					  "https://",
					  "https://hall.example.cn/",
					  "https://hall.example.cn/page",
					  "https://Hall.example.cn",
					  "https://hall.example.cn:443",
					  "http://hall.example.cn:80",
					  "https://hall.example.cn:",
					  "https://hall.example.cn:0",
					  "https://hall.example.cn:080",
					  "https://hall.example.cn:65536",
					  "https://hall.example.cn?",
					  "https://user@hall.example.cn",
					  "https://*.example.cn",
					  "https://中.cn",
					  "http://[::1",
					  "ws://hall.example.cn",
					  "null"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!kh_settings_origin(good[i]))
			fail_msg("%s", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (kh_settings_origin(bad[i]))
			fail_msg("%s", bad[i]);
	}
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"one.json", "system.json", "own.json"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),	cmocka_unit_test(test_layers),
		cmocka_unit_test(test_complaints),	cmocka_unit_test(test_complaints_are_exact),
		cmocka_unit_test(test_every_complaint), cmocka_unit_test(test_a_given_file_must_be_there),
		cmocka_unit_test(test_origins),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
