/* The rows of the environment check, one after the other. */
#include "environment/judge.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "environment/judge_driver.h"
#include "environment/judge_key.h"
#include "environment/suites.h"
#include "text.h"
#include "token/holder.h"
#include "token/report.h"

#define CLOCK_WARN 120 /* s */
#define CLOCK_FAIL 540
#define ANCHORS_SHOWN 8 /* files whose problems one row names */

static void check_agent(struct kh_check *check)
{
	const struct kh_environment *environment = check->environment;
	char suites[256] = "";
	const char *values[] = {"version", KH_VERSION, "suites", suites, NULL};

	if (environment->unreached)
		kh_suites_running(check->locale, suites, sizeof(suites));
	kh_check_add(check,
		     environment->unreached  ? KH_FINDING_AGENT_UNREACHED
		     : !environment->running ? KH_FINDING_AGENT_ABSENT
		     : environment->ipv6     ? KH_FINDING_AGENT_OK
					     : KH_FINDING_AGENT_IPV4,
		     values);
}

/* A package that was upgraded under a daemon that runs: the next token host is of the new one. */
static void check_version(struct kh_check *check)
{
	const struct kh_modules *modules = check->environment->modules;
	const char *values[] = {"version", KH_VERSION, "other", NULL, NULL};
	enum kh_finding finding = KH_FINDING_VERSION_OK;

	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_error *failure = kh_token_link_failure(modules->items[i].link);

		if (failure->code != KH_AGENT_MIXED)
			continue;
		finding = KH_FINDING_VERSION_MIXED;
		values[3] = failure->value;
	}
	kh_check_add(check, finding, values);
}

