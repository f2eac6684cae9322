/*
 * keyhalld: the key agent's daemon. Options, start, stop.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "cleanup.h"
#include "dispatch.h"
#include "file.h"
#include "inbox.h"
#include "log_kept.h"
#include "reminder/reminder.h"
#include "simulate.h"
#include "stop.h"
#include "takeover.h"
#include "watch.h"

#define EXIT_SETTINGS 2
#define EXIT_RUNNING 3
#define EXIT_PORT 4
#define DRAIN_PERIOD 10 /* ms */
#define BEGIN_MILLISECONDS 25
#define DRAIN_ROUNDS 100
#define STOP_ROUNDS 1000

static const char help[] =
	"keyhalld: the key agent of a certificate service hall. It listens on 127.0.0.1 and [::1]\n"
	"and lets the pages of the configured halls renew the certificates on USB keys.\n"
	"\n"
	"  --config FILE      configuration, after /etc/keyhall/config.json and the user's\n"
	"                     $XDG_CONFIG_HOME/keyhall/config.json; later files win\n"
	"  --foreground       stay in the foreground\n"
	"  --check            only say what is wrong with the configuration\n"
	"  --log-level LEVEL  error, warning, info (default) or debug\n"
	"  --simulate FILE    answers what FILE says, without a key: for a hall's own tests\n"
	"  --stop             asks the one that runs for this user to end, and waits for that\n"
	"  --help, --version\n"
	"\n"
	"Ends with 0 when it was asked to end, 1 on a failure, 2 when options or configuration are\n"
	"wrong, 3 when it runs already for this user, 4 when the port is taken.\n";

struct options {
	const char *config;
	const char *simulate;
	bool foreground, check, stop;
	enum kh_log_level level;
};

/* -1: go on; else the exit status. */
static int read_options(int count, char **values, struct options *options)
{
	for (int i = 1; i < count; i++) {
		const char *option = values[i];
		const char *value = i + 1 < count ? values[i + 1] : NULL;

		if (strcmp(option, "--help") == 0) {
			fputs(help, stdout);
			return 0;
		}
		if (strcmp(option, "--version") == 0) {
			printf("keyhalld %s\n", KH_VERSION);
			return 0;
		}
		if (strcmp(option, "--foreground") == 0) {
			options->foreground = true;
		} else if (strcmp(option, "--check") == 0) {
			options->check = true;
		} else if (strcmp(option, "--stop") == 0) {
			options->stop = true;
		} else if (strcmp(option, "--config") == 0 && value) {
			options->config = value;
			i++;
		} else if (strcmp(option, "--simulate") == 0 && value) {
			options->simulate = value;
			i++;
		} else if (strcmp(option, "--log-level") == 0 && value && kh_log_level_parse(value, &options->level)) {
			i++;
		} else {
			fprintf(stderr, "keyhalld: %s is no option or lacks a value; see keyhalld --help\n", option);
			return EXIT_SETTINGS;
		}
	}
	return -1;
}

struct daemon {
	struct kh_agent agent;
	uv_loop_t loop;
	struct kh_stop *stop;
	uv_timer_t drain, begin;
	int rounds;
	bool stopping;
};

static void drained(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;

	if (!daemon->agent.connections || ++daemon->rounds > DRAIN_ROUNDS)
		uv_stop(&daemon->loop);
}

/* Calls under way are answered, pages are told 1001, children end; one that is
 * in a call of its module ends after that, without us. */
static void stop(void *context)
{
	struct daemon *daemon = context;

	if (daemon->stopping)
		return;
	daemon->stopping = true;
	uv_timer_stop(&daemon->begin);
	kh_log(KH_LOG_INFO, "stopping");
	kh_bundle_stop(&daemon->agent);
	kh_modules_stop(&daemon->agent.modules);
	kh_server_stop(daemon->agent.server);
	uv_timer_start(&daemon->drain, drained, DRAIN_PERIOD, DRAIN_PERIOD);
}

static void listen_to_stop(struct daemon *daemon)
{
	uv_timer_init(&daemon->loop, &daemon->drain);
	uv_timer_init(&daemon->loop, &daemon->begin);
	daemon->drain.data = daemon->begin.data = daemon;
	daemon->stop = kh_stop_listen(&daemon->loop, daemon->agent.settings->state, stop, daemon);
}

static enum kh_code open_server(struct daemon *daemon, struct kh_error *error)
{
	const struct kh_config *config = &daemon->agent.settings->config;
	struct kh_handshake_policy policy = {0, config->origins, config->origins_count};
	uint16_t ports[KH_PORTS_MAX];
	size_t count = kh_ports_of(config->port, ports);
	enum kh_code code = kh_takeover_port(&daemon->loop, ports, count, &policy.port, error);

	if (code != KH_OK)
		return code;
	return kh_server_open(&daemon->loop, &policy, &kh_inbox_events, &daemon->agent, &daemon->agent.server, error);
}

static int cannot(const char *what, const struct kh_error *error)
{
	fprintf(stderr, "keyhalld: %s: %s %s\n", what, error->call, error->value);
	return EXIT_FAILURE;
}

