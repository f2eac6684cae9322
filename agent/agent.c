/*
 * What is claimed, and the clock.
 */
#include "agent.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

bool kh_agent_serial_busy(const struct kh_agent *agent, const char *serial)
{
	for (const struct kh_claim *claim = agent->claims; claim != NULL; claim = claim->next) {
		if (strcmp(claim->serial, serial) == 0)
			return true;
	}
	return false;
}

bool kh_agent_order_busy(const struct kh_agent *agent, const char *order)
{
	for (const struct kh_claim *claim = agent->claims; claim != NULL; claim = claim->next) {
		if (claim->order[0] != '\0' && strcmp(claim->order, order) == 0)
			return true;
	}
	return false;
}

bool kh_agent_session_busy(const struct kh_agent *agent, int64_t session)
{
	for (const struct kh_claim *claim = agent->claims; claim != NULL; claim = claim->next) {
		if (claim->session == session)
			return true;
	}
	return false;
}

bool kh_agent_claim(struct kh_agent *agent, const char *serial, const char *order, int64_t session)
{
	struct kh_claim *claim;

	if (kh_agent_serial_busy(agent, serial) || (order[0] != '\0' && kh_agent_order_busy(agent, order)))
		return false;
	claim = calloc(1, sizeof(*claim));
	if (claim == NULL)
		return false;
	snprintf(claim->serial, sizeof(claim->serial), "%s", serial);
	snprintf(claim->order, sizeof(claim->order), "%s", order);
	claim->session = session;
	claim->next = agent->claims;
	agent->claims = claim;
	return true;
}

void kh_agent_unclaim(struct kh_agent *agent, const char *serial, int64_t session)
{
	for (struct kh_claim **at = &agent->claims; *at != NULL; at = &(*at)->next) {
		struct kh_claim *claim = *at;

		if (claim->session != session || strcmp(claim->serial, serial) != 0)
			continue;
		*at = claim->next;
		free(claim);
		return;
	}
}

int64_t kh_agent_now(void)
{
	return (int64_t)time(NULL);
}
