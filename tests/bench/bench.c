/* keyhall-bench: the measurements of docs/performance.md. Usually run by ./dev bench. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenes.h"

static const char usage[] =
	"keyhall-bench [--short] [--build DIR] [--module FILE] [--markdown FILE] [--scene NAME] [--keep]\n"
	"\n"
	"Measures the agent beside a bare libwebsockets echo server and beside the same C_ calls in one\n"
	"process, in alternating rounds. Fails when an operation fails or makes more C_ calls than the table in\n"
	"tests/bench/slow.c says, never because one is slow.\n"
	"  --short          fewer rounds, for CI\n"
	"  --build DIR      where agent/keyhalld is (the folder above this program's)\n"
	"  --module FILE    SoftHSM2's library\n"
	"  --markdown FILE  the table for docs/performance.md\n"
	"  --scene NAME     slow, start, lists, renewal, memory, idle or calls only\n"
	"  --keep           leave the folder with logs and tokens\n";

static char folder[BENCH_PATH];
static pid_t owner;

_Noreturn void bench_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "bench: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	if (getpid() != owner)
		_exit(1);
	if (folder[0])
		fprintf(stderr, "bench: logs are in %s\n", folder);
	exit(1);
}

static void write_pinentry(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		bench_die("%s: %s", path, strerror(errno));
	fprintf(file,
		"#!/bin/sh\n# Answers every question with the PIN.\necho OK\n"
		"while read -r command rest; do\n"
		"  case $command in GETPIN) echo 'D " BENCH_PIN
		"';; BYE) echo OK; exit;; esac\n"
		"  echo OK\ndone\n");
	if (fclose(file) != 0 || chmod(path, 0700) < 0)
		bench_die("%s: %s", path, strerror(errno));
}

static void find_module(char out[BENCH_PATH])
{
	static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
					     "/usr/lib64/softhsm/libsofthsm2.so"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (!out[0] && access(places[i], R_OK) == 0)
			snprintf(out, BENCH_PATH, "%s", places[i]);
	if (!out[0])
		bench_die("SoftHSM2 is not installed; name its library with --module");
}

static void find_build(char out[BENCH_PATH])
{
	char *self;

	if (out[0])
		return;
	self = realpath("/proc/self/exe", NULL);
	for (int i = 0; self && i < 3; i++)
		*strrchr(self, '/') = 0;
	snprintf(out, BENCH_PATH, "%s", self ? self : ".");
	free(self);
}

/* Where it is allowed, all parties alike run before other work of the machine. */
static void go_first(void)
{
	const struct sched_param lowest = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_RR, &lowest) != 0)
		fprintf(stderr, "bench: not allowed to go before other work; on a busy machine look at the minima\n");
}

static void prepare(struct setting *setting)
{
	struct fixture *fixture = &setting->fixture;
	char root[BENCH_PATH + 16];

	find_module(fixture->module);
	find_build(fixture->build);
	snprintf(folder, sizeof folder, "%s/keyhall-bench.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(folder))
		bench_die("%s: %s", folder, strerror(errno));
	snprintf(fixture->folder, sizeof fixture->folder, "%s", folder);
	snprintf(fixture->pinentry, sizeof fixture->pinentry, "%.400s/pinentry", folder);
	write_pinentry(fixture->pinentry);
	snprintf(root, sizeof root, "%s/root.pem", folder);
	fixture->ca = ca_new(root);
	setting->report = report_new();
}

static void all_lists(struct setting *setting)
{
	static const int sizes[] = {1, 100, 10};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		scene_lists(setting, sizes[i]);
}

static const struct scene {
	const char *name;
	void (*play)(struct setting *);
} scenes[] = {
	{"slow", scene_slow},	  {"start", scene_start}, {"lists", all_lists},		 {"renewal", scene_renewal},
	{"memory", scene_memory}, {"idle", scene_idle},	  {"calls", scene_system_calls},
};

static void play(struct setting *setting, const char *only)
{
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		if (only && strcmp(only, scenes[i].name) != 0)
			continue;
		fprintf(stderr, "%s ...\n", scenes[i].name);
		scenes[i].play(setting);
	}
}

static void write_markdown(const struct report *report, const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		bench_die("%s: %s", path, strerror(errno));
	report_print(report, file, true);
	if (fclose(file) != 0)
		bench_die("%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"short", 0, NULL, 's'}, {"build", 1, NULL, 'b'}, {"module", 1, NULL, 'm'}, {"markdown", 1, NULL, 'w'},
		{"scene", 1, NULL, 'o'}, {"keep", 0, NULL, 'k'},  {"help", 0, NULL, 'h'},   {0},
	};
	const char *markdown = NULL, *only = NULL;
	struct setting setting = {0};
	bool keep = false;
	int option;

	owner = getpid();
	signal(SIGPIPE, SIG_IGN);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			setting.small = true;
			break;
		case 'b':
			snprintf(setting.fixture.build, BENCH_PATH, "%s", optarg);
			break;
		case 'm':
			snprintf(setting.fixture.module, BENCH_PATH, "%s", optarg);
			break;
		case 'w':
			markdown = optarg;
			break;
		case 'o':
			only = optarg;
			break;
		case 'k':
			keep = true;
			break;
		default:
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 2;
		}
	}
	if (!setting.small)
		go_first();
	prepare(&setting);
	play(&setting, only);
	report_print(setting.report, stdout, false);
	if (markdown)
		write_markdown(setting.report, markdown);
	report_free(setting.report);
	if (!keep)
		process_shell("rm -rf '%s'", folder);
	return setting.failed;
}
