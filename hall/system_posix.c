/* Files, lock, signals, ports on POSIX systems. */
#include "system.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

char *hall_path(const char *folder, const char *name)
{
	char *path;
	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

bool hall_folder_make(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool hall_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

char *hall_file_read(const char *path, size_t max, size_t *length)
{
	struct stat status;
	FILE *file = fopen(path, "re");
	char *data = NULL;

	if (!file)
		return NULL;
	if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) && (size_t)status.st_size <= max) {
		size_t size = (size_t)status.st_size;
		data = malloc(size + 1);
		if (data) {
			*length = fread(data, 1, size, file);
			data[*length] = '\0';
		}
	}
	fclose(file);
	return data;
}

bool hall_folder_each(const char *path, void (*each)(void *context, const char *name), void *context)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder)
		return false;
	while ((entry = readdir(folder)))
		each(context, entry->d_name);
	closedir(folder);
	return true;
}

FILE *hall_file_open(const char *path, struct hall_file_mark *mark)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	FILE *file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
	if (!file) {
		close(fd);
		return NULL;
	}
	*mark = (struct hall_file_mark){(uint64_t)status.st_size, status.st_ino, status.st_mtim.tv_sec,
					status.st_mtim.tv_nsec};
	return file;
}

bool hall_file_reserve(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 && close(fd) == 0;
}

static bool write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, data, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		data += done;
		length -= (size_t)done;
	}
	return fsync(fd) == 0;
}

static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = !copy ? -1 : open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

bool hall_file_write(const char *path, const void *data, size_t length, bool secret)
{
	char *next = NULL;
	if (asprintf(&next, "%s.%ld.new", path, (long)getpid()) < 0)
		return false;
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0644);
	bool done = fd >= 0 && write_all(fd, data, length);
	if (fd >= 0)
		done = close(fd) == 0 && done;
	done = done && rename(next, path) == 0;
	if (done)
		sync_folder(path);
	else
		unlink(next);
	free(next);
	return done;
}

bool hall_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

char *hall_program_folder(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length <= 0)
		return NULL;
	path[length] = '\0';
	return strdup(dirname(path));
}

void hall_process_protect(void)
{
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
}

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

void hall_signals_prepare(void)
{
	sigset_t set;
	stop_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void hall_signals_wait(void)
{
	sigset_t set;
	int signal_number;
	stop_signals(&set);
	while (sigwait(&set, &signal_number) != 0)
		;
}

struct sockaddr_in *hall_address_new(const char *address, unsigned port)
{
	struct sockaddr_in *out = calloc(1, sizeof(*out));
	if (!out)
		return NULL;
	out->sin_family = AF_INET;
	out->sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, address, &out->sin_addr) == 1)
		return out;
	free(out);
	return NULL;
}

unsigned hall_port_free(const char *address)
{
	struct sockaddr_in own = {.sin_family = AF_INET};
	socklen_t length = sizeof(own);
	unsigned port = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && inet_pton(AF_INET, address, &own.sin_addr) == 1 &&
	    bind(fd, (struct sockaddr *)&own, length) == 0 && getsockname(fd, (struct sockaddr *)&own, &length) == 0)
		port = ntohs(own.sin_port);
	if (fd >= 0)
		close(fd);
	return port;
}
