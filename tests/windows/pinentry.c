/*
 * A PIN window without a window: speaks pinentry's protocol, says the PIN that stands in
 * the file pin beside it to every question, and keeps all it hears in the file asked.
 */
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>

#define LINE 2048

static wchar_t folder[MAX_PATH];

static FILE *open_beside(const wchar_t *name, const wchar_t *mode)
{
	wchar_t path[2 * MAX_PATH];

	_snwprintf(path, 2 * MAX_PATH, L"%ls\\%ls", folder, name);
	return _wfopen(path, mode);
}

static void say(const char *line)
{
	fputs(line, stdout);
	fputc('\n', stdout);
	fflush(stdout);
}

static void say_pin(void)
{
	FILE *file = open_beside(L"pin", L"rb");
	char pin[64] = "";

	if (file && fgets(pin, sizeof(pin), file))
		pin[strcspn(pin, "\r\n")] = '\0';
	if (file)
		fclose(file);
	printf("D %s\n", pin);
}

int main(void)
{
	char line[LINE];
	FILE *asked;

	GetModuleFileNameW(NULL, folder, MAX_PATH);
	*wcsrchr(folder, L'\\') = L'\0';
	_setmode(_fileno(stdin), _O_BINARY);
	_setmode(_fileno(stdout), _O_BINARY);
	asked = open_beside(L"asked", L"ab");
	say("OK ready");
	while (fgets(line, sizeof(line), stdin)) {
		if (asked) {
			fputs(line, asked);
			fflush(asked);
		}
		if (strncmp(line, "BYE", 3) == 0)
			return 0;
		if (strncmp(line, "GETPIN", 6) == 0)
			say_pin();
		say("OK");
	}
	return 0;
}
