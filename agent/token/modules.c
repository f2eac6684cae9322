/*
 * The token hosts together: which there are, and questions to all of them.
 */
#include "token/modules.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "token/report.h"

/* Some more of a list; it is shown when it is whole. */
static bool take_found(void *context, struct kh_host_certificate_found_params *more)
{
	struct kh_driver *module = context;
	struct kh_host_certificate_found_params *found = &module->found;
	struct kh_key_certificate *grown;

	if (more->at == 0)
		kh_clear(&kh_host_certificate_found_params_type, found);
	if (more->at != (int64_t)found->certificates_count || more->certificates_count == 0)
		return more->at == 0;
	grown = realloc(found->certificates, (found->certificates_count + more->certificates_count) * sizeof(*grown));
	if (!grown)
		return false;
	memcpy(grown + found->certificates_count, more->certificates, more->certificates_count * sizeof(*grown));
	found->certificates = grown;
	found->certificates_count += more->certificates_count;
	more->certificates_count = 0;
	return true;
}

static enum kh_code add_module(struct kh_modules *modules, uv_loop_t *loop, const struct kh_settings *settings,
			       const char *path, const char *program, const char *init, struct kh_error *error)
{
	struct kh_driver *module = &modules->items[modules->count];

	*module = (struct kh_driver){.all = modules, .path = strdup(path)};
	if (module->path)
		module->link = kh_token_link_new(loop, settings, module->path, program, init);
	if (!module->link) {
		free(module->path);
		return kh_fail(error, KH_AGENT_FAILED);
	}
	kh_token_link_listen(module->link, take_found, module);
	kh_token_link_observe(module->link, modules->trace);
	modules->count++;
	return KH_OK;
}

static enum kh_code add_usual(struct kh_modules *modules, uv_loop_t *loop, const struct kh_settings *settings,
			      struct kh_error *error)
{
	const char *path;

	for (size_t i = 0; (path = kh_system_usual_module(i)); i++) {
		if (kh_system_readable(path))
			return add_module(modules, loop, settings, path, NULL, NULL, error);
	}
	kh_log(KH_LOG_WARNING, "no module is configured and OpenSC's is not installed");
	return KH_OK;
}

static bool is_there(const struct kh_modules *modules, const char *path)
{
	for (size_t i = 0; i < modules->count; i++) {
		if (strcmp(modules->items[i].path, path) == 0)
			return true;
	}
	return false;
}

enum kh_code kh_modules_init(struct kh_modules *modules, uv_loop_t *loop, const struct kh_settings *settings,
			     struct kh_error *error)
{
	const struct kh_config *config = &settings->config;
	char program[KH_PATH_MAX];
	enum kh_code code = kh_system_token_host(0, program, sizeof(program), error);

	if (code != KH_OK)
		return code;
	if (config->modules_count == 0)
		return add_usual(modules, loop, settings, error);
	for (size_t i = 0; code == KH_OK && i < config->modules_count; i++) {
		const struct kh_config_module *module = &config->modules[i];

		/* Once: the second would wait for the first. */
		if (!is_there(modules, module->path))
			code = add_module(modules, loop, settings, module->path, module->host, module->init, error);
	}
	return code;
}

void kh_modules_start(struct kh_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++)
		kh_token_link_start(modules->items[i].link);
}

void kh_modules_stop(struct kh_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++)
		kh_token_link_stop(modules->items[i].link);
}

void kh_modules_finish(struct kh_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++) {
		struct kh_driver *module = &modules->items[i];

		kh_token_link_free(module->link);
		kh_clear(&kh_host_token_list_result_type, &module->tokens);
		kh_clear(&kh_host_certificate_found_params_type, &module->certificates);
		kh_clear(&kh_host_certificate_found_params_type, &module->found);
		free(module->certificates_revision);
		free(module->path);
	}
	kh_clear(&kh_host_anchors_read_result_type, &modules->anchors);
	kh_clear(&kh_host_window_try_result_type, &modules->window);
	modules->count = 0;
}

/* A question to all modules, until the last has answered. */
struct gathering {
	struct kh_modules *modules;
	size_t waiting;
	size_t answered;
	struct kh_error error;
	kh_modules_done done;
	void *context;
};

struct part {
	struct gathering *gathering;
	struct kh_driver *module;
};

static void release(struct gathering *gathering)
{
	const struct kh_error fine = {.code = KH_OK};

	if (--gathering->waiting > 0)
		return;
	gathering->done(gathering->context, gathering->answered > 0 ? &fine : &gathering->error);
	free(gathering);
}

static struct gathering *gather(struct kh_modules *modules, kh_modules_done done, void *context)
{
	struct gathering *gathering = calloc(1, sizeof(*gathering));
	const struct kh_error failed = {.code = KH_AGENT_FAILED};

	if (!gathering) {
		done(context, &failed);
		return NULL;
	}
	*gathering = (struct gathering){.modules = modules, .waiting = 1, .done = done, .context = context};
	return gathering;
}

