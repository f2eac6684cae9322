/* The scenes that are about anything but time: memory, wake-ups, system calls. */
#include <string.h>
#include <unistd.h>

#include "scenes.h"

#define CONNECTIONS 16 /* the agent's limit, by contract */
#define CALLS 200

static struct memory sum(struct memory a, struct memory b)
{
	return (struct memory){.rss = a.rss + b.rss, .dirty = a.dirty < 0 || b.dirty < 0 ? -1 : a.dirty + b.dirty};
}

static void format_memory(char out[64], struct memory memory)
{
	if (memory.dirty < 0)
		snprintf(out, 64, "not told by the kernel");
	else
		snprintf(out, 64, "%.2f dirty, %.1f RSS MB", (double)memory.dirty / 1024, (double)memory.rss / 1024);
}

static void memory_rows(struct setting *setting, const char *when, const struct product *product,
			const struct echo *echo, bool aim)
{
	struct memory daemon = process_memory(product->daemon), host = process_memory(product_host(product));
	struct memory both = sum(daemon, host);
	char name[96], texts[2][64];

	format_memory(texts[0], daemon);
	format_memory(texts[1], process_memory(echo->pid));
	snprintf(name, sizeof name, "memory %s: daemon", when);
	report_figure(setting->report, name, texts[0], texts[1], "", "", "", false);
	format_memory(texts[0], host);
	snprintf(name, sizeof name, "memory %s: token host", when);
	report_figure(setting->report, name, texts[0], "", "", "", "", false);
	format_memory(texts[0], both);
	snprintf(name, sizeof name, "memory %s: both", when);
	report_figure(setting->report, name, texts[0], "", "", "", aim ? "≤ 4 MB dirty" : "", aim && both.dirty > 4096);
}

static void growth_row(struct setting *setting, long before, long after)
{
	char text[64] = "not told by the kernel";

	if (before >= 0 && after >= 0)
		snprintf(text, sizeof text, "%+ld KiB dirty", after - before);
	report_figure(setting->report, "memory growth from request 1,000 to 2,000", text, "", "", "", "none",
		      after - before > 16);
}

static long dirty(const struct product *product)
{
	return sum(process_memory(product->daemon), process_memory(product_host(product))).dirty;
}

static void thousand(struct product *product, struct echo *echo)
{
	for (int i = 0; i < 500; i++) {
		product_call(product, "token.list", "{}");
		product_call(product, "certificate.list", "{}");
		stage_echo_call(echo, 75);
		stage_echo_call(echo, 75);
	}
}

void scene_memory(struct setting *setting)
{
	struct client pages[2][CONNECTIONS - 1];
	struct product product;
	struct echo echo;
	long settled;

	product_open(&product, &setting->fixture, stage_token(setting, 1, PARTY_PRODUCT));
	product_certificates(&product, NULL);
	stage_echo_start(&echo, setting);
	stage_echo_connect(&echo);
	stage_echo_call(&echo, 75);
	memory_rows(setting, "after the first list", &product, &echo, true);
	thousand(&product, &echo);
	memory_rows(setting, "after 1,000 requests", &product, &echo, true);
	settled = dirty(&product);
	thousand(&product, &echo);
	growth_row(setting, settled, dirty(&product));
	for (int i = 0; i < CONNECTIONS - 1; i++) {
		product_connect(&product, &pages[0][i], product_origins[(i + 1) % PRODUCT_ORIGINS]);
		client_open(&pages[1][i], echo.port, product_origins[0], "echo");
	}
	for (int i = 0; i < CONNECTIONS - 1; i++) {
		struct client kept = product.client;

		product.client = pages[0][i];
		product_hello(&product);
		pages[0][i] = product.client;
		product.client = kept;
	}
	memory_rows(setting, "with 16 connections", &product, &echo, true);
	for (int i = 0; i < CONNECTIONS - 1; i++) {
		client_close(&pages[0][i]);
		client_close(&pages[1][i]);
	}
	stage_echo_stop(&echo);
	product_stop(&product);
}

