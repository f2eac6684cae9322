/*
 * The PIN window. Lengths are in pixels of a screen with 96 dots an inch.
 */
#include "pin/dialog_win.h"

#include <stdbool.h>
#include <windows.h>

#define WIDTH 400 /* of what is in it */
#define MARGIN 20
#define GAP 12
#define SMALL_GAP 6
#define FIELD_HEIGHT 26
#define BUTTON_WIDTH 96
#define BUTTON_HEIGHT 30
#define DPI 96
#define PIN_UNITS 255
#define DEAF_MS 500 /* from the start: what is pressed was meant for another window */
#define WARNING_COLOUR RGB(0xb0, 0x00, 0x20)

enum part { DESCRIPTION, PROMPT, FIELD, WARNING, OK, CANCEL, PARTS };

struct window {
	const struct kh_dialog *dialog;
	struct kh_secret *pin;
	HWND frame, parts[PARTS];
	HFONT font;
	UINT dpi;
	ULONGLONG shown; /* ms */
	enum kh_dialog_end end;
	bool done;
};

static int scaled(const struct window *window, int length)
{
	return MulDiv(length, (int)window->dpi, DPI);
}

/* --- how it looks --- */

static void choose_font(struct window *window)
{
	NONCLIENTMETRICSW metrics = {.cbSize = sizeof(metrics)};
	HFONT before = window->font;

	if (SystemParametersInfoForDpi(SPI_GETNONCLIENTMETRICS, sizeof(metrics), &metrics, 0, window->dpi))
		window->font = CreateFontIndirectW(&metrics.lfMessageFont);
	for (size_t i = 0; i < PARTS; i++)
		SendMessageW(window->parts[i], WM_SETFONT, (WPARAM)window->font, TRUE);
	if (before && before != window->font)
		DeleteObject(before);
}

static int text_height(const struct window *window, const wchar_t *text)
{
	RECT room = {.right = scaled(window, WIDTH)};
	HDC device = GetDC(window->frame);
	HGDIOBJ before = SelectObject(device, window->font);

	DrawTextW(device, text, -1, &room, DT_CALCRECT | DT_WORDBREAK | DT_NOPREFIX | DT_EDITCONTROL);
	SelectObject(device, before);
	ReleaseDC(window->frame, device);
	return room.bottom;
}

/* Puts a part below what is there; without a height it is not shown. */
static void put(const struct window *window, enum part part, int *top, int height, int gap)
{
	ShowWindow(window->parts[part], height > 0 ? SW_SHOWNA : SW_HIDE);
	if (height == 0)
		return;
	MoveWindow(window->parts[part], scaled(window, MARGIN), *top, scaled(window, WIDTH), height, TRUE);
	*top += height + scaled(window, gap);
}

static void put_buttons(const struct window *window, int top)
{
	const int width = scaled(window, BUTTON_WIDTH), height = scaled(window, BUTTON_HEIGHT);
	const int right = scaled(window, MARGIN + WIDTH);

	MoveWindow(window->parts[OK], right - 2 * width - scaled(window, GAP), top, width, height, TRUE);
	MoveWindow(window->parts[CANCEL], right - width, top, width, height, TRUE);
}

/* The height of all. */
static int put_parts(const struct window *window)
{
	const struct kh_dialog *dialog = window->dialog;
	const bool asks = window->pin;
	int top = scaled(window, MARGIN);

	put(window, DESCRIPTION, &top, text_height(window, dialog->description), GAP);
	put(window, PROMPT, &top, asks ? text_height(window, dialog->prompt) : 0, SMALL_GAP);
	put(window, FIELD, &top, asks ? scaled(window, FIELD_HEIGHT) : 0, SMALL_GAP);
	put(window, WARNING, &top, dialog->warning[0] ? text_height(window, dialog->warning) : 0, SMALL_GAP);
	top += scaled(window, GAP);
	put_buttons(window, top);
	return top + scaled(window, BUTTON_HEIGHT + MARGIN);
}

