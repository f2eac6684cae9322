/*
 * Asking before judging.
 */
#include "environment/checkup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment/judge.h"
#include "watch.h"

struct look {
	struct kh_agent *agent;
	char locale[KH_LOCALE_MAX + 1];
	char *token; /* NULL: none was chosen */
	kh_checkup_done done;
	void *context;
};

static void have_certificates(void *context, const struct kh_error *error)
{
	struct look *look = context;
	struct kh_agent *agent = look->agent;
	const struct kh_environment environment = {
		.settings = agent->settings,
		.modules = &agent->modules,
		.usb = kh_watch_usb(agent),
		.token = look->token,
		.journal_works = agent->server && kh_journal_works(agent->journal),
		.ipv6 = agent->server && kh_server_ipv6(agent->server),
		.running = agent->server,
	};
	struct kh_environment_check_result result;

	(void)error; /* shows in the modules' states */
	kh_environment_judge(&environment, look->locale, &result);
	look->done(look->context, &result);
	kh_clear(&kh_environment_check_result_type, &result);
	free(look->token);
	free(look);
}

static void have_anchors(void *context, const struct kh_error *error)
{
	struct look *look = context;

	(void)error; /* shows as not tried */
	kh_modules_list_certificates(&look->agent->modules, false, have_certificates, look);
}

static void have_tokens(void *context, const struct kh_error *error)
{
	struct look *look = context;

	(void)error;
	kh_modules_read_anchors(&look->agent->modules, have_anchors, look);
}

void kh_checkup(struct kh_agent *agent, const char *locale, const char *token, kh_checkup_done done, void *context)
{
	struct kh_environment_check_result none = {0};
	struct look *look = calloc(1, sizeof(*look));

	if (look && token)
		look->token = strdup(token);
	if (!look || (token && !look->token)) {
		free(look);
		done(context, &none);
		return;
	}
	*look = (struct look){.agent = agent, .token = look->token, .done = done, .context = context};
	snprintf(look->locale, sizeof(look->locale), "%s", locale);
	for (size_t i = 0; i < agent->modules.count; i++)
		kh_token_link_retry(agent->modules.items[i].link);
	kh_modules_list_tokens(&agent->modules, kh_watch_may_refresh(agent), have_tokens, look);
}

static void send_items(void *context, struct kh_environment_check_result *result)
{
	kh_request_result(context, result);
}

void kh_environment_check(struct kh_request *request)
{
	const struct kh_environment_check_params *params = request->message.params;

	kh_checkup(request->agent, request->locale, params->token, send_items, request);
}
