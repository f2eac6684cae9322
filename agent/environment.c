/*
 * The environment check.
 */
#include "environment.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"
#include "token/report.h"

#define ANCHORS_SHOWN 8 /* files whose problems one row names */

struct check {
	const struct kh_environment *environment;
	const char *locale;
	const struct kh_token_info *tokens; /* all there are */
	size_t count;
	const struct kh_token_info *subject; /* the key the rows are about; NULL: none, or several */
	struct kh_environment_check_result *result;
};

struct remedy {
	enum kh_remedy_kind kind;
	const char *text; /* of x-texts */
	bool download;	  /* with the address of the download page */
};

static const struct remedy contact = {KH_REMEDY_KIND_CONTACT, "environment.contact", false};
static const struct remedy driver = {KH_REMEDY_KIND_DRIVER, "environment.driver.remedy", true};
static const struct remedy insert = {KH_REMEDY_KIND_INSERT, "environment.key.remedy", false};
static const struct remedy change = {KH_REMEDY_KIND_CHANGE, "environment.pin.change", false};
static const struct remedy unlock = {KH_REMEDY_KIND_UNLOCK, "environment.pin.remedy", false};

enum finding_name {
	AGENT_RUNS,
	AGENT_IPV4,
	ORIGINS_GIVEN,
	ORIGINS_NONE,
	ANCHORS_GIVEN,
	ANCHORS_NONE,
	ANCHORS_UNUSABLE,
	ANCHORS_PARTIAL,
	ANCHORS_UNTRIED,
	DRIVER_WORKS,
	DRIVER_PROFILE,
	DRIVER_NONE,
	DRIVER_MISSING,
	DRIVER_FAILED,
	KEY_ONE,
	KEY_SEVERAL,
	KEY_AMBIGUOUS,
	KEY_ABSENT,
	KEY_GONE,
	KEY_UNREAD,
	KEY_READONLY,
	PIN_FINE,
	PIN_LOW,
	PIN_FINAL,
	PIN_LOCKED,
	PIN_UNSET,
	PIN_EXPIRED,
	PIN_OTHER,
	CERTIFICATE_THERE,
	CERTIFICATE_ABSENT,
	CERTIFICATE_UNKNOWN,
	JOURNAL_WORKS,
	JOURNAL_FAILED,
};

/* What can be found: what it is about, how that stands, what is said and what
 * mends it. */
