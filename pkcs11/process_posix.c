/* Process settings on Linux. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a signal handler, too. The group is ours only when we lead it. */
static void die(int signal_number)
{
	(void)signal_number;
	kill(getpgrp() == getpid() ? 0 : getpid(), SIGKILL);
}

/* The daemon's end of stdin, a socket, is gone. */
static bool is_orphan(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct stat status;

	return fstat(in.fd, &status) == 0 && S_ISSOCK(status.st_mode) && poll(&in, 1, 0) == 1 &&
	       (in.revents & POLLHUP) != 0;
}

static enum kh_code failed(struct kh_error *error, const char *call)
{
	char value[16];

	snprintf(value, sizeof(value), "%d", errno);
	return kh_fail_call(error, KH_AGENT_FAILED, call, value);
}

enum kh_code kh_process_protect(struct kh_error *error)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	const struct sigaction orphaned = {.sa_handler = die};
	const struct rlimit none = {0, 0};

	if (sigaction(SIGPIPE, &ignore, NULL) != 0 || sigaction(SIGHUP, &orphaned, NULL) != 0)
		return failed(error, "sigaction");
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return failed(error, "setrlimit");
	if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGHUP) != 0)
		return failed(error, "prctl");
	/* It may have died before it could tell us. */
	if (is_orphan())
		die(SIGHUP);
	return KH_OK;
}

enum kh_code kh_process_take_stdout(int *fd, struct kh_error *error)
{
	*fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*fd < 0)
		return failed(error, "fcntl");
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return failed(error, "dup2");
	return KH_OK;
}
