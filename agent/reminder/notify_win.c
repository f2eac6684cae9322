/*
 * keyhall-notify on Windows: a notification from the notification area, and its click.
 * What it reads and says: notify_posix.c. Windows shows no button on it: the whole of it
 * is one.
 */
#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <shellapi.h>

#define LINE_MAX_BYTES 2048
#define ICON 1
#define ON_ICON (WM_APP + 1)
#define ON_END (WM_APP + 2) /* whoever started us is gone */

enum { APPLICATION, TITLE, SENTENCE, BUTTON, ADDRESS, LINES };

static wchar_t lines[LINES][LINE_MAX_BYTES];
static HWND window;

static int say(const char *what, int status)
{
	puts(what);
	fflush(stdout);
	return status;
}

static bool read_lines(void)
{
	char line[LINE_MAX_BYTES];

	for (int i = 0; i < LINES; i++) {
		if (!fgets(line, sizeof(line), stdin) || !strchr(line, '\n'))
			return false;
		*strchr(line, '\n') = '\0';
		if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, line, -1, lines[i], LINE_MAX_BYTES) == 0)
			return false;
	}
	return true;
}

static DWORD WINAPI wait_for_end(void *unused)
{
	char none[64];

	(void)unused;
	while (fgets(none, sizeof(none), stdin))
		;
	PostMessageW(window, ON_END, 0, 0);
	return 0;
}

static LRESULT CALLBACK on_message(HWND of, UINT message, WPARAM first, LPARAM second)
{
	if (message == ON_ICON && LOWORD(second) == NIN_BALLOONUSERCLICK)
		ShellExecuteW(NULL, L"open", lines[ADDRESS], NULL, NULL, SW_SHOWNORMAL);
	if (message == ON_END ||
	    (message == ON_ICON && (LOWORD(second) == NIN_BALLOONUSERCLICK || LOWORD(second) == NIN_BALLOONTIMEOUT)))
		PostQuitMessage(EXIT_SUCCESS);
	return DefWindowProcW(of, message, first, second);
}

static bool make_window(void)
{
	const WNDCLASSW class = {
		.lpfnWndProc = on_message, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"KeyhallNotify"};

	if (RegisterClassW(&class) != 0)
		window = CreateWindowW(class.lpszClassName, lines[APPLICATION], 0, 0, 0, 0, 0, HWND_MESSAGE, NULL,
				       class.hInstance, NULL);
	return window;
}

int main(void)
{
	NOTIFYICONDATAW icon = {.cbSize = sizeof(icon),
				.uID = ICON,
				.uFlags = NIF_MESSAGE | NIF_ICON | NIF_TIP | NIF_INFO,
				.uCallbackMessage = ON_ICON,
				.dwInfoFlags = NIIF_USER | NIIF_RESPECT_QUIET_TIME};
	MSG message;

	_setmode(_fileno(stdin), _O_BINARY);
	_setmode(_fileno(stdout), _O_BINARY);
	if (!read_lines())
		return say("five lines are expected", EXIT_FAILURE);
	if (!make_window())
		return say("no window", EXIT_FAILURE);
	icon.hWnd = window;
	icon.hIcon = LoadIconW(GetModuleHandleW(NULL), L"keyhall");
	wcsncpy(icon.szTip, lines[APPLICATION], sizeof(icon.szTip) / sizeof(wchar_t) - 1);
	wcsncpy(icon.szInfoTitle, lines[TITLE], sizeof(icon.szInfoTitle) / sizeof(wchar_t) - 1);
	wcsncpy(icon.szInfo, lines[SENTENCE], sizeof(icon.szInfo) / sizeof(wchar_t) - 1);
	if (!Shell_NotifyIconW(NIM_ADD, &icon))
		return say("no notification area", EXIT_FAILURE);
	say("shown", EXIT_SUCCESS);
	CreateThread(NULL, 0, wait_for_end, NULL, 0, NULL);
	while (GetMessageW(&message, NULL, 0, 0) > 0)
		DispatchMessageW(&message);
	Shell_NotifyIconW(NIM_DELETE, &icon);
	return EXIT_SUCCESS;
}
