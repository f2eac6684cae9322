/*
 * For whom a PIN is asked.
 */
#include "prompt.h"

#include <string.h>

static char *hall_of(const struct kh_config *config, const char *origin)
{
	for (size_t i = 0; i < config->halls_count; i++) {
		if (strcmp(config->halls[i].origin, origin) == 0)
			return config->halls[i].name;
	}
	return NULL;
}

struct search {
	const char *token, *certificate;
	char *company;
	bool found, several;
};

/* A CA's certificate is on the key without its private key. */
static void look_at(struct search *search, const struct kh_key_certificate *one)
{
	if (search->found || strcmp(one->token, search->token) != 0)
		return;
	search->found = search->certificate && strcmp(one->id, search->certificate) == 0;
	if (!search->found && (!one->company || (one->has_has_private_key && !one->has_private_key)))
		return;
	search->several =
		!search->found && (search->several || (search->company && strcmp(one->company, search->company) != 0));
	search->company = one->company;
}

static char *company_of(const struct kh_modules *modules, const char *token, const char *certificate)
{
	struct search search = {.token = token, .certificate = certificate};

	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_host_certificate_found_params *own = &modules->items[i].certificates;

		for (size_t n = 0; n < own->certificates_count; n++)
			look_at(&search, &own->certificates[n]);
	}
	return search.several ? NULL : search.company;
}

struct kh_host_prompt kh_prompt_make(const struct kh_request *request, enum kh_host_prompt_purpose purpose,
				     const char *token, const char *certificate)
{
	const struct kh_config *config = &request->agent->settings->config;

	return (struct kh_host_prompt){
		.session = request->session,
		.origin = (char *)(uintptr_t)request->origin,
		.hall = hall_of(config, request->origin),
		.manager = kh_agent_is_own_page(request->agent, request->origin),
		.company = company_of(&request->agent->modules, token, certificate),
		.locale = (char *)(uintptr_t)request->locale,
		.purpose = purpose,
	};
}
