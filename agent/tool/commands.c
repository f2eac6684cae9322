/*
 * The support tool's commands.
 */
#include "tool/say.h"

#include <string.h>

#include "cleanup.h"
#include "text.h"

/* --- list --- */

static void print_certificate(const struct kh_tool *tool, const struct kh_certificate_info *certificate)
{
	const struct kh_key_certificate *base = &certificate->base;
	int64_t days = certificate->renewal.days_left;
	KH_AUTO_FREE char *usage_text = kh_say_word(tool, "usage", kh_enum_text(&kh_usage_names, (int)base->usage));
	KH_AUTO_FREE char *window = kh_say_word(
		tool, "window", kh_enum_text(&kh_renewal_window_state_names, (int)certificate->renewal.state));
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
	KH_AUTO_FREE char *pin = kh_say_word(tool, "pin", kh_enum_text(&kh_pin_state_names, (int)token->pin));
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

/* --- report --- */

int kh_tool_report(struct kh_tool *tool)
{
	struct kh_report result = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_REPORT, NULL, &result, &error);

	if (code == KH_OK)
		code = kh_say_json(stdout, &kh_report_type, &result, true, &error);
	kh_clear(&kh_report_type, &result);
	return code == KH_OK ? EXIT_SUCCESS : kh_tool_complain(tool, &error);
}
