/* plug: tells the agent, as Windows does, that a device has come. The status says whether somebody listens. */
#include <windows.h>

#include <dbt.h>

int main(void)
{
	HWND window = FindWindowExW(HWND_MESSAGE, NULL, L"KeyhallDevices", NULL);

	if (!window)
		return 1;
	SendMessageW(window, WM_DEVICECHANGE, DBT_DEVICEARRIVAL, 0);
	return 0;
}
