/* The jail on Linux: namespaces(7), setrlimit(2), prctl(2). */
#include "jail.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define MEMORY ((rlim_t)4 << 30)     /* bytes more than there are now */
#define FILE_SIZE ((rlim_t)64 << 20) /* bytes */
#define FILES 256
#define PROCESSES 64 /* more than there are now, of whomever */

static void limit(unsigned resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) != 0 || (now.rlim_max != RLIM_INFINITY && now.rlim_max < most))
		return;
	now = (struct rlimit){most, most};
	(void)!setrlimit(resource, &now);
}

/* The sanitizers map terabytes before main. */
static rlim_t mapped(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (file && fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void set_limits(void)
{
	struct sysinfo info = {.procs = 0};

	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, mapped() + MEMORY);
	limit(RLIMIT_FSIZE, FILE_SIZE);
	limit(RLIMIT_NOFILE, FILES);
	if (sysinfo(&info) == 0)
		limit(RLIMIT_NPROC, (rlim_t)info.procs + PROCESSES);
	signal(SIGXFSZ, SIG_IGN);
}

static void write_map(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);

	if (file < 0)
		return;
	(void)!write(file, text, strlen(text));
	close(file);
}

/* A user may take the network away from himself in a namespace of his own, where he
 * keeps his number. */
static bool leave_network(void)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	char map[64];

	if (unshare(CLONE_NEWNET) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	write_map("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1", user, user);
	write_map("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "%u %u 1", group, group);
	write_map("/proc/self/gid_map", map);
	return true;
}

enum kh_code kh_jail_enter(const char *folder, bool *isolated, struct kh_error *error)
{
	static const char *const own[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"};

	if (chdir(folder) != 0)
		return kh_fail_system(error, "chdir");
	if (setenv("HOME", folder, 1) != 0 || setenv("TMPDIR", folder, 1) != 0)
		return kh_fail_system(error, "setenv");
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		unsetenv(own[i]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return kh_fail_system(error, "prctl");
	*isolated = leave_network();
	set_limits();
	return KH_OK;
}
