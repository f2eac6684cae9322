/* Orphans on Linux: PR_SET_CHILD_SUBREAPER of prctl(2), children of proc(5). */
#include "tool/orphans.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS 100
#define PAUSE 10 /* ms */

void kh_orphans_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Without those of other threads: libuv starts ours here. */
static bool kill_all(void)
{
	FILE *file = fopen("/proc/thread-self/children", "re");
	bool any = false;
	int process;

	while (file && fscanf(file, "%d", &process) == 1) {
		any = true;
		kill(process, SIGKILL);
	}
	if (file)
		fclose(file);
	return any;
}

/* With each that ends come those that it has left. One that a driver keeps in the
 * kernel is not waited for. */
void kh_orphans_end(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE * 1000000L};

	for (int i = 0; i < ROUNDS && kill_all(); i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		nanosleep(&pause, NULL);
	}
}
