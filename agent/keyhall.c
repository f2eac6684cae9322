/*
 * keyhall: the support tool. A client of the daemon; doctor also works without.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "client.h"
#include "environment.h"
#include "log.h"
#include "ports.h"

#define EXIT_USAGE 2
#define EXIT_ABSENT 3
#define CONNECT_SECONDS 5

struct tool {
	const char *command;
	const char *config;
	const char *locale;
	long port;
	struct kh_settings settings;
	struct kh_client *client;
};

static void print(FILE *file, const char *locale, const char *key, const char *const *values, const char *end)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	kh_text(&text, locale, key, values);
	fprintf(file, "%s%s", text.data != NULL ? text.data : "", end);
}

static int usage(const struct tool *tool, const char *option)
{
	const char *values[] = {"option", option, NULL};

	print(stderr, tool->locale, "tool.option", values, "\n");
	return EXIT_USAGE;
}

static bool read_port(const char *text, long *port)
{
	char *end;

	*port = strtol(text, &end, 10);
	return *end == '\0' && *port > 0 && *port < 65536;
}

/* -1: go on; else the exit status. */
static int read_options(int count, char **values, struct tool *tool)
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
		else if (strcmp(option, "--config") == 0 && value != NULL)
			tool->config = values[++i];
		else if (strcmp(option, "--locale") == 0 && value != NULL)
			tool->locale = values[++i];
		else if (strcmp(option, "--port") == 0 && value != NULL && read_port(value, &tool->port))
			i++;
		else if (option[0] != '-' && tool->command == NULL)
			tool->command = option;
		else
			return usage(tool, option);
	}
	if (help)
		print(stdout, tool->locale, "tool.help", NULL, "");
	return help ? 0 : -1;
}

static int complain(const struct tool *tool, const char *text)
{
	const char *values[] = {"text", text, NULL};

	print(stderr, tool->locale, "tool.failed", values, "\n");
	return EXIT_FAILURE;
}

static int complain_error(const struct tool *tool, const struct kh_error *error)
{
	char text[512];

	kh_error_text(error, tool->locale, text, sizeof(text));
	return complain(tool, text);
}

static enum kh_client_outcome connect_daemon(struct tool *tool)
{
	uint16_t ports[KH_PORTS_MAX] = {(uint16_t)tool->port};
	size_t count = tool->port != 0 ? 1 : kh_ports_of(tool->settings.config.port, ports);

	return kh_client_connect(ports, count, CONNECT_SECONDS, tool->locale, &tool->client);
}

/* --- list --- */

/* "tool.pin." and "low": the text of an enum value. */
static char *word(const struct tool *tool, const char *area, const char *value)
{
	struct kh_buffer text = {0};
	char key[64];

	snprintf(key, sizeof(key), "tool.%s.%s", area, value);
	kh_text(&text, tool->locale, key, NULL);
	return text.data;
}

static void print_certificate(const struct tool *tool, const struct kh_certificate_info *certificate)
{
	const struct kh_key_certificate *base = &certificate->base;
	int64_t days = certificate->renewal.days_left;
	KH_AUTO_FREE char *usage_text = word(tool, "usage", kh_enum_text(&kh_usage_names, (int)base->usage));
	KH_AUTO_FREE char *window = word(
		tool, "window", kh_enum_text(&kh_renewal_window_state_names, (int)certificate->renewal.state));
	KH_AUTO(kh_buffer_finish) struct kh_buffer left = {0};
	char number[24], from[11], to[11], opens[11], closes[11];
	const char *day_values[] = {"days", number, NULL};
	const char *values[] = {"serial", base->serial_number, "subject", base->subject, "issuer", base->issuer, "usage",
				usage_text, "type", kh_enum_text(&kh_any_key_type_names, (int)base->key_type), "from",
				from, "to", to, "days", NULL, "window", window, "opens", opens, "closes", closes, NULL};

	snprintf(number, sizeof(number), "%lld", (long long)(days < 0 ? -days : days));
	snprintf(from, sizeof(from), "%.10s", base->not_before);
	snprintf(to, sizeof(to), "%.10s", base->not_after);
	snprintf(opens, sizeof(opens), "%.10s", certificate->renewal.opens);
	snprintf(closes, sizeof(closes), "%.10s", certificate->renewal.closes);
	kh_text(&left, tool->locale, days < 0 ? "tool.days.over" : "tool.days.left", day_values);
	values[15] = left.data;
	print(stdout, tool->locale, "tool.certificate", values, "");
}

