/*
 * The environment check.
 */
#include "environment.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "watch.h"

#define ITEMS_MAX 16

struct check {
	const struct kh_environment *environment;
	const char *locale;
	struct kh_environment_check_result *result;
};

/* A row: what it is about, how it stands, what to say and what mends it. */
struct finding {
	enum kh_environment_item_id id;
	enum kh_environment_item_state state;
	const char *text;   /* of x-texts */
	const char *code;   /* NULL: ok */
	enum kh_remedy_kind kind;
	const char *remedy; /* of x-texts, NULL: none */
	bool download;	    /* the remedy has the address of the download page */
};

static char *make_text(const char *locale, const char *key, const char *const *values)
{
	struct kh_buffer text = {0};

	kh_text(&text, locale, key, values);
	if (!text.failed && text.data != NULL)
		return text.data;
	kh_buffer_finish(&text);
	return strdup("");
}

static void add(struct check *check, const struct finding *finding, const char *const *values)
{
	struct kh_environment_item *item = &check->result->items[check->result->items_count];
	const char *downloads = check->environment->settings->config.downloads;

	if (check->result->items_count == ITEMS_MAX)
		return;
	item->id = finding->id;
	item->state = finding->state;
	item->code = strdup(finding->code != NULL ? finding->code : "ok");
	item->text = make_text(check->locale, finding->text, values);
	if (finding->remedy != NULL && (item->remedy = calloc(1, sizeof(*item->remedy))) != NULL) {
		item->remedy->kind = finding->kind;
		item->remedy->text = make_text(check->locale, finding->remedy, NULL);
		if (finding->download && downloads != NULL)
			item->remedy->url = strdup(downloads);
	}
	check->result->items_count++;
}

static void check_agent(struct check *check)
{
	static const struct finding fine = {
		KH_ENVIRONMENT_ITEM_ID_AGENT, KH_ENVIRONMENT_ITEM_STATE_OK, "environment.agent.ok", NULL, 0, NULL, false};
	const char *values[] = {"version", KH_VERSION, NULL};

	if (check->environment->running)
		add(check, &fine, values);
}

static void check_configuration(struct check *check)
{
	static const struct finding fine = {KH_ENVIRONMENT_ITEM_ID_CONFIGURATION,
					    KH_ENVIRONMENT_ITEM_STATE_OK,
					    "environment.configuration.ok",
					    NULL,
					    0,
					    NULL,
					    false};
	static const struct finding empty = {KH_ENVIRONMENT_ITEM_ID_CONFIGURATION,
					     KH_ENVIRONMENT_ITEM_STATE_WARN,
					     "environment.configuration.origins",
					     "configuration.origins",
					     KH_REMEDY_KIND_CONTACT,
					     "environment.contact",
					     false};

	add(check, check->environment->settings->config.origins_count > 0 ? &fine : &empty, NULL);
}

static void check_anchors(struct check *check)
{
	static const struct finding fine = {KH_ENVIRONMENT_ITEM_ID_ANCHORS,
					    KH_ENVIRONMENT_ITEM_STATE_OK,
					    "environment.anchors.ok",
					    NULL,
					    0,
					    NULL,
					    false};
	static const struct finding missing = {KH_ENVIRONMENT_ITEM_ID_ANCHORS,
					       KH_ENVIRONMENT_ITEM_STATE_FAIL,
					       "environment.anchors.missing",
					       "anchors.missing",
					       KH_REMEDY_KIND_CONTACT,
					       "environment.contact",
					       false};
	static const struct finding unreadable = {KH_ENVIRONMENT_ITEM_ID_ANCHORS,
						  KH_ENVIRONMENT_ITEM_STATE_FAIL,
						  "environment.anchors.unreadable",
						  "anchors.unreadable",
						  KH_REMEDY_KIND_CONTACT,
						  "environment.contact",
						  false};
	const struct kh_config *config = &check->environment->settings->config;

	for (size_t i = 0; i < config->anchors_count; i++) {
		if (!kh_system_readable(config->anchors[i])) {
			add(check, &unreadable, NULL);
			return;
		}
	}
	add(check, config->anchors_count > 0 ? &fine : &missing, NULL);
}

/* The module that failed worst; NULL: at least one works. */
static const struct kh_token_link *failed_module(const struct kh_modules *modules)
{
	const struct kh_token_link *failed = NULL;

	for (size_t i = 0; i < modules->count; i++) {
		enum kh_code state = kh_token_link_state(modules->items[i].link);

		if (state == KH_OK)
			return NULL;
		if (failed == NULL || state != KH_DRIVER_MISSING)
			failed = modules->items[i].link;
	}
	return failed;
}

/* What the first module says that says anything; NULL: none does. */
static const char *of_modules(const struct kh_modules *modules, const char *(*tell)(const struct kh_token_link *link))
{
	const char *text = NULL;

	for (size_t i = 0; text == NULL && i < modules->count; i++)
		text = tell(modules->items[i].link);
	return text;
}