/* Where the user works, in the middle. */
static void arrange(struct window *window, HMONITOR screen)
{
	MONITORINFO about = {.cbSize = sizeof(about)};
	RECT size = {0};

	choose_font(window);
	size.right = scaled(window, WIDTH + 2 * MARGIN);
	size.bottom = put_parts(window);
	AdjustWindowRectExForDpi(&size, (DWORD)GetWindowLongPtrW(window->frame, GWL_STYLE), FALSE,
				 (DWORD)GetWindowLongPtrW(window->frame, GWL_EXSTYLE), window->dpi);
	GetMonitorInfoW(screen, &about);
	SetWindowPos(window->frame, HWND_TOPMOST,
		     (about.rcWork.left + about.rcWork.right - (size.right - size.left)) / 2,
		     (about.rcWork.top + about.rcWork.bottom - (size.bottom - size.top)) / 2, size.right - size.left,
		     size.bottom - size.top, SWP_NOACTIVATE);
}

/* --- what it does --- */

/* The field forgets it, too. */
static void take_pin(struct window *window)
{
	wchar_t text[PIN_UNITS + 1] = L"";
	int units = GetWindowTextW(window->parts[FIELD], text, PIN_UNITS + 1), length = 0;

	if (units > 0)
		length = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, units, (char *)window->pin->bytes,
					     KH_SECRET_MAX, NULL, NULL);
	window->pin->length = (size_t)length;
	window->pin->bytes[length] = '\0';
	kh_wipe(text, sizeof(text));
	for (int i = 0; i < units; i++)
		text[i] = L' ';
	SetWindowTextW(window->parts[FIELD], text);
	SetWindowTextW(window->parts[FIELD], L"");
}

static void finish(struct window *window, enum kh_dialog_end end)
{
	if (end == KH_DIALOG_OK && GetTickCount64() - window->shown < DEAF_MS)
		return;
	if (window->pin && end == KH_DIALOG_OK)
		take_pin(window);
	window->end = end;
	window->done = true;
}

static LRESULT CALLBACK on_message(HWND frame, UINT message, WPARAM first, LPARAM second)
{
	struct window *window = (struct window *)GetWindowLongPtrW(frame, GWLP_USERDATA);

	if (!window)
		return DefWindowProcW(frame, message, first, second);
	switch (message) {
	case WM_COMMAND:
		if (LOWORD(first) == IDOK || LOWORD(first) == IDCANCEL)
			finish(window, LOWORD(first) == IDOK ? KH_DIALOG_OK : KH_DIALOG_CANCELLED);
		return 0;
	case WM_CLOSE:
		finish(window, KH_DIALOG_CANCELLED);
		return 0;
	case WM_TIMER:
		finish(window, KH_DIALOG_TIMEOUT);
		return 0;
	case WM_ACTIVATE:
		if (LOWORD(first) != WA_INACTIVE)
			SetFocus(window->parts[window->pin ? FIELD : CANCEL]);
		return 0;
	case WM_DPICHANGED:
		window->dpi = HIWORD(first);
		arrange(window, MonitorFromWindow(frame, MONITOR_DEFAULTTONEAREST));
		return 0;
	case WM_CTLCOLORSTATIC:
		SetTextColor((HDC)first,
			     (HWND)second == window->parts[WARNING] ? WARNING_COLOUR : GetSysColor(COLOR_WINDOWTEXT));
		SetBkMode((HDC)first, TRANSPARENT);
		return (LRESULT)GetSysColorBrush(COLOR_WINDOW);
	default:
		return DefWindowProcW(frame, message, first, second);
	}
}

