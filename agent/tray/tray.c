/*
 * keyhall-tray: the lock in the notification area of the desktop. A client of the daemon, which says what there is
 * to show; the menu's entries are commands of keyhall. Ends when the session does, at once where there is none, where
 * the configuration says so, or where it runs already.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "lock.h"
#include "ports.h"
#include "settings.h"
#include "text.h"
#include "tool/client.h"
#include "tray/errands.h"
#include "tray/notifier.h"
#include "tray/session.h"

#define CONNECT_SECONDS 5
#define AGAIN_SECONDS 3600 /* a window opens, a service stops: nothing tells of that */
#define SETTLE_MS 800	   /* from a change to the look: pages go first, and what they have read is known then */
#define PAUSE_MS 500	   /* from a daemon that does not answer to the next try; twice as long each time */
#define PAUSE_MOST_MS 30000
#define PATIENCE 2 /* tries: a daemon that is started again is not told as gone */
#define EXIT_SETTINGS 2

static const char help[] =
	"keyhall-tray: shows in the notification area of the desktop how the key agent and the USB key are.\n"
	"\n"
	"  --config FILE      configuration, as keyhalld reads it\n"
	"  --stop             asks the one that runs in this session to end, and waits for that\n"
	"  --help, --version\n"
	"\n"
	"Ends with 0 when the session does, where there is no desktop, where it runs already or where the\n"
	"configuration's \"tray\" is false; with 2 when options or configuration are wrong.\n";

struct tray {
	uv_loop_t loop;
	uv_timer_t pause;
	uv_signal_t terminate, interrupt;
	struct kh_settings settings;
	char locale[KH_LOCALE_MAX + 1];
	struct kh_notifier *notifier;
	struct kh_client *client; /* NULL: none is connected */
	struct kh_errands errands;
	struct kh_tray_face faces[2]; /* shown, and the next */
	unsigned shown;
	unsigned failures; /* to connect, in a row */
	bool woken, looked, done;
};

/* --- waking --- */

static void wake(struct tray *tray)
{
	tray->woken = true;
	if (tray->client)
		kh_client_wake(tray->client);
	uv_stop(&tray->loop);
}

static void end(struct tray *tray)
{
	tray->done = true;
	wake(tray);
}

static void signalled(uv_signal_t *handle, int number)
{
	(void)number;
	end(handle->data);
}

static void chosen(void *context, enum kh_tray_action action)
{
	struct tray *tray = context;

	kh_errands_do(&tray->errands, action);
}

static void looked(void *context)
{
	struct tray *tray = context;

	tray->looked = true;
	wake(tray);
}

static void gone(void *context)
{
	end(context);
}

static void restarted(void *context)
{
	struct tray *tray = context;

	tray->failures = 0;
	wake(tray);
}

static void rested(uv_timer_t *timer)
{
	struct tray *tray = timer->data;

	tray->woken = true;
	uv_stop(&tray->loop);
}

/* So long, or until it is woken. */
static void rest(struct tray *tray, unsigned milliseconds)
{
	tray->woken = tray->done;
	uv_timer_start(&tray->pause, rested, milliseconds, 0);
	while (!tray->woken)
		uv_run(&tray->loop, UV_RUN_DEFAULT);
	uv_timer_stop(&tray->pause);
}

/* --- showing --- */

static void show(struct tray *tray, const struct kh_tray_news *news)
{
	struct kh_tray_face *now = &tray->faces[tray->shown], *next = &tray->faces[!tray->shown];

	if (!kh_tray_face_make(news, tray->locale, next))
		return;
	if (kh_tray_face_same(now, next)) {
		kh_tray_face_finish(next);
		return;
	}
	kh_notifier_show(tray->notifier, next);
	tray->errands.face = next;
	kh_tray_face_finish(now);
	tray->shown = !tray->shown;
}

static void show_trouble(struct tray *tray, bool running, const char *text)
{
	show(tray, &(struct kh_tray_news){.running = running, .trouble = text});
}

/* False: the daemon has ended. */
static bool look(struct tray *tray)
{
	struct kh_environment_check_result check = {0};
	struct kh_certificate_list_result list = {0}, none = {0};
	struct kh_error error = {0};
	char text[512];
	enum kh_code code = kh_client_call(tray->client, KH_METHOD_ENVIRONMENT_CHECK, NULL, &check, &error);
	bool listed =
		code == KH_OK && kh_client_call(tray->client, KH_METHOD_CERTIFICATE_LIST, NULL, &list, &error) == KH_OK;
	bool open = kh_client_is_open(tray->client) && code != KH_AGENT_STOPPING;

	kh_error_text(&error, tray->locale, text, sizeof(text));
	if (open && code == KH_OK)
		show(tray,
		     &(struct kh_tray_news){.running = true, .check = &check, .certificates = listed ? &list : &none});
	else if (open)
		show_trouble(tray, true, text);
	if (code == KH_OK)
		kh_clear(&kh_environment_check_result_type, &check);
	if (listed)
		kh_clear(&kh_certificate_list_result_type, &list);
	return open;
}

/* Until the daemon ends. A user who looks does not wait. */
static void follow(struct tray *tray)
{
	tray->failures = 0;
	while (!tray->done && look(tray) && kh_client_wait(tray->client, AGAIN_SECONDS) && !tray->done) {
		if (!tray->looked)
			rest(tray, SETTLE_MS);
		tray->looked = false;
	}
}