static void check_hall(struct kh_check *check)
{
	kh_check_add(check,
		     check->environment->settings->config.origins_count > 0 ? KH_FINDING_HALL_OK : KH_FINDING_HALL_NONE,
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
static void check_anchors(struct kh_check *check)
{
	const struct kh_host_anchors_read_result *read = &check->environment->modules->anchors;
	KH_AUTO(kh_buffer_finish) struct kh_buffer problems = {0};
	const char *values[] = {"problems", NULL, NULL};

	for (size_t i = 0; i < read->problems_count && i < ANCHORS_SHOWN; i++)
		append_problem(&problems, check->locale, &read->problems[i]);
	values[1] = problems.data;
	if (check->environment->settings->config.anchors_count == 0)
		kh_check_add(check, KH_FINDING_ANCHORS_MISSING, NULL);
	else if (!check->environment->modules->anchors_read)
		kh_check_add(check, KH_FINDING_ANCHORS_UNTRIED, NULL);
	else if (read->usable == 0)
		kh_check_add(check, KH_FINDING_ANCHORS_UNUSABLE, values);
	else
		kh_check_add(check, read->problems_count > 0 ? KH_FINDING_ANCHORS_PARTIAL : KH_FINDING_ANCHORS_OK,
			     values);
}

/* Whether it is the way to the key: to the one the check is about, or to any while there is none. */
static bool needs_reader(const struct kh_check *check)
{
	const struct kh_modules *modules = check->environment->modules;
	bool needs = false;

	for (size_t i = 0; i < modules->count; i++) {
		const struct kh_token_link *link = modules->items[i].link;
		bool own = check->subject ? strcmp(check->subject->module, kh_token_link_name(link)) == 0
					  : check->count == 0;

		needs = needs || (own && kh_token_link_host(link)->reader);
	}
	return needs;
}

static void check_reader(struct kh_check *check)
{
	static const enum kh_finding names[] = {
		[KH_READER_RUNS] = KH_FINDING_READER_OK,
		[KH_READER_STOPPED] = KH_FINDING_READER_STOPPED,
		[KH_READER_ABSENT] = KH_FINDING_READER_ABSENT,
	};

	kh_check_add(check, needs_reader(check) ? names[check->environment->reader] : KH_FINDING_READER_UNNEEDED, NULL);
}

/* What the token host has found when it tried. */
static void check_window(struct kh_check *check)
{
	static const enum kh_finding names[] = {
		[KH_HOST_WINDOW_TRY_RESULT_STATE_NONE] = KH_FINDING_WINDOW_UNTRIED,
		[KH_HOST_WINDOW_TRY_RESULT_STATE_USABLE] = KH_FINDING_WINDOW_OK,
		[KH_HOST_WINDOW_TRY_RESULT_STATE_ABSENT] = KH_FINDING_WINDOW_ABSENT,
		[KH_HOST_WINDOW_TRY_RESULT_STATE_DISPLAY] = KH_FINDING_WINDOW_DISPLAY,
	};
	const struct kh_modules *modules = check->environment->modules;
	const char *values[] = {"program", modules->window.program, NULL};

	kh_check_add(check, modules->window_tried ? names[modules->window.state] : KH_FINDING_WINDOW_UNTRIED, values);
}

/* The hall takes a proof that is at most ten minutes off its clock. */
static void check_clock(struct kh_check *check)
{
	const struct kh_environment *environment = check->environment;
	int64_t away = llabs(environment->now - environment->hall_time);
	char minutes[24], now[KH_TIME_TEXT];
	const char *values[] = {"minutes", minutes, "now", now, NULL};

	snprintf(minutes, sizeof(minutes), "%lld", (long long)away / 60);
	kh_time_text(environment->now, now);
	if (environment->hall_time == 0)
		kh_check_add(check, KH_FINDING_CLOCK_UNTRIED, NULL);
	else
		kh_check_add(check,
			     away > CLOCK_FAIL	 ? KH_FINDING_CLOCK_WRONG
			     : away > CLOCK_WARN ? KH_FINDING_CLOCK_AWAY
						 : KH_FINDING_CLOCK_OK,
			     values);
}

static void check_state(struct kh_check *check)
{
	if (check->environment->running)
		kh_check_add(check, check->environment->journal_works ? KH_FINDING_STATE_OK : KH_FINDING_STATE_FAILED,
			     NULL);
}

/* The certificates of the key, or of any, could not be listed because somebody else works on it. */
static void check_other(struct kh_check *check)
{
	const struct kh_modules *modules = check->environment->modules;
	char holders[KH_ERROR_DATA_HOLDER_MAX + 1] = "";
	const char *values[] = {"holder", holders, NULL};
	bool busy = false;

	for (size_t i = 0; i < modules->count && !busy; i++) {
		if (check->subject && strcmp(kh_token_link_name(modules->items[i].link), check->subject->module) != 0)
			continue;
		busy = modules->items[i].listed == KH_TOKEN_BUSY;
		if (busy)
			kh_holders(&modules->items[i], holders, sizeof(holders));
	}
	kh_check_add(check, busy ? KH_FINDING_OTHER_HOLDS : KH_FINDING_OTHER_NONE, values);
}

/* Each adds one row at most. */
static void (*const checks[])(struct kh_check *check) = {
	check_agent,	  check_version, check_hall,   check_anchors,  kh_check_usb, kh_check_driver,
	check_reader,	  kh_check_key,	 kh_check_pin, kh_check_space, check_window, kh_check_certificate,
	kh_check_pending, check_clock,	 check_state,  check_other,
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

void kh_environment_judge(const struct kh_environment *environment, const char *locale,
			  struct kh_environment_check_result *result)
{
	size_t count;
	KH_AUTO_FREE struct kh_token_info *tokens = kh_modules_tokens(environment->modules, &count);
	struct kh_check check = {
		.environment = environment, .locale = locale, .tokens = tokens, .count = count, .result = result};

	check.subject = kh_check_subject(&check);
	*result = (struct kh_environment_check_result){.items = calloc(CHECKS, sizeof(*result->items))};
	if (!result->items)
		return;
	for (size_t i = 0; i < CHECKS; i++)
		checks[i](&check);
}
