/*
 * The methods' table.
 */
#include "dispatch.h"

#include "bundle.h"
#include "environment/checkup.h"
#include "listing.h"
#include "log.h"
#include "pin.h"
#include "renewal/show.h"
#include "renewal/start.h"
#include "report.h"
#include "tracer.h"

/* agent.hello is answered in inbox.c; the last ones are notifications of
 * ours. How long a question to a token host may take stands in token/calls.c. */
static void (*const handlers[KH_METHOD_COUNT])(struct kh_request *request) = {
	[KH_METHOD_ENVIRONMENT_CHECK] = kh_environment_check,
	[KH_METHOD_TOKEN_LIST] = kh_list_tokens,
	[KH_METHOD_CERTIFICATE_LIST] = kh_list_certificates,
	[KH_METHOD_PIN_VERIFY] = kh_pin_call,
	[KH_METHOD_PIN_CHANGE] = kh_pin_call,
	[KH_METHOD_RENEWAL_BEGIN] = kh_renewal_begin,
	[KH_METHOD_RENEWAL_INSTALL] = kh_renewal_install,
	[KH_METHOD_RENEWAL_COMPLETE] = kh_renewal_complete,
	[KH_METHOD_RENEWAL_INSPECT] = kh_renewal_inspect,
	[KH_METHOD_RENEWAL_LIST] = kh_renewal_list,
	[KH_METHOD_RENEWAL_CANCEL] = kh_renewal_cancel,
	[KH_METHOD_DIAGNOSTICS_REPORT] = kh_report_make,
	[KH_METHOD_DIAGNOSTICS_TRACE] = kh_tracer_start,
	[KH_METHOD_DIAGNOSTICS_ARCHIVE] = kh_bundle_make,
};

void kh_dispatch(struct kh_request *request)
{
	kh_log(KH_LOG_DEBUG, "#%lld %s", (long long)request->session, request->message.method->name);
	handlers[request->message.method->id](request);
}
