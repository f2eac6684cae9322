/*
 * Ports, looked at by binding them.
 */
#include "ports.h"

#include <stdlib.h>

#define PORT_FIRST 18317
#define PORT_SECOND 28317

size_t kh_ports_of(int64_t configured, uint16_t ports[KH_PORTS_MAX])
{
	ports[0] = (uint16_t)configured;
	ports[1] = PORT_SECOND;
	return configured == PORT_FIRST ? 2 : 1;
}

/* Whether an address can be bound, by binding it: lws_create_vhost succeeds
 * also when it could not. libuv tells of an address in use only afterwards. */
static bool can_bind(uv_loop_t *loop, const struct sockaddr *address)
{
	uv_tcp_t *probe = malloc(sizeof(*probe));
	struct sockaddr_storage own;
	int length = sizeof(own);
	bool free_port;

	if (!probe || uv_tcp_init(loop, probe) != 0) {
		free(probe);
		return false;
	}
	free_port = uv_tcp_bind(probe, address, address->sa_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0) == 0 &&
		    uv_tcp_getsockname(probe, (struct sockaddr *)&own, &length) == 0;
	uv_close((uv_handle_t *)probe, (uv_close_cb)free);
	return free_port;
}

static void both_free(uv_loop_t *loop, uint16_t port, bool *v4, bool *v6)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	uv_ip4_addr("127.0.0.1", port, &in);
	uv_ip6_addr("::1", port, &in6);
	*v4 = can_bind(loop, (const struct sockaddr *)&in);
	*v6 = can_bind(loop, (const struct sockaddr *)&in6);
	uv_run(loop, UV_RUN_NOWAIT);
}

bool kh_port_free(uv_loop_t *loop, uint16_t port)
{
	bool v4, v6;

	both_free(loop, port, &v4, &v6);
	return v4 && v6;
}

bool kh_port_taken(uv_loop_t *loop, uint16_t port)
{
	bool v4, v6;

	both_free(loop, port, &v4, &v6);
	return !v4 && !v6;
}