static void part_done(struct part *part, const struct kh_error *error)
{
	struct gathering *gathering = part->gathering;

	free(part);
	if (error->code == KH_OK)
		gathering->answered++;
	else if (gathering->error.code == KH_OK || gathering->error.code == KH_DRIVER_MISSING)
		gathering->error = *error;
	release(gathering);
}

void kh_modules_ask(struct kh_modules *modules, struct kh_driver *module, enum kh_host_method_id method,
		    const void *params, kh_token_reply reply, void *context)
{
	struct kh_error failure;

	if (modules->count == 1 || !kh_token_link_suspect(module->link)) {
		kh_token_link_call(module->link, method, params, 0, reply, context);
		return;
	}
	kh_token_link_probe(module->link);
	failure = *kh_token_link_failure(module->link);
	reply(context, failure.code, NULL, &failure);
}

static void ask(struct gathering *gathering, struct kh_driver *module, enum kh_host_method_id method,
		const void *params, kh_token_reply reply)
{
	struct part *part = malloc(sizeof(*part));

	if (!part)
		return;
	*part = (struct part){gathering, module};
	gathering->waiting++;
	kh_modules_ask(gathering->modules, module, method, params, reply, part);
}

static bool same_tokens(const struct kh_host_token_list_result *a, const struct kh_host_token_list_result *b)
{
	if (a->tokens_count != b->tokens_count)
		return false;
	for (size_t i = 0; i < a->tokens_count; i++) {
		if (strcmp(a->tokens[i].token, b->tokens[i].token) != 0 || a->tokens[i].pin != b->tokens[i].pin)
			return false;
	}
	return true;
}

static void keep_tokens(struct kh_driver *module, struct kh_host_token_list_result *tokens)
{
	struct kh_host_token_list_result old = module->tokens;
	bool same = same_tokens(&old, tokens);

	module->tokens = *tokens;
	*tokens = (struct kh_host_token_list_result){0};
	kh_clear(&kh_host_token_list_result_type, &old);
	if (!same && module->all->changed)
		module->all->changed(module->all->context);
}

static void got_tokens(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct part *part = context;
	struct kh_host_token_list_result none = {0};

	keep_tokens(part->module, code == KH_OK ? result : &none);
	part_done(part, error);
}

void kh_modules_list_tokens(struct kh_modules *modules, bool refresh, kh_modules_done done, void *context)
{
	struct kh_host_token_list_params params = {.refresh = refresh};
	struct gathering *gathering = gather(modules, done, context);

	if (!gathering)
		return;
	for (size_t i = 0; i < modules->count; i++) {
		struct kh_driver *module = &modules->items[i];

		if (kh_token_link_prompting(module->link))
			gathering->answered++;
		else
			ask(gathering, module, KH_HOST_METHOD_TOKEN_LIST, &params, got_tokens);
	}
	release(gathering);
}

static void set_keyed(struct kh_driver *module, const int64_t *places, size_t count, bool keyed)
{
	for (size_t i = 0; i < count; i++) {
		size_t place = (size_t)places[i];

		if (place >= module->certificates.certificates_count)
			continue;
		module->certificates.certificates[place].has_has_private_key = true;
		module->certificates.certificates[place].has_private_key = keyed;
	}
}

static void show_found(struct kh_driver *module, struct kh_host_certificate_list_result *list)
{
	module->certificates = module->found;
	module->found = (struct kh_host_certificate_found_params){0};
	set_keyed(module, list->with_key, list->with_key_count, true);
	set_keyed(module, list->keyless, list->keyless_count, false);
	module->certificates_revision = kh_steal(&list->revision);
}

static void got_certificates(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct part *part = context;
	struct kh_driver *module = part->module;
	struct kh_host_certificate_list_result *list = result;

	module->listed = code;
	if (code != KH_OK || list->changed || !module->certificates_revision) {
		kh_clear(&kh_host_certificate_found_params_type, &module->certificates);
		free(kh_steal(&module->certificates_revision));
		if (code == KH_OK)
			show_found(module, list);
	}
	kh_clear(&kh_host_certificate_found_params_type, &module->found);
	part_done(part, error);
}

void kh_modules_list_certificates(struct kh_modules *modules, bool known, kh_modules_done done, void *context)
{
	struct gathering *gathering = gather(modules, done, context);

	if (!gathering)
		return;
	for (size_t i = 0; i < modules->count; i++) {
		struct kh_driver *module = &modules->items[i];
		struct kh_host_certificate_list_params params = {.revision = module->certificates_revision,
								 .known = known};

		/* While a PIN window is open what is known has to do. */
		if (!kh_token_link_prompting(module->link))
			ask(gathering, module, KH_HOST_METHOD_CERTIFICATE_LIST, &params, got_certificates);
		else if (module->certificates_revision)
			gathering->answered++;
		else
			gathering->error.code = KH_AGENT_BUSY;
	}
	release(gathering);
}