static void print_token(const struct tool *tool, const struct kh_token_info *token,
			const struct kh_certificate_list_result *certificates)
{
	KH_AUTO_FREE char *pin = word(tool, "pin", kh_enum_text(&kh_pin_state_names, (int)token->pin));
	const char *values[] = {"label", token->label, "serial", token->serial, "manufacturer", token->manufacturer,
				"model", token->model, "module", token->module, "pin", pin, NULL};
	size_t shown = 0;

	print(stdout, tool->locale, "tool.key", values, "");
	for (size_t i = 0; i < certificates->certificates_count; i++) {
		if (strcmp(certificates->certificates[i].base.token, token->token) != 0)
			continue;
		print_certificate(tool, &certificates->certificates[i]);
		shown++;
	}
	if (shown == 0)
		print(stdout, tool->locale, "tool.no_certificate", NULL, "");
}

static int list(struct tool *tool)
{
	struct kh_token_list_result tokens = {0};
	struct kh_certificate_list_result certificates = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_TOKEN_LIST, NULL, &tokens, &error);

	if (code == KH_OK && tokens.tokens_count > 0)
		code = kh_client_call(tool->client, KH_METHOD_CERTIFICATE_LIST, NULL, &certificates, &error);
	if (code == KH_OK && tokens.tokens_count == 0)
		print(stdout, tool->locale, "tool.no_key", NULL, "\n");
	for (size_t i = 0; code == KH_OK && i < tokens.tokens_count; i++)
		print_token(tool, &tokens.tokens[i], &certificates);
	kh_clear(&kh_token_list_result_type, &tokens);
	kh_clear(&kh_certificate_list_result_type, &certificates);
	return code == KH_OK ? EXIT_SUCCESS : complain_error(tool, &error);
}

/* --- doctor --- */

static int print_items(const struct tool *tool, const struct kh_environment_check_result *result)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < result->items_count; i++) {
		const struct kh_environment_item *item = &result->items[i];
		KH_AUTO_FREE char *state =
			word(tool, "state", kh_enum_text(&kh_environment_item_state_names, (int)item->state));

		printf("%s  %s\n", state, item->text);
		if (item->remedy != NULL)
			printf("      %s%s%s\n", item->remedy->text, item->remedy->url != NULL ? " " : "",
			       item->remedy->url != NULL ? item->remedy->url : "");
		if (item->state == KH_ENVIRONMENT_ITEM_STATE_FAIL)
			status = EXIT_FAILURE;
	}
	return status;
}

static int doctor(struct tool *tool)
{
	struct kh_environment_check_result result = {0};
	struct kh_error error = {0};
	int status;

	if (kh_client_call(tool->client, KH_METHOD_ENVIRONMENT_CHECK, NULL, &result, &error) != KH_OK)
		return complain_error(tool, &error);
	status = print_items(tool, &result);
	kh_clear(&kh_environment_check_result_type, &result);
	return status;
}

static void stop_loop(void *context, const struct kh_error *error)
{
	(void)error; /* shows in the modules' states */
	uv_stop(context);
}

static void ignore(void *context)
{
	(void)context;
}

/* What the daemon would see, looked at by ourselves: nothing is written, so
 * nobody is waited for. */
static int look_alone(struct tool *tool)
{
	struct kh_modules modules = {0};
	struct kh_environment_check_result result;
	struct kh_error error = {0};
	uv_loop_t loop;
	struct kh_usb *usb;
	int status = EXIT_FAILURE;

	tool->settings.state[0] = '\0';
	uv_loop_init(&loop);
	usb = kh_usb_start(&loop, ignore, NULL);
	if (kh_modules_init(&modules, &loop, &tool->settings, &error) == KH_OK) {
		const struct kh_environment environment = {&tool->settings, &modules, usb, false, false};

		kh_modules_list_tokens(&modules, false, stop_loop, &loop);
		uv_run(&loop, UV_RUN_DEFAULT);
		kh_modules_list_certificates(&modules, stop_loop, &loop);
		uv_run(&loop, UV_RUN_DEFAULT);
		kh_environment_judge(&environment, tool->locale, &result);
		status = print_items(tool, &result);
		kh_clear(&kh_environment_check_result_type, &result);
	} else {
		complain_error(tool, &error);
	}
	kh_usb_stop(usb);
	kh_modules_stop(&modules);
	uv_run(&loop, UV_RUN_DEFAULT);
	kh_modules_finish(&modules);
	uv_loop_close(&loop);
	return status;
}

