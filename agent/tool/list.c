/*
 * keyhall list and show: keys and certificates.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"
#include "tool/say.h"

#define ID_SHOWN 12 /* hex digits of a certificate's id in a list */
#define ID_LEAST 4  /* that may stand for one */

/* What is plugged in. */
struct shelf {
	struct kh_token_list_result tokens;
	struct kh_certificate_list_result certificates;
};

static void shelf_finish(struct shelf *shelf)
{
	kh_clear(&kh_token_list_result_type, &shelf->tokens);
	kh_clear(&kh_certificate_list_result_type, &shelf->certificates);
}

static enum kh_code read_shelf(struct kh_tool *tool, struct shelf *shelf, struct kh_error *error)
{
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_TOKEN_LIST, NULL, &shelf->tokens, error);

	if (code == KH_OK && shelf->tokens.tokens_count > 0)
		code = kh_client_call(tool->client, KH_METHOD_CERTIFICATE_LIST, NULL, &shelf->certificates, error);
	return code;
}

static void print_certificate(const struct kh_tool *tool, const struct kh_certificate_info *certificate, int digits)
{
	const struct kh_key_certificate *base = &certificate->base;
	int64_t days = certificate->renewal.days_left;
	KH_AUTO_FREE char *usage_text = kh_say_word(tool, "usage", kh_enum_text(&kh_usage_names, (int)base->usage));
	KH_AUTO_FREE char *window = kh_say_word(
		tool, "window", kh_enum_text(&kh_renewal_window_state_names, (int)certificate->renewal.state));
	KH_AUTO(kh_buffer_finish) struct kh_buffer left = {0};
	char id[KH_SHA256_MAX + 1], number[24], from[11], to[11], opens[11], closes[11];
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
				"id",	   id,
				NULL};

	snprintf(id, sizeof(id), "%.*s", digits, base->id);
	snprintf(number, sizeof(number), "%lld", (long long)(days < 0 ? -days : days));
	snprintf(from, sizeof(from), "%.10s", base->not_before);
	snprintf(to, sizeof(to), "%.10s", base->not_after);
	snprintf(opens, sizeof(opens), "%.10s", certificate->renewal.opens);
	snprintf(closes, sizeof(closes), "%.10s", certificate->renewal.closes);
	kh_text(&left, tool->locale, days < 0 ? "tool.days.over" : "tool.days.left", day_values);
	values[15] = left.data;
	kh_tool_print(stdout, tool->locale, "tool.certificate", values, "");
}

static void print_key(const struct kh_tool *tool, const struct kh_token_info *token)
{
	KH_AUTO_FREE char *pin = kh_say_word(tool, "pin", kh_enum_text(&kh_pin_state_names, (int)token->pin));
	const char *values[] = {"label", token->label, "serial", token->serial, "manufacturer", token->manufacturer,
				"model", token->model, "module", token->module, "pin",		pin,
				NULL};

	kh_tool_print(stdout, tool->locale, "tool.key", values, "");
}

static void print_token(const struct kh_tool *tool, const struct kh_token_info *token, const struct shelf *shelf)
{
	size_t shown = 0;

	print_key(tool, token);
	for (size_t i = 0; i < shelf->certificates.certificates_count; i++) {
		if (strcmp(shelf->certificates.certificates[i].base.token, token->token) != 0)
			continue;
		print_certificate(tool, &shelf->certificates.certificates[i], ID_SHOWN);
		shown++;
	}
	if (shown == 0)
		kh_tool_print(stdout, tool->locale, "tool.no_certificate", NULL, "");
}

