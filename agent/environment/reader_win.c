/* The service SCardSvr. The system starts it with the first reader, or for the first program that asks. */
#include "environment/reader.h"

#include <stdbool.h>
#include <windows.h>

#include <winsvc.h>

static bool may_start(SC_HANDLE service)
{
	union {
		QUERY_SERVICE_CONFIGW config;
		BYTE space[8192]; /* the most that the system gives */
	} answer;
	DWORD needed;

	return QueryServiceConfigW(service, &answer.config, sizeof(answer), &needed) &&
	       answer.config.dwStartType != SERVICE_DISABLED;
}

enum kh_reader_service kh_reader_service(void)
{
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
	SC_HANDLE service =
		manager ? OpenServiceW(manager, L"SCardSvr", SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG) : NULL;
	enum kh_reader_service found = KH_READER_ABSENT;
	SERVICE_STATUS status;

	if (service) {
		bool runs = QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_RUNNING;

		found = runs || may_start(service) ? KH_READER_RUNS : KH_READER_STOPPED;
		CloseServiceHandle(service);
	}
	if (manager)
		CloseServiceHandle(manager);
	return found;
}
