/*
 * The command line, by the table of commands.json. Options stand anywhere, as
 * --name VALUE or --name=VALUE; behind -- there are none.
 */
#ifndef KH_AGENT_TOOL_OPTIONS_H
#define KH_AGENT_TOOL_OPTIONS_H

#include "tool/tool.h"

/* What is wrong with it: a text of x-texts and its values. */
struct kh_tool_wrong {
	const char *text; /* NULL: nothing */
	char word[128];	  /* the option, the command or the argument */
};

/* Fills command, argument and given. Where something is wrong, what was understood
 * before is there, too: the language in which it is said. */
void kh_tool_read(int count, char **values, struct kh_tool *tool, struct kh_tool_wrong *wrong);

/* --seconds; 0: not given. */
unsigned kh_tool_seconds(const struct kh_tool *tool);
/* --port; 0: not given. */
uint16_t kh_tool_port(const struct kh_tool *tool);

#endif
