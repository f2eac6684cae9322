/*
 * pinentry.exe: the PIN window of Windows, spoken to as every pinentry is (pinentry's manual, "Protocol"), over the
 * handles that the system gives, whatever the C library makes of them: token hosts of either processor start it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "bytes.h"
#include "host_process.h"
#include "pin/assuan.h"
#include "pin/dialog_win.h"
#include "wide_win.h"

#define UNKNOWN 83886355ul /* pinentry: unknown command */

static struct kh_dialog dialog;

/* --- lines --- */

static void say(const char *text, size_t length)
{
	DWORD written;

	if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)length, &written, NULL) || written != length)
		exit(EXIT_FAILURE);
}

static void say_line(const char *line)
{
	say(line, strlen(line));
	say("\n", 1);
}

static void say_error(unsigned long number)
{
	char line[32];

	snprintf(line, sizeof(line), "ERR %lu", number);
	say_line(line);
}

static void say_pin(const struct kh_secret *pin)
{
	char line[3 * KH_SECRET_MAX + 4] = "D ";
	size_t length = 2;

	for (size_t i = 0; i < pin->length; i++) {
		if (pin->bytes[i] == '%' || pin->bytes[i] < ' ')
			length += (size_t)snprintf(line + length, 4, "%%%02X", pin->bytes[i]);
		else
			line[length++] = (char)pin->bytes[i];
	}
	line[length++] = '\n';
	if (pin->length > 0)
		say(line, length);
	kh_wipe(line, sizeof(line));
}

/* False: nobody says more. What is too long is cut. */
static bool hear(char line[KH_ASSUAN_LINE])
{
	size_t length = 0;
	DWORD count;
	char sign;

	while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), &sign, 1, &count, NULL) && count == 1) {
		if (sign == '\n') {
			line[length] = '\0';
			return true;
		}
		if (length < KH_ASSUAN_LINE - 1)
			line[length++] = sign;
	}
	return false;
}

/* In place. */
static void unescape(char *text)
{
	char *to = text;
	unsigned value;

	for (; *text; text++) {
		if (*text == '%' && sscanf(text + 1, "%2x", &value) == 1 && strlen(text) > 2) {
			*to++ = (char)value;
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* --- commands --- */

static void answer(enum kh_dialog_end end)
{
	static const unsigned long numbers[] = {
		[KH_DIALOG_CANCELLED] = KH_ASSUAN_CANCELLED,
		[KH_DIALOG_TIMEOUT] = KH_ASSUAN_TIMEOUT,
		[KH_DIALOG_FAILED] = UNKNOWN,
	};

	dialog.warning[0] = L'\0'; /* it was about this question */
	if (end == KH_DIALOG_OK)
		say_line("OK");
	else
		say_error(numbers[end]);
}

static void get_pin(char *unused)
{
	KH_SECRET pin;
	enum kh_dialog_end end;

	(void)unused;
	kh_secret_init(&pin);
	end = kh_dialog_show(&dialog, &pin);
	if (end == KH_DIALOG_OK)
		say_pin(&pin);
	answer(end);
}

static void confirm(char *unused)
{
	(void)unused;
	answer(kh_dialog_show(&dialog, NULL));
}

static void set_timeout(char *text)
{
	dialog.seconds = (unsigned)strtoul(text, NULL, 10);
	say_line("OK");
}

static void get_info(char *what)
{
	if (strcmp(what, "flavor") == 0)
		say_line("D w32");
	say_line("OK");
}

static void nothing(char *unused)
{
	(void)unused;
	say_line("OK");
}

static void bye(char *unused)
{
	(void)unused;
	say_line("OK");
	exit(EXIT_SUCCESS);
}

/* Either a text that is kept, or something that is done. */
static const struct {
	const char *verb;
	wchar_t *text;
	void (*act)(char *text);
} commands[] = {
	{"SETTITLE", dialog.title, NULL},
	{"SETDESC", dialog.description, NULL},
	{"SETPROMPT", dialog.prompt, NULL},
	{"SETERROR", dialog.warning, NULL},
	{"SETOK", dialog.ok, NULL},
	{"SETCANCEL", dialog.cancel, NULL},
	{"SETTIMEOUT", NULL, set_timeout},
	{"GETPIN", NULL, get_pin},
	{"CONFIRM", NULL, confirm},
	{"GETINFO", NULL, get_info},
	{"OPTION", NULL, nothing},
	{"NOP", NULL, nothing},
	{"BYE", NULL, bye},
};

static void obey(char *line)
{
	char *text = line + strcspn(line, " ");

	if (*text)
		*text++ = '\0';
	unescape(text);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(line, commands[i].verb) != 0)
			continue;
		if (commands[i].act) {
			commands[i].act(text);
			return;
		}
		(void)kh_wide(text, commands[i].text, KH_DIALOG_TEXT_MAX);
		say_line("OK");
		return;
	}
	say_error(UNKNOWN);
}

int main(void)
{
	char line[KH_ASSUAN_LINE];
	struct kh_error error;

	if (kh_process_protect(&error) != KH_OK)
		return EXIT_FAILURE;
	say_line("OK");
	while (hear(line))
		obey(line);
	return EXIT_SUCCESS;
}
