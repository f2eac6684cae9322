/*
 * The rules of an upgrade, in the order they are asked.
 */
#include "websocket/handshake.h"

#include <stdio.h>
#include <string.h>

#include "contract.h"

static const char *const own_hosts[] = {"127.0.0.1", "localhost", "[::1]"};

static bool is_own(const char *text, const char *scheme, uint16_t port)
{
	char own[64];

	for (size_t i = 0; i < sizeof(own_hosts) / sizeof(own_hosts[0]); i++) {
		snprintf(own, sizeof(own), "%s%s:%u", scheme, own_hosts[i], port);
		if (strcmp(text, own) == 0)
			return true;
	}
	return false;
}

bool kh_handshake_host(const char *host, uint16_t port)
{
	return is_own(host, "", port);
}

static bool origin_allowed(const struct kh_handshake_policy *policy, const char *origin)
{
	for (size_t i = 0; i < policy->origins_count; i++) {
		if (strcmp(policy->origins[i], origin) == 0)
			return true;
	}
	return is_own(origin, "http://", policy->port);
}

const char *kh_handshake_refusal(const struct kh_handshake_policy *policy, const struct kh_handshake *handshake)
{
	if (!handshake->own_user)
		return "other user";
	if (!kh_handshake_host(handshake->host, policy->port))
		return "host";
	if (!origin_allowed(policy, handshake->origin))
		return "origin";
	if (strcmp(handshake->protocol, KH_SUBPROTOCOL) != 0)
		return "protocol";
	if (handshake->connections >= KH_LIMIT_CONNECTIONS || handshake->of_origin >= KH_LIMIT_CONNECTIONS_PER_ORIGIN)
		return "connections";
	return NULL;
}
