/*
 * Signals; who holds the lock is sent one.
 */
#include "stop.h"

#include <signal.h>
#include <stdlib.h>

#include "lock_posix.h"

struct kh_stop {
	uv_signal_t terminate, interrupt;
	int open; /* handles */
	void (*asked)(void *context);
	void *context;
};

static void on_signal(uv_signal_t *handle, int number)
{
	struct kh_stop *stop = handle->data;

	(void)number;
	stop->asked(stop->context);
}

struct kh_stop *kh_stop_listen(uv_loop_t *loop, const char *folder, void (*asked)(void *context), void *context)
{
	struct kh_stop *stop = calloc(1, sizeof(*stop));

	(void)folder;
	if (!stop)
		return NULL;
	stop->open = 2;
	stop->asked = asked;
	stop->context = context;
	uv_signal_init(loop, &stop->terminate);
	uv_signal_init(loop, &stop->interrupt);
	stop->terminate.data = stop->interrupt.data = stop;
	uv_signal_start(&stop->terminate, on_signal, SIGTERM);
	uv_signal_start(&stop->interrupt, on_signal, SIGINT);
	return stop;
}

static void closed(uv_handle_t *handle)
{
	struct kh_stop *stop = handle->data;

	if (--stop->open == 0)
		free(stop);
}

void kh_stop_finish(struct kh_stop *stop)
{
	if (!stop)
		return;
	uv_close((uv_handle_t *)&stop->terminate, closed);
	uv_close((uv_handle_t *)&stop->interrupt, closed);
}

bool kh_stop_ask(const char *folder)
{
	pid_t holder = kh_lock_holder(folder);

	return holder > 1 && kill(holder, SIGTERM) == 0;
}
