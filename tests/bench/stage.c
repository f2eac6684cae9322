/* What the scenes stand on: token folders, children with the module, the echo server. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenes.h"

static void write_configuration(const char *path, const char *folder)
{
	FILE *file = fopen(path, "w");

	if (!file)
		bench_die("%s: %s", path, strerror(errno));
	fprintf(file,
		"directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n"
		"slots.removable = false\n",
		folder);
	if (fclose(file) != 0)
		bench_die("%s: %s", path, strerror(errno));
}

static int certificates_wanted;

static double make_token(const struct setting *setting, const char *configuration)
{
	module_make_token(setting->fixture.module, configuration, &setting->fixture.ca, certificates_wanted);
	module_close();
	return 0;
}

const char *stage_token(struct setting *setting, int certificates, enum party party)
{
	static char path[BENCH_PATH + 80];
	char folder[2][BENCH_PATH + 64];

	for (int i = 0; i < 2; i++)
		snprintf(folder[i], sizeof folder[i], "%s/token-%d-%c", setting->fixture.folder, certificates,
			 i == PARTY_PRODUCT ? 'p' : 'm');
	snprintf(path, sizeof path, "%s/token-%d-%c.conf", setting->fixture.folder, certificates, 'm');
	if (access(path, F_OK) != 0) {
		process_shell("mkdir '%s'", folder[PARTY_MODULE]);
		write_configuration(path, folder[PARTY_MODULE]);
		certificates_wanted = certificates;
		stage_in_child(make_token, setting, path);
		process_shell("cp -r '%s' '%s'", folder[PARTY_MODULE], folder[PARTY_PRODUCT]);
		snprintf(path, sizeof path, "%s.conf", folder[PARTY_PRODUCT]);
		write_configuration(path, folder[PARTY_PRODUCT]);
	}
	snprintf(path, sizeof path, "%s.conf", folder[party]);
	return path;
}

double stage_in_child(double (*work)(const struct setting *, const char *), const struct setting *setting,
		      const char *configuration)
{
	double *time = mmap(NULL, sizeof *time, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), result;
	pid_t pid;
	int status;

	if (time == MAP_FAILED || (pid = fork()) < 0)
		bench_die("fork: %s", strerror(errno));
	if (pid == 0) {
		*time = work(setting, configuration);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		bench_die("a child with the module failed");
	result = *time;
	munmap(time, sizeof *time);
	return result;
}

void stage_one_core(bool on)
{
	static cpu_set_t all;
	cpu_set_t one;
	size_t last = 0;

	if (CPU_COUNT(&all) == 0 && sched_getaffinity(0, sizeof all, &all) != 0)
		return;
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all))
			last = i;
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	if (sched_setaffinity(0, sizeof one, on ? &one : &all) != 0)
		bench_die("sched_setaffinity: %s", strerror(errno));
}

void stage_echo_start(struct echo *echo, const struct setting *setting)
{
	char program[BENCH_PATH + 32], port[16], log[BENCH_PATH + 16];
	char *argv[] = {program, port, NULL}, *environment[] = {"PATH=/usr/bin:/bin", NULL};

	*echo = (struct echo){.port = process_free_port()};
	snprintf(program, sizeof program, "%s/tests/bench/bench-echo", setting->fixture.build);
	snprintf(port, sizeof port, "%d", echo->port);
	snprintf(log, sizeof log, "%s/echo.log", setting->fixture.folder);
	echo->pid = process_start(argv, environment, log);
}

void stage_echo_connect(struct echo *echo)
{
	double deadline = bench_now() + 20e6;

	while (!client_open(&echo->client, echo->port, product_origins[0], "echo")) {
		if (bench_now() > deadline)
			bench_die("the echo server does not listen");
		usleep(50);
	}
}

double stage_echo_call(struct echo *echo, size_t length)
{
	static char text[60000];
	double start = bench_now();

	memset(text, 'x', length);
	client_send(&echo->client, text, length);
	client_receive(&echo->client);
	if (echo->client.length != length)
		bench_die("an echo of %zu bytes for %zu", echo->client.length, length);
	return bench_now() - start;
}

void stage_echo_stop(struct echo *echo)
{
	client_close(&echo->client);
	kill(echo->pid, SIGKILL); /* libwebsockets keeps SIGTERM for itself */
	process_stop(echo->pid);
}
