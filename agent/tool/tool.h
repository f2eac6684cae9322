/*
 * The support tool's inside, for keyhall.c (options, the way to the daemon) and
 * commands.c (what it can do) only. Everything it says is of x-texts,
 * but for the report.
 */
#ifndef KH_AGENT_TOOL_TOOL_H
#define KH_AGENT_TOOL_TOOL_H

#include <stdio.h>

#include "settings.h"
#include "tool/client.h"

#define KH_TOOL_ABSENT 3 /* exit status: the daemon does not run */

struct kh_tool {
	const char *command;
	const char *config;
	const char *locale;
	long port;
	struct kh_settings settings;
	struct kh_client *client;
	bool alone; /* no daemon runs */
};

/* A text with its values, then end. */
void kh_tool_print(FILE *file, const char *locale, const char *key, const char *const *values, const char *end);
/* Says what has failed; gives the exit status. */
int kh_tool_complain(const struct kh_tool *tool, const struct kh_error *error);

/* The commands, connected; they give the exit status. */
int kh_tool_list(struct kh_tool *tool);
int kh_tool_doctor(struct kh_tool *tool);
int kh_tool_report(struct kh_tool *tool);

#endif
