/* Children, and what the kernel tells about them. Linux only. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

pid_t process_start(char *const *argv, char *const *environment, const char *log)
{
	pid_t pid = fork();

	if (pid < 0)
		bench_die("fork: %s", strerror(errno));
	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(fd, 1);
		dup2(fd, 2);
		execve(argv[0], argv, environment);
		_exit(127);
	}
	return pid;
}

void process_stop(pid_t pid)
{
	int status;

	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	for (int i = 0; i < 500; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return;
		usleep(10000);
	}
	fprintf(stderr, "process %d did not stop in 5 s, killed\n", (int)pid);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static long field(const char *path, const char *name)
{
	char line[256];
	long value = -1;
	size_t length = strlen(name);
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			value = strtol(line + length + 1, NULL, 10);
	if (file)
		fclose(file);
	return value;
}

pid_t process_child(pid_t pid, const char *name)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	pid_t found = -1;

	while (folder && found < 0 && (entry = readdir(folder))) {
		char path[300], text[64] = "";
		FILE *file;

		snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || field(path, "PPid") != pid)
			continue;
		snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (file && fgets(text, sizeof text, file) && strncmp(text, name, strlen(name)) == 0)
			found = (pid_t)atoi(entry->d_name);
		if (file)
			fclose(file);
	}
	if (folder)
		closedir(folder);
	return found;
}

struct memory process_memory(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	return (struct memory){.rss = field(path, "Rss"), .dirty = field(path, "Private_Dirty")};
}

long process_wakeups(pid_t pid)
{
	char path[300];
	struct dirent *entry;
	DIR *folder;
	long sum = 0;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", (int)pid, entry->d_name);
		sum += field(path, "voluntary_ctxt_switches");
	}
	if (folder)
		closedir(folder);
	return sum;
}

int process_free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		bench_die("no free port: %s", strerror(errno));
	close(fd);
	return ntohs(address.sin_port);
}

/* The "total" line of strace -c: % time, seconds, usecs/call, calls, … */
static double total_calls(const char *path)
{
	char line[256];
	double calls = -1;
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof line, file)) {
		double unused, count;

		if (strstr(line, " total") && sscanf(line, "%lf %lf %lf %lf", &unused, &unused, &unused, &count) == 4)
			calls = count;
	}
	if (file)
		fclose(file);
	return calls;
}

double process_system_calls(pid_t pid, void (*work)(void *), void *data)
{
	char target[16], out[] = "/tmp/keyhall-strace.XXXXXX", path[64];
	char *argv[] = {"/usr/bin/strace", "-qq", "-c", "-f", "-o", out, "-p", target, NULL};
	char *none[] = {NULL};
	double calls;
	pid_t tracer;
	int fd = mkstemp(out);

	snprintf(target, sizeof target, "%d", (int)pid);
	tracer = process_start(argv, none, "/dev/null");
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	for (int i = 0; i < 200 && field(path, "TracerPid") <= 0; i++)
		usleep(5000);
	if (field(path, "TracerPid") <= 0) {
		process_stop(tracer);
		calls = -1;
	} else {
		work(data);
		kill(tracer, SIGINT);
		waitpid(tracer, NULL, 0);
		calls = total_calls(out);
	}
	close(fd);
	unlink(out);
	return calls;
}

void process_shell(const char *format, ...)
{
	char command[4096];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof command || system(command) != 0)
		bench_die("failed: %s", command);
}
