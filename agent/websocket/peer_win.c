/*
 * The peer by the system's table of TCP connections: the row whose local end is our
 * remote end tells the process; it must be of our user and of our session.
 */
#include "websocket/peer.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include <iphlpapi.h>

#include "owner_win.h"

#define ROUNDS 4 /* the table may grow while it is asked for */

struct ends {
	struct sockaddr_storage own;
	struct sockaddr_storage peer;
};

static bool read_ends(SOCKET handle, struct ends *ends)
{
	int length = sizeof(ends->own);

	if (getsockname(handle, (struct sockaddr *)&ends->own, &length) != 0)
		return false;
	length = sizeof(ends->peer);
	return getpeername(handle, (struct sockaddr *)&ends->peer, &length) == 0;
}

/* The caller frees it; NULL: the system does not tell. */
static void *read_table(ULONG family)
{
	ULONG size = 16384;

	for (int i = 0; i < ROUNDS; i++) {
		void *table = malloc(size);
		DWORD status = ERROR_NOT_ENOUGH_MEMORY;

		if (table)
			status = GetExtendedTcpTable(table, &size, FALSE, family, TCP_TABLE_OWNER_PID_CONNECTIONS, 0);
		if (status == NO_ERROR)
			return table;
		free(table);
		if (status != ERROR_INSUFFICIENT_BUFFER)
			return NULL;
		size += size / 2;
	}
	return NULL;
}

/* 0: none, as also for a process that is not there any more. */
static DWORD owner_v4(const struct sockaddr_in *peer, const struct sockaddr_in *own)
{
	MIB_TCPTABLE_OWNER_PID *table = read_table(AF_INET);
	DWORD process = 0;

	for (DWORD i = 0; table && i < table->dwNumEntries; i++) {
		const MIB_TCPROW_OWNER_PID *row = &table->table[i];

		if ((u_short)row->dwLocalPort == peer->sin_port && (u_short)row->dwRemotePort == own->sin_port &&
		    row->dwLocalAddr == peer->sin_addr.s_addr && row->dwRemoteAddr == own->sin_addr.s_addr)
			process = row->dwOwningPid;
	}
	free(table);
	return process;
}

static DWORD owner_v6(const struct sockaddr_in6 *peer, const struct sockaddr_in6 *own)
{
	MIB_TCP6TABLE_OWNER_PID *table = read_table(AF_INET6);
	DWORD process = 0;

	for (DWORD i = 0; table && i < table->dwNumEntries; i++) {
		const MIB_TCP6ROW_OWNER_PID *row = &table->table[i];

		if ((u_short)row->dwLocalPort == peer->sin6_port && (u_short)row->dwRemotePort == own->sin6_port &&
		    memcmp(row->ucLocalAddr, &peer->sin6_addr, sizeof(row->ucLocalAddr)) == 0 &&
		    memcmp(row->ucRemoteAddr, &own->sin6_addr, sizeof(row->ucRemoteAddr)) == 0)
			process = row->dwOwningPid;
	}
	free(table);
	return process;
}

static bool is_loopback(const struct sockaddr_storage *end)
{
	if (end->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)end)->sin_addr.s_addr) >> 24 == 127;
	return end->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)end)->sin6_addr);
}

static bool is_own_user(DWORD process)
{
	HANDLE opened = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process);
	bool own;

	if (!opened)
		return false;
	own = kh_owner_is_own_process(opened);
	CloseHandle(opened);
	return own;
}

static bool is_own_session(DWORD process)
{
	DWORD own, other;

	return ProcessIdToSessionId(GetCurrentProcessId(), &own) && ProcessIdToSessionId(process, &other) &&
	       own == other;
}

bool kh_peer_is_own(intptr_t handle)
{
	struct ends ends;
	DWORD process;

	if (!read_ends((SOCKET)handle, &ends) || !is_loopback(&ends.own) || !is_loopback(&ends.peer))
		return false;
	if (ends.peer.ss_family == AF_INET)
		process = owner_v4((const struct sockaddr_in *)&ends.peer, (const struct sockaddr_in *)&ends.own);
	else
		process = owner_v6((const struct sockaddr_in6 *)&ends.peer, (const struct sockaddr_in6 *)&ends.own);
	return process != 0 && is_own_session(process) && is_own_user(process);
}

void kh_peer_finish(void)
{
}

void kh_peer_hang_up(intptr_t handle)
{
	shutdown((SOCKET)handle, SD_BOTH);
}
