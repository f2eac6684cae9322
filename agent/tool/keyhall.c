/*
 * keyhall: the support tool. A client of the daemon; where none runs, of its inside.
 */
#include "tool/tool.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "lock.h"
#include "log_kept.h"
#include "ports.h"
#include "text.h"
#include "tool/alone.h"
#include "tool/options.h"
#include "tool/terminal.h"

#define CONNECT_SECONDS 5

void kh_tool_print(FILE *file, const char *locale, const char *key, const char *const *values, const char *end)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	kh_text(&text, locale, key, values);
	fprintf(file, "%s%s", text.data ? text.data : "", end);
}

bool kh_tool_is_chinese(const struct kh_tool *tool)
{
	return strncmp(tool->locale, "zh", 2) == 0;
}

static int help(const struct kh_tool *tool, FILE *file)
{
	const struct kh_tool_command *command = tool->command;
	bool chinese = kh_tool_is_chinese(tool);

	if (command)
		fputs(chinese ? command->help_zh : command->help_en, file);
	else
		fputs(chinese ? kh_tool_help_zh : kh_tool_help_en, file);
	return file == stdout ? EXIT_SUCCESS : KH_TOOL_USAGE;
}

static int usage(const struct kh_tool *tool, const struct kh_tool_wrong *wrong)
{
	const struct kh_tool_command *command = tool->command;
	const char *argument = !command ? NULL : kh_tool_is_chinese(tool) ? command->argument_zh : command->argument_en;
	const char *values[] = {"word",	    wrong->word, "command", command ? command->name : "",
				"argument", argument,	 NULL};

	kh_tool_print(stderr, tool->locale, wrong->text, values, "\n");
	kh_tool_print(stderr, tool->locale, "tool.wrong.help", values, "\n");
	return KH_TOOL_USAGE;
}

static int complain(const struct kh_tool *tool, const char *text)
{
	const char *values[] = {"text", text, NULL};

	kh_tool_print(stderr, tool->locale, "tool.failed", values, "\n");
	return EXIT_FAILURE;
}

int kh_tool_complain(const struct kh_tool *tool, const struct kh_error *error)
{
	char text[512];

	kh_error_text(error, tool->locale, text, sizeof(text));
	return complain(tool, text);
}

static enum kh_client_outcome connect_daemon(struct kh_tool *tool, const char *locale)
{
	uint16_t ports[KH_PORTS_MAX] = {kh_tool_port(tool)};
	struct kh_client_door door = {.ports = ports, .count = 1, .seconds = CONNECT_SECONDS, .locale = locale};

	if (ports[0] == 0)
		door.count = kh_ports_of(tool->settings.config.port, ports);
	return kh_client_connect(&door, &tool->client);
}

static enum kh_client_outcome connect_inside(struct kh_tool *tool, const char *locale)
{
	memcpy(tool->settings.state, tool->state, sizeof(tool->state));
	return kh_client_alone(&tool->settings, tool->unreached, locale, &tool->client);
}

enum kh_client_outcome kh_tool_open(struct kh_tool *tool, const char *locale)
{
	enum kh_client_outcome outcome = tool->alone ? connect_inside(tool, locale) : connect_daemon(tool, locale);

	if (outcome == KH_CLIENT_OK)
		kh_client_on_waiting(tool->client, kh_terminal_progress, tool);
	return outcome;
}

/* By what the daemon would do, in this process. The status says that none answers. */
static int run_alone(struct kh_tool *tool)
{
	const struct kh_error failed = {.code = KH_AGENT_FAILED};
	int status;

	kh_client_free(kh_steal(&tool->client));
	tool->alone = true;
	tool->unreached = !tool->given[KH_TOOL_OPTION_PORT] && kh_lock_held(tool->state);
	if (!tool->command->tells)
		kh_tool_print(stderr, tool->locale,
			      tool->unreached ? "environment.agent.unreached" : "environment.agent.absent", NULL, "\n");
	if (tool->command->needs == KH_TOOL_NEEDS_AGENT) {
		kh_tool_print(stderr, tool->locale,
			      tool->unreached ? "environment.remedy.allow" : "environment.remedy.start", NULL, "\n");
		return KH_TOOL_ABSENT;
	}
	if (kh_tool_open(tool, tool->locale) != KH_CLIENT_OK)
		return kh_tool_complain(tool, &failed);
	status = tool->command->run(tool);
	return status == KH_TOOL_USAGE ? status : KH_TOOL_ABSENT;
}

static int run(struct kh_tool *tool)
{
	const struct kh_error failed = {.code = KH_AGENT_FAILED};
	const char *values[] = {"reason", "", NULL};

	if (tool->command->needs == KH_TOOL_NEEDS_NOTHING)
		return tool->command->run(tool);
	switch (kh_tool_open(tool, tool->locale)) {
	case KH_CLIENT_OK:
		return tool->command->run(tool);
	case KH_CLIENT_ABSENT:
		return run_alone(tool);
	case KH_CLIENT_REFUSED:
		values[1] = kh_client_reason(tool->client);
		kh_tool_print(stderr, tool->locale, "tool.refused", values, "\n");
		return EXIT_FAILURE;
	case KH_CLIENT_FAILED:
	default:
		return kh_tool_complain(tool, &failed);
	}
}

/* What is asked for where there is no configuration, too; -1: a command. */
static int before_settings(const struct kh_tool *tool, const struct kh_tool_wrong *wrong)
{
	if (wrong->text)
		return usage(tool, wrong);
	if (tool->given[KH_TOOL_OPTION_VERSION])
		return printf("keyhall %s\n", KH_VERSION) < 0;
	if (tool->given[KH_TOOL_OPTION_HELP])
		return help(tool, stdout);
	return tool->command ? -1 : help(tool, stderr);
}

int main(int count, char **values)
{
	struct kh_tool tool = {0};
	struct kh_tool_wrong wrong = {0};
	KH_AUTO(kh_buffer_finish) struct kh_buffer complaint = {0};
	char locale[KH_LOCALE_MAX + 1];
	enum kh_code loaded;
	int status;

	kh_file_arguments(&count, &values);
	kh_tool_read(count, values, &tool, &wrong);
	if (!tool.command || !tool.command->plain)
		kh_system_harden();
	kh_log_keep(KH_LOG_ERROR);
	loaded = kh_settings_load(tool.given[KH_TOOL_OPTION_CONFIG], tool.given[KH_TOOL_OPTION_LOCALE], &tool.settings,
				  &complaint);
	memcpy(tool.state, tool.settings.state, sizeof(tool.state));
	kh_settings_locale(&tool.settings, locale, sizeof(locale));
	tool.locale = tool.given[KH_TOOL_OPTION_LOCALE] ? tool.given[KH_TOOL_OPTION_LOCALE] : locale;
	status = before_settings(&tool, &wrong);
	if (status < 0 && loaded != KH_OK && !tool.command->mends) {
		complain(&tool, complaint.data ? complaint.data : "");
		status = KH_TOOL_USAGE;
	}
	if (status < 0)
		status = run(&tool);
	kh_client_free(tool.client);
	kh_settings_finish(&tool.settings);
	return status;
}
