/*
 * keyhall modules: the drivers that are configured, and those that are installed.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "tool/say.h"

static void print_module(const struct kh_tool *tool, const struct kh_module_report *module)
{
	const char *name = kh_enum_text(&kh_module_report_state_names, (int)module->state);
	KH_AUTO_FREE char *state = kh_say_word(tool, "module", name);
	char restarts[24];
	const char *values[] = {"path",	       module->path ? module->path : module->module,
				"state",       state,
				"description", module->description,
				"maker",       module->manufacturer,
				"version",     module->version,
				"profile",     module->profile,
				"restarts",    module->restarts > 0 ? restarts : NULL,
				"call",	       module->last_failure,
				NULL};

	snprintf(restarts, sizeof(restarts), "%lld", (long long)module->restarts);
	kh_tool_print(stdout, tool->locale, "tool.modules.one", values, "");
	for (size_t i = 0; i < module->profile_problems_count; i++)
		printf("    %s\n", module->profile_problems[i]);
}

static int print_modules(const struct kh_tool *tool, const struct kh_report *report)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < report->modules_count; i++) {
		enum kh_module_report_state state = report->modules[i].state;

		print_module(tool, &report->modules[i]);
		if (state == KH_MODULE_REPORT_STATE_FAILED || state == KH_MODULE_REPORT_STATE_MISSING)
			status = EXIT_FAILURE;
	}
	if (report->candidates_count > 0)
		kh_tool_print(stdout, tool->locale, "tool.modules.candidates", NULL, "\n");
	for (size_t i = 0; i < report->candidates_count; i++)
		printf("  %s\n", report->candidates[i]);
	return status;
}

int kh_tool_modules(struct kh_tool *tool)
{
	struct kh_report report = {0};
	struct kh_error error = {0};
	int status;

	if (kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_REPORT, NULL, &report, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	status = print_modules(tool, &report);
	kh_clear(&kh_report_type, &report);
	return status;
}
