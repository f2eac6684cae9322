/* Holders by /proc: what a process has mapped. */
#include "token/holder.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "cleanup.h"
#include "token/report.h"

#define PROC "/proc"
#define NAME_SIZE 64
#define LINE_SIZE (PATH_MAX + 128)
#define OURS "keyhall-token"
#define READERS "/libpcsclite" /* …_real.so.1 in newer systems */

static bool maps(const char *process, const char *module, bool reads_cards)
{
	char line[LINE_SIZE];
	bool found = false;
	FILE *file;

	snprintf(line, sizeof(line), PROC "/%s/maps", process);
	file = fopen(line, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, module) || (reads_cards && strstr(line, READERS));
	if (file)
		(void)fclose(file);
	return found;
}

static bool read_name(const char *process, char name[NAME_SIZE])
{
	char path[NAME_SIZE];
	FILE *file;
	bool read;

	snprintf(path, sizeof(path), PROC "/%.20s/comm", process);
	file = fopen(path, "re");
	read = file && fgets(name, NAME_SIZE, file);
	if (file)
		(void)fclose(file);
	if (read)
		name[strcspn(name, "\n")] = '\0';
	return read && strcmp(name, OURS) != 0;
}

static bool is_named(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += length) {
		if ((at == text || at[-1] == ' ') && (at[length] == '\0' || at[length] == ','))
			return true;
	}
	return false;
}

static void add(char *text, size_t size, const char *name)
{
	size_t length = strlen(text);

	if (!is_named(text, name) && length + strlen(name) + 2 < size)
		snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", name);
}

void kh_holders(const struct kh_driver *module, char *text, size_t size)
{
	KH_AUTO_FREE char *path = realpath(module->path, NULL);
	bool reads_cards = kh_token_link_host(module->link)->reader;
	char name[NAME_SIZE];
	uv_dirent_t entry;
	uv_fs_t scan;

	text[0] = '\0';
	if (!path || uv_fs_scandir(NULL, &scan, PROC, 0, NULL) < 0)
		return;
	while (uv_fs_scandir_next(&scan, &entry) == 0) {
		if (isdigit((unsigned char)entry.name[0]) && maps(entry.name, path, reads_cards) &&
		    read_name(entry.name, name))
			add(text, size, name);
	}
	uv_fs_req_cleanup(&scan);
}
