/*
 * keyhall report.
 */
#include <stdlib.h>

#include "tool/say.h"

int kh_tool_report(struct kh_tool *tool)
{
	struct kh_report result = {0};
	struct kh_error error = {0};
	enum kh_code code = kh_client_call(tool->client, KH_METHOD_DIAGNOSTICS_REPORT, NULL, &result, &error);

	if (code == KH_OK)
		code = kh_say_json(stdout, &kh_report_type, &result, true, &error);
	kh_clear(&kh_report_type, &result);
	return code == KH_OK ? EXIT_SUCCESS : kh_tool_complain(tool, &error);
}
