/* Processes by /proc. */
#include "processes.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define PROC "/proc"
#define NAME_SIZE 64

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
	return read;
}

void kh_processes(void (*take)(void *context, long process, const char *name), void *context)
{
	char name[NAME_SIZE];
	uv_dirent_t entry;
	uv_fs_t scan;

	if (uv_fs_scandir(NULL, &scan, PROC, 0, NULL) < 0)
		return;
	while (uv_fs_scandir_next(&scan, &entry) == 0) {
		if (isdigit((unsigned char)entry.name[0]) && read_name(entry.name, name))
			take(context, strtol(entry.name, NULL, 10), name);
	}
	uv_fs_req_cleanup(&scan);
}
