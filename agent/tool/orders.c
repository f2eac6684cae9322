/*
 * keyhall renewals, recover and pair delete: where orders stand, and what can be done
 * for one without its hall.
 */
#include <stdlib.h>

#include "cleanup.h"
#include "tool/say.h"
#include "tool/terminal.h"

#define PIN_SECONDS 600 /* somebody types */

static void print_order(const struct kh_tool *tool, const struct kh_renewal_info *renewal)
{
	KH_AUTO_FREE char *stage = kh_say_word(tool, "stage", kh_enum_text(&kh_stage_names, (int)renewal->stage));
	KH_AUTO_FREE char *next = kh_say_word(tool, "next", kh_enum_text(&kh_next_names, (int)renewal->next));
	KH_AUTO_FREE char *source =
		kh_say_word(tool, "source", kh_enum_text(&kh_renewal_info_source_names, (int)renewal->source));
	KH_AUTO_FREE char *name = kh_say_order_name(tool->locale, renewal);
	const char *values[] = {"order",   name,
				"stage",   stage,
				"next",	   next,
				"source",  renewal->stage == KH_STAGE_NOTHING ? NULL : source,
				"serial",  renewal->serial,
				"updated", renewal->updated,
				"old",	   renewal->old_certificate,
				"new",	   renewal->certificate,
				NULL};

	kh_tool_print(stdout, tool->locale, "tool.renewal", values, "");
}

static void print_orders(const struct kh_tool *tool, const struct kh_renewal_list_result *result)
{
	for (size_t i = 0; i < result->renewals_count; i++)
		print_order(tool, &result->renewals[i]);
	if (result->renewals_count == 0)
		kh_tool_print(stdout, tool->locale, "tool.renewal.none", NULL, "\n");
}

int kh_tool_renewals(struct kh_tool *tool)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_renewal_list_result result = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_RENEWAL_LIST, NULL, &result, &error);

	if (code == KH_OK && tool->given[KH_TOOL_OPTION_JSON])
		code = kh_say_json(&text, &kh_renewal_list_result_type, &result, true, &error);
	else if (code == KH_OK)
		print_orders(tool, &result);
	kh_say_out(&text);
	kh_clear(&kh_renewal_list_result_type, &result);
	return code == KH_OK ? EXIT_SUCCESS : kh_tool_complain(tool, &error);
}

static enum kh_code inspect(const struct kh_tool *tool, struct kh_renewal_info *renewal, struct kh_error *error)
{
	const struct kh_renewal_inspect_params params = {.order = (char *)(uintptr_t)tool->argument};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_RENEWAL_INSPECT, &params, renewal, error);

	if (code == KH_OK)
		print_order(tool, renewal);
	return code;
}

/* Asked, unless --yes was given. */
static bool wanted(const struct kh_tool *tool, const char *question)
{
	if (tool->given[KH_TOOL_OPTION_YES] || kh_terminal_ask(tool, question, NULL))
		return true;
	kh_tool_print(stderr, tool->locale, "tool.recover.left", NULL, "\n");
	return false;
}

static int say(const struct kh_tool *tool, const char *key, int status)
{
	fflush(stdout);
	kh_tool_print(stderr, tool->locale, key, NULL, "\n");
	return status;
}

static int complete(const struct kh_tool *tool)
{
	const struct kh_renewal_complete_params params = {.order = (char *)(uintptr_t)tool->argument};
	struct kh_renewal_complete_result result = {0};
	struct kh_error error = {0};

	if (!wanted(tool, "tool.recover.complete"))
		return EXIT_FAILURE;
	kh_client_patience(tool->client, PIN_SECONDS);
	if (kh_client_call(tool->client, KH_METHOD_RENEWAL_COMPLETE, &params, &result, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	kh_clear(&kh_renewal_complete_result_type, &result);
	return say(tool, "tool.recover.completed", EXIT_SUCCESS);
}

/* What only the hall can do is said. */
static int go_on(const struct kh_tool *tool, const struct kh_renewal_info *renewal)
{
	if (renewal->busy)
		return say(tool, "tool.recover.busy", EXIT_FAILURE);
	switch (renewal->next) {
	case KH_NEXT_COMPLETE:
		return renewal->source == KH_RENEWAL_INFO_SOURCE_KEY ? complete(tool)
								     : say(tool, "tool.recover.away", EXIT_FAILURE);
	case KH_NEXT_INSTALL:
		return say(tool,
			   renewal->source == KH_RENEWAL_INFO_SOURCE_KEY ? "tool.recover.install" : "tool.recover.away",
			   EXIT_FAILURE);
	case KH_NEXT_BEGIN:
		return say(tool, "tool.recover.begin", EXIT_FAILURE);
	case KH_NEXT_NONE:
	case KH_NEXT_UNSET:
	default:
		return say(tool, "tool.recover.done", EXIT_SUCCESS);
	}
}

/* What is done about the order that the command names. */
static int on_order(const struct kh_tool *tool,
		    int (*act)(const struct kh_tool *tool, const struct kh_renewal_info *renewal))
{
	struct kh_renewal_info renewal = {0};
	struct kh_error error = {0};
	int status;

	if (inspect(tool, &renewal, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	status = act(tool, &renewal);
	kh_clear(&kh_renewal_info_type, &renewal);
	return status;
}

int kh_tool_recover(struct kh_tool *tool)
{
	return on_order(tool, go_on);
}

static int delete_pair(const struct kh_tool *tool, const struct kh_renewal_info *renewal)
{
	const struct kh_renewal_cancel_params params = {.order = (char *)(uintptr_t)tool->argument};
	struct kh_renewal_cancel_result result = {0};
	struct kh_error error = {0};

	if (renewal->source != KH_RENEWAL_INFO_SOURCE_KEY || renewal->stage == KH_STAGE_NOTHING)
		return say(tool, "tool.pair.none", EXIT_FAILURE);
	if (renewal->stage != KH_STAGE_KEY)
		return say(tool, "tool.pair.certificate", EXIT_FAILURE);
	if (!wanted(tool, "tool.pair.ask"))
		return EXIT_FAILURE;
	kh_client_patience(tool->client, PIN_SECONDS);
	if (kh_client_call(tool->client, KH_METHOD_RENEWAL_CANCEL, &params, &result, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	kh_clear(&kh_renewal_cancel_result_type, &result);
	return say(tool, "tool.pair.deleted", EXIT_SUCCESS);
}

int kh_tool_pair_delete(struct kh_tool *tool)
{
	return on_order(tool, delete_pair);
}
