/*
 * The support tool's commands.
 */
#include "tool/tool.h"

#include <string.h>

#include "cleanup.h"
#include "text.h"

/* "tool.pin." and "low": the text of an enum value. */
static char *word(const struct kh_tool *tool, const char *area, const char *value)
{
	struct kh_buffer text = {0};
	char key[64];

	snprintf(key, sizeof(key), "tool.%s.%s", area, value);
	kh_text(&text, tool->locale, key, NULL);
	return text.data;
}

/* --- list --- */

static void print_certificate(const struct kh_tool *tool, const struct kh_certificate_info *certificate)
{
	const struct kh_key_certificate *base = &certificate->base;
	int64_t days = certificate->renewal.days_left;
	KH_AUTO_FREE char *usage_text = word(tool, "usage", kh_enum_text(&kh_usage_names, (int)base->usage));
	KH_AUTO_FREE char *window =
		word(tool, "window", kh_enum_text(&kh_renewal_window_state_names, (int)certificate->renewal.state));
	KH_AUTO(kh_buffer_finish) struct kh_buffer left = {0};
	char number[24], from[11], to[11], opens[11], closes[11];
	const char *day_values[] = {"days", number, NULL};
	const char *values[] = {"serial",  base->serial_number,
				"subject", base->subject,
				"issuer",  base->issuer,
				"usage",   usage_text,
				"type",	   kh_enum_text(&kh_any_key_type_names, (int)base->key_type),
				"from",	   from,
				"to",	   to,
				"days",	   NULL,
				"window",  window,
				"opens",   opens,
				"closes",  closes,
				NULL};

	snprintf(number, sizeof(number), "%lld", (long long)(days < 0 ? -days : days));
	snprintf(from, sizeof(from), "%.10s", base->not_before);
	snprintf(to, sizeof(to), "%.10s", base->not_after);
	snprintf(opens, sizeof(opens), "%.10s", certificate->renewal.opens);
	snprintf(closes, sizeof(closes), "%.10s", certificate->renewal.closes);
	kh_text(&left, tool->locale, days < 0 ? "tool.days.over" : "tool.days.left", day_values);
	values[15] = left.data;
	kh_tool_print(stdout, tool->locale, "tool.certificate", values, "");
}

static void print_token(const struct kh_tool *tool, const struct kh_token_info *token,
			const struct kh_certificate_list_result *certificates)
{
	KH_AUTO_FREE char *pin = word(tool, "pin", kh_enum_text(&kh_pin_state_names, (int)token->pin));
	const char *values[] = {"label", token->label, "serial", token->serial, "manufacturer", token->manufacturer,
				"model", token->model, "module", token->module, "pin",		pin,
				NULL};
	size_t shown = 0;

	kh_tool_print(stdout, tool->locale, "tool.key", values, "");
	for (size_t i = 0; i < certificates->certificates_count; i++) {
		if (strcmp(certificates->certificates[i].base.token, token->token) != 0)
			continue;
		print_certificate(tool, &certificates->certificates[i]);
		shown++;
	}
	if (shown == 0)
		kh_tool_print(stdout, tool->locale, "tool.no_certificate", NULL, "");
}

int kh_tool_list(struct kh_tool *tool)
{
	struct kh_token_list_result tokens = {0};
	struct kh_certificate_list_result certificates = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_TOKEN_LIST, NULL, &tokens, &error);

	if (code == KH_OK && tokens.tokens_count > 0)
		code = kh_client_call(tool->client, KH_METHOD_CERTIFICATE_LIST, NULL, &certificates, &error);
	if (code == KH_OK && tokens.tokens_count == 0)
		kh_tool_print(stdout, tool->locale, "tool.no_key", NULL, "\n");
	for (size_t i = 0; code == KH_OK && i < tokens.tokens_count; i++)
		print_token(tool, &tokens.tokens[i], &certificates);
	kh_clear(&kh_token_list_result_type, &tokens);
	kh_clear(&kh_certificate_list_result_type, &certificates);
	return code == KH_OK ? EXIT_SUCCESS : kh_tool_complain(tool, &error);
}

/* --- doctor --- */

static int print_items(const struct kh_tool *tool, const struct kh_environment_check_result *result)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < result->items_count; i++) {
		const struct kh_environment_item *item = &result->items[i];
		KH_AUTO_FREE char *state =
			word(tool, "state", kh_enum_text(&kh_environment_item_state_names, (int)item->state));

		printf("%s  %s\n", state, item->text);
		if (item->remedy)
			printf("      %s%s%s\n", item->remedy->text, item->remedy->url ? " " : "",
			       item->remedy->url ? item->remedy->url : "");
		if (item->state == KH_ENVIRONMENT_ITEM_STATE_FAIL)
			status = EXIT_FAILURE;
	}
	return status;
}

static void print_second_reader(const struct kh_tool *tool, const struct kh_module_report *module)
{
	KH_AUTO_FREE char *answer = NULL;
	const char *values[] = {"module", module->module, "answer", NULL, NULL};

	if (!module->second_reader)
		return;
	answer = word(tool, "reader", kh_enum_text(&kh_second_reader_names, (int)module->second_reader));
	values[3] = answer;
	kh_tool_print(stdout, tool->locale, "tool.reader", values, "\n");
}

/* A row that only the tool can find. */
static void print_absent(const struct kh_tool *tool)
{
	KH_AUTO_FREE char *state = word(tool, "state", "fail");

	printf("%s  ", state);
	kh_tool_print(stdout, tool->locale, "tool.not_running", NULL, "\n      ");
	kh_tool_print(stdout, tool->locale, "tool.start", NULL, "\n");
	fflush(stdout);
}

/* The report has the check's rows, and what the second reader said. */
int kh_tool_doctor(struct kh_tool *tool)
{
	struct kh_report report = {0};
	struct kh_environment_check_result check;
	struct kh_error error = {0};
	int status;

	if (tool->alone)
		print_absent(tool);
	if (kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_REPORT, NULL, &report, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	check = (struct kh_environment_check_result){.items = report.items, .items_count = report.items_count};
	status = print_items(tool, &check);
	for (size_t i = 0; i < report.modules_count; i++)
		print_second_reader(tool, &report.modules[i]);
	kh_clear(&kh_report_type, &report);
	return status;
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

int kh_tool_report(struct kh_tool *tool)
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
	return code == KH_OK ? EXIT_SUCCESS : kh_tool_complain(tool, &error);
}
