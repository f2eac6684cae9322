/*
 * keyhall open: the certificate manager's page, which the daemon serves.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tool/open.h"
#include "tool/tool.h"

int kh_tool_open_manager(struct kh_tool *tool)
{
	char address[64];
	const char *values[] = {"address", address, NULL};

	snprintf(address, sizeof(address), "http://127.0.0.1:%u/", kh_client_port(tool->client));
	if (kh_open_address(address))
		return EXIT_SUCCESS;
	kh_tool_print(stderr, tool->locale, "tool.open.failed", values, "\n");
	return EXIT_FAILURE;
}
