/*
 * What the tests want of POSIX, for wine: included before everything else when they are
 * built for Windows. Paths that begin with "/" are those of the machine wine runs on.
 */
#ifndef TESTS_WINDOWS_POSIX_H
#define TESTS_WINDOWS_POSIX_H

#include <windows.h>

#include <direct.h>
#include <dirent.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Names that the tests have for something else, and what the headers have made of these. */
#undef TEXT
#undef IN
#undef stat
#undef fstat
#undef pthread_sigmask

#define O_CLOEXEC (_O_NOINHERIT | _O_BINARY)
#define fsync(file) _commit(file)
#define mkdir(path, mode) _mkdir(path)
#define pipe(ends) _pipe(ends, 65536, _O_BINARY | _O_NOINHERIT)
#define setenv(name, value, over) _putenv_s(name, value)
#define unsetenv(name) _putenv_s(name, "")
#define pause() Sleep(INFINITE)
#define sigfillset(set) ((void)(set))
#define pthread_sigmask(how, set, before) ((void)(set))
#define fopen(path, mode) posix_fopen(path, mode)
#define rename(from, to) (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING) ? 0 : -1)
#define stat posix_stat
#define fstat(file, status) posix_fstat(file, status)
#define mkdtemp(path) posix_mkdtemp(path)
#define scandir(path, entries, filter, order) posix_scandir(path, entries)
#define strndup(text, length) posix_strndup(text, length)
#define memmem(text, length, part, size) posix_memmem(text, length, part, size)

typedef int posix_sigset;
#define sigset_t posix_sigset
#define SIG_BLOCK 0

struct posix_stat {
	int64_t st_size;
	struct timespec st_mtim;
	int64_t st_ino;
};

/* In bytes, and not inherited: "e" is of the GNU C library. */
__attribute__((unused)) static FILE *posix_fopen(const char *path, const char *mode)
{
	char own[8] = "";
	size_t length = 0;

	for (; *mode && length < sizeof(own) - 3; mode++) {
		if (*mode != 'e' && *mode != 'b')
			own[length++] = *mode;
	}
	memcpy(own + length, "bN", 3);
	return (fopen)(path, own);
}

__attribute__((unused)) static int posix_stat(const char *path, struct posix_stat *status)
{
	WIN32_FILE_ATTRIBUTE_DATA data;
	uint64_t ticks;

	if (!GetFileAttributesExA(path, GetFileExInfoStandard, &data))
		return -1;
	ticks = (uint64_t)data.ftLastWriteTime.dwHighDateTime << 32 | data.ftLastWriteTime.dwLowDateTime;
	status->st_size = (int64_t)((uint64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow);
	status->st_mtim.tv_sec = (time_t)(ticks / 10000000);
	status->st_mtim.tv_nsec = (long)(ticks % 10000000) * 100;
	status->st_ino = 0;
	return 0;
}

__attribute__((unused)) static int posix_fstat(int file, struct posix_stat *status)
{
	*status = (struct posix_stat){.st_size = _filelengthi64(file)};
	return status->st_size < 0 ? -1 : 0;
}

__attribute__((unused)) static char *posix_mkdtemp(char *path)
{
	char *end = path + strlen(path) - 6;

	for (unsigned i = 0; i < 1000; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%06x",
			 ((unsigned)_getpid() << 8 ^ (unsigned)GetTickCount() ^ i) & 0xffffff);
		memcpy(end, number, 6);
		if (_mkdir(path) == 0)
			return path;
	}
	return NULL;
}

static int posix_by_name(const void *a, const void *b)
{
	return strcmp((*(struct dirent *const *)a)->d_name, (*(struct dirent *const *)b)->d_name);
}

__attribute__((unused)) static int posix_scandir(const char *path, struct dirent ***entries)
{
	DIR *folder = opendir(path);
	struct dirent **all = NULL, *entry;
	size_t count = 0;

	if (!folder)
		return -1;
	while ((entry = readdir(folder))) {
		all = realloc(all, (count + 1) * sizeof(*all));
		all[count] = malloc(sizeof(*entry));
		*all[count++] = *entry;
	}
	closedir(folder);
	if (count > 1)
		qsort(all, count, sizeof(*all), posix_by_name);
	*entries = all;
	return (int)count;
}

__attribute__((unused)) static char *posix_strndup(const char *text, size_t length)
{
	size_t most = strnlen(text, length);
	char *copy = malloc(most + 1);

	if (copy) {
		memcpy(copy, text, most);
		copy[most] = '\0';
	}
	return copy;
}

__attribute__((unused)) static void *posix_memmem(const void *text, size_t length, const void *part, size_t size)
{
	for (size_t i = 0; i + size <= length; i++) {
		if (memcmp((const char *)text + i, part, size) == 0)
			return (char *)(uintptr_t)text + i;
	}
	return NULL;
}

#endif