static bool make_parts(struct window *window)
{
	const struct kh_dialog *dialog = window->dialog;
	const struct {
		const wchar_t *class, *text;
		DWORD style;
		UINT_PTR id;
	} rows[PARTS] = {
		[DESCRIPTION] = {L"STATIC", dialog->description, SS_NOPREFIX | SS_EDITCONTROL, 0},
		[PROMPT] = {L"STATIC", dialog->prompt, SS_NOPREFIX | SS_EDITCONTROL, 0},
		[FIELD] = {L"EDIT", L"", WS_TABSTOP | WS_BORDER | ES_PASSWORD | ES_AUTOHSCROLL, 0},
		[WARNING] = {L"STATIC", dialog->warning, SS_NOPREFIX | SS_EDITCONTROL, 0},
		[OK] = {L"BUTTON", dialog->ok, WS_VISIBLE | WS_TABSTOP | BS_DEFPUSHBUTTON, IDOK},
		[CANCEL] = {L"BUTTON", dialog->cancel, WS_VISIBLE | WS_TABSTOP, IDCANCEL},
	};

	for (size_t i = 0; i < PARTS; i++) {
		window->parts[i] = CreateWindowW(rows[i].class, rows[i].text, WS_CHILD | rows[i].style, 0, 0, 0, 0,
						 window->frame, (HMENU)rows[i].id, GetModuleHandleW(NULL), NULL);
		if (!window->parts[i])
			return false;
	}
	SendMessageW(window->parts[FIELD], EM_SETLIMITTEXT, PIN_UNITS, 0);
	return true;
}

/* Windows may leave the keyboard with another window: then this one asks for it. */
static void come_forward(struct window *window)
{
	FLASHWINFO flash = {.cbSize = sizeof(flash), .dwFlags = FLASHW_ALL | FLASHW_TIMERNOFG};

	ShowWindow(window->frame, SW_SHOW);
	window->shown = GetTickCount64();
	flash.hwnd = window->frame;
	if (!SetForegroundWindow(window->frame) || GetForegroundWindow() != window->frame)
		FlashWindowEx(&flash);
}

static bool make(struct window *window)
{
	const WNDCLASSW class = {.lpfnWndProc = on_message,
				 .hInstance = GetModuleHandleW(NULL),
				 .hCursor = LoadCursorW(NULL, (LPCWSTR)IDC_ARROW),
				 .hbrBackground = GetSysColorBrush(COLOR_WINDOW),
				 .lpszClassName = L"KeyhallPin"};
	HMONITOR screen = MonitorFromWindow(GetForegroundWindow(), MONITOR_DEFAULTTOPRIMARY);
	MONITORINFO about = {.cbSize = sizeof(about)};

	RegisterClassW(&class);
	GetMonitorInfoW(screen, &about);
	window->frame = CreateWindowExW(WS_EX_TOPMOST | WS_EX_DLGMODALFRAME | WS_EX_APPWINDOW, class.lpszClassName,
					window->dialog->title, WS_POPUP | WS_CAPTION | WS_SYSMENU, about.rcWork.left,
					about.rcWork.top, 0, 0, NULL, NULL, class.hInstance, NULL);
	if (!window->frame || !make_parts(window))
		return false;
	SetWindowLongPtrW(window->frame, GWLP_USERDATA, (LONG_PTR)window);
	window->dpi = GetDpiForWindow(window->frame);
	arrange(window, screen);
	if (window->dialog->seconds > 0)
		SetTimer(window->frame, 1, window->dialog->seconds * 1000, NULL);
	return true;
}

enum kh_dialog_end kh_dialog_show(const struct kh_dialog *dialog, struct kh_secret *pin)
{
	struct window window = {.dialog = dialog, .pin = pin, .end = KH_DIALOG_FAILED};
	MSG message;

	if (make(&window)) {
		come_forward(&window);
		while (!window.done && GetMessageW(&message, NULL, 0, 0) > 0) {
			if (IsDialogMessageW(window.frame, &message))
				continue;
			TranslateMessage(&message);
			DispatchMessageW(&message);
		}
	}
	if (window.frame) {
		SetWindowLongPtrW(window.frame, GWLP_USERDATA, 0);
		DestroyWindow(window.frame);
	}
	if (window.font)
		DeleteObject(window.font);
	return window.end;
}
