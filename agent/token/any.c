/*
 * A question that any token host can answer: its module and the keys are not
 * asked.
 */
#include <stdlib.h>

#include "token/modules.h"

struct asking {
	struct kh_modules *modules;
	enum kh_host_method_id method;
	const void *params;
	size_t next;
	kh_token_reply reply;
	void *context;
};

static void ask_next(struct asking *asking, const struct kh_error *error);

static void answered(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct asking *asking = context;

	if (code != KH_OK) {
		ask_next(asking, error);
		return;
	}
	asking->reply(asking->context, code, result, error);
	free(asking);
}

/* A host with an open PIN window would keep the question waiting. */
static void ask_next(struct asking *asking, const struct kh_error *error)
{
	struct kh_modules *modules = asking->modules;

	while (asking->next < modules->count) {
		struct kh_driver *module = &modules->items[asking->next++];

		if (kh_token_link_prompting(module->link))
			continue;
		kh_modules_ask(modules, module, asking->method, asking->params, answered, asking);
		return;
	}
	asking->reply(asking->context, error->code, NULL, error);
	free(asking);
}

void kh_modules_ask_any(struct kh_modules *modules, enum kh_host_method_id method, const void *params,
			kh_token_reply reply, void *context)
{
	struct asking *asking = malloc(sizeof(*asking));
	const struct kh_error failed = {.code = KH_AGENT_FAILED}, busy = {.code = KH_AGENT_BUSY};

	if (!asking) {
		reply(context, failed.code, NULL, &failed);
		return;
	}
	*asking = (struct asking){modules, method, params, 0, reply, context};
	ask_next(asking, modules->count > 0 ? &busy : &failed);
}
