/*
 * The one who traces.
 */
#include "tracer.h"

#include <string.h>

#include "cleanup.h"
#include "connection.h"
#include "log.h"
#include "token/report.h"

#define WAITING_MAX (1024 * 1024) /* bytes of entries that the client has not read */

static bool send_entry(void *context, const struct kh_buffer *line)
{
	struct kh_agent *agent = context;
	const struct kh_diagnostics_entry_params params = {.entry = line->data};
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	return kh_request_encode(&kh_contract.methods[KH_METHOD_DIAGNOSTICS_ENTRY], NULL, &params, &text, NULL) ==
		       KH_OK &&
	       kh_connection_try(agent, agent->trace.session, &text, WAITING_MAX);
}

static void tell_head(struct kh_agent *agent, const char *origin)
{
	char now[KH_TIME_TEXT];
	const struct kh_agent_hello_result head = {
		.version = (char *)(uintptr_t)KH_VERSION,
		.protocol = 1,
		.origin = (char *)(uintptr_t)origin,
		.time = now,
	};

	kh_time_text(kh_agent_now(), now);
	kh_trace_fact(&agent->trace, (struct kh_entry_peer){0}, "begun", &kh_agent_hello_result_type, &head);
}

static void tell_module(struct kh_agent *agent, const struct kh_token_link *link)
{
	const struct kh_entry_peer peer = {.host = kh_token_link_name(link)};
	struct kh_module_report report = {0};

	if (kh_token_link_report(link, &report, NULL) == KH_OK)
		kh_trace_fact(&agent->trace, peer, "is", &kh_module_report_type, &report);
	kh_clear(&kh_module_report_type, &report);
}

static void tell_hosts(const struct kh_agent *agent)
{
	for (size_t i = 0; i < agent->modules.count; i++)
		kh_token_link_trace(agent->modules.items[i].link);
}

void kh_tracer_start(struct kh_request *request)
{
	struct kh_agent *agent = request->agent;
	const struct kh_diagnostics_trace_result none = {0};
	char origin[KH_ORIGIN_MAX + 1];

	memcpy(origin, request->origin, sizeof(origin));
	if (!kh_agent_is_own_page(agent, origin)) {
		kh_request_fail(request, KH_ORIGIN_DENIED);
		return;
	}
	if (kh_trace_runs(&agent->trace)) {
		kh_request_fail(request, KH_AGENT_BUSY);
		return;
	}
	kh_log(KH_LOG_INFO, "#%lld traces", (long long)request->session);
	kh_trace_begin(&agent->trace, request->session, send_entry, agent);
	kh_request_result(request, &none);
	tell_head(agent, origin);
	for (size_t i = 0; i < agent->modules.count; i++)
		tell_module(agent, agent->modules.items[i].link);
	tell_hosts(agent);
}

void kh_tracer_stop(struct kh_agent *agent, int64_t session)
{
	if (!kh_trace_runs(&agent->trace) || agent->trace.session != session)
		return;
	kh_trace_end(&agent->trace);
	tell_hosts(agent);
}