static void check_driver(struct check *check)
{
	static const struct finding fine = {KH_ENVIRONMENT_ITEM_ID_DRIVER,
					    KH_ENVIRONMENT_ITEM_STATE_OK,
					    "environment.driver.ok",
					    NULL,
					    0,
					    NULL,
					    false};
	static const struct finding none = {KH_ENVIRONMENT_ITEM_ID_DRIVER,
					    KH_ENVIRONMENT_ITEM_STATE_FAIL,
					    "environment.driver.none",
					    "driver.missing",
					    KH_REMEDY_KIND_DRIVER,
					    "environment.driver.remedy",
					    true};
	static const struct finding missing = {KH_ENVIRONMENT_ITEM_ID_DRIVER,
					       KH_ENVIRONMENT_ITEM_STATE_FAIL,
					       "environment.driver.missing",
					       "driver.missing",
					       KH_REMEDY_KIND_DRIVER,
					       "environment.driver.remedy",
					       true};
	static const struct finding broken = {KH_ENVIRONMENT_ITEM_ID_DRIVER,
					      KH_ENVIRONMENT_ITEM_STATE_FAIL,
					      "environment.driver.failed",
					      "driver.failed",
					      KH_REMEDY_KIND_DRIVER,
					      "environment.driver.remedy",
					      true};
	static const struct finding profile = {KH_ENVIRONMENT_ITEM_ID_DRIVER,
					       KH_ENVIRONMENT_ITEM_STATE_WARN,
					       "environment.driver.profile",
					       "driver.profile",
					       KH_REMEDY_KIND_CONTACT,
					       "environment.contact",
					       false};
	const struct kh_modules *modules = check->environment->modules;
	const struct kh_token_link *failed = failed_module(modules);
	const char *problem = of_modules(modules, kh_token_link_profile_problem);
	const struct kh_usb_model *key = kh_usb_key(check->environment->usb, 0);
	const char *values[] = {"module", failed != NULL ? kh_token_link_name(failed) : "", "name",
				key != NULL ? key->name : "", NULL};
	const char *about[] = {"profile", of_modules(modules, kh_token_link_profile), "name", problem, NULL};

	if (failed == NULL && modules->count > 0)
		add(check, problem != NULL ? &profile : &fine, about);
	else if (key != NULL)
		add(check, &missing, values);
	else
		add(check, failed != NULL ? &broken : &none, values);
}

static void check_key(struct check *check)
{
	static const struct finding fine = {
		KH_ENVIRONMENT_ITEM_ID_KEY, KH_ENVIRONMENT_ITEM_STATE_OK, "environment.key.ok", NULL, 0, NULL, false};
	static const struct finding several = {KH_ENVIRONMENT_ITEM_ID_KEY,
					       KH_ENVIRONMENT_ITEM_STATE_WARN,
					       "environment.key.several",
					       "key.several",
					       0,
					       NULL,
					       false};
	static const struct finding absent = {KH_ENVIRONMENT_ITEM_ID_KEY,
					      KH_ENVIRONMENT_ITEM_STATE_FAIL,
					      "environment.key.absent",
					      "token.absent",
					      KH_REMEDY_KIND_INSERT,
					      "environment.key.remedy",
					      false};
	static const struct finding unread = {KH_ENVIRONMENT_ITEM_ID_KEY,
					      KH_ENVIRONMENT_ITEM_STATE_FAIL,
					      "environment.key.unread",
					      "key.unread",
					      KH_REMEDY_KIND_DRIVER,
					      "environment.driver.remedy",
					      true};
	size_t count;
	KH_AUTO_FREE struct kh_token_info *tokens = kh_modules_tokens(check->environment->modules, &count);

	if (count == 0) {
		add(check, kh_usb_count(check->environment->usb) > 0 ? &unread : &absent, NULL);
	} else if (count == 1) {
		const char *values[] = {"label", tokens[0].label, "serial", tokens[0].serial, NULL};

		add(check, &fine, values);
	} else {
		add(check, &several, NULL);
	}
}