static void idle_row(struct setting *setting, const char *name, long product, long echo, int seconds, bool aim)
{
	char texts[2][64] = {"", ""};
	double rate = (double)product / seconds;

	snprintf(texts[0], sizeof texts[0], "%.3f /s (%ld in %d s)", rate, product, seconds);
	if (echo >= 0)
		snprintf(texts[1], sizeof texts[1], "%.3f /s", (double)echo / seconds);
	/* One wake-up more or less is chance when libwebsockets' own comes every 30 s. */
	report_figure(setting->report, name, texts[0], texts[1], "", "", aim ? "≤ 0.05 /s" : "", aim && rate > 0.05);
}

void scene_idle(struct setting *setting)
{
	int seconds = setting->small ? 30 : 60;
	struct product alone, watched;
	struct echo echo;
	long before[4], host, after[4];

	product_open(&alone, &setting->fixture, stage_token(setting, 1, PARTY_PRODUCT));
	product_certificates(&alone, NULL);
	client_close(&alone.client);
	product_open(&watched, &setting->fixture, stage_token(setting, 10, PARTY_PRODUCT));
	stage_echo_start(&echo, setting);
	stage_echo_connect(&echo);
	stage_echo_call(&echo, 75);
	client_close(&echo.client);
	sleep(2); /* what follows a request is over */
	host = product_host(&alone);
	before[0] = process_wakeups(alone.daemon);
	before[1] = process_wakeups((pid_t)host);
	before[2] = process_wakeups(watched.daemon) + process_wakeups(product_host(&watched));
	before[3] = process_wakeups(echo.pid);
	sleep((unsigned)seconds);
	after[0] = process_wakeups(alone.daemon);
	after[1] = process_wakeups((pid_t)host);
	after[2] = process_wakeups(watched.daemon) + process_wakeups(product_host(&watched));
	after[3] = process_wakeups(echo.pid);
	idle_row(setting, "wake-ups idle: daemon", after[0] - before[0], after[3] - before[3], seconds, false);
	idle_row(setting, "wake-ups idle: token host", after[1] - before[1], -1, seconds, false);
	idle_row(setting, "wake-ups idle: both", after[0] + after[1] - before[0] - before[1], -1, seconds, true);
	idle_row(setting, "wake-ups with a page connected: both", after[2] - before[2], -1, seconds, false);
	stage_echo_stop(&echo);
	product_stop(&alone);
	product_stop(&watched);
}

struct work {
	struct product *product;
	struct echo *echo;
	const char *method;
};

static void call_product(void *data)
{
	struct work *work = data;

	for (int i = 0; i < CALLS; i++)
		product_call(work->product, work->method, "{}");
}

static void call_echo(void *data)
{
	struct work *work = data;

	for (int i = 0; i < CALLS; i++)
		stage_echo_call(work->echo, 75);
}

static void calls_row(struct setting *setting, struct work *work, const char *method)
{
	double daemon, host, echo;
	char name[96], texts[2][64];

	work->method = method;
	daemon = process_system_calls(work->product->daemon, call_product, work);
	host = process_system_calls(product_host(work->product), call_product, work);
	echo = process_system_calls(work->echo->pid, call_echo, work);
	snprintf(name, sizeof name, "system calls a warm request: %s", method);
	if (daemon < 0 || host < 0 || echo < 0) {
		report_figure(setting->report, name, "not measured: strace", "", "", "", "", false);
		return;
	}
	snprintf(texts[0], sizeof texts[0], "daemon %.1f, host %.1f", daemon / CALLS, host / CALLS);
	snprintf(texts[1], sizeof texts[1], "%.1f", echo / CALLS);
	report_figure(setting->report, name, texts[0], texts[1], "", "", "", false);
}

void scene_system_calls(struct setting *setting)
{
	struct product product;
	struct echo echo;
	struct work work = {.product = &product, .echo = &echo};

	product_open(&product, &setting->fixture, stage_token(setting, 1, PARTY_PRODUCT));
	product_certificates(&product, NULL);
	stage_echo_start(&echo, setting);
	stage_echo_connect(&echo);
	calls_row(setting, &work, "token.list");
	calls_row(setting, &work, "certificate.list");
	calls_row(setting, &work, "renewal.list");
	stage_echo_stop(&echo);
	product_stop(&product);
}
