/*
 * keyhall open: the certificate manager's page, which the daemon serves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/open.h"
#include "tool/tool.h"

int kh_tool_open_manager(struct kh_tool *tool)
{
	char address[64];
	const char *values[] = {"address", address, NULL};
	const char *wrong[] = {"command", "open", "word", tool->argument, NULL};

	if (tool->argument && strcmp(tool->argument, "check") != 0) {
		kh_tool_print(stderr, tool->locale, "tool.wrong.word", wrong, "\n");
		return KH_TOOL_USAGE;
	}
	snprintf(address, sizeof(address), "http://127.0.0.1:%u/%s", kh_client_port(tool->client),
		 tool->argument ? "#check" : "");
	if (kh_open_address(address))
		return EXIT_SUCCESS;
	kh_tool_print(stderr, tool->locale, "tool.open.failed", values, "\n");
	return EXIT_FAILURE;
}
