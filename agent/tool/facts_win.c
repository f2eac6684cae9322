/*
 * The machine on Windows: the system, its service for smart cards, the devices on the
 * bus as its own list has them.
 */
#include "tool/facts.h"

#include <string.h>
#include <windows.h>

#include <setupapi.h>

#include "environment/reader.h"
#include "system.h"
#include "wide_win.h"

static void tell_property(struct kh_buffer *out, HDEVINFO devices, SP_DEVINFO_DATA *device, DWORD property)
{
	wchar_t wide[256];
	char text[sizeof(wide)];

	if (!SetupDiGetDeviceRegistryPropertyW(devices, device, property, NULL, (BYTE *)wide, sizeof(wide), NULL))
		return;
	wide[sizeof(wide) / sizeof(wide[0]) - 1] = L'\0';
	if (kh_narrow(wide, text, sizeof(text))) {
		kh_buffer_append_text(out, " ");
		kh_utf8_append(out, text, strlen(text));
	}
}

/* The first of its hardware ids has vendor and product. */
static void tell_usb(struct kh_buffer *out)
{
	HDEVINFO devices = SetupDiGetClassDevsW(NULL, L"USB", NULL, DIGCF_PRESENT | DIGCF_ALLCLASSES);
	SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
	DWORD count = 0;

	kh_buffer_append_text(out, "USB (hardware id, class, name)\n");
	while (devices != INVALID_HANDLE_VALUE && SetupDiEnumDeviceInfo(devices, count, &device)) {
		kh_buffer_append_text(out, " ");
		tell_property(out, devices, &device, SPDRP_HARDWAREID);
		tell_property(out, devices, &device, SPDRP_CLASS);
		tell_property(out, devices, &device, SPDRP_DEVICEDESC);
		kh_buffer_append_text(out, "\n");
		count++;
	}
	if (devices != INVALID_HANDLE_VALUE)
		SetupDiDestroyDeviceInfoList(devices);
	if (count == 0)
		kh_buffer_append_text(out, "  nothing\n");
}

static void tell_reader_service(struct kh_buffer *out)
{
	static const char *const states[] = {
		[KH_READER_RUNS] = "runs, or starts when it is needed",
		[KH_READER_STOPPED] = "switched off",
		[KH_READER_ABSENT] = "not installed",
	};

	kh_buffer_printf(out, "PC/SC (SCardSvr): %s\n", states[kh_reader_service()]);
}

static void tell_system(struct kh_buffer *out)
{
	char text[256];
	DWORD session = 0;

	kh_system_describe(text, sizeof(text));
	kh_buffer_printf(out, "System: %s, %zu bit\n", text, sizeof(void *) * 8);
	kh_buffer_printf(out, "Code page: %u\n", GetACP());
	if (ProcessIdToSessionId(GetCurrentProcessId(), &session))
		kh_buffer_printf(out, "Session: %lu%s\n", session,
				 GetSystemMetrics(SM_REMOTESESSION) ? ", over the network" : "");
}

void kh_facts_tell(struct kh_buffer *out)
{
	tell_system(out);
	tell_reader_service(out);
	tell_usb(out);
}