/* A daemon that holds its lock and is not to be reached is kept away by something. */
static void show_absence(struct tray *tray, enum kh_client_outcome outcome)
{
	const char *values[] = {"reason", kh_client_reason(tray->client), NULL};
	const bool unreached = outcome == KH_CLIENT_ABSENT && kh_lock_held(tray->settings.state);
	KH_AUTO_FREE char *text = NULL;

	if (++tray->failures <= PATIENCE)
		return;
	if (outcome == KH_CLIENT_REFUSED)
		text = kh_text_new(tray->locale, "tray.refused", values);
	else if (unreached)
		text = kh_text_new(tray->locale, "environment.agent.unreached", NULL);
	show_trouble(tray, false, text);
}

/* --- the daemon --- */

/* The daemon may have been started again because the configuration is another one. */
static void read_settings(struct tray *tray)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer complaint = {0};
	struct kh_settings settings;

	if (kh_settings_load(tray->errands.config, NULL, &settings, &complaint) != KH_OK)
		return;
	kh_settings_finish(&tray->settings);
	tray->settings = settings;
	kh_settings_locale(&tray->settings, tray->locale, sizeof(tray->locale));
	tray->done = tray->done || !settings.config.tray;
}

static void meet(struct tray *tray)
{
	uint16_t ports[KH_PORTS_MAX];
	const struct kh_client_door door = {
		.ports = ports,
		.count = kh_ports_of(tray->settings.config.port, ports),
		.seconds = CONNECT_SECONDS,
		.locale = tray->locale,
		.background = true,
		.loop = &tray->loop,
	};
	enum kh_client_outcome outcome = kh_client_connect(&door, &tray->client);

	if (outcome == KH_CLIENT_OK)
		follow(tray);
	else
		show_absence(tray, outcome);
	kh_client_free(kh_steal(&tray->client));
}

static unsigned pause_after(unsigned failures)
{
	unsigned pause = PAUSE_MS;

	for (unsigned i = 1; i < failures && pause < PAUSE_MOST_MS; i++)
		pause *= 2;
	return pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS;
}

static void live(struct tray *tray, char **arguments)
{
	while (!tray->done) {
		meet(tray);
		if (!tray->done)
			rest(tray, pause_after(tray->failures));
		if (!tray->done && !kh_session_goes_on(arguments))
			tray->done = true;
		read_settings(tray);
	}
}

/* --- the process --- */

static void begin(struct tray *tray)
{
	const struct kh_notifier_ears ears = {chosen, looked, gone, tray};

	uv_loop_init(&tray->loop);
	uv_timer_init(&tray->loop, &tray->pause);
	uv_signal_init(&tray->loop, &tray->terminate);
	uv_signal_init(&tray->loop, &tray->interrupt);
	tray->pause.data = tray->terminate.data = tray->interrupt.data = tray;
	uv_signal_start(&tray->terminate, signalled, SIGTERM);
	uv_signal_start(&tray->interrupt, signalled, SIGINT);
	uv_unref((uv_handle_t *)&tray->terminate);
	uv_unref((uv_handle_t *)&tray->interrupt);
	tray->errands.loop = &tray->loop;
	tray->errands.settings = &tray->settings;
	tray->errands.locale = tray->locale;
	tray->errands.restarted = restarted;
	tray->errands.context = tray;
	tray->notifier = kh_notifier_new(&tray->loop, &ears);
}

static void finish(struct tray *tray)
{
	kh_errands_finish(&tray->errands);
	kh_notifier_free(tray->notifier);
	uv_close((uv_handle_t *)&tray->pause, NULL);
	uv_close((uv_handle_t *)&tray->terminate, NULL);
	uv_close((uv_handle_t *)&tray->interrupt, NULL);
	while (uv_run(&tray->loop, UV_RUN_DEFAULT) != 0)
		;
	uv_loop_close(&tray->loop);
	kh_tray_face_finish(&tray->faces[0]);
	kh_tray_face_finish(&tray->faces[1]);
}

static int stop_other(void)
{
	if (kh_notifier_stop())
		return EXIT_SUCCESS;
	fputs("keyhall-tray: it does not end\n", stderr);
	return EXIT_FAILURE;
}

/* -1: go on; else the exit status. */
static int read_options(int count, char **values, struct tray *tray)
{
	for (int i = 1; i < count; i++) {
		if (strcmp(values[i], "--help") == 0)
			return fputs(help, stdout) < 0;
		if (strcmp(values[i], "--version") == 0)
			return printf("keyhall-tray %s\n", KH_VERSION) < 0;
		if (strcmp(values[i], "--stop") == 0)
			return stop_other();
		if (strcmp(values[i], "--config") != 0 || i + 1 == count) {
			fprintf(stderr, "keyhall-tray: %s is no option or lacks a value; see keyhall-tray --help\n",
				values[i]);
			return EXIT_SETTINGS;
		}
		tray->errands.config = values[++i];
	}
	return -1;
}

int main(int count, char **values)
{
	static struct tray tray;
	KH_AUTO(kh_buffer_finish) struct kh_buffer complaint = {0};
	int status;

	kh_file_arguments(&count, &values);
	kh_session_begin();
	status = read_options(count, values, &tray);
	if (status >= 0)
		return status;
	if (kh_settings_load(tray.errands.config, NULL, &tray.settings, &complaint) != KH_OK) {
		fprintf(stderr, "keyhall-tray: %s\n", complaint.data ? complaint.data : "out of memory");
		return EXIT_SETTINGS;
	}
	kh_settings_locale(&tray.settings, tray.locale, sizeof(tray.locale));
	if (tray.settings.config.tray) {
		begin(&tray);
		if (tray.notifier)
			live(&tray, values);
		finish(&tray);
	}
	kh_settings_finish(&tray.settings);
	return EXIT_SUCCESS;
}
