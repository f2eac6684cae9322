/*
 * The report of a token host.
 */
#include "token/report.h"

#include <string.h>

enum kh_code kh_token_link_state(const struct kh_token_link *link)
{
	return link->failure.code;
}

const struct kh_token_end *kh_token_link_end(const struct kh_token_link *link)
{
	return &link->talk.end;
}

bool kh_token_link_starts_once(const struct kh_token_link *link)
{
	return link->starts_once;
}

const struct kh_error *kh_token_link_failure(const struct kh_token_link *link)
{
	return &link->failure;
}

static enum kh_module_report_state report_state(const struct kh_token_link *link)
{
	if (link->state == KH_LINK_RUNNING)
		return KH_MODULE_REPORT_STATE_RUNNING;
	if (link->state == KH_LINK_STARTING)
		return KH_MODULE_REPORT_STATE_STARTING;
	return link->failure.code == KH_DRIVER_MISSING ? KH_MODULE_REPORT_STATE_MISSING : KH_MODULE_REPORT_STATE_FAILED;
}

const char *kh_token_link_program(const struct kh_token_link *link)
{
	return link->program;
}

const struct kh_host_host *kh_token_link_host(const struct kh_token_link *link)
{
	return &link->host;
}

const char *kh_token_link_profile(const struct kh_token_link *link)
{
	const char *name = link->host.profile;

	return name && strcmp(name, "standard") != 0 ? name : NULL;
}

const char *kh_token_link_profile_problem(const struct kh_token_link *link)
{
	return link->host.profile_problems_count > 0 ? link->host.profile_problems[0] : NULL;
}

const char *kh_token_link_stumbled(const struct kh_token_link *link)
{
	return link->last_call[0] != '\0' && !link->replaced ? link->last_call : NULL;
}

enum kh_code kh_token_link_report(const struct kh_token_link *link, struct kh_module_report *report,
				  struct kh_error *error)
{
	const struct kh_module_report shown = {
		.module = (char *)(uintptr_t)kh_token_link_name(link),
		.description = link->host.description,
		.manufacturer = link->host.manufacturer,
		.version = link->host.library_version,
		.profile = link->host.profile,
		.profile_problems = link->host.profile_problems,
		.profile_problems_count = link->host.profile_problems_count,
		.state = report_state(link),
		.restarts = link->starts > 0 ? link->starts - 1 : 0,
		.last_failure = link->last_call[0] != '\0' ? (char *)(uintptr_t)link->last_call : NULL,
	};

	return kh_copy(&kh_module_report_type, report, &shown, error);
}
