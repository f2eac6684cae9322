/*
 * keyhall: the support tool. A client of the daemon; where none runs, of its inside.
 */
#include "tool/tool.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log_kept.h"
#include "ports.h"
#include "text.h"

#define EXIT_USAGE 2
#define CONNECT_SECONDS 5

void kh_tool_print(FILE *file, const char *locale, const char *key, const char *const *values, const char *end)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	kh_text(&text, locale, key, values);
	fprintf(file, "%s%s", text.data ? text.data : "", end);
}

static int usage(const struct kh_tool *tool, const char *option)
{
	const char *values[] = {"option", option, NULL};

	kh_tool_print(stderr, tool->locale, "tool.option", values, "\n");
	return EXIT_USAGE;
}

static bool read_port(const char *text, long *port)
{
	char *end;

	*port = strtol(text, &end, 10);
	return *end == '\0' && *port > 0 && *port < 65536;
}

/* -1: go on; else the exit status. */
static int read_options(int count, char **values, struct kh_tool *tool)
{
	bool help = false;

	for (int i = 1; i < count; i++) {
		const char *option = values[i];
		const char *value = i + 1 < count ? values[i + 1] : NULL;

		if (strcmp(option, "--version") == 0) {
			printf("keyhall %s\n", KH_VERSION);
			return 0;
		}
		if (strcmp(option, "--help") == 0)
			help = true;
		else if (strcmp(option, "--config") == 0 && value)
			tool->config = values[++i];
		else if (strcmp(option, "--locale") == 0 && value)
			tool->locale = values[++i];
		else if (strcmp(option, "--port") == 0 && value && read_port(value, &tool->port))
			i++;
		else if (option[0] != '-' && !tool->command)
			tool->command = option;
		else
			return usage(tool, option);
	}
	if (help)
		kh_tool_print(stdout, tool->locale, "tool.help", NULL, "");
	return help ? 0 : -1;
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

static enum kh_client_outcome connect_daemon(struct kh_tool *tool)
{
	uint16_t ports[KH_PORTS_MAX] = {(uint16_t)tool->port};
	size_t count = tool->port != 0 ? 1 : kh_ports_of(tool->settings.config.port, ports);

	return kh_client_connect(ports, count, CONNECT_SECONDS, tool->locale, &tool->client);
}

static const struct command {
	const char *name;
	int (*run)(struct kh_tool *tool);
	bool tells; /* itself that no daemon runs */
} commands[] = {
	{"list", kh_tool_list, false},
	{"doctor", kh_tool_doctor, true},
	{"report", kh_tool_report, false},
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* By what the daemon would do, in this process. The status says that none runs. */
static int run_alone(struct kh_tool *tool, const struct command *command)
{
	const struct kh_error failed = {.code = KH_AGENT_FAILED};

	kh_client_free(kh_steal(&tool->client));
	tool->alone = true;
	if (!command->tells)
		kh_tool_print(stderr, tool->locale, "tool.not_running", NULL, "\n");
	if (kh_client_alone(&tool->settings, tool->locale, &tool->client) != KH_CLIENT_OK)
		return kh_tool_complain(tool, &failed);
	(void)command->run(tool);
	return KH_TOOL_ABSENT;
}

static int run(struct kh_tool *tool, const struct command *command)
{
	const struct kh_error failed = {.code = KH_AGENT_FAILED};
	int status;

	switch (connect_daemon(tool)) {
	case KH_CLIENT_OK:
		status = command->run(tool);
		break;
	case KH_CLIENT_ABSENT:
		status = run_alone(tool, command);
		break;
	case KH_CLIENT_REFUSED: {
		const char *values[] = {"reason", kh_client_reason(tool->client), NULL};

		kh_tool_print(stderr, tool->locale, "tool.refused", values, "\n");
		status = EXIT_FAILURE;
		break;
	}
	case KH_CLIENT_FAILED:
	default:
		status = kh_tool_complain(tool, &failed);
	}
	kh_client_free(tool->client);
	return status;
}

int main(int count, char **values)
{
	struct kh_tool tool = {0};
	KH_AUTO(kh_buffer_finish) struct kh_buffer complaint = {0};
	const struct command *command;
	int status;

	kh_system_harden();
	kh_log_keep(KH_LOG_ERROR);
	status = read_options(count, values, &tool);
	if (status >= 0)
		return status;
	command = find_command(tool.command);
	if (!command && tool.command)
		return usage(&tool, tool.command);
	if (!command) {
		kh_tool_print(stderr, tool.locale, "tool.help", NULL, "");
		return EXIT_USAGE;
	}
	if (kh_settings_load(tool.config, &tool.settings, &complaint) != KH_OK) {
		complain(&tool, complaint.data ? complaint.data : "");
		return EXIT_USAGE;
	}
	if (!tool.locale)
		tool.locale = tool.settings.config.locale;
	status = run(&tool, command);
	kh_settings_finish(&tool.settings);
	return status;
}
