/*
 * The fault script, `faults` in the store, one rule a line (README.md):
 *
 *     COMMAND N [after] ACTION [ARGUMENT]
 *
 * It is read when it has changed, and N counts from then. A rule that fired is
 * taken out of the file before it acts. N 0 means always, and stays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "card.h"

#define RULES 32

enum action { ACTION_ERROR, ACTION_PULL, ACTION_DELAY, ACTIONS };
static const char *const action_names[ACTIONS] = {"error", "pull", "delay"};

struct rule {
	char text[96], command[24];
	long when, seen, argument;
	bool after, fired;
	enum action action;
};

static struct rule rules[RULES];
static size_t rule_count;
static struct stat read_at;  /* the file as it was read */
static struct timespec back; /* when a key that was pulled for a while comes back */

/* A script that cannot be followed proves nothing: nothing goes on. */
static _Noreturn void refuse(const char *line)
{
	fprintf(stderr, "card: a rule of the fault script cannot be: %s\n", line);
	exit(3);
}

static bool parse(const char *line, struct rule *rule)
{
	char words[5][24] = {{0}};
	int count = sscanf(line, "%23s %23s %23s %23s %23s", words[0], words[1], words[2], words[3], words[4]);
	int at = strcmp(words[2], "after") == 0 ? 3 : 2;

	if (count <= 0)
		return false;
	*rule = (struct rule){.when = strtol(words[1], NULL, 10), .after = at == 3};
	snprintf(rule->text, sizeof rule->text, "%s", line);
	snprintf(rule->command, sizeof rule->command, "%s", words[0]);
	rule->argument = strtol(words[at + 1], NULL, strcmp(words[at], "error") == 0 ? 16 : 10);
	if (!family_has(rule->command) && strcmp(rule->command, "*") != 0 && strcmp(rule->command, "write") != 0)
		refuse(line);
	for (int i = 0; i < ACTIONS; i++) {
		if (strcmp(words[at], action_names[i]) == 0) {
			rule->action = (enum action)i;
			return true;
		}
	}
	refuse(line);
}

static void refresh(void)
{
	char path[PATH], line[96];
	struct stat now = {0};
	FILE *file;

	if (!store_path(path, "faults") || stat(path, &now) != 0) {
		rule_count = 0;
		read_at = now;
		return;
	}
	if (now.st_ino == read_at.st_ino && memcmp(&now.st_mtim, &read_at.st_mtim, sizeof now.st_mtim) == 0)
		return;
	read_at = now;
	rule_count = 0;
	file = fopen(path, "r");
	while (file && rule_count < RULES && fgets(line, sizeof line, file))
		rule_count += parse(line, &rules[rule_count]);
	if (file)
		fclose(file);
}

static void take_out(struct rule *rule)
{
	char path[PATH], text[RULES * 96];
	size_t at = 0;

	rule->fired = true;
	for (size_t i = 0; i < rule_count; i++)
		if (!rules[i].fired)
			at += (size_t)snprintf(text + at, sizeof text - at, "%s", rules[i].text);
	store_replace("faults", text, at);
	if (store_path(path, "faults"))
		stat(path, &read_at);
}

static void wait_for(long milliseconds)
{
	struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static void pull(long milliseconds)
{
	if (milliseconds == 0) {
		store_replace("pulled", "", 0);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &back);
	back.tv_sec += milliseconds / 1000;
	back.tv_nsec += milliseconds % 1000 * 1000000;
	if (back.tv_nsec >= 1000000000) {
		back.tv_sec++;
		back.tv_nsec -= 1000000000;
	}
}

bool fault_plugged(void)
{
	struct timespec now;
	char path[PATH];

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < back.tv_sec || (now.tv_sec == back.tv_sec && now.tv_nsec < back.tv_nsec))
		return false;
	return !store_path(path, "pulled");
}

static bool meets(struct rule *rule, const char *name, bool writes, bool after)
{
	bool same = strcmp(rule->command, "*") == 0 || strcmp(rule->command, name) == 0 ||
		    (writes && strcmp(rule->command, "write") == 0);

	if (!same || rule->after != after || rule->fired)
		return false;
	rule->seen++;
	return rule->when == 0 || rule->when == rule->seen;
}

unsigned fault_meet(const char *name, bool writes, bool after)
{
	unsigned result = FAULT_NONE;

	if (!after)
		refresh();
	for (size_t i = 0; i < rule_count; i++) {
		struct rule *rule = &rules[i];

		if (!meets(rule, name, writes, after))
			continue;
		if (rule->when != 0)
			take_out(rule);
		if (rule->action == ACTION_DELAY)
			wait_for(rule->argument);
		else if (rule->action == ACTION_PULL)
			pull(rule->argument);
		if (rule->action != ACTION_DELAY)
			result = rule->action == ACTION_PULL ? FAULT_GONE : (unsigned)rule->argument;
	}
	return result;
}