static int doctor_alone(struct tool *tool)
{
	KH_AUTO_FREE char *state = word(tool, "state", "fail");
	KH_AUTO(kh_buffer_finish) struct kh_buffer start = {0};

	printf("%s  ", state);
	print(stdout, tool->locale, "tool.not_running", NULL, "\n");
	kh_text(&start, tool->locale, "tool.start", NULL);
	printf("      %s\n", start.data);
	fflush(stdout);
	look_alone(tool);
	return EXIT_ABSENT;
}

/* --- report --- */

/* One member a line; strings are left as they are. */
static void print_json(const char *text)
{
	bool quoted = false;
	int depth = 0;

	for (; *text != '\0'; text++) {
		if (quoted || *text == '"') {
			if (*text == '"')
				quoted = !quoted;
			putchar(*text);
			if (quoted && *text == '\\' && text[1] != '\0')
				putchar(*++text);
			continue;
		}
		if (*text == '}' || *text == ']')
			printf("\n%*s", --depth * 2, "");
		putchar(*text);
		if (*text == '{' || *text == '[')
			depth++;
		if (*text == ',' || ((*text == '{' || *text == '[') && text[1] != '}' && text[1] != ']'))
			printf("\n%*s", depth * 2, "");
		else if (*text == ':')
			putchar(' ');
	}
	putchar('\n');
}

static int report(struct tool *tool)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_report result = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_REPORT, NULL, &result, &error);

	if (code == KH_OK)
		code = kh_encode(&kh_report_type, &result, &text, &error);
	if (code == KH_OK)
		print_json(text.data);
	kh_clear(&kh_report_type, &result);
	return code == KH_OK ? EXIT_SUCCESS : complain_error(tool, &error);
}

/* --- main --- */

static const struct command {
	const char *name;
	int (*run)(struct tool *tool);
	int (*run_alone)(struct tool *tool); /* without the daemon */
} commands[] = {{"list", list, NULL}, {"doctor", doctor, doctor_alone}, {"report", report, NULL}};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int run(struct tool *tool, const struct command *command)
{
	const struct kh_error failed = {.code = KH_AGENT_FAILED};
	int status;

	switch (connect_daemon(tool)) {
	case KH_CLIENT_OK:
		status = command->run(tool);
		break;
	case KH_CLIENT_ABSENT:
		if (command->run_alone != NULL) {
			status = command->run_alone(tool);
		} else {
			print(stderr, tool->locale, "tool.not_running", NULL, "\n");
			status = EXIT_ABSENT;
		}
		break;
	case KH_CLIENT_REFUSED: {
		const char *values[] = {"reason", kh_client_reason(tool->client), NULL};

		print(stderr, tool->locale, "tool.refused", values, "\n");
		status = EXIT_FAILURE;
		break;
	}
	case KH_CLIENT_FAILED:
	default:
		status = complain_error(tool, &failed);
	}
	kh_client_free(tool->client);
	return status;
}

int main(int count, char **values)
{
	struct tool tool = {0};
	KH_AUTO(kh_buffer_finish) struct kh_buffer complaint = {0};
	const struct command *command;
	int status;

	kh_system_harden();
	kh_log_init(KH_LOG_ERROR);
	status = read_options(count, values, &tool);
	if (status >= 0)
		return status;
	command = find_command(tool.command);
	if (command == NULL)
		return usage(&tool, tool.command != NULL ? tool.command : "");
	if (kh_settings_load(tool.config, &tool.settings, &complaint) != KH_OK) {
		complain(&tool, complaint.data != NULL ? complaint.data : "");
		return EXIT_USAGE;
	}
	if (tool.locale == NULL)
		tool.locale = tool.settings.config.locale;
	status = run(&tool, command);
	kh_settings_finish(&tool.settings);
	return status;
}
