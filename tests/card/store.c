/* The store: a folder with the file `card` and a file for each file of the card, files/CC01 … (README.md). */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "card.h"

static char folder[PATH - 64];

bool store_path(char path[PATH], const char *name)
{
	snprintf(path, PATH, "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

static bool file_path(char path[PATH], unsigned file)
{
	char name[16];

	snprintf(name, sizeof name, "files/%04X", file);
	return store_path(path, name);
}

static bool write_all(const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, data, length) == (ssize_t)length;
	return close(fd) == 0 && good;
}

/* To another name, then renamed: a copy of the folder at any moment is a card. */
static bool replace(const char *path, const void *data, size_t length)
{
	char made[PATH + 8];

	snprintf(made, sizeof made, "%s.new", path);
	return write_all(made, data, length) && rename(made, path) == 0;
}

bool store_replace(const char *name, const void *data, size_t length)
{
	char path[PATH];

	store_path(path, name);
	return replace(path, data, length);
}

/* The lines of `card`. */
struct line {
	const char *key;
	char *text;
	size_t size;
	long *number;
};

#define LINES 16

static void describe(struct owner *owner, struct line lines[LINES])
{
	struct secret *user = &owner->pins[PIN_USER], *so = &owner->pins[PIN_SO], *puk = &owner->pins[PIN_PUK];
	const struct line all[LINES] = {
		{"family", owner->family, sizeof owner->family, NULL},
		{"serial", owner->serial, sizeof owner->serial, NULL},
		{"pin", user->text, sizeof user->text, NULL},
		{"tries", NULL, 0, &user->most},
		{"left", NULL, 0, &user->left},
		{"so-pin", so->text, sizeof so->text, NULL},
		{"so-tries", NULL, 0, &so->most},
		{"so-left", NULL, 0, &so->left},
		{"puk", puk->text, sizeof puk->text, NULL},
		{"puk-tries", NULL, 0, &puk->most},
		{"puk-left", NULL, 0, &puk->left},
		{"active", NULL, 0, &owner->active},
		{"capacity", NULL, 0, &owner->capacity},
		{NULL, NULL, 0, NULL},
	};

	memcpy(lines, all, sizeof all);
}

static void take_line(const struct line *line, const char *value)
{
	if (line->text)
		snprintf(line->text, line->size, "%s", value);
	else
		*line->number = strtol(value, NULL, 10);
}

bool store_read_owner(struct owner *owner)
{
	char path[PATH], text[128];
	struct line lines[LINES];
	FILE *file;

	store_path(path, "card");
	file = fopen(path, "r");
	if (!file)
		return false;
	*owner = (struct owner){0};
	describe(owner, lines);
	while (fgets(text, sizeof text, file)) {
		char *value = strchr(text, '=');

		text[strcspn(text, "\n")] = 0;
		if (!value)
			continue;
		*value++ = 0;
		for (const struct line *line = lines; line->key; line++)
			if (strcmp(line->key, text) == 0)
				take_line(line, value);
	}
	fclose(file);
	return true;
}

bool store_write_owner(const struct owner *owner)
{
	struct owner copy = *owner;
	struct line lines[LINES];
	char text[512];
	size_t at = 0;

	describe(&copy, lines);
	for (const struct line *line = lines; line->key; line++)
		at += line->text ? (size_t)snprintf(text + at, sizeof text - at, "%s=%s\n", line->key, line->text)
				 : (size_t)snprintf(text + at, sizeof text - at, "%s=%ld\n", line->key, *line->number);
	return store_replace("card", text, at);
}

static bool make_card(const char *name)
{
	const struct family *family = family_find(name);
	struct owner owner = {0};
	unsigned number;

	if (!family || getrandom(&number, sizeof number, 0) != sizeof number)
		return false;
	snprintf(owner.family, sizeof owner.family, "%s", name);
	snprintf(owner.serial, sizeof owner.serial, "TEST%07u", number % 10000000);
	return family->make(&owner) && store_write_owner(&owner);
}

bool store_open(const char *where, const char *family)
{
	char path[PATH];

	if (strlen(where) >= sizeof folder)
		return false;
	snprintf(folder, sizeof folder, "%s", where);
	mkdir(folder, 0700);
	if (!store_path(path, "files") && mkdir(path, 0700) != 0)
		return false;
	return store_path(path, "card") || make_card(family);
}

bool store_has(unsigned file)
{
	char path[PATH];

	return file_path(path, file);
}

bool store_read(unsigned file, struct answer *content)
{
	char path[PATH];
	ssize_t count;
	int fd;

	file_path(path, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	count = read(fd, content->data, FILE_MAX);
	close(fd);
	content->length = count > 0 ? (size_t)count : 0;
	return count >= 0;
}

static long size_of(unsigned file)
{
	struct stat status;
	char path[PATH];

	file_path(path, file);
	return stat(path, &status) == 0 ? (long)status.st_size : 0;
}

static bool has_room(const struct owner *owner, unsigned file, size_t length)
{
	unsigned files[FILES_MAX];
	size_t count = store_list(files, FILES_MAX);
	long used = (long)length;

	if (!store_has(file) && count == FILES_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		used += files[i] == file ? 0 : size_of(files[i]);
	return owner->capacity == 0 || used <= owner->capacity;
}

unsigned store_write(const struct owner *owner, unsigned file, const void *data, size_t length)
{
	char path[PATH];

	if (length > FILE_MAX || !has_room(owner, file, length))
		return SW_FULL;
	file_path(path, file);
	return replace(path, data, length) ? SW_OK : SW_MEMORY;
}

unsigned store_delete(unsigned file)
{
	char path[PATH];

	if (!file_path(path, file))
		return SW_NO_FILE;
	return unlink(path) == 0 ? SW_OK : SW_MEMORY;
}

static int compare(const void *one, const void *other)
{
	const unsigned *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

size_t store_list(unsigned *files, size_t most)
{
	char path[PATH];
	struct dirent *entry;
	DIR *directory;
	size_t count = 0;

	store_path(path, "files");
	directory = opendir(path);
	while (directory && count < most && (entry = readdir(directory)))
		if (strlen(entry->d_name) == 4)
			files[count++] = (unsigned)strtoul(entry->d_name, NULL, 16);
	if (directory)
		closedir(directory);
	qsort(files, count, sizeof files[0], compare);
	return count;
}
