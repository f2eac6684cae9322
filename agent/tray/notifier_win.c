/*
 * An icon of the taskbar by Shell_NotifyIcon, in its version 4: that tells of the keyboard, too, and where the icon is.
 */
#include "tray/notifier.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <windows.h>

#include <shellapi.h>
#include <windowsx.h>

#include "bytes.h"
#include "cleanup.h"
#include "tray/menu_win.h"
#include "wide_win.h"

#define CLASS L"KeyhallTray"
#define ONLY L"Local\\KeyhallTray" /* one of a session */
#define ICON 1
#define AGAIN 1 /* a timer: a busy taskbar does not answer, at login above all */
#define AGAIN_MS 10000
#define STOP_MS 10000
#define NAME_MAX_UNITS 64

/* Messages to the window. Any program may send them: they carry no pointer. */
enum { ON_ICON = WM_APP, ON_FACE, ON_CHANGE, ON_END };

/* What the loop is to hear: an action's bit, or one of these. */
#define LOOKED (1u << KH_TRAY_ACTIONS)
#define GONE (LOOKED << 1)

struct kh_notifier {
	struct kh_notifier_ears ears;
	HANDLE only;
	uv_async_t wake;
	_Atomic unsigned heard;
	const struct kh_tray_face *_Atomic next; /* that it is to show */
	uv_thread_t thread;
	uv_sem_t ready;
	HWND window; /* NULL: there is none */
	/* The thread's. */
	UINT taskbar_created;
	DWORD clicked; /* as GetTickCount() */
	const struct kh_tray_face *face;
};

/* --- what is heard --- */

static void hear(struct kh_notifier *notifier, unsigned what)
{
	atomic_fetch_or(&notifier->heard, what);
	uv_async_send(&notifier->wake);
}

static void on_wake(uv_async_t *wake)
{
	struct kh_notifier *notifier = wake->data;
	const struct kh_notifier_ears *ears = &notifier->ears;
	unsigned heard = atomic_exchange(&notifier->heard, 0);

	for (int i = 0; i < KH_TRAY_ACTIONS; i++) {
		if (heard & 1u << i)
			ears->chosen(ears->context, (enum kh_tray_action)i);
	}
	if (heard & LOOKED)
		ears->looked(ears->context);
	if (heard & GONE)
		ears->gone(ears->context);
}

/* The browser may come to the front. */
static void choose(struct kh_notifier *notifier, enum kh_tray_action action)
{
	AllowSetForegroundWindow(ASFW_ANY);
	hear(notifier, 1u << action);
}

/* A double click comes as two, and so does Enter. */
static void click(struct kh_notifier *notifier)
{
	const DWORD now = GetTickCount();

	if (now - notifier->clicked > GetDoubleClickTime())
		choose(notifier, notifier->face->primary);
	notifier->clicked = now;
}

static void ask(struct kh_notifier *notifier, POINT place)
{
	enum kh_tray_action action;

	hear(notifier, LOOKED);
	action = kh_menu_ask(notifier->window, notifier->face, place);
	if (action != KH_TRAY_ACTIONS)
		choose(notifier, action);
}

static void on_icon(struct kh_notifier *notifier, UINT what, POINT place)
{
	if (what == WM_CONTEXTMENU)
		ask(notifier, place);
	else if (what == NIN_SELECT || what == NIN_KEYSELECT)
		click(notifier);
}

/* --- the icon --- */

static HICON load_icon(const struct kh_notifier *notifier)
{
	const int size = GetSystemMetricsForDpi(SM_CXSMICON, GetDpiForWindow(notifier->window));
	wchar_t name[NAME_MAX_UNITS];

	if (!kh_wide(notifier->face->icon, name, NAME_MAX_UNITS))
		return NULL;
	return LoadImageW(GetModuleHandleW(NULL), name, IMAGE_ICON, size, size, LR_DEFAULTCOLOR);
}

/* Of more than there is room for the end is "…". */
static void write_tip(const struct kh_tray_face *face, wchar_t *tip, size_t units)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	wchar_t wide[KH_WIDE_MAX];
	size_t end = units - 2;

	kh_buffer_printf(&text, "%s\n%s", face->title, face->sentence);
	if (text.failed || !kh_wide(text.data, wide, KH_WIDE_MAX))
		return;
	if (wcslen(wide) >= units) {
		if (IS_HIGH_SURROGATE(wide[end - 1]))
			end--;
		wcscpy(wide + end, L"…");
	}
	wcscpy(tip, wide);
}

/* A taskbar that has the icon changes it; one that is new gets it. */
static void show(struct kh_notifier *notifier)
{
	NOTIFYICONDATAW data = {
		.cbSize = sizeof(data),
		.hWnd = notifier->window,
		.uID = ICON,
		.uFlags = NIF_MESSAGE | NIF_ICON | NIF_TIP | NIF_SHOWTIP,
		.uCallbackMessage = ON_ICON,
		.uVersion = NOTIFYICON_VERSION_4,
	};

	if (!notifier->face)
		return;
	KillTimer(notifier->window, AGAIN);
	data.hIcon = load_icon(notifier);
	write_tip(notifier->face, data.szTip, sizeof(data.szTip) / sizeof(data.szTip[0]));
	if (!(Shell_NotifyIconW(NIM_MODIFY, &data) || Shell_NotifyIconW(NIM_ADD, &data)) ||
	    !Shell_NotifyIconW(NIM_SETVERSION, &data))
		SetTimer(notifier->window, AGAIN, AGAIN_MS, NULL);
	DestroyIcon(data.hIcon);
}

