/*
 * The lists.
 */
#include "listing.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "lookup.h"
#include "watch.h"

/* --- token.list --- */

static void send_tokens(void *context, const struct kh_error *error)
{
	struct kh_request *request = context;
	struct kh_token_list_result result = {0};

	if (error->code != KH_OK && error->code != KH_DRIVER_MISSING) {
		kh_request_failure(request, error);
		return;
	}
	result.tokens = kh_modules_tokens(&request->agent->modules, &result.tokens_count);
	kh_request_result(request, &result);
	free(result.tokens);
}

void kh_list_tokens(struct kh_request *request)
{
	struct kh_agent *agent = request->agent;

	kh_modules_list_tokens(&agent->modules, kh_watch_may_refresh(agent), send_tokens, request);
}

/* --- certificate.list --- */

struct dates {
	char opens[KH_TIME_TEXT], closes[KH_TIME_TEXT];
};

/* False: it has no end date. */
static bool describe(const struct kh_settings *settings, const struct kh_key_certificate *certificate,
		     struct kh_certificate_info *info, struct dates *dates)
{
	struct kh_window window;
	int64_t not_after;

	if (!kh_time_parse(certificate->not_after, &not_after))
		return false;
	kh_window_compute(not_after, kh_agent_now(), &settings->before, &settings->after, &window);
	kh_time_text(window.opens, dates->opens);
	kh_time_text(window.closes, dates->closes);
	info->base = *certificate;
	info->renewal = (struct kh_renewal_window){window.state, dates->opens, dates->closes, window.days_left};
	return true;
}

static size_t count_certificates(const struct kh_modules *modules)
{
	size_t count = 0;

	for (size_t i = 0; i < modules->count; i++)
		count += modules->items[i].certificates.certificates_count;
	return count;
}

/* Of one token, or of all. What is filled in borrows from the modules. */
static void fill(const struct kh_agent *agent, const char *token, struct kh_certificate_list_result *result,
		 struct dates *dates)
{
	for (size_t i = 0; i < agent->modules.count; i++) {
		const struct kh_host_certificate_found_params *own = &agent->modules.items[i].certificates;

		for (size_t n = 0; n < own->certificates_count; n++) {
			size_t at = result->certificates_count;

			if (token && strcmp(own->certificates[n].token, token) != 0)
				continue;
			if (describe(agent->settings, &own->certificates[n], &result->certificates[at], &dates[at]))
				result->certificates_count++;
			else
				kh_log(KH_LOG_WARNING, "a certificate without an end date is left out");
		}
	}
}

static void send_certificates(void *context, const struct kh_error *error)
{
	struct kh_request *request = context;
	const struct kh_certificate_list_params *params = request->message.params;
	size_t count = count_certificates(&request->agent->modules);
	KH_AUTO_FREE struct kh_certificate_info *certificates = calloc(count + 1, sizeof(*certificates));
	KH_AUTO_FREE struct dates *dates = calloc(count + 1, sizeof(*dates));
	struct kh_certificate_list_result result = {.certificates = certificates};

	if (error->code != KH_OK) {
		kh_request_failure(request, error);
	} else if (!certificates || !dates) {
		kh_request_fail(request, KH_AGENT_FAILED);
	} else {
		fill(request->agent, params->token, &result, dates);
		kh_request_result(request, &result);
	}
}

static void list_of_token(void *context, struct kh_driver *module, const struct kh_token_info *token,
			  const struct kh_error *error)
{
	struct kh_request *request = context;
	struct kh_certificate_list_params *params = request->message.params;
	char *canonical;

	if (!module) {
		kh_request_failure(request, error);
		return;
	}
	canonical = strdup(token->token);
	if (!canonical) {
		kh_request_fail(request, KH_AGENT_FAILED);
		return;
	}
	free(params->token);
	params->token = canonical;
	kh_modules_list_certificates(&request->agent->modules, false, send_certificates, request);
}

void kh_list_certificates(struct kh_request *request)
{
	const struct kh_certificate_list_params *params = request->message.params;

	if (params->token)
		kh_lookup(request->agent, params->token, list_of_token, request);
	else
		kh_modules_list_certificates(&request->agent->modules, false, send_certificates, request);
}
