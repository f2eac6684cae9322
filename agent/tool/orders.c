/*
 * keyhall renewals: where orders stand.
 */
#include <stdlib.h>

#include "cleanup.h"
#include "tool/orders.h"
#include "tool/say.h"

void kh_orders_print(const struct kh_tool *tool, const struct kh_renewal_info *renewal)
{
	KH_AUTO_FREE char *stage = kh_say_word(tool, "stage", kh_enum_text(&kh_stage_names, (int)renewal->stage));
	KH_AUTO_FREE char *next = kh_say_word(tool, "next", kh_enum_text(&kh_next_names, (int)renewal->next));
	KH_AUTO_FREE char *source =
		kh_say_word(tool, "source", kh_enum_text(&kh_renewal_info_source_names, (int)renewal->source));
	KH_AUTO_FREE char *name = kh_say_order_name(tool->locale, renewal);
	const char *values[] = {"order",   name,
				"stage",   stage,
				"next",	   next,
				"source",  source,
				"serial",  renewal->serial,
				"updated", renewal->updated,
				"old",	   renewal->old_certificate,
				"new",	   renewal->certificate,
				NULL};

	kh_tool_print(stdout, tool->locale, "tool.renewal", values, "");
}

int kh_tool_renewals(struct kh_tool *tool)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_renewal_list_result result = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_RENEWAL_LIST, NULL, &result, &error);

	if (code != KH_OK)
		return kh_tool_complain(tool, &error);
	if (tool->given[KH_TOOL_OPTION_JSON])
		code = kh_say_json(&text, &kh_renewal_list_result_type, &result, true, &error);
	kh_say_out(&text);
	for (size_t i = 0; !tool->given[KH_TOOL_OPTION_JSON] && i < result.renewals_count; i++)
		kh_orders_print(tool, &result.renewals[i]);
	if (!tool->given[KH_TOOL_OPTION_JSON] && result.renewals_count == 0)
		kh_tool_print(stdout, tool->locale, "tool.renewal.none", NULL, "\n");
	kh_clear(&kh_renewal_list_result_type, &result);
	return code == KH_OK ? EXIT_SUCCESS : kh_tool_complain(tool, &error);
}
