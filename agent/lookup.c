/*
 * Looking a token up.
 */
#include "lookup.h"

#include <stdlib.h>
#include <string.h>

#include "watch.h"

struct lookup {
	struct kh_agent *agent;
	char *uri;
	kh_lookup_done done;
	void *context;
};

static void looked_up(void *context, const struct kh_error *error)
{
	struct lookup *lookup = context;
	const struct kh_error absent = {.code = KH_TOKEN_ABSENT};
	const struct kh_token_info *token = NULL;
	struct kh_driver *module = kh_modules_find(&lookup->agent->modules, lookup->uri, &token);
	struct kh_error ambiguous;

	if (!module) {
		error = error->code != KH_OK ? error : &absent;
	} else if (kh_modules_ambiguous(&lookup->agent->modules, lookup->uri, &ambiguous)) {
		module = NULL;
		error = &ambiguous;
	}
	lookup->done(lookup->context, module, token, error);
	free(lookup->uri);
	free(lookup);
}

void kh_lookup(struct kh_agent *agent, const char *uri, kh_lookup_done done, void *context)
{
	const struct kh_error fine = {.code = KH_OK}, failed = {.code = KH_AGENT_FAILED};
	const struct kh_token_info *token = NULL;
	struct kh_driver *module = kh_modules_find(&agent->modules, uri, &token);
	struct kh_error ambiguous;
	struct lookup *lookup;

	if (module && !kh_modules_ambiguous(&agent->modules, uri, &ambiguous)) {
		done(context, module, token, &fine);
		return;
	}
	lookup = calloc(1, sizeof(*lookup));
	if (lookup)
		lookup->uri = strdup(uri);
	if (!lookup || !lookup->uri) {
		free(lookup);
		done(context, NULL, NULL, &failed);
		return;
	}
	*lookup = (struct lookup){agent, lookup->uri, done, context};
	kh_modules_list_tokens(&agent->modules, kh_watch_may_refresh(agent), looked_up, lookup);
}
