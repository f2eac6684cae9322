/*
 * Windows tells a window: it is never shown, and has a thread of its own, which waits for its messages.
 */
#include "devices.h"

#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

#include <dbt.h>

struct kh_devices {
	HANDLE thread;
	HANDLE begun; /* the event that the window is there, or will never be */
	HWND window;  /* NULL: it is not */
	uv_async_t wake;
	void (*changed)(void *context);
	void *context;
};

/* GUID_DEVINTERFACE_USB_DEVICE: every device, whatever it is. */
static const GUID usb = {0xa5dcbf10, 0x6530, 0x11d2, {0x90, 0x1f, 0x00, 0xc0, 0x4f, 0xb9, 0x51, 0xed}};

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM first, LPARAM second)
{
	struct kh_devices *devices = (struct kh_devices *)GetWindowLongPtrW(window, GWLP_USERDATA);

	if (devices && message == WM_DEVICECHANGE && (first == DBT_DEVICEARRIVAL || first == DBT_DEVICEREMOVECOMPLETE))
		uv_async_send(&devices->wake);
	if (message == WM_DESTROY)
		PostQuitMessage(EXIT_SUCCESS);
	return DefWindowProcW(window, message, first, second);
}

static HWND make_window(struct kh_devices *devices)
{
	const WNDCLASSW class = {
		.lpfnWndProc = on_message, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"KeyhallDevices"};
	DEV_BROADCAST_DEVICEINTERFACE_W wanted = {
		.dbcc_size = sizeof(wanted), .dbcc_devicetype = DBT_DEVTYP_DEVICEINTERFACE, .dbcc_classguid = usb};
	HWND window;

	RegisterClassW(&class);
	window = CreateWindowW(class.lpszClassName, L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, class.hInstance, NULL);
	if (!window)
		return NULL;
	SetWindowLongPtrW(window, GWLP_USERDATA, (LONG_PTR)devices);
	if (RegisterDeviceNotificationW(window, &wanted, DEVICE_NOTIFY_WINDOW_HANDLE))
		return window;
	DestroyWindow(window);
	return NULL;
}

static DWORD WINAPI wait_for_messages(void *context)
{
	struct kh_devices *devices = context;
	bool there;
	MSG message;

	devices->window = make_window(devices);
	there = devices->window;
	SetEvent(devices->begun);
	while (there && GetMessageW(&message, NULL, 0, 0) > 0)
		DispatchMessageW(&message);
	return EXIT_SUCCESS;
}

static void on_wake(uv_async_t *wake)
{
	struct kh_devices *devices = wake->data;

	devices->changed(devices->context);
}

static void closed(uv_handle_t *wake)
{
	free(wake->data);
}

struct kh_devices *kh_devices_watch(uv_loop_t *loop, void (*changed)(void *context), void *context)
{
	struct kh_devices *devices = calloc(1, sizeof(*devices));

	if (!devices)
		return NULL;
	devices->changed = changed;
	devices->context = context;
	uv_async_init(loop, &devices->wake, on_wake);
	devices->wake.data = devices;
	devices->begun = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (devices->begun)
		devices->thread = CreateThread(NULL, 0, wait_for_messages, devices, 0, NULL);
	if (devices->thread)
		WaitForSingleObject(devices->begun, INFINITE);
	if (devices->window)
		return devices;
	kh_devices_finish(devices);
	return NULL;
}

void kh_devices_finish(struct kh_devices *devices)
{
	if (!devices)
		return;
	if (devices->window)
		PostMessageW(devices->window, WM_CLOSE, 0, 0);
	if (devices->thread) {
		WaitForSingleObject(devices->thread, INFINITE);
		CloseHandle(devices->thread);
	}
	if (devices->begun)
		CloseHandle(devices->begun);
	uv_close((uv_handle_t *)&devices->wake, closed);
}
