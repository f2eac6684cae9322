/*
 * Reading the command line.
 */
#include "tool/options.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 3 /* a command of two and its argument */
#define SECONDS_MAX 86400

static void be_wrong(struct kh_tool_wrong *wrong, const char *text, const char *word)
{
	if (wrong->text)
		return;
	wrong->text = text;
	snprintf(wrong->word, sizeof(wrong->word), "%s", word);
}

static int find_option(const char *text, size_t length)
{
	for (int i = 0; i < KH_TOOL_OPTIONS; i++) {
		if (strlen(kh_tool_options[i].name) == length && memcmp(kh_tool_options[i].name, text, length) == 0)
			return i;
	}
	return -1;
}

/* next: the word behind it. True: that was its value. */
static bool read_option(const char *text, const char *next, struct kh_tool *tool, struct kh_tool_wrong *wrong)
{
	size_t length = strcspn(text, "=");
	const char *value = text[length] == '=' ? text + length + 1 : NULL;
	int option = find_option(text, length);

	if (option < 0 || (value && !kh_tool_options[option].value)) {
		be_wrong(wrong, "tool.wrong.option", text);
		return false;
	}
	tool->given[option] = "";
	if (!kh_tool_options[option].value)
		return false;
	if (!value && !next) {
		be_wrong(wrong, "tool.wrong.value", text);
		return false;
	}
	tool->given[option] = value ? value : next;
	return !value;
}

static const struct kh_tool_command *find_command(const char *first, const char *second)
{
	size_t length = strlen(first);

	for (const struct kh_tool_command *command = kh_tool_commands; command->name; command++) {
		if (strncmp(command->name, first, length) != 0)
			continue;
		if (!second && command->name[length] == '\0')
			return command;
		if (second && command->name[length] == ' ' && strcmp(command->name + length + 1, second) == 0)
			return command;
	}
	return NULL;
}

static bool is_first_word(const char *word)
{
	size_t length = strlen(word);

	for (const struct kh_tool_command *command = kh_tool_commands; command->name; command++) {
		if (strncmp(command->name, word, length) == 0 && command->name[length] == ' ')
			return true;
	}
	return false;
}

static void read_words(const char *const *words, size_t count, struct kh_tool *tool, struct kh_tool_wrong *wrong)
{
	size_t used = 2;

	if (count == 0)
		return;
	tool->command = count > 1 ? find_command(words[0], words[1]) : NULL;
	if (!tool->command) {
		tool->command = find_command(words[0], NULL);
		used = 1;
	}
	if (!tool->command) {
		be_wrong(wrong, "tool.wrong.command", is_first_word(words[0]) && count > 1 ? words[1] : words[0]);
		return;
	}
	if (count > used && tool->command->argument_en)
		tool->argument = words[used++];
	if (count > used)
		be_wrong(wrong, "tool.wrong.word", words[used]);
}

static bool taken(const struct kh_tool *tool, int option)
{
	return !tool->command || (tool->command->options & 1u << option) != 0;
}

static void check(const struct kh_tool *tool, struct kh_tool_wrong *wrong)
{
	const char *locale = tool->given[KH_TOOL_OPTION_LOCALE];

	if (tool->given[KH_TOOL_OPTION_PORT] && kh_tool_port(tool) == 0)
		be_wrong(wrong, "tool.wrong.port", tool->given[KH_TOOL_OPTION_PORT]);
	if (tool->given[KH_TOOL_OPTION_SECONDS] && kh_tool_seconds(tool) == 0)
		be_wrong(wrong, "tool.wrong.seconds", tool->given[KH_TOOL_OPTION_SECONDS]);
	if (locale && strncmp(locale, "zh", 2) != 0 && strncmp(locale, "en", 2) != 0)
		be_wrong(wrong, "tool.wrong.locale", locale);
	for (int i = 0; i < KH_TOOL_OPTIONS; i++) {
		if (tool->given[i] && !taken(tool, i))
			be_wrong(wrong, "tool.wrong.option", kh_tool_options[i].name);
	}
	if (tool->command && tool->command->required && !tool->argument && !tool->given[KH_TOOL_OPTION_HELP])
		be_wrong(wrong, "tool.wrong.argument", "");
}

void kh_tool_read(int count, char **values, struct kh_tool *tool, struct kh_tool_wrong *wrong)
{
	const char *words[WORDS_MAX + 1];
	size_t found = 0;
	bool options = true;

	for (int i = 1; i < count; i++) {
		if (options && strcmp(values[i], "--") == 0)
			options = false;
		else if (options && values[i][0] == '-' && values[i][1] != '\0')
			i += read_option(values[i], i + 1 < count ? values[i + 1] : NULL, tool, wrong);
		else if (found <= WORDS_MAX)
			words[found++] = values[i];
	}
	read_words(words, found, tool, wrong);
	check(tool, wrong);
}

/* 0: it is not given, or none from 1 to most. */
static long read_number(const char *text, long most)
{
	char *end;
	long number = text ? strtol(text, &end, 10) : 0;

	return text && *text != '\0' && *end == '\0' && number > 0 && number <= most ? number : 0;
}

uint16_t kh_tool_port(const struct kh_tool *tool)
{
	return (uint16_t)read_number(tool->given[KH_TOOL_OPTION_PORT], UINT16_MAX);
}

unsigned kh_tool_seconds(const struct kh_tool *tool)
{
	return (unsigned)read_number(tool->given[KH_TOOL_OPTION_SECONDS], SECONDS_MAX);
}
