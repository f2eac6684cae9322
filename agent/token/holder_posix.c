/* Holders by /proc: what a process has mapped. */
#include "token/holder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "processes.h"
#include "token/report.h"

#define LINE_SIZE (PATH_MAX + 128)
#define OURS "keyhall-token"
#define READERS "/libpcsclite" /* …_real.so.1 in newer systems */

struct search {
	const char *module;
	bool reads_cards;
	char *text;
	size_t size;
};

static bool maps(long process, const struct search *search)
{
	char line[LINE_SIZE];
	bool found = false;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%ld/maps", process);
	file = fopen(line, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, search->module) || (search->reads_cards && strstr(line, READERS));
	if (file)
		(void)fclose(file);
	return found;
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

static void take(void *context, long process, const char *name)
{
	const struct search *search = context;

	if (strcmp(name, OURS) != 0 && maps(process, search))
		add(search->text, search->size, name);
}

void kh_holders(const struct kh_driver *module, char *text, size_t size)
{
	KH_AUTO_FREE char *path = realpath(module->path, NULL);
	struct search search = {path, kh_token_link_host(module->link)->reader, text, size};

	text[0] = '\0';
	if (path)
		kh_processes(take, &search);
}