static void check_pin(struct check *check)
{
	static const struct finding states[] = {
		[KH_PIN_STATE_NONE] = {KH_ENVIRONMENT_ITEM_ID_PIN, KH_ENVIRONMENT_ITEM_STATE_OK, "environment.pin.ok",
				       NULL, 0, NULL, false},
		[KH_PIN_STATE_OK] = {KH_ENVIRONMENT_ITEM_ID_PIN, KH_ENVIRONMENT_ITEM_STATE_OK, "environment.pin.ok",
				     NULL, 0, NULL, false},
		[KH_PIN_STATE_LOW] = {KH_ENVIRONMENT_ITEM_ID_PIN, KH_ENVIRONMENT_ITEM_STATE_WARN,
				      "environment.pin.low", "pin.low", 0, NULL, false},
		[KH_PIN_STATE_FINAL] = {KH_ENVIRONMENT_ITEM_ID_PIN, KH_ENVIRONMENT_ITEM_STATE_WARN,
					"environment.pin.final", "pin.final", 0, NULL, false},
		[KH_PIN_STATE_LOCKED] = {KH_ENVIRONMENT_ITEM_ID_PIN, KH_ENVIRONMENT_ITEM_STATE_FAIL,
					 "environment.pin.locked", "pin.locked", KH_REMEDY_KIND_UNLOCK,
					 "environment.pin.remedy", false},
		[KH_PIN_STATE_UNSET] = {KH_ENVIRONMENT_ITEM_ID_PIN, KH_ENVIRONMENT_ITEM_STATE_FAIL,
					"environment.pin.unset", "pin.unset", KH_REMEDY_KIND_CONTACT,
					"environment.contact", false},
	};
	enum kh_pin_state worst = KH_PIN_STATE_NONE;
	size_t count;
	KH_AUTO_FREE struct kh_token_info *tokens = kh_modules_tokens(check->environment->modules, &count);

	for (size_t i = 0; i < count; i++) {
		if (tokens[i].pin > worst)
			worst = tokens[i].pin;
	}
	if (count > 0)
		add(check, &states[worst], NULL);
}

static void check_certificate(struct check *check)
{
	static const struct finding fine = {KH_ENVIRONMENT_ITEM_ID_CERTIFICATE,
					    KH_ENVIRONMENT_ITEM_STATE_OK,
					    "environment.certificate.ok",
					    NULL,
					    0,
					    NULL,
					    false};
	static const struct finding absent = {KH_ENVIRONMENT_ITEM_ID_CERTIFICATE,
					      KH_ENVIRONMENT_ITEM_STATE_FAIL,
					      "environment.certificate.absent",
					      "certificate.absent",
					      KH_REMEDY_KIND_CONTACT,
					      "environment.contact",
					      false};
	const struct kh_modules *modules = check->environment->modules;
	size_t count = 0;

	for (size_t i = 0; i < modules->count; i++)
		count += modules->items[i].certificates.certificates_count;
	if (kh_modules_count_tokens(modules) > 0)
		add(check, count > 0 ? &fine : &absent, NULL);
}

static void check_journal(struct check *check)
{
	static const struct finding fine = {KH_ENVIRONMENT_ITEM_ID_JOURNAL,
					    KH_ENVIRONMENT_ITEM_STATE_OK,
					    "environment.journal.ok",
					    NULL,
					    0,
					    NULL,
					    false};
	static const struct finding failed = {KH_ENVIRONMENT_ITEM_ID_JOURNAL,
					      KH_ENVIRONMENT_ITEM_STATE_WARN,
					      "environment.journal.failed",
					      "journal.failed",
					      0,
					      NULL,
					      false};

	if (check->environment->running)
		add(check, check->environment->journal_works ? &fine : &failed, NULL);
}

static void (*const checks[])(struct check *check) = {
	check_agent, check_configuration, check_anchors, check_driver, check_key, check_pin, check_certificate, check_journal,
};

void kh_environment_judge(const struct kh_environment *environment, const char *locale,
			  struct kh_environment_check_result *result)
{
	struct check check = {environment, locale, result};

	*result = (struct kh_environment_check_result){.items = calloc(ITEMS_MAX, sizeof(*result->items))};
	if (result->items == NULL)
		return;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&check);
}

/* --- asking first --- */

struct look {
	struct kh_agent *agent;
	char locale[36];
	kh_environment_done done;
	void *context;
};

static void have_certificates(void *context, const struct kh_error *error)
{
	struct look *look = context;
	struct kh_agent *agent = look->agent;
	struct kh_environment environment = {agent->settings, &agent->modules, kh_watch_usb(agent),
					     kh_journal_works(agent->journal), true};
	struct kh_environment_check_result result;

	(void)error; /* shows in the modules' states */
	kh_environment_judge(&environment, look->locale, &result);
	look->done(look->context, &result);
	kh_clear(&kh_environment_check_result_type, &result);
	free(look);
}

static void have_tokens(void *context, const struct kh_error *error)
{
	struct look *look = context;

	(void)error;
	kh_modules_list_certificates(&look->agent->modules, have_certificates, look);
}

void kh_environment_look(struct kh_agent *agent, const char *locale, kh_environment_done done, void *context)
{
	struct kh_environment_check_result none = {0};
	struct look *look = calloc(1, sizeof(*look));

	if (look == NULL) {
		done(context, &none);
		return;
	}
	*look = (struct look){.agent = agent, .done = done, .context = context};
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
	kh_environment_look(request->agent, request->locale, send_items, request);
}
