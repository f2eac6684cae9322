/*
 * keyhall complete: what a shell offers where a command takes an id, one a line, with
 * what it is behind a tab. Whoever types does not wait: nothing is better than late.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/say.h"

#define SECONDS 2
#define ID_SHOWN 12 /* hex digits: as keyhall list shows it */

static enum kh_code offer_keys(struct kh_tool *tool, struct kh_error *error)
{
	struct kh_token_list_result result = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_TOKEN_LIST, NULL, &result, error);

	for (size_t i = 0; code == KH_OK && i < result.tokens_count; i++) {
		if (result.tokens[i].serial[0] != '\0')
			printf("%s\t%s\n", result.tokens[i].serial, result.tokens[i].label);
	}
	kh_clear(&kh_token_list_result_type, &result);
	return code;
}

static enum kh_code offer_certificates(struct kh_tool *tool, struct kh_error *error)
{
	struct kh_certificate_list_result result = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_CERTIFICATE_LIST, NULL, &result, error);

	for (size_t i = 0; code == KH_OK && i < result.certificates_count; i++) {
		const struct kh_key_certificate *certificate = &result.certificates[i].base;

		printf("%.*s\t%s\n", ID_SHOWN, certificate->id, certificate->subject);
	}
	kh_clear(&kh_certificate_list_result_type, &result);
	return code;
}

/* What keyhall show takes. */
static enum kh_code offer_ids(struct kh_tool *tool, struct kh_error *error)
{
	enum kh_code code = offer_certificates(tool, error);

	return code == KH_OK ? offer_keys(tool, error) : code;
}

static enum kh_code offer_orders(struct kh_tool *tool, struct kh_error *error)
{
	struct kh_renewal_list_result result = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_RENEWAL_LIST, NULL, &result, error);

	for (size_t i = 0; code == KH_OK && i < result.renewals_count; i++) {
		const struct kh_renewal_info *renewal = &result.renewals[i];

		if (renewal->order)
			printf("%s\t%s\n", renewal->order, kh_enum_text(&kh_stage_names, (int)renewal->stage));
	}
	kh_clear(&kh_renewal_list_result_type, &result);
	return code;
}

int kh_tool_complete(struct kh_tool *tool)
{
	static const struct {
		const char *kind;
		enum kh_code (*offer)(struct kh_tool *tool, struct kh_error *error);
	} kinds[] = {{"ids", offer_ids}, {"keys", offer_keys}, {"orders", offer_orders}};
	struct kh_error error;

	kh_client_patience(tool->client, SECONDS);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, tool->argument) == 0)
			return kinds[i].offer(tool, &error) == KH_OK ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	return KH_TOOL_USAGE;
}
