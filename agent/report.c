/*
 * The support report.
 */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "environment/checkup.h"
#include "log_kept.h"
#include "report_drivers.h"
#include "token/report.h"

struct reporting {
	struct kh_request *request;
	struct kh_report report; /* owns what it points to */
};

static void add_library(struct kh_report *report, const char *name, const char *version)
{
	char text[128];

	snprintf(text, sizeof(text), "%s %s", name, version);
	report->libraries[report->libraries_count++] = strdup(text);
}

static void fill_libraries(struct kh_report *report)
{
	report->libraries = calloc(4, sizeof(*report->libraries));
	if (!report->libraries)
		return;
	add_library(report, "libwebsockets", kh_websocket_version());
	add_library(report, "libuv", uv_version_string());
	add_library(report, "SQLite", kh_journal_library());
	add_library(report, "libusb", kh_usb_library());
}

static void fill_static(struct kh_report *report, const struct kh_agent *agent)
{
	const struct kh_config *config = &agent->settings->config;
	char text[256];

	report->version = strdup(KH_VERSION);
	kh_time_text(kh_agent_now(), text);
	report->time = strdup(text);
	kh_system_describe(text, sizeof(text));
	report->system = strdup(text);
	report->port = agent->server ? kh_server_port(agent->server) : config->port;
	report->origins = calloc(config->origins_count + 1, sizeof(*report->origins));
	for (size_t i = 0; report->origins && i < config->origins_count; i++)
		report->origins[report->origins_count++] = strdup(config->origins[i]);
	fill_libraries(report);
}

static void fill_log(struct kh_report *report)
{
	size_t count = kh_log_count();

	report->log = calloc(count + 1, sizeof(*report->log));
	for (size_t i = 0; report->log && i < count; i++)
		report->log[report->log_count++] = kh_report_redact(kh_log_line(i));
}

static void fill_modules(struct kh_report *report, const struct kh_agent *agent)
{
	report->modules = calloc(KH_REPORT_MODULES_MAX, sizeof(*report->modules));
	for (size_t i = 0; report->modules && i < agent->modules.count; i++) {
		const struct kh_driver *module = &agent->modules.items[i];
		struct kh_module_report *shown = &report->modules[report->modules_count];

		if (kh_token_link_report(module->link, shown, NULL) != KH_OK)
			continue;
		shown->second_reader = module->second_reader;
		shown->path = kh_report_redact(module->link->module);
		report->modules_count++;
	}
}

static void fill_tokens(struct kh_report *report, const struct kh_agent *agent)
{
	size_t count;
	struct kh_token_info *tokens = kh_modules_tokens(&agent->modules, &count);

	report->tokens = calloc(count + 1, sizeof(*report->tokens));
	for (size_t i = 0; report->tokens && i < count; i++) {
		if (kh_copy(&kh_token_info_type, &report->tokens[report->tokens_count], &tokens[i], NULL) == KH_OK)
			report->tokens_count++;
	}
	free(tokens);
}

static void fill_steps(struct kh_report *report, const struct kh_agent *agent)
{
	const size_t max = KH_REPORT_STEPS_MAX;
	KH_AUTO_FREE struct kh_journal_step *steps = calloc(max, sizeof(*steps));
	size_t count = steps ? kh_journal_steps(agent->journal, steps, max) : 0;
	char time[KH_TIME_TEXT];

	report->steps = calloc(count + 1, sizeof(*report->steps));
	for (size_t i = 0; report->steps && i < count; i++) {
		const struct kh_report_step step = {steps[i].order, steps[i].act, steps[i].step, steps[i].moment, time};

		kh_time_text(steps[i].time, time);
		if (kh_copy(&kh_report_step_type, &report->steps[report->steps_count], &step, NULL) == KH_OK)
			report->steps_count++;
	}
}

static void finish(struct reporting *reporting)
{
	fill_log(&reporting->report);
	kh_request_result(reporting->request, &reporting->report);
	kh_clear(&kh_report_type, &reporting->report);
	free(reporting);
}

static void have_checkup(void *context, struct kh_checkup *checkup)
{
	struct reporting *reporting = context;
	struct kh_agent *agent = reporting->request->agent;
	struct kh_report *report = &reporting->report;

	report->items = checkup->check.items;
	report->items_count = checkup->check.items_count;
	report->renewals = checkup->renewals.renewals;
	report->renewals_count = checkup->renewals.renewals_count;
	report->readers = checkup->readers.readers;
	report->readers_count = checkup->readers.readers_count;
	*checkup = (struct kh_checkup){.check = {0}};
	fill_static(report, agent);
	kh_report_drivers(report, agent, reporting->request->locale);
	fill_modules(report, agent);
	fill_tokens(report, agent);
	fill_steps(report, agent);
	finish(reporting);
}

void kh_report_make(struct kh_request *request)
{
	struct reporting *reporting = calloc(1, sizeof(*reporting));

	if (!reporting) {
		kh_request_fail(request, KH_AGENT_FAILED);
		return;
	}
	reporting->request = request;
	kh_checkup(request->agent, request->locale, NULL, 0, have_checkup, reporting);
}

void kh_report_name(const char *time, char name[KH_REPORT_NAME])
{
	snprintf(name, KH_REPORT_NAME, "keyhall-report-%.4s%.2s%.2s-%.2s%.2s%.2s.zip", time, time + 5, time + 8,
		 time + 11, time + 14, time + 17);
}
