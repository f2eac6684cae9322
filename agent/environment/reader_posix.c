/* pcscd, by its socket: systemd listens there, too, and starts it. */
#include "environment/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET "/run/pcscd/pcscd.comm"

static const char *const programs[] = {"/usr/sbin/pcscd", "/usr/bin/pcscd", "/usr/local/sbin/pcscd"};

/* As libpcsclite finds it. */
static const char *socket_path(void)
{
	const char *named = getenv("PCSCLITE_CSOCK_NAME");

	return named && *named ? named : SOCKET;
}

static int can_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int status = -1;

	if (file < 0)
		return 0;
	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) < (int)sizeof(address.sun_path))
		status = connect(file, (const struct sockaddr *)&address, sizeof(address));
	close(file);
	return status == 0;
}

enum kh_reader_service kh_reader_service(void)
{
	if (can_connect(socket_path()))
		return KH_READER_RUNS;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (access(programs[i], X_OK) == 0)
			return KH_READER_STOPPED;
	}
	return KH_READER_ABSENT;
}