/* No key is seen: is it the driver's fault? */
static int why_none(struct kh_tool *tool)
{
	struct kh_environment_check_result check = {0};
	struct kh_error error = {0};
	int status = EXIT_SUCCESS;

	if (kh_client_call(tool->client, KH_METHOD_ENVIRONMENT_CHECK, NULL, &check, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	for (size_t i = 0; i < check.items_count; i++) {
		const struct kh_environment_item *item = &check.items[i];

		if (item->id != KH_ENVIRONMENT_ITEM_ID_DRIVER || item->state != KH_ENVIRONMENT_ITEM_STATE_FAIL)
			continue;
		kh_say_item(tool, item);
		status = EXIT_FAILURE;
	}
	kh_clear(&kh_environment_check_result_type, &check);
	return status;
}

int kh_tool_list(struct kh_tool *tool)
{
	KH_AUTO(shelf_finish) struct shelf shelf = {0};
	struct kh_error error = {0};

	if (read_shelf(tool, &shelf, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	for (size_t i = 0; i < shelf.tokens.tokens_count; i++)
		print_token(tool, &shelf.tokens.tokens[i], &shelf);
	if (shelf.tokens.tokens_count > 0)
		return EXIT_SUCCESS;
	kh_tool_print(stdout, tool->locale, "tool.no_key", NULL, "\n");
	return why_none(tool);
}

/* --- show --- */

static void print_yes(const struct kh_tool *tool, const char *what, int yes)
{
	static const char *const answers[] = {"no", "yes", "unknown"};
	KH_AUTO_FREE char *answer = kh_say_word(tool, "answer", answers[yes]);
	KH_AUTO_FREE char *name = kh_say_word(tool, "show", what);
	const char *values[] = {"name", name, "value", answer, NULL};

	kh_tool_print(stdout, tool->locale, "tool.show.line", values, "\n");
}

static void print_value(const struct kh_tool *tool, const char *what, const char *value)
{
	KH_AUTO_FREE char *name = kh_say_word(tool, "show", what);
	const char *values[] = {"name", name, "value", value, NULL};

	if (value)
		kh_tool_print(stdout, tool->locale, "tool.show.line", values, "\n");
}

static const struct kh_token_info *token_of(const struct shelf *shelf, const char *uri)
{
	for (size_t i = 0; i < shelf->tokens.tokens_count; i++) {
		if (strcmp(shelf->tokens.tokens[i].token, uri) == 0)
			return &shelf->tokens.tokens[i];
	}
	return NULL;
}

static void show_certificate(const struct kh_tool *tool, const struct shelf *shelf,
			     const struct kh_certificate_info *certificate)
{
	const struct kh_token_info *token = token_of(shelf, certificate->base.token);

	print_certificate(tool, certificate, KH_SHA256_MAX);
	print_value(tool, "credit_code", certificate->base.credit_code);
	print_value(tool, "key", token ? token->label : NULL);
	print_value(tool, "key_serial", token ? token->serial : NULL);
	print_yes(tool, "private_key",
		  !certificate->base.has_has_private_key ? 2
		  : certificate->base.has_private_key	 ? 1
							 : 0);
	printf("%s", certificate->base.pem);
}

static void show_token(const struct kh_tool *tool, const struct shelf *shelf, const struct kh_token_info *token)
{
	char number[24];

	print_token(tool, token, shelf);
	print_value(tool, "uri", token->token);
	snprintf(number, sizeof(number), "%lld", (long long)token->free);
	print_value(tool, "free", token->has_free ? number : NULL);
	print_yes(tool, "readonly", token->readonly);
	print_yes(tool, "one_certificate", token->one_certificate);
}

static bool means(const char *id, const char *name)
{
	size_t length = strlen(name);

	return length >= ID_LEAST && strlen(id) >= length && strncmp(id, name, length) == 0;
}

int kh_tool_show(struct kh_tool *tool)
{
	KH_AUTO(shelf_finish) struct shelf shelf = {0};
	struct kh_error error = {0};
	const char *values[] = {"name", tool->argument, NULL};
	size_t shown = 0;

	if (read_shelf(tool, &shelf, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	for (size_t i = 0; i < shelf.certificates.certificates_count; i++) {
		const struct kh_certificate_info *certificate = &shelf.certificates.certificates[i];

		if (!means(certificate->base.id, tool->argument) &&
		    strcmp(certificate->base.serial_number, tool->argument) != 0)
			continue;
		show_certificate(tool, &shelf, certificate);
		shown++;
	}
	for (size_t i = 0; i < shelf.tokens.tokens_count; i++) {
		if (strcmp(shelf.tokens.tokens[i].serial, tool->argument) != 0)
			continue;
		show_token(tool, &shelf, &shelf.tokens.tokens[i]);
		shown++;
	}
	if (shown > 0)
		return EXIT_SUCCESS;
	kh_tool_print(stderr, tool->locale, "tool.show.none", values, "\n");
	return EXIT_FAILURE;
}
