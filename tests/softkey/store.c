/*
 * What stays: DIR/slots (two token names, "-" for none), DIR/tokens/NAME/token
 * (key=value lines) and a file for each object. Everything is written to a
 * temporary name, synced and renamed; a power cut leaves the old state, unless
 * the fault script tears a new object.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "softkey.h"

static char folder[PATH];

const char *store_path(void)
{
	return folder;
}

static void token_path(char out[PATH], const char *token, const char *file)
{
	snprintf(out, PATH, "%.300s/tokens/%.31s/%.63s", folder, token, file);
}

/* What is torn has its final name. What was there before is never torn. */
static _Noreturn void lose_power(const char *path, const char *temporary, const void *data, size_t length, int percent)
{
	const char *end = strrchr(path, '.');

	if (percent >= 0 && end && strcmp(end, ".object") == 0 && access(path, F_OK) != 0) {
		length = attributes_part(data, length, percent);
		history_add(path, data, length);
		if (truncate(temporary, (off_t)length) != 0 || rename(temporary, path) != 0)
			abort();
	}
	_exit(9);
}

static bool write_file(const char *path, const void *data, size_t length)
{
	char temporary[PATH + 8];
	int fd;
	bool good;

	snprintf(temporary, sizeof temporary, "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	good = fd >= 0 && write(fd, data, length) == (ssize_t)length && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	if (good && fault_power() != POWER_STAYS)
		lose_power(path, temporary, data, length, fault_power());
	if (good)
		history_add(path, data, length);
	return good && rename(temporary, path) == 0;
}

static CK_RV write_slots(char names[SLOTS][NAME])
{
	char path[PATH], text[SLOTS * (NAME + 1)] = "";
	size_t length = 0;

	for (int i = 0; i < SLOTS; i++)
		length += (size_t)snprintf(text + length, sizeof text - length, "%s%c", names[i][0] ? names[i] : "-",
					   i + 1 < SLOTS ? ' ' : '\n');
	snprintf(path, sizeof path, "%.300s/slots", folder);
	return write_file(path, text, length) ? CKR_OK : CKR_DEVICE_ERROR;
}

static CK_RV make_token(const char *name)
{
	struct token token = {.tries = 6,
			      .left = 6,
			      .so_left = 10,
			      .tells_memory = 1,
			      .gone = CKR_DEVICE_REMOVED,
			      .min_pin = PIN_MIN,
			      .curve = "oid",
			      .point = "octet"};
	unsigned char serial[8];
	char path[PATH];

	token_path(path, name, "");
	if (mkdir(path, 0700) != 0)
		return errno == EEXIST ? CKR_OK : CKR_DEVICE_ERROR;
	if (RAND_bytes(serial, sizeof serial) != 1)
		return CKR_DEVICE_ERROR;
	for (size_t i = 0; i < sizeof serial; i++)
		snprintf(token.serial + 2 * i, 3, "%02x", serial[i]);
	snprintf(token.name, sizeof token.name, "%s", name);
	return store_write_token(&token);
}

CK_RV store_open(void)
{
	const char *where = getenv("SOFTKEY_STORE");
	char path[PATH + 16], names[SLOTS][NAME] = {"A", ""};
	static const char *const made[SLOTS] = {"A", "B"};
	struct token token;
	CK_RV rv = CKR_OK;

	if (!where || strlen(where) >= 300)
		return CKR_GENERAL_ERROR;
	snprintf(folder, sizeof folder, "%s", where);
	mkdir(folder, 0700);
	snprintf(path, sizeof path, "%s/tokens", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/slots", folder);
	if (access(path, F_OK) == 0)
		return CKR_OK;
	for (int i = 0; i < SLOTS && rv == CKR_OK; i++) {
		rv = make_token(made[i]);
		if (rv == CKR_OK)
			rv = seed_token(made[i]);
		if (rv == CKR_OK && store_read_token(made[i], &token) == CKR_OK && token.initialized)
			strcpy(names[i], made[i]);
	}
	return rv == CKR_OK ? write_slots(names) : rv;
}

void store_slots(char names[SLOTS][NAME])
{
	char path[PATH];
	FILE *file;

	snprintf(path, sizeof path, "%.300s/slots", folder);
	file = fopen(path, "re");
	for (int i = 0; i < SLOTS; i++)
		if (!file || fscanf(file, "%31s", names[i]) != 1 || strcmp(names[i], "-") == 0)
			names[i][0] = 0;
	if (file)
		fclose(file);
}

void store_pull(const char *name)
{
	char names[SLOTS][NAME];

	store_slots(names);
	for (int i = 0; i < SLOTS; i++)
		if (!name || strcmp(names[i], name) == 0)
			names[i][0] = 0;
	if (write_slots(names) != CKR_OK)
		abort();
}

/* The token file as a table: text or number. */
struct line {
	const char *key;
	char *text;
	size_t size;
	long *number;
};
#define LINES 19

static void describe(struct token *token, struct line lines[LINES])
{
	const struct line all[LINES] = {
		{"label", token->label, sizeof token->label, NULL},
		{"serial", token->serial, sizeof token->serial, NULL},
		{"salt", token->salt, sizeof token->salt, NULL},
		{"pin", token->pin, sizeof token->pin, NULL},
		{"so-pin", token->so_pin, sizeof token->so_pin, NULL},
		{"tries", NULL, 0, &token->tries},
		{"left", NULL, 0, &token->left},
		{"so-left", NULL, 0, &token->so_left},
		{"capacity", NULL, 0, &token->capacity},
		{"tells-memory", NULL, 0, &token->tells_memory},
		{"gone", NULL, 0, &token->gone},
		{"min-pin", NULL, 0, &token->min_pin},
		{"flags", NULL, 0, &token->flags},
		{"expired", NULL, 0, &token->expired},
		{"read-only", NULL, 0, &token->read_only},
		{"always-authenticate", NULL, 0, &token->always},
		{"curve", token->curve, sizeof token->curve, NULL},
		{"point", token->point, sizeof token->point, NULL},
		{NULL, NULL, 0, NULL},
	};

	memcpy(lines, all, sizeof all);
}

CK_RV store_read_token(const char *name, struct token *token)
{
	struct line lines[LINES];
	char path[PATH], text[256];
	FILE *file;

	*token = (struct token){0};
	snprintf(token->name, sizeof token->name, "%s", name);
	describe(token, lines);
	token_path(path, name, "token");
	file = fopen(path, "re");
	if (!file)
		return CKR_TOKEN_NOT_RECOGNIZED;
	while (fgets(text, sizeof text, file)) {
		char *value = strchr(text, '=');

		text[strcspn(text, "\n")] = 0;
		if (!value)
			continue;
		*value++ = 0;
		for (const struct line *line = lines; line->key; line++) {
			if (strcmp(line->key, text) != 0)
				continue;
			if (line->text)
				snprintf(line->text, line->size, "%s", value);
			else
				*line->number = strtol(value, NULL, 0);
		}
	}
	fclose(file);
	token->initialized = token->so_pin[0] != 0;
	return CKR_OK;
}

CK_RV store_write_token(const struct token *token)
{
	struct token copy = *token;
	struct line lines[LINES];
	char text[1024];
	size_t length = 0;

	describe(&copy, lines);
	for (const struct line *line = lines; line->key; line++) {
		if (line->text)
			length +=
				(size_t)snprintf(text + length, sizeof text - length, "%s=%s\n", line->key, line->text);
		else
			length += (size_t)snprintf(text + length, sizeof text - length, "%s=%ld\n", line->key,
						   *line->number);
	}
	return store_write(token->name, "token", text, length);
}

CK_RV store_write(const char *token, const char *file, const void *data, size_t length)
{
	char path[PATH];
	CK_RV rv = fault_before("write", NULL);

	token_path(path, token, file);
	if (rv == CKR_OK)
		rv = write_file(path, data, length) ? CKR_OK : CKR_DEVICE_ERROR;
	return rv;
}

CK_RV store_delete(const char *token, const char *file)
{
	char path[PATH];
	CK_RV rv = fault_before("write", NULL);

	if (rv != CKR_OK)
		return rv;
	if (fault_power() != POWER_STAYS)
		_exit(9);
	token_path(path, token, file);
	history_add(path, NULL, 0);
	return unlink(path) == 0 ? CKR_OK : CKR_DEVICE_ERROR;
}

void *store_read(const char *token, const char *file, size_t *length)
{
	struct stat status;
	unsigned char *data = NULL;
	char path[PATH];
	int fd;

	token_path(path, token, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && (data = malloc((size_t)status.st_size + 1))) {
		*length = (size_t)status.st_size;
		if (read(fd, data, *length) != status.st_size) {
			free(data);
			data = NULL;
		}
	}
	close(fd);
	return data;
}

void store_each(const char *token, void (*visit)(void *data, const char *file, size_t bytes, int64_t stamp), void *data)
{
	char path[PATH];
	struct dirent *entry;
	DIR *directory;

	token_path(path, token, "");
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		struct stat status;
		const char *end = strrchr(entry->d_name, '.');

		if (!end || strcmp(end, ".object") != 0)
			continue;
		token_path(path, token, entry->d_name);
		if (stat(path, &status) == 0)
			visit(data, entry->d_name, (size_t)status.st_size,
			      (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec +
				      (int64_t)status.st_ino);
	}
	if (directory)
		closedir(directory);
}

static void add(void *data, const char *file, size_t bytes, int64_t stamp)
{
	(void)file;
	(void)stamp;
	*(size_t *)data += bytes;
}

size_t store_used(const char *token)
{
	size_t used = 0;

	store_each(token, add, &used);
	return used;
}
