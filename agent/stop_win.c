/*
 * A named event; a thread of the system waits for it.
 */
#include "stop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "bytes.h"

/* Ctrl-C, Ctrl-Break, the terminal is closed. */
static const int numbers[] = {SIGINT, SIGBREAK, SIGHUP};
#define SIGNALS (sizeof(numbers) / sizeof(numbers[0]))

struct kh_stop {
	HANDLE event, wait;
	uv_async_t wake;
	uv_signal_t signals[SIGNALS];
	size_t open; /* handles */
	void (*asked)(void *context);
	void *context;
};

static void name_event(const char *folder, wchar_t name[64])
{
	swprintf(name, 64, L"Local\\keyhalld-stop-%016llx",
		 (unsigned long long)kh_hash(KH_HASH_START, folder, strlen(folder)));
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct kh_stop *stop = handle->data;

	(void)number;
	stop->asked(stop->context);
}

static void on_wake(uv_async_t *handle)
{
	struct kh_stop *stop = handle->data;

	stop->asked(stop->context);
}

static void CALLBACK on_event(void *context, BOOLEAN timed_out)
{
	struct kh_stop *stop = context;

	(void)timed_out;
	uv_async_send(&stop->wake);
}

struct kh_stop *kh_stop_listen(uv_loop_t *loop, const char *folder, void (*asked)(void *context), void *context)
{
	struct kh_stop *stop = calloc(1, sizeof(*stop));
	wchar_t name[64];

	if (!stop)
		return NULL;
	stop->asked = asked;
	stop->context = context;
	stop->open = SIGNALS + 1;
	uv_async_init(loop, &stop->wake, on_wake);
	stop->wake.data = stop;
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(loop, &stop->signals[i]);
		stop->signals[i].data = stop;
		uv_signal_start(&stop->signals[i], on_signal, numbers[i]);
	}
	name_event(folder, name);
	stop->event = CreateEventW(NULL, FALSE, FALSE, name);
	if (stop->event)
		RegisterWaitForSingleObject(&stop->wait, stop->event, on_event, stop, INFINITE, WT_EXECUTEINWAITTHREAD);
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
	if (stop->wait)
		(void)UnregisterWaitEx(stop->wait, INVALID_HANDLE_VALUE);
	if (stop->event)
		CloseHandle(stop->event);
	uv_close((uv_handle_t *)&stop->wake, closed);
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&stop->signals[i], closed);
}

bool kh_stop_ask(const char *folder)
{
	wchar_t name[64];
	HANDLE event;
	bool told;

	name_event(folder, name);
	event = OpenEventW(EVENT_MODIFY_STATE, FALSE, name);
	told = event && SetEvent(event);
	if (event)
		CloseHandle(event);
	return told;
}
