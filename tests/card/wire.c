#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void wire_init(struct wire *wire)
{
	wire->fd = -1;
}

bool wire_plug(struct wire *wire, uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		close(fd);
		return false;
	}
	wire->fd = fd;
	return true;
}

void wire_pull(struct wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
}

/* vpcd sends length and bytes in two packets and waits for the first one's acknowledgment, which is held back for 40 ms
 * unless it is asked for, and that anew each time. */
static bool receive_all(struct wire *wire, unsigned char *bytes, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t count;
		int on = 1;

		setsockopt(wire->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
		count = recv(wire->fd, bytes + done, length - done, 0);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		done += (size_t)count;
	}
	return true;
}

bool wire_receive(struct wire *wire, int milliseconds)
{
	struct pollfd waiting = {.fd = wire->fd, .events = POLLIN};
	unsigned char head[2];

	if (poll(&waiting, 1, milliseconds) <= 0)
		return false;
	if (receive_all(wire, head, sizeof head)) {
		wire->length = (size_t)head[0] << 8 | head[1];
		if (receive_all(wire, wire->bytes, wire->length))
			return true;
	}
	wire_pull(wire);
	return false;
}

void wire_send(struct wire *wire, const void *data, size_t length)
{
	unsigned char frame[2 + WIRE_MAX];
	size_t done = 0;

	frame[0] = (unsigned char)(length >> 8);
	frame[1] = (unsigned char)(length & 0xff);
	memcpy(frame + 2, data, length);
	while (done < 2 + length) {
		ssize_t count = send(wire->fd, frame + done, 2 + length - done, MSG_NOSIGNAL);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			wire_pull(wire);
			return;
		}
		done += (size_t)count;
	}
}
