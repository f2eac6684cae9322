/*
 * What is claimed, and the clock.
 */
#include "agent.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

bool kh_agent_token_busy(const struct kh_agent *agent, const char *token)
{
	for (const struct kh_hold *hold = agent->holds; hold; hold = hold->next) {
		if (strcmp(hold->token, token) == 0)
			return true;
	}
	return false;
}

bool kh_agent_order_busy(const struct kh_agent *agent, const char *order)
{
	for (const struct kh_hold *hold = agent->holds; hold; hold = hold->next) {
		if (hold->order[0] != '\0' && strcmp(hold->order, order) == 0)
			return true;
	}
	return false;
}

bool kh_agent_session_busy(const struct kh_agent *agent, int64_t session)
{
	for (const struct kh_hold *hold = agent->holds; hold; hold = hold->next) {
		if (hold->session == session)
			return true;
	}
	return false;
}

bool kh_agent_hold(struct kh_agent *agent, const char *token, const char *order, int64_t session)
{
	struct kh_hold *hold;

	if (kh_agent_token_busy(agent, token) || (order[0] != '\0' && kh_agent_order_busy(agent, order)))
		return false;
	hold = calloc(1, sizeof(*hold));
	if (!hold)
		return false;
	snprintf(hold->token, sizeof(hold->token), "%s", token);
	snprintf(hold->order, sizeof(hold->order), "%s", order);
	hold->session = session;
	hold->next = agent->holds;
	agent->holds = hold;
	return true;
}

void kh_agent_release(struct kh_agent *agent, const char *token, int64_t session)
{
	for (struct kh_hold **at = &agent->holds; *at; at = &(*at)->next) {
		struct kh_hold *hold = *at;

		if (hold->session != session || strcmp(hold->token, token) != 0)
			continue;
		*at = hold->next;
		free(hold);
		return;
	}
}

bool kh_agent_is_own_page(const struct kh_agent *agent, const char *origin)
{
	const struct kh_config *config = &agent->settings->config;

	for (size_t i = 0; i < config->origins_count; i++) {
		if (strcmp(config->origins[i], origin) == 0)
			return false;
	}
	return true;
}

int64_t kh_agent_now(void)
{
	return (int64_t)time(NULL);
}
