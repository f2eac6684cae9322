/*
 * Waiting for the end of the last daemon.
 */
#include "takeover.h"

#include "tool/client.h"

#define PATIENCE_MS 3000u
#define PAUSE_MS 50
#define HELLO_SECONDS 1
#define NANOSECONDS 1000000u /* in a ms */

static uint64_t patience_ends(void)
{
	return uv_hrtime() + (uint64_t)PATIENCE_MS * NANOSECONDS;
}

/* False: it is too late. */
static bool pause_until(uint64_t end)
{
	if (uv_hrtime() >= end)
		return false;
	uv_sleep(PAUSE_MS);
	return true;
}

static enum kh_client_outcome greet(const uint16_t *ports, size_t count)
{
	const struct kh_client_door door = {.ports = ports, .count = count, .seconds = HELLO_SECONDS};
	struct kh_client *client = NULL;
	enum kh_client_outcome outcome = kh_client_connect(&door, &client);

	kh_client_free(client);
	return outcome;
}

enum kh_code kh_takeover_lock(const char *folder, const uint16_t *ports, size_t count, struct kh_lock *lock,
			      struct kh_error *error)
{
	const uint64_t end = patience_ends();
	enum kh_code code;

	do {
		code = kh_lock_take(folder, lock, error);
	} while (code == KH_AGENT_BUSY && greet(ports, count) != KH_CLIENT_OK && pause_until(end));
	return code;
}

/* Another user's agent refuses us: it answers, too. */
static bool is_agent(uint16_t port)
{
	enum kh_client_outcome outcome = greet(&port, 1);

	return outcome == KH_CLIENT_OK || outcome == KH_CLIENT_REFUSED;
}

static bool wait_for(uv_loop_t *loop, uint16_t port)
{
	const uint64_t end = patience_ends();

	while (!kh_port_free(loop, port)) {
		if (is_agent(port) || !pause_until(end))
			return false;
	}
	return true;
}

enum kh_code kh_takeover_port(uv_loop_t *loop, const uint16_t *ports, size_t count, uint16_t *port,
			      struct kh_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (!wait_for(loop, ports[i]))
			continue;
		*port = ports[i];
		return KH_OK;
	}
	return kh_fail(error, KH_AGENT_BUSY);
}
