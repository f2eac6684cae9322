/* The process on Linux. */
#include "host_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOLD_PAUSE 10 /* ms */

static void (*on_farewell)(void);
static void (*thread_body)(void);

enum kh_code kh_process_protect(struct kh_error *error)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	const struct rlimit none = {0, 0};

	if (sigaction(SIGPIPE, &ignore, NULL) != 0)
		return kh_fail_system(error, "sigaction");
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return kh_fail_system(error, "setrlimit");
	return prctl(PR_SET_DUMPABLE, 0) == 0 ? KH_OK : kh_fail_system(error, "prctl");
}

static enum kh_code move(int descriptor, int flags, int *to, struct kh_error *error)
{
	int instead;

	*to = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
	if (*to < 0)
		return kh_fail_system(error, "fcntl");
	instead = flags == O_RDONLY ? open("/dev/null", O_RDONLY | O_CLOEXEC) : STDERR_FILENO;
	if (instead < 0)
		return kh_fail_system(error, "open");
	if (dup2(instead, descriptor) < 0)
		return kh_fail_system(error, "dup2");
	if (instead != STDERR_FILENO)
		close(instead);
	return KH_OK;
}

enum kh_code kh_process_take_pipes(int *in, int *out, struct kh_error *error)
{
	enum kh_code code = move(STDIN_FILENO, O_RDONLY, in, error);

	return code == KH_OK ? move(STDOUT_FILENO, O_WRONLY, out, error) : code;
}

_Noreturn void kh_process_end(void)
{
	kill(getpgrp() == getpid() ? 0 : getpid(), SIGKILL);
	for (;;)
		pause();
}

enum kh_code kh_process_end_with_parent(struct kh_error *error)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? KH_OK : kh_fail_system(error, "prctl");
}

static void say_farewell(int signal_number)
{
	(void)signal_number;
	on_farewell();
}

enum kh_code kh_process_on_farewell(void (*farewell)(void), struct kh_error *error)
{
	const struct sigaction action = {.sa_handler = say_farewell, .sa_flags = SA_RESTART};

	on_farewell = farewell;
	if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGHUP, &action, NULL) != 0)
		return kh_fail_system(error, "sigaction");
	return KH_OK;
}

static void *run_thread(void *unused)
{
	(void)unused;
	thread_body();
	return NULL;
}

/* The signals are blocked before it exists: a new thread has its maker's mask. */
enum kh_code kh_process_start_thread(void (*body)(void), struct kh_error *error)
{
	sigset_t all, before;
	pthread_t thread;
	int status;

	thread_body = body;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(&thread, NULL, run_thread, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (status != 0) {
		errno = status;
		return kh_fail_system(error, "pthread_create");
	}
	pthread_detach(thread);
	return KH_OK;
}

/* Those that nobody has waited for, else what the others have used. */
bool kh_process_has_children(void)
{
	struct rusage used;
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ||
	       (getrusage(RUSAGE_CHILDREN, &used) == 0 && used.ru_minflt > 0);
}

/* Not flock(): a child that a module forks would go on holding that one. Not
 * F_SETLKW: a process that a driver keeps in the kernel holds it for ever. */
bool kh_process_hold(const char *path, unsigned milliseconds)
{
	const struct timespec pause = {.tv_nsec = HOLD_PAUSE * 1000000L};
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	unsigned waited = 0;

	if (file < 0)
		return false;
	while (fcntl(file, F_SETLK, &whole) != 0) {
		if ((errno != EACCES && errno != EAGAIN && errno != EINTR) || waited >= milliseconds) {
			close(file);
			return false;
		}
		nanosleep(&pause, NULL);
		waited += HOLD_PAUSE;
	}
	return true;
}