static void close_all(struct daemon *daemon)
{
	struct kh_agent *agent = &daemon->agent;

	kh_stop_finish(daemon->stop);
	uv_close((uv_handle_t *)&daemon->drain, NULL);
	uv_close((uv_handle_t *)&daemon->begin, NULL);
	kh_watch_finish(agent);
	kh_modules_stop(&agent->modules);
	kh_reminder_finish(agent);
	kh_server_free(agent->server);
	kh_modules_finish(&agent->modules);
	kh_journal_free(agent->journal);
}

static void begin(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;

	kh_modules_start(&daemon->agent.modules);
	kh_reminder_start(&daemon->agent);
}

/* Listens first, loads modules after: a page that waits for the agent has its
 * hello before token hosts take the processor. A call starts them at once. */
static int serve(struct daemon *daemon)
{
	struct kh_agent *agent = &daemon->agent;
	struct kh_error error = {0};
	char address[64];
	int status = EXIT_SUCCESS;
	enum kh_code code = open_server(daemon, &error);

	if (code == KH_AGENT_BUSY) {
		fprintf(stderr, "keyhalld: port %lld is in use on 127.0.0.1 or [::1]\n",
			(long long)agent->settings->config.port);
		return EXIT_PORT;
	}
	if (code != KH_OK)
		return cannot("cannot listen", &error);
	kh_server_address(agent->server, address, sizeof(address));
	fprintf(stderr, "keyhalld: listening on %s\n", address);
	listen_to_stop(daemon);
	kh_watch_init(agent);
	if (agent->simulation) {
		uv_run(&daemon->loop, UV_RUN_DEFAULT);
	} else if (kh_modules_init(&agent->modules, agent->loop, agent->settings, &error) == KH_OK) {
		uv_timer_start(&daemon->begin, begin, BEGIN_MILLISECONDS, 0);
		uv_run(&daemon->loop, UV_RUN_DEFAULT);
	} else {
		status = cannot("cannot find the token host", &error);
	}
	close_all(daemon);
	return status;
}

static int run(const struct kh_settings *settings, struct kh_simulation *simulation)
{
	static struct daemon daemon;
	int status;

	uv_loop_init(&daemon.loop);
	daemon.agent.loop = &daemon.loop;
	daemon.agent.handle = simulation ? kh_simulate : kh_dispatch;
	daemon.agent.simulation = simulation;
	daemon.agent.settings = settings;
	daemon.agent.modules.trace = &daemon.agent.trace;
	daemon.agent.journal = kh_journal_new(settings->state);
	if (!daemon.agent.journal)
		return EXIT_FAILURE;
	status = serve(&daemon);
	if (uv_loop_close(&daemon.loop) != 0)
		kh_log(KH_LOG_DEBUG, "the loop was not empty");
	return status;
}

static int lock_and_run(const struct kh_settings *settings, struct kh_simulation *simulation)
{
	struct kh_lock lock = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_system_make_folder(settings->state, &error);
	uint16_t ports[KH_PORTS_MAX];
	size_t count = kh_ports_of(settings->config.port, ports);
	int status;

	if (code == KH_OK)
		code = kh_takeover_lock(settings->state, ports, count, &lock, &error);
	if (code == KH_AGENT_BUSY) {
		fprintf(stderr, "keyhalld: it runs already for this user (state folder %s)\n", settings->state);
		return EXIT_RUNNING;
	}
	/* A full or read-only disk takes the record, not the renewal. */
	if (code != KH_OK)
		kh_log_failure(KH_LOG_WARNING, "the state folder cannot be written", &error);
	status = run(settings, simulation);
	kh_lock_release(&lock);
	return status;
}

/* One that is about to start cannot be asked yet. */
static int stop_other(const char *state)
{
	bool asked = false;

	for (int i = 0; i < STOP_ROUNDS; i++) {
		asked = asked || kh_stop_ask(state);
		if (!kh_lock_held(state))
			return EXIT_SUCCESS;
		uv_sleep(DRAIN_PERIOD);
	}
	fputs("keyhalld: it does not end\n", stderr);
	return EXIT_FAILURE;
}

int main(int count, char **values)
{
	struct options options = {.level = KH_LOG_INFO};
	KH_AUTO(kh_buffer_finish) struct kh_buffer complaint = {0};
	struct kh_error error = {0};
	struct kh_simulation *simulation = NULL;
	struct kh_settings settings;
	int status;

	kh_file_arguments(&count, &values);
	kh_system_harden();
	status = read_options(count, values, &options);
	if (status >= 0)
		return status;
	kh_log_keep(options.level);
	if (kh_settings_load(options.config, NULL, &settings, &complaint) != KH_OK) {
		fprintf(stderr, "keyhalld: %s\n", complaint.data ? complaint.data : "out of memory");
		return EXIT_SETTINGS;
	}
	if (options.stop) {
		status = stop_other(settings.state);
		kh_settings_finish(&settings);
		return status;
	}
	if (options.simulate)
		simulation = kh_simulation_read(options.simulate, &complaint);
	if (options.simulate && !simulation) {
		fprintf(stderr, "keyhalld: %s\n", complaint.data ? complaint.data : "out of memory");
		status = EXIT_SETTINGS;
	} else if (options.check)
		status = EXIT_SUCCESS;
	else if (!options.foreground && kh_system_detach(&error) != KH_OK)
		status = cannot("cannot go to the background", &error);
	else
		status = lock_and_run(&settings, simulation);
	kh_simulation_free(simulation);
	kh_settings_finish(&settings);
	return status;
}
