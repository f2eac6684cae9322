/* Downloads: every name of the table, what is none, the newest first, and a SHA-256 that is computed when it must be. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "downloads.h"

static const struct {
	const char *file, *kind, *system, *architecture, *version; /* kind NULL: not offered */
} rows[] = {
	{"keyhall-setup-1.2.0-x64.exe", "exe", "windows", "x64", "1.2.0"},
	{"keyhall-1.2.0-x64.msi", "msi", "windows", "x64", "1.2.0"},
	{"keyhall_1.2.0_amd64.deb", "deb", "linux", "amd64", "1.2.0"},
	{"keyhall_1.2.0~rc1_loongarch64.deb", "deb", "linux", "loongarch64", "1.2.0~rc1"},
	{"keyhall_1.2.0-2_arm64.deb", "deb", "linux", "arm64", "1.2.0-2"},
	{"keyhall-1.2.0-1.x86_64.rpm", "rpm", "linux", "x86_64", "1.2.0"},
	{"keyhall-1.2.0.tar.gz", "source", NULL, NULL, "1.2.0"},
	{"keyhall-1.2.0.tar.xz", "source", NULL, NULL, "1.2.0"},
	{"hall.json", "configuration", NULL, NULL, NULL},
	{"hall.json.jws", "signature", NULL, NULL, NULL},
	{"manifest.jws", "manifest", NULL, NULL, NULL},
	{"keyhall-hall_1.2.0_amd64.deb", NULL, NULL, NULL, NULL},
	{"keyhall_latest_amd64.deb", NULL, NULL, NULL, NULL},
	{"keyhall_1.2.0_amd64.deb.part", NULL, NULL, NULL, NULL},
	{"keyhall_1.2.0_.deb", NULL, NULL, NULL, NULL},
	{"keyhall_1.2.0_amd64 .deb", NULL, NULL, NULL, NULL},
	{"keyhall_1.2.0\"_amd64.deb", NULL, NULL, NULL, NULL},
	{"KEYHALL-SETUP-1.2.0-x64.exe", NULL, NULL, NULL, NULL},
	{"other.exe", NULL, NULL, NULL, NULL},
	{".hall.json", NULL, NULL, NULL, NULL},
	{"SHA256SUMS", NULL, NULL, NULL, NULL},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static char folder[64];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/khhall-downloads-XXXXXX");
	return !mkdtemp(folder);
}

static int teardown(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void put(const char *name, const char *content)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static struct hall_downloads *opened(void)
{
	struct hall_downloads *downloads;
	assert_int_equal(hall_downloads_open(folder, &downloads, NULL), HALL_OK);
	return downloads;
}

static const char *text(json_t *item, const char *name)
{
	return json_string_value(json_object_get(item, name));
}

static json_t *find(json_t *list, const char *name)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item) if (strcmp(text(item, "name"), name) == 0) return item;
	return NULL;
}

static void same(const char *found, const char *wanted, const char *file)
{
	if (!wanted ? found != NULL : !found || strcmp(found, wanted) != 0)
		fail_msg("%s: %s, not %s", file, found ? found : "nothing", wanted ? wanted : "nothing");
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		put(rows[i].file, rows[i].file);
	struct hall_downloads *downloads = opened();
	json_t *list = hall_downloads_json(downloads);
	for (size_t i = 0; i < ROWS; i++) {
		const char *file = rows[i].file, *type;
		char hash[HALL_HASH_SIZE], url[256];
		size_t length;
		json_t *item = find(list, file);
		FILE *taken = hall_downloads_take(downloads, file, &length, &type);
		assert_int_equal(item != NULL, rows[i].kind != NULL);
		assert_int_equal(taken != NULL, rows[i].kind != NULL);
		if (!item || !taken)
			continue;
		same(text(item, "kind"), rows[i].kind, file);
		same(text(item, "system"), rows[i].system, file);
		same(text(item, "architecture"), rows[i].architecture, file);
		same(text(item, "version"), rows[i].version, file);
		snprintf(url, sizeof(url), "/downloads/%s", file);
		same(text(item, "url"), url, file);
		hall_hash(file, strlen(file), hash);
		same(text(item, "sha256"), hash, file);
		assert_int_equal(json_integer_value(json_object_get(item, "size")), strlen(file));
		assert_int_equal(length, strlen(file));
		assert_true(strchr(type, '/') != NULL);
		fclose(taken);
	}
	json_decref(list);
	hall_downloads_close(downloads);
}

static void test_order(void **state)
{
	(void)state;
	static const char *const names[] = {"keyhall-setup-1.10.0-x64.exe",    "keyhall-setup-1.9.0-x64.exe",
					    "keyhall-setup-1.9.0~rc2-x64.exe", "keyhall_1.0_amd64.deb",
					    "keyhall_1.0_arm64.deb",	       "hall.json"};
	for (size_t i = 6; i > 0; i--)
		put(names[i - 1], "x");
	struct hall_downloads *downloads = opened();
	json_t *list = hall_downloads_json(downloads);
	assert_int_equal(json_array_size(list), 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(text(json_array_get(list, i), "name"), names[i]);
	json_decref(list);
	hall_downloads_close(downloads);
}

/* A file that changes keeps neither its old hash nor a new one that was not computed. */
static void test_changes(void **state)
{
	(void)state;
	char first[HALL_HASH_SIZE], second[HALL_HASH_SIZE];
	struct hall_downloads *downloads = opened();
	json_t *list = hall_downloads_json(downloads);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);

	put("hall.json", "one");
	list = hall_downloads_json(downloads);
	hall_hash("one", 3, first);
	assert_string_equal(text(find(list, "hall.json"), "sha256"), first);
	json_decref(list);

	put("hall.json", "two, which is longer");
	list = hall_downloads_json(downloads);
	hall_hash("two, which is longer", 20, second);
	assert_string_equal(text(find(list, "hall.json"), "sha256"), second);
	json_decref(list);

	char path[128];
	snprintf(path, sizeof(path), "%s/hall.json", folder);
	unlink(path);
	list = hall_downloads_json(downloads);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	hall_downloads_close(downloads);
}

static void test_no_way_out(void **state)
{
	(void)state;
	char link[128], folder_path[128];
	size_t length;
	const char *type;
	put("secret", "secret");
	snprintf(link, sizeof(link), "%s/hall.json", folder);
	assert_int_equal(symlink("secret", link), 0);
	snprintf(folder_path, sizeof(folder_path), "mkdir %s/keyhall_1.0_amd64.deb", folder);
	assert_int_equal(system(folder_path), 0);
	struct hall_downloads *downloads = opened();
	json_t *list = hall_downloads_json(downloads);
	assert_int_equal(json_array_size(list), 0);
	static const char *const names[] = {
		"hall.json", "keyhall_1.0_amd64.deb", "secret", "../hall.json", "./hall.json", "", "/etc/passwd"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_null(hall_downloads_take(downloads, names[i], &length, &type));
	json_decref(list);
	hall_downloads_close(downloads);
	assert_int_equal(hall_downloads_open("/nonexistent", &downloads, NULL), HALL_E_INPUT_INVALID);
}

static void test_versions(void **state)
{
	(void)state;
	static const char *const rising[] = {"0.9", "1.0~rc1", "1.0~rc2", "1.0", "1.0-2", "1.0.1", "1.2", "1.10", "2"};
	const int count = sizeof(rising) / sizeof(*rising);
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++) {
			int found = hall_version_compare(rising[i], rising[j]);
			assert_int_equal((found > 0) - (found < 0), (i > j) - (i < j));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_way_out, setup, teardown),
		cmocka_unit_test(test_versions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
