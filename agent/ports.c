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

enum place { FREE, TAKEN, NOT_THERE };

/* UV_EINVAL is what libuv makes of EAFNOSUPPORT. */
static enum place place_of(int status)
{
	if (status == 0)
		return FREE;
	return status == UV_EADDRNOTAVAIL || status == UV_EAFNOSUPPORT || status == UV_EINVAL ? NOT_THERE : TAKEN;
}

/* Whether an address can be bound, by binding it: lws_create_vhost succeeds
 * also when it could not. libuv tells of an address in use only afterwards. */
static enum place bind_to(uv_loop_t *loop, const struct sockaddr *address)
{
	uv_tcp_t *probe = malloc(sizeof(*probe));
	struct sockaddr_storage own;
	int length = sizeof(own);
	int status;

	if (!probe || uv_tcp_init(loop, probe) != 0) {
		free(probe);
		return TAKEN;
	}
	status = uv_tcp_bind(probe, address, address->sa_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0);
	if (status == 0)
		status = uv_tcp_getsockname(probe, (struct sockaddr *)&own, &length);
	uv_close((uv_handle_t *)probe, (uv_close_cb)free);
	return place_of(status);
}

static enum place look_at_v4(uv_loop_t *loop, uint16_t port)
{
	struct sockaddr_in address;

	uv_ip4_addr("127.0.0.1", port, &address);
	return bind_to(loop, (const struct sockaddr *)&address);
}

static enum place look_at_v6(uv_loop_t *loop, uint16_t port)
{
	struct sockaddr_in6 address;

	uv_ip6_addr("::1", port, &address);
	return bind_to(loop, (const struct sockaddr *)&address);
}

bool kh_port_free(uv_loop_t *loop, uint16_t port)
{
	enum place v4 = look_at_v4(loop, port), v6 = look_at_v6(loop, port);

	uv_run(loop, UV_RUN_NOWAIT);
	return v4 == FREE && v6 != TAKEN;
}

bool kh_port_taken(uv_loop_t *loop, uint16_t port)
{
	enum place v4 = look_at_v4(loop, port), v6 = look_at_v6(loop, port);

	uv_run(loop, UV_RUN_NOWAIT);
	return v4 == TAKEN && v6 != FREE;
}

bool kh_port_ipv6(uv_loop_t *loop)
{
	bool there = look_at_v6(loop, 0) != NOT_THERE;

	uv_run(loop, UV_RUN_NOWAIT);
	return there;
}
