/* The rows of the environment check, one after the other. */
#include "environment/judge.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "environment/findings.h"
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

static struct kh_environment_item *add(struct check *check, enum kh_finding finding, const char *const *values)
{
	struct kh_environment_item *item = &check->result->items[check->result->items_count++];

	kh_finding_tell(finding, check->locale, values, check->environment->settings->config.downloads, item);
	return item;
}

/* A row about the key the check is about. */
static void add_subject(struct check *check, enum kh_finding name)
{
	const struct kh_token_info *subject = check->subject;
	const char *values[] = {"label", subject->label, "serial", subject->serial, NULL};

	add(check, name, values)->token = strdup(subject->token);
}

static void check_agent(struct check *check)
{
	const char *values[] = {"version", KH_VERSION, NULL};

	if (check->environment->running)
		add(check, check->environment->ipv6 ? KH_FINDING_AGENT_OK : KH_FINDING_AGENT_IPV4, values);
}

static void check_hall(struct check *check)
{
	add(check, check->environment->settings->config.origins_count > 0 ? KH_FINDING_HALL_OK : KH_FINDING_HALL_NONE,
	    NULL);
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
		add(check, KH_FINDING_ANCHORS_MISSING, NULL);
	else if (!check->environment->modules->anchors_read)
		add(check, KH_FINDING_ANCHORS_UNTRIED, NULL);
	else if (read->usable == 0)
		add(check, KH_FINDING_ANCHORS_UNUSABLE, values);
	else
		add(check, read->problems_count > 0 ? KH_FINDING_ANCHORS_PARTIAL : KH_FINDING_ANCHORS_OK, values);
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
		add(check, problem ? KH_FINDING_DRIVER_PROFILE : KH_FINDING_DRIVER_OK, about);
	else if (key)
		add(check, KH_FINDING_DRIVER_MISSING, values);
	else
		add(check, failed ? KH_FINDING_DRIVER_FAILED : KH_FINDING_DRIVER_NONE, values);
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
		add_subject(check, KH_FINDING_KEY_AMBIGUOUS);
	else if (check->subject)
		add_subject(check, check->subject->readonly ? KH_FINDING_KEY_READONLY : KH_FINDING_KEY_OK);
	else if (check->count == 0)
		add(check, kh_usb_count(check->environment->usb) > 0 ? KH_FINDING_KEY_UNREAD : KH_FINDING_KEY_ABSENT,
		    NULL);
	else
		add(check, check->environment->token ? KH_FINDING_KEY_GONE : KH_FINDING_KEY_SEVERAL, NULL);
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
	static const enum kh_finding names[] = {
		[KH_PIN_STATE_NONE] = KH_FINDING_PIN_OK,	 [KH_PIN_STATE_OK] = KH_FINDING_PIN_OK,
		[KH_PIN_STATE_LOW] = KH_FINDING_PIN_LOW,	 [KH_PIN_STATE_FINAL] = KH_FINDING_PIN_FINAL,
		[KH_PIN_STATE_LOCKED] = KH_FINDING_PIN_LOCKED,	 [KH_PIN_STATE_UNSET] = KH_FINDING_PIN_UNSET,
		[KH_PIN_STATE_EXPIRED] = KH_FINDING_PIN_EXPIRED,
	};
	const struct kh_token_info *worst = check->count > 0 ? worst_pin(check) : NULL;
	const char *values[] = {"label", worst ? worst->label : "", NULL};

	if (check->subject)
		add_subject(check, names[check->subject->pin]);
	else if (worst && !check->environment->token)
		add(check, worst->pin < KH_PIN_STATE_LOCKED ? names[worst->pin] : KH_FINDING_PIN_OTHER, values);
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
		add_subject(check, there	    ? KH_FINDING_CERTIFICATE_OK
				   : subject->login ? KH_FINDING_CERTIFICATE_ABSENT
						    : KH_FINDING_CERTIFICATE_UNKNOWN);
	else if (check->count > 0 && !check->environment->token)
		add(check, there ? KH_FINDING_CERTIFICATE_OK : KH_FINDING_CERTIFICATE_UNKNOWN, NULL);
}

static void check_state(struct check *check)
{
	if (check->environment->running)
		add(check, check->environment->journal_works ? KH_FINDING_STATE_OK : KH_FINDING_STATE_FAILED, NULL);
}

/* Each adds one row at most. */
static void (*const checks[])(struct check *check) = {
	check_agent, check_hall, check_anchors, check_driver, check_key, check_pin, check_certificate, check_state,
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
