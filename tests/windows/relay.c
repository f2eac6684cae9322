/*
 * relay PORT TO: a door for a client that runs outside of wine. The daemon asks the system
 * who is at the other end of a connection; it would be nobody that wine knows. One
 * connection after the other, each with two threads; "relay: PORT" when it listens (0: any).
 */
#include <windows.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <stdlib.h>

struct way {
	SOCKET from, to;
};

static DWORD WINAPI carry(void *context)
{
	struct way way = *(struct way *)context;
	char data[65536];
	int length;

	free(context);
	while ((length = recv(way.from, data, sizeof(data), 0)) > 0) {
		for (int done = 0, sent; done < length; done += sent) {
			sent = send(way.to, data + done, length - done, 0);
			if (sent <= 0)
				return 1;
		}
	}
	shutdown(way.to, SD_SEND);
	return 0;
}

static HANDLE start(SOCKET from, SOCKET to)
{
	struct way *way = malloc(sizeof(*way));

	if (!way)
		abort();
	*way = (struct way){from, to};
	return CreateThread(NULL, 0, carry, way, 0, NULL);
}

static DWORD WINAPI serve(void *context)
{
	struct way ends = *(struct way *)context;
	HANDLE both[] = {start(ends.from, ends.to), start(ends.to, ends.from)};

	free(context);
	WaitForMultipleObjects(2, both, TRUE, INFINITE);
	closesocket(ends.from);
	closesocket(ends.to);
	return 0;
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((u_short)port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

int main(int count, char **values)
{
	struct sockaddr_in own = loopback(count == 3 ? atoi(values[1]) : 0), other;
	int length = sizeof(own);
	SOCKET listener, in;
	WSADATA data;

	if (count != 3 || WSAStartup(MAKEWORD(2, 2), &data) != 0)
		return 2;
	other = loopback(atoi(values[2]));
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&own, sizeof(own)) != 0 || listen(listener, 8) != 0 ||
	    getsockname(listener, (struct sockaddr *)&own, &length) != 0)
		return 1;
	printf("relay: %d\n", ntohs(own.sin_port));
	fflush(stdout);
	while ((in = accept(listener, NULL, NULL)) != INVALID_SOCKET) {
		struct way *ends = malloc(sizeof(*ends));
		SOCKET out = socket(AF_INET, SOCK_STREAM, 0);

		if (!ends)
			abort();
		*ends = (struct way){in, out};
		if (connect(out, (struct sockaddr *)&other, sizeof(other)) != 0) {
			closesocket(in);
			closesocket(out);
			free(ends);
			continue;
		}
		CreateThread(NULL, 0, serve, ends, 0, NULL);
	}
	return 0;
}
