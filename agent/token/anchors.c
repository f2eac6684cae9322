/*
 * The configured anchors, tried by a token host.
 */
#include <stdlib.h>

#include "token/modules.h"

struct trying {
	struct kh_modules *modules;
	size_t next;
	kh_modules_done done;
	void *context;
};

static void try_next(struct trying *trying, const struct kh_error *error);

static void answered(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct trying *trying = context;
	struct kh_modules *modules = trying->modules;

	if (code != KH_OK) {
		try_next(trying, error);
		return;
	}
	kh_clear(&kh_host_anchors_read_result_type, &modules->anchors);
	modules->anchors = *(struct kh_host_anchors_read_result *)result;
	*(struct kh_host_anchors_read_result *)result = (struct kh_host_anchors_read_result){0};
	modules->anchors_read = true;
	trying->done(trying->context, error);
	free(trying);
}

/* A module with an open PIN window would keep the check waiting: what was found
 * before stands then. */
static void try_next(struct trying *trying, const struct kh_error *error)
{
	struct kh_modules *modules = trying->modules;

	while (trying->next < modules->count) {
		struct kh_driver *module = &modules->items[trying->next++];

		if (kh_token_link_prompting(module->link))
			continue;
		kh_modules_ask(modules, module, KH_HOST_METHOD_ANCHORS_READ, NULL, answered, trying);
		return;
	}
	if (error->code != KH_OK)
		modules->anchors_read = false;
	trying->done(trying->context, error);
	free(trying);
}

void kh_modules_read_anchors(struct kh_modules *modules, kh_modules_done done, void *context)
{
	struct trying *trying = malloc(sizeof(*trying));
	const struct kh_error failed = {.code = KH_AGENT_FAILED}, none = {.code = KH_OK};

	if (!trying) {
		done(context, &failed);
		return;
	}
	*trying = (struct trying){modules, 0, done, context};
	try_next(trying, &none);
}
