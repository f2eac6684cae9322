/*
 * The support tool's inside: what its commands work with. Everything it says is of
 * x-texts, and of commands.json, but for JSON.
 */
#ifndef KH_AGENT_TOOL_TOOL_H
#define KH_AGENT_TOOL_TOOL_H

#include <stdio.h>

#include "settings.h"
#include "tool/client.h"
#include "tool_commands.h" /* generated of commands.json: the options' numbers, the commands */

#define KH_TOOL_USAGE 2	 /* exit status: options or configuration are wrong */
#define KH_TOOL_ABSENT 3 /* exit status: the daemon does not run */

struct kh_tool_option {
	const char *name;
	bool value; /* it takes one */
};

struct kh_tool_command {
	const char *name; /* one word or two */
	int (*run)(struct kh_tool *tool);
	unsigned options; /* bits by number */
	enum kh_tool_needs {
		KH_TOOL_NEEDS_ANY,   /* the daemon; where none runs, its inside */
		KH_TOOL_NEEDS_AGENT, /* the daemon */
		KH_TOOL_NEEDS_NOTHING,
	} needs;
	const char *argument_en, *argument_zh; /* NULL: it takes none */
	bool required;			       /* the argument */
	bool tells;			       /* itself that no daemon runs */
	bool plain;			       /* what it starts must not be hardened */
	bool mends;			       /* a configuration that is wrong: it works with none */
	const char *help_en, *help_zh;
};

extern const struct kh_tool_option kh_tool_options[KH_TOOL_OPTIONS];
extern const struct kh_tool_command kh_tool_commands[]; /* ends with one without a name */
extern const char kh_tool_help_en[], kh_tool_help_zh[];

struct kh_tool {
	const struct kh_tool_command *command; /* NULL: none was given */
	const char *argument;		       /* NULL: none was given */
	const char *given[KH_TOOL_OPTIONS];    /* values; "" of an option without one */
	const char *locale;
	struct kh_settings settings;
	struct kh_client *client;
	bool alone;		 /* no daemon answers */
	bool unreached;		 /* one runs all the same */
	char state[KH_PATH_MAX]; /* the folder as configured: alone.h takes it out of settings */
};

/* A text with its values, then end. */
void kh_tool_print(FILE *file, const char *locale, const char *key, const char *const *values, const char *end);
/* Says what has failed; gives the exit status. */
int kh_tool_complain(const struct kh_tool *tool, const struct kh_error *error);
/* Connects client, which must be NULL, to the daemon, or where none runs to its
 * inside, as run before. */
enum kh_client_outcome kh_tool_open(struct kh_tool *tool, const char *locale);
bool kh_tool_is_chinese(const struct kh_tool *tool);

#endif
