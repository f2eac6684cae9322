/*
 * A notification area for tests: tells what it is asked to show, and is the user at it. It
 * is the taskbar that Shell_NotifyIcon finds while wine's own is below it, and reads what
 * wine 8 sends there (dlls/shell32/systray.c); Windows has another form of it.
 *
 * It writes lines: "ready" · "icon BODY BADGE TEXT" (the colours of two places, rrggbb or
 * "clear"; the tooltip, its lines parted by " | ") · "version NUMBER" · "gone" ·
 * "balloon TITLE | TEXT", of any icon · "open", when the menu is.
 * It reads lines: "click", "menu" (the right button), "key CODE" (to the menu), "again" (it
 * starts again: what it showed is forgotten), "balloon" (a click on the last one),
 * "post MESSAGE FIRST" (to the icon's window).
 */
#include <windows.h>

#include <shellapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASS L"Shell_TrayWnd"
#define TEXT_BYTES 2048
#define DRAWN 16 /* pixels, of the drawing in which the places are */
#define PLACE_X 100
#define PLACE_Y 100
#define ON_AGAIN (WM_APP + 1)

struct data {
	LONG window;
	UINT number, flags, message;
	WCHAR tip[128];
	DWORD state, state_mask;
	WCHAR text[256];
	UINT version;
	WCHAR title[64];
	DWORD text_flags;
	GUID guid;
	UINT width, height, planes, depth;
};

struct icon {
	HWND window; /* NULL: there is none */
	UINT number, message;
};

/* The lock's, and the last that had a balloon. */
static struct icon lock, balloon;
static UINT again;

static void say_text(const char *before, const WCHAR *text)
{
	char narrow[TEXT_BYTES];

	WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, sizeof(narrow), NULL, NULL);
	printf("%s", before);
	for (const char *at = narrow; *at != '\0'; at++) {
		if (*at == '\n')
			printf(" | ");
		else
			putchar(*at);
	}
}

static void say_colour(const struct data *data, UINT x, UINT y)
{
	const BYTE *bits = (const BYTE *)(data + 1) + (data->width + 15) / 16 * 2 * data->height;
	const BYTE *one = bits + (y * data->height / DRAWN * data->width + x * data->width / DRAWN) * 4;

	if (data->depth != 32)
		printf(" %u-bit", data->depth);
	else if (one[3] == 0)
		printf(" clear");
	else
		printf(" %02x%02x%02x", one[2], one[1], one[0]);
}

static void say_icon(const struct data *data)
{
	printf("icon");
	say_colour(data, 4, 10);
	say_colour(data, 9, 13);
	say_text(" ", data->tip);
	printf("\n");
}

static void say_balloon(const struct data *data)
{
	say_text("balloon ", data->title);
	say_text(" | ", data->text);
	printf("\n");
}

static BOOL put(const struct data *data, const struct icon *icon)
{
	if (data->flags & NIF_INFO) {
		balloon = *icon;
		say_balloon(data);
	} else {
		lock = *icon;
		say_icon(data);
	}
	return TRUE;
}

static BOOL ask(DWORD what, const struct data *data)
{
	const struct icon icon = {(HWND)(LONG_PTR)data->window, data->number, data->message};
	const BOOL is_lock = icon.window == lock.window;

	switch (what) {
	case NIM_ADD:
		return !is_lock && put(data, &icon);
	case NIM_MODIFY:
		return is_lock && put(data, &icon);
	case NIM_SETVERSION:
		printf("version %u\n", data->version);
		return is_lock;
	case NIM_DELETE:
		if (is_lock) {
			lock.window = NULL;
			printf("gone\n");
		}
		return TRUE;
	default:
		return FALSE;
	}
}

/* The last to be there is asked first. */
static void come(HWND window)
{
	lock.window = NULL;
	SetWindowPos(window, HWND_TOPMOST, 0, 0, 0, 0, SWP_NOMOVE | SWP_NOSIZE | SWP_NOACTIVATE);
	SendNotifyMessageW(HWND_BROADCAST, again, 0, 0);
}

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM first, LPARAM second)
{
	const COPYDATASTRUCT *copy = (const COPYDATASTRUCT *)second;
	LRESULT answer;

	if (message == ON_AGAIN)
		come(window);
	if (message != WM_COPYDATA || copy->cbData < sizeof(struct data))
		return DefWindowProcW(window, message, first, second);
	answer = ask((DWORD)copy->dwData, copy->lpData);
	fflush(stdout);
	return answer;
}

/* --- the user --- */

static void tell(const struct icon *icon, UINT what)
{
	SendNotifyMessageW(icon->window, icon->message, MAKEWPARAM(PLACE_X, PLACE_Y), MAKELPARAM(what, icon->number));
}

static void wait_for_menu(void)
{
	GUITHREADINFO about = {.cbSize = sizeof(about)};

	do
		Sleep(20);
	while (!GetGUIThreadInfo(GetWindowThreadProcessId(lock.window, NULL), &about) ||
	       !(about.flags & GUI_INMENUMODE));
	printf("open\n");
	fflush(stdout);
}

static DWORD WINAPI read_lines(void *context)
{
	char line[256];
	unsigned code, first;

	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "click\n") == 0) {
			tell(&lock, NIN_SELECT);
		} else if (strcmp(line, "menu\n") == 0) {
			tell(&lock, WM_CONTEXTMENU);
			wait_for_menu();
		} else if (sscanf(line, "key %u", &code) == 1) {
			PostMessageW(lock.window, WM_KEYDOWN, code, 0);
			PostMessageW(lock.window, WM_KEYUP, code, 0);
		} else if (strcmp(line, "again\n") == 0) {
			PostMessageW(context, ON_AGAIN, 0, 0);
		} else if (strcmp(line, "balloon\n") == 0) {
			PostMessageW(balloon.window, balloon.message, balloon.number, NIN_BALLOONUSERCLICK);
		} else if (sscanf(line, "post %u %u", &code, &first) == 2) {
			PostMessageW(lock.window, code, first, 0);
		}
	}
	exit(EXIT_SUCCESS);
}

int main(void)
{
	const WNDCLASSW class = {
		.lpfnWndProc = on_message, .hInstance = GetModuleHandleW(NULL), .lpszClassName = CLASS};
	HWND window;
	MSG message;

	again = RegisterWindowMessageW(L"TaskbarCreated");
	RegisterClassW(&class);
	window = CreateWindowExW(WS_EX_TOOLWINDOW | WS_EX_TOPMOST, CLASS, L"", WS_POPUP, 0, 0, 0, 0, NULL, NULL,
				 class.hInstance, NULL);
	if (!window)
		return EXIT_FAILURE;
	come(window);
	printf("ready\n");
	fflush(stdout);
	CreateThread(NULL, 0, read_lines, window, 0, NULL);
	while (GetMessageW(&message, NULL, 0, 0) > 0)
		DispatchMessageW(&message);
	return EXIT_SUCCESS;
}