static const struct finding {
	enum kh_environment_item_id id;
	enum kh_environment_item_state state;
	const char *code, *text; /* of x-texts */
	const struct remedy *remedy;
} findings[] = {
#define FINDING(item, state, code, text, remedy)                                                                       \
	{                                                                                                              \
		KH_ENVIRONMENT_ITEM_ID_##item, KH_ENVIRONMENT_ITEM_STATE_##state, code, "environment." text, remedy    \
	}
	[AGENT_RUNS] = FINDING(AGENT, OK, "ok", "agent.ok", NULL),
	[AGENT_IPV4] = FINDING(AGENT, OK, "agent.ipv4", "agent.ipv4", NULL),
	[ORIGINS_GIVEN] = FINDING(CONFIGURATION, OK, "ok", "configuration.ok", NULL),
	[ORIGINS_NONE] = FINDING(CONFIGURATION, WARN, "configuration.origins", "configuration.origins", &contact),
	[ANCHORS_GIVEN] = FINDING(ANCHORS, OK, "ok", "anchors.ok", NULL),
	[ANCHORS_NONE] = FINDING(ANCHORS, FAIL, "anchors.missing", "anchors.missing", &contact),
	[ANCHORS_UNUSABLE] = FINDING(ANCHORS, FAIL, "anchors.unusable", "anchors.unusable", &contact),
	[ANCHORS_PARTIAL] = FINDING(ANCHORS, WARN, "anchors.partial", "anchors.partial", &contact),
	[ANCHORS_UNTRIED] = FINDING(ANCHORS, UNKNOWN, "anchors.untried", "anchors.untried", NULL),
	[DRIVER_WORKS] = FINDING(DRIVER, OK, "ok", "driver.ok", NULL),
	[DRIVER_PROFILE] = FINDING(DRIVER, WARN, "driver.profile", "driver.profile", &contact),
	[DRIVER_NONE] = FINDING(DRIVER, FAIL, "driver.missing", "driver.none", &driver),
	[DRIVER_MISSING] = FINDING(DRIVER, FAIL, "driver.missing", "driver.missing", &driver),
	[DRIVER_FAILED] = FINDING(DRIVER, FAIL, "driver.failed", "driver.failed", &driver),
	[KEY_ONE] = FINDING(KEY, OK, "ok", "key.ok", NULL),
	[KEY_SEVERAL] = FINDING(KEY, WARN, "key.several", "key.several", NULL),
	[KEY_AMBIGUOUS] = FINDING(KEY, FAIL, "token.ambiguous", "key.ambiguous", NULL),
	[KEY_ABSENT] = FINDING(KEY, FAIL, "token.absent", "key.absent", &insert),
	[KEY_GONE] = FINDING(KEY, FAIL, "token.absent", "key.gone", &insert),
	[KEY_UNREAD] = FINDING(KEY, FAIL, "key.unread", "key.unread", &driver),
	[KEY_READONLY] = FINDING(KEY, FAIL, "token.readonly", "key.readonly", &contact),
	[PIN_FINE] = FINDING(PIN, OK, "ok", "pin.ok", NULL),
	[PIN_LOW] = FINDING(PIN, WARN, "pin.low", "pin.low", NULL),
	[PIN_FINAL] = FINDING(PIN, WARN, "pin.final", "pin.final", NULL),
	[PIN_LOCKED] = FINDING(PIN, FAIL, "pin.locked", "pin.locked", &unlock),
	[PIN_UNSET] = FINDING(PIN, WARN, "pin.unset", "pin.unset", &contact),
	[PIN_EXPIRED] = FINDING(PIN, FAIL, "pin.expired", "pin.expired", &change),
	[PIN_OTHER] = FINDING(PIN, WARN, "pin.other", "pin.other", NULL),
	[CERTIFICATE_THERE] = FINDING(CERTIFICATE, OK, "ok", "certificate.ok", NULL),
	[CERTIFICATE_ABSENT] = FINDING(CERTIFICATE, FAIL, "certificate.absent", "certificate.absent", &contact),
	[CERTIFICATE_UNKNOWN] = FINDING(CERTIFICATE, UNKNOWN, "certificate.unknown", "certificate.unknown", NULL),
	[JOURNAL_WORKS] = FINDING(JOURNAL, OK, "ok", "journal.ok", NULL),
	[JOURNAL_FAILED] = FINDING(JOURNAL, WARN, "journal.failed", "journal.failed", NULL),
#undef FINDING
};

static char *make_text(const char *locale, const char *key, const char *const *values)
{
	struct kh_buffer text = {0};

	kh_text(&text, locale, key, values);
	if (!text.failed && text.data)
		return text.data;
	kh_buffer_finish(&text);
	return strdup("");
}

static struct kh_environment_item *add(struct check *check, enum finding_name name, const char *const *values)
{
	const struct finding *finding = &findings[name];
	const struct remedy *remedy = finding->remedy;
	struct kh_environment_item *item = &check->result->items[check->result->items_count];
	const char *downloads = check->environment->settings->config.downloads;

	item->id = finding->id;
	item->state = finding->state;
	item->code = strdup(finding->code);
	item->text = make_text(check->locale, finding->text, values);
	if (remedy && (item->remedy = calloc(1, sizeof(*item->remedy)))) {
		item->remedy->kind = remedy->kind;
		item->remedy->text = make_text(check->locale, remedy->text, NULL);
		if (remedy->download && downloads)
			item->remedy->url = strdup(downloads);
	}
	check->result->items_count++;
	return item;
}

/* A row about the key the check is about. */
static void add_subject(struct check *check, enum finding_name name)
{
	const struct kh_token_info *subject = check->subject;
	const char *values[] = {"label", subject->label, "serial", subject->serial, NULL};

	add(check, name, values)->token = strdup(subject->token);
}

static void check_agent(struct check *check)
{
	const char *values[] = {"version", KH_VERSION, NULL};

	if (check->environment->running)
		add(check, check->environment->ipv6 ? AGENT_RUNS : AGENT_IPV4, values);
}

