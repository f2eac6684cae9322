/*
 * The peer's user by sock_diag(7): an exact query for the socket whose local
 * end is our remote end. The netlink socket is kept.
 */
#include "websocket/peer.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int diagnosis = -1;

struct ends {
	struct sockaddr_storage own;
	struct sockaddr_storage peer;
};

static bool read_ends(int handle, struct ends *ends)
{
	socklen_t length = sizeof(ends->own);

	if (getsockname(handle, (struct sockaddr *)&ends->own, &length) != 0)
		return false;
	length = sizeof(ends->peer);
	return getpeername(handle, (struct sockaddr *)&ends->peer, &length) == 0;
}

/* Port and address of one end in the form of the query; false when it is not loopback. */
static bool read_end(const struct sockaddr_storage *end, __be16 *port, __be32 address[4])
{
	if (end->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)end;

		*port = in->sin_port;
		address[0] = in->sin_addr.s_addr;
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (end->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)end;

		*port = in6->sin6_port;
		memcpy(address, &in6->sin6_addr, 16);
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return false;
}

struct query {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

static bool ask(const struct query *query)
{
	if (diagnosis < 0)
		diagnosis = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	return diagnosis >= 0 && send(diagnosis, query, sizeof(*query), 0) == (ssize_t)sizeof(*query);
}

static bool answer(uint32_t sequence, uid_t *user)
{
	union {
		struct nlmsghdr head;
		char space[4096];
	} reply;
	ssize_t length;

	do {
		length = recv(diagnosis, &reply, sizeof(reply), 0);
		if (length < (ssize_t)sizeof(reply.head))
			return false;
	} while (reply.head.nlmsg_seq != sequence);
	if (reply.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return false;
	if (reply.head.nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)) || (size_t)length < reply.head.nlmsg_len)
		return false;
	*user = ((const struct inet_diag_msg *)NLMSG_DATA(&reply.head))->idiag_uid;
	return true;
}

bool kh_peer_is_own(intptr_t handle)
{
	static uint32_t sequence;
	struct ends ends;
	struct query query = {0};
	uid_t user;

	if (!read_ends((int)handle, &ends))
		return false;
	query.head.nlmsg_len = sizeof(query);
	query.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	query.head.nlmsg_flags = NLM_F_REQUEST;
	query.head.nlmsg_seq = ++sequence;
	query.body.sdiag_family = (uint8_t)ends.peer.ss_family;
	query.body.sdiag_protocol = IPPROTO_TCP;
	query.body.idiag_states = UINT32_MAX;
	query.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	query.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (!read_end(&ends.peer, &query.body.id.idiag_sport, query.body.id.idiag_src))
		return false;
	if (!read_end(&ends.own, &query.body.id.idiag_dport, query.body.id.idiag_dst))
		return false;
	return ask(&query) && answer(sequence, &user) && user == getuid();
}

void kh_peer_finish(void)
{
	if (diagnosis >= 0)
		close(diagnosis);
	diagnosis = -1;
}

void kh_peer_hang_up(intptr_t handle)
{
	shutdown((int)handle, SHUT_RDWR);
}
