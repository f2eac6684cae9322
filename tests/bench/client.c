/*
 * A blocking WebSocket client (RFC 6455) on a raw socket: text frames only, one
 * mask for all, so that the client costs as little as it can.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define MASK 0x5a

static void write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length > 0) {
		ssize_t wrote = send(fd, at, length, MSG_NOSIGNAL);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			bench_die("the connection broke while writing");
		at += wrote;
		length -= (size_t)wrote;
	}
}

/* False when the connection ended. */
static bool try_fill(struct client *client, size_t wanted)
{
	while (client->pending_length < wanted) {
		ssize_t got;

		if (client->pending_size < wanted + 65536) {
			client->pending_size = wanted + 65536;
			client->pending = realloc(client->pending, client->pending_size);
			if (!client->pending)
				bench_die("out of memory");
		}
		got = recv(client->fd, client->pending + client->pending_length,
			   client->pending_size - client->pending_length, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		client->pending_length += (size_t)got;
	}
	return true;
}

static void fill(struct client *client, size_t wanted)
{
	if (!try_fill(client, wanted))
		bench_die("the connection was closed");
}

static void consume(struct client *client, size_t length)
{
	client->pending_length -= length;
	memmove(client->pending, client->pending + length, client->pending_length);
}

static int dial(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct timeval patience = {.tv_sec = 60};

	if (fd < 0)
		bench_die("socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

bool client_open(struct client *client, int port, const char *origin, const char *protocol)
{
	char request[1024];
	const char *end;
	size_t seen = 0;
	int length;

	*client = (struct client){.fd = dial(port)};
	if (client->fd < 0)
		return false;
	length = snprintf(request, sizeof request,
			  "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
			  "Sec-WebSocket-Protocol: %s\r\nOrigin: %s\r\n\r\n",
			  port, protocol, origin);
	write_all(client->fd, request, (size_t)length);
	do {
		/* A server that is still trying whether its port is free. */
		if (!try_fill(client, ++seen)) {
			client_close(client);
			return false;
		}
		end = memmem(client->pending, client->pending_length, "\r\n\r\n", 4);
	} while (!end);
	if (strncmp(client->pending, "HTTP/1.1 101", 12) != 0)
		bench_die("the upgrade was refused: %.40s", client->pending);
	consume(client, (size_t)(end + 4 - client->pending));
	return true;
}

void client_send(struct client *client, const char *text, size_t length)
{
	unsigned char frame[66000] = {0x81};
	size_t at = 2;

	if (length > 65535)
		bench_die("a request of %zu bytes is too long", length);
	if (length < 126) {
		frame[1] = (unsigned char)(0x80 | length);
	} else {
		frame[1] = 0x80 | 126;
		frame[at++] = (unsigned char)(length >> 8);
		frame[at++] = (unsigned char)length;
	}
	memset(frame + at, MASK, 4);
	at += 4;
	for (size_t i = 0; i < length; i++)
		frame[at++] = (unsigned char)(text[i] ^ MASK);
	write_all(client->fd, frame, at);
}

/* Appends one frame to the message; true when it was the final one. */
static bool receive_frame(struct client *client)
{
	const unsigned char *head;
	size_t length, at = 2;
	unsigned char first;

	fill(client, 2);
	head = (const unsigned char *)client->pending;
	first = head[0];
	length = head[1] & 0x7f;
	if (length >= 126) {
		size_t more = length == 126 ? 2 : 8;

		fill(client, 2 + more);
		head = (const unsigned char *)client->pending;
		for (length = 0; at < 2 + more; at++)
			length = length << 8 | head[at];
	}
	fill(client, at + length);
	if ((first & 0x0f) == 8)
		bench_die("the server closed the connection, code %d",
			  length >= 2 ? (unsigned char)client->pending[at] << 8 | (unsigned char)client->pending[at + 1]
				      : 0);
	if ((first & 0x0f) < 8) {
		if (client->size < client->length + length + 1) {
			client->size = client->length + length + 65536;
			client->message = realloc(client->message, client->size);
			if (!client->message)
				bench_die("out of memory");
		}
		memcpy(client->message + client->length, client->pending + at, length);
		client->length += length;
		client->message[client->length] = 0;
	}
	consume(client, at + length);
	return (first & 0x80) && (first & 0x0f) < 8;
}

void client_receive(struct client *client)
{
	client->length = 0;
	while (!receive_frame(client))
		;
}

void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->message);
	free(client->pending);
	*client = (struct client){.fd = -1};
}
