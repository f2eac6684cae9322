/*
 * A journal as a kill in the middle of a renewal leaves it, the file and its
 * write-ahead log cut at every byte of their last page, and bytes of it changed
 * (with KEYHALL_ALL=1 every one). What is read then is what was once written,
 * or nothing.
 */
#include "journal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "unit.h"

#define PAGE 4096
#define FRAME (PAGE + 24) /* SQLite file format, 4.1 */
#define ORDERS 12
#define TIMES 3
#define SPACE (1 << 18)

static char folder[64];
static char database[SPACE], log_file[SPACE];
static size_t database_length, log_length;

/* SQLite's: here nothing loses its power, and a real disk would take seven minutes over thousands of small files. */
int fsync(int file)
{
	(void)file;
	return 0;
}

int fdatasync(int file)
{
	(void)file;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	kh_log_set_level(KH_LOG_ERROR);
	strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/keyhall-XXXXXX" : "/tmp/keyhall-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static void clear(void)
{
	DIR *open = opendir(folder);
	char path[512];

	assert_non_null(open);
	for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	closedir(open);
}

static int tear_down(void **state)
{
	(void)state;
	clear();
	return rmdir(folder);
}

static FILE *open_part(const char *name, const char *mode)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, mode);
}

static void put(const char *name, const char *data, size_t length)
{
	FILE *file = open_part(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	fclose(file);
}

static size_t get(const char *name, char *data)
{
	FILE *file = open_part(name, "rb");
	size_t length;

	if (file == NULL)
		return 0;
	length = fread(data, 1, SPACE, file);
	fclose(file);
	assert_true(length < SPACE);
	return length;
}

/* What order i was the n-th time it was noted. */
static struct kh_journal_entry version(int i, int n)
{
	struct kh_journal_entry entry = {.key = KH_KEY_CHOICE_SAME, .stage = KH_STAGE_KEY, .updated = 1000 * n + i};

	snprintf(entry.order, sizeof(entry.order), "ORDER-%d", i);
	snprintf(entry.serial, sizeof(entry.serial), "SERIAL-%d", i);
	snprintf(entry.origin, sizeof(entry.origin), "https://hall.example.cn");
	memset(entry.old_certificate, 'a' + i, 64);
	if (n > 0)
		memset(entry.certificate, 'a' + n, 64);
	if (n > 1)
		entry.stage = KH_STAGE_INSTALLED;
	return entry;
}

static void write_all(struct kh_journal *journal, int from, int to)
{
	for (int n = from; n < to; n++) {
		for (int i = 0; i < ORDERS; i++) {
			struct kh_journal_entry entry = version(i, n);

			kh_journal_note(journal, &entry, "install", "write", "before",
					n == 1 ? "-----BEGIN CERTIFICATE-----" : NULL);
		}
	}
}

static bool same(const struct kh_journal_entry *a, const struct kh_journal_entry *b)
{
	return strcmp(a->order, b->order) == 0 && strcmp(a->serial, b->serial) == 0 &&
	       strcmp(a->old_certificate, b->old_certificate) == 0 && strcmp(a->certificate, b->certificate) == 0 &&
	       strcmp(a->public_key, b->public_key) == 0 && a->key == b->key && a->dual == b->dual &&
	       a->stage == b->stage && a->updated == b->updated && strcmp(a->origin, b->origin) == 0;
}

static void must_have_been_written(const struct kh_journal_entry *entry, const char *what, size_t at)
{
	for (int n = 0; n < TIMES; n++) {
		for (int i = 0; i < ORDERS; i++) {
			const struct kh_journal_entry wanted = version(i, n);

			if (same(entry, &wanted))
				return;
		}
	}
	fail_msg("%s at %zu: order %s, serial %s, stage %d was never written", what, at, entry->order, entry->serial,
		 (int)entry->stage);
}

/* Opens what lies there. thorough: also that it can be written again. */
static int look(const char *what, size_t at, bool thorough)
{
	struct kh_journal *journal = kh_journal_new(folder);
	struct kh_journal_entry entries[ORDERS * 2], entry;
	size_t count = kh_journal_list(journal, entries, ORDERS * 2);
	int found = 0;

	for (size_t i = 0; i < count; i++)
		must_have_been_written(&entries[i], what, at);
	for (int i = 0; i < ORDERS; i++) {
		char order[32];

		snprintf(order, sizeof(order), "ORDER-%d", i);
		if (kh_journal_find(journal, order, &entry)) {
			must_have_been_written(&entry, what, at);
			assert_string_equal(entry.order, order);
			found++;
		}
	}
	if (thorough) {
		const struct kh_journal_entry last = version(0, TIMES - 1);

		kh_journal_note(journal, &last, "complete", "retire", "after", NULL);
		assert_true(kh_journal_find(journal, last.order, &entry));
		assert_true(same(&entry, &last));
		assert_true(kh_journal_works(journal));
	}
	kh_journal_free(journal);
	return found;
}

static void lay(size_t of_database, size_t of_log)
{
	clear();
	put("journal.db", database, of_database);
	if (log_length > 0)
		put("journal.db-wal", log_file, of_log);
}

static size_t step(size_t usual)
{
	const char *all = getenv("KEYHALL_ALL");

	return all != NULL && strcmp(all, "1") == 0 ? 1 : usual;
}

static void cut(const char *what, bool is_log, size_t span)
{
	size_t length = is_log ? log_length : database_length;

	for (size_t at = length > span ? length - span : 0; at < length; at++) {
		lay(is_log ? database_length : at, is_log ? at : log_length);
		look(what, at, at % 64 == 0);
	}
}

static void change(const char *what, char *data, size_t from, size_t to, size_t usual)
{
	for (size_t at = from; at < to; at += step(usual)) {
		char mask = at % 2 ? 0x01 : 0x5a;

		data[at] = (char)(data[at] ^ mask);
		lay(database_length, log_length);
		look(what, at, at % 64 == 0);
		data[at] = (char)(data[at] ^ mask);
	}
}

static void test_after_a_clean_end(void **state)
{
	struct kh_journal *journal = kh_journal_new(folder);

	(void)state;
	write_all(journal, 0, TIMES);
	kh_journal_free(journal);
	database_length = get("journal.db", database);
	log_length = get("journal.db-wal", log_file);
	assert_int_equal(log_length, 0);
	lay(database_length, 0);
	assert_int_equal(look("whole", 0, false), ORDERS);
	cut("database cut", false, PAGE);
	change("database changed", database, 0, database_length, 29);
}

static void test_after_a_kill(void **state)
{
	struct kh_journal *journal = kh_journal_new(folder);

	(void)state;
	write_all(journal, 0, 1);
	kh_journal_free(journal);
	journal = kh_journal_new(folder);
	write_all(journal, 1, TIMES);
	database_length = get("journal.db", database);
	log_length = get("journal.db-wal", log_file);
	kh_journal_free(journal);
	assert_true(log_length > FRAME);
	lay(database_length, log_length);
	assert_int_equal(look("whole", 0, false), ORDERS);
	cut("log cut", true, FRAME);
	change("log changed", log_file, log_length - FRAME, log_length, 41);
	change("log's beginning changed", log_file, 0, 32 + FRAME, 41);
	change("database below a log changed", database, 0, database_length, 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_after_a_clean_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_after_a_kill, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