static void check_configuration(struct check *check)
{
	add(check, check->environment->settings->config.origins_count > 0 ? ORIGINS_GIVEN : ORIGINS_NONE, NULL);
}

static void append_problem(struct kh_buffer *out, const char *locale, const struct kh_host_anchor_problem *problem)
{
	const char *name = kh_enum_text(&kh_host_anchor_problem_reason_names, (int)problem->reason);
	struct kh_buffer reason = {0};
	char key[64];

	snprintf(key, sizeof(key), "environment.anchors.%s", name ? name : "unreadable");
	kh_text(&reason, locale, key, NULL);
	if (out->length > 0)
		kh_text(out, locale, "environment.anchors.between", NULL);
	kh_text(out, locale, "environment.anchors.problem",
		(const char *[]){"file", problem->file, "reason", reason.data, NULL});
	kh_buffer_finish(&reason);
}

/* What the token host has found when it read them. */
static void check_anchors(struct check *check)
{
	const struct kh_host_anchors_read_result *read = &check->environment->modules->anchors;
	KH_AUTO(kh_buffer_finish) struct kh_buffer problems = {0};
	const char *values[] = {"problems", NULL, NULL};

	for (size_t i = 0; i < read->problems_count && i < ANCHORS_SHOWN; i++)
		append_problem(&problems, check->locale, &read->problems[i]);
	values[1] = problems.data;
	if (check->environment->settings->config.anchors_count == 0)
		add(check, ANCHORS_NONE, NULL);
	else if (!check->environment->modules->anchors_read)
		add(check, ANCHORS_UNTRIED, NULL);
	else if (read->usable == 0)
		add(check, ANCHORS_UNUSABLE, values);
	else
		add(check, read->problems_count > 0 ? ANCHORS_PARTIAL : ANCHORS_GIVEN, values);
}

/* The module that failed worst; NULL: at least one works. */
static const struct kh_token_link *failed_module(const struct kh_modules *modules)
{
	const struct kh_token_link *failed = NULL;

	for (size_t i = 0; i < modules->count; i++) {
		enum kh_code state = kh_token_link_state(modules->items[i].link);

		if (state == KH_OK)
			return NULL;
		if (!failed || state != KH_DRIVER_MISSING)
			failed = modules->items[i].link;
	}
	return failed;
}

/* What the first module says that says anything; NULL: none does. */
static const char *of_modules(const struct kh_modules *modules, const char *(*tell)(const struct kh_token_link *link))
{
	const char *text = NULL;

	for (size_t i = 0; !text && i < modules->count; i++)
		text = tell(modules->items[i].link);
	return text;
}

static void check_driver(struct check *check)
{
	const struct kh_modules *modules = check->environment->modules;
	const struct kh_token_link *failed = failed_module(modules);
	const char *problem = of_modules(modules, kh_token_link_profile_problem);
	const struct kh_usb_model *key = kh_usb_key(check->environment->usb, 0);
	const char *values[] = {"module", failed ? kh_token_link_name(failed) : "", "name", key ? key->name : "", NULL};
	const char *about[] = {"profile", of_modules(modules, kh_token_link_profile), "name", problem, NULL};

	if (!failed && modules->count > 0)
		add(check, problem ? DRIVER_PROFILE : DRIVER_WORKS, about);
	else if (key)
		add(check, DRIVER_MISSING, values);
	else
		add(check, failed ? DRIVER_FAILED : DRIVER_NONE, values);
}

static bool same_key(const struct kh_token_info *a, const struct kh_token_info *b)
{
	return strcmp(a->token, b->token) == 0 && strcmp(a->module, b->module) == 0;
}

/* How many of them cannot be told apart from this one; itself counts. */
static size_t count_same(const struct check *check, const struct kh_token_info *token)
{
	size_t count = 0;

	for (size_t i = 0; i < check->count; i++)
		count += same_key(&check->tokens[i], token);
	return count;
}

static const struct kh_token_info *choose(const struct check *check)
{
	const char *asked = check->environment->token;

	for (size_t i = 0; asked && i < check->count; i++) {
		if (kh_token_uri_fits(asked, check->tokens[i].token))
			return &check->tokens[i];
	}
	return !asked && check->count > 0 && count_same(check, check->tokens) == check->count ? check->tokens : NULL;
}

