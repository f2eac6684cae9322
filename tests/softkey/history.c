/*
 * What was ever written: where DIR/history is a folder, it gets a copy of every
 * file that is about to be renamed into the store, named by the time and the
 * file, "/" as "+"; an empty one for a deletion. A test plays them back, to see
 * the key as it was at every instant.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "softkey.h"

void history_add(const char *path, const void *data, size_t length)
{
	const char *folder = store_path();
	char name[2 * PATH];
	struct timespec now;
	size_t at;
	int fd;

	snprintf(name, sizeof name, "%s/history", folder);
	if (access(name, W_OK) != 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	at = (size_t)snprintf(name, sizeof name, "%s/history/%012lld%09ld-", folder, (long long)now.tv_sec,
			      now.tv_nsec);
	snprintf(name + at, sizeof name - at, "%s", path + strlen(folder) + 1);
	for (char *c = name + at; *c; c++)
		*c = *c == '/' ? '+' : *c;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || (length && write(fd, data, length) != (ssize_t)length))
		abort();
	close(fd);
}
