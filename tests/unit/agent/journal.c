/*
 * The journal keeps what it is told and never fails its caller, whatever its
 * file holds.
 */
#include "journal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"
#include "unit.h"

static char folder[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/keyhall-journal-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	DIR *open = opendir(folder);
	char path[512];

	(void)state;
	chmod(folder, 0700);
	for (struct dirent *entry; open != NULL && (entry = readdir(open)) != NULL;) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (open != NULL)
		closedir(open);
	return rmdir(folder);
}

static const struct kh_journal_entry sample = {.order = "A-1",
					       .token = "pkcs11:serial=76d2",
					       .serial = "76d2",
					       .old_certificate = "aa",
					       .key = KH_KEY_CHOICE_NEW,
					       .stage = KH_STAGE_KEY,
					       .updated = 1000,
					       .origin = "https://hall.example.cn"};

static void note(struct kh_journal *journal, const char *order, int64_t updated)
{
	struct kh_journal_entry entry = sample;

	snprintf(entry.order, sizeof(entry.order), "%s", order);
	entry.updated = updated;
	kh_journal_note(journal, &entry, "begin", "generate", "after", NULL);
}

static void path_of(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", folder, name);
}

static void put(const char *name, const void *data, size_t length)
{
	char path[128];
	FILE *file;

	path_of(path, sizeof(path), name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	fclose(file);
}

static char *get(const char *name, size_t *length)
{
	char path[128];
	char *data = malloc(1 << 20);
	FILE *file;

	path_of(path, sizeof(path), name);
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_non_null(data);
	*length = fread(data, 1, 1 << 20, file);
	fclose(file);
	return data;
}

static void test_keeps(void **state)
{
	struct kh_journal *journal = kh_journal_new(folder);
	struct kh_journal_entry entry, entries[4];

	(void)state;
	assert_false(kh_journal_find(journal, "A-1", &entry));
	note(journal, "A-1", 1000);
	note(journal, "A-2", 2000);
	entry = sample;
	strcpy(entry.certificate, "bb");
	entry.old_certificate[0] = '\0';
	entry.stage = KH_STAGE_INSTALLED;
	kh_journal_note(journal, &entry, "install", "write", "after", "-----BEGIN CERTIFICATE-----");
	kh_journal_free(journal);

	journal = kh_journal_new(folder);
	assert_true(kh_journal_works(journal));
	assert_true(kh_journal_find(journal, "A-1", &entry));
	assert_string_equal(entry.token, "pkcs11:serial=76d2");
	assert_string_equal(entry.serial, "76d2");
	assert_string_equal(entry.certificate, "bb");
	assert_string_equal(entry.old_certificate, "aa");
	assert_int_equal(entry.stage, KH_STAGE_INSTALLED);
	assert_int_equal(entry.key, KH_KEY_CHOICE_NEW);
	assert_int_equal(kh_journal_list(journal, entries, 4), 2);
	assert_string_equal(entries[0].order, "A-2");
	assert_int_equal(kh_journal_list(journal, entries, 1), 1);
	kh_journal_free(journal);
}

/* Opens what lies there, writes, and must have it back afterwards. */
static void must_work(void)
{
	struct kh_journal *journal = kh_journal_new(folder);
	struct kh_journal_entry entry;

	note(journal, "B-1", 3000);
	assert_true(kh_journal_find(journal, "B-1", &entry));
	assert_true(kh_journal_works(journal));
	kh_journal_free(journal);
}

static void clear(void)
{
	void *state = NULL;

	tear_down(&state);
	mkdir(folder, 0700);
}

static void test_garbage(void **state)
{
	static const char text[] =
		"this is no database, and it is longer than a header of one hundred bytes would have "
		"to be to look like one";
	char random[8192];

	(void)state;
	put("journal.db", text, sizeof(text));
	must_work();
	clear();
	srand(1);
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (char)rand();
	put("journal.db", random, sizeof(random));
	must_work();
	clear();
	put("journal.db", "", 0);
	must_work();
	clear();
	must_work();
	put("journal.db-wal", random, sizeof(random));
	must_work();
}

static void test_cut_at_every_place(void **state)
{
	struct kh_journal *journal = kh_journal_new(folder);
	size_t length;
	char *whole;

	(void)state;
	for (int i = 0; i < 30; i++) {
		char order[16];

		snprintf(order, sizeof(order), "C-%d", i);
		note(journal, order, i);
	}
	kh_journal_free(journal);
	whole = get("journal.db", &length);
	assert_true(length > 4096);
	for (size_t cut = 0; cut < length; cut += cut < length - 4096 ? 509 : 61) {
		clear();
		put("journal.db", whole, cut);
		must_work();
	}
	for (size_t at = 0; at + 64 < length; at += 331) {
		char kept[64];

		clear();
		memcpy(kept, whole + at, sizeof(kept));
		memset(whole + at, 0xa5, sizeof(kept));
		put("journal.db", whole, length);
		memcpy(whole + at, kept, sizeof(kept));
		must_work();
	}
	free(whole);
}

static void test_foreign_version(void **state)
{
	struct kh_journal *journal = kh_journal_new(folder);
	const unsigned char version[] = {0, 0, 0, 99};
	struct kh_journal_entry entry;
	size_t length;
	char *whole;

	(void)state;
	note(journal, "A-1", 1);
	kh_journal_free(journal);
	whole = get("journal.db", &length);
	memcpy(whole + 60, version, sizeof(version)); /* user_version, SQLite file format 1.3 */
	put("journal.db", whole, length);
	free(whole);
	must_work();
	journal = kh_journal_new(folder);
	assert_false(kh_journal_find(journal, "A-1", &entry));
	kh_journal_free(journal);
}

static void test_unwritable_place(void **state)
{
	static const char file[] = "a file where the folder should be";
	struct kh_journal *journal;
	struct kh_journal_entry entry, entries[2];
	char path[128];

	(void)state;
	put("blocked", file, sizeof(file));
	path_of(path, sizeof(path), "blocked");
	journal = kh_journal_new(path);
	note(journal, "A-1", 1);
	assert_false(kh_journal_works(journal));
	assert_false(kh_journal_find(journal, "A-1", &entry));
	assert_int_equal(kh_journal_list(journal, entries, 2), 0);
	kh_journal_free(journal);
}

/* As on a full disk: SIGXFSZ would end a process that did not expect it. */
static void test_no_room(void **state)
{
	struct kh_journal *journal = kh_journal_new(folder);
	struct rlimit kept, none;
	struct kh_journal_entry entry;

	(void)state;
	kh_system_harden();
	note(journal, "A-1", 1);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
	none = (struct rlimit){0, kept.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	note(journal, "A-2", 2);
	assert_false(kh_journal_works(journal));
	assert_true(kh_journal_find(journal, "A-1", &entry));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
	assert_true(kh_journal_works(journal));
	note(journal, "A-2", 2);
	assert_true(kh_journal_find(journal, "A-2", &entry));
	kh_journal_free(journal);
}

/* Its file goes away while it is in use. */
static void test_deleted(void **state)
{
	struct kh_journal *journal = kh_journal_new(folder);
	struct kh_journal_entry entry;

	(void)state;
	note(journal, "A-1", 1);
	clear();
	assert_false(kh_journal_find(journal, "A-1", &entry));
	note(journal, "A-2", 2);
	kh_journal_free(journal);
	journal = kh_journal_new(folder);
	assert_true(kh_journal_find(journal, "A-2", &entry));
	kh_journal_free(journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_garbage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_at_every_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_foreign_version, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unwritable_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deleted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