static void check_key(struct check *check)
{
	struct kh_error error;

	if (check->subject && kh_modules_ambiguous(check->environment->modules, check->subject->token, &error))
		add_subject(check, KEY_AMBIGUOUS);
	else if (check->subject)
		add_subject(check, check->subject->readonly ? KEY_READONLY : KEY_ONE);
	else if (check->count == 0)
		add(check, kh_usb_count(check->environment->usb) > 0 ? KEY_UNREAD : KEY_ABSENT, NULL);
	else
		add(check, check->environment->token ? KEY_GONE : KEY_SEVERAL, NULL);
}

static const struct kh_token_info *worst_pin(const struct check *check)
{
	const struct kh_token_info *worst = check->tokens;

	for (size_t i = 1; i < check->count; i++) {
		if (check->tokens[i].pin > worst->pin)
			worst = &check->tokens[i];
	}
	return worst;
}

/* Which of several keys will be used nobody knows yet: none of them fails. */
static void check_pin(struct check *check)
{
	static const enum finding_name names[] = {
		[KH_PIN_STATE_NONE] = PIN_FINE,	      [KH_PIN_STATE_OK] = PIN_FINE,
		[KH_PIN_STATE_LOW] = PIN_LOW,	      [KH_PIN_STATE_FINAL] = PIN_FINAL,
		[KH_PIN_STATE_LOCKED] = PIN_LOCKED,   [KH_PIN_STATE_UNSET] = PIN_UNSET,
		[KH_PIN_STATE_EXPIRED] = PIN_EXPIRED,
	};
	const struct kh_token_info *worst = check->count > 0 ? worst_pin(check) : NULL;
	const char *values[] = {"label", worst ? worst->label : "", NULL};

	if (check->subject)
		add_subject(check, names[check->subject->pin]);
	else if (worst && !check->environment->token)
		add(check, worst->pin < KH_PIN_STATE_LOCKED ? names[worst->pin] : PIN_OTHER, values);
}

/* Of one token, or of all. */
static size_t count_certificates(const struct check *check, const struct kh_token_info *token)
{
	const struct kh_modules *modules = check->environment->modules;
	size_t count = 0;

	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_host_certificate_found_params *own = &modules->items[i].certificates;

		for (size_t n = 0; n < own->certificates_count; n++)
			count += !token || strcmp(own->certificates[n].token, token->token) == 0;
	}
	return count;
}

/* A certificate may be a private object: before a login nothing says that there
 * is none. */
static void check_certificate(struct check *check)
{
	const struct kh_token_info *subject = check->subject;
	bool there = count_certificates(check, subject) > 0;

	if (subject)
		add_subject(check, there	    ? CERTIFICATE_THERE
				   : subject->login ? CERTIFICATE_ABSENT
						    : CERTIFICATE_UNKNOWN);
	else if (check->count > 0 && !check->environment->token)
		add(check, there ? CERTIFICATE_THERE : CERTIFICATE_UNKNOWN, NULL);
}

static void check_journal(struct check *check)
{
	if (check->environment->running)
		add(check, check->environment->journal_works ? JOURNAL_WORKS : JOURNAL_FAILED, NULL);
}

/* Each adds one row at most. */
static void (*const checks[])(struct check *check) = {
	check_agent, check_configuration, check_anchors,     check_driver,
	check_key,   check_pin,		  check_certificate, check_journal,
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

void kh_environment_judge(const struct kh_environment *environment, const char *locale,
			  struct kh_environment_check_result *result)
{
	size_t count;
	KH_AUTO_FREE struct kh_token_info *tokens = kh_modules_tokens(environment->modules, &count);
	struct check check = {
		.environment = environment, .locale = locale, .tokens = tokens, .count = count, .result = result};

	check.subject = choose(&check);
	*result = (struct kh_environment_check_result){.items = calloc(CHECKS, sizeof(*result->items))};
	if (!result->items)
		return;
	for (size_t i = 0; i < CHECKS; i++)
		checks[i](&check);
}
