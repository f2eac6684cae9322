/*
 * The fault script, faults in the module's folder, one rule a line (README.md):
 *
 *     CALL N [after] ACTION [ARGUMENT]
 *
 * A rule that fired is taken out of the file before it acts, so that a second
 * process does not meet it again. N 0 means always, and stays.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choke.h"

#define RULES 32

enum action {
	ACTION_ERROR,
	ACTION_PULL,
	ACTION_EXIT,
	ACTION_CRASH,
	ACTION_HANG,
	ACTION_CUT,
	ACTION_TEAR,
	ACTION_DELAY,
	ACTION_DEAF,
	ACTION_LOGOUT,
	ACTIONS
};
static const char *const action_names[ACTIONS] = {"error", "pull", "exit",  "crash", "hang",
						  "cut",   "tear", "delay", "deaf",  "logout"};

struct rule {
	char text[128], call[40], argument[NAME];
	long when, seen;
	bool after, fired;
	enum action action;
};

static char path[PATH], now_path[PATH], calls_path[PATH];
static struct rule rules[RULES];
static size_t rule_count;
static int power = POWER_STAYS;
static long calls_so_far; /* of this process */

/* A script that cannot be followed proves nothing: nothing goes on. */
static _Noreturn void refuse(const char *why, const char *line)
{
	fprintf(stderr, "%s: a rule of the fault script cannot be: %s: %s\n", module_name, why, line);
	abort();
}

static void check(const struct rule *rule, const char *line)
{
	bool writes = rule->action == ACTION_CUT || rule->action == ACTION_TEAR || strcmp(rule->call, "write") == 0 ||
		      rule->action == ACTION_LOGOUT;
	long percent = strtol(rule->argument, NULL, 10);

	if (!module_writes && writes)
		refuse("this module does not keep objects and logins itself", line);
	if (rule->action == ACTION_TEAR && (percent < 0 || percent > 100))
		refuse("no percentage", line);
}

static bool parse(const char *line, struct rule *rule)
{
	char words[5][NAME + 8] = {{0}};
	int count, at = 2;

	*rule = (struct rule){0};
	snprintf(rule->text, sizeof rule->text, "%s", line);
	count = sscanf(line, "%39s %39s %39s %39s %39s", words[0], words[1], words[2], words[3], words[4]);
	if (count < 3 || words[0][0] == '#')
		return false;
	snprintf(rule->call, sizeof rule->call, "%s", words[0]);
	rule->when = strtol(words[1], NULL, 10);
	if (strcmp(words[2], "after") == 0) {
		rule->after = true;
		at++;
	}
	snprintf(rule->argument, sizeof rule->argument, "%.31s", words[at + 1 < 5 ? at + 1 : 4]);
	for (int i = 0; i < ACTIONS; i++) {
		if (strcmp(words[at], action_names[i]) == 0) {
			rule->action = (enum action)i;
			check(rule, line);
			return true;
		}
	}
	refuse("unknown action", line);
}

static void add_rules(const char *from)
{
	char line[128];
	FILE *file = fopen(from, "r");

	while (file && rule_count < RULES && fgets(line, sizeof line, file))
		rule_count += parse(line, &rules[rule_count]);
	if (file)
		fclose(file);
}

void fault_open(const char *folder)
{
	snprintf(path, sizeof path, "%.*s/faults", PATH - 16, folder);
	snprintf(now_path, sizeof now_path, "%.*s/faults-now", PATH - 16, folder);
	snprintf(calls_path, sizeof calls_path, "%.*s/calls", PATH - 16, folder);
	rule_count = 0;
	power = POWER_STAYS;
	add_rules(path);
}

static void rewrite_script(void)
{
	char temporary[PATH + 8];
	FILE *file;

	snprintf(temporary, sizeof temporary, "%s.new", path);
	file = fopen(temporary, "w");
	for (size_t i = 0; file && i < rule_count; i++)
		if (!rules[i].fired)
			fputs(rules[i].text, file);
	if (!file || fclose(file) != 0 || rename(temporary, path) != 0)
		abort();
}

/* DIR/faults-now: rules that hold from this call on, which is the first. */
static void add_now(void)
{
	size_t kept = 0;

	if (access(now_path, F_OK) != 0)
		return;
	for (size_t i = 0; i < rule_count; i++) {
		if (!rules[i].fired)
			rules[kept++] = rules[i];
	}
	rule_count = kept;
	add_rules(now_path);
	unlink(now_path);
	rewrite_script();
}

/* " libp11.so.3", where a library of the program calls; "" for the program itself. */
static void name_library(const void *caller, char out[NAME])
{
	Dl_info found;
	const char *name;

	out[0] = 0;
	if (!caller || !dladdr(caller, &found) || !found.dli_fname || !strstr(found.dli_fname, ".so"))
		return;
	name = strrchr(found.dli_fname, '/');
	snprintf(out, NAME, " %s", name ? name + 1 : found.dli_fname);
}

/* DIR/calls, where it exists, gets a line for each call. */
static void record(const char *call, const void *caller)
{
	int fd = open(calls_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	char line[80], library[NAME];
	int length;

	if (fd < 0)
		return;
	name_library(caller, library);
	length = snprintf(line, sizeof line, "%s%s\n", call, library);
	if (write(fd, line, (size_t)length) != length)
		abort();
	close(fd);
}

static CK_RV act(const struct rule *rule)
{
	long number = strtol(rule->argument, NULL, 0);
	sigset_t every;

	switch (rule->action) {
	case ACTION_ERROR:
		return (CK_RV)number;
	case ACTION_PULL:
		module_pull(rule->argument[0] ? rule->argument : NULL);
		return CKR_OK;
	case ACTION_LOGOUT:
		module_logout();
		return CKR_OK;
	case ACTION_EXIT:
		_exit((int)number);
	case ACTION_CRASH:
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		_exit(139);
	case ACTION_HANG:
		for (;;)
			pause();
	case ACTION_CUT:
		power = POWER_CUT;
		return CKR_OK;
	case ACTION_TEAR:
		power = (int)number;
		return CKR_OK;
	case ACTION_DELAY:
		usleep((useconds_t)number * 1000);
		return CKR_OK;
	case ACTION_DEAF:
		sigfillset(&every);
		pthread_sigmask(SIG_BLOCK, &every, NULL);
		return CKR_OK;
	case ACTIONS:
		break;
	}
	return CKR_OK;
}

static CK_RV meet(const char *call, bool after)
{
	CK_RV rv = CKR_OK;

	for (size_t i = 0; i < rule_count; i++) {
		struct rule *rule = &rules[i];
		bool all = strcmp(rule->call, "**") == 0;
		bool any = (all || strcmp(rule->call, "*") == 0) && strcmp(call, "write") != 0;

		if (rule->fired || rule->after != after || (!any && strcmp(rule->call, call) != 0))
			continue;
		rule->seen = all ? calls_so_far : rule->seen + 1;
		if (rule->when != 0 && rule->seen != rule->when)
			continue;
		if (rule->when != 0) {
			rule->fired = true;
			rewrite_script();
		}
		if (rv == CKR_OK)
			rv = act(rule);
	}
	return rv;
}

CK_RV fault_before(const char *call, const void *caller)
{
	add_now();
	record(call, caller);
	calls_so_far += strcmp(call, "write") != 0;
	return meet(call, false);
}

CK_RV fault_after(const char *call)
{
	power = POWER_STAYS;
	return meet(call, true);
}

int fault_power(void)
{
	return power;
}