static void take_away(const struct kh_notifier *notifier)
{
	NOTIFYICONDATAW data = {.cbSize = sizeof(data), .hWnd = notifier->window, .uID = ICON};

	Shell_NotifyIconW(NIM_DELETE, &data);
}

/* --- the window --- */

static LRESULT on_message(struct kh_notifier *notifier, UINT message, WPARAM first, LPARAM second)
{
	switch (message) {
	case ON_ICON:
		if (HIWORD(second) == ICON && notifier->face)
			on_icon(notifier, LOWORD(second), (POINT){GET_X_LPARAM(first), GET_Y_LPARAM(first)});
		return 0;
	case ON_FACE:
		notifier->face = notifier->next;
		PostMessageW(notifier->window, ON_CHANGE, 0, 0);
		return 0;
	case ON_CHANGE:
	case WM_TIMER:
	case WM_DPICHANGED:
		show(notifier);
		return 0;
	case ON_END:
		EndMenu();
		DestroyWindow(notifier->window);
		return 0;
	case WM_CLOSE:
		hear(notifier, GONE);
		return 0;
	case WM_ENDSESSION:
		if (first)
			hear(notifier, GONE);
		return 0;
	case WM_DESTROY:
		take_away(notifier);
		hear(notifier, GONE);
		PostQuitMessage(0);
		return 0;
	default:
		if (message == notifier->taskbar_created)
			show(notifier);
		return DefWindowProcW(notifier->window, message, first, second);
	}
}

static LRESULT CALLBACK on_any_message(HWND window, UINT message, WPARAM first, LPARAM second)
{
	struct kh_notifier *notifier = (struct kh_notifier *)GetWindowLongPtrW(window, GWLP_USERDATA);

	return notifier ? on_message(notifier, message, first, second) : DefWindowProcW(window, message, first, second);
}

/* Not a message-only window: those hear nothing of a new taskbar or of the session's end. */
static HWND make_window(struct kh_notifier *notifier)
{
	const WNDCLASSW class = {
		.lpfnWndProc = on_any_message, .hInstance = GetModuleHandleW(NULL), .lpszClassName = CLASS};
	HWND window = NULL;

	notifier->taskbar_created = RegisterWindowMessageW(L"TaskbarCreated");
	if (RegisterClassW(&class) != 0)
		window = CreateWindowExW(WS_EX_TOOLWINDOW, CLASS, CLASS, WS_POPUP, 0, 0, 0, 0, NULL, NULL,
					 class.hInstance, NULL);
	if (window)
		SetWindowLongPtrW(window, GWLP_USERDATA, (LONG_PTR)notifier);
	return window;
}

static void live(void *context)
{
	struct kh_notifier *notifier = context;
	MSG message;

	notifier->window = make_window(notifier);
	uv_sem_post(&notifier->ready);
	while (notifier->window && GetMessageW(&message, NULL, 0, 0) > 0)
		DispatchMessageW(&message);
}

/* --- its life --- */

static bool start_thread(struct kh_notifier *notifier)
{
	if (uv_sem_init(&notifier->ready, 0) != 0)
		return false;
	if (uv_thread_create(&notifier->thread, live, notifier) == 0) {
		uv_sem_wait(&notifier->ready);
		if (!notifier->window)
			uv_thread_join(&notifier->thread);
	}
	uv_sem_destroy(&notifier->ready);
	return notifier->window;
}

static void closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void leave(struct kh_notifier *notifier)
{
	if (notifier->only)
		CloseHandle(notifier->only);
	uv_close((uv_handle_t *)&notifier->wake, closed);
}

struct kh_notifier *kh_notifier_new(uv_loop_t *loop, const struct kh_notifier_ears *ears)
{
	struct kh_notifier *notifier = calloc(1, sizeof(*notifier));

	if (!notifier)
		return NULL;
	notifier->ears = *ears;
	uv_async_init(loop, &notifier->wake, on_wake);
	uv_unref((uv_handle_t *)&notifier->wake);
	notifier->wake.data = notifier;
	notifier->only = CreateMutexW(NULL, FALSE, ONLY);
	if (notifier->only && GetLastError() != ERROR_ALREADY_EXISTS && start_thread(notifier))
		return notifier;
	leave(notifier);
	return NULL;
}

void kh_notifier_show(struct kh_notifier *notifier, const struct kh_tray_face *face)
{
	notifier->next = face;
	SendMessageW(notifier->window, ON_FACE, 0, 0);
}

void kh_notifier_free(struct kh_notifier *notifier)
{
	if (!notifier)
		return;
	PostMessageW(notifier->window, ON_END, 0, 0);
	uv_thread_join(&notifier->thread);
	leave(notifier);
}

bool kh_notifier_stop(void)
{
	HWND window = FindWindowW(CLASS, NULL);
	DWORD number = 0;
	HANDLE process;
	bool stopped;

	if (!window || GetWindowThreadProcessId(window, &number) == 0)
		return true;
	process = OpenProcess(SYNCHRONIZE, FALSE, number);
	PostMessageW(window, WM_CLOSE, 0, 0);
	stopped = process && WaitForSingleObject(process, STOP_MS) == WAIT_OBJECT_0;
	if (process)
		CloseHandle(process);
	return stopped;
}
