/* The table of findings. */
#include "environment/findings.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

struct remedy {
	enum kh_remedy_kind kind;
	const char *text; /* of x-texts */
	bool download;	  /* with the address of the download page */
};

static const struct remedy contact = {KH_REMEDY_KIND_CONTACT, "environment.contact", false};
static const struct remedy driver = {KH_REMEDY_KIND_DRIVER, "environment.driver.remedy", true};
static const struct remedy insert = {KH_REMEDY_KIND_INSERT, "environment.key.remedy", false};
static const struct remedy change = {KH_REMEDY_KIND_CHANGE, "environment.pin.change", false};
static const struct remedy unlock = {KH_REMEDY_KIND_UNLOCK, "environment.pin.remedy", false};

/* What can be found: what it is about, how that stands, what is said and what
 * mends it. */
static const struct finding {
	enum kh_environment_item_id id;
	enum kh_environment_item_state state;
	const char *code, *text; /* of x-texts */
	const struct remedy *remedy;
} findings[] = {
#define FINDING(item, state, code, text, remedy)                                                                       \
	{                                                                                                              \
		KH_ENVIRONMENT_ITEM_ID_##item, KH_ENVIRONMENT_ITEM_STATE_##state, code, "environment." text, remedy    \
	}
	[KH_FINDING_AGENT_RUNS] = FINDING(AGENT, OK, "ok", "agent.ok", NULL),
	[KH_FINDING_AGENT_IPV4] = FINDING(AGENT, OK, "agent.ipv4", "agent.ipv4", NULL),
	[KH_FINDING_ORIGINS_GIVEN] = FINDING(CONFIGURATION, OK, "ok", "configuration.ok", NULL),
	[KH_FINDING_ORIGINS_NONE] =
		FINDING(CONFIGURATION, WARN, "configuration.origins", "configuration.origins", &contact),
	[KH_FINDING_ANCHORS_GIVEN] = FINDING(ANCHORS, OK, "ok", "anchors.ok", NULL),
	[KH_FINDING_ANCHORS_NONE] = FINDING(ANCHORS, FAIL, "anchors.missing", "anchors.missing", &contact),
	[KH_FINDING_ANCHORS_UNUSABLE] = FINDING(ANCHORS, FAIL, "anchors.unusable", "anchors.unusable", &contact),
	[KH_FINDING_ANCHORS_PARTIAL] = FINDING(ANCHORS, WARN, "anchors.partial", "anchors.partial", &contact),
	[KH_FINDING_ANCHORS_UNTRIED] = FINDING(ANCHORS, UNKNOWN, "anchors.untried", "anchors.untried", NULL),
	[KH_FINDING_DRIVER_WORKS] = FINDING(DRIVER, OK, "ok", "driver.ok", NULL),
	[KH_FINDING_DRIVER_PROFILE] = FINDING(DRIVER, WARN, "driver.profile", "driver.profile", &contact),
	[KH_FINDING_DRIVER_NONE] = FINDING(DRIVER, FAIL, "driver.missing", "driver.none", &driver),
	[KH_FINDING_DRIVER_MISSING] = FINDING(DRIVER, FAIL, "driver.missing", "driver.missing", &driver),
	[KH_FINDING_DRIVER_FAILED] = FINDING(DRIVER, FAIL, "driver.failed", "driver.failed", &driver),
	[KH_FINDING_KEY_ONE] = FINDING(KEY, OK, "ok", "key.ok", NULL),
	[KH_FINDING_KEY_SEVERAL] = FINDING(KEY, WARN, "key.several", "key.several", NULL),
	[KH_FINDING_KEY_AMBIGUOUS] = FINDING(KEY, FAIL, "token.ambiguous", "key.ambiguous", NULL),
	[KH_FINDING_KEY_ABSENT] = FINDING(KEY, FAIL, "token.absent", "key.absent", &insert),
	[KH_FINDING_KEY_GONE] = FINDING(KEY, FAIL, "token.absent", "key.gone", &insert),
	[KH_FINDING_KEY_UNREAD] = FINDING(KEY, FAIL, "key.unread", "key.unread", &driver),
	[KH_FINDING_KEY_READONLY] = FINDING(KEY, FAIL, "token.readonly", "key.readonly", &contact),
	[KH_FINDING_PIN_FINE] = FINDING(PIN, OK, "ok", "pin.ok", NULL),
	[KH_FINDING_PIN_LOW] = FINDING(PIN, WARN, "pin.low", "pin.low", NULL),
	[KH_FINDING_PIN_FINAL] = FINDING(PIN, WARN, "pin.final", "pin.final", NULL),
	[KH_FINDING_PIN_LOCKED] = FINDING(PIN, FAIL, "pin.locked", "pin.locked", &unlock),
	[KH_FINDING_PIN_UNSET] = FINDING(PIN, WARN, "pin.unset", "pin.unset", &contact),
	[KH_FINDING_PIN_EXPIRED] = FINDING(PIN, FAIL, "pin.expired", "pin.expired", &change),
	[KH_FINDING_PIN_OTHER] = FINDING(PIN, WARN, "pin.other", "pin.other", NULL),
	[KH_FINDING_CERTIFICATE_THERE] = FINDING(CERTIFICATE, OK, "ok", "certificate.ok", NULL),
	[KH_FINDING_CERTIFICATE_ABSENT] =
		FINDING(CERTIFICATE, FAIL, "certificate.absent", "certificate.absent", &contact),
	[KH_FINDING_CERTIFICATE_UNKNOWN] =
		FINDING(CERTIFICATE, UNKNOWN, "certificate.unknown", "certificate.unknown", NULL),
	[KH_FINDING_JOURNAL_WORKS] = FINDING(JOURNAL, OK, "ok", "journal.ok", NULL),
	[KH_FINDING_JOURNAL_FAILED] = FINDING(JOURNAL, WARN, "journal.failed", "journal.failed", NULL),
#undef FINDING
};

static char *make_text(const char *locale, const char *key, const char *const *values)
{
	struct kh_buffer text = {0};

	kh_text(&text, locale, key, values);
	if (!text.failed && text.data)
		return text.data;
	kh_buffer_finish(&text);
	return strdup("");
}

void kh_finding_tell(enum kh_finding name, const char *locale, const char *const *values, const char *downloads,
		     struct kh_environment_item *item)
{
	const struct finding *finding = &findings[name];
	const struct remedy *remedy = finding->remedy;

	item->id = finding->id;
	item->state = finding->state;
	item->code = strdup(finding->code);
	item->text = make_text(locale, finding->text, values);
	if (!remedy || !(item->remedy = calloc(1, sizeof(*item->remedy))))
		return;
	item->remedy->kind = remedy->kind;
	item->remedy->text = make_text(locale, remedy->text, NULL);
	if (remedy->download && downloads)
		item->remedy->url = strdup(downloads);
}
